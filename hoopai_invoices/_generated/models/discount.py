"""Generated: do not edit."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from attrs import define, field

from ..._convert import optional_decimal
from ..._model import Field, Model
from .. import models
from .discount_type import as_discount_type


@define(kw_only=True, eq=False, repr=False)
class Discount(Model):
    """A discount on the whole document. It comes off the sum of the lines before taxes are added.

    Attributes:
        type: Whether the discount is a share of the sum or an amount in major units.
        value: Percentage or amount in major units, as the type says; 0 is no discount.
        valid_on_product_ids: Products that the discount is limited to.
    """

    _role: ClassVar[str] = "shared"

    type: models.DiscountType = field(converter=as_discount_type)
    value: Decimal | None = field(default=None, converter=optional_decimal)
    valid_on_product_ids: list[str] | None = None

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("type", "type", "DiscountType", required=True),
        Field("value", "value", "decimal"),
        Field("valid_on_product_ids", "validOnProductIds", "[str]"),
    )
