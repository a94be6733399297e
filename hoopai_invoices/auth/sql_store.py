"""Grants in SQLite or PostgreSQL (extras `ledger` and `ledger-postgres`)."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from importlib.util import find_spec
from typing import Any, Final

if not all(find_spec(name) for name in ("sqlalchemy", "greenlet")):
    msg = "a token store in a database is an extra: pip install 'hoopai-invoices[ledger]'"
    raise ImportError(msg)

from sqlalchemy import (
    Column,
    Connection,
    Dialect,
    Double,
    Executable,
    MetaData,
    Table,
    Text,
    bindparam,
    delete,
    inspect,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.types import TypeDecorator

from .._core.secret import Secret
from ..errors import TokenStoreError
from ..ledger.database import Keeper, connect_to
from ..ledger.schema import check_prefix, now

__all__ = ["SQLStore"]

_KEEPER: Final = Keeper("token store", TokenStoreError, patience=8.0, secret=True)


class SQLStore:
    """Keeps grants in SQLite, for the processes of one machine, or in PostgreSQL, for those of many.

    A table, `{prefix}tokens`, is made when it isn't there. SQLite is put into WAL mode; what is kept
    is on disk before `swap` says so. Leases go by the database's clock. It belongs to the event loop
    that uses it first; make it anew in each, and in a process that was forked.

    A file of SQLite that isn't there is made so that nobody else can read it; one that others can
    read is refused.

    Args:
        target: The path of a SQLite file, an address for SQLAlchemy, or an `AsyncEngine`, which
            isn't disposed of.
        prefix: What the name of its table begins with.
        durable: Whether a database that can't promise to keep what it was given is refused. False
            is for tests.

    Raises:
        ConfigurationError: It is no such database, or its driver is missing.
    """

    def __init__(
        self,
        target: str | os.PathLike[str] | AsyncEngine,
        *,
        prefix: str = "hoopai_",
        durable: bool = True,
    ):
        check_prefix(prefix, "token store")
        self._table = _table(prefix)
        self._database = connect_to(target, self._table, durable=durable, keeper=_KEEPER)
        self._mine = not isinstance(target, AsyncEngine)
        self._opening = asyncio.Lock()
        self._is_open = False
        t = self._table.c
        # Both take the same clauses.
        insert: Any = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[
            self._database.engine.dialect.name
        ](self._table)
        name, owner = bindparam("name_", type_=Text), bindparam("owner_", type_=Text)
        new = bindparam("new_", type_=_Hidden)
        until = now() + bindparam("seconds_", type_=Double)
        here = t.name == name
        is_old = t.value == bindparam("old_", type_=_Hidden)
        self._find = select(t.value).where(here, t.value.is_not(None))
        self._make = (
            insert.values(name=name, value=new)
            .on_conflict_do_update(
                index_elements=[t.name], set_={"value": new}, where=t.value.is_(None)
            )
            .returning(t.name)
        )
        self._replace = update(self._table).where(here, is_old).values(value=new).returning(t.name)
        self._remove = (
            update(self._table).where(here, is_old).values(value=null()).returning(t.name)
        )
        self._take = (
            insert.values(name=name, owner=owner, leased_until=until)
            .on_conflict_do_update(
                index_elements=[t.name],
                set_={"owner": owner, "leased_until": until},
                where=or_(t.owner.is_(None), t.owner == owner, t.leased_until <= now()),
            )
            .returning(t.name)
        )
        self._free = (
            update(self._table)
            .where(here, t.owner == owner)
            .values(owner=null(), leased_until=null())
            .returning(t.name)
        )
        self._sweep = (
            delete(self._table)
            .where(here, t.value.is_(None), or_(t.owner.is_(None), t.leased_until <= now()))
            .returning(t.name)
        )

    @staticmethod
    def metadata(prefix: str = "hoopai_") -> MetaData:
        """The table, for those who make it by their own migrations."""
        check_prefix(prefix, "token store")
        return _table(prefix).metadata

    async def aclose(self) -> None:
        """Close it. A second time does nothing."""
        await self._database.aclose()

    async def get(self, name: str) -> Secret | None:
        for row in await self._rows(self._find, name_=name):
            value: Secret = row.value
            return value
        return None

    async def swap(self, name: str, old: Secret | None, new: Secret | None) -> bool:
        if old is None:
            if new is None:
                return await self.get(name) is None
            return bool(await self._rows(self._make, name_=name, new_=new))
        if new is not None:
            return bool(await self._rows(self._replace, name_=name, old_=old, new_=new))
        if not await self._rows(self._remove, name_=name, old_=old):
            return False
        with suppress(TokenStoreError):  # it is removed all the same
            await self._rows(self._sweep, name_=name)
        return True

    async def lease(self, name: str, owner: str, seconds: float) -> bool:
        given = {"name_": name, "owner_": owner, "seconds_": seconds}
        return bool(await self._rows(self._take, **given))

    async def release(self, name: str, owner: str) -> None:
        if await self._rows(self._free, name_=name, owner_=owner):
            with suppress(TokenStoreError):
                await self._rows(self._sweep, name_=name)

    async def _rows(self, statement: Executable, **values: Any) -> Any:
        if not self._is_open:
            await self._ready()
        return await self._database.rows(statement, values)

    async def _ready(self) -> None:
        async with self._opening:
            if self._is_open:
                return
            await self._database.check()
            name = self._table.name
            if not await self._database.look(lambda c: inspect(c).has_table(name)):
                await self._database.alone(self._made, name)
            self._is_open = True

    def _made(self, connection: Connection) -> None:
        self._table.create(connection, checkfirst=True)


class _Shy(str):
    """A text that drivers and SQLAlchemy can log without showing it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret(…)"


class _Hidden(TypeDecorator[Secret]):
    """A text that is a `Secret` on this side, in the rows too, which an engine's echo may print."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Secret | None, dialect: Dialect) -> str | None:
        return None if value is None else _Shy(value.reveal())

    def process_result_value(self, value: str | None, dialect: Dialect) -> Secret | None:
        return None if value is None else Secret(value)


def _table(prefix: str) -> Table:
    return Table(
        f"{prefix}tokens",
        MetaData(),
        Column("name", Text, primary_key=True),
        Column("value", _Hidden),  # NULL: a lease of what isn't kept
        Column("owner", Text),
        Column("leased_until", Double),
    )
