"""The client of a web application: made when the server starts, closed when it stops."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from starlette.requests import HTTPConnection

from ..client import InvoicesClient
from ..errors import ConfigurationError

__all__ = ["client_of", "lifespan"]

_NAME = "hoopai_client"
_log = logging.getLogger("hoopai_invoices.web")

Lifespan = Callable[[Any], AbstractAsyncContextManager[Mapping[str, Any] | None]]


def lifespan(
    make_client: Callable[[], AbstractAsyncContextManager[InvoicesClient]],
    own: Lifespan | None = None,
) -> Callable[[Any], AbstractAsyncContextManager[dict[str, Any]]]:
    """A lifespan for `FastAPI(lifespan=…)` or `Starlette(lifespan=…)` that holds a client.

    ```python
    app = FastAPI(lifespan=lifespan(lambda: InvoicesClient.from_env()))
    ```

    The client is made in the server's event loop, once in each of its processes. It is closed when
    the server stops, which is after its requests have ended, and waits for a token's refresh. A
    warning is logged when it has no ledger: its keys are forgotten with the process then.

    Args:
        make_client: Makes the client; or gives an async context with it, which may open and close
            more around it, such as a ledger.
        own: A lifespan of the application's own. It is entered when the client is there, and left
            before the client is closed; what it yields is in `request.state` as always.
    """

    @asynccontextmanager
    async def hold(app: Any) -> AsyncIterator[dict[str, Any]]:
        async with make_client() as client:
            if not isinstance(client, InvoicesClient):
                msg = f"make_client gave {type(client).__name__}, not an InvoicesClient"
                raise ConfigurationError(msg)
            if client._pipeline._ledger is None:
                _log.warning(
                    "the client keeps the keys of writes in this process alone, until it ends: give it"
                    " ledger=SQLLedger(…), see docs/web.md"
                )
            before = getattr(app.state, _NAME, None)
            setattr(app.state, _NAME, client)
            try:
                if own is None:
                    yield {_NAME: client}
                else:
                    async with own(app) as state:
                        yield {**(state or {}), _NAME: client}
            finally:
                if before is None:
                    delattr(app.state, _NAME)
                else:
                    setattr(app.state, _NAME, before)

    return hold


def client_of(connection: HTTPConnection) -> InvoicesClient:
    """The client that `lifespan` holds for the application of a request, or for the one around it.

    Raises:
        ConfigurationError: There is none.
    """
    # What the server passes on is the outermost application's, so a mounted one's own comes first.
    own = getattr(connection.scope.get("app"), "state", None)
    client = getattr(own, _NAME, None) or getattr(connection.state, _NAME, None)
    if client is None:
        msg = "the application holds no client"
        hint = (
            "FastAPI(lifespan=lifespan(…)); some test clients don't run an application's lifespan"
        )
        raise ConfigurationError(msg, hint=hint)
    found: InvoicesClient = client
    return found
