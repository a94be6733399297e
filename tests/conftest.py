"""What the whole suite shares."""

from __future__ import annotations

import pytest


@pytest.fixture
def anyio_backend() -> str:
    """The client is for asyncio."""
    return "asyncio"
