"""Generated: do not edit."""

from __future__ import annotations

from typing import Literal

from ..._convert import OpenEnum, choice


class RecurrenceEnd(OpenEnum):
    """How a repetition ends; 'by' goes with endDate, 'after' with count."""

    NEVER = "never"
    BY = "by"
    AFTER = "after"


def as_recurrence_end(value: RecurrenceEnd | Literal["never", "by", "after"]) -> RecurrenceEnd:
    """The member of a value; an unknown text is refused."""
    return choice(RecurrenceEnd, value)


def as_optional_recurrence_end(
    value: RecurrenceEnd | Literal["never", "by", "after"] | None,
) -> RecurrenceEnd | None:
    """As `as_recurrence_end`, and None stays None."""
    return None if value is None else choice(RecurrenceEnd, value)
