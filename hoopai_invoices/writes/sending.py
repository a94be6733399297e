"""Sending: a message that has left can't be seen, only what it does to the record."""

from __future__ import annotations

from typing import Any

from .. import models
from .._model import Model
from ..errors import NotFoundError
from .case import Case, Found, Nothing, Reconciler, Unclear, Verdict
from .creating import invoices_like
from .entry import Entry

__all__ = ["SendEstimate", "SendInvoice", "StartSchedule", "Text2Pay"]

_REMINDED = "it had been sent before, so nothing tells whether this reminder went out"


class SendInvoice(Reconciler):
    """Matches on the invoice's status: a draft that isn't one any more was sent.

    Of an invoice that was sent before, `sentAt` tells when it moves; when it doesn't, it is unclear,
    since a second message can't be taken back, and stands in no other's way. It can't tell who has
    sent it.
    """

    async def turn(self, case: Case) -> str | None:
        return f"invoices.send {case.entry.ids[0]}"

    async def before(self, case: Case) -> Any:
        invoice = await case.client.invoices.get(case.entry.ids[0])
        return {"status": str(invoice.status), "sentAt": _text(invoice.sent_at)}

    async def look(self, case: Case) -> Verdict:
        invoice = await case.client.invoices.get(case.entry.ids[0])
        before = case.entry.before or {}
        if before.get("status") == "draft":
            return _left_draft(invoice, before.get("sentAt")) or Found(_sent(invoice))
        # Without the turn, which it lets go of when it is unclear, another may have moved it.
        if case.entry.held is None or _text(invoice.sent_at) == before.get("sentAt"):
            return Unclear(_REMINDED, (invoice.id,), lets_go=True)
        return Found(_sent(invoice))

    async def again(self, case: Case) -> Model:
        return _sent(await case.client.invoices.get(case.entry.ids[0]))


class SendEstimate(Reconciler):
    """Matches on the estimate's status: a draft that isn't one any more was sent.

    Of an estimate that was sent before nothing tells, and it is unclear.
    """

    listed = True

    async def turn(self, case: Case) -> str | None:
        return f"estimates.send {case.entry.ids[0]}"

    async def before(self, case: Case) -> Any:
        try:
            estimate = await case.client.estimates.get(case.entry.ids[0])
        except NotFoundError:
            return {"status": "draft"}  # as new as that: it isn't listed yet
        return {"status": str(estimate.estimate_status)}

    async def look(self, case: Case) -> Verdict:
        estimate = await case.client.estimates.get(case.entry.ids[0])
        if (case.entry.before or {}).get("status") != "draft":
            return Unclear(_REMINDED, (estimate.id,), lets_go=True)
        return Nothing() if estimate.estimate_status == "draft" else Found(estimate)

    async def again(self, case: Case) -> Model:
        return await case.client.estimates.get(case.entry.ids[0])


class StartSchedule(Reconciler):
    """Matches on the schedule's status: a draft that isn't one any more was started.

    It takes a key from `flows.start_recurring` alone. One that was cancelled may be a draft again:
    what is on record keeps it from being started anew.
    """

    async def turn(self, case: Case) -> str | None:
        return f"schedules.start {case.entry.ids[0]}"

    async def before(self, case: Case) -> Any:
        return {"status": str((await case.client.schedules.get(case.entry.ids[0])).status)}

    async def look(self, case: Case) -> Verdict:
        schedule = await case.client.schedules.get(case.entry.ids[0])
        return Nothing() if schedule.status == "draft" else Found(schedule)

    async def again(self, case: Case) -> Model:
        return await case.client.schedules.get(case.entry.ids[0])


class Text2Pay(Reconciler):
    """Without an id it matches as the creation of an invoice does; with one, as sending it does.

    The link stands in the answer alone: when that is lost, `invoice_url` is None. Only with an id
    and the action "draft" it can't be, since to update a draft again does no harm: that is how
    `client.flows.payment_link()` does it.
    """

    series = "invoice"
    number_key = "invoiceNumber"
    makes = True

    def numbers(self, request: Any) -> bool:
        return not request.get("id")

    async def turn(self, case: Case) -> str | None:
        invoice_id = case.entry.request.get("id")
        return f"invoices.send {invoice_id}" if invoice_id else None

    async def before(self, case: Case) -> Any:
        if self.numbers(case.entry.request):
            return None
        invoice = await case.client.invoices.get(case.entry.request["id"])
        return {
            "status": str(invoice.status),
            "sentAt": _text(invoice.sent_at),
            "updatedAt": _text(invoice.updated_at),
        }

    async def look(self, case: Case) -> Verdict:
        request = case.entry.request
        if not self.numbers(request):
            return await self._updated(case)
        found = await invoices_like(case)
        if not isinstance(found, models.Invoice):
            return found
        if request["action"] == "send":
            unsent = _left_draft(found, None)
            if isinstance(unsent, Nothing):
                return Nothing({**request, "id": found.id})  # it is there, and waits to be sent
            if unsent is not None:
                return unsent
        return Found(_linked(found, None), found.id)

    async def _updated(self, case: Case) -> Verdict:
        request, before = case.entry.request, case.entry.before or {}
        invoice = await case.client.invoices.get(request["id"])
        if request["action"] != "send":
            if invoice.status == "draft":
                return Nothing(harmless=True)  # and only an answer tells the link
            moved = _text(invoice.updated_at) != before.get("updatedAt")
            return self._found(case, invoice) if moved else Nothing()
        if before.get("status", "draft") == "draft":
            return _left_draft(invoice, before.get("sentAt")) or self._found(case, invoice)
        return Unclear(_REMINDED, (invoice.id,), lets_go=True)

    def _found(self, case: Case, invoice: models.Invoice) -> Found:
        return Found(_linked(invoice, None), invoice.id if self.expects(case.entry) else None)

    async def again(self, case: Case) -> Model:
        entry = case.entry
        kept = entry.kept or {}
        invoice = await case.client.invoices.get(entry.record_id or kept["id"])
        return _linked(invoice, kept.get("invoiceUrl"))

    def made(self, answer: Any, entry: Entry) -> str | None:
        made: str | None = answer.invoice.id if answer.invoice else None
        return (made or None) if self.expects(entry) else None

    def expects(self, entry: Entry) -> bool:
        # With an id of the caller's own it has made nothing.
        return entry.number is not None

    def number_in(self, answer: Any) -> str | None:
        number = answer.invoice.invoice_number
        return None if number is None else str(number)

    def kept(self, answer: Any, entry: Entry) -> Any:
        return {"id": answer.invoice.id, "invoiceUrl": answer.invoice_url}


def _left_draft(invoice: models.Invoice, sent_at: str | None) -> Nothing | Unclear | None:
    """None when an invoice that was a draft was sent since; money can come without that."""
    if invoice.status == "draft":
        return Nothing()
    if invoice.status in ("sent", "viewed") or _text(invoice.sent_at) != sent_at:
        return None
    why = f"it is {invoice.status} by now, and nothing tells whether it was sent"
    return Unclear(why, (invoice.id,))


def _text(moment: Any) -> str | None:
    return None if moment is None else moment.isoformat()


def _sent(invoice: models.Invoice) -> models.InvoiceSendResult:
    return models.InvoiceSendResult.from_dict({"invoice": invoice.to_dict()})


def _linked(invoice: models.Invoice, url: str | None) -> models.Text2PayResult:
    found = {"invoice": invoice.to_dict(), "invoiceUrl": url}
    return models.Text2PayResult.from_dict(found)
