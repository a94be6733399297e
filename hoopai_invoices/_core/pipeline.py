"""One call, from the resource method to the parsed answer: validate, send, decode."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, cast

from .._model import Model
from .._protocol import Call, Executor, Operation, Pager
from .._values import Drift
from ..errors import DecodeError, HoopAIError, InvalidRequestError
from .clock import Clock
from .codec import loads, repeated_keys
from .course import Course, Shared
from .http import Reply
from .outcome import ONCE
from .request import Request, build, own_headers
from .spans import Spans
from .zones import day_in, zone_of

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from ..writes.entry import Ledger
    from ..writes.guard import Guard

__all__ = ["Pipeline", "View", "checked_attempts", "checked_seconds"]

ModelT = TypeVar("ModelT", bound=Model)
OnDrift = Callable[[str, Drift], None]
_log = logging.getLogger("hoopai_invoices")


class Pipeline:
    """What all views of a client share, and what they ask of it."""

    def __init__(
        self,
        shared: Shared,
        *,
        headers: Mapping[str, str],
        timeout: float,
        queue_timeout: float | None,
        max_attempts: int,
        spans: Spans | None = None,
        on_drift: OnDrift | None = None,
        ledger: Ledger | None = None,
        settle_time: float = 30.0,
    ):
        self.shared = shared
        self._ledger = ledger
        self._settle_time = settle_time
        self.remembered: dict[str, Any] = {}
        self._headers = dict(headers)
        self._timeout = timeout
        self._queue_timeout = queue_timeout
        self._max_attempts = max_attempts
        self._spans = spans
        self._on_drift = on_drift

    @cached_property
    def guard(self) -> Guard:
        """The keyed writes."""
        from ..writes.guard import Guard  # not needed without a key
        from ..writes.memory import MemoryLedger

        ledger = MemoryLedger(self.shared.clock) if self._ledger is None else self._ledger
        return Guard(self, ledger, self._settle_time)

    async def send(self, call: Call, answer: type[ModelT] | None, view: View) -> ModelT | None:
        """Carry out one call of a resource."""
        return await self.carry(call, self.request(call, view), answer, view)

    def request(self, call: Call, view: View, *, today: bool = True) -> Request:
        """What a call sends, checked; with `today` also whether its days have passed."""
        try:
            return build(
                call,
                location_id=view.location_id,
                defaults=view.defaults,
                headers=self._headers,
                today=view.today if today else _any_day,
            )
        except HoopAIError as error:
            error.operation = call.operation.name
            raise

    async def carry(
        self, call: Call, request: Request, answer: type[ModelT] | None, view: View
    ) -> ModelT | None:
        """Send a call's request, and read its answer."""
        operation = call.operation
        try:
            course = self.course(call, request, view)
        except HoopAIError as error:
            error.operation = operation.name
            raise
        reply = await self.run(course)
        for place in request.left_out:
            unknown = Drift(place, "not_sent", "the document doesn't know it in a request")
            self._drifted(operation, unknown)
        return None if answer is None else self._decode(course, reply, answer)

    async def raw(
        self, call: Call, query: Mapping[str, object] | None, json: object, view: View
    ) -> Any:
        """Carry out a call that the document doesn't know; the answer is plain JSON."""
        from .raw import raw_request  # rarely needed

        try:
            request = raw_request(call, query, json, self._headers)
            course = self.course(call, request, view)
        except HoopAIError as error:
            error.operation = call.operation.name
            raise
        reply = await self.run(course)
        if reply.status >= 300:  # a DELETE that was done before
            return None
        try:
            if reply.garbled is not None:
                raise DecodeError(reply.garbled)
            if not reply.content.strip():
                return None
            return loads(reply.content)
        except DecodeError as error:
            raise _unread(course, reply, error) from None

    async def run(self, course: Course) -> Reply:
        """Send until it has succeeded, or an error is raised; tell those who want to know."""
        observer, operation = self.shared.observer, course.call.operation
        try:
            if self._spans is None:
                reply = await course.run()
            else:
                with self._spans.call(operation, course.place) as span:
                    try:
                        reply = await course.run()
                    finally:
                        span.ended(course.attempts)
        except BaseException as error:
            observer.ended(course.record, failed=True)
            if isinstance(error, HoopAIError):
                error.operation = operation.name
                error.attempts = len(course.attempts)
            raise
        observer.ended(course.record, failed=False)
        return reply

    def timeout_of(self, call: Call) -> float:
        """Seconds for a call, once it may be sent."""
        if call.options is None or call.options.timeout is None:
            return self._timeout
        return checked_seconds(call.options.timeout, "options.timeout")

    def headers_of(self, call: Call) -> dict[str, str]:
        """What a call with a body carries beside its token."""
        own = call.options.headers if call.options is not None else None
        return {**self._headers, **own_headers(own or {}), "content-type": "application/json"}

    def course(self, call: Call, request: Request, view: View) -> Course:
        options = call.options
        timeout, queue, most = self.timeout_of(call), self._queue_timeout, self._max_attempts
        if options is not None:
            if options.queue_timeout is not None:
                queue = checked_seconds(options.queue_timeout, "options.queue_timeout")
            if options.max_attempts is not None:
                most = checked_attempts(options.max_attempts, "options.max_attempts")
        return Course(
            self.shared,
            call,
            request,
            place=view.location_id,
            batch=view.batch,
            timeout=timeout,
            queue_timeout=queue,
            max_attempts=most,
        )

    def _decode(self, course: Course, reply: Reply, answer: type[ModelT]) -> ModelT:
        try:
            record, data = _read(course.call.operation, reply, answer)
        except DecodeError as error:
            raise _unread(course, reply, error) from None
        if self._on_drift is not None:
            for drift in answer._drift(data):
                self._drifted(course.call.operation, drift)
            for key in repeated_keys(reply.content):
                repeated = Drift(key, "repeated_key", "the last one counts")
                self._drifted(course.call.operation, repeated)
        return record

    def _drifted(self, operation: Operation, drift: Drift) -> None:
        if self._on_drift is None:
            return
        try:
            self._on_drift(operation.name, drift)
        except Exception:
            # A hook must not turn a write that was done into an error.
            _log.exception("on_drift failed")

    async def aclose(self) -> None:
        """Send away who waits, let a refresh end that is under way, and close the connections."""
        self.shared.limiter.close()
        await self.shared.tokens.aclose()
        await self.shared.http.aclose()
        await self.shared.limiter.aclose()


class View(Executor):
    """A pipeline as one location sees it."""

    def __init__(
        self,
        pipeline: Pipeline,
        location_id: str | None,
        defaults: Mapping[str, Any],
        *,
        batch: bool = False,
    ):
        self.pipeline = pipeline
        self.location_id = location_id
        self.defaults = defaults
        self.batch = batch

    async def send(self, call: Call, answer: type[ModelT]) -> ModelT:
        if call.key is not None or call.settle != "wait":
            return cast(ModelT, await self.pipeline.guard.send(call, self))
        record = await self.pipeline.send(call, answer, self)
        assert record is not None  # an answer was asked for
        return record

    async def send_only(self, call: Call) -> None:
        await self.pipeline.send(call, None, self)

    def remembered(self) -> dict[str, Any]:
        return self.pipeline.remembered

    def clock(self) -> Clock:
        """Time and chance."""
        return self.pipeline.shared.clock

    def zone(self) -> ZoneInfo | None:
        name = self.defaults.get("timezone")
        return None if name is None else zone_of(name)

    def today(self) -> date | None:
        """The calendar day at the location, when its zone is known."""
        zone = self.zone()
        return None if zone is None else day_in(zone, self.clock().time())

    def pager(
        self,
        operation: Operation,
        fetch: Callable[[int, int], Awaitable[Any]],
        *,
        page_size: int,
        prefetch: int,
        cursor: str | None,
    ) -> Pager[Any]:
        from ..pagination import ListPager

        return ListPager(operation, fetch, page_size=page_size, prefetch=prefetch, cursor=cursor)


def _any_day() -> None:
    """What is asked for today where it doesn't matter."""


def _read(
    operation: Operation, reply: Reply, answer: type[ModelT]
) -> tuple[ModelT, dict[str, Any]]:
    if reply.garbled is not None:
        raise DecodeError(reply.garbled)
    data = loads(reply.content)
    if not isinstance(data, dict):
        raise DecodeError(f"an object was expected, not {type(data).__name__}")
    if operation.retry in ONCE and not _like(answer, data):
        raise DecodeError(f"this is no {answer.__name__}")
    return answer._read(data), data


def _unread(course: Course, reply: Reply, error: DecodeError) -> DecodeError:
    # What the answer holds stood in the variables of the frames below: it may repeat the token.
    error.__traceback__ = error.__context__ = None
    error.operation = course.call.operation.name
    error.attempts = len(course.attempts)
    error.committed = course.call.operation.retry != "read"
    error.body = reply.masked().content[:200].decode("utf-8", "replace")
    if error.committed:
        error.hint = "the service has accepted the write: don't send it again"
    return error


def _like(answer: type[Model], data: Mapping[str, Any]) -> bool:
    """Whether the data has anything of what such an answer always has."""
    return any(row.required and row.key in data for row in answer._fields)


def checked_seconds(seconds: object, path: str) -> float:
    """A time-out, if it is one.

    Raises:
        InvalidRequestError: It isn't.
    """
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds < 1e9:
        raise InvalidRequestError(f"{seconds!r} is no number of seconds above 0", path=path)
    return seconds


def checked_attempts(number: object, path: str) -> int:
    """A number of attempts, if it is one.

    Raises:
        InvalidRequestError: It isn't.
    """
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= 100:
        raise InvalidRequestError(f"{number!r} is no number from 1 to 100", path=path)
    return number
