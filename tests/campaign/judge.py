"""Compares what the service did with what the SDK said of it. Knows nothing of how either works."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from .plan import Job, Write, writes_of
from .service import Effect, Log
from .worker import Claim

__all__ = ["Found", "Verdict", "judge"]

_UNSEEN = ("invoices.send", "estimates.send")
"""A message that was delivered twice leaves nothing to be seen by."""


class Found(NamedTuple):
    """A finding of the audit."""

    kind: str
    key: str
    ids: tuple[str, ...]


class Verdict:
    """What has come of a round.

    Attributes:
        keys: Keyed writes that the flows have.
        done: Those of which the SDK says that they are done, and they are.
        duplicates: Done more than once, and not by a double delivery.
        false: Said to be done, and it isn't so: nothing was made, or another's.
        lost: Done, or half done, and nobody was told.
        undetected: Double deliveries that nothing has told of.
        shared: Records, or numbers, that two keys have.
        unknown: Keys of which nobody knows at the end.
        refused: Keys that were refused at the end, and didn't do anything.
        unstarted: Keys that were never begun, since what comes before them wasn't done.
        broken: What isn't an error of the SDK, and whatever else must not be.
        doubles: What double deliveries have made, and how much of it was detected.
        unseen: Double deliveries of messages: nothing can tell.
        adopted_doubles: Surplus records that a twin, which can't be told from it, has adopted.
        numbers: Invoices that the service itself gave a key's number.
        alarms: Findings of the audit without a double delivery.
    """

    def __init__(self) -> None:
        self.keys = self.done = 0
        self.duplicates: list[str] = []
        self.false: list[str] = []
        self.lost: list[str] = []
        self.undetected: list[str] = []
        self.shared: list[str] = []
        self.unknown: list[str] = []
        self.refused: list[str] = []
        self.unstarted: list[str] = []
        self.broken: list[str] = []
        self.doubles = self.detected = self.unseen = self.adopted_doubles = 0
        self.numbers = 0
        self.alarms = 0

    @property
    def wrong(self) -> list[str]:
        """What must not be, whatever happens."""
        kinds = {
            "duplicate": self.duplicates,
            "false success": self.false,
            "silent loss": self.lost,
            "double delivery not detected": self.undetected,
            "shared": self.shared,
            "broken": self.broken,
        }
        return [f"{kind}: {text}" for kind, texts in kinds.items() for text in texts]


def judge(
    jobs: Iterable[Job], claims: Iterable[Claim], log: Log, audit: Iterable[Found]
) -> Verdict:
    """Judge a round."""
    jobs, claims = list(jobs), list(claims)
    writes = {write.key: write for job in jobs for write in writes_of(job)}
    verdict = Verdict()
    verdict.keys = len(writes)
    own: defaultdict[str, list[Effect]] = defaultdict(list)
    doubles: defaultdict[str, list[Effect]] = defaultdict(list)
    for effect in log.effects:
        write = writes.get(effect.key or "")
        if write is None or write.operation != effect.operation:
            verdict.lost.append(f"{effect.operation} made {effect.record}, and no key asked for it")
        else:
            (doubles if effect.double else own)[write.key].append(effect)
    if log.strays:
        verdict.lost.append(f"{log.strays} records that nobody asked for")
    said: defaultdict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        if claim.outcome == "broken":
            verdict.broken.append(f"{claim.key}: {claim.why}")
        elif claim.key not in writes:
            verdict.broken.append(f"{claim.key}: nobody asked for it")
        else:
            said[claim.key].append(claim)
    swapped = _judge_keys(verdict, writes, own, doubles, said)
    _judge_doubles(verdict, writes, doubles, said, list(audit), swapped)
    _judge_records(verdict, writes, said)
    _judge_payments(verdict, log)
    _judge_numbers(verdict, log)
    return verdict


def _judge_keys(
    verdict: Verdict,
    writes: dict[str, Write],
    own: dict[str, list[Effect]],
    doubles: dict[str, list[Effect]],
    said: dict[str, list[Claim]],
) -> dict[str, str]:
    """Each key by itself. Returns the surplus records that a twin has adopted, and by which key."""
    surplus = {
        effect.record: writes[key].looks
        for key, effects in doubles.items()
        for effect in effects
        if effect.fresh and writes[key].looks
    }
    swapped: dict[str, str] = {}
    for key, write in writes.items():
        effects, told = own.get(key, []), said.get(key, [])
        shown = ", ".join(f"{one.record} ({one.fault or 'no fault'})" for one in effects)
        if len(effects) > 1:
            verdict.duplicates.append(f"{write.operation} {key} has done it twice: {shown}")
        records = {one.record for one in (*effects, *doubles.get(key, ()))}
        successes = [one for one in told if one.outcome == "done"]
        claimed = {record for one in successes for record in one.records}
        if successes:
            adopted = {one for one in claimed - records if surplus.get(one) == write.looks}
            if len(claimed) != 1:
                verdict.false.append(f"{write.operation} {key} names {sorted(claimed)}")
            elif adopted and not effects:
                swapped[adopted.pop()] = key
                verdict.done += 1
            elif not effects:
                verdict.false.append(f"{write.operation} {key}, but nothing was done")
            elif not claimed <= records:
                verdict.false.append(f"{write.operation} {key} names {claimed}, it is {shown}")
            elif write.amount and Decimal(effects[0].amount or 0) != Decimal(write.amount):
                verdict.false.append(f"{write.operation} {key} has booked {effects[0].amount}")
            else:
                verdict.done += 1
            continue
        last = told[-1] if told else None
        if last is None or last.outcome == "refused":
            if effects:
                why = last.why if last else "it never ended"
                verdict.lost.append(f"{write.operation} {key} has made {shown}; told: {why}")
            elif last is not None:
                verdict.refused.append(f"{write.operation} {key}: {last.why}")
            elif write.after is None or any(c.outcome == "done" for c in said.get(write.after, ())):
                verdict.lost.append(f"{write.operation} {key} never ended")
            else:
                verdict.unstarted.append(key)
        else:
            verdict.unknown.append(f"{write.operation} {key}: {last.why}")
    return swapped


def _judge_doubles(
    verdict: Verdict,
    writes: dict[str, Write],
    doubles: dict[str, list[Effect]],
    said: dict[str, list[Claim]],
    audit: list[Found],
    swapped: dict[str, str],
) -> None:
    """Every double delivery that has done something twice has to be told of."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for finding in audit:
        found[finding.key] |= set(finding.ids)
        verdict.alarms += finding.key not in doubles
    for key, effects in doubles.items():
        told = said.get(key, [])
        named = {record for one in told if one.outcome == "duplicate" for record in one.records}
        still_unknown = bool(told) and told[-1].outcome == "unknown"
        for effect in effects:
            if writes[key].operation in _UNSEEN:
                verdict.unseen += 1
                continue
            verdict.doubles += 1
            if effect.record in swapped:
                verdict.adopted_doubles += 1
            elif effect.record in named or effect.record in found[key] or still_unknown:
                verdict.detected += 1
            else:
                what = f"{effect.operation} {key}, {effect.record}"
                verdict.undetected.append(what)


def _judge_records(
    verdict: Verdict, writes: dict[str, Write], said: dict[str, list[Claim]]
) -> None:
    """No record is two keys'."""
    makers: defaultdict[str, set[str]] = defaultdict(set)
    for key, told in said.items():
        if writes[key].looks or writes[key].operation == "estimates.create_invoice":
            for claim in told:
                if claim.outcome == "done":
                    for record in claim.records:
                        makers[record].add(key)
    for record, keys in makers.items():
        if len(keys) > 1:
            verdict.shared.append(f"{record} is said to be of {', '.join(sorted(keys))}")


def _judge_payments(verdict: Verdict, log: Log) -> None:
    """An invoice says what was booked, and nothing else was."""
    booked: defaultdict[str, Decimal] = defaultdict(Decimal)
    for effect in log.effects:
        if effect.amount is not None:
            booked[effect.record] += Decimal(effect.amount)
    for invoice, paid in log.paid.items():
        if Decimal(paid) != booked[invoice]:
            verdict.lost.append(f"{invoice} says {paid} paid, booked are {booked[invoice]}")


def _judge_numbers(verdict: Verdict, log: Log) -> None:
    """No two keys have made invoices of one number."""
    numbers: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    by_the_service: Counter[tuple[str, str]] = Counter()
    for effect in log.effects:
        if effect.number is None:
            continue
        place = effect.place, effect.number
        if effect.operation == "invoices.create":
            numbers[place].add(effect.key or "")
        else:
            by_the_service[place] += 1
    for place, keys in numbers.items():
        if len(keys) > 1:
            verdict.shared.append(f"the number {place[1]} is that of {', '.join(sorted(keys))}")
        verdict.numbers += by_the_service[place]
