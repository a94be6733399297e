"""Section 2.2: what answers carry, where the vendor's document says otherwise."""

from __future__ import annotations

import re
from decimal import Decimal

from ..samples import CONTACT, SEND, estimate, invoice
from ..support import Api
from .doing import (
    agreed,
    converted,
    drafted,
    estimate_template,
    estimates,
    job,
    line,
    offered,
    one_estimate,
    pay,
    planned,
    quoted,
    schedule,
    seen,
    sent,
    started,
    template,
    text2pay,
)
from .table import fact


@fact("2.2: invoiceItems are objects with an id")
async def _(api: Api) -> None:
    (row,) = (await drafted(api, items=[line(20, 3, description="Red", productId="p1")]))[
        "invoiceItems"
    ]
    assert re.fullmatch("[0-9a-f]{24}", row["_id"])
    assert {name: row[name] for name in ("name", "description", "productId", "currency")} == {
        "name": "Work",
        "description": "Red",
        "productId": "p1",
        "currency": "USD",
    }
    assert (row["amount"], row["qty"], row["taxes"]) == (20, 3, [])


@fact("2.2: a line shows its taxes as objects")
async def _(api: Api) -> None:
    tax = {"_id": "t1", "name": "VAT", "rate": 13, "calculation": "exclusive"}
    (row,) = (await drafted(api, items=[line(100, taxes=[tax])]))["invoiceItems"]
    assert {**tax, **row["taxes"][0]} == row["taxes"][0]
    assert row["taxes"][0]["_id"] == "t1"


@fact("2.2: lines of invoices carry type, taxInclusive and attachments")
async def _(api: Api) -> None:
    (row,) = (await drafted(api, items=[line(20, type="one_time")]))["invoiceItems"]
    assert (row["type"], row["taxInclusive"], row["attachments"]) == ("one_time", False, [])


@fact("2.2: lines of invoices carry itemTotalTax, itemTotalDiscount and itemUnitDiscount")
async def _(api: Api) -> None:
    tax = {"_id": "t1", "name": "VAT", "rate": 13, "calculation": "exclusive"}
    made = await drafted(
        api,
        items=[line(100, 2, taxes=[tax])],
        discount={"type": "percentage", "value": 5},
    )
    (row,) = made["invoiceItems"]
    assert row["itemUnitDiscount"] == 5
    assert row["itemTotalDiscount"] == 10
    assert row["itemTotalTax"] == Decimal("24.7")


@fact("2.2: items of templates and schedules are objects")
async def _(api: Api) -> None:
    for path, body in (("template", template()), ("schedule", schedule())):
        (row,) = (await api.ok("POST", f"/invoices/{path}", body))["items"]
        assert row["name"] == "Work" if path == "template" else row["amount"] == 297


@fact("2.2: items of estimates and estimate templates are objects")
async def _(api: Api) -> None:
    one = await quoted(api, items=[job(10, attachments=["https://example.com/a.jpg"])])
    two = await api.ok("POST", "/invoices/estimate/template", estimate_template(items=[job(10)]))
    assert one["items"][0]["amount"] == two["items"][0]["amount"] == 10
    assert one["items"][0]["attachments"] == ["https://example.com/a.jpg"]


@fact("2.2: the lists of estimates and their templates hold whole records")
async def _(api: Api) -> None:
    one = await quoted(api)
    two = await api.ok("POST", "/invoices/estimate/template", estimate_template())
    (found,) = await estimates(api)
    listed = await api.ok("GET", "/invoices/estimate/template", limit="10", offset="0")
    assert (found["_id"], found["total"]) == (one["_id"], 353400)
    assert [row["_id"] for row in listed["data"]] == [two["_id"]]


@fact("2.2: invoiceNumber is a string, its prefix apart", invoice_number_type="string")
async def _(api: Api) -> None:
    made = await drafted(api)
    assert (made["invoiceNumber"], made["invoiceNumberPrefix"]) == ("000001", "INV-")
    generated = await api.ok("GET", "/invoices/generate-invoice-number")
    assert generated["invoiceNumber"] == "000002"


@fact("2.2: invoiceNumber is a number", invoice_number_type="number")
async def _(api: Api) -> None:
    made = await drafted(api)
    generated = await api.ok("GET", "/invoices/generate-invoice-number")
    assert (made["invoiceNumber"], generated["invoiceNumber"]) == (1, 2)


@fact("2.2: estimateNumber is a number and stands in the answer")
async def _(api: Api) -> None:
    assert (await quoted(api, estimateNumber=1001))["estimateNumber"] == 1001
    generated = await api.ok("GET", "/invoices/estimate/number/generate")
    assert isinstance(generated["estimateNumber"], int)
    assert isinstance(generated["traceId"], str)


@fact("2.2: a schedule's status is a plain string")
async def _(api: Api) -> None:
    assert (await planned(api))["status"] == "draft"


@fact("2.2: businessDetails.address is an object")
async def _(api: Api) -> None:
    address = {"addressLine1": "9931 Beechwood", "city": "St. Houston", "countryCode": "US"}
    made = await drafted(api, businessDetails={"name": "Example", "address": address})
    assert (await seen(api, made))["businessDetails"]["address"] == address


@fact("2.2: an estimate's action history is empty at first")
async def _(api: Api) -> None:
    assert (await quoted(api))["estimateActionHistory"] == []


@fact("2.2: the action history then has status and local time without a zone")
async def _(api: Api) -> None:
    made = await offered(api)
    (entry,) = (await one_estimate(api, made))["estimateActionHistory"]
    assert entry["estimateStatus"] == "sent"
    assert re.match(r"2026-08-26.21:44:48", entry["updatedAt"])
    assert not re.search(r"Z$|[+-]\d\d:?\d\d$", entry["updatedAt"])


@fact("2.2: an estimate's creation leaves out six required properties")
async def _(api: Api) -> None:
    absent = {"lastVisitedAt", "sentTo", "meta", "autoInvoice", "automaticTaxesEnabled"}
    assert not (absent | {"updatedBy"}) & (await quoted(api)).keys()


@fact("2.2: an estimate carries estimateStatus, estimateNumber and configuration")
async def _(api: Api) -> None:
    made = await quoted(api)
    assert made["estimateStatus"] == "draft"
    assert made["estimateNumber"] == 1
    assert made["configuration"] == {"precision": 4}


@fact("2.2: a new invoice carries companyId, currencyOptions and more that is undeclared")
async def _(api: Api) -> None:
    made = await drafted(api)
    assert isinstance(made["companyId"], str)
    assert made["currencyOptions"] == {"code": "USD", "symbol": "$"}
    assert made["invoiceTotal"] == 1800
    assert made["termsNotes"] == "Half up front, the rest on approval."
    assert {"attachments", "externalTransactions", "tipsReceived", "__v"} <= made.keys()


@fact("2.2: a sent invoice says when, by whom, from where and to whom")
async def _(api: Api) -> None:
    draft, sender = await drafted(api), {"fromName": "Robin", "fromEmail": "robin@example.com"}
    await api.ok("POST", f"/invoices/{draft['_id']}/send", {**SEND, "sentFrom": sender})
    made = await seen(api, draft)
    assert made["sentAt"].startswith("2026-08-27T03:44:48")
    assert "u1" in str(made["sentBy"])
    assert made["sentFrom"] == sender
    assert made["sentTo"]["email"] == ["alex@example.com"]
    assert made["updatedBy"]


@fact("2.2: an invoice's sentTo has four lists")
async def _(api: Api) -> None:
    given = {
        "email": ["a@example.com"],
        "emailCc": ["b@example.com"],
        "emailBcc": ["c@example.com"],
        "phoneNo": ["+12145596993"],
    }
    assert (await seen(api, await drafted(api, sentTo=given)))["sentTo"] == given


@fact("2.2: an invoice marked as sent shows manualStatusTransitions")
async def _(api: Api) -> None:
    made = await drafted(api)
    answer = await api.ok(
        "POST", f"/invoices/{made['_id']}/send", SEND | {"action": "send_manually"}
    )
    assert answer["invoice"]["manualStatusTransitions"] == {"sent": True}


@fact("2.2: a visited invoice shows lastVisitedAt, a paid one lastPaidAt")
async def _(api: Api) -> None:
    made = await sent(api)
    await api.ok("PATCH", "/invoices/stats/last-visited-at", {"invoiceId": made["_id"]})
    await pay(api, made)
    found = await seen(api, made)
    assert found["lastVisitedAt"].startswith("2026-08-27T03:44:48")
    assert found["lastPaidAt"].startswith("2026-08-27T03:44:48")


@fact("2.2: a schedule lists no invoices just after its start")
async def _(api: Api) -> None:
    assert (await started(api))["invoices"] == []


@fact("2.2: the settings have the notification customerSendPaymentSchedule")
async def _(api: Api) -> None:
    found = await api.ok("GET", "/invoices/settings")
    assert "customerSendPaymentSchedule" in found["customNotification"]


@fact("2.2: the settings tell when they were made and changed")
async def _(api: Api) -> None:
    found = await api.ok("GET", "/invoices/settings")
    assert found["createdAt"].endswith("Z")
    assert found["updatedAt"].endswith("Z")


@fact("2.2: the reminders of the settings carry a reminderStatus")
async def _(api: Api) -> None:
    found = await api.ok("GET", "/invoices/settings")
    assert found["reminderSettings"]["reminders"]
    assert all("reminderStatus" in row for row in found["reminderSettings"]["reminders"])


@fact("2.2: the settings' limits: title 40, prefix 10, customFields 3")
async def _(api: Api) -> None:
    found = await api.ok("GET", "/invoices/settings")
    assert len(found["title"]) <= 40
    assert len(found["estimatesTitle"]) <= 40
    assert found["invoiceNumberPrefix"] == "INV-"
    assert found["estimateNumberPrefix"] == "EST-"
    assert len(found.get("customFields", [])) <= 3


@fact("2.2: the settings use termsNote, the rest termsNotes")
async def _(api: Api) -> None:
    found = await api.ok("GET", "/invoices/settings")
    assert "termsNote" in found
    assert "termsNotes" not in found
    assert "termsNotes" in await drafted(api)


@fact("2.2: text2pay gives a short link")
async def _(api: Api) -> None:
    answer = await api.ok("POST", "/invoices/text2pay", text2pay(action="send"))
    assert re.fullmatch(r"https://[\w.-]+/\S+", answer["invoiceUrl"])
    assert answer["invoice"]["_id"] not in answer["invoiceUrl"]  # it redirects to the page


@fact("2.2: sending answers with the invoice")
async def _(api: Api) -> None:
    made = await drafted(api)
    answer = await api.ok("POST", f"/invoices/{made['_id']}/send", SEND)
    assert answer["invoice"]["_id"] == made["_id"]


@fact("2.2: recording a payment answers success and the invoice")
async def _(api: Api) -> None:
    made = await drafted(api)
    _status, answer = await pay(api, made)
    assert answer["success"] is True
    assert answer["invoice"]["_id"] == made["_id"]


@fact("2.2: an estimate's dates are the ends of the day in the location's zone (UTC-6)")
async def _(api: Api) -> None:
    made = await quoted(api, issueDate="2026-08-26", expiryDate="2026-09-25")
    assert made["issueDate"] == "2026-08-26T06:00:00.000Z"
    assert made["expiryDate"] == "2026-09-26T05:59:59.999Z"


@fact("2.2: an estimate's dates are the ends of the day in the location's zone (Tokyo)")
async def _(api: Api) -> None:
    location = api.box.add_location(timezone="Asia/Tokyo")
    token = api.box.add_token(locations=[location.id])
    body = estimate(issueDate="2026-08-27", expiryDate="2026-09-25", altId=location.id)
    status, made = await api("POST", "/invoices/estimate", body, token=token)
    assert status == 201
    assert made["issueDate"] == "2026-08-26T15:00:00.000Z"
    assert made["expiryDate"] == "2026-09-25T14:59:59.999Z"


@fact("2.2: an estimate's dates follow the clocks of the zone (New York, autumn)")
async def _(api: Api) -> None:
    location = api.box.add_location(timezone="America/New_York")
    token = api.box.add_token(locations=[location.id])
    body = estimate(issueDate="2026-10-31", expiryDate="2026-11-01", altId=location.id)
    status, made = await api("POST", "/invoices/estimate", body, token=token)
    assert status == 201
    assert made["issueDate"] == "2026-10-31T04:00:00.000Z"
    assert made["expiryDate"] == "2026-11-02T04:59:59.999Z"


@fact("2.2: the first ten characters of an invoice's dates are the days that were sent")
async def _(api: Api) -> None:
    made = await drafted(api, issueDate="2026-09-13", dueDate="2026-10-01")
    assert (made["issueDate"][:10], made["dueDate"][:10]) == ("2026-09-13", "2026-10-01")


@fact("2.2: money is in major units, with decimals")
async def _(api: Api) -> None:
    made = await drafted(api)
    assert (made["total"], (await seen(api, made))["total"]) == (1800, 1800)
    odd = await drafted(api, items=[line(Decimal("19.99"), 2)])
    assert (odd["total"], odd["amountDue"]) == (Decimal("39.98"), Decimal("39.98"))


@fact("2.2: totalamountInUSD is written with a small a")
async def _(api: Api) -> None:
    made = await quoted(api, currency="USD", items=[job(40)], discount={"type": "fixed"})
    assert (made["total"], made["totalamountInUSD"]) == (40, 40)


@fact("2.2: keys of meta come back in camel case")
async def _(api: Api) -> None:
    made = await quoted(api, meta={"my_job_id": "42", "plain": 1})
    assert (await one_estimate(api, made))["meta"] == {"myJobId": "42", "plain": 1}


@fact("2.2: answers use invoiceItems, not items")
async def _(api: Api) -> None:
    made = await seen(api, await drafted(api))
    assert "invoiceItems" in made
    assert "items" not in made


@fact("2.2: businessDetails are a snapshot; logoUrl is not filled in")
async def _(api: Api) -> None:
    made = await drafted(api, businessDetails={"name": "Example"})
    assert made["businessDetails"] == {"name": "Example"}


@fact("2.2: the body's contact stands in the answer")
async def _(api: Api) -> None:
    assert (await drafted(api))["contactDetails"] == CONTACT


@fact("2.2: one invoice (and each of a list) has totalSummary with subTotal, discount and tax")
async def _(api: Api) -> None:
    tax = {"_id": "t1", "name": "VAT", "rate": 13, "calculation": "exclusive"}
    made = await api.ok(
        "POST",
        "/invoices/",
        invoice(
            items=[line(15500, 24, taxes=[tax])],
            discount={"type": "percentage", "value": 5},
        ),
    )
    (listed,) = (await api.ok("GET", "/invoices/", limit="10", offset="0"))["invoices"]
    for found in (await seen(api, made), listed):
        summary = found["totalSummary"]
        assert (summary["subTotal"], summary["discount"], summary["tax"]) == (372000, 18600, 45942)


@fact("2.2: a conversion answers with the estimate and the invoice")
async def _(api: Api) -> None:
    made = await agreed(api)
    _status, answer = await converted(api, made)
    assert answer["estimate"]["_id"] == made["_id"]
    assert answer["invoice"]["total"] == 353400
    assert answer["invoice"]["invoiceItems"][0]["amount"] == 15500


@fact("2.2: an estimate's percentages of a plan come back with four decimals")
async def _(api: Api) -> None:
    config = {
        "type": "percentage",
        "dateConfig": {
            "depositDateType": "estimate_accepted",
            "scheduleDateType": "regular_interval",
        },
        "schedules": [{"value": Decimal("33.3333")}, {"value": Decimal("66.6667")}],
    }
    made = await quoted(api, paymentScheduleConfig=config)
    shown = made["paymentScheduleConfig"]["schedules"]
    assert [row["value"] for row in shown] == [Decimal("33.3333"), Decimal("66.6667")]
