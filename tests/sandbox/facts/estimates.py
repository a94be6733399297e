"""Section 6: the life of an estimate."""

from __future__ import annotations

import pytest

from hoopai_invoices.sandbox import SandboxError

from ..samples import SEND, estimate
from ..support import Api
from .doing import (
    RULE,
    agreed,
    converted,
    estimates,
    invoices,
    job,
    offered,
    one_estimate,
    quoted,
    seen,
)
from .table import fact

DETAILS = {**SEND, "altType": "location", "altId": "c6tZZU0rJBf30ZXx9Gli"}


@fact("6: an estimate is draft, sent, viewed, accepted, invoiced in turn")
async def _(api: Api) -> None:
    made = await quoted(api)
    steps = [(await one_estimate(api, made))["estimateStatus"]]
    await api.ok("POST", f"/invoices/estimate/{made['_id']}/send", SEND)
    steps.append((await one_estimate(api, made))["estimateStatus"])
    api.box.customer.view(made["_id"])
    steps.append((await one_estimate(api, made))["estimateStatus"])
    api.box.customer.accept(made["_id"])
    steps.append((await one_estimate(api, made))["estimateStatus"])
    await converted(api, made)
    steps.append((await one_estimate(api, made))["estimateStatus"])
    assert steps == ["draft", "sent", "viewed", "accepted", "invoiced"]


@fact("6: an estimate may be declined")
async def _(api: Api) -> None:
    made = await offered(api)
    api.box.customer.decline(made["_id"])
    assert (await one_estimate(api, made))["estimateStatus"] == "declined"
    assert (await converted(api, made))[0] == 400


@fact("6: a draft can't be accepted")
async def _(api: Api) -> None:
    made = await quoted(api)
    with pytest.raises(SandboxError):
        api.box.customer.accept(made["_id"])


@fact("6: there is no call to accept or decline")
async def _(api: Api) -> None:
    made = await offered(api)
    for verb in ("accept", "decline"):
        assert (await api("POST", f"/invoices/estimate/{made['_id']}/{verb}", {}))[0] == 404
    assert (await one_estimate(api, made))["estimateStatus"] == "sent"


for _status in ("all", "draft", "sent", "accepted", "declined", "invoiced", "viewed"):

    @fact(f"6: estimateStatus in a PUT is taken and ignored ({_status})")
    async def _(api: Api, status: str = _status) -> None:
        made = await offered(api)
        body = estimate(estimateStatus=status)
        assert (await api("PUT", f"/invoices/estimate/{made['_id']}", body))[0] == 200
        assert (await one_estimate(api, made))["estimateStatus"] == "sent"


@fact("6: a PUT of an estimate replaces everything: termsNotes left out is null")
async def _(api: Api) -> None:
    made = await quoted(api, meta={"job": 1})
    bare = estimate(termsNotes=None, name="Renamed")
    await api.ok("PUT", f"/invoices/estimate/{made['_id']}", bare)
    found = await one_estimate(api, made)
    assert found["name"] == "Renamed"
    assert found.get("termsNotes") is None
    assert found.get("meta") is None


@fact("6: deleting gives the estimate with deleted true, and it leaves the list")
async def _(api: Api) -> None:
    made = await quoted(api)
    answer = await api.ok("DELETE", f"/invoices/estimate/{made['_id']}", {})
    assert (answer["_id"], answer["deleted"]) == (made["_id"], True)
    assert await estimates(api) == []


@fact("6: an auto-invoice comes about three seconds after acceptance", auto_invoice_seconds=3)
async def _(api: Api) -> None:
    await agreed(api, autoInvoice={"enabled": True, "directPayments": False})
    api.box.clock.advance(seconds=2)
    assert await invoices(api) == []
    api.box.clock.advance(seconds=2)
    (made,) = await invoices(api)
    assert made["total"] == 353400


@fact("6: an auto-invoice may take longer", auto_invoice_seconds=60)
async def _(api: Api) -> None:
    await agreed(api, autoInvoice={"enabled": True, "directPayments": False})
    api.box.clock.advance(seconds=55)
    assert await invoices(api) == []
    api.box.clock.advance(seconds=6)
    assert len(await invoices(api)) == 1


for _status in ("sent", "draft"):

    @fact(f"6: an auto-invoice with directPayments arrives as {_status}", direct_payments=_status)
    async def _(api: Api, status: str = _status) -> None:
        await agreed(api, autoInvoice={"enabled": True, "directPayments": True})
        api.box.clock.advance(seconds=10)
        assert [found["status"] for found in await invoices(api)] == [status]


@fact("6: no invoice comes by itself without autoInvoice")
async def _(api: Api) -> None:
    await agreed(api)
    await agreed(api, autoInvoice={"enabled": False, "directPayments": False})
    api.box.clock.advance(days=1)
    assert await invoices(api) == []


@fact("6: converting an estimate with autoInvoice as well may make a double")
async def _(api: Api) -> None:
    made = await agreed(api, autoInvoice={"enabled": True, "directPayments": False})
    await converted(api, made, mark=False)
    api.box.clock.advance(seconds=10)
    assert len(await invoices(api)) == 2


@fact("6: lines without a price are taken")
async def _(api: Api) -> None:
    assert (await quoted(api, items=[job(0), job(5)], discount={"type": "fixed"}))["total"] == 5


@fact("6: estimates are numbered by location, one after the other")
async def _(api: Api) -> None:
    assert [(await quoted(api))["estimateNumber"] for _ in range(3)] == [1, 2, 3]
    other = api.box.add_location()
    token = api.box.add_token(locations=[other.id])
    body = estimate(altId=other.id)
    _status, made = await api("POST", "/invoices/estimate", body, token=token)
    assert made["estimateNumber"] == 1


@fact("6: an estimate that is sent with its creation is sent", send_details="sent")
async def _(api: Api) -> None:
    made = await quoted(api, sendEstimateDetails={**DETAILS, "altId": api.box.location_id})
    assert (await one_estimate(api, made))["estimateStatus"] == "sent"


@fact("6: an estimate that is sent with its creation stays a draft", send_details="stored")
async def _(api: Api) -> None:
    made = await quoted(api, sendEstimateDetails={**DETAILS, "altId": api.box.location_id})
    assert (await one_estimate(api, made))["estimateStatus"] == "draft"


@fact("6: an estimate may recur from its acceptance")
async def _(api: Api) -> None:
    frequency = {
        "enabled": True,
        "schedule": {"rrule": {**RULE, "useStartAsPrimaryUserAccepted": True}},
    }
    made = await quoted(api, frequencySettings=frequency)
    assert made["frequencySettings"]["enabled"] is True


@fact("6: a converted estimate's invoice can be read")
async def _(api: Api) -> None:
    _status, answer = await converted(api, await agreed(api))
    found = await seen(api, answer["invoice"])
    assert (found["total"], found["currency"], found["status"]) == (353400, "CRC", "draft")
