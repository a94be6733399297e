"""The conformance suite passes what may be trusted, and no point of it is vacuous."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, NamedTuple

import httpx
import pytest

from hoopai_invoices._core.http import own_transport
from hoopai_invoices.conformance import POINT_NAMES, Point, Report, check_transport

pytestmark = pytest.mark.anyio

TLS = httpx.create_ssl_context()  # made once: it takes longer than most points

LEFTOVER = "hands an answer that came with another to nobody"


def names_of(report: Report) -> set[str]:
    return {point.name for point in report.failed}


# --- Transports that people use --------------------------------------------------------------


async def test_the_client_s_own_keeps_every_point() -> None:
    report = await check_transport(own_transport)

    assert {point.name for point in report.points if point.passed} == {*POINT_NAMES}, str(report)


async def test_httpx_keeps_every_point_but_one() -> None:
    report = await check_transport(lambda: httpx.AsyncHTTPTransport(verify=TLS))

    assert tuple(point.name for point in report.points) == POINT_NAMES
    # A second answer in the packet of the first stays in h11's buffer, and is taken for the answer
    # of the next request on that connection.
    assert names_of(report) == {LEFTOVER}, str(report)
    assert "b'/two' was given b'unasked'" in report.failed[0].why


async def test_httpx_that_reuses_no_connection_keeps_every_point() -> None:
    never = httpx.Limits(max_keepalive_connections=0)
    report = await check_transport(lambda: httpx.AsyncHTTPTransport(verify=TLS, limits=never))

    report.raise_failures()


async def test_httpx_aiohttp_is_not_to_be_trusted() -> None:
    from httpx_aiohttp import AiohttpTransport

    report = await check_transport(lambda: AiohttpTransport(verify=TLS))

    assert names_of(report) >= {
        "never resends GET",
        "never resends PUT",
        "never resends DELETE",
        "says unknown after a drop",
        "says unknown after a reset",
        "says unknown after a drop of a reused connection",
        "says unknown after a reset of a reused connection",
        "says unknown after half a head",
        "raises httpx.TransportError and nothing else",
        "keeps no cookies",
        "sends the target as it is",
        "sends the headers as they are and adds none",
        "honours the write time-out",
        "hands an answer that came after another to nobody",
    }, str(report)
    # What it does well is not held against it.
    assert not names_of(report) & {
        "never resends POST",
        "follows no redirect",
        "hands a late answer to nobody",
        "closes every connection with itself",
        "reads a body to its end",
    }, str(report)


# --- Transports that break one promise each ----------------------------------------------------


class Wrapped(httpx.AsyncBaseTransport):
    """httpx's own, to be spoiled."""

    def __init__(self) -> None:
        self.inner = httpx.AsyncHTTPTransport(verify=TLS)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self.inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self.inner.aclose()


class Stream(httpx.AsyncByteStream):
    """A body whose parts come through a function."""

    def __init__(self, response: httpx.Response, parts: AsyncIterator[bytes]) -> None:
        self.response = response
        self.parts = parts

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self.parts:
            yield part

    async def aclose(self) -> None:
        await self.response.aclose()


def parts_of(response: httpx.Response) -> AsyncIterator[bytes]:
    assert isinstance(response.stream, httpx.AsyncByteStream)
    return response.stream.__aiter__()


def with_parts(response: httpx.Response, parts: AsyncIterator[bytes]) -> httpx.Response:
    return httpx.Response(
        response.status_code, headers=response.headers.raw, stream=Stream(response, parts)
    )


async def whole_of(response: httpx.Response) -> bytes:
    body = b"".join([part async for part in parts_of(response)])
    await response.aclose()
    return body


def changed(request: httpx.Request, **how: Any) -> httpx.Request:
    same: dict[str, Any] = {
        "method": request.method,
        "url": request.url,
        "headers": request.headers.raw,
        "stream": request.stream,
        "extensions": request.extensions,
    }
    return httpx.Request(**(same | how))


class Resends(Wrapped):
    """Tries again, as many do."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        with contextlib.suppress(httpx.TransportError):
            return await super().handle_async_request(request)
        return await super().handle_async_request(request)


class ResendsRefused(Wrapped):
    """Tries again what the server was too busy for."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        if response.status_code != 503:
            return response
        await response.aclose()
        return await super().handle_async_request(request)


class Renames(Wrapped):
    """Every failure comes out as the same."""

    error: Callable[[str], Exception]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            response = await super().handle_async_request(request)
        except httpx.TransportError as error:
            raise self.error(str(error)) from None
        return with_parts(response, self.renamed(response))

    async def renamed(self, response: httpx.Response) -> AsyncIterator[bytes]:
        try:
            async for part in parts_of(response):
                yield part
        except httpx.TransportError as error:
            raise self.error(str(error)) from None


class SaysNeverWritten(Renames):
    error = httpx.ConnectTimeout


class SaysUnknown(Renames):
    error = httpx.ReadError


class SaysOSError(Renames):
    error = OSError


class TakesAnythingForWhole(Renames):
    """A body ends where it ends."""

    async def renamed(self, response: httpx.Response) -> AsyncIterator[bytes]:
        with contextlib.suppress(httpx.TransportError):
            async for part in parts_of(response):
                yield part


class KeepsCookies(Wrapped):
    def __init__(self) -> None:
        super().__init__()
        self.jar = httpx.Cookies()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.jar.set_cookie_header(request)
        response = await super().handle_async_request(request)
        response.request = request
        self.jar.extract_cookies(response)
        return response


class Normalises(Wrapped):
    """A target that means the same, so it thinks."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        target = request.url.raw_path.replace(b"%41", b"A")
        url = request.url.copy_with(raw_path=target)
        return await super().handle_async_request(changed(request, url=url))


class Gets(Wrapped):
    """HEAD becomes GET, as some caches do."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        method = "GET" if request.method == "HEAD" else request.method
        return await super().handle_async_request(changed(request, method=method))


class Signs(Wrapped):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        headers = [*request.headers.raw, (b"User-Agent", b"signed/1.0")]
        return await super().handle_async_request(changed(request, headers=headers))


class DropsBodies(Wrapped):
    """A DELETE has none, so it thinks."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "DELETE":
            headers = [pair for pair in request.headers.raw if pair[0] != b"Content-Length"]
            request = changed(request, headers=headers, stream=httpx.ByteStream(b""))
        return await super().handle_async_request(request)


class Redirects(Wrapped):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        if not response.has_redirect_location:
            return response
        await response.aclose()
        url = httpx.URL(response.headers["location"])
        return await super().handle_async_request(changed(request, url=url))


class Inflates(Wrapped):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        if "gzip" not in response.headers.get("content-encoding", ""):
            return response
        body = httpx.ByteStream(gzip.decompress(await whole_of(response)))
        return httpx.Response(response.status_code, headers=response.headers.raw, stream=body)


class WaitsForEver(Wrapped):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await super().handle_async_request(changed(request, extensions={}))


class ReadsAll(Wrapped):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        body = httpx.ByteStream(await whole_of(response))
        return httpx.Response(response.status_code, headers=response.headers.raw, stream=body)


class Shares(Wrapped):
    """One answer for all who ask the same host at the same time."""

    def __init__(self) -> None:
        super().__init__()
        self.asking: dict[int | None, asyncio.Task[bytes]] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        async def read() -> bytes:
            return await whole_of(await self.inner.handle_async_request(request))

        port = request.url.port
        if port not in self.asking:
            self.asking[port] = asyncio.create_task(read())
        body = await self.asking[port]
        self.asking.pop(port, None)
        return httpx.Response(200, stream=httpx.ByteStream(body))


class GoesOn(Wrapped):
    """A cancellation ends the waiting, and nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.tasks: list[asyncio.Task[Any]] = []

    async def shielded(self, what: Coroutine[Any, Any, Any]) -> Any:
        self.tasks.append(asyncio.create_task(what))
        return await asyncio.shield(self.tasks[-1])

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self.shielded(self.inner.handle_async_request(request))
        body = await self.shielded(whole_of(response))
        return httpx.Response(response.status_code, stream=httpx.ByteStream(body))

    async def aclose(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await super().aclose()


class RenamesCancellation(Wrapped):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            response = await super().handle_async_request(request)
            body = await whole_of(response)
        except asyncio.CancelledError:
            msg = "cancelled"
            raise httpx.ReadError(msg) from None
        return httpx.Response(response.status_code, stream=httpx.ByteStream(body))


class StaysOpen(Wrapped):
    """Closes nothing until its maker does."""

    made: list[StaysOpen] = []  # noqa: RUF012 - one list for all

    def __init__(self) -> None:
        super().__init__()
        self.made.append(self)

    async def aclose(self) -> None:
        pass


class LeavesASocket(Wrapped):
    def __init__(self) -> None:
        super().__init__()
        self.forgotten = socket.socket()


class Naive(httpx.AsyncBaseTransport):
    """One connection to each place for ever, and what comes on it is the answer."""

    def __init__(self) -> None:
        self.open: dict[int, tuple[asyncio.StreamReader, asyncio.StreamWriter]] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        port = request.url.port or 80
        try:
            async with asyncio.timeout(request.extensions["timeout"]["read"]):
                if port not in self.open:
                    opened = await asyncio.open_connection("127.0.0.1", port, limit=1 << 30)
                    self.open[port] = opened
                return await self.exchange(request, *self.open[port])
        except TimeoutError as error:
            raise httpx.ReadTimeout(str(error)) from error
        except (OSError, asyncio.IncompleteReadError) as error:
            raise httpx.ReadError(str(error)) from error

    async def exchange(
        self, request: httpx.Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> httpx.Response:
        first = b"%s %s HTTP/1.1" % (request.method.encode(), request.url.raw_path)
        lines = [first, *(name + b": " + value for name, value in request.headers.raw)]
        assert isinstance(request.stream, httpx.AsyncByteStream)
        body = b"".join([part async for part in request.stream])
        writer.write(b"\r\n".join([*lines, b"", body]))
        status, *rest = (await reader.readuntil(b"\r\n\r\n"))[:-4].split(b"\r\n")
        headers = [
            (name, value.strip()) for name, _, value in (one.partition(b":") for one in rest)
        ]
        length = int(httpx.Headers(headers).get("content-length", "0"))

        async def parts() -> AsyncIterator[bytes]:
            left = length
            while left and (part := await reader.read(left)):
                left -= len(part)
                yield part

        return with_parts(httpx.Response(int(status.split()[1]), headers=headers), parts())

    async def aclose(self) -> None:
        for _, writer in self.open.values():
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


# --- The points that catch them --------------------------------------------------------------


class Bad(NamedTuple):
    """A transport, the points that must catch it, and what they must say."""

    make: Callable[[], httpx.AsyncBaseTransport]
    points: tuple[str, ...]
    why: str


def named(start: str) -> tuple[str, ...]:
    return tuple(name for name in POINT_NAMES if name.startswith(start))


CAUGHT = [
    Bad(Resends, named("never resends "), "after a drop of a reused connection it arrived 2 times"),
    Bad(ResendsRefused, named("never resends "), "after a 503 it arrived 2 times"),
    Bad(SaysNeverWritten, named("says unknown "), "ConnectTimeout"),
    Bad(SaysNeverWritten, named("honours the read "), "says that nothing was written"),
    Bad(SaysNeverWritten, ("honours the write time-out",), "says that nothing was written"),
    Bad(SaysUnknown, named("says never written "), "doesn't say that nothing was written"),
    Bad(SaysUnknown, named("honours the "), "came out as httpx.ReadError"),
    Bad(SaysOSError, ("raises httpx.TransportError and nothing else",), "after a drop OSError"),
    Bad(TakesAnythingForWhole, ("says unknown after half a body",), "taken for an answer"),
    Bad(TakesAnythingForWhole, ("says unknown after half a chunked body",), "taken for an answer"),
    Bad(KeepsCookies, ("keeps no cookies",), "came with the next request"),
    Bad(Normalises, ("sends the target as it is",), "became b'/%7Ea/A;v=1"),
    Bad(Gets, ("sends the method as it is",), "HEAD became b'GET'"),
    Bad(Signs, ("sends the headers as they are and adds none",), "POST differs in user-agent"),
    Bad(DropsBodies, ("sends the body as it is",), "2 bytes of b'DELETE' came as 0"),
    Bad(Redirects, ("follows no redirect",), "a 307 was followed"),
    Bad(Inflates, ("hands over an answer as it came",), "compressed bytes became 600"),
    Bad(WaitsForEver, named("honours the "), "no end of the exchange came within"),
    Bad(ReadsAll, ("reads a body no faster than it is taken",), "64 MB were read"),
    Bad(Shares, ("gives each of many requests its own answer",), "was given b'answer to /"),
    Bad(GoesOn, named("ends what is cancelled "), "its connection was not closed within"),
    Bad(RenamesCancellation, named("ends what is cancelled "), "came out as httpx.ReadError"),
    Bad(StaysOpen, ("closes every connection with itself",), "was not closed within"),
    Bad(LeavesASocket, ("closes every connection with itself",), "unclosed <socket"),
    Bad(Naive, ("never makes two requests of one",), "a line break in a header's value"),
    Bad(Naive, ("bounds the head of an answer",), "MB of headers were read"),
    Bad(Naive, ("hands a late answer to nobody",), "b'/two' was given b'answer to /one'"),
    Bad(Naive, named("hands an answer that came "), "b'/two' was given b'unasked'"),
    Bad(Naive, ("leaves the rest of an unread body to nobody",), "b'/two' was given b'unasked'"),
    Bad(Naive, ("uses no connection that the server has closed",), "httpx.ReadError"),
    Bad(Naive, ("uses no connection that was to be closed",), "close was ignored; HTTP/1.0 was"),
    Bad(Naive, ("skips what comes before the final answer",), "b'/one' was given b''"),
    Bad(Naive, ("waits for no body where there is none",), "no end of the exchange came within"),
    Bad(Naive, ("reads a body to its end",), "by chunks it read b''; by the connection's end it"),
]


@pytest.mark.parametrize("bad", CAUGHT, ids=lambda bad: f"{bad.make.__name__}-{bad.points[0]}")
async def test_a_broken_promise_is_caught(bad: Bad) -> None:
    report = await check_transport(bad.make, only=bad.points)
    for left in StaysOpen.made:
        await left.inner.aclose()
    StaysOpen.made.clear()

    assert [point.name for point in report.failed] == list(bad.points)
    assert [point for point in report.failed if bad.why not in point.why] == []


def test_every_point_catches_something() -> None:
    assert {name for bad in CAUGHT for name in bad.points} == set(POINT_NAMES)


# --- What can go wrong with the transport itself ---------------------------------------------


class Stuck(Wrapped):
    """Neither ends nor can be cancelled."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        for _ in range(4):
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(3)
        raise httpx.ReadError("at last")


async def test_a_transport_that_never_ends_holds_no_point_up() -> None:
    report = await asyncio.wait_for(check_transport(Stuck, only=["keeps no cookies"]), 30)

    assert report.points == (Point("keeps no cookies", False, "no end within 5 s"),)


async def test_an_exception_fails_its_point_and_no_other() -> None:
    made = 0

    def make() -> httpx.AsyncBaseTransport:
        nonlocal made
        made += 1
        if made == 1:
            msg = "not today"
            raise RuntimeError(msg)
        return httpx.AsyncHTTPTransport(verify=TLS)

    names = ["keeps no cookies", "follows no redirect"]
    report = await check_transport(make, only=names)

    assert report.points == (
        Point("keeps no cookies", False, "it raised RuntimeError: not today"),
        Point("follows no redirect", True),
    )
    assert str(report) == (
        "FAIL keeps no cookies: it raised RuntimeError: not today\nok   follows no redirect"
    )
    with pytest.raises(AssertionError, match="1 of 2 points failed\nFAIL keeps no cookies: it r"):
        report.raise_failures()


async def test_what_could_not_be_tried_is_no_failure() -> None:
    report = Report((Point("honours the connect time-out", None, "no room"),))

    report.raise_failures()
    assert str(report) == "skip honours the connect time-out: no room"


async def test_what_is_no_transport_is_named() -> None:
    report = await check_transport(dict, only=["keeps no cookies"])  # type: ignore[arg-type]

    assert report.failed[0].why == "a dict is no httpx.AsyncBaseTransport"


async def test_an_unknown_point_is_refused() -> None:
    with pytest.raises(ValueError, match="no points of the suite: keeps cookies"):
        await check_transport(Wrapped, only=["keeps cookies"])


async def test_to_cancel_the_suite_cancels_it() -> None:
    task = asyncio.create_task(check_transport(WaitsForEver, only=["honours the write time-out"]))
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 10)


# --- As a program ----------------------------------------------------------------------------


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "hoopai_invoices.conformance", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_program_says_what_failed() -> None:
    good = run("httpx:AsyncHTTPTransport", "keeps no cookies")
    bad = run("httpx:AsyncHTTPTransport", "keeps no cookies", LEFTOVER)

    assert (good.returncode, good.stderr) == (0, "")
    assert good.stdout == "ok   keeps no cookies\n\n0 of 1 points failed\n"
    assert (bad.returncode, bad.stderr) == (1, "")
    assert f"FAIL {LEFTOVER}: " in bad.stdout


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["httpx"], "'httpx' is not of the form package.module:factory"),
        (["httpx:Nothing"], "httpx:Nothing can't be loaded: AttributeError"),
        (["no.such.module:make"], "can't be loaded: ModuleNotFoundError"),
        (["httpx:__version__"], "is a str, which can't be called"),
        (["httpx:AsyncHTTPTransport", "keeps cookies"], "no points of the suite: keeps cookies"),
    ],
)
def test_what_cannot_be_loaded_is_said(arguments: list[str], why: str) -> None:
    done = run(*arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert why in done.stderr
