"""The life of an estimate."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import pytest

from hoopai_invoices.sandbox import Choices, Sandbox, SandboxError

from .estimating import ESTIMATE, convert, make, one, visit
from .samples import ESTIMATE_ANSWERED, SEND, estimate
from .support import Api, api_of, new_box

pytestmark = pytest.mark.anyio


async def test_the_recorded_estimate_is_answered_as_recorded(box: Sandbox, api: Api) -> None:
    for _ in range(4):
        await make(api)
    answer = await api.ok("POST", ESTIMATE, estimate())
    for thing in (answer, answer["items"][0]):
        assert len(thing.pop("_id")) == 24
    assert len(answer.pop("traceId")) == 36
    assert len(answer.pop("companyId")) == 20
    assert answer == {**ESTIMATE_ANSWERED, "altId": box.location_id}


@pytest.mark.parametrize(
    ("zone", "day", "start", "end"),
    [
        (
            "America/Costa_Rica",
            "2026-08-26",
            "2026-08-26T06:00:00.000Z",
            "2026-08-27T05:59:59.999Z",
        ),
        ("UTC", "2026-08-26", "2026-08-26T00:00:00.000Z", "2026-08-26T23:59:59.999Z"),
        ("Asia/Tokyo", "2026-08-26", "2026-08-25T15:00:00.000Z", "2026-08-26T14:59:59.999Z"),
        # the clocks go forward and back on these days
        ("America/New_York", "2026-03-08", "2026-03-08T05:00:00.000Z", "2026-03-09T03:59:59.999Z"),
        ("America/New_York", "2026-11-01", "2026-11-01T04:00:00.000Z", "2026-11-02T04:59:59.999Z"),
    ],
)
async def test_days_are_the_locations(api: Api, zone: str, day: str, start: str, end: str) -> None:
    place = api.box.add_location(timezone=zone)
    token = api.box.add_token(locations=[place.id])
    body = {**estimate(issueDate=day, expiryDate=day), "altId": place.id}
    _, answer = await api("POST", ESTIMATE, body, token=token)
    assert (answer["issueDate"], answer["expiryDate"]) == (start, end)


async def test_numbers_go_on_after_the_highest_and_are_unique_per_location(api: Api) -> None:
    assert (await api.ok("POST", ESTIMATE, estimate()))["estimateNumber"] == 1
    await make(api, estimateNumber=1001)
    generated = await api.ok("GET", f"{ESTIMATE}/number/generate")
    assert generated["estimateNumber"] == 1002
    assert (await api.ok("GET", f"{ESTIMATE}/number/generate"))["estimateNumber"] == 1002
    status, answer = await api("POST", ESTIMATE, estimate(estimateNumber=1001))
    assert (status, answer["message"]) == (400, "Estimate number already exists")
    other = api.box.add_location()
    token = api.box.add_token(locations=[other.id])
    body = {**estimate(estimateNumber=1001), "altId": other.id}
    status, _ = await api("POST", ESTIMATE, body, token=token)
    assert status == 201


@pytest.mark.parametrize(
    ("numbers", "following"),
    [([], 1), ([5], 6), ([5, 2], 6), ([2, None, 1], 4), ([1001, 7, 1000], 1002)],
)
async def test_the_counter_never_goes_back(
    api: Api, numbers: list[int | None], following: int
) -> None:
    for number in numbers:
        await make(api, estimateNumber=number)
    generated = await api.ok("GET", f"{ESTIMATE}/number/generate")
    assert generated["estimateNumber"] == following
    assert (await one(api, await make(api)))["estimateNumber"] == following


async def test_a_put_may_give_another_number_and_not_a_taken_one(api: Api) -> None:
    made, _ = await make(api), await make(api)
    answer = await api.ok("PUT", f"{ESTIMATE}/{made}", estimate(estimateNumber=9))
    assert answer["estimateNumber"] == 9
    await api.ok("PUT", f"{ESTIMATE}/{made}", estimate(estimateNumber=9))  # its own
    generated = await api.ok("GET", f"{ESTIMATE}/number/generate")
    assert generated["estimateNumber"] == 10
    status, answer = await api("PUT", f"{ESTIMATE}/{made}", estimate(estimateNumber=2))
    assert (status, answer["message"]) == (400, "Estimate number already exists")
    assert (await one(api, made))["estimateNumber"] == 9


@pytest.mark.parametrize(("given", "stored"), [(None, True), (True, True), (False, False)])
async def test_what_leaves_the_mode_out_is_live(api: Api, given: bool | None, stored: bool) -> None:
    made = await make(api, liveMode=given)
    assert (await one(api, made))["liveMode"] is stored
    await api.ok("PUT", f"{ESTIMATE}/{made}", estimate(liveMode=given))
    assert (await one(api, made))["liveMode"] is stored


async def test_a_put_replaces_everything_but_the_status(api: Api) -> None:
    made = await make(api, meta={"order_no": 1})
    assert (await one(api, made))["meta"] == {"orderNo": 1}
    api.box.clock.advance(seconds=5)
    body = estimate(termsNotes=None, name="Second", estimateStatus="accepted")
    answer = await api.ok("PUT", f"{ESTIMATE}/{made}", body)
    assert answer["termsNotes"] is None
    assert answer["meta"] is None
    assert (answer["name"], answer["estimateStatus"]) == ("Second", "draft")
    assert answer["estimateNumber"] == 1
    assert answer["updatedAt"] == "2026-08-27T03:44:53.049Z"


async def test_deleting_takes_a_body_and_the_estimate_vanishes(api: Api) -> None:
    made = await make(api)
    status, answer = await api("DELETE", f"{ESTIMATE}/{made}", altId=api.box.location_id)
    assert (status, answer["message"][0]) == (422, "altId should not be empty")
    answer = await api.ok("DELETE", f"{ESTIMATE}/{made}", {})
    assert (answer["_id"], answer["deleted"]) == (made, True)
    assert await one(api, made) is None
    status, _ = await api("DELETE", f"{ESTIMATE}/{made}", {})
    assert status == 404


DETAILS = {**SEND, "altId": "any", "altType": "location"}


@pytest.mark.parametrize(
    ("choice", "user", "status"),
    [("sent", "u1", "sent"), ("sent", "", "draft"), ("stored", "u1", "draft")],
)
async def test_details_of_sending_may_come_with_the_creation(
    choice: Any, user: str, status: str
) -> None:
    api = api_of(new_box(choices=Choices(send_details=choice)))
    answer = await api.ok(
        "POST", ESTIMATE, estimate(sendEstimateDetails={**DETAILS, "userId": user})
    )
    assert (answer["estimateStatus"], answer.get("sentBy")) == (
        status,
        user if status == "sent" else None,
    )
    history = [entry["estimateStatus"] for entry in answer["estimateActionHistory"]]
    assert history == (["sent"] if status == "sent" else [])


@pytest.mark.parametrize(
    ("start", "status"), [("draft", "sent"), ("viewed", "viewed"), ("accepted", "accepted")]
)
async def test_sending(api: Api, start: str, status: str) -> None:
    made = await make(api, start)
    code, answer = await api("POST", f"{ESTIMATE}/{made}/send", SEND)
    assert (code, answer["estimateStatus"]) == (201, status)


async def test_an_empty_user_sends_nothing_and_says_so_nowhere(api: Api) -> None:
    made = await make(api)
    status, answer = await api("POST", f"{ESTIMATE}/{made}/send", {**SEND, "userId": ""})
    assert (status, answer["estimateStatus"]) == (201, "draft")


async def test_the_history_is_in_local_time_without_a_zone(api: Api) -> None:
    made = await make(api, "accepted")
    assert (await one(api, made))["estimateActionHistory"] == [
        {"estimateStatus": "sent", "updatedAt": "2026-08-26T21:44:48.048"},
        {"estimateStatus": "accepted", "updatedAt": "2026-08-26T21:44:48.049"},
    ]


async def test_a_visit_turns_sent_into_viewed_and_nothing_else(api: Api) -> None:
    made = await make(api, "viewed")
    assert (await one(api, made))["estimateStatus"] == "viewed"
    await visit(api, made)
    history = (await one(api, made))["estimateActionHistory"]
    assert [entry["estimateStatus"] for entry in history] == ["sent", "viewed"]
    draft = await make(api)
    await visit(api, draft)
    assert (await one(api, draft))["estimateStatus"] == "draft"


@pytest.mark.parametrize("status", ["draft", "accepted", "declined", "invoiced"])
async def test_the_customer_answers_only_what_waits_for_an_answer(api: Api, status: str) -> None:
    made = await make(api, status)
    with pytest.raises(SandboxError, match=f"it is {status}, and only a sent or viewed one"):
        api.box.customer.accept(made)


@pytest.mark.parametrize("start", ["sent", "viewed", "accepted"])
async def test_nobody_can_do_anything_with_a_deleted_estimate(api: Api, start: str) -> None:
    made = await make(api, start)
    await api.ok("DELETE", f"{ESTIMATE}/{made}", {})
    for act in (api.box.customer.accept, api.box.customer.decline):
        with pytest.raises(SandboxError, match=f"There is no estimate '{made}'"):
            act(made)
    for method, path, body in (
        ("PUT", "", estimate()),
        ("POST", "/send", SEND),
        ("POST", "/invoice", {"markAsInvoiced": True}),
    ):
        status, answer = await api(method, f"{ESTIMATE}/{made}{path}", body)
        assert (status, answer["message"]) == (404, "Estimate not found")
    (kept,) = api.box.created("estimate")
    assert (kept.estimate_status, kept.deleted) == (start, True)


async def test_the_customer_knows_no_other_estimates(box: Sandbox) -> None:
    with pytest.raises(SandboxError, match="There is no estimate 'nope'"):
        box.customer.decline("nope")


async def test_ids_are_the_same_under_the_same_seed() -> None:
    first, second, third = (new_box(seed=seed) for seed in (1, 1, 2))
    assert first.location_id == second.location_id != third.location_id
    assert first.token == second.token != third.token


WHOLE = "paymentScheduleConfig.schedules must add up to"


def plan(kind: str, *values: Any) -> dict[str, Any]:
    dates = {"depositDateType": "estimate_accepted", "scheduleDateType": "regular_interval"}
    return {"type": kind, "dateConfig": dates, "schedules": [{"value": v} for v in values]}


@pytest.mark.parametrize(
    ("given", "texts"),
    [
        (plan("percentage", D("33.3333"), D("66.6667")), None),
        (plan("percentage", 100), None),
        (plan("percentage", *[D("33.3333")] * 3), None),  # nearer it can't be told
        (plan("percentage", 33, 66), [f"{WHOLE} 100"]),
        (plan("percentage", *[D("33.33")] * 3), [f"{WHOLE} 100"]),
        (plan("percentage", 50, D("50.01")), [f"{WHOLE} 100"]),
        (plan("percentage"), [f"{WHOLE} 100"]),
        (plan("fixed", 353000, 400), None),
        (plan("fixed", 353000, D("399.99")), [f"{WHOLE} the total"]),
        (plan("fixed", 50, 50), [f"{WHOLE} the total"]),
        (
            plan("percentage", 0, 110, -10),
            [
                "paymentScheduleConfig.schedules.0.value must be a positive number",
                "paymentScheduleConfig.schedules.2.value must be a positive number",
            ],
        ),
    ],
)
async def test_the_parts_of_a_payment_plan_make_the_whole(
    api: Api, given: dict[str, Any], texts: list[str] | None
) -> None:
    status, answer = await api("POST", ESTIMATE, estimate(paymentScheduleConfig=given))
    if texts is None:
        assert (status, answer["paymentScheduleConfig"]) == (201, given)
    else:
        assert (status, answer["message"]) == (422, texts)
        assert api.box.created("estimate") == []


async def test_a_put_that_is_refused_changes_nothing(api: Api) -> None:
    made = await make(api)
    before = await one(api, made)
    wrong = estimate(name="Second", estimateNumber=50, paymentScheduleConfig=plan("percentage", 50))
    status, _ = await api("PUT", f"{ESTIMATE}/{made}", wrong)
    assert status == 422
    assert await one(api, made) == before
    generated = await api.ok("GET", f"{ESTIMATE}/number/generate")
    assert generated["estimateNumber"] == 2


async def test_what_would_repeat_is_kept_and_nothing_repeats(api: Api) -> None:
    rule = {"intervalType": "monthly", "interval": 1, "startDate": "2026-08-26"}
    settings = {"enabled": True, "schedule": {"rrule": rule}}
    made = await make(api, "accepted", frequencySettings=settings)
    await convert(api, made, mark=True)
    api.box.clock.advance(days=70)
    assert (await one(api, made))["frequencySettings"] == settings
    assert len(api.box.created("invoice")) == 1
