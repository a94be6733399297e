"""Generated: do not edit."""

from __future__ import annotations

from typing import Literal

from ..._convert import OpenEnum, choice


class PaymentScheduleType(OpenEnum):
    """Whether the parts of a payment plan are amounts in major units or percentages of the
    total."""

    FIXED = "fixed"
    PERCENTAGE = "percentage"


def as_payment_schedule_type(
    value: PaymentScheduleType | Literal["fixed", "percentage"],
) -> PaymentScheduleType:
    """The member of a value; an unknown text is refused."""
    return choice(PaymentScheduleType, value)


def as_optional_payment_schedule_type(
    value: PaymentScheduleType | Literal["fixed", "percentage"] | None,
) -> PaymentScheduleType | None:
    """As `as_payment_schedule_type`, and None stays None."""
    return None if value is None else choice(PaymentScheduleType, value)
