"""Payments, conversions and payment links under a key."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import pytest
from keyed import (
    CASES,
    CONTACT,
    LINES,
    done_once,
    opened,
    strike,
    tally,
)

from hoopai_invoices import LocationClient, errors
from hoopai_invoices.models import InvoiceItem, PaymentSchedule
from hoopai_invoices.sandbox import Choices, Sandbox

pytestmark = pytest.mark.anyio

CREATE = CASES["invoices.create"]
PAY = CASES["invoices.record_payment"]
CONVERT = CASES["estimates.create_invoice"]
LINK = CASES["invoices.text2pay"]
REFUSED = Choices(duplicate_invoice_number="refused")


def at(box: Sandbox, seconds: float, what: Any) -> None:
    """Somebody else does something in so many seconds."""
    box.clock.after(seconds, what)


# --- Payments -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "given", "path"),
    [
        ("sent", {"amount": "100.01"}, "amount"),
        ("partially_paid", {"amount": 51}, "amount"),
        ("void", {}, "invoice_id"),
        ("paid", {}, "invoice_id"),
        ("paid", {"amount": 1}, "invoice_id"),
    ],
)
@pytest.mark.parametrize("choice", ["refused", "accepted"])
async def test_a_payment_that_cannot_be_right_is_not_sent(
    status: Any, given: dict[str, Any], path: str, choice: Any
) -> None:
    async with opened(choices=Choices(overpayment=choice)) as (box, client):
        on = box.add_invoice(status=status).id
        before = tally(box, PAY)
        with pytest.raises(errors.InvalidRequestError) as caught:
            await PAY.call(client, on, key="k", **given)
        assert (caught.value.path, caught.value.operation) == (path, PAY.name)
        assert tally(box, PAY) == before


@pytest.mark.parametrize("kind", [None, "lose_answer", "drop", "commit_late"])
@pytest.mark.parametrize("status", ["draft", "sent", "viewed", "partially_paid"])
async def test_without_an_amount_what_is_due_is_paid_once(status: Any, kind: str | None) -> None:
    async with opened() as (box, client):
        on = box.add_invoice(status=status).id
        before = tally(box, PAY)
        if kind is not None:
            strike(box, kind, PAY.name)
        result = await client.invoices.record_payment(on, mode="cash", key="k")
        assert (result.success, result.invoice.status) == (True, "paid")
        done_once(box, PAY, before)


PLAN = PaymentSchedule(
    type="percentage",
    schedules=[{"value": value, "dueDate": "2026-09-10"} for value in (40, 60)],
)


async def planned(client: LocationClient) -> tuple[str, list[str]]:
    """A sent invoice that is paid in parts, and the parts' ids."""
    made = await CREATE.call(client, None, payment_schedule=PLAN, due_date=date(2026, 9, 10))
    await client.invoices.send(made.id, action="email")
    plan = (await client.invoices.get(made.id)).payment_schedule
    assert plan is not None
    return made.id, [row["_id"] for row in plan.schedules]


@pytest.mark.parametrize("kind", [None, "lose_answer", "drop", "commit_late"])
async def test_parts_of_a_plan_are_paid_once(kind: str | None) -> None:
    async with opened() as (box, client):
        on, (first, second) = await planned(client)
        for key, part, paid in (("a", second, 90), ("b", first, 150)):
            before = tally(box, PAY)
            if kind is not None:
                strike(box, kind, PAY.name)
            result = await client.invoices.record_payment(
                on, mode="cash", payment_schedule_ids=[part], key=key
            )
            assert result.invoice.amount_paid == paid
            done_once(box, PAY, before)


async def test_a_part_that_was_not_paid_is_not_taken_for_paid_when_other_money_came() -> None:
    async with opened() as (box, client):
        on, (_, second) = await planned(client)
        strike(box, "drop, hanging", PAY.name)
        at(box, 5, lambda: box.customer.pay(on, 60))  # the first part
        with pytest.raises(errors.OutcomeUnknown, match="paid meanwhile"):
            await client.invoices.record_payment(
                on, mode="cash", payment_schedule_ids=[second], key="k"
            )
        assert tally(box, PAY).sent == 1


@pytest.mark.parametrize("kind", ["lose_answer, hanging", "drop, hanging"])
async def test_a_customer_who_pays_at_the_same_time_makes_it_unclear(kind: str) -> None:
    async with opened() as (box, client):
        on = box.add_invoice(status="sent", total=100).id
        before = tally(box, PAY)
        strike(box, kind, PAY.name)
        at(box, 5, lambda: box.customer.pay(on, 30))
        with pytest.raises(errors.OutcomeUnknown, match="paid meanwhile") as caught:
            await PAY.call(client, on, key="k")
        assert "resolve" in (caught.value.hint or "")
        assert on in caught.value.message
        assert tally(box, PAY).sent == 1
        # Again it is the same, until a person says.
        with pytest.raises(errors.OutcomeUnknown, match="paid meanwhile"):
            await PAY.call(client, on, key="k")
        done = kind == "lose_answer, hanging"
        await client.writes.resolve(caught.value, done=done)
        result = await PAY.call(client, on, key="k")
        assert result.invoice.amount_paid == 70
        assert tally(box, PAY).sent == (1 if done else 2)
        assert tally(box, PAY).effects == before.effects + 1


async def test_a_customer_who_pays_the_very_same_cannot_be_told_apart() -> None:
    """A limit, and documented as one."""
    async with opened() as (box, client):
        on = box.add_invoice(status="sent", total=100).id
        strike(box, "drop, hanging", PAY.name)
        at(box, 5, lambda: box.customer.pay(on, 40))
        result = await PAY.call(client, on, key="k")
        assert result.invoice.amount_paid == 40
        assert tally(box, PAY).effects == 0


async def test_a_payment_that_is_being_processed_refuses_another_and_frees_the_key() -> None:
    async with opened() as (box, client):
        on = box.add_invoice(status="payment_processing").id
        with pytest.raises(errors.ConflictError):
            await PAY.call(client, on, key="k")
        box.clock.advance(days=4)
        with pytest.raises(errors.InvalidRequestError, match="is paid"):
            await PAY.call(client, on, key="k")


# --- Conversions --------------------------------------------------------------------------------


async def test_a_conversion_that_leaves_the_estimate_open_is_refused() -> None:
    async with opened() as (box, client):
        on = CONVERT.prepare(box)
        with pytest.raises(errors.InvalidRequestError, match="converts twice") as caught:
            await client.estimates.create_invoice(on, key="k", mark_as_invoiced=False)
        assert (caught.value.path, caught.value.operation) == ("mark_as_invoiced", CONVERT.name)
        assert box.calls == []


async def test_an_estimate_that_invoices_itself_is_not_converted() -> None:
    async with opened() as (box, client):
        on = box.add_estimate(status="accepted", auto_invoice=True).id
        with pytest.raises(errors.FlowError, match="by itself") as caught:
            await CONVERT.call(client, on, key="k")
        assert caught.value.operation == CONVERT.name
        assert tally(box, CONVERT).sent == 0


async def test_an_estimate_that_is_invoiced_already_is_not_converted() -> None:
    async with opened() as (box, client):
        on = box.add_estimate(status="invoiced").id
        with pytest.raises(errors.FlowError, match="already"):
            await CONVERT.call(client, on, key="k")
        assert tally(box, CONVERT).sent == 0


async def test_an_estimate_that_is_not_accepted_is_refused_and_frees_the_key() -> None:
    async with opened() as (box, client):
        estimate = box.add_estimate(status="sent", contact=CONTACT)
        with pytest.raises(errors.BadRequestError, match="estimate_not_accepted"):
            await CONVERT.call(client, estimate.id, key="k")
        box.customer.accept(estimate)
        result = await CONVERT.call(client, estimate.id, key="k")
        assert result.estimate.estimate_status == "invoiced"


async def test_two_invoices_that_match_are_both_told() -> None:
    async with opened() as (box, client):
        on = CONVERT.prepare(box)
        items = box.created("estimate")[0].items
        converted = [
            InvoiceItem(name=one.name, currency="USD", amount=one.amount, qty=one.qty)
            for one in items
        ]
        strike(box, "lose_answer", CONVERT.name)
        at(box, 5, lambda: box.add_invoice(contact=CONTACT, items=converted))
        for _ in range(2):
            with pytest.raises(errors.DuplicateDetected) as caught:
                await CONVERT.call(client, on, key="k")
            assert set(caught.value.ids) == {one.id for one in box.created("invoice")}
            assert caught.value.operation == CONVERT.name
        assert tally(box, CONVERT).sent == 1
        (entry,) = [entry async for entry in client.writes.pending()]
        mine = dict(next(one for one in box.arrivals if one.made).made)["invoice"]
        await client.writes.resolve(entry, record_id=mine)
        assert (await CONVERT.call(client, on, key="k")).invoice.id == mine


@pytest.mark.parametrize("deleted", [True, False])
async def test_what_is_known_of_the_estimate_when_its_invoice_is_not(deleted: bool) -> None:
    async with opened() as (box, client):
        on = CONVERT.prepare(box)
        if deleted:  # the invoice is gone before it is looked for
            strike(box, "lose_answer", CONVERT.name)
            task = asyncio.create_task(CONVERT.call(client, on, key="k"))
            while not box.created("invoice"):
                await asyncio.sleep(0)
            await client.invoices.delete(box.created("invoice")[0].id)
        else:  # the service broke off between the two
            strike(box, "drop", CONVERT.name)
            converted = [InvoiceItem(name="Estimate", currency="USD", amount=900, qty=1)]
            task = asyncio.create_task(CONVERT.call(client, on, key="k"))
            at(box, 5, lambda: box.add_invoice(contact=CONTACT, items=converted))
        with pytest.raises(errors.OutcomeUnknown) as caught:
            await task
        assert caught.value.estimate_invoiced is deleted
        assert tally(box, CONVERT).sent == 1


async def test_an_invoice_of_another_key_is_never_taken_for_a_conversions() -> None:
    """It looks the same, and was made meanwhile: but it has an owner."""
    async with opened() as (box, client):
        on = CONVERT.prepare(box)
        same = [InvoiceItem(name="Estimate", currency="USD", amount=900, qty=1)]
        strike(box, "drop", CONVERT.name)
        task = asyncio.create_task(CONVERT.call(client, on, key="k"))
        while not tally(box, CONVERT).sent:
            await asyncio.sleep(0)
        twin = await CREATE.call(client, None, key="other", items=same)
        result = await task
        assert result.invoice.id != twin.id
        assert tally(box, CONVERT).sent == 2


# --- Payment links ------------------------------------------------------------------------------


async def test_a_link_is_kept_and_given_again() -> None:
    async with opened() as (_, client):
        first = await LINK.call(client, None, key="k")
        again = await LINK.call(client, None, key="k")
        assert first.invoice_url
        assert again.invoice_url == first.invoice_url


@pytest.mark.parametrize("action", ["send", "draft"])
@pytest.mark.parametrize("kind", ["lose_answer", "drop"])
async def test_a_link_stands_in_its_answer_alone(kind: str, action: str) -> None:
    async with opened() as (box, client):
        strike(box, kind, LINK.name)
        result = await LINK.call(client, None, key="k", action=action)
        assert result.invoice.status == ("sent" if action == "send" else "draft")
        assert (result.invoice_url is None) == (kind == "lose_answer")
        assert len(box.created("invoice")) == 1


@pytest.mark.parametrize("action", ["send", "draft"])
@pytest.mark.parametrize("kind", [None, "lose_answer", "drop", "commit_late"])
async def test_a_link_of_an_invoice_that_is_there_makes_none(kind: str | None, action: str) -> None:
    async with opened() as (box, client):
        on = box.add_invoice(contact=CONTACT).id
        if kind is not None:
            strike(box, kind, LINK.name)
        result = await LINK.call(client, None, key="k", invoice_id=on, action=action)
        assert result.invoice.id == on
        assert result.invoice.status == ("sent" if action == "send" else "draft")
        assert len(box.created("invoice")) == 1
        sendings = [one for one in box.arrivals if one.operation == LINK.name and one.committed]
        # To update a draft once more does no harm, and gives the link; to send it does.
        more = action == "draft" and kind in ("lose_answer", "commit_late")
        assert len(sendings) == 1 + more
        assert (result.invoice_url is None) == (
            action == "send" and kind in ("lose_answer", "commit_late")
        )
        again = await LINK.call(client, None, key="k", invoice_id=on, action=action)
        assert again.invoice_url == result.invoice_url


@pytest.mark.parametrize("kind", ["lose_answer", "drop"])
async def test_a_link_that_reminds_is_never_sent_twice(kind: str) -> None:
    async with opened() as (box, client):
        on = box.add_invoice(status="sent", contact=CONTACT).id
        strike(box, kind, LINK.name)
        with pytest.raises(errors.OutcomeUnknown, match="had been sent before"):
            await LINK.call(client, None, key="k", invoice_id=on)
        assert tally(box, LINK).sent == 1


def half_made(box: Sandbox) -> None:
    """The service made the draft and broke off before it sent it."""
    box.add_invoice(name="Coaching", items=LINES, contact=CONTACT, number="000001")


async def test_a_draft_that_was_made_and_not_sent_is_sent() -> None:
    async with opened() as (box, client):
        strike(box, "drop", LINK.name)
        at(box, 5, lambda: half_made(box))
        result = await LINK.call(client, None, key="k")
        assert result.invoice.status == "sent"
        assert result.invoice_url
        assert len(box.created("invoice")) == 1
        again = await LINK.call(client, None, key="k")
        assert again.invoice.id == result.invoice.id
        assert again.invoice_url == result.invoice_url


@pytest.mark.parametrize("how", ["no resend", "refused"])
async def test_a_draft_that_was_made_and_is_not_sent_keeps_its_key(how: str) -> None:
    """The key isn't free: to use it again would make a second draft."""
    async with opened() as (box, client):
        strike(box, "drop", LINK.name)
        at(box, 5, lambda: half_made(box))
        if how == "refused":
            box.faults.fail(LINK.name, 400, message="No")
        settle = "wait" if how == "refused" else "defer"
        with pytest.raises(errors.OutcomeUnknown) as caught:
            await LINK.call(client, None, key="k", settle=settle)
        box.clock.advance(minutes=2)
        if how == "no resend":
            with pytest.raises(errors.OutcomeUnknown, match="its record is there"):
                await client.writes.settle(caught.value, resend=False)
        else:
            assert "its record is there" in caught.value.message
        (entry,) = [entry async for entry in client.writes.pending()]
        assert entry.state == "unknown"
        result = await LINK.call(client, None, key="k")
        assert result.invoice.status == "sent"
        assert len(box.created("invoice")) == 1


async def test_an_id_under_a_key_that_had_a_number_makes_nothing_its_own() -> None:
    """The first content was refused, the second names an invoice: that isn't the key's record."""
    async with opened() as (box, client):
        box.faults.fail(LINK.name, 422, message="No")
        with pytest.raises(errors.UnprocessableEntityError):
            await LINK.call(client, None, key="k")
        mine = await CREATE.call(client, None, key="i")
        result = await LINK.call(client, None, key="k", invoice_id=mine.id, action="draft")
        assert result.invoice.id == mine.id
