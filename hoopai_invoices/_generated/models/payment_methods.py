"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..._model import Field, Model
from .. import models


@define(kw_only=True, eq=False, repr=False)
class PaymentMethods(Model):
    """Which payment methods are offered.

    Attributes:
        stripe: What Stripe may accept.
    """

    _role: ClassVar[str] = "shared"

    stripe: models.StripePaymentMethod

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("stripe", "stripe", "StripePaymentMethod", required=True),
    )
