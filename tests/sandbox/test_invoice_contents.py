"""What an invoice says, and how a PUT replaces it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from hoopai_invoices.sandbox import Choices, Sandbox

from .samples import CASH, CONTACT, LINE, SEND, invoice, replacement
from .steps import PAGE, make, read
from .support import Api, api_of, new_box

pytestmark = pytest.mark.anyio


async def test_a_put_replaces_the_contents(api: Api) -> None:
    made = await make(api, "sent")
    lines = [{**LINE, "amount": 333, "taxes": [{"_id": "t", "name": "VAT", "rate": 13}]}]
    body = replacement(items=lines, termsNotes=None, contactDetails=None, liveMode=None)
    answer = await api.ok("PUT", f"/invoices/{made}", body)
    assert (answer["total"], answer["amountDue"]) == (Decimal("376.29"), Decimal("376.29"))
    assert answer["termsNotes"] is None
    assert (answer["contactDetails"], answer["liveMode"]) == (CONTACT, False)
    assert answer["invoiceNumber"] == "000001"
    assert answer["status"] == "sent"
    read = await api.ok("GET", f"/invoices/{made}")
    assert read["totalSummary"] == {"subTotal": 333, "discount": 0, "tax": Decimal("43.29")}
    assert read["invoiceItems"][0]["itemTotalTax"] == Decimal("43.29")


TAKEN_OVER = {
    "businessDetails": {"name": "Example LLC"},
    "description": "A clip",
    "termsNotes": "Half up front",
    "discount": {"type": "fixed", "value": 1},
    "automaticTaxesEnabled": True,
    "paymentSchedule": {
        "type": "percentage",
        "schedules": [{"dueDate": "2026-09-20", "value": 100}],
    },
    "tipsConfiguration": {"tipsEnabled": True, "tipsPercentage": [5]},
    "xeroDetails": {"id": "x"},
    "paymentMethods": {"stripe": {"enableBankDebitOnly": True}},
    "miscellaneousCharges": {"charges": []},
}


@pytest.mark.parametrize("name", TAKEN_OVER)
async def test_a_put_clears_what_it_leaves_out(api: Api, name: str) -> None:
    made = await make(api)
    body = replacement(**TAKEN_OVER)
    given = (await api.ok("PUT", f"/invoices/{made}", body))[name]
    if name == "paymentSchedule":
        given = {"type": given["type"], "schedules": [{"dueDate": "2026-09-20", "value": 100}]}
    assert given == TAKEN_OVER[name]
    answer = await api.ok("PUT", f"/invoices/{made}", replacement(**{**TAKEN_OVER, name: None}))
    assert answer[name] is None
    assert (await read(api, made))[name] is None


async def test_a_put_clears_titles_prefixes_and_files_to_their_defaults(api: Api) -> None:
    file = {"id": "f", "name": "f.pdf", "url": "https://example.com/f", "type": "pdf", "size": 1}
    changes: dict[str, Any] = {"title": "BILL", "invoiceNumberPrefix": "B-", "attachments": [file]}
    made = await make(api, **changes)
    before = await read(api, made)
    assert {name: before[name] for name in changes} == changes
    answer = await api.ok("PUT", f"/invoices/{made}", replacement(title=None))
    assert (answer["title"], answer["invoiceNumberPrefix"]) == ("INVOICE", "INV-")
    assert answer["attachments"] == []


async def test_a_put_names_the_contact_with_or_without_details(box: Sandbox, api: Api) -> None:
    made = await make(api)
    sam = box.add_contact(name="Sam", email="sam@example.com", phone="+15555550123")
    foreign = box.add_contact(name="Eve", location=box.add_location())

    async def put(**changes: Any) -> tuple[int, Any]:
        status, answer = await api("PUT", f"/invoices/{made}", replacement(**changes))
        return status, answer.get("contactDetails")

    assert await put(contactDetails=None) == (200, CONTACT)
    assert await put(contactDetails=None, contactId=CONTACT["id"]) == (200, CONTACT)
    wanted = {
        "id": sam.id,
        "name": "Sam",
        "email": "sam@example.com",
        "phoneNo": "+15555550123",
    }
    assert await put(contactDetails=None, contactId=sam.id) == (200, wanted)
    assert await put(contactDetails=CONTACT, contactId=sam.id) == (200, CONTACT)
    for unknown in ("nope", foreign.id):
        assert (await put(contactDetails=None, contactId=unknown))[0] == 404
    assert (await read(api, made))["contactDetails"] == CONTACT


async def test_every_line_tells_its_share(api: Api) -> None:
    lines = [{**LINE, "amount": 15500, "qty": 24}, {**LINE, "amount": 100, "qty": 1}]
    taxes = [{"_id": "t", "name": "VAT", "rate": 13}]
    discount = {"type": "percentage", "value": 5}
    made = await make(api, items=[{**line, "taxes": taxes} for line in lines], discount=discount)
    first, second = (await read(api, made))["invoiceItems"]
    names = ("itemTotalDiscount", "itemUnitDiscount", "itemTotalTax")
    assert [first[name] for name in names] == [18600, 775, 45942]
    assert [second[name] for name in names] == [5, 5, Decimal("12.35")]
    assert first["_id"] != second["_id"]


@pytest.mark.parametrize(
    ("currency", "symbol"),
    [
        ("USD", "$"),
        ("CAD", "$"),
        ("EUR", "€"),
        ("GBP", "£"),
        ("CRC", "₡"),
        ("CHF", "CHF"),
    ],
)
async def test_an_answer_tells_how_the_currency_is_written(
    api: Api, currency: str, symbol: str
) -> None:
    made = await make(api, currency=currency, items=[{**LINE, "currency": currency}])
    answer = await read(api, made)
    assert answer["currencyOptions"] == {"code": currency, "symbol": symbol}


async def test_generated_numbers_are_not_reserved(api: Api) -> None:
    for _ in range(2):
        answer = await api.ok("GET", "/invoices/generate-invoice-number")
        assert answer["invoiceNumber"] == "000001"
    await make(api, invoiceNumber="000001")
    answer = await api.ok("GET", "/invoices/generate-invoice-number")
    assert answer["invoiceNumber"] == "000002"
    await make(api, invoiceNumber="000001")  # nothing shows that repeats are refused
    made = await api.ok("POST", "/invoices/", invoice(invoiceNumber="A-7"))
    assert made["invoiceNumber"] == "A-7"


@pytest.mark.parametrize(
    ("zone", "due", "status"),
    [
        ("America/Costa_Rica", "2026-08-26", 201),  # still the 26th there
        ("UTC", "2026-08-26", 422),
        ("UTC", "2026-08-27", 201),
        ("Asia/Tokyo", "2026-08-27", 201),
    ],
)
async def test_a_past_due_date_is_refused_by_the_locations_day(
    box: Sandbox, api: Api, zone: str, due: str, status: int
) -> None:
    place = box.add_location(timezone=zone)
    body = {**invoice(issueDate="2026-08-01", dueDate=due), "altId": place.id}
    token = box.add_token(locations=[place.id])
    answered, _ = await api("POST", "/invoices/", body, token=token)
    assert answered == status


async def test_an_overdue_invoice_can_still_be_corrected(api: Api) -> None:
    made = await make(api, "sent")
    api.box.clock.advance(days=90)
    answer = await api.ok("PUT", f"/invoices/{made}", replacement(name="Corrected"))
    assert (answer["name"], answer["status"]) == ("Corrected", "sent")
    status, _ = await api("PUT", f"/invoices/{made}", replacement(dueDate="2026-10-02"))
    assert status == 422


async def test_numbers_that_are_taken_may_be_refused() -> None:
    api = api_of(new_box(choices=Choices(duplicate_invoice_number="refused")))
    first = await make(api, "sent", invoiceNumber="A-7")
    second = await make(api)
    assert (await read(api, second))["invoiceNumber"] == "000001"
    text2pay = {"action": "draft", "userId": "u1"}
    for method, path, body in (
        ("POST", "/invoices/", invoice(invoiceNumber="A-7")),
        ("POST", "/invoices/", invoice(invoiceNumber="000001")),
        ("POST", "/invoices/text2pay", invoice(invoiceNumber="A-7", **text2pay)),
        ("POST", "/invoices/text2pay", invoice(invoiceNumber="A-7", id=second, **text2pay)),
        ("PUT", f"/invoices/{second}", replacement(invoiceNumber="A-7", name="changed")),
    ):
        status, answer = await api(method, path, body)
        assert (status, answer["message"]) == (400, "Invoice number already exists")
    assert (await read(api, second))["name"] == "INV-0001: Explainer"
    await api.ok("PUT", f"/invoices/{second}", replacement(invoiceNumber="000001"))
    await api.ok("POST", f"/invoices/{first}/void", {})  # a void invoice keeps its number
    status, _ = await api("POST", "/invoices/", invoice(invoiceNumber="A-7"))
    assert status == 400
    await api.ok("DELETE", f"/invoices/{second}")
    assert (await api.ok("POST", "/invoices/", invoice(invoiceNumber="000001")))["_id"]
    assert len(api.box.created("invoice")) == 3


async def test_numbers_may_be_shown_as_numbers() -> None:
    api = api_of(new_box(choices=Choices(invoice_number_type="number")))
    assert (await api.ok("GET", "/invoices/generate-invoice-number"))["invoiceNumber"] == 1
    made = await make(api, "sent")
    path = f"/invoices/{made}"
    text2pay = invoice(id=made, action="send", userId="u1")
    once = {"intervalCount": 1, "interval": "one_time"}
    fees = {"enable": False, "value": 5, "type": "fixed", "frequency": once}
    accepted = api.box.add_estimate(status="accepted").id
    listed = await api.ok("GET", "/invoices/", **PAGE)
    draft = await api.ok("POST", "/invoices/", invoice(invoiceNumber="0000"))
    deleted = await api.ok("DELETE", f"/invoices/{draft['_id']}")
    assert (draft["invoiceNumber"], deleted["invoiceNumber"]) == (0, 0)
    converted = await api.ok(
        "POST", f"/invoices/estimate/{accepted}/invoice", {"markAsInvoiced": True}
    )
    assert converted["invoice"]["invoiceNumber"] == 2
    shown = [
        await read(api, made),
        listed["invoices"][0],
        await api.ok("PUT", path, replacement()),
        (await api.ok("POST", f"{path}/send", SEND))["invoice"],
        (await api.ok("POST", "/invoices/text2pay", text2pay))["invoice"],
        await api.ok("PATCH", f"{path}/late-fees-configuration", {"lateFeesConfiguration": fees}),
        (await api.ok("POST", f"{path}/record-payment", {**CASH, "amount": 1}))["invoice"],
        await api.ok("POST", f"{path}/void", {}),
    ]
    assert [each["invoiceNumber"] for each in shown] == [1] * len(shown)
    for number in ("A-7", "7a", "٣", "1" * 5000):
        made = (await api.ok("POST", "/invoices/", invoice(invoiceNumber=number)))["_id"]
        assert (await read(api, made))["invoiceNumber"] == number
