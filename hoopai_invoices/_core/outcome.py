"""What an answer means: the value, or which error of the tree."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from .._protocol import Operation, TokenKind
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
from .headers import quota_of
from .http import Reply

__all__ = [
    "ONCE",
    "error_of",
    "is_callers_fault",
    "is_timeout",
    "may_have_stored",
    "missing_scope",
    "trace_of",
]

ONCE: Final = frozenset({"create", "notify", "pay"})  # what must never be done twice

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
# Its JavaScript missed a value: the caller's fault too, but perhaps after it had stored something.
_MISSED_VALUE = re.compile(
    r"Cannot (?:read|set) propert|is not a function|is not iterable|is not defined"
).search
_TIMED_OUT = re.compile(r"time[d]?[ -]?out", re.IGNORECASE).search
_LONGEST_MESSAGE = 1000
_LONGEST_BODY = 100_000  # of a gateway's page, kept with the error
_HINTS: Final[dict[type[APIStatusError], str]] = {
    AuthenticationError: "the token is wrong, expired or revoked, or belongs to another environment",
    PermissionDeniedError: "the token belongs to another sub-account than this location_id",
    LocationInactiveError: "the sub-account is suspended or deleted; its agency can tell",
    NotFoundError: "no such record in this location, or it was deleted",
    ConflictError: "the record is being processed; read it again, then decide",
    DailyQuotaExceeded: "this app's quota for the location is used up until tomorrow",
    RateLimitError: "at most 100 requests in 10 seconds for an app in a location",
}


_ADD_SCOPE = "it needs {}: tick it in the private integration (Settings > Private Integrations; the token stays the same), or add it to the app's scopes and have it installed again"
_ADD_LOCATION = "it needs {} and the token of a location, no agency's; an `OAuthApp` mints it"


def error_of(
    operation: Operation, reply: Reply, retry_after: float | None = None
) -> APIStatusError:
    """The error that an answer other than 2xx stands for."""
    body: Any
    try:
        body = loads(reply.content)
    except DecodeError:
        body = reply.content[:_LONGEST_BODY].decode("utf-8", "replace")
    message = _message(body) or f"the service answered {reply.status}"
    quota = quota_of(reply.headers)
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
        error.scopes = error.missing = operation.scopes
    if isinstance(error, InternalServerError):
        error.may_have_stored = may_have_stored(operation, error)
    if isinstance(error, RateLimitError):
        error.retry_after = retry_after
    return error


def missing_scope(
    operation: Operation, kind: TokenKind | None, granted: frozenset[str] | None
) -> MissingScopeError | None:
    """The error that the service would answer, when a token may not do this; None when it may.

    Args:
        operation: What is to be called.
        kind: Whose token it is, where that is known.
        granted: Its scopes, where they are known.
    """
    if kind is not None and kind not in operation.access:
        theirs = "an agency's" if kind == "Company" else "a location's"
        error = MissingScopeError(
            f"{theirs} token can't call it, only a {operation.access[0]} token can", status=401
        )
        error.scopes = operation.scopes
        error.hint = _ADD_LOCATION.format(_listed(operation.scopes) or "no scope")
    elif granted is None or all(scope in granted for scope in operation.scopes):
        return None
    else:
        missing = tuple(scope for scope in operation.scopes if scope not in granted)
        has = ", ".join(sorted(granted)) or "none at all"
        error = MissingScopeError(
            f"it needs {_listed(operation.scopes)}, and the token has {has}",
            status=401,
        )
        error.scopes, error.missing = operation.scopes, missing
        error.hint = _ADD_SCOPE.format(_listed(missing))
    error.granted, error.operation = granted, operation.name
    return error


def is_timeout(error: APIStatusError) -> bool:
    """A time-out in 401 clothes: a gateway of the service answers so."""
    return error.status == 401 and bool(_TIMED_OUT(error.message))


def is_callers_fault(error: APIStatusError) -> bool:
    """A 500 that is no failure of the service: its text tells what is wrong with the request."""
    told = error.status == 500 and isinstance(error.body, dict)
    return told and bool(_REFUSED_VALUE(error.message) or _MISSED_VALUE(error.message))


def may_have_stored(operation: Operation, error: APIStatusError) -> bool:
    """Whether the service may have missed a value only after it had made something."""
    once = operation.retry in ONCE and is_callers_fault(error)
    return once and not _REFUSED_VALUE(error.message)


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


def _listed(scopes: tuple[str, ...]) -> str:
    return " and ".join(f"'{scope}'" for scope in scopes)


def _hint(operation: Operation, error: APIStatusError) -> str | None:
    kind, status, message = type(error), error.status, error.message
    if kind is MissingScopeError:
        if not operation.scopes:
            return "the document asks no scope for this operation; please report it"
        if operation.access == ("Location",):
            return _ADD_LOCATION.format(_listed(operation.scopes))
        return _ADD_SCOPE.format(_listed(operation.scopes))
    if "estimate_not_accepted" in message:
        return "only the customer can accept an estimate, on its page; then it can be converted"
    if kind is InternalServerError and is_callers_fault(error):
        stored = may_have_stored(operation, error)
        look = ", and look first whether it was stored before it failed" if stored else ""
        return f"the service answers 500 to some invalid values: mend the request, repeating it is useless{look}"
    if kind is AuthenticationError and operation.access == ("Location",):
        return "this operation takes only the token of a location, no agency's"
    if 300 <= status < 400:
        return (
            "redirects are not followed, so that no token reaches another host; is base_url right?"
        )
    return _HINTS.get(kind)
