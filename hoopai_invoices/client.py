"""The client, and the views of it that belong to one location."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractContextManager, aclosing
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Self, TypedDict, Unpack, cast

from attrs import fields, frozen

from . import __version__
from ._core.clock import Clock, SystemClock
from ._core.course import Shared
from ._core.http import HTTP
from ._core.ids import check_id
from ._core.limiter import Limiter, RateLimit
from ._core.pipeline import Pipeline, View, checked_attempts, checked_seconds
from ._core.retry import ATTEMPTS, Budget
from ._core.spans import Spans
from ._core.tokens import Token, auth_of, hidden
from ._core.trace import Attempt, Capture, Hook, Observer, Stats
from ._core.zones import zone_of
from ._protocol import CallOptions, RetryClass
from ._values import Drift
from .errors import ConfigurationError, InvalidRequestError, OutcomeUnknown
from .resources import Resources

if TYPE_CHECKING:
    import httpx

    from .auth.app import OAuthApp
    from .flows import Flows
    from .models import BusinessDetails
    from .writes import Ledger, Writes

__all__ = ["ClientSettings", "InvoicesClient", "LocationClient", "LocationDefaults"]

BASE_URL = "https://services.leadconnectorhq.com"
API_VERSION = "2021-07-28"
_LIMITS = RateLimit()


@frozen(kw_only=True)
class LocationDefaults:
    """What every call for a location would repeat; an argument of the call wins over it.

    Attributes:
        live_mode: Whether calls are for real (True) or for trying out (False). The SDK has no
            default of its own: without this one every call must say, so nobody bills by accident.
        user_id: The user in whose name things are sent.
        currency: Three letters, such as "USD".
        business_details: The sender as the document shows it.
        timezone: The location's zone, such as "America/Denver". With it a due day that has passed
            there is refused before it is sent, `estimates.edit` knows the days of estimates, and
            `flows.overdue` knows today.
    """

    live_mode: bool | None = None
    user_id: str | None = None
    currency: str | None = None
    business_details: BusinessDetails | None = None
    timezone: str | None = None

    def _given(self) -> dict[str, Any]:
        values = {field.name: getattr(self, field.name) for field in fields(type(self))}
        return {name: value for name, value in values.items() if value is not None}


class LocationClient(Resources):
    """A client as one location sees it: a cheap view over the same connections and token."""

    _executor: View

    def __init__(self, view: View):
        super().__init__(view)

    @property
    def flows(self) -> Flows:
        """What takes several calls: from an estimate to its money, and who is late."""
        from .flows import Flows  # rarely needed

        return Flows(self)

    @property
    def writes(self) -> Writes:
        """What became of keyed writes: settling those whose fate is unknown."""
        from .writes import Writes  # rarely needed

        return Writes(self._executor)

    @property
    def location_id(self) -> str | None:
        """The sub-account that calls are for."""
        return self._executor.location_id

    def can(self, operation: str) -> bool | None:
        """Whether the token allows an operation, such as "invoices.send"; None while nobody knows.

        Of an OAuth grant, and of a `PrivateToken` with `scopes`, it is known what it allows, of a
        grant once a call has needed it. Of other tokens the service's last answer tells.

        Raises:
            InvalidRequestError: There is no such operation.
        """
        from .auth.scopes import operation_of  # rarely needed

        view = self._executor
        return view.pipeline.shared.tokens.can(view.location_id, operation_of(operation))

    async def raw(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | None = None,
        json: object = None,
        retry: RetryClass | None = None,
        options: CallOptions | None = None,
    ) -> Any:
        """Call what the document doesn't know, with the same limits, retries and errors.

        ```python
        found = await client.raw("GET", "/users/", query={"locationId": client.location_id})
        ```

        Args:
            method: GET, HEAD, POST, PUT, PATCH or DELETE.
            path: Below `base_url`, as it is: ids must be plain, and the location isn't added.
            query: Texts, whole numbers, Decimals, bools and dates by name.
            json: The body; its fractional numbers are Decimals, never floats.
            retry: What may be done when the answer is lost. By default GET and HEAD are "read", PUT
                is "replace", DELETE is "remove", and all others "create": never sent twice blindly.
            options: What this call does differently.

        Returns:
            The answer as JSON with exact numbers, or None when it is empty.

        Raises:
            InvalidRequestError: It can't be sent.
            HoopAIError: As with every call.
        """
        from ._core.raw import raw_call  # rarely needed

        return await self._executor.pipeline.raw(
            raw_call(method, path, retry, options), query, json, self._executor
        )

    def __repr__(self) -> str:
        view = getattr(self, "_executor", None)  # a traceback may ask while it is being made
        place = view.location_id if view is not None else None
        return f"{type(self).__name__}(location_id={place!r})"

    def __reduce__(self) -> NoReturn:
        msg = "a client can't be pickled: it holds a token and open connections"
        raise ConfigurationError(msg, hint="make one in each process")


class ClientSettings(TypedDict, total=False):
    """The arguments that `InvoicesClient(…)` and `InvoicesClient.from_env(…)` share."""

    defaults: LocationDefaults | None
    api_version: str
    timeout: float
    queue_timeout: float | None
    max_attempts: int
    max_connections: int
    max_answer_bytes: int
    rate_limit: RateLimit | None
    transport: httpx.AsyncBaseTransport | None
    ledger: Ledger | None
    settle_time: float
    on_attempt: Hook[Attempt] | None
    on_outcome_unknown: Hook[OutcomeUnknown] | None
    on_drift: Callable[[str, Drift], None] | None


class InvoicesClient(LocationClient):
    """The asyncio client of the HoopAI Platform Invoices API.

    ```python
    async with InvoicesClient(token="pit-…", location_id="…") as client:
        invoice = await client.invoices.get("…")
    ```

    Make one per process and event loop, and close it: `async with`, or `await client.aclose()`.

    Args:
        token: A private integration token or an access token; a callable, possibly async, that
            is asked for it before every call; or a `PrivateToken` or `OAuthApp` of
            `hoopai_invoices.auth`.
        location_id: The sub-account that calls are for, unless `client.location(…)` says another.
        defaults: What every call would repeat.
        base_url: Where the service is.
        api_version: The `Version` header.
        timeout: Seconds for one call, all attempts and pauses included, once it may be sent.
        queue_timeout: Seconds to wait for the location's limits, or a connection, at most. None:
            as long as it takes.
        max_attempts: Requests for one call at most, not counting those that were refused for a
            token that has ended; what is sent again, and what never, is in docs/calls.md.
        max_connections: Requests under way at once, over all locations.
        max_answer_bytes: The longest answer that is taken in, inflated.
        rate_limit: The limits that are kept to for each location; None keeps to none.
        transport: An httpx transport in place of the client's own;
            `python -m hoopai_invoices.conformance` tells whether it is fit for money.
        ledger: Who keeps the keyed writes, such as an `SQLLedger` of `hoopai_invoices.ledger`. None:
            the client's own memory, so that a key is good for as long as the client lives.
        settle_time: Seconds after which what a write did is surely to be seen; after so long a
            keyed write whose answer was lost is looked for. The service promises nothing: a guess.
        on_attempt: Called with an `Attempt` after each request; may be async.
        on_outcome_unknown: Called with the `OutcomeUnknown` of each write whose fate is unknown,
            also when its call is cancelled; may be async.
        on_drift: Called with the operation and a `Drift` for every place where an answer, or
            what was left out of a request, differs from the document. It costs a walk over
            every answer, so it is for development and for monitoring samples.

    Raises:
        ConfigurationError: One of these can't be used.
        InvalidRequestError: `location_id` is no id, a number is none that can be used, or the
            defaults' `timezone` isn't known.
    """

    def __init__(
        self,
        *,
        token: Token,
        location_id: str | None = None,
        defaults: LocationDefaults | None = None,
        base_url: str = BASE_URL,
        api_version: str = API_VERSION,
        timeout: float = 30.0,
        queue_timeout: float | None = None,
        max_attempts: int = ATTEMPTS,
        max_connections: int = 100,
        max_answer_bytes: int = 16 * 2**20,
        rate_limit: RateLimit | None = _LIMITS,
        transport: httpx.AsyncBaseTransport | None = None,
        ledger: Ledger | None = None,
        settle_time: float = 30.0,
        on_attempt: Hook[Attempt] | None = None,
        on_outcome_unknown: Hook[OutcomeUnknown] | None = None,
        on_drift: Callable[[str, Drift], None] | None = None,
        _clock: Clock | None = None,
    ):
        token = hidden(token)
        self._app: OAuthApp | None = cast(Any, token) if hasattr(token, "premint") else None
        if rate_limit is not None and not isinstance(rate_limit, RateLimit):
            raise ConfigurationError("rate_limit must be RateLimit(…) or None")
        clock = _clock or SystemClock()
        http = HTTP(base_url, transport, _count(max_answer_bytes, "max_answer_bytes"))
        shared = Shared(
            http=http,
            tokens=auth_of(token, clock),
            limiter=Limiter(rate_limit, clock, _count(max_connections, "max_connections")),
            clock=clock,
            observer=Observer(on_attempt, on_outcome_unknown),
            budget=Budget(),
        )
        self._pipeline = Pipeline(
            shared,
            headers={
                "accept": "application/json",
                "user-agent": f"hoopai-invoices/{__version__}",
                "version": _version(api_version),
            },
            timeout=checked_seconds(timeout, "timeout"),
            queue_timeout=(
                None if queue_timeout is None else checked_seconds(queue_timeout, "queue_timeout")
            ),
            max_attempts=checked_attempts(max_attempts, "max_attempts"),
            spans=Spans.found(__version__, http.host),
            on_drift=on_drift,
            ledger=ledger,
            settle_time=checked_seconds(settle_time, "settle_time"),
        )
        super().__init__(_view(self._pipeline, location_id, defaults))

    @classmethod
    def from_env(
        cls,
        *,
        location_id: str | None = None,
        base_url: str | None = None,
        **settings: Unpack[ClientSettings],
    ) -> Self:
        """A client from HOOPAI_TOKEN, HOOPAI_LOCATION_ID and HOOPAI_BASE_URL.

        HOOPAI_TOKEN is read again when the service refuses the token.

        The other arguments are the constructor's; one that is given wins over the environment.

        Raises:
            ConfigurationError: HOOPAI_TOKEN is not set.
        """
        from .auth.private import PrivateToken

        token = PrivateToken.from_env()
        token._auth.look()
        return cls(
            token=token,
            location_id=location_id or os.environ.get("HOOPAI_LOCATION_ID") or None,
            base_url=base_url or os.environ.get("HOOPAI_BASE_URL") or BASE_URL,
            **settings,
        )

    def stats(self) -> Stats:
        """What the client has done, and does now."""
        shared = self._pipeline.shared
        observer = shared.observer
        return Stats(
            calls=observer.calls,
            failed=observer.failed,
            unknown=observer.unknown,
            attempts=observer.statuses.total(),
            statuses=dict(observer.statuses),
            waiting=shared.limiter.waiting,
            in_flight=shared.limiter.flying,
            connections=shared.http.open,
            retries_left=int(shared.budget.left),
        )

    def capture(self) -> AbstractContextManager[Capture]:
        """Keep the answers as they came, of calls made in the block: status, headers, attempts, body.

        ```python
        with client.capture() as captured:
            invoice = await client.invoices.get("…")
        print(captured.last.status, captured.last.headers["x-ratelimit-remaining"])
        ```
        """
        return self._pipeline.shared.observer.capture()

    def location(
        self,
        location_id: str,
        *,
        defaults: LocationDefaults | None = None,
        priority: Literal["interactive", "batch"] = "interactive",
    ) -> LocationClient:
        """The client as another location sees it.

        Args:
            location_id: The sub-account.
            defaults: What every call would repeat there. Without them a client that has no
                location of its own passes its defaults on; one that has a location keeps them to
                it, so that nobody is billed in another's name.
            priority: "batch" lets all interactive calls go first, where the limits or connections
                make calls wait.

        Raises:
            InvalidRequestError: `location_id` is no id, or `priority` none of the two.
        """
        check_id(location_id, "location_id")
        if priority not in ("interactive", "batch"):
            raise InvalidRequestError(
                f"{priority!r} is neither 'interactive' nor 'batch'", path="priority"
            )
        inherits = defaults is None and self.location_id in (None, location_id)
        view = _view(self._pipeline, location_id, defaults)
        view.batch = priority == "batch"
        if inherits:
            view.defaults = self._executor.defaults
        return LocationClient(view)

    async def locations(
        self,
        company_id: str | None = None,
        *,
        defaults: LocationDefaults | None = None,
        priority: Literal["interactive", "batch"] = "interactive",
    ) -> AsyncGenerator[LocationClient, None]:
        """Every location in which the app is installed, as `location(…)` gives them.

        ```python
        async for location in client.locations(priority="batch"):
            ...
        ```

        Tokens are minted when a location is first called. Needs an `OAuthApp` with the grant of an
        agency, and its scope "oauth.readonly".

        Args:
            company_id: The agency, in place of the app's.
            defaults: As in `location`.
            priority: As in `location`.

        Raises:
            ConfigurationError: The client's token is no `OAuthApp`.
            ReauthorizationRequired: There is no grant of an agency, or a dead one.
        """
        if self._app is None:
            hint = "InvoicesClient(token=OAuthApp(…))"
            raise ConfigurationError("only an OAuthApp knows its locations", hint=hint)
        found = aiter(self._app.installed_locations(company_id))
        async with aclosing(found):
            async for installed in found:
                yield self.location(installed.id, defaults=defaults, priority=priority)

    async def aclose(self) -> None:
        """Let a refresh end that is under way, and close the connections.

        Calls after it raise `ClientClosedError`.
        """
        await self._pipeline.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()


def _count(number: object, name: str) -> int:
    if isinstance(number, bool) or not isinstance(number, int) or not 0 < number < 2**40:
        raise ConfigurationError(f"{name}: {number!r} is no whole number above 0")
    return number


def _version(text: object) -> str:
    if (
        not isinstance(text, str)
        or not text.isascii()
        or not text.isprintable()
        or not text
        or " " in text
    ):
        raise ConfigurationError("api_version is one word", hint="such as 2021-07-28")
    return text


def _view(pipeline: Pipeline, location_id: str | None, defaults: LocationDefaults | None) -> View:
    if defaults is not None and not isinstance(defaults, LocationDefaults):
        raise ConfigurationError("defaults must be LocationDefaults(…)")
    if defaults is not None and defaults.timezone is not None:
        zone_of(defaults.timezone)
    if location_id is not None:
        check_id(location_id, "location_id")
    return View(pipeline, location_id, defaults._given() if defaults else {})
