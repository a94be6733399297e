"""Generated: do not edit."""

from __future__ import annotations

from typing import Literal

from ..._convert import OpenEnum, choice


class TaxCalculation(OpenEnum):
    """How a tax is reckoned; 'exclusive' puts it on top of the amount."""

    EXCLUSIVE = "exclusive"


def as_tax_calculation(value: TaxCalculation | Literal["exclusive"]) -> TaxCalculation:
    """The member of a value; an unknown text is refused."""
    return choice(TaxCalculation, value)


def as_optional_tax_calculation(
    value: TaxCalculation | Literal["exclusive"] | None,
) -> TaxCalculation | None:
    """As `as_tax_calculation`, and None stays None."""
    return None if value is None else choice(TaxCalculation, value)
