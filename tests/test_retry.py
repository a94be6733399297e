"""What is sent again, when, and how often: by outcome and retry class, in virtual time."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from email.utils import formatdate
from typing import Any, NamedTuple

import httpx
import pytest
from recording import ANSWER, DEFAULTS, LEAST, LOCATION
from scripted import Answer, cut, reply, scripted
from virtual import Arrival, Script, VirtualTime, Wire, answer, client_on

from hoopai_invoices import CallOptions, InvoicesClient, LocationClient, errors
from hoopai_invoices._core.clock import SystemClock

pytestmark = pytest.mark.anyio

# An operation of each retry class.
CLASSES = {
    "read": "invoices.get",
    "replace": "invoices.update",
    "remove": "invoices.delete",
    "set_state": "invoices.void",
    "create": "invoices.create",
    "notify": "invoices.send",
    "pay": "invoices.record_payment",
}
TWICE_IS_ONCE = ("read", "replace", "remove")


class Expect(NamedTuple):
    """What a call comes to, when every attempt fails so; and whether a second one may succeed."""

    attempts: int
    kind: type[errors.HoopAIError] | None
    heals: bool


def again(kind: type[errors.HoopAIError]) -> Expect:
    return Expect(3, kind, True)


def at_once(kind: type[errors.HoopAIError] | None) -> Expect:
    return Expect(1, kind, False)


UNKNOWN = at_once(errors.OutcomeUnknown)


class Tried(NamedTuple):
    """What one call came to."""

    error: errors.HoopAIError | None
    attempts: int
    arrived: int
    gaps: list[float]
    tokens: list[str]


Rig = Callable[[str, bool], Awaitable[Tried]]


class Row(NamedTuple):
    """One way for an attempt to end.

    Attributes:
        rig: Makes the call of a class, with a fault that stays or one that passes.
        safe: What it comes to for GET, PUT and DELETE.
        write: What it comes to for POST and PATCH.
        arrives: Whether requests reach the other side at all.
        waits: Seconds between attempts, at least.
        special: Classes that differ from both.
    """

    name: str
    rig: Rig
    safe: Expect
    write: Expect
    arrives: bool = True
    waits: float = 0.0
    special: Mapping[str, Expect] = {}


async def outcome_of(client: InvoicesClient, retry: str) -> errors.HoopAIError | None:
    try:
        await LEAST[CLASSES[retry]](client)
    except errors.HoopAIError as error:
        return error
    return None


def in_memory(fault: Script, **settings: Any) -> Rig:
    """Over a wire in memory, in virtual time."""

    async def rig(retry: str, passes: bool) -> Tried:
        async def script(arrival: Arrival) -> httpx.Response:
            return answer() if passes and len(wire.arrivals) > 1 else await fault(arrival)

        token = settings.get("token", "fixed")
        given = {**settings, "token": token() if callable(token) else token}
        async with VirtualTime() as clock:
            wire = Wire(clock, script)
            async with client_on(wire, clock, **given) as client:
                error = await outcome_of(client, retry)
                attempts = client.stats().attempts
        tokens = [arrival.token for arrival in wire.arrivals]
        return Tried(error, attempts, len(wire.arrivals), wire.gaps, tokens)

    return rig


def status(code: int, message: str = "no", **headers: str) -> Script:
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    async def script(arrival: Arrival) -> httpx.Response:
        return answer(code, {"message": message, "statusCode": code}, named)

    return script


async def never(arrival: Arrival) -> httpx.Response:
    await asyncio.Event().wait()
    raise AssertionError


async def read_timeout(arrival: Arrival) -> httpx.Response:
    raise httpx.ReadTimeout("")


async def long_answer(arrival: Arrival) -> httpx.Response:
    return answer(200, b" " * 3000 + ANSWER)


async def no_json(arrival: Arrival) -> httpx.Response:
    return answer(200, b"<html>")


def new_tokens() -> Callable[[], str]:
    tokens = iter(range(1000))
    return lambda: f"token{next(tokens)}"


def same_token() -> Callable[[], str]:
    return lambda: "token"


# --- Over real sockets: what can go wrong with a connection ----------------------------------


class Hasty(SystemClock):
    """Full jitter that always draws its least."""

    def random(self) -> float:
        return 0.0


async def tried(client: InvoicesClient, retry: str, heads: list[str]) -> Tried:
    async with client:
        error = await outcome_of(client, retry)
        return Tried(error, client.stats().attempts, len(heads), [], [])


def hasty(url: str, **settings: Any) -> InvoicesClient:
    return InvoicesClient(
        token="pit-fixed",
        location_id=LOCATION,
        defaults=DEFAULTS,
        base_url=url,
        _clock=Hasty(),
        **settings,
    )


def on_a_socket(fault: Answer) -> Rig:
    """Over a connection that works until the request has arrived."""

    async def rig(retry: str, passes: bool) -> Tried:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            healed = passes and len(server.heads) > 1
            await (reply(200, ANSWER) if healed else fault)(reader, writer)

        async with scripted(serve) as server:
            return await tried(hasty(server.url), retry, server.heads)

    return rig


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.close()


def by_name(fault: Callable[..., object]) -> Rig:
    """The first look-up of the service's name, or each, goes wrong."""

    async def rig(retry: str, passes: bool) -> Tried:
        looked_up = 0

        def getaddrinfo(host: object, *rest: Any, **more: Any) -> Any:
            nonlocal looked_up
            looked_up += 1
            if not passes or looked_up == 1:
                return fault()
            return real("127.0.0.1", *rest, **more)

        real = socket.getaddrinfo
        async with scripted(reply(200, ANSWER)) as server:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(socket, "getaddrinfo", getaddrinfo)
                return await tried(
                    hasty(server.url.replace("127.0.0.1", "localhost")), retry, server.heads
                )

    return rig


def no_such_name() -> object:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def nobody_listens() -> object:
    # An address of this machine, at which the server doesn't listen.
    return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.2", 0))]


@asynccontextmanager
async def speaks_no_tls(text: bytes) -> AsyncIterator[str]:
    """A server that answers a handshake with something else, or never."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if text:
            await reader.read(100)
            writer.write(text)
        else:
            await reader.read()  # all that comes, until the client goes
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"https://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    finally:
        listening.close()


def in_the_handshake(text: bytes, **settings: Any) -> Rig:
    async def rig(retry: str, passes: bool) -> Tried:
        if passes:
            return Tried(None, 2, 1, [], [])  # it would need a certificate
        async with speaks_no_tls(text) as url:
            return await tried(hasty(url, **settings), retry, [])

    return rig


SCOPE = "The token is not authorized for this scope."
INACTIVE = "Location is not active"
REFUSED = at_once(errors.InternalServerError)
CONNECTION = again(errors.APIConnectionError)

ROWS = [
    # Never written: nothing was done.
    Row("refused connect", by_name(nobody_listens), CONNECTION, CONNECTION, arrives=False),
    Row("dns", by_name(no_such_name), CONNECTION, CONNECTION, arrives=False),
    Row("tls handshake", in_the_handshake(b"no\n"), CONNECTION, CONNECTION, arrives=False),
    # 429 and 401: nothing was done either.
    Row("429", in_memory(status(429)), again(errors.RateLimitError), again(errors.RateLimitError), waits=10),
    Row("429 daily", in_memory(status(429, x_ratelimit_daily_remaining="0")), at_once(errors.DailyQuotaExceeded), at_once(errors.DailyQuotaExceeded)),
    Row("401 fixed token", in_memory(status(401, "Invalid JWT")), at_once(errors.AuthenticationError), at_once(errors.AuthenticationError)),
    Row("401 same token", in_memory(status(401, "Invalid JWT"), token=same_token), at_once(errors.AuthenticationError), at_once(errors.AuthenticationError)),
    Row("401 new token", in_memory(status(401, "Invalid JWT"), token=new_tokens), Expect(2, errors.AuthenticationError, True), Expect(2, errors.AuthenticationError, True)),
    Row("401 scope", in_memory(status(401, SCOPE), token=new_tokens), at_once(errors.MissingScopeError), at_once(errors.MissingScopeError)),
    Row("401 timed out", in_memory(status(401, "Request timed out"), token=new_tokens), again(errors.APITimeoutError), UNKNOWN),
    *[
        Row(f"{code} inactive", in_memory(status(code, INACTIVE), token=new_tokens), at_once(errors.LocationInactiveError), at_once(errors.LocationInactiveError))
        for code in (400, 401, 403)
    ],
    # Written, and no whole answer.
    Row("deadline", in_memory(never), at_once(errors.APITimeoutError), UNKNOWN),
    Row("read time-out", in_memory(read_timeout), CONNECTION, UNKNOWN),
    Row("closed", on_a_socket(cut(b"")), CONNECTION, UNKNOWN),
    Row("reset", on_a_socket(reset), CONNECTION, UNKNOWN),
    Row("protocol error", on_a_socket(cut(b"nonsense\r\n\r\n")), CONNECTION, UNKNOWN),
    Row("truncated", on_a_socket(cut(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"_id\"")), CONNECTION, UNKNOWN),
    Row("capped", in_memory(long_answer, max_answer_bytes=2000), CONNECTION, UNKNOWN),
    # Whole, a success, and no JSON: the write was done. What a deletion answers is not read.
    Row("undecodable", in_memory(no_json), at_once(errors.DecodeError), at_once(errors.DecodeError), special={"remove": at_once(None)}),
    # An answer that says nothing about what was done.
    *[
        Row(str(code), in_memory(status(code)), again(errors.InternalServerError), UNKNOWN)
        for code in (500, 502, 503, 504, 520, 599)
    ],
    *[Row(str(code), in_memory(status(code)), again(errors.APIStatusError), UNKNOWN) for code in (408, 499)],
    # The caller's error, in the clothes of a failure.
    Row("501", in_memory(status(501)), REFUSED, REFUSED),
    Row("500 validation", in_memory(status(500, "invoices validation failed: name: Path `name` is required.")), REFUSED, REFUSED),
    Row("500 javascript", in_memory(status(500, "Cannot read properties of undefined (reading 'enable')")), REFUSED, REFUSED),
    # Redirects are not followed: of some it isn't known what was done before.
    *[Row(str(code), in_memory(status(code)), at_once(errors.APIStatusError), UNKNOWN) for code in (301, 303)],
    *[Row(str(code), in_memory(status(code)), at_once(errors.APIStatusError), at_once(errors.APIStatusError)) for code in (307, 308)],
    # Refused.
    *[
        Row(str(code), in_memory(status(code), token=new_tokens), at_once(kind), at_once(kind))
        for code, kind in {
            400: errors.BadRequestError,
            403: errors.PermissionDeniedError,
            404: errors.NotFoundError,
            409: errors.ConflictError,
            418: errors.APIStatusError,
            422: errors.UnprocessableEntityError,
        }.items()
    ],
]  # fmt: skip


@pytest.mark.parametrize("retry", CLASSES)
@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
async def test_what_is_sent_again(row: Row, retry: str) -> None:
    expected = row.special.get(retry, row.safe if retry in TWICE_IS_ONCE else row.write)

    stays = await row.rig(retry, False)
    assert type(stays.error) is (expected.kind or type(None)), stays.error
    assert stays.attempts == expected.attempts
    assert stays.arrived == (expected.attempts if row.arrives else 0)
    if isinstance(stays.error, errors.HoopAIError):
        assert stays.error.operation == CLASSES[retry]
        assert stays.error.attempts == expected.attempts
    if isinstance(stays.error, errors.APIConnectionError):
        assert stays.error.sent == row.arrives
    if isinstance(stays.error, errors.DecodeError):
        assert stays.error.committed == (retry != "read")
    for number, gap in enumerate(stays.gaps):
        # Full jitter: half a second at most, then a whole one.
        assert row.waits or 0 <= gap <= 0.5 * 2**number
        assert gap >= row.waits
    if row.name == "401 new token":
        assert stays.tokens == ["token0", "token1"], "refreshed once, replayed once"

    passes = await row.rig(retry, True)
    if expected.heals:
        assert passes.error is None
        assert passes.attempts == 2
        assert passes.arrived == (2 if row.arrives else 1)
    else:
        assert type(passes.error) is type(stays.error)
        assert passes.arrived == stays.arrived


@pytest.mark.parametrize("retry", CLASSES)
async def test_time_out_while_connecting_was_never_sent(retry: str) -> None:
    rig = in_the_handshake(b"", timeout=0.2)
    error, attempts, *_ = await rig(retry, False)
    assert isinstance(error, errors.APITimeoutError)
    assert not error.sent
    assert attempts == 1, "the deadline is the whole call's"


# --- How often, and how long between -------------------------------------------------------------


@asynccontextmanager
async def calling(
    script: Script, **settings: Any
) -> AsyncIterator[tuple[InvoicesClient, Wire, VirtualTime]]:
    async with VirtualTime() as clock:
        wire = Wire(clock, script)
        async with client_on(wire, clock, **settings) as client:
            yield client, wire, clock


async def get(client: LocationClient, **options: Any) -> object:
    return await client.invoices.get("i1", options=CallOptions(**options) if options else None)


def in_turn(*scripts: Script) -> Script:
    """Each answers once; the last one from then on."""
    rest = list(scripts)

    async def script(arrival: Arrival) -> httpx.Response:
        return await (rest.pop(0) if len(rest) > 1 else rest[0])(arrival)

    return script


async def good(arrival: Arrival) -> httpx.Response:
    return answer()


async def lost(arrival: Arrival) -> httpx.Response:
    raise httpx.ReadError("reset")


@pytest.mark.parametrize("most", [1, 2, 3, 7])
async def test_at_most_so_many_attempts(most: int) -> None:
    async with calling(status(503), max_attempts=most, timeout=300) as (client, wire, _):
        with pytest.raises(errors.InternalServerError):
            await get(client)
    assert len(wire.arrivals) == most
    async with calling(status(503), timeout=300) as (client, wire, _):
        with pytest.raises(errors.InternalServerError):
            await get(client, max_attempts=most)
    assert len(wire.arrivals) == most


async def test_full_jitter_that_grows_to_eight_seconds() -> None:
    waits: list[list[float]] = [[] for _ in range(7)]
    for seed in range(40):
        async with VirtualTime(seed=seed) as clock:
            wire = Wire(clock, status(503))
            async with client_on(wire, clock, max_attempts=8, timeout=300) as client:
                with pytest.raises(errors.InternalServerError):
                    await get(client)
        for kept, gap in zip(waits, wire.gaps, strict=True):
            kept.append(gap)
    for kept, most in zip(waits, [0.5, 1, 2, 4, 8, 8, 8], strict=True):
        assert max(kept) <= most
        assert max(kept) > 0.8 * most, "the whole range is used"
        assert min(kept) < 0.2 * most
        assert len(set(kept)) == 40


@pytest.mark.parametrize("first", [lost, status(503), status(504)])
async def test_a_deletion_that_was_done_before_is_a_success(first: Script) -> None:
    async with calling(in_turn(first, status(404))) as (client, wire, _):
        await client.invoices.delete("i1")
    assert len(wire.arrivals) == 2


@pytest.mark.parametrize("first", [None, status(429), status(401)])
async def test_a_deletion_of_what_never_was_is_an_error(first: Script | None) -> None:
    scripts = [status(404)] if first is None else [first, status(404)]
    async with calling(in_turn(*scripts), token=new_tokens()) as (client, wire, _):
        with pytest.raises(errors.NotFoundError):
            await client.invoices.delete("i1")
    assert len(wire.arrivals) == len(scripts)


async def test_a_404_after_a_lost_read_or_replacement_is_an_error() -> None:
    for use in (LEAST["invoices.get"], LEAST["invoices.update"]):
        async with calling(in_turn(lost, status(404))) as (client, _, _clock):
            with pytest.raises(errors.NotFoundError):
                await use(client)


# --- Retry-After ---------------------------------------------------------------------------------


def come_back(code: int, text: str) -> Script:
    return status(code, retry_after=text)


@pytest.mark.parametrize("code", [503, 500, 408])
async def test_retry_after_is_the_least_wait(code: int) -> None:
    async with calling(in_turn(come_back(code, "7"), good)) as (client, wire, _):
        await get(client)
    assert wire.gaps == [pytest.approx(7)]
    async with calling(in_turn(come_back(code, "0"), good)) as (client, wire, _):
        await get(client)
    assert 0 < wire.gaps[0] <= 0.5, "less than the jitter says is no reason to come sooner"


async def test_retry_after_may_be_a_date() -> None:
    async with VirtualTime() as clock:
        date = formatdate(clock.time() + 9, usegmt=True)
        wire = Wire(clock, in_turn(come_back(503, date), good))
        async with client_on(wire, clock) as client:
            await get(client)
        assert wire.gaps == [pytest.approx(9)]
        past = formatdate(clock.time() - 9000, usegmt=True)
        wire = Wire(clock, in_turn(come_back(503, past), good))
        async with client_on(wire, clock) as client:
            await get(client)
        assert 0 < wire.gaps[0] <= 0.5


async def test_retry_after_of_a_429_is_waited_for() -> None:
    async with calling(in_turn(come_back(429, "17"), good)) as (client, wire, _):
        await LEAST["invoices.create"](client)
    assert wire.gaps == [pytest.approx(17)]


@pytest.mark.parametrize("code", [503, 429])
async def test_who_asks_for_more_than_a_minute_is_not_waited_for(code: int) -> None:
    async with calling(come_back(code, "61"), timeout=1000) as (client, wire, clock):
        with pytest.raises(errors.APIStatusError) as caught:
            await get(client)
        assert clock.now < 1
    assert len(wire.arrivals) == 1
    assert "61 s" in (caught.value.hint or "")
    assert "60 s" in (caught.value.hint or "")
    async with calling(in_turn(come_back(code, "60"), good), timeout=1000) as (client, wire, _):
        await get(client)
    assert wire.gaps == [pytest.approx(60)]


@pytest.mark.parametrize("code", [503, 429])
async def test_who_asks_for_more_than_the_deadline_is_not_waited_for(code: int) -> None:
    async with calling(come_back(code, "20"), timeout=15) as (client, wire, clock):
        with pytest.raises(errors.APIStatusError) as caught:
            await get(client)
        assert clock.now < 1, "raised at once, not when time is up"
    assert len(wire.arrivals) == 1
    assert "deadline" in (caught.value.hint or "")


@pytest.mark.parametrize(
    "text", ["soon", "-5", "1e3", "7.5", "NaN", "", "\u0663", "Mon, 99 Feb 2026", "7, 7", "0x10"]
)
async def test_a_retry_after_that_says_nothing_is_ignored(text: str) -> None:
    async def fault(arrival: Arrival) -> httpx.Response:
        response = answer(503, {})
        response.headers = httpx.Headers([(b"retry-after", text.encode())])
        return response

    async with calling(in_turn(fault, good)) as (client, wire, _):
        await get(client)
    assert 0 < wire.gaps[0] <= 0.5


async def test_an_endless_retry_after_is_no_overflow() -> None:
    for text in ("9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT"):
        async with calling(come_back(503, text)) as (client, wire, _):
            with pytest.raises(errors.InternalServerError, match="not tried again"):
                await get(client)
        assert len(wire.arrivals) == 1


# --- The deadline, and the wait before it ----------------------------------------------------


def slowly(clock: VirtualTime, seconds: float, then: Script) -> Script:
    async def script(arrival: Arrival) -> httpx.Response:
        await clock.sleep(seconds)
        return await then(arrival)

    return script


async def test_the_deadline_spans_all_attempts() -> None:
    async with calling(never, timeout=20, max_attempts=9) as (client, wire, clock):
        wire.script = slowly(clock, 8, status(503))
        with pytest.raises(errors.APITimeoutError) as caught:
            await get(client)
        assert clock.now == pytest.approx(20)
    assert len(wire.arrivals) == 3
    assert caught.value.attempts == 3
    assert caught.value.sent


async def test_the_deadline_of_a_write_that_is_under_way() -> None:
    refused_first = in_turn(status(429), never)
    async with calling(refused_first, timeout=20) as (client, wire, clock):
        with pytest.raises(errors.OutcomeUnknown) as caught:
            await LEAST["invoices.create"](client)
        assert clock.now == pytest.approx(20)
        assert caught.value.sent_at == pytest.approx(clock.time() - 10)
    assert len(wire.arrivals) == 2


async def test_the_deadline_begins_with_the_first_slot() -> None:
    async with calling(never, max_connections=1, timeout=10) as (client, wire, clock):
        wire.script = slowly(clock, 9, good)
        await asyncio.gather(*(get(client) for _ in range(5)))
    assert [arrival.at for arrival in wire.arrivals] == [0, 9, 18, 27, 36]


async def test_the_queue_has_a_limit_of_its_own() -> None:
    async with calling(never, max_connections=1, timeout=100) as (client, wire, clock):
        wire.script = slowly(clock, 30, good)
        first = asyncio.create_task(get(client))
        await asyncio.sleep(0)
        with pytest.raises(errors.QueueTimeoutError) as caught:
            await get(client, queue_timeout=5)
        assert clock.now == pytest.approx(5)
        assert len(wire.arrivals) == 1, "nothing was sent"
        assert caught.value.attempts == 0
        assert client.stats().waiting == 0
        await first
        assert clock.now == pytest.approx(30)
        await get(client, queue_timeout=5)
        assert clock.now == pytest.approx(60), "it bounds the queue alone"
    assert len(wire.arrivals) == 2


# --- The budget ----------------------------------------------------------------------------------


async def test_an_outage_is_not_made_worse() -> None:
    """Ten minutes of 503 while ten tasks call all the time; then peace."""
    down = 600.0
    calls = 0

    async def script(arrival: Arrival) -> httpx.Response:
        await clock.sleep(1)
        return await (status(503) if clock.now <= down else good)(arrival)

    async def task(client: InvoicesClient) -> None:
        nonlocal calls
        while clock.now < down - 1:
            calls += 1
            with pytest.raises(errors.InternalServerError):
                await get(client)

    async with calling(script, rate_limit=None) as (client, wire, clock):
        await asyncio.gather(*(task(client) for _ in range(10)))
        sent = len(wire.arrivals)
        print(f"{calls} calls, {sent} requests: {sent / calls:.4f} a call")
        assert calls > 5000
        assert calls < sent <= 1.10 * calls
        assert client.stats().retries_left == 0

        await clock.sleep(1)
        for _ in range(250):
            await get(client)
        assert client.stats().retries_left == 20, "it fills again"
        wire.script = status(503)
        before = len(wire.arrivals)
        with pytest.raises(errors.InternalServerError):
            await get(client)
        assert len(wire.arrivals) - before == 3


async def test_a_spent_budget_says_so() -> None:
    async with calling(status(503), rate_limit=None) as (client, wire, _):
        for _ in range(10):
            with pytest.raises(errors.InternalServerError):
                await get(client)
        assert len(wire.arrivals) == 30, "each of a few calls that fail has its three attempts"
        with pytest.raises(errors.InternalServerError, match="failed lately"):
            await get(client)
        assert len(wire.arrivals) == 31
        # What is refused by the limits isn't an outage: it costs none.
        wire.script = in_turn(status(429), good)
        await get(client)
    assert len(wire.arrivals) == 33


async def test_a_deletion_by_hand_that_was_done_before_is_a_success() -> None:
    async with calling(in_turn(lost, status(404))) as (client, wire, _):
        assert await client.raw("DELETE", "/things/1") is None
    assert len(wire.arrivals) == 2
    async with calling(no_json) as (client, wire, _):
        with pytest.raises(errors.DecodeError) as caught:
            await client.raw("POST", "/things")
    assert caught.value.committed
    assert caught.value.attempts == 1


@pytest.mark.parametrize("most", [1, 2])
async def test_another_token_is_no_attempt_of_those_that_are_counted(most: int) -> None:
    refused = in_turn(status(401, "Invalid JWT"), good)
    async with calling(refused, token=new_tokens(), max_attempts=most) as (client, wire, _):
        await get(client)
    assert len(wire.arrivals) == 2
    worse = in_turn(status(401, "Invalid JWT"), *[status(503)] * 5)
    async with calling(worse, token=new_tokens(), max_attempts=most) as (client, wire, _):
        with pytest.raises(errors.InternalServerError):
            await get(client)
    assert len(wire.arrivals) == 1 + most


async def test_a_refusal_whose_time_runs_out_in_the_queue_stays_a_refusal() -> None:
    async def script(arrival: Arrival) -> httpx.Response:
        # Others keep the window full for longer than the deadline.
        return answer(429, {}, {"retry-after": "1", "x-ratelimit-remaining": "0"})

    async with calling(script, timeout=5) as (client, wire, clock):
        with pytest.raises(errors.RateLimitError) as caught:
            await LEAST["invoices.create"](client)
        assert clock.now <= 5
        assert "not tried again" in str(caught.value)
    assert len(wire.arrivals) == 1


@pytest.mark.parametrize("retry", ["create", "notify", "pay", "replace", "remove", "read"])
@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("Cannot read properties of undefined (reading 'amount')", True),
        ("validation failed: items.0.type: Path `type` is required.", False),
    ],
)
async def test_a_500_says_whether_something_may_be_stored(retry: str, text: str, may: bool) -> None:
    """It is the request that is wrong; only what must not be done twice has to be looked for."""
    tried = await in_memory(status(500, text))(retry, False)
    assert isinstance(tried.error, errors.InternalServerError)
    assert tried.error.may_have_stored is (may and retry in ("create", "notify", "pay"))
