"""The points, each a small function that raises when the transport doesn't keep it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import gzip
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable

from ._probe import (
    PATIENCE,
    Failed,
    NotTried,
    Probe,
    cancelled,
    is_mapped,
    is_timeout,
    named,
    request_of,
    says_unwritten,
    stream_of,
    within,
)
from ._server import (
    MEGABYTE,
    Arrival,
    Connection,
    cut,
    in_turn,
    ok,
    sends,
    serving,
    whole,
)
from ._ways import (
    AFTER_ARRIVAL,
    BEFORE_WRITING,
    CHUNKED,
    CONNECT,
    SHORT,
    WHOLE,
    Written,
    unaccepted,
)

Check = Callable[[Probe], Awaitable[None]]

POINTS: dict[str, Check] = {}

METHODS = ("GET", "PUT", "PATCH", "DELETE", "POST")
RETRIED = (408, 425, 429, 500, 502, 503, 504)  # what others take for "once more"


def point(name: str) -> Callable[[Check], Check]:
    """Enter a function into the table."""

    def enter(check: Check) -> Check:
        POINTS[name] = check
        return check

    return enter


def require(kept: bool, why: str) -> None:
    if not kept:
        raise Failed(why)


def none_of(faults: list[str]) -> None:
    """Fail when there are any, naming them all."""
    require(not faults, "; ".join(faults))


# --- Sending once ----------------------------------------------------------------------------


def never_resends(method: str) -> Check:
    async def check(probe: Probe) -> None:
        faults = []
        for name, way in AFTER_ARRIVAL.items():
            times = await way.arrivals(probe, method)
            if times != 1:
                faults.append(f"after {name} it arrived {times} times")
        refusals = [whole(b"", b"Retry-After: 0", status=b"%d No" % status) for status in RETRIED]
        async with serving(in_turn(*map(sends, refusals))) as server:
            for status in RETRIED:
                await probe.ask(server.url, method, target=b"/%d" % status)
            await server.quiet()
        for status in RETRIED:
            times = [one.target for one in server.arrived].count(b"/%d" % status)
            if times != 1:
                faults.append(f"after a {status} it arrived {times} times")
        none_of(faults)

    return check


for _method in METHODS:
    point(f"never resends {_method}")(never_resends(_method))


# --- Telling "never written" from "nobody knows" ---------------------------------------------


def tells_unwritten(way: Callable[[], contextlib.AbstractAsyncContextManager[str]]) -> Check:
    async def check(probe: Probe) -> None:
        async with way() as url:
            error = await probe.failure(url, "POST", timeouts=CONNECT)
        require(says_unwritten(error), f"{named(error)} doesn't say that nothing was written")

    return check


def tells_unknown(way: Written) -> Check:
    async def check(probe: Probe) -> None:
        error = await way.failure(probe)
        require(not says_unwritten(error), f"{named(error)} says that nothing was written")

    return check


for _name, _before in BEFORE_WRITING.items():
    point(f"says never written after {_name}")(tells_unwritten(_before))
for _name, _after in AFTER_ARRIVAL.items():
    point(f"says unknown after {_name}")(tells_unknown(_after))


@point("raises httpx.TransportError and nothing else")
async def _(probe: Probe) -> None:
    raised: dict[str, Exception] = {}
    for name, before in BEFORE_WRITING.items():
        with contextlib.suppress(NotTried):
            async with before() as url:
                raised[name] = await probe.failure(url, "POST", timeouts=CONNECT)
    for name, after in AFTER_ARRIVAL.items():
        # One that isn't noticed at all is the matter of the point above.
        with contextlib.suppress(Failed):
            raised[name] = await after.failure(probe)
    foreign = {name: error for name, error in raised.items() if not is_mapped(error)}
    none_of([f"after {name} {named(error)}" for name, error in foreign.items()])


# --- Rewriting nothing -----------------------------------------------------------------------


@point("keeps no cookies")
async def _(probe: Probe) -> None:
    cookie = sends(whole(b"", b"Set-Cookie: session=1; Path=/"))
    async with serving(in_turn(cookie)) as server:
        # By name: some jars ignore the cookies of bare addresses.
        url = server.url.replace("127.0.0.1", "localhost")
        for _ in range(2):
            await probe.ask(url)
    names = {name.lower() for name, _ in server.arrived[1].headers}
    require(b"cookie" not in names, "the cookie of one answer came with the next request")


@point("sends the target as it is")
async def _(probe: Probe) -> None:
    targets = (
        b"/invoices/a%2Fb/..%2Fc/?x=%20+~%c3%a9&y=a,b;c:d@e!$()*",
        b"/%7Ea/%41;v=1//b?&&q=%2B+%26&&empty=&q=/?",
        b"/a?",
    )
    async with serving(in_turn()) as server:
        for target in targets:
            await probe.ask(server.url, target=target)
    pairs = zip(targets, server.arrived, strict=True)
    none_of([f"{sent!r} became {one.target!r}" for sent, one in pairs if sent != one.target])


@point("sends the method as it is")
async def _(probe: Probe) -> None:
    methods = (*METHODS, "HEAD", "OPTIONS", "QUERY")
    async with serving(in_turn(*[sends(whole(b""))] * len(methods))) as server:
        for method in methods:
            await probe.ask(server.url, method)
    pairs = zip(methods, server.arrived, strict=True)
    none_of([f"{m} became {one.method!r}" for m, one in pairs if m.encode() != one.method])


@point("sends the headers as they are and adds none")
async def _(probe: Probe) -> None:
    given = (
        (b"Authorization", b"Bearer pit-1234=="),
        (b"X-Twice", b"1"),
        (b"X-Twice", b"2"),
        (b"X-Empty", b""),
        (b"X-Latin", b"caf\xe9  two spaces"),
    )
    faults = []
    async with serving(in_turn()) as server:
        for method in METHODS:
            content = b"{}" if method in ("PUT", "POST") else None
            await probe.ask(server.url, method, headers=given, content=content)
            meant = request_of(server.url, method, headers=given, content=content).headers.raw
            # Their case and the order of different names mean nothing.
            wanted = sorted(((k.lower(), v) for k, v in meant), key=lambda pair: pair[0])
            came = sorted(
                ((k.lower(), v) for k, v in server.arrived[-1].headers), key=lambda pair: pair[0]
            )
            if came != wanted:
                names = {name.decode("latin-1") for name, _ in {*came} ^ {*wanted}}
                faults.append(f"{method} differs in {', '.join(sorted(names)) or 'their order'}")
    none_of(faults)


@point("sends the body as it is")
async def _(probe: Probe) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(4):
            yield bytes(range(256)) * 64

    body = bytes(range(256)) * 256
    faults = []
    async with serving(in_turn()) as server:
        for method, content in (("POST", body), ("DELETE", b"{}"), ("PUT", b""), ("POST", parts())):
            await probe.ask(server.url, method, content=content)
        for sent, one in zip((body, b"{}", b"", body), server.arrived, strict=True):
            if sent != one.body:
                faults.append(f"{len(sent)} bytes of {one.method!r} came as {len(one.body)}")
    none_of(faults)


@point("never makes two requests of one")
async def _(probe: Probe) -> None:
    inside = b"1\r\n\r\nDELETE /other HTTP/1.1\r\nHost: x\r\n\r\n"
    async with serving(in_turn()) as server:
        error = None
        try:
            await probe.ask(server.url, headers=((b"X-One", inside),))
        except Failed:
            raise
        except Exception as raised:
            error = raised
        times = await server.quiet()
    require(times <= 1, "a line break in a header's value was written as it is")
    require(error is None or is_mapped(error), f"it raised {named(error)}")


@point("follows no redirect")
async def _(probe: Probe) -> None:
    faults = []
    async with serving(in_turn()) as other:
        for status in (301, 302, 303, 307, 308):
            there = b"Location: " + other.url.encode()
            async with serving(in_turn(sends(whole(b"", there, status=b"%d Go" % status)))) as here:
                answer = await probe.ask(here.url, "POST", content=b"{}")
            if await other.quiet() or answer.status != status:
                faults.append(f"a {status} was followed")
                other.arrived.clear()
    none_of(faults)


@point("hands over an answer as it came")
async def _(probe: Probe) -> None:
    body = gzip.compress(b"answer" * 100)
    headers = ((b"Content-Encoding", b"gzip"), (b"X-Twice", b"1"), (b"X-Twice", b"2"))
    lines = [name + b": " + value for name, value in headers]
    async with serving(in_turn(sends(whole(body, *lines, status=b"422 No")))) as server:
        answer = await probe.ask(server.url)
    require(answer.status == 422, f"the status 422 became {answer.status}")
    require(answer.body == body, f"{len(body)} compressed bytes became {len(answer.body)}")
    came = [(name.lower(), value) for name, value in answer.headers]
    wanted = [(name.lower(), value) for name, value in headers]
    require([pair for pair in came if pair in wanted] == wanted, f"its headers became {came}")


# --- Time-outs -------------------------------------------------------------------------------


def require_timeout(error: Exception) -> None:
    """It must be a time-out after the request was written, or while it was."""
    require(is_timeout(error), f"it came out as {named(error)}")
    require(not says_unwritten(error), f"{named(error)} says that nothing was written")


@point("honours the connect time-out")
async def _(probe: Probe) -> None:
    async with unaccepted() as url:
        error = await probe.failure(url, timeouts=CONNECT)
    require(is_timeout(error), f"it came out as {named(error)}")


@point("honours the read time-out before an answer")
async def _(probe: Probe) -> None:
    require_timeout(await AFTER_ARRIVAL["silence"].failure(probe))


@point("honours the read time-out within a body")
async def _(probe: Probe) -> None:
    require_timeout(await AFTER_ARRIVAL["silence within a body"].failure(probe))


async def _endless() -> AsyncIterator[bytes]:
    for _ in range(1024):
        yield bytes(MEGABYTE // 16)


@point("honours the write time-out")
async def _(probe: Probe) -> None:
    async def deaf(connection: Connection) -> None:
        await connection.head()
        await asyncio.Event().wait()

    async with serving(deaf) as server:
        how = {"content": _endless(), "timeouts": {"write": SHORT}}
        require_timeout(await probe.failure(server.url, "POST", **how))


# --- Bounds ----------------------------------------------------------------------------------


@point("reads a body no faster than it is taken")
async def _(probe: Probe) -> None:
    async def endless(connection: Connection) -> None:
        if await connection.request() is not None:
            head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (64 * MEGABYTE)
            await connection.send_without_end(head, bytes(1024))
            await connection.gone()

    async with serving(endless) as server:
        async with probe.open(server.url) as response:
            taken = 0
            async for part in stream_of(response):
                taken += len(part)
                if taken >= MEGABYTE:
                    break
            [connection] = server.connections
            before = -1
            while before != connection.handed_over:  # what it reads ahead, it reads now
                before = connection.handed_over
                await asyncio.sleep(0.1)
            much = connection.handed_over / MEGABYTE
            require(much < 16, f"{much:.0f} MB were read for the one that was taken")
        await within(PATIENCE, "the connection was not closed", connection.ended.wait())


@point("bounds the head of an answer")
async def _(probe: Probe) -> None:
    async def endless(connection: Connection) -> None:
        if await connection.request() is not None:
            await connection.send_without_end(b"HTTP/1.1 200 OK\r\n", b"X-More: 1\r\n")
            connection.drop()

    async with serving(endless) as server:
        await probe.failure(server.url)
    much = server.connections[0].handed_over / MEGABYTE
    require(much < 16, f"{much:.0f} MB of headers were read")


# --- Each its own answer ---------------------------------------------------------------------


async def own_answer(probe: Probe, url: str, target: bytes) -> None:
    answer = await probe.ask(url, target=target)
    wanted = b"answer to " + target
    require(answer.body == wanted, f"{target!r} was given {answer.body!r}")


async def own_or_failure(probe: Probe, url: str, target: bytes) -> None:
    try:
        await own_answer(probe, url, target)
    except Exception as error:
        if not is_mapped(error):
            raise


@point("gives each of many requests its own answer")
async def _(probe: Probe) -> None:
    async def later(connection: Connection, arrival: Arrival) -> None:
        await asyncio.sleep(arrival.number % 5 * 0.01)
        await ok(connection, arrival)

    async with serving(in_turn(*[later] * 40)) as server:
        for _ in range(2):  # the second time on connections that are there
            await asyncio.gather(*[own_answer(probe, server.url, b"/%d" % n) for n in range(20)])
        times = await server.quiet()
    require(times == 40, f"40 requests arrived {times} times")


@point("hands a late answer to nobody")
async def _(probe: Probe) -> None:
    async def given_up(by_timeout: bool) -> None:
        begun, late = asyncio.Event(), asyncio.Event()

        async def answers_late(connection: Connection, arrival: Arrival) -> None:
            begun.set()
            await late.wait()
            await ok(connection, arrival)

        async with serving(in_turn(answers_late)) as server:
            if by_timeout:
                await probe.failure(server.url, target=b"/one", timeouts={"read": SHORT})
            else:
                await cancelled(probe.ask(server.url, target=b"/one"), begun)
            late.set()
            await server.quiet()
            await own_answer(probe, server.url, b"/two")

    await given_up(by_timeout=True)
    await given_up(by_timeout=False)


@point("hands an answer that came with another to nobody")
async def _(probe: Probe) -> None:
    async def twice(connection: Connection, arrival: Arrival) -> None:
        await connection.send(whole(b"answer to " + arrival.target) + whole(b"unasked"))

    async with serving(in_turn(twice)) as server:
        await own_answer(probe, server.url, b"/one")
        await own_or_failure(probe, server.url, b"/two")


@point("hands an answer that came after another to nobody")
async def _(probe: Probe) -> None:
    async def twice(connection: Connection, arrival: Arrival) -> None:
        await ok(connection, arrival)
        await asyncio.sleep(0.05)
        await connection.send(whole(b"unasked"))

    async with serving(in_turn(twice)) as server:
        await own_answer(probe, server.url, b"/one")
        await asyncio.sleep(0.1)
        await own_or_failure(probe, server.url, b"/two")


@point("leaves the rest of an unread body to nobody")
async def _(probe: Probe) -> None:
    # The rest looks like an answer: who takes up the connection where it was left reads it.
    body = whole(b"unasked")

    async def slow(connection: Connection, arrival: Arrival) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(body) + 1)
        await connection.send(head + b"x")
        await asyncio.sleep(0.05)
        await connection.send(body)

    async with serving(in_turn(slow)) as server:
        async with probe.open(server.url) as response:
            async for _ in stream_of(response):
                break
        await asyncio.sleep(0.1)
        await own_answer(probe, server.url, b"/two")


# --- Cancellation ----------------------------------------------------------------------------


def ends_cancelled(stage: str) -> Check:
    """Cancel a request at some stage: it must end, so must its connection, and no other."""

    async def check(probe: Probe) -> None:
        begun, over = asyncio.Event(), asyncio.Event()

        async def script(connection: Connection) -> None:
            if connection.number:
                return await in_turn()(connection)
            if await connection.head() is None:
                return None
            if stage == "within its answer":
                await connection.send(WHOLE[:-3])
            begun.set()
            await over.wait()  # unread until then, so that a long body can't be written
            return await connection.gone()

        content = _endless() if stage == "while it is written" else None
        async with serving(script) as server:
            await cancelled(probe.ask(server.url, "POST", content=content), begun)
            over.set()
            ended = server.connections[0].ended.wait()
            await within(PATIENCE, "its connection was not closed", ended)
            await own_answer(probe, server.url, b"/next")

    return check


for _stage in ("before its answer", "within its answer", "while it is written"):
    point(f"ends what is cancelled {_stage}")(ends_cancelled(_stage))


# --- Connections -----------------------------------------------------------------------------


@point("closes every connection with itself")
async def _(probe: Probe) -> None:
    async def together(connection: Connection, arrival: Arrival) -> None:
        await asyncio.sleep(0.05)
        await ok(connection, arrival)

    gc.collect()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always", ResourceWarning)
        async with serving(in_turn(*[together] * 3)) as server:
            await asyncio.gather(*[probe.ask(server.url) for _ in range(3)])
            await probe.aclose()
            for connection in server.connections:
                ended = connection.ended.wait()
                await within(PATIENCE, f"connection {connection.number} was not closed", ended)
        gc.collect()
    left = [str(one.message) for one in warned if issubclass(one.category, ResourceWarning)]
    none_of(left)


@point("uses no connection that the server has closed")
async def _(probe: Probe) -> None:
    async with serving(in_turn(cut(whole(b"")))) as server:
        await probe.ask(server.url)
        await asyncio.sleep(0.05)
        await own_answer(probe, server.url, b"/two")
        times = await server.quiet()
    require(times == 2, f"2 requests arrived {times} times")


@point("uses no connection that was to be closed")
async def _(probe: Probe) -> None:
    faults = []
    for name, last in (
        ("Connection: close", whole(b"", b"Connection: close")),
        ("HTTP/1.0", whole(b"").replace(b"HTTP/1.1", b"HTTP/1.0")),
    ):
        async with serving(in_turn(sends(last))) as server:
            for _ in range(2):
                await probe.ask(server.url)
        if server.arrived[0].connection == server.arrived[1].connection:
            faults.append(f"{name} was ignored")
    none_of(faults)


# --- Answers of every form -------------------------------------------------------------------


@point("skips what comes before the final answer")
async def _(probe: Probe) -> None:
    async def hints(connection: Connection, arrival: Arrival) -> None:
        await connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        await connection.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
        await ok(connection, arrival)

    async with serving(in_turn(hints)) as server:
        await own_answer(probe, server.url, b"/one")
        await own_answer(probe, server.url, b"/two")


@point("waits for no body where there is none")
async def _(probe: Probe) -> None:
    length = b"Content-Length: 10\r\n\r\n"
    cases = (
        ("HEAD", b"HTTP/1.1 200 OK\r\n" + length, 200),
        ("GET", b"HTTP/1.1 204 No Content\r\n\r\n", 204),
        ("GET", b"HTTP/1.1 304 Not Modified\r\n" + length, 304),
    )
    for method, head, status in cases:
        async with serving(in_turn(sends(head))) as server:
            answer = await probe.ask(server.url, method)
            require((answer.status, answer.body) == (status, b""), f"{status} became {answer}")
            await own_answer(probe, server.url, b"/two")


@point("reads a body to its end")
async def _(probe: Probe) -> None:
    chunks = b"2\r\nan\r\n4;name=value\r\nswer\r\n0\r\nX-Trailer: 1\r\n\r\n"
    forms = (
        ("chunks", sends(CHUNKED + chunks)),
        ("the connection's end", cut(b"HTTP/1.1 200 OK\r\n\r\nanswer")),
        ("a length", sends(WHOLE)),
    )
    faults = []
    for name, form in forms:
        async with serving(in_turn(form)) as server:
            body = (await probe.ask(server.url)).body
        if body != b"answer":
            faults.append(f"by {name} it read {body!r}")
    none_of(faults)
