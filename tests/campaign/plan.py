"""What a round does: drawn from its seed, so that the same seed asks for the same again."""

from __future__ import annotations

import random
from typing import Literal, NamedTuple, TypeAlias

__all__ = [
    "CONTROLS",
    "KINDS",
    "Control",
    "Job",
    "Kind",
    "Plan",
    "Write",
    "draw",
    "jobs_of",
    "writes_of",
]

Kind: TypeAlias = Literal[
    "invoice", "paid", "sent", "estimate", "converted", "schedule", "template"
]
Control: TypeAlias = Literal["none", "no settle time", "later than the settle time"]
CONTROLS: tuple[Control, ...] = ("no settle time", "later than the settle time")

KINDS: tuple[str, ...] = (
    *("never_received", "drop", "lose_answer", "commit_late", "deliver_twice", "fail"),
    *("fail_after", "throttle", "html", "html_after", "truncate", "empty", "wrong_type", "drip"),
    "lag",
)
"""The kinds of fault; `lag` is of lists alone, and lasts for a whole round."""

_SHARES: dict[Kind, int] = {
    "invoice": 70,
    "paid": 7,
    "sent": 6,
    "estimate": 5,
    "converted": 4,
    "schedule": 4,
    "template": 4,
}
_PER_PLACE = 20  # flows of a location: its lists stay short
_TWINS = 0.16  # of the flows, at least a tenth has to be
_AMOUNTS = ("10.01", "12.50", "7.77", "20", "0.01")


class Plan(NamedTuple):
    """One round.

    Attributes:
        number: Of the round.
        seed: The campaign's.
        flows: How many flows.
        database: "sqlite" or "postgresql".
        durable: Whether SQLite waits for the disk.
        workers: Processes at once.
        at_once: Flows that each works on at once.
        settle: The settle time that commits are measured by.
        client_settle: The settle time that the clients are given; the same, but for a control.
        timeout: Of the clients' calls.
        late: The latest a commit comes, as shares of the settle time.
        lag: By how much lists lag behind, as a share of the settle time; 0 is not at all.
        writes: The probability of each kind of fault for a write.
        reads: The same for everything else.
        pause: Seconds between two kills, on average; 0 is no kills.
        both: The probability that a flow is given to two workers at once.
        control: Whether it is one that has to go wrong.
    """

    number: int
    seed: int
    flows: int
    database: str
    durable: bool
    workers: int
    at_once: int
    settle: float
    client_settle: float
    timeout: float
    late: tuple[float, ...]
    lag: float
    writes: dict[str, float]
    reads: dict[str, float]
    pause: float
    both: float
    control: Control


class Job(NamedTuple):
    """One flow: a piece of work whose writes have keys of their own.

    Attributes:
        number: Of the flow, in its round.
        kind: What it does.
        place: The location.
        contact: Who is billed.
        name: The name of what it makes.
        total: Its total.
        own_number: An invoice number of its own; None: the service's next one.
        parts: What is paid, in parts.
        twin_of: The flow that it can't be told from but by its keys.
    """

    number: int
    kind: Kind
    place: str
    contact: str
    name: str
    total: str
    own_number: str | None = None
    parts: tuple[str, ...] = ()
    twin_of: int | None = None

    def key(self, step: str) -> str:
        return f"{self.number}/{step}"


class Write(NamedTuple):
    """One keyed write of a flow.

    Attributes:
        key: Its key.
        operation: What it calls.
        after: The key of the write that has to be done before; None for the first.
        amount: What it pays.
        looks: What it has in common with its twins.
    """

    key: str
    operation: str
    after: str | None = None
    amount: str | None = None
    looks: tuple[str, ...] = ()


_MAKES: dict[Kind, str] = {
    "invoice": "invoices.create",
    "paid": "invoices.create",
    "sent": "invoices.create",
    "estimate": "estimates.create",
    "converted": "estimates.create",
    "schedule": "schedules.create",
    "template": "templates.create",
}


def writes_of(job: Job) -> list[Write]:
    """The keyed writes of a flow, in their order."""
    made = job.key("make")
    looks = (_MAKES[job.kind], job.place, job.contact, job.name, job.total)
    writes = [Write(made, _MAKES[job.kind], looks=looks)]
    if job.kind == "sent":
        writes.append(Write(job.key("send"), "invoices.send", made))
    if job.kind == "converted":
        writes.append(Write(job.key("send"), "estimates.send", made))
        writes.append(Write(job.key("convert"), "estimates.create_invoice", job.key("send")))
    for i, part in enumerate(job.parts):
        writes.append(Write(job.key(f"pay{i}"), "invoices.record_payment", made, part))
    return writes


def draw(
    seed: int,
    number: int,
    flows: int,
    *,
    database: str | None = None,
    control: Control = "none",
    quick: bool = False,
) -> Plan:
    """The plan of a round; a quick one waits for less, and meets more in that time."""
    chance = random.Random(f"{seed} {number} plan")
    settle = chance.choice((1.5, 2.0, 2.5, 3.0))
    if quick:
        settle = 0.8
    # How long a lagging list and a late commit keep a record from sight adds up.
    lag = round(chance.uniform(0.1, 0.3), 2) if number % 5 == 3 and control == "none" else 0.0
    if lag:
        settle = 3.0  # what the service's loop is late by keeps a record from sight, too
    longest = round((0.6 if lag else 0.9) - lag, 2)
    late = tuple(round(longest * share, 3) for share in (0.05, 0.3, 0.6, 0.9, 1.0))
    client_settle = settle
    if control == "no settle time":
        client_settle = 0.001
        settle, late = 2.0, (0.3, 0.6, 0.9)
    elif control == "later than the settle time":
        late = (1.5, 2.0, 3.0)
    often = 1.2 if quick else chance.uniform(0.5, 1.2)  # how bad the weather is
    writes = {
        "never_received": 0.02,
        "drop": 0.015,
        "drop silently": 0.002,
        "lose_answer": 0.03,
        "lose_answer silently": 0.002,
        "commit_late": 0.04,
        "commit_late silently": 0.004,
        "deliver_twice": 0.004,
        "fail": 0.02,
        "fail_after": 0.02,
        "throttle": 0.01,
        "html": 0.01,
        "html_after": 0.01,
        "truncate": 0.01,
        "empty": 0.01,
        "wrong_type": 0.01,
        "drip": 0.003,
    }
    if control != "none":
        writes = {"commit_late": 0.25, "lose_answer": 0.05}
    workers = 1 + (number + seed) % 8
    if quick:
        workers = 2 + workers % 2
    # Who takes over what a killed one has sent has to wait, and must live long enough for that.
    life = 10.0 if quick else chance.uniform(10, 40)
    reads = {
        "drop": 0.003,
        "fail": 0.005,
        "throttle": 0.002,
        "html": 0.003,
        "truncate": 0.003,
        "empty": 0.002,
        "wrong_type": 0.002,
        "lose_answer": 0.003,
        "drip": 0.0005,
    }
    return Plan(
        number=number,
        seed=seed,
        flows=flows,
        database=database or "postgresql" if (number + number // 8) % 4 == 1 else "sqlite",
        durable=number % 8 == 2,
        workers=workers,
        at_once=max(12, 128 // workers),
        settle=settle,
        client_settle=client_settle,
        timeout=1.2 if quick else chance.choice((2.0, 2.5, 3.0)),
        late=late,
        lag=lag,
        writes={kind: rate * often for kind, rate in writes.items()},
        reads={kind: rate * often for kind, rate in reads.items()},
        pause=life / workers if control == "none" else 0.0,
        both=0.03,
        control=control,
    )


def jobs_of(plan: Plan) -> list[Job]:
    """The flows of a round, in the order in which they are handed out."""
    chance = random.Random(f"{plan.seed} {plan.number} jobs")
    kinds, weights = list(_SHARES), list(_SHARES.values())
    places = max(2, plan.flows // _PER_PLACE)
    jobs: list[Job] = []
    while len(jobs) < plan.flows:
        number = len(jobs)
        kind = chance.choices(kinds, weights)[0]
        # The service numbers the invoice of an estimate, and may take a number that a key has.
        place = chance.randrange(places)
        where = f"estimates{place // 8}" if kind in ("estimate", "converted") else f"place{place}"
        total = chance.randrange(100_00, 2_000_00)
        job = Job(
            number=number,
            kind=kind,
            place=where,
            contact=f"c{chance.randrange(4)}",
            name=chance.choice(("Uniforms", "Lessons", "A long day's work", "März – Ärger")),
            total=f"{total // 100}.{total % 100:02}",
            own_number=f"OWN-{number}" if chance.random() < 0.4 else None,
            parts=tuple(chance.choices(_AMOUNTS, k=chance.randint(1, 3))) if kind == "paid" else (),
        )
        jobs.append(job)
        while chance.random() < _TWINS and len(jobs) < plan.flows:  # sometimes triplets
            other = len(jobs)
            own = job.own_number and f"OWN-{other}"
            jobs.append(job._replace(number=other, own_number=own, twin_of=number))
    # Most twins go out side by side, some long after.
    late = [job for job in jobs if job.twin_of is not None and chance.random() < 0.3]
    apart = {job.number for job in late}
    return [job for job in jobs if job.number not in apart] + late
