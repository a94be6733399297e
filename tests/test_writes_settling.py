"""Keyed writes that are settled later, by another, or by a person; and what an audit finds."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from keyed import (
    CASES,
    COMMITTED,
    CONTACT,
    DEFAULTS,
    NAMES,
    Gone,
    Process,
    WatchedLedger,
    client_of,
    done_once,
    entry_of,
    ledger_of,
    opened,
    strike,
    tally,
    what_of,
)

from hoopai_invoices import LocationClient, errors
from hoopai_invoices.writes import Entry

pytestmark = pytest.mark.anyio

UNKNOWN = ["lose_answer", "drop", "commit_late", "empty", "fail, committed"]


async def pending(client: LocationClient) -> list[Entry]:
    return [entry async for entry in client.writes.pending()]


async def deferred(
    name: str, client: LocationClient, on: Any, key: str = "k"
) -> errors.OutcomeUnknown:
    with pytest.raises(errors.OutcomeUnknown) as caught:
        await CASES[name].call(client, on, key=key, settle="defer")
    return caught.value


# --- settle="defer" -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", UNKNOWN)
@pytest.mark.parametrize("name", NAMES)
async def test_deferred_it_is_unknown_at_once_and_settled_later(name: str, kind: str) -> None:
    case = CASES[name]
    async with opened() as (box, client):
        on = case.prepare(box)
        before = tally(box, case)
        began = box.clock.now()
        strike(box, kind, name)
        error = await deferred(name, client, on)
        assert (box.clock.now() - began).total_seconds() < 1
        assert (error.operation, error.key) == (name, "k")
        assert error.location_id == box.location_id
        assert error.request is not None
        assert error.sent_at is not None
        assert error.attempts == 1

        arrived = len(box.arrivals)
        await deferred(name, client, on)  # not before the settle time, however often it is asked
        assert await client.writes.settle_pending() == []
        assert len(box.arrivals) == arrived
        assert [entry.key for entry in await pending(client)] == ["k"]

        box.clock.advance(seconds=30)
        (settled,) = await client.writes.settle_pending()
        assert settled.error is None
        assert (settled.entry.key, settled.entry.operation) == ("k", name)
        done_once(box, case, before)
        assert tally(box, case).sent == 1 + (kind not in COMMITTED)

        assert await client.writes.settle_pending() == []
        assert await pending(client) == []
        again = await case.call(client, on, key="k")
        assert what_of(again) == what_of(settled.answer)
        done_once(box, case, before)


@pytest.mark.parametrize("kind", UNKNOWN)
@pytest.mark.parametrize("name", NAMES)
async def test_asked_again_after_the_settle_time_it_is_looked_for_at_once(
    name: str, kind: str
) -> None:
    case = CASES[name]
    async with opened() as (box, client):
        on = case.prepare(box)
        before = tally(box, case)
        strike(box, kind, name)
        await deferred(name, client, on)
        box.clock.advance(seconds=30)
        began = box.clock.now()
        await case.call(client, on, key="k", settle="defer")
        assert (box.clock.now() - began).total_seconds() < 1
        done_once(box, case, before)


@pytest.mark.parametrize("kind", UNKNOWN)
@pytest.mark.parametrize("name", NAMES)
async def test_settling_an_error_waits_for_the_settle_time(name: str, kind: str) -> None:
    case = CASES[name]
    async with opened() as (box, client):
        on = case.prepare(box)
        before = tally(box, case)
        strike(box, kind, name)
        error = await deferred(name, client, on)
        sent_at = box.clock.now()
        answer = await client.writes.settle(error)
        assert 29 < (box.clock.now() - sent_at).total_seconds() < 31
        done_once(box, case, before)
        assert what_of(await client.writes.settle(error)) == what_of(answer)
        assert what_of(await case.call(client, on, key="k")) == what_of(answer)
        done_once(box, case, before)


@pytest.mark.parametrize("name", NAMES)
async def test_what_did_not_take_effect_is_not_sent_when_nobody_wants_it(name: str) -> None:
    case = CASES[name]
    async with opened() as (box, client):
        on = case.prepare(box)
        before = tally(box, case)
        strike(box, "drop", name)
        error = await deferred(name, client, on)
        with pytest.raises(errors.APIConnectionError, match="didn't take effect") as caught:
            await client.writes.settle(error, resend=False)
        assert "free" in (caught.value.hint or "")
        assert tally(box, case).sent == 1
        done_once(box, case, before, 0)
        assert await pending(client) == []
        # The key is free, for another content too.
        await case.call(client, on, key="k", **case.other)
        done_once(box, case, before)


@pytest.mark.parametrize("name", NAMES)
async def test_what_took_effect_is_adopted_also_when_nothing_is_to_be_sent(name: str) -> None:
    case = CASES[name]
    async with opened() as (box, client):
        on = case.prepare(box)
        before = tally(box, case)
        strike(box, "lose_answer", name)
        await deferred(name, client, on)
        box.clock.advance(seconds=31)
        (settled,) = await client.writes.settle_pending(resend=False)
        assert settled.answer is not None
        done_once(box, case, before)


@pytest.mark.parametrize("name", NAMES)
async def test_another_client_with_the_same_ledger_settles_it(name: str) -> None:
    case = CASES[name]
    async with opened() as (box, _):
        ledger = ledger_of(box)
        on = case.prepare(box)
        before = tally(box, case)
        async with client_of(box, ledger) as first:
            strike(box, "lose_answer", name)
            error = await deferred(name, first, on)
        box.clock.advance(seconds=31)
        async with client_of(box, ledger) as second:
            (settled,) = await second.writes.settle_pending()
            again = await second.writes.settle(error)
            assert what_of(settled.answer) == what_of(again)
        done_once(box, case, before)
        async with client_of(box, ledger_of(box)) as stranger:
            with pytest.raises(errors.InvalidRequestError, match="knows nothing"):
                await stranger.writes.settle(error)
            with pytest.raises(errors.InvalidRequestError, match="knows nothing"):
                await stranger.writes.settle(settled.entry)
            with pytest.raises(errors.InvalidRequestError, match="knows nothing"):
                await stranger.writes.resolve(settled.entry)


async def test_each_location_settles_its_own_and_a_client_without_one_all() -> None:
    case = CASES["invoices.create"]
    async with opened() as (box, _):
        place = box.add_location()
        token = box.add_token(locations=[place.id, box.location_id])
        async with client_of(box, ledger_of(box), token=token, location_id=None) as client:
            here = client.location(box.location_id, defaults=DEFAULTS)
            there = client.location(place.id, defaults=DEFAULTS)
            box.faults.lose_answer(case.name, times=2)
            mine = await deferred(case.name, here, None)
            theirs = await deferred(case.name, there, None)
            assert [entry.location_id for entry in await pending(there)] == [place.id]
            with pytest.raises(errors.InvalidRequestError, match="is of the location") as caught:
                await there.writes.settle(mine)
            assert caught.value.path == "write"
            box.clock.advance(seconds=31)
            (settled,) = await there.writes.settle_pending()
            assert settled.entry.location_id == place.id
            assert len(await pending(client)) == 1
            (settled,) = await client.writes.settle_pending()
            assert settled.entry.location_id == box.location_id
            again = await client.writes.settle(theirs)
            assert again.to_dict()["altId"] == place.id
        assert len(box.created("invoice")) == 2


async def test_what_a_key_waits_for_is_told_when_deferred() -> None:
    """Another call with the key is under way: deferred, one doesn't wait for it."""
    case = CASES["invoices.create"]
    async with opened() as (box, client):
        before = tally(box, case)
        strike(box, "lose_answer", case.name)
        first = asyncio.create_task(case.call(client, None, key="k"))
        while tally(box, case).sent == 0:
            await asyncio.sleep(0)
        with pytest.raises(errors.OutcomeUnknown, match="under way"):
            await case.call(client, None, key="k", settle="defer")
        await first
        done_once(box, case, before)


async def test_settle_pending_leaves_alone_what_another_works_on() -> None:
    case = CASES["invoices.create"]
    async with opened() as (box, client):
        strike(box, "lose_answer", case.name)
        first = asyncio.create_task(case.call(client, None, key="k"))
        while tally(box, case).sent == 0:
            await asyncio.sleep(0)
        assert await client.writes.settle_pending() == []
        await first


async def test_settle_pending_goes_on_after_an_error_and_tells_each_once() -> None:
    """What a crash has left in flight is unknown once it is looked for: it comes once all the same."""
    async with opened() as (box, _):
        ledger = ledger_of(box)
        on = box.add_estimate(status="sent").id
        process = Process()
        dying = client_of(box, WatchedLedger(ledger, process))
        box.faults.drop("estimates.send", when=process.die)
        async with dying:
            with pytest.raises(Gone):
                await CASES["estimates.send"].call(dying, on, key="r")
        assert (await entry_of(ledger, box, "estimates.send", "r")).state == "sending"
        async with client_of(box, ledger) as client:
            box.faults.drop("invoices.create")
            await deferred("invoices.create", client, None, "c")
            box.clock.advance(minutes=5)
            told = await client.writes.settle_pending()
            assert [one.entry.key for one in told] == ["r", "c"]
            assert isinstance(told[0].error, errors.OutcomeUnknown)
            assert told[1].answer is not None
            assert [one.entry.key for one in await client.writes.settle_pending()] == ["r"]


# --- A person says ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
async def test_a_person_says_that_nothing_was_done(name: str) -> None:
    case = CASES[name]
    async with opened() as (box, client):
        on = case.prepare(box)
        before = tally(box, case)
        strike(box, "drop", name)
        error = await deferred(name, client, on)
        entry = await client.writes.resolve(error, done=False)
        assert entry.state == "refused"
        assert await pending(client) == []
        arrived = tally(box, case).sent
        await case.call(client, on, key="k", **case.other)
        assert tally(box, case).sent == arrived + 1
        done_once(box, case, before)


@pytest.mark.parametrize("name", NAMES)
async def test_a_person_says_what_was_done(name: str) -> None:
    case = CASES[name]
    async with opened() as (box, client):
        on = case.prepare(box)
        before = tally(box, case)
        strike(box, "lose_answer", name)
        error = await deferred(name, client, on)
        made = dict(box.arrivals[-1].made).get(case.makes[0]) if case.makes_own else None
        if made is not None:
            with pytest.raises(errors.InvalidRequestError) as caught:
                await client.writes.resolve(error)
            assert caught.value.path == "record_id"
        else:
            with pytest.raises(errors.InvalidRequestError) as caught:
                await client.writes.resolve(error, record_id="x")
            assert caught.value.path == "record_id"
        entry = await client.writes.resolve(error, record_id=made)
        assert (entry.state, entry.record_id) == ("done", made)
        answer = await case.call(client, on, key="k")
        assert what_of(answer) == (made or on)
        done_once(box, case, before)
        with pytest.raises(errors.InvalidRequestError, match="it is done"):
            await client.writes.resolve(error, done=False)


async def test_a_record_of_another_key_is_not_given_to_a_second() -> None:
    case = CASES["invoices.create"]
    async with opened() as (box, client):
        first = await case.call(client, None, key="a")
        strike(box, "drop", case.name)
        error = await deferred(case.name, client, None, "b")
        with pytest.raises(errors.InvalidRequestError, match="another key") as caught:
            await client.writes.resolve(error, record_id=first.id)
        assert caught.value.path == "record_id"
        await client.writes.settle(error)
        assert len(box.created("invoice")) == 2


async def test_what_another_works_on_is_not_resolved() -> None:
    case = CASES["invoices.create"]
    async with opened() as (box, client):
        strike(box, "lose_answer", case.name)
        first = asyncio.create_task(case.call(client, None, key="k"))
        while tally(box, case).sent == 0:
            await asyncio.sleep(0)
        (entry,) = await pending(client)
        with pytest.raises(errors.InvalidRequestError, match="somebody works on it"):
            await client.writes.resolve(entry, done=False)
        await first


async def test_what_has_no_key_cannot_be_settled() -> None:
    async with opened() as (box, client):
        box.faults.drop("invoices.void")
        on = box.add_invoice(status="sent").id
        with pytest.raises(errors.OutcomeUnknown) as caught:
            await client.invoices.void(on)
        for call in (client.writes.settle, client.writes.resolve):
            with pytest.raises(errors.InvalidRequestError) as refused:
                await call(caught.value)
            assert refused.value.path == "write"


async def test_a_payment_link_with_an_id_of_the_callers_is_resolved_to_it() -> None:
    case = CASES["invoices.text2pay"]
    async with opened() as (box, client):
        on = box.add_invoice(contact=CONTACT).id
        box.faults.lose_answer(case.name)
        with pytest.raises(errors.OutcomeUnknown) as caught:
            await case.call(client, None, key="k", invoice_id=on, settle="defer")
        with pytest.raises(errors.InvalidRequestError):
            await client.writes.resolve(caught.value, record_id=on)
        await client.writes.resolve(caught.value)
        answer = await case.call(client, None, key="k", invoice_id=on)
        assert answer.invoice.id == on


# --- The audit ----------------------------------------------------------------------------------

DOUBLES = {
    "invoices.create": "same number",
    "invoices.text2pay": "same number",
    "invoices.record_payment": "paid twice",
    "templates.create": "same looks",
    "schedules.create": "same looks",
    "estimate_templates.create": "same looks",
}


@pytest.mark.parametrize("name", NAMES)
async def test_an_audit_finds_what_was_delivered_twice(name: str) -> None:
    case = CASES[name]
    async with opened() as (box, client):
        on = case.prepare(box)
        before = tally(box, case)
        fault = box.faults.deliver_twice(name)
        answer = await case.call(client, on, key="k")
        assert fault.hits == 1
        findings = [finding async for finding in client.writes.audit()]
        now = tally(box, case)
        if name not in DOUBLES:  # the service refuses the second, or it leaves no trace
            assert now.made - before.made == len(case.makes)
            assert findings == []
            return
        done_once(box, case, before, 2)
        kinds = {finding.kind for finding in findings}
        assert DOUBLES[name] in kinds
        assert {(finding.operation, finding.key) for finding in findings} == {(name, "k")}
        assert all(finding.ids[0] == what_of(answer) for finding in findings)


async def test_an_audit_finds_what_was_delivered_twice_of_a_conversion() -> None:
    case = CASES["estimates.create_invoice"]
    async with opened() as (box, client):
        on = case.prepare(box)
        await case.call(client, on, key="k")
        box.add_invoice(
            name="Estimate", contact=CONTACT, items=box.created("invoice")[0].items
        )  # as a service makes that converts twice
        (finding,) = [finding async for finding in client.writes.audit()]
        assert (finding.kind, finding.operation, finding.key) == ("same looks", case.name, "k")


async def test_an_audit_finds_nothing_where_nothing_is() -> None:
    """Thirty writes, twins among them, and what others did beside."""
    async with opened() as (box, client):
        for number in range(3):
            for name in NAMES:
                case = CASES[name]
                await case.call(client, case.prepare(box), key=f"k{number}")
        on = box.add_invoice(status="sent", total=120).id
        for number in range(3):
            await CASES["invoices.record_payment"].call(client, on, key=f"p{number}")
        box.add_invoice(total=5)
        assert [finding async for finding in client.writes.audit()] == []


async def test_an_audit_is_of_one_location() -> None:
    async with opened() as (box, _):
        async with client_of(box, location_id=None) as client:
            with pytest.raises(errors.InvalidRequestError):
                await anext(client.writes.audit())


# --- What is pending ----------------------------------------------------------------------------


async def test_what_is_pending_is_what_is_unknown_or_under_way() -> None:
    case = CASES["invoices.create"]
    async with opened() as (box, client):
        assert await pending(client) == []
        await case.call(client, None, key="done")
        box.faults.fail(case.name, 400, message="No")
        with pytest.raises(errors.BadRequestError):
            await case.call(client, None, key="refused")
        assert await pending(client) == []
        strike(box, "drop", case.name)
        await deferred(case.name, client, None, "unknown")
        strike(box, "drop, hanging", case.name)
        task = asyncio.create_task(case.call(client, None, key="under way"))
        while tally(box, case).sent < 4:
            await asyncio.sleep(0)
        found = {entry.key: entry for entry in await pending(client)}
        assert found.keys() == {"unknown", "under way"}
        assert (found["unknown"].state, found["under way"].state) == ("unknown", "sending")
        assert found["unknown"].look_in > 0
        assert found["unknown"].leased_for == 0
        assert found["under way"].leased_for > 0
        await task


# --- Done before, and unreadable ----------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in NAMES if CASES[name].makes_own])
async def test_what_was_done_before_and_cannot_be_read_says_that_it_was_done(name: str) -> None:
    """The operation is the one that was asked for, whatever its record is read with."""
    case = CASES[name]
    async with opened() as (box, _):
        ledger = ledger_of(box)
        client = client_of(box, ledger)
        on = case.prepare(box)
        before = tally(box, case)
        await case.call(client, on, key="k")
        box.clock.advance(seconds=60)
        entry = await entry_of(ledger, box, name)
        for fault in (box.faults.fail, box.faults.drop, box.faults.empty):
            fault("*", times=None)
            with pytest.raises(errors.HoopAIError) as caught:
                await case.call(client, on, key="k")
            box.faults.clear()
            error = caught.value
            assert error.committed is True
            assert (error.operation, vars(error)["key"]) == (name, "k")
            assert vars(error)["record_id"] == entry.record_id
        box.faults.fail("*", times=None)
        with pytest.raises(errors.HoopAIError) as other:
            await case.call(client, on, key="another")
        assert not other.value.committed  # of that one nobody knows
        done_once(box, case, before)
        await client.aclose()
