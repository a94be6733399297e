"""The life of an invoice."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from hoopai_invoices.sandbox import Choices, Sandbox

from .samples import CASH, CONTACT, SEND, invoice, replacement
from .steps import PAGE, make, read, visit
from .support import Api, api_of, new_box

pytestmark = pytest.mark.anyio


async def test_the_recorded_requests_walk_an_invoice_to_paid(api: Api) -> None:
    status, made = await api("POST", "/invoices/", invoice())
    assert (status, made["status"], made["total"], made["amountDue"]) == (201, "draft", 1800, 1800)
    assert (made["invoiceNumber"], made["invoiceNumberPrefix"]) == ("000001", "INV-")
    assert (made["issueDate"], made["dueDate"]) == ("2026-09-13", "2026-10-01")
    assert "items" not in made
    body = {"userId": "u1", "action": "send_manually", "liveMode": False}
    sent = await api.ok("POST", f"/invoices/{made['_id']}/send", body)
    assert set(sent) == {"invoice", "smsData", "emailData"}
    assert sent["invoice"]["status"] == "sent"
    assert sent["invoice"]["manualStatusTransitions"] == {"sent": True}
    body = {
        "mode": "card",
        "card": {"brand": "visa", "last4": "4242"},
        "notes": "walkthrough",
        "amount": 1800,
    }
    paid = await api.ok("POST", f"/invoices/{made['_id']}/record-payment", body)
    assert paid["success"] is True
    assert (paid["invoice"]["status"], paid["invoice"]["amountDue"]) == ("paid", 0)


FEES = {
    "enable": True,
    "value": 5,
    "type": "fixed",
    "frequency": {"intervalCount": 1, "interval": "month"},
}


@pytest.mark.parametrize(
    ("method", "path", "body", "allowed"),
    [
        ("DELETE", "", None, {"draft"}),
        ("POST", "/void", {}, {"sent", "viewed", "partially_paid"}),
        (
            "POST",
            "/send",
            SEND,
            {"draft", "sent", "viewed", "partially_paid", "payment_processing"},
        ),
        ("PUT", "", replacement(), {"draft", "sent", "viewed"}),
        (
            "PATCH",
            "/late-fees-configuration",
            {"lateFeesConfiguration": FEES},
            {"draft", "sent", "viewed", "partially_paid"},
        ),
    ],
)
@pytest.mark.parametrize(
    "status",
    ["draft", "sent", "viewed", "partially_paid", "payment_processing", "paid", "void"],
)
async def test_what_each_state_allows(
    api: Api, method: str, path: str, body: Any, allowed: set[str], status: str
) -> None:
    made = await make(api, status)
    before = await read(api, made)
    code, answer = await api(method, f"/invoices/{made}{path}", body)
    assert (code in (200, 201)) == (status in allowed), answer
    if code not in (200, 201):
        assert code == 400
        assert {**await read(api, made), "traceId": ""} == {**before, "traceId": ""}


async def test_after_voiding_the_invoice_is_still_read_and_after_deleting_not(api: Api) -> None:
    voided, deleted = await make(api, "void"), await make(api)
    assert (await read(api, voided))["status"] == "void"
    assert (await api.ok("DELETE", f"/invoices/{deleted}"))["_id"] == deleted
    status, _ = await api("GET", f"/invoices/{deleted}")
    assert status == 404


async def test_a_void_invoice_may_be_gone() -> None:
    api = api_of(new_box(choices=Choices(void_invoice="gone")))
    kept, made = await make(api, name="kept"), await make(api, "sent")
    assert (await api.ok("POST", f"/invoices/{made}/void", {}))["status"] == "void"
    for method, path, body in (
        ("GET", "", None),
        ("PUT", "", replacement()),
        ("POST", "/send", SEND),
        ("POST", "/void", {}),
        ("POST", "/record-payment", CASH),
    ):
        status, _ = await api(method, f"/invoices/{made}{path}", body)
        assert status == 404
    path = "/invoices/stats/last-visited-at"
    status, _ = await api("PATCH", path, {"invoiceId": made})
    assert status == 404
    for query in ({}, {"status": "void"}):
        listed = await api.ok("GET", "/invoices/", **PAGE, **query)
        wanted = [] if query else [kept]
        assert [each["_id"] for each in listed["invoices"]] == wanted
        assert listed["total"] == len(wanted)


async def test_sending_tells_when_and_by_whom_and_again_is_a_reminder(api: Api) -> None:
    made = await make(api, sentTo=None)
    body = {
        **SEND,
        "sentFrom": {"fromName": "Robin", "fromEmail": "robin@example.com"},
        "autoPayment": {"enable": True, "type": "saved_card"},
    }
    first = (await api.ok("POST", f"/invoices/{made}/send", body))["invoice"]
    assert (first["status"], first["sentBy"], first["updatedBy"]) == ("sent", "u1", "u1")
    assert first["sentAt"] == first["updatedAt"] > first["createdAt"]
    assert first["sentTo"] == {"email": ["alex@example.com"]}
    assert first["sentFrom"] == body["sentFrom"]
    assert first["autoPayment"] == body["autoPayment"]
    await visit(api, made)
    api.box.clock.advance(days=1)
    again = (await api.ok("POST", f"/invoices/{made}/send", {**SEND, "userId": "u2"}))["invoice"]
    assert (again["status"], again["sentBy"]) == ("viewed", "u2")
    assert again["sentAt"][:10] == "2026-08-28"
    now = await read(api, made)
    for name in ("sentAt", "sentFrom", "autoPayment"):
        assert now[name] == again[name]


@pytest.mark.parametrize(
    ("action", "sent_to"),
    [
        ("email", {"email": ["alex@example.com"]}),
        ("sms", {"email": [], "phoneNo": ["+15555550100"]}),
        ("sms_and_email", {"email": ["alex@example.com"], "phoneNo": ["+15555550100"]}),
        ("send_manually", None),
    ],
)
async def test_the_channel_decides_where_it_goes(api: Api, action: str, sent_to: Any) -> None:
    contact = {**CONTACT, "phoneNo": "+15555550100"}
    made = await make(api, sentTo=None, contactDetails=contact)
    answer = await api.ok("POST", f"/invoices/{made}/send", {**SEND, "action": action})
    assert answer["invoice"]["status"] == "sent"
    assert answer["invoice"].get("sentTo") == sent_to


async def test_a_recipient_that_was_named_stays(api: Api) -> None:
    made = await make(api, sentTo={"email": ["accounts@example.com"]})
    answer = await api.ok("POST", f"/invoices/{made}/send", SEND)
    assert answer["invoice"]["sentTo"] == {"email": ["accounts@example.com"]}


async def test_an_empty_user_leaves_a_draft(api: Api) -> None:
    made = await make(api)
    before = await read(api, made)
    body = {**SEND, "userId": "", "autoPayment": {"enable": False}}
    status, answer = await api("POST", f"/invoices/{made}/send", body)
    assert (status, answer["invoice"]["status"]) == (201, "draft")
    assert {**await read(api, made), "traceId": ""} == {**before, "traceId": ""}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["C", "B", "A"]),
        ({"status": "sent"}, ["B"]),
        ({"search": "zoë"}, ["C"]),
        ({"search": "000003"}, []),  # the number is not among what is searched
        ({"contactId": "zoe"}, ["C"]),
        ({"paymentMode": "live"}, ["B"]),
        ({"paymentMode": "test"}, ["C", "A"]),
        ({"startAt": "2026-09-13", "endAt": "2026-09-14"}, ["C", "A"]),
        ({"sortField": "issueDate", "sortOrder": "ascend"}, ["A", "C", "B"]),
        ({"sortField": "issueDate", "sortOrder": "descend"}, ["B", "C", "A"]),
        ({"limit": "2", "offset": "1"}, ["B", "A"]),
    ],
)
async def test_lists(api: Api, query: dict[str, str], names: list[str]) -> None:
    await make(api, name="A")
    await make(api, "sent", name="B", issueDate="2026-09-20", liveMode=True)
    zoe = {"id": "zoe", "name": "Zoë"}
    await make(api, name="C", issueDate="2026-09-14", contactDetails=zoe)
    answer = await api.ok("GET", "/invoices/", **{**PAGE, **query})
    assert [each["name"] for each in answer["invoices"]] == names
    assert answer["total"] == (3 if "limit" in query else len(names))


async def test_nobody_sees_another_locations_invoices(box: Sandbox, api: Api) -> None:
    mine = await make(api, "sent", name="mine")
    other = box.add_location()
    token = box.add_token(locations=[box.location_id, other.id])
    elsewhere = {"altId": other.id}
    status, theirs = await api("POST", "/invoices/", {**invoice(), **elsewhere}, token=token)
    assert (status, theirs["invoiceNumber"]) == (201, "000001")
    for place, wanted in ((box.location_id, mine), (other.id, theirs["_id"])):
        _, listed = await api("GET", "/invoices/", token=token, **PAGE, altId=place)
        assert ([each["_id"] for each in listed["invoices"]], listed["total"]) == ([wanted], 1)
    for method, path, body in (
        ("GET", "", None),
        ("DELETE", "", None),
        ("PUT", "", replacement()),
        ("POST", "/send", SEND),
        ("POST", "/void", {}),
        ("PATCH", "/late-fees-configuration", {"lateFeesConfiguration": FEES}),
    ):
        query = {} if body is not None else elsewhere
        there = None if body is None else {**body, **elsewhere}
        status, _ = await api(method, f"/invoices/{mine}{path}", there, token=token, **query)
        assert status == 404
    text2pay = {**invoice(), **elsewhere, "id": mine, "action": "draft", "userId": "u1"}
    status, _ = await api("POST", "/invoices/text2pay", text2pay, token=token)
    assert status == 404
    assert (await read(api, mine))["name"] == "mine"


@pytest.mark.parametrize("kind", ["invoice", "estimate"])
async def test_a_visit_is_refused_where_the_location_is_suspended_or_foreign(
    box: Sandbox, api: Api, kind: Literal["invoice", "estimate"]
) -> None:
    place = box.add_location()
    token = box.add_token(locations=[place.id])
    add = box.add_invoice if kind == "invoice" else box.add_estimate
    path = f"/invoices/{'' if kind == 'invoice' else 'estimate/'}stats/last-visited-at"
    body = {f"{kind}Id": add(status="sent", location=place).id}

    def status_of() -> str:
        (record,) = box.created(kind)
        return str(record.status if kind == "invoice" else record.estimate_status)

    status, answer = await api("PATCH", path, body)
    assert (status, answer["message"][:23]) == (403, "The token does not have")
    place.suspended = True
    status, answer = await api("PATCH", path, body, token=token)
    assert (status, answer["message"], status_of()) == (400, "Location is not active", "sent")
    place.suspended = False
    assert await api("PATCH", path, body, token=token) == (200, None)
    assert status_of() == "viewed"


async def test_text2pay_makes_sends_and_updates(api: Api) -> None:
    body = invoice(businessDetails=None, userId="u1", action="draft")
    first = await api.ok("POST", "/invoices/text2pay", body)
    made = first["invoice"]["_id"]
    assert (first["invoice"]["status"], first["invoiceUrl"][:8]) == ("draft", "https://")
    again = await api.ok(
        "POST", "/invoices/text2pay", {**body, "id": made, "action": "send", "name": "Now"}
    )
    assert again["invoiceUrl"] == first["invoiceUrl"]
    assert (again["invoice"]["_id"], again["invoice"]["status"]) == (made, "sent")
    listed = await api.ok("GET", "/invoices/", **PAGE)
    assert [each["name"] for each in listed["invoices"]] == ["Now"]


async def test_text2pay_updates_no_invoice_that_may_not_be(api: Api) -> None:
    body = invoice(userId="u1", action="send")
    status, _ = await api("POST", "/invoices/text2pay", {**body, "id": "nope"})
    assert status == 404
    paid = await make(api, "paid")
    status, _ = await api("POST", "/invoices/text2pay", {**body, "id": paid})
    assert status == 400
    assert len(api.box.created("invoice")) == 1


async def test_text2pay_replaces_fees_and_recipients_too(api: Api) -> None:
    made = await make(api, lateFeesConfiguration=FEES)
    changed = {**FEES, "value": 6}
    to = {"email": ["now@example.com"]}
    body = invoice(id=made, action="draft", userId="", lateFeesConfiguration=changed, sentTo=to)
    answer = (await api.ok("POST", "/invoices/text2pay", body))["invoice"]
    assert (answer["lateFeesConfiguration"], answer["sentTo"]) == (changed, to)
    body = invoice(id=made, action="send", userId="")
    answer = (await api.ok("POST", "/invoices/text2pay", body))["invoice"]
    assert (answer["status"], answer["lateFeesConfiguration"]) == ("draft", changed)


async def test_settings_are_the_locations(box: Sandbox, api: Api) -> None:
    answer = await api.ok("GET", "/invoices/settings")
    assert (answer["invoiceNumberPrefix"], answer["dueAfterXDays"]) == ("INV-", 30)
    assert answer["minimumPercentagePartialPayment"] == 25
    assert "customerSendPaymentSchedule" in answer["customNotification"]
    place = box.add_location(name="Other Business")
    place.due_after_days, place.minimum_partial_percentage = 14, 10
    box.location_id, box.token = place.id, box.add_token(locations=[place.id])
    answer = await api.ok("GET", "/invoices/settings")
    assert (answer["altId"], answer["businessDetails"]) == (place.id, {"name": "Other Business"})
    assert (answer["dueAfterXDays"], answer["minimumPercentagePartialPayment"]) == (14, 10)
    made = await make(api, dueDate=None)
    assert (await read(api, made))["dueDate"] == "2026-09-27"
