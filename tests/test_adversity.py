"""What goes wrong besides the wire: hooks, filters, closing, cancelling, tokens that run out."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from opentelemetry import trace as otel
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from recording import LEAST, LOCATION
from scripted import reply, scripted, silence
from virtual import Arrival, Script, VirtualTime, Wire, answer, client_on

from hoopai_invoices import CallOptions, InvoicesClient, RateLimit, errors
from hoopai_invoices._core.spans import Spans
from hoopai_invoices._generated.catalogue import OPERATIONS
from hoopai_invoices._protocol import Call, Sent, WriteOutcome
from hoopai_invoices.models import Invoice, LocationBody

pytestmark = pytest.mark.anyio

CRASH = "Cannot read properties of undefined (reading 'email')"


async def create(client: InvoicesClient) -> object:
    return await LEAST["invoices.create"](client)


async def delete(client: InvoicesClient) -> object:
    return await LEAST["invoices.delete"](client)


def status(code: int, message: str = "no", **headers: str) -> Script:
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    async def script(arrival: Arrival) -> httpx.Response:
        return answer(code, {"message": message, "statusCode": code}, named)

    return script


async def reset(arrival: Arrival) -> httpx.Response:
    raise httpx.ReadError("reset")


async def good(arrival: Arrival) -> httpx.Response:
    return answer()


def in_turn(*scripts: Script) -> Script:
    rest = list(scripts)

    async def script(arrival: Arrival) -> httpx.Response:
        return await (rest.pop(0) if len(rest) > 1 else rest[0])(arrival)

    return script


@asynccontextmanager
async def calling(
    script: Script, **settings: Any
) -> AsyncIterator[tuple[InvoicesClient, Wire, VirtualTime]]:
    async with VirtualTime() as clock:
        wire = Wire(clock, script)
        async with client_on(wire, clock, **settings) as client:
            yield client, wire, clock


# --- A write whose fate is unknown is never forgotten ------------------------------------------


async def test_a_slow_hook_that_is_cancelled_hides_no_unknown_write() -> None:
    told: list[errors.OutcomeUnknown] = []
    reached = asyncio.Event()

    async def slow(attempt: object) -> None:
        reached.set()
        await asyncio.sleep(0.05)

    async with calling(status(502), on_attempt=slow, on_outcome_unknown=told.append) as (
        client,
        wire,
        _,
    ):
        call = asyncio.create_task(create(client))
        await reached.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert [error.status for error in told] == [502]
        assert client.stats().unknown == 1
    assert len(wire.arrivals) == 1


@pytest.mark.parametrize("hook", ["on_attempt", "on_outcome_unknown"])
async def test_a_hook_that_is_itself_cancelled_ends_no_call(hook: str) -> None:
    async def dies(about: object) -> None:
        asyncio.current_task().cancel()  # type: ignore[union-attr]
        await asyncio.sleep(0)

    hooks: dict[str, Any] = {hook: dies}
    async with calling(status(502), **hooks) as (client, _, _):
        with pytest.raises(errors.OutcomeUnknown):
            await create(client)
        assert client.stats().unknown == 1
    async with calling(good, **hooks) as (client, _, _):
        await create(client)


async def test_a_hook_goes_on_when_its_call_is_cancelled() -> None:
    begun, go, kept = asyncio.Event(), asyncio.Event(), []

    async def keep(error: errors.OutcomeUnknown) -> None:
        begun.set()
        await go.wait()
        kept.append(error)

    async with calling(status(502), on_outcome_unknown=keep) as (client, _, _):
        call = asyncio.create_task(create(client))
        await begun.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        go.set()
        for _ in range(3):
            await asyncio.sleep(0)
    assert len(kept) == 1


async def test_a_filter_that_fails_costs_its_line_alone() -> None:
    class Broken(logging.Filter):
        def filter(self, record: logging.LogRecord) -> bool:
            raise KeyError(record.msg)

    log, broken = logging.getLogger("hoopai_invoices"), Broken()
    log.addFilter(broken)
    try:
        async with calling(status(502)) as (client, _, _):
            with pytest.raises(errors.OutcomeUnknown):
                await create(client)
            assert client.stats().unknown == 1
    finally:
        log.removeFilter(broken)


async def test_a_tracer_that_fails_costs_its_span_alone() -> None:
    class Broken(SpanProcessor):
        def on_start(self, span: Any, parent_context: Any = None) -> None:
            raise KeyError("start")

        def on_end(self, span: Any) -> None:
            raise KeyError("end")

    class BrokenAtTheEnd(Broken):
        def on_start(self, span: Any, parent_context: Any = None) -> None:
            pass

    for processor in (Broken(), BrokenAtTheEnd()):
        provider = TracerProvider()
        provider.add_span_processor(processor)
        async with calling(in_turn(good, status(502))) as (client, wire, _):
            client._pipeline._spans = Spans(provider.get_tracer("t"), "host")
            await create(client)
            with pytest.raises(errors.OutcomeUnknown):
                await create(client)
        assert len(wire.arrivals) == 2
    assert not otel.get_current_span().is_recording()


# --- "Never sent" is said of nothing that was ----------------------------------------------------


class Refusing(Wire):
    """The first request arrives and is lost; from then on nobody listens."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.arrivals:
            await request.extensions["trace"]("connection.connect_tcp.started", {})
            raise httpx.ConnectError("refused")
        return await super().handle_async_request(request)


@pytest.mark.parametrize("operation", ["invoices.update", "invoices.delete", "invoices.get"])
async def test_a_lost_attempt_before_is_not_forgotten(operation: str) -> None:
    async with VirtualTime() as clock:
        wire = Refusing(clock, reset)
        async with client_on(wire, clock) as client:
            with pytest.raises(errors.APIConnectionError) as caught:
                await LEAST[operation](client)
    assert caught.value.attempts == 3
    if operation != "invoices.get":
        assert caught.value.sent
        assert "never sent" not in str(caught.value)
        assert "an earlier attempt may have taken effect" in str(caught.value)


async def test_a_deletion_lost_before_the_client_was_closed_says_so() -> None:
    async with calling(in_turn(reset, good)) as (client, wire, _):
        call = asyncio.create_task(delete(client))
        while not wire.arrivals:
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        await client.aclose()
        with pytest.raises(errors.APIConnectionError, match="may have taken effect") as caught:
            await call
        assert caught.value.sent


async def test_a_404_in_a_gateway_s_words_proves_no_deletion() -> None:
    async def page(arrival: Arrival) -> httpx.Response:
        return answer(404, "<html>not found</html>")

    async with calling(in_turn(status(502), page)) as (client, _, _):
        with pytest.raises(errors.NotFoundError, match="may have taken effect"):
            await LEAST["invoices.delete"](client)
    async with calling(in_turn(status(502), status(404, "Invoice not found"))) as (client, _, _):
        await LEAST["invoices.delete"](client)


async def test_waiting_for_a_pool_is_known_to_be_never_sent() -> None:
    pool = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=1))
    async with scripted(silence()) as server:
        async with InvoicesClient(
            token="pit-in-a-queue", base_url=server.url, transport=pool, timeout=2
        ) as client:
            first = asyncio.create_task(client.raw("POST", "/one"))
            while not server.heads:
                await asyncio.sleep(0.001)
            with pytest.raises(errors.APITimeoutError, match="never sent"):
                await client.raw("POST", "/two", options=CallOptions(timeout=0.1))
            with pytest.raises(errors.OutcomeUnknown):
                await first


@pytest.mark.parametrize("value", ["hello ", " hello", "\thello"])
async def test_what_could_not_be_written_is_refused(value: str) -> None:
    async with calling(good) as (client, wire, _):
        with pytest.raises(errors.InvalidRequestError):
            await client.raw("POST", "/x", options=CallOptions(headers={"x-a": value}))
        with pytest.raises(errors.InvalidRequestError, match="own"):
            await client.raw("POST", "/x", options=CallOptions(headers={"Accept-Encoding": "br"}))
    assert not wire.arrivals
    with pytest.raises(errors.ConfigurationError):
        InvoicesClient(token="t", api_version=f"{value}")


def test_an_address_that_is_none_is_refused_before_it_is_used() -> None:
    with pytest.raises(errors.ConfigurationError, match="base_url"):
        InvoicesClient(token="t", base_url="https://xn--a")


# --- Closing -------------------------------------------------------------------------------------


async def test_nothing_leaves_after_closing() -> None:
    arrived = 0

    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal arrived
        arrived += 1
        await reply(200, "{}")(reader, writer)

    for steps in range(12):
        async with scripted(count) as server:
            client = InvoicesClient(token="pit-closing-now", base_url=server.url)
            calls = [asyncio.create_task(client.raw("POST", "/x")) for _ in range(20)]
            for _ in range(steps):
                await asyncio.sleep(0)
            await client.aclose()
            before = arrived
            ends = await asyncio.gather(*calls, return_exceptions=True)
            # What hadn't left is known; what had, isn't.
            assert {type(end) for end in ends} <= {errors.ClientClosedError, errors.OutcomeUnknown}
            unknown = sum(isinstance(end, errors.OutcomeUnknown) for end in ends)
            await asyncio.sleep(0.01)
            assert arrived - before <= unknown
            assert client.stats().connections == 0
            assert client.stats().in_flight == 0
            gc.collect()  # a socket left open would warn
        arrived = 0


async def test_closing_twice_closes_all_though_the_first_is_cancelled() -> None:
    async with scripted(reply(200, "{}")) as server:
        client = InvoicesClient(token="pit-closing-twice", base_url=server.url)
        await asyncio.gather(*(client.raw("POST", "/x") for _ in range(8)))
        assert client.stats().connections
        closing = asyncio.create_task(client.aclose())
        await asyncio.sleep(0)
        closing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await closing
        await client.aclose()
        assert client.stats().connections == 0
        gc.collect()


async def test_closing_in_another_loop_says_so() -> None:
    async with scripted(reply(200, "{}")) as server:
        client = InvoicesClient(token="pit-another-loop", base_url=server.url)
        await client.raw("POST", "/x")
        with pytest.raises(errors.WrongEventLoop):
            await asyncio.to_thread(asyncio.run, client.aclose())
        await client.aclose()


async def test_a_read_under_way_is_not_asked_again_after_closing() -> None:
    async def script(arrival: Arrival) -> httpx.Response:
        await clock.sleep(1)
        return await reset(arrival)

    async with calling(script) as (client, wire, clock):
        call = asyncio.create_task(client.invoices.get("i1"))
        await clock.sleep(0.5)
        await client.aclose()
        with pytest.raises(errors.APIConnectionError, match="the client was closed"):
            await call
        assert clock.now == 1
    assert len(wire.arrivals) == 1


# --- Tokens that run out, queues, gates --------------------------------------------------------


async def test_a_token_that_grew_old_in_the_queue_is_asked_for_again() -> None:
    def token() -> str:
        return f"t{int(clock.now // 3) * 3}"

    async def service(arrival: Arrival) -> httpx.Response:
        born = int(arrival.token.removeprefix("t"))
        return answer() if clock.now - born < 8 else await status(401, "Invalid JWT")(arrival)

    limit = RateLimit(burst=1, seconds=10)
    async with calling(service, token=token, rate_limit=limit) as (client, wire, clock):
        await asyncio.gather(*(client.invoices.get(f"i{n}") for n in range(5)))
    assert len(wire.arrivals) == 5, "no attempt was wasted"


async def test_who_tries_again_goes_before_those_who_wait() -> None:
    limit = RateLimit(burst=10, seconds=1)
    async with calling(in_turn(status(503), good), rate_limit=limit, timeout=4) as (
        client,
        wire,
        _,
    ):
        await asyncio.gather(*(client.invoices.get(f"i{n}") for n in range(100)))
    assert len(wire.arrivals) == 101


async def test_a_gate_is_never_shut_for_longer_than_is_waited_for() -> None:
    hour = status(429, retry_after="3600")
    async with calling(in_turn(hour, good), timeout=300) as (client, _, clock):
        with pytest.raises(errors.RateLimitError, match="3600 s"):
            await client.invoices.get("i1")
        await client.invoices.get("i2")
        assert clock.now <= 60


async def test_a_429_that_asks_for_no_pause_is_no_invitation() -> None:
    async with calling(status(429, retry_after="0"), max_attempts=3) as (client, wire, clock):
        ends = await asyncio.gather(
            *(client.invoices.get(f"i{n}") for n in range(30)), return_exceptions=True
        )
        assert all(isinstance(end, errors.RateLimitError) for end in ends)
        assert len(wire.arrivals) <= 30 + 20, "beyond the calls no more than the budget"
        assert clock.now >= 1


async def test_cancelled_waiters_leave_the_queue_at_once() -> None:
    async with calling(good, rate_limit=RateLimit(burst=1, seconds=50)) as (client, wire, _):
        await client.invoices.get("i0")
        calls = [asyncio.create_task(client.invoices.get(f"i{n}")) for n in range(2000)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert client.stats().waiting == 2000
        for call in reversed(calls):
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        assert client.stats().waiting == 0
        queues = client._pipeline.shared.limiter._lanes[LOCATION].waiting
        assert [len(queue) for queue in queues] == [0, 0]
    assert len(wire.arrivals) == 1


# --- The journal ---------------------------------------------------------------------------------


class Journal:
    def __init__(self) -> None:
        self.outcomes: list[tuple[WriteOutcome, int | None]] = []

    async def sending(self, write: Sent) -> None:
        pass

    async def outcome(self, write: Sent, outcome: WriteOutcome, status: int | None) -> None:
        self.outcomes.append((outcome, status))


@pytest.mark.parametrize(
    ("operation", "message", "outcome"),
    [
        ("invoices.send", CRASH, "unknown"),
        ("invoices.send", "Path `type` is required.", "refused"),
        ("invoices.void", CRASH, "refused"),
        ("invoices.void", "invoices validation failed: total: no", "refused"),
    ],
)
async def test_a_crash_after_storing_is_no_refusal_to_the_journal(
    operation: str, message: str, outcome: WriteOutcome
) -> None:
    journal = Journal()
    call = Call(OPERATIONS[operation], ids=("i1",), body=LocationBody(), journal=journal)
    async with calling(status(500, message)) as (client, wire, _):
        with pytest.raises(errors.InternalServerError):
            await client._executor.send(call, Invoice)
    assert journal.outcomes == [(outcome, 500)]
    assert len(wire.arrivals) == 1


# --- Captures ------------------------------------------------------------------------------------


async def test_a_capture_holds_its_own_client_s_calls_until_it_ends() -> None:
    async with calling(good) as (client, _, _), calling(good) as (other, _, _):
        with client.capture() as captured:
            await other.invoices.get("i1")
            await client.invoices.get("i2")
            go = asyncio.Event()

            async def later() -> None:
                await go.wait()
                await client.invoices.get("i3")

            task = asyncio.create_task(later())
            await asyncio.sleep(0)
        go.set()
        await task
    assert [call.attempts[0].status for call in captured.calls] == [200]


async def test_a_capture_may_end_in_another_task() -> None:
    async with calling(good) as (client, _, _):
        block = client.capture()
        captured = await asyncio.create_task(entered(block.__enter__))
        block.__exit__(None, None, None)
        assert captured.calls == []


async def entered(enter: Callable[[], Any]) -> Any:
    return enter()
