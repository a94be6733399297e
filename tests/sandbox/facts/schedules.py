"""Section 6: the life of a schedule, and its rules."""

from __future__ import annotations

from typing import Any

import pytest

from hoopai_invoices.sandbox import SandboxError

from ..samples import SEND
from ..support import Api
from .doing import RULE, invoices, plan, planned, schedule, seen, started
from .table import fact

# The sandbox begins in the evening of Wednesday, 26 August 2026.
TODAY: dict[str, Any] = {**RULE, "startDate": "2026-08-26", "dayOfMonth": 26}
SAVED = {
    "enable": True,
    "type": "saved_card",
    "customerId": "cus_1",
    "paymentMethodId": "pm_1",
    "card": {"brand": "visa", "last4": "4242"},
}


async def on_card(api: Api, rule: dict[str, Any]) -> Any:
    """A schedule that was started with a saved card."""
    made = await planned(api, rule)
    body = {"liveMode": False, "autoPayment": SAVED}
    return await api.ok("POST", f"/invoices/schedule/{made['_id']}/schedule", body)


async def days(api: Api) -> list[str]:
    """The days (in UTC) on which the invoices there are came, in that order."""
    return sorted(found["createdAt"][:10] for found in await invoices(api))


@fact("6: a schedule is draft, scheduled, active, completed in turn")
async def _(api: Api) -> None:
    made = await planned(api, {**TODAY, "endType": "after", "count": 2})
    steps = [made["status"]]
    path = f"/invoices/schedule/{made['_id']}"
    body = {"liveMode": False, "autoPayment": {"enable": False}}
    steps.append((await api.ok("POST", f"{path}/schedule", body))["status"])
    api.box.clock.advance(minutes=5)
    steps.append((await plan(api, made))["status"])
    api.box.clock.advance(days=40)
    steps.append((await plan(api, made))["status"])
    assert steps[:3] == ["draft", "scheduled", "active"]
    assert steps[3] in ("completed", "ended")


@fact("6: a schedule that isn't started gives nothing")
async def _(api: Api) -> None:
    await planned(api, TODAY)
    api.box.clock.advance(days=90)
    assert await invoices(api) == []


for _status in ("cancelled", "canceled", "draft"):

    @fact(f"6: cancelling makes a schedule {_status}", cancelled_schedule=_status)
    async def _(api: Api, status: str = _status) -> None:
        made = await started(api, TODAY)
        answer = await api.ok("POST", f"/invoices/schedule/{made['_id']}/cancel", {})
        assert answer["status"] == status
        api.box.clock.advance(days=90)
        assert (await plan(api, made))["status"] == status
        assert await invoices(api) == []


@fact("6: the first invoice comes about thirty seconds after the start", schedule_delay_seconds=30)
async def _(api: Api) -> None:
    made = await started(api, TODAY)
    api.box.clock.advance(seconds=28)
    assert (await plan(api, made))["invoices"] == []
    api.box.clock.advance(seconds=4)
    assert len((await plan(api, made))["invoices"]) == 1


@fact("6: the first invoice may take longer", schedule_delay_seconds=90)
async def _(api: Api) -> None:
    made = await started(api, TODAY)
    api.box.clock.advance(seconds=88)
    assert await invoices(api) == []
    api.box.clock.advance(seconds=4)
    assert len((await plan(api, made))["invoices"]) == 1


for _status in ("draft", "sent"):

    @fact(f"6: a schedule's invoices arrive as {_status}", schedule_invoices=_status)
    async def _(api: Api, status: str = _status) -> None:
        await started(api, TODAY)
        api.box.clock.advance(minutes=1)
        (made,) = await invoices(api)
        assert (made["status"], made["total"], made["name"]) == (status, 297, "Monthly plan")


@fact("6: a schedule lists its invoices as objects", schedule_invoices_as="objects")
async def _(api: Api) -> None:
    made = await started(api, TODAY)
    api.box.clock.advance(minutes=1)
    (shown,) = (await plan(api, made))["invoices"]
    (found,) = await invoices(api)
    assert (shown["_id"], shown["total"]) == (found["_id"], 297)


@fact("6: a schedule lists its invoices as ids", schedule_invoices_as="ids")
async def _(api: Api) -> None:
    made = await started(api, TODAY)
    api.box.clock.advance(minutes=1)
    assert (await plan(api, made))["invoices"] == [found["_id"] for found in await invoices(api)]


@fact("6: the one who gets a schedule's draft may send it")
async def _(api: Api) -> None:
    await started(api, TODAY)
    api.box.clock.advance(minutes=1)
    (made,) = await invoices(api)
    await api.ok("POST", f"/invoices/{made['_id']}/send", SEND)
    assert (await seen(api, made))["status"] == "sent"


# ---- Rules ---------------------------------------------------------------------------------------

NINE = {"interval": 1, "startDate": "2026-08-27", "startTime": "09:00:00"}
RULES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "weekly on a weekday, three times": (
        {"intervalType": "weekly", "dayOfWeek": "mo", "endType": "after", "count": 3},
        ["2026-08-31", "2026-09-07", "2026-09-14"],
    ),
    "the last day of the month": (
        {"intervalType": "monthly", "dayOfMonth": -1, "endType": "after", "count": 3},
        ["2026-08-31", "2026-09-30", "2026-10-31"],
    ),
    "the second Tuesday": (
        {
            "intervalType": "monthly",
            "numOfWeek": 2,
            "dayOfWeek": "tu",
            "endType": "after",
            "count": 3,
        },
        ["2026-09-08", "2026-10-13", "2026-11-10"],
    ),
    "the last Friday": (
        {
            "intervalType": "monthly",
            "numOfWeek": -1,
            "dayOfWeek": "fr",
            "endType": "after",
            "count": 2,
        },
        ["2026-08-28", "2026-09-25"],
    ),
    "yearly in a month": (
        {
            "intervalType": "yearly",
            "monthOfYear": "dec",
            "dayOfMonth": 15,
            "endType": "after",
            "count": 2,
        },
        ["2026-12-15", "2027-12-15"],
    ),
    "every second month": (
        {
            "intervalType": "monthly",
            "interval": 2,
            "dayOfMonth": 28,
            "endType": "after",
            "count": 3,
        },
        ["2026-08-28", "2026-10-28", "2026-12-28"],
    ),
    "until a day": (
        {"intervalType": "monthly", "dayOfMonth": 1, "endType": "by", "endDate": "2026-10-15"},
        ["2026-09-01", "2026-10-01"],
    ),
    "daily, three times": (
        {"intervalType": "daily", "endType": "after", "count": 3},
        ["2026-08-27", "2026-08-28", "2026-08-29"],
    ),
    "a day that the start is already past": (
        {
            "intervalType": "monthly",
            "startDate": "2026-09-30",
            "dayOfMonth": 28,
            "endType": "after",
            "count": 1,
        },
        ["2026-10-28"],
    ),
    "issued some days ahead": (
        {
            "intervalType": "monthly",
            "startDate": "2026-09-15",
            "dayOfMonth": 15,
            "daysBefore": 5,
            "endType": "after",
            "count": 2,
        },
        ["2026-09-10", "2026-10-10"],
    ),
}
for _text, (_rule, _days) in RULES.items():

    @fact(f"6: a rule: {_text}")
    async def _(api: Api, rule: Any = _rule, expected: list[str] = _days) -> None:
        await started(api, {**NINE, **rule})
        api.box.clock.advance(days=500)
        assert await days(api) == expected


@fact("6: a rule: the 31st is skipped in short months", short_months="skip")
async def _(api: Api) -> None:
    rule = {**NINE, "intervalType": "monthly", "dayOfMonth": 31, "endType": "after", "count": 3}
    await started(api, rule)
    api.box.clock.advance(days=400)
    assert await days(api) == ["2026-08-31", "2026-10-31", "2026-12-31"]


@fact("6: a rule: the 31st is the last day of short months", short_months="last_day")
async def _(api: Api) -> None:
    rule = {**NINE, "intervalType": "monthly", "dayOfMonth": 31, "endType": "after", "count": 3}
    await started(api, rule)
    api.box.clock.advance(days=400)
    assert await days(api) == ["2026-08-31", "2026-09-30", "2026-10-31"]


@fact("6: a rule: it comes at its time of day, in the location's zone")
async def _(api: Api) -> None:
    await started(api, {**NINE, "intervalType": "daily", "startTime": "20:45:00", "count": 1})
    api.box.clock.advance(days=1)
    (made,) = await invoices(api)
    assert made["createdAt"].startswith("2026-08-28T02:45")


@fact("6: a rule: what comes some days ahead is issued on that day")
async def _(api: Api) -> None:
    rule = {**NINE, "intervalType": "monthly", "dayOfMonth": 15, "daysBefore": 5}
    await started(api, {**rule, "startDate": "2026-09-15", "endType": "after", "count": 2})
    api.box.clock.advance(days=60)
    issued = sorted(made["issueDate"][:10] for made in await invoices(api))
    assert issued == ["2026-09-10", "2026-10-10"]


@fact("6: a rule: it may never end")
async def _(api: Api) -> None:
    made = await started(api, {**NINE, "intervalType": "daily", "endType": "never"})
    api.box.clock.advance(days=30)
    assert len(await invoices(api)) == 30
    assert (await plan(api, made))["status"] == "active"


@fact("6: a rule: hours and minutes")
async def _(api: Api) -> None:
    for kind in ("hourly", "minutely"):
        rule = {"intervalType": kind, "interval": 1, "endType": "after", "count": 3}
        await started(api, {**rule, "startDate": "2026-08-27", "startTime": "00:00:00"})
    api.box.clock.advance(days=1)
    assert len(await invoices(api)) == 6


@fact("6: executeAt is a single time instead of a rule")
async def _(api: Api) -> None:
    body = schedule(schedule={"executeAt": "2026-09-05T15:00:00.000Z"})
    made = await api.ok("POST", "/invoices/schedule", body)
    start = {"liveMode": False, "autoPayment": {"enable": False}}
    await api.ok("POST", f"/invoices/schedule/{made['_id']}/schedule", start)
    api.box.clock.advance(days=9)
    assert await days(api) == []
    api.box.clock.advance(days=100)
    assert await days(api) == ["2026-09-05"]
    assert (await plan(api, made))["status"] in ("completed", "ended")


# ---- Auto-payment --------------------------------------------------------------------------------


@fact("6: auto-payment starts with the occurrence after the first successful payment")
async def _(api: Api) -> None:
    await on_card(api, {**TODAY, "endType": "after", "count": 2})
    api.box.clock.advance(minutes=1)
    (first,) = await invoices(api)
    assert first["amountPaid"] == 0
    await api.ok("POST", f"/invoices/{first['_id']}/send", SEND)
    api.box.customer.pay(first["_id"])
    api.box.clock.advance(days=40)
    second = next(found for found in await invoices(api) if found["_id"] != first["_id"])
    assert (second["status"], second["amountDue"]) == ("paid", 0)


@fact("6: auto-payment doesn't start without a first payment")
async def _(api: Api) -> None:
    await on_card(api, {**TODAY, "endType": "after", "count": 2})
    api.box.clock.advance(days=40)
    assert [found["amountPaid"] for found in await invoices(api)] == [0, 0]


@fact("6: the body's auto-payment is set for later with its own call")
async def _(api: Api) -> None:
    made = await started(api, {**TODAY, "endType": "after", "count": 2})
    path = f"/invoices/schedule/{made['_id']}/auto-payment"
    await api.ok("POST", path, {"id": made["_id"], "autoPayment": SAVED})
    api.box.clock.advance(minutes=1)
    (first,) = await invoices(api)
    await api.ok("POST", f"/invoices/{first['_id']}/send", SEND)
    api.box.customer.pay(first["_id"])
    api.box.clock.advance(days=40)
    assert [found["amountDue"] for found in await invoices(api)] == [0, 0]


@fact("6: with auto-payment, only the first invoice may be paid in part")
async def _(api: Api) -> None:
    await on_card(api, {**TODAY, "endType": "after", "count": 2})
    api.box.clock.advance(minutes=1)
    (first,) = await invoices(api)
    await api.ok("POST", f"/invoices/{first['_id']}/send", SEND)
    api.box.clock.advance(days=40)
    second = next(found for found in await invoices(api) if found["_id"] != first["_id"])
    await api.ok("POST", f"/invoices/{second['_id']}/send", SEND)
    with pytest.raises(SandboxError):
        api.box.customer.pay(second["_id"], 100)
    api.box.customer.pay(first["_id"], 100)
    assert (await seen(api, first))["amountPaid"] == 100


@fact("6: without auto-payment, recurring invoices may be paid in part")
async def _(api: Api) -> None:
    await started(api, {**TODAY, "endType": "after", "count": 2})
    api.box.clock.advance(days=40)
    for made in await invoices(api):
        await api.ok("POST", f"/invoices/{made['_id']}/send", SEND)
        api.box.customer.pay(made["_id"], 100)
        assert (await seen(api, made))["status"] == "partially_paid"
