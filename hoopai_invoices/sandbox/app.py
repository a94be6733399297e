"""The sandbox as an ASGI 3 application: bytes in, bytes out, and the faults of the wire."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from typing import Any, NoReturn
from urllib.parse import parse_qsl, urlsplit

from . import wire
from .arrivals import Arrival
from .call import Answer
from .choices import Limits
from .consent import ConsentPage
from .control import PREFIX, Control
from .errors import SandboxError
from .faults import Fault, Faults
from .gateway import Gateway, Reply, Request

__all__ = ["ON_A_SOCKET", "SandboxApp"]

ON_A_SOCKET = "hoopai.socket"
"""The ASGI extension of a server that is a real one."""

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Pause = Callable[[float], Awaitable[None]]

_CHUNK = 64 * 1024
_SILENCE = 3600
_PAGE = b"<html><head><title>%d</title></head><body><h1>Web server error</h1></body></html>"


class SandboxApp:
    """Serves a gateway, through the faults that are asked for.

    A connection that breaks is a `ConnectionError` raised out of the application: the transport
    (or the server) that runs it drops the connection.
    """

    def __init__(
        self, gateway: Gateway, faults: Faults, control: Control, consent: ConsentPage
    ) -> None:
        self.arrivals: list[Arrival] = []
        self._gateway = gateway
        self._clock = gateway.state.clock
        self._faults = faults
        self._control = control
        self._consent = consent

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request (or take part in the server's start and stop)."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            msg = f"the sandbox speaks HTTP only, not {scope['type']}"
            raise RuntimeError(msg)
        raw = await _body(receive)
        if raw is None:
            return
        request = _request(scope, raw)
        if request.path.startswith(PREFIX):
            reply = self._controlled(scope, request)
        elif self._consent.is_at(request):  # a person's browser: no call of the app's
            reply = self._consent.answer(request.query)
        else:
            self._clock.settle()
            arrival = self._gateway.arrival(request)
            arrival.number = len(self.arrivals) + 1
            fault = self._faults.strike(arrival)
            try:
                if fault is not None:
                    await self._faulty(
                        request, arrival, fault, send, self._pause_of(scope, receive)
                    )
                    return
                self._log(arrival)
                reply = self._answer(request, arrival)
            finally:
                self._clock.tick()
        await _start(send, reply, len(reply.content))
        await send({"type": "http.response.body", "body": reply.content})

    def _controlled(self, scope: Scope, request: Request) -> Reply:
        caller = (scope.get("client") or (None,))[0]
        try:
            answer = self._control.handle(request, caller)
        except SandboxError as refusal:
            answer = Answer(refusal.status, refusal.body(self._gateway.state.new_uuid()))
        headers = {"content-type": "application/json; charset=utf-8"}
        return Reply(answer.status, headers, wire.render(answer.body))

    async def _faulty(
        self, request: Request, arrival: Arrival, fault: Fault, send: Send, pause: Pause
    ) -> None:
        """Answer, or fail to, as the fault has it."""
        facts = fault.facts
        if fault.kind == "never_received":
            raise ConnectionRefusedError("nobody is listening")
        self._log(arrival, fault.kind)
        match fault.kind:
            case "drop":
                await _lose(facts, pause)
            case "commit_late":
                self._clock.after(facts["seconds"], lambda: self._answer(request, arrival))
                await _lose(facts, pause)
            case "fail":
                reply = _failure(facts["status"], facts["message"])
            case "html":
                reply = _html(facts["status"])
            case "throttle":
                reply = _throttled(self._gateway.meter.limits, facts)
            case _:
                reply = self._answer(request, arrival)
        match fault.kind:
            case "lose_answer":
                await _lose(facts, pause)
            case "deliver_twice":
                again = self._gateway.arrival(request)
                self._log(again, fault.kind)
                self._answer(request, again)
            case "fail_after":
                reply = _failure(facts["status"], facts["message"])
            case "html_after":
                reply = _html(facts["status"])
            case "empty":
                reply = Reply(reply.status, {}, b"")
            case "wrong_type":
                headers = {**reply.headers, "content-type": facts["content_type"]}
                reply = Reply(reply.status, headers, wire.render(facts["body"]))
        await _start(send, reply, facts["size"] if fault.kind == "huge" else len(reply.content))
        async for part in _parts(reply, fault, pause):
            await send({"type": "http.response.body", "body": part, "more_body": True})
        if fault.kind == "truncate":
            raise ConnectionResetError("the answer broke off")
        await send({"type": "http.response.body", "body": b""})

    def _answer(self, request: Request, arrival: Arrival) -> Reply:
        lag = self._faults.lag_of(arrival.operation or "")
        as_of = None if lag is None else self._clock.now() - lag
        return self._gateway.serve(request, arrival, as_of=as_of)

    def _log(self, arrival: Arrival, fault: str | None = None) -> None:
        arrival.number = len(self.arrivals) + 1
        arrival.fault = fault
        self.arrivals.append(arrival)

    def _pause_of(self, scope: Scope, receive: Receive) -> Pause:
        """Time passes really over a socket, as long as somebody listens; at once in process."""

        async def wait(seconds: float) -> None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(receive(), seconds)
                raise ConnectionResetError("the client hung up")

        return wait if ON_A_SOCKET in scope.get("extensions", {}) else self._clock.sleep


async def _lose(facts: Mapping[str, Any], pause: Pause) -> NoReturn:
    """No answer: the connection closes, or nothing is heard until the client gives up."""
    if facts["hang"]:
        for _ in range(_SILENCE):
            await pause(1)
    raise ConnectionResetError("the connection was lost")


async def _parts(reply: Reply, fault: Fault, pause: Pause) -> AsyncIterator[bytes]:
    """The body as it goes out."""
    if fault.kind == "truncate":
        yield reply.content[: len(reply.content) // 2]
    elif fault.kind == "huge":
        left = fault.facts["size"] - 1
        yield b'"'  # a text without an end
        while left > 0:
            yield b"x" * min(left, _CHUNK)
            left -= _CHUNK
    elif fault.kind == "drip":
        for byte in reply.content:
            await pause(fault.facts["seconds"])
            yield bytes([byte])
    else:
        yield reply.content


def _request(scope: Scope, raw: bytes) -> Request:
    target = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    return Request(
        method=scope["method"],
        path=target if target.startswith("/") else urlsplit(target).path,
        query=dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
        headers={k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]},
        raw=raw,
    )


async def _start(send: Send, reply: Reply, size: int) -> None:
    headers = {**reply.headers, "content-length": str(size)}
    await send(
        {
            "type": "http.response.start",
            "status": reply.status,
            "headers": [(k.encode("latin-1"), v.encode("latin-1")) for k, v in headers.items()],
        }
    )


def _failure(status: int, message: str) -> Reply:
    body = {"statusCode": status, "message": message}
    return Reply(status, {"content-type": "application/json; charset=utf-8"}, wire.render(body))


def _html(status: int) -> Reply:
    return Reply(status, {"content-type": "text/html; charset=UTF-8"}, _PAGE % status)


def _throttled(limits: Limits, facts: Mapping[str, Any]) -> Reply:
    daily = facts["daily"]
    headers = {
        "content-type": "application/json; charset=utf-8",
        "x-ratelimit-limit-daily": str(limits.daily or 200_000),
        "x-ratelimit-daily-remaining": "0" if daily else "199000",
        "x-ratelimit-interval-milliseconds": str(int(limits.seconds * 1000)),
        "x-ratelimit-max": str(limits.burst or 100),
        "x-ratelimit-remaining": "0",
    }
    if facts["retry_after"] is not None:
        headers["retry-after"] = f"{facts['retry_after']:g}"
    text = "Daily quota exceeded" if daily else "Too many requests"
    return Reply(429, headers, wire.render({"statusCode": 429, "message": text}))


async def _body(receive: Receive) -> bytes | None:
    """The whole body, or None when the caller hung up."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return
