"""The operations on invoices, payments and settings aside."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ..call import Answer, Call, Handler
from ..errors import SandboxError
from ..state import Location, Record, State
from . import late_fees
from .invoice_contents import REPLACED, contents
from .invoice_numbers import following, shown_number, taken
from .money import minus, plus
from .records import given, page, require_status, visited, window

__all__ = ["HANDLERS", "found", "is_gone", "mark_sent", "new", "shown", "view", "void"]

_EDITABLE = ("draft", "sent", "viewed")
_VOIDABLE = ("sent", "viewed", "partially_paid")
_SENDABLE = ("draft", "sent", "viewed", "partially_paid", "payment_processing")


def new(
    state: State, location: Location, body: Mapping[str, Any], *, backdated: bool = False
) -> Record:
    """Store a draft made of a validated body (or of an estimate's or a schedule's parts).

    `backdated` takes a past day on which it was due as well.
    """
    made = contents(state, location, body, body["items"], backdated=backdated)
    number = taken(state, location, body.get("invoiceNumber"), None)
    created = state.timestamp()
    invoice: Record = {
        "_id": state.new_record_id(),
        "status": "draft",
        "altId": location.id,
        "altType": "location",
        "companyId": location.company_id,
        "amountPaid": Decimal(0),
        "amountDue": made["invoiceTotal"],
        "invoiceNumber": number,
        "lateFeesConfiguration": {},
        "tipsConfiguration": {},
        "automaticTaxesCalculated": False,
        "tipsReceived": [],
        "externalTransactions": [],
        "syncDetails": [],
        **made,
        "total": made["invoiceTotal"],
        "createdAt": created,
        "updatedAt": created,
        "__v": 0,
    }
    return state.invoices.add(invoice)


def mark_sent(
    state: State, invoice: Record, user_id: str, action: str = "email", **facts: Any
) -> None:
    """Send: without a user nothing happens, and on an invoice already sent it is a reminder.

    Args:
        state: The sandbox's state.
        invoice: The invoice.
        user_id: Who sends.
        action: `email`, `sms`, `sms_and_email` or `send_manually`.
        facts: What else is to be remembered of it, with the keys of the wire.

    Raises:
        SandboxError: The invoice is paid or void.
    """
    _require(invoice, _SENDABLE, "sent")
    if not user_id:
        return
    changes = {"sentAt": state.timestamp(), "sentBy": user_id, "updatedBy": user_id, **facts}
    if action == "send_manually":
        changes["manualStatusTransitions"] = {"sent": True}
    elif not invoice.get("sentTo"):
        changes["sentTo"] = _recipients(invoice.get("contactDetails") or {}, action)
    if invoice["status"] == "draft":
        changes["status"] = "sent"
    state.invoices.change(invoice, changes)
    late_fees.arm(state, invoice)


def void(state: State, invoice: Record) -> None:
    """Void what was sent and is not paid.

    Raises:
        SandboxError: It was never sent, is being paid, or is paid or void already.
    """
    _require(invoice, _VOIDABLE, "voided")
    state.invoices.change(invoice, status="void")
    late_fees.arm(state, invoice)


def view(state: State, invoice: Record) -> None:
    """Note that the customer opened the invoice."""
    visited(state, state.invoices, invoice)
    if invoice["status"] == "sent":
        state.invoices.change(invoice, status="viewed")


def shown(state: State, invoice: Record) -> Record:
    """An invoice as every answer shows it, whoever gives it."""
    record = {**invoice, "invoiceNumber": shown_number(state, invoice["invoiceNumber"])}
    del record["totalSummary"]
    return record


def found(call: Call, invoice_id: str | None = None) -> Record:
    """The invoice of that id, or the one that the path names."""
    record_id = call.path["invoiceId"] if invoice_id is None else invoice_id
    invoice = call.find(call.state.invoices, record_id, "Invoice")
    if is_gone(call.state, invoice):
        raise SandboxError(404, "Invoice not found")
    return invoice


def is_gone(state: State, invoice: Record) -> bool:
    """Whether an invoice cannot be seen any more though it is kept."""
    return invoice["status"] == "void" and state.choices.void_invoice == "gone"


def _create(call: Call) -> Answer:
    invoice = new(call.state, call.location, call.body)
    return call.posted(call.traced(shown(call.state, invoice)))


def _list(call: Call) -> Answer:
    query = call.query
    matches = [
        invoice
        for invoice in page(call, call.state.invoices, ("_id", "name"))
        if query.get("status") in (None, "", invoice["status"])
        and query.get("paymentMode", "default")
        in ("", "default", "live" if invoice["liveMode"] else "test")
        and not is_gone(call.state, invoice)
    ]
    if query.get("sortField"):
        ascending = query.get("sortOrder") == "ascend"
        matches.sort(key=lambda invoice: str(invoice["issueDate"]), reverse=not ascending)
    invoices = [_summed(call.state, invoice) for invoice in window(call, matches)]
    return Answer(200, {"invoices": invoices, "total": len(matches)})


def _get(call: Call) -> Answer:
    return Answer(200, call.traced(_summed(call.state, found(call))))


def _update(call: Call) -> Answer:
    invoice = found(call)
    _replace(call, invoice, call.body["invoiceItems"])
    return Answer(200, call.traced(shown(call.state, invoice)))


def _delete(call: Call) -> Answer:
    invoice = found(call)
    require_status(invoice, "status", ("draft",), "Only draft invoices can be deleted")
    call.state.invoices.remove(invoice)
    return Answer(200, call.traced(shown(call.state, invoice)))


def _void(call: Call) -> Answer:
    invoice = found(call)
    void(call.state, invoice)
    return call.posted(call.traced(shown(call.state, invoice)))


def _send(call: Call) -> Answer:
    invoice, body = found(call), call.body
    facts = given(body, ("sentFrom", "autoPayment"))
    mark_sent(call.state, invoice, body["userId"], body["action"], **facts)
    sent = shown(call.state, invoice)
    return call.posted({"invoice": sent, "smsData": {}, "emailData": {}})


def _update_late_fees(call: Call) -> Answer:
    invoice = found(call)
    _require(invoice, (*_EDITABLE, "partially_paid"), "updated")
    call.state.invoices.change(invoice, given(call.body, ("lateFeesConfiguration",)))
    late_fees.arm(call.state, invoice)
    return Answer(200, call.traced(shown(call.state, invoice)))


def _generate_number(call: Call) -> Answer:
    # A plain read: two callers may be told the same number.
    number = shown_number(call.state, following(call.location))
    return Answer(200, {"invoiceNumber": number})


def _mark_visited(call: Call) -> Answer:
    view(call.state, found(call, call.body["invoiceId"]))
    return Answer(200)


def _text2pay(call: Call) -> Answer:
    state, body = call.state, call.body
    if body.get("id"):
        invoice = found(call, body["id"])
        _replace(call, invoice, body["items"])
    else:
        invoice = new(state, call.location, body)
    if body["action"] == "send":
        mark_sent(state, invoice, body["userId"])
    url = f"https://link.sandbox.invalid/{state.short_link(invoice['_id'])}"
    return call.posted({"invoice": shown(state, invoice), "invoiceUrl": url})


def _replace(call: Call, invoice: Record, items: list[Record]) -> None:
    """Replace an invoice's contents wholesale, as a PUT and text2pay with an id do."""
    state, location, body = call.state, call.location, call.body
    _require(invoice, _EDITABLE, "updated")
    made = contents(state, location, body, items, invoice)
    cleared: Record = {name: None for name in REPLACED if name in invoice}
    changes = {**cleared, **made}
    if body.get("invoiceNumber"):
        changes["invoiceNumber"] = taken(state, location, body["invoiceNumber"], invoice)
    # Late fees that were charged are no part of the contents: they stay.
    changes["total"] = plus(made["invoiceTotal"], late_fees.charged(invoice))
    changes["amountDue"] = minus(changes["total"], invoice["amountPaid"])
    state.invoices.change(invoice, changes)
    late_fees.arm(state, invoice)


def _require(invoice: Record, allowed: tuple[str, ...], done: str) -> None:
    text = f"Invoice cannot be {done}, it is {invoice['status']}"
    require_status(invoice, "status", allowed, text)


def _recipients(contact: Record, action: str) -> Record:
    """Where an invoice goes that names nobody: to the contact, on the channels of the action."""
    email, phone = contact.get("email"), contact.get("phoneNo")
    recipients: Record = {"email": [email] if email and "email" in action else []}
    if phone and "sms" in action:
        recipients["phoneNo"] = [phone]
    return recipients


def _summed(state: State, invoice: Record) -> Record:
    """An invoice with its totalSummary, which only reading ones carry."""
    return {**shown(state, invoice), "totalSummary": invoice["totalSummary"]}


HANDLERS: dict[str, Handler] = {
    "invoices_create": _create,
    "invoices_list": _list,
    "invoices_get": _get,
    "invoices_update": _update,
    "invoices_delete": _delete,
    "invoices_void": _void,
    "invoices_send": _send,
    "invoices_update_late_fees": _update_late_fees,
    "invoices_generate_number": _generate_number,
    "invoices_mark_visited": _mark_visited,
    "invoices_text2pay": _text2pay,
}
