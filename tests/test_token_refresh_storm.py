"""Everybody's token ends at once: in four processes on one store, each expiry is one refresh."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from databases import Postgres, postgres  # noqa: F401  # a fixture
from refreshing import (
    Counts,
    Place,
    Tally,
    base_of,
    call_on_until,
    consent,
    expiries,
    gaps,
    opened,
    serving,
)
from test_shared_limit import Valkey, valkey  # noqa: F401  # a fixture

pytestmark = pytest.mark.anyio

TASKS, PROCESSES, TIMES = 25, 4, 3  # `python -m tests.refreshing` has 1,000 tasks
LIFE = 86_399.0
NEVER_FAILED: Counter[str] = Counter()
KINDS = ["redis", "sqlite", "postgres", "file"]

Make = Callable[[pytest.FixtureRequest, Path], Place]


def _redis(request: pytest.FixtureRequest, folder: Path) -> Place:
    server: Valkey = request.getfixturevalue("valkey")
    return Place("redis", server.url, f"{uuid4().hex}:")


def _postgres(request: pytest.FixtureRequest, folder: Path) -> Place:
    server: Postgres = request.getfixturevalue("postgres")
    return Place("postgres", server.url, server.prefix())


def _sqlite(request: pytest.FixtureRequest, folder: Path) -> Place:
    return Place("sqlite", str(folder / "tokens.db"))


def _file(request: pytest.FixtureRequest, folder: Path) -> Place:
    return Place("file", str(folder / "tokens"))


PLACES: dict[str, Make] = {
    "redis": _redis,
    "postgres": _postgres,
    "sqlite": _sqlite,
    "file": _file,
}


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return PLACES[request.param](request, tmp_path)


# --- One refresh for each expiry -------------------------------------------------------------------


async def test_of_all_who_are_refused_at_once_one_refreshes(place: Place) -> None:
    async with serving() as service:
        await consent(service, place)
        async with opened(*[base_of(service, place)] * PROCESSES) as crew:
            await crew.asked("gather", 1)
            assert await crew.go() == Tally(PROCESSES, NEVER_FAILED)
            for tally, counts in await expiries(crew, service, TASKS, TIMES):
                assert tally == Tally(PROCESSES * TASKS, NEVER_FAILED)
                assert counts == Counts(refreshes=1, refused=0, minted=0)
            await crew.costs()
            await crew.asked("gather", TASKS)
            tally = await crew.go()
            asked = await crew.costs()
            print(f"{place.kind}: {asked.total() / tally.calls} store operations a call")


@pytest.mark.parametrize("place", ["redis", "file"], indirect=True)  # all: `make refreshes`
async def test_of_all_whose_minted_token_is_refused_one_mints(place: Place) -> None:
    async with serving() as service:
        await consent(service, place, "Company")
        async with opened(*[base_of(service, place)] * PROCESSES) as crew:
            await crew.asked("gather", TASKS)
            assert await crew.go() == Tally(PROCESSES * TASKS, NEVER_FAILED)
            assert await service.counts() == Counts(refreshes=0, refused=0, minted=1)
            for tally, counts in await expiries(crew, service, TASKS, TIMES):
                assert tally == Tally(PROCESSES * TASKS, NEVER_FAILED)
                assert counts == Counts(refreshes=0, refused=0, minted=1)
            for _ in range(TIMES):  # the token that mints has died as well
                await service.expire(company=True)
                ((tally, counts),) = await expiries(crew, service, TASKS, 1)
                assert tally == Tally(PROCESSES * TASKS, NEVER_FAILED)
                assert counts == Counts(refreshes=1, refused=0, minted=1)


@pytest.mark.parametrize("place", ["redis", "file"], indirect=True)  # all: `make refreshes`
async def test_a_token_that_ends_by_itself_is_renewed_once_in_its_life(place: Place) -> None:
    life = 2.0
    async with serving(access_seconds=life) as service:
        await consent(service, place)
        async with opened(*[base_of(service, place)] * PROCESSES) as crew:
            tally = await call_on_until(crew, service, 5, 2)
            assert tally.failed == NEVER_FAILED
            assert (await service.counts()).refused == 0
            between = gaps(await service.token_calls())  # from the consent on
            assert len(between) >= 2
            assert min(between) >= 0.8 * life - 0.01


async def test_what_others_have_had_meanwhile_may_be_dead_too(tmp_path: Path) -> None:
    place = Place("file", str(tmp_path / "tokens"))
    async with serving() as service:
        await consent(service, place)
        async with opened(*[base_of(service, place)] * 2) as crew:
            await crew.asked("gather", 1)
            await crew.go()
            one, other = crew.workers
            for _ in range(2):
                await service.expire()
                assert await one.call(TASKS) == Tally(TASKS, NEVER_FAILED)
            assert (await service.counts()).refreshes == 2
            await service.expire()
            assert await other.call(TASKS) == Tally(TASKS, NEVER_FAILED)
            assert await service.counts() == Counts(refreshes=3, refused=0, minted=0)


# --- Clocks ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("hours", [30, -30])
async def test_a_clock_that_is_wrong_by_more_than_a_life_costs_a_refresh_a_life(
    hours: int, tmp_path: Path
) -> None:
    """Two clocks are right and one is not. Who thinks that a token has ended refreshes; nobody
    refreshes twice within 0.8 lives, so that two groups do so at most twice as often as one."""
    place = Place("file", str(tmp_path / "tokens"))
    lives, steps, tasks = 4, 10, 4
    async with serving() as service:
        await consent(service, place)
        right = base_of(service, place)
        async with opened(right, right, right._replace(shift=hours * 3600.0)) as crew:
            for _ in range(lives * steps):
                await crew.asked("gather", tasks)
                assert await crew.go() == Tally(3 * tasks, NEVER_FAILED)
                await service.advance(LIFE / steps)
                await crew.asked("shift", LIFE / steps)
            counts = await service.counts()
            print(f"{hours} hours: {counts} in {lives} lives")
            assert counts.refused == 0
            assert lives - 1 <= counts.refreshes <= 2 * (lives / 0.8 + 1)
