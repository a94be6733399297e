"""Generated: do not edit."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from attrs import define

from ..._model import Field, Model


@define(kw_only=True, eq=False, repr=False)
class TotalSummary(Model):
    """How the total came about, in major units. Part of a single invoice, not of every answer.

    Attributes:
        sub_total: Sum of the lines.
        discount: What the discount takes off.
        tax: What the taxes add.
    """

    _role: ClassVar[str] = "answer"

    sub_total: Decimal | None = None
    discount: Decimal | None = None
    tax: Decimal | None = None

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("sub_total", "subTotal", "decimal"),
        Field("discount", "discount", "decimal"),
        Field("tax", "tax", "decimal"),
    )
