"""`client.raw`: what the document doesn't know, with the same limits, retries and errors."""

from __future__ import annotations

import asyncio
import json
import math
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, get_args
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import Answer, ScriptedServer, cut, reply, scripted

from hoopai_invoices import CallOptions, InvoicesClient, RateLimit, errors
from hoopai_invoices._core.raw import raw_call, raw_request
from hoopai_invoices._protocol import RetryClass
from hoopai_invoices.sandbox import Sandbox

pytestmark = pytest.mark.anyio

TOKEN = "pit-raw-77c1d09a52"
LOCATION = "ve9EPM428h8vShlRW1KT"
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


@asynccontextmanager
async def service(
    answer: Answer, **settings: Any
) -> AsyncIterator[tuple[InvoicesClient, ScriptedServer]]:
    async with scripted(answer) as server:
        async with InvoicesClient(
            token=TOKEN, location_id=LOCATION, base_url=server.url, **settings
        ) as client:
            yield client, server


def in_turn(*answers: Answer) -> Answer:
    left = list(answers)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await (left.pop(0) if len(left) > 1 else left[0])(reader, writer)

    return answer


# --- What is sent --------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
async def test_every_method_arrives(method: str) -> None:
    async with service(reply(200)) as (client, server):
        answer = await client.raw(
            method,
            "/contacts/a.b_c~1/notes",
            query={"limit": 5},
            json=None if method in ("GET", "HEAD") else {"a": 1},
            options=CallOptions(headers={"X-Mine": "1"}),
        )
    assert answer is None
    head = server.heads[0]
    assert head.startswith(f"{method} /contacts/a.b_c~1/notes?limit=5 HTTP/1.1\r\n")
    for line in (f"authorization: bearer {TOKEN}", "version: 2021-07-28", "x-mine: 1"):
        assert f"\r\n{line}\r\n" in head.lower()
    typed = "content-type: application/json" in head.lower()
    assert typed == (method not in ("GET", "HEAD"))
    assert server.bodies == [b'{"a":1}' if typed else b""]


@pytest.mark.parametrize(
    "method", ["get", "OPTIONS", "TRACE", "CONNECT", "GET ", "", None, 1, "GET\r\n"]
)
async def test_no_other_method_is_sent(method: Any) -> None:
    async with service(reply(200)) as (client, server):
        with pytest.raises(errors.InvalidRequestError) as caught:
            await client.raw(method, "/users/")
    assert caught.value.path == "method"
    assert server.heads == []


REFUSED = [
    "", "/", "users", "//users", "/users//", "/..", "/users/..", "/users/../contacts", "/./users", "/users/.",
    "/.", "/users/%2e%2e", "/users%2Fx", "/users?x=1", "/users?", "/users#x", "/users/#", "https://evil.example/users",
    "//evil.example/users", "http:/users", "/users;x", "/users\\x", "/users x", "/users\n", "\n/users", "/users\r\nHost: x",
    "/users\0", "/users\t", "/üsers", "/users/\u2025", "/users/\uff0e\uff0e", "@evil.example/", "/users@x", "/" + "a" * 1000, "/a{b}",
    "/users/*", "/a+b", "/a&b", "/a=b", "/a:b", "/[a]", "/\"a\"", "/\ud800", None, 5, b"/users", ["/users"],
]  # fmt: skip


@pytest.mark.parametrize("path", REFUSED, ids=ascii)
async def test_no_other_path_is_sent(path: Any) -> None:
    async with service(reply(200)) as (client, server):
        with pytest.raises(errors.InvalidRequestError) as caught:
            await client.raw("GET", path)
    assert caught.value.path == "path"
    assert server.heads == []


def refused_path(path: Any) -> bool:
    try:
        raw_call("GET", path, None, None)
    except errors.InvalidRequestError:
        return True
    return False


def plain(path: str) -> bool:
    """Whether a path needs no encoding and can't be normalised into another."""
    parts = path.split("/")
    return (
        len(path) <= 1000
        and len(parts) > 1
        and parts[0] == ""
        and "" not in (parts[1:-1] if parts[-1] == "" else parts[1:])
        and len(parts) > (2 if parts[-1] == "" else 1)
        and not {".", ".."} & set(parts)
        and all(letter.isascii() and (letter.isalnum() or letter in "_.~-/") for letter in path)
    )


pieces = st.sampled_from(["/", "/", ".", "..", "%2e", "a", "B9", "-", "_", "~", "?", "#", "\\", ":", "\n", "é", " "])  # fmt: skip


@given(st.lists(pieces, max_size=12).map("".join) | st.text(max_size=20))
def test_exactly_the_plain_paths_are_taken(path: str) -> None:
    assert refused_path(path) == (not plain(path))
    assert refused_path("/x" + path) == (not plain("/x" + path))


segments = st.text(st.sampled_from("aZ0._~-"), min_size=1, max_size=8).filter(
    lambda text: text not in (".", "..")
)


async def test_what_is_taken_arrives_byte_for_byte() -> None:
    paths: list[str] = []

    @given(st.lists(segments, min_size=1, max_size=6), st.booleans())
    def draw(parts: list[str], slash: bool) -> None:
        paths.append("/" + "/".join(parts) + "/" * slash)

    draw()
    async with service(reply(200), rate_limit=None) as (client, server):
        for path in paths:
            await client.raw("GET", path)
    assert [head.split()[1] for head in server.heads] == paths


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a b&c=d?#/+%ü", "a b&c=d?#/+%ü"),
        ("", ""),
        (5, "5"),
        (-(10**30), "-" + "1" + "0" * 30),
        (True, "true"),
        (False, "false"),
        (Decimal("1E+3"), "1000"),
        (Decimal("0.10"), "0.10"),
        (Decimal("1E-7"), "0.0000001"),
        (date(2026, 3, 1), "2026-03-01"),
        (datetime(2026, 3, 1, 12, 30, tzinfo=UTC), "2026-03-01T12:30:00+00:00"),
    ],
)
async def test_a_query_value_arrives_as_it_is(value: object, text: str) -> None:
    async with service(reply(200)) as (client, server):
        await client.raw("GET", "/users/", query={"a": value, "b c": "1"})
    target = server.heads[0].split()[1]
    assert target.startswith("/users/?")
    assert parse_qsl(target.partition("?")[2], keep_blank_values=True) == [
        ("a", text),
        ("b c", "1"),
    ]


@pytest.mark.parametrize(
    "value", [1.5, math.nan, None, b"a", ["a"], {"a": 1}, Decimal("NaN"), Decimal("Infinity"), Decimal("1E+999999999"), object()]
)  # fmt: skip
async def test_no_other_query_value_is_sent(value: object) -> None:
    async with service(reply(200)) as (client, server):
        with pytest.raises(errors.InvalidRequestError) as caught:
            await client.raw("GET", "/users/", query={"a": value})
    assert caught.value.path == "query['a']"
    assert server.heads == []


@pytest.mark.parametrize(
    "query", [{1: "a"}, {None: "a"}, ["a"], "a=b", {"a": "\ud800"}, {"\ud800": "a"}]
)
async def test_what_is_no_query_is_refused(query: Any) -> None:
    async with service(reply(200)) as (client, server):
        with pytest.raises(errors.InvalidRequestError):
            await client.raw("GET", "/users/", query=query)
    assert server.heads == []


async def test_an_address_that_is_too_long_is_refused() -> None:
    async with service(reply(200)) as (client, server):
        with pytest.raises(errors.InvalidRequestError, match="too long"):
            await client.raw("GET", "/users/", query={"a": "x" * 8000})
    assert server.heads == []


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Decimal("1234567890123456789.10"), b"1234567890123456789.10"),
        (Decimal("0.1"), b"0.1"),
        (Decimal("-0.00"), b"-0.00"),
        (10**40, b"1" + b"0" * 40),
        (True, b"true"),
        ("ü\u2028\"", '"ü\u2028\\""'.encode()),
        (date(2026, 3, 1), b'"2026-03-01"'),
        ([], b"[]"),
        ((1, "a"), b'[1,"a"]'),
        (OrderedDict(b=1, a=None), b'{"b":1,"a":null}'),
        ("", b'""'),
        (0, b"0"),
        (False, b"false"),
    ],
)  # fmt: skip
async def test_the_body_is_exact(value: object, written: bytes) -> None:
    async with service(reply(200)) as (client, server):
        await client.raw("POST", "/users/", json=value)
        await client.raw("POST", "/users/", json={"deep": [{"a": value}]})
    assert server.bodies == [written, b'{"deep":[{"a":' + written + b"}]}"]


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_decimal_stays_the_same_number(number: Decimal) -> None:
    call = raw_call("POST", "/users/", None, None)
    content = raw_request(call, None, {"a": number}, {}).content
    assert content is not None
    read = json.loads(content, parse_float=Decimal, parse_int=Decimal)["a"]
    assert read == number
    digits = content.removeprefix(b'{"a":').removesuffix(b"}").decode()
    assert digits == str(number) or read.as_tuple().digits == number.as_tuple().digits


def holding_itself() -> object:
    value: list[Any] = []
    value.append({"a": value})
    return value


def deep(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [
        1.0, math.nan, math.inf, -math.inf, Decimal("NaN"), Decimal("sNaN"), Decimal("-Infinity"), b"a", {1, 2}, object(),
        {1: "a"}, {None: 1}, {("a",): 1}, holding_itself(), deep(101), deep(100_000), complex(1), range(3), "\ud800", {"\ud800": 1},
    ],
    ids=lambda value: ascii(value)[:20] if not isinstance(value, list) else "list",
)  # fmt: skip
async def test_what_json_cannot_say_exactly_is_refused(value: object) -> None:
    async with service(reply(200)) as (client, server):
        for json_ in (value, {"a": [value]}):
            with pytest.raises(errors.InvalidRequestError) as caught:
                await client.raw("POST", "/users/", json=json_)
            assert caught.value.path.startswith(("json", "body"))
            assert caught.value.operation == "POST /users/"
    assert server.heads == []


@pytest.mark.parametrize(
    "headers", [{"Authorization": "x"}, {"version": "x"}, {"a": "b\r\nc: d"}, {"content-type": "text/plain"}]
)  # fmt: skip
async def test_the_clients_own_headers_stay(headers: dict[str, str]) -> None:
    async with service(reply(200)) as (client, server):
        with pytest.raises(errors.InvalidRequestError):
            await client.raw("POST", "/users/", json={}, options=CallOptions(headers=headers))
        with pytest.raises(errors.InvalidRequestError):
            await client.raw("POST", "/users/", options="timeout=5")  # type: ignore[arg-type]
    assert server.heads == []


# --- What comes back -----------------------------------------------------------------------------


async def test_the_answer_is_exact_json() -> None:
    text = '{"a":1.10,"b":12345678901234567890,"c":[null,true,"ü"],"d":0.1}'
    async with service(reply(200, text)) as (client, _):
        found = await client.raw("GET", "/users/")
    assert found == {"a": Decimal("1.10"), "b": 12345678901234567890, "c": [None, True, "ü"], "d": Decimal("0.1")}  # fmt: skip
    assert str(found["a"]) == "1.10"


@pytest.mark.parametrize(("status", "body"), [(200, ""), (204, ""), (201, " \r\n\t ")])
async def test_an_empty_answer_is_none(status: int, body: str) -> None:
    async with service(reply(status, body)) as (client, _):
        assert await client.raw("POST", "/users/", json={}) is None


@pytest.mark.parametrize("body", ["<html>", "{", "NaN", "[1e9999999999999999999]", "\xff"])
@pytest.mark.parametrize("method", METHODS)
async def test_an_answer_that_is_no_json(method: str, body: str) -> None:
    if method == "HEAD":  # has no body
        return
    async with service(reply(200, body)) as (client, server):
        with pytest.raises(errors.DecodeError) as caught:
            await client.raw(method, "/users/")
    assert caught.value.committed == (method != "GET")
    assert caught.value.operation == f"{method} /users/"
    assert len(server.heads) == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, errors.BadRequestError), (401, errors.AuthenticationError), (404, errors.NotFoundError)],
)
async def test_an_error_names_the_call(status: int, kind: type[errors.APIStatusError]) -> None:
    async with service(reply(status, '{"message":"no"}')) as (client, _):
        with pytest.raises(kind) as caught:
            await client.raw("GET", "/users/", query={"q": "x"})
    assert caught.value.operation == "GET /users/"
    assert str(caught.value).startswith("GET /users/: no")
    assert caught.value.attempts == 1


# --- What is sent again --------------------------------------------------------------------------


@pytest.mark.parametrize("retry", [None, *get_args(RetryClass)])
@pytest.mark.parametrize("method", METHODS)
async def test_a_lost_answer(method: str, retry: RetryClass | None) -> None:
    repeatable = retry in ("read", "replace", "remove") or (
        retry is None and method not in ("POST", "PATCH")
    )
    async with service(in_turn(cut(b""), reply(200))) as (client, server):
        if repeatable:
            assert await client.raw(method, "/users/", retry=retry) is None
        else:
            with pytest.raises(errors.OutcomeUnknown) as caught:
                await client.raw(method, "/users/", json={"a": 1}, retry=retry)
            assert caught.value.request == {"a": 1}
            assert caught.value.operation == f"{method} /users/"
    assert len(server.heads) == (2 if repeatable else 1)


@pytest.mark.parametrize("retry", ["reads", "", 1, True])
async def test_no_other_class_is_taken(retry: Any) -> None:
    async with service(reply(200)) as (client, server):
        with pytest.raises(errors.InvalidRequestError) as caught:
            await client.raw("POST", "/users/", retry=retry)
    assert caught.value.path == "retry"
    assert server.heads == []


async def test_a_delete_that_was_done_before_is_done() -> None:
    gone = reply(404, '{"message":"not found"}')
    async with service(in_turn(cut(b""), gone)) as (client, server):
        assert await client.raw("DELETE", "/users/5") is None
    assert len(server.heads) == 2
    async with service(gone) as (client, _):
        with pytest.raises(errors.NotFoundError):
            await client.raw("DELETE", "/users/5")


async def test_options_are_heeded() -> None:
    async with service(reply(503)) as (client, server):
        with pytest.raises(errors.InternalServerError) as caught:
            await client.raw("GET", "/users/", options=CallOptions(max_attempts=1))
        assert caught.value.attempts == 1
        for wrong in (
            CallOptions(timeout=0),
            CallOptions(max_attempts=0),
            CallOptions(queue_timeout=-1),
        ):
            with pytest.raises(errors.InvalidRequestError) as refused:
                await client.raw("GET", "/users/", options=wrong)
            assert refused.value.operation == "GET /users/"
    assert len(server.heads) == 1


async def test_the_limits_hold_and_are_the_locations_own() -> None:
    async with service(reply(200), rate_limit=RateLimit(burst=2, seconds=600)) as (client, server):
        now = CallOptions(queue_timeout=0.05)
        for _ in range(2):
            await client.raw("GET", "/users/", options=now)
        with pytest.raises(errors.QueueTimeoutError) as caught:
            await client.raw("GET", "/users/", options=now)
        assert caught.value.operation == "GET /users/"
        with pytest.raises(errors.QueueTimeoutError):
            await client.invoices.get("65f0c0ffee", options=now)
        await client.location("anotherLocation1").raw("GET", "/users/", options=now)
    assert len(server.heads) == 3


async def test_it_reaches_what_typed_calls_reach() -> None:
    async with Sandbox(now=datetime(2026, 3, 1, tzinfo=UTC), seed=1) as box:
        made = box.add_invoice()
        async with box.client() as client:
            found = await client.raw(
                "GET",
                f"/invoices/{made.id}",
                query={"altId": client.location_id, "altType": "location"},
            )
    assert found["_id"] == made.id
    assert box.calls == ["invoices.get"]
