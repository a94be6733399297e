"""Generated: do not edit."""

from __future__ import annotations

from typing import Literal

from ..._convert import OpenEnum, choice


class Month(OpenEnum):
    """Month of the year."""

    JAN = "jan"
    FEB = "feb"
    MAR = "mar"
    APR = "apr"
    MAY = "may"
    JUN = "jun"
    JUL = "jul"
    AUG = "aug"
    SEP = "sep"
    OCT = "oct"
    NOV = "nov"
    DEC = "dec"


def as_month(
    value: Month
    | Literal["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
) -> Month:
    """The member of a value; an unknown text is refused."""
    return choice(Month, value)


def as_optional_month(
    value: Month
    | Literal["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
    | None,
) -> Month | None:
    """As `as_month`, and None stays None."""
    return None if value is None else choice(Month, value)
