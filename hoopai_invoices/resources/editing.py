"""Safe edits: read a record, change it, write it back whole."""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from types import TracebackType
from typing import Any, Generic, TypeVar

from attrs import evolve

from .._model import UNSET, Model, Sending
from .._protocol import CallOptions
from ..errors import (
    APIConnectionError,
    DailyQuotaExceeded,
    InternalServerError,
    InvalidRequestError,
    LostUpdateError,
    QueueTimeoutError,
    RateLimitError,
)

__all__ = ["Edit", "id_of", "older"]

_ATTEMPTS = 3

UpdateT = TypeVar("UpdateT", bound=Model)
RecordT = TypeVar("RecordT", bound=Model)

_WHOLE = "give every field to update() instead, so that nothing is cleared by chance"


def as_written(record: Any, name: str) -> date | None:
    """A date as the service wrote it: the day of a date-time is the one that its text begins with."""
    value = getattr(record, name)
    return value.date() if isinstance(value, datetime) else value


class Edit(Generic[UpdateT, RecordT]):
    """A record that is being edited: `async with client.invoices.edit("…") as draft: …`

    The block gets the update as it would be sent to change nothing. What is set on it is changed; the
    end of the block sends the whole, since the service clears what is left out, and sends nothing
    when nothing was changed or when the block raised. What an update doesn't take isn't on it, so a
    type checker sees the mistake. Fields that the document doesn't know aren't sent, here as anywhere.

    Before it sends, it reads the record again: when its `updatedAt` has moved, another has changed it
    and `LostUpdateError` is raised; likewise before each further attempt, when an answer is lost.
    That is a best effort: the service has no compare-and-swap, and who writes between the second
    read and the write is overwritten. It costs two reads and a write.

    Attributes:
        record: The record: as it was read, and after the block as the service answered.
        changed: Whether the last block has changed it.
    """

    record: RecordT

    def __init__(
        self,
        name: str,
        kind: type[UpdateT],
        edited: str | RecordT,
        *,
        read: Callable[..., Awaitable[RecordT]],
        update: Callable[..., Awaitable[RecordT]],
        options: CallOptions | None,
        known: RecordT | None = None,
        day: Callable[[RecordT, str], date | None] = as_written,
        check: Callable[[RecordT, UpdateT], None] | None = None,
        left_out: frozenset[str] = frozenset(),
    ):
        """How to read and write it.

        Args:
            name: What errors call it.
            kind: The class of the update.
            edited: The id; or the record as it is known already, and an older one isn't edited.
            read: Reads a record by its id.
            update: Takes its id and the update's fields as keywords.
            options: What the calls do differently.
            known: A newer version than the one that is given.
            day: The calendar day that a date of the record stands for.
            check: Refuses what an update can say and the service wouldn't do.
            left_out: Fields that the service doesn't take from an update.
        """
        self.changed = False
        self._open = False
        self._name = name
        self._kind = kind
        self._id = id_of(edited, name)
        self._known = known or (None if isinstance(edited, str) else edited)
        self._read = read
        self._update = update
        self._options = options
        self._day = day
        self._check = check
        self._left_out = left_out

    async def __aenter__(self) -> UpdateT:
        if self._open:
            raise InvalidRequestError("is under way; make one for each block", operation=self._name)
        self._open, self.changed = True, False
        try:
            record = await self._read(self._id, options=self._options)
            if self._known is not None and older(record, self._known):
                msg = "the service still shows an older version than the one that is known"
                hint = "lists lag behind writes: try again in a moment"
                raise self._lost(msg, self._known, record, hint)
            self.record = record
            with self._named():
                self._draft = self._drafted(record)
        except BaseException:
            self._open = False
            raise
        self._before = self._draft.to_dict()
        return self._draft

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open = False
        if kind is not None or self._draft.to_dict() == self._before:
            return
        if self._check is not None:
            with self._named():
                self._check(self.record, self._draft)
        self.record = await self._written()
        self.changed = True

    async def _written(self) -> RecordT:
        """Write it, unless another has; look again before each attempt."""
        options = self._options or CallOptions()
        once, left = evolve(options, max_attempts=1), options.max_attempts or _ATTEMPTS
        fields = {row.name: getattr(self._draft, row.name) for row in self._kind._fields}
        lost = False
        while True:
            found = await self._read(self._id, options=self._options)
            if _moved(self.record, found):
                if lost and self._is_written(found):
                    return found
                msg = "another has changed it meanwhile, and nothing was sent"
                if lost:
                    msg = "another has changed it meanwhile, and an answer was lost"
                raise self._lost(msg, self.record, found, "edit it again")
            try:
                return await self._update(self._id, **fields, options=once)
            except (APIConnectionError, InternalServerError, RateLimitError) as error:
                left -= 1
                if not left or isinstance(error, QueueTimeoutError | DailyQuotaExceeded):
                    raise
                lost = True

    def _is_written(self, found: RecordT) -> bool:
        """Whether a record has what was to be written."""
        try:
            theirs = self._drafted(found)._write(Sending())
            return _holds(theirs, self._draft._write(Sending()))
        except InvalidRequestError:
            return False

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except InvalidRequestError as error:
            error.operation = self._name
            raise

    def _lost(self, msg: str, read: RecordT, found: RecordT, hint: str) -> LostUpdateError:
        error = LostUpdateError(msg, read, found, hint=hint)
        error.operation = self._name
        return error

    def _drafted(self, record: RecordT) -> UpdateT:
        """The update that changes nothing."""
        fields: dict[str, Any] = {}
        came = record._rest or {}
        names = frozenset(row.name for row in self._kind._fields) - self._left_out
        for place in _unreadable(record, names):
            msg = "came in a form that can't be read, and would be cleared"
            raise InvalidRequestError(msg, path=place, hint=_WHOLE)
        for row in self._kind._fields:
            value = getattr(record, row.name, None)
            if value is not None and row.type == "date":
                value = self._day(record, row.name)
            if value is None and (row.required or row.explicit) and row.key not in came:
                msg = "isn't in what the service answered, and would be cleared"
                raise InvalidRequestError(msg, path=row.name, hint=_WHOLE)
            # What is empty says nothing: tips that aren't set come as {}.
            empty = value is None or (isinstance(value, Model) and not value.to_dict())
            empty = empty or row.name in self._left_out
            fields[row.name] = UNSET if empty else copy.deepcopy(value)
        return self._kind(**fields)


def id_of(given: Any, name: str) -> str:
    """The id of what is given by its id or as a record.

    Raises:
        InvalidRequestError: It is neither.
    """
    found = given if isinstance(given, str) else getattr(given, "id", None)
    if not isinstance(found, str):
        raise InvalidRequestError(f"an id or a record is wanted, not {given!r:.60}", operation=name)
    return found


def older(record: Any, known: Any) -> bool:
    """Whether a record is surely an earlier version than another."""
    one, other = record.updated_at, known.updated_at
    if one is None or other is None or (one.tzinfo is None) != (other.tzinfo is None):
        return False
    return bool(one < other)


def _holds(found: Any, wanted: Any) -> bool:
    """Whether JSON has all that other JSON has; the service adds to what it is sent."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(
            key in found and _holds(found[key], value) for key, value in wanted.items()
        )
    if isinstance(wanted, list):
        return (
            isinstance(found, list)
            and len(found) == len(wanted)
            and all(map(_holds, found, wanted))
        )
    return bool(found == wanted)


def _moved(read: Any, found: Any) -> bool:
    if read.updated_at is None or found.updated_at is None:
        # Every answer has a trace id of its own.
        whole = [{**record.to_dict(), "traceId": None} for record in (read, found)]
        return whole[0] != whole[1]
    return bool(read.updated_at != found.updated_at)


def _unreadable(model: Model, names: frozenset[str] | None = None) -> Iterator[str]:
    """The places of fields that have a value which can't be read, and so couldn't be sent back."""
    lost = model.extra
    for row in model._fields:
        if row.response_only or (names is not None and row.name not in names):
            continue
        if row.key in lost:
            yield row.name
        value = getattr(model, row.name)
        for place, inner in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(inner, Model):
                where = row.name if place is None else f"{row.name}[{place}]"
                yield from (f"{where}.{path}" for path in _unreadable(inner))
