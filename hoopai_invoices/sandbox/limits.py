"""The service's own limits: requests in a window and in a day, by app and location."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

from .choices import Limits
from .errors import SandboxError

__all__ = ["Meter"]

_MINUTE = timedelta(minutes=1)


class _Window:
    """The calls that passed within a span of time: never more of them than may pass."""

    __slots__ = ("_passed",)

    def __init__(self) -> None:
        self._passed: deque[datetime] = deque()

    def used(self, now: datetime, span: timedelta, kind: Literal["sliding", "fixed"]) -> int:
        """How many calls count at this moment. A fixed window begins with its first call."""
        passed = self._passed
        if kind == "sliding":
            while passed and passed[0] <= now - span:
                passed.popleft()
        elif passed and passed[0] <= now - span:
            passed.clear()
        return len(passed)

    def add(self, now: datetime) -> None:
        # What is committed late counts at its own, earlier instant; the order must hold.
        self._passed.append(max(now, self._passed[-1]) if self._passed else now)


@dataclass(slots=True)
class _Count:
    """What one app did for one location."""

    day: date
    today: int = 0
    window: _Window = field(default_factory=_Window)


class Meter:
    """Counts requests and refuses those beyond the limits. What is refused doesn't count."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._counts: dict[tuple[str, str], _Count] = {}
        self._token_calls: dict[str, _Window] = {}
        self._mint_calls: dict[str, _Window] = {}

    def count(self, app: str, place: str, now: datetime, *, mints: bool = False) -> dict[str, str]:
        """Count one request, which may be one that `mints`; returns the headers of its answer.

        Raises:
            SandboxError: It is one too many (429, carrying the headers; not so where it is the
                minting that is too much).
        """
        limits = self.limits
        count = self._counts.get((app, place))
        if count is None:
            count = self._counts[app, place] = _Count(now.date())
        if now.date() > count.day:
            count.day, count.today = now.date(), 0
        used = count.window.used(now, timedelta(seconds=limits.seconds), limits.window)
        over = limits.daily is not None and count.today >= limits.daily
        spent = limits.burst is not None and used >= limits.burst
        if not over and not spent:
            if mints:
                _count_within_a_minute(self._mint_calls, app, limits.mint_calls, now)
            count.today += 1
            if limits.burst is not None:
                count.window.add(now)
                used += 1
        headers: dict[str, str] = {}
        if limits.daily is not None:
            headers["x-ratelimit-limit-daily"] = str(limits.daily)
            headers["x-ratelimit-daily-remaining"] = str(limits.daily - count.today)
        if limits.burst is not None:
            headers["x-ratelimit-interval-milliseconds"] = str(int(limits.seconds * 1000))
            headers["x-ratelimit-max"] = str(limits.burst)
            headers["x-ratelimit-remaining"] = str(limits.burst - used)
        if over or spent:
            what = "Daily quota exceeded" if over else "Too many requests"
            raise SandboxError(429, what, headers)
        return headers

    def count_token_call(self, client_id: str, now: datetime) -> None:
        """Count one call of the token endpoint.

        Raises:
            SandboxError: It is one too many.
        """
        _count_within_a_minute(self._token_calls, client_id, self.limits.token_calls, now)


def _count_within_a_minute(
    windows: dict[str, _Window], client_id: str, most: int | None, now: datetime
) -> None:
    if most is None:
        return
    window = windows.setdefault(client_id, _Window())
    if window.used(now, _MINUTE, "sliding") >= most:
        raise SandboxError(429, "Too many requests")
    window.add(now)
