"""The operations on invoices, payments and settings aside."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from . import totals
from .call import Answer, Call, Handler
from .errors import SandboxError
from .records import given, lines, page, require_status, visited, window
from .settings import DUE_AFTER_DAYS, NUMBER_PREFIX, TITLE
from .state import Location, Record, State

__all__ = ["HANDLERS", "found", "new"]

# As sent; a PUT that leaves one out clears it.
_REPLACED = (
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
# A PUT has no way to say these, or an invoice cannot be without them: left out, they stay.
_KEPT = ("contactDetails", "liveMode", "sentTo", "lateFeesConfiguration")
_EDITABLE = ("draft", "sent", "viewed")
_VOIDABLE = ("sent", "viewed", "partially_paid")
_LONGEST_COUNTER = 18
_SYMBOLS = {"USD": "$", "CAD": "$", "EUR": "€", "GBP": "£", "CRC": "₡"}


def new(state: State, location: Location, body: Mapping[str, Any]) -> Record:
    """Store a draft made of a validated body (or of an estimate's parts)."""
    contents = _contents(state, location, body, body["items"])
    _check_dates(state, location, contents)
    created = state.timestamp()
    invoice: Record = {
        "_id": state.new_record_id(),
        "status": "draft",
        "altId": location.id,
        "altType": "location",
        "companyId": location.company_id,
        "amountPaid": Decimal(0),
        "amountDue": contents["total"],
        "invoiceNumber": _number(location, body.get("invoiceNumber")),
        "lateFeesConfiguration": {},
        "tipsConfiguration": {},
        "automaticTaxesCalculated": False,
        "tipsReceived": [],
        "externalTransactions": [],
        "syncDetails": [],
        **contents,
        "createdAt": created,
        "updatedAt": created,
        "__v": 0,
    }
    state.invoices[invoice["_id"]] = invoice
    return invoice


def replace(state: State, location: Location, invoice: Record, body: Record, items: str) -> None:
    """Replace an invoice's contents wholesale, as a PUT and text2pay with an id do."""
    require_status(
        invoice, "status", _EDITABLE, f"Invoice cannot be updated, it is {invoice['status']}"
    )
    contents = _contents(state, location, body, body[items])
    if contents["dueDate"] != invoice["dueDate"]:  # an overdue invoice may be corrected
        _check_dates(state, location, contents)
    cleared: Record = {name: None for name in _REPLACED if name in invoice}
    invoice |= {**cleared, **contents}
    if body.get("invoiceNumber"):
        invoice["invoiceNumber"] = _number(location, body["invoiceNumber"])
    invoice["amountDue"] = invoice["total"] - invoice["amountPaid"]
    invoice["updatedAt"] = state.timestamp()


def mark_sent(state: State, invoice: Record, user_id: str, **facts: Any) -> None:
    """Send: without a user nothing happens, and on an invoice already sent it is a reminder."""
    require_status(
        invoice,
        "status",
        ("draft", "sent", "viewed", "partially_paid", "payment_processing"),
        f"Invoice cannot be sent, it is {invoice['status']}",
    )
    if not user_id:
        return
    now = state.timestamp()
    contact = invoice.get("contactDetails") or {}
    if not invoice.get("sentTo"):
        invoice["sentTo"] = {"email": [contact["email"]] if contact.get("email") else []}
    invoice |= {"sentAt": now, "sentBy": user_id, "updatedBy": user_id, "updatedAt": now, **facts}
    if invoice["status"] == "draft":
        invoice["status"] = "sent"


def summed(invoice: Record) -> Record:
    """An invoice with its totalSummary, which only reading ones carry."""
    sums = totals.compute(invoice["invoiceItems"], invoice.get("discount"))
    summary = {"subTotal": sums.sub_total, "discount": sums.discount, "tax": sums.tax}
    return {**invoice, "totalSummary": summary}


def found(call: Call) -> Record:
    """The invoice that the path names."""
    return call.find(call.state.invoices, call.path["invoiceId"], "Invoice")


def _create(call: Call) -> Answer:
    return Answer(201, call.traced(new(call.state, call.location, call.body)))


def _list(call: Call) -> Answer:
    query = call.query
    matches = [
        invoice
        for invoice in page(call, call.state.invoices, ("_id", "name"))
        if query.get("status") in (None, "", invoice["status"])
        and query.get("paymentMode", "default")
        in ("", "default", "live" if invoice["liveMode"] else "test")
    ]
    if query.get("sortField"):
        ascending = query.get("sortOrder") == "ascend"
        matches.sort(key=lambda invoice: str(invoice["issueDate"]), reverse=not ascending)
    shown = [summed(invoice) for invoice in window(call, matches)]
    return Answer(200, {"invoices": shown, "total": len(matches)})


def _get(call: Call) -> Answer:
    return Answer(200, call.traced(summed(found(call))))


def _update(call: Call) -> Answer:
    invoice = found(call)
    replace(call.state, call.location, invoice, dict(call.body), "invoiceItems")
    return Answer(200, call.traced(invoice))


def _delete(call: Call) -> Answer:
    invoice = found(call)
    require_status(invoice, "status", ("draft",), "Only draft invoices can be deleted")
    del call.state.invoices[invoice["_id"]]
    return Answer(200, call.traced(invoice))


def _void(call: Call) -> Answer:
    invoice = found(call)
    require_status(
        invoice, "status", _VOIDABLE, f"Invoice cannot be voided, it is {invoice['status']}"
    )
    invoice |= {"status": "void", "updatedAt": call.state.timestamp()}
    return Answer(201, call.traced(invoice))


def _send(call: Call) -> Answer:
    invoice = found(call)
    facts = given(call.body, ("sentFrom",))
    if call.body["action"] == "send_manually":
        facts["manualStatusTransitions"] = {"sent": True}
    mark_sent(call.state, invoice, call.body["userId"], **facts)
    return Answer(201, {"invoice": invoice, "smsData": {}, "emailData": {}})


def _update_late_fees(call: Call) -> Answer:
    invoice = found(call)
    require_status(
        invoice,
        "status",
        (*_EDITABLE, "partially_paid"),
        f"Invoice cannot be updated, it is {invoice['status']}",
    )
    invoice |= given(call.body, ("lateFeesConfiguration",))
    invoice["updatedAt"] = call.state.timestamp()
    return Answer(200, call.traced(invoice))


def _generate_number(call: Call) -> Answer:
    # A plain read: two callers may be told the same number.
    return Answer(200, {"invoiceNumber": f"{call.location.next_invoice_number:06}"})


def _mark_visited(call: Call) -> Answer:
    invoice = call.find(call.state.invoices, call.body["invoiceId"], "Invoice")
    visited(call.state, invoice, "status")
    return Answer(200)


def _text2pay(call: Call) -> Answer:
    state, body = call.state, dict(call.body)
    if body.get("id"):
        invoice = call.find(state.invoices, body["id"], "Invoice")
        replace(state, call.location, invoice, body, "items")
    else:
        invoice = new(state, call.location, body)
    if body["action"] == "send":
        mark_sent(state, invoice, body["userId"])
    url = f"https://link.sandbox.invalid/{invoice['_id']}"
    return Answer(201, {"invoice": invoice, "invoiceUrl": url})


def _number(location: Location, wanted: str | None) -> str:
    """The caller's number as it came (repeats are not refused), or the next of the series."""
    number = wanted or f"{location.next_invoice_number:06}"
    if number.isascii() and number.isdigit() and len(number) <= _LONGEST_COUNTER:
        location.next_invoice_number = max(location.next_invoice_number, int(number) + 1)
    return number


def _contents(
    state: State, location: Location, body: Mapping[str, Any], items: list[Record]
) -> Record:
    """All that the caller decides, as stored."""
    stored = lines(state, items, taxes=[], taxInclusive=False)
    sums = totals.compute(stored, body.get("discount"))
    for line, sum_of_line in zip(stored, sums.lines, strict=True):
        line |= {
            "itemTotalTax": sum_of_line.tax,
            "itemTotalDiscount": sum_of_line.discount,
            "itemUnitDiscount": totals.per_unit(sum_of_line.discount, line["qty"]),
        }
    currency = body["currency"]
    issued = date.fromisoformat(body["issueDate"])
    return {
        **given(body, ("name", "currency", *_REPLACED, *_KEPT)),
        "title": body.get("title") or TITLE,
        "invoiceNumberPrefix": body.get("invoiceNumberPrefix") or NUMBER_PREFIX,
        "currencyOptions": {"code": currency, "symbol": _SYMBOLS.get(currency, currency)},
        "issueDate": body["issueDate"],
        "dueDate": body.get("dueDate") or (issued + timedelta(days=DUE_AFTER_DAYS)).isoformat(),
        "invoiceItems": stored,
        "attachments": given(body, ("attachments",)).get("attachments", []),
        "total": sums.total,
        "invoiceTotal": sums.total,
    }


def _check_dates(state: State, location: Location, contents: Record) -> None:
    due = contents["dueDate"]
    if due < state.today(location):
        raise SandboxError(422, ["dueDate must not be in the past"])
    rows = (contents.get("paymentSchedule") or {}).get("schedules", ())
    last = max(
        (str(r["dueDate"]) for r in rows if isinstance(r, dict) and r.get("dueDate")), default=""
    )
    if last and due < last[:10]:
        raise SandboxError(422, ["dueDate must not be before the last payment's dueDate"])


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
