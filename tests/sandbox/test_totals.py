"""The service's arithmetic."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoopai_invoices.sandbox.resources.totals import compute


def line(amount: str, qty: str = "1", *rates: str, **more: Any) -> dict[str, Any]:
    taxes = [{"_id": "t", "name": "VAT", "rate": Decimal(rate)} for rate in rates]
    return {"amount": Decimal(amount), "qty": Decimal(qty), "taxes": taxes, **more}


def percent(value: str, **more: Any) -> dict[str, Any]:
    return {"type": "percentage", "value": Decimal(value), **more}


def fixed(value: str, **more: Any) -> dict[str, Any]:
    return {"type": "fixed", "value": Decimal(value), **more}


@pytest.mark.parametrize(
    ("lines", "discount", "total", "tax"),
    [
        ([line("15500", "24")], percent("5"), "353400", "0"),
        ([line("15500", "24", "13")], percent("5"), "399342", "45942"),
        ([line("333", "1", "13")], None, "376.29", "43.29"),
        ([line("1800")], percent("0"), "1800", "0"),
        ([line("100", "1", "5", "8")], None, "113", "13"),
        ([line("113", "1", "13", taxInclusive=True)], None, "113", "0"),
        ([line("100", "1", "10"), line("300")], fixed("40"), "369", "9"),
        (
            [line("100", productId="a"), line("100", productId="b")],
            percent("10", validOnProductIds=["a"]),
            "190",
            "0",
        ),
        ([line("10")], fixed("25"), "0", "0"),
        ([line("0.1", "3")], None, "0.3", "0"),
        ([line("100")], percent("3.3333"), "96.6667", "0"),
        ([line("0.00005")], None, "0.0001", "0"),
        ([line("0")], percent("5"), "0", "0"),
    ],
)
def test_recorded_arithmetic(
    lines: list[dict[str, Any]], discount: dict[str, Any] | None, total: str, tax: str
) -> None:
    sums = compute(lines, discount)
    assert (sums.total, sums.tax) == (Decimal(total), Decimal(tax))


def test_each_line_shows_its_own_discount_and_tax() -> None:
    sums = compute([line("100", "1", "10"), line("113", "1", "13", taxInclusive=True)], None)
    assert [str(each.tax.normalize()) for each in sums.lines] == ["1E+1", "13"]


amounts = st.decimals("0", "1000000", places=2)
rates = st.decimals("0", "50", places=3)


@given(
    st.lists(st.tuples(amounts, st.decimals("0", "1000", places=3), rates), min_size=1, max_size=5),
    st.decimals("0", "100", places=2),
)
def test_totals_equal_an_independent_recomputation(
    rows: list[tuple[Decimal, Decimal, Decimal]], off: Decimal
) -> None:
    with localcontext(prec=80):
        left = [amount * qty * (1 - off / 100) for amount, qty, _ in rows]
        wanted = sum(
            (net * (1 + rate / 100) for net, (_, _, rate) in zip(left, rows, strict=True)),
            Decimal(0),
        ).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    sums = compute([line(str(a), str(q), str(r)) for a, q, r in rows], percent(str(off)))
    assert sums.total == wanted
    assert abs(sums.sub_total - sums.discount + sums.tax - sums.total) <= Decimal("0.0002")
