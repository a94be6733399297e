"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define, field

from ..._model import Field, Model
from .. import models
from .payment_schedule_type import (
    as_payment_schedule_type,
)


@define(kw_only=True, eq=False, repr=False)
class PaymentScheduleConfig(Model):
    """Payment of an estimate's invoice in parts.

    Attributes:
        type: Whether the parts of a payment plan are amounts in major units or percentages of
            the total.
        date_config: When the parts fall due. With regular_interval and no interval given,
            both parts of a plan were seen to fall on the same day.
        schedules: The parts, in order.
    """

    _role: ClassVar[str] = "shared"

    type: models.PaymentScheduleType = field(converter=as_payment_schedule_type)
    date_config: models.PaymentScheduleDateConfig
    schedules: list[models.PaymentScheduleRow]

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("type", "type", "PaymentScheduleType", required=True),
        Field("date_config", "dateConfig", "PaymentScheduleDateConfig", required=True),
        Field("schedules", "schedules", "[PaymentScheduleRow]", required=True),
    )
