"""Generated: do not edit."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from attrs import define, field

from ..._convert import decimals
from ..._model import Field, Model


@define(kw_only=True, eq=False, repr=False)
class TipsConfiguration(Model):
    """Tips offered to the customer at payment.

    Attributes:
        tips_percentage: Percentages on offer.
        tips_enabled: Whether tips are offered.
    """

    _role: ClassVar[str] = "shared"

    tips_percentage: list[Decimal] = field(converter=decimals)
    tips_enabled: bool

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("tips_percentage", "tipsPercentage", "[decimal]", required=True),
        Field("tips_enabled", "tipsEnabled", "bool", required=True),
    )
