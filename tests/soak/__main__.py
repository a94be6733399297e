"""`python -m tests.soak`: the whole campaign, and its figures."""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections import Counter

from hoopai_invoices._generated.catalogue import OPERATIONS

from . import calls, ids, money
from .replies import KINDS

ENOUGH = 100  # times that each error has to be seen, in a campaign of 100,000 replies
GROWTH = 64  # MiB that the process may grow by, once it is warm


def main() -> int:
    """Run it; 1 when anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--replies", type=int, default=100_000)
    parser.add_argument("--ids", type=int, default=1_000_000)
    parser.add_argument("--money", type=int, default=1_000_000, help="amounts sent out and back")
    parser.add_argument("--redirects", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=random.getrandbits(32))
    parser.add_argument("--first", type=int, default=0, help="the first call, or document of money")
    parser.add_argument("--slack", type=float, default=0.5, help="seconds beyond the deadline")
    given = parser.parse_args()
    settings = {"first": given.first, "slack": given.slack}
    print(f"seed {given.seed}")
    wrong: list[str] = []

    if given.ids:
        began = time.monotonic()
        counts, astray = ids.try_ids(given.seed, given.ids)
        print(
            f"\nids in paths: {given.ids:,}, refused {counts['refused']:,}, sent {counts['sent']:,},"
            f" gone astray {len(astray)}; {time.monotonic() - began:.0f} s"
        )
        wrong += astray
    if given.money:
        amounts = money.try_money(given.seed, given.money, first=given.first)
        _print_money(amounts)
        wrong += amounts.wrong
        if amounts.changed > len(amounts.wrong):
            wrong.append(f"money: and {amounts.changed - len(amounts.wrong):,} more")
        wrong += _growth(amounts.memory)
    if given.redirects:
        tally = asyncio.run(calls.run(given.seed, "redirects", given.redirects, **settings))
        wrong += tally.wrong
        _print(tally)
        print(f"connections at the other origin: {tally.strays}")
        if tally.strays:
            wrong.append("the other origin was reached")
    if given.replies:
        tally = asyncio.run(calls.run(given.seed, "replies", given.replies, **settings))
        wrong += tally.wrong
        _print(tally)
        wrong += list(_lacking(tally))
    print(f"\nwrong: {len(wrong)}")
    for text in wrong[:40]:
        print(f"- {text}")
    return 1 if wrong else 0


def _lacking(tally: calls.Tally) -> list[str]:
    """What a campaign must have seen, and this one hasn't."""
    enough = tally.calls * ENOUGH // 100_000
    unused = [kind for kind in KINDS if kind not in {kind for _, kind in tally.kinds}]
    idle = [name for name in OPERATIONS if name not in {name for name, _ in tally.kinds}]
    rare = [name for name in calls.CAUSED if tally.outcomes[name] < enough]
    lacking = [f"{name} was seen {tally.outcomes[name]} times, not {enough}" for name in rare]
    if tally.calls > 2000:
        lacking += [f"nothing of {name} was tried" for name in unused + idle]
    return lacking + _growth(tally.memory)


def _growth(memory: list[int]) -> list[str]:
    """What is wrong with the memory of a run, once it is warm."""
    warm = memory[len(memory) // 5]
    return [f"memory grew from {warm} to {memory[-1]} MiB"] if memory[-1] - warm > GROWTH else []


def _print_money(tally: money.Tally) -> None:
    print(
        f"\n{tally.amounts:,} money round trips over {sum(map(len, tally.seen.values()))} currencies"
        f" of ISO 4217: {tally.changed:,} changed digits\n"
        f"  {tally.documents:,} documents, {tally.compared:,} amounts and {tally.totals:,} totals"
        f" compared; {tally.seconds:.0f} s, {tally.amounts / tally.seconds:,.0f} amounts/s;"
        f" memory at most {' '.join(map(str, tally.memory[:: len(tally.memory) // 8 or 1]))} MiB"
    )
    print("\namounts by the currency's minor units")
    for units in money.UNITS:
        name = "none" if units is None else str(units)
        print(f"  {name:5} {len(tally.seen[units]):4} currencies {tally.units[units]:11,}")
    _table("amounts by kind", tally.kinds)


def _print(tally: calls.Tally) -> None:
    print(
        f"\n{tally.what}: {tally.calls:,} calls, {tally.requests:,} requests in"
        f" {tally.seconds:.0f} s; slowest {tally.slowest:.2f} s, past the deadline {tally.late:,};"
        f" memory at most {' '.join(map(str, tally.memory[:: len(tally.memory) // 8 or 1]))} MiB"
    )
    _table("how calls ended", tally.outcomes)
    kinds = {kind for _, kind in tally.kinds}
    by_kind = {kind: Counter[str]() for kind in sorted(kinds)}
    for (kind, outcome), count in tally.results.items():
        by_kind.setdefault(kind, Counter())[outcome] += count
    print("\nby kind of reply (the last one of a call)")
    for kind, counts in by_kind.items():
        parts = ", ".join(f"{name} {count}" for name, count in counts.most_common())
        print(f"  {kind:16} {counts.total():7,}  {parts}")
    columns = sorted(kinds)
    print("\nreplies by operation and kind")
    for i, kind in enumerate(columns):
        print(f"  {chr(97 + i % 26) * (1 + i // 26):>3} = {kind}")
    print(
        f"  {'':36}"
        + "".join(f"{chr(97 + i % 26) * (1 + i // 26):>5}" for i in range(len(columns)))
    )
    for operation in sorted({operation for operation, _ in tally.kinds}):
        row = "".join(f"{tally.kinds[operation, kind]:5}" for kind in columns)
        print(f"  {operation:36}{row}")


def _table(title: str, counts: Counter[str]) -> None:
    print(f"\n{title}")
    for name, count in counts.most_common():
        print(f"  {name:28} {count:9,}")


if __name__ == "__main__":
    sys.exit(main())
