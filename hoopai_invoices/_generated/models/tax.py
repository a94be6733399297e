"""Generated: do not edit."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from attrs import define, field

from ..._convert import decimal
from ..._model import Field, Model
from .. import models
from .tax_calculation import as_optional_tax_calculation


@define(kw_only=True, eq=False, repr=False)
class Tax(Model):
    """A tax on one line.

    Attributes:
        id: Must be there, but any text does; the service does not look it up.
        name: Name shown on the document.
        rate: Percentage; 13 means 13 percent.
        calculation: How a tax is reckoned; 'exclusive' puts it on top of the amount.
        description:
        tax_id:
    """

    _role: ClassVar[str] = "shared"

    id: str
    name: str
    rate: Decimal = field(converter=decimal)
    calculation: models.TaxCalculation | None = field(
        default=None, converter=as_optional_tax_calculation
    )
    description: str | None = None
    tax_id: str | None = None

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("id", "_id", "str", required=True),
        Field("name", "name", "str", required=True),
        Field("rate", "rate", "decimal", required=True),
        Field("calculation", "calculation", "TaxCalculation"),
        Field("description", "description", "str"),
        Field("tax_id", "taxId", "str"),
    )
