"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..._model import Field, Model


@define(kw_only=True, eq=False, repr=False)
class StripePaymentMethod(Model):
    """What Stripe may accept.

    Attributes:
        enable_bank_debit_only: Whether only bank debits are accepted.
    """

    _role: ClassVar[str] = "shared"

    enable_bank_debit_only: bool

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("enable_bank_debit_only", "enableBankDebitOnly", "bool", required=True),
    )
