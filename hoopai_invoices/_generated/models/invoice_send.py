"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar, Literal

from attrs import define

from ..._model import UNSET, Field, Model, Unset
from .. import models


@define(kw_only=True, eq=False, repr=False)
class InvoiceSend(Model):
    """How to send an invoice, and as whom.

    Attributes:
        user_id: Id of the user who sends. With an empty one the service answers success and
            sends nothing.
        action: How to deliver. 'send_manually' delivers nothing and only marks the record as
            sent.
        live_mode: Whether real money is asked for; false is test mode.
        sent_from: Name and address that a message comes from.
        auto_payment: How a schedule or an invoice is paid without the customer's doing.
    """

    _role: ClassVar[str] = "request"
    _located: ClassVar[bool] = True

    user_id: str | Unset = UNSET
    action: models.SendAction | Literal["sms_and_email", "send_manually", "email", "sms"]
    live_mode: bool | Unset = UNSET
    sent_from: models.SenderConfiguration | Unset = UNSET
    auto_payment: models.AutoPayment | Unset = UNSET

    _fields: ClassVar[tuple[Field, ...]] = (
        Field(
            "user_id", "userId", "str", required=True, default="user_id", bounds={"minLength": 1}
        ),
        Field("action", "action", "SendAction", required=True),
        Field("live_mode", "liveMode", "bool", required=True, default="live_mode"),
        Field("sent_from", "sentFrom", "SenderConfiguration"),
        Field("auto_payment", "autoPayment", "AutoPayment"),
    )
