"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..._model import UNSET, Field, Model, Unset
from .. import models


@define(kw_only=True, eq=False, repr=False)
class PaymentMethodsUpdate(Model):
    """New payment methods of an invoice template.

    Attributes:
        payment_methods: Which payment methods are offered.
    """

    _role: ClassVar[str] = "request"
    _located: ClassVar[bool] = True

    payment_methods: models.PaymentMethods | Unset = UNSET

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("payment_methods", "paymentMethods", "PaymentMethods"),
    )
