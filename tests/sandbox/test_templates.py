"""Invoice templates."""

from __future__ import annotations

from typing import Any

import pytest

from hoopai_invoices.sandbox import Sandbox

from .samples import BUSINESS, LINE
from .support import Api

pytestmark = pytest.mark.anyio

TEMPLATES = "/invoices/template"
PAGE = {"limit": "100", "offset": "0"}
LATE_FEES: dict[str, Any] = {
    "enable": True,
    "value": 10,
    "type": "fixed",
    "frequency": {"intervalCount": 7, "interval": "day"},
}
METHODS = {"stripe": {"enableBankDebitOnly": True}}


def template(**changes: Any) -> dict[str, Any]:
    body = {
        "name": "Monthly coaching",
        "businessDetails": BUSINESS,
        "currency": "USD",
        "items": [LINE],
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}


async def make(api: Api, **changes: Any) -> str:
    made: str = (await api.ok("POST", TEMPLATES, template(**changes)))["_id"]
    return made


async def test_a_template_is_answered_as_it_was_sent(box: Sandbox, api: Api) -> None:
    body = template(
        internal=True,
        automaticTaxesEnabled=False,
        discount={"type": "percentage", "value": 10},
        termsNotes="Due within two weeks.",
        title="INVOICE",
        tipsConfiguration={"tipsEnabled": True, "tipsPercentage": [5, 10]},
        lateFeesConfiguration=LATE_FEES,
        invoiceNumberPrefix="CC-",
        paymentMethods=METHODS,
        attachments=["https://x.example/terms.pdf"],
        miscellaneousCharges={"charges": [{"name": "Fee", "charge": 1}]},
    )
    answer = await api.ok("POST", TEMPLATES, body)
    assert len(answer.pop("_id")) == len(answer["items"][0].pop("_id")) == 24
    assert len(answer.pop("traceId")) == 36
    assert answer == {
        **body,
        "altId": box.location_id,
        "altType": "location",
        "items": [{**LINE, "taxes": [], "taxInclusive": False}],
        "total": 135,
        "createdAt": "2026-08-27T03:44:48.047Z",
        "updatedAt": "2026-08-27T03:44:48.047Z",
    }
    (model,) = box.created("template")
    assert (model.name, model.total) == ("Monthly coaching", 135)


async def test_the_smallest_template(api: Api) -> None:
    made = await make(api)
    answer = await api.ok("GET", f"{TEMPLATES}/{made}")
    assert set(answer) == {
        *("_id", "altId", "altType", "name", "businessDetails", "currency", "items", "total"),
        *("createdAt", "updatedAt", "traceId"),
    }
    assert answer["total"] == 150


async def test_a_put_replaces_what_it_can_say(box: Sandbox, api: Api) -> None:
    made = await make(
        api,
        internal=True,
        title="INVOICE",
        termsNotes="Once.",
        discount={"type": "fixed", "value": 50},
        lateFeesConfiguration=LATE_FEES,
        paymentMethods=METHODS,
        invoiceNumberPrefix="CC-",
        attachments=["a"],
    )
    box.clock.advance(seconds=5)
    body = template(name="Second", items=[{**LINE, "qty": 2}])
    answer = await api.ok("PUT", f"{TEMPLATES}/{made}", body)
    cleared = [answer[name] for name in ("internal", "title", "termsNotes", "discount")]
    assert cleared == [None, None, None, None]
    assert "miscellaneousCharges" not in answer
    assert (answer["name"], answer["total"]) == ("Second", 300)
    assert answer["lateFeesConfiguration"] == LATE_FEES
    assert (answer["paymentMethods"], answer["attachments"]) == (METHODS, ["a"])
    assert answer["invoiceNumberPrefix"] == "CC-"
    assert answer["createdAt"] == "2026-08-27T03:44:48.047Z"
    assert answer["updatedAt"] == "2026-08-27T03:44:53.048Z"


@pytest.mark.parametrize(
    "name", ["lateFeesConfiguration", "paymentMethods", "invoiceNumberPrefix", "attachments"]
)
async def test_what_a_put_does_not_take(api: Api, name: str) -> None:
    made = await make(api)
    status, answer = await api("PUT", f"{TEMPLATES}/{made}", template(**{name: {}}))
    assert (status, answer["message"]) == (422, [f"property {name} should not exist"])


async def test_late_fees_and_payment_methods_have_their_own_calls(api: Api) -> None:
    made = await make(api, termsNotes="Once.")
    path = f"{TEMPLATES}/{made}"
    fees = {"lateFeesConfiguration": LATE_FEES}
    answer = await api.ok("PATCH", f"{path}/late-fees-configuration", fees)
    assert (answer["lateFeesConfiguration"], answer["termsNotes"]) == (LATE_FEES, "Once.")
    methods = {"paymentMethods": METHODS}
    answer = await api.ok("PATCH", f"{path}/payment-methods-configuration", methods)
    assert answer["paymentMethods"] == METHODS
    answer = await api.ok("PATCH", f"{path}/payment-methods-configuration", {})
    assert (answer["paymentMethods"], answer["lateFeesConfiguration"]) == (METHODS, LATE_FEES)


async def test_deleting(api: Api) -> None:
    made = await make(api)
    status, answer = await api("DELETE", f"{TEMPLATES}/{made}", {})
    assert (status, answer["message"][0]) == (422, "altId should not be empty")
    assert await api.ok("DELETE", f"{TEMPLATES}/{made}") == {"success": True}
    assert (await api.ok("GET", TEMPLATES, **PAGE))["totalCount"] == 0
    for method in ("GET", "DELETE"):
        status, answer = await api(method, f"{TEMPLATES}/{made}")
        assert (status, answer["message"]) == (404, "Template not found")


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["C", "Bravo", "A"]),
        ({"search": "bravo"}, ["Bravo"]),
        ({"startAt": "2026-08-27"}, ["C", "Bravo"]),
        ({"endAt": "2026-08-26"}, ["A"]),
        # a template has neither a state nor a mode
        ({"status": "draft", "paymentMode": "live"}, ["C", "Bravo", "A"]),
        ({"limit": "1", "offset": "1"}, ["Bravo"]),
        ({"limit": "10", "offset": "3"}, []),
    ],
)
async def test_lists(box: Sandbox, api: Api, query: dict[str, str], names: list[str]) -> None:
    for name in ("A", "Bravo", "C"):
        await make(api, name=name)
        box.clock.advance(days=1)
    answer = await api.ok("GET", TEMPLATES, **{**PAGE, **query})
    assert [each["name"] for each in answer["data"]] == names
    assert set(answer) == {"data", "totalCount"}
    if "limit" in query:
        assert answer["totalCount"] == 3


async def test_a_search_finds_an_id(api: Api) -> None:
    made = await make(api)
    await make(api)
    answer = await api.ok("GET", TEMPLATES, **PAGE, search=made)
    assert [each["_id"] for each in answer["data"]] == [made]


async def test_the_templates_of_another_location_are_not_found(box: Sandbox, api: Api) -> None:
    made = await make(api)
    other = box.add_location()
    both = box.add_token(locations=[box.location_id, other.id])
    path = f"{TEMPLATES}/{made}"
    for method, where, body in [
        ("GET", path, None),
        ("PUT", path, template()),
        ("DELETE", path, None),
        ("PATCH", f"{path}/late-fees-configuration", {"lateFeesConfiguration": LATE_FEES}),
        ("PATCH", f"{path}/payment-methods-configuration", {"paymentMethods": METHODS}),
    ]:
        sent = None if body is None else {**body, "altId": other.id}
        query = {"altId": other.id} if body is None else {}
        status, answer = await api(method, where, sent, token=both, **query)
        assert (status, answer["message"]) == (404, "Template not found"), where
    answer = await api.ok("GET", TEMPLATES, **PAGE)
    assert answer["totalCount"] == 1
