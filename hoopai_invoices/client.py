"""The client, and the views of it that belong to one location."""

from __future__ import annotations

import os
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Self

from attrs import fields, frozen

from . import __version__
from ._core.clock import Clock, SystemClock
from ._core.http import HTTP
from ._core.ids import check_id
from ._core.pipeline import Pipeline, View, _positive
from ._core.tokens import Token, TokenSource
from ._generated.client import Resources
from ._values import Drift
from .errors import ConfigurationError

if TYPE_CHECKING:
    import httpx

    from .models import BusinessDetails

__all__ = ["InvoicesClient", "LocationClient", "LocationDefaults"]

BASE_URL = "https://services.leadconnectorhq.com"
API_VERSION = "2021-07-28"


@frozen(kw_only=True)
class LocationDefaults:
    """What every call for a location would repeat; an argument of the call wins over it.

    Attributes:
        live_mode: Whether calls are for real (True) or for trying out (False). The SDK has no
            default of its own: without this one every call must say, so nobody bills by accident.
        user_id: The user in whose name things are sent.
        currency: Three letters, such as "USD".
        business_details: The sender as the document shows it.
    """

    live_mode: bool | None = None
    user_id: str | None = None
    currency: str | None = None
    business_details: BusinessDetails | None = None

    def _given(self) -> dict[str, Any]:
        values = {field.name: getattr(self, field.name) for field in fields(type(self))}
        return {name: value for name, value in values.items() if value is not None}


class LocationClient(Resources):
    """A client as one location sees it: a cheap view over the same connections and token."""

    _executor: View

    def __init__(self, view: View):
        super().__init__(view)

    @property
    def location_id(self) -> str | None:
        """The sub-account that calls are for."""
        return self._executor.location_id

    def __repr__(self) -> str:
        return f"{type(self).__name__}(location_id={self.location_id!r})"

    def __reduce__(self) -> NoReturn:
        msg = "a client can't be pickled: it holds a token and open connections"
        raise ConfigurationError(msg, hint="make one in each process")


class InvoicesClient(LocationClient):
    """The asyncio client of the HoopAI Platform Invoices API.

    ```python
    async with InvoicesClient(token="pit-…", location_id="…") as client:
        invoice = await client.invoices.get("…")
    ```

    Make one per process and event loop, and close it: `async with`, or `await client.aclose()`.

    Args:
        token: A private integration token or an access token; or a callable, possibly async,
            that is asked for it before every call.
        location_id: The sub-account that calls are for, unless `client.location(…)` says another.
        defaults: What every call would repeat.
        base_url: Where the service is.
        api_version: The `Version` header.
        timeout: Seconds for one call, from asking for its token to the end of its answer.
        transport: An httpx transport in place of the client's own.
        on_drift: Called with the operation and a `Drift` for every place where an answer, or
            what was left out of a request, differs from the document. It costs a walk over
            every answer, so it is for development and for monitoring samples.

    Raises:
        ConfigurationError: One of these can't be used.
        InvalidRequestError: `location_id` is no id, or `timeout` no number of seconds.
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
        transport: httpx.AsyncBaseTransport | None = None,
        on_drift: Callable[[str, Drift], None] | None = None,
        _clock: Clock | None = None,
    ):
        self._pipeline = Pipeline(
            http=HTTP(base_url, transport),
            tokens=TokenSource(token),
            clock=_clock or SystemClock(),
            timeout=_positive(timeout, "timeout"),
            headers={
                "accept": "application/json",
                "user-agent": f"hoopai-invoices/{__version__}",
                "version": _version(api_version),
            },
            on_drift=on_drift,
        )
        super().__init__(_view(self._pipeline, location_id, defaults))

    @classmethod
    def from_env(
        cls,
        *,
        location_id: str | None = None,
        defaults: LocationDefaults | None = None,
        base_url: str | None = None,
        api_version: str = API_VERSION,
        timeout: float = 30.0,
        transport: httpx.AsyncBaseTransport | None = None,
        on_drift: Callable[[str, Drift], None] | None = None,
    ) -> Self:
        """A client from HOOPAI_TOKEN, HOOPAI_LOCATION_ID and HOOPAI_BASE_URL.

        The other arguments are the constructor's; one that is given wins over the environment.

        Raises:
            ConfigurationError: HOOPAI_TOKEN is not set.
        """
        token = os.environ.get("HOOPAI_TOKEN")
        if not token:
            raise ConfigurationError("HOOPAI_TOKEN is not set", hint="export it, or pass token=…")
        return cls(
            token=token,
            location_id=location_id or os.environ.get("HOOPAI_LOCATION_ID") or None,
            defaults=defaults,
            base_url=base_url or os.environ.get("HOOPAI_BASE_URL") or BASE_URL,
            api_version=api_version,
            timeout=timeout,
            transport=transport,
            on_drift=on_drift,
        )

    def location(
        self, location_id: str, *, defaults: LocationDefaults | None = None
    ) -> LocationClient:
        """The client as another location sees it.

        Args:
            location_id: The sub-account.
            defaults: What every call would repeat there. Without them a client that has no
                location of its own passes its defaults on; one that has a location keeps them to
                it, so that nobody is billed in another's name.

        Raises:
            InvalidRequestError: `location_id` is no id.
        """
        check_id(location_id, "location_id")
        inherits = defaults is None and self.location_id in (None, location_id)
        view = _view(self._pipeline, location_id, defaults)
        if inherits:
            view.defaults = self._executor.defaults
        return LocationClient(view)

    async def aclose(self) -> None:
        """Close the connections. Calls after it raise `ClientClosedError`."""
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


def _version(text: object) -> str:
    if (
        not isinstance(text, str)
        or not text.isascii()
        or not text.isprintable()
        or not text.strip()
    ):
        raise ConfigurationError("api_version is one word", hint="such as 2021-07-28")
    return text


def _view(pipeline: Pipeline, location_id: str | None, defaults: LocationDefaults | None) -> View:
    if defaults is not None and not isinstance(defaults, LocationDefaults):
        raise ConfigurationError("defaults must be LocationDefaults(…)")
    if location_id is not None:
        check_id(location_id, "location_id")
    return View(pipeline, location_id, defaults._given() if defaults else {})
