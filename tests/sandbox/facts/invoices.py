"""Section 6: the life of an invoice."""

from __future__ import annotations

from typing import Literal

import pytest

from hoopai_invoices.sandbox import SandboxError

from ..samples import CONTACT, LINE, SEND, invoice, replacement
from ..support import Api
from .doing import drafted, invoices, line, pay, seen, sent, text2pay
from .table import fact

Stage = Literal["draft", "sent", "viewed", "partially_paid", "paid"]
ALIVE: tuple[Stage, ...] = ("sent", "viewed")
OPEN: tuple[Stage, ...] = ("draft", "sent")


@fact("6: a new invoice is a draft")
async def _(api: Api) -> None:
    made = await drafted(api)
    assert (made["status"], made["amountPaid"], made["amountDue"]) == ("draft", 0, 1800)


for _action in ("email", "sms", "sms_and_email", "send_manually"):

    @fact(f"6: sending makes it sent ({_action})")
    async def _(api: Api, action: str = _action) -> None:
        made = await drafted(api)
        await api.ok("POST", f"/invoices/{made['_id']}/send", SEND | {"action": action})
        assert (await seen(api, made))["status"] == "sent"


@fact("6: a part of the amount makes it partially_paid, all of it paid")
async def _(api: Api) -> None:
    made = await sent(api)
    _status, answer = await pay(api, made, amount=800)
    one = answer["invoice"]
    assert (one["status"], one["amountPaid"], one["amountDue"]) == ("partially_paid", 800, 1000)
    _status, answer = await pay(api, made, amount=1000)
    two = answer["invoice"]
    assert (two["status"], two["amountPaid"], two["amountDue"]) == ("paid", 1800, 0)


@fact("6: a payment is recorded straight on a draft")
async def _(api: Api) -> None:
    made = await drafted(api)
    status, answer = await pay(api, made, amount=1800)
    assert status in (200, 201)
    assert answer["invoice"]["status"] == "paid"


@fact("6: the customer's payment is processed, then paid")
async def _(api: Api) -> None:
    made = await sent(api)
    api.box.customer.pay(made["_id"], clears_in=30)
    assert (await seen(api, made))["status"] == "payment_processing"
    api.box.clock.advance(seconds=31)
    found = await seen(api, made)
    assert (found["status"], found["amountDue"]) == ("paid", 0)


@fact("6: drafts are deleted")
async def _(api: Api) -> None:
    made = await drafted(api)
    assert (await api.ok("DELETE", f"/invoices/{made['_id']}"))["_id"] == made["_id"]
    assert await invoices(api) == []


@fact("6: only drafts are deleted")
async def _(api: Api) -> None:
    stages: tuple[Stage, ...] = ("sent", "viewed", "partially_paid", "paid")
    for status in stages:
        made = api.box.add_invoice(status=status)
        assert (await api("DELETE", f"/invoices/{made.id}"))[0] == 400, status
        assert (await api("GET", f"/invoices/{made.id}"))[0] == 200


for _alive in ALIVE:

    @fact(f"6: a {_alive} invoice can be voided")
    async def _(api: Api, status: Stage = _alive) -> None:
        made = api.box.add_invoice(status=status)
        assert (await api.ok("POST", f"/invoices/{made.id}/void", {}))["status"] == "void"


@fact("6: an overdue invoice can be voided")
async def _(api: Api) -> None:
    made = api.box.add_invoice(status="sent", due_in=-5)
    assert (await api.ok("POST", f"/invoices/{made.id}/void", {}))["status"] == "void"


@fact("6: a paid invoice can't be voided")
async def _(api: Api) -> None:
    made = api.box.add_invoice(status="paid")
    assert (await api("POST", f"/invoices/{made.id}/void", {}))[0] == 400
    assert (await api.ok("GET", f"/invoices/{made.id}"))["status"] == "paid"


@fact("6: a void invoice takes no payment, no change and no message")
async def _(api: Api) -> None:
    made = await sent(api)
    await api.ok("POST", f"/invoices/{made['_id']}/void", {})
    path = f"/invoices/{made['_id']}"
    assert (await pay(api, made))[0] in (400, 404)
    assert (await api("PUT", path, replacement()))[0] in (400, 404)
    assert (await api("POST", f"{path}/send", SEND))[0] in (400, 404)
    assert api.box.created("payment") == []


for _open in OPEN:

    @fact(f"6: a {_open} invoice can be changed")
    async def _(api: Api, status: Stage = _open) -> None:
        made = api.box.add_invoice(status=status)
        answer = await api.ok("PUT", f"/invoices/{made.id}", replacement(name="Renamed"))
        assert (answer["name"], answer["status"]) == ("Renamed", status)
        assert answer["total"] == 1800


@fact("6: a paid invoice can't be changed")
async def _(api: Api) -> None:
    made = api.box.add_invoice(status="paid")
    assert (await api("PUT", f"/invoices/{made.id}", replacement()))[0] == 400


@fact("6: a PUT of an invoice replaces everything")
async def _(api: Api) -> None:
    made = await drafted(api, title="SERVICES", discount={"type": "fixed", "value": 100})
    assert made["total"] == 1700
    bare = replacement(termsNotes=None, discount=None, title=None)
    await api.ok("PUT", f"/invoices/{made['_id']}", bare)
    found = await seen(api, made)
    assert found.get("termsNotes") is None
    assert found["total"] == 1800


@fact("6: overdue is no status")
async def _(api: Api) -> None:
    made = await sent(api)
    api.box.clock.advance(days=60)
    assert (await seen(api, made))["status"] == "sent"


@fact("6: viewed is a status")
async def _(api: Api) -> None:
    made = await sent(api)
    api.box.customer.view(made["_id"])
    assert (await seen(api, made))["status"] == "viewed"


@fact("6: a draft can't be paid on its page")
async def _(api: Api) -> None:
    made = await drafted(api)
    with pytest.raises(SandboxError):
        api.box.customer.pay(made["_id"])
    assert api.box.created("payment") == []


@fact("6: there is no refund")
async def _(api: Api) -> None:
    made = api.box.add_invoice(status="paid")
    assert (await api("POST", f"/invoices/{made.id}/refund", {}))[0] == 404


@fact("6: only text2pay returns a link")
async def _(api: Api) -> None:
    made = await drafted(api)
    answer = await api.ok("POST", f"/invoices/{made['_id']}/send", SEND)
    assert "invoiceUrl" not in {*made, *answer, *answer["invoice"], *(await seen(api, made))}
    assert "invoiceUrl" in await api.ok("POST", "/invoices/text2pay", text2pay())


for _action, _status in (("draft", "draft"), ("send", "sent")):

    @fact(f"6: text2pay makes an invoice ({_action})")
    async def _(api: Api, action: str = _action, status: str = _status) -> None:
        answer = await api.ok("POST", "/invoices/text2pay", text2pay(action=action))
        found = await seen(api, answer["invoice"])
        assert (found["status"], found["total"]) == (status, 150)


@fact("6: text2pay with an id changes that invoice")
async def _(api: Api) -> None:
    made = await drafted(api)
    body = text2pay(id=made["_id"], action="send", items=[{**LINE, "amount": 200}])
    answer = await api.ok("POST", "/invoices/text2pay", body)
    assert answer["invoice"]["_id"] == made["_id"]
    found = await seen(api, made)
    assert (found["status"], found["total"]) == ("sent", 200)
    assert len(api.box.created("invoice")) == 1


@fact("6: text2pay needs a userId")
async def _(api: Api) -> None:
    body = {name: value for name, value in text2pay().items() if name != "userId"}
    assert (await api("POST", "/invoices/text2pay", body))[0] == 422


@fact("6: an invoice without a number gets the next one, with zeros before it")
async def _(api: Api) -> None:
    made = [await drafted(api), await drafted(api)]
    assert [found["invoiceNumber"] for found in made] == ["000001", "000002"]
    assert [found["invoiceNumberPrefix"] for found in made] == ["INV-", "INV-"]


@fact("6: an invoice may bring its number and prefix")
async def _(api: Api) -> None:
    made = await drafted(api, invoiceNumber="1001", invoiceNumberPrefix="CC-")
    assert (made["invoiceNumber"], made["invoiceNumberPrefix"]) == ("1001", "CC-")


@fact("6: numbers are counted by location")
async def _(api: Api) -> None:
    await drafted(api)
    other = api.box.add_location()
    token = api.box.add_token(locations=[other.id])
    _status, made = await api("POST", "/invoices/", invoice(altId=other.id), token=token)
    assert made["invoiceNumber"] == "000001"


@fact("6: more than is due can't be paid", overpayment="refused")
async def _(api: Api) -> None:
    made = await sent(api)
    assert (await pay(api, made, amount=1801))[0] in (400, 422)
    assert (await seen(api, made))["amountPaid"] == 0


@fact("6: more than is due can be paid", overpayment="accepted")
async def _(api: Api) -> None:
    made = await sent(api)
    assert (await pay(api, made, amount=1801))[0] in (200, 201)
    assert (await seen(api, made))["status"] == "paid"


@fact("6: a customer pays at least the settings' percentage", partial_floor="customer")
async def _(api: Api) -> None:
    settings = await api.ok("GET", "/invoices/settings")
    assert settings["minimumPercentagePartialPayment"] == 25
    made = await sent(api, items=[line(100)])
    with pytest.raises(SandboxError):
        api.box.customer.pay(made["_id"], 24)
    assert (await pay(api, made, amount=10))[0] in (200, 201)
    other = await sent(api, items=[line(100)])
    api.box.customer.pay(other["_id"], 25)
    assert (await seen(api, other))["status"] == "partially_paid"


@fact("6: recorded payments have that floor too", partial_floor="everyone")
async def _(api: Api) -> None:
    made = await sent(api, items=[line(100)])
    assert (await pay(api, made, amount=10))[0] in (400, 422)
    assert (await pay(api, made, amount=25))[0] in (200, 201)


@fact("6: a tip is received beside the amount")
async def _(api: Api) -> None:
    tips = {"tipsPercentage": [5, 10, 15], "tipsEnabled": True}
    made = await sent(api, items=[line(100)], tipsConfiguration=tips)
    api.box.customer.pay(made["_id"], tip=10)
    found = await seen(api, made)
    assert (found["amountPaid"], found["amountDue"], found["status"]) == (100, 0, "paid")
    assert len(found["tipsReceived"]) == 1
    assert (await seen(api, made))["contactDetails"] == CONTACT
