"""The ledger's contract, in memory, in SQLite and in PostgreSQL; and what databases add to it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from traceback import format_exception
from typing import Any, cast, get_args

import pytest
from attrs import fields
from databases import Postgres, postgres  # noqa: F401  # a fixture
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule
from sqlalchemy import Connection, Executable, inspect, text
from sqlalchemy.ext.asyncio import create_async_engine
from strategies import ODDITIES, cases, text_of

from hoopai_invoices._core.clock import SystemClock
from hoopai_invoices.errors import ConfigurationError, LedgerError, WrongEventLoop
from hoopai_invoices.ledger import SQLLedger, migrations
from hoopai_invoices.writes.entry import (
    STATES,
    Entry,
    LeaseLost,
    Ledger,
    NumberTaken,
    RecordOwned,
    Series,
    State,
)
from hoopai_invoices.writes.memory import MemoryLedger

pytestmark = pytest.mark.anyio

PLACE = "ve9EPM428h8vShlRW1KT"
KINDS = ["memory", "sqlite", "postgres"]
LONG = 1000.0
SECRET = "hunter2"


class Clock(SystemClock):
    """A clock that stands until it is moved."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now


class World:
    """A ledger whose time a test can let pass."""

    def __init__(self, ledger: Ledger, clock: Clock | None = None):
        self.ledger = ledger
        self._clock = clock

    async def wait(self, seconds: float) -> None:
        """Let time pass; in a database, all instants lie back further than before."""
        if self._clock is not None:
            self._clock.now += seconds
            return
        ledger = cast(SQLLedger, self.ledger)
        writes = ledger._tables.writes
        c = writes.c
        back = writes.update().values(
            leased_until=c.leased_until - seconds, look_at=c.look_at - seconds
        )
        await run(ledger, back)

    async def reach(self, state: State, owner: str, **changes: Any) -> Entry:
        """An entry of the key "k" in this state, that is the owner's for LONG."""
        entry = (await self.ledger.take(asked(), owner, LONG)).entry
        path: list[State] = ["reserved", state]
        for one in path:
            entry = await self.ledger.change(entry, owner, state=one, **changes)
        return entry


async def run(ledger: SQLLedger, statement: Executable) -> Any:
    """What a statement of the test's own returns."""
    await ledger.find(PLACE, "any", "any")  # it is open

    def work(connection: Connection) -> Any:
        result = connection.execute(statement)
        return result.all() if result.returns_rows else None

    return await ledger._database.look(work)


@pytest.fixture(params=KINDS)
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    if request.param == "memory":
        clock = Clock()
        yield World(MemoryLedger(clock), clock)
        return
    async with sql(request.param, request, tmp_path) as ledger:
        yield World(ledger)


@pytest.fixture(params=KINDS[1:])
async def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SQLLedger]:
    async with sql(request.param, request, tmp_path) as made:
        yield made


@pytest.fixture(params=KINDS[1:])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """The address and the prefix of a new database."""
    return where(request.param, request, tmp_path)


def where(kind: str, request: pytest.FixtureRequest, folder: Path) -> tuple[str, str]:
    if kind == "sqlite":
        return str(folder / "ledger.db"), "hoopai_"
    server: Postgres = request.getfixturevalue("postgres")
    return server.url, server.prefix()


def sql(kind: str, request: pytest.FixtureRequest, folder: Path) -> SQLLedger:
    url, prefix = where(kind, request, folder)
    return SQLLedger(url, prefix=prefix, durable=kind != "sqlite")


def asked(key: str = "k", **own: Any) -> Entry:
    given: dict[str, Any] = {
        **{"location_id": PLACE, "operation": "invoices.create", "fingerprint": "f", "key": key},
        **{"ids": ("a", "b"), "request": {"name": key}},
    }
    return Entry(**{**given, **own})


def plain(entry: Entry | None, **but: Any) -> dict[str, Any]:
    """All of an entry, its seconds without what the test itself has taken."""
    assert entry is not None
    names = [one.name for one in fields(Entry)]
    told = {name: getattr(entry, name) for name in names}
    seconds = {name: round(told[name] / 100) * 100 for name in ("look_in", "leased_for")}
    return {**told, **seconds, **but}


# --- Taking ----------------------------------------------------------------------------------


async def test_a_new_key_is_inserted_as_asked_and_is_his(world: World) -> None:
    all_set = asked(
        state="unknown",
        series="invoice",
        number="0017",
        before={"status": "draft"},
        record_id="r1",
        kept=[1],
        adopted=True,
        attempts=2,
        first_sent_at=1_772_323_200.25,
        sent_at=1_772_323_201.5,
        held="turn",
        look_in=300.0,
        leased_for=5.0,
    )
    taken = await world.ledger.take(all_set, "me", LONG)

    assert taken.mine
    # The state and the lease are the ledger's, and a turn is taken by itself.
    assert plain(taken.entry) == plain(all_set, state="reserved", held=None, leased_for=LONG)
    found = await world.ledger.find(PLACE, "invoices.create", "k")
    assert plain(found) == plain(taken.entry)


async def test_keys_are_of_a_location_and_an_operation(world: World) -> None:
    one, two = {"location_id": "elsewhere"}, {"operation": "invoices.record_payment"}
    for other in ({}, one, two):
        taken = await world.ledger.take(asked(**other, fingerprint=repr(other)), "me", LONG)
        assert taken.mine
        assert taken.entry.fingerprint == repr(other)
    assert await world.ledger.find("elsewhere", "invoices.record_payment", "k") is None


async def test_every_digit_and_character_survives(world: World) -> None:
    json = {"odd": ODDITIES, "ключ": "\U0001f4b6"}
    taken = await world.ledger.take(asked(request=json, before=json), "me", LONG)
    kept = await world.ledger.change(taken.entry, "me", kept=json)

    for entry in (taken.entry, kept, await world.ledger.find(PLACE, "invoices.create", "k")):
        assert entry is not None
        assert text_of(entry.request) == text_of(entry.before) == text_of(json)
    assert text_of(kept.kept) == text_of(json)
    again = await world.ledger.change(kept, "me", before=[], kept=None, ids=("c",))
    assert (again.before, again.kept, again.ids) == ([], None, ("c",))


async def test_nobody_takes_what_another_works_on(world: World) -> None:
    first = await world.ledger.take(asked(), "me", LONG)
    await world.wait(600)
    second = await world.ledger.take(asked(request="other"), "you", LONG)

    assert not second.mine
    assert plain(second.entry) == plain(first.entry, leased_for=400)
    await world.wait(400)
    third = await world.ledger.take(asked(request="other"), "you", LONG)
    assert third.mine
    assert plain(third.entry) == plain(first.entry, request="other")


async def test_his_own_is_his_and_its_lease_begins_anew(world: World) -> None:
    entry = (await world.ledger.take(asked(), "me", LONG)).entry
    await world.ledger.turn(entry, "me", "turn")
    for seconds in (600, LONG + 1):  # with and without a lease that lasts
        await world.wait(seconds)
        taken = await world.ledger.take(asked(request="other"), "me", LONG)
        assert taken.mine
        assert plain(taken.entry) == plain(entry, held="turn")
        assert not (await world.ledger.take(asked(fingerprint="other"), "me", LONG)).mine


@pytest.mark.parametrize("same", [True, False], ids=["same", "other"])
@pytest.mark.parametrize("state", STATES)
async def test_taking_over(world: World, state: State, same: bool) -> None:
    old = await world.reach(state, "me", number="1", series="invoice", before={"a": 1})
    if state != "done":
        await world.ledger.turn(old, "me", "turn")
        old = await world.ledger.change(old, "me", lease=LONG, attempts=1)
    await world.wait(LONG)
    new = asked(ids=("c",), request={"new": True}, fingerprint="f" if same else "other")
    taken = await world.ledger.take(new, "you", LONG)
    now = plain(taken.entry)

    asks = {"ids": ("c",), "request": {"new": True}, "fingerprint": new.fingerprint}
    if state in ("reserved", "refused"):  # nothing was sent
        assert taken.mine
        assert now == plain(old, **asks, state="reserved", before=None, held=None)
    elif state == "done" or not same:
        assert not taken.mine
        assert now == plain(old, leased_for=0)
    else:
        assert taken.mine
        assert now == plain(old)
    assert now == plain(await world.ledger.find(PLACE, "invoices.create", "k"))


@pytest.mark.parametrize("state", STATES)
async def test_what_was_given_back_is_free_at_once(world: World, state: State) -> None:
    entry = await world.reach(state, "me")
    if state != "done":
        entry = await world.ledger.change(entry, "me", lease=0.0)

    assert entry.leased_for == 0
    if state != "done":
        with pytest.raises(LeaseLost):
            await world.ledger.change(entry, "me", attempts=3)
    assert (await world.ledger.take(asked(), "you", LONG)).mine == (state != "done")


async def test_seconds_are_told_from_now_and_never_below_zero(world: World) -> None:
    entry = (await world.ledger.take(asked(look_in=200.0), "me", LONG)).entry
    assert plain(entry)["look_in"] == 200
    entry = await world.ledger.change(entry, "me", look_in=700.0, lease=300.0)
    for passes, look_in, leased_for in ((0, 700, 300), (200, 500, 100), (600, 0, 0)):
        await world.wait(passes)
        found = await world.ledger.find(PLACE, "invoices.create", "k")
        assert found is not None
        assert plain(found) == plain(entry, look_in=look_in, leased_for=leased_for)
        assert found.look_in >= 0
        assert found.leased_for >= 0


# --- Changing --------------------------------------------------------------------------------


async def test_only_the_owner_changes_an_entry(world: World) -> None:
    entry = (await world.ledger.take(asked(), "me", LONG)).entry
    with pytest.raises(LeaseLost):
        await world.ledger.change(entry, "you", state="sending")
    with pytest.raises(LeaseLost):
        await world.ledger.turn(entry, "you", "turn")
    with pytest.raises(LeaseLost):
        await world.ledger.change(asked("nobody's"), "me", state="sending")
    with pytest.raises(LeaseLost):
        await world.ledger.turn(asked("nobody's"), "me", "turn")
    assert plain(await world.ledger.find(PLACE, "invoices.create", "k")) == plain(entry)

    await world.wait(LONG)  # late, but nobody has taken it meanwhile
    entry = await world.ledger.change(entry, "me", state="sending", sent_at=5)
    assert (entry.state, entry.sent_at, entry.leased_for) == ("sending", 5, 0)
    assert (await world.ledger.take(asked(), "you", LONG)).mine
    with pytest.raises(LeaseLost):
        await world.ledger.change(entry, "me", state="done")


async def test_what_is_done_stays_so_and_forgets_its_request(world: World) -> None:
    entry = await world.reach("sending", "me")
    assert await world.ledger.turn(entry, "me", "turn") is None
    done = await world.ledger.change(entry, "me", state="done", record_id="r", request={"kept": 1})

    assert plain(done) == plain(entry, state="done", record_id="r", request=None, leased_for=0)
    for _ in range(2):
        with pytest.raises(LeaseLost):
            await world.ledger.change(done, "me", state="unknown")
        with pytest.raises(LeaseLost):
            await world.ledger.turn(done, "me", "turn")
    assert plain(await world.ledger.find(PLACE, "invoices.create", "k")) == plain(done)


@pytest.mark.parametrize("state", ["done", "refused"])
async def test_the_end_lets_go_of_the_turn(world: World, state: State) -> None:
    mine = (await world.ledger.take(asked("mine"), "me", LONG)).entry
    other = (await world.ledger.take(asked("other"), "you", LONG)).entry
    assert await world.ledger.turn(mine, "me", "turn") is None
    assert await world.ledger.turn(mine, "me", "turn") is None  # his already
    holder = await world.ledger.turn(other, "you", "turn")
    assert plain(holder) == plain(mine, held="turn")
    assert (await world.ledger.change(mine, "me", state="unknown", lease=0.0)).held == "turn"
    assert (await world.ledger.take(asked("mine"), "me", LONG)).entry.held == "turn"
    assert (await world.ledger.change(mine, "me", state=state)).held is None

    assert await world.ledger.turn(other, "you", "turn") is None
    found = await world.ledger.find(PLACE, "invoices.create", "other")
    assert plain(found) == plain(other, held="turn")


async def test_an_entry_may_let_go_of_its_turn(world: World) -> None:
    mine = (await world.ledger.take(asked("mine"), "me", LONG)).entry
    other = (await world.ledger.take(asked("other"), "you", LONG)).entry
    assert await world.ledger.turn(mine, "me", "turn") is None
    assert await world.ledger.turn(other, "you", "turn") is not None
    left = await world.ledger.change(mine, "me", state="unknown", held=None, lease=0.0)
    assert (left.state, left.held) == ("unknown", None)
    assert await world.ledger.turn(other, "you", "turn") is None


async def test_a_number_has_one_owner(world: World) -> None:
    first = (await world.ledger.take(asked("1"), "me", LONG)).entry
    second = (await world.ledger.take(asked("2"), "me", LONG)).entry
    await world.ledger.change(first, "me", series="invoice", number="7")
    await world.ledger.change(first, "me", series="invoice", number="7")
    with pytest.raises(NumberTaken):
        await world.ledger.change(
            second, "me", series="invoice", number="7", state="sending", record_id="r", lease=0.0
        )
    found = await world.ledger.find(PLACE, "invoices.create", "2")
    assert plain(found) == plain(second)  # all of it or nothing
    with pytest.raises(NumberTaken):
        await world.ledger.take(asked("3", series="invoice", number="7"), "me", LONG)
    assert await world.ledger.find(PLACE, "invoices.create", "3") is None

    # Another series, another location, another number; and what was let go.
    await world.ledger.change(second, "me", series="estimate", number="7")
    await world.ledger.change(second, "me", series="invoice", number="07")
    far = asked("4", location_id="elsewhere", series="invoice", number="7")
    assert (await world.ledger.take(far, "me", LONG)).mine
    await world.ledger.change(first, "me", number=None)
    await world.ledger.change(second, "me", number="7")
    numbers = await world.ledger.numbered(PLACE, "invoice", ["7", "07", "8"])
    assert {number: entry.key for number, entry in numbers.items()} == {"7": "2"}
    assert await world.ledger.numbered(PLACE, "estimate", ["7"]) == {}


async def test_a_record_has_one_owner(world: World) -> None:
    first = (await world.ledger.take(asked("1"), "me", LONG)).entry
    second = (await world.ledger.take(asked("2", operation="other"), "me", LONG)).entry
    await world.ledger.change(first, "me", state="done", record_id="r")
    with pytest.raises(RecordOwned):
        await world.ledger.change(second, "me", state="done", record_id="r", number="1")
    assert plain(await world.ledger.find(PLACE, "other", "2")) == plain(second)
    with pytest.raises(RecordOwned):
        await world.ledger.take(asked("3", record_id="r"), "me", LONG)

    far = asked("4", location_id="elsewhere", record_id="r")
    assert (await world.ledger.take(far, "me", LONG)).mine
    await world.ledger.change(second, "me", record_id="s")
    owners = await world.ledger.owners(PLACE, {"r", "s", "t"})
    assert {record: entry.key for record, entry in owners.items()} == {"r": "1", "s": "2"}


async def test_numbers_and_records_are_looked_up_by_thousands(world: World) -> None:
    for n in (1, 700, 1300):
        entry = (await world.ledger.take(asked(str(n)), "me", LONG)).entry
        await world.ledger.change(entry, "me", series="invoice", number=str(n), record_id=f"r{n}")
    names = [str(n) for n in range(2000)]

    found = await world.ledger.numbered(PLACE, "invoice", names)
    assert {number: entry.key for number, entry in found.items()} == {
        number: number for number in ("1", "700", "1300")
    }
    found = await world.ledger.owners(PLACE, [f"r{name}" for name in names])
    assert {record: entry.key for record, entry in found.items()} == {
        f"r{key}": key for key in ("1", "700", "1300")
    }
    assert await world.ledger.owners(PLACE, []) == {}
    assert await world.ledger.numbered(PLACE, "invoice", ()) == {}


# --- Turns -----------------------------------------------------------------------------------


@pytest.mark.parametrize("state", STATES[:3])
async def test_only_what_was_not_sent_loses_its_turn(world: World, state: State) -> None:
    entry = await world.reach(state, "me")
    await world.ledger.turn(entry, "me", "turn")
    other = (await world.ledger.take(asked("other"), "you", 5 * LONG)).entry
    assert plain(await world.ledger.turn(other, "you", "turn")) == plain(entry, held="turn")
    assert await world.ledger.turn(other, "you", "another turn") is None
    await world.wait(LONG)
    holder = await world.ledger.turn(other, "you", "turn")
    if state != "reserved":
        assert plain(holder) == plain(entry, held="turn", leased_for=0)
        found = await world.ledger.find(PLACE, "invoices.create", "other")
        assert found is not None
        assert found.held == "another turn"
        return
    assert holder is None
    # He who comes late must not send: he hasn't the turn any more.
    with pytest.raises(LeaseLost):
        await world.ledger.change(entry, "me", state="sending")
    taken = await world.ledger.take(asked(), "me", LONG)
    assert taken.mine
    assert taken.entry.held is None
    assert plain(await world.ledger.turn(taken.entry, "me", "turn"))["key"] == "other"
    assert await world.ledger.turn(taken.entry, "me", "another turn") is None


async def test_turns_are_of_a_location(world: World) -> None:
    for place in (PLACE, "elsewhere"):
        entry = (await world.ledger.take(asked(location_id=place), "me", LONG)).entry
        assert await world.ledger.turn(entry, "me", "turn") is None


async def test_numbers_of_a_series_follow_each_other(world: World) -> None:
    async def following(least: int, place: str = PLACE, series: Series = "invoice") -> int:
        return await world.ledger.next_number(place, series, least)

    assert [await following(n) for n in (5, 5, 1, 20, 20, 3)] == [5, 6, 7, 20, 21, 22]
    assert await following(1, "elsewhere") == 1
    assert await following(0, PLACE, "estimate") == 0
    assert await following(-3, PLACE, "estimate") == 1
    assert await following(2**53) == 2**53
    together = await asyncio.gather(*(following(1) for _ in range(20)))
    assert sorted(together) == list(range(2**53 + 1, 2**53 + 21))


# --- Going through ---------------------------------------------------------------------------


async def test_entries_come_oldest_first_and_by_what_is_asked(world: World) -> None:
    keys = [f"{n}" for n in range(40, 0, -1)]
    for n, key in enumerate(keys):
        place, operation = ("elsewhere", "a") if n % 4 == 0 else (PLACE, "b" if n % 2 else "a")
        entry = asked(key, location_id=place, operation=operation)
        entry = (await world.ledger.take(entry, "me", LONG)).entry
        if n % 3 == 0:
            await world.ledger.change(entry, "me", state="unknown", look_in=700)

    async def those(**which: Any) -> list[str]:
        return [entry.key async for entry in world.ledger.entries(**which)]

    assert await those() == keys
    assert await those(state="unknown") == keys[::3]
    assert await those(state="sending") == []
    assert await those(location_id="elsewhere") == keys[::4]
    assert await those(operation="b") == keys[1::2]
    assert await those(state="unknown", location_id=PLACE, operation="a") == [
        key for n, key in enumerate(keys) if n % 3 == 0 and n % 4 == 2
    ]
    found = [plain(entry) async for entry in world.ledger.entries(state="unknown")]
    assert {(one["look_in"], one["leased_for"]) for one in found} == {(700, LONG)}


async def test_entries_come_as_they_are_when_it_is_their_turn(world: World) -> None:
    taken = [(await world.ledger.take(asked(str(n)), "me", LONG)).entry for n in range(30)]
    seen: list[tuple[str, int]] = []
    async for entry in world.ledger.entries(state="reserved"):
        n = int(entry.key)
        seen.append((entry.key, entry.attempts))
        if n == 9:
            await world.ledger.change(taken[10], "me", attempts=10)
            await world.ledger.change(taken[11], "me", state="unknown")
            await world.ledger.change(taken[29], "me", attempts=29)
            await world.ledger.change(taken[3], "me", attempts=3)
        if n == 20:
            await world.ledger.take(asked("30"), "me", LONG)

    keys = [n for n in range(31) if n != 11]
    assert seen == [(str(n), n if n in (10, 29) else 0) for n in keys]


async def test_many_entries_are_read_in_pages(
    ledger: SQLLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hoopai_invoices.ledger.ledger._FRESH", 600.0)
    columns = "location_id, operation, key, fingerprint, state, ids, adopted, attempts"
    await ledger.take(asked(), "me", LONG)
    name = ledger._tables.writes.name
    more = f"""
        WITH RECURSIVE up(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up WHERE n < 2400)
        INSERT INTO {name} ({columns}, created_at, updated_at)
        SELECT location_id, operation, CAST(n AS text), fingerprint, 'unknown', ids,
               adopted, attempts, 0, 0 FROM {name}, up
    """
    await run(ledger, text(more))
    asks = Counter[int]()
    rows = ledger._database.rows

    async def counted(statement: Any, values: Any = None) -> Any:
        found = await rows(statement, values)
        asks[len(found)] += 1
        return found

    ledger._database.rows = counted  # type: ignore[method-assign]
    keys = [entry.key async for entry in ledger.entries(state="unknown")]

    assert keys == [str(n) for n in range(1, 2401)]
    # Longer and longer ones, but none that is too much at once.
    assert asks == Counter([1, 2, 4, 8, 16, 32, 64, 128, 256, 500, 500, 500, 389])


async def test_what_was_read_long_ago_is_read_again(
    target: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hoopai_invoices.ledger.ledger._FRESH", -1.0)  # everything is long ago
    url, prefix = target
    async with SQLLedger(url, prefix=prefix) as ledger, SQLLedger(url, prefix=prefix) as other:
        taken = [(await ledger.take(asked(str(n)), "me", LONG)).entry for n in range(12)]
        seen: list[int] = []
        async for entry in ledger.entries():
            seen.append(entry.attempts)
            if len(seen) < 12:
                await other.change(taken[len(seen)], "me", attempts=len(seen))
        assert seen == list(range(12))


async def test_nothing_is_held_between_two_entries(target: tuple[str, str]) -> None:
    url, prefix = target
    async with SQLLedger(url, prefix=prefix) as ledger, SQLLedger(url, prefix=prefix) as other:
        for n in range(5):
            await ledger.take(asked(str(n)), "me", LONG)
        async for entry in ledger.entries():
            if "://" in url:
                busy = text("SELECT state FROM pg_stat_activity WHERE state LIKE 'idle in%'")
                assert await run(other, busy) == []
            else:
                with contextlib.closing(sqlite3.connect(url, timeout=0)) as connection:
                    checked = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                    assert checked.fetchone() == (0, 0, 0)  # nobody reads or writes
            await other.change(entry, "me", attempts=7)
        assert [entry.attempts async for entry in ledger.entries()] == [7] * 5


# --- Memory and a database, step by step -----------------------------------------------------

KEYS = st.sampled_from(["1", "2", "3"])
OWNERS = st.sampled_from(["me", "you"])
PLACES = st.sampled_from([PLACE, "elsewhere"])
SERIES = st.sampled_from(get_args(Series))
SECONDS = st.sampled_from([0.0, LONG, 3 * LONG])
JSON = st.none() | st.sampled_from(["text", {"a": [1, None]}, []])
TEXTS = st.none() | st.sampled_from(["1", "2"])
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "state": st.sampled_from(STATES),
        "ids": st.sampled_from([(), ("a",)]),
        "request": JSON,
        "series": st.none() | SERIES,
        "number": TEXTS,
        "before": JSON,
        "record_id": TEXTS,
        "kept": JSON,
        "adopted": st.booleans(),
        "attempts": st.integers(0, 3),
        "first_sent_at": st.none() | st.floats(0, 2e9),
        "sent_at": st.none() | st.floats(0, 2e9),
        "look_in": SECONDS,
        "lease": SECONDS,
    },
)


class SideBySide(RuleBasedStateMachine):
    """Whatever is asked of both, they answer alike."""

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._folder = contextlib.ExitStack()
        folder = self._folder.enter_context(tempfile.TemporaryDirectory())
        self._sql = SQLLedger(Path(folder, "ledger.db"), durable=False)
        clock = Clock()
        self._worlds = [World(MemoryLedger(clock), clock), World(self._sql)]

    def teardown(self) -> None:
        self._runner.run(self._sql.aclose())
        self._runner.close()
        self._folder.close()

    def both(self, method: str, *args: Any, **kwargs: Any) -> None:
        answers = [self._runner.run(self._answer(w, method, args, kwargs)) for w in self._worlds]
        assert answers[0] == answers[1]

    async def _answer(self, world: World, method: str, args: Any, kwargs: Any) -> Any:
        try:
            if method == "entries":
                return [told(entry) async for entry in world.ledger.entries(**kwargs)]
            return told(await getattr(world.ledger, method)(*args, **kwargs))
        except (LeaseLost, NumberTaken, RecordOwned) as error:
            return type(error).__name__

    @rule(place=PLACES, key=KEYS, print=KEYS, series=SERIES, number=TEXTS, by=OWNERS, lease=SECONDS)
    def take(
        self,
        place: str,
        key: str,
        print: str,
        series: Series,
        number: str | None,
        by: str,
        lease: float,
    ) -> None:
        given = asked(key, location_id=place, fingerprint=print, series=series, number=number)
        self.both("take", given, by, lease)

    @rule(place=PLACES, key=KEYS, by=OWNERS, changes=CHANGES)
    def change(self, place: str, key: str, by: str, changes: Any) -> None:
        self.both("change", asked(key, location_id=place), by, **changes)

    @rule(place=PLACES, key=KEYS, by=OWNERS, turn=KEYS)
    def turn(self, place: str, key: str, by: str, turn: str) -> None:
        self.both("turn", asked(key, location_id=place), by, turn)

    @rule(place=PLACES, series=SERIES, least=st.integers(-3, 10))
    def number(self, place: str, series: Series, least: int) -> None:
        self.both("next_number", place, series, least)

    @rule(place=PLACES, names=st.lists(KEYS), series=SERIES)
    def look(self, place: str, names: list[str], series: Series) -> None:
        self.both("owners", place, names)
        self.both("numbered", place, series, names)

    @rule(state=st.none() | st.sampled_from(STATES), place=st.none() | PLACES)
    def go_through(self, state: State | None, place: str | None) -> None:
        self.both("entries", state=state, location_id=place)

    @rule(seconds=st.sampled_from([LONG, 2 * LONG]))
    def wait(self, seconds: float) -> None:
        for world in self._worlds:
            self._runner.run(world.wait(seconds))


def told(answer: Any) -> Any:
    """An answer as both can give it."""
    if isinstance(answer, Entry):
        return plain(answer)
    if isinstance(answer, dict):
        return {key: told(value) for key, value in answer.items()}
    if hasattr(answer, "mine"):
        return answer.mine, told(answer.entry)
    return answer


TestSideBySide = SideBySide.TestCase
TestSideBySide.settings = settings(cases(32), stateful_step_count=25)


# --- Several processes -----------------------------------------------------------------------

_WORKER = """
import asyncio, json, sys
from pathlib import Path
from hoopai_invoices.ledger import SQLLedger
from hoopai_invoices.writes.entry import Entry

url, prefix, owner, folder = sys.argv[1:]

def asked(key):
    return Entry(location_id="l", operation="o", key=key, fingerprint="f")

async def in_turn(ledger, tally):
    entry = (await ledger.take(asked(owner), owner, 1000)).entry
    while await ledger.turn(entry, owner, "turn"):
        await asyncio.sleep(0.01)
    entry = await ledger.change(entry, owner, state="sending")
    n = int(tally.read_text())
    await asyncio.sleep(0.002)
    tally.write_text(str(n + 1))
    await ledger.change(entry, owner, state="refused", lease=0)

async def main():
    print("ready", flush=True)
    sys.stdin.readline()
    async with SQLLedger(url, prefix=prefix) as ledger:
        mine = [n for n in range(20) if (await ledger.take(asked(str(n)), owner, 1000)).mine]
        numbers = await asyncio.gather(*(ledger.next_number("l", "invoice", 1) for _ in range(40)))
        for _ in range(6):
            await in_turn(ledger, Path(folder, "tally"))
    print(json.dumps([mine, numbers]))

asyncio.run(main())
"""


def test_processes_share_keys_numbers_and_turns(target: tuple[str, str], tmp_path: Path) -> None:
    url, prefix = target
    (tmp_path / "tally").write_text("0")
    workers = [program(_WORKER, url, prefix, f"owner {n}", str(tmp_path)) for n in range(4)]
    try:
        for worker in workers:
            assert worker.stdout
            assert worker.stdout.readline() == "ready\n"
        for worker in workers:  # all find a new database at once
            assert worker.stdin
            worker.stdin.write("go\n")
            worker.stdin.flush()
        answers = [json.loads(worker.communicate(timeout=60)[0]) for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()

    assert sorted(key for mine, _ in answers for key in mine) == list(range(20))
    assert sorted(n for _, numbers in answers for n in numbers) == list(range(1, 161))
    assert (tmp_path / "tally").read_text() == "24"


def program(code: str, *args: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(code), *args]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)


@pytest.mark.parametrize("durable", ["durable", ""])
async def test_a_killed_process_leaves_what_it_has_said(
    target: tuple[str, str], durable: str
) -> None:
    code = """
    import asyncio, sys
    from decimal import Decimal
    from hoopai_invoices.ledger import SQLLedger
    from hoopai_invoices.writes.entry import Entry

    async def main():
        url, prefix, durable = sys.argv[1:]
        ledger = await SQLLedger(url, prefix=prefix, durable=bool(durable)).__aenter__()
        entry = Entry(location_id="l", operation="o", key="k", fingerprint="f",
                      request={"amount": Decimal("0.10")})
        entry = (await ledger.take(entry, "first", 1000)).entry
        await ledger.turn(entry, "first", "turn")
        entry = await ledger.change(entry, "first", state="sending", attempts=1)
        print("sending", flush=True)
        while True:  # killed in the middle of a statement, most likely
            await ledger.next_number("l", "invoice", 1)

    asyncio.run(main())
    """
    url, prefix = target
    worker = program(code, url, prefix, durable)
    try:
        assert worker.stdout
        assert await asyncio.to_thread(worker.stdout.readline) == "sending\n"
    finally:
        os.kill(worker.pid, signal.SIGKILL)
        worker.communicate()
    async with SQLLedger(url, prefix=prefix) as ledger:
        left = await ledger.find("l", "o", "k")
        assert left is not None
        assert (left.state, left.attempts, left.held) == ("sending", 1, "turn")
        assert text_of(left.request) == '{"amount": 0.10}'
        asks = Entry(location_id="l", operation="o", key="k", fingerprint="f")
        assert not (await ledger.take(asks, "second", LONG)).mine
        await World(ledger).wait(LONG)
        taken = await ledger.take(asks, "second", LONG)
        assert taken.mine
        assert taken.entry.state == "sending"
        first, second = [await ledger.next_number("l", "invoice", 1) for _ in range(2)]
        assert second == first + 1


# --- Opening, closing, migrating -------------------------------------------------------------


async def test_a_path_an_address_or_an_engine(tmp_path: Path) -> None:
    path = tmp_path / "billing.db"
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
    every: list[Any] = [str(path), path, f"sqlite:///{path}", f"sqlite+aiosqlite:///{path}", engine]
    for number, given in enumerate(every):
        async with SQLLedger(given) as ledger:
            assert await ledger.next_number(PLACE, "invoice", 0) == number
    async with engine.connect() as connection:  # it isn't the ledger's to end
        assert (await connection.execute(text("SELECT last FROM hoopai_numbers"))).scalar() == 4
        assert (await connection.execute(text("PRAGMA journal_mode"))).scalar() == "wal"
        assert (await connection.get_isolation_level()) == "SERIALIZABLE"
    await engine.dispose()


async def test_an_engine_of_postgresql(postgres: Postgres) -> None:  # noqa: F811
    engine = create_async_engine(postgres.url)
    prefix = postgres.prefix()
    ledger = SQLLedger(engine, prefix=prefix)
    assert await ledger.next_number(PLACE, "invoice", 3) == 3  # opened by its first use
    await ledger.aclose()
    await ledger.aclose()
    async with engine.connect() as connection:
        last = await connection.execute(text(f"SELECT last FROM {prefix}numbers"))
        assert last.scalar() == 3
        assert (await connection.get_isolation_level()) == "READ COMMITTED"
    await engine.dispose()


async def test_prefixes_keep_ledgers_apart(tmp_path: Path) -> None:
    async with (
        SQLLedger(tmp_path / "db", prefix="a_") as one,
        SQLLedger(tmp_path / "db", prefix="b_") as two,
    ):
        await one.take(asked(), "me", LONG)
        assert await two.find(PLACE, "invoices.create", "k") is None
    for prefix in ("", "A", "1a", 'a"', "a-", "a" * 41, None):
        with pytest.raises(ConfigurationError, match="begin the names"):
            SQLLedger(tmp_path / "db", prefix=prefix)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "given",
    [
        "mysql://u:hunter2@h/d",
        "postgresql://u:hunter2@h:port/d",
        "sqlite+pysqlite:///hunter2.db",
        "postgresql+nothing://u:hunter2@h/d",
        "http://hunter2",
        "",
        b"hunter2.db",
        None,
    ],
)
def test_an_address_that_is_none_is_refused_without_showing_it(given: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        SQLLedger(given)

    assert "hunter2" not in "".join(format_exception(caught.value))


@pytest.mark.parametrize(
    ("missing", "url", "extra"),
    [
        ("aiosqlite", "billing.db", "ledger"),
        ("asyncpg", "postgresql://u:hunter2@h/d", "ledger-postgres"),
    ],
)
def test_a_missing_driver_says_what_to_install(missing: str, url: str, extra: str) -> None:
    code = f"""
    import sys
    sys.modules["{missing}"] = None
    from hoopai_invoices.ledger import SQLLedger
    try:
        SQLLedger("{url}")
    except Exception as error:
        print(type(error).__name__, error)
    """
    done = subprocess.check_output([sys.executable, "-c", textwrap.dedent(code)], text=True)

    assert done.startswith("ConfigurationError")
    assert f"pip install 'hoopai-invoices[{extra}]'" in done
    assert "hunter2" not in done


async def test_a_database_that_cannot_be_opened(tmp_path: Path, postgres: Postgres) -> None:  # noqa: F811
    (tmp_path / "text").write_text("no database " * 100)
    wrong = postgres.url.replace("/postgres?", "/nowhere?")
    for given in (tmp_path / "no" / "db", tmp_path / "text", wrong):
        ledger = SQLLedger(given)
        with pytest.raises(ConfigurationError):
            await ledger.find(PLACE, "o", "k")
        await ledger.aclose()
    ledger = SQLLedger(f"postgresql+asyncpg://u:hunter2@/d?host={tmp_path}")  # no server there
    with pytest.raises(LedgerError) as caught:
        await ledger.find(PLACE, "o", "k")
    assert "hunter2" not in "".join(format_exception(caught.value))
    await ledger.aclose()


async def test_a_database_that_forgets_is_refused(tmp_path: Path, postgres: Postgres) -> None:  # noqa: F811
    ledger = SQLLedger("sqlite://")
    with pytest.raises(ConfigurationError, match="forgets"):
        await ledger.find(PLACE, "o", "k")
    await ledger.aclose()
    async with SQLLedger("sqlite://", durable=False) as ledger:
        assert (await ledger.take(asked(), "me", LONG)).mine

    settings = {"server_settings": {"synchronous_commit": "off"}}
    engine = create_async_engine(postgres.url, connect_args=settings)
    with pytest.raises(ConfigurationError, match="on disk"):
        await SQLLedger(engine, prefix=postgres.prefix()).migrate()
    async with SQLLedger(engine, prefix=postgres.prefix(), durable=False) as ledger:
        assert (await ledger.take(asked(), "me", LONG)).mine
    await engine.dispose()


@pytest.mark.parametrize(("durable", "wanted"), [(True, 2), (False, 1)])
async def test_every_change_waits_for_the_disk(tmp_path: Path, durable: bool, wanted: int) -> None:
    async with SQLLedger(tmp_path / "db", durable=durable) as ledger:
        assert await run(ledger, text("PRAGMA synchronous")) == [(wanted,)]
        assert await run(ledger, text("PRAGMA journal_mode")) == [("wal",)]


async def test_a_closed_ledger_and_another_event_loop(target: tuple[str, str]) -> None:
    url, prefix = target
    ledger = await SQLLedger(url, prefix=prefix).__aenter__()

    def elsewhere() -> None:
        asyncio.run(ledger.next_number(PLACE, "invoice", 1))

    with pytest.raises(WrongEventLoop):
        await asyncio.to_thread(elsewhere)
    assert await ledger.next_number(PLACE, "invoice", 1) == 1
    await ledger.aclose()
    with pytest.raises(LedgerError, match="closed"):
        await ledger.next_number(PLACE, "invoice", 1)


async def columns(ledger: SQLLedger) -> dict[str, Any]:
    """The tables of a ledger as the database describes them."""
    prefix = ledger._tables.prefix

    def work(connection: Connection) -> dict[str, Any]:
        seen = inspect(connection)
        told: dict[str, Any] = {}
        for name in seen.get_table_names():
            if not name.startswith(prefix):
                continue
            told[name.removeprefix(prefix)] = {
                "columns": [
                    (c["name"], str(c["type"]), c["nullable"]) for c in seen.get_columns(name)
                ],
                "key": seen.get_pk_constraint(name)["constrained_columns"],
                "unique": sorted(
                    (str(u["name"]).removeprefix(prefix), u["column_names"])
                    for u in seen.get_unique_constraints(name)
                ),
                "indexes": sorted(
                    (str(i["name"]).removeprefix(prefix), i["column_names"])
                    for i in seen.get_indexes(name)
                ),
            }
        return told

    return await ledger._database.look(work)


async def test_own_migrations_make_the_same_tables(target: tuple[str, str]) -> None:
    url, prefix = target
    own = f"own{prefix}"
    async with SQLLedger(url, prefix=prefix) as ledger:
        await ledger._database.alone(SQLLedger.metadata(own).create_all, "test")
        theirs = SQLLedger(url, prefix=own)
        with pytest.raises(ConfigurationError, match="what version"):
            await theirs.find(PLACE, "o", "k")
        await theirs.aclose()
        async with SQLLedger(url, prefix=own, migrate=False) as theirs:
            made, given = await columns(ledger), await columns(theirs)
            assert (await theirs.take(asked(), "me", LONG)).mine
    assert set(made) == {"writes", "numbers", "version"}
    assert len(made["writes"]["unique"]) == 4
    assert made == given


def _second(connection: Connection, prefix: str) -> None:
    connection.exec_driver_sql(f"ALTER TABLE {prefix}writes ADD COLUMN note TEXT")
    connection.exec_driver_sql(f"UPDATE {prefix}writes SET note = 'old'")


def _broken(connection: Connection, prefix: str) -> None:
    _second(connection, prefix)
    connection.exec_driver_sql(f"UPDATE {prefix}nothing SET note = 'old'")


async def test_from_one_version_to_the_next(
    target: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, prefix = target
    first = migrations.STEPS
    noted = text(f"SELECT version FROM {prefix}version ORDER BY version")
    notes = text(f"SELECT note FROM {prefix}writes")
    async with SQLLedger(url, prefix=prefix) as ledger:
        entry = (await ledger.take(asked(), "me", LONG)).entry
        assert await run(ledger, noted) == [(1,)]

        # A step that fails leaves nothing.
        monkeypatch.setattr(migrations, "STEPS", (*first, _broken))
        with pytest.raises((LedgerError, ConfigurationError)):
            await ledger.migrate()
        assert await run(ledger, noted) == [(1,)]
        assert len((await columns(ledger))["writes"]["columns"]) == 23

        monkeypatch.setattr(migrations, "STEPS", (*first, _second))
        unasked = SQLLedger(url, prefix=prefix, migrate=False)
        with pytest.raises(ConfigurationError, match="version 1"):
            await unasked.find(PLACE, "o", "k")
        many = [SQLLedger(url, prefix=prefix) for _ in range(4)]
        await asyncio.gather(*(one.migrate() for one in many), unasked.migrate())
        for one in (*many, unasked):
            await one.aclose()
        assert await run(ledger, noted) == [(1,), (2,)]
        assert await run(ledger, notes) == [("old",)]

        # One who was open before works on; one of the old package doesn't begin.
        assert (await ledger.change(entry, "me", state="sending")).state == "sending"
        monkeypatch.setattr(migrations, "STEPS", first)
        for migrate in (True, False):
            old = SQLLedger(url, prefix=prefix, migrate=migrate)
            with pytest.raises(ConfigurationError, match="update hoopai-invoices"):
                await old.find(PLACE, "o", "k")
            with pytest.raises(ConfigurationError, match="update hoopai-invoices"):
                await old.migrate()
            await old.aclose()


async def test_without_tables_nothing_is_made_unasked(target: tuple[str, str]) -> None:
    url, prefix = target
    ledger = SQLLedger(url, prefix=prefix, migrate=False)
    with pytest.raises(ConfigurationError, match="version 0"):
        await ledger.find(PLACE, "o", "k")
    await ledger.migrate()
    assert await ledger.find(PLACE, "o", "k") is None
    await ledger.aclose()


# --- What a database does --------------------------------------------------------------------


async def test_a_locked_database_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ledger.db"
    async with SQLLedger(path) as ledger:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            waits = asyncio.create_task(ledger.take(asked(), "me", LONG))
            await asyncio.sleep(0.2)
            assert not waits.done()
            other.execute("COMMIT")
            async with asyncio.timeout(20):
                assert (await waits).mine

            other.execute("BEGIN IMMEDIATE")
            await run(ledger, text("PRAGMA busy_timeout = 10"))
            hasty = ledger._database._keeper._replace(patience=0.1)
            monkeypatch.setattr(ledger._database, "_keeper", hasty)
            with pytest.raises(LedgerError, match="locked"):
                await ledger.take(asked(request={"name": "hunter2"}), "me", LONG)
            other.execute("COMMIT")
        assert (await ledger.take(asked(), "me", LONG)).mine


async def test_a_lease_begins_when_the_lock_was_got(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    async with SQLLedger(path) as ledger:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            waits = asyncio.create_task(ledger.take(asked(), "me", LONG))
            await asyncio.sleep(0.3)
            released = time.time()
            other.execute("COMMIT")
        await waits
        ((until,),) = await run(ledger, text("SELECT leased_until FROM hoopai_writes"))
    assert until >= released + LONG - 0.01  # the clock of SQLite counts milliseconds


async def test_an_error_shows_nothing_of_what_was_asked(ledger: SQLLedger) -> None:
    entry = (await ledger.take(asked(), "me", LONG)).entry
    await run(ledger, text(f"DROP TABLE {ledger._tables.numbers.name}"))
    with pytest.raises(ConfigurationError, match="can't be used") as missing:
        await ledger.next_number(SECRET, "invoice", 1)
    with pytest.raises(LedgerError) as unfit:
        await ledger.change(entry, "me", record_id=f"{SECRET}\ud800")
    for error in (missing.value, unfit.value):
        assert SECRET not in "".join(format_exception(error))
    assert (await ledger.take(asked(), "me", LONG)).mine


async def test_whoever_is_cancelled_leaves_nothing_under_way(ledger: SQLLedger) -> None:
    entry = (await ledger.take(asked(), "me", LONG)).entry
    before = asyncio.all_tasks()
    for n in range(30):
        change = asyncio.create_task(ledger.change(entry, "me", attempts=n))
        for _ in range(n % 6):
            await asyncio.sleep(0)
        change.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await change
        assert asyncio.all_tasks() == before
        # Nothing that was broken off comes behind it.
        assert (await ledger.change(entry, "me", attempts=100 + n)).attempts == 100 + n
    found = await ledger.find(PLACE, "invoices.create", "k")
    assert found is not None
    assert found.attempts == 129


async def test_a_server_that_was_restarted_costs_no_error(postgres: Postgres) -> None:  # noqa: F811
    prefix = postgres.prefix()
    async with (
        SQLLedger(postgres.url, prefix=prefix) as ledger,
        SQLLedger(postgres.url, prefix=prefix) as other,
    ):
        for number in range(3):
            assert await ledger.next_number(PLACE, "invoice", 0) == number
            mine = "pid <> pg_backend_pid() AND backend_type = 'client backend'"
            await run(
                other,
                text(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {mine}"),
            )
