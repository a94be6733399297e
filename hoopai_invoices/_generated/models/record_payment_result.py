"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..._model import Field, Model
from .. import models


@define(kw_only=True, eq=False, repr=False)
class RecordPaymentResult(Model):
    """An invoice with the payment booked.

    Attributes:
        success:
        invoice: An invoice. Amounts are in major units and reckoned by the service.
    """

    _role: ClassVar[str] = "answer"

    success: bool
    invoice: models.Invoice

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("success", "success", "bool", required=True),
        Field("invoice", "invoice", "Invoice", required=True),
    )
