"""What can be seen of calls from outside: log lines, hooks, counts, captures, spans. Never a token."""

from __future__ import annotations

import asyncio
import functools
import inspect
import logging
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any, NamedTuple, TypeVar

__all__ = ["Attempt", "CallRecord", "Capture", "Hook", "Observer", "Stats", "told", "trace_in"]

T = TypeVar("T")
Hook = Callable[[T], Awaitable[None] | None]
_log = logging.getLogger("hoopai_invoices")
_TRACE = re.compile(rb'"traceId"\s*:\s*"([\w.-]{1,100})"').search
_capturing: ContextVar[tuple[Capture, ...]] = ContextVar("hoopai_invoices_capture", default=())


class Attempt(NamedTuple):
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


class CallRecord(NamedTuple):
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
    headers: Mapping[str, str]
    body: bytes
    attempts: tuple[Attempt, ...]

    def __repr__(self) -> str:
        shown = f"operation={self.operation!r}, location_id={self.location_id!r}"
        return f"CallRecord({shown}, status={self.status}, attempts={self.attempts!r})"


class Capture:
    """The calls of one client that ended inside of `with client.capture()`, in that order."""

    def __init__(self, observer: Observer) -> None:
        self.calls: list[CallRecord] = []
        self._observer: Observer | None = observer

    @property
    def last(self) -> CallRecord:
        """The call that ended last."""
        return self.calls[-1]


class Stats(NamedTuple):
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


class Observer:
    """Tells everybody who wants to know."""

    def __init__(
        self, on_attempt: Hook[Attempt] | None = None, on_unknown: Hook[Any] | None = None
    ):
        self.on_attempt = on_attempt
        self.on_unknown = on_unknown
        self.calls = self.failed = self.unknown = 0
        self.statuses: Counter[int] = Counter()

    @property
    def curious(self) -> bool:
        """Whether anybody looks at single attempts."""
        return (
            self.on_attempt is not None
            or _log.isEnabledFor(logging.DEBUG)
            or self._capture() is not None
        )

    def ended(self, record: Callable[[], CallRecord], *, failed: bool) -> None:
        """A call ended."""
        self.calls += 1
        self.failed += failed
        kept = self._capture()
        if kept is not None:
            kept.calls.append(record())

    def _capture(self) -> Capture | None:
        """The innermost block of this client that hasn't ended."""
        return next((one for one in reversed(_capturing.get()) if one._observer is self), None)

    @contextmanager
    def capture(self) -> Iterator[Capture]:
        """Capture the calls of this task, and of tasks that are started inside of the block."""
        kept = Capture(self)
        token = _capturing.set((*_capturing.get(), kept))
        try:
            yield kept
        finally:
            kept._observer = None  # tasks that go on keep nothing any more
            with suppress(ValueError):  # it was entered in another task, which has its own
                _capturing.reset(token)

    async def attempted(self, attempt: Attempt) -> None:
        """An attempt ended."""
        self.statuses[attempt.status or 0] += 1
        again = "" if attempt.pause is None else f", again in {attempt.pause:.1f} s"
        _say(
            logging.DEBUG if attempt.error is None else logging.INFO,
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
        _say(logging.WARNING, "%s: its outcome is unknown", error.operation)
        if self.on_unknown is not None:
            await told("on_outcome_unknown", self.on_unknown, error)


_running: set[asyncio.Future[None]] = set()  # a task that nobody holds would be collected


async def told(name: str, hook: Callable[..., Awaitable[None] | None], *about: object) -> None:
    """Call a hook, and wait for it; whoever cancels meanwhile doesn't end it.

    One that fails, or is itself cancelled, must not turn a write that was done into an error.
    """
    try:
        answer = hook(*about)
    except Exception:
        return _say(logging.ERROR, "%s failed", name, exc_info=True)
    if not inspect.isawaitable(answer):
        return None
    task = asyncio.ensure_future(answer)
    _running.add(task)
    task.add_done_callback(_running.discard)
    task.add_done_callback(functools.partial(_look_at, name))
    await asyncio.wait({task})
    return None


def _look_at(name: str, task: asyncio.Future[None]) -> None:
    error = None if task.cancelled() else task.exception()
    if error is not None:
        _say(logging.ERROR, "%s failed", name, exc_info=error)


def _say(level: int, text: str, *about: object, exc_info: Any = None) -> None:
    """A line in the log; a filter of somebody's that fails costs the line, and no more."""
    with suppress(Exception):
        _log.log(level, text, *about, exc_info=exc_info)


def trace_in(content: bytes) -> str | None:
    """The service's trace id in an answer that hasn't been read."""
    found = _TRACE(content)
    return found[1].decode() if found else None
