"""Clients, tenants and errors in web applications."""

import asyncio
import logging
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
from attrs import evolve
from browser import browser
from fastapi import Depends, FastAPI
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket

from hoopai_invoices import InvoicesClient, LocationClient, LocationDefaults, errors
from hoopai_invoices._core.clock import SystemClock
from hoopai_invoices.errors import HoopAIError
from hoopai_invoices.models import BusinessDetails, ContactDetails, Invoice, InvoiceItem
from hoopai_invoices.sandbox import Sandbox
from hoopai_invoices.web import (
    PROBLEMS,
    InvoicesResponse,
    NoTenant,
    add_error_handlers,
    client_of,
    json_response,
    lifespan,
    problem_of,
    tenant,
)
from hoopai_invoices.web.problems import COMMITTED, UNKEYED, wait_of
from hoopai_invoices.writes import Entry, MemoryLedger

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
DEFAULTS = LocationDefaults(
    live_mode=False, currency="USD", business_details=BusinessDetails(name="Example LLC")
)
DOC = (Path(__file__).resolve().parent.parent / "docs/web.md").read_text(encoding="utf-8")


# --- What it needs ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "left_out"),
    [
        ("from hoopai_invoices.web import *", ["fastapi", "pydantic"]),
        ("import hoopai_invoices.web", ["starlette", "fastapi", "pydantic"]),
        (
            "from hoopai_invoices import InvoicesClient; InvoicesClient(token='t')",
            ["hoopai_invoices.web", "starlette", "fastapi", "pydantic"],
        ),
    ],
)
def test_nothing_is_loaded_that_isn_t_needed(code: str, left_out: list[str]) -> None:
    shown = f"import sys; {code}; print([name for name in {left_out} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", shown], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# --- The client -------------------------------------------------------------------------------


async def test_the_client_lasts_as_long_as_the_application() -> None:
    seen: list[InvoicesClient] = []
    box = Sandbox(now=NOW)

    async def endpoint(request: Request) -> Response:
        seen.append(client_of(request))
        found = await client_of(request).invoices.get(invoice.id)
        return json_response(found)

    invoice = box.add_invoice()
    app = Starlette(routes=[Route("/", endpoint)], lifespan=lifespan(box.client))
    async with browser(app) as http:
        for _ in range(2):
            assert (await http.get("/")).json()["_id"] == invoice.id
    assert seen[0] is seen[1]
    with pytest.raises(errors.ClientClosedError):
        await seen[0].invoices.get(invoice.id)


async def test_it_lasts_longer_than_the_application_s_own_lifespan() -> None:
    told: list[str] = []
    box = Sandbox(now=NOW)
    invoice = box.add_invoice()

    @asynccontextmanager
    async def make_client() -> AsyncIterator[InvoicesClient]:
        told.append("ledger opened")
        async with box.client() as client:
            yield client
        told.append("ledger closed")

    @asynccontextmanager
    async def own(app: Starlette) -> AsyncIterator[dict[str, Any]]:
        client = app.state.hoopai_client
        told.append(f"begun {(await client.invoices.get(invoice.id)).id == invoice.id}")
        yield {"mine": 7}
        told.append(f"ended {(await client.invoices.get(invoice.id)).id == invoice.id}")

    async def endpoint(request: Request) -> Response:
        return json_response(
            [request.state.mine, (await client_of(request).invoices.list().first())]
        )

    app = Starlette(routes=[Route("/", endpoint)], lifespan=lifespan(make_client, own))
    async with browser(app) as http:
        mine, first = (await http.get("/")).json()
    assert (mine, first["_id"]) == (7, invoice.id)
    assert told == ["ledger opened", "begun True", "ended True", "ledger closed"]


async def test_it_is_closed_when_the_application_s_own_lifespan_fails() -> None:
    made: list[InvoicesClient] = []
    box = Sandbox(now=NOW)

    def make_client() -> InvoicesClient:
        made.append(box.client())
        return made[0]

    @asynccontextmanager
    async def own(app: Starlette) -> AsyncIterator[None]:
        raise RuntimeError("no database")
        yield

    app = Starlette(lifespan=lifespan(make_client, own))
    with pytest.raises(RuntimeError, match="no database"):
        async with browser(app):
            pytest.fail("it started")
    with pytest.raises(errors.ClientClosedError):
        await made[0].invoices.list().first()


async def test_without_a_lifespan_it_says_what_is_missing() -> None:
    async def endpoint(request: Request) -> Response:
        with pytest.raises(errors.ConfigurationError, match="lifespan"):
            client_of(request)
        return Response()

    async with browser(Starlette(routes=[Route("/", endpoint)])) as http:
        assert (await http.get("/")).status_code == 200


async def test_a_mounted_application_has_its_own_client_where_it_has_one() -> None:
    outer, inner = Sandbox(now=NOW), Sandbox(now=NOW)

    async def who(request: Request) -> Response:
        return json_response(client_of(request).location_id)

    own = Starlette(routes=[Route("/", who)], lifespan=lifespan(inner.client))
    plain = Starlette(routes=[Route("/", who)])

    @asynccontextmanager
    async def both(app: Starlette) -> AsyncIterator[None]:
        async with own.router.lifespan_context(own):
            yield

    app = Starlette(
        routes=[Mount("/own", own), Mount("/plain", plain), Route("/", who)],
        lifespan=lifespan(outer.client, both),
    )
    async with browser(app) as http:
        told = [(await http.get(path)).json() for path in ("/own/", "/plain/", "/")]
    assert told == [inner.location_id, outer.location_id, outer.location_id]


async def test_a_lifespan_within_another_puts_the_client_back() -> None:
    app = Starlette(lifespan=lifespan(Sandbox(now=NOW).client))
    async with app.router.lifespan_context(app):
        first = app.state.hoopai_client
        async with app.router.lifespan_context(app):
            assert app.state.hoopai_client is not first
        assert app.state.hoopai_client is first
    assert not hasattr(app.state, "hoopai_client")


@pytest.mark.parametrize("kept", [True, False])
async def test_keys_that_end_with_the_process_are_warned_of(
    kept: bool, caplog: pytest.LogCaptureFixture
) -> None:
    box = Sandbox(now=NOW)
    ledger = MemoryLedger(SystemClock()) if kept else None
    app = Starlette(lifespan=lifespan(lambda: box.client(ledger=ledger)))
    async with browser(app):
        pass
    told = [one.levelname for one in caplog.records if one.name == "hoopai_invoices.web"]
    assert told == ([] if kept else ["WARNING"])


async def test_what_is_no_client_is_refused_at_the_start() -> None:
    @asynccontextmanager
    async def make_client() -> AsyncIterator[Any]:
        yield "pit-"

    with pytest.raises(errors.ConfigurationError, match="str, not an InvoicesClient"):
        async with browser(Starlette(lifespan=lifespan(make_client))):
            pytest.fail("it started")


# --- Tenants ----------------------------------------------------------------------------------


def from_header(request: Request) -> str | None:
    return request.headers.get("x-location")


async def from_header_later(request: Request) -> str | None:
    await asyncio.sleep(0)
    return request.headers.get("x-location")


@pytest.mark.parametrize("resolve", [from_header, from_header_later])
@pytest.mark.parametrize("framework", ["fastapi", "starlette"])
async def test_each_request_is_for_its_own_location(resolve: Any, framework: str) -> None:
    box = Sandbox(now=NOW)
    places = [box.location_id, *(box.add_location().id for _ in range(4))]
    token = box.add_token(locations=places)
    billing = tenant(resolve)
    app: Starlette

    async def endpoint(request: Request) -> Response:
        return json_response(await (await billing(request)).invoices.list().collect())

    def make_client() -> InvoicesClient:
        return box.client(token=token)  # it has a location of its own, which nobody must get

    if framework == "fastapi":
        app = fast = FastAPI(lifespan=lifespan(make_client))

        @fast.get("/")
        async def listed(client: Annotated[LocationClient, Depends(billing)]) -> list[Invoice]:
            return await client.invoices.list().collect()

    else:
        app = Starlette(routes=[Route("/", endpoint)], lifespan=lifespan(make_client))
    async with browser(app) as http:
        wanted = places * 10
        answers = await asyncio.gather(
            *(http.get("/", headers={"x-location": place}) for place in wanted)
        )
    assert [answer.status_code for answer in answers] == [200] * len(wanted)
    assert sorted(str(arrival.location_id) for arrival in box.arrivals) == sorted(wanted)


HOSTILE = st.sampled_from(["..", "../x", "a/b", "a?b", "a b", "ü", "x" * 129, "%2e%2e", "a\n"])


@given(
    HOSTILE | st.integers() | st.text().filter(lambda t: t and not re.fullmatch(r"[\w-]{1,128}", t))
)
def test_what_is_no_id_is_no_location(hostile: Any) -> None:
    async def one() -> None:
        box = Sandbox(now=NOW)
        app = FastAPI(lifespan=lifespan(box.client))
        add_error_handlers(app)

        @app.get("/")
        async def get(
            client: Annotated[LocationClient, Depends(tenant(lambda _: hostile))],
        ) -> None:
            pytest.fail("there is such a location")

        async with browser(app) as http:
            answer = await http.get("/")
        assert answer.status_code == 404
        assert answer.json()["detail"] == "there is no such location"
        assert box.arrivals == []

    asyncio.run(one())


@pytest.mark.parametrize("nothing", [None, ""])
@pytest.mark.parametrize("handlers", [True, False])
async def test_no_location_is_403_and_no_call(handlers: bool, nothing: str | None) -> None:
    box = Sandbox(now=NOW)
    app = FastAPI(lifespan=lifespan(box.client))
    if handlers:
        add_error_handlers(app)

    @app.get("/")
    async def get(client: Annotated[LocationClient, Depends(tenant(lambda _: nothing))]) -> None:
        pytest.fail("there is a location")

    async with browser(app) as http:
        answer = await http.get("/")
    assert (answer.status_code, "www-authenticate" in answer.headers) == (403, False)
    assert answer.json()["detail"] == "this account is connected to no location"
    assert box.arrivals == []


async def _defaults_later(location_id: str) -> LocationDefaults:
    return LocationDefaults(live_mode=False, currency=location_id)


@pytest.mark.parametrize(
    ("defaults", "currency"),
    [
        (LocationDefaults(currency="CRC"), "CRC"),
        (lambda place: LocationDefaults(currency=place), "loc1"),
        (_defaults_later, "loc1"),
        (lambda place: None, None),
        (None, None),
    ],
)
async def test_a_location_has_its_defaults(defaults: Any, currency: str | None) -> None:
    async def endpoint(request: Request) -> Response:
        client = await tenant(lambda _: "loc1", defaults=defaults, priority="batch")(request)
        view = client._executor
        return json_response([client.location_id, view.defaults.get("currency"), view.batch])

    box = Sandbox(now=NOW)
    app = Starlette(routes=[Route("/", endpoint)], lifespan=lifespan(box.client))
    async with browser(app) as http:
        assert (await http.get("/")).json() == ["loc1", currency, True]


def test_a_priority_that_is_none_is_refused_at_once() -> None:
    wrong: Any = "low"
    with pytest.raises(errors.ConfigurationError, match="low"):
        tenant(from_header, priority=wrong)


def test_no_tenant_is_an_http_error() -> None:
    assert NoTenant(403, "x").status_code == 403


# --- Errors -----------------------------------------------------------------------------------


def every_error() -> list[type[HoopAIError]]:
    found = [getattr(errors, name) for name in errors.__all__]
    return [kind for kind in found if issubclass(kind, HoopAIError)]


def example_of(kind: type[HoopAIError], **given: Any) -> HoopAIError:
    """An error as the client raises it, with something in it that nobody may see."""
    settings: dict[str, Any] = {"hint": SECRET, "operation": "invoices.create"}
    arguments: list[Any] = ["the service's words"]
    if issubclass(kind, errors.APIStatusError):
        settings |= {"status": 418, "body": SECRET, "headers": {"x": SECRET}, "trace_id": "t-1"}
    if issubclass(kind, errors.OutcomeUnknown):
        settings |= {"key": "k-1", "location_id": "loc1", "ids": ("i1",), "request": SECRET}
        settings |= {"trace_id": "t-1"}
    if issubclass(kind, errors.DuplicateDetected):
        arguments.append(("a", "b"))
    if issubclass(kind, errors.DecodeError):
        settings |= {"body": SECRET}
    if issubclass(kind, errors.LostUpdateError):
        settings, arguments = {"hint": SECRET}, [*arguments, SECRET, SECRET]
    if issubclass(kind, errors.TotalMismatch):
        settings, arguments = {}, ["150.00", "149.99", "USD"]
    error = kind(*arguments, **(settings | given))
    for name in ("key", "record_id"):
        if isinstance(error, errors.KeyReusedError | errors.KeyBusy | errors.DuplicateDetected):
            setattr(error, name, "k-1")
    return error


SECRET = "nobody-may-see-this"


async def answered(error: HoopAIError, **kwargs: Any) -> httpx.Response:
    async def endpoint(request: Request) -> Response:
        raise error

    app = Starlette(routes=[Route("/path", endpoint)])
    add_error_handlers(app, **kwargs)
    async with browser(app) as http:
        return await http.get("/path?query=secret")


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.__name__)
async def test_every_error_is_a_problem(
    kind: type[HoopAIError], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "hoopai_invoices.web")
    error = example_of(kind)
    problem = problem_of(error)
    answer = await answered(error)
    body = answer.json()

    assert answer.status_code == problem.status == body["status"]
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers.get("retry-after") == (
        None if problem.retry_after is None else str(problem.retry_after)
    )
    assert body["type"] == f"urn:problem-type:hoopai-invoices:{problem.name}"
    assert body["title"] == problem.title
    assert SECRET not in answer.text
    [record] = [one for one in caplog.records if one.name == "hoopai_invoices.web"]
    assert "query" not in record.getMessage()
    assert kind.__name__ in record.getMessage()


async def test_the_same_from_an_endpoint_of_fastapi() -> None:
    app = FastAPI()
    add_error_handlers(app)

    @app.get("/")
    async def get() -> None:
        raise example_of(errors.NotFoundError)

    async with browser(app) as http:
        answer = await http.get("/")
    assert answer.status_code == 404
    assert answer.json() == {
        "type": "urn:problem-type:hoopai-invoices:not-found",
        "title": "There is no such record",
        "status": 404,
        "detail": "the service's words",
        "operation": "invoices.create",
        "trace_id": "t-1",
    }


async def test_what_may_have_moved_money_never_looks_as_if_it_could_be_repeated() -> None:
    unknown = await answered(
        example_of(errors.OutcomeUnknown),
        outcome_url=lambda error: f"/outcomes/{error.key}",
    )
    assert (unknown.status_code, unknown.headers["location"]) == (202, "/outcomes/k-1")
    told = unknown.json()
    assert (told["key"], told["location_id"], told["ids"]) == ("k-1", "loc1", ["i1"])
    assert (told["operation"], told["trace_id"]) == ("invoices.create", "t-1")
    assert told["outcome"] == "/outcomes/k-1"

    keyless = await answered(
        example_of(errors.OutcomeUnknown, key=None), outcome_url=lambda error: error.key
    )
    assert (keyless.status_code, "location" in keyless.headers) == (202, False)
    assert "key" not in keyless.json()

    assert ("retry-after" in keyless.headers, keyless.json()["detail"]) == (False, UNKEYED.detail)
    assert unknown.headers["retry-after"] == "30"

    stored = example_of(errors.InternalServerError)
    stored.may_have_stored = True  # type: ignore[attr-defined]
    half = await answered(stored)
    assert (half.status_code, half.json()["detail"]) == (202, UNKEYED.detail)
    assert "retry-after" not in half.headers

    committed = await answered(example_of(errors.DecodeError, committed=True))
    assert (committed.status_code, committed.json()["title"]) == (202, COMMITTED.title)
    for kind in (errors.DuplicateDetected, errors.TotalMismatch):
        assert problem_of(example_of(kind)).status == 409


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.__name__)
async def test_what_is_done_is_202_whatever_came_after_it(kind: type[HoopAIError]) -> None:
    error: Any = example_of(kind)
    error.committed, error.key, error.record_id = True, "k-1", "i1"
    error.retry_after = 7.0
    answer = await answered(error)
    assert (answer.status_code, "retry-after" in answer.headers) == (202, False)
    told = answer.json()
    assert (told["title"], told["key"], told["record_id"]) == (COMMITTED.title, "k-1", "i1")


def test_nothing_that_proxies_repeat_waits_for_a_customer() -> None:
    assert problem_of(example_of(errors.WaitTimeout)).status == 409


async def test_no_text_keeps_an_error_from_being_told(caplog: pytest.LogCaptureFixture) -> None:
    half = "cut \ud83d"

    def fails(error: errors.OutcomeUnknown) -> str:
        raise RuntimeError("no such route")

    lost = example_of(errors.OutcomeUnknown, key=half)
    for outcome_url in (fails, lambda error: f"/outcomes/{error.key}"):
        answer = await answered(lost, outcome_url=outcome_url)
        assert (answer.status_code, answer.json()["key"]) == (202, half)
        assert "location" not in answer.headers
    answer = await answered(lost, outcome_url=lambda error: "/ünknown\r\nx: y")
    assert answer.headers["location"] == "/%C3%BCnknown%0D%0Ax:%20y"
    refused = await answered(errors.BadRequestError(half, status=400))
    assert (refused.status_code, refused.json()["detail"]) == (400, half)


@pytest.mark.parametrize("host", ["[", "a]b", "x:99999999", "a/b", "h?x=1#", ""])
async def test_no_host_keeps_an_error_from_being_told(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_address(self: HTTPConnection) -> None:
        raise ValueError("no port")

    # Which of them it can't be made of differs from version to version.
    monkeypatch.setattr(HTTPConnection, "url", property(no_address))

    async def endpoint(request: Request) -> Response:
        raise example_of(errors.OutcomeUnknown)

    app = Starlette(routes=[Route("/path", endpoint)])
    add_error_handlers(app)
    async with browser(app) as http:
        answer = await http.get("/path", headers={"host": host})
    assert answer.status_code == 202


async def test_what_is_logged_stays_in_its_line(caplog: pytest.LogCaptureFixture) -> None:
    async def endpoint(request: Request) -> Response:
        raise errors.NotFoundError("no\nroot CRITICAL \x1b[31m\u2028", status=404)

    app = Starlette(routes=[Route("/{any}", endpoint)])
    add_error_handlers(app)
    caplog.set_level(logging.INFO, "hoopai_invoices.web")
    async with browser(app) as http:
        await http.get("/ü%0d%0aroot CRITICAL")
    [record] = [one for one in caplog.records if one.name == "hoopai_invoices.web"]
    assert record.getMessage() == (
        "GET /ü\\r\\nroot CRITICAL: 404, NotFoundError:"
        " no\\nroot CRITICAL \\x1b[31m\\u2028 [status 404]"
    )


# --- Errors that come together ----------------------------------------------------------------


def committed() -> HoopAIError:
    return example_of(errors.DecodeError, committed=True)


@pytest.mark.parametrize(
    ("kinds", "status", "name"),
    [
        ([errors.APIConnectionError, errors.OutcomeUnknown, committed], 202, "outcome-unknown"),
        ([errors.NotFoundError, committed], 202, "done-unreadable"),
        ([errors.APITimeoutError, errors.ConflictError], 409, "conflict"),
        ([errors.NotFoundError], 404, "not-found"),
        # What was cancelled beside it may be done.
        ([errors.APITimeoutError], 500, "timeout"),
        ([errors.QueueTimeoutError], 500, "busy"),
    ],
)
async def test_of_a_group_the_most_dangerous_is_answered(
    kinds: list[Any], status: int, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    leaves = [example_of(one) if isinstance(one, type) else one() for one in kinds]
    nested: Any = ExceptionGroup("outer", [ExceptionGroup("inner", leaves[:1]), *leaves[1:]])
    caplog.set_level(logging.INFO, "hoopai_invoices.web")
    answer = await answered(nested)
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (status, name)
    assert answer.json()["status"] == status
    assert "retry-after" not in answer.headers or name == "outcome-unknown"
    told = [one for one in caplog.records if one.name == "hoopai_invoices.web"]
    assert len(told) == len(leaves)


async def test_a_task_group_s_lost_write_is_a_202() -> None:
    app = FastAPI()
    add_error_handlers(app)

    async def lost() -> None:
        raise example_of(errors.OutcomeUnknown)

    @app.post("/")
    async def post() -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(lost())

    async with browser(app) as http:
        answer = await http.post("/")
    assert (answer.status_code, answer.json()["key"]) == (202, "k-1")


async def test_a_group_with_another_error_is_the_server_s(caplog: pytest.LogCaptureFixture) -> None:
    strange: Any = ExceptionGroup("", [example_of(errors.OutcomeUnknown), ValueError("mine")])
    answer = await answered(strange)
    assert answer.status_code == 500
    [record] = [one for one in caplog.records if one.name == "hoopai_invoices.web"]
    assert "OutcomeUnknown" in record.getMessage()


# --- WebSockets -------------------------------------------------------------------------------


async def connected(app: Starlette, path: str) -> list[str]:
    """What is sent to whoever connects; errors come out as the server would see them."""
    sent: list[str] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message["type"])

    async with app.router.lifespan_context(app) as state:
        scope: dict[str, Any] = {"type": "websocket", "path": path, "root_path": ""}
        scope |= {
            "headers": [],
            "query_string": b"",
            "subprotocols": [],
            "state": dict(state or {}),
        }
        await app(scope, receive, send)
    return sent


@pytest.mark.parametrize("framework", ["fastapi", "starlette"])
async def test_a_websocket_has_its_location_too(framework: str) -> None:
    box = Sandbox(now=NOW)
    seen: list[str | None] = []
    billing = tenant(lambda connection: connection.headers.get("x-location", "loc1"))
    app: Starlette

    async def endpoint(websocket: WebSocket) -> None:
        seen.append((await billing(websocket)).location_id)
        await websocket.accept()

    if framework == "fastapi":
        app = fast = FastAPI(lifespan=lifespan(box.client))

        @fast.websocket("/ws")
        async def ws(
            websocket: WebSocket, client: Annotated[LocationClient, Depends(billing)]
        ) -> None:
            seen.append(client.location_id)
            await websocket.accept()

    else:
        app = Starlette(routes=[WebSocketRoute("/ws", endpoint)], lifespan=lifespan(box.client))
    assert await connected(app, "/ws") == ["websocket.accept"]
    assert seen == ["loc1"]


@pytest.mark.parametrize("group", [True, False])
async def test_on_a_websocket_an_error_is_logged_and_raised(
    group: bool, caplog: pytest.LogCaptureFixture
) -> None:
    lost: Any = example_of(errors.OutcomeUnknown)
    raised = ExceptionGroup("", [lost]) if group else lost

    async def endpoint(websocket: WebSocket) -> None:
        await websocket.accept()
        raise raised

    app = Starlette(routes=[WebSocketRoute("/ws", endpoint)])
    add_error_handlers(app)
    with pytest.raises(type(raised)) as caught:
        await connected(app, "/ws")
    assert caught.value is raised
    [record] = [one for one in caplog.records if one.name == "hoopai_invoices.web"]
    assert record.getMessage().startswith("WebSocket /ws: 202, OutcomeUnknown")


async def test_a_wait_that_is_known_is_told_in_whole_seconds() -> None:
    limited = example_of(errors.RateLimitError)
    assert isinstance(limited, errors.RateLimitError)
    for known, told in [(0.2, 1), (7.01, 8), (12, 12), (None, 10), (float("inf"), 10)]:
        limited.retry_after = known
        assert wait_of(limited, problem_of(limited)) == told
    busy = example_of(errors.KeyBusy)
    assert isinstance(busy, errors.KeyBusy)
    entry = Entry(location_id="l", operation="o", key="k", fingerprint="f")
    for look_in, leased_for, told in [(3.2, 0.0, 4), (0.0, 9.0, 9), (0.0, 0.0, 30)]:
        busy.holder = evolve(entry, look_in=look_in, leased_for=leased_for)
        assert wait_of(busy, problem_of(busy)) == told


async def test_who_must_consent_again_is_told_where() -> None:
    dead = example_of(errors.ReauthorizationRequired)
    assert isinstance(dead, errors.ReauthorizationRequired)
    dead.location_id = "loc1"
    told = (await answered(dead, install_url="/connect")).json()
    assert (told["install"], told["location_id"]) == ("/connect", "loc1")
    assert "install" not in (await answered(dead)).json()


async def test_a_missing_scope_is_named() -> None:
    error = example_of(errors.MissingScopeError)
    assert isinstance(error, errors.MissingScopeError)
    error.scopes = error.missing = ("invoices.write",)
    told = (await answered(error)).json()
    assert told["missing"] == ["invoices.write"]


async def test_what_was_asked_wrongly_is_placed() -> None:
    error = errors.InvalidRequestError("is missing", path="items[0].amount")
    told = (await answered(error)).json()
    assert (told["status"], told["path"]) == (422, "items[0].amount")


async def test_a_lost_answer_is_a_202_and_the_same_key_brings_the_record() -> None:
    box = Sandbox(now=NOW)
    app = FastAPI(lifespan=lifespan(lambda: box.client(defaults=DEFAULTS)))
    add_error_handlers(app)
    client = tenant(lambda _: box.location_id, defaults=DEFAULTS)

    @app.post("/")
    async def create(client: Annotated[LocationClient, Depends(client)]) -> Invoice:
        return await client.invoices.create(
            key="job-1",
            settle="defer",
            name="Coaching",
            contact_details=ContactDetails(id="6578278e879ad2646715ba9c", name="Alex"),
            items=[InvoiceItem(name="One hour", currency="USD", amount="99.50", qty=1)],
            issue_date=NOW.date(),
            due_date=NOW.date(),
        )

    async with browser(app) as http:
        box.faults.lose_answer("invoices.create", times=1)
        lost = await http.post("/")
        busy = await http.post("/")  # too early to look
        box.clock.advance(minutes=1)
        found = await http.post("/")
    for early in (lost, busy):
        assert (early.status_code, early.json()["key"]) == (202, "job-1")
        assert "alex" not in early.text.lower()
        assert early.headers["retry-after"] == "30"
    assert found.status_code == 200
    assert [one.id for one in box.created("invoice")] == [found.json()["_id"]]
    assert found.json()["total"] == "99.5"


def test_the_table_of_the_docs_is_the_table() -> None:
    [table] = re.findall(r"\| error \|.*?\n\|[-|]+\n((?:\|.*\n)+)", DOC)
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines()]
    written = [(name, status, wait, members) for name, status, wait, members, *_ in rows]
    data = [*((f"`{kind.__name__}`", one) for kind, one in PROBLEMS.items())]
    data.append(("any with `committed`", COMMITTED))
    data.append(("`OutcomeUnknown` without a key", UNKEYED))
    data.append(("`InternalServerError` with `may_have_stored`", UNKEYED))
    assert sorted(written) == sorted(
        (
            name,
            str(one.status),
            str(one.retry_after or ""),
            ", ".join(f"`{member}`" for member in one.members),
        )
        for name, one in data
    )


def test_few_errors_have_the_row_of_another() -> None:
    shared = {kind.__name__ for kind in every_error()} - {kind.__name__ for kind in PROBLEMS}
    assert shared == {"EstimateDeclined", "WrongEventLoop"}


def test_an_error_that_nobody_knows_has_its_parent_s_row() -> None:
    class Mine(errors.ConflictError):
        pass

    assert problem_of(example_of(Mine)) is PROBLEMS[errors.ConflictError]


def test_a_response_of_ours_refuses_what_loses_digits() -> None:
    with pytest.raises(TypeError, match="Decimal"):
        InvoicesResponse({"total": 0.1})
