"""Generated: do not edit."""

from __future__ import annotations

from typing import Literal

from ..._convert import OpenEnum, choice


class EstimateStatusFilter(OpenEnum):
    """States to list estimates by; 'all' means no filter."""

    ALL = "all"
    DRAFT = "draft"
    SENT = "sent"
    VIEWED = "viewed"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    INVOICED = "invoiced"


def as_estimate_status_filter(
    value: EstimateStatusFilter
    | Literal["all", "draft", "sent", "viewed", "accepted", "declined", "invoiced"],
) -> EstimateStatusFilter:
    """The member of a value; an unknown text is refused."""
    return choice(EstimateStatusFilter, value)


def as_optional_estimate_status_filter(
    value: EstimateStatusFilter
    | Literal["all", "draft", "sent", "viewed", "accepted", "declined", "invoiced"]
    | None,
) -> EstimateStatusFilter | None:
    """As `as_estimate_status_filter`, and None stays None."""
    return None if value is None else choice(EstimateStatusFilter, value)
