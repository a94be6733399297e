"""Keeps what comes with a consent, a code and a state, out of access logs and traces."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

__all__ = ["CALLBACKS", "QUERY", "PrivateCallback", "hide_oauth_queries"]

QUERY = "hoopai_invoices.query"  # where the query of a callback is kept in its scope

CALLBACKS = {"/oauth/callback"}  # how the paths end that `install_routes` has made

_SECRET = re.compile(r"((?<![\w-])(?:code|state)=)[^&\s\"]*")


class PrivateCallback:
    """An application whose OAuth callback shows its query to nobody but the route itself.

    ```python
    app = PrivateCallback(FastAPI(…))
    ```

    FastAPI's own tracing, and other middleware, put queries into spans before any route or middleware
    of the application is asked; uvicorn's access log shows what is left in the scope. So this goes
    around all of them.

    Args:
        app: The whole application.
        path: How the callback's path ends. None: as the routes of `install_routes` do.
    """

    def __init__(self, app: Callable[[Any, Any, Any], Awaitable[None]], path: str | None = None):
        self._app = app
        self._paths = CALLBACKS if path is None else {path}

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"].rstrip("/").endswith(tuple(self._paths)):
            # In place: the server's own log looks at this very scope.
            scope[QUERY], scope["query_string"] = scope.get("query_string", b""), b""
        await self._app(scope, receive, send)


def hide_oauth_queries(logger: str = "uvicorn.access") -> None:
    """Let an access log show `code=…` and `state=…` without their values, whatever their path.

    Call it when the application is made; a second time does nothing.

    Args:
        logger: The logger that writes the access log.
    """
    chosen = logging.getLogger(logger)
    if _hide not in chosen.filters:
        chosen.addFilter(_hide)


def _hide(record: logging.LogRecord) -> bool:
    if isinstance(record.args, Mapping):
        # Of a kind of the server's own, which knows names that it doesn't list.
        record.msg, record.args = record.getMessage(), ()
    if isinstance(record.args, tuple):
        record.args = tuple(
            _SECRET.sub(r"\1…", arg) if isinstance(arg, str) else arg for arg in record.args
        )
    if isinstance(record.msg, str) and not record.args:
        record.msg = _SECRET.sub(r"\1…", record.msg)
    return True
