"""Generated: do not edit."""

from __future__ import annotations

from typing import Literal

from ..._convert import OpenEnum, choice


class InvoiceStatus(OpenEnum):
    """State of an invoice. Further states may appear; 'overdue' has not been seen in an
    answer: an invoice is overdue when its due day has passed and something is still due."""

    DRAFT = "draft"
    SENT = "sent"
    VIEWED = "viewed"
    PAYMENT_PROCESSING = "payment_processing"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"
    VOID = "void"


def as_invoice_status(
    value: InvoiceStatus
    | Literal["draft", "sent", "viewed", "payment_processing", "partially_paid", "paid", "void"],
) -> InvoiceStatus:
    """The member of a value; an unknown text is refused."""
    return choice(InvoiceStatus, value)


def as_optional_invoice_status(
    value: InvoiceStatus
    | Literal["draft", "sent", "viewed", "payment_processing", "partially_paid", "paid", "void"]
    | None,
) -> InvoiceStatus | None:
    """As `as_invoice_status`, and None stays None."""
    return None if value is None else choice(InvoiceStatus, value)
