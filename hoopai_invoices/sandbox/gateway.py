"""One request from its bytes to the bytes of its answer, in the service's order of checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from . import wire
from .access import admit, bearer, reach
from .arrivals import Arrival
from .call import Answer, Call, Handler
from .contract import Contract, Operation
from .errors import SandboxError
from .limits import Meter
from .state import Location, State, Token
from .validation import RequestValidator

__all__ = ["Gateway", "Reply", "Request"]

_JSON = {"content-type": "application/json; charset=utf-8"}
_SECRET = frozenset({"client_secret", "clientSecret", "code", "refresh_token"})
_PLAIN = frozenset(
    {
        *("client_id", "clientKey", "grant_type", "user_type", "redirect_uri", "companyId"),
        *("locationId", "appId", "versionId", "planId", "query", "skip", "limit", "isInstalled"),
    }
)


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came, its token included."""

    method: str
    path: str
    """Still percent-encoded."""
    query: dict[str, str]
    headers: dict[str, str] = field(repr=False)
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer ready for the wire."""

    status: int
    headers: dict[str, str] = field(repr=False)  # the way back from a consent carries its code
    content: bytes = field(repr=False)


class Gateway:
    """Takes requests in, and answers them from a state."""

    def __init__(
        self,
        state: State,
        contract: Contract,
        validator: RequestValidator,
        meter: Meter,
        handlers: Mapping[str, Handler],
    ) -> None:
        self.state = state
        self.meter = meter
        self._contract = contract
        self._validator = validator
        self._handlers = handlers

    def arrival(self, request: Request) -> Arrival:
        """The log's view of a request."""
        route = self._contract.route(request.method, request.path)
        operation = route[0] if route else None
        body: Any
        try:
            body = _parsed(request)
        except SandboxError:
            body = request.raw
        query: Any = dict(request.query)
        if _is_oauth(request):
            query, body = _masked(query), _masked(body)
        token = self.state.tokens.get(bearer(request.headers))
        return Arrival(
            number=0,
            at=self.state.now(),
            operation=operation.name if operation else None,
            method=request.method,
            path=request.path,
            query=query,
            headers={k: v for k, v in request.headers.items() if k != "authorization"},
            body=body,
            location_id=_named(operation, request, body) if operation else None,
            token_of=None if token is None else _place(token),
        )

    def serve(self, request: Request, arrival: Arrival, **view: Any) -> Reply:
        """Do what is asked, and note it on the arrival. `view` is what lists show (`as_of`)."""
        before = len(self.state.made)
        headers: dict[str, str] = {}
        trace_id = self.state.new_uuid()
        try:
            answer = self._answer(request, trace_id, headers, view)
        except SandboxError as refusal:
            answer = Answer(refusal.status, refusal.body(trace_id), refusal.headers)
        arrival.status = answer.status
        arrival.made = tuple((made.kind, made.id) for made in self.state.made[before:])
        # Written now: a later call may change the records it shows.
        content = b"" if answer.body is None else wire.render(answer.body)
        kind = _JSON if content else {}
        return Reply(answer.status, {**kind, **headers, **answer.headers}, content)

    def _answer(
        self, request: Request, trace_id: str, headers: dict[str, str], view: Mapping[str, Any]
    ) -> Answer:
        """Address, body syntax, token, location, limits, contents, state."""
        route = self._contract.route(request.method, request.path)
        strict = self.state.choices.wrong_method == "405"
        if route is None or (strict and self._contract.is_strange(request.method, request.path)):
            return self._nowhere(request)
        operation, path = route
        body = _parsed(request)
        if body is None:
            body = {}
        token = admit(self.state, operation, request.headers)
        at: Location | None = None
        if token is not None:
            at = reach(self.state, token, _named(operation, request, body))
            place = at.id if at else _place(token)
            mints = operation.name == "oauth.location_token"
            headers |= self.meter.count(token.app, place, self.state.now(), mints=mints)
        self._validator.check_query(operation, request.query)
        if request.raw or operation.body_required:
            refusal = int(self.state.choices.late_refusals)
            self._validator.check_body(operation, body, refusal)
        call = Call(self.state, token, at, path, request.query, body, trace_id, **view)
        handler = self._handlers.get(operation.id)
        if handler is None:  # of another document
            raise SandboxError(501, f"the sandbox does not serve {operation.name}")
        return handler(call)

    def _nowhere(self, request: Request) -> Answer:
        methods = self._contract.methods(request.path)
        if methods and self.state.choices.wrong_method == "405":
            text = "Method Not Allowed"
            return Answer(405, {"statusCode": 405, "message": text}, {"allow": ", ".join(methods)})
        # The router's own 404 has neither `error` nor a trace.
        text = f"Cannot {request.method} {request.path}"
        return Answer(404, {"statusCode": 404, "message": text})


def _parsed(request: Request) -> Any:
    """The body, or None; what is declared as neither JSON nor a form is not read at all."""
    kind = request.headers.get("content-type", "")
    if not request.raw:
        return None
    if "json" in kind:
        return wire.parse(request.raw)
    if "x-www-form-urlencoded" in kind and _is_oauth(request):
        return dict(parse_qsl(request.raw.decode("utf-8", "replace"), keep_blank_values=True))
    return None


def _masked(found: Any) -> Any:
    """A body or query of an OAuth call with nothing in it that may be a secret."""
    if isinstance(found, dict):
        return {
            name if name in _PLAIN or name in _SECRET else "***": (
                value if name in _PLAIN and isinstance(value, str) else "***"
            )
            for name, value in found.items()
        }
    return found and "***"


def _is_oauth(request: Request) -> bool:
    return unquote(request.path).lower().startswith("/oauth")


def _named(operation: Operation, request: Request, body: Any) -> str | None:
    """The id of the location that a request names."""
    if operation.location is None:
        return None
    where: Any = body if operation.body is not None else request.query
    found = where.get(operation.location) if isinstance(where, dict) else None
    return found if isinstance(found, str) and found else None


def _place(token: Token) -> str:
    """Whose a token is, and so where a call counts that names no location."""
    if token.kind == "Company" or len(token.locations) != 1:
        return token.company_id or ""
    return next(iter(token.locations))
