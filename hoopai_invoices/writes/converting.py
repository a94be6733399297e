"""Making an invoice of an estimate: nothing that is recorded of the service links the two."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from .. import models
from .._model import UNSET, Model
from ..errors import FlowError, InvalidRequestError
from .case import Case, Found, Nothing, Reconciler, Several, Unclear, Verdict, digest, lines
from .entry import Entry

__all__ = ["CreateInvoiceOfEstimate", "invoices_like_estimate", "invoices_of", "result", "seen"]


class CreateInvoiceOfEstimate(Reconciler):
    """Matches on the estimate's state, and on contact, currency, lines and total of the new invoice.

    An estimate that is `accepted` and of which there is no such invoice wasn't converted. One that is
    `invoiced` was; its invoice is the one, made since the estimate was last changed, that matches and
    that no other key has made. When there isn't exactly one, `OutcomeUnknown` or `DuplicateDetected`
    says so. Of estimates that look the same only one is converted at a time. It can't know an invoice
    that another program makes by hand, at the same time, with the same contents.
    """

    def refuse(self, request: Any) -> None:
        if request.get("markAsInvoiced") is not True:
            hint = "with mark_as_invoiced=True the service refuses a second conversion"
            msg = "must be True with a key: otherwise the estimate converts twice"
            raise InvalidRequestError(msg, path="mark_as_invoiced", hint=hint)

    # What is read first names the turn; a stale state is refused by the service.
    reads_first = True
    makes = True
    listed = True

    async def turn(self, case: Case) -> str | None:
        return f"estimates.create_invoice {digest(case.entry.before['looks'])[:32]}"

    async def before(self, case: Case) -> Any:
        estimate = await case.client.estimates.get(case.entry.ids[0])
        hint = "client.flows.estimate_to_invoice() finds its invoice, or waits for it"
        if estimate.estimate_status == "invoiced":
            raise FlowError("the estimate is invoiced already", estimate, hint=hint)
        if estimate.auto_invoice is not None and estimate.auto_invoice.enabled:
            msg = "the estimate makes its invoice by itself (autoInvoice), and nothing was sent"
            raise FlowError(msg, estimate, hint=hint)
        looks, since = seen(estimate)
        return {"looks": looks, "since": since}

    async def look(self, case: Case) -> Verdict:
        estimate = await case.client.estimates.get(case.entry.ids[0])
        since = (case.entry.before or {}).get("since")
        begin = datetime.fromisoformat(since) if since else case.since
        matching = await invoices_of(case, estimate, begin)
        ids = tuple(one.id for one in matching)
        invoiced = estimate.estimate_status == "invoiced"
        if len(ids) > 1:
            return Several(ids)
        if invoiced and matching:
            return Found(result(estimate, matching[0]), matching[0].id)
        if invoiced:
            return Unclear("the estimate is invoiced, but its invoice can't be told", ids, True)
        if matching:
            return Unclear("there is an invoice, but the estimate isn't invoiced", ids, False)
        return Nothing()

    async def again(self, case: Case) -> Model:
        assert case.entry.record_id is not None
        estimate = await case.client.estimates.get(case.entry.ids[0])
        return result(estimate, await case.client.invoices.get(case.entry.record_id))

    def made(self, answer: Any, entry: Entry) -> str | None:
        made: str | None = answer.invoice.id if answer.invoice else None
        return made or None


async def invoices_of(
    case: Case, estimate: models.Estimate, since: datetime | None
) -> list[models.Invoice]:
    """The invoices that may have been made of an estimate, and that no key is known to own."""
    made = await invoices_like_estimate(case, estimate, since)
    return await case.unasked(await case.unowned(made))


async def invoices_like_estimate(
    case: Case, estimate: models.Estimate, since: datetime | None
) -> list[models.Invoice]:
    """The invoices that may have been made of an estimate, whoever has made them."""
    contact = estimate.contact_details
    listed = case.client.invoices.list(contact_id=contact.id if contact else UNSET)
    wanted = seen(estimate)[0]
    return [one for one in await case.fresh(listed, since) if seen(one)[0] == wanted]


def seen(record: models.Estimate | models.Invoice) -> tuple[Any, str | None]:
    """What an estimate and its invoice have in common, and when it was last changed."""
    contact = record.contact_details
    total = None if record.total is None else format(Decimal(record.total).normalize(), "f")
    parts = [[name, str(amount), str(qty)] for name, amount, qty in lines(record.items)]
    looks = [contact.id if contact else None, record.currency, total, parts]
    changed = record.updated_at
    return looks, changed.isoformat() if changed is not None else None


def result(estimate: models.Estimate, invoice: models.Invoice) -> models.EstimateInvoiceResult:
    found = {"estimate": estimate.to_dict(), "invoice": invoice.to_dict()}
    return models.EstimateInvoiceResult.from_dict(found)
