"""The OAuth calls of the service, carried out like all others: deadline, attempts, errors, log lines."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast
from urllib.parse import quote, urlencode

from .._core.clock import Clock
from .._core.codec import loads
from .._core.course import Course, Shared
from .._core.http import HTTP, Progress, Reply
from .._core.limiter import Limiter, RateLimit
from .._core.request import Outgoing, Request
from .._core.retry import Budget
from .._core.secret import Secret, Secrets
from .._core.tokens import Access, Auth, TokenSource
from .._core.trace import Observer
from .._protocol import Call, Operation, Paging
from ..errors import (
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    DecodeError,
    HoopAIError,
    MissingScopeError,
    PermissionDeniedError,
)
from .grant import Grant, Malformed
from .holder import Dead
from .keeping import Turn
from .pace import MintLimiter, TokenLimiter

if TYPE_CHECKING:
    import httpx

__all__ = ["INSTALLED", "OAuthCalls"]

T = TypeVar("T")

# A second request does no harm: of a token that is good for one use, it asks for the same once more.
TOKEN: Final = Operation("oauth.token", "POST", "/oauth/token", "replace", ("Company", "Location"))
MINT: Final = Operation(
    "oauth.location_token",
    "POST",
    "/oauth/locationToken",
    "replace",
    ("Company",),
    scopes=("oauth.write",),
)
INSTALLED: Final = Operation(
    "oauth.installed_locations",
    "GET",
    "/oauth/installedLocations",
    "read",
    ("Company",),
    scopes=("oauth.readonly",),
    paging=Paging(items="locations", total="count"),
)
_TIMEOUT = 10.0  # seconds for one call and its repetition
_ATTEMPTS = 2
_TOKENS = 3  # of an agency, that one call may be tried with
_AT_ONCE = 20  # connections


class _Form:
    """A form that goes out. What is secret in it stays so, in whatever shows the form."""

    method, json = "POST", None

    def __init__(self, target: str, headers: Mapping[str, str], fields: Mapping[str, Any]):
        self.target = target
        self.headers = {**headers, "content-type": "application/x-www-form-urlencoded"}
        self._fields = fields

    @property
    def content(self) -> bytes:
        plain = {
            name: value.reveal() if isinstance(value, Secret) else value
            for name, value in self._fields.items()
        }
        return urlencode(plain).encode()


class OAuthCalls:
    """One service, as an app calls it.

    Connections live for as long as calls are under way: such calls are rare, and so nothing has to
    be closed.
    """

    def __init__(
        self,
        base_url: str,
        transport: httpx.AsyncBaseTransport | None,
        clock: Clock,
        headers: Mapping[str, str],
        token_limit: RateLimit | None,
        mint_limit: RateLimit | None,
    ):
        self._base, self._transport, self._clock = base_url, transport, clock
        self._headers = {"accept": "application/json", **headers}
        self._tokens = TokenLimiter(token_limit, clock, _AT_ONCE)
        self._mints = MintLimiter(mint_limit, clock, _AT_ONCE)
        self._lists = Limiter(RateLimit(), clock, _AT_ONCE)
        self._observer, self._budget = Observer(None, None), Budget()
        self._http: HTTP | None = None
        self._users = 0
        HTTP(base_url, transport)  # a wrong address is told now

    async def pause(self, seconds: float) -> None:
        """Wait, by the clock."""
        await self._tokens.pause(seconds)

    async def token(
        self,
        fields: Mapping[str, Any],
        *,
        known: Mapping[str, Any] | None = None,
        turn: Turn | None = None,
        batch: bool = False,
    ) -> Grant:
        """What `/oauth/token` gives for a form; `known` is what an answer may leave out.

        Raises:
            Dead: The code or the refresh token in it isn't taken.
        """
        hidden = Secrets(*(value for value in fields.values() if isinstance(value, Secret)))
        form = _Form(TOKEN.path, self._headers, fields)
        auth = TokenSource(Access(hidden), self._clock)
        read = partial(self._grant, TOKEN, known or {}, {})
        error: APIStatusError | None = None
        for last in (False, True):
            try:
                return await self._answer(
                    TOKEN, form, auth, self._tokens, "", read, turn=turn, batch=batch
                )
            except (APITimeoutError, DecodeError) as lost:
                # One repetition at once: services that allow for it give the same answer again.
                # (A code is used up by then, and what went wrong would be hidden.)
                again = lost.sent if isinstance(lost, APITimeoutError) else turn is not None
                if last or not again:
                    raise
            except APIStatusError as refused:
                error = refused
                break
        assert error is not None
        if _is_dead(error):
            raise Dead
        if isinstance(error, AuthenticationError):
            error.hint = "the app's client_id or client_secret is wrong"
        raise error

    async def mint(
        self, agency: Auth, company_id: str, location_id: str, *, turn: Turn, batch: bool
    ) -> Grant:
        """What `/oauth/locationToken` gives for a location."""
        fields = {"companyId": company_id, "locationId": location_id}
        form = _Form(MINT.path, self._headers, fields)
        # Its kind isn't told, and its refresh token, if there ever is one, isn't documented.
        known = {**fields, "userType": "Location"}
        read = partial(self._grant, MINT, known, {"refresh_token": None, **known})
        error: PermissionDeniedError
        try:
            return await self._of_agency(
                MINT, form, agency, company_id, read, limiter=self._mints, turn=turn, batch=batch
            )
        except PermissionDeniedError as refused:
            error = refused
        error.hint = "is the app installed in this sub-account, and is that of this agency?"
        raise error

    async def installed(
        self, agency: Auth, company_id: str, query: Mapping[str, str]
    ) -> Mapping[str, Any]:
        """A page of `/oauth/installedLocations`."""
        target = f"{INSTALLED.path}?{urlencode(query, quote_via=quote)}"
        request = Request("GET", target, dict(self._headers), None, None, [])
        answer = await self._of_agency(
            INSTALLED, request, agency, company_id, _json, limiter=self._lists
        )
        if not isinstance(answer, dict):
            raise DecodeError("an object was expected", operation=INSTALLED.name)
        return answer

    async def _of_agency(
        self,
        operation: Operation,
        request: Outgoing,
        agency: Auth,
        company_id: str,
        read: Callable[[Reply], T],
        *,
        limiter: Limiter,
        turn: Turn | None = None,
        batch: bool = False,
    ) -> T:
        """A call with an agency's token, which is had, and had anew, outside of the call's deadline."""
        access = agency.ready(None, operation)
        error: AuthenticationError | None = None
        for _ in range(_TOKENS):
            if access is None:
                access = await agency.access(None, operation, batch=batch)
            auth = TokenSource(access, self._clock)
            try:
                return await self._answer(
                    operation, request, auth, limiter, company_id, read, turn=turn, batch=batch
                )
            except MissingScopeError:
                found = await agency.regranted(None, operation, access, batch=batch)
                if found is None or found.secret == access.secret:
                    raise
                access = found
            except AuthenticationError as refused:
                if type(refused) is not AuthenticationError:
                    raise
                error = refused
                access = await agency.renewed(None, operation, access, batch=batch)
        assert error is not None
        raise error

    def _grant(
        self,
        operation: Operation,
        known: Mapping[str, Any],
        surely: Mapping[str, Any],
        reply: Reply,
    ) -> Grant:
        reason, answer = "", None
        try:
            answer = _json(reply)
            if isinstance(answer, dict):
                answer = {**known, **_told(answer), **surely}
            return Grant.read(answer, self._clock.time())
        except DecodeError:
            reason = "no JSON"
        except Malformed as error:
            reason = str(error)
        del reply, answer  # they may hold a token, and this frame is shown
        raise DecodeError(f"an answer without a grant: {reason}", operation=operation.name)

    async def _answer(
        self,
        operation: Operation,
        request: Outgoing,
        auth: Auth,
        limiter: Limiter,
        place: str,
        read: Callable[[Reply], T],
        *,
        turn: Turn | None,
        batch: bool,
    ) -> T:
        call = Call(operation, journal=turn)
        async with self._connected() as http:
            if turn is not None:
                http = cast(HTTP, _Heard(http, turn, read))
            shared = Shared(http, auth, limiter, self._clock, self._observer, self._budget)
            course = Course(
                shared,
                call,
                request,
                place=place,
                batch=batch,
                timeout=_TIMEOUT,
                queue_timeout=None,
                max_attempts=_ATTEMPTS,
            )
            try:
                return read(await course.run())
            except HoopAIError as error:
                error.operation = error.operation or operation.name
                raise

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[HTTP]:
        http = self._http
        try:
            if http is not None:
                http.check()
        except Exception:
            http, self._users = None, 0  # of an event loop that has ended, or another process
        if http is None:
            http = self._http = HTTP(self._base, self._transport)
        self._users += 1
        try:
            yield http
        finally:
            if self._http is http:
                self._users -= 1
                if not self._users:
                    self._http = None
                    if self._transport is None:
                        await http.aclose()


class _Heard:
    """Hands over what an answer grants in the moment in which it was read, whoever is cancelled then."""

    def __init__(self, http: HTTP, turn: Turn, read: Callable[[Reply], Any]):
        self._http, self._turn, self._read = http, turn, read
        self.check = http.check

    async def send(self, *request: Any) -> Reply:
        progress: Progress = request[-1]
        sending = self._http.send(*request)
        del request  # it holds the form, and this frame may be shown
        try:
            return await sending
        finally:
            self._hear(progress.reply)

    def _hear(self, reply: Reply | None) -> None:
        if reply is not None and 200 <= reply.status < 300:
            with suppress(DecodeError):  # told by who reads it again
                grant = self._read(reply)
                self._turn.grant = grant if grant.kind == self._turn.kind else None


def _json(reply: Reply) -> Any:
    try:
        if reply.garbled is None:
            return loads(reply.content)
    except DecodeError:
        pass
    raise DecodeError("no JSON")


def _told(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if value is not None}


def _is_dead(error: APIStatusError) -> bool:
    named = error.body.get("error") if isinstance(error.body, dict) else None
    return named == "invalid_grant" or "invalid grant" in error.message.lower()
