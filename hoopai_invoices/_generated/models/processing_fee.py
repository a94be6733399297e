"""Generated: do not edit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from attrs import define, field

from ..._convert import optional_decimal
from ..._model import Field, Model
from .. import models


@define(kw_only=True, eq=False, repr=False)
class ProcessingFee(Model):
    """Charges on top of the invoice, such as a processing fee.

    Attributes:
        charges: Charges to add; objects with _id, name, charge, amount and enabled were
            reported.
        collected_miscellaneous_charges: What was collected so far, in major units.
        paid_charges: Charges already paid.
    """

    _role: ClassVar[str] = "shared"

    charges: list[Any]
    collected_miscellaneous_charges: Decimal | None = field(
        default=None, converter=optional_decimal
    )
    paid_charges: list[models.PaidCharge] | None = None

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("charges", "charges", "[any]", required=True),
        Field("collected_miscellaneous_charges", "collectedMiscellaneousCharges", "decimal"),
        Field("paid_charges", "paidCharges", "[PaidCharge]"),
    )
