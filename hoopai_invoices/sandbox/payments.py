"""Payments that were received elsewhere and are booked on an invoice."""

from __future__ import annotations

from decimal import Decimal, localcontext

from .call import Answer, Call, Handler
from .errors import SandboxError
from .invoices import found

__all__ = ["HANDLERS"]


def _record_payment(call: Call) -> Answer:
    invoice = found(call)
    due: Decimal = invoice["amountDue"]
    if invoice["status"] == "void":
        raise SandboxError(400, "Invoice is void")
    if invoice["status"] == "paid" or due <= 0:
        raise SandboxError(400, "Invoice is already paid")
    given = call.body.get("amount")
    # A draft may be paid as well; nothing has to be sent first.
    amount = due if given is None else Decimal(given)
    if amount > due:
        raise SandboxError(400, "Amount is more than the amount due")
    now = call.state.timestamp()
    with localcontext(prec=100):  # amounts are capped at far fewer digits, so this is exact
        paid, left = invoice["amountPaid"] + amount, due - amount
    invoice |= {
        "amountPaid": paid,
        "amountDue": left,
        "status": "paid" if amount == due else "partially_paid",
        "lastPaidAt": now,
        "updatedAt": now,
    }
    return Answer(201, {"success": True, "invoice": invoice})


HANDLERS: dict[str, Handler] = {"invoices_record_payment": _record_payment}
