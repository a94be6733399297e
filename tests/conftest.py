"""What the whole suite shares."""

from __future__ import annotations

import gc
import os
import random

import pytest
from canary import CanaryPlugin
from hypothesis import core, settings

SEED = "HOOPAI_TEST_SEED"
LONGEST = (
    *("test_token_refresh_storm", "test_campaign", "test_ledger", "test_token_stores"),
    *("test_token_refresh_killed", "test_flows_writing", "test_fastapi_app", "test_oauth"),
    *("test_agencies",),
    *("test_generation", "test_conformance", "test_soak", "test_typing", "test_shared_limit"),
    *("test_pytest_plugin", "test_import", "test_readme", "test_life_cycles", "test_answers"),
    *("test_retry", "test_flows", "test_editing_days", "test_body", "test_faults", "test_docs"),
    *("test_secrets", "test_shifting_lists", "test_schemathesis"),
)
"""The files that take the suite's time, the longest first; a file that isn't named comes after."""

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
    config.option.loadscopereorder = False  # the order below, not the files with most tests first


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest go first, so that none of them is left for the end."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))


def pytest_collection_finish() -> None:
    """What the collection made stays to the end: nobody need look through it for garbage again."""
    gc.collect()
    gc.freeze()


def pytest_report_header() -> str:
    return f"property tests: --hypothesis-seed={os.environ[SEED]}"


@pytest.fixture
def anyio_backend() -> str:
    """The client is for asyncio."""
    return "asyncio"
