"""What the resources have in common: lines, searching and paging."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from ..call import Call
from ..errors import SandboxError
from ..state import Record, Shelf, State
from .days import day_end, day_start

__all__ = ["given", "lines", "page", "require_status", "visited", "window"]


_LONGEST = 18
_DAY = len("2026-01-31")
_NEVER = "9999-12-31T23:59:59.999Z"
_NUMBERS = ("invoiceNumber", "estimateNumber")


def given(body: Mapping[str, Any], names: Iterable[str]) -> Record:
    """Copies of the named properties that the caller gave (null is not given)."""
    return {name: copy.deepcopy(body[name]) for name in names if body.get(name) is not None}


def lines(state: State, items: Iterable[Mapping[str, Any]], **defaults: Any) -> list[Record]:
    """Stored lines: as sent, with what the service fills in and an id of their own."""
    return [
        {
            **copy.deepcopy(defaults),
            **{k: copy.deepcopy(v) for k, v in item.items() if v is not None},
            "_id": state.new_record_id(),
        }
        for item in items
    ]


def page(call: Call, shelf: Shelf, searched: Iterable[str]) -> list[Record]:
    """The location's records, newest first, that meet the filters every list has."""
    query, choices = call.query, call.state.choices
    found = [r for r in shelf.of(call.location.id, call.as_of) if not r.get("deleted")]
    if contact_id := query.get("contactId"):
        found = [r for r in found if (r.get("contactDetails") or {}).get("id") == contact_id]
    if query.get("startAt") or query.get("endAt"):
        field = "issueDate" if choices.list_dates == "issue" else "createdAt"
        in_period = _period(query.get("startAt"), query.get("endAt"), call.location.zone)
        # Templates have no day of issue.
        found = [r for r in found if in_period(r.get(field) or r["createdAt"])]
    if needle := query.get("search", "").casefold():
        names = (*searched, *(_NUMBERS if choices.search_numbers else ()))
        found = [r for r in found if any(needle in text for text in _texts(r, names))]
    return found


def window(call: Call, found: list[Record]) -> list[Record]:
    """The part of the matches that limit and offset ask for."""
    # No list is that long, and int() of a very long text is an error.
    start, size = (int(call.query[name][:_LONGEST]) for name in ("offset", "limit"))
    choices = call.state.choices
    if size > choices.largest_page and choices.larger_limit == "refused":
        raise SandboxError(422, [f"limit must not be greater than {choices.largest_page}"])
    return found[start : start + min(size, choices.largest_page)]


def require_status(record: Record, field: str, allowed: Iterable[str], message: str) -> None:
    """Refuse with a 400 what the record's state does not allow."""
    if record[field] not in allowed:
        raise SandboxError(400, message)


def visited(state: State, shelf: Shelf, record: Record) -> None:
    """Note that the customer opened the record."""
    shelf.change(record, lastVisitedAt=state.timestamp())


def _period(first: str | None, last: str | None, zone: ZoneInfo) -> Callable[[str], bool]:
    """Whether a stored day or instant lies between two calendar days of the zone."""
    # Both are texts that sort in the order of time, so nothing has to be parsed for each record.
    since, until = first or "", last or _NEVER
    from_instant = day_start(first, zone) if first else ""
    to_instant = day_end(last, zone) if last else _NEVER

    def within(text: str) -> bool:
        if len(text) == _DAY:
            return since <= text <= until
        return from_instant <= text <= to_instant

    return within


def _texts(record: Record, names: Iterable[str]) -> Iterator[str]:
    """What a search looks through."""
    contact = record.get("contactDetails") or {}
    values = (
        *(record.get(name) for name in names),
        *(contact.get(name) for name in ("name", "email", "phoneNo")),
    )
    return (str(value).casefold() for value in values if value is not None)
