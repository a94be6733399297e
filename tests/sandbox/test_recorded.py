"""The recorded traffic: what the service took is taken, what it answered is answered.

Each file's name says what it is: `<resource>.<method>.request.json` was accepted,
`….response.<status>.json` is the answer to it, and `error.<status>.<cause>.json` a refusal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hoopai_invoices.sandbox import Sandbox

from .support import Api, api_of, new_box

pytestmark = pytest.mark.anyio

FOLDER = Path(__file__).parent.parent / "recorded"
FILES = {path.name.removesuffix(".json"): path for path in sorted(FOLDER.glob("*.json"))}
REQUESTS = [name.removesuffix(".request") for name in FILES if name.endswith(".request")]
ANSWERS = [name for name in FILES if ".response." in name]
ERRORS = [name for name in FILES if name.startswith("error.")]

# What is of its own in every answer; their form is compared.
OWN = (
    re.compile(r"[0-9a-f]{24}"),
    re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"),
)
OWN_KEYS = {"_id", "traceId", "createdAt", "updatedAt"}


def read(name: str) -> Any:
    return json.loads(FILES[name].read_text(), parse_float=Decimal)


def filled(value: Any, box: Sandbox) -> Any:
    """A recorded body with what stood at its placeholders."""
    if isinstance(value, dict):
        return {key: filled(child, box) for key, child in value.items()}
    if isinstance(value, list):
        return [filled(child, box) for child in value]
    if isinstance(value, str) and value.startswith("<"):
        known = {"<LOCATION_ID>": box.location_id, "<USER_ID>": "u1", "<CONTACT_ID>": "c1"}
        return known[value]
    return value


# Where each request goes. What stands before the path is recorded too, and comes first.
ROUTES = {
    "estimate.create": "POST /invoices/estimate",
    "estimate.delete": "DELETE /invoices/estimate/{estimate.create}",
    "invoice.create": "POST /invoices/",
    "invoice.record-payment": "POST /invoices/{invoice.create}/record-payment",
    "invoice.send": "POST /invoices/{invoice.create}/send",
    "schedule.create": "POST /invoices/schedule",
    "schedule.start": "POST /invoices/schedule/{schedule.create}/schedule",
}


async def replay(api: Api, name: str) -> tuple[int, Any]:
    """Send a recorded request as it was, after the one that made what it is about."""
    method, path = ROUTES[name].split()
    before = re.search(r"{(.+)}", path)
    if before:
        _status, made = await replay(api, before[1])
        path = path.replace(before[0], made["_id"])
    return await api(method, path, filled(read(f"{name}.request"), api.box))


def differences(recorded: Any, answered: Any, at: str = "") -> list[str]:
    """Where an answer isn't as recorded: keys, types and values, or the form of what is its own."""
    if type(recorded) is not type(answered):
        return [f"{at}: {recorded!r} was recorded, not {answered!r}"]
    if isinstance(recorded, dict):
        keys = [f"{at}.{key}: only in one" for key in recorded.keys() ^ answered.keys()]
        both = [key for key in recorded if key in answered]
        return keys + [
            text
            for key in both
            for text in (
                own(recorded[key], answered[key], f"{at}.{key}")
                if key in OWN_KEYS
                else differences(recorded[key], answered[key], f"{at}.{key}")
            )
        ]
    if isinstance(recorded, list):
        if len(recorded) != len(answered):
            return [f"{at}: {len(recorded)} were recorded, not {len(answered)}"]
        pairs = enumerate(zip(recorded, answered, strict=True))
        return [text for i, (one, two) in pairs for text in differences(one, two, f"{at}[{i}]")]
    if recorded == answered or (isinstance(recorded, str) and recorded.startswith("<")):
        return []
    return [f"{at}: {recorded!r} was recorded, not {answered!r}"]


def own(recorded: str, answered: str, at: str) -> list[str]:
    """Whether both have one form."""
    same = any(form.fullmatch(recorded) and form.fullmatch(answered) for form in OWN)
    return [] if same else [f"{at}: {answered!r} has not the form of {recorded!r}"]


# What each refusal was recorded for.


async def invalid_jwt(api: Api) -> tuple[int, Any]:
    token = "eyJhbGciOiJIUzI1NiJ9.e30.x"
    return await api("GET", "/invoices/6a8fb2b0816b79f4fb264806", token=token)


async def scope(api: Api) -> tuple[int, Any]:
    token = api.box.add_token(scopes=["invoices/estimate.readonly"])
    body = filled(read("estimate.create.request"), api.box)
    return await api("POST", "/invoices/estimate", body, token=token)


async def location(api: Api) -> tuple[int, Any]:
    other = api.box.add_location()
    return await api("GET", "/invoices/6a8fb2b0816b79f4fb264806", altId=other.id)


async def unknown_property(api: Api) -> tuple[int, Any]:
    body = filled(read("estimate.create.request"), api.box)
    return await api("POST", "/invoices/estimate", {**body, "pipelineStageName": "Won"})


CAUSES: dict[str, Callable[[Api], Awaitable[tuple[int, Any]]]] = {
    "error.401.invalid-jwt": invalid_jwt,
    "error.401.scope": scope,
    "error.403.location": location,
    "error.422.unknown-property": unknown_property,
}


@pytest.mark.parametrize("name", REQUESTS)
async def test_what_was_accepted_is_accepted(api: Api, name: str) -> None:
    status, answer = await replay(api, name)
    assert status in (200, 201), answer


@pytest.mark.parametrize("name", ANSWERS)
async def test_what_was_answered_is_answered(name: str) -> None:
    request, _, status = name.rpartition(".response.")
    recorded = read(name)
    asked = datetime.fromisoformat(recorded["createdAt"])
    # The number tells that others came before it, an hour earlier.
    async with new_box(now=asked - timedelta(hours=1)) as box:
        api = api_of(box)
        for _ in range(recorded.get("estimateNumber", 1) - 1):
            await replay(api, request)
        box.clock.advance(hours=1)
        answer = await replay(api, request)
    assert answer[0] == int(status)
    assert differences(recorded, answer[1]) == []


@pytest.mark.parametrize("name", ERRORS)
async def test_what_was_refused_is_refused_alike(api: Api, name: str) -> None:
    status, answer = await CAUSES[name](api)
    recorded = read(name)
    # Validation errors were seen with a trace and without; the other refusals without.
    answer.pop("traceId", None) if status == 422 else None
    assert (status, answer) == (recorded["statusCode"], recorded)


async def test_the_recorded_payment_pays_the_recorded_invoice(api: Api) -> None:
    _status, answer = await replay(api, "invoice.record-payment")
    invoice = answer["invoice"]
    assert (invoice["status"], invoice["total"], invoice["amountPaid"]) == ("paid", 1800, 1800)


async def test_the_recorded_schedule_gives_the_recorded_invoice(api: Api) -> None:
    _status, schedule = await replay(api, "schedule.start")
    api.box.clock.advance(days=40)
    path = f"/invoices/schedule/{schedule['_id']}"
    (made,) = (await api.ok("GET", path))["invoices"]
    assert (made["total"], made["invoiceNumberPrefix"]) == (297, "CC-")
    assert made["createdAt"].startswith("2026-09-30T15:00")  # nine o'clock in its location


def test_every_file_is_used() -> None:
    kinds = {f"{name}.request" for name in ROUTES} | set(CAUSES) | set(ANSWERS)
    assert kinds == set(FILES)
    assert ANSWERS == ["estimate.create.response.201"]


def test_a_difference_is_seen() -> None:
    recorded = {"_id": "6a8fb2b0816b79f4fb264806", "total": 10, "items": [{"qty": 1}], "at": None}
    same = {**recorded, "_id": "000000000000000000000000"}
    assert differences(recorded, same) == []
    changes: tuple[dict[str, Any], ...] = (
        {"_id": "x"},
        {"total": Decimal("10.0")},
        {"total": 11},
        {"items": []},
        {"items": [{"qty": True}]},
        {"at": ""},
        {"more": 1},
    )
    for change in changes:
        assert len(differences(recorded, {**same, **change})) == 1, change
