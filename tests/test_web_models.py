"""Models out of endpoints: exact amounts, schemas that tell what comes, and no way in."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import pytest
from browser import browser
from fastapi import Body, FastAPI
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hoopai_invoices import Page, models
from hoopai_invoices._model import Model
from hoopai_invoices.models import Estimate, Invoice, InvoiceItem
from hoopai_invoices.web import json_response, plain

pytestmark = pytest.mark.anyio

CAME = {
    "_id": "66f1a0c2d4e5b60718293a01",
    "status": "hibernating",
    "total": Decimal("150.00"),
    "amountDue": Decimal("0.10"),
    "issueDate": "2026-03-02",
    "discount": None,
    "items": [],
    "invoiceItems": [{"name": "One hour", "amount": Decimal("75.000"), "qty": 2}],
    "unheardOf": {"deep": [Decimal("1.10")]},
}
SHOWN = {
    **CAME,
    "total": "150.00",
    "amountDue": "0.10",
    "invoiceItems": [{"name": "One hour", "amount": "75.000", "qty": "2"}],
    "unheardOf": {"deep": ["1.10"]},
}
INVOICE = Invoice.from_dict(CAME)
ESTIMATE = Estimate.from_dict({"_id": "e1", "total": Decimal("12.50")})


class Listed(BaseModel):
    items: list[Invoice]
    newest: Estimate | Invoice | None = None
    due: Decimal = Decimal("0.10")


class Mine(Invoice):
    """A user's own."""


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        (Invoice, INVOICE, SHOWN),
        (list[Invoice], [INVOICE, INVOICE], [SHOWN, SHOWN]),
        (dict[str, Invoice], {"a": INVOICE}, {"a": SHOWN}),
        (Invoice | None, None, None),
        (Estimate | Invoice, INVOICE, SHOWN),
        (Invoice | Estimate, ESTIMATE, {"_id": "e1", "total": "12.50"}),
        (Invoice | str, "none", "none"),
        (str | Invoice, INVOICE, SHOWN),
        (Mine, Mine.from_dict(CAME), SHOWN),
        (
            Listed,
            Listed(items=[INVOICE], newest=ESTIMATE),
            {"items": [SHOWN], "newest": {"_id": "e1", "total": "12.50"}, "due": "0.10"},
        ),
    ],
)
async def test_a_model_is_answered_with_every_digit(kind: Any, value: Any, shown: Any) -> None:
    adapter = TypeAdapter[Any](kind)
    assert json.loads(adapter.dump_json(adapter.validate_python(value))) == _numbers(shown)

    app = FastAPI()

    def returned() -> Any:
        return value

    returned.__annotations__["return"] = kind
    app.get("/annotated")(returned)
    app.get("/named", response_model=kind)(lambda: value)
    async with browser(app) as http:
        for path in ("/annotated", "/named"):
            answer = await http.get(path)
            assert answer.status_code == 200
            assert answer.json() == _numbers(shown)


def _numbers(value: Any) -> Any:
    return json.loads(json.dumps(value))


HALF = Invoice.from_dict({"name": "cut \ud83d", "n\udc00": ["\ud83d\ude00 ü", Decimal("1.10")]})


async def test_half_a_character_keeps_no_record_from_being_answered() -> None:
    app = FastAPI()

    @app.get("/annotated")
    async def annotated() -> list[Invoice]:
        return [HALF]

    @app.get("/plain")
    async def by_hand() -> Response:
        return json_response([HALF])

    async with browser(app) as http:
        [shown] = (await http.get("/annotated")).json()
        [as_it_came] = (await http.get("/plain")).json()
    assert shown == {"name": "cut \ufffd", "n\ufffd": ["\U0001f600 ü", "1.10"]}
    assert as_it_came == {"name": "cut \ud83d", "n\udc00": ["\U0001f600 ü", "1.10"]}


@given(st.text(st.characters(codec=None, exclude_categories=())))
def test_any_text_can_be_written(text: str) -> None:
    written = TypeAdapter(Invoice).dump_json(Invoice.from_dict({"name": text}))
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert json.loads(written) == {"name": whole}


def test_in_python_amounts_stay_decimals() -> None:
    dumped = Listed(items=[INVOICE]).model_dump()

    assert dumped["items"] == [CAME]
    assert isinstance(dumped["items"][0]["total"], Decimal)


async def test_another_record_than_the_annotation_says_is_no_answer() -> None:
    app = FastAPI()

    @app.get("/")
    async def wrong() -> Estimate:
        return INVOICE  # type: ignore[return-value]  # pyright: ignore[reportReturnType]

    async with browser(app) as http:
        assert (await http.get("/")).status_code == 500


@pytest.mark.parametrize("name", sorted(models.__all__))
def test_every_model_has_a_schema_and_is_written(name: str) -> None:
    model = getattr(models, name)
    if not issubclass(model, Model):
        return
    adapter = TypeAdapter[Any](model)
    schema = adapter.json_schema(mode="serialization")

    assert schema["type"] == "object"
    assert schema["properties"].keys() == {row.key for row in model._fields}
    assert adapter.dump_json(model.from_dict({})) == b"{}"
    assert "number" not in _types(schema)


def _types(schema: Any) -> set[str]:
    if isinstance(schema, dict):
        own = {schema["type"]} if isinstance(schema.get("type"), str) else set()
        return own.union(*map(_types, schema.values()))
    return set().union(*map(_types, schema)) if isinstance(schema, list) else set()


async def test_the_application_s_document_shows_the_models() -> None:
    app = FastAPI()

    @app.get("/")
    async def listed() -> Listed:
        return Listed(items=[])

    async with browser(app) as http:
        shown = (await http.get("/openapi.json")).json()["components"]["schemas"]
    assert {"Invoice", "InvoiceItem", "Estimate", "Listed"} <= shown.keys()
    invoice = shown["Invoice"]
    assert invoice["properties"]["total"] == {
        "type": "string",
        "format": "decimal",
        "description": "Sum to pay, after discount and taxes.",
    }
    lines = invoice["properties"]["invoiceItems"]
    assert lines["items"] == {"$ref": "#/components/schemas/InvoiceItem"}
    assert "draft" in invoice["properties"]["status"]["examples"]
    assert "enum" not in invoice["properties"]["status"]
    assert {"_id", "total"} <= set(invoice["required"])
    assert "dueDate" not in invoice["required"]
    assert invoice["description"].startswith("An invoice.")
    assert invoice["additionalProperties"] is True


async def test_a_model_is_no_input() -> None:
    app = FastAPI()

    @app.post("/body")
    async def body(item: Annotated[InvoiceItem, Body()]) -> None:
        pytest.fail("it was taken")

    @app.post("/within")
    async def within(listed: Listed) -> None:
        pytest.fail("it was taken")

    sent: dict[str, Any] = {"/body": {"amount": 1.1}, "/within": {"items": [{"total": 0.1}]}}
    async with browser(app) as http:
        for path, content in sent.items():
            answer = await http.post(path, json=content)
            assert answer.status_code == 422
            [refused] = answer.json()["detail"]
            assert "declare a pydantic model of your own" in refused["msg"]
    with pytest.raises(ValidationError, match="declare a pydantic model"):
        TypeAdapter(Invoice).validate_json('{"total": 1.1}')


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (lambda: INVOICE, SHOWN),
        (lambda: [INVOICE, (ESTIMATE,)], [SHOWN, [{"_id": "e1", "total": "12.50"}]]),
        (
            lambda: {"due": Decimal("1E+2"), "day": date(2026, 3, 2), "is": INVOICE.status},
            {"due": "100", "day": "2026-03-02", "is": "hibernating"},
        ),
        (lambda: Page([INVOICE], 7, 20), {"items": [SHOWN], "total": 7, "offset": 20}),
        (lambda: None, None),
    ],
)
async def test_starlette_answers_with_every_digit(content: Callable[[], Any], shown: Any) -> None:
    async def endpoint(request: Request) -> Response:
        return json_response(content(), 201, {"x-mine": "yes"})

    async with browser(Starlette(routes=[Route("/", endpoint)])) as http:
        answer = await http.get("/")
    assert (answer.status_code, answer.headers["x-mine"]) == (201, "yes")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == _numbers(shown)


@pytest.mark.parametrize("value", [1.5, {"a": [0.1]}, object(), {1: "a"}, float("nan")])
def test_what_would_lose_digits_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        plain(value)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12)))
def test_every_amount_comes_back_as_it_was(amount: Decimal) -> None:
    invoice = Invoice.from_dict({"total": amount})
    written = TypeAdapter(Invoice).dump_json(invoice)

    assert Decimal(json.loads(written)["total"]) == amount
    assert json.loads(written) == plain(invoice)


def test_without_pydantic_a_model_costs_none_of_it() -> None:
    code = (
        "import sys; from hoopai_invoices.models import Invoice; Invoice.from_dict({}).to_dict();"
        "print([name for name in sys.modules if 'pydantic' in name or 'hoopai_invoices.web' in name])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_models_need_neither_starlette_nor_fastapi() -> None:
    code = (
        "import sys; from pydantic import TypeAdapter; from hoopai_invoices.models import Invoice;"
        "TypeAdapter(Invoice).json_schema(mode='serialization');"
        "print([name for name in sys.modules if name in ('starlette', 'fastapi')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
