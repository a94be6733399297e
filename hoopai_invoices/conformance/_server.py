"""A server on a raw socket of this machine that misbehaves as it is told, and counts arrivals."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from attrs import define

SETTLED = 0.01  # what was sent on loopback has arrived by then
MEGABYTE = 1 << 20


@define
class Arrival:
    """A request as it came: counted as soon as its head is there."""

    number: int
    connection: int
    method: bytes
    target: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes = b""


class Connection:
    """The server's end of one connection."""

    def __init__(
        self, server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.number = len(server.connections)
        self.ended = asyncio.Event()  # the client has closed it
        self.handed_over = 0
        self._server = server
        self._reader = reader
        self._writer = writer

    @property
    def closing(self) -> bool:
        return self._writer.is_closing()

    async def head(self) -> Arrival | None:
        """The next request without its body; None when the client has closed the connection."""
        try:
            first, *lines = (await self._reader.readuntil(b"\r\n\r\n"))[:-4].split(b"\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            self.ended.set()
            return None
        method, _, rest = first.partition(b" ")
        pairs = [line.partition(b":") for line in lines]
        headers = [(name, value.strip()) for name, _, value in pairs]
        arrived = self._server.arrived
        arrival = Arrival(len(arrived), self.number, method, rest.rpartition(b" ")[0], headers)
        arrived.append(arrival)
        return arrival

    async def request(self) -> Arrival | None:
        """The next request with its body."""
        arrival = await self.head()
        if arrival is None:
            return None
        named = {name.lower(): value for name, value in arrival.headers}
        if b"chunked" in named.get(b"transfer-encoding", b""):
            while size := int(await self._reader.readuntil(b"\r\n"), 16):
                arrival.body += (await self._reader.readexactly(size + 2))[:-2]
            await self._reader.readuntil(b"\r\n")
        else:
            length = int(named.get(b"content-length", b"0"))
            arrival.body = await self._reader.readexactly(length)
        return arrival

    async def send(self, data: bytes) -> None:
        """Write this, and wait until the kernel has it."""
        self._writer.write(data)
        await self._writer.drain()
        self.handed_over += len(data)

    async def send_without_end(self, head: bytes, line: bytes) -> None:
        """Write for as long as the client lets it, 64 MB at most."""
        raw = self._writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, MEGABYTE // 16)
        self._writer.transport.set_write_buffer_limits(high=0)
        await self.send(head)
        part = line * (MEGABYTE // 16 // len(line))
        while self.handed_over < 64 * MEGABYTE:
            await self.send(part)

    async def gone(self) -> None:
        """Wait until the client closes the connection."""
        with contextlib.suppress(ConnectionError):
            while await self._reader.read(MEGABYTE):
                pass
        self.ended.set()

    def drop(self) -> None:
        self._writer.close()

    def reset(self) -> None:
        """End the connection with RST instead of FIN."""
        raw = self._writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()


Script = Callable[[Connection], Awaitable[None]]
Reaction = Callable[[Connection, Arrival], Awaitable[None]]


class Server:
    """Where it listens, and what has arrived so far."""

    def __init__(self) -> None:
        self.port = 0
        self.arrived: list[Arrival] = []
        self.connections: list[Connection] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    async def quiet(self) -> int:
        """How many requests arrived, once those under way have."""
        await asyncio.sleep(SETTLED)
        return len(self.arrived)


@asynccontextmanager
async def serving(script: Script) -> AsyncIterator[Server]:
    """Let a script have every connection."""
    server = Server()
    tasks: list[asyncio.Task[None]] = []
    writers: list[asyncio.StreamWriter] = []

    async def run(connection: Connection) -> None:
        try:
            await script(connection)
        except (ConnectionError, asyncio.IncompleteReadError):
            connection.ended.set()
        finally:
            connection.drop()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(server, reader, writer)
        server.connections.append(connection)
        writers.append(writer)
        tasks.append(asyncio.create_task(run(connection)))

    listening = await asyncio.start_server(connected, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        for writer in writers:
            writer.transport.abort()
        await listening.wait_closed()
    for end in ends:
        if isinstance(end, Exception):
            raise end


# --- Reactions to a request ------------------------------------------------------------------


def in_turn(*reactions: Reaction) -> Script:
    """The first request to arrive, on whichever connection, gets the first; any more get `ok`."""

    async def script(connection: Connection) -> None:
        while not connection.closing and (arrival := await connection.request()):
            mine = reactions[arrival.number] if arrival.number < len(reactions) else ok
            await mine(connection, arrival)

    return script


def whole(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    """The bytes of an answer."""
    length = b"Content-Length: %d" % len(body)
    return b"\r\n".join([b"HTTP/1.1 " + status, length, *headers, b"", body])


async def ok(connection: Connection, arrival: Arrival) -> None:
    """An answer that names its request."""
    await connection.send(whole(b"answer to " + arrival.target))


async def drop(connection: Connection, arrival: Arrival) -> None:
    connection.drop()


async def reset(connection: Connection, arrival: Arrival) -> None:
    connection.reset()


async def silence(connection: Connection, arrival: Arrival) -> None:
    await connection.gone()


def sends(data: bytes) -> Reaction:
    """These bytes; the connection stays."""

    async def answer(connection: Connection, arrival: Arrival) -> None:
        await connection.send(data)

    return answer


def cut(data: bytes) -> Reaction:
    """These bytes, and the connection is gone."""

    async def answer(connection: Connection, arrival: Arrival) -> None:
        await connection.send(data)
        connection.drop()

    return answer


def stalls(data: bytes) -> Reaction:
    """These bytes, and nothing after them."""

    async def answer(connection: Connection, arrival: Arrival) -> None:
        await connection.send(data)
        await connection.gone()

    return answer
