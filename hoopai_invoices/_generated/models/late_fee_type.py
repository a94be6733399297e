"""Generated: do not edit."""

from __future__ import annotations

from typing import Literal

from ..._convert import OpenEnum, choice


class LateFeeType(OpenEnum):
    """Whether the late fee is an amount in major units or a percentage."""

    FIXED = "fixed"
    PERCENTAGE = "percentage"


def as_late_fee_type(value: LateFeeType | Literal["fixed", "percentage"]) -> LateFeeType:
    """The member of a value; an unknown text is refused."""
    return choice(LateFeeType, value)


def as_optional_late_fee_type(
    value: LateFeeType | Literal["fixed", "percentage"] | None,
) -> LateFeeType | None:
    """As `as_late_fee_type`, and None stays None."""
    return None if value is None else choice(LateFeeType, value)
