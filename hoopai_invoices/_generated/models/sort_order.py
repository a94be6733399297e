"""Generated: do not edit."""

from __future__ import annotations

from typing import Literal

from ..._convert import OpenEnum, choice


class SortOrder(OpenEnum):
    """Direction of sorting."""

    ASCEND = "ascend"
    DESCEND = "descend"


def as_sort_order(value: SortOrder | Literal["ascend", "descend"]) -> SortOrder:
    """The member of a value; an unknown text is refused."""
    return choice(SortOrder, value)


def as_optional_sort_order(
    value: SortOrder | Literal["ascend", "descend"] | None,
) -> SortOrder | None:
    """As `as_sort_order`, and None stays None."""
    return None if value is None else choice(SortOrder, value)
