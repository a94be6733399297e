"""The tables, and the clock of the database."""

from __future__ import annotations

import re
from typing import Any

from attrs import frozen
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from ..errors import ConfigurationError

__all__ = ["Tables", "check_prefix", "now", "tables"]


class now(FunctionElement[float]):
    """The instant at which a row is looked at, in seconds since 1970, by the database's clock.

    Not a value that is sent along: a statement that has waited for another would come with an old
    one, and a lease would be over before its owner thinks so.
    """

    name = "now"
    type = Double()
    inherit_cache = True


@compiles(now, "sqlite")
def _now_of_the_machine(element: now, compiler: Any, **options: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(now, "postgresql")
def _now_of_the_server(element: now, compiler: Any, **options: Any) -> str:
    return "CAST(extract(epoch FROM clock_timestamp()) AS double precision)"


@frozen
class Tables:
    """The tables under a prefix.

    Attributes:
        prefix: What their names begin with.
        writes: A row per keyed write. Requests and what was read are JSON texts, digits unchanged.
        numbers: The last number of each series.
        version: A row per step of the migrations that was taken.
    """

    prefix: str
    metadata: MetaData
    writes: Table
    numbers: Table
    version: Table


def check_prefix(prefix: object, whose: str) -> None:
    """See whether it can begin the name of a table.

    Raises:
        ConfigurationError: It can't.
    """
    if not isinstance(prefix, str) or not re.fullmatch("[a-z_][a-z0-9_]{0,39}", prefix):
        msg = f"{prefix!r:.60} can't begin the names of the {whose}'s tables"
        hint = "1 to 40 of a-z, 0-9 and _, not beginning with a digit"
        raise ConfigurationError(msg, hint=hint)


def tables(prefix: str) -> Tables:
    """The tables, as the newest version of the package has them.

    Raises:
        ConfigurationError: The prefix can't begin the name of a table.
    """
    check_prefix(prefix, "ledger")
    metadata = MetaData()
    big = BigInteger().with_variant(Integer(), "sqlite")  # SQLite counts up an INTEGER alone

    def must(name: str, kind: Any = Text) -> Column[Any]:
        return Column(name, kind, nullable=False)

    def may(name: str, kind: Any = Text) -> Column[Any]:
        return Column(name, kind)

    writes = f"{prefix}writes"
    return Tables(
        prefix,
        metadata,
        Table(
            writes,
            metadata,
            Column("id", big, primary_key=True, autoincrement=True),
            *map(must, ("location_id", "operation", "key", "fingerprint", "state", "ids")),
            *map(may, ("request", "series", "number", "before", "record_id", "kept")),
            must("adopted", Boolean),
            must("attempts", Integer),
            *(may(name, Double) for name in ("first_sent_at", "sent_at")),
            may("held"),
            may("owner"),
            *(may(name, Double) for name in ("leased_until", "look_at")),
            *(must(name, Double) for name in ("created_at", "updated_at")),
            # NULLs are distinct: what has no number, record or turn is in nobody's way.
            UniqueConstraint("location_id", "operation", "key", name=f"{writes}_key"),
            UniqueConstraint("location_id", "series", "number", name=f"{writes}_number"),
            UniqueConstraint("location_id", "record_id", name=f"{writes}_record"),
            UniqueConstraint("location_id", "held", name=f"{writes}_held"),
            Index(f"{writes}_state", "state", "id"),
        ),
        Table(
            f"{prefix}numbers",
            metadata,
            Column("location_id", Text, primary_key=True),
            Column("series", Text, primary_key=True),
            must("last", BigInteger),
        ),
        Table(
            f"{prefix}version",
            metadata,
            Column("version", Integer, primary_key=True, autoincrement=False),
            must("applied_at", Double),
        ),
    )
