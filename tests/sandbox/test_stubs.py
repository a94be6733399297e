"""What is served beside the invoicing operations: contacts, users and transactions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from hoopai_invoices.sandbox import Choices, Sandbox

from .samples import SEND, invoice
from .support import Api, api_of, new_box

pytestmark = pytest.mark.anyio

NO_SCOPE = (401, {"statusCode": 401, "message": "The token is not authorized for this scope."})
NO_LOCATION = (
    403,
    {"statusCode": 403, "message": "The token does not have access to this location."},
)
CONTACT, USERS, TRANSACTIONS = "/contacts/alex", "/users/", "/payments/transactions"


class Calls:
    """The three calls, as they are made for the first location."""

    def __init__(self, api: Api) -> None:
        self.api = api

    async def __call__(self, path: str, token: str | None = None, **query: str) -> tuple[int, Any]:
        place = self.api.box.location_id
        where: dict[str, str] = {USERS: {"locationId": place}, TRANSACTIONS: {"altId": place}}.get(
            path, {}
        )
        if path == TRANSACTIONS:
            where["altType"] = "location"
        headers = {"Authorization": f"Bearer {token or self.api.box.token}"}
        response = await self.api.http.get(
            path, params=where | query, headers={**headers, "Version": "2021-07-28"}
        )
        return response.status_code, response.json(parse_float=Decimal)

    async def ok(self, path: str, **query: str) -> Any:
        status, answer = await self(path, **query)
        assert status == 200, answer
        return answer


@pytest.fixture
async def calls(box: Sandbox) -> Calls:
    box.add_contact("Alex Lee", "alex@example.com", "+15550100", id="alex")
    return Calls(api_of(box))


async def test_a_contact(calls: Calls) -> None:
    answer = await calls.ok(CONTACT)
    assert answer.keys() == {"contact"}
    contact = answer["contact"]
    assert (contact["id"], contact["name"], contact["locationId"]) == (
        "alex",
        "Alex Lee",
        calls.api.box.location_id,
    )
    assert (contact["email"], contact["phone"]) == ("alex@example.com", "+15550100")


async def test_a_contact_that_is_not_there(calls: Calls) -> None:
    status, answer = await calls("/contacts/nobody")
    assert (status, answer["message"]) == (404, "Contact not found")


async def test_the_users_of_a_location(calls: Calls) -> None:
    box, other = calls.api.box, calls.api.box.add_location()
    robin = box.add_user()
    kim = box.add_user("Kim", "kim@example.com", location=other)
    rows = (await calls.ok(USERS))["users"]
    assert [(row["id"], row["name"], row["email"]) for row in rows] == [
        (robin, "Robin", "robin@example.com")
    ]
    assert rows[0]["roles"]["locationIds"] == [box.location_id]
    token = box.add_token(locations=[other.id])
    _, answer = await calls(USERS, token, locationId=other.id)
    assert [row["id"] for row in answer["users"]] == [kim]


async def test_a_transaction_is_a_payment(calls: Calls) -> None:
    box = calls.api.box
    sent = box.add_invoice(status="sent", total="150.50", contact="alex", name="Coaching")
    assert await calls.ok(TRANSACTIONS) == {"data": [], "totalCount": 0}
    box.customer.pay(sent)
    answer = await calls.ok(TRANSACTIONS)
    (row,) = answer["data"]
    (payment,) = box.created("payment")
    assert answer["totalCount"] == 1
    assert row == {
        "_id": payment.id,
        "altId": box.location_id,
        "altType": "location",
        "contactId": "alex",
        "contactName": "Alex Lee",
        "contactEmail": "alex@example.com",
        "currency": "USD",
        "amount": Decimal("150.5"),
        "status": "succeeded",
        "liveMode": False,
        "entityType": "invoice",
        "entityId": sent.id,
        "entitySourceType": "invoice",
        "entitySourceName": "Coaching",
        "entitySourceId": sent.id,
        "createdAt": payment.at,
        "updatedAt": payment.at,
        "fulfilledAt": payment.at,
    }


async def test_recorded_payments_are_transactions_too(calls: Calls) -> None:
    api = calls.api
    sent = api.box.add_invoice(status="sent", total="100")
    for amount in (30, 70):
        path = f"/invoices/{sent.id}/record-payment"
        await api.ok("POST", path, {"mode": "cash", "amount": amount})
    rows = (await calls.ok(TRANSACTIONS))["data"]
    assert [row["amount"] for row in rows] == [70, 30]  # the newest first


async def test_a_tip_is_part_of_what_was_charged(calls: Calls) -> None:
    api = calls.api
    tips = {"tipsEnabled": True, "tipsPercentage": [5, 10]}
    made = await api.ok("POST", "/invoices/", invoice(tipsConfiguration=tips))
    await api.ok("POST", f"/invoices/{made['_id']}/send", SEND)
    api.box.customer.pay(made["_id"], tip="90.50")
    (row,) = (await calls.ok(TRANSACTIONS))["data"]
    assert row["amount"] == Decimal("1890.5")


async def test_what_is_pending_is_no_transaction(calls: Calls) -> None:
    sent = calls.api.box.add_invoice(status="sent")
    calls.api.box.customer.pay(sent, clears_in=60)
    assert (await calls.ok(TRANSACTIONS))["totalCount"] == 0
    calls.api.box.clock.advance(seconds=60)
    assert (await calls.ok(TRANSACTIONS))["totalCount"] == 1


async def test_filters_of_the_transactions(calls: Calls) -> None:
    box = calls.api.box
    box.add_contact("Zoe", "zoe@example.com", id="zoe")
    paid = [
        box.add_invoice(status="paid", total=total, contact=contact, live_mode=live).id or ""
        for total, contact, live in ((1, "alex", False), (2, "zoe", False), (3, "alex", True))
    ]
    box.clock.advance(days=1)
    paid.append(box.add_invoice(status="paid", total=4, contact="zoe").id or "")

    async def amounts(**query: str) -> tuple[list[int], int]:
        answer = await calls.ok(TRANSACTIONS, **query)
        return [int(row["amount"]) for row in answer["data"]], answer["totalCount"]

    assert await amounts() == ([4, 3, 2, 1], 4)
    assert await amounts(limit="2") == ([4, 3], 4)
    assert await amounts(limit="2", offset="3") == ([1], 4)
    assert await amounts(contactId="alex") == ([3, 1], 2)
    assert await amounts(entityId=paid[1]) == ([2], 1)
    assert await amounts(paymentMode="live") == ([3], 1)
    assert await amounts(paymentMode="test") == ([4, 2, 1], 3)
    # The location's own days: there it is still the evening of the 26th.
    assert await amounts(endAt="2026-08-26") == ([3, 2, 1], 3)
    assert await amounts(startAt="2026-08-27", endAt="2026-08-27") == ([4], 1)


async def test_transactions_come_by_ten_and_from_one_location(calls: Calls) -> None:
    box, other = calls.api.box, calls.api.box.add_location()
    for _ in range(11):
        box.add_invoice(status="paid")
    box.add_invoice(status="paid", location=other)
    answer = await calls.ok(TRANSACTIONS)
    assert (len(answer["data"]), answer["totalCount"]) == (10, 11)


async def test_transactions_can_lag_behind(calls: Calls) -> None:
    box = calls.api.box
    box.faults.lag("transactions.list", seconds=5)
    box.add_invoice(status="paid")
    assert (await calls.ok(TRANSACTIONS))["totalCount"] == 0
    box.clock.advance(seconds=5)
    assert (await calls.ok(TRANSACTIONS))["totalCount"] == 1


@pytest.mark.parametrize(
    ("path", "query", "text"),
    [
        (USERS, {"locationId": ""}, "locationId should not be empty"),
        (TRANSACTIONS, {"altType": "company"}, "altType must be one of the following values"),
        (TRANSACTIONS, {"limit": "x"}, "limit must be a number string"),
        (TRANSACTIONS, {"colour": "red"}, "property colour should not exist"),
    ],
)
async def test_queries_that_are_refused(calls: Calls, path: str, query: Any, text: str) -> None:
    status, answer = await calls(path, **query)
    assert (status, len(answer["message"])) == (422, 1)
    assert answer["message"][0].startswith(text)


@pytest.mark.parametrize(
    ("path", "scope", "name"),
    [
        (CONTACT, "contacts.readonly", "contacts.get"),
        (USERS, "users.readonly", "users.list"),
        (TRANSACTIONS, "payments/transactions.readonly", "transactions.list"),
    ],
)
async def test_access_as_everywhere(calls: Calls, path: str, scope: str, name: str) -> None:
    box = calls.api.box
    everything = {"contacts.readonly", "users.readonly", "payments/transactions.readonly"}
    assert (await calls(path, box.add_token(scopes=[scope])))[0] == 200
    assert box.calls[-1] == name
    assert await calls(path, box.add_token(scopes=everything - {scope})) == NO_SCOPE
    assert await calls(path, "nobody") == (401, {"statusCode": 401, "message": "Invalid JWT"})
    other = box.add_location()
    assert await calls(path, box.add_token(locations=[other.id])) == NO_LOCATION
    company = await calls(path, box.add_token(kind="Company"))
    assert company == NO_SCOPE if path != CONTACT else company[0] == 200
    box.add_contact(id="zoe", location=other)
    there = {USERS: {"locationId": other.id}, TRANSACTIONS: {"altId": other.id}}.get(path, {})
    address = path.replace("alex", "zoe")
    token = box.add_token(locations=[other.id])
    assert (await calls(address, token, **there))[0] == 200
    other.suspended = True
    status, answer = await calls(address, token, **there)
    assert (status, answer["message"]) == (400, "Location is not active")


async def test_company_tokens_may_be_refused_but_for_contacts() -> None:
    """A contact's address names no location, so the choice says nothing about it."""
    async with new_box(choices=Choices(company_calls="refused")) as box:
        box.add_contact(id="alex")
        status, _ = await Calls(api_of(box))(CONTACT, box.add_token(kind="Company"))
        assert status == 200


async def test_they_know_faults_and_nothing_but_reading(calls: Calls) -> None:
    api = calls.api
    for name in ("contacts.get", "users.list", "transactions.list"):
        api.box.faults.fail(name, status=503)
    for path in (CONTACT, USERS, TRANSACTIONS):
        assert (await calls(path))[0] == 503
        assert (await calls(path))[0] == 200
        for method in ("POST", "PUT", "DELETE"):
            answer = await api(method, path, {})
            assert answer == (404, {"statusCode": 404, "message": f"Cannot {method} {path}"})
