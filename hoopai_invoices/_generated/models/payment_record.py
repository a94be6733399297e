"""Generated: do not edit."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, ClassVar, Literal

from attrs import define

from ..._model import UNSET, Field, Model, Unset
from .. import models


@define(kw_only=True, eq=False, repr=False)
class PaymentRecord(Model):
    """A payment received elsewhere. Only the details that fit the mode are needed, if any.

    Attributes:
        mode: How a recorded payment was made.
        card: Goes with mode card.
        cheque: Goes with mode cheque.
        notes: A note kept with the payment.
        amount: What was received, in major units. A repeated call books it again.
        meta: Values of your own, as an object. Keys come back in camel case, so avoid
            underscores in them.
        payment_schedule_ids: Parts of the payment plan that are paid by this.
        fulfilled_at: When the payment was made.
    """

    _role: ClassVar[str] = "request"
    _located: ClassVar[bool] = True

    mode: models.PaymentMode | Literal["cash", "card", "cheque", "bank_transfer", "other"]
    card: models.Card | Unset = UNSET
    cheque: models.Cheque | Unset = UNSET
    notes: str | Unset = UNSET
    amount: Decimal | int | str | Unset = UNSET
    meta: Any | Unset = UNSET
    payment_schedule_ids: list[str] | Unset = UNSET
    fulfilled_at: dt.datetime | Unset = UNSET

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("mode", "mode", "PaymentMode", required=True),
        Field("card", "card", "Card"),
        Field("cheque", "cheque", "Cheque"),
        Field("notes", "notes", "str"),
        Field("amount", "amount", "decimal", bounds={"exclusiveMinimum": 0}),
        Field("meta", "meta", "any"),
        Field("payment_schedule_ids", "paymentScheduleIds", "[str]"),
        Field("fulfilled_at", "fulfilledAt", "datetime"),
    )
