"""Numbers on the wire."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from hoopai_invoices.sandbox.wire import parse, render

from .support import api_of, new_box


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("1E+2"), b"100"),
        (Decimal("353400.0000"), b"353400"),
        (Decimal("376.2900"), b"376.29"),
        (Decimal("0.00000001"), b"0.00000001"),
        (Decimal("-0.0"), b"0"),
        (10**25, b"10000000000000000000000000"),
        ({"a": [True, None, "é"]}, '{"a":[true,null,"é"]}'.encode()),
    ],
)
def test_numbers_are_written_plainly(value: Any, text: bytes) -> None:
    assert render(value) == text


def test_fractions_are_read_exactly() -> None:
    assert parse(b"[0.1, 1800]") == [Decimal("0.1"), 1800]


@pytest.mark.anyio
@pytest.mark.parametrize("number", ["1e99999999999999999999", "-1e99999999999999999999", "1e400"])
async def test_a_number_beyond_all_numbers_is_logged_and_refused(number: str) -> None:
    box = new_box()
    api = api_of(box)
    response = await api.http.post(
        "/invoices/",
        content='{"amount": ' + number + "}",
        headers={
            "authorization": f"Bearer {box.token}",
            "version": "2021-07-28",
            "content-type": "application/json",
        },
    )
    assert response.status_code == 400
    assert [arrival.status for arrival in box.arrivals] == [400]
