"""The customer's side: what happens on the pages of estimates and invoices."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from .errors import SandboxError
from .resources import estimates, invoices, payments, schedule_runs
from .resources.money import written
from .state import Record, State

__all__ = ["Customer"]

_PAYABLE = ("sent", "viewed", "partially_paid")


class Customer:
    """The customer of every estimate and invoice in the sandbox.

    Estimates and invoices are given as models or by their ids.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    def accept(self, estimate: object) -> None:
        """Accept an estimate that was sent or viewed.

        Raises:
            SandboxError: There is no such estimate, or it is not waiting for an answer.
        """
        self._answer(estimate, "accepted")

    def decline(self, estimate: object) -> None:
        """Decline an estimate that was sent or viewed.

        Raises:
            SandboxError: There is no such estimate, or it is not waiting for an answer.
        """
        self._answer(estimate, "declined")

    def view(self, document: object) -> None:
        """Open the page of an estimate or an invoice. A sent one is viewed from then on.

        Raises:
            SandboxError: There is neither an estimate nor an invoice of that id.
        """
        record_id = self._id(document)
        estimate = self._state.estimates.get(record_id)
        if estimate is not None and not estimate["deleted"]:
            estimates.view(self._state, estimate)
            return
        try:
            invoice = self._invoice(document)
        except SandboxError:
            text = f"There is no estimate and no invoice {record_id!r}."
            raise SandboxError(404, text) from None
        invoices.view(self._state, invoice)

    def pay(
        self,
        invoice: object,
        amount: int | str | Decimal | None = None,
        *,
        tip: int | str | Decimal = 0,
        clears_in: float | None = None,
    ) -> None:
        """Pay an invoice that was sent, on its page.

        Args:
            invoice: The invoice, or its id.
            amount: In major units, as int, str or Decimal; by default all that is due.
            tip: Given beside it, where the invoice offers tips.
            clears_in: Seconds that the bank takes: until then the invoice is `payment_processing`,
                and nothing else can be done with it. By default the money is there at once.

        Raises:
            SandboxError: The invoice cannot be paid, or not like this.
            TypeError: An amount is a float, which cannot hold most amounts exactly.
        """
        state, record = self._state, self._invoice(invoice)
        wanted = None if amount is None else _money(amount, "amount")
        extra = _money(tip, "tip")
        self._check_status(record)
        paid: Decimal = record["amountDue"] if wanted is None else wanted
        self._check_amount(record, paid)
        self._check_tip(record, extra)
        if clears_in is None:
            payments.book(state, record, paid, extra, "online")
            return
        if clears_in < 0:
            raise SandboxError(422, f"clears_in must not be negative, it is {clears_in}.")
        payments.process(state, record, paid, extra, clears_in)

    def _check_status(self, invoice: Record) -> None:
        name, status = f"invoice {invoice['_id']!r}", invoice["status"]
        if status == "payment_processing":
            raise SandboxError(409, f"A payment of {name} is still being processed.")
        if status not in _PAYABLE:
            text = f"The customer cannot pay {name}: it is {status}, and only a sent, viewed or "
            raise SandboxError(400, f"{text}partially paid one can be paid.")
        if invoice["amountDue"] <= 0:
            raise SandboxError(400, f"Nothing is due on {name}.")

    def _check_amount(self, invoice: Record, amount: Decimal) -> None:
        name, due = f"invoice {invoice['_id']!r}", invoice["amountDue"]
        if amount <= 0:
            raise SandboxError(422, f"The amount must be more than zero, it is {amount}.")
        if amount > due:
            raise SandboxError(400, f"{amount} is more than is due on {name}: {written(due)}.")
        if amount < due and schedule_runs.pays_whole(self._state, invoice):
            text = f"{name} is not the first of a schedule with automatic payment"
            raise SandboxError(400, f"{text}: it is paid in full, {written(due)}.")
        floor = payments.least(self._state, invoice)
        if amount < floor and amount < due:
            percentage = self._state.locations[invoice["altId"]].minimum_partial_percentage
            text = f"{amount} is too little for a part of {name}: at least {written(floor)} must be paid"
            text += f", by the location's minimum_partial_percentage of {percentage}."
            raise SandboxError(400, text)

    def _check_tip(self, invoice: Record, tip: Decimal) -> None:
        if tip < 0:
            raise SandboxError(422, f"The tip must not be negative, it is {tip}.")
        if tip and not (invoice.get("tipsConfiguration") or {}).get("tipsEnabled"):
            text = f"Invoice {invoice['_id']!r} takes no tips: its tipsConfiguration does not "
            raise SandboxError(400, f"{text}enable them.")

    def _answer(self, estimate: object, status: str) -> None:
        record = self._estimate(estimate)
        current = record["estimateStatus"]
        if current not in ("sent", "viewed"):
            text = (
                f"The customer cannot answer estimate {record['_id']!r}: it is {current}, "
                "and only a sent or viewed one can be accepted or declined."
            )
            raise SandboxError(409, text)
        estimates.set_status(self._state, record, status)

    def _estimate(self, estimate: object) -> Record:
        estimate_id = self._id(estimate)
        record = self._state.estimates.get(estimate_id)
        if record is None or record["deleted"]:
            raise SandboxError(404, f"There is no estimate {estimate_id!r}.")
        return record

    def _invoice(self, invoice: object) -> Record:
        invoice_id = self._id(invoice)
        record = self._state.invoices.get(invoice_id)
        if record is None or invoices.is_gone(self._state, record):
            raise SandboxError(404, f"There is no invoice {invoice_id!r}.")
        return record

    def _id(self, record: object) -> str:
        self._state.clock.settle()  # what is due by now comes first
        return str(getattr(record, "id", record))


def _money(value: object, name: str) -> Decimal:
    """An exact amount of what a test may write."""
    if isinstance(value, bool) or not isinstance(value, (int, str, Decimal)):
        text = f'{name} must be int, str or Decimal, not {type(value).__name__}: write "12.50"'
        raise TypeError(text)
    try:
        amount = Decimal(value)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise SandboxError(422, f"The {name} {value!r} is not a number such as 12.50.")
    return amount
