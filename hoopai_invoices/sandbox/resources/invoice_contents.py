"""What the caller decides about an invoice, checked and as it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from ..errors import SandboxError
from ..state import Location, Record, State
from . import payment_plans, totals
from .money import symbol
from .records import given, lines
from .settings import NUMBER_PREFIX, TITLE

__all__ = ["REPLACED", "contents"]

REPLACED = (
    "businessDetails",
    "description",
    "termsNotes",
    "discount",
    "automaticTaxesEnabled",
    "paymentSchedule",
    "tipsConfiguration",
    "xeroDetails",
    "paymentMethods",
    "miscellaneousCharges",
)
"""As sent; a PUT that leaves one out clears it."""
# A PUT has no way to say these, or an invoice cannot be without them: left out, they stay.
_KEPT = ("contactDetails", "liveMode", "sentTo", "lateFeesConfiguration")


def contents(
    state: State,
    location: Location,
    body: Mapping[str, Any],
    items: list[Record],
    before: Record | None = None,
    *,
    backdated: bool = False,
) -> Record:
    """The stored form of a validated body (or of an estimate's or a schedule's parts).

    Args:
        state: The sandbox's state.
        location: Where the invoice belongs.
        body: What was sent.
        items: The lines, which creation and PUT name differently.
        before: The invoice whose contents these replace.
        backdated: Whether it may be due in the past.

    Raises:
        SandboxError: The days or the payment plan cannot be, or there is no such contact.
    """
    stored = lines(state, items, taxes=[], type="one_time", taxInclusive=False, attachments=[])
    sums = totals.compute(stored, body.get("discount"))
    for line, sum_of_line in zip(stored, sums.lines, strict=True):
        line |= {
            "itemTotalTax": sum_of_line.tax,
            "itemTotalDiscount": sum_of_line.discount,
            "itemUnitDiscount": totals.per_unit(sum_of_line.discount, line["qty"]),
        }
    currency = body["currency"]
    due = body.get("dueDate") or _later(body["issueDate"], location.due_after_days)
    # An overdue invoice may be corrected, as long as its day stays.
    kept = before is not None and due == before["dueDate"]
    if due < state.today(location) and not (kept or backdated):
        raise SandboxError(422, ["dueDate must not be in the past"])
    made = {
        **given(body, ("name", "currency", *REPLACED, *_KEPT)),
        "title": body.get("title") or TITLE,
        "invoiceNumberPrefix": body.get("invoiceNumberPrefix") or NUMBER_PREFIX,
        "currencyOptions": {"code": currency, "symbol": symbol(currency)},
        "issueDate": body["issueDate"],
        "dueDate": due,
        "invoiceItems": stored,
        "attachments": given(body, ("attachments",)).get("attachments", []),
        "invoiceTotal": sums.total,
        "totalSummary": {
            "subTotal": sums.sub_total,
            "discount": sums.discount,
            "tax": sums.tax,
        },
    }
    if "paymentSchedule" in made:
        old = (before or {}).get("paymentSchedule")
        plan = payment_plans.planned(state, made["paymentSchedule"], sums.total, currency, old)
        if due < payment_plans.last_day(plan):
            raise SandboxError(422, ["dueDate must not be before the last payment's dueDate"])
        made["paymentSchedule"] = plan
    if body.get("contactId") and "contactDetails" not in made:
        made["contactDetails"] = _contact(state, location, body["contactId"], before or {})
    return made


def _later(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


def _contact(state: State, location: Location, contact_id: str, before: Record) -> Record:
    """The contact that a PUT names by its id alone."""
    current: Record = before.get("contactDetails") or {}
    if current.get("id") == contact_id:
        return current
    contact = state.contacts.get(contact_id)
    if contact is None or contact.get("locationId") != location.id:
        raise SandboxError(404, "Contact not found")
    details = {
        "id": contact_id,
        "name": contact.get("name"),
        "email": contact.get("email"),
        "phoneNo": contact.get("phone"),
    }
    return {name: value for name, value in details.items() if value}
