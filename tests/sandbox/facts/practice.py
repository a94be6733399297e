"""Section 12: what clients of the service have found out, and 11: versions."""

from __future__ import annotations

from ..samples import SEND, invoice
from ..support import Api
from .doing import RULE, drafted, line, plan, planned, raw, schedule, seen, sent
from .table import accepted, fact


@fact("11: versions may be mixed")
async def _(api: Api) -> None:
    status, made = await api(
        "POST", "/invoices/schedule", schedule(), headers={"Version": "2023-02-21"}
    )
    assert status in (200, 201)
    path = f"/invoices/schedule/{made['_id']}"
    assert (await api("GET", path, headers={"Version": "v3"}))[0] == 200


@fact("12: a schedule isn't started by {}")
async def _(api: Api) -> None:
    made = await planned(api)
    answer = await raw(api, "POST", f"/invoices/schedule/{made['_id']}/schedule", json={})
    assert answer.status_code == 422
    assert (await plan(api, made))["status"] == "draft"


@fact("12: starting a schedule without autoPayment is a 500 with JavaScript's text")
async def _(api: Api) -> None:
    made = await planned(api)
    path = f"/invoices/schedule/{made['_id']}/schedule"
    status, answer = await api("POST", path, {"liveMode": False})
    assert status == 500
    assert answer["message"] == "Cannot read properties of undefined (reading 'enable')"
    assert (await plan(api, made))["status"] == "draft"


for _type in ("customer_card", "saved_card"):

    @fact(f"12: autoPayment.type {_type} is taken")
    async def _(api: Api, kind: str = _type) -> None:
        made = await planned(api)
        auto = {"enable": True, "type": kind, "customerId": "cus_1", "paymentMethodId": "pm_1"}
        answer = await api.ok(
            "POST",
            f"/invoices/schedule/{made['_id']}/schedule",
            {"liveMode": False, "autoPayment": auto},
        )
        assert answer["status"] == "scheduled"


@fact("12: rows of a payment schedule are {dueDate, value}")
async def _(api: Api) -> None:
    rows = [{"dueDate": "2026-09-20", "value": 900}, {"dueDate": "2026-10-01", "value": 900}]
    made = await drafted(api, paymentSchedule={"type": "fixed", "schedules": rows})
    shown = (await seen(api, made))["paymentSchedule"]["schedules"]
    assert [(row["dueDate"][:10], row["value"]) for row in shown] == [
        ("2026-09-20", 900),
        ("2026-10-01", 900),
    ]


@fact("12: an invoice isn't due before the last row of its payment schedule")
async def _(api: Api) -> None:
    rows = [{"dueDate": "2026-09-20", "value": 50}, {"dueDate": "2026-10-02", "value": 50}]
    plan = {"type": "percentage", "schedules": rows}
    status, _answer = await api(
        "POST", "/invoices/", invoice(dueDate="2026-10-01", paymentSchedule=plan)
    )
    assert status in (400, 422)
    assert api.box.created("invoice") == []


accepted(
    "12: rows of charges are {_id, name, charge, amount, enabled}",
    "POST /invoices/schedule",
    schedule(
        RULE,
        miscellaneousCharges={
            "charges": [{"_id": "c1", "name": "Fee", "charge": 3, "amount": 3, "enabled": False}]
        },
    ),
)


@fact("12: sending again is a reminder, not an error")
async def _(api: Api) -> None:
    made = await sent(api)
    assert (await api("POST", f"/invoices/{made['_id']}/send", SEND))[0] in (200, 201)
    assert (await seen(api, made))["status"] == "sent"


@fact("12: contacts can be looked up")
async def _(api: Api) -> None:
    contact = api.box.add_contact("Alex", "alex@example.com")
    answer = await raw(api, "GET", f"/contacts/{contact.id}")
    assert answer.status_code == 200, answer.text
    assert contact.id in answer.text
    assert "alex@example.com" in answer.text
    assert (await raw(api, "GET", "/contacts/nobody")).status_code in (400, 404)


@fact("12: users can be looked up")
async def _(api: Api) -> None:
    user = api.box.add_user("Robin")
    where = {"locationId": api.box.location_id}
    answer = await raw(api, "GET", "/users/", params=where)
    assert answer.status_code == 200, answer.text
    assert user in answer.text
    assert "Robin" in answer.text


@fact("12: recorded amounts are in major units")
async def _(api: Api) -> None:
    made = await sent(api, items=[line(1800)])
    status, answer = await api(
        "POST", f"/invoices/{made['_id']}/record-payment", {"mode": "cash", "amount": 1800}
    )
    assert status in (200, 201)
    assert (answer["invoice"]["amountPaid"], answer["invoice"]["status"]) == (1800, "paid")
