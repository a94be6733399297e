"""A caller of web applications in process, as their server would carry the calls."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from starlette.applications import Starlette


@asynccontextmanager
async def browser(
    app: Starlette, *, root_path: str = "", around: Any = None, **settings: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client of an application whose lifespan lasts as long as the block.

    `around` is what stands around it: an application that calls it.
    """
    async with app.router.lifespan_context(app) as state:

        async def carried(scope: Any, receive: Any, send: Any) -> None:
            await (around or app)({**scope, "state": dict(state or {})}, receive, send)

        transport = httpx.ASGITransport(carried, raise_app_exceptions=False, root_path=root_path)
        settings = {"base_url": "http://127.0.0.1:8000", **settings}
        async with httpx.AsyncClient(transport=transport, **settings) as http:
            yield http
