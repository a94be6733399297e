"""Generated: do not edit."""

from __future__ import annotations

from typing import Literal

from ..._convert import OpenEnum, choice


class LateFeesMaxType(OpenEnum):
    """Kind of the cap on late fees; only an amount is possible."""

    FIXED = "fixed"


def as_late_fees_max_type(value: LateFeesMaxType | Literal["fixed"]) -> LateFeesMaxType:
    """The member of a value; an unknown text is refused."""
    return choice(LateFeesMaxType, value)


def as_optional_late_fees_max_type(
    value: LateFeesMaxType | Literal["fixed"] | None,
) -> LateFeesMaxType | None:
    """As `as_late_fees_max_type`, and None stays None."""
    return None if value is None else choice(LateFeesMaxType, value)
