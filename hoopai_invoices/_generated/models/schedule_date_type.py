"""Generated: do not edit."""

from __future__ import annotations

from typing import Literal

from ..._convert import OpenEnum, choice


class ScheduleDateType(OpenEnum):
    """Whether the later parts follow at equal distances or on chosen days."""

    REGULAR_INTERVAL = "regular_interval"
    CUSTOM = "custom"


def as_schedule_date_type(
    value: ScheduleDateType | Literal["regular_interval", "custom"],
) -> ScheduleDateType:
    """The member of a value; an unknown text is refused."""
    return choice(ScheduleDateType, value)


def as_optional_schedule_date_type(
    value: ScheduleDateType | Literal["regular_interval", "custom"] | None,
) -> ScheduleDateType | None:
    """As `as_schedule_date_type`, and None stays None."""
    return None if value is None else choice(ScheduleDateType, value)
