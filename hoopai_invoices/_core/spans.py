"""OpenTelemetry, where its API package is installed: one span for a call, one event for an attempt."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from .._protocol import Operation
from .trace import Attempt

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

__all__ = ["CallSpan", "Spans"]

_log = logging.getLogger("hoopai_invoices")


class CallSpan:
    """What is told to the span of one call."""

    def __init__(self, span: Any):
        self._span = span

    def ended(self, attempts: Sequence[Attempt]) -> None:
        """How the call went."""
        if self._span is None:
            return
        with _guarded():
            for attempt in attempts:
                self._span.add_event("attempt", _said(attempt))
            if attempts and attempts[-1].status is not None:
                self._span.set_attribute("http.response.status_code", attempts[-1].status)
            if len(attempts) > 1:
                self._span.set_attribute("http.request.resend_count", len(attempts) - 1)


class Spans:
    """Spans around calls, of the kind CLIENT, named like the operation."""

    def __init__(self, tracer: Tracer, host: str):
        self._tracer = tracer
        self._host = host

    @classmethod
    def found(cls, version: str, host: str) -> Spans | None:
        """Spans, when OpenTelemetry is there."""
        try:
            from opentelemetry.trace import get_tracer
        except ImportError:
            return None
        return cls(get_tracer("hoopai_invoices", version), host)

    @contextmanager
    def call(self, operation: Operation, location_id: str | None) -> Iterator[CallSpan]:
        """The span of a call; an error marks it by its class, without its text."""
        from opentelemetry.trace import SpanKind, Status, StatusCode

        attributes = {
            "http.request.method": operation.method,
            "url.template": operation.path,
            "server.address": self._host,
            "hoopai.location_id": location_id or "",
        }
        context = self._tracer.start_as_current_span(
            operation.name,
            kind=SpanKind.CLIENT,
            attributes=attributes,
            record_exception=False,
            set_status_on_exception=False,
        )
        # Whatever a processor of somebody's does, a write that was done stays done.
        with _guarded() as entered:
            span = context.__enter__()
        if not entered:
            yield CallSpan(None)
            return
        try:
            yield CallSpan(span)
        except BaseException as error:
            with _guarded():
                span.set_attribute("error.type", type(error).__name__)
                span.set_status(Status(StatusCode.ERROR))
            raise
        finally:
            with _guarded():
                context.__exit__(None, None, None)


@contextmanager
def _guarded() -> Iterator[list[bool]]:
    """Log what fails in here, and go on; the list is empty when something did."""
    well = [True]
    try:
        yield well
    except Exception:
        well.clear()
        with suppress(Exception):
            _log.exception("OpenTelemetry failed")


def _said(attempt: Attempt) -> dict[str, str | int | float]:
    said = {
        "hoopai.attempt": attempt.number,
        "hoopai.seconds": attempt.seconds,
        "hoopai.waited": attempt.waited,
        "hoopai.pause": attempt.pause,
        "http.response.status_code": attempt.status,
        "hoopai.quota_left": attempt.quota_left,
        "hoopai.trace_id": attempt.trace_id,
    }
    return {name: value for name, value in said.items() if value is not None}
