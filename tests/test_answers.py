"""Answers are read tolerantly: nothing that the service sends is lost, refused or changed."""

from __future__ import annotations

import contextlib
import copy
import json
import pickle
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import (
    LISTS,
    LOCATION,
    NUMBERS,
    OBJECTS,
    ODD,
    ODDITIES,
    READ,
    SCHEMAS,
    SHARED,
    Wire,
    answers,
    cases,
    model_of,
    named,
    properties_of,
    recorded,
    role_of,
    rows_of,
    strangers_of,
    text_of,
    whole,
)

from hoopai_invoices import UNSET, Drift, InvoicesClient, loads, models
from hoopai_invoices._core.codec import dumps
from hoopai_invoices._model import Model
from hoopai_invoices.errors import DecodeError, InvalidRequestError

EXAMPLES = [
    pytest.param(name, example, id=f"{name}-{number}")
    for name in OBJECTS
    for number, example in enumerate(SCHEMAS[name].get("examples", ()))
]
RECORDED_ANSWERS = {
    "estimate.create.response.201.json": "Estimate",
    "error.401.invalid-jwt.json": "ErrorBody",
    "error.401.scope.json": "ErrorBody",
    "error.403.location.json": "ErrorBody",
    "error.422.unknown-property.json": "ErrorBody",
}
RECORDED_REQUESTS = {
    "estimate.create.request.json": "EstimateCreate",
    "estimate.delete.request.json": "LocationBody",
    "invoice.create.request.json": "InvoiceCreate",
    "invoice.record-payment.request.json": "PaymentRecord",
    "invoice.send.request.json": "InvoiceSend",
    "schedule.create.request.json": "ScheduleCreate",
    "schedule.start.request.json": "ScheduleStart",
}

# Wrong nearly anywhere; and the forms of which values can be read, but not written back.
ODD_ONES: list[Any] = [None, "never_heard_of", {}, [], [None], 7, Decimal("1E-20")]
OTHER_FORMS: list[Any] = ["12.50", "2026-08-26T06:00:00", "true", 19, [], {}]


def holds(model: type[Model], raw: dict[str, Any]) -> Any:
    """Read this JSON, and see that it can be given back exactly, by every way out."""
    text = text_of(raw)
    record = model.from_dict(loads(text))
    back = record.to_dict()
    assert text_of(back) == text
    assert text_of(loads(dumps(back))) == text
    shown = json.loads(json.dumps(record.to_dict(money=str)))
    assert agrees(raw, shown), f"{shown} doesn't say {text}"
    return record


def agrees(came: Any, shown: Any) -> bool:
    """Whether JSON without fractions says what came, amounts being text."""
    if isinstance(came, dict):
        return (
            isinstance(shown, dict)
            and came.keys() == shown.keys()
            and all(agrees(value, shown[key]) for key, value in came.items())
        )
    if isinstance(came, list):
        return (
            isinstance(shown, list)
            and len(came) == len(shown)
            and all(agrees(value, said) for value, said in zip(came, shown, strict=True))
        )
    if isinstance(came, int | Decimal) and not isinstance(came, bool):
        number = isinstance(shown, str) or (isinstance(shown, int) and isinstance(came, int))
        return number and Decimal(shown) == came
    return type(shown) is type(came) and bool(shown == came)


def met(value: Any) -> Iterator[Any]:
    """Everything that is met by reading attributes and lists."""
    yield value
    if isinstance(value, Model):
        for row in value._fields:
            yield from met(getattr(value, row.name))
    elif isinstance(value, list):
        for item in value:
            yield from met(item)


# --- What is known: examples and recorded traffic --------------------------------------------


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_every_example_of_the_document_is_read_and_given_back(
    name: str, example: dict[str, Any]
) -> None:
    holds(model_of(name), example)


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_no_example_of_the_document_differs_from_it(name: str, example: dict[str, Any]) -> None:
    if role_of(name) == "request":
        example = {key: example[key] for key in example.keys() - {"altId", "altType"}}
    assert list(model_of(name)._drift(example)) == []


@pytest.mark.parametrize("file", RECORDED_ANSWERS)
def test_recorded_answers_are_read_and_given_back(file: str) -> None:
    raw = recorded(file)
    model = model_of(RECORDED_ANSWERS[file])
    holds(model, raw)
    assert list(model._drift(raw)) == []


@pytest.mark.parametrize("file", RECORDED_REQUESTS)
def test_recorded_requests_are_read_and_given_back(file: str) -> None:
    raw = recorded(file)
    name = RECORDED_REQUESTS[file]
    holds(model_of(name), raw)
    for key, schema in properties_of(name).items():
        part = named(schema) or named(schema.get("items", {}))
        if key not in raw or part not in SHARED:
            continue
        for value in raw[key] if isinstance(raw[key], list) else [raw[key]]:
            record = holds(model_of(part), value)
            assert record.extra == {}


def test_a_recorded_estimate_reads_as_what_it_says() -> None:
    estimate = models.Estimate.from_dict(recorded("estimate.create.response.201.json"))

    assert estimate.id == "6a8fb2b0816b79f4fb264806"
    assert estimate.estimate_status is models.EstimateStatus.DRAFT
    assert estimate.estimate_number == 5
    assert estimate.total == 353400
    assert estimate.totalamount_in_usd == Decimal("777.41")
    assert estimate.issue_date == datetime(2026, 8, 26, 6, tzinfo=UTC)
    assert estimate.items is not None
    assert [(line.name, line.qty, line.taxes) for line in estimate.items] == [
        ("Short sleeve uniform", Decimal(24), [])
    ]
    assert estimate.extra == {}


# --- Every field of every model, one at a time -----------------------------------------------


@pytest.mark.parametrize("name", OBJECTS)
def test_a_whole_record_is_given_back_and_has_no_drift(name: str) -> None:
    raw = whole(name)
    record = holds(model_of(name), raw)

    assert list(model_of(name)._drift(raw)) == []
    assert record.extra == {}
    assert rows_of(name).keys() == raw.keys()
    assert all(getattr(record, row.name) is not None for row in rows_of(name).values())


@pytest.mark.parametrize("name", READ)
def test_no_field_can_hold_what_is_lost_or_refused(name: str) -> None:
    model = model_of(name)
    for key, row in rows_of(name).items():
        for odd in ODDITIES:
            record = holds(model, {key: odd})
            value = getattr(record, row.name)
            assert value is not UNSET
            # What no attribute can show is found in `extra`, under its JSON key.
            unread = odd is not None and value is None
            assert record.extra == ({key: odd} if unread else {}), (key, odd)


@pytest.mark.parametrize("name", READ)
def test_a_field_may_be_missing_null_or_odd_in_a_whole_record(name: str) -> None:
    model = model_of(name)
    raw = whole(name, 1)
    for key, row in rows_of(name).items():
        without = {other: value for other, value in raw.items() if other != key}
        record = holds(model, without)
        assert getattr(record, row.name) is None
        for odd in ODD_ONES:
            changed = holds(model, without | {key: odd})
            for other in rows_of(name).values():
                if other is not row:
                    assert getattr(changed, other.name) == getattr(record, other.name)


@pytest.mark.parametrize("name", READ)
@given(data=st.data())
@cases(12)
def test_whatever_comes_is_given_back(name: str, data: st.DataObject) -> None:
    model = model_of(name)
    raw = data.draw(answers(name))
    record = holds(model, raw)

    assert all(value is not UNSET for value in met(record))
    rows = rows_of(name)
    assert record.extra == {
        key: value
        for key, value in raw.items()
        if key not in rows or (value is not None and getattr(record, rows[key].name) is None)
    }
    for twin in (copy.deepcopy(record), copy.copy(record), pickle.loads(pickle.dumps(record))):
        assert type(twin) is model
        assert twin == record
        assert text_of(twin.to_dict()) == text_of(raw)
    assert model.from_dict(record.to_dict()) == record
    assert repr(record).startswith(f"{name}(")
    # The walk for drift is as tolerant as the reading.
    assert all(isinstance(drift, Drift) for drift in model._drift(loads(text_of(raw))))


@pytest.mark.parametrize("name", READ)
@given(amount=NUMBERS)
@cases(12)
def test_money_reads_as_the_digits_that_were_sent(name: str, amount: Decimal | int) -> None:
    numbers = [key for key, schema in properties_of(name).items() if schema.get("type") == "number"]
    record = holds(model_of(name), dict.fromkeys(numbers, amount))
    texts = holds(model_of(name), {key: str(amount) for key in numbers})
    for key in numbers:
        read = getattr(record, rows_of(name)[key].name)
        assert isinstance(read, Decimal)
        assert read.as_tuple() == Decimal(amount).as_tuple()
        # Text beyond thirty digits either way is no money; it is kept, as any text is.
        if -30 <= Decimal(amount).adjusted() <= 30:
            assert getattr(texts, rows_of(name)[key].name).as_tuple() == read.as_tuple()


def test_a_record_keeps_nothing_of_the_dict_that_it_was_read_from() -> None:
    raw = {"name": "before", "items": [{"name": "one"}], "sentTo": {"email": ["a@example.com"]}}
    estimate = models.Estimate.from_dict(raw)
    raw["name"] = "after"
    raw["items"].append({"name": "two"})  # type: ignore[attr-defined]
    raw["sentTo"]["email"].append("b@example.com")  # type: ignore[index]

    assert estimate.to_dict() == {
        "name": "before",
        "items": [{"name": "one"}],
        "sentTo": {"email": ["a@example.com"]},
    }


# --- The forms that the service is known to write --------------------------------------------


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-08-26", date(2026, 8, 26)),
        ("2026-08-26T06:00:00.000Z", datetime(2026, 8, 26, 6, tzinfo=UTC)),
        # Without a zone it is no instant: its day is the day as it is written.
        ("2026-08-26T06:00:00", date(2026, 8, 26)),
        ("2026-08-26T23:30:00.000-06:00", date(2026, 8, 26)),
        ("26.8.2026", None),
    ],
)
def test_a_due_date_is_a_day_or_an_instant(text: str, read: date | None) -> None:
    invoice = holds(models.Invoice, {"dueDate": text})

    assert invoice.due_date == read
    assert type(invoice.due_date) is type(read)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-08-27T03:44:48.047Z", datetime(2026, 8, 27, 3, 44, 48, 47000, tzinfo=UTC)),
        ("2026-08-27T03:44:48", datetime(2026, 8, 27, 3, 44, 48)),
        (
            "2026-08-27T03:44:48+05:30",
            datetime(2026, 8, 27, 3, 44, 48, tzinfo=timezone(timedelta(hours=5.5))),
        ),
        ("yesterday", None),
    ],
)
def test_a_moment_keeps_its_text(text: str, read: datetime | None) -> None:
    assert holds(models.Invoice, {"updatedAt": text}).updated_at == read


@pytest.mark.parametrize(("number", "read"), [("000019", "000019"), (19, "19")])
def test_an_invoice_number_is_text_or_a_number(number: str | int, read: str) -> None:
    assert holds(models.Invoice, {"invoiceNumber": number}).invoice_number == read


def test_invoices_of_a_schedule_are_objects_or_ids() -> None:
    schedule = holds(
        models.Schedule, {"_id": "s1", "invoices": ["i1", {"_id": "i2", "total": 5}, None, 7]}
    )

    first, second, *odd = schedule.invoices
    assert first == "i1"
    assert isinstance(second, models.Invoice)
    assert (second.id, second.total) == ("i2", Decimal(5))
    assert odd == [None, 7]
    assert holds(models.Schedule, {"invoices": []}).invoices == []


def test_settings_may_come_as_empty_objects() -> None:
    invoice = holds(models.Invoice, {"tipsConfiguration": {}, "lateFeesConfiguration": {}})

    assert invoice.tips_configuration.tips_enabled is None
    assert invoice.late_fees_configuration.frequency is None
    assert invoice.extra == {}


def test_an_address_may_come_as_one_line() -> None:
    business = holds(models.BusinessDetails, {"name": "Example", "address": "1 Main St, GA"})

    assert business.address is None
    assert business.extra == {"address": "1 Main St, GA"}


def test_an_unknown_status_is_kept() -> None:
    invoice = holds(models.Invoice, {"status": "overdue"})

    assert invoice.status == "overdue"
    assert isinstance(invoice.status, models.InvoiceStatus)
    assert not invoice.status.is_known
    assert holds(models.Invoice, {"status": "paid"}).status is models.InvoiceStatus.PAID
    assert pickle.loads(pickle.dumps(invoice.status)) == "overdue"


def test_models_hold_each_other_at_any_depth() -> None:
    line = {"name": "Plan", "amount": Decimal("0.10"), "taxes": [{"_id": "t", "rate": 13}]}
    invoice = {"_id": "i", "invoiceItems": [line], "discount": {"type": "fixed", "of": "all"}}
    schedule = {"_id": "s", "items": [line], "invoices": [invoice, "j"]}

    read = holds(models.ScheduleList, {"schedules": [schedule, schedule], "total": 2})

    assert read.schedules[1].invoices[0].items[0].taxes[0].rate == 13
    assert read.schedules[1].invoices[0].discount.extra == {"of": "all"}


@pytest.mark.parametrize("exponent", [400, 20_000])
def test_a_monstrous_exponent_is_only_text(exponent: int) -> None:
    # Spelt out, a number of fifteen characters would fill the memory of the machine.
    raw = loads(f'{{"size": 1E+{exponent}, "name": 1E-{exponent}}}')
    attachment = models.Attachment.from_dict(raw)

    readable = attachment.size is not None  # a failing comparison would print all its digits
    assert not readable
    assert text_of(attachment.to_dict()) == text_of(raw)
    shown = models.Invoice.from_dict({"total": raw["size"]}).to_dict(money=str)["total"]
    assert len(shown) < 100
    assert Decimal(shown) == raw["size"]


def test_a_subclass_reads_as_itself() -> None:
    class Paid(models.Card):
        """A card with something of the user's own."""

    models.Card.from_dict({"brand": "visa", "last4": "4242"})
    paid = Paid.from_dict({"brand": "visa", "last4": "4242"})

    assert type(paid) is Paid
    assert paid.last4 == "4242"


# --- Pages -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LISTS)
@given(data=st.data())
@cases(25)
def test_a_page_never_loses_a_record(name: str, data: st.DataObject) -> None:
    key = SCHEMAS[name]["x-paging"]["items"]
    record = named(properties_of(name)[key]["items"])
    assert record is not None
    came = data.draw(st.lists(answers(record, 1) | ODD, max_size=6))
    page = holds(model_of(name), {key: came, SCHEMAS[name]["x-paging"]["total"]: len(came)})

    items = getattr(page, rows_of(name)[key].name)
    assert len(items) == len(came)
    for item, raw in zip(items, came, strict=True):
        assert isinstance(item, model_of(record)) is isinstance(raw, dict)
        assert text_of(item.to_dict() if isinstance(item, Model) else item) == text_of(raw)


# --- Changing what was read ------------------------------------------------------------------


def another(schema: dict[str, Any]) -> tuple[Any, Any]:
    """A value that no whole record has where there is a choice, and its JSON."""
    name = named(schema)
    if name is not None and "properties" in SCHEMAS[name]:
        return model_of(name).from_dict({"changed": True}), {"changed": True}
    if name is not None:
        return SCHEMAS[name]["enum"][-1], SCHEMAS[name]["enum"][-1]
    if "anyOf" in schema:
        schema = schema["anyOf"][-1]
    match schema.get("type"), schema.get("format"):
        case "string", "date":
            return date(2031, 2, 3), "2031-02-03"
        case "string", "date-time":
            return datetime(2031, 2, 3, 4, 5, 6, tzinfo=UTC), "2031-02-03T04:05:06.000Z"
        case "string", _:
            return "changed", "changed"
        case "number", _:
            return Decimal("77.70"), Decimal("77.70")
        case "integer", _:
            return 77, 77
        case "boolean", _:
            return False, False
        case "array", _:
            value, plain = another(schema["items"])
            return [value, value], [plain, plain]
    return {"changed": [Decimal("7.70")]}, {"changed": [Decimal("7.70")]}


@pytest.mark.parametrize("name", READ)
def test_a_change_changes_its_own_key_and_no_other(name: str) -> None:
    model = model_of(name)
    raw = whole(name, 1) | {strangers_of(name)[0]: [None, {"kept": Decimal("1.0")}]}
    for key, row in rows_of(name).items():
        value, plain = another(properties_of(name)[key])
        # As the document says, and in the forms that are kept beside their values.
        for came in [raw[key], None, *OTHER_FORMS]:
            record = model.from_dict(raw | {key: came})
            setattr(record, row.name, value)
            assert text_of(record.to_dict()) == text_of(raw | {key: plain}), (key, came)


@pytest.mark.parametrize("name", READ)
def test_none_removes_a_field(name: str) -> None:
    raw = whole(name, 1) | {strangers_of(name)[0]: None}
    for key, row in rows_of(name).items():
        without = {other: value for other, value in raw.items() if other != key}
        for came in [raw[key], *OTHER_FORMS]:
            record = model_of(name).from_dict(raw | {key: came})
            if getattr(record, row.name) is None:
                continue
            if role_of(name) == "shared" and row.required:
                # What a request can't do without may be refused as early as it is set.
                with contextlib.suppress(InvalidRequestError):
                    setattr(record, row.name, None)
                    assert text_of(record.to_dict()) == text_of(without), (key, came)
            else:
                setattr(record, row.name, None)
                assert text_of(record.to_dict()) == text_of(without), (key, came)


def test_a_change_within_a_list_or_a_part_is_given_back() -> None:
    raw = whole("Invoice")
    invoice = models.Invoice.from_dict(raw)
    assert invoice.items is not None
    assert invoice.contact_details is not None
    invoice.items[0].amount = Decimal("9.90")
    invoice.items.append(models.InvoiceItem(name="n", currency="USD", amount=1, qty=2))
    invoice.contact_details.email = None

    raw["invoiceItems"][0]["amount"] = Decimal("9.90")
    raw["invoiceItems"].append(
        {"name": "n", "currency": "USD", "amount": Decimal(1), "qty": Decimal(2)}
    )
    del raw["contactDetails"]["email"]
    assert text_of(invoice.to_dict()) == text_of(raw)


def test_equal_records_are_equal_and_others_are_not() -> None:
    raw = whole("Invoice")
    assert models.Invoice.from_dict(raw) == models.Invoice.from_dict(raw)
    assert models.Invoice.from_dict(raw) != models.Invoice.from_dict(raw | {"total": 1})
    assert models.Invoice.from_dict({}) != models.Estimate.from_dict({})
    assert models.Invoice.from_dict({}) != {}


# --- Drift -----------------------------------------------------------------------------------

pages = pytest.mark.anyio


async def drifts_of(answer: dict[str, Any]) -> list[tuple[str, str]]:
    """What a client says of this page of invoices."""
    told: list[tuple[str, Drift]] = []
    async with InvoicesClient(
        token="t",
        location_id=LOCATION,
        transport=Wire(text_of(answer)),
        on_drift=lambda operation, drift: told.append((operation, drift)),
    ) as client:
        await client.invoices.list(page_size=4).first_page()
    assert all(operation == "invoices.list" and drift.detail for operation, drift in told)
    return [(drift.path, drift.kind) for _, drift in told]


def page_with(**changes: Any) -> dict[str, Any]:
    """A page of four invoices, the last of them changed."""
    return {"invoices": [*(whole("Invoice") for _ in range(3)), whole("Invoice") | changes]} | {
        "total": 4
    }


@pages
async def test_what_the_document_says_is_no_drift() -> None:
    assert await drifts_of(page_with()) == []


@pages
async def test_a_missing_certain_field_is_drift() -> None:
    answer = page_with()
    del answer["invoices"][3]["total"]
    assert await drifts_of(answer) == [("invoices[3].total", "missing")]


@pages
@pytest.mark.parametrize(
    ("changes", "path", "kind"),
    [
        ({"novelty": None}, "novelty", "unknown_field"),
        ({"status": "overdue"}, "status", "unknown_value"),
        ({"total": "a lot"}, "total", "wrong_type"),
        ({"dueDate": "soon"}, "dueDate", "wrong_type"),
        ({"createdAt": "2026-02-30T00:00:00.000Z"}, "createdAt", "wrong_type"),
        ({"liveMode": "perhaps"}, "liveMode", "wrong_type"),
        ({"name": ["a"]}, "name", "wrong_type"),
        ({"status": 5}, "status", "wrong_type"),
        ({"businessDetails": {"address": "1 Main St"}}, "businessDetails.address", "wrong_type"),
        ({"businessDetails": {"motto": "pay"}}, "businessDetails.motto", "unknown_field"),
        ({"invoiceItems": {}}, "invoiceItems", "wrong_type"),
        ({"invoiceItems": [{}, 5]}, "invoiceItems[1]", "wrong_type"),
        (
            {"invoiceItems": [{}, {"taxes": [{"calculation": "inclusive"}]}]},
            "invoiceItems[1].taxes[0].calculation",
            "unknown_value",
        ),
        ({"sentTo": {"email": ["a", {}]}}, "sentTo.email[1]", "wrong_type"),
    ],
)
async def test_drift_names_its_place(changes: dict[str, Any], path: str, kind: str) -> None:
    assert await drifts_of(page_with(**changes)) == [(f"invoices[3].{path}", kind)]


@pages
@pytest.mark.parametrize(
    "changes",
    [
        {"invoiceNumber": 19},
        {"title": None},
        {"tipsConfiguration": {}, "lateFeesConfiguration": {}},
        {"dueDate": "2026-08-26"},
        {"dueDate": "2026-08-26T06:00:00"},
        {"sentBy": {"anything": [1]}, "syncDetails": [None, {}]},
    ],
)
async def test_known_forms_are_no_drift(changes: dict[str, Any]) -> None:
    assert await drifts_of(page_with(**changes)) == []


@pages
async def test_a_failing_hook_fails_no_call(caplog: pytest.LogCaptureFixture) -> None:
    def fail(operation: str, drift: Drift) -> None:
        raise RuntimeError(drift.path)

    transport = Wire('{"invoiceNumber": "000019", "novelty": 1}')
    async with InvoicesClient(
        token="t", location_id=LOCATION, transport=transport, on_drift=fail
    ) as client:
        assert (await client.invoices.generate_number()).invoice_number == "000019"
    assert "on_drift failed" in caplog.text


@pytest.mark.parametrize("name", [name for name in READ if role_of(name) == "answer"])
def test_every_certain_field_is_missed(name: str) -> None:
    raw = whole(name)
    for key in SCHEMAS[name].get("required", ()):
        without = {other: value for other, value in raw.items() if other != key}
        found = [(drift.path, drift.kind) for drift in model_of(name)._drift(without)]
        assert found == [(key, "missing")]


@pytest.mark.parametrize("name", [name for name in READ if role_of(name) == "answer"])
def test_a_certain_field_that_is_null_is_missed_too(name: str) -> None:
    # It reads None although its type says that it never does.
    raw = whole(name)
    for key in SCHEMAS[name].get("required", ()):
        assert [drift.path for drift in model_of(name)._drift(raw | {key: None})] == [key]


# --- Binary numbers --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "raw", "path"),
    [
        ("Invoice", {"total": 1.5}, "total"),
        ("Invoice", {"discount": {"value": 1.5}}, "discount.value"),
        ("Invoice", {"invoiceItems": [{}, {"amount": 1.5}]}, "invoiceItems[1].amount"),
        (
            "InvoiceList",
            {"invoices": [{}, {}, {}, {"invoiceItems": [{"taxes": [{"rate": 1.5}]}]}]},
            "invoices[3].invoiceItems[0].taxes[0].rate",
        ),
        ("Schedule", {"invoices": ["an id", {"total": 1.5}]}, "invoices[1].total"),
        ("TipsConfiguration", {"tipsPercentage": [5, 7.5]}, "tipsPercentage[1]"),
        ("LateFeesConfiguration", {"maxLateFees": {"value": 1.5}}, "maxLateFees.value"),
    ],
)
def test_a_binary_number_is_refused_where_money_is_expected(
    name: str, raw: dict[str, Any], path: str
) -> None:
    with pytest.raises(DecodeError) as caught:
        model_of(name).from_dict(raw)

    assert caught.value.path == path
    assert caught.value.hint is not None
    assert "hoopai_invoices.loads" in caught.value.hint
    assert "parse_float=Decimal" in str(caught.value)


@pytest.mark.parametrize("other", [None, [], "text", 5])
def test_a_model_is_read_from_an_object(other: Any) -> None:
    with pytest.raises(DecodeError, match="Invoice is read from an object"):
        models.Invoice.from_dict(other)
