"""Numbers, keys that are used again, and the key itself."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from keyed import (
    CASES,
    CONTACT,
    DEFAULTS,
    DUE,
    LINES,
    NAMES,
    client_of,
    done_once,
    entry_of,
    ledger_of,
    opened,
    strike,
    tally,
    what_of,
)

from hoopai_invoices import CallOptions, errors
from hoopai_invoices.models import BusinessDetails, EstimateItem, InvoiceItem
from hoopai_invoices.sandbox import Choices, Sandbox
from hoopai_invoices.writes.case import lines

pytestmark = pytest.mark.anyio

CREATE = CASES["invoices.create"]
PAY = CASES["invoices.record_payment"]
CONVERT = CASES["estimates.create_invoice"]
LINK = CASES["invoices.text2pay"]
REFUSED = Choices(duplicate_invoice_number="refused")


def at(box: Sandbox, seconds: float, what: Any) -> None:
    """Somebody else does something in so many seconds."""
    box.clock.after(seconds, what)


# --- Numbers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [None, "lose_answer", "drop"])
async def test_the_callers_own_number(kind: str | None) -> None:
    async with opened() as (box, client):
        if kind is not None:
            strike(box, kind, CREATE.name)
        invoice = await CREATE.call(client, None, key="k", invoice_number="2026-0042")
        assert invoice.invoice_number == "2026-0042"
        assert "invoices.generate_number" not in box.calls
        assert len(box.created("invoice")) == 1


@pytest.mark.parametrize("name", ["invoices.create", "invoices.text2pay", "estimates.create"])
async def test_a_number_that_another_key_has_is_refused_here(name: str) -> None:
    case = CASES[name]
    field = "estimate_number" if name == "estimates.create" else "invoice_number"
    number: Any = 77 if name == "estimates.create" else "77"
    async with opened() as (box, client):
        await case.call(client, None, key="a", **{field: number})
        arrived = len(box.arrivals)
        with pytest.raises(errors.InvalidRequestError, match="another key") as caught:
            await case.call(client, None, key="b", **{field: number})
        assert (caught.value.path, caught.value.operation) == (field, name)
        assert len(box.arrivals) == arrived
        # The key is free for another number.
        await case.call(client, None, key="b", **{field: type(number)(78)})


async def test_invoices_and_payment_links_share_their_numbers() -> None:
    async with opened() as (_, client):
        first = await CREATE.call(client, None, key="k")
        second = await LINK.call(client, None, key="k")
        numbers = first.invoice_number, second.invoice.invoice_number
        assert numbers == ("000001", "000002")


@pytest.mark.parametrize("kind", [None, "lose_answer", "commit_late"])
async def test_somebody_else_uses_the_same_numbers(kind: str | None) -> None:
    """The service takes a number twice: ours is known by its contents."""
    async with opened() as (box, client):
        numbers = box.faults.drip("invoices.generate_number", seconds=0.01)
        at(box, 0.01, lambda: box.add_invoice(contact=CONTACT))
        if kind is not None:
            strike(box, kind, CREATE.name)
        invoice = await CREATE.call(client, None, key="k")
        assert numbers.hits == 1
        assert invoice.name == "Coaching"
        both = [each.invoice_number for each in box.created("invoice")]
        assert both == ["000001", "000001"]


async def test_when_only_somebody_elses_invoice_has_the_number_another_is_chosen() -> None:
    async with opened() as (box, client):
        strike(box, "drop, hanging", CREATE.name)
        at(box, 5, lambda: box.add_invoice(contact=CONTACT))
        invoice = await CREATE.call(client, None, key="k")
        assert [one.invoice_number for one in box.created("invoice")] == ["000001", "000002"]
        assert invoice.invoice_number == "000002"


async def test_of_a_number_that_was_given_a_person_decides() -> None:
    async with opened() as (box, client):
        strike(box, "drop, hanging", CREATE.name)
        at(box, 5, lambda: box.add_invoice(contact=CONTACT, number="77"))
        with pytest.raises(errors.OutcomeUnknown, match="other contents") as caught:
            await CREATE.call(client, None, key="k", invoice_number="77")
        assert box.created("invoice")[0].id in caught.value.message
        assert tally(box, CREATE).sent == 1
        await client.writes.resolve(caught.value, done=False)
        await CREATE.call(client, None, key="k", invoice_number="77")
        assert len(box.created("invoice")) == 2


async def test_a_number_that_is_refused_after_a_lost_request_frees_the_key() -> None:
    """Of another contact's invoice: so it isn't ours, and nothing was made."""
    async with opened(choices=REFUSED) as (box, client):
        strike(box, "drop, hanging", CREATE.name)
        at(box, 5, box.add_invoice)
        with pytest.raises(errors.BadRequestError, match="already exists"):
            await CREATE.call(client, None, key="k")
        invoice = await CREATE.call(client, None, key="k")
        assert invoice.invoice_number == "000002"
        assert len(box.created("invoice")) == 2


@pytest.mark.parametrize("kind", [None, "lose_answer"])
async def test_a_number_that_is_refused_is_chosen_anew(kind: str | None) -> None:
    async with opened(choices=REFUSED) as (box, client):
        box.faults.drip("invoices.generate_number", seconds=0.01)
        at(box, 0.01, lambda: box.add_invoice(contact=CONTACT))
        if kind is not None:
            box.faults.lose_answer(CREATE.name, after=1)
        invoice = await CREATE.call(client, None, key="k")
        assert invoice.invoice_number == "000002"
        assert [one.status for one in box.arrivals if one.operation == CREATE.name] == [400, 201]
        assert (await CREATE.call(client, None, key="k")).id == invoice.id
        assert len(box.created("invoice")) == 2


async def test_numbers_that_are_refused_again_and_again() -> None:
    async with opened() as (box, client):
        refused = box.faults.fail(
            CREATE.name, 400, message="Invoice number already exists", times=None
        )
        with pytest.raises(errors.BadRequestError, match="already exists"):
            await CREATE.call(client, None, key="k")
        assert refused.hits == 5
        numbers = [one.body["invoiceNumber"] for one in box.arrivals if one.body]
        assert len(set(numbers)) == 5
        box.faults.clear()
        await CREATE.call(client, None, key="k")


async def test_the_callers_number_that_is_refused_is_his_to_mend() -> None:
    async with opened(choices=REFUSED) as (box, client):
        box.add_invoice(number="5")
        with pytest.raises(errors.BadRequestError, match="already exists"):
            await CREATE.call(client, None, key="k", invoice_number="5")
        invoice = await CREATE.call(client, None, key="k", invoice_number="6")
        assert invoice.invoice_number == "6"


@pytest.mark.parametrize("kind", [None, "lose_answer", "drop"])
async def test_numbers_that_answers_show_as_numbers(kind: str | None) -> None:
    async with opened(choices=Choices(invoice_number_type="number")) as (box, client):
        await CREATE.call(client, None, key="a")
        if kind is not None:
            strike(box, kind, CREATE.name)
        invoice = await CREATE.call(client, None, key="b")
        assert invoice.invoice_number == "2"
        if kind is not None:
            strike(box, kind, CREATE.name)
        own = await CREATE.call(client, None, key="c", invoice_number="0007")
        assert own.invoice_number == "7"
        assert len(box.created("invoice")) == 3
        assert [finding async for finding in client.writes.audit()] == []


async def test_a_write_that_is_refused_keeps_its_number_for_its_key() -> None:
    async with opened() as (box, client):
        box.faults.fail(CREATE.name, 422, message="No")
        with pytest.raises(errors.UnprocessableEntityError):
            await CREATE.call(client, None, key="a")
        # What was refused is mended, and so has another content.
        first = await CREATE.call(client, None, key="a", name="Mended")
        second = await CREATE.call(client, None, key="b")
        assert (first.invoice_number, second.invoice_number) == ("000001", "000002")
        assert first.name == "Mended"


async def test_a_number_that_the_service_may_have_used_since_is_not_used_again() -> None:
    async with opened() as (box, client):
        box.faults.fail(CREATE.name, 422, message="No")
        with pytest.raises(errors.UnprocessableEntityError):
            await CREATE.call(client, None, key="a")
        theirs = box.add_invoice()
        assert theirs.invoice_number == "000001"
        mine = await CREATE.call(client, None, key="a")
        assert mine.invoice_number == "000002"


@pytest.mark.parametrize("kind", [None, "lose_answer", "drop"])
async def test_numbers_of_estimates_are_whole_numbers(kind: str | None) -> None:
    case = CASES["estimates.create"]
    async with opened() as (box, client):
        if kind is not None:
            strike(box, kind, case.name)
        first = await case.call(client, None, key="a")
        second = await case.call(client, None, key="b", estimate_number=900)
        third = await case.call(client, None, key="c")
        numbers = [one.estimate_number for one in (first, second, third)]
        assert numbers == [first.estimate_number, 900, 901]
        sent = [one.body["estimateNumber"] for one in box.arrivals if one.operation == case.name]
        assert all(isinstance(number, int) for number in sent)


async def test_an_estimate_with_the_number_and_other_contents_is_anothers() -> None:
    case = CASES["estimates.create"]
    async with opened() as (box, client):
        strike(box, "drop, hanging", case.name)
        at(box, 5, lambda: box.add_estimate(number=1, contact=CONTACT))
        with pytest.raises(errors.OutcomeUnknown, match="other contents"):
            await case.call(client, None, key="k", estimate_number=1)
        assert tally(box, case).sent == 1


async def test_an_invoice_that_looks_the_same_with_a_strange_number_is_unclear() -> None:
    """Perhaps the service gave it another number than it was sent."""
    async with opened() as (box, client):
        strike(box, "drop, hanging", CREATE.name)
        at(
            box,
            5,
            lambda: box.add_invoice(name="Coaching", items=LINES, contact=CONTACT, number="X-1"),
        )
        with pytest.raises(errors.OutcomeUnknown, match="another origin"):
            await CREATE.call(client, None, key="k")
        assert tally(box, CREATE).sent == 1


# --- Used again ---------------------------------------------------------------------------------


async def test_used_again_a_key_gives_the_record_as_it_is_now() -> None:
    async with opened() as (box, client):
        made = await CREATE.call(client, None, key="k")
        await client.invoices.send(made.id, action="email")
        box.customer.pay(made.id)
        now = await CREATE.call(client, None, key="k")
        assert (now.id, now.status, now.amount_paid) == (made.id, "paid", 150)


@pytest.mark.parametrize(
    ("name", "resource"),
    [
        ("invoices.create", "invoices"),
        ("estimates.create", "estimates"),
        ("schedules.create", "schedules"),
        ("templates.create", "templates"),
        ("estimate_templates.create", "estimate_templates"),
    ],
)
async def test_what_was_deleted_since_is_not_made_again(name: str, resource: str) -> None:
    case = CASES[name]
    async with opened() as (box, client):
        made = await case.call(client, None, key="k")
        await getattr(client, resource).delete(made.id)
        with pytest.raises(errors.NotFoundError) as caught:
            await case.call(client, None, key="k")
        assert made.id in (caught.value.hint or "")
        listed = name.startswith("estimate")  # where a list may only lag, that would be bad advice
        assert ("another key" in (caught.value.hint or "")) != listed
        assert tally(box, case).sent == 1


async def test_a_void_invoice_that_cannot_be_read_is_not_made_again() -> None:
    async with opened(choices=Choices(void_invoice="gone")) as (box, client):
        made = await CREATE.call(client, None, key="k")
        await client.invoices.send(made.id, action="email")
        await client.invoices.void(made.id)
        with pytest.raises(errors.NotFoundError):
            await CREATE.call(client, None, key="k")
        assert tally(box, CREATE).sent == 1


async def test_a_replay_that_cannot_be_read_sends_nothing() -> None:
    async with opened() as (box, client):
        await CREATE.call(client, None, key="k")
        box.faults.fail("invoices.get", times=None)
        with pytest.raises(errors.InternalServerError):
            await CREATE.call(client, None, key="k")
        assert tally(box, CREATE).sent == 1


async def test_defaults_are_part_of_the_content() -> None:
    async with opened() as (box, _):
        ledger = ledger_of(box)
        async with client_of(box, ledger) as client:
            await CREATE.call(client, None, key="k")
            other = evolve(DEFAULTS, business_details=BusinessDetails(name="Other LLC"))
            with pytest.raises(errors.KeyReusedError):
                await CREATE.call(client.location(box.location_id, defaults=other), None, key="k")
            # Said or filled in is the same.
            await CREATE.call(
                client, None, key="k", currency="USD", business_details=DEFAULTS.business_details
            )
        assert tally(box, CREATE).sent == 1


async def test_the_same_content_written_otherwise_is_the_same() -> None:
    async with opened() as (box, client):
        for amount in (150, "150.00", Decimal("1.5E+2")):
            line = InvoiceItem(name="One hour", currency="USD", amount=amount, qty="1.0")
            await CREATE.call(client, None, key="k", items=[line])
        assert tally(box, CREATE).sent == 1


async def test_a_day_that_has_passed_matters_for_what_is_new_alone() -> None:
    async with opened() as (box, _):
        zoned = evolve(DEFAULTS, timezone="America/Costa_Rica")
        async with client_of(box) as client:
            here = client.location(box.location_id, defaults=zoned)
            made = await CREATE.call(here, None, key="k")
            box.faults.lose_answer(CREATE.name)
            with pytest.raises(errors.OutcomeUnknown):
                await CREATE.call(here, None, key="lost", settle="defer")
            box.clock.advance(days=(DUE - date(2026, 8, 26)).days + 1)
            assert (await CREATE.call(here, None, key="k")).id == made.id
            assert (await CREATE.call(here, None, key="lost")).id != made.id
            arrived = len(box.arrivals)
            with pytest.raises(errors.InvalidRequestError) as caught:
                await CREATE.call(here, None, key="new")
            assert caught.value.path == "due_date"
            assert len(box.arrivals) == arrived


# --- The key ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
async def test_any_key_of_1_to_200_characters(name: str) -> None:
    case = CASES[name]
    async with opened() as (box, client):
        on = [case.prepare(box) for _ in range(4)]
        before = tally(box, case)
        for number, key in enumerate(("k", "k" * 200, "Größe 東京 🙂", " a'b\"; --")):
            await case.call(client, on[number], key=key)
            await case.call(client, on[number], key=key)
        done_once(box, case, before, 4)


async def test_a_key_needs_a_location() -> None:
    async with opened() as (box, _):
        async with client_of(box, location_id=None) as client:
            with pytest.raises(errors.InvalidRequestError) as caught:
                await CREATE.call(client, None, key="k")
            assert (caught.value.path, caught.value.operation) == ("location_id", CREATE.name)
        assert box.calls == []


async def test_what_a_call_does_differently_it_does_at_each_sending() -> None:
    options = CallOptions(timeout=7, headers={"X-Job": "1042"})
    async with opened() as (box, client):
        strike(box, "drop, hanging", CREATE.name, times=2)
        began = box.clock.now()
        await CREATE.call(client, None, key="k", options=options)
        sendings = [one for one in box.arrivals if one.operation == CREATE.name]
        assert [one.headers["x-job"] for one in sendings] == ["1042"] * 3
        # Seven seconds each, and thirty to settle.
        assert 73 < (box.clock.now() - began).total_seconds() < 77
        # They are no part of the content.
        await CREATE.call(client, None, key="k")
        assert tally(box, CREATE).sent == 3


async def test_a_time_out_that_is_none_sends_nothing_and_frees_the_key() -> None:
    async with opened() as (box, client):
        with pytest.raises(errors.InvalidRequestError) as caught:
            await CREATE.call(client, None, key="k", options=CallOptions(timeout=0))
        assert caught.value.path == "options.timeout"
        assert tally(box, CREATE).sent == 0
        await CREATE.call(client, None, key="k")


async def test_unknown_fields_are_sent_again_too() -> None:
    options = CallOptions(send_unknown=True)
    line = InvoiceItem.from_dict(
        {"name": "One hour", "currency": "USD", "amount": 150, "qty": 1, "novelty": 1}
    )
    async with opened() as (box, client):
        strike(box, "drop", CREATE.name)
        with pytest.raises(
            errors.UnprocessableEntityError
        ):  # as the service does with unknown ones
            await CREATE.call(client, None, key="k", items=[line], options=options)
        sent = [one.body["items"] for one in box.arrivals if one.operation == CREATE.name]
        assert sent[0] == sent[1]
        assert sent[0][0]["novelty"] == 1


async def test_what_the_service_refuses_frees_the_key() -> None:
    async with opened() as (box, _):
        ledger = ledger_of(box)
        async with client_of(box, ledger) as client:
            for status, kind in (
                (400, errors.BadRequestError),
                (403, errors.PermissionDeniedError),
                (404, errors.NotFoundError),
                (409, errors.ConflictError),
                (422, errors.UnprocessableEntityError),
            ):
                box.faults.fail(CREATE.name, status, message="No")
                with pytest.raises(kind) as caught:
                    await CREATE.call(client, None, key="k", name=f"Attempt {status}")
                assert caught.value.operation == CREATE.name
                entry = await entry_of(ledger, box, CREATE.name)
                assert (entry.state, entry.leased_for) == ("refused", 0)
            await CREATE.call(client, None, key="k")
        assert len(box.created("invoice")) == 1


async def test_the_entry_of_a_write_that_is_done() -> None:
    async with opened() as (box, _):
        ledger = ledger_of(box)
        async with client_of(box, ledger) as client:
            strike(box, "lose_answer", CREATE.name)
            made = await CREATE.call(client, None, key="k")
            sent_at = next(one.at for one in box.arrivals if one.operation == CREATE.name)
        entry = await entry_of(ledger, box, CREATE.name)
        assert (entry.state, entry.adopted, entry.record_id) == ("done", True, made.id)
        assert (entry.number, entry.series, entry.attempts) == ("000001", "invoice", 1)
        assert entry.request is None  # it is forgotten
        assert entry.sent_at == entry.first_sent_at == sent_at.timestamp()


def test_lines_of_estimates_are_compared_as_those_of_invoices() -> None:
    facts: dict[str, Any] = {"currency": "USD", "amount": "150.0", "qty": 1, "type": "one_time"}
    assert lines([EstimateItem(name=" One  hour", **facts)]) == lines(LINES)


@pytest.mark.parametrize("name", NAMES)
async def test_a_key_and_the_answers_type(name: str) -> None:
    """What is adopted, and what is read again, is what the method promises."""
    case = CASES[name]
    async with opened() as (box, client):
        plain = await case.call(client, case.prepare(box))
    async with opened() as (box, client):
        on = case.prepare(box)
        strike(box, "lose_answer", name)
        adopted = await case.call(client, on, key="k")
        again = await case.call(client, on, key="k")
        assert type(plain) is type(adopted) is type(again)
        assert what_of(adopted) == what_of(again)
