"""Sending an invoice that a flow has made or found, and booking what was paid for it."""

from __future__ import annotations

import re
from typing import Any, Literal

from attrs import evolve

from .. import models
from .._model import UNSET, Unset
from ..errors import InvalidRequestError
from .steps import Run

__all__ = ["SendHow", "booked", "check_channel", "check_mode", "invoice_send", "sent"]

Action = Literal["sms_and_email", "send_manually", "email", "sms"]
SendHow = models.SendAction | Action | models.InvoiceSend
_E164 = re.compile(r"\+[1-9]\d{6,14}").fullmatch


def invoice_send(send: SendHow) -> models.InvoiceSend:
    """How an invoice is sent."""
    return send if isinstance(send, models.InvoiceSend) else models.InvoiceSend(action=send)


async def sent(run: Run, invoice: models.Invoice, how: models.InvoiceSend) -> models.Invoice:
    """Send an invoice, unless it is sent."""
    operation = "invoices.send"
    begun = await run.begun("send", operation)
    if not begun and invoice.status == "void":
        raise run.error("send", f"the invoice {invoice.id} is void", invoice)
    if not begun and invoice.status != "draft":
        await run.passed("send", operation, invoice.id)
        return invoice
    with run.at("send"):
        body = with_mode(how, invoice.live_mode)
        if not begun:
            check_channel(how.action, invoice.contact_details, invoice.sent_to)
    answer = await run.write("send", operation, body, models.InvoiceSendResult, (invoice.id,))
    if answer.invoice.status == "draft":
        msg = f"the service took it, and the invoice {invoice.id} is still a draft"
        hint = "that happens when user_id names nobody: send it yourself, in the name of a user"
        raise run.error("send", msg, answer.invoice, hint)
    return answer.invoice


async def booked(
    run: Run, invoice: models.Invoice, payment: models.PaymentRecord
) -> models.Invoice:
    """Record a payment of an invoice, unless nothing is due."""
    operation = "invoices.record_payment"
    begun = await run.begun("payment", operation)
    if not begun and invoice.status == "void":
        raise run.error("payment", f"the invoice {invoice.id} is void", invoice)
    if not begun and is_paid(invoice):
        # What somebody else has booked, or the customer has paid, isn't this payment.
        await run.passed("payment", operation, invoice.id, "skipped")
        return invoice
    answer = await run.write(
        "payment", operation, payment, models.RecordPaymentResult, (invoice.id,)
    )
    return answer.invoice


def is_paid(invoice: models.Invoice) -> bool:
    """Whether nothing is due any more."""
    due: Any = invoice.amount_due  # it may be missing although the service always gives it
    return invoice.status == "paid" or (due is not None and due <= 0)


def with_mode(how: models.InvoiceSend, live_mode: bool | Unset | None) -> models.InvoiceSend:
    """The sending in the mode of what is sent: a test is never sent for real."""
    check_mode(how.live_mode, live_mode)
    return evolve(how, live_mode=UNSET if live_mode is None else live_mode)


def check_mode(sending: bool | Unset, record: bool | Unset | None) -> None:
    """Refuse to send in another mode than the record's.

    Raises:
        InvalidRequestError: They differ.
    """
    if sending is not UNSET and isinstance(record, bool) and sending != record:
        msg = f"is {sending}, but what is sent has {record}"
        raise InvalidRequestError(msg, path="send.live_mode", hint="leave it out")


def check_channel(action: object, contact: models.ContactDetails | None, sent_to: object) -> None:
    """Refuse a channel for which there is no address: the service takes it, and nobody gets it.

    Raises:
        InvalidRequestError: There is none.
    """
    channel = str(getattr(action, "value", action))
    given: Any = sent_to if isinstance(sent_to, models.SentTo) else None
    wanted = {"sms_and_email": ("email", "phone_no"), "email": ("email",), "sms": ("phone_no",)}
    for name in wanted.get(channel, ()):
        own = getattr(contact, name, None)
        addresses = [one for one in ([own] if own else getattr(given, name, None) or []) if one]
        path = f"contact_details.{name}"
        if not addresses:
            hint = f"give the contact one, or send it another way than by {channel!r}"
            raise InvalidRequestError("is missing", path=path, hint=hint)
        for one in addresses:
            if name == "phone_no" and not _E164(one):
                msg = f"{one!r} is no number in international form"
                raise InvalidRequestError(msg, path=path, hint="such as +15555550100")
            if name == "email" and "@" not in one.strip(" @"):
                raise InvalidRequestError(f"{one!r} is no address", path=path)


async def plan_sending(
    run: Run,
    invoice: models.Invoice | None,
    how: models.InvoiceSend | None,
    payment: models.PaymentRecord | None,
    *,
    maybe: bool = False,
) -> None:
    """Plan the sending and the payment of an invoice, as far as it is known."""
    for name, operation, wanted in (
        ("send", "invoices.send", how is not None),
        ("payment", "invoices.record_payment", payment is not None),
    ):
        begun = wanted and await run.begun(name, operation)
        over = invoice is not None and (
            invoice.status != "draft" if name == "send" else is_paid(invoice)
        )
        if wanted and (begun or not over):
            await run.plan(name, operation, maybe=maybe and not begun)
