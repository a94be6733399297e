"""Keyed writes at the same time: one key in two hands, twins, and turns."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keyed import (
    CASES,
    CONTACT,
    NAMES,
    Gone,
    Process,
    WatchedLedger,
    client_of,
    done_once,
    entry_of,
    ledger_of,
    monthly,
    opened,
    strike,
    tally,
    what_of,
)
from strategies import cases

from hoopai_invoices import errors
from hoopai_invoices.models import ContactDetails
from hoopai_invoices.sandbox import Sandbox
from hoopai_invoices.writes import Entry

pytestmark = pytest.mark.anyio


# --- One key ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [None, "lose_answer", "drop", "commit_late"])
@pytest.mark.parametrize("name", NAMES)
async def test_one_key_in_two_tasks_and_two_clients(name: str, kind: str | None) -> None:
    case = CASES[name]
    async with opened() as (box, _):
        ledger = ledger_of(box)
        async with client_of(box, ledger) as one, client_of(box, ledger) as other:
            on = case.prepare(box)
            before = tally(box, case)
            if kind is not None:
                strike(box, kind, name)
            answers = await asyncio.gather(
                *(case.call(client, on, key="k") for client in (one, one, other, other))
            )
            assert len({what_of(answer) for answer in answers}) == 1
            done_once(box, case, before)


@pytest.mark.parametrize("name", NAMES)
async def test_one_key_with_two_contents_at_the_same_time(name: str) -> None:
    case = CASES[name]
    async with opened() as (box, client):
        on = case.prepare(box)
        before = tally(box, case)
        ended = await asyncio.gather(
            case.call(client, on, key="k"),
            case.call(client, on, key="k", **case.other),
            return_exceptions=True,
        )
        assert [isinstance(end, errors.KeyReusedError) for end in ended] == [False, True]
        done_once(box, case, before)


# --- Many keys ----------------------------------------------------------------------------------


async def test_eight_invoices_at_once_have_eight_numbers() -> None:
    case = CASES["invoices.create"]
    async with opened() as (_, client):
        invoices = await asyncio.gather(
            *(case.call(client, None, key=f"k{number}") for number in range(8))
        )
        assert len({invoice.id for invoice in invoices}) == 8
        numbers = sorted(invoice.invoice_number for invoice in invoices)
        assert numbers == [f"{number:06}" for number in range(1, 9)]


@pytest.mark.parametrize("kind", ["lose_answer", "drop", "commit_late", "never_received"])
@pytest.mark.parametrize("name", NAMES)
async def test_eight_twins_under_faults(name: str, kind: str) -> None:
    """The same everything, eight times, at the same time; of the first nine sendings four are hit."""
    case = CASES[name]
    async with opened() as (box, _):
        ledger = ledger_of(box)
        async with client_of(box, ledger) as one, client_of(box, ledger) as other:
            on = [case.prepare(box) for _ in range(8)]
            before = tally(box, case)
            places = (0, 2, 5, 8)
            faults = [strike(box, kind, name, when=at_sending(box, name, at)) for at in places]
            answers = await asyncio.gather(
                *(
                    case.call((one, other)[number % 2], on[number], key=f"k{number}")
                    for number in range(8)
                )
            )
            assert sum(fault.hits for fault in faults) >= 3  # where less is sent again, less is hit
            done_once(box, case, before, 8)
            assert len({what_of(answer) for answer in answers}) == 8


@st.composite
def twins(draw: st.DrawFn) -> tuple[str, list[str | None]]:
    name = draw(st.sampled_from(NAMES))
    kinds = [None, "lose_answer", "drop", "commit_late", "empty", "fail, committed", "throttle"]
    return name, draw(st.lists(st.sampled_from(kinds), min_size=2, max_size=8))


@cases(80)
@given(drawn=twins())
def test_whichever_twins_meet_which_faults_each_is_done_once(
    drawn: tuple[str, list[str | None]],
) -> None:
    """Three twins of two processes; the n-th sending of any meets the n-th fault."""
    name, kinds = drawn
    case = CASES[name]

    async def run() -> None:
        async with opened() as (box, _):
            ledger = ledger_of(box)
            async with client_of(box, ledger) as one, client_of(box, ledger) as other:
                on = [case.prepare(box) for _ in range(3)]
                before = tally(box, case)
                for place, kind in enumerate(kinds):
                    if kind is not None:
                        strike(box, kind, name, when=at_sending(box, name, place))
                calls = [case.call(one, on[0], key="a"), case.call(other, on[1], key="b")]
                calls.append(case.call(one, on[2], key="c"))
                ended = await asyncio.gather(*calls, return_exceptions=True)
                box.faults.clear()
                for end in ended:  # after four drops of one, or three 429s of one
                    assert not isinstance(end, Exception) or isinstance(
                        end, errors.OutcomeUnknown | errors.RateLimitError
                    )
                again = [
                    await case.call(other, where, key=key)
                    for where, key in zip(on, "abc", strict=True)
                ]
                done_once(box, case, before, 3)
                assert len({what_of(answer) for answer in again}) == 3
                for end, answer in zip(ended, again, strict=True):
                    if not isinstance(end, BaseException):
                        assert what_of(end) == what_of(answer)

    asyncio.run(run())


def at_sending(box: Sandbox, name: str, place: int) -> Any:
    """Strikes the sending of that place, counted from 0."""

    def when(_: Any) -> bool:
        return sum(one.operation == name for one in box.app.arrivals) == place

    return when


# --- Turns --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [None, "lose_answer", "drop", "commit_late"])
async def test_two_payments_of_one_invoice_at_once(kind: str | None) -> None:
    case = CASES["invoices.record_payment"]
    async with opened() as (box, _):
        ledger = ledger_of(box)
        async with client_of(box, ledger) as one, client_of(box, ledger) as other:
            on = case.prepare(box)
            before = tally(box, case)
            if kind is not None:
                strike(box, kind, case.name, times=2)
            await asyncio.gather(case.call(one, on, key="a"), case.call(other, on, key="b"))
            done_once(box, case, before, 2)
            assert (await one.invoices.get(on)).amount_paid == 80


async def test_of_two_payments_that_are_too_much_together_one_is_refused() -> None:
    case = CASES["invoices.record_payment"]
    async with opened() as (box, client):
        on = case.prepare(box)
        before = tally(box, case)
        strike(box, "lose_answer", case.name)
        ended = await asyncio.gather(
            case.call(client, on, key="a", amount=60),
            case.call(client, on, key="b", amount=60),
            return_exceptions=True,
        )
        (refused,) = [end for end in ended if isinstance(end, errors.InvalidRequestError)]
        assert refused.path == "amount"
        done_once(box, case, before)


@pytest.mark.parametrize("kind", [None, "lose_answer", "drop", "commit_late"])
async def test_two_schedules_of_one_contact_at_once(kind: str | None) -> None:
    """Which one is which is known, also when they differ in what isn't compared."""
    case = CASES["schedules.create"]
    async with opened() as (box, client):
        if kind is not None:
            strike(box, kind, case.name, times=2)
        first, second = await asyncio.gather(
            case.call(client, None, key="a", schedule=monthly(3)),
            case.call(client, None, key="b", schedule=monthly(5)),
        )
        assert (first.schedule.rrule.count, second.schedule.rrule.count) == (3, 5)
        assert len(box.created("schedule")) == 2


async def test_schedules_of_two_contacts_do_not_wait_for_each_other() -> None:
    case = CASES["schedules.create"]
    async with opened() as (box, client):
        strike(box, "lose_answer", case.name)
        other = ContactDetails(id="7578278e879ad2646715ba9c", name="Kim")
        slow = asyncio.create_task(case.call(client, None, key="a"))
        while not tally(box, case).sent:
            await asyncio.sleep(0)
        began = box.clock.now()
        await case.call(client, None, key="b", contact_details=other)
        assert (box.clock.now() - began).total_seconds() < 1
        await slow


@pytest.mark.parametrize("dead", [False, True], ids=["deferred", "dead"])
@pytest.mark.parametrize("kind", ["lose_answer", "drop"])
@pytest.mark.parametrize(
    "name", ["invoices.record_payment", "templates.create", "schedules.create"]
)
async def test_a_turn_that_was_left_behind_is_settled_by_the_next(
    name: str, kind: str, dead: bool
) -> None:
    case = CASES[name]
    async with opened() as (box, _):
        ledger = ledger_of(box)
        on = case.prepare(box)
        before = tally(box, case)
        process = Process()
        first = client_of(box, WatchedLedger(ledger, process))
        if dead:
            strike(box, kind, name, when=process.die)
            with pytest.raises(Gone):
                await case.call(first, on, key="left")
        else:
            strike(box, kind, name)
            with pytest.raises(errors.OutcomeUnknown):
                await case.call(first, on, key="left", settle="defer")
        process.at = None
        await first.aclose()
        assert (await entry_of(ledger, box, name, "left")).held is not None
        async with client_of(box, ledger) as client:
            with pytest.raises(errors.KeyBusy, match=r"not sent: .*'left'") as caught:
                await case.call(client, on, key="next", settle="defer")
            assert (caught.value.key, caught.value.holder.key) == ("next", "left")
            assert tally(box, case).sent == before.sent + 1
            mine = await case.call(client, on, key="next")
            done_once(box, case, before, 2)
            left = await case.call(client, on, key="left")
            done_once(box, case, before, 2)
            assert (what_of(left) == what_of(mine)) == (name == "invoices.record_payment")


@pytest.mark.parametrize("name", ["estimates.send", "invoices.send"])
async def test_a_reminder_that_is_lost_stands_in_nobodys_way(name: str) -> None:
    case = CASES[name]
    async with opened() as (box, client):
        new = box.add_invoice if name == "invoices.send" else box.add_estimate
        on = new(status="sent").id
        strike(box, "drop", name)
        with pytest.raises(errors.OutcomeUnknown):
            await case.call(client, on, key="monday")
        sent = tally(box, case).sent
        await case.call(client, on, key="tuesday")
        assert tally(box, case).sent == sent + 1
        with pytest.raises(errors.OutcomeUnknown):
            await case.call(client, on, key="monday")
        assert tally(box, case).sent == sent + 1


@pytest.mark.parametrize("name", ["invoices.record_payment"])
async def test_a_turn_that_cannot_be_settled_lets_nobody_pass(name: str) -> None:
    case = CASES[name]
    async with opened() as (box, _):
        ledger = ledger_of(box)
        async with client_of(box, ledger) as client:
            on = case.prepare(box)
            strike(box, "drop", name)
            with pytest.raises(errors.OutcomeUnknown) as caught:
                await case.call(client, on, key="left", settle="defer")
            box.customer.pay(on, 47)
            sent = tally(box, case).sent
            for _ in range(2):
                with pytest.raises(errors.KeyBusy, match=r"not sent: .*'left'") as behind:
                    await case.call(client, on, key="next")
                assert (behind.value.key, behind.value.holder.key) == ("next", "left")
            assert tally(box, case).sent == sent
            next_one = await entry_of(ledger, box, name, "next")
            assert (next_one.state, next_one.leased_for) == ("reserved", 0)
            await client.writes.resolve(caught.value, done=False)
            await case.call(client, on, key="next")
            assert tally(box, case).sent == sent + 1


async def test_a_turn_whose_holder_is_refused_goes_on() -> None:
    case = CASES["templates.create"]
    async with opened() as (box, client):
        before = tally(box, case)
        strike(box, "drop", case.name)
        with pytest.raises(errors.OutcomeUnknown):
            await case.call(client, None, key="left", settle="defer")
        refused = box.faults.fail(case.name, 422, message="No")
        await case.call(client, None, key="next")
        assert refused.hits == 1
        done_once(box, case, before)
        assert [entry async for entry in client.writes.pending()] == []


async def test_conversions_of_estimates_that_look_the_same_know_their_invoices() -> None:
    case = CASES["estimates.create_invoice"]
    async with opened() as (box, client):
        one, other = case.prepare(box), case.prepare(box)
        strike(box, "lose_answer", case.name, times=2)
        first, second = await asyncio.gather(
            case.call(client, one, key="a"), case.call(client, other, key="b")
        )
        assert first.invoice.id != second.invoice.id
        made = [dict(each.made)["invoice"] for each in box.arrivals if each.made]
        assert [first.invoice.id, second.invoice.id] == made
        assert first.estimate.id == one


async def test_a_link_and_a_sending_of_one_invoice_take_turns() -> None:
    async with opened() as (box, client):
        on = box.add_invoice(contact=CONTACT).id
        strike(box, "drop", "invoices.send")
        with pytest.raises(errors.OutcomeUnknown):
            await CASES["invoices.send"].call(client, on, key="k", settle="defer")
        with pytest.raises(errors.KeyBusy, match="not sent") as caught:
            await CASES["invoices.text2pay"].call(
                client, None, key="l", invoice_id=on, settle="defer"
            )
        assert (caught.value.operation, caught.value.key) == ("invoices.text2pay", "l")
        assert (caught.value.holder.operation, caught.value.holder.key) == ("invoices.send", "k")


async def test_who_defers_settles_what_may_be_looked_at_by_now() -> None:
    case = CASES["invoices.record_payment"]
    async with opened() as (box, client):
        on = case.prepare(box)
        before = tally(box, case)
        strike(box, "lose_answer", case.name)
        with pytest.raises(errors.OutcomeUnknown):
            await case.call(client, on, key="left", settle="defer")
        with pytest.raises(errors.KeyBusy):
            await case.call(client, on, key="next", settle="defer")
        box.clock.advance(hours=1)
        await case.call(client, on, key="next", settle="defer")
        done_once(box, case, before, 2)


async def test_of_two_that_wait_for_one_another_neither_is_taken_for_the_other() -> None:
    """Who is told that nothing was sent can't settle another's payment as if it were his."""
    case = CASES["invoices.record_payment"]
    async with opened() as (box, client):
        on = case.prepare(box)
        strike(box, "lose_answer, hanging", case.name)
        first = asyncio.create_task(tried(case.call(client, on, key="a", settle="defer")))
        second = asyncio.create_task(tried(case.call(client, on, key="b", settle="defer")))
        ends = {type(await first), type(await second)}
        assert ends == {errors.OutcomeUnknown, errors.KeyBusy}
        busy = next(one for one in (await first, await second) if isinstance(one, errors.KeyBusy))
        assert busy.holder.key != busy.key


async def tried(call: Any) -> Any:
    try:
        return await call
    except errors.HoopAIError as error:
        return error


@pytest.mark.parametrize("name", ["invoices.create", "invoices.record_payment"])
async def test_what_was_done_twice_across_a_suspension_is_told(name: str) -> None:
    """The lease ends while the request is on its way: somebody else sends it, too."""
    case = CASES[name]
    async with opened() as (box, _):
        ledger = ledger_of(box)
        on = case.prepare(box)
        suspended = asyncio.Event()

        class Asleep(httpx.AsyncBaseTransport):
            def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
                self.inner, self.times = inner, 1

            async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
                if self.times and request.method == "POST":
                    self.times = 0
                    [row] = [row for row in ledger._rows.values() if row.entry.key == "k"]
                    row.leased_until = row.look_at = 0.0
                    suspended.set()
                    async with client_of(box, ledger) as other:
                        await case.call(other, on, key="k")
                return await self.inner.handle_async_request(request)

        async with client_of(box, ledger) as plain:
            inner = plain._executor.pipeline.shared.http._transport
            async with client_of(box, ledger, transport=Asleep(inner)) as client:
                with pytest.raises(errors.DuplicateDetected, match="taken over") as caught:
                    await case.call(client, on, key="k")
        assert caught.value.key == "k"
        assert suspended.is_set()


async def test_an_estimate_that_is_not_listed_yet_is_waited_for() -> None:
    case = CASES["estimates.create"]
    async with opened() as (box, client):
        box.faults.lag("estimates.list", seconds=5)
        first = await case.call(client, None, key="k")
        assert what_of(await case.call(client, None, key="k")) == what_of(first)


async def test_what_another_version_wrote_is_told_and_stops_nothing() -> None:
    case = CASES["invoices.create"]
    async with opened() as (box, client):
        ledger = client._executor.pipeline.guard.ledger
        strange = Entry(
            location_id=box.location_id, operation="invoices.copy", key="k", fingerprint="f"
        )
        taken = await ledger.take(strange, "me", 60)
        await ledger.change(taken.entry, "me", state="unknown", lease=0.0)
        strike(box, "lose_answer", case.name)
        with pytest.raises(errors.OutcomeUnknown):
            await case.call(client, None, key="k", settle="defer")
        box.clock.advance(hours=1)
        one, other = await client.writes.settle_pending()
        assert {type(one.error), type(other.error)} == {errors.InvalidRequestError, type(None)}


async def test_a_resolution_names_a_record_that_is_there_and_only_of_what_was_done() -> None:
    case = CASES["invoices.create"]
    async with opened() as (box, client):
        strike(box, "drop", case.name)
        with pytest.raises(errors.OutcomeUnknown) as caught:
            await case.call(client, None, key="k", settle="defer")
        wrong: list[dict[str, Any]] = [{"record_id": "x1", "done": False}, {"record_id": "x1"}, {}]
        for given in wrong:
            with pytest.raises(errors.InvalidRequestError, match="record_id"):
                await client.writes.resolve(caught.value, **given)
        entry = await client.writes.resolve(caught.value, done=False)
        assert (entry.state, entry.request) == ("refused", None)
        await case.call(client, None, key="k", name="Another")
        with pytest.raises(errors.InvalidRequestError, match="another content"):
            await client.writes.settle(caught.value)


async def test_a_double_of_a_twin_is_not_taken_for_a_stranger() -> None:
    """Something in between delivered a twin's request twice: its number tells whose it is."""
    case = CASES["invoices.create"]
    async with opened() as (box, client):
        box.faults.deliver_twice(case.name)
        await case.call(client, None, key="twin")
        strike(box, "drop", case.name)
        await case.call(client, None, key="mine")
        assert len(box.created("invoice")) == 3
        [finding] = [one async for one in client.writes.audit()]
        assert finding.key == "twin"


async def test_a_payment_that_was_delivered_twice_unheard_is_told() -> None:
    case = CASES["invoices.record_payment"]
    async with opened() as (box, client):
        on = case.prepare(box)
        box.faults.deliver_twice(case.name)

        class Lost(httpx.AsyncBaseTransport):
            def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
                self.inner, self.times = inner, 1

            async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
                answer = await self.inner.handle_async_request(request)
                if self.times and request.method == "POST":
                    self.times = 0
                    raise httpx.ReadError("lost")
                return answer

        inner = client._executor.pipeline.shared.http._transport
        async with client_of(box, transport=Lost(inner)) as unheard:
            with pytest.raises(errors.DuplicateDetected) as caught:
                await case.call(unheard, on, key="k")
            assert caught.value.ids == (on, on)
            await unheard.writes.resolve(caught.value)
            await case.call(unheard, on, key="k")
        assert len(box.created("payment")) == 2
