"""Whether an httpx transport may be trusted with money.

`InvoicesClient(transport=…)` takes any. A payment is safe with one that sends a request once, tells
"never written" from "nobody knows", and hands every request its own answer. Many do not, and their
own tests do not look. This suite does, against servers on this machine that drop, stall and lie:

    report = await check_transport(lambda: MyTransport())
    report.raise_failures()

or `python -m hoopai_invoices.conformance package.module:factory`.

Not judged: the pool time-out (a transport need not have a pool), HTTP/2, proxies, certificates.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from attrs import frozen

from ._points import POINTS, Check
from ._probe import Failed, NotTried, Probe, named

if TYPE_CHECKING:
    import httpx

__all__ = ["POINT_NAMES", "Point", "Report", "check_transport"]

POINT_NAMES: tuple[str, ...] = tuple(POINTS)

_POINT_SECONDS = 5.0


@frozen
class Point:
    """What came of one point; `passed` is None where this machine could not try it."""

    name: str
    passed: bool | None
    why: str = ""

    def __str__(self) -> str:
        mark = {True: "ok", False: "FAIL", None: "skip"}[self.passed]
        return f"{mark:4} {self.name}" + (f": {self.why}" if self.why else "")


@frozen
class Report:
    """What came of all points, in order."""

    points: tuple[Point, ...]

    @property
    def failed(self) -> tuple[Point, ...]:
        """The points that the transport doesn't keep."""
        return tuple(point for point in self.points if point.passed is False)

    def raise_failures(self) -> None:
        """Raise AssertionError when a point failed, saying which and why."""
        if self.failed:
            lines = [f"{len(self.failed)} of {len(self.points)} points failed", *self.failed]
            raise AssertionError("\n".join(map(str, lines)))

    def __str__(self) -> str:
        return "\n".join(map(str, self.points))


async def check_transport(
    make: Callable[[], httpx.AsyncBaseTransport], *, only: Iterable[str] = POINT_NAMES
) -> Report:
    """Judge a transport; each point has one of its own from `make`, and closes it.

    Args:
        make: Gives a fresh transport with no time-outs of its own.
        only: Names of `POINT_NAMES`, to try just these.
    """
    wanted = tuple(only)
    unknown = [name for name in wanted if name not in POINTS]
    if unknown:
        msg = f"no points of the suite: {', '.join(unknown)}"
        raise ValueError(msg)
    return Report(tuple([await _point(name, POINTS[name], make) for name in wanted]))


async def _point(name: str, check: Check, make: Callable[[], httpx.AsyncBaseTransport]) -> Point:
    # A task of its own: a transport that swallows its cancellation must not hold the suite.
    task = asyncio.create_task(_tried(check, make))
    try:
        done, _ = await asyncio.wait({task}, timeout=_POINT_SECONDS)
        if not done:
            return Point(name, False, f"no end within {_POINT_SECONDS:g} s")
        task.result()
    except NotTried as skipped:
        return Point(name, None, str(skipped))
    except Failed as failed:
        return Point(name, False, str(failed))
    except asyncio.CancelledError:
        if not task.cancelled():
            raise
        return Point(name, False, "it raised CancelledError, and nobody had cancelled it")
    except Exception as error:
        return Point(name, False, f"it raised {named(error)}")
    finally:
        task.cancel()
        await asyncio.wait({task}, timeout=1)
    return Point(name, True)


async def _tried(check: Check, make: Callable[[], httpx.AsyncBaseTransport]) -> None:
    probe = Probe(make)
    try:
        await check(probe)
    finally:
        with contextlib.suppress(Exception):  # one point is about closing
            await probe.aclose()
