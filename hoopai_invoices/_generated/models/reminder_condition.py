"""Generated: do not edit."""

from __future__ import annotations

from typing import Literal

from ..._convert import OpenEnum, choice


class ReminderCondition(OpenEnum):
    """What a reminder counts from."""

    INVOICE_SENT = "invoice_sent"
    INVOICE_OVERDUE = "invoice_overdue"


def as_reminder_condition(
    value: ReminderCondition | Literal["invoice_sent", "invoice_overdue"],
) -> ReminderCondition:
    """The member of a value; an unknown text is refused."""
    return choice(ReminderCondition, value)


def as_optional_reminder_condition(
    value: ReminderCondition | Literal["invoice_sent", "invoice_overdue"] | None,
) -> ReminderCondition | None:
    """As `as_reminder_condition`, and None stays None."""
    return None if value is None else choice(ReminderCondition, value)
