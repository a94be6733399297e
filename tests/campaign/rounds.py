"""One round: a service, a ledger, workers that are killed, and at the end the judge."""

from __future__ import annotations

import asyncio
import datetime as dt
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import NamedTuple

from hoopai_invoices import InvoicesClient
from hoopai_invoices.errors import DuplicateDetected, HoopAIError, OutcomeUnknown
from hoopai_invoices.writes import Entry

from .crew import Crew
from .judge import Found, Verdict, judge
from .plan import Job, Plan, jobs_of
from .service import Log, serving
from .worker import Base, Claim, client_on, kept, ledger_on

__all__ = ["Round", "run"]

_runs = count()


class Round(NamedTuple):
    """What a round has shown.

    Attributes:
        plan: What was asked for.
        verdict: The judge's.
        log: The service's own.
        twins: Flows that can't be told from another but by their keys.
        kills: Workers that were killed.
        states: The ledger's entries, by state.
        adopted: Writes whose record was found.
        resent: Writes that were sent more than once.
        seconds: How long it took.
        void: Why it shows nothing, if it doesn't.
        memory: Of this process at most, in MiB.
    """

    plan: Plan
    verdict: Verdict
    log: Log
    twins: int
    kills: int
    states: Counter[str]
    adopted: int
    resent: int
    seconds: float
    void: str | None
    memory: int


async def run(plan: Plan, postgres: str | None) -> Round:
    """Run one round; the address is that of a PostgreSQL, when there is one."""
    began = time.monotonic()
    jobs = jobs_of(plan)
    with tempfile.TemporaryDirectory() as folder, serving(plan, jobs) as service:
        ledger = str(Path(folder) / "ledger.db")
        if plan.database == "postgresql":
            assert postgres is not None
            ledger = postgres
        base = Base(
            url=service.url,
            token=service.token,
            ledger=ledger,
            prefix=f"r{next(_runs)}_",
            durable=plan.durable or plan.database == "postgresql",
            settle=plan.client_settle,
            timeout=plan.timeout,
            day=dt.datetime.now(dt.UTC).date(),
        )
        async with ledger_on(base):
            pass  # its tables are there before workers come, and are killed
        crew = Crew(plan, base, jobs)
        await crew.work(most=120 + len(jobs) / 5)
        claims = crew.claims
        async with ledger_on(base) as ledger_, client_on(base, ledger_) as client:
            claims += await _settled(client, plan)
            service.calm()
            audit = await _audited(client, jobs)
            states: Counter[str] = Counter()
            adopted = resent = 0
            async for entry in ledger_.entries():
                states[entry.state] += 1
                adopted += entry.adopted
                resent += entry.attempts > 1
        log = service.log()
    verdict = judge(jobs, claims, log, audit)
    if crew.deaths:
        verdict.broken.append(f"{crew.deaths} workers ended by themselves")
    return Round(
        plan=plan,
        verdict=verdict,
        log=log,
        twins=sum(job.twin_of is not None for job in jobs),
        kills=crew.kills,
        states=states,
        adopted=adopted,
        resent=resent,
        seconds=time.monotonic() - began,
        void=_void(plan, log),
        memory=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    )


def _void(plan: Plan, log: Log) -> str | None:
    """A request that the service was too busy to take in counts from when it takes it in.

    Whoever gives up on it begins to wait when the time-out is over: the settle time holds as long as
    the service's loop is late by less than the time-out, and what commits leave of the settle time.
    Where lists lag, a commit that comes late for the loop's sake stays out of sight for the lag's.
    """
    spare = plan.settle * (1 - max(plan.late) - plan.lag)
    if not plan.lag:
        spare += plan.timeout
    if plan.control == "none" and log.lag >= spare:
        return f"the service was late by {log.lag:.2f} s, of which {spare:.2f} s are spare"
    return None


async def _settled(client: InvoicesClient, plan: Plan) -> list[Claim]:
    """Settle what the workers have left, while the faults go on."""
    claims: list[Claim] = []
    ends = time.monotonic() + 60 + 6 * (plan.timeout + plan.settle)
    left: list[Entry] = []
    idle = 0  # times that nothing more could be told: a person has to look
    while time.monotonic() < ends and idle < 3:
        before = len(claims)
        for one in await client.writes.settle_pending():
            claims.append(_claim(one.entry.key, one.error, one.answer))
            if isinstance(one.error, DuplicateDetected):
                record = kept(one.entry.operation, one.error.ids)
                await client.writes.resolve(one.entry, record_id=record)
                claims.append(Claim(one.entry.key, "done", (one.error.ids[0],)))
        left = [entry async for entry in client.writes.pending()]
        if not left:
            return claims
        settled = any(one.outcome != "unknown" for one in claims[before:])
        waiting = any(entry.look_in > 0 or entry.leased_for > 0 for entry in left)
        idle = 0 if settled or waiting else idle + 1
        await asyncio.sleep(0.2)
    claims += [Claim(entry.key, "unknown", (), f"still {entry.state}") for entry in left]
    return claims


def _claim(key: str, error: HoopAIError | None, answer: object) -> Claim:
    if error is None:
        record = getattr(answer, "id", None)
        if record is None:
            invoice = getattr(answer, "invoice", None)
            record = getattr(invoice, "id", "")
        return Claim(key, "done", (str(record),))
    if isinstance(error, DuplicateDetected):
        return Claim(key, "duplicate", error.ids, str(error))
    return Claim(key, "unknown" if isinstance(error, OutcomeUnknown) else "refused", (), str(error))


async def _audited(client: InvoicesClient, jobs: Sequence[Job]) -> list[Found]:
    found: list[Found] = []
    for place in sorted({job.place for job in jobs}):
        async for one in client.location(place).writes.audit():
            found.append(Found(one.kind, one.key, one.ids))
    return found
