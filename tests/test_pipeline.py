"""One call over a real socket: what each answer, and each missing answer, becomes."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import pickle
from collections.abc import Awaitable, Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from scripted import Answer, cut, reply, scripted, silence

from hoopai_invoices import CallOptions, Drift, InvoicesClient, LocationClient, errors
from hoopai_invoices._core.http import Reply
from hoopai_invoices._core.outcome import error_of
from hoopai_invoices._protocol import Operation, TokenKind
from hoopai_invoices.models import BusinessDetails, ContactDetails, Invoice, InvoiceItem

pytestmark = pytest.mark.anyio

TOKEN = "pit-canary-3f9a"
LOCATION = "ve9EPM428h8vShlRW1KT"
INVOICE = {
    "_id": "66f1a0c2d4e5b60718293a01",
    "status": "draft",
    "liveMode": False,
    "altId": LOCATION,
    "name": "One",
    "currency": "USD",
    "total": 150,
    "amountPaid": 0,
    "amountDue": 150,
}
Use = Callable[[InvoicesClient], Awaitable[Any]]


async def get(client: LocationClient) -> Invoice:
    return await client.invoices.get("65f0c0ffee")


async def create(client: InvoicesClient) -> Invoice:
    return await client.invoices.create(
        name="One",
        currency="USD",
        business_details=BusinessDetails(name="Example LLC"),
        contact_details=ContactDetails(id="c1", name="Alex"),
        items=[InvoiceItem(name="Hour", currency="USD", amount=150, qty=1)],
        issue_date=date(2026, 3, 1),
        live_mode=False,
    )


async def void(client: InvoicesClient) -> Invoice:
    return await client.invoices.void("65f0c0ffee")


async def delete(client: InvoicesClient) -> None:
    await client.invoices.delete("65f0c0ffee")


async def raised(answer: Answer, use: Use, **settings: Any) -> tuple[errors.HoopAIError, list[str]]:
    """The error that an answer becomes, and the requests that arrived."""
    async with scripted(answer) as server:
        settings = {"timeout": 5, "max_attempts": 1, **settings}
        async with InvoicesClient(
            token=TOKEN, location_id=LOCATION, base_url=server.url, **settings
        ) as client:
            with pytest.raises(errors.HoopAIError) as caught:
                await use(client)
    return caught.value, server.heads


@pytest.mark.parametrize(
    ("status", "body", "kind", "hint"),
    [
        (400, '{"statusCode":400,"message":"Estimate number already exists"}', errors.BadRequestError, None),
        (400, '{"statusCode":400,"message":"Location is not active"}', errors.LocationInactiveError, "suspended"),
        (401, '{"statusCode":401,"message":"Invalid JWT"}', errors.AuthenticationError, "token is wrong"),
        (
            401,
            '{"statusCode":401,"message":"The token is not authorized for this scope."}',
            errors.MissingScopeError,
            "invoices.readonly",
        ),
        (401, '{"message":"Location is not active"}', errors.LocationInactiveError, "suspended"),
        (
            403,
            '{"statusCode":403,"message":"The token does not have access to this location."}',
            errors.PermissionDeniedError,
            "another sub-account",
        ),
        (404, '{"message":"Invoice not found"}', errors.NotFoundError, "deleted"),
        (409, '{"message":"locked"}', errors.ConflictError, "read it again"),
        (
            422,
            '{"message":["name must be a string","qty is bad"],"error":"Unprocessable Entity","statusCode":422}',
            errors.UnprocessableEntityError,
            None,
        ),
        (429, '{"message":"Too Many Requests"}', errors.RateLimitError, "100 requests"),
        (500, '{"message":"boom"}', errors.InternalServerError, None),
        (500, '{"message":"validation failed: items.0.type: Path `type` is required."}', errors.InternalServerError, "mend the request"),
        (503, "<html><body><h1>503 Service Unavailable</h1></body></html>", errors.InternalServerError, None),
        (520, "", errors.InternalServerError, None),
        (302, "", errors.APIStatusError, "redirects are not followed"),
        (418, "{}", errors.APIStatusError, None),
    ],
)  # fmt: skip
async def test_an_error_answer_becomes_its_class(
    status: int, body: str, kind: type[errors.APIStatusError], hint: str | None
) -> None:
    error, heads = await raised(reply(status, body), get)
    assert type(error) is kind
    assert error.status == status
    assert error.operation == "invoices.get"
    assert (hint or "") in (error.hint or "")
    assert len(heads) == 1, "one attempt"
    assert pickle.loads(pickle.dumps(error)).status == status


async def test_an_error_tells_message_trace_quota_and_headers() -> None:
    body = '{"message":["a","b"],"traceId":"t-1","statusCode":429}'
    head = (
        "X-RateLimit-Max: 100",
        "X-RateLimit-Remaining: 0",
        "X-RateLimit-Daily-Remaining: 7",
        "Retry-After: 9",
    )
    error, _ = await raised(reply(429, body, *head), get)
    assert isinstance(error, errors.RateLimitError)
    assert error.message == "a; b"
    assert error.trace_id == "t-1"
    assert error.quota == {"max": 100, "remaining": 0, "daily-remaining": 7}
    assert error.retry_after == 9
    assert error.headers["retry-after"] == "9"
    assert error.body == json.loads(body)
    assert "t-1" in str(error)
    assert "invoices.get" in str(error)


async def test_a_used_up_day_is_told_from_a_burst() -> None:
    error, _ = await raised(reply(429, "{}", "X-RateLimit-Daily-Remaining: 0"), get)
    assert isinstance(error, errors.DailyQuotaExceeded)


async def test_a_missing_scope_names_what_to_tick() -> None:
    body = '{"statusCode":401,"message":"The token is not authorized for this scope."}'
    error, _ = await raised(reply(401, body), create)
    assert isinstance(error, errors.MissingScopeError)
    assert error.scopes == ("invoices.write",)
    assert "tick" in str(error)


UNKNOWN = [
    pytest.param(reply(500, '{"message":"boom"}'), id="500"),
    pytest.param(reply(502, "<html>bad gateway</html>"), id="502"),
    pytest.param(reply(520, ""), id="520"),
    pytest.param(reply(408, "{}"), id="408"),
    pytest.param(reply(401, '{"message":"Request timed out"}'), id="401 timed out"),
    pytest.param(cut(b""), id="closed without an answer"),
    pytest.param(cut(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"_id\""), id="truncated"),
    pytest.param(cut(b"garbage\r\n\r\n"), id="not http"),
]  # fmt: skip


@pytest.mark.parametrize("use", [create, void])
@pytest.mark.parametrize("answer", UNKNOWN)
async def test_a_write_whose_answer_is_lost_is_unknown(answer: Answer, use: Use) -> None:
    error, heads = await raised(answer, use)
    assert isinstance(error, errors.OutcomeUnknown)
    assert error.location_id == LOCATION
    assert error.request["altId"] == LOCATION
    assert "look" in str(error)
    assert len(heads) == 1, "nothing is sent twice"


@pytest.mark.parametrize("use", [get, delete])
@pytest.mark.parametrize("answer", UNKNOWN)
async def test_what_can_be_repeated_is_never_unknown(answer: Answer, use: Use) -> None:
    error, _ = await raised(answer, use)
    assert isinstance(error, errors.APIConnectionError | errors.APIStatusError)


async def test_a_500_that_is_a_validation_text_is_the_callers_and_known() -> None:
    stored_nothing = "estimates validation failed: items.0.type: Path `type` is required."
    missed_a_value = "Cannot read properties of undefined (reading 'enable')"
    for use, text in itertools.product((get, create, void), (stored_nothing, missed_a_value)):
        error, heads = await raised(reply(500, json.dumps({"message": text})), use, max_attempts=3)
        assert isinstance(error, errors.InternalServerError)
        assert "mend the request" in str(error)
        # It may have missed the value after it had stored what was made.
        assert ("look first" in str(error)) == (use is create and text == missed_a_value)
        assert len(heads) == 1, "repeating it is useless"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (503, "<html>upstream certificate validation failed</html>"),
        (504, '{"message":"x is not a function"}'),
        (302, ""),
        (303, ""),
        (499, ""),
        (401, '{"message":"gateway timeout"}'),
    ],
)
async def test_what_may_have_been_stored_before_it_failed_is_unknown(
    status: int, body: str
) -> None:
    error, _ = await raised(reply(status, body), create)
    assert isinstance(error, errors.OutcomeUnknown)
    assert error.status == status


async def test_a_401_that_speaks_of_a_time_out_is_one() -> None:
    error, _ = await raised(reply(401, '{"message":"Request timed out"}'), get)
    assert isinstance(error, errors.APITimeoutError)
    assert error.sent


async def test_what_was_never_written_is_told_from_what_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A proxy that takes connections and says nothing: its CONNECT is not the request yet.
    async with scripted(silence()) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        async with InvoicesClient(token=TOKEN, location_id=LOCATION, timeout=0.2) as client:
            with pytest.raises(errors.APITimeoutError, match="never sent") as caught:
                await create(client)
    assert not caught.value.sent
    assert proxy.heads[0].startswith("CONNECT ")
    assert TOKEN not in proxy.heads[0]
    error, _ = await raised(cut(b""), delete)
    assert isinstance(error, errors.APIConnectionError)
    assert error.sent, "a DELETE that arrived says so"


async def test_another_event_loop_is_refused_before_anything_is_sent() -> None:
    async with scripted(reply(200, json.dumps(INVOICE))) as server:
        async with InvoicesClient(token=TOKEN, location_id=LOCATION, base_url=server.url) as client:
            await create(client)
            with pytest.raises(errors.WrongEventLoop):
                await asyncio.to_thread(asyncio.run, create(client))
            await create(client)
    assert len(server.heads) == 2


async def test_half_a_character_costs_no_record() -> None:
    body = json.dumps({**INVOICE, "name": "cut \ud83d"})
    async with scripted(reply(200, body)) as server:
        async with InvoicesClient(token=TOKEN, location_id=LOCATION, base_url=server.url) as client:
            invoice = await create(client)
    assert invoice.name == "cut \ud83d"
    assert invoice.total == Decimal(150)


async def test_a_long_page_of_a_gateway_is_read_quickly_and_cut() -> None:
    error, _ = await raised(reply(502, "<" * 1_000_000), get, timeout=5)
    assert isinstance(error, errors.InternalServerError)
    assert len(str(error)) < 2000
    error, _ = await raised(reply(400, json.dumps({"message": "x" * 5_000_000})), get)
    assert len(str(error)) < 2000


@pytest.mark.parametrize("body", ["{}", '{"statusCode":409,"message":"Invoice already exists"}'])
async def test_a_success_that_is_no_record_is_no_success(body: str) -> None:
    error, _ = await raised(reply(200, body), create)
    assert isinstance(error, errors.DecodeError)
    assert error.committed


async def test_never_sent_is_known_even_for_a_write() -> None:
    async with scripted(silence()) as server:
        url = server.url
    async with InvoicesClient(token=TOKEN, location_id=LOCATION, base_url=url) as client:
        with pytest.raises(errors.APIConnectionError, match="never sent"):
            await create(client)


async def test_one_deadline_over_the_whole_call() -> None:
    error, _ = await raised(silence(), get, timeout=0.05)
    assert isinstance(error, errors.APITimeoutError)
    # Long enough to be connected within, on a busy machine too: only what was sent is unknown.
    error, _ = await raised(silence(), create, timeout=1)
    assert isinstance(error, errors.OutcomeUnknown)

    async def slow_token() -> str:
        await asyncio.sleep(60)
        return TOKEN

    async with scripted(silence()) as server:
        async with InvoicesClient(
            token=slow_token, location_id=LOCATION, base_url=server.url, timeout=0.05
        ) as client:
            with pytest.raises(errors.APITimeoutError):
                await create(client)
    assert not server.heads, "before the token came nothing was sent, and that is known"


async def test_a_call_can_have_its_own_deadline() -> None:
    async def use(client: InvoicesClient) -> Invoice:
        return await client.invoices.get("65f0c0ffee", options=CallOptions(timeout=0.05))

    error, _ = await raised(silence(), use, timeout=60)
    assert isinstance(error, errors.APITimeoutError)
    assert "0.05 s" in str(error)


async def test_a_slow_drip_does_not_outlive_the_deadline() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(1000):
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.01)

    error, _ = await raised(drip, get, timeout=0.2)
    assert isinstance(error, errors.APITimeoutError)


async def test_cancellation_passes_through_unchanged() -> None:
    async with scripted(silence()) as server:
        async with InvoicesClient(token=TOKEN, location_id=LOCATION, base_url=server.url) as client:
            task = asyncio.ensure_future(create(client))
            while not server.heads:
                await asyncio.sleep(0.001)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task


@pytest.mark.parametrize("status", [200, 201, 202, 226])
async def test_any_2xx_is_a_success(status: int) -> None:
    async with scripted(reply(status, json.dumps(INVOICE))) as server:
        async with InvoicesClient(token=TOKEN, location_id=LOCATION, base_url=server.url) as client:
            invoice = await create(client)
    assert invoice.total == Decimal(150)
    head = server.heads[0].lower()
    assert head.startswith("post /invoices/ http/1.1")
    assert f"authorization: bearer {TOKEN}" in head
    assert "version: 2021-07-28" in head
    assert "cookie" not in head


async def test_an_answer_that_is_not_read_may_be_anything() -> None:
    for body in ("", "not json", '{"success":true}'):
        async with scripted(reply(200, body)) as server:
            async with InvoicesClient(
                token=TOKEN, location_id=LOCATION, base_url=server.url
            ) as client:
                await delete(client)


@pytest.mark.parametrize(
    "body", ["", "[]", '"text"', "null", "{", "<html>", '{"total": NaN}', "[" * 100_000, "\xff"]
)
async def test_a_success_that_cannot_be_read_says_that_a_write_was_done(body: str) -> None:
    answer = reply(200, body.encode("latin-1"))
    error, _ = await raised(answer, create)
    assert isinstance(error, errors.DecodeError)
    assert error.committed
    assert "don't send it again" in str(error)
    error, _ = await raised(answer, get)
    assert isinstance(error, errors.DecodeError)
    assert not error.committed


async def test_an_absurd_number_is_a_decode_error_not_a_crash() -> None:
    error, _ = await raised(reply(200, '{"total": 1E999999999999999999999}'), get)
    assert isinstance(error, errors.DecodeError)


async def test_redirects_are_not_followed_and_cookies_not_kept() -> None:
    async with scripted(reply(200, json.dumps(INVOICE))) as other:
        answer = reply(307, "", f"Location: {other.url}/invoices/1", "Set-Cookie: a=b")
        async with scripted(answer) as server:
            async with InvoicesClient(
                token=TOKEN, location_id=LOCATION, base_url=server.url
            ) as client:
                for _ in range(2):
                    with pytest.raises(errors.APIStatusError) as caught:
                        await create(client)
                    assert caught.value.status == 307
    assert not other.heads
    assert all("cookie:" not in head.lower() for head in server.heads)


async def test_the_token_is_asked_for_before_every_call() -> None:
    tokens = iter(["one", "two\n"])
    async with scripted(reply(200, json.dumps(INVOICE))) as server:
        async with InvoicesClient(
            token=lambda: next(tokens), location_id=LOCATION, base_url=server.url
        ) as client:
            await get(client)
            await get(client)
    assert "authorization: bearer one\r\n" in server.heads[0].lower()
    assert "authorization: bearer two\r\n" in server.heads[1].lower()


async def test_a_closed_client_says_so() -> None:
    client = InvoicesClient(token=TOKEN, location_id=LOCATION, base_url="http://127.0.0.1:9")
    await client.aclose()
    with pytest.raises(errors.ClientClosedError):
        await get(client)


async def test_the_token_shows_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    shown: list[str] = []
    for answer in (reply(401, '{"message":"Invalid JWT"}'), cut(b""), reply(200, "{")):
        error, _ = await raised(answer, create)
        chain: BaseException | None = error
        while chain is not None:
            assert not hasattr(chain, "request") or isinstance(chain, errors.OutcomeUnknown)
            shown += [repr(chain), str(chain), repr(vars(chain))]
            chain = chain.__cause__ or chain.__context__
    async with InvoicesClient(token=TOKEN, location_id=LOCATION) as client:
        shown += [repr(client), str(client), f"{client}", repr(client.location("other"))]
        shown += [repr(value) for value in vars(client).values()]
        with pytest.raises(errors.ConfigurationError, match="pickled"):
            pickle.dumps(client)
    own = [record.getMessage() for record in caplog.records if record.name.startswith("hoopai")]
    assert own, "the client's own log was captured"
    assert not [text for text in [*shown, *own] if TOKEN in text]


async def test_drift_is_reported_by_place_and_never_breaks_a_call() -> None:
    found: list[tuple[str, Drift]] = []

    def note(operation: str, drift: Drift) -> None:
        found.append((operation, drift))
        raise RuntimeError("a hook that fails")

    changed = {**INVOICE, "status": "frozen", "fresh": 1}
    del changed["total"]
    async with scripted(reply(200, json.dumps(changed))) as server:
        async with InvoicesClient(
            token=TOKEN, location_id=LOCATION, base_url=server.url, on_drift=note
        ) as client:
            invoice = await get(client)
    assert invoice.total is None
    assert not invoice.status.is_known
    assert {(operation, drift.path, drift.kind) for operation, drift in found} == {
        ("invoices.get", "status", "unknown_value"),
        ("invoices.get", "fresh", "unknown_field"),
        ("invoices.get", "total", "missing"),
    }


async def test_views_share_connections_and_keep_their_locations_apart() -> None:
    async with scripted(reply(200, json.dumps(INVOICE))) as server:
        async with InvoicesClient(token=TOKEN, base_url=server.url) as client:
            with pytest.raises(errors.InvalidRequestError, match="location_id"):
                await get(client)
            await get(client.location("one"))
            await get(client.location("two"))
    assert [head.split()[1] for head in server.heads] == [
        "/invoices/65f0c0ffee?altId=one&altType=location",
        "/invoices/65f0c0ffee?altId=two&altType=location",
    ]


async def test_plain_http_goes_through_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    async with scripted(reply(200, json.dumps(INVOICE))) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("http_proxy", proxy.url)
        async with scripted(reply(200, json.dumps(INVOICE))) as server:
            async with InvoicesClient(
                token=TOKEN, location_id=LOCATION, base_url=server.url
            ) as client:
                await get(client)
    assert len(server.heads) == 1
    assert not proxy.heads


@pytest.mark.parametrize("proxy", ["foo:bar", "nonsense://user:secret@host", "http://[::1"])
def test_proxy_settings_that_cannot_be_used_say_so(
    monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(errors.ConfigurationError, match="proxy") as caught:
        InvoicesClient(token=TOKEN)
    assert "secret" not in str(caught.value)


async def test_what_the_service_does_not_offer_was_not_done() -> None:
    error, _ = await raised(reply(501, '{"message":"not here"}'), create)
    assert isinstance(error, errors.InternalServerError)


async def test_an_estimate_that_is_not_accepted_says_who_can_accept_it() -> None:
    async def convert(client: InvoicesClient) -> object:
        return await client.estimates.create_invoice("65f0c0ffee")

    error, _ = await raised(reply(400, '{"message":"estimate_not_accepted"}'), convert)
    assert isinstance(error, errors.BadRequestError)
    assert "only the customer" in str(error)


@pytest.mark.parametrize(
    ("access", "scopes"),
    [
        (("Location",), ()),
        (("Location",), ("a.write",)),
        (("Location", "Company"), ()),
        (("Location", "Company"), ("a.write", "b.write")),
    ],
)
def test_a_missing_scope_has_a_hint_whatever_the_document_asks(
    access: tuple[TokenKind, ...], scopes: tuple[str, ...]
) -> None:
    operation = Operation("x.y", "GET", "/x", "read", access=access, scopes=scopes)
    error = error_of(operation, Reply(401, {}, b'{"message":"not authorized for this scope"}'))
    assert isinstance(error, errors.MissingScopeError)
    assert error.hint
    assert all(scope in error.hint for scope in scopes)


async def test_an_absurd_quota_is_no_quota() -> None:
    error, _ = await raised(reply(429, "{}", f"X-RateLimit-Max: {'9' * 5000}"), get)
    assert isinstance(error, errors.RateLimitError)
    assert error.quota == {}
