"""The life of an estimate."""

from __future__ import annotations

from typing import Any

import pytest

from hoopai_invoices.sandbox import Sandbox, SandboxError

from .samples import ESTIMATE_ANSWERED, SEND, estimate
from .support import Api, Clock, new_box

pytestmark = pytest.mark.anyio

ESTIMATE = "/invoices/estimate"
PAGE = {"limit": "100", "offset": "0"}


async def make(api: Api, status: str = "draft", **changes: Any) -> str:
    """An estimate brought into a state; returns its id."""
    made: str = (await api.ok("POST", ESTIMATE, estimate(**changes)))["_id"]
    if status != "draft":
        await api.ok("POST", f"{ESTIMATE}/{made}/send", SEND)
    if status == "viewed":
        await visit(api, made)
    if status in ("accepted", "invoiced"):
        api.box.customer.accept(made)
    if status == "declined":
        api.box.customer.decline(made)
    if status == "invoiced":
        await api.ok("POST", f"{ESTIMATE}/{made}/invoice", {"markAsInvoiced": True})
    return made


async def visit(api: Api, estimate_id: str) -> None:
    path = f"{ESTIMATE}/stats/last-visited-at"
    assert await api("PATCH", path, {"estimateId": estimate_id}) == (200, None)


async def one(api: Api, estimate_id: str) -> Any:
    answer = await api.ok("GET", f"{ESTIMATE}/list", **PAGE, search=estimate_id)
    return next(iter(answer["estimates"]), None)


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


async def test_a_put_replaces_everything_but_the_status(api: Api, clock: Clock) -> None:
    made = await make(api, meta={"order_no": 1})
    assert (await one(api, made))["meta"] == {"orderNo": 1}
    clock.forward(seconds=5)
    body = estimate(termsNotes=None, name="Second", estimateStatus="accepted")
    answer = await api.ok("PUT", f"{ESTIMATE}/{made}", body)
    assert answer["termsNotes"] is None
    assert answer["meta"] is None
    assert (answer["name"], answer["estimateStatus"]) == ("Second", "draft")
    assert answer["estimateNumber"] == 1
    assert answer["updatedAt"] == "2026-08-27T03:44:53.047Z"


async def test_deleting_takes_a_body_and_the_estimate_vanishes(api: Api) -> None:
    made = await make(api)
    status, answer = await api("DELETE", f"{ESTIMATE}/{made}", altId=api.box.location_id)
    assert (status, answer["message"][0]) == (422, "altId should not be empty")
    answer = await api.ok("DELETE", f"{ESTIMATE}/{made}", {})
    assert (answer["_id"], answer["deleted"]) == (made, True)
    assert await one(api, made) is None
    status, _ = await api("DELETE", f"{ESTIMATE}/{made}", {})
    assert status == 404


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["C", "Bravo", "A"]),
        ({"status": "all"}, ["C", "Bravo", "A"]),
        ({"status": "sent"}, ["Bravo"]),
        ({"search": "bravo"}, ["Bravo"]),
        ({"search": "ZOE@"}, ["C"]),
        ({"contactId": "zoe"}, ["C"]),
        ({"startAt": "2026-08-27"}, ["C", "Bravo"]),
        ({"endAt": "2026-08-26"}, ["A"]),
        ({"startAt": "2026-08-27", "endAt": "2026-08-27"}, ["Bravo"]),
        ({"limit": "1", "offset": "1"}, ["Bravo"]),
        ({"limit": "10", "offset": "3"}, []),
    ],
)
async def test_lists(api: Api, query: dict[str, str], names: list[str]) -> None:
    await make(api, name="A")
    await make(api, "sent", name="Bravo", issueDate="2026-08-27")
    zoe = {"id": "zoe", "name": "Zoë", "email": "zoe@example.com"}
    await make(api, name="C", issueDate="2026-08-28", contactDetails=zoe)
    answer = await api.ok("GET", f"{ESTIMATE}/list", **{**PAGE, **query})
    assert [each["name"] for each in answer["estimates"]] == names
    assert set(answer) == {"estimates", "total", "traceId"}
    if "limit" in query:
        assert answer["total"] == 3


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
        {"estimateStatus": "sent", "updatedAt": "2026-08-26T21:44:48.047"},
        {"estimateStatus": "accepted", "updatedAt": "2026-08-26T21:44:48.047"},
    ]


async def test_a_visit_turns_sent_into_viewed_and_nothing_else(api: Api) -> None:
    made = await make(api, "viewed")
    assert (await one(api, made))["estimateStatus"] == "viewed"
    draft = await make(api)
    await visit(api, draft)
    assert (await one(api, draft))["estimateStatus"] == "draft"


@pytest.mark.parametrize("status", ["draft", "sent", "viewed", "declined", "invoiced"])
async def test_only_accepted_estimates_are_converted(api: Api, status: str) -> None:
    made = await make(api, status)
    code, answer = await api("POST", f"{ESTIMATE}/{made}/invoice", {"markAsInvoiced": True})
    assert (code, answer["message"]) == (400, "estimate_not_accepted")


@pytest.mark.parametrize(("mark", "status"), [(True, "invoiced"), (False, "accepted")])
async def test_conversion(api: Api, mark: bool, status: str) -> None:
    made = await make(api, "accepted")
    answer = await api.ok("POST", f"{ESTIMATE}/{made}/invoice", {"markAsInvoiced": mark})
    assert answer["estimate"]["estimateStatus"] == status
    invoice = answer["invoice"]
    assert (invoice["status"], invoice["total"], invoice["amountDue"]) == ("draft", 353400, 353400)
    assert (invoice["issueDate"], invoice["dueDate"]) == ("2026-08-26", "2026-09-25")
    assert invoice["contactDetails"] == answer["estimate"]["contactDetails"]
    read = await api.ok("GET", f"/invoices/{invoice['_id']}")
    assert read["totalSummary"] == {"subTotal": 372000, "discount": 18600, "tax": 0}


@pytest.mark.parametrize("status", ["draft", "accepted", "declined", "invoiced"])
async def test_the_customer_answers_only_what_waits_for_an_answer(api: Api, status: str) -> None:
    made = await make(api, status)
    with pytest.raises(SandboxError, match=f"it is {status}, and only a sent or viewed one"):
        api.box.customer.accept(made)


async def test_the_customer_knows_no_other_estimates(box: Sandbox) -> None:
    with pytest.raises(SandboxError, match="There is no estimate 'nope'"):
        box.customer.decline("nope")


@pytest.mark.parametrize("status", ["sent", "viewed"])
async def test_the_customer_answers_over_the_port_too(api: Api, status: str) -> None:
    made = await make(api, status)
    response = await api.http.post("/_sandbox/customer/decline", json={"estimateId": made})
    assert response.json() == {"estimateId": made, "success": True}
    assert (await one(api, made))["estimateStatus"] == "declined"
    again = await api.http.post("/_sandbox/customer/accept", json={"estimateId": made})
    assert again.status_code == 409
    assert not [record for record in api.box.requests if "_sandbox" in record.path]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "customer/accept", {"estimateId": "nope"}, 404),
        ("POST", "customer/accept", {}, 422),
        ("POST", "customer/refund", {"estimateId": "nope"}, 404),
        ("GET", "customer/accept", None, 404),
    ],
)
async def test_other_calls_to_the_sandbox_itself(
    api: Api, method: str, path: str, body: Any, status: int
) -> None:
    response = await api.http.request(method, f"/_sandbox/{path}", json=body)
    assert response.status_code == status


async def test_ids_are_the_same_under_the_same_seed(clock: Clock) -> None:
    first, second, third = (new_box(now=clock, seed=seed) for seed in (1, 1, 2))
    assert first.location_id == second.location_id != third.location_id
    assert first.token == second.token != third.token
