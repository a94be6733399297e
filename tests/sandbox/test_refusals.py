"""What the service turns down, and the words it uses."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from hoopai_invoices.sandbox import SCOPES, Sandbox
from hoopai_invoices.sandbox.contract import packaged

from .samples import CASH, CONTACT, LINE, SEND, estimate, invoice, replacement
from .support import Api, api_of, new_box

pytestmark = pytest.mark.anyio

PAGE = {"limit": "10", "offset": "0"}
MISSING_SCOPE = {"statusCode": 401, "message": "The token is not authorized for this scope."}
OTHER_LOCATION = {
    "statusCode": 403,
    "message": "The token does not have access to this location.",
}


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"Authorization": None}, "Invalid JWT"),
        ({"Authorization": "Bearer nobody"}, "Invalid JWT"),
        ({"Authorization": "Basic abc"}, "Invalid JWT"),
        ({"Version": None}, "version header was not found."),
    ],
)
async def test_headers(api: Api, headers: dict[str, str | None], message: str) -> None:
    answer = await api("GET", "/invoices/settings", headers=headers)
    assert answer == (401, {"statusCode": 401, "message": message})


@pytest.mark.parametrize(
    ("method", "path", "body", "scope"),
    [
        ("GET", "/invoices/settings", None, "invoices.readonly"),
        ("POST", "/invoices/", invoice(), "invoices.write"),
        ("GET", "/invoices/estimate/number/generate", None, "invoices/estimate.readonly"),
        ("POST", "/invoices/estimate", estimate(), "invoices/estimate.write"),
    ],
)
async def test_each_operation_needs_its_scope_and_no_other(
    api: Api, method: str, path: str, body: Any, scope: str
) -> None:
    others = api.box.add_token(scopes=set(SCOPES) - {scope})
    assert await api(method, path, body, token=others) == (401, MISSING_SCOPE)
    status, _ = await api(method, path, body, token=api.box.add_token(scopes=[scope]))
    assert status in (200, 201)


async def test_operations_without_scopes_need_a_token_all_the_same(api: Api) -> None:
    made = await api.ok("POST", "/invoices/estimate", estimate())
    path, body = "/invoices/estimate/stats/last-visited-at", {"estimateId": made["_id"]}
    answer = await api("PATCH", path, body, token="nobody")
    assert answer == (401, {"statusCode": 401, "message": "Invalid JWT"})
    assert await api("PATCH", path, body, token=api.box.add_token(scopes=[])) == (200, None)
    elsewhere = api.box.add_token(locations=[api.box.add_location().id])
    assert await api("PATCH", path, body, token=elsewhere) == (403, OTHER_LOCATION)


async def test_text2pay_is_for_location_tokens(api: Api) -> None:
    company = api.box.add_token(kind="Company")
    body = text2pay()
    assert await api("POST", "/invoices/text2pay", body, token=company) == (401, MISSING_SCOPE)
    status, _ = await api("GET", "/invoices/settings", token=company)
    assert status == 200


def text2pay() -> dict[str, Any]:
    return invoice(businessDetails=None, userId="u1", action="draft")


async def test_another_location_is_refused_before_the_contents(api: Api) -> None:
    other = api.box.add_location(timezone="UTC")
    answer = await api("POST", "/invoices/", {"altId": other.id, "nonsense": 1})
    assert answer == (403, OTHER_LOCATION)
    answer = await api("GET", "/invoices/", headers={"Location-Id": other.id}, **PAGE)
    assert answer == (403, OTHER_LOCATION)


async def test_a_suspended_location_is_not_active(box: Sandbox, api: Api) -> None:
    shut = box.add_location(suspended=True)
    token = box.add_token(locations=[shut.id])
    status, answer = await api("GET", "/invoices/", token=token, altId=shut.id, **PAGE)
    assert (status, answer["message"]) == (400, "Location is not active")


async def test_a_record_of_another_location_is_not_found(box: Sandbox, api: Api) -> None:
    made = await api.ok("POST", "/invoices/", invoice())
    other = box.add_location()
    both = box.add_token(locations=[box.location_id, other.id])
    status, answer = await api("GET", f"/invoices/{made['_id']}", token=both, altId=other.id)
    assert (status, answer["message"]) == (404, "Invoice not found")


@pytest.mark.parametrize(
    ("method", "path", "query", "texts"),
    [
        (
            "GET",
            "/invoices/",
            {"offset": "0"},
            ["limit should not be empty", "limit must be a string"],
        ),
        ("GET", "/invoices/", {"limit": "", "offset": "0"}, ["limit should not be empty"]),
        ("GET", "/invoices/", {"limit": "x", "offset": "0"}, ["limit must be a number string"]),
        (
            "GET",
            "/invoices/estimate/list",
            {"limit": "10"},
            ["offset should not be empty", "offset must be a string"],
        ),
        ("GET", "/invoices/", {**PAGE, "skip": "1"}, ["property skip should not exist"]),
        (
            "GET",
            "/invoices/",
            {**PAGE, "startAt": "yesterday"},
            ["startAt must be a valid ISO 8601 date string"],
        ),
        (
            "GET",
            "/invoices/settings",
            {"altType": "company"},
            ["altType must be one of the following values: location"],
        ),
    ],
)
async def test_queries(
    api: Api, method: str, path: str, query: dict[str, str], texts: list[str]
) -> None:
    status, answer = await api(method, path, **query)
    assert (status, answer.pop("traceId") != "") == (422, True)
    assert answer == {"message": texts, "error": "Unprocessable Entity", "statusCode": 422}


def items(**changes: Any) -> dict[str, Any]:
    return {"items": [{**LINE, "type": "one_time", **changes}]}


@pytest.mark.parametrize(
    ("path", "body", "texts"),
    [
        (
            "/invoices/",
            invoice(pipelineStageName="x"),
            ["property pipelineStageName should not exist"],
        ),
        (
            "/invoices/",
            invoice(**items(unitPrice=1)),
            ["items.0.property unitPrice should not exist"],
        ),
        ("/invoices/", invoice(**items(_id="1")), ["items.0.property _id should not exist"]),
        (
            "/invoices/",
            invoice(businessDetails={"name": "A", "address": {"zip": "1"}}),
            ["businessDetails.address.property zip should not exist"],
        ),
        (
            "/invoices/",
            invoice(items=None),
            ["items should not be empty", "items must be an array"],
        ),
        ("/invoices/", invoice(liveMode=None), ["liveMode must be a boolean value"]),
        ("/invoices/", invoice(liveMode="no"), ["liveMode must be a boolean value"]),
        (
            "/invoices/",
            invoice(**items(qty=None)),
            ["items.0.qty must be a number conforming to the specified constraints"],
        ),
        (
            "/invoices/",
            invoice(sentTo={"email": ["a@example.com", 1]}),
            ["each value in sentTo.email must be a string"],
        ),
        (
            "/invoices/",
            invoice(issueDate="13/09/2026"),
            ["issueDate must be a valid ISO 8601 date string"],
        ),
        (
            "/invoices/",
            invoice(contactDetails={**CONTACT, "id": None}),
            ["contactDetails.id should not be empty", "contactDetails.id must be a string"],
        ),
        (
            "/invoices/estimate",
            estimate(name="n" * 41),
            ["name must be shorter than or equal to 40 characters"],
        ),
        (
            "/invoices/estimate",
            estimate(title="n" * 41),
            ["title must be shorter than or equal to 40 characters"],
        ),
        (
            "/invoices/estimate",
            estimate(expiryDate=None),
            ["expiryDate must be a valid ISO 8601 date string"],
        ),
        (
            "/invoices/estimate",
            estimate(title=None, items=[]),  # the database is not asked before the rules hold
            ["items should not be empty"],
        ),
    ],
)
async def test_bodies(api: Api, path: str, body: dict[str, Any], texts: list[str]) -> None:
    status, answer = await api("POST", path, body)
    assert (status, answer["message"]) == (422, texts)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"title": None}, "title: Path `title` is required."),
        (items(type=None), "items.0.type: Path `type` is required."),
        (
            {"title": None, **items(type=None)},
            "title: Path `title` is required., items.0.type: Path `type` is required.",
        ),
    ],
)
async def test_what_only_the_database_refuses_is_a_500(
    api: Api, changes: dict[str, Any], text: str
) -> None:
    status, answer = await api("POST", "/invoices/estimate", estimate(**changes))
    assert (status, answer["message"].split(": ", 1)) == (
        500,
        ["estimates validation failed", text],
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "n" * 160},
        {"discount": None, "sentTo": None},
        {"contactDetails": {"id": "anything", "name": "Alex"}},
        {"termsNotes": None, "tipsConfiguration": None},
    ],
)
async def test_what_the_service_takes(api: Api, changes: dict[str, Any]) -> None:
    await api.ok("POST", "/invoices/", invoice(**changes))


async def test_a_null_counts_as_not_given(api: Api) -> None:
    schedule = {"frequencySettings": {"enabled": False, "schedule": None}}
    await api.ok("POST", "/invoices/estimate", estimate(**schedule))


async def test_a_put_tolerates_the_sent_to_of_what_was_read(api: Api) -> None:
    made = await api.ok("POST", "/invoices/", invoice())
    body = replacement() | {"sentTo": {"email": ["b@example.com"]}}
    await api.ok("PUT", f"/invoices/{made['_id']}", body)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/x"), ("POST", "/invoices/template/"), ("PUT", "/invoices/"), ("GET", "/invoices")],
)
async def test_unknown_addresses(api: Api, method: str, path: str) -> None:
    answer = await api(method, path)
    assert answer == (404, {"statusCode": 404, "message": f"Cannot {method} {path}"})


async def test_an_operation_of_another_document_is_not_served() -> None:
    document = copy.deepcopy(dict(packaged()))
    settings = document["paths"]["/invoices/settings"]["get"]
    document["paths"]["/invoices/weather"] = {
        "get": {**settings, "operationId": "invoices_weather"}
    }
    async with new_box(document=document) as box:
        answer = await api_of(box)("GET", "/invoices/weather")
        text = "the sandbox does not serve invoices.weather"
        assert answer == (501, {"statusCode": 501, "message": text})


@pytest.mark.parametrize(
    "raw", [b"{", b"NaN", b'{"a": 1e999}', b"[" * 1000, b'"\\ud800"', b"\xff", b"[]"]
)
async def test_bodies_that_are_no_json_object(api: Api, raw: bytes) -> None:
    headers = {
        "Authorization": f"Bearer {api.box.token}",
        "Version": "2021-07-28",
        "Content-Type": "application/json",
    }
    response = await api.http.post("/invoices/", content=raw, headers=headers)
    assert response.status_code == 400


async def test_a_body_that_is_not_declared_as_json_is_not_read(api: Api) -> None:
    status, answer = await api("POST", "/invoices/", invoice(), headers={"Content-Type": None})
    assert (status, answer["message"][0]) == (
        422,
        "altId should not be empty",
    )


async def test_payment_amounts_are_positive(api: Api) -> None:
    made = await api.ok("POST", "/invoices/", invoice())
    path = f"/invoices/{made['_id']}/record-payment"
    status, answer = await api("POST", path, {**CASH, "amount": 0})
    assert (status, answer["message"]) == (422, ["amount must be a positive number"])


async def test_the_log_holds_what_arrived_but_no_token(box: Sandbox, api: Api) -> None:
    made = await api.ok("POST", "/invoices/", invoice())
    await api("POST", f"/invoices/{made['_id']}/send", SEND)
    await api("GET", "/nowhere", q="1")
    first, second, third = box.arrivals
    assert (first.method, first.path, first.status) == ("POST", "/invoices/", 201)
    assert second.body["userId"] == "u1"
    assert (third.query["q"], third.status) == ("1", 404)
    assert first.headers["version"] == "2021-07-28"
    assert box.token not in repr([(r, r.headers) for r in box.arrivals])
