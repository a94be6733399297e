"""The virtual clock: what is due happens in its order, each at its own instant."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoopai_invoices.sandbox import Sandbox, SandboxError, VirtualClock
from hoopai_invoices.sandbox.clock import ClientClock

from .support import START

pytestmark = pytest.mark.anyio


def test_it_stands_still_until_it_is_moved() -> None:
    clock = VirtualClock(START)
    assert clock.now() == clock.now() == START
    clock.advance(days=1, hours=2, minutes=3, seconds=4.5)
    assert clock.now() == START + timedelta(days=1, hours=2, minutes=3, seconds=4.5)
    assert clock.monotonic() == 86400 + 7384.5


def test_without_a_start_it_goes_with_the_real_time() -> None:
    before = datetime.now(UTC)
    clock = VirtualClock()
    assert before <= clock.now() <= datetime.now(UTC)
    first = clock.now()
    while clock.now() == first:
        pass
    clock.advance(days=31)
    assert timedelta(days=31) < clock.now() - first < timedelta(days=31, minutes=1)


def test_what_is_due_happens_in_order_and_at_its_own_instant() -> None:
    clock = VirtualClock(START)
    seen: list[tuple[str, float]] = []

    def note(name: str) -> None:
        seen.append((name, (clock.now() - START).total_seconds()))

    clock.after(30, lambda: note("third"))
    clock.after(10, lambda: note("first"))
    clock.after(10, lambda: note("second"))
    clock.after(61, lambda: note("later"))
    # What happens may let more happen, within the same jump.
    clock.after(40, lambda: clock.after(5, lambda: note("caused")))
    clock.after(20, lambda: note("never")).cancel()
    clock.advance(minutes=1)
    assert seen == [("first", 10), ("second", 10), ("third", 30), ("caused", 45)]
    assert clock.now() == START + timedelta(minutes=1)
    clock.advance(seconds=1)
    assert seen[-1] == ("later", 61)


def test_a_timer_happens_once_and_may_be_cancelled_late() -> None:
    clock = VirtualClock(START)
    seen: list[int] = []
    timer = clock.after(1, lambda: seen.append(1))
    clock.advance(seconds=2)
    timer.cancel()
    clock.advance(seconds=2)
    assert seen == [1]


def test_looking_from_inside_changes_nothing() -> None:
    clock = VirtualClock(START)
    seen: list[str] = []

    def outer() -> None:
        clock.settle()
        seen.append("outer")

    clock.after(1, outer)
    clock.after(2, lambda: seen.append("inner"))
    clock.advance(seconds=5)
    assert seen == ["outer", "inner"]


def test_an_error_leaves_the_clock_usable() -> None:
    clock = VirtualClock(START)
    seen: list[datetime] = []

    def broken() -> None:
        raise LookupError

    clock.after(1, broken)
    clock.after(2, lambda: seen.append(clock.now()))
    with pytest.raises(LookupError):
        clock.advance(seconds=5)
    clock.settle()
    assert seen == [START + timedelta(seconds=2)]
    assert clock.now() == START + timedelta(seconds=5)


def test_it_never_goes_back_and_never_runs_away() -> None:
    clock = VirtualClock(START)
    with pytest.raises(ValueError, match="only goes forward"):
        clock.advance(seconds=-1)
    for days in (3_000_000, 1e12):
        with pytest.raises(ValueError, match="end of the calendar"):
            clock.advance(days=days)
    assert clock.now() == START
    with pytest.raises(ValueError, match="aware datetime"):
        VirtualClock(datetime(2026, 3, 1))

    def again() -> None:
        clock.after(0.001, again)

    again()
    with pytest.raises(SandboxError, match="advance again"):
        clock.advance(days=1)
    # It stands at the last thing that happened, and goes on from there.
    assert clock.now() == START + timedelta(milliseconds=100_000)


@given(
    delays=st.lists(st.integers(0, 1000), max_size=20),
    steps=st.lists(st.integers(0, 400), min_size=1, max_size=10),
)
def test_one_jump_is_as_many_small_ones(delays: list[int], steps: list[int]) -> None:
    def happened(jumps: list[int]) -> list[tuple[int, datetime]]:
        clock = VirtualClock(START)
        seen: list[tuple[int, datetime]] = []
        for number, delay in enumerate(delays):
            clock.after(delay, lambda number=number: seen.append((number, clock.now())))  # type: ignore[misc]
        for jump in jumps:
            clock.advance(seconds=jump)
        return seen

    assert happened(steps) == happened([sum(steps)])


async def test_the_clients_waits_take_no_time_and_its_deadlines_hold() -> None:
    clock = VirtualClock(START)
    mine = ClientClock(clock, seed=1)
    await mine.sleep(3600)
    assert mine.monotonic() == 3600
    deadline = mine.timeout(30)

    async def too_long() -> None:
        async with deadline:
            for _ in range(100):
                await mine.sleep(1)

    with pytest.raises(TimeoutError):
        await too_long()
    assert deadline.expired()
    assert mine.monotonic() == 3630
    # One that was left in time doesn't end anything later.
    async with mine.timeout(5) as _:
        await mine.sleep(4)
    await mine.sleep(10)
    real = mine.timeout(0.01)
    with pytest.raises(TimeoutError):
        async with real:
            await asyncio.Event().wait()  # also the real clock ends it
    assert [ClientClock(clock, 5).random() for _ in range(2)] == [
        ClientClock(clock, 5).random()
    ] * 2


async def test_a_request_takes_a_millisecond_where_time_stands_still() -> None:
    async with Sandbox(now=START) as box, box.client() as client:
        for _ in range(3):
            await client.invoices.generate_number()
        assert box.clock.now() == START + timedelta(milliseconds=3)
        assert [(a.at - START).total_seconds() for a in box.arrivals] == [0, 0.001, 0.002]


async def test_waits_of_concurrent_tasks_overlap() -> None:
    clock = VirtualClock(START)
    order: list[tuple[str, float]] = []

    async def task(name: str, *waits: float) -> None:
        for wait in waits:
            await clock.sleep(wait)
            order.append((name, clock.monotonic()))

    await asyncio.gather(task("a", 5, 5), task("b", 3, 4), task("c", 60))
    assert order == [("b", 3), ("a", 5), ("b", 7), ("a", 10), ("c", 60)]


async def test_a_wait_that_is_cancelled_holds_nobody_up() -> None:
    clock = VirtualClock(START)
    never = asyncio.create_task(clock.sleep(10**6))
    await asyncio.sleep(0)
    never.cancel()
    await clock.sleep(5)
    assert clock.monotonic() == 5
    with pytest.raises(asyncio.CancelledError):
        await never


async def test_an_error_in_what_happens_reaches_who_waits() -> None:
    clock = VirtualClock(START)

    def broken() -> None:
        raise LookupError("planned")

    clock.after(1, broken)
    with pytest.raises(LookupError, match="planned"):
        await clock.sleep(5)
    await clock.sleep(5)


async def test_slow_answers_of_concurrent_calls_take_the_time_of_one() -> None:
    async with Sandbox(now=START, limits=None) as box, box.client(timeout=30) as client:
        box.faults.drip("invoices.generate_number", seconds=0.5, times=None)
        await asyncio.gather(*(client.invoices.generate_number() for _ in range(5)))
        assert 10 < box.clock.monotonic() < 15


def test_a_deadline_that_was_left_behind_does_no_harm() -> None:
    clock = VirtualClock(START)

    async def hang() -> None:
        async with ClientClock(clock, 1).timeout(5):
            await asyncio.Event().wait()

    loop = asyncio.new_event_loop()
    task = loop.create_task(hang())
    loop.call_soon(loop.stop)
    loop.run_forever()
    clock.advance(days=1)  # from outside of the loop
    with pytest.raises(TimeoutError):
        loop.run_until_complete(task)
    loop.close()
    clock.advance(days=1)
