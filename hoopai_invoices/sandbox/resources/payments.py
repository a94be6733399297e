"""Money that an invoice receives: recorded by its sender, or from the customer."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from ..call import Answer, Call, Handler
from ..errors import SandboxError
from ..state import Payment, Record, State
from . import late_fees, payment_plans
from .days import instant
from .invoices import found, shown
from .money import in_minor_units, minus, plus, written

__all__ = ["HANDLERS", "book", "least", "process"]


def book(
    state: State,
    invoice: Record,
    amount: Decimal,
    tip: Decimal = Decimal(0),
    mode: str = "card",
    *,
    parts: Collection[str] = (),
    at: str | None = None,
) -> Payment:
    """Apply money to an invoice: the one place where that happens.

    Of an amount above what is due only that is booked, so that `amountPaid` and `amountDue` always
    add up to the total and nothing is owed to the customer.

    Args:
        state: The sandbox's state.
        invoice: An invoice with something due.
        amount: In major units, more than zero.
        tip: What was given beside it; no part of `amountPaid`.
        mode: How it was paid, `online` for the customer's own payments.
        parts: Ids of the parts of the payment plan that it pays.
        at: When it was received; now by default.

    Raises:
        SandboxError: Nothing is due.
    """
    due: Decimal = invoice["amountDue"]
    if due <= 0:
        raise SandboxError(400, "Invoice is already paid")
    amount = min(amount, due)
    paid, left = plus(invoice["amountPaid"], amount), minus(due, amount)
    payment = state.pay(invoice, amount, tip, mode, at)
    changes: Record = {
        "amountPaid": paid,
        "amountDue": left,
        "status": "partially_paid" if left else "paid",
        "lastPaidAt": payment.at,
    }
    if invoice.get("paymentSchedule"):
        changes["paymentSchedule"] = payment_plans.filled(invoice["paymentSchedule"], paid, parts)
    if tip:
        received = {"_id": payment.id, "amount": tip, "createdAt": payment.at}
        changes["tipsReceived"] = [*invoice["tipsReceived"], received]
    state.invoices.change(invoice, changes)
    late_fees.arm(state, invoice)
    return payment


def process(state: State, invoice: Record, amount: Decimal, tip: Decimal, seconds: float) -> None:
    """Take a customer's payment that the bank has yet to clear: it is booked when that is done."""
    state.invoices.change(invoice, status="payment_processing")
    late_fees.arm(state, invoice)
    state.clock.after(seconds, lambda: _clear(state, invoice, amount, tip))


def least(state: State, invoice: Record) -> Decimal:
    """The floor of a partial payment: the location's percentage of what is due.

    The next part of a payment plan may always be paid, however small.
    """
    percentage = Fraction(state.locations[invoice["altId"]].minimum_partial_percentage)
    floor = Fraction(invoice["amountDue"]) * percentage / 100
    part = payment_plans.next_open(invoice.get("paymentSchedule"), invoice["amountPaid"])
    rounded = in_minor_units(floor, invoice["currency"])
    return rounded if part is None else min(rounded, part)


def _clear(state: State, invoice: Record, amount: Decimal, tip: Decimal) -> None:
    book(state, invoice, amount, tip, "online")


def _record_payment(call: Call) -> Answer:
    state, body = call.state, call.body
    invoice = found(call)
    if invoice["status"] == "void":
        raise SandboxError(400, "Invoice is void")
    if invoice["status"] == "payment_processing":
        raise SandboxError(409, "Invoice is being processed")
    if invoice["amountDue"] <= 0:
        raise SandboxError(400, "Invoice is already paid")
    _check_details(state, body)
    at = _received(body.get("fulfilledAt"))
    parts = dict.fromkeys(body.get("paymentScheduleIds") or ())
    amount = _amount(invoice, body.get("amount"), parts)
    if amount > invoice["amountDue"] and state.choices.overpayment == "refused":
        raise SandboxError(400, "Amount is more than the amount due")
    if state.choices.partial_floor == "everyone" and not parts:
        floor = least(state, invoice)
        if amount < floor and amount < invoice["amountDue"]:
            raise SandboxError(
                400, f"Amount is less than the minimum partial payment, {written(floor)}"
            )
    # A draft may be paid as well; nothing has to be sent first.
    book(state, invoice, amount, mode=body["mode"], parts=parts, at=at)
    return call.posted({"success": True, "invoice": shown(state, invoice)})


def _amount(invoice: Record, given: Decimal | int | None, parts: Collection[str]) -> Decimal:
    """What is paid: what the caller says, the named parts, or all that is due."""
    if not parts:
        return invoice["amountDue"] if given is None else Decimal(given)
    rows = {row["_id"]: row for row in payment_plans.rows(invoice.get("paymentSchedule"))}
    unknown = [part for part in parts if part not in rows]
    if unknown:
        raise SandboxError(422, [f"paymentScheduleIds: {part} does not exist" for part in unknown])
    if any(rows[part]["status"] == "paid" for part in parts):
        raise SandboxError(400, "Payment schedule is already paid")
    amount = plus(*(rows[part]["amount"] for part in parts))
    if given is not None and given != amount:
        raise SandboxError(400, f"Amount must be {written(amount)}, as the payment schedules are")
    return amount


def _check_details(state: State, body: Mapping[str, Any]) -> None:
    """Of `card` and `cheque` the one that matches the mode has to be there."""
    mode = body["mode"]
    if (
        state.choices.payment_details == "required"
        and mode in ("card", "cheque")
        and body.get(mode) is None
    ):
        raise SandboxError(422, [f"{mode} should not be empty"])


def _received(moment: str | None) -> str | None:
    if moment is None:
        return None
    try:
        return instant(datetime.fromisoformat(moment))
    except (ValueError, OverflowError):  # such as a leap second
        raise SandboxError(422, ["fulfilledAt must be a valid ISO 8601 date string"]) from None


HANDLERS: dict[str, Handler] = {"invoices_record_payment": _record_payment}
