"""`python -m tests.campaign`: the whole campaign, its table, and its two controls."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import multiprocessing
import random
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from databases import Postgres

from .plan import CONTROLS, KINDS, Control, draw
from .rounds import Round, run

UNKNOWN = 0.0001  # of the keys, at most
TRIES = 3  # of a round for which the machine was too busy
TWINS = 0.1  # of the flows, at least


def main() -> int:
    """Run it; 1 when anything was wrong, or a control found nothing."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaign", description=__doc__)
    parser.add_argument("--flows", type=int, default=100_000)
    parser.add_argument("--size", type=int, default=4_000, help="flows of a round")
    parser.add_argument("--seed", type=int, default=random.getrandbits(32))
    parser.add_argument("--rounds", default=None, help="such as 3 or 3..5: only these")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], help="only that one")
    parser.add_argument("--control", choices=CONTROLS, help="run these rounds as a control")
    parser.add_argument("--no-controls", action="store_true", help="leave out the two controls")
    parser.add_argument("--quick", action="store_true", help="short waits, for a short campaign")
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    # Who is ended from outside ends what he has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    # Each unknown write is logged; there are many, and the judge tells of them.
    logging.getLogger("hoopai_invoices").addHandler(logging.NullHandler())
    multiprocessing.set_start_method("forkserver")
    multiprocessing.set_forkserver_preload(["tests.campaign.nursery", "tests.campaign.service"])
    numbers = _numbers(given.rounds, -(-given.flows // given.size))
    with ExitStack() as stack:
        postgres = None
        if given.database != "sqlite":
            folder = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
            server = Postgres(Path(folder))
            server.start()
            stack.callback(server.stop)
            postgres = server.url
        rounds, controls = asyncio.run(_campaign(given, numbers, postgres))
    figures = sum_up(rounds)
    print(table(figures))
    if given.json:
        given.json.write_text(
            json.dumps({"seed": given.seed, **figures, "controls": controls}, indent=2)
        )
    missed = [
        f"the control found nothing: {name}" for name, caught in controls.items() if not caught
    ]
    wrong = [*missed, *what_is_wrong(rounds, whole=given.rounds is None and not given.control)]
    print(f"\nwrong: {len(wrong)}")
    for text in wrong[:40]:
        print(f"- {text}")
    if given.control:
        return 0 if any(one.verdict.duplicates or one.verdict.false for one in rounds) else 1
    return 1 if wrong else 0


async def _campaign(
    given: argparse.Namespace, numbers: range, postgres: str | None
) -> tuple[list[Round], dict[str, int]]:
    """All rounds, and what the controls have caught; the rounds of a quick one at the same time."""

    async def tried(number: int, flows: int, database: str | None, control: Control) -> Round:
        """A round; again, when the machine was too busy for it to show anything."""
        plan = draw(
            given.seed, number, flows, database=database, control=control, quick=given.quick
        )
        tries = 1
        while True:
            ended = await run(plan, postgres)
            print(_line(ended), flush=True)
            for text in ended.verdict.wrong:
                print(f"  {text}", flush=True)
            if not ended.void or tries == TRIES:
                return ended
            tries += 1

    todo = []
    left = given.flows
    for number in numbers:
        flows = min(given.size, left) if given.rounds is None else given.size
        left -= flows
        todo.append(tried(number, flows, given.database, given.control or "none"))
    if not given.no_controls and given.control is None:
        for i, control in enumerate(CONTROLS):
            todo.append(tried(1000 + i, 50 if given.quick else 400, "sqlite", control))
    ended = list(await asyncio.gather(*todo)) if given.quick else [await one for one in todo]
    rounds = ended[: len(numbers)]
    controls: dict[str, int] = {}
    for one in ended[len(numbers) :]:
        caught = len(one.verdict.duplicates) + len(one.verdict.false)
        controls[one.plan.control] = caught
        print(f"control, {one.plan.control}: {caught} duplicates and false successes", flush=True)
    return rounds, controls


def _numbers(text: str | None, count: int) -> range:
    if text is None:
        return range(count)
    first, _, last = text.partition("..")
    return range(int(first), int(last or first) + 1)


def what_is_wrong(rounds: list[Round], *, whole: bool = True) -> list[str]:
    """What a campaign must not have seen; and what it must, and hasn't."""
    wrong = []
    for one in rounds:
        wrong += [f"round {one.plan.number}: {text}" for text in one.verdict.wrong]
        if one.void:
            wrong.append(f"round {one.plan.number} is void: {one.void}")
    figures = sum_up(rounds)
    keys, unknown = figures["keyed writes"], figures["unknown"]
    # Of a few hundred one or two may be for a person: of a payment that came twice, say, unheard.
    if unknown > max(UNKNOWN * keys, 2 if keys < 1000 else 0):
        wrong.append(f"{unknown} of {keys} are unknown")
        wrong += [f"unknown: {text}" for one in rounds for text in one.verdict.unknown]
    wrong += [f"refused: {text}" for one in rounds for text in one.verdict.refused]
    if not whole:
        return wrong
    if figures["twins"] < TWINS * figures["flows"]:
        wrong.append(f"only {figures['twins']} of {figures['flows']} flows are twins")
    if figures["flows"] >= 10_000:
        wrong += [f"no fault of the kind {kind}" for kind in KINDS if not figures["faults"][kind]]
    return wrong


def sum_up(rounds: Iterable[Round]) -> dict[str, Any]:
    """The figures of all rounds."""
    rounds = list(rounds)
    verdicts = [one.verdict for one in rounds]
    faults: Counter[str] = Counter()
    for one in rounds:
        faults += one.log.faults
    seconds = sum(one.seconds for one in rounds)
    flows = sum(one.plan.flows for one in rounds)
    return {
        "rounds": len(rounds),
        "flows": flows,
        "twins": sum(one.twins for one in rounds),
        "keyed writes": sum(one.keys for one in verdicts),
        "requests": sum(one.log.requests for one in rounds),
        "requests that write": sum(one.log.writes for one in rounds),
        "workers killed": sum(one.kills for one in rounds),
        "done": sum(one.done for one in verdicts),
        "adopted": sum(one.adopted for one in rounds),
        "sent again": sum(one.resent for one in rounds),
        "double deliveries": sum(one.doubles for one in verdicts),
        "of them detected": sum(one.detected for one in verdicts),
        "of them adopted by a twin": sum(one.adopted_doubles for one in verdicts),
        "messages delivered twice": sum(one.unseen for one in verdicts),
        "numbers the service gave twice": sum(one.numbers for one in verdicts),
        "false alarms": sum(one.alarms for one in verdicts),
        "duplicates": sum(len(one.duplicates) for one in verdicts),
        "false successes": sum(len(one.false) for one in verdicts),
        "silent losses": sum(len(one.lost) for one in verdicts),
        "not detected": sum(len(one.undetected) for one in verdicts),
        "shared": sum(len(one.shared) for one in verdicts),
        "broken": sum(len(one.broken) for one in verdicts),
        "unknown": sum(len(one.unknown) for one in verdicts),
        "refused": sum(len(one.refused) for one in verdicts),
        "not begun": sum(len(one.unstarted) for one in verdicts),
        "databases": ", ".join(sorted({one.plan.database for one in rounds})),
        "seconds": round(seconds),
        "flows a second": round(flows / seconds, 1) if seconds else 0.0,
        "worst lateness of the service": round(max((one.log.lag for one in rounds), default=0), 3),
        "memory in MiB": max((one.memory for one in rounds), default=0),
        "faults": {kind: faults[kind] for kind in KINDS},
    }


def table(figures: dict[str, Any]) -> str:
    """The figures as text."""
    lines = [""]
    for name, value in figures.items():
        if isinstance(value, dict):
            lines.append(f"\n{name}")
            lines += [f"  {kind:28} {count:11,}" for kind, count in value.items()]
        else:
            shown = value if isinstance(value, str) else f"{value:,}"
            lines.append(f"{name:30} {shown:>11}")
    return "\n".join(lines)


def _line(one: Round) -> str:
    plan, verdict = one.plan, one.verdict
    void = f"; VOID: {one.void}" if one.void else ""
    return (
        f"round {plan.number}: {plan.flows:,} flows, {plan.database}, {plan.workers} workers,"
        f" {one.kills} killed, settle {plan.settle} s, late up to {max(plan.late):.2f} of it,"
        f" {one.seconds:.0f} s ({plan.flows / one.seconds:.0f}/s; the service was busy"
        f" {one.log.busy:.0f} s, late by {one.log.lag:.2f} s at most):"
        f" {verdict.done:,} of {verdict.keys:,} done, {len(verdict.unknown)} unknown,"
        f" {len(verdict.refused)} refused, {len(verdict.wrong)} wrong{void}"
    )


if __name__ == "__main__":
    sys.exit(main())
