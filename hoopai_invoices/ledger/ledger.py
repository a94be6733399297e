"""The ledger in a database: each method is one statement, unless somebody is in the way."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from types import TracebackType
from typing import Any, Final, Self, Unpack

from sqlalchemy import MetaData, Row
from sqlalchemy.ext.asyncio import AsyncEngine

from .._core.codec import dumps, loads
from ..errors import ConfigurationError
from ..writes.entry import (
    Changes,
    Entry,
    LeaseLost,
    NumberTaken,
    RecordOwned,
    Series,
    State,
    Taken,
)
from . import migrations
from .database import Broken, connect_to
from .schema import tables
from .statements import Statements

__all__ = ["SQLLedger"]

_TOGETHER: Final = 500  # entries that are read at once
_FRESH: Final = 0.1  # seconds for which entries that were read ahead are taken to be as they are
_JSON: Final = ("request", "before", "kept")


class SQLLedger:
    """Keeps the entries of keyed writes in SQLite or PostgreSQL.

    All who write for the same locations share one: SQLite for the processes of one machine,
    PostgreSQL for those of several. It belongs to the event loop that uses it first; make it anew
    in a process that was forked.

    SQLite is put into WAL mode, and every change waits for the disk. An engine that is handed in
    lends the ledger one connection of SQLite until it is closed, and is not disposed of.

    Leases go by the database's clock: PostgreSQL's server, or the machine of the SQLite file.
    Whoever sets it forward by minutes lets leases end early.

    Args:
        database: The path of a SQLite file, an address for SQLAlchemy, or an `AsyncEngine`.
        prefix: What the names of its tables begin with.
        migrate: Whether to make the tables, or bring them up to date, when it is opened.
        durable: Whether a change is on disk when it returns; a database that can't promise it is
            refused. False is for tests: what was written survives a killed process, but the last
            of it no power cut.

    Raises:
        ConfigurationError: It is no such database, or its driver is missing.
    """

    def __init__(
        self,
        database: str | os.PathLike[str] | AsyncEngine,
        *,
        prefix: str = "hoopai_",
        migrate: bool = True,
        durable: bool = True,
    ):
        self._tables = tables(prefix)
        self._database = connect_to(database, self._tables.writes, durable=durable)
        self._say = Statements(self._tables, self._database.engine.dialect.name)
        self._migrate = migrate
        self._opening = asyncio.Lock()
        self._is_open = False
        self._changes = 0

    @staticmethod
    def metadata(prefix: str = "hoopai_") -> MetaData:
        """The tables, for those who make them by their own migrations, and give `migrate=False`."""
        return tables(prefix).metadata

    async def __aenter__(self) -> Self:
        await self._ready()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close it. A second time does nothing."""
        await self._database.aclose()

    async def migrate(self) -> None:
        """Make the tables, or bring them up to date; many processes may at once.

        Raises:
            ConfigurationError: The tables are newer than the package.
        """
        async with self._opening:
            await self._check()
            await self._migrated()
            self._is_open = True

    async def take(self, asked: Entry, owner: str, lease: float) -> Taken:
        values: dict[str, Any] = {
            "location_id": asked.location_id,
            "operation": asked.operation,
            "key": asked.key,
            "fingerprint": asked.fingerprint,
            "ids": _text(asked.ids),
            "request": _text(asked.request),
            "series": asked.series,
            "number": asked.number,
            "before": _text(asked.before),
            "record_id": asked.record_id,
            "kept": _text(asked.kept),
            "adopted": asked.adopted,
            "attempts": asked.attempts,
            "first_sent_at": asked.first_sent_at,
            "sent_at": asked.sent_at,
            "look_in": asked.look_in,
            "owner": owner,
            "lease": lease,
        }
        while True:
            for row in await self._change(self._say.take, values):
                return Taken(_entry(row), mine=True)
            entry = await self.find(asked.location_id, asked.operation, asked.key)
            if entry is not None:  # else somebody has deleted it just now
                return Taken(entry, mine=False)

    async def change(self, entry: Entry, owner: str, **changes: Unpack[Changes]) -> Entry:
        values: dict[str, Any] = {**changes}
        for name in _JSON:
            if name in values:
                values[name] = _text(values[name])
        if "ids" in values:
            values["ids"] = _text(values["ids"])
        if values.get("state") in ("done", "refused"):
            values["held"] = None
        if values.get("state") == "done":
            values["request"], values["lease"] = None, 0.0
        if values.get("lease", 1.0) <= 0:
            values["owner"] = values["leased_until"] = None
            del values["lease"]
        statement = self._say.change(frozenset(values))
        for row in await self._change(statement, {**values, **_whose(entry, owner)}):
            return _entry(row)
        raise LeaseLost

    async def turn(self, entry: Entry, owner: str, turn: str) -> Entry | None:
        mine = {**_whose(entry, owner), "turn": turn}
        while True:
            try:
                if await self._change(self._say.turn, mine):
                    return None
            except Broken:  # somebody was faster, and stands there now
                pass
            holder, its = None, False
            for row in await self._read(self._say.around, mine):
                if row.held == turn:
                    holder = row
                if (row.operation, row.key) == (entry.operation, entry.key):
                    its = row.owner == owner and row.state != "done"
            if not its:
                raise LeaseLost
            if holder is None:
                continue
            sent_nothing = holder.state == "reserved" and _left(holder, holder.leased_until) <= 0
            if not sent_nothing:
                return _entry(holder)
            await self._change(self._say.let_go, {"id": holder.id, "turn": turn})

    async def next_number(self, location_id: str, series: Series, least: int) -> int:
        values = {"location_id": location_id, "series": series, "least": least}
        ((last,),) = await self._change(self._say.next_number, values)
        return int(last)

    async def owners(self, location_id: str, record_ids: Collection[str]) -> Mapping[str, Entry]:
        found: dict[str, Entry] = {}
        for some in _in_parts(record_ids):
            values = {"location": location_id, "some": some}
            for row in await self._read(self._say.owners, values):
                found[row.record_id] = _entry(row)
        return found

    async def numbered(
        self, location_id: str, series: Series, numbers: Collection[str]
    ) -> Mapping[str, Entry]:
        found: dict[str, Entry] = {}
        for some in _in_parts(numbers):
            values = {"location": location_id, "of": series, "some": some}
            for row in await self._read(self._say.numbered, values):
                found[row.number] = _entry(row)
        return found

    async def find(self, location_id: str, operation: str, key: str) -> Entry | None:
        values = {"location": location_id, "what": operation, "by": key}
        for row in await self._read(self._say.find, values):
            return _entry(row)
        return None

    async def entries(
        self,
        *,
        state: State | None = None,
        location_id: str | None = None,
        operation: str | None = None,
    ) -> AsyncIterator[Entry]:
        given = {"state": state, "location_id": location_id, "operation": operation}
        given = {name: value for name, value in given.items() if value is not None}
        statement = self._say.page(frozenset(given))
        after, size = 0, 1
        while True:
            page = await self._read(statement, {**given, "after": after, "size": size})
            read, seen = time.monotonic(), self._changes
            for row in page:
                is_old = self._changes != seen or time.monotonic() - read > _FRESH
                if is_old and row is not page[0]:
                    size = 1  # he takes his time, or changes some: little is worth reading ahead
                    break
                after = row.id
                yield _entry(row)
            else:
                if len(page) < size:
                    return
                size = min(2 * size, _TOGETHER)

    async def _read(self, statement: Any, values: Mapping[str, Any]) -> Any:
        if not self._is_open:
            await self._ready()
        given = {f"{name}_": value for name, value in values.items()}
        return await self._database.rows(statement, given)

    async def _change(self, statement: Any, values: Mapping[str, Any]) -> Any:
        try:
            return await self._read(statement, values)
        except Broken as error:
            # The third is a turn's, and known to him who asks for it.
            if error.constraint == f"{self._tables.writes.name}_number":
                raise NumberTaken from None
            if error.constraint == f"{self._tables.writes.name}_record":
                raise RecordOwned from None
            raise
        finally:
            self._changes += 1

    async def _ready(self) -> None:
        async with self._opening:
            if self._is_open:
                return
            await self._check()
            version = await self._database.look(
                lambda connection: migrations.version_of(connection, self._tables)
            )
            if version is not None and version < len(migrations.STEPS):
                if not self._migrate:
                    msg = f"the ledger's tables are of version {version}"
                    hint = f"await ledger.migrate() makes them {len(migrations.STEPS)}"
                    raise ConfigurationError(msg, hint=hint)
                await self._migrated()
            elif version is None and self._migrate:
                await self._migrated()  # which says what is wrong
            self._is_open = True

    async def _check(self) -> None:
        if not self._is_open:
            await self._database.check()

    async def _migrated(self) -> None:
        await self._database.alone(
            lambda connection: migrations.migrate(connection, self._tables), self._tables.prefix
        )


def _whose(entry: Entry, owner: str) -> dict[str, str]:
    return {
        "location": entry.location_id,
        "what": entry.operation,
        "by": entry.key,
        "whose": owner,
    }


def _in_parts(names: Collection[str]) -> Iterator[list[str]]:
    """All of them, no more at once than a statement takes."""
    every = list(names)
    for start in range(0, len(every), _TOGETHER):
        yield every[start : start + _TOGETHER]


def _text(value: Any) -> str | None:
    return None if value is None else dumps(value).decode()


def _json(text: str | None) -> Any:
    return None if text is None else loads(text)


def _left(row: Row[Any], until: float | None) -> float:
    """Seconds until an instant, by the clock that the row was read at."""
    return 0.0 if until is None else max(until - row.now, 0.0)


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        location_id=row.location_id,
        operation=row.operation,
        key=row.key,
        fingerprint=row.fingerprint,
        state=row.state,
        ids=tuple(loads(row.ids)),
        request=_json(row.request),
        series=row.series,
        number=row.number,
        before=_json(row.before),
        record_id=row.record_id,
        kept=_json(row.kept),
        adopted=row.adopted,
        attempts=row.attempts,
        first_sent_at=row.first_sent_at,
        sent_at=row.sent_at,
        held=row.held,
        look_in=_left(row, row.look_at),
        leased_for=_left(row, row.leased_until),
    )
