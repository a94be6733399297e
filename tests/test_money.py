"""Previews of totals: by the recorded arithmetic, and exact."""

from __future__ import annotations

import itertools
import pickle
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Any, cast

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hoopai_invoices.errors import InvalidRequestError, TotalMismatch
from hoopai_invoices.models import Discount, EstimateItem, Invoice, InvoiceItem, Tax
from hoopai_invoices.money import Totals, minor_units, split, totals

CURRENCIES = {"USD": 2, "CRC": 2, "JPY": 0, "KWD": 3, "CLF": 4}


def line(amount: Any, qty: Any = 1, *rates: Any, currency: str = "USD", **more: Any) -> InvoiceItem:
    taxes = [Tax(id=f"t{n}", name="VAT", rate=rate) for n, rate in enumerate(rates)]
    return InvoiceItem(
        name="x", currency=currency, amount=amount, qty=qty, taxes=taxes or None, **more
    )


def percent(value: Any) -> Discount:
    return Discount(type="percentage", value=value)


def test_the_recorded_sums() -> None:
    recorded = totals([line(15500, 24, 13)], discount=percent(5))
    assert recorded == Totals(
        "USD",
        subtotal=Decimal("372000.00"),
        discount=Decimal("18600.00"),
        exclusive_tax=Decimal("45942.00"),
        inclusive_tax=Decimal("0.00"),
        total=Decimal("399342.00"),
    )
    assert totals([line(333, 1, 13)]).total == Decimal("376.29")
    assert split(1720, ["33.3333", "66.6667"], "USD") == [Decimal("573.33"), Decimal("1146.67")]


def test_taxes_that_the_amount_contains_are_told_and_not_added() -> None:
    found = totals([line(113, 1, 13, tax_inclusive=True), line(100, 1, 13)])
    assert (found.subtotal, found.total) == (Decimal("213.00"), Decimal("226.00"))
    assert (found.inclusive_tax, found.exclusive_tax) == (Decimal("13.00"), Decimal("13.00"))


def test_a_discount_on_products_leaves_the_others_alone() -> None:
    off = Discount(type="percentage", value=50, valid_on_product_ids=["p1"])
    found = totals([line(100, 1, 10, product_id="p1"), line(100, 1, 10)], discount=off)
    assert (found.discount, found.total) == (Decimal("50.00"), Decimal("165.00"))
    assert totals([line(100)], discount=off).discount == 0


def test_a_fixed_discount_takes_no_more_than_there_is() -> None:
    assert totals([line(30), line(10)], discount=Discount(type="fixed", value=100)).total == 0
    found = totals([line(30, 1, 10), line(10)], discount=Discount(type="fixed", value=4))
    assert (found.exclusive_tax, found.total) == (Decimal("2.70"), Decimal("38.70"))


def test_halves_go_up_and_minor_units_are_the_currency_s() -> None:
    assert totals([line("0.005")]).total == Decimal("0.01")
    assert totals([line("10.5", currency="JPY")]).total == Decimal(11)
    assert str(totals([line("1.0005", currency="KWD")]).total) == "1.001"
    assert {currency: minor_units(currency) for currency in CURRENCIES} == CURRENCIES
    assert minor_units("jpy") == 0


def test_estimates_have_the_same_arithmetic() -> None:
    item = EstimateItem(name="x", currency="USD", amount=150, qty=2, type="one_time")
    assert totals([item]).total == 300


@pytest.mark.parametrize("items", [[], [line(1), line(1, currency="EUR")]])
def test_what_has_no_one_currency_has_no_total(items: Sequence[Any]) -> None:
    with pytest.raises(InvalidRequestError, match="items"):
        totals(items)


@pytest.mark.parametrize("shares", [[], [50], [50, 51], [-1, 101], ["33.33", "66.66"]])
def test_parts_that_make_no_whole_are_refused(shares: list[Any]) -> None:
    with pytest.raises(InvalidRequestError, match="percentages"):
        split(100, shares, "USD")


def test_a_total_that_differs_is_told_on_request() -> None:
    expected = totals([line(100, 1, 13)])

    def answered(total: Any) -> Invoice:
        return Invoice.from_dict({"_id": "i", "total": total, "currency": "USD"})

    expected.check(answered(113))
    expected.check(answered("113.0049"))  # the service keeps four decimals
    for wrong in (112.99, 1.13, None):
        with pytest.raises(TotalMismatch, match=r"113\.00 USD") as caught:
            expected.check(answered(wrong if wrong is None else str(wrong)))
        again = pickle.loads(pickle.dumps(caught.value))
        assert (again.expected, again.actual, again.currency) == (
            caught.value.expected,
            caught.value.actual,
            "USD",
        )


# --- Against a computation of its own ----------------------------------------------------------

EXACT = Context(prec=400)
amounts = st.decimals(0, 10**7, places=4, allow_nan=False)
quantities = st.decimals(0, 1000, places=3, allow_nan=False)
rates = st.decimals(0, 40, places=3, allow_nan=False)


@st.composite
def documents(draw: st.DrawFn) -> tuple[list[InvoiceItem], Discount | None]:
    currency = draw(st.sampled_from(sorted(CURRENCIES)))
    items = draw(
        st.lists(
            st.builds(
                lambda amount, qty, taxes, inside, product: line(
                    amount,
                    qty,
                    *taxes,
                    currency=currency,
                    tax_inclusive=inside,
                    product_id=product,
                ),
                amounts,
                quantities,
                st.lists(rates, max_size=2),
                st.booleans(),
                st.sampled_from([None, "p1", "p2"]),
            ),
            min_size=1,
            max_size=4,
        )
    )
    kind = draw(st.sampled_from([None, "percentage", "fixed"]))
    if kind is None:
        return items, None
    value = draw(st.decimals(0, 100 if kind == "percentage" else 10**6, places=2))
    return items, Discount(
        type=cast(Any, kind),
        value=value,
        valid_on_product_ids=draw(st.sampled_from([None, ["p1"]])),
    )


def by_hand(items: list[InvoiceItem], discount: Discount | None) -> tuple[Decimal, Decimal]:
    """Discount and total, line by line, in decimals of four hundred digits."""
    total = off_all = Decimal(0)
    valid = discount.valid_on_product_ids if discount else None
    counted = [one for one in items if discount and (not valid or one.product_id in valid)]
    base = sum((one.amount * one.qty for one in counted), Decimal(0))
    for one in items:
        net = one.amount * one.qty
        if discount and one in counted and base and discount.value:
            whole = discount.value * base / 100 if discount.type == "percentage" else discount.value
            off = min(whole, base) * net / base
            off_all += off
            net -= off
        total += net
        if not one.tax_inclusive:
            total += sum((net * tax.rate / 100 for tax in one.taxes or []), Decimal(0))
    return off_all, total


@given(documents())
def test_totals_are_those_of_a_computation_by_hand(
    document: tuple[list[InvoiceItem], Discount | None],
) -> None:
    items, discount = document
    found = totals(items, discount=discount)
    unit = Decimal(1).scaleb(-CURRENCIES[found.currency])
    with localcontext(EXACT):
        off, total = by_hand(items, discount)
        # A third of something that is worked out in decimals may miss a half by a last digit.
        for value in (off, total):
            half = (value / unit) % 1 - Decimal("0.5")
            assume(half == 0 or abs(half) > Decimal("1e-300"))
        assert found.discount == off.quantize(unit, ROUND_HALF_UP)
        assert found.total == total.quantize(unit, ROUND_HALF_UP)
        parts = found.subtotal - found.discount + found.exclusive_tax
        assert abs(parts - found.total) <= 2 * unit


@given(
    st.decimals(0, 10**9, places=2),
    st.lists(st.integers(0, 1_000_000), min_size=1, max_size=6),
    st.sampled_from(sorted(CURRENCIES)),
)
def test_parts_make_the_whole(total: Decimal, cuts: list[int], currency: str) -> None:
    places = sorted({0, 1_000_000, *cuts})
    shares = [Decimal(b - a).scaleb(-4) for a, b in itertools.pairwise(places)]
    unit = Decimal(1).scaleb(-CURRENCIES[currency])
    parts = split(total, shares, currency)
    assert sum(parts) == total.quantize(unit, ROUND_HALF_UP)
    for part, share in zip(parts[:-1], shares[:-1], strict=True):
        assert abs(part - total * share / 100) <= unit / 2
