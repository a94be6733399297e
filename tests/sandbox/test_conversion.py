"""From an accepted estimate to its invoice."""

from __future__ import annotations

import asyncio
import itertools
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hoopai_invoices.sandbox import Choices

from .estimating import ESTIMATE, all_invoices, convert, make, one
from .samples import ESTIMATE_RECORDED, SEND, estimate
from .support import Api, api_of, new_box

pytestmark = pytest.mark.anyio

AUTO = {"enabled": True, "directPayments": False}
DATES = {"depositDateType": "estimate_accepted", "scheduleDateType": "regular_interval"}


def plan(kind: str, *values: Any) -> dict[str, Any]:
    return {"type": kind, "dateConfig": DATES, "schedules": [{"value": v} for v in values]}


@pytest.mark.parametrize("status", ["draft", "sent", "viewed", "declined", "invoiced"])
async def test_only_accepted_estimates_are_converted(api: Api, status: str) -> None:
    made = await make(api, status)
    before = len(api.box.created("invoice"))
    code, answer = await api("POST", f"{ESTIMATE}/{made}/invoice", {"markAsInvoiced": True})
    assert (code, answer["message"]) == (400, "estimate_not_accepted")
    assert len(api.box.created("invoice")) == before


@pytest.mark.parametrize(("mark", "status"), [(True, "invoiced"), (False, "accepted")])
async def test_conversion(api: Api, mark: bool, status: str) -> None:
    made = await make(api, "accepted")
    answer = await convert(api, made, mark=mark)
    assert answer["estimate"]["estimateStatus"] == status
    assert (await one(api, made))["estimateStatus"] == status
    invoice = answer["invoice"]
    assert (invoice["status"], invoice["total"], invoice["amountDue"]) == ("draft", 353400, 353400)
    assert (invoice["issueDate"], invoice["dueDate"]) == ("2026-08-26", "2026-09-25")
    read = await api.ok("GET", f"/invoices/{invoice['_id']}")
    assert read["totalSummary"] == {"subTotal": 372000, "discount": 18600, "tax": 0}


@pytest.mark.parametrize("live", [True, False])
async def test_what_the_invoice_takes_over(api: Api, live: bool) -> None:
    line = {
        "name": "Uniform",
        "currency": "CRC",
        "amount": Decimal("10.5"),
        "qty": 2,
        "type": "one_time",
        "description": "Blue",
        "taxes": [{"_id": "t", "name": "VAT", "rate": 13}],
        "attachments": ["https://example.com/blue.jpg"],
    }
    made = await make(
        api,
        "accepted",
        liveMode=live,
        termsNotes="Half up front.",
        items=[line],
        discount={"type": "fixed", "value": 1},
        sentTo={"email": ["alex@example.com"]},
        automaticTaxesEnabled=True,
        miscellaneousCharges={"charges": [{"name": "Fee", "charge": 3, "_id": "f"}]},
    )
    invoice = (await convert(api, made, mark=True))["invoice"]
    shown = await one(api, made)
    for name in (
        *("name", "businessDetails", "currency", "contactDetails", "discount", "termsNotes"),
        *("liveMode", "sentTo", "automaticTaxesEnabled", "miscellaneousCharges"),
    ):
        assert invoice[name] == shown[name], name
    assert (invoice["liveMode"], invoice["termsNotes"]) == (live, "Half up front.")
    (mine,), (theirs,) = invoice["invoiceItems"], shown["items"]
    assert len(mine["_id"]) == 24
    assert mine["_id"] != theirs["_id"]
    kept = ("name", "currency", "amount", "qty", "type", "description", "taxes", "attachments")
    assert {name: mine[name] for name in kept} == {name: theirs[name] for name in kept}
    assert invoice["total"] == Decimal("22.6")  # (21 - 1) x 1.13


async def test_the_estimate_and_its_invoice_share_nothing(api: Api) -> None:
    made = await make(api, "accepted")
    invoice = (await convert(api, made, mark=False))["invoice"]
    await api.ok("PUT", f"{ESTIMATE}/{made}", estimate(contactDetails={"id": "z", "name": "Zoe"}))
    read = await api.ok("GET", f"/invoices/{invoice['_id']}")
    assert read["contactDetails"] == ESTIMATE_RECORDED["contactDetails"]


async def test_a_second_conversion_makes_a_second_invoice(api: Api) -> None:
    made = await make(api, "accepted")
    first = await convert(api, made, mark=False)
    second = await convert(api, made, mark=True)
    assert first["invoice"]["_id"] != second["invoice"]["_id"]
    assert len(await all_invoices(api)) == 2


async def test_a_second_conversion_can_be_refused() -> None:
    api = api_of(new_box(choices=Choices(second_conversion="refused")))
    made, other = await make(api, "accepted"), await make(api, "accepted")
    await convert(api, made, mark=False)
    code, answer = await api("POST", f"{ESTIMATE}/{made}/invoice", {"markAsInvoiced": True})
    assert (code, answer["message"]) == (400, "estimate_already_converted")
    await convert(api, other, mark=True)
    assert len(await all_invoices(api)) == 2


async def test_an_invoice_appears_by_itself(api: Api) -> None:
    made = await make(api, "accepted", autoInvoice=AUTO)
    api.box.clock.advance(seconds=2.9)
    assert await all_invoices(api) == []
    assert (await one(api, made))["estimateStatus"] == "accepted"
    api.box.clock.advance(seconds=0.1)
    (invoice,) = await all_invoices(api)
    assert (invoice["status"], invoice["total"]) == ("draft", 353400)
    shown = await one(api, made)
    assert shown["estimateStatus"] == "invoiced"
    history = [entry["estimateStatus"] for entry in shown["estimateActionHistory"]]
    assert history == ["sent", "accepted", "invoiced"]
    api.box.clock.advance(days=9)
    assert len(await all_invoices(api)) == 1


async def test_it_is_the_acceptance_that_counts(api: Api) -> None:
    made = await make(api, "viewed", autoInvoice=AUTO)
    api.box.clock.advance(seconds=2)
    api.box.customer.accept(made)
    api.box.clock.advance(seconds=2)
    assert await all_invoices(api) == []


async def test_it_appears_at_its_own_instant_whenever_somebody_looks(api: Api) -> None:
    made = await make(api, "sent", autoInvoice=AUTO)
    api.box.clock.advance(days=3)
    api.box.customer.accept(made)  # at 44:48.049, two calls after the start
    api.box.clock.advance(days=40)
    (invoice,) = await all_invoices(api)
    assert invoice["createdAt"] == "2026-08-30T03:44:51.049Z"
    assert (invoice["issueDate"], invoice["dueDate"]) == ("2026-08-29", "2026-09-28")


@pytest.mark.parametrize(("seconds", "soon"), [(0, 1), (60, 0)])
async def test_how_long_it_takes_is_a_choice(seconds: float, soon: int) -> None:
    api = api_of(new_box(choices=Choices(auto_invoice_seconds=seconds)))
    await make(api, "accepted", autoInvoice=AUTO)
    assert len(await all_invoices(api)) == soon
    api.box.clock.advance(seconds=60)
    assert len(await all_invoices(api)) == 1


@pytest.mark.parametrize(
    ("choice", "direct", "status", "by"),
    [
        ("sent", True, "sent", "u1"),
        ("sent", False, "draft", None),
        ("sent", None, "draft", None),
        ("draft", True, "draft", None),
    ],
)
async def test_one_for_direct_payments_arrives_sent(
    choice: Any, direct: bool | None, status: str, by: str | None
) -> None:
    api = api_of(new_box(choices=Choices(direct_payments=choice)))
    auto = {"enabled": True} if direct is None else {"enabled": True, "directPayments": direct}
    await make(api, "accepted", autoInvoice=auto)
    api.box.clock.advance(seconds=3)
    (invoice,) = await all_invoices(api)
    assert (invoice["status"], invoice.get("sentBy")) == (status, by)


@pytest.mark.parametrize(
    ("status", "auto"),
    [
        ("accepted", {"enabled": False, "directPayments": True}),
        ("accepted", None),
        ("declined", AUTO),
        ("viewed", AUTO),
    ],
)
async def test_none_appears_unasked(api: Api, status: str, auto: Any) -> None:
    await make(api, status, autoInvoice=auto)
    api.box.clock.advance(days=1)
    assert await all_invoices(api) == []


@pytest.mark.parametrize(("mark", "invoices"), [(True, 1), (False, 2)])
@pytest.mark.parametrize("second", ["accepted", "refused"])
async def test_converting_by_hand_as_well_may_make_a_double(
    mark: bool, invoices: int, second: Any
) -> None:
    api = api_of(new_box(choices=Choices(second_conversion=second)))
    made = await make(api, "accepted", autoInvoice=AUTO)
    await convert(api, made, mark=mark)
    api.box.clock.advance(seconds=3)
    assert len(await all_invoices(api)) == invoices
    assert (await one(api, made))["estimateStatus"] == "invoiced"


async def test_after_it_appeared_nothing_is_left_to_convert(api: Api) -> None:
    made = await make(api, "accepted", autoInvoice=AUTO)
    api.box.clock.advance(seconds=3)
    code, answer = await api("POST", f"{ESTIMATE}/{made}/invoice", {"markAsInvoiced": True})
    assert (code, answer["message"]) == (400, "estimate_not_accepted")


async def test_a_deleted_estimate_gives_no_invoice(api: Api) -> None:
    made = await make(api, "accepted", autoInvoice=AUTO)
    await api.ok("DELETE", f"{ESTIMATE}/{made}", {})
    api.box.clock.advance(days=1)
    assert await all_invoices(api) == []


async def test_what_a_put_took_back_is_not_sent(api: Api) -> None:
    made = await make(api, "accepted", autoInvoice={"enabled": True, "directPayments": True})
    await api.ok("PUT", f"{ESTIMATE}/{made}", estimate())  # the property is null from now on
    api.box.clock.advance(seconds=3)
    assert [invoice["status"] for invoice in await all_invoices(api)] == ["draft"]


async def test_no_arrival_claims_an_invoice_that_came_by_itself(api: Api) -> None:
    await make(api, "accepted", autoInvoice=AUTO)
    api.box.clock.advance(seconds=3)
    await all_invoices(api)
    made = [kind for arrival in api.box.arrivals for kind, _ in arrival.made]
    assert made == ["estimate"]


@pytest.mark.parametrize(
    ("given_plan", "amounts"),
    [
        (
            plan("percentage", Decimal("33.3333"), Decimal("66.6667")),
            [Decimal("117799.88"), Decimal("235600.12")],
        ),
        (plan("fixed", 353000, 400), [353000, 400]),
    ],
)
async def test_the_payment_plan_goes_over_to_the_invoice(
    api: Api, given_plan: dict[str, Any], amounts: list[Any]
) -> None:
    made = await make(api, "accepted", paymentScheduleConfig=given_plan)
    api.box.clock.advance(days=5)  # the parts are due on the day of the acceptance all the same
    invoice = (await convert(api, made, mark=True))["invoice"]
    stored = invoice["paymentSchedule"]
    assert set(stored) == {"type", "schedules"}
    assert stored["type"] == given_plan["type"]
    values = [part["value"] for part in given_plan["schedules"]]
    assert [part["value"] for part in stored["schedules"]] == values
    assert [part["dueDate"] for part in stored["schedules"]] == ["2026-08-26", "2026-08-26"]
    assert [part["amount"] for part in stored["schedules"]] == amounts
    assert (invoice["issueDate"], invoice["dueDate"]) == ("2026-08-31", "2026-09-30")


async def test_without_a_plan_there_is_none(api: Api) -> None:
    made = await make(api, "accepted")
    assert "paymentSchedule" not in (await convert(api, made, mark=True))["invoice"]


@settings(max_examples=40, deadline=None)
@given(
    st.decimals("0.01", "99999.99", places=2),
    st.lists(st.integers(1, 999_999), max_size=5, unique=True),
)
def test_what_is_taken_can_be_converted(price: Decimal, cuts: list[int]) -> None:
    """However a whole of 100.0000 is cut into parts, the parts come to the invoice's total."""
    edges = [0, *sorted(cuts), 1_000_000]
    parts = [Decimal(b - a) / 10_000 for a, b in itertools.pairwise(edges)]

    async def scenario() -> None:
        api = api_of(new_box())
        line = {**ESTIMATE_RECORDED["items"][0], "amount": price, "qty": 1}
        made = await make(
            api,
            "accepted",
            items=[line],
            autoInvoice=AUTO,
            paymentScheduleConfig=plan("percentage", *parts),
        )
        invoice = (await convert(api, made, mark=False))["invoice"]
        api.box.clock.advance(seconds=3)
        for each in (invoice, (await all_invoices(api))[0]):
            amounts = [part["amount"] for part in each["paymentSchedule"]["schedules"]]
            assert sum(amounts) == each["total"]
            assert len(amounts) == len(parts)

    asyncio.run(scenario())


async def test_sending_an_accepted_estimate_again_changes_nothing_about_it(api: Api) -> None:
    made = await make(api, "accepted", autoInvoice=AUTO)
    await api.ok("POST", f"{ESTIMATE}/{made}/send", SEND)
    api.box.clock.advance(seconds=3)
    assert len(await all_invoices(api)) == 1
