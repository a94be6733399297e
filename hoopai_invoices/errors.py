"""Every error that the client raises: one tree.

```
HoopAIError
├── ConfigurationError            the client is set up wrongly
├── InvalidRequestError           refused before anything was sent (also a ValueError)
├── APIConnectionError            no answer
│   ├── APITimeoutError           no answer within the deadline
│   └── QueueTimeoutError         the limits left no room in time; nothing was sent
├── APIStatusError                the service answered with an error
│   ├── BadRequestError           400
│   ├── AuthenticationError       401
│   │   ├── MissingScopeError     401 that speaks of a scope, or known before sending
│   │   └── ReauthorizationRequired  the grant is dead: somebody must consent again
│   ├── PermissionDeniedError     403
│   ├── LocationInactiveError     400, 401 or 403 "Location is not active"
│   ├── NotFoundError             404
│   ├── ConflictError             409
│   ├── UnprocessableEntityError  422
│   ├── RateLimitError            429
│   │   └── DailyQuotaExceeded    429, and nothing left today
│   └── InternalServerError       5xx
├── OutcomeUnknown                a POST or PATCH was sent, and whether it took effect isn't known
├── KeyReusedError                a key was given before, to another request
├── KeyBusy                       another keyed write goes first; nothing was sent
├── LedgerError                   the ledger of keyed writes can't be read or written
├── TokenStoreError               the store of OAuth grants can't be read or written
├── DecodeError                   the answer can't be read
├── LostUpdateError               a record was changed by another since it was read
├── DuplicateDetected             several records where there must be one
├── ListingShifted                a listing can't be continued without losing or repeating records
├── TotalMismatch                 the service's total isn't the one that was worked out beforehand
├── FlowError                     a flow can't reach its end
│   ├── EstimateDeclined          the customer has declined the estimate
│   └── WaitTimeout               what was waited for hasn't happened in time
├── ClientClosedError             the client was closed
└── WrongEventLoop                the client is used in another event loop than before
```

Each carries the operation and a hint that says cause and cure; none carries a token. An error
before sending never leaves anything behind at the service. `asyncio.CancelledError` passes
through unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = [
    "APIConnectionError",
    "APIStatusError",
    "APITimeoutError",
    "AuthenticationError",
    "BadRequestError",
    "ClientClosedError",
    "ConfigurationError",
    "ConflictError",
    "DailyQuotaExceeded",
    "DecodeError",
    "DuplicateDetected",
    "EstimateDeclined",
    "FlowError",
    "HoopAIError",
    "InternalServerError",
    "InvalidRequestError",
    "KeyBusy",
    "KeyReusedError",
    "LedgerError",
    "ListingShifted",
    "LocationInactiveError",
    "LostUpdateError",
    "MissingScopeError",
    "NotFoundError",
    "OutcomeUnknown",
    "PermissionDeniedError",
    "QueueTimeoutError",
    "RateLimitError",
    "ReauthorizationRequired",
    "TokenStoreError",
    "TotalMismatch",
    "UnprocessableEntityError",
    "WaitTimeout",
    "WrongEventLoop",
]


class HoopAIError(Exception):
    """The root of the tree.

    Attributes:
        message: What happened, in one sentence.
        hint: Cause and cure in the user's words, or None.
        operation: The operation, such as "invoices.create", or None outside a call.
        attempts: How many requests were made before it.
        committed: True when the write that was asked for is done, and only its answer, or its record,
            can't be read: don't send it again. Of a keyed write that was done before, `key` and
            `record_id` say which.
    """

    attempts: int = 0
    committed: bool = False

    def __init__(self, message: str, *, hint: str | None = None, operation: str | None = None):
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.operation = operation

    def __str__(self) -> str:
        head = f"{self.operation}: " if self.operation else ""
        tail = f" ({self.hint})" if self.hint else ""
        return f"{head}{self.message}{tail}"

    def __reduce__(self) -> tuple[Any, ...]:
        # Keyword-only arguments don't survive the default pickling of exceptions.
        return _rebuild, (type(self), self.args, self.__dict__)


def _rebuild(kind: type[HoopAIError], args: tuple[Any, ...], state: dict[str, Any]) -> HoopAIError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class ConfigurationError(HoopAIError):
    """The client, or what it was given, is set up wrongly. Nothing was sent."""


class InvalidRequestError(HoopAIError, ValueError):
    """What was asked can't be sent, and nothing was: a wrong type, a missing field, a hostile id.

    Attributes:
        path: Where in the arguments, in their Python names: `items[0].amount`; "" for the whole.
    """

    def __init__(
        self, message: str, *, path: str = "", hint: str | None = None, operation: str | None = None
    ):
        super().__init__(message, hint=hint, operation=operation)
        self.path = path

    def under(self, name: str) -> InvalidRequestError:
        """The same error, seen from the object that holds this one under `name`."""
        dot = "" if not self.path or self.path.startswith("[") else "."
        self.path = f"{name}{dot}{self.path}"
        return self

    def __str__(self) -> str:
        text = super().__str__()
        if not self.path:
            return text
        head = f"{self.operation}: " if self.operation else ""
        return f"{head}{self.path}: {text.removeprefix(head)}"


class APIConnectionError(HoopAIError):
    """No answer came.

    A POST or PATCH that ends so was never written; one that may have been is `OutcomeUnknown`. A
    PUT or DELETE may have taken effect, and can be sent again.

    Attributes:
        sent: Whether any of the request was written.
    """

    def __init__(
        self,
        message: str,
        *,
        sent: bool = False,
        hint: str | None = None,
        operation: str | None = None,
    ):
        super().__init__(message, hint=hint, operation=operation)
        self.sent = sent


class APITimeoutError(APIConnectionError):
    """No answer within the deadline; what `APIConnectionError` says of writes holds here too."""


class QueueTimeoutError(APIConnectionError):
    """The location's limits, or other calls, left no room within `queue_timeout`. Nothing was sent."""


class APIStatusError(HoopAIError):
    """The service answered with an error.

    Attributes:
        status: The HTTP status.
        body: The answer as read from JSON, or its text when it isn't JSON.
        headers: The answer's headers, lower case.
        trace_id: The service's `traceId`, to name when asking its support; None when it gave none.
        quota: The `X-RateLimit-*` headers of the answer, as numbers where they are numbers.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        trace_id: str | None = None,
        quota: Mapping[str, int] | None = None,
        hint: str | None = None,
        operation: str | None = None,
    ):
        super().__init__(message, hint=hint, operation=operation)
        self.status = status
        self.body = body
        self.headers = dict(headers or {})
        self.trace_id = trace_id
        self.quota = dict(quota or {})

    def __str__(self) -> str:
        trace = f" [trace {self.trace_id}]" if self.trace_id else ""
        return f"{super().__str__()} [status {self.status}]{trace}"


class BadRequestError(APIStatusError):
    """400: a rule of the service was broken; the message says which."""


class AuthenticationError(APIStatusError):
    """401: the token is wrong, expired or revoked."""


class MissingScopeError(AuthenticationError):
    """The token lacks a scope. Refreshing it doesn't help, and isn't tried.

    The service answers 401 to it. Where the token's scopes are known, the client says so itself, and
    nothing is sent (`attempts` is 0).

    Attributes:
        scopes: The scopes that the operation needs.
        missing: Those of them that the token lacks; all of `scopes` where nobody has told.
        granted: The scopes that the token has; None where nobody has told.
    """

    scopes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    granted: frozenset[str] | None = None


class ReauthorizationRequired(AuthenticationError):
    """The grant is dead: uninstalled, revoked, or its refresh token was used up elsewhere.

    No call can mend it: somebody must consent again, at `OAuthApp.authorization_url(…)`.

    Attributes:
        location_id: The sub-account whose grant it was, or that a token was wanted for.
        company_id: The agency whose grant it was; None for a sub-account's own.
    """

    location_id: str | None = None
    company_id: str | None = None


class PermissionDeniedError(APIStatusError):
    """403: the token has no access to this location."""


class LocationInactiveError(APIStatusError):
    """The sub-account is suspended or deleted."""


class NotFoundError(APIStatusError):
    """404: no such record in this location, or no longer."""


class ConflictError(APIStatusError):
    """409: the record is busy; read it again before trying again."""


class UnprocessableEntityError(APIStatusError):
    """422: the service refused the values; the message names them."""


class RateLimitError(APIStatusError):
    """429: too many requests in the last ten seconds. Nothing was done.

    Attributes:
        retry_after: Seconds to wait, when the service said so.
    """

    retry_after: float | None = None


class DailyQuotaExceeded(RateLimitError):
    """429, and the day's quota of this app in this location is used up."""


class InternalServerError(APIStatusError):
    """5xx. Its text may still be a validation message: then the request is wrong, not the service.

    Attributes:
        may_have_stored: Whether the service may have failed only after it had stored something: look
            before sending it again.
    """

    may_have_stored: bool = False


class OutcomeUnknown(HoopAIError):
    """A POST or PATCH was sent and its fate is unknown: it may have taken effect, or still do so.

    Sending it again could do it twice: a second invoice, a second payment. Look first, some time
    later, whether it took effect.

    Attributes:
        location_id: Where the write was sent.
        ids: The ids in its path.
        request: The body that was sent, as JSON values.
        key: The key that the write was given.
        sent_at: When its last attempt was sent, in seconds since 1970 (UTC).
        status: The status of the answer, when one came.
        trace_id: The service's `traceId`, when the answer had one.
        estimate_invoiced: Of a conversion, whether the estimate counts as invoiced; None when that
            isn't known either.
    """

    estimate_invoiced: bool | None = None
    fingerprint: str | None = None  # of what was asked under the key

    def __init__(
        self,
        message: str,
        *,
        location_id: str | None = None,
        ids: tuple[str, ...] = (),
        request: Any = None,
        key: str | None = None,
        sent_at: float | None = None,
        status: int | None = None,
        trace_id: str | None = None,
        hint: str | None = None,
        operation: str | None = None,
    ):
        super().__init__(message, hint=hint, operation=operation)
        self.location_id = location_id
        self.ids = ids
        self.request = request
        self.key = key
        self.sent_at = sent_at
        self.status = status
        self.trace_id = trace_id


class KeyReusedError(HoopAIError):
    """The key was given before, in this location, to a request with another content. Nothing was sent.

    Attributes:
        key: The key.
        record_id: What was made under it, if anything was.
    """

    key: str = ""
    record_id: str | None = None


class KeyBusy(HoopAIError):
    """Nothing was sent: another keyed write of the same record is unsettled, and goes first.

    Attributes:
        key: The key that was to be used; it is free.
        holder: The entry of the other write, for `client.writes.settle` or `resolve`.
    """

    key: str = ""
    holder: Any = None


class LedgerError(HoopAIError):
    """The ledger of keyed writes has failed. No write is sent that it can't put on record first."""


class TokenStoreError(HoopAIError):
    """The store of OAuth grants can't be read or written. No token is used that isn't kept."""


class DecodeError(HoopAIError):
    """An answer can't be read as what the operation answers.

    Attributes:
        path: Where in the body, as JSON keys: `invoices[3].total`; "" for the whole.
        committed: True when the service had already accepted a write: don't send it again.
        body: The beginning of the body, for the bug report.
    """

    def __init__(
        self,
        message: str,
        *,
        path: str = "",
        committed: bool = False,
        body: str = "",
        hint: str | None = None,
        operation: str | None = None,
    ):
        super().__init__(message, hint=hint, operation=operation)
        self.path = path
        self.committed = committed
        self.body = body

    def under(self, key: str) -> DecodeError:
        """The same error, seen from the object that holds this one under `key`."""
        dot = "" if not self.path or self.path.startswith("[") else "."
        self.path = f"{key}{dot}{self.path}"
        return self

    def __str__(self) -> str:
        text = super().__str__()
        return f"{text} at {self.path}" if self.path else text


class LostUpdateError(HoopAIError):
    """The record isn't the one that was read: to write it back would undo another's change.

    Nothing was sent; or, where the message speaks of a lost answer, a write was sent before the other's
    change was seen, and may or may not have been stored.

    Attributes:
        read: The record as it was read, or known.
        found: The record as the service shows it now.
    """

    def __init__(self, message: str, read: Any, found: Any, *, hint: str | None = None):
        super().__init__(message, hint=hint)
        self.read = read
        self.found = found


class DuplicateDetected(HoopAIError):
    """There are several records where there must be one. Nothing was deleted or changed.

    Attributes:
        ids: Their ids.
        key: The key of the write that made them, if it had one.
        location_id: Where it was sent.
    """

    key: str | None = None
    location_id: str | None = None

    def __init__(
        self,
        message: str,
        ids: tuple[str, ...],
        *,
        hint: str | None = None,
        operation: str | None = None,
    ):
        super().__init__(f"{message}: {', '.join(ids)}", hint=hint, operation=operation)
        self.ids = ids


class ListingShifted(HoopAIError):
    """The list changed, or was answered, in a way that can't be continued without losing records."""


class TotalMismatch(HoopAIError):
    """The service's total isn't the one that was worked out beforehand.

    Attributes:
        expected: What was worked out, in major units.
        actual: What the service says; None when it says nothing.
        currency: Three letters.
    """

    def __init__(self, expected: Any, actual: Any, currency: str):
        super().__init__(f"{actual} {currency} isn't {expected} {currency}")
        self.expected = expected
        self.actual = actual
        self.currency = currency
        self.hint = "the service's total is what counts: look at its lines, taxes and discount"


class FlowError(HoopAIError):
    """A flow can't reach its end; the message says why.

    Attributes:
        record: The record it is about, as it was seen last; None when it wasn't seen.
    """

    def __init__(
        self,
        message: str,
        record: Any = None,
        *,
        hint: str | None = None,
        operation: str | None = None,
    ):
        super().__init__(message, hint=hint, operation=operation)
        self.record = record


class EstimateDeclined(FlowError):
    """The customer has declined the estimate."""


class WaitTimeout(FlowError):
    """What was waited for hasn't happened in time; it may still happen."""


class ClientClosedError(HoopAIError):
    """The client was closed; make a new one."""


class WrongEventLoop(HoopAIError):
    """The client was used in another event loop, or made in another process; nothing was sent."""
