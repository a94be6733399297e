"""Generated: do not edit."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from attrs import define, field

from ..._convert import decimal
from ..._model import Field, Model


@define(kw_only=True, eq=False, repr=False)
class PaymentScheduleRow(Model):
    """One part of an estimate's payment plan.

    Attributes:
        value: Percentage or amount in major units. Give percentages with four decimals:
            33.3333 and 66.6667 divide a total exactly, 33 and 67 do not.
    """

    _role: ClassVar[str] = "shared"

    value: Decimal = field(converter=decimal)

    _fields: ClassVar[tuple[Field, ...]] = (Field("value", "value", "decimal", required=True),)
