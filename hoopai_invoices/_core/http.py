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
        self._base = _checked_base(base_url, in_clear=transport is not None)
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


def _checked_base(base_url: object, *, in_clear: bool) -> str:
    # The address is never repeated: people put secrets into user names and queries.
    hint = "such as https://services.leadconnectorhq.com"
    text = base_url if isinstance(base_url, str) else ""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ConfigurationError("base_url is no address of a service", hint=hint) from None
    if "@" in parts.netloc:
        raise ConfigurationError("base_url must not carry a user name or password", hint=hint)
    plain = text.isascii() and text.isprintable() and " " not in text and port != 0
    if not plain or not host or parts.scheme not in ("http", "https") or "?" in text or "#" in text:
        raise ConfigurationError("base_url is no address of a service", hint=hint)
    if parts.scheme == "http" and host not in _LOOPBACK and not in_clear:
        msg = f"base_url would send the token to {host} in the clear"
        raise ConfigurationError(msg, hint="use https; http is for this machine only")
    return text.rstrip("/")


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def asgi_transport(app: Callable[..., Any]) -> httpx.AsyncBaseTransport:
    """A transport that calls an ASGI application in this process, without a socket."""
    return httpx.ASGITransport(app=app)
