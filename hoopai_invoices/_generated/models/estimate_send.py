"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar, Literal

from attrs import define

from ..._model import UNSET, Field, Model, Unset
from .. import models


@define(kw_only=True, eq=False, repr=False)
class EstimateSend(Model):
    """How to send an estimate, and as whom.

    Attributes:
        action: How to deliver. 'send_manually' delivers nothing and only marks the record as
            sent.
        live_mode: Whether real money is asked for; false is test mode.
        user_id: Id of the user who sends.
        sent_from: Name and address that a message comes from.
        estimate_name: Name of the estimate as the message calls it.
    """

    _role: ClassVar[str] = "request"
    _located: ClassVar[bool] = True

    action: models.SendAction | Literal["sms_and_email", "send_manually", "email", "sms"]
    live_mode: bool | Unset = UNSET
    user_id: str | Unset = UNSET
    sent_from: models.SenderConfiguration | Unset = UNSET
    estimate_name: str | Unset = UNSET

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("action", "action", "SendAction", required=True),
        Field("live_mode", "liveMode", "bool", required=True, default="live_mode"),
        Field(
            "user_id", "userId", "str", required=True, default="user_id", bounds={"minLength": 1}
        ),
        Field("sent_from", "sentFrom", "SenderConfiguration"),
        Field("estimate_name", "estimateName", "str"),
    )
