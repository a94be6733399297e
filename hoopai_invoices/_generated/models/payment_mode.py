"""Generated: do not edit."""

from __future__ import annotations

from typing import Literal

from ..._convert import OpenEnum, choice


class PaymentMode(OpenEnum):
    """How a recorded payment was made."""

    CASH = "cash"
    CARD = "card"
    CHEQUE = "cheque"
    BANK_TRANSFER = "bank_transfer"
    OTHER = "other"


def as_payment_mode(
    value: PaymentMode | Literal["cash", "card", "cheque", "bank_transfer", "other"],
) -> PaymentMode:
    """The member of a value; an unknown text is refused."""
    return choice(PaymentMode, value)


def as_optional_payment_mode(
    value: PaymentMode | Literal["cash", "card", "cheque", "bank_transfer", "other"] | None,
) -> PaymentMode | None:
    """As `as_payment_mode`, and None stays None."""
    return None if value is None else choice(PaymentMode, value)
