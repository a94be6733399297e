"""Keyed writes under faults: done once, or nobody pretends to know."""

from __future__ import annotations

from decimal import Decimal

import httpx
import pytest
from keyed import (
    CASES,
    COMMITTED,
    FAULTS,
    KNOWN,
    NAMES,
    WRITES,
    client_of,
    done_once,
    ledger_of,
    opened,
    strike,
    tally,
    what_of,
)

from hoopai_invoices import errors
from hoopai_invoices.sandbox import Sandbox
from hoopai_invoices.sandbox.clock import ClientClock
from hoopai_invoices.sandbox.resources import payments
from hoopai_invoices.writes.guard import RECONCILERS

pytestmark = pytest.mark.anyio


def test_every_keyed_operation_can_be_settled_and_is_tested() -> None:
    from_flows = {"schedules.start"}  # no argument of its method takes a key
    assert set(RECONCILERS) - from_flows == WRITES == set(NAMES)


def looked(box: Sandbox, name: str, start: int) -> int:
    """How often it was looked for since."""
    return sum(call in CASES[name].looks for call in box.calls[start:])


# --- Without faults -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
async def test_a_key_is_good_for_one_write(name: str) -> None:
    case = CASES[name]
    async with opened() as (box, client):
        on = case.prepare(box)
        before = tally(box, case)
        first = await case.call(client, on, key="k")
        done_once(box, case, before)
        for _ in range(2):
            again = await case.call(client, on, key="k")
            assert what_of(again) == what_of(first)
            assert type(again) is type(first)
        assert tally(box, case).sent == 1
        done_once(box, case, before)

        arrived = len(box.arrivals)
        with pytest.raises(errors.KeyReusedError) as caught:
            await case.call(client, on, key="k", **case.other)
        assert len(box.arrivals) == arrived
        assert (caught.value.key, caught.value.operation) == ("k", name)
        assert caught.value.record_id == (what_of(first) if case.makes_own else None)


@pytest.mark.parametrize("name", NAMES)
async def test_another_key_is_another_write(name: str) -> None:
    case = CASES[name]
    async with opened() as (box, client):
        before = tally(box, case)
        one, other = case.prepare(box), case.prepare(box)
        before = tally(box, case)
        first = await case.call(client, one, key="a")
        second = await case.call(client, other, key="b")
        assert what_of(first) != what_of(second)
        done_once(box, case, before, 2)


@pytest.mark.parametrize("name", NAMES)
async def test_a_key_belongs_to_its_location(name: str) -> None:
    case = CASES[name]
    async with opened() as (box, client):
        place = box.add_location()
        token = box.add_token(locations=[place])
        ledger = client._executor.pipeline.guard.ledger
        async with client_of(box, ledger, location_id=place.id, token=token) as other:
            if case.prepare(box) is None:
                await case.call(client, None, key="k")
                await case.call(other, None, key="k", **case.other)
                assert tally(box, case).effects == 2


# --- One fault ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("name", NAMES)
async def test_whatever_happens_to_the_request_it_is_done_once(name: str, kind: str) -> None:
    case = CASES[name]
    async with opened() as (box, client):
        on = case.prepare(box)
        before = tally(box, case)
        fault = strike(box, kind, name)
        start = len(box.calls)
        answer = await case.call(client, on, key="k")
        assert fault.hits == 1
        done_once(box, case, before)
        sent = tally(box, case).sent
        # What was done isn't sent again, what wasn't is; nobody looks who knows.
        assert sent == (1 if kind in COMMITTED or kind == "never_received" else 2)
        if kind not in KNOWN:
            assert box.calls.index(case.looks[0], box.calls.index(name, start)) > 0

        again = await case.call(client, on, key="k")
        assert what_of(again) == what_of(answer)
        assert again.to_dict().keys() >= {"success"} or type(again) is type(answer)
        assert tally(box, case).sent == sent
        arrived = len(box.arrivals)
        with pytest.raises(errors.KeyReusedError):
            await case.call(client, on, key="k", **case.other)
        assert len(box.arrivals) == arrived
        done_once(box, case, before)


@pytest.mark.parametrize("name", NAMES)
async def test_what_is_known_costs_no_look(name: str) -> None:
    case = CASES[name]
    async with opened() as (box, client):
        on = case.prepare(box)
        began = box.clock.now()
        strike(box, "never_received", name)
        await case.call(client, on, key="k")
        assert box.calls[-1] == name
        assert (box.clock.now() - began).total_seconds() < 10


@pytest.mark.parametrize("name", NAMES)
async def test_a_look_waits_for_the_settle_time(name: str) -> None:
    case = CASES[name]
    async with opened(settle_time=17) as (box, client):
        on = case.prepare(box)
        strike(box, "lose_answer", name)
        start = len(box.arrivals)
        await case.call(client, on, key="k")
        arrivals = box.arrivals[start:]
        (sent,) = [each for each in arrivals if each.operation == name]
        look = arrivals[sent.number - start]
        assert look.operation == case.looks[0]
        assert 17 <= (look.at - sent.at).total_seconds() < 18


@pytest.mark.parametrize("name", NAMES)
async def test_it_is_sent_again_the_same(name: str) -> None:
    case = CASES[name]
    async with opened() as (box, client):
        on = case.prepare(box)
        strike(box, "drop", name)
        await case.call(client, on, key="k")
        first, second = [each for each in box.arrivals if each.operation == name]
        assert (first.path, first.body) == (second.path, second.body)
        kept = dict(first.headers), dict(second.headers)
        assert kept[0] == kept[1]


# --- Several faults -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("name", NAMES)
async def test_the_same_fault_again_and_again(name: str, kind: str) -> None:
    case = CASES[name]
    for times in (10,) if kind in COMMITTED else (2, 3, 10):
        async with opened() as (box, client):
            on = case.prepare(box)
            before = tally(box, case)
            fault = strike(box, kind, name, times=times)
            # Twice it is tried again at once, where it is known that nothing was done; else four
            # times, each after a look.
            hopeless = times >= (3 if kind in KNOWN else 4) and kind not in COMMITTED
            if not hopeless:
                answer = await case.call(client, on, key="k")
                assert fault.hits == (1 if kind in COMMITTED else times)
                done_once(box, case, before)
            else:
                kinds = (errors.APIConnectionError, errors.RateLimitError)
                expected = kinds if kind in KNOWN else (errors.OutcomeUnknown,)
                with pytest.raises(expected) as caught:
                    await case.call(client, on, key="k")
                assert caught.value.operation == name
                assert fault.hits == (3 if kind in KNOWN else 4)
                done_once(box, case, before, 0)
                box.faults.clear()
                answer = await case.call(client, on, key="k")
                done_once(box, case, before)
            box.faults.clear()
            assert what_of(await case.call(client, on, key="k")) == what_of(answer)
            done_once(box, case, before)


@pytest.mark.parametrize(
    "second", ["lose_answer", "commit_late", "empty", "script", *sorted(KNOWN)]
)
@pytest.mark.parametrize("name", NAMES)
async def test_another_fault_at_the_second_sending(name: str, second: str) -> None:
    case = CASES[name]
    async with opened() as (box, client):
        on = case.prepare(box)
        before = tally(box, case)
        faults = strike(box, "drop", name), strike(box, second, name)
        await case.call(client, on, key="k")
        assert [fault.hits for fault in faults] == [1, 1]
        done_once(box, case, before)
        await case.call(client, on, key="k")
        done_once(box, case, before)


@pytest.mark.parametrize("name", NAMES)
async def test_a_second_sending_that_is_known_to_have_failed_does_not_tell_of_the_first(
    name: str,
) -> None:
    """The first may come after all: so it is looked for once more before the error is told."""
    case = CASES[name]
    async with opened() as (box, client):
        on = case.prepare(box)
        before = tally(box, case)
        # After the deadline (30 s), the settle time and the second sending, but not much.
        box.faults.commit_late(name, 70, hang=True)
        refused = box.faults.fail(name, 400, message="No", times=1)
        await case.call(client, on, key="k")
        assert refused.hits == 1
        done_once(box, case, before)


@pytest.mark.parametrize("kind", ["drop", "throttle", "html", "wrong_type"])
@pytest.mark.parametrize("name", NAMES)
async def test_looks_that_fail_are_repeated(name: str, kind: str) -> None:
    """Three times each look itself is tried again; five looks are made."""
    case = CASES[name]
    for look in case.looks:
        async with opened() as (box, client):
            on = case.prepare(box)
            before = tally(box, case)
            lost = strike(box, "lose_answer", name)
            times = 4 if kind == "wrong_type" else 7  # a whole answer isn't asked for again
            reads = strike(box, kind, look, times=times, when=lambda _: lost.hits == 1)  # noqa: B023
            await case.call(client, on, key="k")
            assert reads.hits == times
            done_once(box, case, before)


@pytest.mark.parametrize("name", NAMES)
async def test_when_it_cannot_be_looked_at_nobody_knows(name: str) -> None:
    case = CASES[name]
    async with opened() as (box, client):
        on = case.prepare(box)
        before = tally(box, case)
        lost = strike(box, "lose_answer", name)
        strike(box, "fail", case.looks[0], times=None, when=lambda _: lost.hits == 1)
        with pytest.raises(errors.OutcomeUnknown, match="can't be looked at"):
            await case.call(client, on, key="k")
        box.faults.clear()
        await case.call(client, on, key="k")
        done_once(box, case, before)
        assert tally(box, case).sent == 1


@pytest.mark.parametrize("name", NAMES)
async def test_a_day_without_quota_leaves_it_unknown_and_waits_for_nothing(name: str) -> None:
    case = CASES[name]
    async with opened() as (box, client):
        on = case.prepare(box)
        lost = strike(box, "lose_answer", name)
        box.faults.throttle(case.looks[0], daily=True, when=lambda _: lost.hits == 1)
        with pytest.raises(errors.OutcomeUnknown, match="can't be looked at"):
            await case.call(client, on, key="k")
        assert tally(box, case).sent == 1


@pytest.mark.parametrize("kind", ["lose_answer", "drop", "commit_late"])
@pytest.mark.parametrize("name", NAMES)
async def test_lists_that_lag_behind(name: str, kind: str) -> None:
    case = CASES[name]
    async with opened() as (box, client):
        on = case.prepare(box)
        box.clock.advance(seconds=6)
        lag = box.faults.lag("*", 5)
        before = tally(box, case)
        strike(box, kind, name)
        await case.call(client, on, key="k")
        done_once(box, case, before)
        assert lag.hits > 0 or "list" not in str(case.looks)


# --- What is sent once at most ------------------------------------------------------------------


@pytest.mark.parametrize("kind", FAULTS)
async def test_a_reminder_of_an_estimate_is_never_sent_twice(kind: str) -> None:
    case = CASES["estimates.send"]
    async with opened() as (box, client):
        on = box.add_estimate(status="sent").id
        before = tally(box, case)
        strike(box, kind, "estimates.send")
        if kind in KNOWN:
            await case.call(client, on, key="k")
            done_once(box, case, before)
            return
        for _ in range(2):
            with pytest.raises(errors.OutcomeUnknown, match="had been sent before") as caught:
                await case.call(client, on, key="k")
            assert "resolve" in (caught.value.hint or "")
        assert tally(box, case).sent == 1
        box.clock.advance(minutes=1)
        done_once(box, case, before, kind in COMMITTED)


@pytest.mark.parametrize("kind", FAULTS)
async def test_a_reminder_of_an_invoice_is_known_by_the_time_it_was_sent(kind: str) -> None:
    case = CASES["invoices.send"]
    async with opened() as (box, client):
        on = box.add_invoice(status="sent").id
        box.clock.advance(hours=1)
        before = tally(box, case)
        strike(box, kind, "invoices.send")
        if kind in KNOWN or kind in COMMITTED:
            await case.call(client, on, key="k")
            done_once(box, case, before)
        else:
            for _ in range(2):
                with pytest.raises(errors.OutcomeUnknown, match="had been sent before"):
                    await case.call(client, on, key="k")
            done_once(box, case, before, 0)
            assert tally(box, case).sent == 1


@pytest.mark.parametrize("status", ["paid", "partially_paid"])
async def test_a_draft_that_was_paid_meanwhile_was_not_sent_by_that(status: str) -> None:
    case = CASES["invoices.send"]
    async with opened() as (box, client):
        on = case.prepare(box)
        drop = box.faults.drop("invoices.send", hang=True)
        box.clock.after(
            10,
            lambda: pay_by_hand(box, on, 100 if status == "paid" else 50),
        )
        with pytest.raises(errors.OutcomeUnknown):
            await case.call(client, on, key="k")
        assert drop.hits == 1


def pay_by_hand(box: Sandbox, invoice_id: str, amount: int) -> None:
    """Somebody else records a payment, of a draft too."""
    state = box._state
    record = state.invoices.get(invoice_id)
    assert record is not None
    payments.book(state, record, Decimal(amount), mode="cash")


# --- The limits of the promise ------------------------------------------------------------------

LATE = {  # what the service itself refuses when it comes a second time
    "estimates.create": 1,
    "estimates.create_invoice": 1,
}


@pytest.mark.parametrize("name", NAMES)
async def test_a_commit_after_the_settle_time_is_done_twice(name: str) -> None:
    """The documented limit: nothing tells of what is still to come."""
    case = CASES[name]
    async with opened() as (box, client):
        on = case.prepare(box)
        before = tally(box, case)
        box.faults.commit_late(name, 40)
        await case.call(client, on, key="k")
        assert tally(box, case).sent == 2
        box.clock.advance(minutes=1)
        done_once(box, case, before, LATE.get(name, 2))


@pytest.mark.parametrize("name", NAMES)
async def test_a_longer_settle_time_mends_that(name: str) -> None:
    case = CASES[name]
    async with opened(settle_time=41) as (box, client):
        on = case.prepare(box)
        before = tally(box, case)
        box.faults.commit_late(name, 40)
        await case.call(client, on, key="k")
        box.clock.advance(minutes=1)
        done_once(box, case, before)


@pytest.mark.parametrize("kind", ["lose_answer", "drop, hanging", "empty", "script, committed"])
@pytest.mark.parametrize("name", NAMES)
async def test_with_hardly_a_settle_time_what_is_visible_at_once_is_done_once(
    name: str, kind: str
) -> None:
    case = CASES[name]
    async with opened(settle_time=0.001) as (box, client):
        on = case.prepare(box)
        before = tally(box, case)
        strike(box, kind, name)
        await case.call(client, on, key="k")
        await case.call(client, on, key="k")
        done_once(box, case, before)


@pytest.mark.parametrize("name", ["invoices.create", "templates.create", "schedules.create"])
async def test_an_accepted_write_that_is_not_seen_is_not_sent_again(name: str) -> None:
    """Its answer couldn't be read, but it was a success: that is known, then and later."""
    case = CASES[name]
    async with opened() as (box, client):
        box.faults.empty(name)
        box.faults.lag("*", 300)
        for _ in range(3):
            with pytest.raises(errors.OutcomeUnknown, match="accepted"):
                await case.call(client, None, key="k")
        assert tally(box, case).sent == 1
        box.faults.clear()
        await case.call(client, None, key="k")
        assert tally(box, case).sent == 1


async def test_a_process_that_died_leaves_that_on_record_too() -> None:
    case = CASES["invoices.create"]
    async with opened() as (box, _):
        ledger = ledger_of(box)
        box.faults.empty(case.name)
        box.faults.lag("*", 300)
        async with client_of(box, ledger) as client:
            with pytest.raises(errors.OutcomeUnknown):
                await case.call(client, None, key="k", settle="defer")
        box.clock.advance(seconds=31)
        async with client_of(box, ledger) as client:
            (settled,) = await client.writes.settle_pending()
        assert isinstance(settled.error, errors.OutcomeUnknown)
        assert tally(box, case).sent == 1


async def test_a_time_out_of_the_transport_is_no_success() -> None:
    """What httpx raises besides connection errors is unknown too."""
    case = CASES["invoices.create"]

    class Slow(httpx.AsyncBaseTransport):
        def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
            self.inner, self.times = inner, 1

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            answer = await self.inner.handle_async_request(request)
            if request.url.path == "/invoices/" and request.method == "POST" and self.times:
                self.times -= 1
                raise httpx.ReadTimeout("slow")
            return answer

    async with opened() as (box, plain):
        inner = plain._executor.pipeline.shared.http._transport
        async with client_of(box, transport=Slow(inner)) as client:
            await case.call(client, None, key="k")
        done_once(box, case, tally(box, case)._replace(effects=0, made=0))


UNNUMBERED = ["templates.create", "schedules.create", "estimate_templates.create"]


@pytest.mark.parametrize("ahead", [-3600, 3600], ids=["slow", "fast"])
@pytest.mark.parametrize("kind", ["lose_answer", "drop"])
@pytest.mark.parametrize("name", NAMES)
async def test_a_clock_that_is_wrong(name: str, kind: str, ahead: int) -> None:
    case = CASES[name]

    class Wrong(ClientClock):
        def time(self) -> float:
            return super().time() + ahead

    async with opened() as (box, _):
        async with client_of(box, _clock=Wrong(box.clock, None)) as client:
            on = case.prepare(box)
            before = tally(box, case)
            strike(box, kind, name)
            await case.call(client, on, key="k")
            done_once(box, case, before)


@pytest.mark.parametrize("name", UNNUMBERED)
@pytest.mark.parametrize("minutes", [0, 6])
async def test_what_was_made_before_is_never_taken_for_ones_own(name: str, minutes: int) -> None:
    case = CASES[name]
    async with opened() as (box, client):
        before = tally(box, case)
        theirs = await case.call(client, None)
        box.clock.advance(minutes=minutes)
        strike(box, "drop", name)
        assert what_of(await case.call(client, None, key="k")) != what_of(theirs)
        done_once(box, case, before, 2)
