"""Generated: do not edit."""

from __future__ import annotations

from typing import Literal

from ..._convert import OpenEnum, choice


class AltType(OpenEnum):
    """What altId names; always a location."""

    LOCATION = "location"


def as_alt_type(value: AltType | Literal["location"]) -> AltType:
    """The member of a value; an unknown text is refused."""
    return choice(AltType, value)


def as_optional_alt_type(value: AltType | Literal["location"] | None) -> AltType | None:
    """As `as_alt_type`, and None stays None."""
    return None if value is None else choice(AltType, value)
