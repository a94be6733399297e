"""What docs/flows.md shows runs as it stands there."""

from __future__ import annotations

import ast
import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from inspect import CO_COROUTINE
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

from hoopai_invoices import CallOptions, InvoicesClient, LocationDefaults
from hoopai_invoices.errors import InvalidRequestError, UnprocessableEntityError
from hoopai_invoices.models import BusinessDetails, ContactDetails, RecurrenceRule
from hoopai_invoices.sandbox import Sandbox

pytestmark = pytest.mark.anyio

PAGE = (Path(__file__).resolve().parent.parent / "docs/flows.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
HEADINGS = re.findall(r"^##? (.*)$", PAGE, re.MULTILINE)
SHOWN = "66f1a0c2d4e5b60718293a01"
NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
DEFAULTS = LocationDefaults(
    live_mode=False,
    user_id="6241712be68f7a98102ba272",
    currency="USD",
    business_details=BusinessDetails(name="Example LLC"),
    timezone="America/Costa_Rica",
)


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with Sandbox(seed=7, now=NOW) as made:
        made.add_contact(id="6578278e879ad2646715ba9c")
        yield made


@pytest.fixture
async def client(box: Sandbox) -> AsyncIterator[InvoicesClient]:
    async with box.client(defaults=DEFAULTS) as made:
        yield made


async def run(block: str, names: dict[str, Any]) -> None:
    """Run a block in which `await` stands at the top."""
    code = compile(block, "flows.md", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    if code.co_flags & CO_COROUTINE:
        await FunctionType(code, names)()
    else:
        exec(code, names)


async def recipes(client: InvoicesClient, **more: Any) -> dict[str, Any]:
    """What the page's recipes define."""
    names: dict[str, Any] = {"client": client, "date": date, **more}
    for block in BLOCKS:
        found = re.findall(r"^from .*$", block, re.MULTILINE)
        await run("\n".join(found), names)  # the imports of earlier blocks count, too
        if "async def" in block:
            await run(block, names)
    return names


def test_every_block_is_run() -> None:
    assert len(BLOCKS) == 7 + 4
    assert len([block for block in BLOCKS if "async def" in block]) == 4


async def test_the_flows_run_one_after_the_other(
    box: Sandbox, client: InvoicesClient, capsys: pytest.CaptureFixture[str]
) -> None:
    estimate = box.add_estimate(status="accepted", total=900)
    names: dict[str, Any] = {"client": client, "date": date}
    for block in BLOCKS:
        if "async def" not in block:
            await run(block.replace(SHOWN, estimate.id), names)
    printed = capsys.readouterr().out.splitlines()
    assert printed[:5] == [
        "partially_paid 600",
        *("convert done", "send done", "payment done"),
        "sent",
    ]
    assert printed[5].startswith("https://")
    assert printed[6:] == [
        "active draft",
        "{'found'} True",
        "6 6",
        "invoices.create create another-link/draft",
        "invoices.text2pay create another-link/link",
        "invoices.send notify another-link/send",
        *(
            f"flows.payment_link coaching-march {step} False"
            for step in ("draft found", "link found", "send done")
        ),
    ]
    assert len(box.created("invoice")) == 3


async def test_what_was_paid_elsewhere_is_booked_once(box: Sandbox, client: InvoicesClient) -> None:
    names = await recipes(client)
    invoice = box.add_invoice(status="sent", total=150, number="000017")
    at = datetime(2026, 3, 1, 9, tzinfo=UTC)
    for _ in range(2):
        await names["paid_elsewhere"]("INV-000017", "100", "pi_3Nabc", at)
    [payment] = box.created("payment")
    assert (payment.invoice_id, payment.amount, payment.mode) == (invoice.id, 100, "other")
    assert payment.at.startswith("2026-03-01T09:00:00")
    with pytest.raises(LookupError):
        await names["paid_elsewhere"]("000018", "100", "pi_other", at)


async def test_every_accepted_estimate_is_converted_once(box: Sandbox) -> None:
    places = [box.add_location() for _ in range(3)]
    for place in places:
        box.add_contact(location=place)
        statuses: list[Any] = ["accepted", "accepted", "sent", "declined"]
        for status in statuses:
            box.add_estimate(status=status, location=place)
    nobody = ContactDetails(id="c0ffee", name="Kim")
    lost = box.add_estimate(status="accepted", contact=nobody, location=places[1])
    token = box.add_token(locations=places)
    async with box.client(token=token, location_id=None) as client:
        there = dict.fromkeys((place.id for place in places), DEFAULTS)
        names = await recipes(client, defaults=there)
        for _ in range(2):
            failed = await names["convert_all"]([place.id for place in places])
            assert list(failed) == [lost.id]
            assert "contact_details.email" in failed[lost.id]
            invoices = box.created("invoice")
            assert [str(one.status) for one in invoices] == ["sent"] * 6


async def test_a_retainer_begins_and_ends(box: Sandbox, client: InvoicesClient) -> None:
    names = await recipes(client)
    estimate = box.add_estimate(status="accepted", total=200)
    rule = RecurrenceRule(interval_type="monthly", interval=1, start_date=date(2026, 3, 2))
    schedule = [await names["begin"](estimate.id, rule) for _ in range(2)]
    assert schedule == [box.created("schedule")[0].id] * 2
    box.clock.advance(days=124)
    made = box.created("invoice")
    assert len(made) == 5
    assert {one.total for one in made} == {Decimal(200)}
    for invoice in made[:-1]:
        await client.invoices.send(invoice.id, action="email")
    box.customer.pay(made[0])
    box.customer.pay(made[1], 50)
    for _ in range(2):
        assert await names["end"](schedule[0]) == [made[1].id]
    statuses = [str(one.status) for one in box.created("invoice")]
    assert statuses == ["paid", "partially_paid", "void", "void", "draft"]
    with pytest.raises(Exception, match="not found"):
        await client.invoices.get(made[-1].id)
    box.clock.advance(days=90)
    assert len(box.created("invoice")) == 5


async def test_historic_invoices_are_imported_once(box: Sandbox, client: InvoicesClient) -> None:
    names = await recipes(client)
    old = {
        **{"number": "A-77", "contact": "6578278e879ad2646715ba9c", "name": "Alex"},
        **{"text": "Roof", "total": "450.50", "paid": "200.25"},
        **{"issued": "2025-11-03", "due": "2025-12-03", "paid_at": "2025-12-01T09:30:00+00:00"},
    }
    for day in range(2):
        box.clock.advance(days=day)
        await names["imported"](old)
    [invoice] = box.created("invoice")
    [payment] = box.created("payment")
    assert (invoice.invoice_number, str(invoice.status)) == ("A-77", "partially_paid")
    assert (invoice.issue_date, invoice.due_date) == (date(2025, 11, 3), date(2026, 3, 31))
    assert invoice.amount_due == Decimal("250.25")
    assert payment.at.startswith("2025-12-01T09:30:00")
    assert box.calls.count("invoices.send") == 1


async def test_a_past_due_day_is_refused_here_or_there(
    box: Sandbox, client: InvoicesClient
) -> None:
    names = await recipes(client)
    given: dict[str, Any] = {
        **{"name": "Old", "contact_details": box.add_contact(), "issue_date": date(2025, 11, 3)},
        **{"items": [names["InvoiceItem"](name="Roof", currency="USD", amount=1, qty=1)]},
        **{"due_date": date(2025, 12, 3)},
    }
    with pytest.raises(InvalidRequestError):
        await client.invoices.create(**given)
    assert box.calls == []
    with pytest.raises(UnprocessableEntityError):
        await client.invoices.create(**given, options=CallOptions(send_unknown=True))
