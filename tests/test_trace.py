"""What can be seen of calls from outside: log lines, hooks, counts, captures and spans."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from opentelemetry import trace as otel
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from scripted import scripted, silence

from hoopai_invoices import Attempt, InvoicesClient, RateLimit, errors
from hoopai_invoices.sandbox import Sandbox

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TOKEN = "pit-trace-0b7d5e31"
LOCATION = "ve9EPM428h8vShlRW1KT"


@asynccontextmanager
async def boxed(**settings: Any) -> AsyncIterator[tuple[Sandbox, InvoicesClient, list[Attempt]]]:
    """A sandbox in virtual time, a client of it, and the attempts that its hook is told."""
    told: list[Attempt] = []
    async with Sandbox(now=NOW, seed=5) as box:
        async with box.client(**{"on_attempt": told.append, **settings}) as client:
            yield box, client, told


# --- Log lines -----------------------------------------------------------------------------------


async def test_there_is_a_line_for_each_attempt(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="hoopai_invoices")
    async with boxed() as (box, client, _):
        box.faults.fail("invoices.list", 503, message="busy")
        box.faults.drop("invoices.list")
        await client.invoices.list().first_page()
        with pytest.raises(errors.NotFoundError):
            await client.invoices.get("65f0c0ffee")
    lines = [record for record in caplog.records if record.name == "hoopai_invoices"]
    texts = [record.getMessage() for record in lines]
    assert [record.levelname for record in lines] == ["INFO", "INFO", "DEBUG", "INFO"]
    assert texts[0].startswith("invoices.list 503 ")
    assert " attempt 1 " in texts[0]
    assert ", again in 0." in texts[0]
    assert " attempt 2 " in texts[1]
    assert "no whole answer" in texts[1]
    assert texts[2].startswith("invoices.list 200 ")
    assert " attempt 3 quota 9" in texts[2]
    assert "again" not in texts[2]
    assert texts[3].startswith("invoices.get 404 ")
    assert " trace -" not in texts[3], "the service's trace id is there"


async def test_successes_are_told_at_debug_alone(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="hoopai_invoices")
    async with boxed() as (_, client, _told):
        await client.invoices.list().first_page()
    assert not [record for record in caplog.records if record.name == "hoopai_invoices"]


async def test_an_unknown_outcome_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    async with boxed() as (box, client, _):
        box.faults.lose_answer("invoices.void")
        invoice = box.add_invoice()
        with pytest.raises(errors.OutcomeUnknown):
            await client.invoices.void(invoice.id)
    lines = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [record.getMessage() for record in lines] == ["invoices.void: its outcome is unknown"]


# --- Attempts ------------------------------------------------------------------------------------


async def test_attempts_tell_numbers_pauses_and_waits() -> None:
    async with boxed() as (box, client, told):
        box.faults.fail("invoices.list", 503, times=1)
        box.faults.throttle("invoices.list", retry_after=12)  # longer than the window
        began = box.clock.now()
        await client.invoices.list().first_page()
        seconds = (box.clock.now() - began).total_seconds()
    assert [one.number for one in told] == [1, 2, 3]
    assert [one.status for one in told] == [503, 429, 200]
    assert [one.operation for one in told] == ["invoices.list"] * 3
    assert {one.location_id for one in told} == {box.location_id}
    first, second, third = told
    assert first.waited == pytest.approx(0, abs=0.01)
    assert first.pause is not None
    assert 0 <= first.pause <= 0.5
    assert second.waited == pytest.approx(first.pause, abs=0.01)
    assert second.pause == 12
    assert third.waited == pytest.approx(12, abs=0.02)
    assert third.pause is None
    assert first.error is not None
    assert second.error is not None
    assert third.error is None
    assert third.quota_left is not None
    assert 90 < third.quota_left < 100
    assert seconds == pytest.approx(first.pause + 12, abs=0.05)


async def test_an_attempt_tells_how_long_it_waited_for_the_limits() -> None:
    limit = RateLimit(burst=2, seconds=10)
    async with boxed(rate_limit=limit) as (_, client, told):
        for _ in range(3):
            await client.invoices.list().first_page()
    assert [one.waited for one in told] == [
        pytest.approx(0, abs=0.01),
        pytest.approx(0, abs=0.01),
        pytest.approx(10, abs=0.1),
    ]


async def test_an_attempt_tells_how_long_it_took() -> None:
    async def slow(request: httpx.Request) -> httpx.Response:
        await box.clock.sleep(3)
        return httpx.Response(200, content=b"{}")

    async with boxed(transport=httpx.MockTransport(slow)) as (box, client, told):
        await client.raw("GET", "/users/")
    assert told[0].seconds == pytest.approx(3, abs=0.01)
    assert told[0].quota_left is None


async def test_a_new_token_is_another_attempt_at_once() -> None:
    async with Sandbox(now=NOW, seed=5) as box:
        told: list[Attempt] = []
        tokens = iter(["pit-one-that-expired", box.token])
        client = box.client(token=lambda: next(tokens), on_attempt=told.append)
        await client.invoices.list().first_page()
    assert [(one.number, one.status, one.pause) for one in told] == [(1, 401, 0), (2, 200, None)]


async def test_an_absurd_quota_is_no_quota() -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(
            200, content=b"{}", headers=[(b"x-ratelimit-remaining", next(values))]
        )

    values = iter([b"-1", b"1.5", b"", "²".encode("latin-1"), b"12"])
    async with boxed(transport=httpx.MockTransport(answer), rate_limit=None) as (_, client, told):
        for _ in range(5):
            await client.raw("GET", "/users/")
    assert [one.quota_left for one in told] == [None, None, None, None, 12]


# --- Hooks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["plain", "async", "object"])
async def test_a_hook_may_be_anything_that_can_be_called(kind: str) -> None:
    told: list[Attempt] = []

    async def hook(attempt: Attempt) -> None:
        await asyncio.sleep(0)
        told.append(attempt)

    class Hook:
        def __call__(self, attempt: Attempt) -> None:
            told.append(attempt)

    hooks = {"plain": told.append, "async": hook, "object": Hook()}
    async with boxed(on_attempt=hooks[kind]) as (_, client, _told):
        await client.invoices.list().first_page()
    assert [one.number for one in told] == [1]


@pytest.mark.parametrize("awaited", [False, True])
@pytest.mark.parametrize("error", [RuntimeError, TimeoutError, errors.HoopAIError])
async def test_a_hook_that_fails_fails_no_call(
    awaited: bool, error: type[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    def fail(attempt: Attempt) -> None:
        raise error("the hook's own")

    async def fail_later(attempt: Attempt) -> None:
        await asyncio.sleep(0)
        raise error("the hook's own")

    async with boxed(on_attempt=fail_later if awaited else fail) as (box, client, _):
        box.faults.fail("invoices.list", 503)
        await client.invoices.list().first_page()
        box.faults.lose_answer("invoices.void")
        with pytest.raises(errors.OutcomeUnknown):
            await client.invoices.void(box.add_invoice().id)
    failed = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [record.getMessage() for record in failed] == ["on_attempt failed"] * 3


async def test_a_slow_hook_makes_no_error_of_a_success() -> None:
    ended: list[int] = []

    async def slow(attempt: Attempt) -> None:
        await box.clock.sleep(100)
        ended.append(attempt.number)

    async with boxed(on_attempt=slow, timeout=5) as (box, client, _):
        invoice = await client.invoices.void(box.add_invoice(status="sent").id)
        assert invoice.status == "void"
    assert ended == [1]
    assert client.stats().failed == 0


async def test_a_slow_hook_between_attempts_costs_time() -> None:
    async def slow(attempt: Attempt) -> None:
        await box.clock.sleep(100)

    async with boxed(on_attempt=slow, timeout=5) as (box, client, _):
        box.faults.fail("invoices.list", 503)
        with pytest.raises(errors.InternalServerError, match="deadline came before"):
            await client.invoices.list().first_page()


async def test_an_unknown_outcome_is_told_once() -> None:
    told: list[errors.OutcomeUnknown] = []
    async with boxed(on_outcome_unknown=told.append) as (box, client, attempts):
        box.faults.lose_answer("invoices.void")
        with pytest.raises(errors.OutcomeUnknown) as caught:
            await client.invoices.void(box.add_invoice().id)
        assert told == [caught.value]
        assert client.stats().unknown == 1
    assert attempts[0].error is not None


async def test_a_cancelled_write_is_told_too() -> None:
    told: list[errors.OutcomeUnknown] = []
    attempts: list[Attempt] = []
    async with scripted(silence()) as server:
        async with InvoicesClient(
            token=TOKEN,
            location_id=LOCATION,
            base_url=server.url,
            on_outcome_unknown=told.append,
            on_attempt=attempts.append,
        ) as client:
            call = asyncio.create_task(client.raw("POST", "/users/", json={"a": 1}))
            async with asyncio.timeout(5):
                while not server.heads:
                    await asyncio.sleep(0.005)
            assert client.stats().in_flight == 1
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            stats = client.stats()
    assert [error.request for error in told] == [{"a": 1}]
    assert told[0].operation == "POST /users/"
    assert [one.error for one in attempts] == ["cancelled while it was under way"]
    assert (stats.calls, stats.failed, stats.unknown, stats.in_flight) == (1, 1, 1, 0)


# --- Counts --------------------------------------------------------------------------------------


async def test_the_counts_count() -> None:
    async with boxed() as (box, client, told):
        fresh = client.stats()
        assert (fresh.calls, fresh.attempts, dict(fresh.statuses)) == (0, 0, {})
        assert fresh.connections is None, "another transport keeps them"
        box.faults.fail("invoices.list", 503)
        box.faults.never_received("invoices.list")
        await client.invoices.list().first_page()
        with pytest.raises(errors.NotFoundError):
            await client.invoices.get("65f0c0ffee")
        with pytest.raises(errors.InvalidRequestError):
            await client.invoices.get("../x")
        box.faults.lose_answer("invoices.void")
        with pytest.raises(errors.OutcomeUnknown):
            await client.location(box.location_id).invoices.void(box.add_invoice().id)
        stats = client.stats()
    assert (stats.calls, stats.failed, stats.unknown) == (3, 2, 1)
    assert stats.attempts == len(told) == 5
    assert dict(stats.statuses) == {503: 1, 0: 2, 200: 1, 404: 1}
    assert stats.retries_left == 19
    assert (stats.waiting, stats.in_flight) == (0, 0)
    stats.statuses[200] = 99  # type: ignore[index]
    assert client.stats().statuses[200] == 1, "a copy"


async def test_the_counts_tell_what_waits_and_what_flies() -> None:
    release = asyncio.Event()

    async def answer(request: httpx.Request) -> httpx.Response:
        await release.wait()
        return httpx.Response(200, content=b"{}")

    async with InvoicesClient(
        token=TOKEN, transport=httpx.MockTransport(answer), max_connections=2
    ) as client:
        calls = [asyncio.create_task(client.raw("GET", "/users/")) for _ in range(5)]
        await asyncio.sleep(0.01)
        stats = client.stats()
        assert (stats.in_flight, stats.waiting, stats.calls) == (2, 3, 0)
        release.set()
        await asyncio.gather(*calls)
        stats = client.stats()
        assert (stats.in_flight, stats.waiting, stats.calls) == (0, 0, 5)


# --- Captures ------------------------------------------------------------------------------------


async def test_a_capture_keeps_the_answer_as_it_came() -> None:
    async with boxed() as (box, client, _):
        box.faults.fail("invoices.list", 503)
        with client.capture() as captured:
            page = await client.invoices.list().first_page()
        await client.invoices.list().first_page()
    assert len(captured.calls) == 1
    call = captured.last
    assert (call.operation, call.location_id, call.status) == (
        "invoices.list",
        box.location_id,
        200,
    )
    assert call.headers["x-ratelimit-remaining"]
    assert call.body.startswith(b"{")
    assert page.items == []
    assert [(one.number, one.status) for one in call.attempts] == [(1, 503), (2, 200)]
    assert call.attempts[0].pause is not None
    assert call.attempts[1].pause is None


async def test_failed_calls_are_captured_and_refused_ones_not() -> None:
    async with boxed(max_attempts=1) as (box, client, _):
        with client.capture() as captured:
            with pytest.raises(errors.NotFoundError):
                await client.invoices.get("65f0c0ffee")
            box.faults.drop("invoices.list")
            with pytest.raises(errors.APIConnectionError):
                await client.invoices.list().first_page()
            with pytest.raises(errors.InvalidRequestError):
                await client.invoices.get("../x")
    assert [(call.operation, call.status) for call in captured.calls] == [
        ("invoices.get", 404),
        ("invoices.list", None),
    ]
    assert b"traceId" in captured.calls[0].body
    assert captured.calls[1].body == b""
    assert captured.calls[1].attempts[0].error


async def test_captures_can_be_nested() -> None:
    async with boxed() as (_, client, _told):
        with client.capture() as outer:
            await client.invoices.list().first_page()
            with client.capture() as inner:
                await client.templates.list().first_page()
            await client.schedules.list().first_page()
    assert [call.operation for call in inner.calls] == ["templates.list"]
    assert [call.operation for call in outer.calls] == ["invoices.list", "schedules.list"]


async def test_what_tasks_do_that_begin_inside_is_captured() -> None:
    async with boxed() as (_, client, _told):
        with client.capture() as captured:
            await asyncio.gather(
                client.invoices.list().first_page(), client.templates.list().first_page()
            )
            async with asyncio.TaskGroup() as group:
                group.create_task(client.estimates.list().first_page())
    names = sorted(call.operation for call in captured.calls)
    assert names == ["estimates.list", "invoices.list", "templates.list"]


async def test_captures_of_several_tasks_are_apart() -> None:
    async with boxed() as (_, client, _told):

        async def one(pager: Any) -> list[str]:
            with client.capture() as captured:
                await pager.first_page()
                await asyncio.sleep(0)
                await pager.first_page()
            return [call.operation for call in captured.calls]

        found = await asyncio.gather(
            one(client.invoices.list()), one(client.templates.list()), one(client.schedules.list())
        )
    names = ["invoices.list", "templates.list", "schedules.list"]
    assert list(found) == [[name] * 2 for name in names]


async def test_every_page_of_a_pager_is_captured() -> None:
    async with boxed() as (box, client, _):
        for _ in range(5):
            box.add_invoice()
        with client.capture() as captured:
            assert len(await client.invoices.list(page_size=2).collect()) == 5
    assert [call.operation for call in captured.calls] == ["invoices.list"] * 3


# --- OpenTelemetry -------------------------------------------------------------------------------


@pytest.fixture
def exported() -> Iterator[InMemorySpanExporter]:
    provider = otel.get_tracer_provider()
    assert isinstance(provider, TracerProvider), "the canaries' own"
    exporter = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield exporter
    exporter.shutdown()


def attributes_of(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


async def test_there_is_one_span_for_a_call(exported: InMemorySpanExporter) -> None:
    async with boxed() as (box, client, _):
        box.faults.fail("invoices.list", 503)
        with otel.get_tracer("the caller").start_as_current_span("around"):
            await client.invoices.list().first_page()
    span, around = exported.get_finished_spans()
    assert (span.name, span.kind) == ("invoices.list", SpanKind.CLIENT)
    assert span.parent is not None
    assert around.context is not None
    assert span.parent.span_id == around.context.span_id
    assert attributes_of(span) == {
        "http.request.method": "GET",
        "url.template": "/invoices/",
        "server.address": "sandbox.invalid",
        "hoopai.location_id": box.location_id,
        "http.response.status_code": 200,
        "http.request.resend_count": 1,
    }
    assert span.status.status_code is StatusCode.UNSET
    first, second = span.events
    assert (first.name, second.name) == ("attempt", "attempt")
    said = dict(first.attributes or {})
    assert (said["hoopai.attempt"], said["http.response.status_code"]) == (1, 503)
    assert "hoopai.pause" in said
    assert "hoopai.pause" not in dict(second.attributes or {})
    assert (second.attributes or {})["hoopai.attempt"] == 2


async def test_an_error_marks_the_span_by_its_class_alone(exported: InMemorySpanExporter) -> None:
    text = "the customer Alex Example owes 1,234.56"
    async with boxed() as (box, client, _):
        box.faults.fail("invoices.get", 400, message=text)
        with pytest.raises(errors.BadRequestError, match="Alex"):
            await client.invoices.get("65f0c0ffee")
        box.faults.lose_answer("invoices.void")
        with pytest.raises(errors.OutcomeUnknown):
            await client.invoices.void(box.add_invoice().id)
    bad, lost = exported.get_finished_spans()
    assert attributes_of(bad)["error.type"] == "BadRequestError"
    assert attributes_of(bad)["http.response.status_code"] == 400
    assert attributes_of(lost)["error.type"] == "OutcomeUnknown"
    assert "http.response.status_code" not in attributes_of(lost)
    for span in (bad, lost):
        assert span.status.status_code is StatusCode.ERROR
        assert span.status.description is None
        assert [event.name for event in span.events] == ["attempt"], "no exception event"
        assert "Alex" not in span.to_json()


async def test_a_cancelled_call_ends_its_span(exported: InMemorySpanExporter) -> None:
    async with scripted(silence()) as server:
        async with InvoicesClient(token=TOKEN, location_id=LOCATION, base_url=server.url) as client:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await client.raw("POST", "/users/", json={})
    (span,) = exported.get_finished_spans()
    assert span.name == "POST /users/"
    assert attributes_of(span)["error.type"] == "CancelledError"
    assert attributes_of(span)["server.address"] == "127.0.0.1"
    assert len(span.events) == 1


async def test_a_span_of_a_typed_call_names_no_id(exported: InMemorySpanExporter) -> None:
    async with boxed() as (box, client, _):
        made = box.add_invoice()
        await client.invoices.get(made.id)
    (span,) = exported.get_finished_spans()
    assert attributes_of(span)["url.template"] == "/invoices/{invoiceId}"
    assert made.id not in span.to_json()


async def test_calls_at_once_have_a_span_each(exported: InMemorySpanExporter) -> None:
    async with boxed() as (_, client, _told):
        await asyncio.gather(*(client.invoices.list().first_page() for _ in range(10)))
    spans = exported.get_finished_spans()
    assert len(spans) == 10
    assert {span.parent for span in spans} == {None}
    assert [len(span.events) for span in spans] == [1] * 10


WITHOUT = """
    import asyncio, sys
    sys.modules["opentelemetry"] = None
    sys.modules["opentelemetry.trace"] = None
    import httpx
    from hoopai_invoices import InvoicesClient

    async def main():
        answer = lambda request: httpx.Response(200, content=b'{"a":1}')
        async with InvoicesClient(token="pit-x", transport=httpx.MockTransport(answer)) as client:
            with client.capture() as captured:
                print(await client.raw("GET", "/users/"), captured.last.status)

    asyncio.run(main())
"""
IMPORTED = """
    import sys
    import hoopai_invoices
    from hoopai_invoices import InvoicesClient
    print([name for name in sys.modules if name.startswith("opentelemetry")])
"""


def run(program: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def test_all_works_without_the_package() -> None:
    assert run(WITHOUT) == "{'a': 1} 200"


def test_importing_the_client_does_not_import_it() -> None:
    assert run(IMPORTED) == "[]"
