"""The token stores keep every rule, no point of the suite is vacuous, and what each adds of its own."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from traceback import format_exception
from typing import Any
from uuid import uuid4

import pytest
from databases import Postgres, postgres  # noqa: F401  # a fixture
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from sqlalchemy.ext.asyncio import create_async_engine
from test_shared_limit import Valkey, mortal, valkey  # noqa: F401  # fixtures

from hoopai_invoices import auth
from hoopai_invoices._core.secret import Secret
from hoopai_invoices.auth import (
    FileStore,
    MemoryStore,
    RedisStore,
    SQLStore,
    TokenStore,
    checks,
    files,
    redis_store,
)
from hoopai_invoices.auth.checks import POINT_NAMES, Report, check_store
from hoopai_invoices.errors import ConfigurationError, TokenStoreError, WrongEventLoop
from hoopai_invoices.ledger import SQLLedger

pytestmark = pytest.mark.anyio

Make = Callable[[], TokenStore]
KINDS = ["memory", "file", "redis", "sqlite", "postgres"]
PASSWORD = "hunter2-of-the-server"
ONE, TWO = Secret("the-first-grant"), Secret("the-second-grant")
DOCS = Path(__file__).resolve().parent.parent / "docs" / "tokens.md"


def factory(kind: str, request: pytest.FixtureRequest, folder: Path) -> Make:
    """What gives instances of a store over one new place."""
    if kind == "memory":
        store = MemoryStore()
        return lambda: store
    if kind == "file":
        return lambda: FileStore(folder / "tokens")
    if kind == "redis":
        server: Valkey = request.getfixturevalue("valkey")
        prefix = f"{uuid4().hex}:"
        return lambda: RedisStore(server.url, prefix=prefix)
    if kind == "sqlite":
        return lambda: SQLStore(folder / "tokens.db", durable=False)
    database: Postgres = request.getfixturevalue("postgres")
    own = database.prefix()
    return lambda: SQLStore(database.url, prefix=own)


@contextlib.asynccontextmanager
async def opened(make: Make) -> AsyncIterator[TokenStore]:
    store = make()
    try:
        yield store
    finally:
        closing: Any = getattr(store, "aclose", None)
        if closing:
            await closing()


@pytest.fixture(params=KINDS)
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    return factory(request.param, request, tmp_path)


async def text_of(store: TokenStore, name: str) -> str | None:
    kept = await store.get(name)
    return None if kept is None else kept.reveal()


# --- Every store -------------------------------------------------------------------------------


async def test_every_store_keeps_every_point(make: Make) -> None:
    report = await check_store(make)

    assert {point.name for point in report.points if point.passed} == {*POINT_NAMES}, str(report)


async def test_every_store_is_one_and_its_name_is_exported(make: Make) -> None:
    async with opened(make) as store:
        assert isinstance(store, TokenStore)
        assert type(store).__name__ in auth.__all__
        assert type(store) is getattr(auth, type(store).__name__)


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_the_suite_leaves_nothing_behind(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    make = factory(kind, request, tmp_path)
    (await check_store(make)).raise_failures()

    async with opened(make) as store:
        assert isinstance(store, SQLStore)
        assert await store._rows(store._table.select()) == []


# --- Stores that break one rule each -------------------------------------------------------------


class Kept(MemoryStore):
    """What instances share, to be spoiled."""

    def __init__(self, kept: dict[str, Secret], leases: dict[str, tuple[str, float]]) -> None:
        super().__init__()
        self._kept, self._leases = kept, leases


class AlwaysThere(Kept):
    async def get(self, name: str) -> Secret | None:
        return await super().get(name) or Secret("")


class NeverRemoves(Kept):
    async def swap(self, name: str, old: Secret | None, new: Secret | None) -> bool:
        return self._kept.get(name) == old if new is None else await super().swap(name, old, new)


class ComparesNothing(Kept):
    async def swap(self, name: str, old: Secret | None, new: Secret | None) -> bool:
        return await super().swap(name, self._kept.get(name), new)


class OverwritesWhatIsMade(Kept):
    async def swap(self, name: str, old: Secret | None, new: Secret | None) -> bool:
        return await super().swap(name, old or self._kept.get(name), new)


class ComparesAndSetsInTwoSteps(Kept):
    async def swap(self, name: str, old: Secret | None, new: Secret | None) -> bool:
        same = self._kept.get(name) == old
        await asyncio.sleep(0)
        return same and await super().swap(name, self._kept.get(name), new)


class RemovesTwice(Kept):
    async def swap(self, name: str, old: Secret | None, new: Secret | None) -> bool:
        same = self._kept.get(name) == old
        await asyncio.sleep(0)
        return await super().swap(name, old, new) or (new is None and same)


class Strips(Kept):
    async def swap(self, name: str, old: Secret | None, new: Secret | None) -> bool:
        return await super().swap(name, old, new and Secret(new.reveal().replace("\r\n", "\n")))


class Cuts(Kept):
    async def swap(self, name: str, old: Secret | None, new: Secret | None) -> bool:
        return await super().swap(name, old, new and Secret(new.reveal()[: 2**16]))


class TakesEmptyForNothing(Kept):
    async def get(self, name: str) -> Secret | None:
        kept = await super().get(name)
        return kept if kept and kept.reveal() else None


class Renames(Kept):
    def renamed(self, name: str) -> str:
        return name

    async def get(self, name: str) -> Secret | None:
        return await super().get(self.renamed(name))

    async def swap(self, name: str, old: Secret | None, new: Secret | None) -> bool:
        return await super().swap(self.renamed(name), old, new)


class IgnoresCase(Renames):
    def renamed(self, name: str) -> str:
        return name.lower()


class CutsNames(Renames):
    def renamed(self, name: str) -> str:
        return name[:120]


class TakesNamesForPaths(Renames):
    def renamed(self, name: str) -> str:
        return os.path.normpath(name)


class LeasesByPrefix(Kept):
    async def lease(self, name: str, owner: str, seconds: float) -> bool:
        return await super().lease(name.partition("~")[0], owner, seconds)


class Alone(Kept):
    def __init__(self, *given: Any) -> None:
        super().__init__({}, {})


class Shows(Kept):
    def __repr__(self) -> str:
        return repr([one.reveal() for one in self._kept.values()])


class GivesTexts(Kept):
    async def get(self, name: str) -> Any:
        kept = await super().get(name)
        return kept and kept.reveal()


class AnswersWithNumbers(Kept):
    async def swap(self, name: str, old: Secret | None, new: Secret | None) -> Any:
        return int(await super().swap(name, old, new))


class WritesInParts(Kept):
    async def swap(self, name: str, old: Secret | None, new: Secret | None) -> bool:
        if new is None or not await super().swap(name, old, Secret(new.reveal()[:3])):
            return await super().swap(name, old, new)
        await asyncio.sleep(0)
        return await super().swap(name, Secret(new.reveal()[:3]), new)


class RemovesFirst(Kept):
    async def swap(self, name: str, old: Secret | None, new: Secret | None) -> bool:
        if not await super().swap(name, old, None):
            return False
        await asyncio.sleep(0)
        return await super().swap(name, None, new)


class TurnsCancellations(Kept):
    async def swap(self, name: str, old: Secret | None, new: Secret | None) -> bool:
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            raise RuntimeError from None
        return await super().swap(name, old, new)


class WritesBehind(Kept):
    async def swap(self, name: str, old: Secret | None, new: Secret | None) -> bool:
        done = await super().swap(name, old, new)
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            if new is not None:
                loop = asyncio.get_running_loop()
                loop.call_later(0, self._kept.update, {name: Secret(new.reveal()[:1] + "late")})
            raise
        return done


class LeasesToAll(Kept):
    async def lease(self, name: str, owner: str, seconds: float) -> bool:
        return True


class LeasesOnce(Kept):
    async def lease(self, name: str, owner: str, seconds: float) -> bool:
        return name not in self._leases and await super().lease(name, owner, seconds)


class LeasesWithoutCase(Kept):
    async def lease(self, name: str, owner: str, seconds: float) -> bool:
        return await super().lease(name, owner.lower(), seconds)


class LeasesInTwoSteps(Kept):
    async def lease(self, name: str, owner: str, seconds: float) -> bool:
        is_free = name not in self._leases
        await asyncio.sleep(0)
        if is_free:
            self._leases.pop(name, None)
        return await super().lease(name, owner, seconds)


class ReleasesForAll(Kept):
    async def release(self, name: str, owner: str) -> None:
        self._leases.pop(name, None)


class NeverReleases(Kept):
    async def release(self, name: str, owner: str) -> None:
        pass


class NeverEnds(Kept):
    async def lease(self, name: str, owner: str, seconds: float) -> bool:
        return await super().lease(name, owner, seconds + 100)


class WholeSeconds(Kept):
    async def lease(self, name: str, owner: str, seconds: float) -> bool:
        return await super().lease(name, owner, int(seconds))


class NeverLonger(Kept):
    async def lease(self, name: str, owner: str, seconds: float) -> bool:
        held, until = self._leases.get(name, ("", 0.0))
        if held == owner and until > time.monotonic():
            return True
        return await super().lease(name, owner, seconds)


class LeasesWhatIsKept(Kept):
    async def lease(self, name: str, owner: str, seconds: float) -> bool:
        return name in self._kept and await super().lease(name, owner, seconds)


class EndsWithItsEntry(Kept):
    async def swap(self, name: str, old: Secret | None, new: Secret | None) -> bool:
        if new is None:
            self._leases.pop(name, None)
        return await super().swap(name, old, new)


class EntersLeases(Kept):
    async def lease(self, name: str, owner: str, seconds: float) -> bool:
        self._kept.setdefault(name, Secret(""))
        return await super().lease(name, owner, seconds)


class SwapsWithALeaseAlone(Kept):
    async def swap(self, name: str, old: Secret | None, new: Secret | None) -> bool:
        return name not in self._leases and await super().swap(name, old, new)


BROKEN: dict[type[Kept], set[str]] = {
    AlwaysThere: {"gives None for what isn't kept"},
    NeverRemoves: {"makes, replaces and removes an entry"},
    ComparesNothing: {"changes an entry only in place of the old text", "lets one of several win"},
    OverwritesWhatIsMade: {"changes an entry only in place of the old text"},
    ComparesAndSetsInTwoSteps: {"lets one of several win", "lets one of several remove"},
    RemovesTwice: {"lets one of several remove"},
    Strips: {"gives every text back as it was"},
    Cuts: {"gives every text back as it was"},
    TakesEmptyForNothing: {"gives every text back as it was"},
    IgnoresCase: {"keeps names apart"},
    CutsNames: {"keeps names apart"},
    TakesNamesForPaths: {"keeps names apart"},
    LeasesByPrefix: {"keeps names apart"},
    Alone: {"is seen by a second instance"},
    Shows: {"shows no text"},
    GivesTexts: {"makes, replaces and removes an entry"},
    AnswersWithNumbers: {"makes, replaces and removes an entry"},
    WritesInParts: {"leaves old or new when it is cancelled"},
    RemovesFirst: {"leaves old or new when it is cancelled"},
    TurnsCancellations: {"leaves old or new when it is cancelled"},
    WritesBehind: {"leaves old or new when it is cancelled"},
    LeasesToAll: {"leases a name to one", "gives a lease to one of several"},
    LeasesOnce: {"leases a name to one", "makes a lease longer for its owner"},
    LeasesWithoutCase: {"leases a name to one"},
    LeasesInTwoSteps: {"gives a lease to one of several"},
    ReleasesForAll: {"takes a lease back from its owner alone"},
    NeverReleases: {"takes a lease back from its owner alone"},
    NeverEnds: {"ends a lease by itself, and not before"},
    WholeSeconds: {"ends a lease by itself, and not before"},
    NeverLonger: {"makes a lease longer for its owner"},
    LeasesWhatIsKept: {"keeps texts and leases apart"},
    EndsWithItsEntry: {"keeps texts and leases apart"},
    EntersLeases: {"keeps texts and leases apart"},
    SwapsWithALeaseAlone: {"keeps texts and leases apart"},
}


async def judged(kind: type[Kept], points: set[str] | None = None) -> Report:
    kept: dict[str, Secret] = {}
    leases: dict[str, tuple[str, float]] = {}
    return await check_store(lambda: kind(kept, leases), only=points or POINT_NAMES)


def test_every_point_catches_somebody() -> None:
    assert set().union(*BROKEN.values()) == {*POINT_NAMES}


@pytest.mark.parametrize("kind", BROKEN, ids=lambda kind: kind.__name__)
async def test_a_store_that_breaks_a_rule_is_caught(kind: type[Kept]) -> None:
    report = await judged(kind)

    assert {point.name for point in report.failed} >= BROKEN[kind], str(report)


async def test_a_store_that_hangs_or_is_none_does_not_hold_the_suite(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(checks, "_PATIENCE", 0.1)

    class Hangs(Kept):
        async def get(self, name: str) -> Secret | None:
            await asyncio.Event().wait()
            return None

    [point] = (await judged(Hangs, {"gives None for what isn't kept"})).points
    assert point.why == "`get` did not end within 0.1 s"

    async def no_store() -> Any:
        return 7

    report = await check_store(no_store, only=["shows no text"])
    assert str(report) == "FAIL shows no text: a int is no TokenStore"
    with pytest.raises(ValueError, match="no points of the suite: other"):
        await check_store(MemoryStore, only=["other"])


def test_the_suite_as_a_program(capsys: pytest.CaptureFixture[str]) -> None:
    here = "hoopai_invoices.auth.store:MemoryStore"
    seen = "is seen by a second instance"  # it is of one process, and each instance by itself
    assert checks.main([here, "shows no text"]) == 0
    assert capsys.readouterr().out == "ok   shows no text\n\n0 of 1 points failed\n"
    assert checks.main([here, seen, "shows no text"]) == 1
    assert "1 of 2 points failed" in capsys.readouterr().out
    for wrong, why in (
        ([here, "other"], "no points of the suite: other"),
        (["no_module"], "is not of the form"),
        (["httpx:__version__"], "can't be called for a token store"),
    ):
        with pytest.raises(SystemExit):
            checks.main(wrong)
        assert why in capsys.readouterr().err


# --- Several processes ---------------------------------------------------------------------------

OPENS = """
import asyncio, json, sys
from hoopai_invoices._core.secret import Secret
from hoopai_invoices.auth import FileStore, SQLStore
kind, place = sys.argv[1:3]
def opened():
    return FileStore(place) if kind == "file" else SQLStore(place, durable=False)
"""
COUNTS = """
async def main():
    store = opened()
    for _ in range(int(sys.argv[3])):
        while True:
            old = await store.get("n")
            new = Secret(str(int(old.reveal()) + 1 if old else 1))
            if await store.swap("n", old, new):
                break
    if kind != "file":
        await store.aclose()
asyncio.run(main())
"""
SWAPS = """
async def main():
    store = opened()
    while True:
        old = await store.get("n")
        number = json.loads(old.reveal())["n"] + 1 if old else 1
        new = Secret(json.dumps({"n": number, "text": str(number % 10) * 100_000}))
        assert await store.swap("n", old, new)
        print(number, flush=True)
asyncio.run(main())
"""


def process(code: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "error", "-c", OPENS + textwrap.dedent(code)]
    return subprocess.Popen([*command, *map(str, arguments)], stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("kind", ["file", "sqlite"])
async def test_processes_that_count_together_lose_nothing(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    make = factory(kind, request, tmp_path)
    place = tmp_path / ("tokens" if kind == "file" else "tokens.db")

    running = [process(COUNTS, kind, place, 25) for _ in range(4)]
    for one in running:
        one.communicate(timeout=60)

    assert [one.returncode for one in running] == [0] * 4
    async with opened(make) as store:
        assert await text_of(store, "n") == "100"


@pytest.mark.parametrize("kind", ["file", "sqlite"])
async def test_whoever_is_killed_leaves_a_whole_text_and_what_he_was_told_is_kept(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    make = factory(kind, request, tmp_path)
    place = tmp_path / ("tokens" if kind == "file" else "tokens.db")
    last = 0
    for turn in range(3):
        running = process(SWAPS, kind, place)
        assert running.stdout is not None
        for _ in range(3):
            last = int(running.stdout.readline())
        await asyncio.sleep(0.003 * turn)  # anywhere in a swap
        running.kill()
        told = running.stdout.read().split()
        running.wait()
        running.stdout.close()
        last = int(told[-1]) if told else last

        async with opened(make) as store:
            text = await text_of(store, "n")
        match = re.fullmatch(r'\{"n": (\d+), "text": "((\d)\3{99999})"\}', text or "")
        assert match, (text or "")[:60]
        assert int(match[1]) in (last, last + 1)
        assert match[3] == str(int(match[1]) % 10)


async def test_two_event_loops_one_after_the_other(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    for kind in ("file", "redis"):
        store = factory(kind, request, tmp_path)()

        async def first(store: TokenStore = store) -> bool:
            together = [store.swap(f"n{n}", None, ONE) for n in range(20)]
            return all(await asyncio.gather(*together))

        async def second(store: TokenStore = store) -> list[str | None]:
            return [await text_of(store, f"n{n}") for n in range(20)]

        assert await asyncio.to_thread(asyncio.run, first())
        assert await asyncio.to_thread(asyncio.run, second()) == [ONE.reveal()] * 20
    async with opened(factory("sqlite", request, tmp_path)) as store:
        await store.get("n")
        with pytest.raises(WrongEventLoop, match="token store"):
            await asyncio.to_thread(asyncio.run, text_of(store, "n"))


# --- Files ---------------------------------------------------------------------------------------


async def test_nobody_else_can_read_the_files_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        store = FileStore(tmp_path / "tokens")
        assert await store.swap("location:Ab", None, ONE)
        assert await store.lease("location:Ab", "me", 60)
        async with opened(lambda: SQLStore(tmp_path / "tokens.db", durable=False)) as sql:
            await sql.swap("n", None, ONE)
            modes = modes_in(tmp_path)
    finally:
        os.umask(before)
    assert modes.pop("tokens") == 0o700
    assert modes.keys() >= {"tokens.db", "tokens.db-wal"}
    assert {*modes.values()} == {0o600}
    names = modes_in(tmp_path / "tokens")
    assert {*names.values()} == {0o600}
    assert any(re.fullmatch(r"location-ab\.[0-9a-f]{32}", name) for name in names)
    assert not [name for name in names if name.endswith(".new")]


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def modes_in(folder: Path) -> dict[str, int]:
    return {one.name: mode_of(one) for one in folder.iterdir()}


async def test_a_file_is_private_before_it_holds_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes: list[int] = []
    sync = os.fsync

    def looks(opened: int) -> None:
        modes.append(os.fstat(opened).st_mode)
        sync(opened)

    monkeypatch.setattr(os, "fsync", looks)
    await FileStore(tmp_path / "tokens").swap("n", None, ONE)

    # The folder's parent, the file, the folder: each is on disk when the answer comes.
    assert [stat.S_ISDIR(mode) for mode in modes] == [True, False, True]
    assert stat.S_IMODE(modes[1]) == 0o600


async def test_what_others_can_read_is_refused(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "tokens")
    await store.swap("n", None, ONE)
    [entry] = (tmp_path / "tokens").glob("n.*")
    for path, mode in ((entry, 0o640), (entry, 0o604), (tmp_path / "tokens", 0o750)):
        right = mode_of(path)
        path.chmod(mode)
        for call in (store.get("n"), store.swap("n", ONE, TWO)):
            with pytest.raises(ConfigurationError, match=f"chmod {right:o} "):
                await call
        path.chmod(right)
    assert await store.get("n") == ONE


@pytest.mark.parametrize("which", ["n.{32}", "n.{32}.lease", ".{1}.lock"])
@pytest.mark.parametrize("kind", ["link", "pipe"])
async def test_a_link_or_a_pipe_in_place_of_a_file_is_refused(
    which: str, kind: str, tmp_path: Path
) -> None:
    store = FileStore(tmp_path / "tokens")
    await store.swap("n", None, ONE)
    await store.lease("n", "me", 60)
    pattern = re.sub(r"\{(\d+)\}", r"[0-9a-f]{\1}", which.replace(".", r"\."))
    [name] = [one for one in modes_in(tmp_path / "tokens") if re.fullmatch(pattern, one)]
    there, elsewhere = tmp_path / "tokens" / name, tmp_path / "elsewhere"
    there.rename(elsewhere)
    if kind == "link":
        there.symlink_to(elsewhere)
    else:
        os.mkfifo(there, 0o600)

    async def use() -> None:
        assert await store.get("n") == ONE
        assert not await store.lease("n", "you", 60)

    with pytest.raises(ConfigurationError, match="is a link, no file"):
        await use()
    there.unlink()
    elsewhere.rename(there)
    await use()


async def test_a_link_in_place_of_what_is_being_written_is_not_followed(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "tokens")
    await store.swap("n", None, ONE)
    [entry] = (tmp_path / "tokens").glob("n.*")
    target = tmp_path / "target"
    target.write_text("untouched")
    (tmp_path / "tokens" / f".{entry.name[2]}.new").symlink_to(target)

    assert await store.swap("n", ONE, TWO)
    assert target.read_text() == "untouched"
    assert await store.get("n") == TWO


async def test_files_that_are_not_as_they_were_written(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "tokens")
    await store.swap("n", None, ONE)
    await store.lease("n", "me", 60)
    entry, lease = sorted((tmp_path / "tokens").glob("n.*"))
    entry.write_bytes(ONE.reveal().encode() + b"\xff")
    lease.write_bytes(b"[]")
    with pytest.raises(TokenStoreError, match="isn't as it was written") as caught:
        await store.get("n")
    assert ONE.reveal() not in "".join(format_exception(caught.value))
    with pytest.raises(TokenStoreError, match="isn't as it was written"):
        await store.lease("n", "me", 60)
    with pytest.raises(TokenStoreError, match="characters") as unfit:
        await store.swap("m", None, Secret(f"{ONE.reveal()}\ud800"))
    assert ONE.reveal() not in "".join(format_exception(unfit.value))
    assert await store.get("m") is None


async def test_a_folder_that_cannot_be_made_and_one_that_is_a_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await FileStore(tmp_path / "no" / "tokens").get("n")
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="is no folder"):
        await FileStore(tmp_path / "file").get("n")


async def test_a_disk_that_is_full_leaves_the_old_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FileStore(tmp_path / "tokens")
    await store.swap("n", None, ONE)

    def full(*given: Any, **named: Any) -> None:
        raise OSError(28, "No space left on device")

    for what in ("fsync", "replace"):
        with monkeypatch.context() as patched:
            patched.setattr(os, what, full)
            with pytest.raises(OSError, match="No space"):
                await store.swap("n", ONE, TWO)
        assert await store.get("n") == ONE
        assert not [*(tmp_path / "tokens").glob(".*.new")]
    assert await store.swap("n", ONE, TWO)


async def test_a_stopped_process_does_not_hold_a_call_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_PATIENCE", 0.2)
    store = FileStore(tmp_path / "tokens")
    await store.swap("n", None, ONE)
    [entry] = (tmp_path / "tokens").glob("n.*")
    lock = tmp_path / "tokens" / f".{entry.name[2]}.lock"
    holder = process(
        """
        import fcntl, time
        held = open(place, "rb+")
        fcntl.flock(held, fcntl.LOCK_EX)
        print("held", flush=True)
        time.sleep(60)
        """,
        "file",
        lock,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    holder.send_signal(signal.SIGSTOP)
    try:
        with pytest.raises(TokenStoreError, match="locked"):
            await store.swap("n", ONE, TWO)
        assert await store.get("n") == ONE
    finally:
        holder.kill()
        holder.communicate()
    assert await store.swap("n", ONE, TWO)


def test_without_locks_between_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fcntl", None)
    with pytest.raises(ConfigurationError, match="SQLStore"):
        FileStore("tokens")


async def test_whoever_is_cancelled_leaves_no_thread_at_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FileStore(tmp_path / "tokens")
    await store.swap("n", None, ONE)
    under_way, go_on = asyncio.Event(), False
    loop, replace = asyncio.get_running_loop(), os.replace

    def slow(*given: Any, **named: Any) -> None:
        loop.call_soon_threadsafe(under_way.set)
        while not go_on:
            time.sleep(0.001)
        replace(*given, **named)

    monkeypatch.setattr(os, "replace", slow)
    task = asyncio.create_task(store.swap("n", ONE, TWO))
    await under_way.wait()
    task.cancel()
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.sleep(0.01)
    assert not task.done()
    go_on = True
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await store.get("n") == TWO


# --- Redis ---------------------------------------------------------------------------------------


async def test_a_redis_that_is_gone_is_said_soon_and_without_its_password(
    mortal: Valkey,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(redis_store, "_PATIENCE", 0.3)
    store = RedisStore(mortal.url)
    assert await store.swap("n", None, ONE)
    mortal.kill()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        stores = [store, RedisStore(f"redis://:{PASSWORD}@127.0.0.1:{port}/0")]
        for one in (*stores, RedisStore(f"redis://:{PASSWORD}@127.0.0.1:1/0")):
            async with asyncio.timeout(20):
                for call in (one.get("n"), one.swap("n", ONE, TWO), one.lease("n", "me", 1)):
                    with pytest.raises(TokenStoreError, match="Redis has failed") as caught:
                        await call
                    shown = "".join(format_exception(caught.value)) + repr(vars(one)) + repr(one)
                    assert PASSWORD not in shown
                    assert ONE.reveal() not in shown
    mortal.start()
    assert await store.swap("n", None, TWO)  # it was there without persistence


async def test_a_command_that_redis_refuses_shows_no_text(valkey: Valkey) -> None:  # noqa: F811
    prefix = f"{uuid4().hex}:"
    async with Redis.from_url(valkey.url) as redis:
        await redis.lpush(f"{prefix}kept:n", "x")
    store = RedisStore(valkey.url, prefix=prefix)
    for call in (store.get("n"), store.swap("n", ONE, TWO)):
        with pytest.raises(TokenStoreError, match="ResponseError") as caught:
            await call
        assert ONE.reveal() not in "".join(format_exception(caught.value))


@pytest.mark.parametrize("decode", [False, True])
async def test_a_redis_of_ones_own_stays_open(valkey: Valkey, decode: bool) -> None:  # noqa: F811
    prefix = f"{uuid4().hex}:"
    retry = Retry(NoBackoff(), 0)
    async with Redis.from_url(valkey.url, decode_responses=decode, retry=retry) as redis:
        report = await check_store(lambda: RedisStore(redis, prefix=prefix))
        report.raise_failures()
        store = RedisStore(redis, prefix=prefix)
        await store.aclose()
        assert await redis.ping()
        assert await redis.keys(f"{prefix}*") == []


async def test_a_lease_goes_by_the_server_s_clock_and_a_text_never_ends(valkey: Valkey) -> None:  # noqa: F811
    prefix = f"{uuid4().hex}:"
    store = RedisStore(valkey.url, prefix=prefix)
    await store.swap("n", None, ONE)
    await store.lease("n", "me", 30)
    async with Redis.from_url(valkey.url) as redis:
        assert 0 < await redis.pttl(f"{prefix}lease:n") <= 30_000
        assert await redis.pttl(f"{prefix}kept:n") == -1


async def test_connections_go_when_nothing_is_under_way(mortal: Valkey) -> None:  # noqa: F811
    store = RedisStore(mortal.url)
    async with Redis.from_url(mortal.url, single_connection_client=True) as redis:

        async def connected() -> int:
            return int((await redis.info("clients"))["connected_clients"]) - 1

        swaps = asyncio.gather(*(store.swap(f"n{n}", None, ONE) for n in range(100)))
        most = 0
        while not swaps.done():
            most = max(most, await connected())
        assert all(await swaps)
        assert most <= redis_store._TOGETHER
        async with asyncio.timeout(20):
            while await connected():
                await asyncio.sleep(0.01)


def test_addresses_that_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong in (f"http://:{PASSWORD}@host", f"redis://:{PASSWORD}@host:port", "", 7):
        given: Any = wrong
        with pytest.raises(ConfigurationError, match="no address") as caught:
            RedisStore(given)
        assert PASSWORD not in str(caught.value)
        assert caught.value.__context__ is None
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(ConfigurationError, match=r"hoopai-invoices\[redis\]"):
        RedisStore("redis://host")


# --- Databases -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_many_open_a_new_database_at_once(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    make = factory(kind, request, tmp_path)
    stores = [make() for _ in range(6)]
    done = await asyncio.gather(*(one.swap("n", None, ONE) for one in stores))
    assert sum(done) == 1
    for one in stores:
        assert isinstance(one, SQLStore)
        await one.aclose()
        with pytest.raises(TokenStoreError, match="the token store was closed"):
            await one.get("n")


async def test_an_engine_of_ones_own_shows_no_text_though_it_says_all(
    postgres: Postgres,  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    for url in (f"sqlite+aiosqlite:///{tmp_path / 'db'}", postgres.url):
        engine = create_async_engine(url, echo="debug")
        store = SQLStore(engine, prefix=postgres.prefix())
        assert await store.swap("n", None, ONE)
        assert await store.swap("n", ONE, TWO)
        assert await store.get("n") == TWO
        await store.aclose()
        async with engine.connect():
            pass  # it is still his
        await engine.dispose()
    said = capsys.readouterr().out + caplog.text
    assert "INSERT INTO" in said
    for one in (ONE, TWO):
        assert one.reveal() not in said


async def test_a_database_that_fails_shows_no_text(tmp_path: Path, postgres: Postgres) -> None:  # noqa: F811
    gone = SQLStore(f"postgresql+asyncpg://u:{PASSWORD}@/d?host={tmp_path}")
    with pytest.raises(TokenStoreError, match="the token store's database") as caught:
        await gone.swap("n", None, ONE)
    shown = "".join(format_exception(caught.value))
    assert PASSWORD not in shown
    assert ONE.reveal() not in shown
    await gone.aclose()
    store = SQLStore(postgres.url, prefix=postgres.prefix())
    with pytest.raises(TokenStoreError) as unfit:
        await store.swap("n", None, Secret(f"{ONE.reveal()}\x00"))
    assert ONE.reveal() not in "".join(format_exception(unfit.value))
    await store.aclose()
    with pytest.raises(ConfigurationError, match="the token store's tables"):
        SQLStore(tmp_path / "db", prefix="no-table")
    with pytest.raises(ConfigurationError, match="no database for a token store"):
        SQLStore("mysql://host/db")


async def test_a_table_of_ones_own_migrations_is_used(tmp_path: Path) -> None:
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'db'}")
    async with engine.begin() as connection:
        await connection.run_sync(SQLStore.metadata("own_").create_all)
    store = SQLStore(engine, prefix="own_")
    assert await store.swap("n", None, ONE)
    await store.aclose()
    await engine.dispose()


# --- What the docs show --------------------------------------------------------------------------


def test_the_programs_of_the_page_run(tmp_path: Path) -> None:
    [section] = re.findall(
        r"^## Stores\n(.*?)(?=^## |\Z)", DOCS.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    programs = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    assert len(programs) == 1
    for program in programs:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", program],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert (done.stdout, done.stderr) == ("0 of 16 points failed\n", "")
    for kind in ("MemoryStore", "FileStore", "RedisStore", "SQLStore"):
        assert f"`{kind}" in section


async def test_a_file_of_sqlite_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "billing.db"
    path.touch()
    path.chmod(0o644)
    store = SQLStore(path)
    with pytest.raises(ConfigurationError, match="others on this machine"):
        await store.get("n")
    path.chmod(0o600)
    assert await store.get("n") is None
    await store.aclose()


async def test_a_ledger_that_was_there_first_is_as_private(tmp_path: Path) -> None:
    path = tmp_path / "billing.db"
    async with SQLLedger(path) as ledger:
        assert await ledger.find("l", "invoices.create", "k") is None
        store = SQLStore(path)
        assert await store.swap("n", None, Secret("a token"))
        await store.aclose()
    assert path.stat().st_mode & 0o777 == 0o600


async def test_a_lock_that_another_holds_keeps_no_thread(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "tokens")
    assert await store.swap("n", None, Secret("old"))
    [lock] = (tmp_path / "tokens").glob(".*.lock")
    with lock.open("rb+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        waiting = [asyncio.create_task(store.lease("n", "me", 1)) for _ in range(64)]
        await asyncio.sleep(0)
        # The threads that look up hosts' names are the same ones.
        async with asyncio.timeout(5):
            await asyncio.gather(*(asyncio.to_thread(int) for _ in range(64)))
        assert not any(task.done() for task in waiting)
        fcntl.flock(held, fcntl.LOCK_UN)
        assert all(await asyncio.gather(*waiting))
