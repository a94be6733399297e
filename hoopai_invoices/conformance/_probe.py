"""What a point needs of httpx: requests to give to the transport, and what comes out of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, TypeVar

import httpx

T = TypeVar("T")

PATIENCE = 2.0  # seconds for one exchange, most of which end in milliseconds

# These say that no byte of the request was written: whoever retries a payment relies on it.
UNWRITTEN = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)

Headers = Sequence[tuple[bytes, bytes]]


class Failed(Exception):
    """The transport doesn't keep a point."""


class NotTried(Exception):
    """This machine can't produce what a point is about."""


class Answer(NamedTuple):
    """An answer as the transport handed it over."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class Probe:
    """One transport, and ways to ask it."""

    def __init__(self, make: Callable[[], httpx.AsyncBaseTransport]) -> None:
        self._transport: httpx.AsyncBaseTransport | None = make()
        if not hasattr(self._transport, "handle_async_request"):
            msg = f"a {type(self._transport).__name__} is no httpx.AsyncBaseTransport"
            raise Failed(msg)

    async def ask(self, url: str, method: str = "GET", **how: Any) -> Answer:
        """Send a request and read its answer whole; takes the keywords of `request_of`."""
        return await within(PATIENCE, "no end of the exchange came", self._ask(url, method, **how))

    async def _ask(self, url: str, method: str, **how: Any) -> Answer:
        async with self._opened(url, method, **how) as response:
            parts = [part async for part in stream_of(response)]
        return Answer(response.status_code, list(response.headers.raw), b"".join(parts))

    @asynccontextmanager
    async def open(
        self, url: str, method: str = "GET", **how: Any
    ) -> AsyncIterator[httpx.Response]:
        """Send a request; its answer is still to be read."""
        opened = self._opened(url, method, **how)
        response = await within(PATIENCE, "no answer came", opened.__aenter__())
        try:
            yield response
        finally:
            closed = opened.__aexit__(None, None, None)
            await within(PATIENCE, "the answer could not be closed", closed)

    @asynccontextmanager
    async def _opened(self, url: str, method: str, **how: Any) -> AsyncIterator[httpx.Response]:
        assert self._transport is not None
        response = await self._transport.handle_async_request(request_of(url, method, **how))
        try:
            yield response
        finally:
            await response.aclose()

    async def outcome(self, url: str, method: str = "GET", **how: Any) -> Answer | Exception:
        """The answer, or what was raised instead of one."""
        try:
            return await self.ask(url, method, **how)
        except Failed:
            raise
        except Exception as error:
            return error

    async def failure(self, url: str, method: str = "GET", **how: Any) -> Exception:
        """What is raised by a request that must fail; takes the keywords of `request_of`."""
        return must_fail(await self.outcome(url, method, **how))

    async def aclose(self) -> None:
        """Close the transport and forget it."""
        if self._transport is not None:
            closing, self._transport = self._transport.aclose(), None
            await within(PATIENCE, "aclose() did not end", closing)


def must_fail(outcome: Answer | Exception) -> Exception:
    if isinstance(outcome, Exception):
        return outcome
    msg = f"it was taken for an answer, {outcome.status} with {len(outcome.body)} bytes"
    raise Failed(msg)


def request_of(
    url: str,
    method: str = "GET",
    *,
    target: bytes = b"/",
    headers: Headers = (),
    content: bytes | AsyncIterable[bytes] | None = None,
    timeouts: dict[str, float] | None = None,
) -> httpx.Request:
    """A request with this raw target and these time-outs, as a client would hand it over."""
    limits = dict.fromkeys(("connect", "read", "write", "pool")) | (timeouts or {})
    return httpx.Request(
        method,
        httpx.URL(url).copy_with(raw_path=target),
        headers=list(headers),
        content=content,
        extensions={"timeout": limits},
    )


def stream_of(response: httpx.Response) -> httpx.AsyncByteStream:
    """The raw bytes of an answer's body."""
    if not isinstance(response.stream, httpx.AsyncByteStream):
        msg = f"the answer's stream is a {type(response.stream).__name__}, no AsyncByteStream"
        raise Failed(msg)
    return response.stream


async def within(seconds: float, otherwise: str, what: Awaitable[T]) -> T:
    """Wait that long at most; a TimeoutError of the transport's own passes."""
    deadline = asyncio.timeout(seconds)
    try:
        async with deadline:
            return await what
    except TimeoutError:
        if not deadline.expired():
            raise
        msg = f"{otherwise} within {seconds:g} s"
        raise Failed(msg) from None


async def cancelled(asking: Awaitable[Any], begun: asyncio.Event) -> None:
    """Begin to ask, and cancel it once the server says so."""
    task = asyncio.ensure_future(asking)
    try:
        await within(PATIENCE, "the request did not arrive", begun.wait())
        await asyncio.sleep(0.02)
        task.cancel()
        done, _ = await asyncio.wait({task}, timeout=PATIENCE)
        if not done:
            msg = f"it went on for {PATIENCE:g} s after its cancellation"
            raise Failed(msg)
        if not task.cancelled():
            msg = f"its cancellation came out as {named(task.exception()) or 'an answer'}"
            raise Failed(msg)
    finally:
        task.cancel()


def named(error: BaseException | None) -> str:
    """An exception in one line."""
    if error is None:
        return ""
    kind = type(error)
    name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
    return f"{name}: {error}" if str(error) else name


def is_mapped(error: Exception) -> bool:
    """Whether a client that knows httpx alone will catch it."""
    return isinstance(error, httpx.TransportError)


def is_timeout(error: Exception) -> bool:
    return isinstance(error, httpx.TimeoutException)


def says_unwritten(error: Exception) -> bool:
    """Whether the class says that no byte of the request was written."""
    return isinstance(error, UNWRITTEN)
