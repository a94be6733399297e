"""Generated: do not edit."""

from __future__ import annotations

from typing import Literal

from ..._convert import OpenEnum, choice


class PaymentModeFilter(OpenEnum):
    """Which payment mode to list records by."""

    DEFAULT = "default"
    LIVE = "live"
    TEST = "test"


def as_payment_mode_filter(
    value: PaymentModeFilter | Literal["default", "live", "test"],
) -> PaymentModeFilter:
    """The member of a value; an unknown text is refused."""
    return choice(PaymentModeFilter, value)


def as_optional_payment_mode_filter(
    value: PaymentModeFilter | Literal["default", "live", "test"] | None,
) -> PaymentModeFilter | None:
    """As `as_payment_mode_filter`, and None stays None."""
    return None if value is None else choice(PaymentModeFilter, value)
