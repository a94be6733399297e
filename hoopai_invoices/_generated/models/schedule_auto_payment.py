"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..._model import Field, Model
from .. import models


@define(kw_only=True, eq=False, repr=False)
class ScheduleAutoPayment(Model):
    """A new rule for the automatic payment of a schedule.

    Attributes:
        id: Id of the schedule, the same as in the path.
        auto_payment: How a schedule or an invoice is paid without the customer's doing.
    """

    _role: ClassVar[str] = "request"
    _located: ClassVar[bool] = True

    id: str
    auto_payment: models.AutoPayment

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("id", "id", "str", required=True, bounds={"minLength": 1}),
        Field("auto_payment", "autoPayment", "AutoPayment", required=True),
    )
