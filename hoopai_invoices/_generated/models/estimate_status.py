"""Generated: do not edit."""

from __future__ import annotations

from typing import Literal

from ..._convert import OpenEnum, choice


class EstimateStatus(OpenEnum):
    """State of an estimate. Only the customer can accept or decline."""

    DRAFT = "draft"
    SENT = "sent"
    VIEWED = "viewed"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    INVOICED = "invoiced"


def as_estimate_status(
    value: EstimateStatus | Literal["draft", "sent", "viewed", "accepted", "declined", "invoiced"],
) -> EstimateStatus:
    """The member of a value; an unknown text is refused."""
    return choice(EstimateStatus, value)


def as_optional_estimate_status(
    value: EstimateStatus
    | Literal["draft", "sent", "viewed", "accepted", "declined", "invoiced"]
    | None,
) -> EstimateStatus | None:
    """As `as_estimate_status`, and None stays None."""
    return None if value is None else choice(EstimateStatus, value)
