"""What the ledger asks of the database, each in one statement, so that none sees half of another."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Executable,
    and_,
    bindparam,
    case,
    exists,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from .schema import Tables, now

__all__ = ["Statements"]

_STAMPS = ("created_at", "updated_at")


class Statements:
    """The statements for one prefix and one kind of database."""

    def __init__(self, tables: Tables, dialect: str):
        # Both take the same clauses.
        insert: Any = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[dialect]
        self._writes = tables.writes
        w = self._w = tables.writes.c
        self._told = (*(one for one in w if one.name not in _STAMPS), now().label("now"))
        self._mine = and_(
            self._this(), w.owner == _given("whose"), w.state != "done"
        )  # with or without a lease that lasts: until another has taken it, nobody has
        self._free = or_(w.owner.is_(None), w.leased_until <= now())

        self.take: Executable = self._take(insert(tables.writes))
        self.find = select(*self._told).where(self._this())
        self.turn = self._turn()
        self.around = select(*self._told).where(
            w.location_id == _given("location"),
            or_(
                w.held == _given("turn"),
                and_(w.operation == _given("what"), w.key == _given("by")),
            ),
        )
        self.let_go = (
            update(tables.writes)
            .where(
                w.id == _given("id"),
                w.held == _given("turn"),
                w.state == "reserved",
                self._free,
            )
            # Not his any more either: who is late must learn of it before he sends.
            .values(held=None, owner=None, leased_until=None, updated_at=now())
            .returning(w.id)
        )
        self.owners = select(*self._told).where(
            w.location_id == _given("location"),
            w.record_id.in_(_given("some", expanding=True)),
        )
        self.numbered = select(*self._told).where(
            w.location_id == _given("location"),
            w.series == _given("of"),
            w.number.in_(_given("some", expanding=True)),
        )
        n = tables.numbers.c
        following, least = n.last + 1, _given("least", BigInteger)
        self.next_number = (
            insert(tables.numbers)
            .values(
                location_id=_given("location_id"),
                series=_given("series"),
                last=least,
            )
            .on_conflict_do_update(
                index_elements=[n.location_id, n.series],
                set_={"last": case((following > least, following), else_=least)},
            )
            .returning(n.last)
        )
        self.change = cache(self._change)
        self.page = cache(self._page)

    def _this(self) -> ColumnElement[bool]:
        w = self._w
        return and_(
            w.location_id == _given("location"),
            w.operation == _given("what"),
            w.key == _given("by"),
        )

    def _take(self, insert: Any) -> Any:
        """Insert it, or take it over; a row comes back when it is the owner's."""
        w, asked = self._w, insert.excluded
        given: dict[str, Any] = {
            name: _given(name)
            for name in w.keys()  # noqa: SIM118  # a collection of columns, not of names
            if name not in ("id", "state", "held", "leased_until", "look_at", *_STAMPS)
        }
        # Nothing was sent, so nothing is lost: it begins anew.
        anew = or_(
            w.state == "refused",
            and_(w.state == "reserved", or_(w.owner.is_(None), w.owner != asked.owner)),
        )

        def anew_or_old(column: ColumnElement[Any], new: Any) -> ColumnElement[Any]:
            return case((anew, new), else_=column)

        leased_until = now() + _given("lease")
        return (
            insert.values(
                **given,
                state="reserved",
                held=null(),
                leased_until=leased_until,
                look_at=now() + _given("look_in"),
                created_at=now(),
                updated_at=now(),
            )
            .on_conflict_do_update(
                index_elements=[w.location_id, w.operation, w.key],
                set_={
                    "fingerprint": asked.fingerprint,
                    "ids": anew_or_old(w.ids, asked.ids),
                    "request": anew_or_old(w.request, asked.request),
                    "before": anew_or_old(w.before, null()),
                    "held": anew_or_old(w.held, null()),
                    "state": anew_or_old(w.state, "reserved"),
                    "owner": asked.owner,
                    # Not the one of `asked`, from before it waited for the row.
                    "leased_until": leased_until,
                    "updated_at": now(),
                },
                where=and_(
                    w.state != "done",
                    or_(w.owner == asked.owner, self._free),
                    or_(w.fingerprint == asked.fingerprint, anew),
                ),
            )
            .returning(*self._told)
        )

    def _turn(self) -> Executable:
        other = self._writes.alias("other")
        taken = exists().where(
            other.c.location_id == _given("location"),
            other.c.held == _given("turn"),
            other.c.id != self._w.id,
        )
        return (
            update(self._writes)
            .where(self._mine, ~taken)
            .values(held=_given("turn"), updated_at=now())
            .returning(self._w.id)
        )

    def _change(self, names: frozenset[str]) -> Executable:
        set_: dict[str, Any] = {name: _given(name) for name in sorted(names)}
        if "lease" in set_:
            set_["leased_until"] = now() + set_.pop("lease")
        if "look_in" in set_:
            set_["look_at"] = now() + set_.pop("look_in")
        return (
            update(self._writes)
            .where(self._mine)
            .values(**set_, updated_at=now())
            .returning(*self._told)
        )

    def _page(self, names: frozenset[str]) -> Executable:
        w = self._w
        return (
            select(*self._told)
            .where(w.id > _given("after"), *(w[name] == _given(name) for name in names))
            .order_by(w.id)
            .limit(_given("size", BigInteger))
        )


def _given(name: str, type: Any = None, **options: Any) -> BindParameter[Any]:
    """What is handed in with the statement; a name of a column alone isn't allowed."""
    return bindparam(f"{name}_", type_=type, **options)
