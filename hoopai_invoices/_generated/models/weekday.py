"""Generated: do not edit."""

from __future__ import annotations

from typing import Literal

from ..._convert import OpenEnum, choice


class Weekday(OpenEnum):
    """Day of the week."""

    MO = "mo"
    TU = "tu"
    WE = "we"
    TH = "th"
    FR = "fr"
    SA = "sa"
    SU = "su"


def as_weekday(value: Weekday | Literal["mo", "tu", "we", "th", "fr", "sa", "su"]) -> Weekday:
    """The member of a value; an unknown text is refused."""
    return choice(Weekday, value)


def as_optional_weekday(
    value: Weekday | Literal["mo", "tu", "we", "th", "fr", "sa", "su"] | None,
) -> Weekday | None:
    """As `as_weekday`, and None stays None."""
    return None if value is None else choice(Weekday, value)
