"""The ways in which a request can fail, before and after it has arrived."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from attrs import field, frozen

from ._probe import Answer, NotTried, Probe, must_fail
from ._server import (
    Connection,
    Reaction,
    cut,
    drop,
    in_turn,
    ok,
    reset,
    serving,
    silence,
    stalls,
    whole,
)

SHORT = 0.1  # a time-out that must fire: what it waits for never comes


@frozen
class Written:
    """A failure after the request arrived: nobody knows whether it was carried out."""

    reactions: tuple[Reaction, ...]
    timeouts: dict[str, float] = field(factory=dict)

    async def arrivals(self, probe: Probe, method: str) -> int:
        """How often the request that fails arrived."""
        return (await self._provoke(probe, method))[1]

    async def failure(self, probe: Probe) -> Exception:
        """What was raised."""
        return must_fail((await self._provoke(probe, "POST"))[0])

    async def _provoke(self, probe: Probe, method: str) -> tuple[Answer | Exception, int]:
        before = len(self.reactions) - 1
        content = None if method in ("GET", "DELETE") else b"{}"
        async with serving(in_turn(*self.reactions)) as server:
            for _ in range(before):
                await probe.ask(server.url)
            outcome = await probe.outcome(
                server.url, method, content=content, timeouts=self.timeouts
            )
            return outcome, await server.quiet() - before


WHOLE = whole(b"answer")
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

AFTER_ARRIVAL = {
    "a drop": Written((drop,)),
    "a reset": Written((reset,)),
    "a drop of a reused connection": Written((ok, drop)),
    "a reset of a reused connection": Written((ok, reset)),
    "half a head": Written((cut(WHOLE[:20]),)),
    "half a body": Written((cut(WHOLE[:-3]),)),
    "half a chunked body": Written((cut(CHUNKED + b"6\r\nanswer\r\n"),)),
    "an answer that is no HTTP": Written((cut(b"-ERR unknown command\r\n\r\n"),)),
    "a wrong chunk size": Written((cut(CHUNKED + b"six\r\nanswer\r\n0\r\n\r\n"),)),
    "two lengths in one answer": Written((cut(whole(b"answer", b"Content-Length: 3")),)),
    "silence": Written((silence,), {"read": SHORT}),
    "silence within a body": Written((stalls(WHOLE[:-3]),), {"read": SHORT}),
}


@asynccontextmanager
async def refused() -> AsyncIterator[str]:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # and nobody listens
        yield f"http://127.0.0.1:{bound.getsockname()[1]}/"


@asynccontextmanager
async def no_such_host() -> AsyncIterator[str]:
    yield "http://name.invalid/"  # RFC 2606: it never resolves


@asynccontextmanager
async def no_such_scheme() -> AsyncIterator[str]:
    yield "gopher://127.0.0.1/"


@asynccontextmanager
async def unaccepted() -> AsyncIterator[str]:
    """A listener with no room for another connection: the kernel leaves it waiting."""
    loop = asyncio.get_running_loop()
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(16):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            try:
                async with asyncio.timeout(2 * SHORT):
                    await loop.sock_connect(filler, listening.getsockname())
            except TimeoutError:
                yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
                return
            except OSError:
                break
    msg = "this machine has room for every connection, or refuses it at once"
    raise NotTried(msg)


@asynccontextmanager
async def no_tls() -> AsyncIterator[str]:
    async def script(connection: Connection) -> None:
        await connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await connection.gone()

    async with serving(script) as server:
        yield server.url.replace("http:", "https:")


@asynccontextmanager
async def cut_tls() -> AsyncIterator[str]:
    async def script(connection: Connection) -> None:
        connection.drop()

    async with serving(script) as server:
        yield server.url.replace("http:", "https:")


BEFORE_WRITING = {
    "a refused connection": refused,
    "an unknown host": no_such_host,
    "a connection that nobody accepts": unaccepted,
    "a server without TLS": no_tls,
    "a drop within the TLS handshake": cut_tls,
    "an unknown scheme": no_such_scheme,
}
CONNECT = {"connect": 2 * SHORT}
