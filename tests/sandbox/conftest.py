"""A sandbox with a known clock and seed, and a caller of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from hoopai_invoices.sandbox import Sandbox

from .support import Api, Clock, api_of, new_box


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def box(clock: Clock) -> AsyncIterator[Sandbox]:
    async with new_box(now=clock) as made:
        yield made


@pytest.fixture
def api(box: Sandbox) -> Api:
    return api_of(box)
