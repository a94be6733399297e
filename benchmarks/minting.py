"""How long a night's job waits for tokens: `python -m benchmarks.minting`.

Mints tokens for 10,000 locations beforehand, in virtual time, against the sandbox in this process.
Nobody has told whether the five calls a minute of `/oauth/token` hold for minting, so both readings
are measured: that they do, and that only the limit of all requests holds (100 in 10 s). Each is met
with the limit that fits, and the first also with the default one, which has to learn it.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from hoopai_invoices import RateLimit
from hoopai_invoices.auth import MintingPlan
from hoopai_invoices.sandbox import Limits, Sandbox

_LOCATIONS = 10_000
_DAY = 86_399.0
_START = datetime(2026, 8, 27, tzinfo=UTC)


class Measured(NamedTuple):
    """What minting for so many came to.

    Attributes:
        plan: What `OAuthApp.plan_minting` says of it.
        seconds: From the first call to the last answer, in virtual time.
        calls: How many were made.
        refused: How many of these were answered 429.
        ready: How many locations have a token that is good at the end.
        failed: How many have none.
        real: Seconds that it took really.
    """

    plan: MintingPlan
    seconds: float
    calls: int
    refused: int
    ready: int
    failed: int
    real: float


def limit_of(calls: int | None) -> RateLimit:
    """The client's limit under a reading of the service's."""
    return (
        RateLimit(burst=100, seconds=10.0)
        if calls is None
        else RateLimit(burst=calls, seconds=60.0)
    )


async def measured(locations: int, limits: Limits, mint_limit: RateLimit | None = None) -> Measured:
    """Mint for so many, with a limit of one's own or (None) the default one."""
    async with Sandbox(seed=1, now=_START, limits=limits) as box:
        places = [box.location_id, *(box.add_location().id for _ in range(locations - 1))]
        given: dict[str, Any] = {} if mint_limit is None else {"mint_limit": mint_limit}
        app = box.oauth_app(**given)
        await app.exchange_code(box.oauth.authorize("Company"))
        began, real = box.clock.monotonic(), time.perf_counter()
        done = await app.premint(places, at_once=50)
        await app.aclose()
        mints = [one for one in box.arrivals if one.operation == "oauth.location_token"]
        return Measured(
            app.plan_minting(locations),
            box.clock.monotonic() - began,
            len(mints),
            sum(1 for one in mints if one.status == 429),
            done.ready,
            len(done.failed),
            time.perf_counter() - real,
        )


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:.2f} h" if seconds >= 3600 else f"{seconds:.0f} s"


def _told(title: str, found: Measured, bound: float) -> Iterable[str]:
    """`bound` is what nobody can be faster than under the service's limit."""
    fits = "fits into a token's day" if found.seconds < _DAY else "doesn't fit into a token's day"
    plan = "fits" if found.plan.fits else "doesn't fit"
    yield title
    yield f"  plan     {_hours(found.plan.seconds)} ({plan})"
    yield f"  took     {_hours(found.seconds)}, the limit's own bound is {_hours(bound)}: {fits}"
    yield f"  calls    {found.calls:,}, of which {found.refused:,} were answered 429"
    yield f"  tokens   {found.ready:,}, failed {found.failed:,}   [{found.real:.1f} s of real time]"


async def main(locations: int) -> int:
    """Print it all; 1 when any location was left without a token."""
    bad = 0
    for title, calls, own in (
        ("100 in 10 s, as all requests; the client's limit is that", None, True),
        ("5 a minute; the client's limit is that", 5, True),
        ("5 a minute; the client isn't told, and learns", 5, False),
    ):
        limits = Limits(mint_calls=calls, burst=100, seconds=10)
        found = await measured(locations, limits, limit_of(calls) if own else None)
        most, span = (100, 10.0) if calls is None else (calls, 60.0)
        bound = (math.ceil(locations / most) - 1) * span
        print("\n".join(_told(title, found, bound)), flush=True)
        bad += found.failed
    return 1 if bad else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--locations", type=int, default=_LOCATIONS)
    sys.exit(asyncio.run(main(parser.parse_args().locations)))
