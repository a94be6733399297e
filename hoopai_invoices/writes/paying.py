"""Recording a payment: money is counted before and after."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from .. import models
from .._model import Model
from ..errors import InvalidRequestError
from .case import Case, Found, Nothing, Reconciler, Several, Unclear, Verdict
from .entry import Entry

__all__ = ["RecordPayment"]


class RecordPayment(Reconciler):
    """Matches on the invoice's `amountPaid`, which must have grown by the amount, or not at all.

    Of all unsettled payments of an invoice only one is sent at a time, so this holds for all that go
    through the ledger. It can't tell other writers' money from its own: when the customer pays, or
    another program records a payment, at the same time, it is unclear; and when that is the very same
    amount (or part of the plan), it is taken for this one.
    """

    async def turn(self, case: Case) -> str | None:
        return f"invoices.record_payment {case.entry.ids[0]}"

    async def before(self, case: Case) -> Any:
        invoice = await case.client.invoices.get(case.entry.ids[0])
        paid, due = invoice.amount_paid, invoice.amount_due
        if invoice.status == "void":
            raise InvalidRequestError("the invoice is void", path="invoice_id")
        amount = case.entry.request.get("amount")
        if due is not None and due <= 0:
            msg = f"the invoice is paid: of {invoice.total} {invoice.currency} nothing is due"
            raise InvalidRequestError(msg, path="invoice_id")
        if amount is not None and due is not None and Decimal(amount) > due:
            msg = f"{amount} is more than the {due} {invoice.currency} that are due"
            raise InvalidRequestError(msg, path="amount")
        return {"amountPaid": paid, "amountDue": due}

    async def look(self, case: Case) -> Verdict:
        invoice = await case.client.invoices.get(case.entry.ids[0])
        before, paid = case.entry.before or {}, invoice.amount_paid
        was = before.get("amountPaid")
        if was is None or paid is None:
            return Unclear("the invoice doesn't say how much of it is paid", (invoice.id,))
        grown = paid - Decimal(was)
        if grown == 0:
            return Nothing()
        if self._expected(case.entry, grown, invoice):
            return Found(_result(invoice))
        amount = case.entry.request.get("amount")
        if amount is not None and grown == 2 * Decimal(amount):
            return Several(
                (invoice.id, invoice.id)
            )  # what the customer pays just then is rarely that
        msg = f"{grown} {invoice.currency} were paid meanwhile, and nothing tells by which payment"
        return Unclear(msg, (invoice.id,))

    async def again(self, case: Case) -> Model:
        return _result(await case.client.invoices.get(case.entry.ids[0]))

    def kept(self, answer: Any, entry: Entry) -> Any:
        before, paid = entry.before or {}, answer.invoice.amount_paid if answer.invoice else None
        was = before.get("amountPaid")
        grown = None if was is None or paid is None else paid - Decimal(was)
        return {"amountPaid": was, "amount": entry.request.get("amount", grown)}

    def _expected(self, entry: Entry, grown: Decimal, invoice: models.Invoice) -> bool:
        amount, parts = entry.request.get("amount"), entry.request.get("paymentScheduleIds")
        if amount is not None:
            return grown == Decimal(amount)
        if parts:  # their amounts are the service's own
            plan = invoice.payment_schedule
            rows = (plan.schedules or []) if plan is not None else []
            paid = [row.get("_id") for row in rows if row.get("status") == "paid"]
            return set(parts) <= set(paid)
        due = entry.before.get("amountDue")
        return due is not None and grown == Decimal(due)


def _result(invoice: models.Invoice) -> models.RecordPaymentResult:
    found = {"success": True, "invoice": invoice.to_dict()}
    return models.RecordPaymentResult.from_dict(found)
