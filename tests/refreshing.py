"""Many processes that call with the tokens of one app, on one store: `python -m tests.refreshing`.

The sandbox is the strictest server there is: a refresh token is good for one use, and what is used
twice is counted. It has a process of its own, and so has each worker: they are forked from one that
has imported everything, and may be killed.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import logging
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from itertools import pairwise
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Literal, NamedTuple

import httpx

from hoopai_invoices import InvoicesClient
from hoopai_invoices._core.clock import SystemClock
from hoopai_invoices._core.secret import Secret
from hoopai_invoices.auth import FileStore, OAuthApp, RedisStore, SQLStore, TokenStore, keeping
from hoopai_invoices.errors import HoopAIError
from hoopai_invoices.sandbox import Choices, Sandbox

__all__ = [
    "Base",
    "Counts",
    "Crew",
    "Place",
    "Service",
    "Step",
    "Tally",
    "Worker",
    "base_of",
    "call_on_until",
    "consent",
    "expiries",
    "forked",
    "gaps",
    "interrupted",
    "opened",
    "serving",
    "twice",
]

Step = Literal["leasing", "leased", "answered", "stored", "released"]
Kind = Literal["file", "redis", "sqlite", "postgres"]
_HUNG = 200.0  # seconds after which a worker doesn't answer any more
_PRELOAD = ["redis.asyncio", "sqlalchemy.ext.asyncio", "aiosqlite", "asyncpg", "httpx"]
_PRELOAD += ["hoopai_invoices.client", "hoopai_invoices.auth", "hoopai_invoices.sandbox.box"]
_PRELOAD += ["hoopai_invoices.auth.redis_store", "hoopai_invoices.auth.sql_store", "__main__"]


class Place(NamedTuple):
    """Where a store keeps its grants."""

    kind: Kind
    address: str
    prefix: str = ""


class Base(NamedTuple):
    """What a worker needs to begin.

    Attributes:
        url: Where the service is.
        app: The app's client id and secret.
        location_id: The location whose token is used.
        invoice_id: What is asked for.
        place: Where the grants are.
        at_once: Connections of one worker.
        shift: Seconds by which its clock is wrong.
        lease: Seconds for which one process has a renewal to itself.
        slow: Seconds that its store takes to keep something.
    """

    url: str
    app: tuple[str, str]
    location_id: str
    invoice_id: str
    place: Place
    at_once: int = 100
    shift: float = 0.0
    lease: float | None = None
    slow: float = 0.0


class Tally(NamedTuple):
    """What became of calls."""

    calls: int
    failed: Counter[str]

    @property
    def errors(self) -> Counter[str]:
        """How often which error was raised."""
        kinds: Counter[str] = Counter()
        for text, times in self.failed.items():
            kinds[text.partition(":")[0]] += times
        return kinds


class Counts(NamedTuple):
    """What the service tells of its tokens."""

    refreshes: int
    refused: int
    minted: int


# --- The service ---------------------------------------------------------------------------------


class Service:
    """The sandbox in its process, as the others see it."""

    def __init__(self, pipe: Connection, http: httpx.AsyncClient, told: Any):
        self._pipe, self._http = pipe, http
        self.url, self.app, self.location_id, self.invoice_id = told

    async def counts(self) -> Counts:
        told = (await self._http.get("/_sandbox/oauth")).json()
        return Counts(told["refreshes"], told["refused"], sum(told["minted"].values()))

    async def expire(self, *, company: bool = False) -> None:
        """Let the location's tokens die, or the company's."""
        given = {"companyTokens": True} if company else {}
        (await self._http.post("/_sandbox/expire-token", json=given)).raise_for_status()

    async def advance(self, seconds: float) -> None:
        """Move its clock on."""
        given = {"seconds": seconds}
        (await self._http.post("/_sandbox/clock/advance", json=given)).raise_for_status()

    async def strike(self, kind: str, **facts: Any) -> None:
        """Let the next token call meet a fault."""
        given = {"kind": kind, "operation": "oauth.token", **facts}
        (await self._http.post("/_sandbox/faults", json=given)).raise_for_status()

    async def authorize(self, kind: Literal["Location", "Company"]) -> str:
        """Somebody consents; the code."""
        answer = await self._http.post("/_sandbox/oauth/authorize", json={"userType": kind})
        code: str = answer.raise_for_status().json()["code"]
        return code

    async def token_calls(self) -> list[float]:
        """When each token call arrived, whatever became of it."""
        self._pipe.send("token calls")
        arrived: list[float] = await _heard(self._pipe)
        return arrived

    async def until_token_calls(self, number: int) -> None:
        """Wait until so many have arrived."""
        async with asyncio.timeout(_HUNG):
            while len(await self.token_calls()) < number:
                await asyncio.sleep(0.02)


@asynccontextmanager
async def serving(**choices: Any) -> AsyncIterator[Service]:
    """Run the sandbox for as long as the block, without limits."""
    with _process(_serve, choices) as (_, pipe):
        told = await _heard(pipe)
        async with httpx.AsyncClient(base_url=told[0], timeout=60) as http:
            yield Service(pipe, http, told)


def _serve(pipe: Connection, choices: dict[str, Any]) -> None:
    async def serve() -> None:
        async with Sandbox(limits=None, choices=Choices(**choices)) as box:
            app = (box.oauth.client_id, box.oauth.client_secret)
            pipe.send((await box.serve(), app, box.location_id, box.add_invoice().id))
            orders = _orders(pipe)
            while await orders.get() is not None:
                calls = (one for one in box.arrivals if one.operation == "oauth.token")
                pipe.send([one.at.timestamp() for one in calls])

    asyncio.run(serve())


# --- The parent's side ---------------------------------------------------------------------------


class Worker:
    """A process that calls, as its parent sees it."""

    def __init__(self, process: BaseProcess, pipe: Connection):
        self._process, self._pipe = process, pipe

    def tell(self, *order: Any) -> None:
        self._pipe.send(order)

    async def heard(self) -> Any:
        return await _heard(self._pipe)

    async def asked(self, *order: Any) -> Any:
        self.tell(*order)
        return await self.heard()

    async def call(self, number: int = 1) -> Tally:
        """Make so many calls at once."""
        await self.asked("gather", number)
        tally: Tally = await self.asked("go")
        return tally

    def kill(self) -> None:
        """SIGKILL, to the process that was started here."""
        self._process.kill()
        self._process.join()

    async def dead(self) -> int | None:
        """Wait for it to have been killed, and say by what."""
        async with asyncio.timeout(_HUNG):
            while self._process.is_alive():
                await asyncio.sleep(0.01)
        return self._process.exitcode

    def interrupt(self) -> None:
        """Ctrl-C."""
        assert self._process.pid is not None
        os.kill(self._process.pid, signal.SIGINT)


class Crew:
    """Several of them, who do the same at the same time."""

    def __init__(self, workers: Sequence[Worker]):
        self.workers = workers

    async def asked(self, *order: Any) -> list[Any]:
        for worker in self.workers:
            worker.tell(*order)
        return [await worker.heard() for worker in self.workers]

    async def go(self) -> Tally:
        """Open the barrier; what became of all the calls."""
        return _sum(await self.asked("go"))

    async def stop(self) -> Tally:
        """Call on no longer; what became of all the calls."""
        return _sum(await self.asked("stop"))

    async def costs(self) -> Counter[str]:
        """What the stores of all were asked since the last time."""
        return sum(await self.asked("costs"), Counter())


def _sum(tallies: list[Tally]) -> Tally:
    return Tally(sum(one.calls for one in tallies), sum((one.failed for one in tallies), Counter()))


@asynccontextmanager
async def opened(*bases: Base, main: Any = None) -> AsyncIterator[Crew]:
    """A worker on each of these."""
    with ExitStack() as stack:
        started = [stack.enter_context(_process(main or _work, base)) for base in bases]
        workers = [Worker(*one) for one in started]
        for worker in workers:
            assert await worker.heard() == "ready"
        yield Crew(workers)


@contextmanager
def _process(main: Any, given: Any) -> Iterator[tuple[BaseProcess, Connection]]:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOAD)
    ours, theirs = context.Pipe()
    process = context.Process(target=main, args=(theirs, given), daemon=True)
    process.start()
    theirs.close()
    try:
        yield process, ours
    finally:
        ours.close()  # which ends it
        process.join(10)
        process.kill()
        process.join()
        process.close()


async def _heard(pipe: Connection) -> Any:
    async with asyncio.timeout(_HUNG):
        while not pipe.poll():
            await asyncio.sleep(0.005)
    return pipe.recv()


def base_of(service: Service, place: Place, **settings: Any) -> Base:
    return Base(
        service.url, service.app, service.location_id, service.invoice_id, place, **settings
    )


async def consent(
    service: Service, place: Place, kind: Literal["Location", "Company"] = "Location"
) -> None:
    """Somebody consents, and the store has the grant."""
    async with _app_on(base_of(service, place), SystemClock()) as (app, _):
        await app.exchange_code(await service.authorize(kind))


# --- The worker's side ---------------------------------------------------------------------------


class Wrong(SystemClock):
    """The machine's clock, so many seconds off."""

    def __init__(self, shift: float):
        self.shift = shift

    def time(self) -> float:
        return super().time() + self.shift


class Watched:
    """A store that counts what it is asked, and at one step of a refresh kills its process."""

    def __init__(self, store: TokenStore):
        self._store = store
        self.fatal: Step | None = None
        self.slow = 0.0
        self.asked: Counter[str] = Counter()

    async def get(self, name: str) -> Secret | None:
        self.asked["get"] += 1
        return await self._store.get(name)

    async def swap(self, name: str, old: Secret | None, new: Secret | None) -> bool:
        self._at("answered")
        self.asked["swap"] += 1
        await asyncio.sleep(self.slow)
        done = await self._store.swap(name, old, new)
        self._at("stored")
        return done

    async def lease(self, name: str, owner: str, seconds: float) -> bool:
        self._at("leasing")
        self.asked["lease"] += 1
        done = await self._store.lease(name, owner, seconds)
        if done:
            self._at("leased")
        return done

    async def release(self, name: str, owner: str) -> None:
        self.asked["release"] += 1
        await self._store.release(name, owner)
        self._at("released")

    def _at(self, step: Step) -> None:
        if step == self.fatal:
            os.kill(os.getpid(), signal.SIGKILL)


def _store_at(place: Place) -> TokenStore:
    if place.kind == "file":
        return FileStore(place.address)
    if place.kind == "redis":
        return RedisStore(place.address, prefix=place.prefix)
    if place.kind == "sqlite":
        return SQLStore(place.address)
    return SQLStore(place.address, prefix=place.prefix)


@asynccontextmanager
async def _app_on(base: Base, clock: SystemClock) -> AsyncIterator[tuple[OAuthApp, Watched]]:
    store = _store_at(base.place)
    watched = Watched(store)
    watched.slow = base.slow
    app = _app_of(base, watched, clock)
    try:
        yield app, watched
    finally:
        await app.aclose()
        if isinstance(store, SQLStore):
            await store.aclose()


def _app_of(base: Base, store: TokenStore, clock: SystemClock) -> OAuthApp:
    # As many token calls a minute as they want: their number is what is looked at.
    settings: dict[str, Any] = {"token_limit": None, "mint_limit": None, "base_url": base.url}
    return OAuthApp(*base.app, store=store, _clock=clock, **settings)


def _client_of(base: Base, app: OAuthApp, clock: SystemClock) -> InvoicesClient:
    return InvoicesClient(
        token=app,
        location_id=base.location_id,
        base_url=base.url,
        max_connections=base.at_once,
        timeout=120,
        rate_limit=None,
        _clock=clock,
    )


def _begin(base: Base) -> Wrong:
    logging.getLogger("hoopai_invoices").addHandler(logging.NullHandler())
    random.seed()  # forked, all would have the same chance
    if base.lease is not None:
        keeping._LEASE = base.lease
    return Wrong(base.shift)


def _work(pipe: Connection, base: Base) -> None:
    """Do what comes through the pipe, and tell what became of it."""
    clock = _begin(base)
    with suppress(BrokenPipeError, ConnectionResetError):  # nobody wants to know any more
        asyncio.run(_Work(pipe, base, clock).run())


class _Work:
    def __init__(self, pipe: Connection, base: Base, clock: Wrong):
        self._pipe, self._base, self._clock = pipe, base, clock
        self._barrier, self._stopped = asyncio.Event(), False
        self._calls: list[asyncio.Task[Tally]] = []

    async def run(self) -> None:
        orders = _orders(self._pipe)
        async with _app_on(self._base, self._clock) as (app, self._store):
            async with _client_of(self._base, app, self._clock) as self._client:
                self._pipe.send("ready")
                while (order := await orders.get()) is not None:
                    self._pipe.send(await getattr(self, f"_{order[0]}")(*order[1:]))

    async def _gather(self, number: int) -> None:
        """So many tasks, who wait to call once."""

        async def call() -> Tally:
            await self._barrier.wait()
            return await self._called()

        await self._make(call, number)

    async def _go(self) -> Tally:
        self._barrier.set()
        return await self._ended()

    async def _begin(self, number: int, pause: float) -> None:
        """So many tasks, who call on until they are stopped."""

        async def call() -> Tally:
            tallies = []
            while not self._stopped:
                tallies.append(await self._called())
                await asyncio.sleep(pause)
            return _sum(tallies)

        await self._make(call, number)

    async def _stop(self) -> Tally:
        self._stopped = True
        return await self._ended()

    async def _arm(self, step: Step) -> None:
        self._store.fatal = step

    async def _shift(self, seconds: float) -> None:
        self._clock.shift += seconds

    async def _costs(self) -> Counter[str]:
        asked, self._store.asked = self._store.asked, Counter()
        return asked

    async def _make(self, call: Any, number: int) -> None:
        loop = asyncio.get_running_loop()
        self._barrier, self._stopped = asyncio.Event(), False
        self._calls = [loop.create_task(call()) for _ in range(number)]
        await asyncio.sleep(0)

    async def _ended(self) -> Tally:
        return _sum(await asyncio.gather(*self._calls))

    async def _called(self) -> Tally:
        return await _call(self._client, self._base)


async def _call(client: InvoicesClient, base: Base) -> Tally:
    try:
        await client.invoices.get(base.invoice_id)
    except HoopAIError as error:
        return Tally(1, Counter([f"{type(error).__name__}: {error}"]))
    except Exception as error:
        return Tally(1, Counter([repr(error)]))
    return Tally(1, Counter())


def _orders(pipe: Connection) -> asyncio.Queue[Any]:
    """What comes through the pipe; None at its end."""
    orders: asyncio.Queue[Any] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def given() -> None:
        try:
            orders.put_nowait(pipe.recv())
        except (EOFError, OSError):
            loop.remove_reader(pipe.fileno())
            orders.put_nowait(None)

    loop.add_reader(pipe.fileno(), given)
    return orders


# --- Processes that end, or go on, in unusual ways -------------------------------------------------


def twice(pipe: Connection, base: Base) -> None:
    """One app in two event loops, one after the other; before each, the parent says when."""
    _rounds(pipe, base, _app_of(base, _store_at(base.place), _begin(base)), 2)


def forked(pipe: Connection, base: Base) -> None:
    """One app in an event loop, and then in that of a copy of its process as well."""
    app = _app_of(base, _store_at(base.place), _begin(base))
    _rounds(pipe, base, app, 1)
    mine, theirs = multiprocessing.Pipe()
    pid = os.fork()
    if not pid:
        try:
            mine.close()
            theirs.recv()
            theirs.send(asyncio.run(_round(base, app)))
        finally:
            os._exit(0)
    theirs.close()
    pipe.recv()
    mine.send("go")
    tally = asyncio.run(_round(base, app))
    pipe.send([tally, mine.recv()])
    os.waitpid(pid, 0)


def interrupted(pipe: Connection, base: Base) -> None:
    """Calls in an event loop that Ctrl-C ends; then in another one of a new app."""
    clock = _begin(base)
    _rounds(pipe, base, _app_of(base, _store_at(base.place), clock), 1)
    pipe.recv()
    ended = "by itself"
    try:
        store = Watched(_store_at(base.place))
        store.slow = base.slow
        asyncio.run(_left_open(base, _app_of(base, store, clock)))
    except KeyboardInterrupt:
        ended = "by Ctrl-C"
    pipe.send(ended)
    pipe.recv()
    pipe.send(asyncio.run(_round(base, _app_of(base, _store_at(base.place), clock))))


def _rounds(pipe: Connection, base: Base, app: OAuthApp, number: int) -> None:
    pipe.send("ready")
    for _ in range(number):
        pipe.recv()
        pipe.send(asyncio.run(_round(base, app)))


async def _round(base: Base, app: OAuthApp) -> Tally:
    async with _client_of(base, app, SystemClock()) as client:
        return _sum(await asyncio.gather(*(_call(client, base) for _ in range(20))))


async def _left_open(base: Base, app: OAuthApp) -> None:
    """Calls of a program that closes nothing: what is under way is cancelled with the loop."""
    client = _client_of(base, app, SystemClock())
    await asyncio.gather(*(_call(client, base) for _ in range(20)))


# --- What they do together -----------------------------------------------------------------------


async def expiries(
    crew: Crew, service: Service, calls: int, times: int
) -> list[tuple[Tally, Counts]]:
    """The token dies while everybody waits to use it, so many times; what became of each."""
    found = []
    for _ in range(times):
        before = await service.counts()
        await crew.asked("gather", calls)
        await service.expire()
        tally = await crew.go()
        found.append((tally, _since(before, await service.counts())))
    return found


def _since(before: Counts, after: Counts) -> Counts:
    return Counts(*(new - old for new, old in zip(after, before, strict=True)))


async def call_on_until(crew: Crew, service: Service, tasks: int, refreshes: int) -> Tally:
    """Call all the time, while the token's life ends so many times."""
    before = await service.counts()
    await crew.asked("begin", tasks, 0.05)
    async with asyncio.timeout(_HUNG):
        while (await service.counts()).refreshes < before.refreshes + refreshes:
            await asyncio.sleep(0.05)
    return await crew.stop()


def gaps(times: list[float]) -> list[float]:
    return [later - earlier for earlier, later in pairwise(times)]


# --- In full ---------------------------------------------------------------------------------------


class _Row(NamedTuple):
    store: str
    what: str
    tally: Tally
    expiries: int
    counts: Counts
    seconds: float
    note: str = ""

    def __str__(self) -> str:
        line = (
            f"{self.store:9} {self.what:17} {self.tally.calls:>8,} {self.tally.failed.total():>7}"
            f" {self.expiries:>9} {self.counts.refreshes:>10} {self.counts.minted:>7}"
            f" {self.counts.refused:>14} {self.seconds:>8.1f}  {self.note}"
        )
        return "\n".join([line, *(f"  {n} x {text}" for text, n in self.tally.failed.items())])


Tell = Callable[..., None]


async def _location(given: argparse.Namespace, place: Place, tell: Tell) -> None:
    """A location's own grant, whose token dies; then calls while nothing ends."""
    async with serving() as service, _crew_on(service, place, given) as crew:
        began = time.monotonic()
        found = await expiries(crew, service, given.tasks, given.expiries)
        tell("location, 401", *_totals(found), time.monotonic() - began)
        await crew.costs()
        began, before = time.monotonic(), await service.counts()
        await crew.asked("gather", given.tasks)
        tally = await crew.go()
        note = f"{(await crew.costs()).total() / tally.calls:.4f} store operations a call"
        counts = _since(before, await service.counts())
        tell("nothing ends", tally, 0, counts, time.monotonic() - began, note)


async def _minted(given: argparse.Namespace, place: Place, tell: Tell) -> None:
    """An agency's grant: the token that it minted dies, and then its own as well."""
    async with serving() as service, _crew_on(service, place, given, "Company") as crew:
        began = time.monotonic()
        found = await expiries(crew, service, given.tasks, given.expiries)
        tell("minted, 401", *_totals(found), time.monotonic() - began)
        found = []
        began = time.monotonic()
        for _ in range(given.expiries):
            await service.expire(company=True)
            found += await expiries(crew, service, given.tasks, 1)
        tell("minted, both end", *_totals(found), time.monotonic() - began)


async def _by_time(given: argparse.Namespace, place: Place, tell: Tell) -> None:
    """A location's own grant, whose token ends by itself while everybody calls on."""
    async with serving(access_seconds=given.life) as service:
        async with _crew_on(service, place, given) as crew:
            began, before = time.monotonic(), await service.counts()
            tasks = max(1, given.tasks // 20)
            tally = await call_on_until(crew, service, tasks, given.expiries)
            seconds = time.monotonic() - began
            lives = [gap / given.life for gap in gaps(await service.token_calls())]
            note = f"apart by {min(lives):.2f} to {max(lives):.2f} lives"
            counts = _since(before, await service.counts())
            ended = sum(gap >= 0.8 for gap in lives)  # and every refresh must have had one
            tell("by time", tally, ended, counts, seconds, note)


@asynccontextmanager
async def _crew_on(
    service: Service,
    place: Place,
    given: argparse.Namespace,
    kind: Literal["Location", "Company"] = "Location",
) -> AsyncIterator[Crew]:
    """Processes that have a token."""
    await consent(service, place, kind)
    base = base_of(service, place, at_once=given.at_once)
    async with opened(*[base] * given.processes) as crew:
        await crew.asked("gather", 1)
        await crew.go()
        yield crew


def _totals(found: list[tuple[Tally, Counts]]) -> tuple[Tally, int, Counts]:
    counts = Counts(*map(sum, zip(*(counts for _, counts in found), strict=True)))
    return _sum([tally for tally, _ in found]), len(found), counts


def _wrong(row: _Row) -> bool:
    refreshes = 0 if row.what == "minted, 401" else row.expiries
    minted = row.expiries if row.what.startswith("minted") else 0
    return bool(row.tally.failed) or row.counts != Counts(refreshes, 0, minted)


def main() -> int:
    """Run it in full, and show its table; 1 when anything was wrong."""
    sys.path.append(str(Path(__file__).parent))
    from databases import Postgres
    from test_shared_limit import Valkey

    parser = argparse.ArgumentParser(prog="python -m tests.refreshing", description=__doc__)
    parser.add_argument("--tasks", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--expiries", type=int, default=3)
    parser.add_argument("--life", type=float, default=6.0, help="seconds of a token, by time")
    parser.add_argument("--at-once", type=int, default=100, help="connections of a process")
    parser.add_argument("--store", action="append", choices=["redis", "sqlite", "postgres", "file"])
    parser.add_argument("--part", action="append", choices=[*_PARTS])
    given = parser.parse_args()
    kinds: list[Kind] = given.store or ["redis", "sqlite", "postgres", "file"]
    print(f"{given.tasks} tasks in each of {given.processes} processes\n")
    heads = "   calls  failed  expiries  refreshes  minted  invalid_grant  seconds"
    print(f"{'store':9} {'what':17} {heads}")
    rows: list[_Row] = []
    for kind in kinds:
        with ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
            address = f"{folder}/tokens"
            if kind == "redis":
                valkey = Valkey(folder)
                valkey.start()
                stack.callback(valkey.kill)
                address = valkey.url
            elif kind == "postgres":
                postgres = Postgres(Path(folder))
                postgres.start()
                stack.callback(postgres.stop)
                address = postgres.url
            for part in given.part or _PARTS:
                tell = functools.partial(_told, rows, kind)
                asyncio.run(_PARTS[part](given, _place(kind, address, part), tell))
    wrong = [row for row in rows if _wrong(row)]
    print(f"\nwrong: {len(wrong)}")
    return 1 if wrong else 0


_PARTS = {"location": _location, "minted": _minted, "time": _by_time}


def _told(rows: list[_Row], kind: Kind, *row: Any) -> None:
    rows.append(_Row(kind, *row))
    print(rows[-1], flush=True)


def _place(kind: Kind, address: str, name: str) -> Place:
    if kind in ("redis", "postgres"):
        return Place(kind, address, f"{name}_")
    return Place(kind, f"{address}-{name}")


if __name__ == "__main__":
    sys.exit(main())
