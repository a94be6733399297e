"""What invoices and estimates have in common: lines, searching and paging."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from .call import Call
from .days import day_of
from .errors import SandboxError
from .state import Record, State

__all__ = ["given", "lines", "page", "require_status", "visited", "window"]


_LONGEST = 18


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


def page(call: Call, shelf: Mapping[str, Record], searched: Iterable[str]) -> list[Record]:
    """The location's records, newest first, that meet the filters every list has."""
    query, zone = call.query, call.location.zone
    needle = query.get("search", "").casefold()
    found = []
    for record in reversed(list(shelf.values())):
        contact = record.get("contactDetails") or {}
        day = day_of(record["issueDate"], zone)
        texts = (
            *(str(record.get(name, "")) for name in searched),
            *(str(contact.get(name, "")) for name in ("name", "email", "phoneNo")),
        )
        if (
            record["altId"] == call.location.id
            and not record.get("deleted")
            and query.get("contactId") in (None, "", contact.get("id"))
            and (not query.get("startAt") or query["startAt"] <= day)
            and (not query.get("endAt") or day <= query["endAt"])
            and any(needle in text.casefold() for text in texts)
        ):
            found.append(record)
    return found


def window(call: Call, found: list[Record]) -> list[Record]:
    """The part of the matches that limit and offset ask for."""
    # No list is that long, and int() of a very long text is an error.
    start, size = (int(call.query[name][:_LONGEST]) for name in ("offset", "limit"))
    return found[start : start + size]


def require_status(record: Record, field: str, allowed: Iterable[str], message: str) -> None:
    """Refuse with a 400 what the record's state does not allow."""
    if record[field] not in allowed:
        raise SandboxError(400, message)


def visited(state: State, record: Record, field: str) -> bool:
    """Note that the customer opened the record; True when that turned `sent` into `viewed`."""
    record["lastVisitedAt"] = state.timestamp()
    if record[field] != "sent":
        return False
    record[field] = "viewed"
    return True
