"""What is added to an invoice that is not paid in time."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from hoopai_invoices.sandbox import Sandbox

from .samples import CASH, LINE, SEND, invoice, replacement
from .steps import go_to, make, read, visit
from .support import Api, api_of, new_box

pytestmark = pytest.mark.anyio

DUE_DAY_OVER = "2026-10-02T06:00:00Z"
"""When 1 October, the recorded due day, ends in the default location."""


def fees(
    value: Any = 10,
    every: str = "1 day",
    *,
    kind: str = "fixed",
    grace: int | None = None,
    cap: Any = None,
    enable: bool = True,
) -> dict[str, Any]:
    count, interval = every.split()
    config: dict[str, Any] = {
        "enable": enable,
        "value": value,
        "type": kind,
        "frequency": {"intervalCount": int(count), "interval": interval},
    }
    if grace is not None:
        config["grace"] = {"intervalCount": grace, "interval": "day"}
    if cap is not None:
        config["maxLateFees"] = {"type": "fixed", "value": cap}
    return config


async def charged(api: Api, made: str) -> Any:
    """The fees so far, of an invoice whose sums agree."""
    now = await read(api, made)
    assert now["amountPaid"] + now["amountDue"] == now["total"]
    return now["total"] - now["invoiceTotal"]


async def configure(api: Api, made: str, config: dict[str, Any]) -> Any:
    path = f"/invoices/{made}/late-fees-configuration"
    return await api.ok("PATCH", path, {"lateFeesConfiguration": config})


@pytest.mark.parametrize(
    ("every", "due", "moments"),
    [
        ("30 minute", "2026-10-01", ["2026-10-02T06:00:00Z", "2026-10-02T06:30:00Z"]),
        ("5 hour", "2026-10-01", ["2026-10-02T06:00:00Z", "2026-10-02T11:00:00Z"]),
        ("1 day", "2026-10-01", ["2026-10-02T06:00:00Z", "2026-10-03T06:00:00Z"]),
        ("3 day", "2026-12-30", ["2026-12-31T06:00:00Z", "2027-01-03T06:00:00Z"]),
        ("2 week", "2026-10-01", ["2026-10-02T06:00:00Z", "2026-10-16T06:00:00Z"]),
        # Months are counted from the first fee, so a short one doesn't shift the rest.
        (
            "1 month",
            "2027-01-30",
            ["2027-01-31T06:00:00Z", "2027-02-28T06:00:00Z", "2027-03-31T06:00:00Z"],
        ),
        ("5 month", "2026-10-01", ["2026-10-02T06:00:00Z", "2027-03-02T06:00:00Z"]),
    ],
)
async def test_a_fee_comes_after_the_due_day_and_at_every_interval(
    api: Api, every: str, due: str, moments: list[str]
) -> None:
    made = await make(api, "sent", dueDate=due, lateFeesConfiguration=fees(every=every))
    for count, moment in enumerate(moments):
        go_to(api.box, moment)
        before = await read(api, made)
        assert before["total"] == 1800 + 10 * (count + 1)
        assert before["updatedAt"] == moment.replace("Z", ".000Z")
    assert await charged(api, made) == 10 * len(moments)
    assert (await read(api, made))["status"] == "sent"


async def test_the_due_day_itself_is_in_time(api: Api) -> None:
    made = await make(api, "sent", lateFeesConfiguration=fees())
    go_to(api.box, "2026-10-02T05:59:59.900Z")
    assert await charged(api, made) == 0
    go_to(api.box, DUE_DAY_OVER)
    assert await charged(api, made) == 10


async def test_days_are_those_of_the_location(box: Sandbox) -> None:
    place = box.add_location(timezone="America/New_York")
    box.location_id, box.token = place.id, box.add_token(locations=[place.id])
    api = api_of(box)
    made = await make(api, "sent", dueDate="2026-10-30", lateFeesConfiguration=fees())
    # Clocks go back on 1 November: that day has 25 hours.
    for moment in ("2026-10-31T04:00:00Z", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"):
        go_to(box, moment)
        assert (await read(api, made))["updatedAt"] == moment.replace("Z", ".000Z")


async def test_a_jump_over_many_periods_charges_each(api: Api) -> None:
    made = await make(api, "sent", lateFeesConfiguration=fees(every="1 week"))
    api.box.clock.advance(days=37 + 70)  # to 2 October, and ten weeks more
    assert await charged(api, made) == 110


async def test_one_time_is_one_time(api: Api) -> None:
    made = await make(api, "sent", lateFeesConfiguration=fees(every="1 one_time"))
    go_to(api.box, DUE_DAY_OVER)
    assert await charged(api, made) == 10
    api.box.clock.advance(days=400)
    await api.ok("POST", f"/invoices/{made}/send", SEND)
    await configure(api, made, fees(20, "1 one_time"))
    api.box.clock.advance(days=400)
    assert await charged(api, made) == 10


@pytest.mark.parametrize(("grace", "moment"), [(0, "02"), (3, "05"), (-3, "02")])
async def test_grace_days_come_first(api: Api, grace: int, moment: str) -> None:
    config = fees(grace=grace)
    made = await make(api, "sent", lateFeesConfiguration=config)
    go_to(api.box, f"2026-10-{moment}T05:59:59.900Z")
    assert await charged(api, made) == 0
    go_to(api.box, f"2026-10-{moment}T06:00:00Z")
    assert await charged(api, made) == 10
    assert (await read(api, made))["lateFeesConfiguration"] == config


async def test_a_percentage_is_of_the_unpaid_lines_and_does_not_compound(api: Api) -> None:
    config = fees(10, kind="percentage")
    made = await make(api, "sent", lateFeesConfiguration=config)
    go_to(api.box, "2026-10-03T06:00:00Z")
    assert await charged(api, made) == 360
    await api.ok("POST", f"/invoices/{made}/record-payment", {**CASH, "amount": 1000})
    api.box.clock.advance(days=1)
    assert await charged(api, made) == 440
    await api.ok("POST", f"/invoices/{made}/record-payment", {**CASH, "amount": 900})
    # The lines are paid, only fees are due: nothing is left to take a percentage of.
    api.box.clock.advance(days=10)
    now = await read(api, made)
    assert (now["amountDue"], now["status"]) == (340, "partially_paid")


@pytest.mark.parametrize(
    ("currency", "value", "fee"),
    [
        ("USD", Decimal("3.3335"), Decimal("3.33")),
        ("USD", Decimal("3.335"), Decimal("3.34")),
        ("JPY", Decimal("3.5"), 4),
        ("KWD", Decimal("3.3335"), Decimal("3.334")),
    ],
)
async def test_a_fee_is_rounded_to_what_can_be_paid(
    api: Api, currency: str, value: Decimal, fee: Decimal
) -> None:
    changes = {
        "currency": currency,
        "items": [{**LINE, "amount": 100, "currency": currency}],
        "lateFeesConfiguration": fees(value, kind="percentage"),
    }
    made = await make(api, "sent", **changes)
    go_to(api.box, DUE_DAY_OVER)
    assert await charged(api, made) == fee


async def test_the_cap_is_reached_and_not_passed(api: Api) -> None:
    made = await make(api, "sent", lateFeesConfiguration=fees(cap=Decimal("20.5")))
    for total in (10, 20, Decimal("20.5"), Decimal("20.5")):
        go_to(api.box, DUE_DAY_OVER) if total == 10 else api.box.clock.advance(days=1)
        assert await charged(api, made) == total
    # A higher cap lets them go on.
    await configure(api, made, fees(cap=30))
    api.box.clock.advance(days=3)
    assert await charged(api, made) == 30


async def test_a_draft_is_not_late_and_missed_fees_are_not_made_up(api: Api) -> None:
    made = await make(api, lateFeesConfiguration=fees())
    go_to(api.box, "2026-10-05T12:00:00Z")
    assert await charged(api, made) == 0
    await api.ok("POST", f"/invoices/{made}/record-payment", {**CASH, "amount": 1})
    api.box.clock.advance(days=1)
    assert (await charged(api, made)) == 0  # partly paid, but nobody was asked for the rest
    await api.ok("POST", f"/invoices/{made}/send", SEND)
    assert await charged(api, made) == 0
    go_to(api.box, "2026-10-07T06:00:00Z")
    assert await charged(api, made) == 10


@pytest.mark.parametrize("end", ["paid", "void", "off", "nothing"])
async def test_they_stop_when_the_invoice_is_settled(api: Api, end: str) -> None:
    made = await make(api, "sent", lateFeesConfiguration=fees())
    await visit(api, made)
    go_to(api.box, DUE_DAY_OVER)
    assert await charged(api, made) == 10
    if end == "paid":
        answer = await api.ok("POST", f"/invoices/{made}/record-payment", CASH)
        assert (answer["invoice"]["status"], answer["invoice"]["amountPaid"]) == ("paid", 1810)
    if end == "void":
        await api.ok("POST", f"/invoices/{made}/void", {})
    if end == "off":
        await configure(api, made, fees(enable=False))
    before = await read(api, made)
    api.box.clock.advance(days=7)
    assert await charged(api, made) == (80 if end == "nothing" else 10)
    after = await read(api, made)
    assert (after["updatedAt"] == before["updatedAt"]) == (end != "nothing")


async def test_a_part_payment_does_not_stop_them(api: Api) -> None:
    made = await make(api, "sent", lateFeesConfiguration=fees())
    await api.ok("POST", f"/invoices/{made}/record-payment", {**CASH, "amount": 1799})
    go_to(api.box, DUE_DAY_OVER)
    now = await read(api, made)
    assert (now["amountDue"], now["status"]) == (11, "partially_paid")


async def test_a_payment_in_the_making_holds_them_off(api: Api) -> None:
    made = await make(api, "viewed", lateFeesConfiguration=fees())
    go_to(api.box, "2026-10-01T12:00:00Z")
    api.box.customer.pay(made, 1000, clears_in=2.5 * 86400)
    go_to(api.box, "2026-10-03T23:00:00Z")
    assert await charged(api, made) == 0
    go_to(api.box, "2026-10-04T05:59:00Z")
    now = await read(api, made)
    assert (now["status"], now["amountPaid"], now["total"]) == ("partially_paid", 1000, 1800)
    go_to(api.box, "2026-10-04T06:00:00Z")
    assert await charged(api, made) == 10


async def test_a_change_counts_from_then_on(api: Api) -> None:
    made = await make(api, "sent", lateFeesConfiguration=fees(10, "1 day"))
    go_to(api.box, "2026-10-03T12:00:00Z")
    assert await charged(api, made) == 20
    changed = fees(7, "1 week")
    answer = await configure(api, made, changed)
    assert (answer["lateFeesConfiguration"], answer["total"]) == (changed, 1820)
    go_to(api.box, "2026-10-09T05:59:59.900Z")
    assert await charged(api, made) == 20
    go_to(api.box, "2026-10-09T06:00:00Z")  # a week after the first fee was due
    assert await charged(api, made) == 27
    await configure(api, made, fees(enable=False))
    api.box.clock.advance(days=30)
    assert await charged(api, made) == 27


async def test_a_one_time_fee_for_what_is_late_already_comes_at_once(api: Api) -> None:
    made = await make(api, "sent")
    go_to(api.box, "2026-11-11T11:11:11Z")
    answer = await configure(api, made, fees(15, "1 one_time"))
    assert answer["total"] == 1800
    assert await charged(api, made) == 15
    api.box.clock.advance(days=100)
    assert await charged(api, made) == 15


async def test_a_put_keeps_the_fees_and_moves_the_next(api: Api) -> None:
    made = await make(api, "sent", lateFeesConfiguration=fees(10, "1 day"))
    go_to(api.box, "2026-10-02T12:00:00Z")
    body = replacement(items=[{**LINE, "amount": 500}], dueDate="2026-10-05")
    answer = await api.ok("PUT", f"/invoices/{made}", body)
    assert (answer["invoiceTotal"], answer["total"], answer["amountDue"]) == (500, 510, 510)
    assert answer["lateFeesConfiguration"] == fees(10, "1 day")
    go_to(api.box, "2026-10-06T05:59:59.900Z")
    assert await charged(api, made) == 10
    go_to(api.box, "2026-10-06T06:00:00Z")
    assert await charged(api, made) == 20


async def test_text2pay_sends_and_starts_them_and_an_empty_user_does_not(api: Api) -> None:
    body = invoice(lateFeesConfiguration=fees(), action="send")
    sent = await api.ok("POST", "/invoices/text2pay", {**body, "userId": "u"})
    kept = await api.ok("POST", "/invoices/text2pay", {**body, "userId": ""})
    go_to(api.box, DUE_DAY_OVER)
    assert await charged(api, sent["invoice"]["_id"]) == 10
    assert await charged(api, kept["invoice"]["_id"]) == 0


@pytest.mark.parametrize("interval", ["minute", "hour", "day", "week", "month"])
@pytest.mark.parametrize("count", [-1, 0, 10**9, 10**25])
async def test_intervals_without_a_meaning_charge_nothing(
    api: Api, interval: str, count: int
) -> None:
    made = await make(api, "sent", lateFeesConfiguration=fees(every=f"{count} {interval}"))
    go_to(api.box, "2026-10-08T12:00:00Z")
    assert await charged(api, made) == (10 if count > 0 else 0)
    far = await make(api, "sent", dueDate="2026-10-09", lateFeesConfiguration=fees(grace=10**9))
    api.box.clock.advance(days=50)
    assert await charged(api, far) == 0


@pytest.mark.parametrize("value", [0, -5, Decimal("0.001")])
async def test_a_fee_of_nothing_is_none(value: Any) -> None:
    api = api_of(new_box())
    made = await make(api, "sent", lateFeesConfiguration=fees(value))
    before = (await read(api, made))["updatedAt"]
    go_to(api.box, "2026-10-08T12:00:00Z")
    assert (await read(api, made))["updatedAt"] == before
    assert await charged(api, made) == 0


async def test_where_nothing_is_due_nothing_is_late(api: Api) -> None:
    free = [{**LINE, "amount": 0}]
    made = await make(api, "sent", items=free, lateFeesConfiguration=fees())
    go_to(api.box, "2026-10-08T12:00:00Z")
    assert await charged(api, made) == 0
