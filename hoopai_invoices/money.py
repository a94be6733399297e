"""Sums worked out beforehand: what an invoice or an estimate will come to. A preview, not the truth.

The arithmetic is the one that was recorded of the service: the discount comes off the sum of the
lines, then each line's taxes are added to what is left of that line, unless its amount contains them.
It is exact until the one rounding at the end. The service's own `total` is what counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from ._convert import decimal
from .errors import InvalidRequestError, TotalMismatch

__all__ = ["Totals", "minor_units", "split", "totals"]

# ISO 4217, where it isn't two.
_MINOR_UNITS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG"), 0),
    **dict.fromkeys(("RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}


class Totals(NamedTuple):
    """What lines come to, in major units, rounded half up to the currency's minor unit.

    Attributes:
        currency: Three letters.
        subtotal: The sum of the lines.
        discount: What is taken off it.
        exclusive_tax: Taxes that are added on top.
        inclusive_tax: Taxes that the amounts contain already; not added again.
        total: What is to be paid.
    """

    currency: str
    subtotal: Decimal
    discount: Decimal
    exclusive_tax: Decimal
    inclusive_tax: Decimal
    total: Decimal

    def check(self, record: Any) -> None:
        """Compare with the `total` of an invoice or estimate that the service has answered.

        Raises:
            TotalMismatch: They differ by a minor unit or more, or there is none.
        """
        theirs = getattr(record, "total", None)
        if theirs is None or _rounded(Fraction(theirs), self.currency) != self.total:
            raise TotalMismatch(self.total, theirs, self.currency)


def totals(items: Sequence[Any], *, discount: Any = None) -> Totals:
    """Work out what lines come to.

    Args:
        items: `InvoiceItem`s or `EstimateItem`s, of one currency.
        discount: A `Discount` on the whole, or None.

    Raises:
        InvalidRequestError: There is no line, or they have several currencies.
    """
    currencies = sorted({item.currency for item in items})
    if len(currencies) != 1:
        raise InvalidRequestError(f"one currency is needed, not {currencies}", path="items")
    amounts = [Fraction(item.amount) * Fraction(item.qty) for item in items]
    shares = _shares(items, amounts, discount)
    taxes = [
        _tax(item, amount - share)
        for item, amount, share in zip(items, amounts, shares, strict=True)
    ]
    contained = [bool(item.tax_inclusive) for item in items]
    added = sum(
        (tax for tax, inside in zip(taxes, contained, strict=True) if not inside), Fraction()
    )
    whole, off, [currency] = sum(amounts, Fraction()), sum(shares, Fraction()), currencies
    sums = (whole, off, added, sum(taxes, Fraction()) - added, whole - off + added)
    return Totals(currency, *(_rounded(value, currency) for value in sums))


def split(
    total: Decimal | int | str, percentages: Sequence[Decimal | int | str], currency: str
) -> list[Decimal]:
    """Split a total into the parts of a payment plan; the last one takes what rounding leaves.

    ```python
    split(1720, ["33.3333", "66.6667"], "USD")  # [Decimal("573.33"), Decimal("1146.67")]
    ```

    Raises:
        InvalidRequestError: The percentages don't make 100; the service wants four decimals of them.
    """
    given = [decimal(one) for one in percentages]
    shares = [Fraction(one) for one in given]
    if sum(shares) != 100 or min(shares) < 0:
        shown = " + ".join(map(str, given)) or "nothing"
        raise InvalidRequestError(f"{shown} is not 100", path="percentages")
    whole = Fraction(decimal(total))
    parts = [_rounded(whole * share / 100, currency) for share in shares[:-1]]
    return [*parts, _rounded(whole - sum(map(Fraction, parts), Fraction()), currency)]


def minor_units(currency: str) -> int:
    """How many decimals a currency has by ISO 4217: 2 of USD, 0 of JPY, 3 of KWD."""
    return _MINOR_UNITS.get(currency.upper(), 2)


def _shares(items: Sequence[Any], amounts: list[Fraction], discount: Any) -> list[Fraction]:
    """Each line's part of the discount; lines that it isn't valid on have none."""
    none = [Fraction() for _ in items]
    if discount is None or not discount.value:
        return none
    products = discount.valid_on_product_ids
    bases = [
        amount if not products or item.product_id in products else Fraction()
        for item, amount in zip(items, amounts, strict=True)
    ]
    base = sum(bases, Fraction())
    if base <= 0:
        return none
    value = Fraction(discount.value)
    part = value / 100 if discount.type == "percentage" else value / base
    return [line * min(part, Fraction(1)) for line in bases]


def _tax(item: Any, net: Fraction) -> Fraction:
    rate = sum((Fraction(tax.rate) for tax in item.taxes or ()), Fraction())
    if rate <= 0:
        return Fraction()
    return net * rate / (100 + rate if item.tax_inclusive else 100)


def _rounded(value: Fraction, currency: str) -> Decimal:
    """Half up, away from zero; exact whatever the Decimal context."""
    places = minor_units(currency)
    scaled = (abs(value) * 10**places * 2 + 1) // 2
    return Decimal((value < 0, Decimal(scaled).as_tuple().digits, -places))
