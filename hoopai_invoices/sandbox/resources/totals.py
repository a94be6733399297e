"""What a document comes to: the service's arithmetic, exact until the one rounding at the end.

The discount is taken off the sum of the lines first, then each line's exclusive taxes are added
to what is left of that line. A line marked `taxInclusive` already contains its taxes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

__all__ = ["PRECISION", "LineTotals", "Totals", "compute", "per_unit", "rounded"]

PRECISION = 4
"""Decimal places that the service keeps (`configuration.precision`)."""


@dataclass(frozen=True, slots=True)
class LineTotals:
    """One line's share of the discount, and its tax (contained in the amount or added to it)."""

    discount: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums of a document. `tax` is what was added on top: contained taxes are not in it."""

    sub_total: Decimal
    discount: Decimal
    tax: Decimal
    total: Decimal
    lines: tuple[LineTotals, ...]


def compute(items: Sequence[Mapping[str, Any]], discount: Mapping[str, Any] | None) -> Totals:
    """The totals of validated lines under a validated discount."""
    amounts = [Fraction(item["amount"]) * Fraction(item["qty"]) for item in items]
    shares = _shares(items, amounts, discount or {})
    taxes = [
        _tax(item, amount - share)
        for item, amount, share in zip(items, amounts, shares, strict=True)
    ]
    added = sum(
        (tax for item, tax in zip(items, taxes, strict=True) if not item.get("taxInclusive")),
        Fraction(0),
    )
    return Totals(
        sub_total=rounded(sum(amounts, Fraction(0))),
        discount=rounded(sum(shares, Fraction(0))),
        tax=rounded(added),
        total=rounded(sum(amounts, Fraction(0)) - sum(shares, Fraction(0)) + added),
        lines=tuple(
            LineTotals(rounded(share), rounded(tax))
            for share, tax in zip(shares, taxes, strict=True)
        ),
    )


def _shares(
    items: Sequence[Mapping[str, Any]], amounts: list[Fraction], discount: Mapping[str, Any]
) -> list[Fraction]:
    """Each line's part of the discount; lines it is not valid on have none."""
    products = discount.get("validOnProductIds")
    bases = [
        amount if not products or item.get("productId") in products else Fraction(0)
        for item, amount in zip(items, amounts, strict=True)
    ]
    base = sum(bases, Fraction(0))
    value = Fraction(discount.get("value") or 0)
    if base <= 0:
        return [Fraction(0) for _ in bases]
    part = value / 100 if discount.get("type") == "percentage" else value / base
    return [line * min(part, Fraction(1)) for line in bases]


def _tax(item: Mapping[str, Any], net: Fraction) -> Fraction:
    rates = (Fraction(tax["rate"]) for tax in item.get("taxes") or ())
    rate = max(sum(rates, Fraction(0)), Fraction(0))
    return net * rate / (100 + rate if item.get("taxInclusive") else 100)


def rounded(value: Fraction, places: int = PRECISION) -> Decimal:
    """Half up (away from zero), and exact whatever the Decimal context."""
    scaled = (abs(value) * 10**places * 2 + 1) // 2
    return Decimal((value < 0, Decimal(scaled).as_tuple().digits, -places))


def per_unit(amount: Decimal, qty: Decimal | int) -> Decimal:
    """A line's amount spread over its quantity."""
    return rounded(Fraction(amount) / Fraction(qty)) if qty else Decimal(0)
