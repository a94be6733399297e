"""Generated: do not edit."""

from __future__ import annotations

from typing import Any, ClassVar

from attrs import define

from ..._model import Field, Model
from .. import models


@define(kw_only=True, eq=False, repr=False)
class AutoPayment(Model):
    """How a schedule or an invoice is paid without the customer's doing.

    Attributes:
        enable: Whether payment is automatic.
        type: Kind of payment method; customer_card and saved_card were reported.
        payment_method_id: Id of the saved payment method at the payment provider.
        customer_id: Id of the customer at the payment provider.
        card: A card, by what may be shown of it.
        us_bank_account: A bank account in the United States, by what may be shown of it.
        sepa_direct_debit: A European direct debit, by what may be shown of it.
        bacs_direct_debit: A British direct debit, by what may be shown of it.
        becs_direct_debit: An Australian direct debit, by what may be shown of it.
        card_id: Id of the saved card.
        provider: The payment provider; its shape is not documented.
    """

    _role: ClassVar[str] = "shared"

    enable: bool
    type: str | None = None
    payment_method_id: str | None = None
    customer_id: str | None = None
    card: models.Card | None = None
    us_bank_account: models.UsBankAccount | None = None
    sepa_direct_debit: models.SepaDirectDebit | None = None
    bacs_direct_debit: models.BacsDirectDebit | None = None
    becs_direct_debit: models.BecsDirectDebit | None = None
    card_id: str | None = None
    provider: Any = None

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("enable", "enable", "bool", required=True),
        Field("type", "type", "str"),
        Field("payment_method_id", "paymentMethodId", "str"),
        Field("customer_id", "customerId", "str"),
        Field("card", "card", "Card"),
        Field("us_bank_account", "usBankAccount", "UsBankAccount"),
        Field("sepa_direct_debit", "sepaDirectDebit", "SepaDirectDebit"),
        Field("bacs_direct_debit", "bacsDirectDebit", "BacsDirectDebit"),
        Field("becs_direct_debit", "becsDirectDebit", "BecsDirectDebit"),
        Field("card_id", "cardId", "str"),
        Field("provider", "provider", "any"),
    )
