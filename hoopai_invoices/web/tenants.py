"""Which location a request is for: `tenant`, a dependency."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from .._core.ids import check_id
from ..client import LocationClient, LocationDefaults
from ..errors import ConfigurationError, InvalidRequestError
from .clients import client_of

__all__ = ["NoTenant", "tenant"]

Resolve = Callable[[Any], str | Awaitable[str | None] | None]
Defaults = Callable[[str], LocationDefaults | Awaitable[LocationDefaults | None] | None]


class NoTenant(HTTPException):
    """A request isn't for any location: 403, or 404 where what names one can't be an id."""


def tenant(
    resolve: Resolve,
    *,
    defaults: LocationDefaults | Defaults | None = None,
    priority: Literal["interactive", "batch"] = "interactive",
) -> Callable[[HTTPConnection], Awaitable[LocationClient]]:
    """A dependency that gives the `LocationClient` of a request, or of a WebSocket.

    ```python
    Tenant = Annotated[LocationClient, Depends(tenant(lambda request: request.session.get("location")))]
    ```

    In Starlette call it: `client = await billing(request)`.

    Args:
        resolve: Says for which location a request is: from its session, its JWT. May be async; one
            that isn't must not wait for anything. None, "": for none. Whoever takes the id from the path
            must look there whether this user may.
        defaults: The location's defaults, or a function, possibly async, that gives them by its id.
        priority: As in `InvoicesClient.location`.

    Raises (when a request comes):
        NoTenant: With 403 when there is no location: not 401, which would ask for a log-in, of which
            nothing is known here. Let `resolve` raise that where nobody is logged in. With 404 when
            what is given is no id; no call is made.
    """
    if priority not in ("interactive", "batch"):
        msg = f"priority is 'interactive' or 'batch', not {priority!r}"
        raise ConfigurationError(msg)

    async def located(connection: HTTPConnection) -> LocationClient:
        found = resolve(connection)
        location_id = await found if inspect.isawaitable(found) else found
        if location_id is None or location_id == "":
            raise NoTenant(403, "this account is connected to no location")
        try:
            check_id(location_id, "location_id")
        except InvalidRequestError:
            raise NoTenant(404, "there is no such location") from None
        given = defaults(location_id) if callable(defaults) else defaults
        own = await given if inspect.isawaitable(given) else given
        return client_of(connection).location(location_id, defaults=own, priority=priority)

    return located
