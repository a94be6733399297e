"""The sandbox in a process of its own, over a real socket, and what it has to tell of a round."""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from hoopai_invoices.sandbox import Arrival, Sandbox

from .plan import Job, Plan

__all__ = ["Effect", "Log", "Service", "serving"]

_STEPS = {
    "invoices.create": ("termsNotes", "invoice"),
    "estimates.create": ("termsNotes", "estimate"),
    "schedules.create": ("termsNotes", "schedule"),
    "templates.create": ("termsNotes", "template"),
}
_STATUSES = (500, 502, 503, 504, 408, 522)
_BEAT = 0.02


class Effect(NamedTuple):
    """Something that the service really did.

    Attributes:
        key: The key whose request did it; None when it can't be told.
        operation: What was asked.
        record: What was made, or written to.
        double: Whether it was the second of a double delivery.
        fault: The kind of fault that the request met.
        amount: What was booked.
        number: The invoice's number.
        place: The location.
        fresh: Whether a record came into being.
    """

    key: str | None
    operation: str
    record: str
    double: bool = False
    fault: str | None = None
    amount: str | None = None
    number: str | None = None
    place: str = ""
    fresh: bool = True


class Log(NamedTuple):
    """What the service tells of a round.

    Attributes:
        effects: What it did, in that order.
        paid: What each invoice says of how much of it is paid.
        strays: Records that came into being without a request in the log.
        faults: How often each kind struck.
        requests: How many arrived.
        writes: How many of them were to write something.
        lag: The worst lateness of its loop, in seconds.
        busy: Its processor time in seconds.
    """

    effects: list[Effect]
    paid: dict[str, str]
    strays: int
    faults: Counter[str]
    requests: int
    writes: int
    lag: float
    busy: float


class Service:
    """The sandbox as the parent sees it."""

    def __init__(self, pipe: Connection):
        self._pipe = pipe
        self.url: str
        self.token: str
        self.url, self.token = pipe.recv()

    def calm(self) -> None:
        """End all faults, and let everything happen that was to happen later."""
        self._pipe.send("calm")
        self._pipe.recv()

    def log(self) -> Log:
        """What it did so far."""
        self._pipe.send("log")
        told: Log = self._pipe.recv()
        return told


@contextmanager
def serving(plan: Plan, jobs: list[Job]) -> Iterator[Service]:
    """Run it for as long as the block."""
    context = multiprocessing.get_context("forkserver")
    ours, theirs = context.Pipe()
    places = sorted({job.place for job in jobs})
    process = context.Process(target=_main, args=(theirs, plan, places), daemon=True)
    process.start()
    theirs.close()
    try:
        yield Service(ours)
    finally:
        ours.close()  # which ends it
        process.join(10)
        process.kill()
        process.join()
        process.close()


def _main(pipe: Connection, plan: Plan, places: list[str]) -> None:
    asyncio.run(_run(pipe, plan, places))


async def _run(pipe: Connection, plan: Plan, places: list[str]) -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    box = Sandbox(seed=plan.seed + plan.number, limits=None)
    for place in places:
        box.add_location(place)
    token = box.add_token(locations=places)
    weather = _Weather(plan, box)
    worst = 0.0

    def asked() -> None:
        try:
            what = pipe.recv()
        except EOFError:
            ended.set()
            return
        if what == "calm":
            box.faults.clear()
            box.clock.advance(seconds=10 * plan.settle)
            pipe.send(None)
        else:
            pipe.send(_log_of(box, weather, worst))

    async with box:
        pipe.send((await box.serve(), token))
        loop.add_reader(pipe.fileno(), asked)
        while not ended.is_set():
            began = loop.time()
            await asyncio.sleep(_BEAT)
            worst = max(worst, loop.time() - began - _BEAT)
        loop.remove_reader(pipe.fileno())


class _Weather:
    """Which fault each request meets: drawn from the seed, the key, and how often it has come."""

    def __init__(self, plan: Plan, box: Sandbox):
        self._seed = f"{plan.seed} {plan.number}"
        self._writes, self._reads = plan.writes, plan.reads
        self._times: defaultdict[str, int] = defaultdict(int)
        self._drawn: tuple[Arrival | None, str, float] = None, "", 0.0
        self._late = len(plan.late)
        self.struck: Counter[str] = Counter()
        self._lag = None
        faults, chosen = box.faults, self._chosen
        for kind in ("never_received", "deliver_twice", "truncate", "empty", "wrong_type"):
            getattr(faults, kind)("*", times=None, when=chosen(kind))
        faults.drip("*", 0.02, times=None, when=chosen("drip"))
        faults.throttle("*", retry_after=0.1, times=None, when=chosen("throttle"))
        for hang in (False, True):
            silently = " silently" if hang else ""
            faults.drop("*", hang=hang, times=None, when=chosen("drop" + silently))
            faults.lose_answer("*", hang=hang, times=None, when=chosen("lose_answer" + silently))
            for i, share in enumerate(plan.late):
                when = chosen("commit_late" + silently, i, self._late)
                faults.commit_late("*", share * plan.settle, hang=hang, times=None, when=when)
        for i, status in enumerate(_STATUSES):
            for kind, committed in (("fail", False), ("fail_after", True)):
                when = chosen(kind, i, len(_STATUSES))
                faults.fail("*", status, committed=committed, times=None, when=when)
            for kind, committed in (("html", False), ("html_after", True)):
                when = chosen(kind, i, len(_STATUSES))
                faults.html("*", status, committed=committed, times=None, when=when)
        if plan.lag:
            self._lag = faults.lag("*", plan.lag * plan.settle)

    @property
    def faults(self) -> Counter[str]:
        lags = Counter({"lag": self._lag.hits if self._lag else 0})
        return self.struck + lags

    def _chosen(self, kind: str, variant: int = 0, variants: int = 1) -> Callable[[Arrival], bool]:
        def met(arrival: Arrival) -> bool:
            drawn, fraction = self._draw(arrival)
            if drawn != kind or int(fraction * variants) != variant:
                return False
            self.struck[kind.removesuffix(" silently")] += 1
            return True

        return met

    def _draw(self, arrival: Arrival) -> tuple[str, float]:
        seen, kind, fraction = self._drawn
        if seen is arrival:
            return kind, fraction
        writes = arrival.method == "POST"
        who = f"{arrival.operation} {_key_of(arrival) or arrival.path}"
        self._times[who] += 1
        chance = random.Random(f"{self._seed} {who} {self._times[who]}")
        rates = self._writes if writes else self._reads
        kind, left = "", chance.random()
        for one, rate in rates.items():
            if left < rate:
                kind = one
                break
            left -= rate
        fraction = chance.random()
        self._drawn = arrival, kind, fraction
        return kind, fraction


def _key_of(arrival: Arrival) -> str | None:
    """The key, where the request carries it for the judge alone."""
    body = arrival.body if isinstance(arrival.body, dict) else {}
    found = body.get("termsNotes") or body.get("notes")
    if found is None and isinstance(body.get("sentFrom"), dict):
        found = body["sentFrom"].get("fromName")
    return found if isinstance(found, str) else None


def _log_of(box: Sandbox, weather: _Weather, lag: float) -> Log:
    invoices = {one.id: one for one in box.created("invoice")}
    payments = {one.id: one for one in box.created("payment")}
    estimates = {one.id: one.terms_notes for one in box.created("estimate")}
    effects: list[Effect] = []
    known: set[str] = set()
    twice = False  # whether the one before was the first of a double delivery
    writes = 0
    for arrival in box.arrivals:
        double = arrival.fault == "deliver_twice" and twice
        twice = arrival.fault == "deliver_twice" and not double
        if arrival.method != "POST":
            continue
        writes += 1
        if not arrival.committed:
            continue
        operation, key = arrival.operation or "", _key_of(arrival)
        common: dict[str, Any] = {
            "operation": operation,
            "double": double,
            "fault": arrival.fault,
            "place": arrival.location_id or "",
        }
        if operation == "estimates.create_invoice":
            terms = estimates.get(arrival.path.split("/")[3])
            key = terms and terms.partition("/")[0] + "/convert"
        if not arrival.made:
            record = arrival.path.split("/")[-2]
            effects.append(Effect(key, record=record, fresh=False, **common))
        for kind, id in arrival.made:
            known.add(id)
            if kind == "payment":
                booked = payments[id]
                amount = str(booked.amount)
                effects.append(Effect(key, record=booked.invoice_id, amount=amount, **common))
                continue
            number = invoices[id].invoice_number if kind == "invoice" else None
            effects.append(Effect(key, record=id, number=number, **common))
    made: set[str] = {*invoices, *payments, *estimates}
    made |= {one.id for one in (*box.created("schedule"), *box.created("template"))}
    paid = {id: str(one.amount_paid) for id, one in invoices.items()}
    return Log(
        effects,
        paid,
        len(made - known),
        weather.faults,
        len(box.arrivals),
        writes,
        lag,
        time.process_time(),
    )
