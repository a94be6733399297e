"""Generated: do not edit."""

from __future__ import annotations

from typing import Any, ClassVar

from attrs import define, field

from ..._model import Field, Model
from .. import models
from .payment_schedule_type import (
    as_payment_schedule_type,
)


@define(kw_only=True, eq=False, repr=False)
class PaymentSchedule(Model):
    """Payment of an invoice in parts.

    Attributes:
        type: Whether the parts of a payment plan are amounts in major units or percentages of
            the total.
        schedules: The parts, each with dueDate and value. The invoice's own dueDate must not
            lie before the last part's.
    """

    _role: ClassVar[str] = "shared"

    type: models.PaymentScheduleType = field(converter=as_payment_schedule_type)
    schedules: list[Any]

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("type", "type", "PaymentScheduleType", required=True),
        Field("schedules", "schedules", "[any]", required=True),
    )
