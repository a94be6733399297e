"""Generated: do not edit."""

from __future__ import annotations

from typing import Literal

from ..._convert import OpenEnum, choice


class Text2PayAction(OpenEnum):
    """Whether to leave the invoice a draft or to send it at once."""

    DRAFT = "draft"
    SEND = "send"


def as_text_2_pay_action(value: Text2PayAction | Literal["draft", "send"]) -> Text2PayAction:
    """The member of a value; an unknown text is refused."""
    return choice(Text2PayAction, value)


def as_optional_text_2_pay_action(
    value: Text2PayAction | Literal["draft", "send"] | None,
) -> Text2PayAction | None:
    """As `as_text_2_pay_action`, and None stays None."""
    return None if value is None else choice(Text2PayAction, value)
