"""Generated: do not edit."""

from __future__ import annotations

from typing import Literal

from ..._convert import OpenEnum, choice


class ReminderTime(OpenEnum):
    """Whether a reminder goes out before or after the day it counts from."""

    BEFORE = "before"
    AFTER = "after"


def as_reminder_time(value: ReminderTime | Literal["before", "after"]) -> ReminderTime:
    """The member of a value; an unknown text is refused."""
    return choice(ReminderTime, value)


def as_optional_reminder_time(
    value: ReminderTime | Literal["before", "after"] | None,
) -> ReminderTime | None:
    """As `as_reminder_time`, and None stays None."""
    return None if value is None else choice(ReminderTime, value)
