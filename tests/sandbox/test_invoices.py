"""The life of an invoice."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hoopai_invoices.sandbox import Sandbox

from .samples import CASH, CONTACT, LINE, SEND, invoice, replacement
from .support import Api, Clock, api_of, new_box

pytestmark = pytest.mark.anyio

PAGE = {"limit": "100", "offset": "0"}


async def make(api: Api, status: str = "draft", **changes: Any) -> str:
    """An invoice of 1800 brought into a state; returns its id."""
    made: str = (await api.ok("POST", "/invoices/", invoice(**changes)))["_id"]
    path = f"/invoices/{made}"
    if status in ("sent", "viewed", "void"):
        await api.ok("POST", f"{path}/send", SEND)
    if status == "viewed":
        await visit(api, made)
    if status == "void":
        await api.ok("POST", f"{path}/void", {})
    if status == "partially_paid":
        await api.ok("POST", f"{path}/record-payment", {**CASH, "amount": 1})
    if status == "paid":
        await api.ok("POST", f"{path}/record-payment", CASH)
    assert (await api.ok("GET", path))["status"] == status
    return made


async def visit(api: Api, invoice_id: str) -> None:
    path = "/invoices/stats/last-visited-at"
    assert await api("PATCH", path, {"invoiceId": invoice_id}) == (200, None)


async def test_the_recorded_requests_walk_an_invoice_to_paid(api: Api) -> None:
    status, made = await api("POST", "/invoices/", invoice())
    assert (status, made["status"], made["total"], made["amountDue"]) == (201, "draft", 1800, 1800)
    assert (made["invoiceNumber"], made["invoiceNumberPrefix"]) == ("000001", "INV-")
    assert (made["issueDate"], made["dueDate"]) == ("2026-09-13", "2026-10-01")
    assert "items" not in made
    body = {"userId": "u1", "action": "send_manually", "liveMode": False}
    sent = await api.ok("POST", f"/invoices/{made['_id']}/send", body)
    assert set(sent) == {"invoice", "smsData", "emailData"}
    assert sent["invoice"]["status"] == "sent"
    assert sent["invoice"]["manualStatusTransitions"] == {"sent": True}
    body = {
        "mode": "card",
        "card": {"brand": "visa", "last4": "4242"},
        "notes": "walkthrough",
        "amount": 1800,
    }
    paid = await api.ok("POST", f"/invoices/{made['_id']}/record-payment", body)
    assert paid["success"] is True
    assert (paid["invoice"]["status"], paid["invoice"]["amountDue"]) == ("paid", 0)


@pytest.mark.parametrize(
    ("status", "amount", "code", "after"),
    [
        ("draft", 600, 201, "partially_paid"),
        ("draft", None, 201, "paid"),
        ("sent", Decimal("1799.99"), 201, "partially_paid"),
        ("partially_paid", 1799, 201, "paid"),
        ("sent", Decimal("1800.01"), 400, "sent"),
        ("paid", 1, 400, "paid"),
        ("paid", None, 400, "paid"),
        ("void", 1, 400, "void"),
    ],
)
async def test_payments(
    api: Api, status: str, amount: Decimal | int | None, code: int, after: str
) -> None:
    made = await make(api, status)
    body = CASH if amount is None else {**CASH, "amount": amount}
    answered, _ = await api("POST", f"/invoices/{made}/record-payment", body)
    read = await api.ok("GET", f"/invoices/{made}")
    assert (answered, read["status"]) == (code, after)
    assert read["amountPaid"] + read["amountDue"] == read["total"] == 1800


FEES = {
    "enable": True,
    "value": 5,
    "type": "fixed",
    "frequency": {"intervalCount": 1, "interval": "month"},
}


@pytest.mark.parametrize(
    ("method", "path", "body", "allowed"),
    [
        ("DELETE", "", None, {"draft"}),
        ("POST", "/void", {}, {"sent", "viewed", "partially_paid"}),
        ("POST", "/send", SEND, {"draft", "sent", "viewed", "partially_paid"}),
        ("PUT", "", replacement(), {"draft", "sent", "viewed"}),
        (
            "PATCH",
            "/late-fees-configuration",
            {"lateFeesConfiguration": FEES},
            {"draft", "sent", "viewed", "partially_paid"},
        ),
    ],
)
@pytest.mark.parametrize("status", ["draft", "sent", "viewed", "partially_paid", "paid", "void"])
async def test_what_each_state_allows(
    api: Api, method: str, path: str, body: Any, allowed: set[str], status: str
) -> None:
    made = await make(api, status)
    code, answer = await api(method, f"/invoices/{made}{path}", body)
    assert (code in (200, 201)) == (status in allowed), answer
    assert code in (200, 201, 400)


async def test_after_voiding_the_invoice_is_still_read_and_after_deleting_not(api: Api) -> None:
    voided, deleted = await make(api, "void"), await make(api)
    assert (await api.ok("GET", f"/invoices/{voided}"))["status"] == "void"
    assert (await api.ok("DELETE", f"/invoices/{deleted}"))["_id"] == deleted
    status, _ = await api("GET", f"/invoices/{deleted}")
    assert status == 404


async def test_an_empty_user_leaves_a_draft(api: Api) -> None:
    made = await make(api)
    status, answer = await api("POST", f"/invoices/{made}/send", {**SEND, "userId": ""})
    assert (status, answer["invoice"]["status"]) == (201, "draft")


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


async def test_an_overdue_invoice_can_still_be_corrected(api: Api, clock: Clock) -> None:
    made = await make(api, "sent")
    clock.forward(days=90)
    answer = await api.ok("PUT", f"/invoices/{made}", replacement(name="Corrected"))
    assert (answer["name"], answer["status"]) == ("Corrected", "sent")
    status, _ = await api("PUT", f"/invoices/{made}", replacement(dueDate="2026-10-02"))
    assert status == 422


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["C", "B", "A"]),
        ({"status": "sent"}, ["B"]),
        ({"search": "zoë"}, ["C"]),
        ({"search": "000003"}, []),  # the number is not among what is searched
        ({"contactId": "zoe"}, ["C"]),
        ({"paymentMode": "live"}, ["B"]),
        ({"paymentMode": "test"}, ["C", "A"]),
        ({"startAt": "2026-09-13", "endAt": "2026-09-14"}, ["C", "A"]),
        ({"sortField": "issueDate", "sortOrder": "ascend"}, ["A", "C", "B"]),
        ({"sortField": "issueDate", "sortOrder": "descend"}, ["B", "C", "A"]),
        ({"limit": "2", "offset": "1"}, ["B", "A"]),
    ],
)
async def test_lists(api: Api, query: dict[str, str], names: list[str]) -> None:
    await make(api, name="A")
    await make(api, "sent", name="B", issueDate="2026-09-20", liveMode=True)
    zoe = {"id": "zoe", "name": "Zoë"}
    await make(api, name="C", issueDate="2026-09-14", contactDetails=zoe)
    answer = await api.ok("GET", "/invoices/", **{**PAGE, **query})
    assert [each["name"] for each in answer["invoices"]] == names
    assert answer["total"] == (3 if "limit" in query else len(names))


async def test_text2pay_makes_sends_and_updates(api: Api) -> None:
    body = invoice(businessDetails=None, userId="u1", action="draft")
    first = await api.ok("POST", "/invoices/text2pay", body)
    made = first["invoice"]["_id"]
    assert (first["invoice"]["status"], first["invoiceUrl"][:8]) == ("draft", "https://")
    again = await api.ok(
        "POST", "/invoices/text2pay", {**body, "id": made, "action": "send", "name": "Now"}
    )
    assert again["invoiceUrl"] == first["invoiceUrl"]
    assert (again["invoice"]["_id"], again["invoice"]["status"]) == (made, "sent")
    listed = await api.ok("GET", "/invoices/", **PAGE)
    assert [each["name"] for each in listed["invoices"]] == ["Now"]


async def test_settings(api: Api) -> None:
    answer = await api.ok("GET", "/invoices/settings")
    assert (answer["invoiceNumberPrefix"], answer["dueAfterXDays"]) == ("INV-", 30)
    assert "customerSendPaymentSchedule" in answer["customNotification"]


money = st.decimals("0.01", "99999.99", places=2)


@settings(max_examples=40, deadline=None)
@given(money, st.lists(money, max_size=4))
def test_paid_and_due_always_make_the_total(price: Decimal, payments: list[Decimal]) -> None:
    async def scenario() -> None:
        api = api_of(new_box(now=Clock()))
        made = await make(api, items=[{**LINE, "amount": price}])
        paid = Decimal(0)
        for amount in payments:
            body = {**CASH, "amount": amount}
            status, _ = await api("POST", f"/invoices/{made}/record-payment", body)
            assert (status == 201) == (paid + amount <= price)
            paid += amount if status == 201 else 0
        read = await api.ok("GET", f"/invoices/{made}")
        assert (read["amountPaid"], read["total"]) == (paid, price)
        assert read["amountPaid"] + read["amountDue"] == read["total"]
        wanted = "paid" if paid == price else "partially_paid" if paid else "draft"
        assert read["status"] == wanted

    asyncio.run(scenario())
