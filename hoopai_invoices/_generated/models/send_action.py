"""Generated: do not edit."""

from __future__ import annotations

from typing import Literal

from ..._convert import OpenEnum, choice


class SendAction(OpenEnum):
    """How to deliver. 'send_manually' delivers nothing and only marks the record as sent."""

    SMS_AND_EMAIL = "sms_and_email"
    SEND_MANUALLY = "send_manually"
    EMAIL = "email"
    SMS = "sms"


def as_send_action(
    value: SendAction | Literal["sms_and_email", "send_manually", "email", "sms"],
) -> SendAction:
    """The member of a value; an unknown text is refused."""
    return choice(SendAction, value)


def as_optional_send_action(
    value: SendAction | Literal["sms_and_email", "send_manually", "email", "sms"] | None,
) -> SendAction | None:
    """As `as_send_action`, and None stays None."""
    return None if value is None else choice(SendAction, value)
