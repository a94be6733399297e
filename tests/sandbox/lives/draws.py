"""What the lives are drawn from: few values, so that they meet often."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

__all__ = ["DISCOUNTS", "FEES", "HOURS", "LINES", "PERCENTAGES", "SHARES", "USERS"]

LINES = st.lists(
    st.builds(
        lambda amount, qty, rate, inside: {
            "name": "Line",
            "currency": "USD",
            "amount": amount,
            "qty": qty,
            "type": "one_time",
            "taxes": [{"_id": "t", "name": "VAT", "rate": rate}],
            "taxInclusive": inside,
        },
        st.decimals(1, 2000, places=2) | st.sampled_from([0, 333, 1800]),
        st.sampled_from([1, 2, Decimal("0.5"), 24]),
        st.sampled_from([0, 13, Decimal("7.25")]),
        st.booleans(),
    ),
    min_size=1,
    max_size=3,
)
DISCOUNTS: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.builds(
        dict,
        type=st.just("percentage"),
        value=st.sampled_from([0, 0, 5, Decimal("33.3333"), 100]),
    ),
    st.builds(dict, type=st.just("fixed"), value=st.sampled_from([0, 0, 1, Decimal("9.99"), 9999])),
)
FEES = st.builds(
    lambda enable, kind, value, every, grace, cap: {
        "enable": enable,
        "type": kind,
        "value": value,
        "frequency": {"intervalCount": every[0], "interval": every[1]},
        **({} if grace is None else {"grace": {"intervalCount": grace, "interval": "day"}}),
        **({} if cap is None else {"maxLateFees": {"type": "fixed", "value": cap}}),
    },
    st.sampled_from([True, True, True, False]),
    st.sampled_from(["fixed", "percentage"]),
    st.sampled_from([1, 10, Decimal("2.5")]),
    st.sampled_from([(1, "day"), (3, "day"), (12, "hour"), (1, "week"), (1, "one_time")]),
    st.sampled_from([None, 0, 2]),
    st.sampled_from([None, 5, 60]),
)
PERCENTAGES = st.sampled_from(
    [(100,), (50, 50), (10, 90), (Decimal("33.3333"), Decimal("66.6667")), (20, 30, 50)]
)
# Whole hours, and banks take half an hour more: nothing ever happens in the very moment of a look.
HOURS = st.sampled_from([6, 24, 50, 200, 720])
USERS = st.sampled_from(["u1", "u1", "u1", ""])
SHARES = st.sampled_from([25, 40, 25, 40, 10, 0, 100, 101])
