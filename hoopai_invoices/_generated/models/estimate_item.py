"""Generated: do not edit."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from attrs import define, field

from ..._convert import decimal
from ..._model import Field, Model
from .. import models
from .line_item_type import as_line_item_type


@define(kw_only=True, eq=False, repr=False)
class EstimateItem(Model):
    """One line of an estimate or an estimate template.

    Attributes:
        name: What is offered.
        currency: Three-letter code; the same as the document's.
        amount: Price of one, in major units; 150 means 150.00.
        qty: How many; parts of one are possible.
        type: Must be there, otherwise the service fails with 500.
        id: Id that the service gave the line.
        description:
        product_id: Id of the product in the catalogue, if it is one.
        price_id: Id of the product's price.
        taxes: Taxes on this line.
        automatic_tax_category_id: Category used when taxes are worked out automatically.
        is_setup_fee_item: Whether the line is a setup fee.
        tax_inclusive: Whether the amount already contains the taxes; the service assumes it
            does not.
        attachments: Addresses of files that go with the line.
        item_total_tax: Tax on the whole line, in major units.
        item_total_discount: The line's part of the discount, in major units.
        item_unit_discount: The discount on one, in major units.
    """

    _role: ClassVar[str] = "shared"

    name: str
    currency: str
    amount: Decimal = field(converter=decimal)
    qty: Decimal = field(converter=decimal)
    type: models.LineItemType = field(converter=as_line_item_type)
    id: str | None = field(default=None, init=False)
    description: str | None = None
    product_id: str | None = None
    price_id: str | None = None
    taxes: list[models.Tax] | None = None
    automatic_tax_category_id: str | None = None
    is_setup_fee_item: bool | None = None
    tax_inclusive: bool | None = None
    attachments: list[str] | None = None
    item_total_tax: Decimal | None = field(default=None, init=False)
    item_total_discount: Decimal | None = field(default=None, init=False)
    item_unit_discount: Decimal | None = field(default=None, init=False)

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("name", "name", "str", required=True),
        Field("currency", "currency", "str", required=True, bounds={"pattern": "^[A-Z]{3}$"}),
        Field("amount", "amount", "decimal", required=True),
        Field("qty", "qty", "decimal", required=True),
        Field("type", "type", "LineItemType", required=True),
        Field("id", "_id", "str", response_only=True),
        Field("description", "description", "str"),
        Field("product_id", "productId", "str"),
        Field("price_id", "priceId", "str"),
        Field("taxes", "taxes", "[Tax]"),
        Field("automatic_tax_category_id", "automaticTaxCategoryId", "str"),
        Field("is_setup_fee_item", "isSetupFeeItem", "bool"),
        Field("tax_inclusive", "taxInclusive", "bool"),
        Field("attachments", "attachments", "[str]"),
        Field("item_total_tax", "itemTotalTax", "decimal", response_only=True),
        Field("item_total_discount", "itemTotalDiscount", "decimal", response_only=True),
        Field("item_unit_discount", "itemUnitDiscount", "decimal", response_only=True),
    )
