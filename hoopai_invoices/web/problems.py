"""What a browser is told of each error: a status, and problem details (RFC 9457).

The question behind each status is whether the same request may be sent again. Browsers' libraries
and proxies repeat 502, 503 and 504 on their own: so nothing that may have moved money gets one.
"""

from __future__ import annotations

import math
from typing import Any

from attrs import evolve, frozen

from .. import errors as e

__all__ = ["PROBLEMS", "Problem", "problem_of"]

KINDS = "urn:problem-type:hoopai-invoices:"


@frozen(kw_only=True)
class Problem:
    """What is answered to one kind of error, and to those below it that have no row of their own.

    Attributes:
        status: The HTTP status.
        name: What its `type` ends with.
        title: The same for every error of the kind.
        detail: What is said of it. None: the error's own message, in the service's words where it spoke.
        retry_after: Seconds for `Retry-After`, where the error doesn't know better; None: no header.
        members: What the body also tells, as attributes of the error.
    """

    status: int
    name: str
    title: str
    detail: str | None = None
    retry_after: int | None = None
    members: tuple[str, ...] = ()


_OURS = "The server can't do this now. Nobody but its operator can mend it."
# An earlier attempt may have been lost: what may be sent twice is sent again after that.
_LAST = "The service has refused the last attempt."

PROBLEMS: dict[type[e.HoopAIError], Problem] = {
    # It may have been done.
    e.OutcomeUnknown: Problem(
        status=202,
        name="outcome-unknown",
        title="Sent, and not known whether it was done",
        detail="Don't send it again without the same key: look first, some time later.",
        retry_after=30,  # the settle time that a client has by default
        members=("key", "location_id", "ids"),
    ),
    e.DuplicateDetected: Problem(
        status=409, name="duplicate", title="Done more than once", members=("key", "ids")
    ),
    e.TotalMismatch: Problem(status=409, name="total", title="Another total than expected"),
    # Nothing was sent.
    e.InvalidRequestError: Problem(
        status=422, name="invalid-request", title="This can't be sent", members=("path",)
    ),
    e.KeyReusedError: Problem(
        status=409,
        name="key-reused",
        title="The key stands for another request",
        members=("key", "record_id"),
    ),
    e.KeyBusy: Problem(
        status=409,
        name="key-busy",
        title="Another write goes first",
        detail="Send the same again, with the same key, when the other write is settled.",
        retry_after=30,
        members=("key",),
    ),
    e.QueueTimeoutError: Problem(
        status=503,
        name="busy",
        title="Too much to do",
        detail="There was no room for it in time.",
        retry_after=10,  # the window of the service's limit
    ),
    e.LedgerError: Problem(status=503, name="ledger", title="Out of order", detail=_OURS),
    e.TokenStoreError: Problem(status=503, name="token-store", title="Out of order", detail=_OURS),
    e.ClientClosedError: Problem(
        status=503,
        name="stopping",
        title="The server is stopping",
        detail="It makes no more calls.",
    ),
    e.ConfigurationError: Problem(
        status=500, name="configuration", title="Out of order", detail=_OURS
    ),
    # Nobody may, or not yet.
    e.ReauthorizationRequired: Problem(
        status=409,
        name="reauthorization",
        title="The connection to the location has to be made anew",
        detail="Somebody must consent again, at `install`.",
        members=("location_id", "company_id"),
    ),
    e.MissingScopeError: Problem(
        status=403,
        name="missing-scope",
        title="The connection lacks a scope",
        members=("scopes", "missing"),
    ),
    e.AuthenticationError: Problem(
        status=502,  # the user of the browser has done nothing wrong, and can't log in to mend it
        name="credentials",
        title="The service refuses the server's own credentials",
        detail=_OURS,
    ),
    e.LocationInactiveError: Problem(
        status=403, name="location-inactive", title="The location is suspended or deleted"
    ),
    e.PermissionDeniedError: Problem(status=403, name="forbidden", title="Not allowed"),
    e.RateLimitError: Problem(
        status=429,
        name="rate-limit",
        title="Too many requests",
        detail=_LAST,
        retry_after=10,
    ),
    e.DailyQuotaExceeded: Problem(
        status=429,
        name="daily-quota",
        title="Nothing is left for today",
        detail=_LAST,
        retry_after=3600,  # nobody tells when the day ends
    ),
    # The service has refused it.
    e.BadRequestError: Problem(status=400, name="refused", title="The service refuses it"),
    e.NotFoundError: Problem(status=404, name="not-found", title="There is no such record"),
    e.ConflictError: Problem(status=409, name="conflict", title="The record is busy"),
    e.UnprocessableEntityError: Problem(
        status=422, name="unprocessable", title="The service refuses the values"
    ),
    # The service, or the way to it, is out of order.
    e.APIStatusError: Problem(
        status=502, name="service", title="The service gives no answer that can be used"
    ),
    e.InternalServerError: Problem(
        status=502,
        name="service-failed",
        title="The service has failed",
        detail="It has answered the last attempt with a failure.",
    ),
    e.APIConnectionError: Problem(
        status=502,
        name="unreachable",
        title="The service can't be reached",
        detail="No answer came.",
    ),
    e.APITimeoutError: Problem(
        status=504, name="timeout", title="No answer in time", detail="No answer came in time."
    ),
    e.DecodeError: Problem(
        status=502,
        name="unreadable",
        title="The service's answer can't be read",
        detail="It isn't what this operation answers.",
    ),
    # The records aren't as was thought.
    e.LostUpdateError: Problem(
        status=409, name="changed-meanwhile", title="Another has changed the record"
    ),
    e.ListingShifted: Problem(
        status=409, name="listing-shifted", title="The list has changed: begin anew"
    ),
    e.FlowError: Problem(status=409, name="flow", title="This can't go on"),
    e.WaitTimeout: Problem(
        status=409, name="not-yet", title="It hasn't happened yet", detail="It may still happen."
    ),
    e.HoopAIError: Problem(status=500, name="error", title="Out of order", detail=_OURS),
}

COMMITTED = Problem(
    # 5xx would look as if it could be sent again.
    status=202,
    name="done-unreadable",
    title="Done, but its answer or its record can't be read",
    detail="Don't send it again: look at the record.",
    members=("key", "record_id"),
)
UNKEYED = evolve(
    PROBLEMS[e.OutcomeUnknown],
    detail="It had no key: don't send it again. Look whether it was done, some time later.",
    retry_after=None,
    members=("location_id", "ids"),
)


def problem_of(error: e.HoopAIError) -> Problem:
    """What is answered to an error."""
    if error.committed:
        return COMMITTED
    lost = isinstance(error, e.OutcomeUnknown) and error.key is None
    if lost or (isinstance(error, e.InternalServerError) and error.may_have_stored):
        return UNKEYED
    return next(PROBLEMS[kind] for kind in type(error).__mro__ if kind in PROBLEMS)


def body_of(error: e.HoopAIError, problem: Problem, kinds: str) -> dict[str, Any]:
    """The problem details of an error."""
    body: dict[str, Any] = {
        "type": kinds + problem.name,
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail or str(error.message),
        "operation": error.operation,
        "trace_id": getattr(error, "trace_id", None),
    }
    body |= {name: getattr(error, name, None) for name in problem.members}
    return {name: value for name, value in body.items() if value not in (None, (), "")}


def wait_of(error: e.HoopAIError, problem: Problem) -> int | None:
    """Whole seconds for `Retry-After`."""
    known: float | None = None
    if problem.retry_after is None:
        return None
    if isinstance(error, e.RateLimitError):
        known = error.retry_after
    elif isinstance(error, e.KeyBusy) and error.holder is not None:
        known = max(error.holder.look_in, error.holder.leased_for) or None
    if known is not None and math.isfinite(known):
        return max(math.ceil(known), 1)
    return problem.retry_after
