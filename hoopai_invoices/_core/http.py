"""The socket. The only module of the project that imports httpx."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx

from ..errors import ClientClosedError, ConfigurationError

__all__ = ["HTTP", "NotSent", "Reply", "Unanswered", "asgi_transport"]


class NotSent(Exception):
    """The request was certainly never written."""


class Unanswered(Exception):
    """The request may have been written; no whole answer came."""


class Reply(NamedTuple):
    """An answer as it came."""

    status: int
    headers: Mapping[str, str]
    content: bytes


# Of these httpx says that nothing was written yet.
_BEFORE_WRITING = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class HTTP:
    """One pool of connections to one host; no redirects, no cookies, no retries."""

    def __init__(self, base_url: str, transport: httpx.AsyncBaseTransport | None = None):
        parts = urlsplit(base_url)
        secure = parts.scheme == "https" or parts.hostname in _LOOPBACK or transport is not None
        if (
            parts.scheme not in ("http", "https")
            or not parts.hostname
            or parts.query
            or parts.fragment
        ):
            msg = f"base_url {base_url!r} is no address of a service"
            raise ConfigurationError(msg, hint="such as https://services.leadconnectorhq.com")
        if parts.username or parts.password:
            raise ConfigurationError("base_url must not carry a user name or password")
        if not secure:
            msg = f"base_url {base_url!r} would send the token in the clear"
            raise ConfigurationError(msg, hint="use https; http is for this machine only")
        self._base = base_url.rstrip("/")
        self._client = httpx.AsyncClient(
            transport=transport,
            follow_redirects=False,
            # The deadline is the pipeline's, over everything; httpx's own are per chunk.
            timeout=httpx.Timeout(None),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        )

    async def send(
        self, method: str, target: str, headers: Mapping[str, str], content: bytes | None
    ) -> Reply:
        """Send one request and read its answer whole.

        Raises:
            NotSent: It was never written.
            Unanswered: It may have been written.
        """
        if self._client.is_closed:
            raise ClientClosedError(
                "the client is closed", hint="make a new one, or keep this one open longer"
            )
        try:
            reply = await self._client.request(
                method, self._base + target, headers=headers, content=content
            )
        except _BEFORE_WRITING as error:
            raise NotSent(_named(error)) from error
        except (httpx.HTTPError, OSError) as error:
            raise Unanswered(_named(error)) from error
        return Reply(reply.status_code, reply.headers, reply.content)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.aclose()


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def asgi_transport(app: Callable[..., Any]) -> httpx.AsyncBaseTransport:
    """A transport that calls an ASGI application in this process, without a socket."""
    return httpx.ASGITransport(app=app)
