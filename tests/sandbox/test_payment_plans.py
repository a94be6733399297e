"""Invoices that are paid in parts."""

from __future__ import annotations

import asyncio
import itertools
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hoopai_invoices.sandbox import Choices

from .samples import CASH, LINE, invoice, replacement
from .steps import make, read
from .support import Api, api_of, new_box

pytestmark = pytest.mark.anyio

DAYS = ("2026-09-01", "2026-09-15", "2026-10-01")


def plan(*values: Any, kind: str = "percentage", days: tuple[str, ...] = DAYS) -> dict[str, Any]:
    """A plan with these values, each on the next of the days (the last holds for the rest)."""
    parts = [
        {"dueDate": days[min(number, len(days) - 1)], "value": value}
        for number, value in enumerate(values)
    ]
    return {"type": kind, "schedules": parts}


def costing(amount: Any, currency: str = "USD") -> dict[str, Any]:
    return {"items": [{**LINE, "amount": amount, "currency": currency}], "currency": currency}


D = Decimal


@pytest.mark.parametrize(
    ("total", "currency", "values", "amounts"),
    [
        (1720, "USD", (D("33.3333"), D("66.6667")), [D("573.33"), D("1146.67")]),
        (1720, "USD", (33, 67), [D("567.6"), D("1152.4")]),
        (100, "EUR", (D("33.3333"),) * 3, [D("33.33"), D("33.33"), D("33.34")]),
        (1, "USD", (D("16.6667"),) * 6, [*[D("0.17")] * 5, D("0.15")]),
        (1000, "JPY", (D("33.3333"), D("33.3333"), D("33.3334")), [333, 333, 334]),
        (1000, "VND", (D("66.6666"), D("33.3334")), [667, 333]),
        (1, "KWD", (D("33.3333"), D("66.6667")), [D("0.333"), D("0.667")]),
        # Half up, and a part is never more than what is left.
        (D("0.05"), "USD", (10,) * 10, [*[D("0.01")] * 5, *[0] * 5]),
        # The last takes what is smaller than a cent, too.
        (D("10.0001"), "USD", (50, 50), [5, D("5.0001")]),
        (50, "USD", (100,), [50]),
    ],
)
async def test_percentages_become_amounts(
    api: Api, total: Any, currency: str, values: tuple[Any, ...], amounts: list[Any]
) -> None:
    made = await make(api, **costing(total, currency), paymentSchedule=plan(*values))
    stored = (await read(api, made))["paymentSchedule"]
    assert stored["type"] == "percentage"
    assert [part["amount"] for part in stored["schedules"]] == amounts
    assert [part["value"] for part in stored["schedules"]] == list(values)
    assert [part["dueDate"] for part in stored["schedules"]][:3] == list(DAYS[: len(values)])
    assert len({part["_id"] for part in stored["schedules"]}) == len(values)
    wanted = ["pending" if amount else "paid" for amount in amounts]
    assert [part["status"] for part in stored["schedules"]] == wanted


@pytest.mark.parametrize(
    ("given_plan", "code"),
    [
        (plan(50, 50), 201),
        (plan(D("0.5"), D("99.5")), 201),
        (plan(50, 49), 422),
        (plan(50, 51), 422),
        (plan(50, D("49.9998")), 422),
        (plan(50, D("49.9999")), 201),  # each may be rounded by half of the last decimal
        (plan(D("33.333"), D("33.333"), D("33.333")), 422),
        (plan(D("33.3333"), D("33.3333"), D("33.3333")), 201),
        (plan(), 422),
        (plan(600, 1200, kind="fixed"), 201),
        (plan(600, D("1199.99"), kind="fixed"), 422),
        (plan(50, 50, kind="fixed"), 422),
        (plan(900, 900), 422),
        (plan(150, -50), 422),
        (plan(100, 0), 422),
    ],
)
async def test_the_parts_must_make_the_whole(
    api: Api, given_plan: dict[str, Any], code: int
) -> None:
    body = invoice(paymentSchedule=given_plan)
    status, answer = await api("POST", "/invoices/", body)
    assert status == code
    if code == 422 and all(part["value"] > 0 for part in given_plan["schedules"]):
        whole = "100" if given_plan["type"] == "percentage" else "the invoice's total, 1800"
        assert answer["message"] == [f"paymentSchedule.schedules must add up to {whole}"]
    status, _ = await api("POST", "/invoices/text2pay", {**body, "action": "draft", "userId": "u"})
    assert status == code
    made = await make(api)
    status, _ = await api("PUT", f"/invoices/{made}", replacement(paymentSchedule=given_plan))
    assert (status == 200) == (code == 201)
    assert ("paymentSchedule" in await read(api, made)) == (code == 201)


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ("2026-09-01", "paymentSchedule.schedules.0 must be an object"),
        (
            {"value": 100},
            "paymentSchedule.schedules.0.dueDate must be a valid ISO 8601 date string",
        ),
        (
            {"dueDate": "soon", "value": 100},
            "paymentSchedule.schedules.0.dueDate must be a valid ISO 8601 date string",
        ),
        (
            {"dueDate": "2026-09-01", "value": "100"},
            "paymentSchedule.schedules.0.value must be a number conforming to the specified "
            "constraints",
        ),
        (
            {"dueDate": "2026-09-01", "value": True},
            "paymentSchedule.schedules.0.value must be a number conforming to the specified "
            "constraints",
        ),
        (
            {"dueDate": "2026-09-01", "value": 0},
            "paymentSchedule.schedules.0.value must be a positive number",
        ),
    ],
)
async def test_a_part_has_a_day_and_a_value(api: Api, part: Any, text: str) -> None:
    body = invoice(paymentSchedule={"type": "percentage", "schedules": [part]})
    status, answer = await api("POST", "/invoices/", body)
    assert (status, answer["message"]) == (422, [text])


@pytest.mark.parametrize(
    ("due", "last", "code"),
    [
        ("2026-10-01", "2026-10-01", 201),
        ("2026-09-30", "2026-10-01", 422),
        ("2026-10-01", "2026-10-01T23:00:00.000Z", 201),
        ("2026-10-01", "2026-10-02T00:00:00.000Z", 422),
        # Without a due date: thirty days after the day of issue, 13 September.
        (None, "2026-10-13", 201),
        (None, "2026-10-14", 422),
    ],
)
async def test_the_invoice_is_not_due_before_its_last_part(
    api: Api, due: str | None, last: str, code: int
) -> None:
    # The last part need not be the one that falls due last.
    given_plan = plan(50, 50, days=(last, "2026-09-01"))
    body = invoice(dueDate=due, paymentSchedule=given_plan)
    status, answer = await api("POST", "/invoices/", body)
    assert status == code
    if code == 422:
        assert answer["message"] == ["dueDate must not be before the last payment's dueDate"]


async def test_a_put_that_keeps_the_due_date_is_held_against_the_parts_too(api: Api) -> None:
    made = await make(api, "sent")  # due on 1 October
    late = plan(50, 50, days=("2026-09-01", "2026-10-02"))
    status, _ = await api("PUT", f"/invoices/{made}", replacement(paymentSchedule=late))
    assert status == 422
    body = replacement(paymentSchedule=late, dueDate="2026-10-02")
    answer = await api.ok("PUT", f"/invoices/{made}", body)
    assert [part["amount"] for part in answer["paymentSchedule"]["schedules"]] == [900, 900]


async def test_a_put_sends_the_parts_back_or_clears_them(api: Api) -> None:
    made = await make(api, paymentSchedule=plan(50, 50))
    first = (await read(api, made))["paymentSchedule"]
    body = replacement(**costing(500), paymentSchedule=first)
    second = (await api.ok("PUT", f"/invoices/{made}", body))["paymentSchedule"]
    assert [p["_id"] for p in second["schedules"]] == [p["_id"] for p in first["schedules"]]
    assert [part["amount"] for part in second["schedules"]] == [250, 250]
    twice = [{**part, "_id": first["schedules"][0]["_id"]} for part in first["schedules"]]
    body["paymentSchedule"] = {"type": "percentage", "schedules": twice}
    answer = (await api.ok("PUT", f"/invoices/{made}", body))["paymentSchedule"]
    assert len({part["_id"] for part in answer["schedules"]}) == 2
    made_up = {**plan(100)["schedules"][0], "_id": "mine"}
    body["paymentSchedule"] = {"type": "percentage", "schedules": [made_up]}
    third = (await api.ok("PUT", f"/invoices/{made}", body))["paymentSchedule"]
    assert len(third["schedules"][0]["_id"]) == 24
    del body["paymentSchedule"]
    assert (await api.ok("PUT", f"/invoices/{made}", body))["paymentSchedule"] is None


async def parts_of(api: Api, made: str) -> list[tuple[str, Any, str]]:
    """Id, amount and status of every part."""
    parts = (await read(api, made))["paymentSchedule"]["schedules"]
    return [(part["_id"], part["amount"], part["status"]) for part in parts]


async def pay(api: Api, made: str, *ids: str, **more: Any) -> tuple[int, Any]:
    body = {**CASH, **more, **({"paymentScheduleIds": list(ids)} if ids else {})}
    return await api("POST", f"/invoices/{made}/record-payment", body)


async def test_a_payment_names_the_parts_it_pays(api: Api) -> None:
    made = await make(api, "sent", paymentSchedule=plan(300, 600, 900, kind="fixed"))
    first, second, third = [part for part, _, _ in await parts_of(api, made)]
    status, answer = await pay(api, made, "nope", first)
    assert (status, answer["message"]) == (422, ["paymentScheduleIds: nope does not exist"])
    status, _ = await pay(api, made, second, amount=599)
    assert status == 400
    assert {state for _, _, state in await parts_of(api, made)} == {"pending"}
    status, answer = await pay(api, made, second)
    assert (status, answer["invoice"]["amountPaid"]) == (201, 600)
    assert [state for _, _, state in await parts_of(api, made)] == ["pending", "paid", "pending"]
    status, _ = await pay(api, made, second)
    assert status == 400
    status, answer = await pay(api, made, first, third, first, amount=1200)
    assert (status, answer["invoice"]["status"]) == (201, "paid")
    assert {state for _, _, state in await parts_of(api, made)} == {"paid"}
    assert [payment.amount for payment in api.box.created("payment")] == [600, 1200]


async def test_an_invoice_without_parts_has_none_to_name(api: Api) -> None:
    made = await make(api, "sent")
    status, _ = await pay(api, made, "nope", amount=5)
    assert status == 422
    status, _ = await api(
        "POST", f"/invoices/{made}/record-payment", {**CASH, "paymentScheduleIds": []}
    )
    assert status == 201
    assert (await read(api, made))["status"] == "paid"


async def test_other_money_pays_the_parts_in_the_order_of_their_days(api: Api) -> None:
    days = ("2026-10-01", "2026-09-01", "2026-09-15")
    made = await make(api, "sent", paymentSchedule=plan(900, 300, 600, kind="fixed", days=days))
    last, _, _ = [part for part, _, _ in await parts_of(api, made)]
    other = await make(api, "sent", paymentSchedule=plan(900, 300, 600, kind="fixed", days=days))
    await pay(api, other, amount=899)
    assert [state for _, _, state in await parts_of(api, other)] == ["pending", "paid", "pending"]
    assert (await read(api, other))["paymentSchedule"]["type"] == "fixed"
    steps = [
        ((), 299, ["pending", "pending", "pending"]),
        ((), 1, ["pending", "paid", "pending"]),
        ((last,), None, ["paid", "paid", "pending"]),
        ((), 599, ["paid", "paid", "pending"]),
        ((), None, ["paid", "paid", "paid"]),
    ]
    for ids, amount, states in steps:
        more = {} if amount is None else {"amount": amount}
        status, _ = await pay(api, made, *ids, **more)
        assert status == 201
        assert [state for _, _, state in await parts_of(api, made)] == states
    assert (await read(api, made))["status"] == "paid"


async def test_a_part_that_is_partly_covered_is_more_than_what_is_due(api: Api) -> None:
    made = await make(api, "sent", paymentSchedule=plan(900, 900, kind="fixed"))
    first, second = [part for part, _, _ in await parts_of(api, made)]
    for ids, amount in (((), 100), ((first,), None)):
        await pay(api, made, *ids, **({} if amount is None else {"amount": amount}))
    assert (await read(api, made))["amountDue"] == 800
    status, _ = await pay(api, made, second)
    assert status == 400
    status, _ = await pay(api, made)
    assert status == 201
    assert {state for _, _, state in await parts_of(api, made)} == {"paid"}


async def test_the_next_part_may_be_smaller_than_the_floor() -> None:
    api = api_of(new_box(choices=Choices(partial_floor="everyone")))
    made = await make(api, "sent", paymentSchedule=plan(10, 10, 80))
    (small, _, _), _, _ = await parts_of(api, made)
    for ids, amount, code in (
        ((), D("179.99"), 400),
        ((small,), None, 201),
        ((), D("179.99"), 400),
        ((), 200, 201),  # the second part, and twenty of the third
        ((), D("354.99"), 400),
        ((), 355, 201),  # a quarter of the 1420 that are left
    ):
        status, _ = await pay(api, made, *ids, **({} if amount is None else {"amount": amount}))
        assert status == code, amount


@settings(max_examples=60, deadline=None)
@given(
    st.decimals("0.01", "5000", places=2),
    st.lists(st.integers(1, 999_999), max_size=6),
    st.sampled_from(["USD", "JPY", "KWD"]),
)
def test_the_amounts_always_make_the_total(total: Decimal, cuts: list[int], currency: str) -> None:
    # Percentages with four decimals between cuts of 100.0000, a million of their last digits.
    edges = [0, *sorted(set(cuts)), 1_000_000]
    values = [D(high - low).scaleb(-4) for low, high in itertools.pairwise(edges)]

    async def scenario() -> None:
        api = api_of(new_box())
        made = await make(api, **costing(total, currency), paymentSchedule=plan(*values))
        amounts = [amount for _, amount, _ in await parts_of(api, made)]
        assert sum(amounts) == total
        assert min(amounts) >= 0

    asyncio.run(scenario())
