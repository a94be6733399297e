"""Generated: do not edit."""

from __future__ import annotations

from typing import Literal

from ..._convert import OpenEnum, choice


class LateFeeInterval(OpenEnum):
    """Unit of the time after which a late fee is charged again; 'one_time' charges it once."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    ONE_TIME = "one_time"


def as_late_fee_interval(
    value: LateFeeInterval | Literal["minute", "hour", "day", "week", "month", "one_time"],
) -> LateFeeInterval:
    """The member of a value; an unknown text is refused."""
    return choice(LateFeeInterval, value)


def as_optional_late_fee_interval(
    value: LateFeeInterval | Literal["minute", "hour", "day", "week", "month", "one_time"] | None,
) -> LateFeeInterval | None:
    """As `as_late_fee_interval`, and None stays None."""
    return None if value is None else choice(LateFeeInterval, value)
