"""`python -m hoopai_invoices.conformance package.module:factory`: judge a transport."""

from __future__ import annotations

import argparse
import asyncio
import importlib
from collections.abc import Callable, Sequence
from typing import Any

from . import POINT_NAMES, check_transport


def factory_of(text: str, what: str) -> Callable[[], Any]:
    """The function that a text of the form package.module:factory names."""
    module, colon, name = text.partition(":")
    if not (module and colon and name):
        msg = f"{text!r} is not of the form package.module:factory"
        raise ValueError(msg)
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    if not callable(found):
        msg = f"{text} is a {type(found).__name__}, which can't be called for a {what}"
        raise TypeError(msg)
    return found  # type: ignore[no-any-return]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the report; returns the exit status: 0 when no point failed, else 1."""
    parser = argparse.ArgumentParser(
        prog="python -m hoopai_invoices.conformance",
        description="Whether an httpx transport may be trusted with money.",
    )
    parser.add_argument("factory", metavar="package.module:factory", help="gives a fresh transport")
    parser.add_argument("point", nargs="*", help="its name, to try only this one")
    options = parser.parse_args(arguments)
    text: str = options.factory
    points: list[str] = options.point or [*POINT_NAMES]
    unknown = [name for name in points if name not in POINT_NAMES]
    if unknown:
        parser.error(f"no points of the suite: {', '.join(unknown)}")
    try:
        make = factory_of(text, "transport")
    except Exception as error:  # whatever an import of theirs may raise
        parser.error(f"{text} can't be loaded: {type(error).__name__}: {error}")
    report = asyncio.run(check_transport(make, only=points))
    print(report)
    print(f"\n{len(report.failed)} of {len(report.points)} points failed")
    return 1 if report.failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
