"""How fast tokens are asked for.

For `/oauth/token` one page of the vendor says five calls a minute. Whether that holds for minting
nobody says, so minting begins at what was set, and learns: two refusals within a minute tell how many
calls a minute are taken, which is then kept to, and tried to be exceeded after some minutes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from math import ceil, inf

from attrs import frozen

from .._core.clock import Clock
from .._core.headers import quota_of
from .._core.limiter import Lane, Limiter, RateLimit

__all__ = ["MintLimiter", "MintingPlan", "TokenLimiter", "plan_minting"]

_MINUTE = 60.0
_LEAST = 5  # calls a minute
_AT_ONCE = 5.0  # seconds in which refusals are of one kind: they were under way together
_PATIENCE, _LONGEST = 300.0, 3600.0  # seconds without a refusal after which more is tried
_DAY = 86_399.0  # seconds for which a minted token is good


@frozen
class MintingPlan:
    """What minting tokens for many locations takes.

    Attributes:
        locations: How many.
        seconds: From the first to the last, under the limit alone.
        fits: Whether the first token is still good when the last has come: else there is no moment
            at which all are minted, and a job works through its locations while they are.
    """

    locations: int
    seconds: float
    fits: bool


def plan_minting(locations: int, limit: RateLimit | None) -> MintingPlan:
    """How long minting takes under a limit."""
    seconds = 0.0
    if limit is not None and locations > 0:
        seconds = (ceil(locations / limit.burst) - 1) * limit.seconds
    return MintingPlan(locations, seconds, seconds < _DAY)


class TokenLimiter(Limiter):
    """Slots for `/oauth/token`, whose limit isn't the one that headers tell of."""

    def _lane(self, place: str) -> Lane:
        if self._limit is None:
            return super()._lane(place)
        lane = self._lanes[place] = _Deaf(self._limit, self.clock)
        return lane


class MintLimiter(Limiter):
    """Slots for minting, by agency."""

    def _lane(self, place: str) -> Lane:
        if self._limit is None:
            return super()._lane(place)
        lane = self._lanes[place] = _Learning(self._limit, self.clock)
        return lane


class _Deaf(Lane):
    def heed(self, headers: Mapping[str, str], clock: Clock) -> None:
        pass


class _Learning(Lane):
    """A lane that takes refusals for the news of a limit by the minute.

    One alone says nothing, it may be another's fault; of two within a minute, what was let through in
    the last minute is the limit, but never less than the five that somebody has published. It is
    tried to be exceeded after some minutes, and, when that goes well, again after each.
    """

    def __init__(self, limit: RateLimit, clock: Clock):
        super().__init__(limit, clock)
        self._done: deque[float] = deque()  # when calls of the last minute ended
        self._refused = 0  # slots of refused calls that haven't been given back yet
        self._refused_at = -inf
        self._learned: int | None = None
        self._learned_at = self._since = 0.0
        self._patience = self._trying = _PATIENCE

    def used(self, permit: object, clock: Clock) -> None:
        super().used(permit, clock)
        self._done.append(clock.monotonic())
        self._apply(clock.monotonic())

    def heed(self, headers: Mapping[str, str], clock: Clock) -> None:
        super().heed(headers, clock)
        now = clock.monotonic()
        if self._refused:
            self._refused -= 1
            self._done.pop()  # what was refused has used no place
            # The limit that holds for everything is told in the headers, and kept to already.
            if "interval-milliseconds" not in quota_of(headers):
                self._learn(now)
        elif self._opens > now and self._learned is not None:
            self._learned += 1  # it was under way when another was refused
        self._apply(now)

    def shut(self, seconds: float | None, clock: Clock, *, daily: bool) -> float:
        self._refused += 1
        return super().shut(seconds, clock, daily=daily)

    def room(self, clock: Clock) -> bool:
        return super().room(clock) and self._full_until() <= clock.monotonic()

    def delay(self, clock: Clock) -> float | None:
        if not super().room(clock):
            return super().delay(clock)
        until = self._full_until()
        return None if until == inf else until - clock.monotonic()

    def _full_until(self) -> float:
        """Until when what was set leaves no room, where more than that was learned for a minute."""
        oldest = len(self._done) + self._flying - self._set.burst
        if self._learned is None or oldest < 0:
            return -inf
        return self._done[oldest] + self._set.seconds if oldest < len(self._done) else inf

    def _learn(self, now: float) -> None:
        self._forget(now)
        last, self._refused_at = self._refused_at, now
        if self._learned is None and now - last > _MINUTE:
            return
        if self._learned is None or now - self._learned_at > _AT_ONCE:
            self._trying = _PATIENCE if self._learned is None else min(2 * self._trying, _LONGEST)
            self._patience = self._trying
            self._learned = max(_LEAST, len(self._done))
            self._learned_at = self._since = now
        free_at = self._done[0] + _MINUTE if self._done else now + _MINUTE
        self._opens = max(self._opens, free_at)

    def _apply(self, now: float) -> None:
        """Keep to what was learned, and to no more than was set."""
        self._forget(now)
        if self._learned is None:
            return
        if now - self._since >= self._patience and len(self._done) >= self._learned:
            self._learned, self._since, self._patience = 2 * self._learned, now, _MINUTE
        if self._learned * self._set.seconds >= self._set.burst * _MINUTE:
            self._learned, self._most, self._span = None, self._set.burst, self._set.seconds
            return
        self._most, self._span = self._learned, _MINUTE
        self._free_at = deque(done + _MINUTE for done in self._done)

    def _forget(self, now: float) -> None:
        while self._done and self._done[0] <= now - _MINUTE:
            self._done.popleft()
