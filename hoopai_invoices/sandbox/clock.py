"""The sandbox's time: it goes on by itself, or stands still, and jumps when told to.

What is to happen later (an invoice of a schedule, a late fee, a late commit) waits here and happens
when the time has come and somebody looks: no task runs in the background.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from types import TracebackType

from .errors import SandboxError

__all__ = ["ClientClock", "Timer", "VirtualClock"]

_MOST = 100_000
_QUIET = 25  # rounds of the event loop in which nothing stirs: then every task waits
_LONGEST = 10 * 365 * 86400.0  # seconds that a deadline can be off
_DAY = timedelta(days=1)  # room for every zone
_TICK = timedelta(milliseconds=1)


class Timer:
    """Something that will happen."""

    __slots__ = ("_action", "at")

    def __init__(self, at: datetime, action: Callable[[], object]) -> None:
        self.at = at
        self._action: Callable[[], object] | None = action

    def cancel(self) -> None:
        """Let it not happen. Harmless when it already has."""
        self._action = None

    def fire(self) -> None:
        action, self._action = self._action, None
        if action is not None:
            action()


class VirtualClock:
    """The time in the sandbox.

    Args:
        start: Where to stand still, as an aware datetime; every request then takes a millisecond.
            None goes with the real time.
    """

    def __init__(self, start: datetime | None = None) -> None:
        if start is not None and start.utcoffset() is None:
            msg = "the clock's start must be an aware datetime, such as datetime(2026, 3, 1, tzinfo=UTC)"
            raise ValueError(msg)
        self.still = start is not None
        self._origin = time.monotonic()
        self._start = (start or datetime.now(UTC)).astimezone(UTC)
        self._moved = timedelta()
        self._held: datetime | None = None
        self._timers: list[tuple[datetime, int, Timer]] = []
        self._order = itertools.count()
        self._deadlines: set[_Deadline] = set()
        self._sleeping: dict[asyncio.Future[None], datetime] = {}
        self._stirs = 0
        self._driver: asyncio.Task[None] | None = None

    def now(self) -> datetime:
        """The current instant, in UTC."""
        return self._held or self._time()

    def monotonic(self) -> float:
        """Seconds since the sandbox began, jumps included."""
        return (self._time() - self._start).total_seconds()

    def advance(
        self,
        *,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
    ) -> None:
        """Move on, and let everything happen, in its order, that falls into that time.

        Raises:
            ValueError: The time would go back, or beyond the year 9999.
            SandboxError: More than 100,000 things happened; the clock stands at the last of them.
        """
        try:
            step = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
            _ = self.now() + step + _DAY
        except OverflowError:
            msg = "the clock can't go beyond the end of the calendar"
            raise ValueError(msg) from None
        if step < timedelta():
            msg = "the clock only goes forward"
            raise ValueError(msg)
        self._move(step)

    async def sleep(self, seconds: float) -> None:
        """Be so much later at once: what a program under test is given for `asyncio.sleep`.

        Waits of tasks that run at the same time overlap, as real ones do: the clock moves to the
        end of the shortest when every task of the loop has come to wait.
        """
        loop = asyncio.get_running_loop()
        woken: asyncio.Future[None] = loop.create_future()
        # Rounded up: who is woken a hair too early, looks, and waits for that hair, never ends.
        wait = timedelta(microseconds=math.ceil(max(seconds, 0) * 1e6))
        self._sleeping[woken] = self.now() + wait
        self._stirs += 1
        if self._driver is None or self._driver.done() or self._driver.get_loop() is not loop:
            self._driver = loop.create_task(self._drive())
        try:
            await woken
        finally:
            self._sleeping.pop(woken, None)
            self._stirs += 1

    async def _drive(self) -> None:
        """Move the clock from one end of a wait to the next, while anybody waits."""
        while self._sleeping:
            seen, quiet = self._stirs, 0
            while quiet < _QUIET:
                await asyncio.sleep(0)
                quiet = quiet + 1 if self._stirs == seen else 0
                seen = self._stirs
            if not self._sleeping:
                return
            try:
                self._move(min(self._sleeping.values()) - self._time())
            except Exception as error:
                for woken in self._sleeping:
                    if not woken.done():
                        woken.set_exception(error)
                return

    def _move(self, step: timedelta) -> None:
        self._moved += max(step, timedelta())
        self.settle()

    def at(self, moment: datetime, action: Callable[[], object]) -> Timer:
        """Do something at an instant (at the next look, when it has passed)."""
        timer = Timer(moment, action)
        heapq.heappush(self._timers, (moment, next(self._order), timer))
        return timer

    def after(self, seconds: float, action: Callable[[], object]) -> Timer:
        """Do something so many seconds from now."""
        return self.at(self.now() + timedelta(seconds=seconds), action)

    def settle(self) -> None:
        """Let everything happen whose time has come, each at its own instant."""
        self._stirs += 1
        if self._held is not None:  # asked from inside of what is happening
            return
        goal = self._time()
        try:
            for count in itertools.count():
                if not self._timers or self._timers[0][0] > goal:
                    break
                if count == _MOST:
                    self._moved -= goal - (self._held or goal)
                    msg = f"stopped at {self._held} after {_MOST:,} things happened: advance again"
                    raise SandboxError(500, msg)
                self._held, _, timer = heapq.heappop(self._timers)
                timer.fire()
        finally:
            self._held = None
        for woken in [w for w, end in self._sleeping.items() if end <= goal]:
            del self._sleeping[woken]
            _tell(woken.get_loop(), _wake, woken)
        for deadline in [d for d in self._deadlines if d.at <= goal]:
            deadline.expire()

    def deadline(self, seconds: float) -> _Deadline:
        """A deadline that ends by this clock as well as by the real one."""
        return _Deadline(self._deadlines, self.now() + timedelta(seconds=seconds), seconds)

    def tick(self) -> None:
        """A request takes its millisecond where the clock stands still."""
        if self.still:
            self._moved += _TICK
        self.settle()

    def _time(self) -> datetime:
        passed = 0.0 if self.still else time.monotonic() - self._origin
        return self._start + self._moved + timedelta(seconds=passed)


class _Deadline:
    """`asyncio.timeout` that a jump of the virtual clock ends too."""

    def __init__(self, running: set[_Deadline], at: datetime, seconds: float) -> None:
        self.at = at
        self._running = running
        self._timeout = asyncio.timeout(seconds)
        self._entered = False

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()
        self._loop = asyncio.get_running_loop()
        self._running.add(self)
        self._entered = True

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._running.discard(self)
        self._entered = False
        await self._timeout.__aexit__(kind, error, traceback)  # raises TimeoutError itself

    def expired(self) -> bool:
        return self._timeout.expired()

    def expire(self) -> None:
        """End what runs in it, from wherever the clock was moved."""
        self._running.discard(self)
        _tell(self._loop, self._end)

    def _end(self) -> None:
        if self._entered:
            self._timeout.reschedule(0)


def _tell(loop: asyncio.AbstractEventLoop, what: Callable[..., object], *about: object) -> None:
    """Have something done in its own loop, unless that has ended with the task that wanted it."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(what, *about)


def _wake(woken: asyncio.Future[None]) -> None:
    if not woken.done():
        woken.set_result(None)


class ClientClock:
    """The same time for a client in this process: what it would wait for has passed at once."""

    def __init__(self, clock: VirtualClock, seed: int | None) -> None:
        self._clock = clock
        self._random = Random(seed)

    def monotonic(self) -> float:
        return self._clock.monotonic()

    def random(self) -> float:
        return self._random.random()

    def time(self) -> float:
        return self._clock.now().timestamp()

    async def sleep(self, delay: float) -> None:
        """Be past it."""
        await self._clock.sleep(delay)

    def call_later(self, delay: float, action: Callable[[], object]) -> asyncio.Task[None]:
        """Do something when the time has come; the clock moves there when every task waits."""

        async def wait() -> None:
            await self._clock.sleep(delay)
            action()

        return asyncio.get_running_loop().create_task(wait())

    def timeout(self, delay: float) -> _Deadline:
        return self._clock.deadline(min(delay, _LONGEST))
