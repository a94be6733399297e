"""What people look up around billing: contacts, users and transactions, for reading only."""

from __future__ import annotations

from typing import Any

from ..access import reach
from ..call import Answer, Call, Handler
from ..contract import Operation
from ..errors import SandboxError
from ..state import Payment, Record
from .days import day_of, instant
from .money import plus

__all__ = ["HANDLERS", "OPERATIONS"]

_TEXT = {"type": "string"}
_DIGITS = {"type": "string", "pattern": "^[0-9]+$"}
_LONGEST = 18  # digits of a number that int() is asked for
_CONTACTS = frozenset({"contacts.readonly"})

OPERATIONS = (
    Operation(
        id="contacts_get",
        name="contacts.get",
        method="GET",
        segments=("contacts", "{contactId}"),
        scopes={"Location": _CONTACTS, "Company": _CONTACTS},
        query=None,
        body=None,
        location=None,
    ),
    Operation(
        id="users_list",
        name="users.list",
        method="GET",
        segments=("users", ""),
        scopes={"Location": frozenset({"users.readonly"})},
        query={
            "type": "object",
            "properties": {"locationId": {"type": "string", "minLength": 1}},
            "required": ["locationId"],
        },
        body=None,
        location="locationId",
    ),
    Operation(
        id="transactions_list",
        name="transactions.list",
        method="GET",
        segments=("payments", "transactions"),
        scopes={"Location": frozenset({"payments/transactions.readonly"})},
        query={
            "type": "object",
            "properties": {
                "altId": {"type": "string", "minLength": 1},
                "altType": {"type": "string", "enum": ["location"]},
                **dict.fromkeys(("limit", "offset"), _DIGITS),
                **dict.fromkeys(("contactId", "entityId", "startAt", "endAt"), _TEXT),
                "paymentMode": {"type": "string", "enum": ["live", "test"]},
            },
            "required": ["altId", "altType"],
        },
        body=None,
    ),
)
"""Calls beside the invoicing operations. Two are for Location tokens alone, as declared."""


def _contact(call: Call) -> Answer:
    contact = call.state.contacts.get(call.path["contactId"])
    if contact is None:
        raise SandboxError(404, "Contact not found")
    assert call.token is not None
    reach(call.state, call.token, contact["locationId"])
    return Answer(200, {"contact": contact})


def _users(call: Call) -> Answer:
    place = call.location.id
    users = [u for u in call.state.users.values() if place in u["roles"]["locationIds"]]
    return Answer(200, {"users": users})


def _transactions(call: Call) -> Answer:
    state, query, place = call.state, call.query, call.location
    seen = None if call.as_of is None else instant(call.as_of)
    found: list[Record] = []
    for payment in reversed(state.payments):
        if payment.location_id != place.id or (seen is not None and payment.booked > seen):
            continue
        row = _row(payment, state.invoices.get(payment.invoice_id) or {})
        day = day_of(payment.at, place.zone)
        if (
            query.get("contactId") in (None, "", row["contactId"])
            and query.get("entityId") in (None, "", row["entityId"])
            and query.get("paymentMode") in (None, "live" if row["liveMode"] else "test")
            and (not query.get("startAt") or query["startAt"] <= day)
            and (not query.get("endAt") or day <= query["endAt"])
        ):
            found.append(row)
    start, size = (
        int(query.get(name, default)[:_LONGEST])
        for name, default in (("offset", "0"), ("limit", "10"))
    )
    return Answer(200, {"data": found[start : start + size], "totalCount": len(found)})


def _row(payment: Payment, invoice: Record) -> Record:
    contact: dict[str, Any] = invoice.get("contactDetails") or {}
    return {
        "_id": payment.id,
        "altId": payment.location_id,
        "altType": "location",
        "contactId": contact.get("id"),
        "contactName": contact.get("name"),
        "contactEmail": contact.get("email"),
        "currency": invoice.get("currency"),
        "amount": plus(payment.amount, payment.tip),
        "status": "succeeded",
        "liveMode": bool(invoice.get("liveMode")),
        "entityType": "invoice",
        "entityId": payment.invoice_id,
        "entitySourceType": "invoice",
        "entitySourceName": invoice.get("name"),
        "entitySourceId": payment.invoice_id,
        "createdAt": payment.at,
        "updatedAt": payment.at,
        "fulfilledAt": payment.at,
    }


HANDLERS: dict[str, Handler] = {
    "contacts_get": _contact,
    "users_list": _users,
    "transactions_list": _transactions,
}
