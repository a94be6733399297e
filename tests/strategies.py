"""What the tests of models and requests are made of: the document, JSON as it may come, a wire.

Everything is drawn from the document's schemas, so a field that the document gains is tested
without a hand.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from hoopai_invoices import loads, models
from hoopai_invoices._model import Field, Model

DOCUMENT: dict[str, Any] = loads(
    (files("hoopai_invoices") / "_generated" / "openapi.json").read_bytes()
)
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
RECORDED = Path(__file__).with_name("recorded")
LOCATION = "ve9EPM428h8vShlRW1KT"
RECORD = "65a1b2c3d4e5f6a7b8c9d0e1"


def role_of(name: str) -> str:
    """Whether a schema is of answers, of requests, or shared by both."""
    role: str = SCHEMAS[name].get("x-role", "shared")
    return role


OBJECTS = [name for name, schema in SCHEMAS.items() if schema.get("type") == "object"]
REQUESTS = [name for name in OBJECTS if role_of(name) == "request"]
SHARED = [name for name in OBJECTS if role_of(name) == "shared"]
READ = [name for name in OBJECTS if role_of(name) != "request"]
LISTS = [name for name in READ if "x-paging" in SCHEMAS[name]]


def properties_of(name: str) -> dict[str, Any]:
    """The properties of an object schema."""
    properties: dict[str, Any] = SCHEMAS[name]["properties"]
    return properties


def model_of(name: str) -> type[Model]:
    """The model of an object schema."""
    model: type[Model] = getattr(models, name)
    return model


def is_located(name: str) -> bool:
    """Whether a body of this schema names its location, which the client fills in by itself."""
    return role_of(name) == "request" and "altId" in properties_of(name)


def fields_of(name: str) -> list[str]:
    """The JSON keys that are a model's own: all but the location of a request."""
    location = ("altId", "altType") if is_located(name) else ()
    return [key for key in properties_of(name) if key not in location]


@cache
def rows_of(name: str) -> dict[str, Field]:
    """The rows of a model's table, by JSON key."""
    return {row.key: row for row in model_of(name)._fields}


def named(schema: dict[str, Any]) -> str | None:
    """The component that a schema refers to."""
    return schema["$ref"].rpartition("/")[2] if "$ref" in schema else None


def recorded(name: str) -> Any:
    """A recorded file as the package's own reader reads it."""
    return loads((RECORDED / name).read_bytes())


def cases(count: int) -> settings:
    """How many examples a property gets; a failure prints what repeats it.

    Where CI is set, which has minutes, a quarter of them, and the same ones each time.
    """
    return settings(
        max_examples=max(8, count // 4) if os.environ.get("CI") else count,
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def text_of(value: Any) -> str:
    """JSON text with every digit as it is and keys in order: equal texts are the same JSON.

    It shares no code with the package's own writer.
    """
    if isinstance(value, dict):
        pairs = (f"{json.dumps(key)}: {text_of(value[key])}" for key in sorted(value))
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(text_of, value))}]"
    if isinstance(value, Decimal):
        return str(value)
    assert value is None or isinstance(value, str | bool | int), repr(value)
    return json.dumps(value)


# What a field may hold, whatever the document says. Among them are texts that look like numbers,
# flags, enum values and dates, and some that only begin to.
ODDITIES: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    5,
    2**53 + 1,
    10**29,
    Decimal("0.1000"),
    Decimal("1E-20"),
    Decimal("12345678901234567890123456789.01"),
    Decimal("0.123456789012345678901234567890"),
    Decimal("1E+5"),
    Decimal("-0.0"),
    Decimal("5.0"),
    "",
    " ",
    "text",
    "\u0000\U0001f4b6",
    "true",
    "12.50",
    "-3",
    "1e3",
    "1E-20",
    "1e9999",
    "9" * 40,
    "NaN",
    "-Infinity",
    "\u0663",
    "draft",
    "never_heard_of",
    "2026-03-01",
    "2026-02-30",
    "2026-03-01T10:11:12.345Z",
    "2026-03-01T10:11:12",
    "2026-03-01T10:11:12+05:30",
    "2026-03-01T10:11:12.3456789Z",
    "2026-03-01T24:00:00.000Z",
    "2026-03-01T10:99:00.000Z",
    "2026-02-30T10:11:12.345Z",
    "20260301",
    "2026-W10-7",
    "0001-01-01T00:00:00.000+14:00",
    "9999-12-31T23:59:59.999999-14:00",
    "1 Main St, Villa Rica, GA",
    [],
    [None],
    [1, "one", Decimal("1.10"), [Decimal("1.20")], {"one": Decimal("1.30")}, None, True],
    {},
    {"unknown": None},
    {"deep": {"deeper": [{"amount": Decimal("0.10")}, Decimal("1E-7")]}},
]


# Named functions rather than lambdas: when hypothesis describes a strategy it parses a lambda's
# source, which CPython 3.11 can fail at deep in a stack.
def _instant(at: dt.datetime) -> str:
    return at.isoformat(timespec="milliseconds") + "Z"


def _scaled(digits: int, exponent: int) -> Any:
    # Written out, because arithmetic on Decimals would round to the context's precision.
    return loads(f"{digits}E{exponent}") if exponent else digits


def _cents(whole: int, cents: int) -> Decimal:
    return Decimal(f"{whole}.{cents:02}")


ODD = st.sampled_from(ODDITIES)
DAYS = st.dates().map(dt.date.isoformat)
INSTANTS = st.datetimes().map(_instant)
LOCAL = st.datetimes().map(dt.datetime.isoformat)
WHEN = DAYS | INSTANTS | LOCAL
# Amounts of at most thirty digits before the point, and any number that may come.
AMOUNTS = st.one_of(
    st.integers(-(10**30), 10**30),
    st.integers(0, 10**6),
    st.builds(_cents, st.integers(0, 10**6), st.integers(0, 99)),
    st.builds(_scaled, st.integers(-(10**20), 10**20), st.integers(-20, 10)),
)
NUMBERS = AMOUNTS | st.builds(_scaled, st.integers(-(10**30), 10**30), st.integers(-20, 20))
# Traps: Python names of fields and of the base's own attributes are unknown as JSON keys.
STRANGERS = ("novelty", "id", "_rest", "self", "", "a.b", "ключ", "itemTotalNovelty")


def strangers_of(name: str) -> list[str]:
    """Keys that a schema doesn't know."""
    return [key for key in STRANGERS if key not in properties_of(name)]


def plausible(schema: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
    """JSON of the kind that a schema names, in the forms that the service is known to write."""
    name = named(schema)
    if name is not None:
        schema = SCHEMAS[name]
        if "properties" in schema:
            return answers(name, depth - 1) if depth else st.just({})
    if "enum" in schema:
        return st.sampled_from([*schema["enum"], "never_heard_of"])
    if "anyOf" in schema:
        return st.one_of([plausible(one, depth) for one in schema["anyOf"]])
    match schema.get("type"), schema.get("format"):
        case "string", "date" | "date-time":
            return WHEN
        case "string", _:
            return st.text(max_size=8) | st.integers(0, 10**6).map(str)
        case "number", _:
            return NUMBERS | NUMBERS.map(str)
        case "integer", _:
            return st.integers(-(2**63), 2**64)
        case "boolean", _:
            return st.booleans()
        case "array", _:
            return st.lists(plausible(schema["items"], depth) | ODD, max_size=3)
    return ODD | NUMBERS


@cache
def answers(name: str, depth: int = 2) -> st.SearchStrategy[dict[str, Any]]:
    """Objects of a schema as they may come: fields missing, null, odd and unknown, at any depth."""
    properties = properties_of(name)

    @st.composite
    def drawn(draw: st.DrawFn) -> dict[str, Any]:
        keys = draw(st.lists(st.sampled_from(sorted(properties)), max_size=6, unique=True))
        raw = {key: draw(plausible(properties[key], depth) | ODD) for key in keys}
        for key in draw(st.lists(st.sampled_from(strangers_of(name)), max_size=2, unique=True)):
            raw[key] = draw(ODD | NUMBERS)
        return raw

    return drawn()


def whole(name: str, depth: int = 2) -> dict[str, Any]:
    """An object with every field that its model has, as the document says."""
    return {key: _plain(properties_of(name)[key], depth) for key in fields_of(name)}


def _plain(schema: dict[str, Any], depth: int) -> Any:
    name = named(schema)
    if name is not None:
        schema = SCHEMAS[name]
        if "properties" in schema:
            return whole(name, depth - 1) if depth else {}
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return _plain(schema["anyOf"][0], depth)
    match schema.get("type"), schema.get("format"):
        case "string", "date":
            return "2026-03-01"
        case "string", "date-time":
            return "2026-03-01T10:11:12.345Z"
        case "string", _:
            return "USD"  # fits every pattern of the document
        case "number", _:
            return Decimal("1234.50")
        case "integer", _:
            return 2
        case "boolean", _:
            return True
        case "array", _:
            return [_plain(schema["items"], depth)]
    return {"any": [Decimal("0.10"), None]}


def fitting(schema: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
    """JSON that the document takes in a request."""
    name = named(schema)
    if name is not None:
        if "properties" in SCHEMAS[name]:
            return bodies(name, depth - 1)
        schema = {**SCHEMAS[name], **schema}
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema.get("type"), schema.get("format"):
        case "string", "date":
            return DAYS
        case "string", "date-time":
            return INSTANTS
        case "string", _ if "x-from-path" in schema:
            return st.just(RECORD)
        case "string", _ if "pattern" in schema:
            return st.sampled_from(["USD", "CRC"])
        case "string", _:
            most = min(schema.get("maxLength", 12), 12)
            return st.text(min_size=schema.get("minLength", 0), max_size=most)
        case "number", _ if "exclusiveMinimum" in schema:
            return st.integers(1, 10**6) | st.just(Decimal("0.01"))
        case "number", _:
            return AMOUNTS
        case "integer", _:
            return st.integers(schema.get("minimum", -100), schema.get("maximum", 100))
        case "boolean", _:
            return st.booleans()
        case "array", _:
            return st.lists(
                fitting(schema["items"], depth), min_size=schema.get("minItems", 0), max_size=2
            )
    return st.sampled_from([True, 5, "text", Decimal("0.10"), {"free": [{"form": "yes"}]}])


@cache
def bodies(name: str, depth: int = 3) -> st.SearchStrategy[dict[str, Any]]:
    """Objects that the document takes in a request, but for what answers add to them: answer-only
    and unknown fields, and nulls, at any depth where a model is shared with answers."""
    schema = SCHEMAS[name]
    properties = properties_of(name)
    required = [*schema.get("required", ())]
    required += [key for key, one in properties.items() if one.get("x-explicit")]
    required = [key for key in fields_of(name) if key in required]
    optional = [key for key in fields_of(name) if key not in required]

    @st.composite
    def drawn(draw: st.DrawFn) -> dict[str, Any]:
        keys = [*required]
        if depth > 0 and optional:
            keys += draw(st.lists(st.sampled_from(optional), max_size=5, unique=True))
        raw = {key: draw(fitting(properties[key], depth)) for key in keys}
        if role_of(name) == "shared":
            for key in draw(st.lists(st.sampled_from(strangers_of(name)), max_size=2, unique=True)):
                raw[key] = draw(st.sampled_from(["text", 5, Decimal("0.0000001"), {"a": [True]}]))
            for key in [key for key in optional if key not in raw][: draw(st.integers(0, 2))]:
                raw[key] = None
        return raw

    return drawn()


def objects_in(
    schema: dict[str, Any], value: Any, path: str = ""
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every object within a value whose schema names its fields: schema, place, object."""
    name = named(schema)
    if name is not None and "properties" in SCHEMAS[name]:
        if isinstance(value, dict):
            yield name, path, value
            for key, inner in properties_of(name).items():
                if key in value:
                    yield from objects_in(inner, value[key], f"{path}.{key}" if path else key)
    elif schema.get("type") == "array" and isinstance(value, list):
        for i, item in enumerate(value):
            yield from objects_in(schema["items"], item, f"{path}[{i}]")


def refers_to(name: str) -> dict[str, Any]:
    """A schema that is nothing but a component."""
    return {"$ref": f"#/components/schemas/{name}"}


def keywords_of(name: str, body: dict[str, Any]) -> dict[str, Any]:
    """The Python values of a request's JSON, by argument; what is shared is read as an answer is."""
    rows = rows_of(name)
    schemas = properties_of(name)
    return {
        rows[key].name: _argument(schemas[key], value) for key, value in body.items() if key in rows
    }


def _argument(schema: dict[str, Any], value: Any) -> Any:
    name = named(schema)
    if name is not None and "properties" in SCHEMAS[name]:
        if role_of(name) == "request":
            return model_of(name)(**keywords_of(name, value))
        return model_of(name).from_dict(loads(text_of(value)))
    if schema.get("type") == "array":
        return [_argument(schema["items"], item) for item in value]
    match schema.get("format"):
        case "date":
            return dt.date.fromisoformat(value)
        case "date-time":
            return dt.datetime.fromisoformat(value)
    return Decimal(value) if schema.get("type") == "number" else value


# Something of what every operation that writes always answers.
ANSWERED = '{"_id": "i", "success": true, "invoice": {}, "estimate": {}, "invoiceUrl": "u"}'


class Wire(httpx.AsyncBaseTransport):
    """A transport that keeps the requests and answers by a function, or with one text."""

    def __init__(self, answer: Callable[[httpx.Request], str] | str = ANSWERED):
        self.requests: list[httpx.Request] = []
        self._answer = answer

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        text = self._answer if isinstance(self._answer, str) else self._answer(request)
        return httpx.Response(200, text=text)

    def json(self, number: int = -1) -> Any:
        """The body of a request that was sent."""
        return loads(self.requests[number].content)
