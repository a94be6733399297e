"""`Sandbox`: the sandbox as tests and demos hold it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from .access import SCOPES
from .app import RecordedRequest, SandboxApp
from .contract import Contract, packaged
from .control import Customer
from .server import Listener
from .state import Location, State, Token, TokenKind
from .validation import RequestValidator

if TYPE_CHECKING:
    from typing import Self

    from hoopai_invoices import InvoicesClient

__all__ = ["Sandbox"]


def _utc_now() -> datetime:
    return datetime.now(UTC)


@functools.cache
def _packaged_validator() -> RequestValidator:
    return RequestValidator(packaged())  # its compiled schemas serve every sandbox


class Sandbox:
    """A local stand-in for the invoicing service, with state, for tests and demos.

    ```python
    async with Sandbox() as box:
        client = box.client()
        …
        box.customer.accept(estimate.id)
    ```

    Args:
        now: The clock; must return aware datetimes.
        seed: Makes every id, token and trace id repeatable.
        document: The OpenAPI document to serve instead of the packaged one.
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime] = _utc_now,
        seed: int | None = None,
        document: Mapping[str, Any] | None = None,
    ) -> None:
        if document is None:
            contract, validator = packaged(), _packaged_validator()
        else:
            contract = Contract(document)
            validator = RequestValidator(contract)
        self._state = State(now, seed)
        self._listeners: list[Listener] = []
        self.customer = Customer(self._state)
        """The customer's side, for which the service has no call."""
        self.app = SandboxApp(self._state, contract, validator, self.customer)
        """The ASGI application."""
        self.location_id = self.add_location().id
        """A location to start with."""
        self.token = self.add_token()
        """A Location token for it, with every scope."""

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
        while self._listeners:
            await self._listeners.pop().stop()

    @property
    def requests(self) -> list[RecordedRequest]:
        """Every request to the service so far, in the order of arrival."""
        return self.app.requests

    def add_location(
        self,
        id: str | None = None,
        timezone: str = "America/Costa_Rica",
        suspended: bool = False,
    ) -> Location:
        """Add a sub-account; its `suspended` may be changed later."""
        location = Location(
            id=id or self._state.new_account_id(),
            company_id=self._state.company_id,
            zone=ZoneInfo(timezone),
            suspended=suspended,
        )
        self._state.locations[location.id] = location
        return location

    def add_token(
        self,
        scopes: Iterable[str] = SCOPES,
        kind: TokenKind = "Location",
        locations: Iterable[str] | None = None,
    ) -> str:
        """Add a token for the locations with these ids (the first location by default)."""
        token = Token(
            value=f"pit-{self._state.new_uuid()}",
            kind=kind,
            scopes=frozenset(scopes),
            locations=frozenset([self.location_id] if locations is None else locations),
        )
        self._state.tokens[token.value] = token
        return token.value

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
            "base_url": "https://sandbox.invalid",
            "transport": asgi_transport(self.app),
        }
        return InvoicesClient(**(settings | kwargs))
