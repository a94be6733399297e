"""Generated: do not edit."""

from __future__ import annotations

from typing import Literal

from ..._convert import OpenEnum, choice


class DiscountType(OpenEnum):
    """Whether the discount is a share of the sum or an amount in major units."""

    PERCENTAGE = "percentage"
    FIXED = "fixed"


def as_discount_type(value: DiscountType | Literal["percentage", "fixed"]) -> DiscountType:
    """The member of a value; an unknown text is refused."""
    return choice(DiscountType, value)


def as_optional_discount_type(
    value: DiscountType | Literal["percentage", "fixed"] | None,
) -> DiscountType | None:
    """As `as_discount_type`, and None stays None."""
    return None if value is None else choice(DiscountType, value)
