"""Generated: do not edit."""

from __future__ import annotations

from typing import Literal

from ..._convert import OpenEnum, choice


class ScheduleStatus(OpenEnum):
    """State of a schedule. Other spellings, such as 'canceled' or 'ended', have been reported."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    ACTIVE = "active"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


def as_schedule_status(
    value: ScheduleStatus | Literal["draft", "scheduled", "active", "completed", "cancelled"],
) -> ScheduleStatus:
    """The member of a value; an unknown text is refused."""
    return choice(ScheduleStatus, value)


def as_optional_schedule_status(
    value: ScheduleStatus
    | Literal["draft", "scheduled", "active", "completed", "cancelled"]
    | None,
) -> ScheduleStatus | None:
    """As `as_schedule_status`, and None stays None."""
    return None if value is None else choice(ScheduleStatus, value)
