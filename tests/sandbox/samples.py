"""Valid bodies: the recorded ones, and the smallest that pass."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

BUSINESS = {"name": "Example LLC"}
CONTACT = {"id": "c6tZZU0rJBf30ZXx9Gli", "name": "Alex", "email": "alex@example.com"}
LINE: dict[str, Any] = {"name": "One hour", "currency": "USD", "amount": 150, "qty": 1}

INVOICE_RECORDED: dict[str, Any] = {
    "name": "INV-0001: Explainer",
    "title": "INVOICE",
    "currency": "USD",
    "businessDetails": BUSINESS,
    "contactDetails": CONTACT,
    "items": [{"name": "Explainer, ninety seconds", "currency": "USD", "amount": 1800, "qty": 1}],
    "discount": {"type": "percentage", "value": 0},
    "issueDate": "2026-09-13",
    "dueDate": "2026-10-01",
    "sentTo": {"email": ["alex@example.com"]},
    "liveMode": False,
    "termsNotes": "Half up front, the rest on approval.",
}

ESTIMATE_RECORDED: dict[str, Any] = {
    "name": "TEST - delete",
    "title": "Test quote",
    "currency": "CRC",
    "liveMode": False,
    "businessDetails": {"name": "Example Business"},
    "contactDetails": {
        "id": "000000000000000000000000",
        "name": "Automated Test",
        "email": "test@example.invalid",
    },
    "items": [
        {
            "name": "Short sleeve uniform",
            "currency": "CRC",
            "amount": 15500,
            "qty": 24,
            "type": "one_time",
        }
    ],
    "discount": {"type": "percentage", "value": 5},
    "issueDate": "2026-08-26",
    "expiryDate": "2026-09-25",
    "termsNotes": "Automated test quote.",
    "frequencySettings": {"enabled": False},
}

# The recorded answer to it, ids and times of creation aside; the number was the location's fifth.
ESTIMATE_ANSWERED: dict[str, Any] = {
    "altType": "location",
    "name": "TEST - delete",
    "businessDetails": {"name": "Example Business"},
    "estimateStatus": "draft",
    "estimateNumber": 5,
    "currency": "CRC",
    "contactDetails": ESTIMATE_RECORDED["contactDetails"],
    "issueDate": "2026-08-26T06:00:00.000Z",
    "expiryDate": "2026-09-26T05:59:59.999Z",
    "termsNotes": "Automated test quote.",
    "discount": {"type": "percentage", "value": 5},
    "items": [
        {
            "name": "Short sleeve uniform",
            "currency": "CRC",
            "amount": 15500,
            "qty": 24,
            "taxes": [],
            "type": "one_time",
            "taxInclusive": False,
            "attachments": [],
        }
    ],
    "deleted": False,
    "automaticTaxesCalculated": False,
    "title": "Test quote",
    "total": 353400,
    "totalamountInUSD": Decimal("777.41"),
    "estimateActionHistory": [],
    "liveMode": False,
    "frequencySettings": {"enabled": False},
    "attachments": [],
    "configuration": {"precision": 4},
    "createdAt": "2026-08-27T03:44:48.051Z",
    "updatedAt": "2026-08-27T03:44:48.051Z",
    "__v": 0,
}

TEMPLATE: dict[str, Any] = {
    "name": "Monthly coaching",
    "businessDetails": BUSINESS,
    "currency": "USD",
    "items": [LINE],
}

ESTIMATE_TEMPLATE: dict[str, Any] = {
    "name": "Coaching",
    "title": "ESTIMATE",
    "businessDetails": BUSINESS,
    "currency": "USD",
    "items": [{**LINE, "type": "one_time"}],
    "discount": {"type": "percentage", "value": 0},
    "liveMode": False,
}

SCHEDULE: dict[str, Any] = {
    "name": "Example - Monthly plan",
    "title": "Monthly plan",
    "contactDetails": CONTACT,
    "schedule": {
        "rrule": {
            "intervalType": "monthly",
            "interval": 1,
            "startDate": "2026-09-30",
            "startTime": "09:00:00",
            "dayOfMonth": 30,
        }
    },
    "liveMode": False,
    "businessDetails": BUSINESS,
    "currency": "USD",
    "items": [{**LINE, "amount": 297, "type": "recurring"}],
    "discount": {"type": "percentage", "value": 0},
}

SEND = {"userId": "u1", "action": "email", "liveMode": False}
CASH = {"mode": "cash"}


def estimate(**changes: Any) -> dict[str, Any]:
    """The recorded estimate with changes; None leaves a property out."""
    body = {**ESTIMATE_RECORDED, **changes}
    return {name: value for name, value in body.items() if value is not None}


def invoice(**changes: Any) -> dict[str, Any]:
    """The recorded invoice with changes; None leaves a property out."""
    body = {**INVOICE_RECORDED, **changes}
    return {name: value for name, value in body.items() if value is not None}


def replacement(**changes: Any) -> dict[str, Any]:
    """A PUT's body for the recorded invoice, with changes."""
    body = invoice(**changes)
    lines = body.pop("items")
    body.pop("sentTo", None)
    return {"invoiceItems": lines, **body}
