"""The fact sheet, row by row, over the wire."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields
from typing import get_args, get_type_hints

import pytest

from hoopai_invoices.sandbox import Choices, Limits

from .facts import FACTS, Fact
from .support import api_of, new_box

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("row", FACTS.values(), ids=FACTS)
async def test_fact(row: Fact) -> None:
    limits = row.limits or Limits()
    async with new_box(choices=Choices(**row.choices), limits=limits) as box:
        await row.check(api_of(box))


def test_every_section_has_its_rows() -> None:
    assert Counter(row.section for row in FACTS.values()) == {
        "1": 24,
        "2.2": 127,
        "3": 50,
        "4": 69,
        "5": 12,
        "6": 136,
        "8": 48,
        "9": 11,
        "11": 1,
        "12": 11,
    }


@pytest.mark.parametrize("choice", [field.name for field in fields(Choices)])
def test_every_choice_is_turned(choice: str) -> None:
    """Each value of a choice that has a few, and another value than the default of the others."""
    tried = {row.choices[choice] for row in FACTS.values() if choice in row.choices}
    kind = get_type_hints(Choices)[choice]
    if kind is bool:
        assert tried == {True, False}
    elif get_args(kind):
        assert tried == set(get_args(kind))
    else:
        assert tried - {getattr(Choices(), choice)}
