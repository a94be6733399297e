"""Generated: do not edit."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from attrs import define, field

from ..._convert import decimal
from ..._model import Field, Model
from .. import models
from .late_fee_type import as_late_fee_type


@define(kw_only=True, eq=False, repr=False)
class LateFeesConfiguration(Model):
    """What is charged when an invoice is paid late.

    Attributes:
        enable: Whether late fees are charged at all.
        value: The fee, a percentage or an amount in major units, as the type says.
        type: Whether the late fee is an amount in major units or a percentage.
        frequency: How often a late fee is charged.
        grace: How long after the due day no late fee is charged yet.
        max_late_fees: The most that late fees can add up to.
    """

    _role: ClassVar[str] = "shared"

    enable: bool
    value: Decimal = field(converter=decimal)
    type: models.LateFeeType = field(converter=as_late_fee_type)
    frequency: models.LateFeesFrequency
    grace: models.LateFeesGrace | None = None
    max_late_fees: models.LateFeesMax | None = None

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("enable", "enable", "bool", required=True),
        Field("value", "value", "decimal", required=True),
        Field("type", "type", "LateFeeType", required=True),
        Field("frequency", "frequency", "LateFeesFrequency", required=True),
        Field("grace", "grace", "LateFeesGrace"),
        Field("max_late_fees", "maxLateFees", "LateFeesMax"),
    )
