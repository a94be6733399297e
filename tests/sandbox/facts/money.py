"""Section 6: totals, payment plans and late fees."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ..samples import invoice
from ..support import Api
from .doing import TAX, agreed, converted, drafted, job, line, pay, quoted, seen, sent
from .table import fact

NONE = {"type": "percentage", "value": 0}
FIVE = {"type": "percentage", "value": 5}

TOTALS: dict[str, tuple[list[dict[str, Any]], dict[str, Any], str]] = {
    "the sum of the lines": ([line(15500, 24)], NONE, "372000"),
    "the discount first": ([line(15500, 24)], FIVE, "353400"),
    "then the tax": ([line(15500, 24, taxes=[TAX])], FIVE, "399342"),
    "decimals are kept": ([line(333, taxes=[TAX])], NONE, "376.29"),
    "a fixed discount": ([line(100), line(50)], {"type": "fixed", "value": 30}, "120"),
    "a discount for one product": (
        [line(100, productId="p1"), line(50, productId="p2")],
        {"type": "percentage", "value": 10, "validOnProductIds": ["p1"]},
        "140",
    ),
    "a tax on one line of two": ([line(100, taxes=[TAX]), line(100)], NONE, "213"),
    "two taxes on one line": (
        [line(100, taxes=[TAX, {**TAX, "_id": "b", "rate": 2}])],
        NONE,
        "115",
    ),
    "an amount that contains its tax": (
        [line(113, taxes=[TAX], taxInclusive=True)],
        NONE,
        "113",
    ),
}
for _text, (_lines, _discount, _total) in TOTALS.items():

    @fact(f"6: total of an invoice: {_text}")
    async def _(
        api: Api, lines: Any = _lines, discount: Any = _discount, total: str = _total
    ) -> None:
        made = await drafted(api, items=lines, discount=discount)
        assert made["total"] == made["amountDue"] == Decimal(total)

    @fact(f"6: total of an estimate: {_text}")
    async def _(
        api: Api, lines: Any = _lines, discount: Any = _discount, total: str = _total
    ) -> None:
        items = [{"type": "one_time", **row} for row in lines]
        assert (await quoted(api, items=items, discount=discount))["total"] == Decimal(total)


@fact("6: a line takes no discount of its own")
async def _(api: Api) -> None:
    status, _answer = await api("POST", "/invoices/", invoice(items=[line(10, discount=5)]))
    assert status == 422


# ---- Payment plans -------------------------------------------------------------------------------


async def planned(api: Api, *values: str, kind: str = "percentage", total: int = 1720) -> Any:
    """A sent invoice that is to be paid in parts."""
    rows = [{"value": Decimal(value), "dueDate": "2026-10-01"} for value in values]
    plan = {"type": kind, "schedules": rows}
    return await sent(api, items=[line(total)], discount=NONE, paymentSchedule=plan)


async def paid_by_parts(api: Api, made: Any) -> list[Any]:
    """What is paid after each part of the plan, paid by its id alone."""
    found = []
    for row in (await seen(api, made))["paymentSchedule"]["schedules"]:
        _status, answer = await pay(api, made, paymentScheduleIds=[row["_id"]])
        found.append(answer["invoice"]["amountPaid"])
    return found


@fact("6: percentages of a plan with four decimals")
async def _(api: Api) -> None:
    made = await planned(api, "33.3333", "66.6667")
    assert await paid_by_parts(api, made) == [Decimal("573.33"), 1720]


@fact("6: percentages of a plan without decimals")
async def _(api: Api) -> None:
    made = await planned(api, "33", "67")
    assert await paid_by_parts(api, made) == [Decimal("567.60"), 1720]


@fact("6: fixed amounts of a plan")
async def _(api: Api) -> None:
    made = await planned(api, "720", "1000", kind="fixed")
    assert await paid_by_parts(api, made) == [720, 1720]


for _text, _kind, _values in (
    ("100", "percentage", ("33.33", "66.66")),
    ("the total", "fixed", ("700", "1000")),
):

    @fact(f"6: a plan must sum to {_text}")
    async def _(api: Api, kind: str = _kind, values: Any = _values) -> None:
        rows = [{"value": Decimal(value), "dueDate": "2026-10-01"} for value in values]
        plan = {"type": kind, "schedules": rows}
        body = invoice(items=[line(1720)], paymentSchedule=plan)
        assert (await api("POST", "/invoices/", body))[0] in (400, 422)
        assert api.box.created("invoice") == []


@fact("6: both parts of an estimate's plan fall on one day without an interval")
async def _(api: Api) -> None:
    config = {
        "type": "percentage",
        "dateConfig": {
            "depositDateType": "estimate_accepted",
            "scheduleDateType": "regular_interval",
        },
        "schedules": [{"value": Decimal("33.3333")}, {"value": Decimal("66.6667")}],
    }
    made = await agreed(api, items=[job(1720)], discount=NONE, paymentScheduleConfig=config)
    _status, answer = await converted(api, made)
    first, second = answer["invoice"]["paymentSchedule"]["schedules"]
    assert first["dueDate"] == second["dueDate"]
    assert [first["value"], second["value"]] == [Decimal("33.3333"), Decimal("66.6667")]


# ---- Late fees -----------------------------------------------------------------------------------

DAILY = {"intervalCount": 1, "interval": "day"}
ONCE = {"intervalCount": 1, "interval": "one_time"}
FIXED = {"enable": True, "type": "fixed", "value": 10}
SHARE = {"enable": True, "type": "percentage", "value": 10}
CAP = {"maxLateFees": {"type": "fixed", "value": 25}}
GRACE = {"grace": {"intervalCount": 5, "interval": "day"}}

# 100 is due on 5 September; what is due so many days after 26 August.
LATE: dict[str, tuple[dict[str, Any], int, str]] = {
    "nothing before the due day": ({**FIXED, "frequency": DAILY}, 9, "100"),
    "a fixed fee once": ({**FIXED, "frequency": ONCE}, 40, "110"),
    "a percentage once": ({**SHARE, "frequency": ONCE}, 40, "110"),
    "a cap": ({**FIXED, **CAP, "frequency": DAILY}, 40, "125"),
    "nothing within the grace": ({**FIXED, **GRACE, "frequency": ONCE}, 14, "100"),
    "a fee after the grace": ({**FIXED, **GRACE, "frequency": ONCE}, 18, "110"),
    "nothing where they are switched off": (
        {**FIXED, "enable": False, "frequency": DAILY},
        40,
        "100",
    ),
}
for _text, (_fees, _days, _due) in LATE.items():

    @fact(f"6: late fees: {_text}")
    async def _(api: Api, fees: Any = _fees, days: int = _days, due: str = _due) -> None:
        made = await sent(
            api,
            items=[line(100)],
            discount=NONE,
            issueDate="2026-08-26",
            dueDate="2026-09-05",
            lateFeesConfiguration=fees,
        )
        api.box.clock.advance(days=days)
        assert (await seen(api, made))["amountDue"] == Decimal(due)


for _interval, _step, _count in (
    ("minute", {"minutes": 3}, 3),
    ("hour", {"hours": 3}, 3),
    ("day", {"days": 3}, 3),
    ("week", {"days": 21}, 3),
    ("month", {"days": 92}, 3),
):

    @fact(f"6: late fees: every {_interval}")
    async def _(
        api: Api, interval: str = _interval, step: Any = _step, count: int = _count
    ) -> None:
        fees = {**FIXED, "frequency": {"intervalCount": 1, "interval": interval}}
        made = await sent(
            api,
            items=[line(100)],
            discount=NONE,
            issueDate="2026-08-26",
            dueDate="2026-09-05",
            lateFeesConfiguration=fees,
        )
        # To the middle of what follows the due day, so that neither end of it matters.
        api.box.clock.advance(days=11)
        before = (await seen(api, made))["amountDue"]
        assert before >= 100
        api.box.clock.advance(**step)
        assert (await seen(api, made))["amountDue"] - before in (10 * count, 10 * count + 10)


for _text, _fees in (
    ("cap of another type than fixed", {"maxLateFees": {"type": "percentage", "value": 5}}),
    ("grace in hours", {"grace": {"intervalCount": 5, "interval": "hour"}}),
    ("fee by the year", {"frequency": {"intervalCount": 1, "interval": "year"}}),
):

    @fact(f"6: late fees: there is no {_text}")
    async def _(api: Api, fees: Any = _fees) -> None:
        body = invoice(lateFeesConfiguration={**FIXED, "frequency": DAILY, **fees})
        assert (await api("POST", "/invoices/", body))[0] == 422


@fact("6: late fees: none on an invoice that was paid in time")
async def _(api: Api) -> None:
    fees = {**FIXED, "frequency": DAILY}
    made = await sent(api, items=[line(100)], dueDate="2026-09-15", lateFeesConfiguration=fees)
    await pay(api, made)
    api.box.clock.advance(days=60)
    found = await seen(api, made)
    assert (found["status"], found["amountDue"]) == ("paid", 0)
