"""A sandbox with a known clock and seed, and a caller of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from hoopai_invoices.sandbox import Sandbox

from .support import Api, api_of, new_box

pytest.register_assert_rewrite(f"{__package__}.facts")  # not a test by its name


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with new_box() as made:
        yield made


@pytest.fixture
def api(box: Sandbox) -> Api:
    return api_of(box)
