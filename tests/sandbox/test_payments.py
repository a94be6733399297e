"""Payments that were received elsewhere."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hoopai_invoices.sandbox import Choices, Sandbox, SandboxError

from .samples import CASH, LINE, SEND
from .steps import make, read
from .support import Api, api_of, new_box

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("status", "amount", "code", "after"),
    [
        ("draft", 600, 201, "partially_paid"),
        ("draft", None, 201, "paid"),
        ("sent", Decimal("1799.99"), 201, "partially_paid"),
        ("viewed", 1800, 201, "paid"),
        ("partially_paid", 1799, 201, "paid"),
        ("sent", Decimal("1800.01"), 400, "sent"),
        ("paid", 1, 400, "paid"),
        ("paid", None, 400, "paid"),
        ("void", 1, 400, "void"),
        ("payment_processing", 1, 409, "payment_processing"),
    ],
)
async def test_payments(
    api: Api, status: str, amount: Decimal | int | None, code: int, after: str
) -> None:
    made = await make(api, status)
    before = await read(api, made)
    booked = len(api.box.created("payment"))
    body = CASH if amount is None else {**CASH, "amount": amount}
    answered, answer = await api("POST", f"/invoices/{made}/record-payment", body)
    if status == "paid":
        assert answer["message"] == "Invoice is already paid"
    now = await read(api, made)
    assert (answered, now["status"]) == (code, after)
    assert now["amountPaid"] + now["amountDue"] == now["total"] == 1800
    payments = api.box.created("payment")
    assert sum(payment.amount for payment in payments) == now["amountPaid"]
    assert len(payments) == booked + (code == 201)
    if code != 201:
        assert {**now, "traceId": ""} == {**before, "traceId": ""}


DETAILS: dict[str, Any] = {
    "card": {"brand": "visa", "last4": "4242"},
    "cheque": {"number": "129-129"},
}


@pytest.mark.parametrize("mode", ["cash", "card", "cheque", "bank_transfer", "other"])
@pytest.mark.parametrize("choice", ["required", "optional"])
async def test_only_the_details_of_the_mode_may_be_asked_for(choice: Any, mode: str) -> None:
    api = api_of(new_box(choices=Choices(payment_details=choice)))
    made = await make(api)
    path = f"/invoices/{made}/record-payment"
    others = {name: DETAILS[name] for name in DETAILS if name != mode}
    status, answer = await api("POST", path, {"mode": mode, "amount": 1, **others})
    needed = choice == "required" and mode in DETAILS
    assert status == (422 if needed else 201)
    if needed:
        assert answer["message"] == [f"{mode} should not be empty"]
        assert api.box.created("payment") == []
    await api.ok("POST", path, {"mode": mode, "amount": 2, **DETAILS})
    payment = api.box.created("payment")[-1]
    assert (payment.invoice_id, payment.location_id) == (made, api.box.location_id)
    assert (payment.amount, payment.tip, payment.mode) == (2, 0, mode)


async def test_the_answer_and_later_reads_tell_when_money_came_in(api: Api) -> None:
    made = await make(api, "sent")
    assert "lastPaidAt" not in await read(api, made)
    api.box.clock.advance(days=2)
    answer = await api.ok("POST", f"/invoices/{made}/record-payment", {**CASH, "amount": 600})
    assert answer["success"] is True
    assert answer["invoice"]["lastPaidAt"][:19] == "2026-08-29T03:44:48"
    assert (await read(api, made))["lastPaidAt"] == answer["invoice"]["lastPaidAt"]
    (payment,) = api.box.created("payment")
    assert payment.at == answer["invoice"]["lastPaidAt"]


async def test_a_payment_may_say_when_it_was_made(api: Api) -> None:
    made = await make(api, "sent")
    body = {**CASH, "fulfilledAt": "2026-08-20T09:30:00+02:00"}
    answer = await api.ok("POST", f"/invoices/{made}/record-payment", body)
    assert answer["invoice"]["lastPaidAt"] == "2026-08-20T07:30:00.000Z"
    assert api.box.created("payment")[0].at == "2026-08-20T07:30:00.000Z"


@pytest.mark.parametrize(
    "moment", ["yesterday", "2026-08-20", "2016-12-31T23:59:60Z", "0001-01-01T00:00:00+01:00"]
)
async def test_a_moment_that_cannot_be_is_refused(api: Api, moment: str) -> None:
    made = await make(api, "sent")
    path = f"/invoices/{made}/record-payment"
    status, answer = await api("POST", path, {**CASH, "fulfilledAt": moment})
    text = "fulfilledAt must be a valid ISO 8601 date string"
    assert (status, answer["message"]) == (422, [text])
    assert api.box.created("payment") == []


async def test_nothing_can_be_paid_where_nothing_is_due(api: Api) -> None:
    made = await make(api, items=[{**LINE, "amount": 0}])
    path = f"/invoices/{made}/record-payment"
    for body in (CASH, {**CASH, "amount": 1}):
        status, answer = await api("POST", path, body)
        assert (status, answer["message"]) == (400, "Invoice is already paid")
    assert (await read(api, made))["status"] == "draft"
    await api.ok("POST", f"/invoices/{made}/send", SEND)
    with pytest.raises(SandboxError, match="Nothing is due on invoice"):
        api.box.customer.pay(made)
    assert api.box.created("payment") == []


async def test_of_an_accepted_overpayment_what_is_due_is_booked() -> None:
    api = api_of(new_box(choices=Choices(overpayment="accepted")))
    made = await make(api, "partially_paid")
    path = f"/invoices/{made}/record-payment"
    invoice = (await api.ok("POST", path, {**CASH, "amount": 5000}))["invoice"]
    assert (invoice["status"], invoice["amountPaid"], invoice["amountDue"]) == ("paid", 1800, 0)
    assert [payment.amount for payment in api.box.created("payment")] == [1, 1799]
    status, _ = await api("POST", path, {**CASH, "amount": 1})
    assert status == 400


@pytest.mark.parametrize(
    ("choice", "percentage", "amount", "code"),
    [
        ("customer", 25, 1, 201),
        ("everyone", 25, Decimal("449.99"), 400),
        ("everyone", 25, 450, 201),
        ("everyone", 0, Decimal("0.01"), 201),
        ("everyone", 100, 1799, 400),
        ("everyone", 100, 1800, 201),
    ],
)
async def test_the_floor_of_partial_payments(
    choice: Any, percentage: int, amount: Decimal | int, code: int
) -> None:
    box = new_box(choices=Choices(partial_floor=choice))
    place = box.add_location()
    place.minimum_partial_percentage = percentage
    box.location_id, box.token = place.id, box.add_token(locations=[place.id])
    api = api_of(box)
    made = await make(api, "sent")
    path = f"/invoices/{made}/record-payment"
    status, _ = await api("POST", path, {**CASH, "amount": amount})
    assert status == code


async def test_the_last_rest_may_be_smaller_than_the_floor() -> None:
    api = api_of(new_box(choices=Choices(partial_floor="everyone")))
    made = await make(api, "sent")
    path = f"/invoices/{made}/record-payment"
    for amount, code in ((1700, 201), (24, 400), (25, 201), (75, 201)):
        status, _ = await api("POST", path, {**CASH, "amount": amount})
        assert status == code
    assert (await read(api, made))["status"] == "paid"


async def test_the_invoice_of_another_location_takes_no_payment(box: Sandbox, api: Api) -> None:
    made = await make(api, "sent")
    place = box.add_location()
    token = box.add_token(locations=[place.id])
    path = f"/invoices/{made}/record-payment"
    status, _ = await api("POST", path, {**CASH, "altId": place.id}, token=token)
    assert status == 404
    assert box.created("payment") == []


async def test_amounts_are_exact_however_long(api: Api) -> None:
    price = Decimal("123456789012345678901234567890.1234")
    made = await make(api, items=[{**LINE, "amount": price}])
    path = f"/invoices/{made}/record-payment"
    invoice = (await api.ok("POST", path, {**CASH, "amount": Decimal("0.0004")}))["invoice"]
    assert invoice["amountDue"] == Decimal("123456789012345678901234567890.123")


money = st.decimals("0.01", "99999.99", places=2)


@settings(max_examples=40, deadline=None)
@given(money, st.lists(money, max_size=4))
def test_paid_and_due_always_make_the_total(price: Decimal, payments: list[Decimal]) -> None:
    async def scenario() -> None:
        api = api_of(new_box())
        made = await make(api, items=[{**LINE, "amount": price}])
        paid = Decimal(0)
        for amount in payments:
            body = {**CASH, "amount": amount}
            status, _ = await api("POST", f"/invoices/{made}/record-payment", body)
            assert (status == 201) == (paid + amount <= price)
            paid += amount if status == 201 else 0
        now = await read(api, made)
        assert (now["amountPaid"], now["total"]) == (paid, price)
        assert now["amountPaid"] + now["amountDue"] == now["total"]
        wanted = "paid" if paid == price else "partially_paid" if paid else "draft"
        assert now["status"] == wanted

    asyncio.run(scenario())
