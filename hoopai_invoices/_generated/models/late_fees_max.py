"""Generated: do not edit."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from attrs import define, field

from ..._convert import decimal
from ..._model import Field, Model
from .. import models
from .late_fees_max_type import as_late_fees_max_type


@define(kw_only=True, eq=False, repr=False)
class LateFeesMax(Model):
    """The most that late fees can add up to.

    Attributes:
        type: Kind of the cap on late fees; only an amount is possible.
        value: The cap, in major units.
    """

    _role: ClassVar[str] = "shared"

    type: models.LateFeesMaxType = field(converter=as_late_fees_max_type)
    value: Decimal = field(converter=decimal)

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("type", "type", "LateFeesMaxType", required=True),
        Field("value", "value", "decimal", required=True),
    )
