"""What is refused before anything is sent, and whether the message tells the cure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recording import (
    CONTACT,
    DEFAULTS,
    ESTIMATE_LINE,
    LATE_FEES,
    LEAST,
    LINE,
    LOCATION,
    MARCH,
    TOKEN,
    Recorder,
    client_of,
)

from hoopai_invoices import CallOptions, InvoicesClient, LocationDefaults
from hoopai_invoices.errors import ConfigurationError, InvalidRequestError
from hoopai_invoices.models import (
    Attachment,
    AutoPayment,
    BusinessDetails,
    ContactDetails,
    Discount,
    EstimateItem,
    EstimateSend,
    InvoiceItem,
    LateFeesConfiguration,
    LateFeesFrequency,
    LateFeesMax,
    LineItemType,
    PaidCharge,
    PaymentSchedule,
    PaymentScheduleRow,
    ProcessingFee,
    RecurrenceRule,
    ScheduleOptions,
    SendAction,
    SentTo,
    Tax,
    TipsConfiguration,
)

pytestmark = pytest.mark.anyio

# Untyped on purpose: most of these calls are mistakes that a type checker would report.
Wrong = Callable[[Any], Any]


async def done(call: Wrong, client: InvoicesClient) -> None:
    """Carry out the call; a pager is made without being awaited."""
    made = call(client)
    if isinstance(made, Awaitable):
        await made


async def refusal(
    call: Wrong,
    *,
    location_id: str | None = LOCATION,
    defaults: LocationDefaults | None = DEFAULTS,
) -> InvalidRequestError:
    """The error of a call of which nothing was sent."""
    recorder = Recorder()
    async with client_of(recorder, location_id=location_id, defaults=defaults) as client:
        with pytest.raises(InvalidRequestError) as caught:
            await done(call, client)
    assert recorder.sent == []
    assert isinstance(caught.value, ValueError)
    assert TOKEN not in f"{caught.value!s} {caught.value!r}"
    return caught.value


def create(**given: Any) -> Wrong:
    """An invoice that is in order but for what is given."""
    usual = {"name": "n", "items": [LINE], "contact_details": CONTACT, "issue_date": MARCH}
    return lambda client: client.invoices.create(**{**usual, **given})


def estimate(**given: Any) -> Wrong:
    """An estimate that is in order but for what is given."""
    usual = {
        "name": "Kitchen",
        "items": [ESTIMATE_LINE],
        "title": "ESTIMATE",
        "contact_details": CONTACT,
        "issue_date": MARCH,
        "expiry_date": MARCH,
    }
    return lambda client: client.estimates.create(**{**usual, **given})


def pay(**given: Any) -> Wrong:
    """A payment that is in order but for what is given."""
    return lambda client: client.invoices.record_payment("i1", **{"mode": "cash", **given})


def line(**given: Any) -> InvoiceItem:
    """A line that is in order but for what is given."""
    usual: dict[str, Any] = {"name": "One hour", "currency": "USD", "amount": 150, "qty": 1}
    return InvoiceItem(**{**usual, **given})


# -- ids -----------------------------------------------------------------------------------------

# No default stands in for these in an update.
SAID: dict[str, Any] = {"currency": "USD", "business_details": BusinessDetails(name="Example LLC")}

# Every method that takes an id of a record, called with it.
TAKES_ID: dict[str, Callable[[Any, Any], Any]] = {
    "invoices.get": lambda client, id: client.invoices.get(id),
    "invoices.update": lambda client, id: client.invoices.update(
        id,
        currency="USD",
        live_mode=False,
        name="n",
        items=[LINE],
        issue_date=MARCH,
        due_date=MARCH,
    ),
    "invoices.delete": lambda client, id: client.invoices.delete(id),
    "invoices.send": lambda client, id: client.invoices.send(id, action="email"),
    "invoices.void": lambda client, id: client.invoices.void(id),
    "invoices.record_payment": lambda client, id: client.invoices.record_payment(id, mode="cash"),
    "invoices.update_late_fees": lambda client, id: client.invoices.update_late_fees(
        id, late_fees_configuration=LATE_FEES
    ),
    "invoices.mark_visited": lambda client, id: client.invoices.mark_visited(id),
    "templates.get": lambda client, id: client.templates.get(id),
    "templates.update": lambda client, id: client.templates.update(
        id, **SAID, name="n", items=[LINE]
    ),
    "templates.delete": lambda client, id: client.templates.delete(id),
    "templates.update_late_fees": lambda client, id: client.templates.update_late_fees(
        id, late_fees_configuration=LATE_FEES
    ),
    "templates.update_payment_methods": lambda client, id: client.templates.update_payment_methods(
        id
    ),
    "schedules.get": lambda client, id: client.schedules.get(id),
    "schedules.update": lambda client, id: client.schedules.update(
        id,
        **SAID,
        live_mode=False,
        name="n",
        contact_details=CONTACT,
        schedule=ScheduleOptions(),
        items=[LINE],
    ),
    "schedules.delete": lambda client, id: client.schedules.delete(id),
    "schedules.start": lambda client, id: client.schedules.start(id),
    "schedules.update_and_start": lambda client, id: client.schedules.update_and_start(id),
    "schedules.set_auto_payment": lambda client, id: client.schedules.set_auto_payment(
        id, auto_payment=AutoPayment(enable=False)
    ),
    "schedules.cancel": lambda client, id: client.schedules.cancel(id),
    "estimates.update": lambda client, id: client.estimates.update(
        id,
        **SAID,
        live_mode=False,
        name="n",
        items=[ESTIMATE_LINE],
        title="t",
        contact_details=CONTACT,
        issue_date=MARCH,
        expiry_date=MARCH,
    ),
    "estimates.delete": lambda client, id: client.estimates.delete(id),
    "estimates.send": lambda client, id: client.estimates.send(id, action="email"),
    "estimates.create_invoice": lambda client, id: client.estimates.create_invoice(id),
    "estimates.mark_visited": lambda client, id: client.estimates.mark_visited(id),
    "estimate_templates.update": lambda client, id: client.estimate_templates.update(
        id, **SAID, live_mode=False, name="n", items=[ESTIMATE_LINE]
    ),
    "estimate_templates.delete": lambda client, id: client.estimate_templates.delete(id),
    "estimate_templates.preview": lambda client, id: client.estimate_templates.preview(id),
}
HOSTILE = [
    "",
    " ",
    ".",
    "..",
    "a/b",
    "a\\b",
    "../settings",
    "a?b",
    "a#b",
    "a%2fb",
    "%2e%2e",
    "a;b",
    "a b",
    "a.b",
    "é",
    "ａ",
    "x" * 129,
    "a\n",
    "\na",
    "a\r\nHost: evil",
    "a\x00",
    None,
    5,
    b"a",
    ["a"],
]


@pytest.mark.parametrize("name", TAKES_ID)
@pytest.mark.parametrize("hostile", HOSTILE, ids=repr)
async def test_an_id_that_could_lead_elsewhere(name: str, hostile: object) -> None:
    error = await refusal(lambda client: TAKES_ID[name](client, hostile))
    assert error.operation == name
    cures = ("1 to 128 of A-Z a-z 0-9 _ -", "must match ^[A-Za-z0-9_-]{1,128}", "text is wanted")
    assert any(cure in str(error) for cure in (*cures, "is missing"))


ROUTES_OF_INVOICES = [
    "estimate",
    "generate-invoice-number",
    "schedule",
    "settings",
    "stats",
    "template",
    "text2pay",
]
ROUTES_OF_ESTIMATES = ["list", "number", "stats", "template"]
LITERALS = [
    *[
        (f"invoices.{method}", word)
        for method in (
            "get",
            "update",
            "delete",
            "send",
            "void",
            "record_payment",
            "update_late_fees",
        )
        for word in ROUTES_OF_INVOICES
    ],
    *[
        (f"estimates.{method}", word)
        for method in ("update", "delete", "send", "create_invoice")
        for word in ROUTES_OF_ESTIMATES
    ],
    ("estimate_templates.update", "preview"),
    ("estimate_templates.delete", "preview"),
]


@pytest.mark.parametrize("spelled", [str.lower, str.upper, str.title], ids=lambda how: how.__name__)
@pytest.mark.parametrize(("name", "word"), LITERALS)
async def test_an_id_that_is_a_route(name: str, word: str, spelled: Callable[[str], str]) -> None:
    error = await refusal(lambda client: TAKES_ID[name](client, spelled(word)))
    assert repr(spelled(word)) in error.message
    assert "another operation" in str(error)


# The word is a route at another place only, so here it may be an id.
@pytest.mark.parametrize(
    ("name", "word", "path"),
    [
        ("templates.get", "settings", "/invoices/template/settings"),
        ("schedules.get", "list", "/invoices/schedule/list"),
        ("estimates.delete", "settings", "/invoices/estimate/settings"),
        ("estimate_templates.delete", "list", "/invoices/estimate/template/list"),
        ("invoices.get", "preview", "/invoices/preview"),
        ("invoices.get", "x" * 128, "/invoices/" + "x" * 128),
        ("invoices.get", "-_-", "/invoices/-_-"),
    ],
)
async def test_an_id_that_is_no_route_at_its_place(name: str, word: str, path: str) -> None:
    recorder = Recorder()
    async with client_of(recorder) as client:
        await TAKES_ID[name](client, word)
    assert recorder.one.path == path


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        ("invoices.get", "invoice_id"),
        ("invoices.mark_visited", "invoice_id"),
        ("templates.get", "template_id"),
        ("schedules.get", "schedule_id"),
        ("estimates.delete", "estimate_id"),
        ("estimate_templates.preview", "template_id"),
    ],
)
@pytest.mark.parametrize("value", ["", "a/b", None])
async def test_a_refused_id_is_named_as_the_argument_it_is(
    name: str, argument: str, value: str | None
) -> None:
    error = await refusal(lambda client: TAKES_ID[name](client, value))
    assert error.path == argument


AROUND_ID = {
    "invoices.get": ("/invoices/", ""),
    "invoices.void": ("/invoices/", "/void"),
    "templates.delete": ("/invoices/template/", ""),
    "schedules.start": ("/invoices/schedule/", "/schedule"),
    "estimates.delete": ("/invoices/estimate/", ""),
    "estimates.create_invoice": ("/invoices/estimate/", "/invoice"),
    "estimate_templates.delete": ("/invoices/estimate/template/", ""),
}
LIKELY = st.sampled_from([*ROUTES_OF_INVOICES, *ROUTES_OF_ESTIMATES, "preview", "..", "%2e", "/"])
IDS = st.one_of(
    st.text(max_size=140),
    st.text("abcXYZ019-_./%?#\\;: \n\r\t\x00éſK", max_size=8),
    st.from_regex(r"\A[A-Za-z0-9_-]{1,130}\Z"),
    st.lists(LIKELY, min_size=1, max_size=3).map("".join),
)


@given(name=st.sampled_from(sorted(AROUND_ID)), value=IDS)
async def test_an_id_never_leaves_its_route(name: str, value: str) -> None:
    recorder = Recorder()
    async with client_of(recorder, defaults=DEFAULTS) as client:
        try:
            await TAKES_ID[name](client, value)
        except InvalidRequestError:
            assert recorder.sent == []
            return
    before, after = AROUND_ID[name]
    assert recorder.one.path == before + value + after
    assert len(recorder.one.path.split("/")) == len((before + "x" + after).split("/"))
    assert value.isascii()
    words = ROUTES_OF_INVOICES if name.startswith("invoices.") else ROUTES_OF_ESTIMATES
    if name.startswith(("invoices.", "estimates.")):
        assert value.lower() not in words


@given(value=IDS)
async def test_an_id_in_a_body_or_a_query_arrives_as_it_is(value: str) -> None:
    recorder = Recorder()
    async with client_of(recorder) as client:
        try:
            await client.invoices.mark_visited(value)
            await client.estimate_templates.preview(value)
        except InvalidRequestError:
            assert recorder.sent == []
            return
    visited, previewed = recorder.sent
    assert visited.body == {"invoiceId": value}
    assert ("templateId", value) in previewed.query
    assert previewed.path == "/invoices/estimate/template/preview"


@pytest.mark.parametrize("hostile", ["", "..", "a/b", "a\n", "é", 5], ids=repr)
def test_a_location_that_is_no_id(hostile: Any) -> None:
    with pytest.raises(InvalidRequestError, match="location_id") as caught:
        client_of(Recorder(), location_id=hostile)
    assert caught.value.hint
    with pytest.raises(InvalidRequestError, match="location_id"):
        client_of(Recorder()).location(hostile)


# -- what must be given --------------------------------------------------------------------------

NEEDS_NO_LOCATION = {"invoices.mark_visited", "estimates.mark_visited"}
NEEDS_LIVE_MODE = [
    "invoices.create",
    "invoices.update",
    "invoices.send",
    "invoices.text2pay",
    "schedules.create",
    "schedules.update",
    "schedules.start",
    "estimates.create",
    "estimates.update",
    "estimates.send",
    "estimate_templates.create",
    "estimate_templates.update",
]


@pytest.mark.parametrize("name", [name for name in LEAST if name not in NEEDS_NO_LOCATION])
async def test_without_a_location(name: str) -> None:
    error = await refusal(LEAST[name], location_id=None)
    assert error.path == "location_id"
    assert error.operation == name
    assert error.hint is not None
    assert "location_id=" in error.hint


@pytest.mark.parametrize("name", sorted(NEEDS_NO_LOCATION))
async def test_a_visit_needs_no_location(name: str) -> None:
    recorder = Recorder()
    async with client_of(recorder, location_id=None) as client:
        await LEAST[name](client)
    assert recorder.one.method == "PATCH"


# schedules.update takes it as a required keyword, as the service does.
UPDATES = [name for name in NEEDS_LIVE_MODE if name.endswith(".update")]
UPDATES.remove("schedules.update")


@pytest.mark.parametrize("name", UPDATES)
async def test_no_default_turns_a_record_live(name: str) -> None:
    resource, _, method = name.partition(".")
    live = LocationDefaults(live_mode=True)
    given: dict[str, Any] = {}

    class Halfway(Exception):
        pass

    # The least call with its live_mode taken out again.
    class Without:
        def __getattr__(self, called: str) -> Any:
            assert called == resource
            return self

        def update(self, *args: Any, **kwargs: Any) -> Any:
            assert kwargs.pop("live_mode") is False
            given.update(args=args, kwargs=kwargs)
            raise Halfway

    with pytest.raises(Halfway):
        LEAST[name](cast("Any", Without()))
    error = await refusal(
        lambda client: getattr(getattr(client, resource), method)(
            *given["args"], **given["kwargs"]
        ),
        defaults=live,
    )
    assert error.path == "live_mode"


@pytest.mark.parametrize("name", [name for name in NEEDS_LIVE_MODE if not name.endswith(".update")])
async def test_nobody_bills_live_by_accident(name: str) -> None:
    silent = LocationDefaults(
        user_id="u1", currency="USD", business_details=BusinessDetails(name="Example LLC")
    )
    error = await refusal(LEAST[name], defaults=silent)
    assert error.path == "live_mode"
    assert error.operation == name
    assert error.hint is not None
    assert "live_mode=" in error.hint
    assert "LocationDefaults(live_mode=" in error.hint


async def test_nor_in_a_part() -> None:
    part = EstimateSend(action="email", user_id="u1")
    silent = LocationDefaults(currency="USD", business_details=BusinessDetails(name="Example LLC"))
    call = estimate(live_mode=False, send_estimate_details=part)
    error = await refusal(call, defaults=silent)
    assert error.path == "send_estimate_details.live_mode"


@pytest.mark.parametrize(
    ("call", "path"),
    [
        (LEAST["invoices.create"], "business_details"),
        (LEAST["templates.create"], "business_details"),
        (LEAST["invoices.send"], "user_id"),
        (LEAST["estimates.send"], "user_id"),
    ],
)
async def test_what_a_default_would_have_filled(call: Wrong, path: str) -> None:
    error = await refusal(call, defaults=LocationDefaults(live_mode=False))
    assert error.path == path
    assert f"LocationDefaults({path}=" in (error.hint or "")


EMPTY_USER = LocationDefaults(
    live_mode=False,
    user_id="",
    currency="USD",
    business_details=BusinessDetails(name="Example LLC"),
)


# With an empty one the service answers success, and the document stays a draft.
@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.invoices.send("i1", action="email", user_id=""),
        lambda client: client.estimates.send("e1", action="email", user_id=""),
        lambda client: client.invoices.text2pay(
            name="n",
            items=[LINE],
            contact_details=CONTACT,
            issue_date=MARCH,
            sent_to=SentTo(email=["alex@example.com"]),
            action="send",
            user_id="",
        ),
        estimate(user_id=""),
    ],
    ids=["invoices.send", "estimates.send", "invoices.text2pay", "estimates.create"],
)
async def test_an_empty_user(call: Wrong) -> None:
    error = await refusal(call)
    assert error.path == "user_id"
    assert "at least 1 character" in error.message


@pytest.mark.parametrize("name", ["invoices.send", "estimates.send", "invoices.text2pay"])
async def test_an_empty_user_among_the_defaults(name: str) -> None:
    error = await refusal(LEAST[name], defaults=EMPTY_USER)
    assert error.path == "user_id"


@pytest.mark.parametrize(
    ("call", "path"),
    [
        (estimate(name="x" * 41), "name"),
        (estimate(title="x" * 41), "title"),
    ],
)
async def test_longer_than_the_service_takes(call: Wrong, path: str) -> None:
    error = await refusal(call)
    assert error.path == path
    assert "at most 40 characters (it has 41)" in error.message


async def test_as_long_as_the_service_takes() -> None:
    recorder = Recorder()
    async with client_of(recorder, defaults=DEFAULTS) as client:
        await estimate(name="x" * 40, title="é" * 40)(client)
        await create(name="x" * 160)(client)
    assert [len(sent.body["name"]) for sent in recorder.sent] == [40, 160]


@pytest.mark.parametrize(
    ("call", "path"),
    [
        (estimate(items=[]), "items"),
        (create(name=""), "name"),
        (estimate(name=""), "name"),
        (create(contact_details=ContactDetails(id="", name="Alex")), "contact_details.id"),
        (create(currency="usd"), "currency"),
        (create(currency="USD\n"), "currency"),
        (create(items=[line(currency="")]), "items[0].currency"),
        (pay(amount=0), "amount"),
        (pay(amount="-1"), "amount"),
        (lambda client: client.invoices.list(contact_id="").first(), "contact_id"),
    ],
)
async def test_outside_its_bounds(call: Wrong, path: str) -> None:
    error = await refusal(call)
    assert error.path == path
    assert "must" in error.message


# -- money ---------------------------------------------------------------------------------------

FREQUENCY = LateFeesFrequency(interval_count=1, interval="day")
# Every amount, quantity and rate that a request can carry, made with another value.
AMOUNTS: dict[str, Callable[[Any], object]] = {
    "InvoiceItem.amount": lambda value: line(amount=value),
    "InvoiceItem.qty": lambda value: line(qty=value),
    "EstimateItem.amount": lambda value: EstimateItem(
        name="n", currency="USD", amount=value, qty=1, type="one_time"
    ),
    "EstimateItem.qty": lambda value: EstimateItem(
        name="n", currency="USD", amount=1, qty=value, type="one_time"
    ),
    "Tax.rate": lambda value: Tax(id="x1", name="VAT", rate=value),
    "Discount.value": lambda value: Discount(type="fixed", value=value),
    "LateFeesConfiguration.value": lambda value: LateFeesConfiguration(
        enable=True, type="fixed", frequency=FREQUENCY, value=value
    ),
    "LateFeesMax.value": lambda value: LateFeesMax(type="fixed", value=value),
    "PaidCharge.charge": lambda value: PaidCharge(id="g1", name="n", charge=value, amount=1),
    "PaidCharge.amount": lambda value: PaidCharge(id="g1", name="n", charge=1, amount=value),
    "ProcessingFee.collected_miscellaneous_charges": lambda value: ProcessingFee(
        charges=[], collected_miscellaneous_charges=value
    ),
    "PaymentScheduleRow.value": lambda value: PaymentScheduleRow(value=value),
}
NO_AMOUNTS: list[object] = [
    1.5,
    0.0,
    150.0,
    float("nan"),
    float("inf"),
    True,
    False,
    "NaN",
    "Infinity",
    "-inf",
    "",
    " 1",
    "1,50",
    "1_000",
    "0x1F",
    "$5",
    "١",
    "1e999999",
    Decimal("NaN"),
    Decimal("sNaN"),
    Decimal("Infinity"),
    Decimal("-Infinity"),
    Decimal("1E+1000"),
    b"1",
    [1],
    1j,
]


@pytest.mark.parametrize("where", AMOUNTS)
@pytest.mark.parametrize("value", NO_AMOUNTS, ids=repr)
def test_no_model_is_made_with_what_is_no_amount(where: str, value: object) -> None:
    with pytest.raises(InvalidRequestError, match="Decimal") as caught:
        AMOUNTS[where](value)
    assert isinstance(caught.value, ValueError)
    if isinstance(value, float):
        assert f"Decimal('{value}')" in (caught.value.hint or "")


@pytest.mark.parametrize("where", AMOUNTS)
@pytest.mark.parametrize("value", NO_AMOUNTS, ids=repr)
def test_nor_is_it_assigned(where: str, value: object) -> None:
    model = AMOUNTS[where](1)
    _, _, name = where.partition(".")
    with pytest.raises(InvalidRequestError, match="Decimal"):
        setattr(model, name, value)
    assert getattr(model, name) == 1


def tips(value: Any) -> TipsConfiguration:
    return TipsConfiguration(tips_percentage=[Decimal(5), value], tips_enabled=True)


@pytest.mark.parametrize("value", NO_AMOUNTS, ids=repr)
async def test_no_amount_as_an_argument_or_in_a_list(value: object) -> None:
    error = await refusal(pay(amount=value))
    assert error.path == "amount"
    with pytest.raises(InvalidRequestError, match="Decimal"):
        tips(value)
    # A list can take what it shouldn't after its model was made.
    late = tips(1)
    assert late.tips_percentage is not None
    late.tips_percentage[1] = cast("Any", value)
    error = await refusal(create(tips_configuration=late))
    assert error.path == "tips_configuration.tips_percentage[1]"


def deep(value: Any) -> Any:
    """The value, some levels down in a free-form one."""
    return {"a": [{"b": [0, value]}]}


# Binary fractions are refused even where the document leaves the shape open.
@pytest.mark.parametrize("value", [1.5, 0.0, float("nan"), float("inf"), Decimal("NaN")], ids=repr)
@pytest.mark.parametrize(
    ("call", "path"),
    [
        (lambda value: pay(meta=deep(value)), "meta['a'][0]['b'][1]"),
        (lambda value: estimate(meta=deep(value)), "meta['a'][0]['b'][1]"),
        (
            lambda value: create(
                payment_schedule=PaymentSchedule(type="fixed", schedules=[{"value": value}])
            ),
            "payment_schedule.schedules[0]['value']",
        ),
        (
            lambda value: create(miscellaneous_charges=ProcessingFee(charges=[deep(value)])),
            "miscellaneous_charges.charges[0]['a'][0]['b'][1]",
        ),
        (
            lambda value: create(business_details=BusinessDetails(custom_values=[value])),
            "business_details.custom_values[0]",
        ),
    ],
    ids=["payment", "estimate", "schedule", "charges", "custom_values"],
)
async def test_no_binary_number_in_a_free_form_value(
    call: Callable[[Any], Wrong], path: str, value: object
) -> None:
    error = await refusal(call(value))
    assert error.path == path
    assert "Decimal" in str(error)


@pytest.mark.parametrize(
    "value",
    [b"abc", bytearray(b"abc"), {1, 2}, {1: "a"}, date(2026, 3, 1), object(), range],
    ids=lambda value: type(value).__name__,
)
async def test_what_is_no_json_in_a_free_form_value(value: object) -> None:
    error = await refusal(pay(meta={"a": value}))
    assert error.path == "meta['a']"
    assert "JSON" in error.message


@pytest.mark.parametrize("value", [1.5, 5, True, None, ["a"], b"a"], ids=repr)
@pytest.mark.parametrize("name", ["search", "contact_id"])
async def test_a_query_takes_text(name: str, value: object) -> None:
    error = await refusal(lambda client: client.invoices.list(**{name: value}).first())
    assert error.path == name
    assert "text is wanted" in error.message


@pytest.mark.parametrize("value", [1.5, "5", True, Decimal(5)], ids=repr)
async def test_a_count_is_whole(value: Any) -> None:
    often = LateFeesConfiguration(
        enable=True,
        value=1,
        type="fixed",
        frequency=LateFeesFrequency(interval_count=value, interval="day"),
    )
    error = await refusal(create(late_fees_configuration=often))
    assert error.path == "late_fees_configuration.frequency.interval_count"
    assert "whole number" in error.message
    assert (await refusal(estimate(estimate_number=value))).path == "estimate_number"
    size = Attachment(id="f1", name="n", url="u", type="pdf", size=value)
    assert (await refusal(create(attachments=[size]))).path == "attachments[0].size"


# -- values of another kind ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "path", "meant"),
    [
        (lambda client: client.invoices.list(status="drft").first(), "status", "draft"),
        (lambda client: client.estimates.list(status="acepted").first(), "status", "accepted"),
        (lambda client: client.invoices.list(sort_order="ascending").first(), "sort_order", "asc"),
        (lambda client: client.invoices.send("i1", action="emial"), "action", "email"),
        (lambda client: client.invoices.send("i1", action=SendAction("e-mail")), "action", "email"),
        (lambda client: client.estimates.create_invoice("e1", version="v22"), "version", "v2"),
        (pay(mode="cheqe"), "mode", "cheque"),
        (
            create(items=[line(type=LineItemType("recuring"))]),
            "items[0].type",
            "recurring",
        ),
    ],
)
async def test_a_value_that_an_enum_does_not_know(call: Wrong, path: str, meant: str) -> None:
    error = await refusal(call)
    assert error.path == path
    assert error.hint is not None
    assert error.hint.startswith(f"did you mean '{meant}")


@pytest.mark.parametrize("value", ["EMAIL", "", 5, None, True, ["email"]], ids=repr)
async def test_no_value_of_the_enum_at_all(value: object) -> None:
    error = await refusal(lambda client: client.invoices.send("i1", action=value))
    assert error.path == "action"
    if value is not None:
        assert "'sms_and_email', 'send_manually', 'email', 'sms'" in error.message


def test_an_unknown_value_is_refused_when_the_model_is_made_or_changed() -> None:
    with pytest.raises(InvalidRequestError, match="did you mean 'recurring'"):
        line(type="recuring")
    made = line()
    wrong: Any = "one-time"
    with pytest.raises(InvalidRequestError, match="did you mean 'one_time'"):
        made.type = wrong
    assert made.type is None


@pytest.mark.parametrize(
    "value",
    [datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 1), "2026-03-01", 20260301],
    ids=repr,
)
@pytest.mark.parametrize(
    ("call", "path"),
    [
        (lambda value: create(issue_date=value), "issue_date"),
        (lambda value: create(due_date=value), "due_date"),
        (lambda value: estimate(expiry_date=value), "expiry_date"),
        (
            lambda value: lambda client: client.invoices.list(start_at=value).first(),
            "start_at",
        ),
        (
            lambda value: (
                lambda client: client.schedules.create(
                    name="n",
                    contact_details=CONTACT,
                    items=[LINE],
                    schedule=ScheduleOptions(
                        rrule=RecurrenceRule(interval_type="daily", interval=1, start_date=value)
                    ),
                )
            ),
            "schedule.rrule.start_date",
        ),
    ],
    ids=["issue_date", "due_date", "expiry_date", "start_at", "rrule"],
)
async def test_a_day_is_a_date(call: Callable[[Any], Wrong], path: str, value: object) -> None:
    error = await refusal(call(value))
    assert error.path == path
    assert "date(" in (error.hint or "")


@pytest.mark.parametrize(
    "value", [datetime(2026, 3, 1), date(2026, 3, 1), "2026-03-01T00:00:00Z", 0], ids=repr
)
async def test_a_moment_has_a_zone(value: Any) -> None:
    error = await refusal(pay(fulfilled_at=value))
    assert error.path == "fulfilled_at"
    assert "zone" in error.message
    assert "UTC" in (error.hint or "")
    once = ScheduleOptions(execute_at=value)
    error = await refusal(
        lambda client: client.schedules.create(
            name="n", contact_details=CONTACT, schedule=once, items=[LINE]
        )
    )
    assert error.path == "schedule.execute_at"


# A None that a program computed by mistake must not become "leave it out", least of all where a
# default would then be taken: nothing in any request is nullable.
@pytest.mark.parametrize(
    ("call", "path"),
    [
        (create(name=None), "name"),
        (create(items=None), "items"),
        (create(contact_details=None), "contact_details"),
        (create(issue_date=None), "issue_date"),
        (create(title=None), "title"),
        (create(due_date=None), "due_date"),
        (create(discount=None), "discount"),
        (create(attachments=None), "attachments"),
        (create(automatic_taxes_enabled=None), "automatic_taxes_enabled"),
        (create(live_mode=None), "live_mode"),
        (create(currency=None), "currency"),
        (create(business_details=None), "business_details"),
        (estimate(discount=None), "discount"),
        (estimate(live_mode=None), "live_mode"),
        (estimate(user_id=None), "user_id"),
        (estimate(meta=None), "meta"),
        (pay(amount=None), "amount"),
        (pay(mode=None), "mode"),
        (lambda client: client.invoices.send("i1", action="email", user_id=None), "user_id"),
        (lambda client: client.schedules.start("s1", auto_payment=None), "auto_payment"),
        (
            lambda client: client.schedules.set_auto_payment("s1", auto_payment=None),
            "auto_payment",
        ),
        (lambda client: client.schedules.update_and_start("s1", name=None), "name"),
        (
            lambda client: client.estimates.create_invoice("e1", mark_as_invoiced=None),
            "mark_as_invoiced",
        ),
        (lambda client: client.invoices.list(status=None).first(), "status"),
        (lambda client: client.invoices.list(start_at=None).first(), "start_at"),
    ],
)
async def test_none_is_not_a_way_to_leave_out(call: Wrong, path: str) -> None:
    error = await refusal(call)
    assert error.path == path


@pytest.mark.parametrize(
    ("call", "path", "wanted"),
    [
        (estimate(items=[LINE]), "items[0]", "EstimateItem"),
        (create(items=[LINE, ESTIMATE_LINE]), "items[1]", "InvoiceItem"),
        (create(items=[{"name": "n", "amount": 1}]), "items[0]", "InvoiceItem"),
        (create(contact_details={"id": "c1"}), "contact_details", "ContactDetails"),
        (create(contact_details="c1"), "contact_details", "ContactDetails"),
        (create(discount=Decimal(10)), "discount", "Discount"),
        (create(business_details=CONTACT), "business_details", "BusinessDetails"),
        (create(sent_to=["a@example.com"]), "sent_to", "SentTo"),
        (
            create(contact_details=ContactDetails(id="c1", name="n", address=CONTACT)),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
            "contact_details.address",
            "Address",
        ),
    ],
)
async def test_another_model(call: Wrong, path: str, wanted: str) -> None:
    error = await refusal(call)
    assert error.path == path
    assert error.message.startswith(f"{wanted}(…) is wanted, not ")
    assert error.hint == f"from hoopai_invoices.models import {wanted}"


async def test_another_model_among_the_defaults() -> None:
    wrong: Any = {"name": "Example LLC"}
    defaults = LocationDefaults(live_mode=False, currency="USD", business_details=wrong)
    error = await refusal(create(), defaults=defaults)
    assert error.path == "business_details"


ADDRESS_AS_TEXT: Any = "alex@example.com"


@pytest.mark.parametrize(
    ("call", "path"),
    [
        (create(items="One hour"), "items"),
        (create(items=LINE), "items"),
        (create(items={"0": LINE}), "items"),
        (create(sent_to=SentTo(email=ADDRESS_AS_TEXT)), "sent_to.email"),
        (pay(payment_schedule_ids="n1"), "payment_schedule_ids"),
        (
            create(business_details=BusinessDetails(custom_values=ADDRESS_AS_TEXT)),
            "business_details.custom_values",
        ),
        (
            lambda client: client.templates.create(name="n", items=[LINE], attachments="a.pdf"),
            "attachments",
        ),
        (
            lambda client: client.templates.create(name="n", items=[LINE], attachments=b"a"),
            "attachments",
        ),
    ],
)
async def test_a_list_is_wanted(call: Wrong, path: str) -> None:
    error = await refusal(call)
    assert error.path == path
    assert error.message.startswith("a list is wanted, not ")


@pytest.mark.parametrize(
    ("call", "path", "wanted"),
    [
        (create(name=5), "name", "text"),
        (create(name=b"n"), "name", "text"),
        (create(live_mode="false"), "live_mode", "True or False"),
        (create(live_mode=0), "live_mode", "True or False"),
        (create(automatic_taxes_enabled=1), "automatic_taxes_enabled", "True or False"),
        (create(invoice_number=1001), "invoice_number", "text"),
        (pay(payment_schedule_ids=["n1", 2]), "payment_schedule_ids[1]", "text"),
    ],
)
async def test_another_kind_of_value(call: Wrong, path: str, wanted: str) -> None:
    error = await refusal(call)
    assert error.path == path
    assert error.message.startswith(f"{wanted} is wanted, not ")


async def test_a_default_of_another_kind() -> None:
    wrong: Any = "no"
    defaults = LocationDefaults(
        live_mode=wrong, currency="USD", business_details=BusinessDetails(name="Example LLC")
    )
    assert (await refusal(create(), defaults=defaults)).path == "live_mode"


# Half of a character can't be written as UTF-8; it comes from cutting text in the wrong place.
@pytest.mark.parametrize(
    ("call", "path"),
    [
        (create(name="cut \ud83d"), "name"),
        (create(items=[line(description="\ud83d")]), "items[0].description"),
        (pay(meta={"a": ["\ud83d"]}), "meta['a'][0]"),
        (lambda client: client.invoices.list(search="\ud83d").first(), "search"),
    ],
)
async def test_half_a_character(call: Wrong, path: str) -> None:
    error = await refusal(call)
    assert error.path == path


# -- lists ---------------------------------------------------------------------------------------

LISTS = [
    "invoices.list",
    "templates.list",
    "schedules.list",
    "estimates.list",
    "estimate_templates.list",
]


def pager_of(client: Any, name: str, **given: Any) -> Any:
    return getattr(client, name.removesuffix(".list")).list(**given)


@pytest.mark.parametrize("value", [0, -1, 101, True, False, "10", None, 2.5], ids=repr)
@pytest.mark.parametrize("name", LISTS)
def test_a_page_has_1_to_100_records(name: str, value: object) -> None:
    # Refused where the pager is made, not where it is used.
    with pytest.raises(InvalidRequestError, match="from 1 to 100") as caught:
        pager_of(client_of(Recorder()), name, page_size=value)
    assert (caught.value.path, caught.value.operation) == ("page_size", name)


@pytest.mark.parametrize(
    "value", ["", "abc", "-1", "1.5", " 1", "1\n", "²", "١", "9" * 16, 5, b"5", True], ids=repr
)
@pytest.mark.parametrize("name", LISTS)
def test_a_cursor_comes_from_a_pager(name: str, value: object) -> None:
    with pytest.raises(InvalidRequestError, match="is no cursor") as caught:
        pager_of(client_of(Recorder()), name, cursor=value)
    assert (caught.value.path, caught.value.operation) == ("cursor", name)
    assert "cursor" in (caught.value.hint or "")


@pytest.mark.parametrize("value", [-1, True, "5", 1.0], ids=repr)
async def test_a_number_of_records(value: object) -> None:
    error = await refusal(lambda client: client.invoices.list().collect(limit=value))
    assert error.path == "limit"


# -- options -------------------------------------------------------------------------------------


def with_headers(**headers: Any) -> Wrong:
    return lambda client: client.invoices.get("i1", options=CallOptions(headers=headers))


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "authorization",
        "VERSION",
        "Host",
        "Content-Length",
        "Content-Type",
        "Transfer-Encoding",
        "Authorization ",
        " version",
    ],
)
async def test_a_header_that_is_the_clients_own(name: str) -> None:
    error = await refusal(with_headers(**{name: "mine"}))
    assert error.path == f"options.headers[{name!r}]"
    assert "mine" not in str(error)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-A", "1\r\nAuthorization: Bearer other"),
        ("X-A", "1\n"),
        ("X-A", "\r"),
        ("X-A", "a\x00b"),
        ("X-A", "é"),
        ("X-A", 5),
        ("X-A", None),
        ("X-A", b"1"),
        ("X-A\r\nAuthorization", "1"),
        ("X-A\n", "1"),
        ("X-é", "1"),
        ("X A", "1"),
        ("X:A", "1"),
        ("", "1"),
        ("X-A", ["1"]),
    ],
)
async def test_a_header_that_breaks_the_others(name: str, value: object) -> None:
    error = await refusal(with_headers(**{name: value}))
    assert error.path == f"options.headers[{name!r}]"
    assert "ASCII" in error.message


@pytest.mark.parametrize("value", [0, -1, True, "5", float("nan"), float("inf")], ids=repr)
async def test_a_timeout_is_a_number_of_seconds(value: Any) -> None:
    options = CallOptions(timeout=value)
    error = await refusal(lambda client: client.invoices.get("i1", options=options))
    assert error.path == "options.timeout"


KEYED: dict[str, Callable[..., Wrong]] = {
    "invoices.create": create,
    "invoices.send": lambda **given: (
        lambda client: client.invoices.send("i1", action="email", **given)
    ),
    "invoices.record_payment": pay,
    "invoices.text2pay": lambda **given: (
        lambda client: client.invoices.text2pay(
            name="n",
            items=[LINE],
            contact_details=CONTACT,
            issue_date=MARCH,
            sent_to=SentTo(email=["alex@example.com"]),
            action="draft",
            **given,
        )
    ),
    "templates.create": lambda **given: (
        lambda client: client.templates.create(name="n", items=[LINE], **given)
    ),
    "schedules.create": lambda **given: (
        lambda client: client.schedules.create(
            name="n",
            contact_details=CONTACT,
            schedule=ScheduleOptions(),
            items=[LINE],
            **given,
        )
    ),
    "estimates.create": estimate,
    "estimates.send": lambda **given: (
        lambda client: client.estimates.send("e1", action="email", **given)
    ),
    "estimates.create_invoice": lambda **given: (
        lambda client: client.estimates.create_invoice("e1", **given)
    ),
    "estimate_templates.create": lambda **given: (
        lambda client: client.estimate_templates.create(name="n", items=[ESTIMATE_LINE], **given)
    ),
}


WRONG_KEYS: list[tuple[dict[str, Any], str]] = [
    *(
        ({"key": key}, "key")
        for key in ("", " ", "\t", "k" * 201, "a\nb", "a\x00", "\ud800", 5, b"k", True, ["k"])
    ),
    ({"settle": "defer"}, "settle"),
    ({"settle": "later"}, "settle"),
    ({"settle": None}, "settle"),
    ({"key": "k", "settle": "later"}, "settle"),
    ({"key": "", "settle": "defer"}, "key"),
]


@pytest.mark.parametrize(("given", "path"), WRONG_KEYS, ids=lambda case: repr(case)[:40])
@pytest.mark.parametrize("name", KEYED)
async def test_a_key_that_is_none(name: str, given: dict[str, Any], path: str) -> None:
    recorder = Recorder()
    async with client_of(recorder, defaults=DEFAULTS) as client:
        with pytest.raises(InvalidRequestError) as caught:
            await KEYED[name](**given)(client)
    assert recorder.sent == []
    assert (caught.value.operation, caught.value.path) == (name, path)


# -- keywords ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "wrong", "meant"),
    [
        (create(dueDate=MARCH), "dueDate", "due_date"),
        (create(duedate=MARCH), "duedate", "due_date"),
        (create(due_dat=MARCH), "due_dat", "due_date"),
        (create(liveMode=True), "liveMode", "live_mode"),
        (create(contact=CONTACT), "contact", "contact_details"),
        (create(line_items=[LINE]), "line_items", "items"),
        (estimate(expire_date=MARCH), "expire_date", "expiry_date"),
        (pay(fulfilledAt=MARCH), "fulfilledAt", "fulfilled_at"),
        (lambda client: client.invoices.list(pageSize=10), "pageSize", "page_size"),
        (lambda client: client.invoices.send("i1", userId="u1"), "userId", "user_id"),
        (lambda client: client.invoices.get(invoiceId="i1"), "invoiceId", "invoice_id"),
        # What the service calls otherwise than the client.
        (
            lambda client: client.invoices.update("i1", invoiceItems=[LINE]),
            "invoiceItems",
            "items",
        ),
        (
            lambda client: client.invoices.update("i1", invoice_items=[LINE]),
            "invoice_items",
            "items",
        ),
        (lambda client: client.invoices.text2pay(id="i1"), "id", "invoice_id"),
    ],
)
async def test_a_wrong_keyword_says_which_one_was_meant(
    call: Wrong, wrong: str, meant: str
) -> None:
    recorder = Recorder()
    async with client_of(recorder, defaults=DEFAULTS) as client:
        with pytest.raises(TypeError) as caught:
            await done(call, client)
    assert recorder.sent == []
    assert f"has no argument {wrong!r}; did you mean {meant!r}?" in str(caught.value)


async def test_a_keyword_that_nothing_resembles() -> None:
    async with client_of(Recorder()) as client:
        with pytest.raises(TypeError, match=r"Invoices\.get\(\) has no argument 'zzz'; it takes"):
            await create_nothing(client, zzz=1)


async def create_nothing(client: Any, **given: Any) -> None:
    await client.invoices.get("i1", **given)


async def test_a_missing_keyword_is_named() -> None:
    client: Any = client_of(Recorder())
    with pytest.raises(TypeError, match=r"missing 1 required .* 'action'"):
        await client.invoices.send("i1")
    with pytest.raises(TypeError, match="'name'"):
        InvoiceItem(currency="USD", amount=1, qty=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


# -- the client itself ---------------------------------------------------------------------------

SECRET = "pit-5ecret"


@pytest.mark.parametrize(
    "token",
    [
        "",
        " ",
        "\n",
        f"{SECRET}\nX-Evil: 1",
        f"{SECRET}\r\n1",
        f"{SECRET} 2",
        f"{SECRET}é",
        f"{SECRET}\x00",
        None,
        5,
        SECRET.encode(),
    ],
    ids=repr,
)
async def test_no_token(token: Any) -> None:
    with pytest.raises(ConfigurationError, match="token") as caught:
        InvoicesClient(token=token)
    assert caught.value.hint
    assert SECRET not in str(caught.value)

    # One that is asked for is looked at when it comes, and nothing is sent with it.
    async def later() -> Any:
        return token

    for ask in (later, lambda: token):
        recorder = Recorder()
        async with InvoicesClient(token=ask, location_id=LOCATION, transport=recorder) as client:
            with pytest.raises(ConfigurationError, match="token") as caught:
                await client.invoices.get("i1")
        assert recorder.sent == []
        assert SECRET not in str(caught.value)


@pytest.mark.parametrize("token", [f"{SECRET}\n", f" {SECRET} ", f"{SECRET}\r\n"], ids=repr)
async def test_the_end_of_a_tokens_line_is_no_part_of_it(token: str) -> None:
    recorder = Recorder()
    async with InvoicesClient(token=token, location_id=LOCATION, transport=recorder) as client:
        await client.invoices.get("i1")
    assert recorder.one.headers["authorization"] == f"Bearer {SECRET}"


@pytest.mark.parametrize(
    "address",
    [
        "http://services.leadconnectorhq.com",
        "http://example.com:8080",
        "http://localhost.example.com",
        "http://10.0.0.1",
        "HTTP://EXAMPLE.COM",
    ],
)
def test_a_token_never_travels_in_the_clear(address: str) -> None:
    with pytest.raises(ConfigurationError, match="in the clear") as caught:
        InvoicesClient(token=TOKEN, base_url=address)
    assert "https" in (caught.value.hint or "")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
async def test_but_to_this_machine(host: str) -> None:
    async with InvoicesClient(token=TOKEN, base_url=f"http://{host}:8080") as client:
        assert client.location_id is None


@pytest.mark.parametrize(
    "address",
    [
        f"https://alex:{SECRET}@example.com",
        f"https://{SECRET}@example.com",
        f"http://alex:{SECRET}@localhost",
        f"https://alex:{SECRET}@example.com/?a=1",
        f"https://alex:{SECRET}@example.com/#top",
        f"ftp://alex:{SECRET}@example.com",
        f"https://example.com/?token={SECRET}",
    ],
)
def test_an_address_with_a_secret_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(ConfigurationError, match="base_url") as caught:
        InvoicesClient(token=TOKEN, base_url=address)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "services.leadconnectorhq.com",
        "//services.leadconnectorhq.com",
        "ftp://example.com",
        "https://",
        "https:///path",
        "https://exa mple.com",
        "https://example.com\n",
        "https://[::1",
        "https://example.com:99999",
        "https://example.com?x=1",
        "https://example.com#x",
    ],
)
def test_no_address(address: str) -> None:
    with pytest.raises(ConfigurationError, match="base_url") as caught:
        InvoicesClient(token=TOKEN, base_url=address)
    assert "https://services.leadconnectorhq.com" in (caught.value.hint or "")


@pytest.mark.parametrize("version", ["", "2021-07-28\n", "2021\r\nX-Evil: 1", "é"], ids=repr)
def test_no_version(version: str) -> None:
    with pytest.raises(ConfigurationError, match="api_version"):
        InvoicesClient(token=TOKEN, api_version=version)


@pytest.mark.parametrize("timeout", [0, -1, True, "5", float("nan"), float("inf"), None], ids=repr)
def test_no_timeout(timeout: Any) -> None:
    with pytest.raises((ConfigurationError, InvalidRequestError), match="seconds above 0"):
        InvoicesClient(token=TOKEN, timeout=timeout)


@pytest.mark.parametrize("value", [None, ""])
def test_from_env_without_a_token(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.delenv("HOOPAI_TOKEN", raising=False)
    if value is not None:
        monkeypatch.setenv("HOOPAI_TOKEN", value)
    with pytest.raises(ConfigurationError, match="HOOPAI_TOKEN is not set") as caught:
        InvoicesClient.from_env()
    assert caught.value.hint


async def test_from_env(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOPAI_TOKEN", "pit-env")
    monkeypatch.setenv("HOOPAI_LOCATION_ID", "env1")
    monkeypatch.setenv("HOOPAI_BASE_URL", "https://env.example.com")
    recorder = Recorder()
    async with InvoicesClient.from_env(transport=recorder) as client:
        await client.invoices.get("i1")
    async with InvoicesClient.from_env(transport=recorder, location_id="mine") as client:
        await client.invoices.get("i1")
    theirs, mine = recorder.sent
    assert theirs.host == "https://env.example.com"
    assert theirs.headers["authorization"] == "Bearer pit-env"
    assert ("altId", "env1") in theirs.query
    assert ("altId", "mine") in mine.query


async def test_a_refused_call_leaves_the_client_usable() -> None:
    recorder = Recorder()
    async with client_of(recorder, defaults=DEFAULTS) as client:
        with pytest.raises(InvalidRequestError):
            await client.invoices.get("..")
        await client.invoices.get("i1")
    assert recorder.one.path == "/invoices/i1"
