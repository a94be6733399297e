"""The socket. The only module of the client that imports httpx."""

from __future__ import annotations

import asyncio
import functools
import os
import ssl
import urllib.request
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from time import monotonic
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx

from ..errors import ClientClosedError, ConfigurationError, WrongEventLoop
from .body import ENCODINGS, Body, Cut, Garbled
from .secret import Secret

__all__ = ["HTTP", "Progress", "Reply", "Unanswered", "asgi_transport", "own_transport"]

_IDLE = 4.0  # seconds: a connection kept longer may be closed by the other side just as it is used
_LONGEST_ERROR = 2**20  # bytes: errors are looked through, so that they show no token
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class Unanswered(Exception):
    """No whole answer came; `Progress` says whether the request was written."""


class Progress:
    """How far one request came; `reply` is its whole answer, also where the caller is cancelled then."""

    __slots__ = ("_stopped", "_stream", "_told", "_wrote", "reply")

    def __init__(self) -> None:
        self.reply: Reply | None = None
        self._told = self._wrote = False
        self._stream: Any = None
        self._stopped: Callable[[], bool] = bool

    @property
    def sent(self) -> bool:
        """Whether any of it may have been written: a transport that tells nothing may have."""
        return self._wrote or not self._told

    async def note(self, event: str, info: Mapping[str, Any]) -> None:
        """Told by httpcore of every step: the first byte of the request is about to be written.

        A proxy's CONNECT isn't the request yet.
        """
        self._told = True
        if event.endswith("send_request_headers.started"):
            if self._stopped():
                raise _Stopped  # the last moment in which nothing has been written
            self._wrote = self._wrote or info["request"].method != b"CONNECT"
        elif event.endswith(("connect_tcp.complete", "connect_unix_socket.complete")):
            self._stream = info["return_value"]

    def begin(self, stopped: Callable[[], bool], *, tells: bool) -> None:
        """A transport takes it; one that `tells` will say what it writes."""
        self._stopped, self._told = stopped, self._told or tells

    def unsent(self) -> None:
        """It is known that nothing was written."""
        self._told = True

    async def abandon(self) -> None:
        """Close what was opened: httpcore forgets a connection that is cancelled in its TLS handshake."""
        if self._stream is not None:
            with suppress(Exception):
                await self._stream.aclose()


class _Stopped(Exception):
    """The client was closed while the connection was being made."""


class Reply(NamedTuple):
    """An answer as it came; `cut` and `garbled` say why its content isn't all of it."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    cut: str | None = None
    garbled: str | None = None
    secret: Secret | None = None

    def __repr__(self) -> str:
        return f"Reply({self.status})"

    def masked(self) -> Reply:
        """The same, as it may be shown: an answer may repeat the token that it was asked with."""
        if self.secret is None:
            return self
        mask = self.secret.masked
        headers = {mask(name): mask(value) for name, value in self.headers.items()}
        return self._replace(headers=headers, content=mask(self.content))


class HTTP:
    """Connections to one host; no redirects, no cookies, no retries.

    The caller sees to it that there are never more requests at once than it wants connections.
    """

    def __init__(
        self, base_url: str, transport: httpx.AsyncBaseTransport | None = None, most: int = 2**24
    ):
        self._base = _checked_base(base_url)
        self._most = most
        self._in_process = isinstance(transport, _AppTransport)
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._process = os.getpid()
        self._transport = transport or _Connections(*_surroundings(self._base))
        # httpcore says of every step that it takes it; another transport may say nothing.
        self._tells = isinstance(self._transport, _Connections | httpx.AsyncHTTPTransport)

    @property
    def host(self) -> str:
        """The service's name."""
        return urlsplit(self._base).hostname or ""

    @property
    def open(self) -> int | None:
        """How many connections are open; None where another transport keeps them."""
        return self._transport.open if isinstance(self._transport, _Connections) else None

    def check(self) -> None:
        """Refuse to work where it can't.

        Raises:
            ClientClosedError: It was closed.
            WrongEventLoop: Its connections belong to another event loop, or another process.
        """
        if self._closed:
            raise _closed()
        if self._process != os.getpid():
            msg = (
                "the client was made in another process, and forked: both would use its connections"
            )
            raise WrongEventLoop(msg, hint="make a client in each process")
        loop = asyncio.get_running_loop()
        if self._loop is None:
            self._loop = loop
        elif self._loop is not loop:
            raise _elsewhere()

    async def send(
        self,
        method: str,
        target: str,
        headers: Iterable[tuple[str, str]],
        token: Secret,
        content: bytes | None,
        progress: Progress,
    ) -> Reply:
        """Send one request and read its answer.

        Raises:
            Unanswered: No whole answer came, and none that says by its status what was done.
        """
        self.check()
        progress.begin(lambda: self._closed, tells=self._tells)
        failure: Exception
        try:
            reply = await self._exchange(method, target, headers, token, content, progress)
        except _Stopped:
            failure = _closed()
        except Exception as error:
            broken = isinstance(error, ConnectionError | httpx.HTTPError | _Broken)
            if self._in_process and not broken:
                raise  # a mistake in the application or in the test, and no broken connection
            if self._in_process and isinstance(error, ConnectionRefusedError):
                progress.unsent()
            # Whatever it is: a write that was sent must end as one whose fate is unknown.
            failure = Unanswered(token.masked(_named(error)))
        except BaseException as error:
            # A cancellation passes, but not the frames it was thrown into: their variables hold the
            # request's headers, and these the token.
            error.__traceback__ = error.__context__ = None
            content = None  # of a form, it may be a secret itself
            await progress.abandon()
            raise
        else:
            return reply
        content = None
        await progress.abandon()
        # Raised out here, so that it doesn't hold the error of the transport: that one holds the
        # request, and the request the token.
        raise failure

    async def _exchange(
        self,
        method: str,
        target: str,
        headers: Iterable[tuple[str, str]],
        token: Secret,
        content: bytes | None,
        progress: Progress,
    ) -> Reply:
        request = httpx.Request(
            method,
            self._base + target,
            headers=[*headers, ("accept-encoding", ENCODINGS), *token.authorization()],
            content=content,
            extensions={"trace": progress.note},
        )
        answer = await self._transport.handle_async_request(request)
        try:
            progress.reply = await self._read(answer, token)
            return progress.reply
        finally:
            with suppress(Exception):  # what was read counts, whatever happens to the connection
                await answer.aclose()

    async def _read(self, answer: httpx.Response, token: Secret) -> Reply:
        status = answer.status_code
        headers = _plain(answer.headers.raw)
        cut = garbled = None
        body = None
        try:
            most = self._most if status < 300 else min(self._most, _LONGEST_ERROR)
            body = Body(token.masked(headers.get("content-encoding", "")), most)
            await _fill(body, answer.stream)
        except Garbled as error:
            garbled = str(error)
        except Cut as error:
            cut = str(error)
        except Exception as error:
            cut = _named(error)
        if cut is not None and 200 <= status < 300:
            raise _Broken(cut)
        content = b"" if body is None else body.content
        reply = Reply(status, headers, content, cut, garbled, token)
        return reply.masked() if status >= 300 else reply

    async def aclose(self) -> None:
        """Close every connection.

        Raises:
            WrongEventLoop: They belong to another event loop.
        """
        if self._loop not in (None, asyncio.get_running_loop()):
            raise _elsewhere()
        self._closed = True
        await self._transport.aclose()


def _elsewhere() -> WrongEventLoop:
    msg = "the client belongs to another event loop, which its connections are tied to"
    return WrongEventLoop(msg, hint="make a client in each loop, or keep to one asyncio.run()")


def _closed() -> ClientClosedError:
    msg = "the client is closed"
    return ClientClosedError(msg, hint="make a new one, or keep this one open longer")


async def _fill(body: Body, stream: object) -> None:
    assert isinstance(stream, httpx.AsyncByteStream)
    chunks = aiter(stream)
    try:
        async for chunk in chunks:
            body.add(chunk)
    finally:
        # A generator that is left halfway would be closed by the garbage collector, some time.
        if isinstance(chunks, AsyncGenerator):
            await chunks.aclose()
    body.end()


class _Broken(Exception):
    """A success of which not all came."""


class _Connections(httpx.AsyncBaseTransport):
    """As many connections as there are requests at once, the one used last first.

    Each is a transport of httpx's own that holds one connection: httpcore's pool looks through all
    its connections at every step, which costs more than the request where there are a hundred.
    """

    def __init__(self, verify: ssl.SSLContext | None = None, proxy: httpx.Proxy | None = None):
        # Without certificates to trust, a context refuses every server: right for plain http.
        verify = verify or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._settings: dict[str, Any] = {
            "verify": verify,
            "proxy": proxy,
            "trust_env": False,
            "limits": httpx.Limits(max_connections=1, keepalive_expiry=_IDLE),
        }
        self._idle: deque[tuple[float, httpx.AsyncHTTPTransport]] = deque()
        self._busy: set[httpx.AsyncHTTPTransport] = set()
        self._closing = False

    @property
    def open(self) -> int:
        return len(self._idle) + len(self._busy)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        line = await self._clean() or httpx.AsyncHTTPTransport(**self._settings)
        self._busy.add(line)
        try:
            answer = await line.handle_async_request(request)
        except BaseException:
            self._busy.discard(line)
            await line.aclose()
            raise
        assert isinstance(answer.stream, httpx.AsyncByteStream)
        answer.stream = _Stream(answer.stream, functools.partial(self._keep, line))
        return answer

    async def _clean(self) -> httpx.AsyncHTTPTransport | None:
        while self._idle:
            line = self._idle.pop()[1]
            if not _more_came(line):
                return line
            await line.aclose()
        return None

    async def _keep(self, line: httpx.AsyncHTTPTransport) -> None:
        self._busy.discard(line)
        if self._closing:
            await line.aclose()  # it was being made when the others were closed
            return
        now = monotonic()
        self._idle.append((now, line))
        while self._idle and self._idle[0][0] < now - _IDLE:
            await self._idle.popleft()[1].aclose()

    async def aclose(self) -> None:
        self._closing = True
        lines = [line for _, line in self._idle] + list(self._busy)
        self._idle.clear()
        self._busy.clear()
        # Whoever cancels this finds all of them closed none the less.
        closing = (line.aclose() for line in lines)
        await asyncio.shield(asyncio.gather(*closing, return_exceptions=True))


def _more_came(line: httpx.AsyncHTTPTransport) -> bool:
    """Whether bytes have come that belong to no request: another answer, behind the last.

    They would be taken for the answer to the next request, which may be another location's. httpcore
    asks the socket, but not the buffers between it and the socket, and has no public way to.
    """
    try:
        connection: Any = line._pool.connections[0]
        while hasattr(connection, "_connection"):
            connection = connection._connection
        stream = connection._network_stream._stream
        if connection._h11_state.trailing_data[0]:
            return True
        while hasattr(stream, "transport_stream"):  # TLS around it
            if stream._ssl_object.pending() or stream._read_bio.pending:
                return True
            stream = stream.transport_stream
        return bool(stream._protocol.read_queue)
    except (AttributeError, IndexError):
        return False  # closed; or another version, which a test of ours would tell


def own_transport() -> httpx.AsyncBaseTransport:
    """The client's own transport, without surroundings: for checking it."""
    return _Connections()


class _Stream(httpx.AsyncByteStream):
    """An answer's body, which hands its connection back."""

    def __init__(self, stream: httpx.AsyncByteStream, done: Callable[[], Awaitable[None]]):
        self._stream = stream
        self._done: Callable[[], Awaitable[None]] | None = done

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._stream)

    async def aclose(self) -> None:
        done, self._done = self._done, None
        if done is not None:
            await (
                self._stream.aclose()
            )  # closes the connection, too, when the body wasn't read whole
            await done()


def _surroundings(base: str) -> tuple[ssl.SSLContext | None, httpx.Proxy | None]:
    """Certificates and the proxy, by the usual variables."""
    found = _environment(base)
    if isinstance(found, str):
        # Raised out here: the frames in there hold the proxy's password.
        msg = "the proxy or certificate settings of the environment can't be used"
        hint = f"HTTPS_PROXY, ALL_PROXY, SSL_CERT_FILE, SSL_CERT_DIR ({found})"
        raise ConfigurationError(msg, hint=hint)
    return found


def _environment(base: str) -> tuple[ssl.SSLContext | None, httpx.Proxy | None] | str:
    """What is set there, or the name of the error that this is.

    Plain http has neither: it is for this machine alone, and a proxy would read the token.
    """
    if not base.startswith("https:"):
        return None, None
    try:
        proxies = urllib.request.getproxies()
        proxy = proxies.get("https") or proxies.get("all")
        if proxy and urllib.request.proxy_bypass(urlsplit(base).netloc):
            proxy = None
        context = _tls_context(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
        if not proxy:
            return context, None
        way = httpx.Proxy(proxy if "://" in proxy else f"http://{proxy}")
        httpx.AsyncHTTPTransport(proxy=way, verify=context)  # can it be used at all?
        return context, way
    except (ImportError, ValueError, httpx.InvalidURL, OSError) as error:
        return type(error).__name__


@functools.cache
def _tls_context(_file: str | None, _folder: str | None) -> ssl.SSLContext:
    """One context for all connections of all clients: making it takes longer than a request."""
    return httpx.create_ssl_context(trust_env=True)


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
    try:
        _ = httpx.URL(text).host
    except (httpx.InvalidURL, ValueError):  # a name that no resolver could be asked for
        raise ConfigurationError("base_url is no address of a service", hint=hint) from None
    if parts.scheme == "http" and host not in _LOOPBACK:
        msg = f"base_url would send the token to {host} in the clear"
        raise ConfigurationError(msg, hint="use https; http is for this machine only")
    return text.rstrip("/")


def _plain(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in raw:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


class _AppTransport(httpx.ASGITransport):
    """An application of this process: it raises ConnectionRefusedError to be out of reach."""


def asgi_transport(app: Callable[..., Any]) -> httpx.AsyncBaseTransport:
    """A transport that calls an ASGI application in this process, without a socket."""
    return _AppTransport(app=app)
