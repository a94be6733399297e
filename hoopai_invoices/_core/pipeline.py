"""One call, from the resource method to the parsed answer.

validate -> deadline -> token -> socket -> classify -> decode
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NoReturn, TypeVar

from .._model import Model
from .._protocol import Call, Executor, Operation, Pager
from .._values import Drift
from ..errors import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    ConfigurationError,
    DecodeError,
    HoopAIError,
    InvalidRequestError,
    OutcomeUnknown,
)
from .clock import Clock
from .codec import loads
from .http import HTTP, Progress, Reply, Unanswered
from .outcome import ONCE, REPEATABLE, error_of, fate_unknown, is_timeout
from .request import Request, build
from .tokens import TokenSource

__all__ = ["Pipeline", "View"]

ModelT = TypeVar("ModelT", bound=Model)
OnDrift = Callable[[str, Drift], None]

_log = logging.getLogger("hoopai_invoices")
_REACHABLE = "is the service reachable from here, or is the client out of connections?"
_LOOK = "look whether it took effect before sending it again: sent twice, it may be done twice"


class Pipeline:
    """What all views of a client share: connections, tokens, clock, settings."""

    def __init__(
        self,
        *,
        http: HTTP,
        tokens: TokenSource,
        clock: Clock,
        timeout: float,
        headers: Mapping[str, str],
        on_drift: OnDrift | None = None,
    ):
        self._http = http
        self._tokens = tokens
        self._clock = clock
        self._timeout = timeout
        self._headers = dict(headers)
        self._on_drift = on_drift

    async def send(
        self,
        call: Call,
        answer: type[ModelT] | None,
        location_id: str | None,
        defaults: Mapping[str, Any],
    ) -> ModelT | None:
        """Carry out one call."""
        operation = call.operation
        try:
            request = _validated(call, location_id, defaults)
            reply = await self._exchange(call, request, location_id)
        except HoopAIError as error:
            error.operation = operation.name
            raise
        for place in request.left_out:
            unknown = Drift(place, "not_sent", "the document doesn't know it in a request")
            self._drifted(operation, unknown)
        return None if answer is None else self._decode(operation, reply, answer)

    async def _exchange(self, call: Call, request: Request, location_id: str | None) -> Reply:
        """Send within the deadline; the reply is a success, or an error is raised."""
        operation = call.operation
        seconds = self._timeout
        if call.options is not None and call.options.timeout is not None:
            seconds = _positive(call.options.timeout, "options.timeout")
        started = self._clock.monotonic()
        progress = Progress()
        deadline = self._clock.timeout(seconds)
        failed: str
        try:
            async with deadline:
                token = await self._tokens.token()
                headers = {**self._headers, **request.headers, "authorization": f"Bearer {token}"}
                reply = await self._http.send(
                    request.method, request.target, headers, request.content, progress
                )
        except TimeoutError:
            if not deadline.expired():
                raise
            failed = f"no answer within {seconds:g} s"
            kind: type[APIConnectionError] = APITimeoutError
        except Unanswered as error:
            failed, kind = f"no whole answer ({error})", APIConnectionError
        else:
            elapsed = (self._clock.monotonic() - started) * 1000
            _log.debug("%s %d %.0f ms", operation.name, reply.status, elapsed)
            if 200 <= reply.status < 300:
                return reply
            refused = error_of(operation, reply)
            if fate_unknown(operation, refused):
                _unknown(operation, request, location_id, refused.message, refused)
            if is_timeout(refused):
                raise APITimeoutError(refused.message, sent=True) from refused
            raise refused
        if not progress.sent:
            failed = f"never sent: {failed}"
        elif operation.retry not in REPEATABLE:
            _unknown(operation, request, location_id, failed, None)
        raise kind(failed, sent=progress.sent, hint=None if progress.sent else _REACHABLE)

    def _decode(self, operation: Operation, reply: Reply, answer: type[ModelT]) -> ModelT:
        try:
            data = loads(reply.content)
            if not isinstance(data, dict):
                raise DecodeError(f"an object was expected, not {type(data).__name__}")
            if operation.retry in ONCE and not _like(answer, data):
                raise DecodeError(f"this is no {answer.__name__}")
            record: ModelT = answer._read(data)
        except DecodeError as error:
            error.operation = operation.name
            error.committed = operation.retry != "read"
            error.body = reply.content[:200].decode("utf-8", "replace")
            if error.committed:
                error.hint = "the service has accepted the write: don't send it again"
            raise
        if self._on_drift is not None:
            for drift in answer._drift(data):
                self._drifted(operation, drift)
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
        """Close the connections."""
        await self._http.aclose()


class View(Executor):
    """A pipeline as one location sees it."""

    def __init__(self, pipeline: Pipeline, location_id: str | None, defaults: Mapping[str, Any]):
        self.pipeline = pipeline
        self.location_id = location_id
        self.defaults = defaults

    async def send(self, call: Call, answer: type[ModelT]) -> ModelT:
        record = await self.pipeline.send(call, answer, self.location_id, self.defaults)
        assert record is not None  # an answer was asked for
        return record

    async def send_only(self, call: Call) -> None:
        await self.pipeline.send(call, None, self.location_id, self.defaults)

    def pager(
        self,
        operation: Operation,
        fetch: Callable[[int, int], Awaitable[Any]],
        *,
        page_size: int,
        cursor: str | None,
    ) -> Pager[Any]:
        from ..pagination import ListPager

        return ListPager(operation, fetch, page_size=page_size, cursor=cursor)


def _validated(call: Call, location_id: str | None, defaults: Mapping[str, Any]) -> Request:
    if call.key is not None or call.settle != "wait":
        # Taking a key without keeping its promise would be worse than refusing it.
        msg = "keyed writes are not part of this release, and nothing was sent"
        raise ConfigurationError(msg, hint="leave key= and settle= out")
    return build(call, location_id=location_id, defaults=defaults)


def _like(answer: type[Model], data: Mapping[str, Any]) -> bool:
    """Whether the data has anything of what such an answer always has."""
    return any(row.required and row.key in data for row in answer._fields)


def _positive(seconds: float, path: str) -> float:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds < 1e9:
        raise InvalidRequestError(f"{seconds!r} is no number of seconds above 0", path=path)
    return seconds


def _unknown(
    operation: Operation,
    request: Request,
    location_id: str | None,
    message: str,
    answered: APIStatusError | None,
) -> NoReturn:
    raise OutcomeUnknown(
        message,
        location_id=location_id,
        request=request.json,
        status=answered.status if answered else None,
        trace_id=answered.trace_id if answered else None,
        hint=_LOOK,
        operation=operation.name,
    ) from answered
