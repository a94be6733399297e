"""Generated: do not edit."""

from __future__ import annotations

from typing import Literal

from ..._convert import OpenEnum, choice


class LineItemType(OpenEnum):
    """Whether a line is charged once or at each occurrence."""

    ONE_TIME = "one_time"
    RECURRING = "recurring"


def as_line_item_type(value: LineItemType | Literal["one_time", "recurring"]) -> LineItemType:
    """The member of a value; an unknown text is refused."""
    return choice(LineItemType, value)


def as_optional_line_item_type(
    value: LineItemType | Literal["one_time", "recurring"] | None,
) -> LineItemType | None:
    """As `as_line_item_type`, and None stays None."""
    return None if value is None else choice(LineItemType, value)
