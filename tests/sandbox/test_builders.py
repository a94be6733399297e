"""Records made to order."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, get_args

import pytest

from hoopai_invoices.models import ContactDetails, Estimate, EstimateItem, Invoice, InvoiceItem
from hoopai_invoices.sandbox import Choices, Limits, Sandbox, SandboxError
from hoopai_invoices.sandbox.builders import EstimateStage, InvoiceStage

from .estimating import ESTIMATE, all_invoices
from .samples import CASH, SEND
from .support import Api, new_box

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("status", "paid", "payments"),
    [
        ("draft", "0", []),
        ("sent", "0", []),
        ("viewed", "0", []),
        ("partially_paid", "75.06", ["75.06"]),
        ("payment_processing", "0", []),
        ("paid", "150.11", ["150.11"]),
        ("void", "0", []),
    ],
)
async def test_an_invoice_in_every_status(
    api: Api, status: InvoiceStage, paid: str, payments: list[str]
) -> None:
    built = api.box.add_invoice(status=status, total="150.11")
    assert isinstance(built, Invoice)
    assert (built.status, built.total, built.amount_paid) == (
        status,
        Decimal("150.11"),
        Decimal(paid),
    )
    assert built.amount_due == Decimal("150.11") - Decimal(paid)
    read = await api.ok("GET", f"/invoices/{built.id}")
    assert (read["status"], read["liveMode"], read["currency"]) == (status, False, "USD")
    assert (read["issueDate"], read["dueDate"]) == ("2026-08-26", "2026-09-25")
    assert [each.amount for each in api.box.created("payment")] == [*map(Decimal, payments)]
    assert built == api.box.created("invoice")[0]


def test_every_status_is_tried() -> None:
    assert set(get_args(InvoiceStage)) == {
        *("draft", "sent", "viewed", "partially_paid", "payment_processing", "paid", "void")
    }
    assert set(get_args(EstimateStage)) == {
        *("draft", "sent", "viewed", "accepted", "declined", "invoiced")
    }


@pytest.mark.parametrize(
    ("status", "history", "invoices"),
    [
        ("draft", [], 0),
        ("sent", ["sent"], 0),
        ("viewed", ["sent", "viewed"], 0),
        ("accepted", ["sent", "accepted"], 0),
        ("declined", ["sent", "declined"], 0),
        ("invoiced", ["sent", "accepted", "invoiced"], 1),
    ],
)
async def test_an_estimate_in_every_status(
    api: Api, status: EstimateStage, history: list[str], invoices: int
) -> None:
    built = api.box.add_estimate(status=status, total=80)
    assert isinstance(built, Estimate)
    assert (built.estimate_status, built.total, built.live_mode) == (status, Decimal(80), False)
    listed = await api.ok("GET", f"{ESTIMATE}/list", limit="10", offset="0")
    (read,) = listed["estimates"]
    assert [entry["estimateStatus"] for entry in read["estimateActionHistory"]] == history
    assert (read["issueDate"], read["expiryDate"]) == (
        "2026-08-26T06:00:00.000Z",
        "2026-09-26T05:59:59.999Z",
    )
    assert [invoice["total"] for invoice in await all_invoices(api)] == [80] * invoices
    assert built == api.box.created("estimate")[0]


async def test_nothing_tells_a_built_invoice_from_another(api: Api) -> None:
    built = api.box.add_invoice(status="paid", total="12.50")
    shown = await api.ok("GET", f"/invoices/{built.id}")
    body = {
        "name": "Invoice",
        "businessDetails": shown["businessDetails"],
        "currency": "USD",
        "items": [{"name": "Invoice", "currency": "USD", "amount": Decimal("12.5"), "qty": 1}],
        "contactDetails": shown["contactDetails"],
        "issueDate": "2026-08-26",
        "dueDate": "2026-09-25",
        "liveMode": False,
    }
    made = (await api.ok("POST", "/invoices/", body))["_id"]
    await api.ok("POST", f"/invoices/{made}/send", {**SEND, "userId": shown["sentBy"]})
    await api.ok("POST", f"/invoices/{made}/record-payment", CASH)
    read = await api.ok("GET", f"/invoices/{made}")
    assert read["invoiceNumber"] == "000002"
    for each in (shown, read):
        assert len(each["invoiceItems"][0].pop("_id")) == 24
        own = ("_id", "invoiceNumber", "traceId", "createdAt", "updatedAt", "sentAt", "lastPaidAt")
        for name in own:
            assert each.pop(name)
    assert shown == read


async def test_nothing_tells_a_built_estimate_from_another(api: Api) -> None:
    api.box.add_estimate(status="accepted", total="12.50")
    path = f"{ESTIMATE}/list"
    (shown,) = (await api.ok("GET", path, limit="10", offset="0"))["estimates"]
    body = {
        **{key: shown[key] for key in ("name", "title", "businessDetails", "contactDetails")},
        "currency": "USD",
        "items": [
            {
                "name": "Estimate",
                "currency": "USD",
                "amount": Decimal("12.5"),
                "qty": 1,
                "type": "one_time",
            }
        ],
        "discount": {"type": "percentage", "value": 0},
        "frequencySettings": {"enabled": False},
        "issueDate": "2026-08-26",
        "expiryDate": "2026-09-25",
        "liveMode": False,
    }
    made = (await api.ok("POST", ESTIMATE, body))["_id"]
    await api.ok("POST", f"{ESTIMATE}/{made}/send", {**SEND, "userId": shown["sentBy"]})
    api.box.customer.accept(made)
    (read,) = (await api.ok("GET", path, limit="10", offset="0", search=made))["estimates"]
    assert read["estimateNumber"] == 2
    for each in (shown, read):
        assert len(each["items"][0].pop("_id")) == 24
        for name in ("_id", "estimateNumber", "createdAt", "updatedAt", "estimateActionHistory"):
            assert each.pop(name)
    assert shown == read


async def test_building_is_no_arrival_and_counts_for_no_limit() -> None:
    async with new_box(limits=Limits(burst=1, daily=1)) as box:
        for _ in range(5):
            box.add_invoice(status="paid")
            box.add_estimate(status="invoiced")
        assert box.arrivals == []
        assert len(box.created("invoice")) == 10


@pytest.mark.parametrize(
    ("due_in", "due", "issued"),
    [
        (30, "2026-09-25", "2026-08-26"),
        (0, "2026-08-26", "2026-08-26"),
        (-5, "2026-08-21", "2026-08-21"),
    ],
)
async def test_days_are_counted_from_the_locations_today(
    api: Api, due_in: int, due: str, issued: str
) -> None:
    api.box.add_invoice(status="sent", due_in=due_in)
    (read,) = await all_invoices(api)
    assert (read["dueDate"], read["issueDate"], read["status"]) == (due, issued, "sent")
    tokyo = api.box.add_location(timezone="Asia/Tokyo")
    there = api.box.add_invoice(due_in=due_in, location=tokyo)
    assert there.due_date == date.fromisoformat(due) + timedelta(days=1)


async def test_an_overdue_invoice_can_be_paid_and_corrected_as_any_other(api: Api) -> None:
    built = api.box.add_invoice(status="sent", due_in=-40)
    api.box.customer.pay(built)
    (read,) = await all_invoices(api)
    assert read["status"] == "paid"


async def test_an_expired_estimate(api: Api) -> None:
    built = api.box.add_estimate(status="sent", expires_in=-1)
    assert built.expiry_date is not None
    (read,) = (await api.ok("GET", f"{ESTIMATE}/list", limit="1", offset="0"))["estimates"]
    assert read["expiryDate"] == "2026-08-26T05:59:59.999Z"  # the end of the 25th


async def test_a_processing_payment_clears_after_three_days(api: Api) -> None:
    built = api.box.add_invoice(status="payment_processing", total=40)
    api.box.clock.advance(days=2.9)
    status, _ = await api("POST", f"/invoices/{built.id}/record-payment", CASH)
    assert status == 409
    api.box.clock.advance(days=0.1)
    (payment,) = api.box.created("payment")
    assert (payment.amount, payment.invoice_id) == (Decimal(40), built.id)
    assert api.box.created("invoice")[0].status == "paid"


async def test_an_invoice_by_itself_after_a_built_acceptance(api: Api) -> None:
    api.box.add_estimate(status="accepted", auto_invoice=True)
    api.box.add_estimate(status="invoiced", auto_invoice=True)
    assert len(api.box.created("invoice")) == 1
    api.box.clock.advance(seconds=3)
    assert len(api.box.created("invoice")) == 2
    assert [e.estimate_status for e in api.box.created("estimate")] == ["invoiced", "invoiced"]


async def test_lines_of_ones_own(box: Sandbox) -> None:
    items = [
        InvoiceItem(name="Hour", currency="EUR", amount="80.25", qty=2),
        InvoiceItem(name="Travel", currency="EUR", amount=12, qty=1),
    ]
    invoice = box.add_invoice(items=items, currency="EUR", status="partially_paid", paid=Decimal(1))
    assert (invoice.total, invoice.amount_due) == (Decimal("172.50"), Decimal("171.50"))
    line = EstimateItem(name="Hour", currency="EUR", amount=80, qty=3, type="recurring")
    estimate = box.add_estimate(items=[line], currency="EUR")
    assert (estimate.total, estimate.currency) == (Decimal(240), "EUR")
    again = box.add_invoice(items=invoice.items, currency="EUR")  # those of an answer
    assert again.total == Decimal("172.50")


async def test_numbers(box: Sandbox) -> None:
    assert box.add_invoice().invoice_number == "000001"
    assert box.add_invoice(number="A-7").invoice_number == "A-7"
    assert box.add_invoice().invoice_number == "000002"
    assert box.add_estimate(number=12).estimate_number == 12
    assert box.add_estimate().estimate_number == 13
    with pytest.raises(SandboxError, match="Estimate number already exists"):
        box.add_estimate(number=12)


async def test_what_is_built_shows_as_the_choices_have_it() -> None:
    async with new_box(choices=Choices(invoice_number_type="number")) as box:
        built = box.add_invoice()
        assert built.to_dict()["invoiceNumber"] == 1
        assert box.created("invoice")[0].to_dict()["invoiceNumber"] == 1


async def test_the_contact_and_the_sender_are_there(api: Api) -> None:
    built = [api.box.add_invoice(status="sent") for _ in range(2)]
    built_too = api.box.add_estimate(status="sent")
    contact = built[0].contact_details
    assert contact is not None
    assert contact == built[1].contact_details == built_too.contact_details
    found = (await api.ok("GET", f"/contacts/{contact.id}"))["contact"]
    assert (found["email"], found["locationId"]) == ("alex@example.com", api.box.location_id)
    headers = {"Authorization": f"Bearer {api.box.token}", "Version": "2021-07-28"}
    where = {"locationId": api.box.location_id}
    answer = await api.http.get("/users/", params=where, headers=headers)
    assert [user["id"] for user in answer.json()["users"]] == [built[0].sent_by]


async def test_contacts_of_ones_own(box: Sandbox) -> None:
    alex = box.add_contact()
    assert (alex.name, alex.email, alex.phone_no) == ("Alex", "alex@example.com", None)
    zoe = box.add_contact("Zoe Lee", "zoe@example.com", "+15550100", id="zoe")
    assert (zoe.id, zoe.name, zoe.phone_no) == ("zoe", "Zoe Lee", "+15550100")
    assert box.add_invoice().contact_details == alex
    for given in ("zoe", zoe):
        assert box.add_invoice(contact=given).contact_details == zoe
    stranger = ContactDetails(id="x", name="Sam")
    assert box.add_estimate(contact=stranger).contact_details == stranger
    other = box.add_location()
    with pytest.raises(ValueError, match=f"location '{other.id}' has no contact 'zoe'"):
        box.add_invoice(contact="zoe", location=other)


async def test_every_location_has_contacts_of_its_own(box: Sandbox) -> None:
    other = box.add_location()
    mine, theirs = box.add_invoice(), box.add_invoice(location=other)
    assert mine.contact_details is not None
    assert theirs.contact_details is not None
    assert mine.contact_details.id != theirs.contact_details.id


async def test_users_of_ones_own(box: Sandbox) -> None:
    other = box.add_location()
    assert box.add_user("Elsewhere", location=other, id="u2") == "u2"
    first = box.add_user()
    box.add_user("Sam")
    assert box.add_invoice(status="sent").sent_by == first
    assert box.add_estimate(status="sent").sent_by == first
    assert box.add_invoice(status="sent", location=other.id).sent_by == "u2"


async def test_a_suspended_location_can_be_filled(api: Api) -> None:
    place = api.box.add_location(suspended=True, name="Closed Ltd")
    for built in (
        api.box.add_invoice(status="paid", location=place),
        api.box.add_estimate(status="invoiced", location=place.id),
    ):
        assert built.alt_id == place.id
        assert built.business_details is not None
        assert built.business_details.name == "Closed Ltd"
    assert await all_invoices(api) == []


async def test_what_is_due_by_now_comes_first() -> None:
    async with new_box(choices=Choices(auto_invoice_seconds=0)) as box:
        box.customer.accept(box.add_estimate(status="sent", auto_invoice=True))
        assert box.add_invoice().invoice_number == "000002"


@pytest.mark.parametrize(
    ("keywords", "error", "text"),
    [
        (
            {"status": "overdue"},
            ValueError,
            "'overdue' is none of draft, sent, viewed, partially_paid, payment_processing, paid, "
            "void: an overdue invoice is a sent one with a negative due_in",
        ),
        ({"total": 1.5}, TypeError, "int, a str or a Decimal, not a float such as 1.5"),
        ({"total": True}, TypeError, "not a bool such as True"),
        ({"total": "much"}, ValueError, "'much'"),
        ({"total": Decimal("NaN")}, ValueError, "NaN"),
        ({"status": "partially_paid", "paid": 0.5}, TypeError, "not a float such as 0.5"),
        ({"status": "partially_paid", "paid": 100}, ValueError, "between 0 and the total, 100"),
        ({"status": "partially_paid", "paid": 0}, ValueError, "between 0 and the total, 100"),
        ({"status": "partially_paid", "total": "0.01"}, ValueError, "the total, 0.01"),
        ({"status": "sent", "paid": 5}, ValueError, "goes with the status partially_paid"),
        ({"status": "paid", "total": 0}, ValueError, "nothing can be paid on a total of 0"),
        ({"status": "partially_paid", "total": 0}, ValueError, "on a total of 0"),
        ({"total": 1, "items": []}, ValueError, "give a total or items"),
        ({"currency": "usd"}, ValueError, "currency"),
        ({"name": ""}, ValueError, "name"),
        ({"location": "nowhere"}, ValueError, "the sandbox has no location 'nowhere'"),
        ({"contact": "nobody"}, ValueError, "has no contact 'nobody'"),
        ({"totl": 1}, TypeError, "totl"),
    ],
)
async def test_what_cannot_be_built(
    box: Sandbox, keywords: dict[str, Any], error: type[Exception], text: str
) -> None:
    with pytest.raises(error) as caught:
        box.add_invoice(**keywords)
    assert text in str(caught.value)
    assert box.created("invoice") == []
    assert box.add_invoice().invoice_number == "000001"


@pytest.mark.parametrize(
    ("keywords", "error", "text"),
    [
        (
            {"status": "paid"},
            ValueError,
            "'paid' is none of draft, sent, viewed, accepted, declined, invoiced",
        ),
        ({"total": 0.1}, TypeError, "not a float such as 0.1"),
        ({"name": "n" * 41}, ValueError, "at most 40 characters"),
        ({"number": "7"}, ValueError, "a whole number"),
    ],
)
async def test_what_cannot_be_estimated(
    box: Sandbox, keywords: dict[str, Any], error: type[Exception], text: str
) -> None:
    with pytest.raises(error) as caught:
        box.add_estimate(**keywords)
    assert text in str(caught.value)
    assert box.created("estimate") == []


async def test_a_built_model_is_a_copy(box: Sandbox) -> None:
    built = box.add_invoice(name="As it was")
    built.name = "Changed"
    assert built.items is not None
    built.items[0].name = "Changed"
    (kept,) = box.created("invoice")
    assert (kept.name, kept.items[0].name) == ("As it was", "As it was")
