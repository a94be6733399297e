"""The limits that a client keeps to: never a request too many, hardly one too few. In virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recording import DEFAULTS, LEAST, LOCATION
from virtual import Arrival, VirtualTime, Wire, answer, client_on

from hoopai_invoices import InvoicesClient, LocationClient, RateLimit, errors
from hoopai_invoices._core.limiter import Lane, Limiter, Slot

pytestmark = pytest.mark.anyio

DAY = 86_400.0
Answering = Callable[[Arrival], Awaitable[httpx.Response]]


def limit(burst: int = 100, seconds: float = 10, daily: int = 200_000) -> RateLimit:
    return RateLimit(burst=burst, seconds=seconds, daily=daily)


def worst(instants: list[float], seconds: float) -> int:
    """The most that a strict sliding window ever holds."""
    instants = sorted(instants)
    return max(
        (sum(at - seconds + 1e-9 < other <= at for other in instants) for at in instants),
        default=0,
    )


async def turns(number: int) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


async def at_once(limiter: Limiter, place: str = "a") -> list[Slot]:
    """As many slots as are given without waiting."""
    slots: list[Slot] = []
    while True:
        asking = asyncio.create_task(limiter.slot(place))
        await turns(1)
        if not asking.done():
            asking.cancel()
            await asyncio.wait([asking])
            return slots
        slots.append(asking.result())


# --- The window ----------------------------------------------------------------------------------


class Job(NamedTuple):
    """One request: when it comes, when it is counted, when answered; or what becomes of it."""

    place: str
    batch: bool
    start: float
    before: float
    after: float
    fate: str
    patience: float


quarters = st.integers(0, 60).map(lambda number: number / 4)
short = st.integers(0, 12).map(lambda number: number / 4)
jobs = st.builds(
    Job,
    place=st.sampled_from("ab"),
    batch=st.booleans(),
    start=quarters,
    before=short,
    after=short,
    fate=st.sampled_from(["sent", "sent", "sent", "unused", "cancelled"]),
    patience=quarters,
)


@given(
    todo=st.lists(jobs, min_size=1, max_size=40),
    burst=st.integers(1, 4),
    most=st.integers(1, 5),
)
@settings(max_examples=150)
def test_no_window_holds_too_many_and_no_slot_is_lost(
    todo: list[Job], burst: int, most: int
) -> None:
    counted: dict[str, list[float]] = {"a": [], "b": []}
    flying = done = 0

    async def work(job: Job, limiter: Limiter, clock: VirtualTime) -> None:
        nonlocal flying, done
        await clock.sleep(job.start)
        slot = await limiter.slot(job.place, batch=job.batch)
        if job.fate == "unused":
            slot.unused()
            return
        flying += 1
        assert flying <= most
        try:
            await clock.sleep(job.before)
            counted[job.place].append(clock.now)
            await clock.sleep(job.after)
            done += job.fate == "sent"
        finally:
            flying -= 1
            slot.done()

    async def main() -> None:
        async with VirtualTime() as clock:
            limiter = Limiter(limit(burst), clock, most)
            tasks = [asyncio.create_task(work(job, limiter, clock)) for job in todo]
            for job, task in zip(todo, tasks, strict=True):
                if job.fate == "cancelled":
                    clock.call_later(job.start + job.patience, task.cancel)
            await asyncio.wait(tasks)
            for task in tasks:
                assert task.cancelled() or task.exception() is None
            assert (limiter.flying, limiter.waiting) == (0, 0)
            await clock.sleep(10)
            for place in "ab":
                slots = await at_once(limiter, place)
                assert len(slots) == min(burst, most)
                for slot in slots:
                    slot.unused()

    asyncio.run(main())
    for instants in counted.values():
        assert worst(instants, 10) <= burst
    assert done == sum(job.fate == "sent" for job in todo)


@pytest.mark.parametrize(("before", "after"), [(0.0, 0.05), (0.05, 0.0), (0.02, 0.03)])
async def test_nearly_all_that_is_allowed_is_used(before: float, after: float) -> None:
    """300 can pass a strict window of 100 in 10 s, in less than 30 s."""
    counted: list[float] = []
    refused = 0

    async def service(arrival: Arrival) -> httpx.Response:
        nonlocal refused
        await clock.sleep(before * (1 + len(counted) % 3))
        window = [at for at in counted if at > clock.now - 10]
        if len(window) >= 100:
            refused += 1
            return answer(429, {})
        counted.append(clock.now)
        await clock.sleep(after)
        left = {"x-ratelimit-max": "100", "x-ratelimit-remaining": str(99 - len(window))}
        return answer(headers=left)

    async def task(client: InvoicesClient) -> None:
        while clock.now < 30:
            await client.invoices.get("i1")

    async with VirtualTime() as clock:
        async with client_on(Wire(clock, service), clock) as client:
            await asyncio.gather(*(task(client) for _ in range(120)))
    assert refused == 0
    assert worst(counted, 10) == 100
    assert sum(at < 30 for at in counted) >= 297


async def test_a_place_is_free_again_a_window_after_the_answer() -> None:
    async with VirtualTime() as clock:
        limiter = Limiter(limit(1), clock, 9)
        slot = await limiter.slot("a")
        await clock.sleep(3)
        slot.done()
        (await limiter.slot("a")).unused()
        assert clock.now == 13
        slot = await limiter.slot("a")
        assert clock.now == 13, "what wasn't used is free at once"
        other = await limiter.slot("b")
        assert clock.now == 13, "each location has its own"
        slot.unused()
        other.unused()


# --- 429 -----------------------------------------------------------------------------------------


@asynccontextmanager
async def serving(
    script: Callable[[VirtualTime], Answering], **more: Any
) -> AsyncIterator[tuple[InvoicesClient, Wire, VirtualTime]]:
    async with VirtualTime() as clock:
        wire = Wire(clock, script(clock))
        async with client_on(wire, clock, **more) as client:
            yield client, wire, clock


async def get(client: LocationClient) -> object:
    return await client.invoices.get("i1")


@pytest.mark.parametrize(
    ("headers", "pause"), [({}, 10), ({"retry-after": "4"}, 4), ({"retry-after": "25"}, 25)]
)
@pytest.mark.parametrize("rate_limit", [RateLimit(), None])
async def test_a_429_shuts_one_gate_for_all(
    headers: Mapping[str, str], pause: float, rate_limit: RateLimit | None
) -> None:
    def script(clock: VirtualTime) -> Answering:
        async def service(arrival: Arrival) -> httpx.Response:
            await clock.sleep(1)
            if arrival.location == "one" and arrival.at == 0:
                return answer(429, {}, headers)
            return answer()

        return service

    async with serving(script, rate_limit=rate_limit, timeout=50) as (client, wire, clock):
        one, two = client.location("one"), client.location("two")

        async def later(view: LocationClient) -> None:
            await clock.sleep(2)
            await get(view)

        await asyncio.gather(get(one), later(one), later(one), later(two), later(two))
    assert [(a.at, a.location) for a in wire.arrivals] == [
        (0, "one"),
        (2, "two"),
        (2, "two"),
        *[(1 + pause, "one")] * 3,
    ]


async def test_an_absurd_pause_shuts_no_gate_for_ever() -> None:
    def script(clock: VirtualTime) -> Answering:
        async def service(arrival: Arrival) -> httpx.Response:
            late = {"retry-after": "999999999"}
            return answer(429, {}, late) if not clock.now else answer()

        return service

    async with serving(script) as (client, wire, clock):
        with pytest.raises(errors.RateLimitError, match="not tried again"):
            await get(client)
        await get(client)
        assert clock.now <= 600
    assert len(wire.arrivals) == 2


# --- Whose turn it is ----------------------------------------------------------------------------


async def test_interactive_calls_go_before_batch_calls() -> None:
    order: list[str] = []

    async def work(name: str, limiter: Limiter, clock: VirtualTime) -> None:
        slot = await limiter.slot(name[0], batch="batch" in name)
        order.append(name)
        await clock.sleep(1)
        slot.done()

    for burst, most in ((1, 9), (100, 1)):  # scarce is the window, or a connection
        order.clear()
        names = ["a now", "a batch 1", "a batch 2", "a 3", "a 4", "a batch 5", "a 6"]
        async with VirtualTime() as clock:
            limiter = Limiter(limit(burst), clock, most)
            await asyncio.gather(*(work(name, limiter, clock) for name in names))
        assert order == ["a now", "a 3", "a 4", "a 6", "a batch 1", "a batch 2", "a batch 5"]

    order.clear()
    names = ["a now", "a batch 1", "a batch 2", "b 3", "b batch 4", "c 5"]
    async with VirtualTime() as clock:
        limiter = Limiter(limit(), clock, 1)
        await asyncio.gather(*(work(name, limiter, clock) for name in names))
    assert order == ["a now", "b 3", "c 5", "a batch 1", "b batch 4", "a batch 2"]


async def test_nobody_passes_those_who_wait() -> None:
    order: list[str] = []

    async def work(name: str, limiter: Limiter) -> None:
        slot = await limiter.slot("a")
        order.append(name)
        slot.done()

    async with VirtualTime() as clock:
        limiter = Limiter(limit(1), clock, 9)
        late: list[asyncio.Task[None]] = []
        # It comes in the very moment in which there is room again, before those who wait are woken.
        clock.call_later(10, lambda: late.append(asyncio.create_task(work("late", limiter))))
        await asyncio.gather(*(work(name, limiter) for name in ("now", "first", "second")))
        await asyncio.gather(*late)
    assert order == ["now", "first", "second", "late"]


async def test_views_say_which_calls_are_batch() -> None:
    def script(clock: VirtualTime) -> Answering:
        async def service(arrival: Arrival) -> httpx.Response:
            await clock.sleep(1)
            return answer()

        return service

    async with serving(script, max_connections=1) as (client, wire, _):
        batch = client.location(LOCATION, priority="batch")
        calls = [get(batch), batch.invoices.get("batch1"), batch.invoices.get("batch2")]
        await asyncio.gather(*calls, client.invoices.get("now"))
    assert [a.path.rpartition("/")[2] for a in wire.arrivals] == ["i1", "now", "batch1", "batch2"]


async def test_a_busy_location_starves_no_other() -> None:
    def script(clock: VirtualTime) -> Answering:
        async def service(arrival: Arrival) -> httpx.Response:
            await clock.sleep(1)
            return answer()

        return service

    async with serving(script, max_connections=2) as (client, wire, _):
        busy, other = client.location("busy"), client.location("other")
        await asyncio.gather(*(get(busy) for _ in range(100)), *(get(other) for _ in range(5)))
    assert max(sum(a.at == b.at for a in wire.arrivals) for b in wire.arrivals) == 2
    others = [a.at for a in wire.arrivals if a.location == "other"]
    assert others == [1, 2, 3, 4, 5], "every second connection is the other's"


# --- Cancellation --------------------------------------------------------------------------------


@pytest.mark.parametrize("scarce", ["window", "connection"])
@pytest.mark.parametrize("gap", range(4))
@pytest.mark.parametrize("cancel_first", [True, False])
async def test_a_waiter_cancelled_at_any_instant_loses_no_slot(
    scarce: str, gap: int, cancel_first: bool
) -> None:
    burst, most = (2, 9) if scarce == "window" else (9, 2)
    for victim in range(3):
        async with VirtualTime() as clock:
            limiter = Limiter(limit(burst), clock, most)
            held = [await limiter.slot("a") for _ in range(2)]
            waiters = [asyncio.create_task(limiter.slot("a")) for _ in range(3)]
            await turns(2)
            assert limiter.waiting == 3

            steps: list[Callable[[], object]] = [waiters[victim].cancel, held[0].unused]
            for step in steps if cancel_first else reversed(steps):
                step()
                await turns(gap)
            held[1].unused()
            await turns(4)

            served = [task.result() for task in waiters if task.done() and not task.cancelled()]
            assert len(served) == 2
            assert limiter.flying == 2
            for slot in served:
                slot.unused()
            await turns(4)
            rest = [task.result() for task in waiters if not task.cancelled()]
            for slot in rest:
                if slot not in served:
                    slot.unused()
            assert (limiter.flying, limiter.waiting) == (0, 0)
            assert len(await at_once(limiter)) == 2


async def test_a_queue_time_out_in_the_moment_of_the_grant_loses_no_slot() -> None:
    def script(clock: VirtualTime) -> Answering:
        async def service(arrival: Arrival) -> httpx.Response:
            await clock.sleep(5)
            return answer()

        return service

    async with serving(script, max_connections=1, queue_timeout=5) as (client, wire, clock):
        ends = await asyncio.gather(get(client), get(client), return_exceptions=True)
        assert not isinstance(ends[0], BaseException)
        assert isinstance(ends[1], errors.QueueTimeoutError) or len(wire.arrivals) == 2
        await clock.sleep(1)
        assert (client.stats().in_flight, client.stats().waiting) == (0, 0)
        await get(client)


# --- What answers say of the limits --------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "most"),
    [
        ("3", 3),
        ("10", 10),
        ("25", 10),
        ("0", 1),
        (str(10**17), 10),
        ("9" * 400, 10),
        ("-3", 10),
        ("three", 10),
        ("1e5", 10),
        ("3.5", 10),
        ("", 10),
        ("\u0663", 10),
    ],
)
async def test_a_told_maximum_only_tightens(value: str, most: int) -> None:
    async with VirtualTime() as clock:
        limiter = Limiter(limit(10), clock, 100)
        (await limiter.slot("a")).done({"x-ratelimit-max": value})
        await clock.sleep(11)
        assert len(await at_once(limiter)) == most
        assert len(await at_once(limiter, "b")) == 10, "it was said of another location"


@pytest.mark.parametrize(
    ("value", "left"),
    [
        ("9", 9),
        ("4", 4),
        ("0", 0),
        ("50", 9),
        (str(10**17), 9),
        ("-1", 9),
        ("none", 9),
        ("1e5", 9),
        ("9" * 400, 9),
    ],
)
async def test_told_remains_only_tighten(value: str, left: int) -> None:
    async with VirtualTime() as clock:
        limiter = Limiter(limit(10), clock, 100)
        (await limiter.slot("a")).done({"x-ratelimit-remaining": value})
        slots = await at_once(limiter)
        assert len(slots) == left
        for slot in slots:
            slot.unused()
        await clock.sleep(10)
        assert len(await at_once(limiter)) == 10, "others' requests leave the window too"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("10000", 10),
        ("30000", 30),
        ("1000", 10),
        ("0", 10),
        (str(10**17), 10),
        ("-1", 10),
        ("1e5", 10),
        ("ten", 10),
    ],
)
async def test_a_told_window_only_tightens(value: str, seconds: float) -> None:
    async with VirtualTime() as clock:
        limiter = Limiter(limit(1), clock, 100)
        (await limiter.slot("a")).done({"x-ratelimit-interval-milliseconds": value})
        began = clock.now
        (await limiter.slot("a")).done({})
        first, began = clock.now - began, clock.now
        await limiter.slot("a")
        # The first place was counted before anything was told.
        assert first in (10, seconds)
        assert clock.now - began == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("value", "left"),
    [
        ("3", 3),
        ("0", 0),
        ("500", 49),
        (str(10**17), 49),
        ("-1", 49),
        ("1e5", 49),
        ("many", 49),
    ],
)
async def test_what_is_told_of_the_day_only_tightens(value: str, left: int) -> None:
    async with VirtualTime() as clock:
        limiter = Limiter(limit(100, daily=50), clock, 100)
        (await limiter.slot("a")).done({"x-ratelimit-daily-remaining": value})
        for _ in range(left):
            await limiter.slot("a")
        with pytest.raises(errors.DailyQuotaExceeded):
            await limiter.slot("a")
        assert clock.now == 0


async def test_what_the_service_sees_of_us_is_not_taken_for_others() -> None:
    """Answers that come late or in another order cost nothing."""
    async with VirtualTime() as clock:
        limiter = Limiter(limit(10), clock, 100)
        slots = [await limiter.slot("a") for _ in range(4)]
        for slot, left in zip(slots, (6, 8, 9, 7), strict=True):
            slot.done({"x-ratelimit-remaining": str(left), "x-ratelimit-max": "10"})
        assert len(await at_once(limiter)) == 6


# --- The day -------------------------------------------------------------------------------------


async def test_a_day_that_is_used_up() -> None:
    async with VirtualTime() as clock:
        limiter = Limiter(limit(daily=3), clock, 100)
        (await limiter.slot("a")).unused()  # it doesn't count
        for _ in range(3):
            (await limiter.slot("a")).done()
        with pytest.raises(errors.DailyQuotaExceeded, match="nothing was sent"):
            await limiter.slot("a")
        (await limiter.slot("b")).done()

        # One may try every five minutes: nobody says when the service's day ends.
        await clock.sleep(299)
        with pytest.raises(errors.DailyQuotaExceeded):
            await limiter.slot("a")
        await clock.sleep(1)
        (await limiter.slot("a")).done()
        with pytest.raises(errors.DailyQuotaExceeded):
            await limiter.slot("a")

        await clock.sleep(DAY - clock.now - 1)
        (await limiter.slot("a")).done()
        with pytest.raises(errors.DailyQuotaExceeded):
            await limiter.slot("a")
        await clock.sleep(1)
        for _ in range(3):
            (await limiter.slot("a")).done()
        with pytest.raises(errors.DailyQuotaExceeded):
            await limiter.slot("a")


async def test_who_waits_when_the_day_is_used_up_is_told() -> None:
    async def work(limiter: Limiter) -> None:
        (await limiter.slot("a")).done()

    async with VirtualTime() as clock:
        limiter = Limiter(limit(burst=2, daily=4), clock, 100)
        asked = [asyncio.create_task(work(limiter)) for _ in range(6)]
        ends = await asyncio.gather(*asked, return_exceptions=True)
        assert clock.now == 10, "not when there would be room again"
        assert ends[:4] == [None] * 4
        assert [type(error) for error in ends[4:]] == [errors.DailyQuotaExceeded] * 2
        assert (limiter.flying, limiter.waiting) == (0, 0)


async def test_a_daily_429_is_raised_and_not_slept() -> None:
    used_up = {"x-ratelimit-daily-remaining": "0", "retry-after": "5"}

    def script(clock: VirtualTime) -> Answering:
        async def service(arrival: Arrival) -> httpx.Response:
            await clock.sleep(1)
            return answer(429, {}, used_up) if arrival.location == "one" else answer()

        return service

    async with serving(script) as (client, wire, clock):
        one = client.location("one")
        with pytest.raises(errors.DailyQuotaExceeded) as caught:
            await LEAST["invoices.create"](client.location("one", defaults=DEFAULTS))
        assert clock.now == 1
        assert caught.value.attempts == 1
        with pytest.raises(errors.DailyQuotaExceeded) as caught:
            await get(one)
        assert caught.value.attempts == 0, "from then on nothing is sent"
        assert caught.value.operation == "invoices.get"
        assert len(wire.arrivals) == 1
        await get(client)
        await clock.sleep(301)
        with pytest.raises(errors.DailyQuotaExceeded) as caught:
            await get(one)
        assert caught.value.attempts == 1


# --- Settings ------------------------------------------------------------------------------------


async def test_without_a_limit_nothing_waits() -> None:
    def script(clock: VirtualTime) -> Answering:
        async def service(arrival: Arrival) -> httpx.Response:
            low = {"x-ratelimit-max": "1", "x-ratelimit-remaining": "0"}
            return answer(headers={**low, "x-ratelimit-daily-remaining": "0"})

        return service

    async with serving(script, rate_limit=None) as (client, wire, clock):
        await asyncio.gather(*(get(client) for _ in range(250)))
        assert clock.now == 0
    assert len(wire.arrivals) == 250


@pytest.mark.parametrize("name", ["burst", "daily", "seconds"])
@pytest.mark.parametrize("value", [0, -1, True, "5", None, float("nan"), float("inf"), 10**12])
def test_limits_that_make_no_sense_are_refused(name: str, value: Any) -> None:
    with pytest.raises(errors.ConfigurationError, match=f"rate_limit.{name}"):
        RateLimit(**{name: value})


@pytest.mark.parametrize("name", ["burst", "daily"])
def test_requests_are_whole(name: str) -> None:
    with pytest.raises(errors.ConfigurationError):
        RateLimit(**{name: 2.5})  # type: ignore[arg-type]
    assert RateLimit(seconds=0.5).seconds == 0.5


def test_a_limit_is_a_limit_or_none() -> None:
    for wrong in (100, "100/10", {"burst": 1}, False):
        with pytest.raises(errors.ConfigurationError, match="rate_limit"):
            InvoicesClient(token="t", rate_limit=wrong)  # type: ignore[arg-type]


# --- The end, and the counts -----------------------------------------------------------------


async def test_closing_ends_the_calls_that_wait() -> None:
    def script(clock: VirtualTime) -> Answering:
        async def service(arrival: Arrival) -> httpx.Response:
            await clock.sleep(1)
            return answer()

        return service

    for more in ({"rate_limit": limit(2)}, {"max_connections": 2}):
        async with serving(script, **more) as (client, wire, clock):
            calls = [asyncio.create_task(get(client)) for _ in range(5)]
            await clock.sleep(0.5)
            await client.aclose()
            ends = await asyncio.gather(*calls, return_exceptions=True)
            assert [type(end) for end in ends[2:]] == [errors.ClientClosedError] * 3
            assert clock.now <= 1, "at once"
            assert (client.stats().waiting, client.stats().in_flight) == (0, 0)
            with pytest.raises(errors.ClientClosedError):
                await get(client)
        assert len(wire.arrivals) == 2


async def test_closing_ends_the_call_that_waits_to_be_sent_again() -> None:
    def script(clock: VirtualTime) -> Answering:
        async def service(arrival: Arrival) -> httpx.Response:
            return answer(429, {})

        return service

    async with serving(script) as (client, wire, clock):
        call = asyncio.create_task(get(client))
        await clock.sleep(1)
        assert client.stats().waiting == 1
        await client.aclose()
        # What was answered is told, and why it wasn't sent again.
        with pytest.raises(errors.RateLimitError, match="the client was closed"):
            await call
        assert clock.now == 1
    assert len(wire.arrivals) == 1


async def test_the_counts_are_right_at_every_step() -> None:
    def script(clock: VirtualTime) -> Answering:
        async def service(arrival: Arrival) -> httpx.Response:
            await clock.sleep(1)
            return answer()

        return service

    async with serving(script, max_connections=2, rate_limit=limit(3)) as (client, _, clock):

        def counts() -> tuple[int, int, int, int, int]:
            now = client.stats()
            return now.waiting, now.in_flight, now.calls, now.failed, now.attempts

        assert counts() == (0, 0, 0, 0, 0)
        calls = [asyncio.create_task(get(client)) for _ in range(6)]
        await clock.sleep(0.5)
        assert counts() == (4, 2, 0, 0, 0)
        calls[5].cancel()
        await turns(3)
        assert counts() == (3, 2, 1, 1, 0)
        await clock.sleep(1)
        assert counts() == (2, 1, 3, 1, 2), "the window holds the others back"
        await clock.sleep(1)
        assert counts() == (2, 0, 4, 1, 3)
        await clock.sleep(9)  # 11.5 s: the first two places are free since 11
        assert counts() == (0, 2, 4, 1, 3)
        calls[3].cancel()
        await turns(5)
        assert counts()[:4] == (0, 1, 5, 2)
        await calls[4]
        assert counts()[:4] == (0, 0, 6, 2)


# --- Many locations ------------------------------------------------------------------------------


async def test_many_locations_stay_cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0
    room = Lane.room

    def counting(lane: Lane, clock: Any) -> bool:
        nonlocal looks
        looks += 1
        return room(lane, clock)

    monkeypatch.setattr(Lane, "room", counting)
    many = 20_000
    async with VirtualTime() as clock:
        limiter = Limiter(limit(1), clock, 50)
        for number in range(many):
            (await limiter.slot(f"place{number}")).done()
        assert looks <= 2 * many, "a slot costs the same, however many locations there are"
        assert not clock.timers, "nobody waits, so nothing is to wake anybody"

        looks = 0
        asked = [asyncio.create_task(limiter.slot(f"place{number}")) for number in range(1000)]
        await turns(2)
        assert limiter.waiting == 1000
        assert len(clock.timers) <= 1000
        await clock.sleep(11)
        for _ in range(25):
            for task in asked:
                if task.done():
                    task.result().unused()
            asked = [task for task in asked if not task.done()]
            await turns(2)
        assert not asked
        assert looks <= 10 * 1000
        assert (limiter.flying, limiter.waiting) == (0, 0)

        # What was told of locations that nobody uses any more is forgotten the next day.
        await clock.sleep(DAY)
        for number in range(1001):
            (await limiter.slot(f"new{number}")).done()
        assert len(limiter._lanes) < 3000


async def test_closing_ends_the_pause_between_two_attempts() -> None:
    def script(clock: VirtualTime) -> Answering:
        async def service(arrival: Arrival) -> httpx.Response:
            return answer(503, {}, {"retry-after": "20"})

        return service

    async with serving(script) as (client, wire, clock):
        call = asyncio.create_task(get(client))
        await clock.sleep(1)
        await client.aclose()
        with pytest.raises(errors.InternalServerError, match="the client was closed"):
            await call
        assert clock.now == 1
    assert len(wire.arrivals) == 1


async def test_a_try_that_passes_opens_the_day_again() -> None:
    daily = {"x-ratelimit-daily-remaining": "0"}
    async with VirtualTime() as clock:
        limiter = Limiter(limit(daily=100), clock, 100)
        slot = await limiter.slot("a")
        slot.refused(None, daily=True)
        slot.done(daily)
        with pytest.raises(errors.DailyQuotaExceeded):
            await limiter.slot("a")
        await clock.sleep(300)
        # The service's day ends at an hour of its own.
        (await limiter.slot("a")).done({"x-ratelimit-daily-remaining": "3"})
        for _ in range(3):
            (await limiter.slot("a")).done()
        with pytest.raises(errors.DailyQuotaExceeded):
            await limiter.slot("a")
