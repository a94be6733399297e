"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..._model import UNSET, Field, Model, Unset
from .. import models


@define(kw_only=True, eq=False, repr=False)
class ScheduleStart(Model):
    """How to start a schedule.

    Attributes:
        live_mode: Whether real money is asked for; false is test mode.
        auto_payment: Whether the invoices are paid automatically. Without it the service
            fails with 500.
    """

    _role: ClassVar[str] = "request"
    _located: ClassVar[bool] = True

    live_mode: bool | Unset = UNSET
    auto_payment: models.AutoPayment | Unset = UNSET

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("live_mode", "liveMode", "bool", required=True, default="live_mode"),
        Field(
            "auto_payment", "autoPayment", "AutoPayment", required=True, omitted={"enable": False}
        ),
    )
