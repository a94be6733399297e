"""The sandbox's own calls."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import httpx
import pytest

from hoopai_invoices.sandbox import Sandbox
from hoopai_invoices.sandbox.wire import parse, render

from .estimating import ESTIMATE, all_invoices, make, one
from .samples import SEND, invoice
from .support import Api

pytestmark = pytest.mark.anyio


async def call(api: Api, method: str, path: str, body: Any = None, **query: str) -> tuple[int, Any]:
    """Status and answer of one of the calls, which carry no token."""
    content = None if body is None else render(body)
    response = await api.http.request(method, f"/_sandbox/{path}", content=content, params=query)
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    return response.status_code, parse(response.content)


async def done(api: Api, path: str, body: Any = None, method: str = "POST", **query: str) -> Any:
    """The answer of a call that must succeed."""
    status, answer = await call(api, method, path, body, **query)
    assert status == 200, answer
    return answer


async def test_the_index_names_every_call(api: Api) -> None:
    index = await done(api, "", method="GET")
    assert index["now"] == "2026-08-27T03:44:48.047Z"
    takes = {each["call"]: each["takes"] for each in index["calls"]}
    assert set(takes) == {
        "GET /_sandbox/",
        "GET /_sandbox/arrivals",
        "GET /_sandbox/created",
        "POST /_sandbox/customer/view",
        "POST /_sandbox/customer/accept",
        "POST /_sandbox/customer/decline",
        "POST /_sandbox/customer/pay",
        "POST /_sandbox/clock/advance",
        "POST /_sandbox/faults",
        "DELETE /_sandbox/faults",
        "GET /_sandbox/oauth",
        "GET /_sandbox/oauth/app",
        "POST /_sandbox/oauth/authorize",
        "POST /_sandbox/expire-token",
        "POST /_sandbox/add/location",
        "POST /_sandbox/add/token",
        "POST /_sandbox/add/contact",
        "POST /_sandbox/add/user",
        "POST /_sandbox/add/invoice",
        "POST /_sandbox/add/estimate",
    }
    assert takes["POST /_sandbox/customer/pay"] == ["invoiceId", "amount", "tip", "clearsIn"]
    assert all(each["does"] for each in index["calls"])


@pytest.mark.parametrize("status", ["sent", "viewed"])
async def test_the_customer_answers(api: Api, status: str) -> None:
    made = await make(api, status)
    answer = await done(api, "customer/decline", {"estimateId": made})
    assert answer == {"estimateId": made, "success": True}
    assert (await one(api, made))["estimateStatus"] == "declined"
    again, answer = await call(api, "POST", "customer/accept", {"estimateId": made})
    assert (again, answer["error"]) == (409, "Conflict")
    other = await make(api, status)
    await done(api, "customer/accept", {"estimateId": other})
    assert (await one(api, other))["estimateStatus"] == "accepted"


async def test_the_customer_looks(api: Api) -> None:
    made = await make(api, "sent")
    assert await done(api, "customer/view", {"estimateId": made}) == {
        "estimateId": made,
        "success": True,
    }
    assert (await one(api, made))["estimateStatus"] == "viewed"
    billed = api.box.add_invoice(status="sent")
    await done(api, "customer/view", {"invoiceId": billed.id})
    assert [each["status"] for each in await all_invoices(api)] == ["viewed"]


async def test_the_customer_pays(api: Api) -> None:
    billed = api.box.add_invoice(status="sent", total="100.50")
    answer = await done(api, "customer/pay", {"invoiceId": billed.id, "amount": Decimal("40.25")})
    assert answer == {"invoiceId": billed.id, "success": True}
    await done(api, "customer/pay", {"invoiceId": billed.id, "amount": "30"})
    (read,) = await all_invoices(api)
    assert (read["status"], read["amountDue"]) == ("partially_paid", Decimal("30.25"))
    await done(api, "customer/pay", {"invoiceId": billed.id, "clearsIn": Decimal("1.5")})
    assert (await all_invoices(api))[0]["status"] == "payment_processing"
    await done(api, "clock/advance", {"seconds": Decimal("1.5")})
    assert (await all_invoices(api))[0]["status"] == "paid"
    payments = (await done(api, "created", method="GET", kind="payment"))["records"]
    assert [payment["amount"] for payment in payments] == [
        Decimal("40.25"),
        30,
        Decimal("30.25"),
    ]
    assert set(payments[0]) == {"id", "invoiceId", "locationId", "amount", "tip", "mode", "at"}
    assert (payments[0]["invoiceId"], payments[0]["mode"]) == (billed.id, "online")


async def test_the_customer_tips(api: Api) -> None:
    tips = {"tipsEnabled": True, "tipsPercentage": [5]}
    made = (await api.ok("POST", "/invoices/", invoice(tipsConfiguration=tips)))["_id"]
    await api.ok("POST", f"/invoices/{made}/send", SEND)
    await done(api, "customer/pay", {"invoiceId": made, "tip": "3.10"})
    (payment,) = api.box.created("payment")
    assert (payment.amount, payment.tip) == (1800, Decimal("3.1"))


async def test_time_passes(api: Api) -> None:
    answer = await done(api, "clock/advance", {"days": 1, "hours": 2, "minutes": 3, "seconds": 4})
    assert answer == {"now": "2026-08-28T05:47:52.047Z"}
    assert await done(api, "clock/advance", {}) == answer
    await done(api, "clock/advance", {"days": Decimal("0.5")})
    assert (await done(api, "", method="GET"))["now"] == "2026-08-28T17:47:52.047Z"


async def test_faults(api: Api) -> None:
    rule = {"kind": "fail", "operation": "invoices.list", "status": 502, "times": 2, "after": 1}
    answer = await done(api, "faults", rule)
    assert answer == {"kind": "fail", "operation": "invoices.list", "success": True}
    codes = [(await api("GET", "/invoices/", limit="1", offset="0"))[0] for _ in range(4)]
    assert codes == [200, 502, 502, 200]
    await done(api, "faults", {**rule, "times": None, "after": 0})
    codes = [(await api("GET", "/invoices/", limit="1", offset="0"))[0] for _ in range(3)]
    assert codes == [502, 502, 502]
    assert await done(api, "faults", method="DELETE") == {"success": True}
    assert (await api("GET", "/invoices/", limit="1", offset="0"))[0] == 200


async def test_a_token_expires(api: Api) -> None:
    other = api.box.add_location()
    there = api.box.add_token(locations=[other.id])
    await done(api, "expire-token", {"locationId": other.id})
    status, _ = await api("GET", "/invoices/settings", token=there, altId=other.id)
    assert (status, (await api("GET", "/invoices/settings"))[0]) == (401, 200)
    await done(api, "expire-token", {"afterCalls": 1})
    assert [(await api("GET", "/invoices/settings"))[0] for _ in range(2)] == [200, 401]


async def test_the_company_s_tokens_expire(api: Api) -> None:
    company = api.box.add_token(kind="Company")
    await done(api, "expire-token", {"companyTokens": True, "afterCalls": 1})
    seen = [(await api("GET", "/invoices/settings", token=company))[0] for _ in range(2)]
    assert (seen, (await api("GET", "/invoices/settings"))[0]) == ([200, 401], 200)


async def test_records_to_order(api: Api) -> None:
    place = await done(api, "add/location", {"id": "here", "timezone": "UTC", "name": "Here"})
    assert place == {"id": "here", "timezone": "UTC", "name": "Here"}
    token = await done(api, "add/token", {"value": "pit-here", "locations": ["here"]})
    assert token == {"value": "pit-here"}
    zoe = await done(api, "add/contact", {"id": "zoe", "name": "Zoe", "location": "here"})
    assert zoe == {"id": "zoe", "name": "Zoe", "email": "alex@example.com"}
    assert await done(api, "add/user", {"id": "u9", "location": "here"}) == {"id": "u9"}
    made = await done(
        api,
        "add/invoice",
        {"status": "sent", "total": Decimal("12.50"), "due_in": -1, "location": "here"},
    )
    assert (made["status"], made["total"], made["sentBy"]) == ("sent", Decimal("12.5"), "u9")
    assert made["dueDate"] == "2026-08-26"
    shown = await api("GET", f"/invoices/{made['_id']}", token="pit-here", altId="here")
    assert (shown[0], shown[1]["contactDetails"]) == (200, zoe)
    quote = await done(api, "add/estimate", {"status": "accepted", "total": "7"})
    assert (quote["estimateStatus"], quote["total"]) == ("accepted", 7)
    await api.ok("POST", f"{ESTIMATE}/{quote['_id']}/invoice", {"markAsInvoiced": True})


async def test_what_came_into_being(api: Api) -> None:
    made = await make(api)
    await api.ok("DELETE", f"{ESTIMATE}/{made}", {})
    (shown,) = (await done(api, "created", method="GET", kind="estimate"))["records"]
    assert (shown["_id"], shown["deleted"], shown["total"]) == (made, True, 353400)
    for kind in ("invoice", "schedule", "template", "estimate_template", "payment"):
        assert await done(api, "created", method="GET", kind=kind) == {"records": []}


async def test_the_log_shows_what_arrived_and_never_these_calls(api: Api) -> None:
    made = await make(api, altId=api.box.location_id)
    await api("GET", "/nowhere", q="1")
    headers = {"Content-Type": "application/json"}
    await api.http.post("/invoices/", content=b"\xff{", headers=headers)
    await done(api, "customer/view", {"estimateId": made})
    first, second, third = (await done(api, "arrivals", method="GET"))["arrivals"]
    assert first["body"]["name"] == "TEST - delete"
    assert first["headers"]["version"] == "2021-07-28"
    assert "authorization" not in first["headers"]
    assert {key: value for key, value in first.items() if key not in ("body", "headers")} == {
        "number": 1,
        "at": "2026-08-27T03:44:48.047Z",
        "operation": "estimates.create",
        "method": "POST",
        "path": "/invoices/estimate",
        "query": {},
        "locationId": api.box.location_id,
        "tokenOf": api.box.location_id,
        "status": 201,
        "committed": True,
        "made": [{"kind": "estimate", "id": made}],
        "fault": None,
    }
    assert (second["operation"], second["status"], second["query"]["q"]) == (None, 404, "1")
    assert (second["committed"], third["body"], third["status"]) == (False, "\ufffd{", 400)
    assert len(api.box.arrivals) == 3


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "text"),
    [
        ("POST", "customer/accept", {"estimateId": "nope"}, 404, "There is no estimate 'nope'."),
        ("POST", "customer/accept", {}, 422, "Object missing required field `estimateId`"),
        ("POST", "customer/accept", None, 422, "Object missing required field `estimateId`"),
        ("POST", "customer/accept", [], 422, "Expected `object`, got `array`"),
        (
            "POST",
            "customer/accept",
            {"estimateId": 5},
            422,
            "Expected `str`, got `int` - at `$.estimateId`",
        ),
        (
            "POST",
            "customer/accept",
            {"invoiceId": "x"},
            422,
            "Object contains unknown field `invoiceId`",
        ),
        ("POST", "customer/view", {}, 422, "give estimateId or invoiceId"),
        (
            "POST",
            "customer/view",
            {"estimateId": "x", "invoiceId": "x"},
            422,
            "give estimateId or invoiceId",
        ),
        ("POST", "customer/pay", {"invoiceId": "x"}, 404, "There is no invoice 'x'."),
        (
            "POST",
            "customer/pay",
            {"invoiceId": "x", "amount": "much"},
            422,
            "a finite Decimal, int or decimal text is wanted, not 'much' - at `$.amount`",
        ),
        ("POST", "customer/refund", {"estimateId": "nope"}, 404, None),
        ("GET", "customer/accept", None, 404, None),
        ("DELETE", "arrivals", None, 404, None),
        ("GET", "created", None, 422, "Object missing required field `kind`"),
        ("POST", "clock/advance", {"days": -1}, 422, "the clock only goes forward"),
        (
            "POST",
            "clock/advance",
            {"weeks": 1},
            422,
            "Object contains unknown field `weeks`",
        ),
        (
            "POST",
            "faults",
            {"kind": "drop", "operation": "x.y"},
            422,
            "the sandbox has no operation 'x.y'",
        ),
        (
            "POST",
            "expire-token",
            {"locationId": "x"},
            422,
            "the sandbox has no location 'x'",
        ),
        (
            "POST",
            "expire-token",
            {"locationId": "x", "companyTokens": True},
            422,
            "name a location or the company, not both",
        ),
        (
            "POST",
            "oauth/authorize",
            {"locations": ["x"]},
            422,
            "a Location consent is for one location: name it with location=",
        ),
        ("GET", "oauth/tokens", None, 404, None),
        (
            "POST",
            "add/invoice",
            {"status": "lost"},
            422,
            "'lost' is none of draft, sent, viewed, partially_paid, payment_processing, paid, void",
        ),
        ("POST", "add/template", {}, 404, None),
    ],
)
async def test_what_is_refused(
    api: Api, method: str, path: str, body: Any, status: int, text: str | None
) -> None:
    code, answer = await call(api, method, path, body)
    message = f"Cannot {method} /_sandbox/{path}" if text is None else text
    assert (code, answer["message"]) == (status, [message] if status == 422 else message)
    assert api.box.arrivals == []


async def test_an_unknown_kind_names_the_known_ones(api: Api) -> None:
    status, answer = await call(api, "GET", "created", kind="bill")
    assert (status, answer["message"]) == (
        422,
        ["'bill' is none of invoice, estimate, schedule, template, estimate_template, payment"],
    )


async def test_a_body_that_is_no_json_is_refused(api: Api) -> None:
    response = await api.http.post("/_sandbox/customer/accept", content=b"{")
    assert response.status_code == 400


@pytest.mark.parametrize("caller", ["192.0.2.1", "10.0.0.7", "::ffff:192.0.2.1", ""])
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "customer/accept"), ("GET", ""), ("GET", "arrivals"), ("GET", "oauth/app")],
)
async def test_strangers_are_refused(box: Sandbox, caller: str, method: str, path: str) -> None:
    transport = httpx.ASGITransport(app=box.app, client=(caller, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as http:
        response = await http.request(method, f"/_sandbox/{path}", json={"estimateId": "e"})
    assert (response.status_code, response.json()["statusCode"]) == (403, 403)


@pytest.mark.parametrize("caller", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
async def test_this_machine_is_not(box: Sandbox, caller: str) -> None:
    transport = httpx.ASGITransport(app=box.app, client=(caller, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as http:
        assert (await http.get("/_sandbox/")).status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        *(
            (host, 200)
            for host in ("127.0.0.1:8700", "localhost", "[::1]:1", "a.localhost", "sandbox")
        ),
        *(
            (host, 403)
            for host in ("evil.example", "127.evil.example:80", "192.0.2.1", "[", "[2001::1]")
        ),
        *(
            (host, 403)
            for host in ("localhost.evil.example", "localhost@evil.example", "evil.example.")
        ),
    ],
)
async def test_a_name_that_was_made_to_lead_here_is_refused(
    box: Sandbox, host: str, status: int
) -> None:
    async with httpx.AsyncClient(base_url=await box.serve()) as http:
        for path in ("oauth/app", "arrivals", ""):
            answer = await http.get(f"/_sandbox/{path}", headers={"host": host})
            assert (answer.status_code, "client_secret" in answer.text) == (
                status,
                status == 200 and path == "oauth/app",
            )


async def test_they_count_for_no_limit(api: Api) -> None:
    for _ in range(150):
        await done(api, "", method="GET")
    assert (await api("GET", "/invoices/settings"))[0] == 200


@pytest.mark.parametrize("kind", ["Location", "Company"])
async def test_another_program_may_play_the_consent(api: Api, kind: str) -> None:
    consent = await done(api, "oauth/authorize", {"userType": kind})
    form = {
        "client_id": consent["clientId"],
        "client_secret": consent["clientSecret"],
        "grant_type": "authorization_code",
        "code": consent["code"],
    }
    granted = (await api.http.post("/oauth/token", data=form)).json()
    assert (granted["userType"], granted["expires_in"]) == (kind, 86399)
    assert granted.get("locationId") == (api.box.location_id if kind == "Location" else None)
    status, answer = await call(api, "POST", "oauth/authorize", {"locationId": "nowhere"})
    assert status == 422
    assert "nowhere" in answer["message"][0]


async def test_another_program_may_choose_what_is_consented_to(api: Api) -> None:
    second, third = api.box.add_location().id, api.box.add_location().id
    app = await done(api, "oauth/app", method="GET")
    assert app == {
        "client_id": api.box.oauth.client_id,
        "client_secret": api.box.oauth.client_secret,
        "app_id": api.box.oauth.app_id,
        "version_id": api.box.oauth.version_id,
    }
    wanted = {"userType": "Company", "locations": [second, third], "scopes": ["oauth.write"]}
    form = {
        "client_id": app["client_id"],
        "client_secret": app["client_secret"],
        "grant_type": "authorization_code",
        "code": (await done(api, "oauth/authorize", wanted))["code"],
    }
    granted = (await api.http.post("/oauth/token", data=form)).json()
    assert (granted["scope"], granted["approvedLocations"]) == ("oauth.write", [second, third])


async def test_another_program_may_read_what_became_of_tokens(api: Api) -> None:
    nothing = {"refreshes": 0, "refused": 0, "minted": {}}
    assert await done(api, "oauth", method="GET") == nothing
    consent = await done(api, "oauth/authorize", {"userType": "Company"})
    app = {"client_id": consent["clientId"], "client_secret": consent["clientSecret"]}

    async def granted(**form: str) -> Any:
        return (await api.http.post("/oauth/token", data={**app, **form})).json()

    first = await granted(grant_type="authorization_code", code=consent["code"])
    for _ in range(2):
        await granted(grant_type="refresh_token", refresh_token=first["refresh_token"])
    where = {"companyId": first["companyId"], "locationId": api.box.location_id}
    headers = {"Authorization": f"Bearer {first['access_token']}", "Version": "2021-07-28"}
    await api.http.post("/oauth/locationToken", data=where, headers=headers)
    told = await done(api, "oauth", method="GET")
    assert told == {"refreshes": 1, "refused": 1, "minted": {api.box.location_id: 1}}
