"""The sandbox as an ASGI 3 application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from . import control, estimates, invoices, payments, settings, wire
from .access import admit, check_location
from .call import Answer, Call, Handler
from .contract import Contract
from .errors import SandboxError
from .state import State
from .validation import RequestValidator

__all__ = ["RecordedRequest", "SandboxApp"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_HANDLERS: dict[str, Handler] = {
    **estimates.HANDLERS,
    **invoices.HANDLERS,
    **payments.HANDLERS,
    **settings.HANDLERS,
}


@dataclass(slots=True)
class RecordedRequest:
    """One request as it arrived. The token is left out of the headers."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str] = field(repr=False)
    body: Any = None
    """The parsed JSON, the raw bytes when it is none, or None when there was no body."""
    status: int | None = None
    """What was answered; None until then."""


class SandboxApp:
    """Serves the operations of a contract from a state."""

    def __init__(
        self,
        state: State,
        contract: Contract,
        validator: RequestValidator,
        customer: control.Customer,
    ) -> None:
        self.requests: list[RecordedRequest] = []
        self._state = state
        self._contract = contract
        self._validator = validator
        self._customer = customer

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
        answer = self._answer(scope, raw)
        content = b"" if answer.body is None else wire.render(answer.body)
        headers = [(b"content-length", str(len(content)).encode())]
        if answer.body is not None:
            headers.append((b"content-type", b"application/json; charset=utf-8"))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    def _answer(self, scope: Scope, raw: bytes) -> Answer:
        path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        recorded = RecordedRequest(
            scope["method"],
            path,
            query,
            {name: value for name, value in headers.items() if name != "authorization"},
            raw or None,
        )
        trace_id = self._state.new_uuid()
        try:
            if path.startswith(control.PREFIX):
                caller = (scope.get("client") or (None,))[0]
                return control.handle(
                    self._customer, scope["method"], path, caller, wire.parse(raw or b"null")
                )
            self.requests.append(recorded)
            answer = self._serve(recorded, headers, raw, trace_id)
        except SandboxError as refusal:
            answer = Answer(refusal.status, refusal.body(trace_id))
        recorded.status = answer.status
        return answer

    def _serve(
        self, request: RecordedRequest, headers: dict[str, str], raw: bytes, trace_id: str
    ) -> Answer:
        """The service's order: address, body syntax, token, location, contents, state."""
        route = self._contract.route(request.method, request.path)
        if route is None:
            # The router's own 404 has neither `error` nor a trace.
            text = f"Cannot {request.method} {request.path}"
            return Answer(404, {"statusCode": 404, "message": text})
        operation, path = route
        handler = _HANDLERS.get(operation.id)
        if handler is None:
            raise SandboxError(501, f"the sandbox does not serve {operation.name} yet")
        body: Any = {}
        # As the service's body parser: what is not declared as JSON is not read at all.
        if raw and "json" in headers.get("content-type", ""):
            body = request.body = wire.parse(raw)
        token = admit(self._state, operation, headers)
        where: Any = body if operation.body is not None else request.query
        location_id = where.get("altId") if isinstance(where, dict) else None
        if isinstance(location_id, str) and location_id:
            check_location(token, location_id)
        self._validator.check_query(operation, request.query)
        self._validator.check_body(operation, body)
        at = self._state.active(location_id) if isinstance(location_id, str) else None
        return handler(Call(self._state, token, at, path, request.query, body, trace_id))


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
