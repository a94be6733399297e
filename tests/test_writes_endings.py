"""Keyed writes that are cancelled, closed, killed, or whose ledger fails: the same key again is safe."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest
from keyed import (
    CASES,
    NAMES,
    Countdown,
    FailingLedger,
    Gone,
    Process,
    WatchedLedger,
    WatchedTransport,
    client_of,
    done_once,
    entry_of,
    ledger_of,
    opened,
    strike,
    tally,
)

from hoopai_invoices import InvoicesClient, errors
from hoopai_invoices._core.http import asgi_transport
from hoopai_invoices.sandbox import Choices, Sandbox
from hoopai_invoices.writes.entry import LeaseLost

pytestmark = pytest.mark.anyio

FATES = [None, "lose_answer"]
SHORT: dict[str, Any] = {"settle_time": 4, "timeout": 5}  # so that leases are waited out soon
UNTIL = 60  # steps, more than any call takes


def watched(
    box: Sandbox, ledger: Any, watch: Countdown, *, after: bool, **settings: Any
) -> InvoicesClient:
    """A client whose requests are steps."""
    transport = WatchedTransport(asgi_transport(box.app), watch, after=after)
    return client_of(box, ledger, transport=transport, **SHORT | settings)


# --- Cancelled ----------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("fate", [*FATES, "drop"])
@pytest.mark.parametrize("name", NAMES)
async def test_cancelled_at_any_request_it_ends_with_one_effect(
    name: str, fate: str | None, after: bool
) -> None:
    """At the n-th request of the call, before it is served or after; for each n that there is."""
    case = CASES[name]
    for step in range(1, UNTIL):
        async with opened() as (box, _):
            lost: list[errors.OutcomeUnknown] = []
            ledger, watch = ledger_of(box), Countdown(step)
            async with watched(
                box, ledger, watch, after=after, on_outcome_unknown=lost.append
            ) as client:
                on = case.prepare(box)
                before = tally(box, case)
                if fate is not None:
                    strike(box, fate, name)
                task = asyncio.create_task(case.call(client, on, key="k"))
                watch.then = task.cancel
                await asyncio.wait([task])
                cancelled = task.cancelled()
                assert cancelled == watch.struck
                entry = await entry_of(ledger, box, name)
                sent = tally(box, case).sent
                # Whoever was told has a reason, and whoever has a reason was told.
                assert [error.key for error in lost] == ["k"] * (entry.state == "unknown")
                assert entry.state in ("reserved", "unknown", "done")
                assert entry.leased_for == 0
                if cancelled and entry.state == "reserved":
                    assert sent == 0 or not after
                await case.call(client, on, key="k")
                done_once(box, case, before)
        if not cancelled:
            return
    raise AssertionError("it never ended")


@pytest.mark.parametrize("name", NAMES)
async def test_cancelled_in_the_settle_time(name: str) -> None:
    case = CASES[name]
    async with opened() as (box, _):
        lost: list[errors.OutcomeUnknown] = []
        async with client_of(box, on_outcome_unknown=lost.append) as client:
            on = case.prepare(box)
            before = tally(box, case)
            strike(box, "lose_answer", name)
            task = asyncio.create_task(case.call(client, on, key="k"))
            await box.clock.sleep(10)
            task.cancel("why")
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
            assert caught.value.args == ("why",)
            assert [error.key for error in lost] == ["k"]
            assert lost[0].request is not None
            began = box.clock.now()
            await client.writes.settle(lost[0])
            # What was waited before counts.
            assert 19 < (box.clock.now() - began).total_seconds() < 21
            done_once(box, case, before)
            assert len(lost) == 1


@pytest.mark.parametrize("name", NAMES)
async def test_cancelled_twice(name: str) -> None:
    case = CASES[name]
    async with opened() as (box, client):
        on = case.prepare(box)
        before = tally(box, case)
        strike(box, "lose_answer, hanging", name)
        task = asyncio.create_task(case.call(client, on, key="k"))
        await box.clock.sleep(10)
        for _ in range(3):
            task.cancel()
            await asyncio.sleep(0)
        with pytest.raises(asyncio.CancelledError):
            await task
        await case.call(client, on, key="k")
        done_once(box, case, before)


@pytest.mark.parametrize("name", NAMES)
async def test_a_client_that_closes_in_the_settle_time(name: str) -> None:
    case = CASES[name]
    async with opened() as (box, _):
        ledger = ledger_of(box)
        lost: list[errors.OutcomeUnknown] = []
        client = client_of(box, ledger, on_outcome_unknown=lost.append)
        on = case.prepare(box)
        before = tally(box, case)
        strike(box, "lose_answer", name)
        task = asyncio.create_task(case.call(client, on, key="k"))
        await box.clock.sleep(10)
        await client.aclose()
        with pytest.raises(errors.OutcomeUnknown, match="closed"):
            await task
        assert len(lost) == 1
        async with client_of(box, ledger) as other:
            await case.call(other, on, key="k")
        done_once(box, case, before)


async def test_a_client_that_closes_before_sending_leaves_the_key_free() -> None:
    case = CASES["invoices.create"]
    async with opened() as (box, _):
        ledger = ledger_of(box)
        client = client_of(box, ledger)
        await client.aclose()
        with pytest.raises(errors.ClientClosedError):
            await case.call(client, None, key="k")
        entry = await entry_of(ledger, box, case.name)
        assert (entry.state, entry.leased_for) == ("reserved", 0)


# --- Dead ---------------------------------------------------------------------------------------


async def die(name: str, fate: str | None, make: Callable[..., Any]) -> None:
    """Let a process die at its n-th step, for each n, and another take up its key."""
    case = CASES[name]
    for step in range(1, UNTIL):
        async with opened() as (box, _):
            inner = ledger_of(box)
            process = Process(step)
            on = case.prepare(box)
            before = tally(box, case)
            if fate is not None:
                strike(box, fate, name)
            dying = make(box, inner, process)
            try:
                await case.call(dying, on, key="k")
            except Gone:
                assert process.struck
            async with client_of(box, inner, **SHORT) as other:
                await case.call(other, on, key="k")
                done_once(box, case, before)
                assert (await entry_of(inner, box, name)).state == "done"
                assert [entry async for entry in other.writes.pending()] == []
            process.at = None  # to close its connections
            await dying.aclose()
        if process.steps < step:
            return
    raise AssertionError("it never ended")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("fate", FATES)
@pytest.mark.parametrize("name", NAMES)
async def test_dead_at_any_step_of_the_ledger_another_ends_it(
    name: str, fate: str | None, after: bool
) -> None:
    def make(box: Sandbox, inner: Any, process: Process) -> InvoicesClient:
        return client_of(box, WatchedLedger(inner, process, after=after), **SHORT)

    await die(name, fate, make)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("fate", FATES)
@pytest.mark.parametrize("name", NAMES)
async def test_dead_at_any_request_another_ends_it(
    name: str, fate: str | None, after: bool
) -> None:
    def make(box: Sandbox, inner: Any, process: Process) -> InvoicesClient:
        # The ledger isn't reached any more either, but counts no steps.
        gone = WatchedLedger(inner, _Shadow(process))
        return watched(box, gone, process, after=after)

    await die(name, fate, make)


class _Shadow(Countdown):
    """Dead when a process is."""

    def __init__(self, process: Process):
        super().__init__()
        self.process = process

    def step(self) -> None:
        if self.process.struck:
            raise Gone


@pytest.mark.parametrize("name", NAMES)
async def test_the_lease_of_the_dead_is_waited_out(name: str) -> None:
    """He may be slow instead, and his request still on its way."""
    case = CASES[name]
    async with opened() as (box, _):
        inner = ledger_of(box)
        process = Process()
        on = case.prepare(box)
        before = tally(box, case)
        dying = client_of(box, WatchedLedger(inner, process))
        box.faults.drop(name, when=process.die)
        with pytest.raises(Gone):
            await case.call(dying, on, key="k")
        sent_at = box.clock.now()
        left = await entry_of(inner, box, name)
        assert left.state == "sending"
        # Its deadline, and the settle time.
        assert left.look_in == pytest.approx(60, abs=1)
        async with client_of(box, inner) as other:
            await case.call(other, on, key="k")
        second = [one for one in box.arrivals if one.operation == name][-1]
        assert (second.at - sent_at).total_seconds() >= 59
        done_once(box, case, before)
        process.at = None
        await dying.aclose()


# --- The ledger fails ---------------------------------------------------------------------------


class DiskFull(Exception):
    pass


@pytest.mark.parametrize("name", NAMES)
async def test_what_cannot_be_put_on_record_is_not_sent(name: str) -> None:
    case = CASES[name]
    async with opened() as (box, _):
        inner = ledger_of(box)
        failing = FailingLedger(
            inner, DiskFull(), 1, when=lambda changes: changes.get("state") == "sending"
        )
        async with client_of(box, failing) as client:
            on = case.prepare(box)
            before = tally(box, case)
            with pytest.raises(DiskFull):
                await case.call(client, on, key="k")
            assert tally(box, case).sent == 0
            assert failing.failed == 1
            assert client.stats().in_flight == 0
            await case.call(client, on, key="k")
            done_once(box, case, before)


@pytest.mark.parametrize("method", ["take", "change", "turn", "next_number"])
@pytest.mark.parametrize("name", NAMES)
async def test_a_ledger_that_is_down_lets_nothing_be_sent(name: str, method: str) -> None:
    case = CASES[name]
    async with opened() as (box, _):
        inner = ledger_of(box)
        failing = FailingLedger(inner, DiskFull(), 1, times=99, method=method, when=lambda _: True)
        async with client_of(box, failing) as client:
            on = case.prepare(box)
            if method in ("turn", "next_number"):
                box.faults.drop(name)
            (ended,) = await asyncio.gather(case.call(client, on, key="k"), return_exceptions=True)
        if failing.failed:
            assert isinstance(ended, DiskFull)
            assert tally(box, case).sent == 0
        else:
            assert method in ("turn", "next_number")


@pytest.mark.parametrize("name", NAMES)
async def test_an_answer_is_given_also_when_the_ledger_fails_then(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    case = CASES[name]
    async with opened() as (box, _):
        inner = ledger_of(box)
        failing = FailingLedger(
            inner, DiskFull(), 1, when=lambda changes: changes.get("state") == "done"
        )
        async with client_of(box, failing) as client:
            on = case.prepare(box)
            before = tally(box, case)
            with caplog.at_level(logging.ERROR, "hoopai_invoices"):
                await case.call(client, on, key="k")
            assert failing.failed == 1
            assert "done, but not on record" in caplog.text
            # It is looked for, and found, when the key is used again.
            await case.call(client, on, key="k")
            done_once(box, case, before)
            assert tally(box, case).sent == 1


@pytest.mark.parametrize("fate", ["lose_answer", "drop"])
@pytest.mark.parametrize("name", NAMES)
async def test_a_ledger_that_fails_at_any_change_makes_no_second_effect(
    name: str, fate: str
) -> None:
    case = CASES[name]
    for step in range(1, UNTIL):
        async with opened() as (box, _):
            inner = ledger_of(box)
            failing = FailingLedger(inner, DiskFull(), step)
            async with client_of(box, failing, **SHORT) as client:
                on = case.prepare(box)
                before = tally(box, case)
                strike(box, fate, name)
                (ended,) = await asyncio.gather(
                    case.call(client, on, key="k"), return_exceptions=True
                )
                if isinstance(ended, DiskFull):
                    assert tally(box, case).sent == 0
                elif isinstance(ended, BaseException):
                    assert isinstance(ended, errors.OutcomeUnknown)
                await case.call(client, on, key="k")
                done_once(box, case, before)
        if not failing.failed:
            return
    raise AssertionError("it never ended")


@pytest.mark.parametrize("fate", FATES)
@pytest.mark.parametrize("name", NAMES)
async def test_a_lease_that_is_lost_at_any_change_is_taken_again(
    name: str, fate: str | None
) -> None:
    case = CASES[name]
    for step in range(1, UNTIL):
        async with opened() as (box, _):
            inner = ledger_of(box)
            failing = FailingLedger(inner, LeaseLost(), step)
            async with client_of(box, failing, **SHORT) as client:
                on = case.prepare(box)
                before = tally(box, case)
                if fate is not None:
                    strike(box, fate, name)
                await case.call(client, on, key="k")
                await case.call(client, on, key="k")
                done_once(box, case, before)
        if not failing.failed:
            return
    raise AssertionError("it never ended")


async def test_who_has_lost_his_lease_to_another_sends_nothing() -> None:
    """He was asleep while the other did it."""
    case = CASES["invoices.create"]
    async with opened() as (box, _):
        inner = ledger_of(box)
        async with client_of(box, inner) as awake:

            class Sleepy:
                def __getattr__(self, name: str) -> Any:
                    method = getattr(inner, name)

                    async def slow(*args: Any, **changes: Any) -> Any:
                        if name == "change" and "number" in changes:
                            await box.clock.sleep(300)
                        return await method(*args, **changes)

                    return slow

            async with client_of(box, Sleepy()) as asleep:
                slow = asyncio.create_task(case.call(asleep, None, key="k"))
                await box.clock.sleep(100)
                made = await case.call(awake, None, key="k")
                assert (await slow).id == made.id
        assert tally(box, case).sent == 1


@pytest.mark.parametrize("failing", [errors.InternalServerError, None])
async def test_a_refused_number_leaves_the_key_free_when_there_is_no_other(
    failing: type[Exception] | None,
) -> None:
    """The next number can't be had, or the call is cancelled there."""
    case = CASES["invoices.create"]
    async with opened(choices=Choices(duplicate_invoice_number="refused")) as (box, _):
        ledger = ledger_of(box)
        async with client_of(box, ledger) as client:
            refused = box.faults.fail(case.name, 400, message="Invoice number already exists")
            numbers = "invoices.generate_number"
            if failing is not None:
                box.faults.fail(numbers, times=None, when=lambda _: refused.hits == 1)
                with pytest.raises(failing):
                    await case.call(client, None, key="k")
            else:
                box.faults.drop(numbers, hang=True, when=lambda _: refused.hits == 1)
                task = asyncio.create_task(case.call(client, None, key="k"))
                await box.clock.sleep(10)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            entry = await entry_of(ledger, box, case.name)
            assert (entry.state, entry.leased_for) == ("refused", 0)
            box.faults.clear()
            began = box.clock.now()
            await case.call(client, None, key="k")
            assert (box.clock.now() - began).total_seconds() < 1
            assert len(box.created("invoice")) == 1
