"""The server of the campaign, in a process of its own: it answers with raw bytes, and counts."""

from __future__ import annotations

import asyncio
import multiprocessing
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing.connection import Connection
from typing import Literal, NamedTuple

from .replies import Fate, Reply, draw, redirect

__all__ = ["Fate", "Seen", "Served", "served"]

What = Literal["replies", "redirects"]


class Seen(NamedTuple):
    """A request that arrived, and what was answered to it."""

    kind: str
    fate: Fate


class Served:
    """The server as the client's process sees it."""

    def __init__(self, pipe: Connection):
        self._pipe = pipe
        self.url: str = pipe.recv()

    def take(self) -> tuple[dict[int, list[Seen]], int]:
        """What arrived since it was asked last, by the calls' numbers; and how many connections
        the other origin ever got."""
        self._pipe.send("take")
        taken: tuple[dict[int, list[Seen]], int] = self._pipe.recv()
        return taken


@contextmanager
def served(seed: int, what: What) -> Iterator[Served]:
    """Run the server for as long as the block."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_main, args=(theirs, seed, what), daemon=True)
    process.start()
    theirs.close()
    try:
        yield Served(ours)
    finally:
        ours.close()  # which ends it
        process.join(10)
        process.kill()
        process.join()
        process.close()


def _main(pipe: Connection, seed: int, what: What) -> None:
    asyncio.run(_Server(seed, what).run(pipe))


class _Server:
    def __init__(self, seed: int, what: What):
        self._seed = seed
        self._what = what
        self._draw = draw
        self._seen: dict[int, list[Seen]] = {}
        self._strays = 0  # connections to the other origin

    async def run(self, pipe: Connection) -> None:
        ended = asyncio.Event()

        def asked() -> None:
            try:
                pipe.recv()
            except EOFError:
                ended.set()
                return
            pipe.send((self._seen, self._strays))
            self._seen = {}

        own = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1000)
        other = await asyncio.start_server(self._stray, "127.0.0.1", 0)
        if self._what == "redirects":
            self._draw = partial(redirect, other.sockets[0].getsockname()[1])
        pipe.send(f"http://127.0.0.1:{own.sockets[0].getsockname()[1]}")
        asyncio.get_running_loop().add_reader(pipe.fileno(), asked)
        await ended.wait()

    async def _stray(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._strays += 1
        writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError, TimeoutError):
            while await self._answered(reader, writer):
                pass
        writer.close()

    async def _answered(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; whether another may follow on this connection."""
        text = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        lines = [line.partition(": ") for line in text.split("\r\n")[1:]]
        headers = {name.lower(): value for name, _, value in lines}
        await reader.readexactly(int(headers.get("content-length", "0")))
        token = headers["authorization"].removeprefix("Bearer ")
        number = int(token.rpartition("-")[2])  # each call has a token of its own
        seen = self._seen.setdefault(number, [])
        reply = self._draw(self._seed, number, len(seen) + 1, token.encode())
        seen.append(Seen(reply.kind, reply.fate))
        await _written(reply, writer)
        if reply.end == "hang":
            await asyncio.wait_for(reader.read(), 10)
        if reply.end == "reset":
            linger = struct.pack("ii", 1, 0)  # close() sends RST
            raw = writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        return reply.end == "keep"


async def _written(reply: Reply, writer: asyncio.StreamWriter) -> None:
    for step in reply.steps:
        if isinstance(step, bytes):
            writer.write(step)
            await writer.drain()
        else:
            await asyncio.sleep(step)
