"""Generated: do not edit."""

from __future__ import annotations

from typing import Literal

from ..._convert import OpenEnum, choice


class GraceInterval(OpenEnum):
    """Unit of the grace period; always days."""

    DAY = "day"


def as_grace_interval(value: GraceInterval | Literal["day"]) -> GraceInterval:
    """The member of a value; an unknown text is refused."""
    return choice(GraceInterval, value)


def as_optional_grace_interval(
    value: GraceInterval | Literal["day"] | None,
) -> GraceInterval | None:
    """As `as_grace_interval`, and None stays None."""
    return None if value is None else choice(GraceInterval, value)
