"""Generated: do not edit."""

from __future__ import annotations

from typing import Literal

from ..._convert import OpenEnum, choice


class DepositDateType(OpenEnum):
    """Whether the first part falls due at acceptance or on a chosen day."""

    ESTIMATE_ACCEPTED = "estimate_accepted"
    CUSTOM = "custom"


def as_deposit_date_type(
    value: DepositDateType | Literal["estimate_accepted", "custom"],
) -> DepositDateType:
    """The member of a value; an unknown text is refused."""
    return choice(DepositDateType, value)


def as_optional_deposit_date_type(
    value: DepositDateType | Literal["estimate_accepted", "custom"] | None,
) -> DepositDateType | None:
    """As `as_deposit_date_type`, and None stays None."""
    return None if value is None else choice(DepositDateType, value)
