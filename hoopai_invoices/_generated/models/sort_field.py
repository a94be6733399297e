"""Generated: do not edit."""

from __future__ import annotations

from typing import Literal

from ..._convert import OpenEnum, choice


class SortField(OpenEnum):
    """What invoices can be sorted by."""

    ISSUEDATE = "issueDate"


def as_sort_field(value: SortField | Literal["issueDate"]) -> SortField:
    """The member of a value; an unknown text is refused."""
    return choice(SortField, value)


def as_optional_sort_field(value: SortField | Literal["issueDate"] | None) -> SortField | None:
    """As `as_sort_field`, and None stays None."""
    return None if value is None else choice(SortField, value)
