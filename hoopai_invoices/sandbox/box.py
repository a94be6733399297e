"""`Sandbox`: the sandbox as tests and demos hold it."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, get_args
from zoneinfo import ZoneInfo

from .access import SCOPES, STUB_SCOPES
from .app import SandboxApp
from .arrivals import Arrival, compared
from .builders import Builders
from .choices import Choices, Limits, check
from .clock import ClientClock, VirtualClock
from .consent import ConsentPage
from .contract import Contract, packaged
from .control import Control
from .customer import Customer
from .faults import Faults
from .gateway import Gateway
from .limits import Meter
from .oauth import OAuthServer
from .operations import BESIDE, HANDLERS
from .parts import as_model
from .resources import oauth
from .server import Listener
from .state import Kind, Location, State, Token, TokenKind
from .validation import RequestValidator

if TYPE_CHECKING:
    from typing import Self

    from hoopai_invoices import InvoicesClient
    from hoopai_invoices.auth import OAuthApp

__all__ = ["Sandbox"]

_BASE_URL = "https://sandbox.invalid"


@functools.cache
def _packaged() -> tuple[Contract, RequestValidator]:
    contract = Contract(packaged(), BESIDE)
    return contract, RequestValidator(contract)  # its compiled schemas serve every sandbox


class Sandbox(Builders):
    """A local stand-in for the invoicing service, with state, for tests and demos.

    ```python
    async with Sandbox() as box:
        client = box.client()
        …
        box.customer.accept(estimate)
    ```

    Args:
        now: Where the sandbox's clock stands still, as an aware datetime. By default it goes with
            the real time. Either way `clock.advance` moves it.
        seed: Makes every id, token and trace id repeatable.
        limits: The service's rate limits; None lifts them all.
        choices: What is assumed where nobody knows how the service behaves.
        document: The OpenAPI document to serve instead of the packaged one.
    """

    def __init__(
        self,
        *,
        now: datetime | None = None,
        seed: int | None = None,
        limits: Limits | None = Limits(),  # noqa: B008 - immutable
        choices: Choices = Choices(),  # noqa: B008 - immutable
        document: Mapping[str, Any] | None = None,
    ) -> None:
        check(choices, Choices)
        if limits is not None:
            check(limits, Limits)
        if document is None:
            contract, validator = _packaged()
        else:
            contract = Contract(document, BESIDE)
            validator = RequestValidator(contract)
        self._seed = seed
        self._listeners: list[Listener] = []
        self.clock = VirtualClock(now)
        """The sandbox's time; `clock.advance(days=31)` lets happen what falls into it."""
        self._state = State(self.clock, seed, choices)
        self.faults = Faults([op.name for op in contract.operations], self._set_lagging)
        """What networks and services do to requests, on demand."""
        self.customer = Customer(self._state)
        """The customer's side, for which the service has no call."""
        lifted = Limits(burst=None, daily=None, token_calls=None, mint_calls=None)
        meter = Meter(lifted if limits is None else limits)
        self.oauth = OAuthServer(self._state)
        """A marketplace app: its credentials, and what people in the browser do with it."""
        handlers = {**HANDLERS, **oauth.handlers(self.oauth, meter)}
        self._gateway = Gateway(self._state, contract, validator, meter, handlers)
        consent = ConsentPage(self.oauth)
        self.app = SandboxApp(self._gateway, self.faults, Control(self), consent)
        """The ASGI application."""
        self.location_id = self.add_location().id
        """A location to start with."""
        self.token = self.add_token()
        """A private integration token for it, with every scope."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Stop listening. The state stays readable."""
        listeners, self._listeners = self._listeners, []
        await asyncio.gather(*(listener.stop() for listener in listeners))

    @property
    def arrivals(self) -> list[Arrival]:
        """Every request that arrived so far, in that order, whatever became of it."""
        self.clock.settle()  # a late commit that is due by now has happened
        return self.app.arrivals

    @property
    def calls(self) -> list[str]:
        """The operations that arrived so far, such as `invoices.create`, in that order."""
        return [arrival.operation or arrival.path for arrival in self.arrivals]

    def assert_calls(self, expected: Sequence[str]) -> None:
        """Fail unless exactly these operations arrived, in this order.

        Raises:
            AssertionError: Something else arrived; it shows both lists side by side.
        """
        if self.calls != list(expected):
            msg = f"other calls arrived than were expected:\n{compared(self.calls, expected)}"
            raise AssertionError(msg)

    def created(self, kind: Kind) -> list[Any]:
        """Every record of a kind that came into being, as it is now (or was when it was deleted).

        Those made with `add_invoice` and its like are among them.

        Args:
            kind: `invoice`, `estimate`, `schedule`, `template`, `estimate_template`, or `payment`.

        Returns:
            Models of `hoopai_invoices.models`; payments as `sandbox.Payment`.

        Raises:
            ValueError: There is no such kind.
        """
        if kind not in get_args(Kind):
            msg = f"{kind!r} is none of {', '.join(get_args(Kind))}"
            raise ValueError(msg)
        self.clock.settle()
        return [as_model(self._state, made) for made in self._state.made if made.kind == kind]

    def add_location(
        self,
        id: str | None = None,
        timezone: str = "America/Costa_Rica",
        suspended: bool = False,
        name: str = "Example Business",
    ) -> Location:
        """Add a sub-account; its `suspended` may be changed later.

        Raises:
            ValueError: There is one of that id, or no such time zone.
        """
        if id in self._state.locations:
            msg = f"there is a location {id!r} already"
            raise ValueError(msg)
        location = Location(
            id=id or self._state.new_account_id(),
            company_id=self._state.company_id,
            zone=ZoneInfo(timezone),
            suspended=suspended,
            name=name,
            created=self._state.timestamp(),
        )
        self._state.locations[location.id] = location
        return location

    def add_token(
        self,
        scopes: Iterable[str] = (*SCOPES, *STUB_SCOPES),
        kind: TokenKind = "Location",
        locations: Iterable[Location | str] | None = None,
        value: str | None = None,
    ) -> str:
        """Add a token for these locations or their ids (the first location by default).

        A `value` that is given is the token's; programs in other languages may then know it.

        Raises:
            ValueError: There is no such location or kind of token.
        """
        if isinstance(scopes, str) or isinstance(locations, str):
            msg = "scopes and locations are lists: a single text would be taken letter by letter"
            raise ValueError(msg)
        if kind not in get_args(TokenKind):
            msg = f"{kind!r} is none of {', '.join(get_args(TokenKind))}"
            raise ValueError(msg)
        places = [None] if locations is None else locations
        token = Token(
            value=value or f"pit-{self._state.new_uuid()}",
            kind=kind,
            scopes=frozenset(scopes),
            locations=frozenset(map(self._state.location_id, places)),
            app=f"private-{self._state.new_account_id()}",
            company_id=self._state.company_id,
        )
        self._state.tokens[token.value] = token
        self._state.countdowns.pop(token.value, None)  # one that died may be given anew
        return token.value

    def expire_token(
        self,
        location: Location | str | None = None,
        *,
        company: bool = False,
        after_calls: int = 0,
    ) -> None:
        """Let every access token die that is for this location alone, private ones too.

        What refreshes them, or mints new ones, stays good.

        Args:
            location: The location, or its id; the first by default.
            company: Let the company's own tokens die instead, and none of a location.
            after_calls: How many more calls these tokens are good for, together.

        Raises:
            ValueError: There is no such location, the number is negative, or both a location and
                the company are named.
        """
        if company and location is not None:
            msg = "name a location or the company, not both"
            raise ValueError(msg)
        if after_calls < 0:
            msg = "after_calls must not be negative"
            raise ValueError(msg)
        place = None if company else self._state.location_id(location)
        self._state.end_tokens(place, after_calls)

    async def serve(self, port: int = 0, host: str = "127.0.0.1") -> str:
        """Listen on this machine until the sandbox is closed; returns the base URL.

        Raises:
            ValueError: The host is not a loopback address.
            OSError: The port is taken.
        """
        listener = await Listener.start(self.app, host, port)
        self._listeners.append(listener)
        return listener.url

    def client(self, **kwargs: Any) -> InvoicesClient:
        """A client of this sandbox, without a socket; keywords as for `InvoicesClient`."""
        from hoopai_invoices import InvoicesClient
        from hoopai_invoices._core.http import asgi_transport

        settings: dict[str, Any] = {
            "token": self.token,
            "location_id": self.location_id,
            "base_url": _BASE_URL,
            "transport": asgi_transport(self.app),
            "_clock": ClientClock(self.clock, self._seed),
        }
        return InvoicesClient(**(settings | kwargs))

    def oauth_app(self, **kwargs: Any) -> OAuthApp:
        """The developer's side of `oauth`, without a socket; keywords as for `OAuthApp`.

        Its grants are kept in memory, each app's apart from the others', unless a `store` is given.
        """
        from hoopai_invoices._core.http import asgi_transport
        from hoopai_invoices.auth import MemoryStore, OAuthApp

        settings: dict[str, Any] = {
            "client_id": self.oauth.client_id,
            "client_secret": self.oauth.client_secret,
            "base_url": _BASE_URL,
            "transport": asgi_transport(self.app),
            "_clock": ClientClock(self.clock, self._seed),
        }
        if "store" not in kwargs:
            settings["store"] = MemoryStore()
        return OAuthApp(**(settings | kwargs))

    def _set_lagging(self, lagging: bool) -> None:
        for shelf in self._state.shelves:
            if lagging:
                shelf.keep_versions()
            else:
                shelf.forget_versions()
