"""Who may send now: the service's limits for each location, and connections, shared out fairly.

The service counts a request somewhere between its first byte and its answer, so a place in the
window becomes free again a window's length *after the answer*: fewer places are used than could be,
by one round trip, and none is ever refused.

Nothing runs in the background: whoever gives a slot back, or a timer, hands it to the next.
"""

from __future__ import annotations

import asyncio
import functools
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from attrs import Attribute, field, frozen

from ..errors import ClientClosedError, ConfigurationError, DailyQuotaExceeded
from .clock import Clock, Timer
from .headers import quota_of

if TYPE_CHECKING:
    from .shared_limit import SharedLimits

__all__ = ["Lane", "Limiter", "RateLimit", "Slot"]

_DAY = 86_400
# Seconds after which a day that was used up is tried again: nobody says when the service's ends.
_PROBE = 300.0
# Seconds: a longer pause that an answer asks for isn't waited for, a longer window is a mistake.
CEILING = 60.0
_SHORTEST = 1.0  # seconds of a pause after a 429, whatever the answer asks for
_SWEEP = 1000  # lanes after which those of other days are looked for


def _above_zero(instance: object, attribute: Attribute[Any], value: object) -> None:
    whole = attribute.name in ("burst", "daily")
    kinds = int if whole else int | float
    if isinstance(value, bool) or not isinstance(value, kinds) or not 0 < value < 1e9:
        what = "whole number" if whole else "number"
        raise ConfigurationError(f"rate_limit.{attribute.name}: {value!r} is no {what} above 0")


@frozen(kw_only=True)
class RateLimit:
    """How many requests the client sends for one location; the service counts by app and location.

    Attributes:
        burst: Requests in any `seconds`; the service takes 100 in 10 s, fewer for trial accounts.
        seconds: The length of that window.
        daily: Requests in a day (UTC).
        redis: The address of a Redis or Valkey through which all processes of the app share the
            limits: `redis://…`, `rediss://…` or `unix://…`. Needs the extra `redis`. None: every
            client keeps its own count.
        app: The app whose quota it is: clients with the same name and `redis` share theirs.
        share: The part of the limits that one process keeps to while that Redis can't be reached,
            such as 0.25 where four processes run.
    """

    burst: int = field(default=100, validator=_above_zero)
    seconds: float = field(default=10.0, validator=_above_zero)
    daily: int = field(default=200_000, validator=_above_zero)
    redis: str | None = field(default=None, repr=False)  # its password is nobody's business
    app: str = "hoopai"
    share: float = field(default=0.1, validator=_above_zero)


Waiting = OrderedDict["asyncio.Future[Slot]", None]


class Slot:
    """The right to send one request now. It is given back exactly once: `done` or `unused`."""

    __slots__ = ("_lane", "_limiter", "permit")

    def __init__(self, limiter: Limiter, lane: Lane):
        self._limiter = limiter
        self._lane = lane
        self.permit: object = lane.take(limiter.clock)

    def done(self, headers: Mapping[str, str] | None = None) -> None:
        """The request was sent, and is over; `headers` of its answer may tighten the limits."""
        self._lane.used(self.permit, self._limiter.clock)
        if headers is not None:
            self._lane.heed(headers, self._limiter.clock)
        self._limiter.returned(self._lane)

    def unused(self) -> None:
        """Nothing was sent."""
        self._lane.give_back(self.permit)
        self._limiter.returned(self._lane)

    def refused(self, seconds: float | None, *, daily: bool) -> float:
        """The service answered 429: nobody sends for that location for some seconds.

        Returns:
            How long nobody sends.
        """
        return self._lane.shut(seconds, self._limiter.clock, daily=daily)


class Lane:
    """One location: its window, its day, and who waits for it."""

    def __init__(self, limit: RateLimit, clock: Clock):
        self._set = limit
        self._most = limit.burst
        self._span = limit.seconds
        self._free_at: deque[float] = deque()  # when each used place becomes free again
        self._flying = 0
        self._opens = 0.0
        self._left = limit.daily
        self._day = _day(clock)
        self._probe_at: float | None = None
        self._probing = False
        # Interactive and batch, in order; whoever is cancelled leaves at once, wherever it stands.
        self.waiting: tuple[Waiting, Waiting] = (OrderedDict(), OrderedDict())
        self.queued = [False, False]
        self.timer: Timer | None = None

    def room(self, clock: Clock) -> bool:
        """Whether a request may be sent now."""
        now = clock.monotonic()
        free_at = self._free_at
        while free_at and free_at[0] <= now:
            free_at.popleft()
        return len(free_at) + self._flying < self._most and self._opens <= now

    def delay(self, clock: Clock) -> float | None:
        """Seconds until there may be room; None while only an answer can make some."""
        now = clock.monotonic()
        if self._opens > now:
            return self._opens - now
        return self._free_at[0] - now if self._free_at else None

    def take(self, clock: Clock) -> object:
        """Take a place; returns what to give back."""
        self._flying += 1
        self._left -= 1
        return None

    def used(self, permit: object, clock: Clock) -> None:
        """The request with this place is over."""
        self._flying -= 1
        free_at = clock.monotonic() + self._span
        # In order also after the window was made shorter again.
        self._free_at.append(max(free_at, self._free_at[-1]) if self._free_at else free_at)

    def give_back(self, permit: object) -> None:
        """The place wasn't used."""
        self._flying -= 1
        self._left += 1

    def spent(self, clock: Clock) -> bool:
        """Whether nothing is left of the day. One request may try, every few minutes."""
        day = _day(clock)
        if day > self._day:
            self._day, self._left, self._probe_at = day, self._set.daily, None
        if self._left > 0:
            return False
        now = clock.monotonic()
        if self._probe_at is None:
            self._probe_at = now + _PROBE
        if now < self._probe_at:
            return True
        self._left, self._probe_at, self._probing = 1, None, True
        return False

    def heed(self, headers: Mapping[str, str], clock: Clock) -> None:
        """Tighten the limits to what an answer says of them, and never loosen what was set."""
        told = quota_of(headers)
        if "max" in told:
            self._most = min(self._set.burst, max(told["max"], 1))
        if "interval-milliseconds" in told:
            seconds = told["interval-milliseconds"] / 1000
            self._span = max(self._set.seconds, seconds if seconds <= CEILING else 0)
        if self._probing:
            # It was let through: the service has begun another day.
            self._left, self._probing = self._set.daily, False
        if "daily-remaining" in told:
            self._left = min(self._left, told["daily-remaining"])
        if "remaining" in told:
            # What the service has counted and we haven't, others of the same app have sent.
            ours = self._most - len(self._free_at) - self._flying
            free_at = clock.monotonic() + self._span
            self._free_at.extend([free_at] * max(0, min(ours - told["remaining"], self._most)))

    def shut(self, seconds: float | None, clock: Clock, *, daily: bool) -> float:
        """Nobody sends for so long; returns for how long."""
        if daily:
            self._left, self._probing = 0, False
            self._probe_at = clock.monotonic() + _PROBE
            return 0.0
        pause = self._span if seconds is None else max(_SHORTEST, min(seconds, CEILING))
        if self._probing:  # it says nothing of the day
            self._left, self._probing, self._probe_at = 0, False, clock.monotonic() + pause
        self._opens = max(self._opens, clock.monotonic() + pause)
        return pause

    def idle(self, clock: Clock) -> bool:
        """Whether nothing would be lost with it."""
        return (
            _day(clock) > self._day
            and not self._flying
            and not any(self.waiting)
            and self._opens <= clock.monotonic()
            and (not self._free_at or self._free_at[-1] <= clock.monotonic())
        )


class Limiter:
    """Gives out slots: interactive before batch, one location after the other, within `most`."""

    def __init__(self, limit: RateLimit | None, clock: Clock, most: int):
        self.clock = clock
        self._limit = limit
        self._lanes: dict[str, Lane] = {}
        self._free = self._most = most
        # Locations that have somebody waiting and room for them, by priority, in turn.
        self._ready: tuple[deque[Lane], deque[Lane]] = (deque(), deque())
        self._pausing: set[asyncio.Future[None]] = set()
        self._closed = False
        self._shared: SharedLimits | None = None
        if limit is not None and limit.redis is not None:
            from .shared_limit import SharedLimits  # an extra

            self._shared = SharedLimits(limit, self)

    @property
    def lanes(self) -> Iterable[Lane]:
        """All locations that requests were sent for."""
        return self._lanes.values()

    @property
    def free(self) -> int:
        """Requests that can be under way besides."""
        return self._free

    @property
    def flying(self) -> int:
        """Requests that are under way."""
        return self._most - self._free

    @property
    def waiting(self) -> int:
        """Calls that wait for a slot."""
        return sum(len(queue) for lane in self._lanes.values() for queue in lane.waiting)

    async def slot(self, place: str, *, batch: bool = False, again: bool = False) -> Slot:
        """Wait for a slot; who has had one for this call before goes first.

        Raises:
            DailyQuotaExceeded: Nothing is left of the location's day; nothing was sent.
            ClientClosedError: The client was closed meanwhile.
        """
        if self._closed:
            raise _closed()
        lane = self._lanes.get(place) or self._lane(place)
        if lane.spent(self.clock):
            raise _quota_error()
        # Whoever can be served has been: so nobody who waits is passed by.
        if self._free and not any(lane.waiting) and lane.room(self.clock):
            self._free -= 1
            return Slot(self, lane)
        waiter: asyncio.Future[Slot] = asyncio.get_running_loop().create_future()
        queue = lane.waiting[batch]
        queue[waiter] = None
        if again:
            queue.move_to_end(waiter, last=False)
        self._offer(lane)
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.cancelled():
                queue.pop(waiter, None)
                self._rest(lane)
            elif waiter.exception() is None:
                waiter.result().unused()  # it was served in the moment in which it was cancelled
            raise

    async def pause(self, seconds: float) -> None:
        """Wait between two attempts, without a slot.

        Raises:
            ClientClosedError: The client was closed meanwhile.
        """
        if self._closed:
            raise _closed()
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        timer = self.clock.call_later(seconds, functools.partial(_wake_up, waiter))
        self._pausing.add(waiter)
        try:
            await waiter
        finally:
            self._pausing.discard(waiter)
            timer.cancel()

    def returned(self, lane: Lane) -> None:
        """A slot of the lane was given back."""
        self._free += 1
        self._offer(lane)

    def close(self) -> None:
        """Send everybody away who waits, and who comes later."""
        self._closed = True
        for waiter in self._pausing:
            if not waiter.done():
                waiter.set_exception(_closed())
        for lane in self._lanes.values():
            self._dismiss(lane, _closed)
            self._rest(lane)

    async def aclose(self) -> None:
        """Close what the limits are shared through."""
        if self._shared is not None:
            await self._shared.aclose()

    def wake(self, lane: Lane) -> None:
        """There may be room in the lane."""
        if lane.timer is not None:
            lane.timer.cancel()
        self._wake(lane)

    def _lane(self, place: str) -> Lane:
        if len(self._lanes) % _SWEEP == _SWEEP - 1:
            for name in [name for name, lane in self._lanes.items() if lane.idle(self.clock)]:
                del self._lanes[name]
        lane: Lane
        if self._shared is not None:
            lane = self._shared.lane(place)
        else:
            lane = _Open(self.clock) if self._limit is None else Lane(self._limit, self.clock)
        self._lanes[place] = lane
        return lane

    def _offer(self, lane: Lane) -> None:
        """Serve whom this lane, or its connection, can serve now."""
        self._enqueue(lane)
        self._serve()

    def _enqueue(self, lane: Lane) -> None:
        if any(lane.waiting) and lane.spent(self.clock):
            self._dismiss(lane, _quota_error)
        if not any(lane.waiting):
            return self._rest(lane)
        if not lane.room(self.clock):
            return self._park(lane)
        for priority, queue in enumerate(lane.waiting):
            if queue and not lane.queued[priority]:
                lane.queued[priority] = True
                self._ready[priority].append(lane)
        return None

    def _serve(self) -> None:
        for priority, ready in enumerate(self._ready):
            while ready and self._free:
                lane = ready.popleft()
                lane.queued[priority] = False
                # Room may have come since the interactive ones were looked at: they go first still.
                for queue in lane.waiting[: priority + 1]:
                    while queue and lane.room(self.clock) and not lane.spent(self.clock):
                        waiter, _ = queue.popitem(last=False)
                        if not waiter.done():
                            self._free -= 1
                            waiter.set_result(Slot(self, lane))
                            break
                    else:
                        continue
                    break
                self._enqueue(lane)  # behind the others

    def _park(self, lane: Lane) -> None:
        """Come back to the lane when there may be room."""
        delay = lane.delay(self.clock)
        if lane.timer is None and delay is not None:
            lane.timer = self.clock.call_later(delay, lambda: self._wake(lane))

    def _wake(self, lane: Lane) -> None:
        lane.timer = None
        self._offer(lane)

    def _rest(self, lane: Lane) -> None:
        if lane.timer is not None and not any(lane.waiting):
            lane.timer.cancel()
            lane.timer = None

    def _dismiss(self, lane: Lane, error: Callable[[], Exception]) -> None:
        for queue in lane.waiting:
            while queue:
                waiter, _ = queue.popitem(last=False)
                if not waiter.done():
                    waiter.set_exception(error())


class _Open(Lane):
    """A location without limits of ours: but a 429 makes everybody wait here too."""

    def __init__(self, clock: Clock):
        super().__init__(RateLimit(), clock)

    def room(self, clock: Clock) -> bool:
        return self._opens <= clock.monotonic()

    def used(self, permit: object, clock: Clock) -> None:
        self._flying -= 1

    def spent(self, clock: Clock) -> bool:
        return False

    def heed(self, headers: Mapping[str, str], clock: Clock) -> None:
        pass


def _day(clock: Clock) -> int:
    return int(clock.time() // _DAY)


def _wake_up(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)


def _closed() -> ClientClosedError:
    return ClientClosedError("the client was closed before this was sent")


def _quota_error() -> DailyQuotaExceeded:
    error = DailyQuotaExceeded("the location's requests of this day are used up", status=429)
    error.hint = "nothing was sent; the service counts anew tomorrow, and one call is let through every five minutes to see"
    return error
