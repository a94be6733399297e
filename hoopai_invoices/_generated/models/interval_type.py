"""Generated: do not edit."""

from __future__ import annotations

from typing import Literal

from ..._convert import OpenEnum, choice


class IntervalType(OpenEnum):
    """Unit of a repetition."""

    YEARLY = "yearly"
    MONTHLY = "monthly"
    WEEKLY = "weekly"
    DAILY = "daily"
    HOURLY = "hourly"
    MINUTELY = "minutely"
    SECONDLY = "secondly"


def as_interval_type(
    value: IntervalType
    | Literal["yearly", "monthly", "weekly", "daily", "hourly", "minutely", "secondly"],
) -> IntervalType:
    """The member of a value; an unknown text is refused."""
    return choice(IntervalType, value)


def as_optional_interval_type(
    value: IntervalType
    | Literal["yearly", "monthly", "weekly", "daily", "hourly", "minutely", "secondly"]
    | None,
) -> IntervalType | None:
    """As `as_interval_type`, and None stays None."""
    return None if value is None else choice(IntervalType, value)
