"""What can be seen of calls from outside: log lines, hooks, counts, captures, spans. Never a token."""

from __future__ import annotations

import inspect
import logging
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from attrs import define, field, frozen

__all__ = ["Attempt", "CallRecord", "Capture", "Observer", "Stats", "capture", "trace_in"]

T = TypeVar("T")
Hook = Callable[[T], Awaitable[None] | None]
_log = logging.getLogger("hoopai_invoices")
_TRACE = re.compile(rb'"traceId"\s*:\s*"([\w.-]{1,100})"').search
_capturing: ContextVar[Capture | None] = ContextVar("hoopai_invoices_capture", default=None)


@frozen
class Attempt:
    """One request of a call, and how it ended.

    Attributes:
        operation: Such as "invoices.create".
        location_id: The sub-account it was for.
        number: 1 for the first.
        status: The answer's status; None when there was none.
        error: Why there was none, or what is wrong with it; None after a success.
        seconds: From sending to the end of the answer.
        waited: Seconds spent waiting before it: for limits, connections, and between attempts.
        quota_left: `X-RateLimit-Remaining` of the answer.
        trace_id: The service's id of the request, to name when asking its support.
        pause: Seconds until the next attempt; None when this was the last.
    """

    operation: str
    location_id: str | None
    number: int
    status: int | None
    error: str | None
    seconds: float
    waited: float
    quota_left: int | None = None
    trace_id: str | None = None
    pause: float | None = None


@frozen
class CallRecord:
    """One call that was captured.

    Attributes:
        operation: Such as "invoices.create".
        location_id: The sub-account it was for.
        status: The last answer's status; None when there was none.
        headers: Its headers, names in lower case.
        body: Its body as it came, inflated.
        attempts: Every request that was made for the call.
    """

    operation: str
    location_id: str | None
    status: int | None
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    attempts: tuple[Attempt, ...]


class Capture:
    """The calls that were made inside of `with client.capture()`, in the order of their ends."""

    def __init__(self) -> None:
        self.calls: list[CallRecord] = []

    @property
    def last(self) -> CallRecord:
        """The call that ended last."""
        return self.calls[-1]


@contextmanager
def capture() -> Iterator[Capture]:
    """Capture the calls of this task, and of tasks that are started inside of the block."""
    kept = Capture()
    token = _capturing.set(kept)
    try:
        yield kept
    finally:
        _capturing.reset(token)


@frozen(kw_only=True)
class Stats:
    """What a client has done since it was made, and does now.

    Attributes:
        calls: Calls that ended.
        failed: How many of them ended in an error.
        unknown: How many of these were writes whose fate is unknown, cancelled ones included.
        attempts: Requests that were sent.
        statuses: Answers by status; 0 counts the requests without one.
        waiting: Calls that wait for a slot now.
        in_flight: Requests that are under way now.
        connections: Open connections; None with a transport of the caller's own.
        retries_left: Retries that the client's budget still holds.
    """

    calls: int
    failed: int
    unknown: int
    attempts: int
    statuses: Mapping[int, int]
    waiting: int
    in_flight: int
    connections: int | None
    retries_left: int


@define
class Observer:
    """Tells everybody who wants to know."""

    on_attempt: Hook[Attempt] | None = None
    on_unknown: Hook[Any] | None = None
    calls: int = 0
    failed: int = 0
    unknown: int = 0
    statuses: Counter[int] = field(factory=Counter)

    @property
    def curious(self) -> bool:
        """Whether anybody looks at single attempts."""
        return (
            self.on_attempt is not None
            or _log.isEnabledFor(logging.DEBUG)
            or _capturing.get() is not None
        )

    def ended(self, record: Callable[[], CallRecord], *, failed: bool) -> None:
        """A call ended."""
        self.calls += 1
        self.failed += failed
        kept = _capturing.get()
        if kept is not None:
            kept.calls.append(record())

    async def attempted(self, attempt: Attempt) -> None:
        """An attempt ended."""
        self.statuses[attempt.status or 0] += 1
        level = logging.DEBUG if attempt.error is None else logging.INFO
        if _log.isEnabledFor(level):
            again = "" if attempt.pause is None else f", again in {attempt.pause:.1f} s"
            _log.log(
                level,
                "%s %s %.0f ms attempt %d quota %s trace %s%s",
                attempt.operation,
                attempt.status or attempt.error,
                attempt.seconds * 1000,
                attempt.number,
                "-" if attempt.quota_left is None else attempt.quota_left,
                attempt.trace_id or "-",
                again,
            )
        if self.on_attempt is not None:
            await told("on_attempt", self.on_attempt, attempt)

    async def lost(self, error: Any) -> None:
        """A write's fate is unknown."""
        self.unknown += 1
        _log.warning("%s: its outcome is unknown", error.operation)
        if self.on_unknown is not None:
            await told("on_outcome_unknown", self.on_unknown, error)


async def told(name: str, hook: Callable[..., Awaitable[None] | None], *about: object) -> None:
    """Call a hook. One that fails must not turn a write that was done into an error."""
    try:
        answer = hook(*about)
        if inspect.isawaitable(answer):
            await answer
    except Exception:
        _log.exception("%s failed", name)


def trace_in(content: bytes) -> str | None:
    """The service's trace id in an answer that hasn't been read."""
    found = _TRACE(content)
    return found[1].decode() if found else None
