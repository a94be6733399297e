"""What an answer means: the value, or which error of the tree."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from .._protocol import Operation
from ..errors import (
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    DailyQuotaExceeded,
    DecodeError,
    InternalServerError,
    LocationInactiveError,
    MissingScopeError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    UnprocessableEntityError,
)
from .codec import loads
from .http import Reply

__all__ = ["ONCE", "REPEATABLE", "error_of", "fate_unknown", "is_timeout", "trace_of"]

# What may be sent again without looking, and what must never be done twice.
REPEATABLE: Final = frozenset({"read", "replace", "remove"})
ONCE: Final = frozenset({"create", "notify", "pay"})

_BY_STATUS: Final[dict[int, type[APIStatusError]]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableEntityError,
    429: RateLimitError,
}
# A 500 with one of these was caused by the request, and nothing was stored.
_REFUSED_VALUE = re.compile(
    r"validation failed:|Path `[^`]+` is required|Cast to \w+ failed"
).search
# Its JavaScript missed a value: the caller's fault too, but it may have missed it after storing.
_MISSED_VALUE = re.compile(r"Cannot read propert|is not a function|is not iterable").search
_TIMED_OUT = re.compile(r"time[d]?[ -]?out", re.IGNORECASE).search
_LONGEST_MESSAGE = 1000
_HINTS: Final[dict[type[APIStatusError], str]] = {
    AuthenticationError: "the token is wrong, expired or revoked, or belongs to another environment",
    PermissionDeniedError: "the token belongs to another sub-account than this location_id",
    LocationInactiveError: "the sub-account is suspended or deleted; its agency can tell",
    NotFoundError: "no such record in this location, or it was deleted",
    ConflictError: "the record is being processed; read it again, then decide",
    DailyQuotaExceeded: "this app's quota for the location is used up until tomorrow",
    RateLimitError: "at most 100 requests in 10 seconds for an app in a location",
}


def error_of(operation: Operation, reply: Reply) -> APIStatusError:
    """The error that an answer other than 2xx stands for."""
    body: Any
    try:
        body = loads(reply.content)
    except DecodeError:
        body = reply.content.decode("utf-8", "replace")
    message = _message(body) or f"the service answered {reply.status}"
    quota = _quota(reply.headers)
    kind = _kind(reply.status, message, quota)
    error = kind(
        message,
        status=reply.status,
        body=body,
        headers=dict(reply.headers),
        trace_id=trace_of(body),
        quota=quota,
        operation=operation.name,
    )
    error.hint = _hint(operation, error)
    if isinstance(error, MissingScopeError):
        error.scopes = operation.scopes
    if isinstance(error, RateLimitError):
        error.retry_after = _seconds(reply.headers.get("retry-after"))
    return error


def fate_unknown(operation: Operation, error: APIStatusError) -> bool:
    """Whether a write that got this answer may have taken effect."""
    if operation.retry in REPEATABLE:
        return False
    if error.status == 501:
        return False  # "not implemented": nothing was done
    if error.status >= 500:
        return not _callers_fault(operation, error)
    # 303 is how a server says "done, look there"; 307 and 308 say "send it there instead".
    return error.status < 307 or error.status in (408, 499) or is_timeout(error)


def is_timeout(error: APIStatusError) -> bool:
    """A time-out in 401 clothes: a gateway of the service answers so."""
    return error.status == 401 and bool(_TIMED_OUT(error.message))


def _callers_fault(operation: Operation, error: APIStatusError) -> bool:
    if error.status != 500 or not isinstance(error.body, dict):
        return False
    if _REFUSED_VALUE(error.message):
        return True
    return operation.retry not in ONCE and bool(_MISSED_VALUE(error.message))


def trace_of(body: Any) -> str | None:
    """The service's trace id, when the body names one."""
    trace = body.get("traceId") if isinstance(body, dict) else None
    return trace if isinstance(trace, str) else None


def _message(body: Any) -> str:
    if not isinstance(body, dict):
        # A gateway's page, not JSON: its first words are enough.
        head = body[:2000] if isinstance(body, str) else ""
        return " ".join(re.sub(r"<[^<>]*>", " ", head).split())[:200]
    message = body.get("message") or body.get("error_description") or body.get("error") or ""
    parts = message[:20] if isinstance(message, list) else [message]
    return "; ".join(str(part)[:_LONGEST_MESSAGE] for part in parts)[:_LONGEST_MESSAGE]


def _kind(status: int, message: str, quota: Mapping[str, int]) -> type[APIStatusError]:
    lower = message.lower()
    if status in (400, 401, 403) and "location is not active" in lower:
        return LocationInactiveError
    if status == 401 and "scope" in lower:
        return MissingScopeError
    if status == 429 and quota.get("daily-remaining") == 0:
        return DailyQuotaExceeded
    if status >= 500:
        return InternalServerError
    return _BY_STATUS.get(status, APIStatusError)


def _hint(operation: Operation, error: APIStatusError) -> str | None:
    kind, status, message = type(error), error.status, error.message
    if kind is MissingScopeError:
        if not operation.scopes:
            return "the document asks no scope for this operation; please report it"
        listed = " and ".join(f"'{scope}'" for scope in operation.scopes)
        if operation.access == ("Location",):
            return f"it needs {listed} and the token of a location, no agency's"
        return f"it needs {listed}: tick it in the private integration, or add it to the app's scopes and install again"
    if "estimate_not_accepted" in message:
        return "only the customer can accept an estimate, on its page; then it can be converted"
    if kind is InternalServerError and _callers_fault(operation, error):
        return "the service answers 5xx for some invalid values: mend the request, repeating it is useless"
    if kind is AuthenticationError and operation.access == ("Location",):
        return "this operation takes only the token of a location, no agency's"
    if 300 <= status < 400:
        return (
            "redirects are not followed, so that no token reaches another host; is base_url right?"
        )
    return _HINTS.get(kind)


def _quota(headers: Mapping[str, str]) -> dict[str, int]:
    found = {}
    for name, value in headers.items():
        lower = name.lower()
        number = value.isascii() and value.isdigit() and len(value) <= 18
        if lower.startswith("x-ratelimit-") and number:
            found[lower.removeprefix("x-ratelimit-")] = int(value)
    return found


def _seconds(text: str | None) -> float | None:
    return float(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else None
