"""The recorded schedule, and short ways to have one run."""

from __future__ import annotations

from typing import Any

from .support import Api

SCHEDULES = "/invoices/schedule"

RECORDED: dict[str, Any] = {
    "name": "Example - Monthly plan",
    "title": "Monthly plan",
    "contactDetails": {
        "id": "c6tZZU0rJBf30ZXx9Gli",
        "name": "Alex",
        "email": "alex@example.com",
        "phoneNo": "+15555550100",
    },
    "schedule": {
        "rrule": {
            "intervalType": "monthly",
            "interval": 1,
            "startDate": "2026-09-30",
            "startTime": "09:00:00",
            "dayOfMonth": 30,
        }
    },
    "liveMode": True,
    "businessDetails": {
        "name": "Example",
        "address": {
            "addressLine1": "1 Main St",
            "city": "Villa Rica",
            "state": "GA",
            "countryCode": "US",
            "postalCode": "30180",
        },
    },
    "currency": "USD",
    "items": [
        {
            "name": "Plan",
            "description": "Monthly plan",
            "currency": "USD",
            "amount": 297,
            "qty": 1,
            "type": "recurring",
        }
    ],
    "discount": {"value": 0, "type": "percentage"},
    "termsNotes": "Billed monthly.",
    "invoiceNumberPrefix": "CC-",
}
STARTED_RECORDED = {"liveMode": True, "autoPayment": {"enable": True, "type": "customer_card"}}
"""The recorded body of a start."""
PLAIN = {"liveMode": True, "autoPayment": {"enable": False}}
"""The usual body of a start."""


def rule(kind: str, start: str, **more: Any) -> dict[str, Any]:
    """A rule with an interval of one."""
    return {"intervalType": kind, "interval": 1, "startDate": start, **more}


def schedule(options: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """The recorded schedule with other options (a rule, or `executeAt`) and changes.

    None leaves a property out.
    """
    body = {**RECORDED, **changes}
    if options is not None:
        body["schedule"] = options if "executeAt" in options else {"rrule": options}
    return {name: value for name, value in body.items() if value is not None}


def replacement(options: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """A PUT's body for the same."""
    return schedule(options, **{"invoiceNumberPrefix": None, **changes})


async def begin(
    api: Api,
    options: dict[str, Any] | None = None,
    start: dict[str, Any] = PLAIN,
    **changes: Any,
) -> str:
    """A schedule that was created and started; returns its id."""
    body = await api.ok("POST", SCHEDULES, schedule(options, **changes))
    await api.ok("POST", f"{SCHEDULES}/{body['_id']}/schedule", start)
    made: str = body["_id"]
    return made


async def read(api: Api, schedule_id: str) -> Any:
    """A schedule as it is now."""
    return await api.ok("GET", f"{SCHEDULES}/{schedule_id}")


async def billed(api: Api, schedule_id: str) -> list[str]:
    """The days of issue of a schedule's invoices."""
    return [invoice["issueDate"] for invoice in (await read(api, schedule_id))["invoices"]]
