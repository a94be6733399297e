"""A database behind two calls: one statement that is kept when it returns, and one transaction.

Every statement is a transaction of its own, so none holds a lock while a program thinks, and none
reads what it later writes: there is nothing to retry but what was refused before it did anything.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final, NamedTuple, TypeVar
from zlib import crc32

from sqlalchemy import Connection, Executable, Row, Table, UniqueConstraint
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from ..errors import ConfigurationError, HoopAIError, LedgerError, WrongEventLoop

__all__ = ["LEDGER", "Broken", "Database", "Keeper", "connect_to"]

T = TypeVar("T")
_PAUSE: Final = 0.02  # before a statement that was refused for the moment is tried again
_DRIVERS: Final = {
    "sqlite": ("sqlite+aiosqlite", "ledger"),
    "postgresql": ("postgresql+asyncpg", "ledger-postgres"),
}
# Of PostgreSQL: the login, the database's name, what is missing or not allowed.
_SET_UP_WRONGLY: Final = ("28", "3D", "42")
_WITH_VALUES: Final = ("22", "23")  # data that doesn't fit
_FOR_THE_MOMENT: Final = ("40001", "40P01")  # could not serialize, deadlock: undone, and free again


class Broken(Exception):
    """A statement would have broken a unique constraint, and did nothing."""

    def __init__(self, constraint: str):
        super().__init__(constraint)
        self.constraint = constraint


class Keeper(NamedTuple):
    """Who keeps something in a database.

    Attributes:
        name: As its errors tell it.
        error: What it raises when the database has failed.
        patience: Seconds for which a statement waits for those of others.
        secret: Whether a file of SQLite that others can read is refused.
    """

    name: str
    error: type[HoopAIError]
    patience: float = 30.0
    secret: bool = False


LEDGER: Final = Keeper("ledger", LedgerError)


class Database(ABC):
    """An engine, in one event loop."""

    def __init__(self, engine: AsyncEngine, *, mine: bool, durable: bool, keeper: Keeper):
        self.engine = engine
        self._keeper = keeper
        self._mine = mine
        self._durable = durable
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    async def rows(
        self, statement: Executable, values: Mapping[str, Any] | None = None
    ) -> Sequence[Row[Any]]:
        """What a statement returns; what it has changed is on disk.

        Raises:
            Broken: It would have broken a unique constraint.
            HoopAIError: The database has failed; of the class that its keeper names.
            ConfigurationError: It isn't set up for this.
        """
        return await self._wholly(self._rows(statement, values or {}))

    async def alone(self, work: Callable[[Connection], T], lock: str) -> T:
        """Do something in a transaction, while nobody else does who asks for the same lock."""
        return await self._wholly(self._alone(work, lock))

    async def look(self, work: Callable[[Connection], T]) -> T:
        """Read with several statements, outside of a transaction."""
        return await self._wholly(self._look(work))

    async def aclose(self) -> None:
        """Let go of everything; an engine that was handed in stays usable."""
        self._closed = True
        if self._mine:
            await self.engine.dispose()

    @abstractmethod
    async def check(self) -> None:
        """Open it, if it isn't, and see whether it keeps what it is given."""

    @abstractmethod
    async def _rows(
        self, statement: Executable, values: Mapping[str, Any]
    ) -> Sequence[Row[Any]]: ...

    @abstractmethod
    async def _look(self, work: Callable[[Connection], T]) -> T: ...

    @abstractmethod
    async def _alone(self, work: Callable[[Connection], T], lock: str) -> T: ...

    @abstractmethod
    def _constraint(self, error: BaseException) -> str | None:
        """The unique constraint that an error of the driver speaks of."""

    @abstractmethod
    def _is_for_the_moment(self, error: BaseException) -> bool: ...

    @abstractmethod
    def _is_set_up_wrongly(self, error: BaseException) -> bool: ...

    @abstractmethod
    def _is_harmless(self, error: BaseException) -> bool:
        """Whether an error's first line never holds a value."""

    async def _wholly(self, work: Coroutine[Any, Any, T]) -> T:
        """Do it to its end, also when the caller is cancelled meanwhile.

        What is broken off may still take effect, and then behind the caller's next statement.
        """
        loop = asyncio.get_running_loop()
        if self._closed or (self._loop or loop) is not loop:
            work.close()
            if self._closed:
                raise self._keeper.error(f"the {self._keeper.name} was closed")
            msg = f"the {self._keeper.name} is used in another event loop than before"
            raise WrongEventLoop(msg, hint=f"make a {self._keeper.name} in each loop")
        self._loop = loop
        task = loop.create_task(work)
        cancelled: asyncio.CancelledError | None = None
        while not task.done():
            try:
                await asyncio.wait({task})
            except asyncio.CancelledError as error:
                cancelled = error
        if cancelled is not None:
            if not task.cancelled():
                task.exception()  # is known, and the caller has gone
            raise cancelled
        try:
            return task.result()
        except HoopAIError:
            raise
        except Exception as error:
            told = self._told(error)
        raise told  # and not the driver's error behind it, which holds the values

    async def _patiently(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Do it again as long as the database only says that it is busy."""
        ends = time.monotonic() + self._keeper.patience
        while True:
            try:
                return await work()
            except DBAPIError as error:
                if not self._is_for_the_moment(_driver_error(error)) or time.monotonic() > ends:
                    raise
            await asyncio.sleep(_PAUSE)

    def _told(self, error: Exception) -> Exception:
        """An error as the caller gets it: without the statement's values, which are customers'."""
        cause = _driver_error(error)
        if constraint := self._constraint(cause):
            return Broken(constraint)
        told = type(cause).__name__
        if self._is_harmless(cause) and (lines := str(cause).splitlines()):
            told = f"{told}: {lines[0]}"
        if self._is_set_up_wrongly(cause):
            return ConfigurationError(f"the {self._keeper.name}'s database can't be used ({told})")
        return self._keeper.error(f"the {self._keeper.name}'s database has failed ({told})")


class _SQLite(Database):
    """A file, and one connection to it: two of one process would only wait for each other.

    Raises:
        ConfigurationError: The SQLite of this Python is too old.
    """

    def __init__(self, engine: AsyncEngine, writes: Table, **settings: Any):
        super().__init__(engine, **settings)
        if sqlite3.sqlite_version_info < (3, 35):
            msg = f"this Python comes with SQLite {sqlite3.sqlite_version}"
            raise ConfigurationError(f"{msg}, the {self._keeper.name} needs 3.35")
        self._connection: AsyncConnection | None = None
        self._one = asyncio.Lock()  # who came first is first
        self._messages: dict[str, str] = {}
        for each in writes.constraints:
            if isinstance(each, UniqueConstraint):
                columns = ", ".join(f"{writes.name}.{one.name}" for one in each.columns)
                self._messages[f"UNIQUE constraint failed: {columns}"] = str(each.name)

    async def check(self) -> None:
        """Use WAL, so that readers and the writer don't wait for each other.

        With synchronous=FULL every statement waits for the disk. With NORMAL what was written
        survives the process, but the last of it not a power cut.
        """
        await self._wholly(self._opened())

    async def _opened(self) -> None:
        async with self._one:
            if self._connection is not None:
                return
            if self._mine:
                _keep_private(self.engine.url.database, self._keeper)
            connection = await self.engine.connect()
            try:
                await connection.execution_options(isolation_level="AUTOCOMMIT")
                for pragma in (
                    f"busy_timeout={int(self._keeper.patience * 1000)}",
                    "journal_mode=WAL",
                    f"synchronous={'FULL' if self._durable else 'NORMAL'}",
                    f"fullfsync={'ON' if self._durable else 'OFF'}",  # macOS has two kinds
                ):
                    mode = await self._patiently(partial(_pragma, connection, pragma))
                    if self._durable and mode in ("memory", "off"):
                        msg = f"a database with the journal {mode!r} forgets what it was given"
                        raise ConfigurationError(msg, hint="a file, or durable=False for tests")
            except BaseException:
                await connection.close()
                raise
            self._connection = connection

    async def aclose(self) -> None:
        self._closed = True
        async with self._one:  # behind what is under way
            connection, self._connection = self._connection, None
            if connection is not None:
                await connection.close()
        await super().aclose()

    async def _rows(self, statement: Executable, values: Mapping[str, Any]) -> Sequence[Row[Any]]:
        async with self._one:
            connection = self._open

            async def once() -> Sequence[Row[Any]]:
                return (await connection.execute(statement, values)).all()

            return await self._patiently(once)

    async def _look(self, work: Callable[[Connection], T]) -> T:
        async with self._one:
            connection = self._open
            return await self._patiently(lambda: connection.run_sync(work))

    async def _alone(self, work: Callable[[Connection], T], lock: str) -> T:
        async with self._one:
            connection = self._open

            async def once() -> T:
                await connection.exec_driver_sql("BEGIN IMMEDIATE")
                try:
                    done = await connection.run_sync(work)
                    await connection.exec_driver_sql("COMMIT")
                except BaseException:
                    with suppress(SQLAlchemyError):
                        await connection.exec_driver_sql("ROLLBACK")
                    raise
                return done

            return await self._patiently(once)

    @property
    def _open(self) -> AsyncConnection:
        assert self._connection is not None, "checked first"
        return self._connection

    def _constraint(self, error: BaseException) -> str | None:
        # SQLite names the columns, never a value.
        return self._messages.get(str(error)) if isinstance(error, sqlite3.IntegrityError) else None

    def _is_for_the_moment(self, error: BaseException) -> bool:
        return _sqlite_code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)

    def _is_set_up_wrongly(self, error: BaseException) -> bool:
        return _sqlite_code(error) in (
            sqlite3.SQLITE_CANTOPEN,
            sqlite3.SQLITE_NOTADB,
            sqlite3.SQLITE_PERM,
            sqlite3.SQLITE_READONLY,
        ) or "no such table" in str(error)

    def _is_harmless(self, error: BaseException) -> bool:
        return isinstance(error, sqlite3.Error)


class _PostgreSQL(Database):
    """A server, and a pool of connections to it."""

    def __init__(self, engine: AsyncEngine, **settings: Any):
        super().__init__(engine, **settings)
        self._single = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._several = engine.execution_options(isolation_level="READ COMMITTED")

    async def check(self) -> None:
        if self._durable:
            kept = await self.look(lambda c: c.exec_driver_sql("SHOW synchronous_commit").scalar())
            if kept == "off":
                whose = f"the {self._keeper.name}'s database"
                msg = f"{whose} answers before what it was given is on disk"
                hint = "synchronous_commit = on for the role, or durable=False for tests"
                raise ConfigurationError(msg, hint=hint)

    async def _rows(self, statement: Executable, values: Mapping[str, Any]) -> Sequence[Row[Any]]:
        async def once() -> Sequence[Row[Any]]:
            async with self._single.connect() as connection:
                return (await connection.execute(statement, values)).all()

        return await self._patiently(once)

    async def _look(self, work: Callable[[Connection], T]) -> T:
        async with self._single.connect() as connection:
            return await connection.run_sync(work)

    async def _alone(self, work: Callable[[Connection], T], lock: str) -> T:
        number = crc32(f"hoopai-invoices {lock}".encode())

        async def once() -> T:
            async with self._several.begin() as connection:
                await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({number})")
                return await connection.run_sync(work)

        return await self._patiently(once)

    def _constraint(self, error: BaseException) -> str | None:
        if _sqlstate(error) != "23505":  # unique_violation
            return None
        diagnosis = getattr(error, "diag", error)  # where psycopg has it, and where asyncpg
        return getattr(diagnosis, "constraint_name", None)

    def _is_for_the_moment(self, error: BaseException) -> bool:
        return _sqlstate(error) in _FOR_THE_MOMENT

    def _is_set_up_wrongly(self, error: BaseException) -> bool:
        return _sqlstate(error).startswith(_SET_UP_WRONGLY)

    def _is_harmless(self, error: BaseException) -> bool:
        state = _sqlstate(error)
        return isinstance(error, OSError) or bool(state and not state.startswith(_WITH_VALUES))


def _keep_private(database: str | None, keeper: Keeper) -> None:
    """Make a file that only its owner can read; SQLite's other files get the rights of this one.

    Raises:
        ConfigurationError: Others can read the one that is there, and it is to hold secrets.
    """
    path = (database or "").removeprefix("file:").partition("?")[0]
    if not path or path.startswith(":") or "mode=memory" in (database or ""):
        return
    with suppress(OSError):  # SQLite will say it
        opened = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        rights = os.fstat(opened).st_mode
        os.close(opened)
        if keeper.secret and os.name == "posix" and rights & (stat.S_IRWXG | stat.S_IRWXO):
            msg = f"others on this machine can get at the {keeper.name} in {path}"
            raise ConfigurationError(msg, hint=f"chmod 600 {path}*")


async def _pragma(connection: AsyncConnection, pragma: str) -> str | None:
    """Set it; what it says it is now, if anything."""
    answer = await connection.exec_driver_sql(f"PRAGMA {pragma}")
    return str(answer.scalar()) if answer.returns_rows else None


def connect_to(
    target: str | os.PathLike[str] | AsyncEngine,
    writes: Table,
    *,
    durable: bool,
    keeper: Keeper = LEDGER,
) -> Database:
    """The database behind an address, a path or an engine. Nothing is opened yet.

    Raises:
        ConfigurationError: It is none of these, or its driver isn't installed.
    """
    mine = not isinstance(target, AsyncEngine)
    engine = target if isinstance(target, AsyncEngine) else _engine(target, keeper)
    if engine.dialect.name == "sqlite":
        return _SQLite(engine, writes, mine=mine, durable=durable, keeper=keeper)
    if engine.dialect.name == "postgresql":
        return _PostgreSQL(engine, mine=mine, durable=durable, keeper=keeper)
    raise _unknown(keeper)


def _engine(target: object, keeper: Keeper) -> AsyncEngine:
    url = _url(target, keeper)
    name = url.get_backend_name()
    if name not in _DRIVERS:
        raise _unknown(keeper)
    with_driver, extra = _DRIVERS[name]
    if url.drivername == name:
        url = url.set(drivername=with_driver)
    settings: dict[str, Any] = {"hide_parameters": True}
    if name == "postgresql":
        settings["pool_pre_ping"] = True  # a server that was restarted costs nobody an error
    if url.drivername == "postgresql+asyncpg":
        patience = keeper.patience
        settings["connect_args"] = {"timeout": min(patience, 10), "command_timeout": patience}
    try:
        return create_async_engine(url, **settings)
    except ImportError:
        msg = f"the driver of {url.drivername} isn't installed"
        raise ConfigurationError(msg, hint=f"pip install 'hoopai-invoices[{extra}]'") from None
    except (SQLAlchemyError, TypeError, ValueError):
        raise _unknown(keeper) from None


def _url(target: object, keeper: Keeper) -> URL:
    """An address, whose name may lack the driver; a path is a SQLite file."""
    if isinstance(target, os.PathLike) or (isinstance(target, str) and "://" not in target):
        path = os.fspath(target)
        if not isinstance(path, str) or not path:
            raise _unknown(keeper)
        return URL.create("sqlite", database=path)
    if not isinstance(target, str):
        raise _unknown(keeper)
    if target.startswith("postgres://"):  # as hosts write it
        target = "postgresql" + target.removeprefix("postgres")
    try:
        return make_url(target)
    except (ArgumentError, ValueError):
        raise _unknown(keeper) from None


def _unknown(keeper: Keeper) -> ConfigurationError:
    # Neither the address nor an error that repeats it: a password may be in it.
    msg = f"that is no database for a {keeper.name}"
    hint = "a path, sqlite+aiosqlite:///…, postgresql+asyncpg://… or an AsyncEngine of these"
    return ConfigurationError(msg, hint=hint)


def _driver_error(error: Exception) -> BaseException:
    """What the driver itself has raised."""
    if not isinstance(error, DBAPIError) or error.orig is None:
        return error
    # asyncpg's errors stand behind those that SQLAlchemy makes of them.
    return error.orig.__cause__ or error.orig


def _sqlstate(error: BaseException | None) -> str:
    return getattr(error, "sqlstate", None) or ""


def _sqlite_code(error: BaseException) -> int | None:
    """The kind of an error, without its details."""
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF
