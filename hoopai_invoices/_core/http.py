"""The socket. The only module of the project that imports httpx."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx

from ..errors import ClientClosedError, ConfigurationError, WrongEventLoop

__all__ = ["HTTP", "Progress", "Reply", "Unanswered", "asgi_transport"]


class Unanswered(Exception):
    """No whole answer came; `Progress` says whether the request was written."""


class Progress:
    """How far one request came."""

    __slots__ = ("sent",)

    def __init__(self) -> None:
        self.sent = False

    async def note(self, event: str, info: Mapping[str, Any]) -> None:
        """Told by httpcore of every step: the first byte of the request is about to be written.

        A proxy's CONNECT isn't the request yet.
        """
        if event.endswith("send_request_headers.started"):
            self.sent = self.sent or info["request"].method != b"CONNECT"


class Reply(NamedTuple):
    """An answer as it came."""

    status: int
    headers: Mapping[str, str]
    content: bytes


_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class HTTP:
    """One pool of connections to one host; no redirects, no cookies, no retries."""

    def __init__(self, base_url: str, transport: httpx.AsyncBaseTransport | None = None):
        self._base = _checked_base(base_url)
        self._own = transport is None
        self._in_process = isinstance(transport, _AppTransport)
        self._loop: asyncio.AbstractEventLoop | None = None
        try:
            self._client = httpx.AsyncClient(
                transport=transport,
                follow_redirects=False,
                # The deadline is the pipeline's, over everything; httpx's own are per chunk.
                timeout=httpx.Timeout(None),
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
                # Proxies and certificates by the usual variables; but a proxy of plain http would
                # read the token, and plain http is for this machine alone.
                trust_env=self._base.startswith("https:"),
            )
        except (ImportError, ValueError, httpx.InvalidURL, OSError) as error:
            msg = "the proxy or certificate settings of the environment can't be used"
            hint = f"HTTPS_PROXY, ALL_PROXY, SSL_CERT_FILE, SSL_CERT_DIR ({type(error).__name__})"
            raise ConfigurationError(msg, hint=hint) from None

    async def send(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        content: bytes | None,
        progress: Progress,
    ) -> Reply:
        """Send one request and read its answer whole.

        Raises:
            Unanswered: No whole answer came.
        """
        if self._client.is_closed:
            msg = "the client is closed"
            raise ClientClosedError(msg, hint="make a new one, or keep this one open longer")
        loop = asyncio.get_running_loop()
        if self._loop is None:
            self._loop = loop
        elif self._loop is not loop:
            msg = "the client belongs to another event loop, which its connections are tied to"
            raise WrongEventLoop(
                msg, hint="make a client in each loop, or keep to one asyncio.run()"
            )
        extensions = {}
        if self._own:
            extensions["trace"] = progress.note
        else:
            # Another transport need not tell what it has written: take it that it did.
            progress.sent = True
        try:
            reply = await self._client.request(
                method, self._base + target, headers=headers, content=content, extensions=extensions
            )
        except Exception as error:
            if self._in_process and not isinstance(error, ConnectionError | httpx.HTTPError):
                raise  # a mistake in the application or in the test, and no broken connection
            # Whatever it is: a write that was sent must end as one whose fate is unknown.
            failure = Unanswered(_named(error))
            if self._in_process and isinstance(error, ConnectionRefusedError):
                progress.sent = False
        else:
            return Reply(reply.status_code, reply.headers, reply.content)
        # Raised out here, so that it doesn't hold httpx's exception: that one holds the request,
        # and the request the token.
        raise failure

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.aclose()


def _checked_base(base_url: object) -> str:
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
    if parts.scheme == "http" and host not in _LOOPBACK:
        msg = f"base_url would send the token to {host} in the clear"
        raise ConfigurationError(msg, hint="use https; http is for this machine only")
    return text.rstrip("/")


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


class _AppTransport(httpx.ASGITransport):
    """An application of this process: it raises ConnectionRefusedError to be out of reach."""


def asgi_transport(app: Callable[..., Any]) -> httpx.AsyncBaseTransport:
    """A transport that calls an ASGI application in this process, without a socket."""
    return _AppTransport(app=app)
