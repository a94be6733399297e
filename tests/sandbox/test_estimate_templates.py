"""Estimate templates."""

from __future__ import annotations

from typing import Any

import pytest

from hoopai_invoices.sandbox import Choices, Sandbox

from .samples import BUSINESS, SEND
from .support import Api, api_of, new_box

pytestmark = pytest.mark.anyio

TEMPLATES = "/invoices/estimate/template"
PAGE = {"limit": "100", "offset": "0"}
LINE = {"name": "Uniform", "currency": "USD", "amount": 150, "qty": 1, "type": "one_time"}
FILE = {"id": "1", "name": "a.pdf", "url": "https://x.example", "type": "pdf", "size": 1}


def template(**changes: Any) -> dict[str, Any]:
    body = {
        "name": "Uniforms",
        "currency": "USD",
        "businessDetails": BUSINESS,
        "items": [LINE],
        "discount": {"type": "percentage", "value": 0},
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}


async def make(api: Api, **changes: Any) -> str:
    made: str = (await api.ok("POST", TEMPLATES, template(**changes)))["_id"]
    return made


async def preview(api: Api, template_id: str) -> Any:
    return await api.ok("GET", f"{TEMPLATES}/preview", templateId=template_id)


async def test_a_template_is_answered_as_it_was_sent(box: Sandbox, api: Api) -> None:
    body = template(
        title="Uniform quote",
        liveMode=False,
        discount={"type": "percentage", "value": 10},
        termsNotes="Delivery within four weeks.",
        automaticTaxesEnabled=False,
        meta={"order_no": 1},
        estimateNumberPrefix="Q-",
        attachments=[FILE],
        miscellaneousCharges={"charges": [{"name": "Fee", "charge": 1}]},
    )
    status, answer = await api("POST", TEMPLATES, body)
    assert status == 201
    assert len(answer.pop("_id")) == len(answer["items"][0].pop("_id")) == 24
    assert len(answer.pop("traceId")) == 36
    line = {**LINE, "taxes": [], "taxInclusive": False, "attachments": []}
    assert answer == {
        **body,
        "altId": box.location_id,
        "altType": "location",
        "items": [line],
        "meta": {"orderNo": 1},
        "deleted": False,
        "total": 135,
        "createdAt": "2026-08-27T03:44:48.047Z",
        "updatedAt": "2026-08-27T03:44:48.047Z",
        "__v": 0,
    }
    (model,) = box.created("estimate_template")
    assert (model.name, model.total) == ("Uniforms", 135)


async def test_it_is_created_with_201_whatever_other_posts_answer() -> None:
    async with new_box(choices=Choices(posts_answer="declared")) as box:
        status, _ = await api_of(box)("POST", TEMPLATES, template())
        assert status == 201


async def test_the_smallest_template_is_live(api: Api) -> None:
    details = {**SEND, "altId": api.box.location_id, "altType": "location"}
    answer = await preview(api, await make(api, sendEstimateDetails=details))
    assert set(answer) == {
        *("_id", "altId", "altType", "name", "currency", "businessDetails", "items", "discount"),
        *("liveMode", "attachments", "total", "deleted", "createdAt", "updatedAt", "__v"),
        "traceId",
    }
    assert (answer["liveMode"], answer["attachments"], answer["total"]) == (True, [], 150)


async def test_a_put_replaces_everything(box: Sandbox, api: Api) -> None:
    made = await make(
        api, title="Quote", termsNotes="Once.", meta={"a": 1}, attachments=[FILE], liveMode=False
    )
    box.clock.advance(seconds=5)
    body = template(name="Second", items=[{**LINE, "qty": 2}])
    answer = await api.ok("PUT", f"{TEMPLATES}/{made}", body)
    assert [answer[name] for name in ("title", "termsNotes", "meta")] == [None, None, None]
    assert (answer["name"], answer["total"]) == ("Second", 300)
    assert (answer["attachments"], answer["liveMode"]) == ([], True)
    assert answer["updatedAt"] == "2026-08-27T03:44:53.048Z"
    assert answer["_id"] == made


async def test_deleting_takes_a_body_and_the_template_vanishes(api: Api) -> None:
    made = await make(api)
    status, answer = await api("DELETE", f"{TEMPLATES}/{made}")
    assert (status, answer["message"][0]) == (422, "altId should not be empty")
    answer = await api.ok("DELETE", f"{TEMPLATES}/{made}", {})
    assert (answer["_id"], answer["deleted"]) == (made, True)
    assert (await api.ok("GET", TEMPLATES, **PAGE))["totalCount"] == 0
    for method, path, body in [
        ("DELETE", made, {}),
        ("PUT", made, template()),
        ("GET", "preview", None),
    ]:
        query = {} if body is not None else {"templateId": made}
        status, answer = await api(method, f"{TEMPLATES}/{path}", body, **query)
        assert (status, answer["message"]) == (404, "Estimate template not found")


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({}, "templateId should not be empty"),
        ({"templateId": ""}, "templateId should not be empty"),
    ],
)
async def test_a_preview_names_the_template(api: Api, query: dict[str, str], text: str) -> None:
    status, answer = await api("GET", f"{TEMPLATES}/preview", **query)
    assert (status, answer["message"][0]) == (422, text)


async def test_a_template_is_read_by_preview_alone(api: Api) -> None:
    made = await make(api)
    status, _ = await api("GET", f"{TEMPLATES}/{made}")
    assert status == 404


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["C", "Bravo", "A"]),
        ({"search": "bravo"}, ["Bravo"]),
        ({"limit": "1", "offset": "1"}, ["Bravo"]),
        ({"limit": "10", "offset": "3"}, []),
    ],
)
async def test_lists(api: Api, query: dict[str, str], names: list[str]) -> None:
    for name in ("A", "Bravo", "C"):
        await make(api, name=name)
    answer = await api.ok("GET", TEMPLATES, **{**PAGE, **query})
    assert [each["name"] for each in answer["data"]] == names
    assert set(answer) == {"data", "totalCount", "traceId"}
    if "limit" in query:
        assert answer["totalCount"] == 3


@pytest.mark.parametrize("name", ["status", "startAt", "paymentMode"])
async def test_a_list_takes_no_other_filter(api: Api, name: str) -> None:
    status, answer = await api("GET", TEMPLATES, **PAGE, **{name: "2026-08-26"})
    assert (status, answer["message"]) == (422, [f"property {name} should not exist"])


async def test_the_templates_of_another_location_are_not_found(box: Sandbox, api: Api) -> None:
    made = await make(api)
    other = box.add_location()
    both = box.add_token(locations=[box.location_id, other.id])
    for method, path, body in [
        ("PUT", made, template(altId=other.id)),
        ("DELETE", made, {"altId": other.id}),
        ("GET", "preview", None),
    ]:
        query = {} if body is not None else {"altId": other.id, "templateId": made}
        status, answer = await api(method, f"{TEMPLATES}/{path}", body, token=both, **query)
        assert (status, answer["message"]) == (404, "Estimate template not found")
    assert (await preview(api, made))["deleted"] is False
