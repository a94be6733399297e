"""What the customer does on the pages of estimates and invoices."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from hoopai_invoices.sandbox import Choices, Sandbox, SandboxError

from .samples import CASH, SEND, estimate
from .steps import PAGE, make, read
from .support import Api, api_of, new_box

pytestmark = pytest.mark.anyio

TIPS = {"tipsEnabled": True, "tipsPercentage": [5, 10]}


@pytest.mark.parametrize(
    ("status", "after"),
    [
        ("draft", "draft"),
        ("sent", "viewed"),
        ("viewed", "viewed"),
        ("partially_paid", "partially_paid"),
        ("payment_processing", "payment_processing"),
        ("paid", "paid"),
        ("void", "void"),
    ],
)
async def test_the_page_of_an_invoice(api: Api, status: str, after: str) -> None:
    made = await make(api, status)
    now = api.box.clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
    api.box.customer.view(made)
    invoice = await read(api, made)
    assert (invoice["status"], invoice["lastVisitedAt"]) == (after, now)


async def test_the_page_of_an_estimate(api: Api) -> None:
    made = (await api.ok("POST", "/invoices/estimate", estimate()))["_id"]
    for action, status in ((None, "draft"), ("send", "viewed"), (None, "viewed")):
        if action:
            await api.ok("POST", f"/invoices/estimate/{made}/{action}", SEND)
        api.box.customer.view(made)
        (listed,) = (await api.ok("GET", "/invoices/estimate/list", **PAGE))["estimates"]
        assert listed["estimateStatus"] == status
        assert listed["lastVisitedAt"]
    await api.ok("DELETE", f"/invoices/estimate/{made}", {})
    with pytest.raises(SandboxError, match="There is no estimate and no invoice"):
        api.box.customer.view(made)


@pytest.mark.parametrize("status", ["sent", "viewed", "partially_paid"])
async def test_the_customer_pays_what_was_sent(api: Api, status: str) -> None:
    made = await make(api, status)
    due = (await read(api, made))["amountDue"]
    api.box.customer.pay(made)
    invoice = await read(api, made)
    assert (invoice["status"], invoice["amountPaid"], invoice["amountDue"]) == ("paid", 1800, 0)
    payment = api.box.created("payment")[-1]
    assert (payment.amount, payment.mode) == (due, "online")
    assert invoice["lastPaidAt"] == payment.at


@pytest.mark.parametrize(
    ("status", "code", "text"),
    [
        ("draft", 400, "it is draft, and only a sent, viewed or partially paid one can be paid"),
        ("paid", 400, "it is paid, and only"),
        ("void", 400, "it is void, and only"),
        ("payment_processing", 409, "is still being processed"),
    ],
)
async def test_what_the_customer_cannot_pay(api: Api, status: str, code: int, text: str) -> None:
    made = await make(api, status)
    before, booked = await read(api, made), len(api.box.created("payment"))
    with pytest.raises(SandboxError, match=text) as caught:
        api.box.customer.pay(made)
    assert caught.value.status == code
    assert made in str(caught.value)
    assert {**await read(api, made), "traceId": ""} == {**before, "traceId": ""}
    assert len(api.box.created("payment")) == booked


@pytest.mark.parametrize("amount", [600, "600", "600.00", Decimal(600)])
async def test_amounts_are_exact_numbers(api: Api, amount: Any) -> None:
    made = await make(api, "sent")
    api.box.customer.pay(made, amount)
    invoice = await read(api, made)
    assert (invoice["status"], invoice["amountPaid"]) == ("partially_paid", 600)


@pytest.mark.parametrize(
    ("amount", "error", "text"),
    [
        (12.5, TypeError, 'amount must be int, str or Decimal, not float: write "12.50"'),
        (True, TypeError, "not bool"),
        ("a few", SandboxError, "'a few' is not a number such as 12.50"),
        ("NaN", SandboxError, "'NaN' is not a number"),
        ("Infinity", SandboxError, "'Infinity' is not a number"),
        ("sNaN", SandboxError, "'sNaN' is not a number"),
        (0, SandboxError, "must be more than zero, it is 0"),
        ("-5", SandboxError, "must be more than zero, it is -5"),
        ("1800.01", SandboxError, "1800.01 is more than is due on invoice .*: 1800\\.$"),
        ("449.99", SandboxError, "449.99 is too little .* at least 450 .*percentage of 25"),
    ],
)
async def test_amounts_that_cannot_be_paid(
    api: Api, amount: Any, error: type[Exception], text: str
) -> None:
    made = await make(api, "sent")
    with pytest.raises(error, match=text):
        api.box.customer.pay(made, amount)
    assert (await read(api, made))["amountPaid"] == 0
    assert api.box.created("payment") == []


async def test_the_floor_is_a_share_of_what_is_due_and_the_rest_is_always_enough(
    api: Api,
) -> None:
    made = await make(api, "sent")
    api.box.customer.pay(made, "1600")
    with pytest.raises(SandboxError, match="at least 50"):
        api.box.customer.pay(made, "49.99")
    api.box.customer.pay(made, 50)
    api.box.customer.pay(made, 150)
    assert (await read(api, made))["status"] == "paid"


async def test_the_floor_is_the_locations(box: Sandbox) -> None:
    place = box.add_location()
    place.minimum_partial_percentage = 0
    box.location_id, box.token = place.id, box.add_token(locations=[place.id])
    api = api_of(box)
    made = await make(api, "sent")
    box.customer.pay(made, "0.01")
    assert (await read(api, made))["amountPaid"] == Decimal("0.01")


async def test_the_next_part_of_a_plan_may_be_paid_however_small(api: Api) -> None:
    parts = [{"dueDate": "2026-09-01", "value": value} for value in (10, 90)]
    plan = {"type": "percentage", "schedules": parts}
    made = await make(api, "sent", paymentSchedule=plan)
    with pytest.raises(SandboxError, match="at least 180"):
        api.box.customer.pay(made, 179)
    api.box.customer.pay(made, 180)
    states = [part["status"] for part in (await read(api, made))["paymentSchedule"]["schedules"]]
    assert states == ["paid", "pending"]


async def test_tips_are_received_beside_the_invoice(api: Api) -> None:
    made = await make(api, "sent", tipsConfiguration=TIPS)
    api.box.customer.pay(made, 900, tip="45.50")
    api.box.customer.pay(made, tip=1)
    invoice = await read(api, made)
    assert (invoice["status"], invoice["amountPaid"], invoice["total"]) == ("paid", 1800, 1800)
    payments = api.box.created("payment")
    assert invoice["tipsReceived"] == [
        {"_id": payments[0].id, "amount": Decimal("45.5"), "createdAt": payments[0].at},
        {"_id": payments[1].id, "amount": 1, "createdAt": payments[1].at},
    ]
    assert [(p.amount, p.tip) for p in payments] == [(900, Decimal("45.5")), (900, 1)]


@pytest.mark.parametrize(
    ("offered", "tip", "error", "text"),
    [
        (None, 1, SandboxError, "takes no tips: its tipsConfiguration does not enable them"),
        ({**TIPS, "tipsEnabled": False}, 1, SandboxError, "takes no tips"),
        (TIPS, -1, SandboxError, "must not be negative, it is -1"),
        (TIPS, 1.0, TypeError, "tip must be int, str or Decimal, not float"),
    ],
)
async def test_tips_that_cannot_be_given(
    api: Api, offered: Any, tip: Any, error: type[Exception], text: str
) -> None:
    made = await make(api, "sent", tipsConfiguration=offered)
    with pytest.raises(error, match=text):
        api.box.customer.pay(made, tip=tip)
    invoice = await read(api, made)
    assert (invoice["status"], invoice["tipsReceived"]) == ("sent", [])


async def test_a_payment_takes_the_time_that_the_bank_takes(api: Api) -> None:
    made = await make(api, "sent", tipsConfiguration=TIPS)
    api.box.customer.pay(made, 1000, tip=5, clears_in=3600)
    invoice = await read(api, made)
    assert (invoice["status"], invoice["amountPaid"]) == ("payment_processing", 0)
    assert "lastPaidAt" not in invoice
    assert api.box.created("payment") == []
    for method, path, body, code in (
        ("POST", "record-payment", CASH, 409),
        ("POST", "void", {}, 400),
        ("DELETE", "", None, 400),
    ):
        status, _ = await api(method, f"/invoices/{made}/{path}".rstrip("/"), body)
        assert status == code
    api.box.clock.advance(minutes=59)
    assert (await read(api, made))["status"] == "payment_processing"
    api.box.clock.advance(minutes=1)
    invoice = await read(api, made)
    assert (invoice["status"], invoice["amountPaid"]) == ("partially_paid", 1000)
    assert [tip["amount"] for tip in invoice["tipsReceived"]] == [5]
    (payment,) = api.box.created("payment")
    assert (payment.amount, payment.tip, payment.mode) == (1000, 5, "online")
    api.box.customer.pay(made, clears_in=0)
    assert (await read(api, made))["status"] == "paid"
    made = await make(api, "sent")
    with pytest.raises(SandboxError, match="clears_in must not be negative"):
        api.box.customer.pay(made, clears_in=-1)
    assert (await read(api, made))["status"] == "sent"


async def test_what_is_due_to_happen_happens_before_the_customer_acts(api: Api) -> None:
    made = await make(api, "sent")
    api.box.customer.pay(made, 1000, clears_in=0)
    api.box.customer.pay(made)
    assert [payment.amount for payment in api.box.created("payment")] == [1000, 800]


@pytest.mark.parametrize("action", ["pay", "view"])
async def test_other_invoices_are_unknown(action: str) -> None:
    api = api_of(new_box(choices=Choices(void_invoice="gone")))
    deleted, void = await make(api), await make(api, "sent")
    await api.ok("DELETE", f"/invoices/{deleted}")
    await api.ok("POST", f"/invoices/{void}/void", {})
    for invoice in ("nope", deleted, void):
        with pytest.raises(SandboxError, match=r"There is no .*invoice"):
            getattr(api.box.customer, action)(invoice)


async def test_models_are_as_good_as_ids(box: Sandbox, api: Api) -> None:
    await make(api, "sent")
    (invoice,) = box.created("invoice")
    box.customer.view(invoice)
    box.customer.pay(invoice)
    assert (await read(api, invoice.id))["status"] == "paid"
