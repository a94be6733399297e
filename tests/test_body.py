"""What comes back over a real socket, hostile or broken: bounded, told apart, and left closed."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gzip
import json
import ssl
import subprocess
import sys
import textwrap
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import trustme
from hypothesis import example, given
from hypothesis import strategies as st
from scripted import Answer, cut, reply, scripted

from hoopai_invoices import Drift, InvoicesClient, errors
from hoopai_invoices._core import http
from hoopai_invoices._core.body import Body, Cut, Garbled
from hoopai_invoices._core.codec import DEEPEST, _nested, loads

pytestmark = pytest.mark.anyio

TOKEN = "pit-body-91ce0a55"
LOCATION = "ve9EPM428h8vShlRW1KT"
MB = 2**20
RECORD = json.dumps(
    {
        "_id": "66f1a0c2d4e5b60718293a01",
        "status": "draft",
        "altId": LOCATION,
        "name": "One",
        "currency": "USD",
        "total": 150,
        "amountPaid": 0,
        "amountDue": 150,
    }
)
Use = Callable[[InvoicesClient], Awaitable[Any]]


def client_of(url: str, **settings: Any) -> InvoicesClient:
    settings = {"timeout": 20, "max_attempts": 1, **settings}
    return InvoicesClient(token=TOKEN, location_id=LOCATION, base_url=url, **settings)


async def read(client: InvoicesClient) -> Any:
    return await client.raw("GET", "/users/")


async def write(client: InvoicesClient) -> Any:
    return await client.raw("POST", "/users/", json={"name": "Alex"})


async def get(client: InvoicesClient) -> Any:
    return await client.invoices.get("65f0c0ffee")


async def void(client: InvoicesClient) -> Any:
    return await client.invoices.void("65f0c0ffee")


async def given_to(use: Use, answer: Answer, **settings: Any) -> Any:
    """What a call makes of an answer."""
    async with scripted(answer) as server:
        async with client_of(server.url, **settings) as client:
            return await use(client)


def deflated(data: bytes, wbits: int = 15) -> bytes:
    packer = zlib.compressobj(wbits=wbits)
    return packer.compress(data) + packer.flush()


def in_turn(*answers: Answer) -> Answer:
    """One answer after the other, the last for good."""
    left = list(answers)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await (left.pop(0) if len(left) > 1 else left[0])(reader, writer)

    return answer


# --- Compression ---------------------------------------------------------------------------------

PLAIN = b'{"total":1234567890.10,"name":"' + b"x" * 3000 + b'"}'


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(PLAIN)),
        ("x-gzip", gzip.compress(PLAIN)),
        ("  GZip\t", gzip.compress(PLAIN)),
        ("gzip", gzip.compress(PLAIN[:100]) + gzip.compress(PLAIN[100:])),
        ("gzip", b"".join(gzip.compress(PLAIN[at : at + 50]) for at in range(0, len(PLAIN), 50))),
        ("deflate", deflated(PLAIN)),
        ("deflate", deflated(PLAIN, -15)),
        ("DEFLATE", deflated(PLAIN)),
        ("identity", PLAIN),
        ("", PLAIN),
    ],
    ids=["gzip", "x-gzip", "odd case", "two members", "many members", "deflate", "bare deflate", "DEFLATE", "identity", "none"],
)  # fmt: skip
@pytest.mark.parametrize("piece", [1, 7, 10**6], ids=lambda piece: f"{piece} bytes at a time")
async def test_a_packed_answer_is_unpacked(encoding: str, packed: bytes, piece: int) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nTransfer-Encoding: chunked\r\n\r\n"

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head.encode())
        for at in range(0, len(packed), piece):
            part = packed[at : at + piece]
            writer.write(b"%x\r\n%s\r\n" % (len(part), part))
        writer.write(b"0\r\n\r\n")
        await writer.drain()

    found = await given_to(read, answer)
    assert found == {"total": Decimal("1234567890.10"), "name": "x" * 3000}


async def test_only_what_is_understood_is_asked_for() -> None:
    async with scripted(reply(200, "{}")) as server:
        async with client_of(server.url) as client:
            await read(client)
    assert "accept-encoding: gzip, deflate\r\n" in server.heads[0].lower()


BROKEN = [
    pytest.param("gzip", gzip.compress(PLAIN) + b"trailing", id="trailing bytes"),
    pytest.param("gzip", PLAIN, id="not packed at all"),
    pytest.param("gzip", gzip.compress(PLAIN)[:-8] + b"\0" * 8, id="wrong checksum"),
    pytest.param("deflate", b"\x78\x9c" + b"\xff" * 40, id="no deflate"),
    pytest.param("br", b"\x0b\x02\x80{}\x03", id="brotli"),
    pytest.param("gzip, gzip", gzip.compress(gzip.compress(PLAIN)), id="packed twice"),
    pytest.param("\xe9\xff", PLAIN, id="no ASCII"),
]


@pytest.mark.parametrize(("encoding", "packed"), BROKEN)
@pytest.mark.parametrize("use", [read, write, get, void])
async def test_a_whole_answer_that_cannot_be_unpacked(
    encoding: str, packed: bytes, use: Use
) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: {len(packed)}"
        writer.write(head.encode("latin-1") + b"\r\n\r\n" + packed)
        await writer.drain()

    async with scripted(answer) as server:
        async with client_of(server.url, max_attempts=3) as client:
            with pytest.raises(errors.DecodeError) as caught:
                await use(client)
    assert caught.value.committed == (use in (write, void))
    assert caught.value.attempts == 1
    assert len(server.heads) == 1, "asking again would bring the same"


@pytest.mark.parametrize(("encoding", "packed"), BROKEN)
@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, errors.BadRequestError), (404, errors.NotFoundError), (503, errors.InternalServerError)],
)
async def test_an_error_that_cannot_be_unpacked_keeps_its_class(
    encoding: str, packed: bytes, status: int, kind: type[errors.APIStatusError]
) -> None:
    head = f"Content-Encoding: {encoding}".encode("latin-1").decode("utf-8", "replace")
    with pytest.raises(kind) as caught:
        await given_to(read, reply(status, packed, head))
    assert type(caught.value) is kind
    assert caught.value.status == status


@pytest.mark.parametrize(
    "packed",
    [gzip.compress(PLAIN), gzip.compress(PLAIN[:9]) * 2],
    ids=["one member", "two members"],
)
@pytest.mark.parametrize("missing", [1, 9, 30])
async def test_compression_that_is_cut_off_is_no_whole_answer(packed: bytes, missing: int) -> None:
    part = reply(200, packed[:-missing], "Content-Encoding: gzip")
    async with scripted(in_turn(part, reply(200, '{"a":1}'))) as server:
        async with client_of(server.url, max_attempts=2) as client:
            assert await read(client) == {"a": 1}
    assert len(server.heads) == 2, "a read is asked for again"
    async with scripted(part) as server:
        async with client_of(server.url, max_attempts=2) as client:
            with pytest.raises(errors.OutcomeUnknown):
                await write(client)
    assert len(server.heads) == 1, "a write never"


@given(
    st.binary(max_size=400),
    st.sampled_from(["gzip", "deflate", "bare"]),
    st.lists(st.integers(1, 40), min_size=1, max_size=60),
    st.integers(1, 500),
)
def test_whatever_the_pieces_the_content_is_the_same(
    data: bytes, how: str, sizes: list[int], most: int
) -> None:
    packed = gzip.compress(data) if how == "gzip" else deflated(data, -15 if how == "bare" else 15)
    body = Body("gzip" if how == "gzip" else "deflate", most)
    at = 0
    try:
        while at < len(packed):
            size = sizes[at % len(sizes)]
            body.add(packed[at : at + size])
            at += size
        body.end()
    except Cut:
        assert len(data) > most or len(packed) > most
        assert len(body.content) <= most + 1
    else:
        assert body.content == data
        assert len(data) <= most


@given(st.binary(min_size=1, max_size=200), st.sampled_from(["gzip", "deflate"]))
def test_any_bytes_are_read_or_refused(data: bytes, encoding: str) -> None:
    body = Body(encoding, 10_000)
    with contextlib.suppress(Cut, Garbled):
        body.add(data)
        body.end()


# --- Bounds --------------------------------------------------------------------------------------


@functools.cache
def bomb(times: int = 256) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    block = b"\0" * MB
    return b"".join([*(packer.compress(block) for _ in range(times)), packer.flush()])


@asynccontextmanager
async def bounded(most: int) -> AsyncIterator[None]:
    """Fail when more memory was taken at any moment."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        yield
        assert tracemalloc.get_traced_memory()[1] - before < most
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("status", [200, 400])
async def test_a_bomb_does_no_harm(status: int) -> None:
    packed = bomb()
    assert len(packed) < MB / 2
    async with scripted(reply(status, packed, "Content-Encoding: gzip")) as server:
        async with client_of(server.url) as client:
            kind = errors.APIConnectionError if status == 200 else errors.BadRequestError
            async with bounded(64 * MB):
                with pytest.raises(kind) as caught:
                    await read(client)
            if status == 200:
                assert "inflates to more than 16,777,216 bytes" in str(caught.value)
                with pytest.raises(errors.OutcomeUnknown):
                    await write(client)


async def test_an_endless_answer_is_cut_where_it_is_too_long() -> None:
    written = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" " * 65536)
            written += 65536
            await writer.drain()

    async with bounded(16 * MB):
        with pytest.raises(errors.APIConnectionError, match="more than 2,097,152 bytes"):
            await given_to(read, answer, max_answer_bytes=2 * MB)
    assert written < 64 * MB, "it is not read on to be thrown away"


@pytest.mark.parametrize("packed", [False, True])
async def test_the_bound_is_exact(packed: bool) -> None:
    def answer(size: int) -> Answer:
        content = b'"' + b"x" * (size - 2) + b'"'
        if packed:
            return reply(200, gzip.compress(content), "Content-Encoding: gzip")
        return reply(200, content)

    assert await given_to(read, answer(1000), max_answer_bytes=1000) == "x" * 998
    with pytest.raises(errors.APIConnectionError, match="more than 1,000 bytes") as caught:
        await given_to(read, answer(1001), max_answer_bytes=1000)
    assert caught.value.sent
    with pytest.raises(errors.OutcomeUnknown, match="1,000 bytes"):
        await given_to(write, answer(1001), max_answer_bytes=1000)


def test_many_single_bytes_are_not_as_many_objects() -> None:
    tracemalloc.start()
    try:
        body = Body("", 2 * MB)
        for _ in range(300_000):
            body.add(b"x")
        assert tracemalloc.get_traced_memory()[1] < 1.5 * MB
    finally:
        tracemalloc.stop()
    assert len(body.content) == 300_000


async def test_an_answer_byte_by_byte_is_read() -> None:
    text = json.dumps({"name": "x" * 5000})

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for letter in text.encode():
            writer.write(b"1\r\n%c\r\n" % letter)
            await writer.drain()
        writer.write(b"0\r\n\r\n")

    assert await given_to(read, answer) == {"name": "x" * 5000}


# --- Answers that break off ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (302, errors.APIStatusError),
        (400, errors.BadRequestError),
        (401, errors.AuthenticationError),
        (403, errors.PermissionDeniedError),
        (404, errors.NotFoundError),
        (409, errors.ConflictError),
        (422, errors.UnprocessableEntityError),
        (429, errors.RateLimitError),
        (500, errors.InternalServerError),
    ],
)
async def test_an_error_that_breaks_off_keeps_its_class(
    status: int, kind: type[errors.APIStatusError]
) -> None:
    whole = f'HTTP/1.1 {status} X\r\nContent-Length: 500\r\nX-RateLimit-Remaining: 4\r\n\r\n{{"mess'
    with pytest.raises(kind) as caught:
        await given_to(read, cut(whole.encode()))
    assert type(caught.value) is kind
    assert caught.value.body == '{"mess'
    assert caught.value.quota == {"remaining": 4}


@pytest.mark.parametrize(
    "broken",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Le",
    ],
    ids=["length", "chunks", "no chunk", "head"],
)
async def test_a_success_that_breaks_off_is_none(broken: bytes) -> None:
    for use in (write, void):
        async with scripted(cut(broken)) as server:
            async with client_of(server.url, max_attempts=3) as client:
                with pytest.raises(errors.OutcomeUnknown):
                    await use(client)
        assert len(server.heads) == 1
    async with scripted(in_turn(cut(broken), reply(200, "[1]"))) as server:
        async with client_of(server.url, max_attempts=3) as client:
            assert await read(client) == [1]
    assert len(server.heads) == 2


# --- Nesting -------------------------------------------------------------------------------------


def depth_of(text: str) -> int:
    """The depth of a JSON text, read letter by letter."""
    deepest = depth = 0
    quoted = escaped = False
    for letter in text:
        if escaped:
            escaped = False
        elif quoted:
            escaped = letter == "\\"
            quoted = letter != '"'
        elif letter == '"':
            quoted = True
        elif letter in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif letter in "]}":
            depth -= 1
    return deepest


hostile = st.text(st.sampled_from('[]{}"\\,: aü\n\u2028'), max_size=12)
documents = st.recursive(
    st.none() | st.booleans() | st.integers() | hostile,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(hostile, inner, max_size=3),
    max_leaves=25,
)
wraps = st.lists(st.sampled_from(["list", "dict"]), min_size=0, max_size=130)


@given(documents, wraps, hostile, st.booleans(), st.booleans())
@example([], ["list"] * 100, '\\"[', False, False)
@example([], ["list"] * 99, '\\"[', False, False)
def test_the_depth_is_the_depth(
    document: Any, around: list[str], beside: str, ascii_only: bool, wide: bool
) -> None:
    for way in around:
        document = [beside, document] if way == "list" else {beside: document}
    # Below 101 brackets nobody counts; a wide document makes them count.
    document = [document, [[]] * DEEPEST] if wide else document
    text = json.dumps(document, ensure_ascii=ascii_only)
    true = depth_of(text)
    if text.count("[") + text.count("{") > DEEPEST:
        assert min(_nested(text.encode()), DEEPEST + 1) == min(true, DEEPEST + 1)
    if true > DEEPEST:
        with pytest.raises(errors.DecodeError, match="deeper than 100"):
            loads(text)
    else:
        assert loads(text) == json.loads(text)


@given(st.text(st.sampled_from('[]{}"\\,:1 '), max_size=60), st.integers(0, 3000), st.booleans())
def test_no_text_is_read_deeper(noise: str, times: int, ends: bool) -> None:
    text = noise + "[" * times + noise + ("]" * times if ends else "")
    try:
        loads(text)
    except errors.DecodeError:
        return
    assert depth_of(text) <= DEEPEST


def nested(depth: int, beside: str = '"[{\\"[[["') -> str:
    """A JSON object so deep, with strings full of brackets."""
    lists = depth - 1
    return f'{{"x":{"[" * (lists - 1)}[{", ".join([beside] * 120)}]{"]" * (lists - 1)}}}'


async def test_an_answer_may_be_a_hundred_deep_and_no_more() -> None:
    assert depth_of(nested(100)) == 100
    for use, inside in ((read, False), (get, True)):
        for depth in (100, 101):
            text = nested(depth)
            text = RECORD[:-1] + "," + text[1:] if inside else text
            if depth == 100:
                assert await given_to(use, reply(200, text)) is not None
                continue
            with pytest.raises(errors.DecodeError, match="deeper than 100"):
                await given_to(use, reply(200, text))
    with pytest.raises(errors.DecodeError) as caught:
        await given_to(void, reply(200, RECORD[:-1] + "," + nested(101)[1:]))
    assert caught.value.committed


async def test_an_error_that_is_too_deep_keeps_its_class() -> None:
    for depth, kind in ((100, dict), (101, str)):
        with pytest.raises(errors.NotFoundError) as caught:
            await given_to(get, reply(404, nested(depth)))
        assert isinstance(caught.value.body, kind)


async def test_a_name_that_stands_twice_is_told() -> None:
    told: list[tuple[str, Drift]] = []
    text = RECORD[:-1] + ',"total":160,"contactDetails":{"name":"A","name":"B"}}'
    invoice = await given_to(
        get, reply(200, text), on_drift=lambda operation, drift: told.append((operation, drift))
    )
    assert invoice.total == 160
    assert invoice.contact_details.name == "B"
    repeated = [drift.path for _, drift in told if drift.kind == "repeated_key"]
    assert sorted(repeated) == ["name", "total"]


# --- Connections ---------------------------------------------------------------------------------


class Listening:
    """A server that counts its connections."""

    def __init__(self, answer: Answer | None):
        self.answer = answer
        self.url = ""
        self.made = self.open = self.bytes = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.made += 1
        self.open += 1
        try:
            if self.answer is None:  # it takes everything, and says nothing
                while data := await reader.read(65536):
                    self.bytes += len(data)
            while self.answer is not None:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                if "content-length: " in head:
                    await reader.readexactly(int(head.partition("content-length: ")[2].split()[0]))
                await self.answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            self.open -= 1
            writer.close()

    async def until_open(self, number: int) -> None:
        async with asyncio.timeout(5):
            while self.open != number:
                await asyncio.sleep(0.005)


@asynccontextmanager
async def listening(
    answer: Answer | None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Listening]:
    server = Listening(answer)
    socket = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=tls)
    port = socket.sockets[0].getsockname()[1]
    server.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    try:
        yield server
    finally:
        socket.close()
        await server.until_open(0)


async def test_a_connection_is_used_again_after_a_whole_answer() -> None:
    for status, body in ((200, "{}"), (404, '{"message":"no"}'), (204, "")):
        async with listening(reply(status, body)) as server:
            async with client_of(server.url) as client:
                for _ in range(5):
                    with contextlib.suppress(errors.NotFoundError):
                        await read(client)
                assert client.stats().connections == 1
            assert server.made == 1


@pytest.mark.parametrize(
    "answer",
    [
        reply(200, b"x" * 5000),
        reply(404, b"x" * 5000),
        reply(200, gzip.compress(b"\0" * 5000), "Content-Encoding: gzip"),
        reply(200, b"x" * 500, "Content-Encoding: br"),
        reply(200, "{}", "Connection: close"),
    ],
    ids=["too long", "error too long", "inflates too far", "unknown", "closed"],
)
async def test_a_connection_whose_answer_was_not_read_is_not_used_again(answer: Answer) -> None:
    async with listening(answer) as server:
        async with client_of(server.url, max_answer_bytes=1000) as client:
            for _ in range(3):
                with contextlib.suppress(errors.HoopAIError):
                    await read(client)
                await server.until_open(0)
        assert server.made == 3


async def test_calls_at_once_have_a_connection_each_and_idle_ones_are_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http, "_IDLE", 0.3)
    together = asyncio.Barrier(5)

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if meeting:
            await together.wait()
        await reply(200, "{}")(reader, writer)

    meeting = True
    async with listening(meet) as server:
        async with client_of(server.url) as client:
            await asyncio.gather(*(read(client) for _ in range(5)))
            assert server.made == 5
            assert client.stats().connections == 5
            meeting = False
            await asyncio.sleep(0.5)
            await read(client)
            assert client.stats().connections == 1
            await server.until_open(1)
        await server.until_open(0)


async def test_closing_the_client_leaves_no_connection_open() -> None:
    async with listening(None) as server:
        client = client_of(server.url)
        calls = [asyncio.create_task(read(client)) for _ in range(3)]
        await server.until_open(3)
        await client.aclose()
        await server.until_open(0)
        for call in calls:
            with pytest.raises(errors.HoopAIError):
                await call
        with pytest.raises(errors.ClientClosedError):
            await read(client)


@pytest.mark.parametrize("how", ["cancelled", "out of time"])
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_what_is_given_up_leaves_no_connection_open(how: str, scheme: str) -> None:
    # Nobody answers the ClientHello, nor the request.
    async with listening(None) as server:
        url = server.url.replace("http:", f"{scheme}:")
        async with client_of(url, timeout=0.3 if how == "out of time" else 20) as client:
            call = asyncio.create_task(write(client))
            async with asyncio.timeout(5):
                while not server.bytes:
                    await asyncio.sleep(0.005)
            if how == "cancelled":
                call.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await call
            else:
                kind = errors.APITimeoutError if scheme == "https" else errors.OutcomeUnknown
                with pytest.raises(kind):
                    await call
            await server.until_open(0)  # the client is still open
            assert client.stats().in_flight == 0


FORK = """
    import asyncio, os, sys
    from hoopai_invoices import InvoicesClient, errors
    client = InvoicesClient(token="pit-x", location_id="ve9EPM428h8vShlRW1KT", base_url=sys.argv[1])

    async def use():
        try:
            await client.raw("POST", "/users/", json={})
        except errors.HoopAIError as error:
            return type(error).__name__

    if sys.argv[2] == "used":
        assert asyncio.run(use()) is None
    child = os.fork()
    if child == 0:
        print(asyncio.run(use()), flush=True)
        os._exit(0)
    os.waitpid(child, 0)
"""


@pytest.mark.parametrize("before", ["used", "fresh"])
async def test_a_forked_process_must_not_use_the_client(before: str) -> None:
    async with scripted(reply(200, "")) as server:
        ran = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", textwrap.dedent(FORK), server.url, before),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        out, err = await asyncio.wait_for(ran.communicate(), 30)
    assert out.decode().split() == ["WrongEventLoop"], err.decode()
    assert len(server.heads) == (before == "used")


# --- What the environment says -------------------------------------------------------------------


@pytest.fixture
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def authority(tmp_path: Path, no_proxies: None, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """What a server on this machine needs; the environment trusts it."""
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(context)
    return context


async def test_certificates_of_the_environment_are_trusted(authority: ssl.SSLContext) -> None:
    async with listening(reply(200, "[1]"), authority) as server:
        async with client_of(server.url) as client:
            assert await write(client) == [1]


@pytest.mark.parametrize("secure", [True, False])
async def test_an_answer_that_nobody_asked_for_goes_to_nobody(
    secure: bool, authority: ssl.SSLContext
) -> None:
    async def one_too_many(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reply(200, "[1]")(reader, writer)
        # In TLS a record of its own: nobody sees it at the socket when it came with the first.
        await reply(200, '["another location\'s"]')(reader, writer)

    async with listening(one_too_many, authority if secure else None) as server:
        async with client_of(server.url) as client:
            for _ in range(50):
                assert await write(client) == [1]


async def test_a_certificate_of_somebody_else_is_not(
    authority: ssl.SSLContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "another.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "another.pem"))
    async with listening(reply(200, "[1]"), authority) as server:
        async with client_of(server.url) as client:
            with pytest.raises(errors.APIConnectionError, match="never sent") as caught:
                await write(client)
            assert "certificate" in str(caught.value).lower()
            assert not caught.value.sent
            await server.until_open(0)


async def test_a_certificate_for_another_name_is_not_taken(
    tmp_path: Path, authority: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(tmp_path / "named.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "named.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("another.example").configure_cert(context)
    async with listening(reply(200, "[1]"), context) as server:
        async with client_of(server.url) as client:
            with pytest.raises(errors.APIConnectionError, match="never sent"):
                await write(client)


@asynccontextmanager
async def tunnel() -> AsyncIterator[tuple[str, list[str]]]:
    """A proxy that does what it is asked."""
    heads: list[str] = []
    pumps: set[asyncio.Task[None]] = set()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(data)
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        host, _, port = heads[-1].split()[1].partition(":")
        back, forth = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        pumps.add(asyncio.create_task(pump(back, writer)))
        await pump(reader, forth)

    socket = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{socket.sockets[0].getsockname()[1]}", heads
    finally:
        socket.close()
        await asyncio.gather(*pumps)


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize("written", ["whole", "without http://"])
async def test_a_proxy_of_the_environment_is_used(
    name: str, written: str, authority: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with tunnel() as (url, heads), listening(reply(200, "[1]"), authority) as server:
        monkeypatch.setenv(name, url if written == "whole" else url.removeprefix("http://"))
        async with client_of(server.url) as client:
            assert await write(client) == [1]
            assert await read(client) == [1]
            assert client.stats().connections == 1
    assert len(heads) == 1
    assert heads[0].startswith(f"CONNECT {server.url.removeprefix('https://')} ")
    assert TOKEN not in heads[0]


@pytest.mark.parametrize("exempt", ["127.0.0.1", "*", "other.example, 127.0.0.1"])
async def test_what_needs_no_proxy_goes_without(
    exempt: str, authority: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with tunnel() as (url, heads), listening(reply(200, "[1]"), authority) as server:
        monkeypatch.setenv("HTTPS_PROXY", url)
        monkeypatch.setenv("NO_PROXY", exempt)
        async with client_of(server.url) as client:
            assert await write(client) == [1]
    assert heads == []


async def test_of_a_long_error_no_more_is_read_than_is_looked_through() -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 422 X\r\nTransfer-Encoding: chunked\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
                await writer.drain()

    async with listening(endless) as server:
        async with client_of(server.url) as client:
            with client.capture() as captured:
                with pytest.raises(errors.UnprocessableEntityError):
                    await write(client)
            assert len(captured.last.body) <= 2**20
            assert client.stats().in_flight == 0
