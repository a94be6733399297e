"""Requests are written strictly: what the document doesn't know never leaves the client."""

from __future__ import annotations

import copy
import inspect
import json
import pickle
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib import import_module
from typing import Any, cast

import httpx
import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import (
    DOCUMENT,
    LOCATION,
    REQUESTS,
    SCHEMAS,
    SHARED,
    Wire,
    bodies,
    cases,
    is_located,
    keywords_of,
    model_of,
    named,
    objects_in,
    properties_of,
    recorded,
    refers_to,
    role_of,
    rows_of,
    text_of,
)
from strategies import (
    RECORD as ID,
)

from hoopai_invoices import (
    UNSET,
    CallOptions,
    Drift,
    InvoicesClient,
    LocationDefaults,
    Unset,
    loads,
    models,
)
from hoopai_invoices._core.request import Request, build
from hoopai_invoices._generated.catalogue import OPERATIONS
from hoopai_invoices._model import Model
from hoopai_invoices._protocol import Call, Operation
from hoopai_invoices.errors import InvalidRequestError

UNKNOWN = CallOptions(send_unknown=True)
WRITES = [operation for operation in OPERATIONS.values() if operation.body is not None]
OPERATION_OF = {cast(str, operation.body): operation for operation in WRITES}
online = pytest.mark.anyio
for _operation in WRITES:
    # Imported here, not in the depth of a property test: pytest parses a module's source when it
    # is first imported, and CPython 3.11's parser can fail where hypothesis is at work.
    import_module(f"hoopai_invoices._generated.api.{_operation.name.partition('.')[0]}")


def sent(body: Model, *, options: CallOptions | None = None) -> Request:
    """What the client would send of this body."""
    operation = OPERATION_OF[type(body).__name__]
    call = Call(operation, ids=(ID,) * operation.path.count("{"), body=body, options=options)
    return build(call, location_id=LOCATION, defaults={})


def json_of(body: Model, *, options: CallOptions | None = None) -> Any:
    """The same as JSON with exact numbers."""
    content = sent(body, options=options).content
    assert content is not None
    return loads(content)


# --- The document as a strict judge ----------------------------------------------------------


def undeclared(schema: dict[str, Any], body: Any) -> list[str]:
    """The places of keys that the document doesn't declare for a request, at every depth."""
    return [
        f"{path}.{key}" if path else key
        for name, path, found in objects_in(schema, body)
        for key in found
        if properties_of(name).get(key, {"x-response-only": True}).get("x-response-only")
    ]


def strict(node: Any) -> Any:
    """A schema that knows no fields but its own, and none that only answers have."""
    if isinstance(node, list):
        return [strict(one) for one in node]
    if not isinstance(node, dict):
        return node
    made = {key: strict(value) for key, value in node.items() if key != "examples"}
    if isinstance(node.get("properties"), dict):
        made["additionalProperties"] = False
        made["properties"] = {
            key: strict(one)
            for key, one in node["properties"].items()
            if not one.get("x-response-only")
        }
    return made


_SCHEMAS = json.loads(text_of(strict(SCHEMAS)))


def judge_of(name: str) -> jsonschema_rs.Validator:
    """A validator of a request's body."""
    components = {"components": {"schemas": _SCHEMAS}}
    return jsonschema_rs.validator_for(refers_to(name) | components, validate_formats=True)


JUDGES = {name: judge_of(name) for name in REQUESTS}


def accepted(name: str, content: bytes | None) -> None:
    """The document takes this body, and declares every key in it."""
    assert content is not None
    assert undeclared(refers_to(name), loads(content)) == []
    errors = JUDGES[name].iter_errors(json.loads(content))
    assert [(list(error.instance_path), error.message) for error in errors] == []


def declared(schema: dict[str, Any], body: Any, *, known_only: bool = True) -> Any:
    """What must be sent of a body: without nulls, and without what isn't declared; with the
    location at every depth that names it, and what the document adds to what is left out."""
    name = named(schema)
    if name is not None and "properties" in SCHEMAS[name]:
        properties = properties_of(name)
        made = {"altId": LOCATION, "altType": "location"} if is_located(name) else {}
        for key, one in properties.items():
            if key not in body and role_of(name) == "request" and "x-when-omitted" in one:
                made[key] = one["x-when-omitted"]
        for key, value in body.items():
            one = properties.get(key, {"x-response-only": True})
            if value is not None and not (known_only and one.get("x-response-only")):
                made[key] = declared(one, value, known_only=known_only)
        return made
    if schema.get("type") == "array":
        return [declared(schema["items"], item, known_only=known_only) for item in body]
    return body


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON, numbers compared as numbers."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    return isinstance(one, bool) is isinstance(other, bool) and bool(one == other)


def plain_numbers(content: bytes | None) -> bool:
    """Whether no number of a body has an exponent."""
    assert content is not None
    numbers: list[str] = []
    json.loads(content, parse_float=numbers.append)
    return not any("e" in number.lower() for number in numbers)


# --- Nothing undeclared leaves the client ----------------------------------------------------


def arguments_of(
    operation: Operation, body: dict[str, Any], method: Any
) -> tuple[list[str], dict[str, Any]]:
    """How a body is given to a resource method: ids by position, fields by keyword."""
    keywords = keywords_of(cast(str, operation.body), body)
    parameters = inspect.signature(method).parameters.values()
    ids = [
        # An id of the body stands in the method's path arguments where there is such a one.
        keywords.pop(one.name, keywords.get("id", ID))
        for one in parameters
        if one.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    ]
    names = {one.name for one in parameters}
    return ids, {name: value for name, value in keywords.items() if name in names}


async def exchanged(
    operation: Operation, body: dict[str, Any], *, options: CallOptions | None = None
) -> tuple[httpx.Request, list[str]]:
    """Call the operation's method: the request, and the places that were said to be left out."""
    wire = Wire()
    told: list[Drift] = []
    async with InvoicesClient(
        token="t",
        location_id=LOCATION,
        transport=wire,
        on_drift=lambda _, drift: told.append(drift),
    ) as client:
        resource, _, verb = operation.name.partition(".")
        method = getattr(getattr(client, resource), verb)
        ids, keywords = arguments_of(operation, body, method)
        await method(*ids, **keywords, options=options)
    (request,) = wire.requests
    return request, [drift.path for drift in told if drift.kind == "not_sent"]


@online
@pytest.mark.parametrize("operation", WRITES, ids=lambda operation: operation.name)
@given(data=st.data())
@cases(20)
async def test_only_what_the_document_declares_is_sent(
    operation: Operation, data: st.DataObject
) -> None:
    name = cast(str, operation.body)
    raw = data.draw(bodies(name))
    everything = declared(refers_to(name), raw, known_only=False)

    request, left_out = await exchanged(operation, raw)
    accepted(name, request.content)
    assert plain_numbers(request.content)
    assert same(loads(request.content), declared(refers_to(name), raw))
    # All that is left out is told by its place; leaving out a null takes nothing away.
    assert sorted(left_out) == sorted(undeclared(refers_to(name), everything))

    request, left_out = await exchanged(operation, raw, options=UNKNOWN)
    assert left_out == []
    assert same(loads(request.content), everything)
    assert plain_numbers(request.content)


@pytest.mark.parametrize("name", REQUESTS)
@given(data=st.data())
@cases(10)
def test_a_copy_sends_the_same(name: str, data: st.DataObject) -> None:
    body = model_of(name)(**keywords_of(name, data.draw(bodies(name))))

    for twin in (copy.copy(body), copy.deepcopy(body), pickle.loads(pickle.dumps(body))):
        assert twin == body
        assert sent(twin).content == sent(body).content
        assert sent(twin, options=UNKNOWN).content == sent(body, options=UNKNOWN).content


@pytest.mark.parametrize("name", SHARED)
@given(data=st.data())
@cases(10)
def test_a_part_read_from_an_answer_can_be_sent(name: str, data: st.DataObject) -> None:
    holders = {
        key: model
        for model in REQUESTS
        for key, schema in properties_of(model).items()
        if name in (named(schema), named(schema.get("items", {})))
    }
    raw = data.draw(bodies(name))
    part = model_of(name).from_dict(loads(text_of(raw)))
    if not holders:
        # It travels within another part; `meta`, being free, takes any.
        body: Model = models.PaymentRecord(mode="cash", meta={"part": part})
        came = json_of(body)["meta"]["part"]
    else:
        key, model = sorted(holders.items())[0]
        rest = data.draw(bodies(model))
        listed = properties_of(model)[key].get("type") == "array"
        rest[key] = [raw] if listed else raw
        body = model_of(model)(**keywords_of(model, rest))
        came = json_of(body)[key][0] if listed else json_of(body)[key]

    assert undeclared(refers_to(name), came) == []
    assert same(came, declared(refers_to(name), raw))
    # Reading it back is reading what was sent.
    assert same(model_of(name).from_dict(came).to_dict(), came)


def line(**changes: Any) -> models.InvoiceItem:
    """A line as an answer holds it, with what only answers have."""
    raw = {"_id": ID, "name": "Hour", "currency": "USD", "amount": 150, "qty": 1}
    return models.InvoiceItem.from_dict(raw | changes)


def invoice(**changes: Any) -> models.InvoiceCreate:
    """A small invoice, ready to be sent."""
    return models.InvoiceCreate(**keywords_of("InvoiceCreate", INVOICE) | changes)


INVOICE: dict[str, Any] = {
    "name": "Coaching, March",
    "businessDetails": {"name": "Example LLC"},
    "currency": "USD",
    "items": [{"name": "Hour", "currency": "USD", "amount": 150, "qty": 1}],
    "contactDetails": {"id": ID, "name": "Alex"},
    "issueDate": "2026-03-01",
    "liveMode": False,
}


@online
async def test_what_is_left_out_is_told_and_sent_on_demand() -> None:
    told: list[tuple[str, str, str]] = []
    wire = Wire()
    novel = line(
        novelty={"since": 2027},
        itemTotalTax=Decimal("1.50"),
        taxes=[{"_id": "t", "name": "VAT", "rate": 13, "kind": "reduced"}],
    )

    async def create(client: InvoicesClient, options: CallOptions | None) -> None:
        await client.invoices.create(
            name="Coaching",
            business_details=models.BusinessDetails(name="Example LLC"),
            currency="USD",
            items=[novel],
            contact_details=models.ContactDetails(id=ID, name="Alex"),
            issue_date=date(2026, 3, 1),
            live_mode=False,
            options=options,
        )

    async with InvoicesClient(
        token="t",
        location_id=LOCATION,
        transport=wire,
        on_drift=lambda name, drift: told.append((name, drift.path, drift.kind)),
    ) as client:
        await create(client, None)
        left_out = [one for one in told if one[2] == "not_sent"]
        told.clear()
        await create(client, UNKNOWN)

    (strict_line,) = wire.json(0)["items"]
    assert strict_line == {
        "name": "Hour",
        "currency": "USD",
        "amount": 150,
        "qty": 1,
        "taxes": [{"_id": "t", "name": "VAT", "rate": 13}],
    }
    assert wire.json(1)["items"] == [
        strict_line
        | {"_id": ID, "novelty": {"since": 2027}, "itemTotalTax": Decimal("1.50")}
        | {"taxes": [{"_id": "t", "name": "VAT", "rate": 13, "kind": "reduced"}]}
    ]
    assert sorted(left_out) == [
        ("invoices.create", "items[0]._id", "not_sent"),
        ("invoices.create", "items[0].itemTotalTax", "not_sent"),
        ("invoices.create", "items[0].novelty", "not_sent"),
        ("invoices.create", "items[0].taxes[0].kind", "not_sent"),
    ]
    assert not [one for one in told if one[2] == "not_sent"]


@online
async def test_an_unreadable_field_is_left_out_and_told() -> None:
    raw = INVOICE | {"businessDetails": {"name": "Example", "address": "1 Main St, GA"}}

    request, left_out = await exchanged(OPERATIONS["invoices.create"], raw)
    assert loads(request.content)["businessDetails"] == {"name": "Example"}
    assert left_out == ["businessDetails.address"]

    request, left_out = await exchanged(OPERATIONS["invoices.create"], raw, options=UNKNOWN)
    assert loads(request.content)["businessDetails"] == raw["businessDetails"]
    assert left_out == []


@pytest.mark.parametrize("options", [None, UNKNOWN])
def test_a_field_set_to_none_is_not_sent(options: CallOptions | None) -> None:
    # The first came as text, so its text was kept beside its value.
    discount = models.Discount.from_dict({"type": "fixed", "value": "5", "validOnProductIds": [ID]})
    discount.value = None
    discount.valid_on_product_ids = None

    assert json_of(invoice(discount=discount), options=options)["discount"] == {"type": "fixed"}


@pytest.mark.parametrize("name", REQUESTS)
def test_an_unknown_keyword_is_no_field(name: str) -> None:
    model: Any = model_of(name)
    with pytest.raises(TypeError, match="novelty"):
        model(novelty=1)


def test_an_unknown_enum_value_of_an_answer_is_not_sent_by_itself() -> None:
    body = invoice(discount=models.Discount.from_dict({"type": "voucher", "value": 5}))

    with pytest.raises(InvalidRequestError) as caught:
        sent(body)
    assert caught.value.path == "discount.type"
    assert json_of(body, options=UNKNOWN)["discount"] == {"type": "voucher", "value": 5}


# --- Every operation, through the public methods ---------------------------------------------


EXAMPLES = [
    pytest.param(operation, example, id=f"{operation.name}-{number}")
    for operation in WRITES
    for number, example in enumerate(SCHEMAS[cast(str, operation.body)].get("examples", ()))
]


@online
@pytest.mark.parametrize(("operation", "example"), EXAMPLES)
async def test_every_method_sends_the_example_of_its_request(
    operation: Operation, example: dict[str, Any]
) -> None:
    name = cast(str, operation.body)
    body = example
    if is_located(name):
        body = {key: value for key, value in example.items() if key not in ("altId", "altType")}

    request, left_out = await exchanged(operation, body)

    assert request.method == operation.method
    assert "{" not in request.url.path
    accepted(name, request.content)
    assert same(loads(request.content), declared(refers_to(name), body))
    assert left_out == []


@online
async def test_the_recorded_estimate_is_sent_as_it_was_recorded() -> None:
    raw = recorded("estimate.create.request.json")
    wire = Wire(lambda _: text_of(recorded("estimate.create.response.201.json")))
    async with InvoicesClient(token="t", location_id=LOCATION, transport=wire) as client:
        estimate = await client.estimates.create(
            name="TEST - delete",
            title="Test quote",
            currency="CRC",
            live_mode=False,
            business_details=models.BusinessDetails(name="Example Business"),
            contact_details=models.ContactDetails(
                id="000000000000000000000000", name="Automated Test", email="test@example.invalid"
            ),
            items=[
                models.EstimateItem(
                    name="Short sleeve uniform",
                    currency="CRC",
                    amount=15500,
                    qty=24,
                    type="one_time",
                )
            ],
            discount=models.Discount(type="percentage", value=5),
            issue_date=date(2026, 8, 26),
            expiry_date=date(2026, 9, 25),
            terms_notes="Automated test quote.",
        )

    assert text_of(wire.json()) == text_of(raw | {"altId": LOCATION})
    assert estimate.total == 353400


@online
@pytest.mark.parametrize(
    ("file", "operation"),
    [
        ("estimate.create.request.json", "estimates.create"),
        ("estimate.delete.request.json", "estimates.delete"),
        ("invoice.create.request.json", "invoices.create"),
        ("invoice.record-payment.request.json", "invoices.record_payment"),
        ("invoice.send.request.json", "invoices.send"),
        ("schedule.create.request.json", "schedules.create"),
        ("schedule.start.request.json", "schedules.start"),
    ],
)
async def test_recorded_requests_are_sent_as_they_were_recorded(file: str, operation: str) -> None:
    raw = recorded(file)
    request, _ = await exchanged(OPERATIONS[operation], raw)

    assert text_of(loads(request.content)) == text_of(raw | {"altId": LOCATION})


# --- The location ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in REQUESTS if is_located(name)])
def test_the_location_is_the_clients_and_no_argument(name: str) -> None:
    assert not {"altId", "altType"} & rows_of(name).keys()
    assert not {"alt_id", "alt_type"} & inspect.signature(model_of(name)).parameters.keys()


@online
async def test_the_location_is_filled_in_at_every_depth() -> None:
    wire = Wire()
    async with InvoicesClient(token="t", transport=wire) as client:
        await client.location(LOCATION).estimates.create(
            name="Quote",
            title="Quote",
            currency="USD",
            live_mode=False,
            business_details=models.BusinessDetails(name="Example LLC"),
            contact_details=models.ContactDetails(id=ID, name="Alex"),
            items=[
                models.EstimateItem(name="Hour", currency="USD", amount=1, qty=1, type="one_time")
            ],
            issue_date=date(2026, 3, 1),
            expiry_date=date(2026, 3, 31),
            send_estimate_details=models.EstimateSend(
                action="email", live_mode=False, user_id="user"
            ),
        )

    where = {"altId": LOCATION, "altType": "location"}
    assert wire.json().items() >= where.items()
    assert wire.json()["sendEstimateDetails"] == where | {
        "action": "email",
        "liveMode": False,
        "userId": "user",
    }
    accepted("EstimateCreate", wire.requests[0].content)


@online
async def test_defaults_fill_what_is_left_out_at_every_depth() -> None:
    wire = Wire()
    defaults = LocationDefaults(
        live_mode=False,
        user_id="user",
        currency="USD",
        business_details=models.BusinessDetails(name="Example LLC"),
    )
    async with InvoicesClient(
        token="t", location_id=LOCATION, defaults=defaults, transport=wire
    ) as client:
        await client.estimates.create(
            name="Quote",
            title="Quote",
            contact_details=models.ContactDetails(id=ID, name="Alex"),
            items=[
                models.EstimateItem(name="Hour", currency="CRC", amount=1, qty=1, type="one_time")
            ],
            issue_date=date(2026, 3, 1),
            expiry_date=date(2026, 3, 31),
            live_mode=True,
            send_estimate_details=models.EstimateSend(action="email"),
        )

    body = wire.json()
    # An argument wins; what is left out is filled in.
    assert (body["liveMode"], body["currency"], body["userId"]) == (True, "USD", "user")
    assert body["businessDetails"] == {"name": "Example LLC"}
    assert body["items"][0]["currency"] == "CRC"
    details = body["sendEstimateDetails"]
    assert (details["liveMode"], details["userId"]) == (False, "user")


# --- UNSET and None --------------------------------------------------------------------------


def test_unset_is_one_object_whatever_is_done_to_it() -> None:
    assert copy.copy(UNSET) is UNSET
    assert copy.deepcopy(UNSET) is UNSET
    assert copy.deepcopy([UNSET])[0] is UNSET
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(UNSET, protocol)) is UNSET
    assert list(Unset) == [UNSET]
    assert not UNSET
    assert repr(UNSET) == "UNSET"


@pytest.mark.parametrize("name", SHARED)
def test_a_shared_model_never_holds_unset(name: str) -> None:
    model = model_of(name)
    signature = inspect.signature(model)
    assert all(one.default is not UNSET for one in signature.parameters.values())
    required = {key: ID for key, one in signature.parameters.items() if one.default is one.empty}
    if not required:
        assert json.dumps(model().to_dict()) == "{}"


def test_none_in_a_shared_model_is_not_sent() -> None:
    contact = models.ContactDetails(id=ID, name="Alex", email=None, additional_emails=None)
    one = models.InvoiceItem(
        name="Hour", currency="USD", amount=1, qty=1, description=None, taxes=None, type=None
    )
    request = sent(invoice(contact_details=contact, items=[one]))

    assert request.json["contactDetails"] == {"id": ID, "name": "Alex"}
    assert request.json["items"][0].keys() == {"name", "currency", "amount", "qty"}


def test_unset_set_in_a_shared_model_is_not_sent_either() -> None:
    contact = models.ContactDetails(id=ID, name="Alex")
    contact.email = cast(str, UNSET)

    assert sent(invoice(contact_details=contact)).json["contactDetails"] == {
        "id": ID,
        "name": "Alex",
    }


def test_none_in_a_request_is_refused_by_name() -> None:
    # There it would clear a field, which the document allows nowhere.
    with pytest.raises(InvalidRequestError) as caught:
        sent(invoice(terms_notes=None))
    assert caught.value.path == "terms_notes"


@pytest.mark.parametrize("missing", ["currency", "business_details", "live_mode"])
def test_what_is_missing_is_told_with_its_cure(missing: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        sent(invoice(**{missing: UNSET}))
    assert caught.value.path == missing
    assert f"LocationDefaults({missing}=" in str(caught.value)


# --- Money on the wire -----------------------------------------------------------------------

AMOUNTS: list[tuple[Decimal | int | str, str]] = [
    (0, "0"),
    (150, "150"),
    (-7, "-7"),
    (10**30, "1" + "0" * 30),
    (Decimal("150.00"), "150.00"),
    (Decimal("1E+2"), "100"),
    (Decimal("1.50E+3"), "1500"),
    (Decimal("0.0000001"), "0.0000001"),
    (Decimal("1E-20"), "0.00000000000000000001"),
    (Decimal("-2.5E-9"), "-0.0000000025"),
    (Decimal("0E-10"), "0.0000000000"),
    (Decimal("0E+5"), "0"),
    (Decimal("-0"), "-0"),
    (Decimal("-0.00"), "-0.00"),
    (Decimal("33.3333"), "33.3333"),
    (Decimal("123456789012345678901234567890.12345"), "123456789012345678901234567890.12345"),
    ("12.50", "12.50"),
    ("1e3", "1000"),
    ("1E-7", "0.0000001"),
]


@pytest.mark.parametrize(("amount", "text"), AMOUNTS)
def test_money_is_sent_digit_by_digit(amount: Decimal | int | str, text: str) -> None:
    body = invoice(items=[models.InvoiceItem(name="n", currency="USD", amount=amount, qty="1")])
    content = sent(body).content

    assert content is not None
    assert f'"amount":{text},"qty":1' in content.decode()
    assert json_of(body)["items"][0]["amount"] == Decimal(amount)


@pytest.mark.parametrize(("amount", "text"), AMOUNTS)
def test_money_is_sent_digit_by_digit_wherever_it_stands(
    amount: Decimal | int | str, text: str
) -> None:
    exact = Decimal(amount)
    novel = line(novelty=[exact], itemTotalTax=exact, attachments=[{"price": exact}])
    body = invoice(
        items=[novel],
        miscellaneous_charges=models.ProcessingFee(charges=[{"charge": exact}]),
        tips_configuration=models.TipsConfiguration(tips_percentage=[exact], tips_enabled=True),
    )

    for options in (None, UNKNOWN):
        content = sent(body, options=options).content
        assert plain_numbers(content), content
    (came,) = loads(content or b"")["items"]
    assert came["itemTotalTax"] == came["novelty"][0] == came["attachments"][0]["price"] == exact


@given(
    amount=st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30)
)
@cases(300)
def test_any_amount_arrives_as_the_equal_decimal(amount: Decimal) -> None:
    body = invoice(items=[models.InvoiceItem(name="n", currency="USD", amount=1, qty=1)])
    try:
        body.items[0].amount = amount
    except InvalidRequestError:
        # Smaller than thirty places after the point: a mistake, and said to be one at once.
        assert amount.adjusted() < -30 or amount.adjusted() > 30
        return
    content = sent(body).content
    assert plain_numbers(content)
    assert json_of(body)["items"][0]["amount"] == amount


@pytest.mark.parametrize(
    "amount",
    [
        1.5,
        True,
        Decimal("NaN"),
        Decimal("Infinity"),
        Decimal("1E+31"),
        "1e31",
        "",
        "1,50",
        " 1",
        "NaN",
        "0x10",
        "\u0661",
        [1],
        {},
    ],
)
def test_what_is_no_exact_amount_is_refused(amount: Any) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        models.InvoiceItem(name="n", currency="USD", amount=amount, qty=1)
    hint = caught.value.hint or ""
    # A cure that is none is worse than nothing.
    assert ("Decimal('1.5')" in hint) is (amount == 1.5)
    assert "Decimal('[1]')" not in hint
    assert "Decimal('{}')" not in hint


def test_a_missing_amount_is_said_to_be_missing() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        models.InvoiceItem(name="n", currency="USD", amount=cast(Decimal, None), qty=1)
    assert "Decimal('None')" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"tips_configuration": {"tipsPercentage": [5, 7.5]}}, "tips_configuration"),
        ({"name": ""}, "name"),
        ({"name": 5}, "name"),
        ({"currency": "usd"}, "currency"),
        ({"issue_date": datetime(2026, 3, 1, tzinfo=UTC)}, "issue_date"),
        ({"issue_date": "2026-03-01"}, "issue_date"),
        ({"live_mode": "false"}, "live_mode"),
        ({"live_mode": 0}, "live_mode"),
        ({"items": "Hour"}, "items"),
        ({"items": [{"name": "Hour"}]}, "items[0]"),
        ({"items": [line(), line(amount=None)]}, "items[1].amount"),
        ({"items": [line(), line(currency="usd")]}, "items[1].currency"),
        ({"items": [line(taxes=[{}, {}])]}, "items[0].taxes[0].id"),
        ({"items": [line(taxes=[5])]}, "items[0].taxes[0]"),
        ({"items": [line(novelty=Decimal("1E+40"))]}, "items[0].novelty"),
        ({"contact_details": models.Address()}, "contact_details"),
        ({"sent_to": models.SentTo(email=[cast(str, 5)])}, "sent_to.email[0]"),
    ],
)
def test_what_is_refused_is_told_by_its_place(changes: dict[str, Any], path: str) -> None:
    # What is out of its bounds may be sent on demand, what can't be written never.
    bounded = path in ("name", "currency", "items", "items[1].currency")
    with pytest.raises(InvalidRequestError) as caught:
        sent(invoice(**changes), options=None if bounded else UNKNOWN)
    assert caught.value.path == path
    assert str(caught.value).startswith(f"{path}: ")


def test_the_document_that_judges_is_the_one_that_was_generated_from() -> None:
    assert DOCUMENT["openapi"].startswith("3.1")
    assert {cast(str, operation.body) for operation in WRITES} == set(REQUESTS)
    assert all(role_of(name) == "request" for name in OPERATION_OF)
