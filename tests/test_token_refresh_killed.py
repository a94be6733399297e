"""Who refreshes is killed, cancelled, closed or copied: what becomes of the grant at each step."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from refreshing import (
    Base,
    Counts,
    Crew,
    Place,
    Service,
    Step,
    Tally,
    Worker,
    base_of,
    consent,
    forked,
    interrupted,
    opened,
    serving,
    twice,
)
from test_shared_limit import Valkey, valkey  # noqa: F401  # a fixture

from hoopai_invoices._core.http import asgi_transport
from hoopai_invoices.auth import MemoryStore
from hoopai_invoices.errors import HoopAIError
from hoopai_invoices.sandbox import Sandbox

pytestmark = pytest.mark.anyio

TASKS = 20
WELL = Tally(TASKS, Counter())
LOST = Counter({"ReauthorizationRequired": TASKS})
LIFE = 86_399.0
LEASE = 1.0  # seconds; 25 where nobody has shortened it for a test
GRACE = 60.0  # seconds, longer than the lease


@pytest.fixture(params=["file", "sqlite"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return Place(request.param, str(tmp_path / "tokens"))


@asynccontextmanager
async def scene(place: Place, grace: float = 0.0) -> AsyncIterator[tuple[Service, Crew, Base]]:
    """Two processes that have the same token."""
    async with serving(refresh_grace_seconds=grace) as service:
        await consent(service, place)
        base = base_of(service, place, lease=LEASE)
        async with opened(base, base) as crew:
            await crew.asked("gather", 1)
            assert await crew.go() == Tally(2, Counter())
            yield service, crew, base


async def killed_at(step: Step, victim: Worker) -> None:
    """Let it kill itself when its refresh is there."""
    await victim.asked("arm", step)
    await victim.asked("gather", TASKS)
    victim.tell("go")
    assert await victim.dead() == -signal.SIGKILL


async def killed_while_sent(fault: str, service: Service, victim: Worker) -> None:
    """Kill it while it waits for the answer."""
    before = len(await service.token_calls())
    await service.strike(fault, hang=True)
    await victim.asked("gather", TASKS)
    victim.tell("go")
    await service.until_token_calls(before + 1)
    victim.kill()


async def killed_after(how: str, service: Service, victim: Worker) -> None:
    """The service has refreshed, and nobody has kept what it gave."""
    if how == "sent":
        await killed_while_sent("lose_answer", service, victim)
    else:
        await killed_at("answered", victim)
    assert await service.counts() == Counts(1, 0, 0)


async def pass_by(lives: float, service: Service, *crews: Crew) -> None:
    """Let so much of a token's life pass, for everybody."""
    await service.advance(lives * LIFE)
    for crew in crews:
        await crew.asked("shift", lives * LIFE)


async def until_refused(service: Service, number: int) -> None:
    async with asyncio.timeout(60):
        while (await service.counts()).refused < number:
            await asyncio.sleep(0.02)


# --- Killed before the service has done it -----------------------------------------------------------


@pytest.mark.parametrize("step", ["leasing", "leased", "sent"])
async def test_killed_before_it_is_done_another_process_does_it(step: Any, place: Place) -> None:
    """When the lease is over, if there was one: after 25 seconds, of which one is left here."""
    async with scene(place) as (service, crew, _):
        victim, survivor = crew.workers
        await service.expire()
        if step == "sent":
            await killed_while_sent("drop", service, victim)
        else:
            await killed_at(step, victim)
        assert await service.counts() == Counts(0, 0, 0)
        assert await survivor.call(TASKS) == WELL
        assert await service.counts() == Counts(refreshes=1, refused=0, minted=0)


# --- Killed after it, before it is stored ------------------------------------------------------------


@pytest.mark.parametrize("how", ["sent", "answered"])
@pytest.mark.parametrize("place", ["file"], indirect=True)
async def test_killed_before_it_is_stored_nothing_is_lost_within_a_grace(
    how: str, place: Place
) -> None:
    async with scene(place, GRACE) as (service, crew, base):
        victim, survivor = crew.workers
        await service.expire()
        await killed_after(how, service, victim)
        assert await survivor.call(TASKS) == WELL
        async with opened(base) as others:
            assert await others.workers[0].call(TASKS) == WELL
        assert await service.counts() == Counts(refreshes=1, refused=0, minted=0)


@pytest.mark.parametrize("how", ["sent", "answered"])
@pytest.mark.parametrize("place", ["file"], indirect=True)
async def test_killed_before_it_is_stored_the_token_is_used_to_its_end_and_then_somebody_must_consent(
    how: str, place: Place
) -> None:
    async with scene(place) as (service, crew, base):
        victim, survivor = crew.workers
        left = Crew([survivor])
        await pass_by(0.96, service, crew)  # it is time for another token, and this one is good
        await killed_after(how, service, victim)
        for _ in range(3):
            assert await survivor.call(TASKS) == WELL
        await until_refused(service, 1)
        for _ in range(3):
            assert await survivor.call(TASKS) == WELL
            await pass_by(0.002, service, left)  # after some minutes it might try again
        async with opened(base._replace(shift=0.966 * LIFE)) as others:
            (late,) = others.workers
            for _ in range(2):  # it has the token, and then looks for the next one
                assert await late.call(TASKS) == WELL
            await until_refused(service, 2)
            assert await late.call(TASKS) == WELL
            await pass_by(0.05, service, left, others)  # the token has ended
            for worker in (survivor, late, survivor, late):
                assert (await worker.call(TASKS)).errors == LOST
            counts = await service.counts()
            assert counts == Counts(refreshes=1, refused=2, minted=0)  # one a process
            await consent(service, base.place)
            assert await survivor.call(TASKS) == WELL
            assert await late.call(TASKS) == WELL
            assert (await service.counts()).refused == 2


@pytest.mark.parametrize("how", ["sent", "answered"])
@pytest.mark.parametrize("place", ["file"], indirect=True)
async def test_killed_before_it_is_stored_and_the_token_is_dead_somebody_must_consent(
    how: str, place: Place
) -> None:
    async with scene(place) as (service, crew, _):
        victim, survivor = crew.workers
        await service.expire()
        await killed_after(how, service, victim)
        for _ in range(3):
            assert (await survivor.call(TASKS)).errors == LOST
        assert await service.counts() == Counts(refreshes=1, refused=1, minted=0)


# --- Killed when it is stored ------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["stored", "released"])
async def test_killed_when_it_is_stored_nobody_refreshes_again(step: Step, place: Place) -> None:
    async with scene(place) as (service, crew, base):
        victim, survivor = crew.workers
        await service.expire()
        await killed_at(step, victim)
        assert await survivor.call(TASKS) == WELL
        async with opened(base) as others:
            assert await others.workers[0].call(TASKS) == WELL
        assert await service.counts() == Counts(refreshes=1, refused=0, minted=0)


# --- Loops, copies, ends -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["file", "redis"])
async def test_an_app_goes_on_in_the_next_event_loop(
    kind: Any, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    place = Place("file", str(tmp_path / "tokens"))
    if kind == "redis":
        server: Valkey = request.getfixturevalue("valkey")
        place = Place("redis", server.url, f"{tmp_path.name}:")
    async with serving() as service:
        await consent(service, place)
        async with opened(base_of(service, place), main=twice) as crew:
            assert await crew.asked("go") == [WELL]
            await service.expire()
            assert await crew.asked("go") == [WELL]
        assert await service.counts() == Counts(refreshes=1, refused=0, minted=0)


async def test_an_app_goes_on_in_a_copy_of_its_process(tmp_path: Path) -> None:
    place = Place("file", str(tmp_path / "tokens"))
    async with serving() as service:
        await consent(service, place)
        async with opened(base_of(service, place), main=forked) as crew:
            assert await crew.asked("go") == [WELL]
            await service.expire()
            assert await crew.asked("go") == [[WELL, WELL]]
        assert await service.counts() == Counts(refreshes=1, refused=0, minted=0)


@pytest.mark.parametrize(
    ("fault", "grace", "after", "counts"),
    [
        ("drop", 0.0, Counter(), Counts(1, 0, 0)),
        ("drop", GRACE, Counter(), Counts(1, 0, 0)),
        ("lose_answer", GRACE, Counter(), Counts(1, 0, 0)),
        # The loop that ends asks once more, and the new app once: it can't know.
        ("lose_answer", 0.0, LOST, Counts(1, 2, 0)),
    ],
)
async def test_ctrl_c_in_the_middle_of_a_refresh(
    fault: str, grace: float, after: Counter[str], counts: Counts, tmp_path: Path
) -> None:
    place = Place("file", str(tmp_path / "tokens"))
    async with serving(refresh_grace_seconds=grace) as service:
        await consent(service, place)
        async with opened(base_of(service, place), main=interrupted) as crew:
            assert await crew.asked("go") == [WELL]
            await service.expire()
            await service.strike(fault, hang=True)
            (worker,) = crew.workers
            worker.tell("go")
            await service.until_token_calls(2)  # the consent's is one
            worker.interrupt()
            assert await worker.heard() == "by Ctrl-C"
            assert (await service.counts()).refreshes == 1
            (tally,) = await crew.asked("go")
            assert tally.errors == after
            assert await service.counts() == counts


async def test_ctrl_c_while_the_new_grant_is_being_stored(tmp_path: Path) -> None:
    place = Place("file", str(tmp_path / "tokens"))
    async with serving() as service:
        await consent(service, place)
        async with opened(base_of(service, place, slow=1.0), main=interrupted) as crew:
            assert await crew.asked("go") == [WELL]
            await service.expire()
            (worker,) = crew.workers
            worker.tell("go")
            async with asyncio.timeout(60):
                while not (await service.counts()).refreshes:
                    await asyncio.sleep(0.01)
            await asyncio.sleep(0.2)
            worker.interrupt()
            assert await worker.heard() == "by Ctrl-C"
            assert await crew.asked("go") == [WELL]
            assert await service.counts() == Counts(refreshes=1, refused=0, minted=0)


class Gate(httpx.AsyncBaseTransport):
    """Keeps token calls waiting, before the service sees them or after it has answered."""

    def __init__(self, box: Sandbox, *, after: bool):
        self._within = asgi_transport(box.app)
        self._after = after
        self.reached, self.opened = asyncio.Event(), asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not self._after:
            await self._wait()
        answer = await self._within.handle_async_request(request)
        if self._after:
            await self._wait()
        return answer

    async def _wait(self) -> None:
        self.reached.set()
        await self.opened.wait()


@pytest.mark.parametrize("after", [False, True])
async def test_closing_waits_for_a_refresh_whose_grant_is_then_in_the_store(after: bool) -> None:
    async with Sandbox() as box:
        store, gate, invoice = MemoryStore(), Gate(box, after=after), box.add_invoice().id
        await box.oauth_app(store=store).exchange_code(box.oauth.authorize())
        box.expire_token()
        client = box.client(token=box.oauth_app(store=store, transport=gate))
        call = asyncio.create_task(client.invoices.get(invoice))
        await gate.reached.wait()
        closing = asyncio.create_task(client.aclose())
        await asyncio.sleep(0.05)
        assert not closing.done()
        gate.opened.set()
        await closing
        with pytest.raises(HoopAIError, match="the client was closed before this was sent"):
            await call
        async with box.client(token=box.oauth_app(store=store)) as another:
            await another.invoices.get(invoice)
        assert (box.oauth.refreshes, box.oauth.refused) == (1, 0)
