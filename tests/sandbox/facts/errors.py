"""Section 3: refusals, by status and text."""

from __future__ import annotations

from typing import Any

from ..samples import CASH, SEND, estimate, invoice, replacement
from ..support import Api
from .doing import (
    LATE_FEES,
    START_PLAIN,
    agreed,
    converted,
    drafted,
    estimate_template,
    offered,
    pay,
    planned,
    quoted,
    raw,
    schedule,
    seen,
    sent,
    template,
    text2pay,
    texts,
)
from .table import accepted, fact, refused

UNKNOWN = "6a8fb2b0816b79f4fb264806"


@fact("3: a taken estimate number is a 400")
async def _(api: Api) -> None:
    await quoted(api, estimateNumber=12)
    status, answer = await api("POST", "/invoices/estimate", estimate(estimateNumber=12))
    assert status == answer["statusCode"] == 400
    assert answer["message"] == "Estimate number already exists"
    assert len(api.box.created("estimate")) == 1


@fact("3: an estimate that nobody accepted isn't converted (400 estimate_not_accepted)")
async def _(api: Api) -> None:
    for made in (await quoted(api), await offered(api)):
        status, answer = await converted(api, made)
        assert status == answer["statusCode"] == 400
        assert "estimate_not_accepted" in str(answer)
    assert api.box.created("invoice") == []


@fact("3: a payment on a paid invoice is a 400")
async def _(api: Api) -> None:
    made = await drafted(api)
    await pay(api, made)
    status, answer = await pay(api, made)
    assert status == answer["statusCode"] == 400
    assert len(api.box.created("payment")) == 1


for _status in ("400", "401"):

    @fact(f"3: a suspended location answers {_status}", suspended_status=_status)
    async def _(api: Api, expected: str = _status) -> None:
        location = api.box.add_location(suspended=True)
        token = api.box.add_token(locations=[location.id])
        status, answer = await api("GET", "/invoices/settings", token=token, altId=location.id)
        assert (status, answer["message"]) == (int(expected), "Location is not active")


@fact("3: a bad token is a 401, with these two keys alone", private_refusal="invalid_jwt")
async def _(api: Api) -> None:
    status, answer = await api("GET", f"/invoices/{UNKNOWN}", token="eyJhbGciOiJIUzI1NiJ9")
    assert (status, answer) == (401, {"statusCode": 401, "message": "Invalid JWT"})


@fact("3: a missing scope is a 401, not a 403")
async def _(api: Api) -> None:
    token = api.box.add_token(scopes=["invoices.readonly"])
    status, answer = await api("POST", "/invoices/", invoice(), token=token)
    assert status == 401
    message = "The token is not authorized for this scope."
    assert answer == {"statusCode": 401, "message": message}
    assert api.box.created("invoice") == []


@fact("3: another location's altId is a 403")
async def _(api: Api) -> None:
    other = api.box.add_location()
    status, answer = await api("GET", f"/invoices/{UNKNOWN}", altId=other.id)
    assert status == 403
    message = "The token does not have access to this location."
    assert answer == {"statusCode": 403, "message": message}


@fact("3: a stray Location-Id header is a 403")
async def _(api: Api) -> None:
    other = api.box.add_location()
    status, _answer = await api("GET", "/invoices/settings", headers={"Location-Id": other.id})
    assert status == 403


@fact("3: an invoice is not found under another location of the same token")
async def _(api: Api) -> None:
    made = await drafted(api)
    other = api.box.add_location()
    both = api.box.add_token(kind="Company", locations=[api.box.location_id, other.id])
    status, _answer = await api("GET", f"/invoices/{made['_id']}", token=both, altId=other.id)
    assert status == 404


BY_ID: tuple[tuple[str, str, Any], ...] = (
    ("GET", "/invoices/{id}", None),
    ("PUT", "/invoices/{id}", replacement()),
    ("DELETE", "/invoices/{id}", None),
    ("POST", "/invoices/{id}/void", {}),
    ("POST", "/invoices/{id}/send", SEND),
    ("POST", "/invoices/{id}/record-payment", CASH),
    ("PATCH", "/invoices/{id}/late-fees-configuration", {"lateFeesConfiguration": LATE_FEES}),
    ("POST", "/invoices/text2pay", text2pay(id=UNKNOWN)),
    ("GET", "/invoices/template/{id}", None),
    ("PUT", "/invoices/template/{id}", template()),
    ("DELETE", "/invoices/template/{id}", None),
    ("GET", "/invoices/schedule/{id}", None),
    ("PUT", "/invoices/schedule/{id}", schedule()),
    ("DELETE", "/invoices/schedule/{id}", None),
    ("POST", "/invoices/schedule/{id}/schedule", START_PLAIN),
    ("POST", "/invoices/schedule/{id}/cancel", {}),
    ("PUT", "/invoices/estimate/{id}", estimate()),
    ("DELETE", "/invoices/estimate/{id}", {}),
    ("POST", "/invoices/estimate/{id}/send", SEND),
    ("POST", "/invoices/estimate/{id}/invoice", {"markAsInvoiced": True}),
    ("PUT", "/invoices/estimate/template/{id}", estimate_template()),
    ("DELETE", "/invoices/estimate/template/{id}", {}),
)
for _method, _path, _body in BY_ID:

    @fact(f"3: an unknown id is a 404 ({_method} {_path})")
    async def _(api: Api, method: str = _method, path: str = _path, body: object = _body) -> None:
        status, answer = await api(method, path.format(id=UNKNOWN), body)
        assert status == answer["statusCode"] == 404
        assert isinstance(answer["message"], str)


@fact("3: a deleted invoice is a 404")
async def _(api: Api) -> None:
    made = await drafted(api)
    await api.ok("DELETE", f"/invoices/{made['_id']}")
    assert (await api("GET", f"/invoices/{made['_id']}"))[0] == 404


@fact("3: a void invoice is still there", void_invoice="kept")
async def _(api: Api) -> None:
    made = await sent(api)
    await api.ok("POST", f"/invoices/{made['_id']}/void", {})
    assert (await seen(api, made))["status"] == "void"


@fact("3: a void invoice is a 404", void_invoice="gone")
async def _(api: Api) -> None:
    made = await sent(api)
    await api.ok("POST", f"/invoices/{made['_id']}/void", {})
    assert (await api("GET", f"/invoices/{made['_id']}"))[0] == 404


@fact("3: a payment while the invoice is being processed is a 409")
async def _(api: Api) -> None:
    made = await sent(api)
    api.box.customer.pay(made["_id"], clears_in=60)
    status, _answer = await pay(api, made)
    assert status == 409
    api.box.clock.advance(seconds=61)
    assert (await seen(api, made))["status"] == "paid"


@fact("3: a 422 has a list of texts, error and statusCode")
async def _(api: Api) -> None:
    status, answer = await api("POST", "/invoices/", invoice(name=None, pipelineStageName="x"))
    assert status == answer["statusCode"] == 422
    assert answer["error"] == "Unprocessable Entity"
    assert isinstance(answer["message"], list)
    assert "property pipelineStageName should not exist" in answer["message"]


refused(
    "3: an estimate without items is refused",
    "POST /invoices/estimate",
    estimate(items=[]),
    "items should not be empty",
)
for _name in ("limit", "offset"):

    @fact(f"3: {_name} must be a string that isn't empty")
    async def _(api: Api, name: str = _name) -> None:
        query = {"limit": "1", "offset": "0"}
        for given in ({k: v for k, v in query.items() if k != name}, {**query, name: ""}):
            status, answer = await api("GET", "/invoices/", **given)
            assert status == 422
            assert name in texts(answer)


for _status in ("void", "cancelled", "expired"):

    @fact(f"3: an estimate's status is never {_status}")
    async def _(api: Api, name: str = _status) -> None:
        made = await quoted(api)
        for status, answer in (
            await api("GET", "/invoices/estimate/list", status=name, limit="1", offset="0"),
            await api("PUT", f"/invoices/estimate/{made['_id']}", estimate(estimateStatus=name)),
        ):
            assert status == 422
            assert "must be one of the following values" in texts(answer)


accepted(
    "3: an invoice may be due today, by the location's own calendar",
    "POST /invoices/",
    invoice(issueDate="2026-08-20", dueDate="2026-08-26"),  # in UTC it is the 27th already
)


@fact("3: a past due date is refused, by the location's own calendar")
async def _(api: Api) -> None:
    late = invoice(issueDate="2026-08-20", dueDate="2026-08-25")
    assert (await api("POST", "/invoices/", late))[0] == 422
    tokyo = api.box.add_location(timezone="Asia/Tokyo")
    token = api.box.add_token(locations=[tokyo.id])
    there = invoice(issueDate="2026-08-20", dueDate="2026-08-26", altId=tokyo.id)
    assert (await api("POST", "/invoices/", there, token=token))[0] == 422
    assert api.box.created("invoice") == []


@fact("3: traces stand in successful answers of estimates, not in the recorded refusals")
async def _(api: Api) -> None:
    assert isinstance((await quoted(api))["traceId"], str)
    assert "traceId" not in (await api("GET", f"/invoices/{UNKNOWN}", token="x"))[1]


@fact("3: a gateway's page is not JSON")
async def _(api: Api) -> None:
    api.box.faults.html("invoices.get_settings")
    answer = await raw(
        api,
        "GET",
        "/invoices/settings",
        params={"altId": api.box.location_id, "altType": "location"},
    )
    assert answer.status_code >= 500
    assert answer.text.startswith("<html>")


@fact("3: a refusal changes nothing")
async def _(api: Api) -> None:
    made = await planned(api)
    path = f"/invoices/schedule/{made['_id']}"
    before = await api.ok("GET", path)
    api.box.clock.advance(minutes=1)
    assert (await api("PUT", path, schedule(name=None, title="Other")))[0] == 422
    after = await api.ok("GET", path)
    assert {**after, "traceId": None} == {**before, "traceId": None}


@fact("3: an accepted estimate converts")
async def _(api: Api) -> None:
    assert (await converted(api, await agreed(api)))[0] in (200, 201)
