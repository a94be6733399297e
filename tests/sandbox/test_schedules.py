"""The life of a schedule, and what it bills."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hoopai_invoices.sandbox import Choices, Sandbox, SandboxError

from .samples import CASH, CONTACT, LINE, SEND
from .scheduling import (
    PLAIN,
    RECORDED,
    SCHEDULES,
    STARTED_RECORDED,
    begin,
    billed,
    read,
    replacement,
    rule,
    schedule,
)
from .support import Api, api_of, new_box

pytestmark = pytest.mark.anyio

PAGE = {"limit": "100", "offset": "0"}
TODAY = "2026-08-26"  # in the default location, where it is a quarter to ten in the evening
LATER = rule("daily", "2026-09-01")
PAYING = {"liveMode": True, "autoPayment": {"enable": True, "type": "saved_card"}}


async def post(api: Api, schedule_id: str, action: str, body: Any = None) -> Any:
    return await api.ok("POST", f"{SCHEDULES}/{schedule_id}/{action}", {} if body is None else body)


async def status_of(api: Api, schedule_id: str) -> str:
    status: str = (await read(api, schedule_id))["status"]
    return status


async def draft(api: Api, *options: Any, **changes: Any) -> str:
    made: str = (await api.ok("POST", SCHEDULES, schedule(*options, **changes)))["_id"]
    return made


async def refused(api: Api, method: str, path: str, body: Any = None, **query: str) -> Any:
    """Status and message of a refusal."""
    status, answer = await api(method, f"{SCHEDULES}/{path}", body, **query)
    return status, answer["message"]


async def test_the_recorded_schedule_is_taken_and_started(box: Sandbox, api: Api) -> None:
    answer = await api.ok("POST", SCHEDULES, RECORDED)
    assert len(answer.pop("_id")) == len(answer["items"][0].pop("_id")) == 24
    assert len(answer.pop("traceId")) == 36
    line = {**RECORDED["items"][0], "taxes": [], "taxInclusive": False}
    assert answer == {
        **RECORDED,
        "altId": box.location_id,
        "altType": "location",
        "status": "draft",
        "invoices": [],
        "items": [line],
        "attachments": [],
        "total": 297,
        "compiledTermsNotes": "Billed monthly.",
        "createdAt": "2026-08-27T03:44:48.047Z",
        "updatedAt": "2026-08-27T03:44:48.047Z",
    }
    made = await draft(api)
    answer = await post(api, made, "schedule", STARTED_RECORDED)
    assert (answer["status"], answer["invoices"]) == ("scheduled", [])
    assert answer["autoPayment"] == {"enable": True, "type": "customer_card"}


async def test_a_schedule_has_a_title_and_terms_at_least_empty_ones(api: Api) -> None:
    answer = await read(api, await draft(api, title=None, termsNotes=None))
    assert (answer["title"], answer["termsNotes"], answer["compiledTermsNotes"]) == (
        "INVOICE",
        "",
        "",
    )


async def test_a_start_without_auto_payment_fails(api: Api) -> None:
    made = await draft(api)
    status, text = await refused(api, "POST", f"{made}/schedule", {"liveMode": False})
    assert (status, text) == (500, "Cannot read properties of undefined (reading 'enable')")
    assert await refused(api, "POST", f"{made}/schedule", {}) == (
        422,
        ["liveMode must be a boolean value"],
    )
    assert await status_of(api, made) == "draft"
    answer = await post(api, made, "schedule", {**PLAIN, "liveMode": False})
    assert (answer["status"], answer["liveMode"]) == ("scheduled", False)


async def test_from_draft_to_completed(box: Sandbox, api: Api) -> None:
    made = await draft(api, rule("monthly", "2026-09-01", endType="after", count=2))
    box.clock.advance(days=31)  # nothing happens before the start
    box_now = box.clock.now()
    assert box_now == datetime(2026, 9, 27, 3, 44, 48, 48000, tzinfo=UTC)
    assert await billed(api, made) == []
    await post(api, made, "schedule", PLAIN)
    assert await status_of(api, made) == "scheduled"
    box.clock.advance(days=3)
    assert await status_of(api, made) == "scheduled"
    box.clock.advance(days=2)
    answer = await read(api, made)  # the first of September had passed
    assert [invoice["issueDate"] for invoice in answer["invoices"]] == ["2026-10-01"]
    assert answer["status"] == "completed"


async def test_the_states_of_a_schedule(box: Sandbox, api: Api) -> None:
    made = await begin(api, rule("monthly", "2026-09-01", count=3))
    seen = [(await status_of(api, made), len(await billed(api, made)))]
    for _ in range(4):
        box.clock.advance(days=30)
        seen.append((await status_of(api, made), len(await billed(api, made))))
    assert seen == [
        ("scheduled", 0),
        ("active", 1),
        ("active", 2),
        ("completed", 3),
        ("completed", 3),
    ]


async def test_the_invoices_are_made_of_the_schedule(box: Sandbox, api: Api) -> None:
    tax = {"_id": "vat", "name": "VAT", "rate": 13, "calculation": "exclusive"}
    late_fees = {
        "enable": True,
        "value": 10,
        "type": "fixed",
        "frequency": {"intervalCount": 7, "interval": "day"},
    }
    made = await begin(
        api,
        rule("daily", "2026-09-01", count=1),
        items=[{**LINE, "qty": 2, "taxes": [tax]}],
        discount={"type": "fixed", "value": 100},
        lateFeesConfiguration=late_fees,
        paymentMethods={"stripe": {"enableBankDebitOnly": True}},
    )
    assert (await read(api, made))["total"] == 226
    box.clock.advance(days=6)
    (invoice,) = (await read(api, made))["invoices"]
    assert {name: invoice[name] for name in ("issueDate", "dueDate", "createdAt", "status")} == {
        "issueDate": "2026-09-01",
        "dueDate": "2026-10-01",
        "createdAt": "2026-09-01T06:00:00.000Z",
        "status": "draft",
    }
    assert (invoice["total"], invoice["amountDue"], invoice["invoiceNumber"]) == (
        226,
        226,
        "000001",
    )
    assert (invoice["name"], invoice["title"]) == ("Example - Monthly plan", "Monthly plan")
    assert (invoice["invoiceNumberPrefix"], invoice["liveMode"]) == ("CC-", True)
    assert invoice["lateFeesConfiguration"] == late_fees
    assert invoice["paymentMethods"] == {"stripe": {"enableBankDebitOnly": True}}
    assert invoice["contactDetails"] == RECORDED["contactDetails"]
    (line,) = invoice["invoiceItems"]
    assert line["_id"] != (await read(api, made))["items"][0]["_id"]
    same = await api.ok("GET", f"/invoices/{invoice['_id']}")
    assert (same["_id"], same["totalSummary"]) == (
        invoice["_id"],
        {"subTotal": 300, "discount": 100, "tax": 26},
    )


async def test_what_is_due_today_comes_after_half_a_minute(box: Sandbox, api: Api) -> None:
    made = await begin(api, rule("daily", TODAY, startTime="09:00:00"))
    box.clock.advance(seconds=29.9)
    assert await billed(api, made) == []
    box.clock.advance(seconds=0.2)
    assert await billed(api, made) == [TODAY]
    box.clock.advance(hours=11.2)  # until shortly before nine
    assert await billed(api, made) == [TODAY]
    box.clock.advance(hours=0.1)
    assert await billed(api, made) == [TODAY, "2026-08-27"]


@pytest.mark.parametrize("seconds", [0, 5])
async def test_the_delay_is_a_choice(seconds: float) -> None:
    async with new_box(choices=Choices(schedule_delay_seconds=seconds)) as box:
        api = api_of(box)
        made = await begin(api, rule("monthly", TODAY))
        box.clock.advance(seconds=seconds)
        assert await billed(api, made) == [TODAY]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (rule("daily", "2026-08-01"), ["2026-08-26", "2026-08-27"]),
        (rule("daily", "2026-08-01", count=27), ["2026-08-26", "2026-08-27"]),
        (rule("daily", "2026-08-25", interval=2), ["2026-08-27"]),
        (rule("hourly", "2026-08-01", startTime="00:30:00", interval=12), ["2026-08-27"] * 2),
        ({"executeAt": "2026-08-26T08:00:00Z"}, ["2026-08-26"]),
    ],
)
async def test_days_before_the_start_are_not_made_up_for(
    box: Sandbox, api: Api, options: dict[str, Any], expected: list[str]
) -> None:
    made = await begin(api, options)
    box.clock.advance(days=1)
    assert await billed(api, made) == expected


async def test_a_start_just_before_midnight() -> None:
    late = datetime(2026, 8, 27, 5, 59, 50, tzinfo=UTC)
    async with new_box(now=late) as box:
        api = api_of(box)
        box.add_location("cash", timezone="America/Costa_Rica").due_after_days = 0
        box.location_id = "cash"
        box.token = box.add_token(locations=["cash"])
        made = await begin(api, rule("monthly", TODAY))
        ahead = await begin(api, rule("monthly", TODAY, daysBefore=1))
        box.clock.advance(minutes=1)
        for begun, issued in ((made, TODAY), (ahead, "2026-08-27")):
            (invoice,) = (await read(api, begun))["invoices"]
            assert (invoice["issueDate"], invoice["dueDate"]) == (issued, "2026-08-27")


async def test_invoices_may_arrive_sent() -> None:
    async with new_box(choices=Choices(schedule_invoices="sent")) as box:
        api = api_of(box)
        made = await begin(api, rule("monthly", TODAY))
        box.clock.advance(minutes=1)
        (invoice,) = (await read(api, made))["invoices"]
        assert invoice["status"] == "sent"
        assert invoice["sentTo"]["email"] == ["alex@example.com"]


async def test_a_schedule_may_list_bare_ids() -> None:
    async with new_box(choices=Choices(schedule_invoices_as="ids")) as box:
        api = api_of(box)
        made = await begin(api, rule("monthly", TODAY))
        box.clock.advance(minutes=1)
        invoices = (await api.ok("GET", "/invoices/", **PAGE))["invoices"]
        assert (await read(api, made))["invoices"] == [invoices[0]["_id"]]
        (model,) = box.created("schedule")
        assert model.status == "active"


async def test_invoices_that_were_deleted_are_not_listed(box: Sandbox, api: Api) -> None:
    made = await begin(api, rule("daily", TODAY))
    box.clock.advance(days=1)
    first, second = (await read(api, made))["invoices"]
    await api.ok("DELETE", f"/invoices/{first['_id']}")
    assert [each["_id"] for each in (await read(api, made))["invoices"]] == [second["_id"]]


@pytest.mark.parametrize("status", ["cancelled", "canceled", "draft"])
async def test_cancelling_stops(status: Literal["cancelled", "canceled", "draft"]) -> None:
    async with new_box(choices=Choices(cancelled_schedule=status)) as box:
        api = api_of(box)
        made = await begin(api, rule("daily", TODAY))
        box.clock.advance(days=1)
        assert (await post(api, made, "cancel"))["status"] == status
        box.clock.advance(days=10)
        assert await billed(api, made) == [TODAY, "2026-08-27"]
        again, _ = await api("POST", f"{SCHEDULES}/{made}/schedule", PLAIN)
        assert again == (201 if status == "draft" else 400)


async def test_a_day_is_not_billed_twice_after_a_new_start() -> None:
    async with new_box(choices=Choices(cancelled_schedule="draft")) as box:
        api = api_of(box)
        made = await begin(api, rule("daily", TODAY))
        box.clock.advance(minutes=1)
        await post(api, made, "cancel")
        await post(api, made, "schedule", PLAIN)
        box.clock.advance(days=1)
        assert await billed(api, made) == [TODAY, "2026-08-27"]


async def test_deleting_stops_and_leaves_the_invoices(box: Sandbox, api: Api) -> None:
    made = await begin(api, rule("daily", TODAY))
    box.clock.advance(days=1)
    assert await refused(api, "DELETE", made, {}) == (
        422,
        [
            "altId should not be empty",
            "altId must be a string",
            "altType must be one of the following values: location",
        ],
    )
    assert await api.ok("DELETE", f"{SCHEDULES}/{made}") == {"success": True}
    box.clock.advance(days=10)
    assert (await api.ok("GET", "/invoices/", **PAGE))["total"] == 2
    assert await refused(api, "GET", made) == (404, "Schedule not found")
    assert await refused(api, "DELETE", made) == (404, "Schedule not found")
    assert (await api.ok("GET", SCHEDULES, **PAGE))["total"] == 0


async def in_state(api: Api, state: str) -> str:
    """A schedule in a state; returns its id."""
    if state == "draft":
        return await draft(api, LATER)
    if state == "scheduled":
        return await begin(api, LATER)
    made = await begin(api, rule("daily", TODAY, **({"count": 1} if state == "completed" else {})))
    api.box.clock.advance(minutes=1)
    if state == "cancelled":
        await post(api, made, "cancel")
    assert await status_of(api, made) == state
    return made


STATES = ("draft", "scheduled", "active", "completed", "cancelled")


@pytest.mark.parametrize(
    ("action", "allowed", "done"),
    [
        ("schedule", {"draft"}, "started"),
        ("updateAndSchedule", {"draft", "scheduled", "active"}, "started"),
        ("auto-payment", {"draft", "scheduled", "active"}, "updated"),
        ("cancel", {"scheduled", "active"}, "cancelled"),
        ("", {"draft", "scheduled", "active"}, "updated"),
    ],
)
@pytest.mark.parametrize("state", STATES)
async def test_what_each_state_allows(
    api: Api, state: str, action: str, allowed: set[str], done: str
) -> None:
    made = await in_state(api, state)
    path = f"{SCHEDULES}/{made}/{action}" if action else f"{SCHEDULES}/{made}"
    bodies = {
        "schedule": PLAIN,
        "auto-payment": {"id": made, "autoPayment": {"enable": False}},
        "": replacement(LATER),
    }
    before = await read(api, made)
    status, answer = await api("POST" if action else "PUT", path, bodies.get(action, {}))
    if state in allowed:
        assert status in (200, 201)
    else:
        assert status == 400
        assert answer["message"] == f"Schedule cannot be {done}, it is {state}"
        after = await read(api, made)
        assert after.pop("traceId") != before.pop("traceId")
        assert after == before


@pytest.mark.parametrize("state", STATES)
async def test_every_schedule_may_be_deleted(api: Api, state: str) -> None:
    made = await in_state(api, state)
    assert await api.ok("DELETE", f"{SCHEDULES}/{made}") == {"success": True}


async def test_a_put_replaces_what_it_can_say(box: Sandbox, api: Api) -> None:
    file = {"id": "1", "name": "a", "url": "https://x.example", "type": "pdf", "size": 1}
    tips = {"tipsEnabled": True, "tipsPercentage": [5]}
    fees = {"charges": [{"name": "Fee", "charge": 1}]}
    made = await draft(api, attachments=[file], tipsConfiguration=tips, miscellaneousCharges=fees)
    box.clock.advance(seconds=5)
    body = replacement(LATER, name="Second", title=None, termsNotes=None, items=[LINE])
    answer = await api.ok("PUT", f"{SCHEDULES}/{made}", body)
    assert (answer["name"], answer["total"]) == ("Second", 150)
    assert (answer["termsNotes"], answer["compiledTermsNotes"]) == (None, None)
    assert (answer["miscellaneousCharges"], answer["attachments"]) == (None, [])
    assert answer["title"] == "INVOICE"
    assert answer["schedule"] == {"rrule": LATER}
    assert (answer["tipsConfiguration"], answer["invoiceNumberPrefix"]) == (tips, "CC-")
    assert (answer["status"], answer["updatedAt"]) == ("draft", "2026-08-27T03:44:53.048Z")
    body = {**body, "invoiceNumberPrefix": "X-"}
    texts = ["property invoiceNumberPrefix should not exist"]
    assert await refused(api, "PUT", made, body) == (422, texts)


async def test_a_running_schedule_goes_on_by_its_new_rule(box: Sandbox, api: Api) -> None:
    made = await begin(api, rule("daily", TODAY))
    box.clock.advance(days=1)
    weekly = replacement(rule("weekly", "2026-08-20"), items=[LINE])
    answer = await api.ok("PUT", f"{SCHEDULES}/{made}", weekly)
    assert answer["status"] == "active"
    box.clock.advance(days=13)
    # the 27th is a Thursday as well, but has its invoice
    assert await billed(api, made) == [TODAY, "2026-08-27", "2026-09-03"]
    totals = [invoice["total"] for invoice in (await read(api, made))["invoices"]]
    assert totals == [297, 297, 150]
    ended = replacement(rule("daily", TODAY, endDate="2026-09-03"))
    assert (await api.ok("PUT", f"{SCHEDULES}/{made}", ended))["status"] == "completed"
    box.clock.advance(days=30)
    assert len(await billed(api, made)) == 3


async def test_invoices_ahead_of_their_day_are_not_billed_twice(box: Sandbox, api: Api) -> None:
    monthly = rule("monthly", "2026-09-05", daysBefore=5)
    made = await begin(api, monthly)
    box.clock.advance(days=6)
    await api.ok("PUT", f"{SCHEDULES}/{made}", replacement({**monthly, "dayOfMonth": 6}))
    box.clock.advance(days=40)
    days = [invoice["dueDate"] for invoice in (await read(api, made))["invoices"]]
    assert days == ["2026-09-05", "2026-09-06", "2026-10-06"]


async def test_hours_ahead_of_their_day_are_not_billed_twice(box: Sandbox, api: Api) -> None:
    hourly = rule("hourly", "2026-08-27", interval=12, daysBefore=1, count=4)
    made = await begin(api, hourly)
    box.clock.advance(minutes=1)
    assert len(await billed(api, made)) == 2
    await api.ok("PUT", f"{SCHEDULES}/{made}", replacement(hourly))
    box.clock.advance(days=3)
    days = [invoice["dueDate"] for invoice in (await read(api, made))["invoices"]]
    assert days == ["2026-08-27", "2026-08-27", "2026-08-28", "2026-08-28"]


async def test_a_rule_by_hours_goes_on_after_the_time_of_the_last_day(
    box: Sandbox, api: Api
) -> None:
    daily = rule("daily", "2026-08-27", startTime="18:00:00", daysBefore=1)
    made = await begin(api, daily)
    box.clock.advance(minutes=1)
    hourly = rule("hourly", "2026-08-27", interval=6, count=6)
    await api.ok("PUT", f"{SCHEDULES}/{made}", replacement(hourly))
    box.clock.advance(days=3)
    # those at 0, 6, 12 and 18 o'clock of the 27th come before
    instants = [invoice["createdAt"] for invoice in (await read(api, made))["invoices"]]
    assert instants[1:] == ["2026-08-28T06:00:00.000Z", "2026-08-28T12:00:00.000Z"]


async def test_update_and_start(box: Sandbox, api: Api) -> None:
    made = await draft(api, LATER)
    line = (await read(api, made))["items"][0]["_id"]
    body = {"name": "Second", "schedule": {"rrule": rule("daily", TODAY, count=2)}, "title": None}
    answer = await post(api, made, "updateAndSchedule", body)
    assert (answer["status"], answer["name"]) == ("scheduled", "Second")
    # what it doesn't say stays
    assert (answer["title"], answer["termsNotes"]) == ("Monthly plan", "Billed monthly.")
    assert (answer["items"][0]["_id"], answer["liveMode"]) == (line, True)
    box.clock.advance(minutes=1)
    assert await billed(api, made) == [TODAY]
    answer = await post(api, made, "updateAndSchedule", {"items": [LINE], "liveMode": False})
    assert (answer["status"], answer["total"], answer["liveMode"]) == ("active", 150, False)
    box.clock.advance(days=3)
    answer = await read(api, made)
    assert [(each["total"], each["liveMode"]) for each in answer["invoices"]] == [
        (297, True),
        (150, False),
    ]
    assert answer["status"] == "completed"


async def test_update_and_start_needs_no_body(box: Sandbox, api: Api) -> None:
    made = await draft(api, rule("daily", TODAY, count=1))
    headers = {"Authorization": f"Bearer {box.token}", "Version": "2021-07-28"}
    path = f"{SCHEDULES}/{made}/updateAndSchedule"
    response = await api.http.post(path, headers=headers)
    assert (response.status_code, response.json()["status"]) == (201, "scheduled")
    elsewhere = box.add_token(locations=[box.add_location().id])
    headers["Authorization"] = f"Bearer {elsewhere}"
    assert (await api.http.post(path, headers=headers)).status_code == 403
    assert await refused(
        api, "POST", f"{made}/updateAndSchedule", {"invoiceNumberPrefix": "X"}
    ) == (
        422,
        ["property invoiceNumberPrefix should not exist"],
    )
    over = {"schedule": {"rrule": rule("daily", "2026-08-01", endDate="2026-08-02")}}
    status, text = await refused(api, "POST", f"{made}/updateAndSchedule", over)
    assert (status, text) == (400, "Schedule has no occurrences left")
    wrong = {"schedule": {"rrule": rule("daily", "2026-08-01", endDate="2026-07-02")}}
    status, _ = await refused(api, "POST", f"{made}/updateAndSchedule", wrong)
    assert status == 422
    box.clock.advance(minutes=1)  # the refused ones changed nothing
    assert await billed(api, made) == [TODAY]


async def states(api: Api, schedule_id: str) -> list[str]:
    return [invoice["status"] for invoice in (await read(api, schedule_id))["invoices"]]


async def test_payment_is_automatic_after_the_first(box: Sandbox, api: Api) -> None:
    made = await begin(api, rule("daily", TODAY), PAYING)
    other = await begin(api, rule("daily", TODAY, count=1))
    box.clock.advance(days=1)
    assert await states(api, made) == ["draft", "draft"]
    (foreign,) = (await read(api, other))["invoices"]
    await api.ok("POST", f"/invoices/{foreign['_id']}/record-payment", CASH)
    box.clock.advance(days=1)
    assert await states(api, made) == ["draft", "draft", "draft"]
    second = (await read(api, made))["invoices"][1]
    await api.ok("POST", f"/invoices/{second['_id']}/record-payment", CASH)
    box.clock.advance(days=2)
    assert await states(api, made) == ["draft", "paid", "draft", "paid", "paid"]
    last = (await read(api, made))["invoices"][-1]
    assert (last["amountPaid"], last["amountDue"]) == (297, 0)
    assert last["sentTo"]["email"] == ["alex@example.com"]
    payments = [(p.amount, p.tip, p.mode) for p in box.created("payment")]
    assert payments == [(297, 0, "cash"), (297, 0, "cash"), (297, 0, "card"), (297, 0, "card")]
    off = {"id": made, "autoPayment": {"enable": False}}
    assert (await post(api, made, "auto-payment", off))["autoPayment"] == {"enable": False}
    box.clock.advance(days=1)
    assert (await states(api, made))[-1] == "draft"
    on = {"id": made, "autoPayment": {"enable": True, "type": "saved_card"}}
    await post(api, made, "auto-payment", on)
    box.clock.advance(days=1)
    assert (await states(api, made))[-2:] == ["draft", "paid"]


async def test_nothing_is_paid_where_nothing_is_due(box: Sandbox, api: Api) -> None:
    made = await begin(api, rule("daily", TODAY), PAYING)
    box.clock.advance(minutes=1)
    (first,) = (await read(api, made))["invoices"]
    await api.ok("POST", f"/invoices/{first['_id']}/record-payment", CASH)
    body = replacement(rule("daily", TODAY), items=[{**LINE, "amount": 0}])
    await api.ok("PUT", f"{SCHEDULES}/{made}", body)
    box.clock.advance(days=1)
    assert await states(api, made) == ["paid", "sent"]


async def test_with_automatic_payment_only_the_first_is_paid_in_part(
    box: Sandbox, api: Api
) -> None:
    by_card = await begin(api, rule("daily", TODAY, count=2), PAYING)
    by_hand = await begin(api, rule("daily", TODAY, count=2))
    box.clock.advance(days=1)
    for made in (by_card, by_hand):
        for invoice in (await read(api, made))["invoices"]:
            await api.ok("POST", f"/invoices/{invoice['_id']}/send", SEND)
    for invoice in (await read(api, by_hand))["invoices"]:
        box.customer.pay(invoice["_id"], 100)
    first, second = (await read(api, by_card))["invoices"]
    with pytest.raises(SandboxError, match="it is paid in full, 297"):
        box.customer.pay(second["_id"], 100)
    box.customer.pay(first["_id"], 100)
    box.customer.pay(second["_id"])
    assert await states(api, by_card) == ["partially_paid", "paid"]
    assert await states(api, by_hand) == ["partially_paid", "partially_paid"]


async def test_auto_payment_names_the_schedule_twice(api: Api) -> None:
    made, other = await draft(api), await draft(api)
    body = {"id": other, "autoPayment": {"enable": True}}
    status, text = await refused(api, "POST", f"{made}/auto-payment", body)
    assert (status, text) == (422, ["id must be the id of the schedule"])
    assert "autoPayment" not in await read(api, made)


async def test_a_suspended_location_bills_nothing(box: Sandbox, api: Api) -> None:
    place = box.add_location()
    box.location_id = place.id
    box.token = box.add_token(locations=[place.id])
    made = await begin(api, rule("daily", "2026-08-27", count=4))
    box.clock.advance(days=1)
    place.suspended = True
    box.clock.advance(days=2)
    place.suspended = False
    assert await billed(api, made) == ["2026-08-27"]
    box.clock.advance(days=1)
    assert await billed(api, made) == ["2026-08-27", "2026-08-30"]
    assert await status_of(api, made) == "completed"


async def test_a_schedule_that_was_suspended_to_its_end_is_over(box: Sandbox, api: Api) -> None:
    place = box.add_location()
    box.location_id = place.id
    box.token = box.add_token(locations=[place.id])
    made = await begin(api, rule("daily", "2026-08-27", count=1))
    place.suspended = True
    box.clock.advance(days=2)
    place.suspended = False
    assert (await status_of(api, made), await billed(api, made)) == ("completed", [])


async def test_schedules_bill_in_the_order_of_time(box: Sandbox, api: Api) -> None:
    await begin(api, rule("daily", "2026-08-27", startTime="09:00:00"), name="A")
    await begin(api, rule("daily", "2026-08-27", startTime="08:00:00", interval=2), name="B")
    await begin(api, rule("monthly", "2026-08-29", startTime="09:30:00"), name="C")
    box.clock.advance(days=3)
    invoices = box.created("invoice")
    assert "".join(invoice.name for invoice in invoices) == "BAABAC"
    assert [int(invoice.invoice_number) for invoice in invoices] == [1, 2, 3, 4, 5, 6]


def told(box: Sandbox) -> list[tuple[Any, ...]]:
    """All that came into being, by whom and when."""
    return [
        (each.id, each.name, each.invoice_number, each.issue_date, each.due_date, each.created_at)
        for each in box.created("invoice")
    ]


RULES = st.builds(
    lambda pace, day, hour, count, lead: rule(
        pace[0],
        f"2026-{day}",
        interval=pace[1],
        startTime=f"{hour:02}:00:00",
        count=count,
        daysBefore=lead,
    ),
    st.sampled_from([("monthly", 1), ("weekly", 2), ("daily", 1), ("daily", 3), ("hourly", 7)]),
    st.sampled_from(["01-31", "08-26", "08-27", "09-15"]),
    st.integers(0, 23),
    st.integers(1, 300),
    st.integers(0, 40),
)


@settings(max_examples=25, deadline=None)
@given(
    rules=st.lists(RULES, min_size=1, max_size=3),
    steps=st.lists(st.integers(1, 10 * 86400), min_size=2, max_size=8),
)
async def test_one_jump_is_as_good_as_many(rules: list[dict[str, Any]], steps: list[int]) -> None:
    found = []
    for jumps in (steps, [sum(steps)]):
        async with new_box(limits=None) as box:
            api = api_of(box)
            for number, options in enumerate(rules):
                body = schedule(options, name=str(number))
                made = await api.ok("POST", SCHEDULES, body)
                await api("POST", f"{SCHEDULES}/{made['_id']}/schedule", PLAIN)
            for seconds in jumps:
                box.clock.advance(seconds=seconds)
            listed = await api.ok("GET", SCHEDULES, **PAGE)
            statuses = [each["status"] for each in listed["schedules"]]
            found.append((told(box), statuses))
    assert found[0] == found[1]
    instants = [row[-1] for row in found[0][0]]
    assert instants == sorted(instants)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["C", "Bravo", "A"]),
        ({"status": "draft"}, ["C", "A"]),
        ({"status": "scheduled"}, ["Bravo"]),
        ({"status": "active"}, []),
        ({"status": "ended"}, []),
        ({"search": "bravo"}, ["Bravo"]),
        ({"search": "ZOE@"}, ["C"]),
        ({"paymentMode": "default"}, ["C", "Bravo", "A"]),
        ({"paymentMode": "live"}, ["C", "Bravo"]),
        ({"paymentMode": "test"}, ["A"]),
        # the day of creation: a schedule has no day of issue
        ({"startAt": "2026-08-27"}, ["C", "Bravo"]),
        ({"endAt": "2026-08-26"}, ["A"]),
        ({"startAt": "2026-08-27", "endAt": "2026-08-27"}, ["Bravo"]),
        ({"limit": "1", "offset": "1"}, ["Bravo"]),
        ({"limit": "10", "offset": "3"}, []),
    ],
)
async def test_lists(box: Sandbox, api: Api, query: dict[str, str], names: list[str]) -> None:
    await draft(api, LATER, name="A", liveMode=False)
    box.clock.advance(days=1)
    await begin(api, LATER, name="Bravo")
    box.clock.advance(days=1)
    zoe = {**CONTACT, "name": "Zoë", "email": "zoe@example.com"}
    await draft(api, LATER, name="C", contactDetails=zoe)
    answer = await api.ok("GET", SCHEDULES, **{**PAGE, **query})
    assert [each["name"] for each in answer["schedules"]] == names
    assert set(answer) == {"schedules", "total"}
    if "limit" in query:
        assert answer["total"] == 3


async def test_lists_by_id_show_the_invoices(box: Sandbox, api: Api) -> None:
    made = await begin(api, rule("daily", TODAY))
    await draft(api)
    box.clock.advance(minutes=1)
    answer = await api.ok("GET", SCHEDULES, **PAGE, search=made)
    assert answer["total"] == 1
    assert [i["issueDate"] for i in answer["schedules"][0]["invoices"]] == [TODAY]


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"offset": "0"}, "limit should not be empty"),
        ({**PAGE, "contactId": "x"}, "property contactId should not exist"),
    ],
)
async def test_lists_are_asked_for_rightly(api: Api, query: dict[str, str], text: str) -> None:
    status, answer = await api("GET", SCHEDULES, **query)
    assert (status, answer["message"][0]) == (422, text)


async def test_the_schedules_of_another_location_are_not_found(box: Sandbox, api: Api) -> None:
    made = await begin(api)
    other = box.add_location()
    both = box.add_token(locations=[box.location_id, other.id])
    path = f"{SCHEDULES}/{made}"
    for method, where, body in [
        ("GET", path, None),
        ("PUT", path, replacement()),
        ("DELETE", path, None),
        ("POST", f"{path}/schedule", PLAIN),
        ("POST", f"{path}/updateAndSchedule", {}),
        ("POST", f"{path}/auto-payment", {"id": made, "autoPayment": {"enable": True}}),
        ("POST", f"{path}/cancel", {}),
    ]:
        sent = None if body is None else {**body, "altId": other.id}
        query = {"altId": other.id} if body is None else {}
        status, answer = await api(method, where, sent, token=both, **query)
        assert (status, answer["message"]) == (404, "Schedule not found"), where
