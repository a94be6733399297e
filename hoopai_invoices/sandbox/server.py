"""A real socket for the sandbox: uvicorn as a library, in the caller's event loop."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import ipaddress
import os
import socket
from collections.abc import Iterator
from typing import Any

from .app import ON_A_SOCKET, SandboxApp

__all__ = ["Listener"]


class Listener:
    """One listening socket and the task that serves it."""

    def __init__(self, url: str, server: Any, task: asyncio.Task[None]) -> None:
        self.url = url
        self._server = server
        self._task = task

    @classmethod
    async def start(cls, app: SandboxApp, host: str, port: int) -> Listener:
        """Listen on a loopback address; port 0 takes a free one."""
        import uvicorn  # in the extra `sandbox`
        from uvicorn.protocols.http.h11_impl import H11Protocol

        class Protocol(H11Protocol):
            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                super().connection_made(transport)
                self.app = functools.partial(_breakable, app, transport)

        class Server(uvicorn.Server):
            ready = asyncio.Event()

            @contextlib.contextmanager
            def capture_signals(self) -> Iterator[None]:
                yield  # Ctrl-C belongs to the program that the sandbox runs in

            async def startup(self, sockets: list[socket.socket] | None = None) -> None:
                await super().startup(sockets)
                self.ready.set()

        # Bound here, because uvicorn itself leaves the process when a port is taken.
        listening = _bind(host, port)
        config = uvicorn.Config(
            app,
            http=Protocol,
            log_config=None,
            log_level="warning",
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
        server = Server(config)
        task = asyncio.create_task(server.serve([listening]), name="hoopai-sandbox")
        task.add_done_callback(lambda _: server.ready.set())
        await server.ready.wait()
        if task.done():
            await task  # it could not start: say why
        bound_host, bound_port = listening.getsockname()[:2]
        shown = f"[{bound_host}]" if ":" in bound_host else bound_host
        return cls(f"http://{shown}:{bound_port}", server, task)

    async def stop(self) -> None:
        """Finish what is being answered, and close the socket."""
        self._server.should_exit = True
        await self._task


async def _breakable(
    app: SandboxApp, transport: asyncio.Transport, scope: Any, receive: Any, send: Any
) -> None:
    """Run the application; when it says that the connection broke, break it."""
    scope["extensions"] = {**scope.get("extensions", {}), ON_A_SOCKET: {}}
    try:
        await app(scope, receive, send)
    except asyncio.CancelledError:  # the sandbox is closed while nothing is heard
        transport.close()
    except ConnectionError:
        transport.close()
        while (await receive())["type"] != "http.disconnect":
            pass


def _bind(host: str, port: int) -> socket.socket:
    address = "127.0.0.1" if host == "localhost" else host
    try:
        loopback = ipaddress.ip_address(address).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        msg = f"The sandbox listens on this machine only: {host!r} is not a loopback address."
        raise ValueError(msg)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    # With the protocol named, as create_server() does not: asyncio turns Nagle's delay off only
    # for sockets that say they are TCP, and every answer would take 40 ms.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((address, port))
        listening.listen()
    except OSError:
        listening.close()
        raise
    return listening
