"""The sandbox held against the document by a generator of requests, with every check it has.

In process and over a socket; every case begins with the same records.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig

from hoopai_invoices.sandbox import Choices, Sandbox
from hoopai_invoices.sandbox.server import Listener

from .contract_view import seen_from
from .samples import ESTIMATE_TEMPLATE, SCHEDULE, SEND, TEMPLATE, estimate, invoice
from .support import api_of, new_box

# The declared answer in the few places where the service is known (or thought) to depart from it.
AS_DECLARED = Choices(
    posts_answer="declared", late_refusals="422", wrong_method="405", payment_details="optional"
)
CAMPAIGN = "SCHEMATHESIS_CAMPAIGN" in os.environ
"""Many more cases, and every boundary of every property: `make contract`."""
CASES = 100 if CAMPAIGN else 5


async def _filled() -> tuple[Sandbox, dict[str, list[str]]]:
    """A sandbox with a record in each state that calls work on; the same every time."""
    box = new_box(limits=None, choices=AS_DECLARED)
    api = api_of(box)

    async def made(path: str, body: Any) -> str:
        return str((await api.ok("POST", path, body))["_id"])

    invoices = [await made("/invoices/", invoice()) for _ in range(2)]
    await api.ok("POST", f"/invoices/{invoices[1]}/send", SEND)
    estimates = [await made("/invoices/estimate", estimate()) for _ in range(3)]
    for record in estimates[1:]:
        await api.ok("POST", f"/invoices/estimate/{record}/send", SEND)
    box.customer.accept(estimates[2])
    templates = [
        await made("/invoices/template", TEMPLATE),
        await made("/invoices/estimate/template", ESTIMATE_TEMPLATE),
    ]
    ids = {
        "invoiceId": invoices,
        "estimateId": estimates,
        "scheduleId": [await made("/invoices/schedule", SCHEDULE)],
        "templateId": [*templates, "65f0c0ffee65f0c0ffee0000"],
    }
    return box, ids


class Fresh:
    """An application that is a new sandbox with the same records whenever it is asked to be."""

    def __init__(self) -> None:
        self.box, self.ids = asyncio.run(_filled())
        self.token = self.box.token
        self._filled = len(self.box.arrivals)
        self.document = seen_from(self.box.location_id, self.ids)

    def renew(self) -> None:
        """Begin anew, where anything was done."""
        if any(arrival.committed for arrival in self.box.arrivals[self._filled :]):
            self.box, _ = asyncio.run(_filled())

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.box.app(scope, receive, send)


FRESH = Fresh()
CONFIG = SchemathesisConfig.from_dict(
    {
        "phases": {"coverage": {"enabled": CAMPAIGN}},
        "checks": {
            # 400 is what a record's state forbids, which no schema can say.
            "positive_data_acceptance": {"expected-statuses": ["2xx", "400", "404", "409"]},
        },
    }
)
SCHEMA = schemathesis.openapi.from_dict(FRESH.document, config=CONFIG)
SCHEMA.app = FRESH
EASY = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The same application on a socket, served by a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    start = Listener.start(FRESH, "127.0.0.1", 0)  # type: ignore[arg-type]
    listener = asyncio.run_coroutine_threadsafe(start, loop).result()
    yield listener.url
    asyncio.run_coroutine_threadsafe(listener.stop(), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def _headers() -> dict[str, str]:
    return {"Authorization": f"Bearer {FRESH.token}", "Version": "2021-07-28"}


@SCHEMA.parametrize()
@settings(max_examples=CASES, derandomize=not CAMPAIGN, deadline=None, suppress_health_check=EASY)
def test_in_process(case: schemathesis.Case[Any]) -> None:
    FRESH.renew()
    case.call_and_validate(headers=_headers())


@SCHEMA.parametrize()
@settings(
    max_examples=CASES // 3 + 1, derandomize=not CAMPAIGN, deadline=None, suppress_health_check=EASY
)
def test_over_a_socket(case: schemathesis.Case[Any], url: str) -> None:
    FRESH.renew()
    case.call_and_validate(base_url=url, headers=_headers())
