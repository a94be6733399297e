"""Section 1: the operations, what they ask for and what success looks like."""

from __future__ import annotations

from ..samples import estimate, invoice
from ..support import Api
from .doing import (
    agreed,
    converted,
    drafted,
    estimate_template,
    estimates,
    offered,
    planned,
    quoted,
    raw,
    schedule,
    started,
    template,
    text2pay,
)
from .table import fact

UNKNOWN = "6a8fb2b0816b79f4fb264806"


@fact("1: every operation needs a bearer token")
async def _(api: Api) -> None:
    status, _answer = await api(
        "GET", "/invoices/", headers={"Authorization": None}, limit="1", offset="0"
    )
    assert status == 401


@fact("1: every operation needs a Version")
async def _(api: Api) -> None:
    status, _answer = await api(
        "GET", "/invoices/", headers={"Version": None}, limit="1", offset="0"
    )
    assert status in (400, 401)


@fact("1: altType is always location")
async def _(api: Api) -> None:
    assert (await api("GET", f"/invoices/{UNKNOWN}", altType="company"))[0] == 422


@fact("1: a Company token may call for a location", company_calls="accepted")
async def _(api: Api) -> None:
    token = api.box.add_token(kind="Company")
    assert (await api("GET", "/invoices/settings", token=token))[0] == 200


@fact("1: a Company token is refused by a location's operations", company_calls="refused")
async def _(api: Api) -> None:
    token = api.box.add_token(kind="Company")
    assert (await api("GET", "/invoices/settings", token=token))[0] in (401, 403)


@fact("1: text2pay is for Location tokens alone")
async def _(api: Api) -> None:
    token = api.box.add_token(kind="Company")
    status, _answer = await api("POST", "/invoices/text2pay", text2pay(), token=token)
    assert status in (401, 403)
    assert api.box.created("invoice") == []


SCOPELESS = (
    ("PATCH", "/invoices/template/{id}/late-fees-configuration"),
    ("PATCH", "/invoices/template/{id}/payment-methods-configuration"),
    ("PATCH", "/invoices/{id}/late-fees-configuration"),
    ("PATCH", "/invoices/stats/last-visited-at"),
    ("PATCH", "/invoices/estimate/stats/last-visited-at"),
)


@fact("1: five operations ask for no scope", visit_scope="none")
async def _(api: Api) -> None:
    token = api.box.add_token(scopes=[])
    for method, path in SCOPELESS:
        status, _answer = await api(method, path.format(id=UNKNOWN), {}, token=token)
        assert status not in (401, 403), path


@fact("1: the five operations may ask for their neighbours' write scope", visit_scope="write")
async def _(api: Api) -> None:
    every = ["invoices", "invoices/template", "invoices/schedule", "invoices/estimate"]
    reader = api.box.add_token(scopes=[f"{family}.readonly" for family in every])
    writer = api.box.add_token(scopes=[f"{family}.write" for family in every])
    for method, path in SCOPELESS:
        assert (await api(method, path.format(id=UNKNOWN), {}, token=reader))[0] == 401, path
        assert (await api(method, path.format(id=UNKNOWN), {}, token=writer))[0] != 401, path


@fact("1: the statistics name no location")
async def _(api: Api) -> None:
    made = await drafted(api)
    answer = await raw(
        api, "PATCH", "/invoices/stats/last-visited-at", json={"invoiceId": made["_id"]}
    )
    assert answer.status_code == 200


@fact("1: marking a visit answers 200 without a body")
async def _(api: Api) -> None:
    bill, quote = await drafted(api), await quoted(api)
    for path, body in (
        ("/invoices/stats/last-visited-at", {"invoiceId": bill["_id"]}),
        ("/invoices/estimate/stats/last-visited-at", {"estimateId": quote["_id"]}),
    ):
        answer = await raw(api, "PATCH", path, json=body)
        assert (answer.status_code, answer.content) == (200, b"")


@fact("1: an estimate is deleted with a JSON body, altId in the query is ignored")
async def _(api: Api) -> None:
    made = await quoted(api)
    path = f"/invoices/estimate/{made['_id']}"
    assert (await api("DELETE", path))[0] == 422
    assert (await api("DELETE", path, {}))[0] == 200


@fact("1: an estimate template is deleted with a JSON body")
async def _(api: Api) -> None:
    made = await api.ok("POST", "/invoices/estimate/template", estimate_template())
    path = f"/invoices/estimate/template/{made['_id']}"
    assert (await api("DELETE", path))[0] == 422
    assert (await api("DELETE", path, {}))[0] == 200


@fact("1: invoices, templates and schedules are deleted with a query and no body")
async def _(api: Api) -> None:
    one = await drafted(api)
    two = await api.ok("POST", "/invoices/template", template())
    three = await planned(api)
    for path in (f"/{one['_id']}", f"/template/{two['_id']}", f"/schedule/{three['_id']}"):
        assert (await api("DELETE", f"/invoices{path}", {}))[0] == 422
        assert (await api("DELETE", f"/invoices{path}"))[0] == 200


@fact("1: deleting a template or a schedule answers success")
async def _(api: Api) -> None:
    one = await api.ok("POST", "/invoices/template", template())
    two = await planned(api)
    assert await api.ok("DELETE", f"/invoices/template/{one['_id']}") == {"success": True}
    assert await api.ok("DELETE", f"/invoices/schedule/{two['_id']}") == {"success": True}


@fact("1: there is no GET for one estimate", wrong_method="404")
async def _(api: Api) -> None:
    made = await quoted(api)
    assert (await api("GET", f"/invoices/estimate/{made['_id']}"))[0] == 404


@fact("1: there is no GET for one estimate (answered as a wrong method)", wrong_method="405")
async def _(api: Api) -> None:
    made = await quoted(api)
    assert (await api("GET", f"/invoices/estimate/{made['_id']}"))[0] == 405


@fact("1: an estimate is found by searching the list for its id")
async def _(api: Api) -> None:
    made, _other = await quoted(api), await quoted(api)
    assert [found["_id"] for found in await estimates(api, search=made["_id"])] == [made["_id"]]


@fact("1: one estimate template is previewed with its id in the query")
async def _(api: Api) -> None:
    made = await api.ok("POST", "/invoices/estimate/template", estimate_template(name="Mine"))
    path = "/invoices/estimate/template/preview"
    assert (await api.ok("GET", path, templateId=made["_id"]))["name"] == "Mine"
    assert (await api("GET", path))[0] == 422


@fact("1: creating and sending estimates answers 201", posts_answer="declared")
async def _(api: Api) -> None:
    status, made = await api("POST", "/invoices/estimate", estimate())
    send = {"userId": "u1", "action": "email", "liveMode": False}
    again, _answer = await api("POST", f"/invoices/estimate/{made['_id']}/send", send)
    third, _answer = await api("POST", "/invoices/estimate/template", estimate_template())
    assert (status, again, third) == (201, 201, 201)


async def _posts(api: Api) -> set[int]:
    """What the POSTs answer whose declared success is 200."""
    bill = await drafted(api)
    accepted_one = await agreed(api)
    series = await started(api)
    send = {"userId": "u1", "action": "email", "liveMode": False}
    return {
        (await api("POST", "/invoices/", invoice()))[0],
        (await api("POST", "/invoices/template", template()))[0],
        (await api("POST", "/invoices/schedule", schedule()))[0],
        (await api("POST", f"/invoices/schedule/{series['_id']}/cancel", {}))[0],
        (await api("POST", "/invoices/text2pay", text2pay()))[0],
        (await api("POST", f"/invoices/{bill['_id']}/send", send))[0],
        (await api("POST", f"/invoices/{bill['_id']}/void", {}))[0],
        (await converted(api, accepted_one))[0],
    }


@fact("1: the other POSTs answer 201 too, as clients report", posts_answer="201")
async def _(api: Api) -> None:
    assert await _posts(api) == {201}


@fact("1: the other POSTs answer 200, as declared", posts_answer="declared")
async def _(api: Api) -> None:
    assert await _posts(api) == {200}


@fact("1: GET, PUT, PATCH and DELETE answer 200")
async def _(api: Api) -> None:
    made = await offered(api)
    path = f"/invoices/estimate/{made['_id']}"
    assert (await api("GET", "/invoices/estimate/number/generate"))[0] == 200
    assert (await api("PUT", path, estimate()))[0] == 200
    assert (await api("DELETE", path, {}))[0] == 200


@fact("1: an empty id is the list's address")
async def _(api: Api) -> None:
    assert (await api.ok("GET", "/invoices/", limit="1", offset="0"))["invoices"] == []


@fact("1: generating a number gives the next one and reserves nothing")
async def _(api: Api) -> None:
    first = await api.ok("GET", "/invoices/generate-invoice-number")
    again = await api.ok("GET", "/invoices/generate-invoice-number")
    assert first["invoiceNumber"] == again["invoiceNumber"]
    assert (await drafted(api))["invoiceNumber"] == first["invoiceNumber"]
