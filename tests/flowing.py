"""The flows that write, as a table; and a program that kills each of them at every request.

As a program it reads jobs as JSON, forks a process for each, which dies at its n-th request, and then
another that runs the same flow again under its key.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx

from hoopai_invoices import InvoicesClient, LocationDefaults
from hoopai_invoices.models import (
    BusinessDetails,
    ContactDetails,
    EstimateCreate,
    EstimateItem,
    InvoiceCreate,
    InvoiceItem,
    PaymentRecord,
    RecurrenceRule,
    ScheduleCreate,
    ScheduleOptions,
)

__all__ = ["DEFAULTS", "FLOWS", "KEY", "Flow", "state"]

KEY = "job-1042"
CONTACT = ContactDetails(
    id="6578278e879ad2646715ba9c", name="Alex", email="alex@example.com", phone_no="+15555550100"
)
DEFAULTS = LocationDefaults(
    live_mode=False,
    user_id="6241712be68f7a98102ba272",
    currency="USD",
    business_details=BusinessDetails(name="Example LLC"),
)
LINES = [InvoiceItem(name="One hour", currency="USD", amount=150, qty=1)]
OFFERED = [EstimateItem(name="Roof", currency="USD", amount=900, qty=1, type="one_time")]
PAID = PaymentRecord(mode="cash", amount=40)


@dataclass(frozen=True)
class Flow:
    """A flow as the tests run it.

    Attributes:
        name: What the tests call it.
        steps: The names of its steps.
        prepare: Makes what it needs in a location; returns JSON that is the same in every run.
        run: Runs it: with the flows of a client, that JSON, and keywords.
        kills: Whether it takes the same requests however long its processes wait.
    """

    name: str
    steps: tuple[str, ...]
    prepare: Callable[[Any, Any], Any]
    run: Callable[..., Awaitable[Any]]
    kills: bool = True


def _estimate(status: str, **more: Any) -> Callable[[Any, Any], Any]:
    def prepare(box: Any, place: Any) -> Any:
        return box.add_estimate(status=status, contact=CONTACT, location=place, **more).id

    return prepare


def _automatic(box: Any, place: Any) -> Any:
    made = box.add_estimate(status="sent", auto_invoice=True, contact=CONTACT, location=place)
    box.customer.accept(made)
    return made.id


def _today(box: Any, place: Any) -> Any:
    return box.clock.now().astimezone(place.zone).date().isoformat()


def offered(day: str) -> EstimateCreate:
    first = date.fromisoformat(day)
    return EstimateCreate(
        name="Roof",
        title="Quote",
        items=OFFERED,
        contact_details=CONTACT,
        issue_date=first,
        expiry_date=first + timedelta(days=30),
    )


def billed(day: str) -> InvoiceCreate:
    first = date.fromisoformat(day)
    return InvoiceCreate(
        name="Coaching",
        items=LINES,
        contact_details=CONTACT,
        issue_date=first,
        due_date=first + timedelta(days=30),
    )


def repeated(day: str) -> ScheduleCreate:
    rule = RecurrenceRule(interval_type="monthly", interval=1, start_date=date.fromisoformat(day))
    return ScheduleCreate(
        name="Retainer",
        items=LINES,
        contact_details=CONTACT,
        schedule=ScheduleOptions(rrule=rule),
    )


async def _converted(flows: Any, seed: Any, **more: Any) -> Any:
    return await flows.estimate_to_invoice(
        seed, **{"key": KEY, "send": "email", "record_payment": PAID, **more}
    )


async def _offered(flows: Any, seed: Any, **more: Any) -> Any:
    return await flows.send_estimate(offered(seed), **{"key": KEY, **more})


async def _linked(flows: Any, seed: Any, **more: Any) -> Any:
    return await flows.payment_link(billed(seed), **{"key": KEY, **more})


async def _started(flows: Any, seed: Any, **more: Any) -> Any:
    return await flows.start_recurring(repeated(seed), **{"key": KEY, "wait_first": 60, **more})


_BILLING = ("convert", "send", "payment")
FLOWS = {
    flow.name: flow
    for flow in (
        Flow("accepted", _BILLING, _estimate("accepted"), _converted),
        Flow("invoiced", _BILLING, _estimate("invoiced"), _converted),
        Flow("automatic", _BILLING, _automatic, _converted, kills=False),
        Flow("offer", ("create", "send"), _today, _offered),
        Flow("link", ("draft", "link", "send"), _today, _linked),
        Flow("recurring", ("schedule", "start", "first"), _today, _started),
    )
}


def state(box: Any, *places: Any) -> list[dict[str, Any]]:
    """All that there is at each location, but for ids and times; and what the service has written."""
    found: dict[str, dict[str, Any]] = {
        place.id: {"invoice": [], "estimate": [], "schedule": [], "payment": [], "wrote": Counter()}
        for place in places
    }
    for kind, names in (
        ("invoice", ("status", "name", "total", "amount_paid", "amount_due", "sent_by")),
        ("estimate", ("estimate_status", "name", "total")),
        ("schedule", ("status", "name", "total")),
    ):
        for one in box.created(kind):
            if one.alt_id in found:
                found[one.alt_id][kind].append([str(getattr(one, name)) for name in names])
    for one in box.created("payment"):
        if one.location_id in found:
            found[one.location_id]["payment"].append([one.mode, str(one.amount)])
    for arrival in box.arrivals:
        if arrival.location_id in found and arrival.committed and arrival.method != "GET":
            wrote = found[arrival.location_id]["wrote"]
            # A draft may be updated again and again: that is how a lost link is found.
            if arrival.operation != "invoices.text2pay" or not wrote[arrival.operation]:
                wrote[arrival.operation] += 1
    return [found[place.id] for place in places]


# --- Killing -----------------------------------------------------------------------------------


class _Deadly(httpx.AsyncBaseTransport):
    """Kills its process at the n-th request, before it leaves or when it is done and unheard."""

    def __init__(self, n: int, when: str) -> None:
        self._left = n
        self._when = when
        self._inner = httpx.AsyncHTTPTransport(verify=False)  # plain HTTP: no certificates to read

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._left -= 1
        if self._left == 0 and self._when == "unsent":
            os.kill(os.getpid(), signal.SIGKILL)
        response = await self._inner.handle_async_request(request)
        if self._left == 0 and self._when == "unheard":
            await response.aread()
            os.kill(os.getpid(), signal.SIGKILL)
        return response

    def heard(self, _: object) -> None:
        if self._left == 0 and self._when == "heard":
            os.kill(os.getpid(), signal.SIGKILL)

    async def aclose(self) -> None:
        await self._inner.aclose()


async def _run(job: dict[str, Any], n: int) -> None:
    from hoopai_invoices.ledger import SQLLedger

    wire = _Deadly(n, job["when"])
    job = {**job, "told": Path(f"{job['ledger']}.json")}
    async with (
        SQLLedger(job["ledger"], durable=False) as ledger,
        InvoicesClient(
            token=job["token"],
            location_id=job["location"],
            base_url=job["url"],
            defaults=DEFAULTS,
            timeout=3.0,
            settle_time=0.2,
            rate_limit=None,
            transport=wire,
            on_attempt=wire.heard,
            ledger=ledger,
        ) as client,
    ):
        done = await FLOWS[job["flow"]].run(client.flows, job["seed"])
    steps = [(step.name, step.state, step.adopted) for step in done.steps]
    told = {"steps": steps, "link": getattr(done, "link", None)}
    job["told"].write_text(json.dumps(told), encoding="utf-8")


def _forked(job: dict[str, Any], n: int) -> int:
    """How a process ended that ran the flow, and was killed at its n-th request."""
    child = os.fork()
    if child == 0:
        try:
            asyncio.run(_run(job, n))
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _judged(job: dict[str, Any]) -> dict[str, Any]:
    first = _forked(job, job["n"])
    second = _forked(job, 0)
    told = Path(f"{job['ledger']}.json")
    done = json.loads(told.read_text(encoding="utf-8")) if second == 0 else None
    return {"job": job, "first": first, "second": second, "done": done}


def main() -> None:
    jobs, width = json.load(sys.stdin), 16
    for job in [one for one in jobs if one["n"] == 0]:
        asyncio.run(_run(job, 0))  # what is imported and composed once, before it forks
    jobs = [one for one in jobs if one["n"] > 0]
    running: set[int] = set()
    while jobs or running:
        if jobs and len(running) < width:
            job = jobs.pop(0)
            child = os.fork()
            if child == 0:
                line = json.dumps(_judged(job)) + "\n"
                os.write(1, line.encode())
                os._exit(0)
            running.add(child)
        else:
            running.discard(os.wait()[0])


if __name__ == "__main__":
    main()
