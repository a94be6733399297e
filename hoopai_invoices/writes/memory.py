"""A ledger that lasts as long as its process: what a client has that was given none."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from typing import Any, Unpack

from attrs import define, evolve

from .._core.clock import Clock
from .entry import Changes, Entry, LeaseLost, NumberTaken, RecordOwned, Series, State, Taken

__all__ = ["MemoryLedger"]


@define(eq=False)
class _Row:
    """An entry, and the instants behind the seconds that it tells."""

    entry: Entry
    owner: str | None
    leased_until: float
    look_at: float

    def is_of(self, owner: str) -> bool:
        return self.owner == owner and self.entry.state != "done"

    def is_free(self, now: float) -> bool:
        """Whether nobody's lease on it lasts."""
        return self.owner is None or self.leased_until <= now


class MemoryLedger:
    """Keeps entries in this process: nothing outlives it, and no other process sees it.

    No method waits inside, so each is done at once. JSON values are kept as they are given: who
    hands them in, or gets them, must not change them.
    """

    def __init__(self, clock: Clock):
        self._clock = clock
        self._rows: dict[tuple[str, str, str], _Row] = {}
        self._order: list[_Row] = []
        self._numbers: dict[tuple[str, Series | None, str], _Row] = {}
        self._records: dict[tuple[str, str], _Row] = {}
        self._turns: dict[tuple[str, str], _Row] = {}
        self._last: dict[tuple[str, Series], int] = {}

    async def take(self, asked: Entry, owner: str, lease: float) -> Taken:
        now = self._clock.monotonic()
        id = _id_of(asked)
        row = self._rows.get(id)
        if row is None:
            row = _Row(
                evolve(asked, state="reserved", held=None, number=None, record_id=None),
                owner,
                now + lease,
                now + asked.look_in,
            )
            self._put(row, {"number": asked.number, "record_id": asked.record_id})
            self._rows[id] = row
            self._order.append(row)
            return Taken(self._told(row), mine=True)
        entry, mine = row.entry, row.owner == owner
        if entry.state == "done" or not (mine or row.is_free(now)):
            return Taken(self._told(row), mine=False)
        if entry.state == "refused" or (entry.state == "reserved" and not mine):
            self._let_go(row)
            row.entry = evolve(
                row.entry,
                fingerprint=asked.fingerprint,
                ids=asked.ids,
                request=asked.request,
                before=None,
                state="reserved",
            )
        elif entry.fingerprint != asked.fingerprint:
            return Taken(self._told(row), mine=False)
        row.owner, row.leased_until = owner, now + lease
        return Taken(self._told(row), mine=True)

    async def change(self, entry: Entry, owner: str, **changes: Unpack[Changes]) -> Entry:
        row = self._owned(entry, owner)
        now = self._clock.monotonic()
        fields: dict[str, Any] = {**changes}
        lease, look_in = fields.pop("lease", None), fields.pop("look_in", None)
        state = fields.get("state")
        lets_go = state in ("done", "refused") or "held" in fields
        fields.pop("held", None)
        if state == "done":
            fields["request"], lease = None, 0.0
        self._put(row, fields)
        if lets_go:
            self._let_go(row)
        if look_in is not None:
            row.look_at = now + look_in
        if lease is not None:
            row.owner, row.leased_until = (owner, now + lease) if lease > 0 else (None, now)
        return self._told(row)

    async def turn(self, entry: Entry, owner: str, turn: str) -> Entry | None:
        row = self._owned(entry, owner)
        holder = self._turns.get((entry.location_id, turn))
        if holder is row:
            return None
        if holder is not None:
            if holder.entry.state != "reserved" or not holder.is_free(self._clock.monotonic()):
                return self._told(holder)
            self._let_go(holder)
            holder.owner = None  # so that he who is late learns of it, before he sends
        self._let_go(row)
        row.entry = evolve(row.entry, held=turn)
        self._turns[entry.location_id, turn] = row
        return None

    async def next_number(self, location_id: str, series: Series, least: int) -> int:
        number = max(self._last.get((location_id, series), least - 1) + 1, least)
        self._last[location_id, series] = number
        return number

    async def owners(self, location_id: str, record_ids: Collection[str]) -> Mapping[str, Entry]:
        found = {one: self._records.get((location_id, one)) for one in record_ids}
        return {one: self._told(row) for one, row in found.items() if row}

    async def numbered(
        self, location_id: str, series: Series, numbers: Collection[str]
    ) -> Mapping[str, Entry]:
        found = {one: self._numbers.get((location_id, series, one)) for one in numbers}
        return {one: self._told(row) for one, row in found.items() if row}

    async def find(self, location_id: str, operation: str, key: str) -> Entry | None:
        row = self._rows.get((location_id, operation, key))
        return None if row is None else self._told(row)

    async def entries(
        self,
        *,
        state: State | None = None,
        location_id: str | None = None,
        operation: str | None = None,
    ) -> AsyncIterator[Entry]:
        for row in self._order:  # those that are added meanwhile come, too
            entry = row.entry
            if (
                state in (None, entry.state)
                and location_id in (None, entry.location_id)
                and operation in (None, entry.operation)
            ):
                yield self._told(row)

    def _owned(self, entry: Entry, owner: str) -> _Row:
        row = self._rows.get(_id_of(entry))
        if row is None or not row.is_of(owner):
            raise LeaseLost
        return row

    def _told(self, row: _Row) -> Entry:
        now = self._clock.monotonic()
        look_in = max(row.look_at - now, 0.0)
        leased_for = max(row.leased_until - now, 0.0) if row.owner is not None else 0.0
        return evolve(row.entry, look_in=look_in, leased_for=leased_for)

    def _put(self, row: _Row, fields: Mapping[str, Any]) -> None:
        """Set fields of a row, or none when one of them is another's."""
        old, new = row.entry, evolve(row.entry, **fields)
        place = new.location_id
        # As in a database, where no number belongs to nothing and none without a series is unique.
        numbered = (
            (place, new.series, new.number) if new.series and new.number is not None else None
        )
        recorded = (place, new.record_id) if new.record_id is not None else None
        if numbered and self._numbers.get(numbered, row) is not row:
            raise NumberTaken
        if recorded and self._records.get(recorded, row) is not row:
            raise RecordOwned
        if old.number is not None:
            self._numbers.pop((place, old.series, old.number), None)
        if old.record_id is not None:
            self._records.pop((place, old.record_id), None)
        if numbered:
            self._numbers[numbered] = row
        if recorded:
            self._records[recorded] = row
        row.entry = new

    def _let_go(self, row: _Row) -> None:
        """Give back the turn."""
        if row.entry.held is not None:
            del self._turns[row.entry.location_id, row.entry.held]
            row.entry = evolve(row.entry, held=None)


def _id_of(entry: Entry) -> tuple[str, str, str]:
    return entry.location_id, entry.operation, entry.key
