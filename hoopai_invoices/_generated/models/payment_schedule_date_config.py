"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define, field

from ..._model import Field, Model
from .. import models
from .deposit_date_type import as_deposit_date_type
from .schedule_date_type import as_schedule_date_type


@define(kw_only=True, eq=False, repr=False)
class PaymentScheduleDateConfig(Model):
    """When the parts fall due. With regular_interval and no interval given, both parts of a plan
    were seen to fall on the same day.

    Attributes:
        deposit_date_type: Whether the first part falls due at acceptance or on a chosen day.
        schedule_date_type: Whether the later parts follow at equal distances or on chosen
            days.
    """

    _role: ClassVar[str] = "shared"

    deposit_date_type: models.DepositDateType = field(converter=as_deposit_date_type)
    schedule_date_type: models.ScheduleDateType = field(converter=as_schedule_date_type)

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("deposit_date_type", "depositDateType", "DepositDateType", required=True),
        Field("schedule_date_type", "scheduleDateType", "ScheduleDateType", required=True),
    )
