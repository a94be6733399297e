"""The parent: hands flows to workers, kills them, and hands what they left to others."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import random
from collections import Counter, deque
from collections.abc import Iterator
from multiprocessing.process import BaseProcess

from .plan import Job, Plan
from .worker import Base, Claim, End, main

__all__ = ["Crew"]

_RUNS = 12  # times that a flow may be broken off by an error
_BEFORE_BIRTH = 0.2  # seconds that a place stays empty after a kill, on average


class _Place:
    """One worker, and what it has been given."""

    def __init__(self, base: Base):
        context = multiprocessing.get_context("forkserver")
        self.pipe, theirs = context.Pipe()
        self.process: BaseProcess = context.Process(target=main, args=(theirs, base), daemon=True)
        self.process.start()
        theirs.close()
        self.given: dict[int, Job] = {}

    def end(self) -> None:
        self.pipe.close()  # which ends it
        self.process.join(10)
        self.kill()

    def kill(self) -> None:
        self.process.kill()  # SIGKILL, to the process that was started here
        self.process.join()
        self.process.close()


class Crew:
    """All workers of a round.

    Attributes:
        claims: What they told, in that order.
        kills: How many were killed.
        deaths: How many ended by themselves, which none should.
        unfinished: Flows that never came to their end.
    """

    def __init__(self, plan: Plan, base: Base, jobs: list[Job]):
        self._plan = plan
        self._base = base
        self._chance = random.Random(f"{plan.seed} {plan.number} crew")
        self._queue = deque(jobs)
        self._open = {job.number: job for job in jobs}
        self._runs: Counter[int] = Counter()
        self._places: list[_Place] = []
        self._stirred = asyncio.Event()
        self.claims: list[Claim] = []
        self.kills = 0
        self.deaths = 0
        self._over = False
        self.unfinished: list[Job] = []

    async def work(self, most: float) -> None:
        """Have everything done, for as long as that."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + most
        killer = loop.create_task(self._kill()) if self._plan.pause else None
        try:
            for _ in range(self._plan.workers):
                self._begin()
            while self._open and loop.time() < ends:
                self._hand_out()
                self._stirred.clear()
                try:
                    async with asyncio.timeout(1.0):
                        await self._stirred.wait()
                except TimeoutError:
                    pass
        finally:
            self._over = True
            if killer is not None:
                killer.cancel()
                await asyncio.gather(killer, return_exceptions=True)
            for place in self._places:
                loop.remove_reader(place.pipe.fileno())
                place.end()
        self.unfinished += self._open.values()

    def _begin(self) -> None:
        if self._over:
            return
        place = _Place(self._base)
        self._places.append(place)
        asyncio.get_running_loop().add_reader(place.pipe.fileno(), self._heard, place)
        self._stirred.set()

    def _hand_out(self) -> None:
        """Fill up who has room."""
        batches: dict[int, list[Job]] = {i: [] for i in range(len(self._places))}
        for i in self._roomy():
            while self._queue and len(self._places[i].given) < self._plan.at_once:
                job = self._queue.popleft()
                if job.number not in self._open:
                    continue
                self._give(i, job, batches)
                others = [j for j in batches if j != i and job.number not in self._places[j].given]
                if others and self._chance.random() < self._plan.both:
                    self._give(self._chance.choice(others), job, batches)
        for i, batch in batches.items():
            if batch:
                # A worker that has died says so by its pipe, soon.
                with contextlib.suppress(OSError):
                    self._places[i].pipe.send(batch)

    def _roomy(self) -> Iterator[int]:
        order = list(range(len(self._places)))
        self._chance.shuffle(order)
        yield from order

    def _give(self, i: int, job: Job, batches: dict[int, list[Job]]) -> None:
        self._places[i].given[job.number] = job
        batches[i].append(job)

    def _heard(self, place: _Place) -> None:
        """Take in what a worker tells; all that is there."""
        try:
            while place.pipe.poll():
                what: Claim | End = place.pipe.recv()
                if isinstance(what, Claim):
                    self.claims.append(what)
                    continue
                job = place.given.pop(what.number, None)
                if what.whole:
                    self._open.pop(what.number, None)
                elif job is not None:
                    self._again(job)
                self._stirred.set()
        except (EOFError, OSError):
            self.deaths += 1
            self._lost(place)

    def _again(self, job: Job) -> None:
        """Hand it out once more, after a while."""
        if job.number not in self._open or self._elsewhere(job):
            return
        self._runs[job.number] += 1
        if self._runs[job.number] >= _RUNS:
            self.unfinished.append(self._open.pop(job.number))
            return
        asyncio.get_running_loop().call_later(self._plan.timeout, self._queued, job)

    def _elsewhere(self, job: Job) -> bool:
        return any(job.number in place.given for place in self._places)

    def _queued(self, job: Job) -> None:
        self._queue.append(job)
        self._stirred.set()

    async def _kill(self) -> None:
        while True:
            await asyncio.sleep(self._chance.expovariate(1 / self._plan.pause))
            if not self._places:
                continue
            place = self._chance.choice(self._places)
            self._heard(place)  # what it has told by now is told
            if place in self._places:
                self.kills += 1
                self._lost(place)

    def _lost(self, place: _Place) -> None:
        """Its work goes back to the others, and another worker comes."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(place.pipe.fileno())
        self._places.remove(place)
        place.kill()
        self._drain(place)
        for job in place.given.values():
            if job.number in self._open and not self._elsewhere(job):
                self._queue.appendleft(job)
        loop.call_later(self._chance.expovariate(1 / _BEFORE_BIRTH), self._begin)
        self._stirred.set()

    def _drain(self, place: _Place) -> None:
        """What it had told before it was killed; the last of it may have been cut off."""
        try:
            while place.pipe.poll():
                what = place.pipe.recv()
                if isinstance(what, Claim):
                    self.claims.append(what)
                elif what.whole:
                    self._open.pop(what.number, None)
                    place.given.pop(what.number, None)
        except (EOFError, OSError):
            pass
        place.pipe.close()
