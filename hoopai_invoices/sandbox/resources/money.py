"""Amounts of money: exact sums, and the smallest units of currencies."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction

from .totals import rounded

__all__ = ["in_minor_units", "minus", "plus", "symbol", "written"]

_SYMBOLS = {"USD": "$", "CAD": "$", "EUR": "€", "GBP": "£", "CRC": "₡"}
# ISO 4217; every currency that is not named has two decimal places.
_PLACES = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG"), 0),
    **dict.fromkeys(("RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
_DIGITS = 200  # far more than any sum of the longest numbers that are read


def in_minor_units(amount: Fraction, currency: str) -> Decimal:
    """The amount rounded, half up, to what can be paid in the currency."""
    return rounded(amount, _PLACES.get(currency, 2))


def plus(*amounts: Decimal | int) -> Decimal:
    """The sum, exact however many digits it has."""
    with localcontext(prec=_DIGITS):
        return sum(map(Decimal, amounts), Decimal(0))


def minus(amount: Decimal | int, other: Decimal | int) -> Decimal:
    """The difference, exact however many digits it has."""
    with localcontext(prec=_DIGITS):
        return Decimal(amount) - Decimal(other)


def symbol(currency: str) -> str:
    """How a currency is written."""
    return _SYMBOLS.get(currency, currency)


def written(amount: Decimal) -> str:
    """An amount for people, without zeros that say nothing."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
