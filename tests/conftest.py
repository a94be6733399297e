"""What the whole suite shares."""

from __future__ import annotations

import os
import random

import pytest
from canary import CanaryPlugin
from hypothesis import core, settings

SEED = "HOOPAI_TEST_SEED"

# The suite never reaches the service, nor do the programs that it starts, whoever runs it.
for name in [name for name in os.environ if name.startswith("HOOPAI_") and name != SEED]:
    del os.environ[name]


def pytest_configure(config: pytest.Config) -> None:
    """Choose the seed of the property tests, so that it can be shown and given again."""
    settings.register_profile("untimed", deadline=None)  # a busy machine fails no test
    settings.load_profile("untimed")
    given = config.getoption("--hypothesis-seed")
    # The environment hands it on to the processes that share the suite.
    seed = os.environ.setdefault(SEED, given or str(random.getrandbits(32)))
    core.global_force_seed = int(seed)  # type: ignore[assignment]  # declared as None alone
    config.pluginmanager.register(CanaryPlugin(), "canary")  # no test may show a secret


def pytest_report_header() -> str:
    return f"property tests: --hypothesis-seed={os.environ[SEED]}"


@pytest.fixture
def anyio_backend() -> str:
    """The client is for asyncio."""
    return "asyncio"
