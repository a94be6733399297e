"""A payment link: through a draft, so that no lost answer makes a second invoice or loses the link."""

from __future__ import annotations

from typing import Any

from attrs import evolve, frozen

from .. import models
from .._model import UNSET, Unset
from ..errors import InvalidRequestError
from .delivering import SendHow, check_channel, check_mode, invoice_send, plan_sending, sent
from .steps import Outcome, Plan, Run

__all__ = ["PaymentLink", "link", "plan_link"]

_LINK = "invoices.text2pay"


@frozen(kw_only=True)
class PaymentLink(Outcome):
    """What came of `payment_link`.

    Attributes:
        link: Where the customer pays; of a draft the page opens, and can't be paid yet.
        invoice: The invoice, as it was seen last.
        steps: What was done ("draft", "link", "send"), and what was found done already.
    """

    link: str
    invoice: models.Invoice


async def link(
    run: Run, invoice: models.InvoiceCreate, send: bool | SendHow, user_id: str | Unset
) -> PaymentLink:
    """Make an invoice, have its link, and send it."""
    how = await _checked(run, invoice, send, user_id)
    made = await run.write("draft", "invoices.create", invoice, models.Invoice)
    url, made = await _linked(run, invoice, made, _user(run, user_id, how))
    if not url:
        msg = f"the service gave no link for the invoice {made.id}"
        raise run.error("link", msg, made, "look for it in the account")
    if how is not None:
        made = await sent(run, made, how)
    return PaymentLink(link=url, invoice=made, steps=tuple(run.steps))


async def _linked(
    run: Run, invoice: models.InvoiceCreate, made: models.Invoice, user: str | Unset
) -> tuple[str | None, models.Invoice]:
    """The link of a draft; the one on record, however the draft is to be sent now."""
    entry = await run.entry("link", _LINK)
    if entry is not None and entry.state == "done":
        await run.passed("link", _LINK, entry.record_id or made.id, adopted=entry.adopted)
        return (entry.kept or {}).get("invoiceUrl"), made
    if not await run.begun("link", _LINK) and made.status != "draft":
        msg = f"the invoice {made.id} is {made.status}, and only of a draft the link is asked for"
        hint = "somebody else has sent it: the link stands in his message, and in the account"
        raise run.error("link", msg, made, hint)
    draft = await run.entry("draft", "invoices.create")
    number = draft.number if draft is not None and draft.number else made.invoice_number
    body = _text2pay(invoice, user, made, number)
    linked = await run.write("link", _LINK, body, models.Text2PayResult, (), record_id=made.id)
    return linked.invoice_url, linked.invoice


def _user(run: Run, user_id: str | Unset, how: models.InvoiceSend | None) -> str | Unset:
    """In whose name the link is asked for; where it can, that depends on no way of sending."""
    user = user_id or run.view.defaults.get("user_id") or (how.user_id if how else UNSET)
    return user or UNSET


async def plan_link(
    run: Run, invoice: models.InvoiceCreate, send: bool | SendHow, user_id: str | Unset
) -> Plan:
    """What `link` would do."""
    how = await _checked(run, invoice, send, user_id)
    entry = await run.entry("draft", "invoices.create")
    await run.plan("draft", "invoices.create")
    if invoice.invoice_number is not UNSET and (entry is None or entry.state != "done"):
        run.planned.pop(0)  # the next number needn't be read
    if not await run.is_done("link", _LINK):  # else it needn't be read again
        await run.plan("link", _LINK)
    await plan_sending(run, None, how, None, maybe=entry is not None)
    return run.whole()


async def _checked(
    run: Run, invoice: models.InvoiceCreate, send: bool | SendHow, user_id: str | Unset
) -> models.InvoiceSend | None:
    """How it is sent; what can't be sent is refused before anything is."""
    if not isinstance(invoice, models.InvoiceCreate):
        msg = f"an InvoiceCreate is wanted, not {invoice!r:.60}"
        raise InvalidRequestError(msg, path="invoice", operation=run.flow)
    contact, how = invoice.contact_details, None
    if send is not False:
        how = invoice_send(("email" if contact.email else "sms") if send is True else send)
        how = evolve(how, user_id=how.user_id or user_id)
        check_mode(how.live_mode, invoice.live_mode)
        mode = invoice.live_mode if how.live_mode is UNSET else how.live_mode
        run.check("send", "invoices.send", evolve(how, live_mode=mode))
        with run.at("send"):
            check_channel(how.action, contact, invoice.sent_to)
    run.check("draft", "invoices.create", invoice)
    if not await run.is_done("link", _LINK):
        body = _text2pay(invoice, _user(run, user_id, how), None, None)
        run.check("link", _LINK, body)
    return how


def _text2pay(
    invoice: models.InvoiceCreate,
    user_id: str | Unset,
    made: models.Invoice | None,
    number: str | None,
) -> models.Text2Pay:
    """The same contents once more: what it leaves out, the service clears."""
    given: dict[str, Any] = {row.name: getattr(invoice, row.name) for row in invoice._fields}
    if given["sent_to"] is UNSET:
        contact = invoice.contact_details
        phones = [contact.phone_no] if contact.phone_no else None
        emails = [contact.email] if contact.email else []
        given["sent_to"] = models.SentTo(email=emails, phone_no=phones)
    if made is not None:
        given["invoice_id"] = made.id
        given["live_mode"] = made.live_mode
    if number is not None:
        given["invoice_number"] = number
    return models.Text2Pay(action="draft", user_id=user_id, **given)
