"""What the sandbox takes the service to do where nobody has told, and the limits it keeps."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import msgspec

__all__ = ["Choices", "Limits", "check"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """How open questions about the service are answered; each is a guess that can be turned.

    The defaults are the most plausible answers. A program that works under both values of a
    choice doesn't depend on the guess. `docs/sandbox.md` has the same list with the reasons.
    """

    posts_answer: Literal["201", "declared"] = "201"
    """Success of a POST: always 201, as clients report, or what the vendor's document declares."""
    late_refusals: Literal["500", "422"] = "500"
    """Status for what passes the service's own checks and fails behind them (recorded: 500)."""
    wrong_method: Literal["404", "405"] = "404"
    """Answer to a known path with a method it doesn't have."""
    suspended_status: Literal["400", "401"] = "400"
    """Status of "Location is not active"; both were seen."""
    company_calls: Literal["accepted", "refused"] = "accepted"
    """Whether a Company token may call the operations of a location, as declared."""
    visit_scope: Literal["none", "write"] = "none"
    """What the five operations that declare no scope ask for."""
    private_mints: Literal["refused", "accepted"] = "refused"
    """Whether a company's private integration token may mint Location tokens."""
    private_refusal: Literal["invalid_jwt", "own_text"] = "invalid_jwt"
    """What a private integration token that is unknown or dead gets: "Invalid JWT" as any other,
    or "Invalid Private Integration token"."""
    other_versions: Literal["refused", "accepted"] = "refused"
    """What a `Version` header gets that is none of those seen to work."""
    code_seconds: float = 600
    """How long an authorization code is good for."""
    access_seconds: float = 86399
    """How long an access token lives; `expires_in` says so in whole seconds, rounded down."""
    refresh_grace_seconds: float = 0
    """How long a used refresh token still gives the same answer."""
    refresh_life: Literal["year", "next_consent"] = "year"
    """How long an unused refresh token lives: a year, or until the same place consents again."""
    largest_page: int = 100
    """Records a list gives at most, however large its limit."""
    larger_limit: Literal["refused", "capped"] = "refused"
    """What a limit above `largest_page` gets: a 422, or a page of `largest_page`."""
    list_dates: Literal["issue", "creation"] = "issue"
    """Which day `startAt` and `endAt` of a list look at."""
    search_numbers: bool = False
    """Whether a list's search looks at invoice and estimate numbers."""
    invoice_number_type: Literal["string", "number"] = "string"
    """How an invoice's number stands in answers."""
    duplicate_invoice_number: Literal["accepted", "refused"] = "accepted"
    """Whether a second invoice may carry a number that is taken."""
    void_invoice: Literal["kept", "gone"] = "kept"
    """Whether a void invoice can still be read, or answers 404."""
    overpayment: Literal["refused", "accepted"] = "refused"
    """Whether more than the amount due can be recorded as paid. Only what is due is booked then."""
    payment_details: Literal["required", "optional"] = "required"
    """Whether a payment by card or cheque has to carry its `card` or `cheque`."""
    partial_floor: Literal["customer", "everyone"] = "customer"
    """Whom `minimumPercentagePartialPayment` of the settings binds: the customer's page alone, or
    recorded payments too."""
    second_conversion: Literal["accepted", "refused"] = "accepted"
    """Whether an accepted estimate that was converted with `markAsInvoiced` false converts again,
    when it is called for; `autoInvoice` doesn't look."""
    auto_invoice_seconds: float = 3
    """How long after acceptance the invoice of `autoInvoice` appears."""
    direct_payments: Literal["sent", "draft"] = "sent"
    """Status in which the invoice of `autoInvoice` arrives when its `directPayments` is true."""
    send_details: Literal["sent", "stored"] = "sent"
    """Whether an estimate created with `sendEstimateDetails` is sent."""
    schedule_invoices: Literal["draft", "sent"] = "draft"
    """Status in which the invoices of a schedule arrive."""
    schedule_invoices_as: Literal["objects", "ids"] = "objects"
    """How a schedule lists its invoices."""
    schedule_delay_seconds: float = 30
    """How long after its start a schedule that is due gives its first invoice."""
    cancelled_schedule: Literal["cancelled", "canceled", "draft"] = "cancelled"
    """Status of a schedule after its cancellation."""
    short_months: Literal["skip", "last_day"] = "skip"
    """What a rule for day 29, 30 or 31 does in a month without it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How often an app may call, for one location (or company). None lifts a limit."""

    burst: int | None = 100
    """Requests within `seconds`."""
    seconds: float = 10
    window: Literal["sliding", "fixed"] = "sliding"
    """Whether the window slides, or begins anew every `seconds`."""
    daily: int | None = 200_000
    """Requests a day (UTC)."""
    token_calls: int | None = 5
    """Calls of `/oauth/token` a minute, by client id."""
    mint_calls: int | None = None
    """Calls of `/oauth/locationToken` a minute, by client id; they count as requests besides."""


def check(options: Any, kind: type[Choices | Limits]) -> None:
    """Refuse options that would quietly mean something else.

    Raises:
        TypeError: They are of another kind.
        ValueError: A value is none that the option has.
    """
    if not isinstance(options, kind):
        msg = f"{options!r} is no {kind.__name__}"
        raise TypeError(msg)
    if options == kind():
        return
    given = asdict(options)
    msgspec.convert(given, kind)  # its error is a ValueError
    for name, value in given.items():
        if isinstance(value, int | float) and not isinstance(value, bool) and value < 0:
            msg = f"{name} must not be negative"
            raise ValueError(msg)
