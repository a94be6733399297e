"""A sandbox from a file: what a program in any language wants to find there.

The file is JSON or TOML. Its `locations`, `tokens`, `contacts`, `users`, `invoices`, `estimates`
and `faults` are lists whose entries have the keywords of `Sandbox.add_location` and so on (and of
the methods of `Faults`, with their name as `kind`); `choices`, `limits` (false lifts them all) and
`now` are those of `Sandbox`. Amounts are text or whole numbers.
"""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from .box import Sandbox
from .choices import Choices, Limits
from .entries import (
    Contact,
    Entry,
    Estimate,
    Fault,
    Invoice,
    Location,
    Token,
    User,
    add,
    read,
    strike,
)
from .errors import SandboxError

__all__ = ["SeedError", "sandbox_of"]

_T = TypeVar("_T")

_REFUSALS = (ValueError, TypeError, OverflowError, OSError, SandboxError)


class SeedError(ValueError):
    """A seed file that can't be used; the text names the file and the place."""


class _File(Entry):
    locations: tuple[Location, ...] = ()
    tokens: tuple[Token, ...] = ()
    contacts: tuple[Contact, ...] = ()
    users: tuple[User, ...] = ()
    invoices: tuple[Invoice, ...] = ()
    estimates: tuple[Estimate, ...] = ()
    faults: tuple[Fault, ...] = ()
    choices: dict[str, Any] = msgspec.field(default_factory=dict)
    # TOML has no null, so false lifts them all as well.
    limits: dict[str, Any] | Literal[False] | None = msgspec.field(default_factory=dict)
    now: datetime | None = None


def sandbox_of(path: Path, *, seed: int | None = None, still: bool = False) -> Sandbox:
    """The sandbox that a file describes. Its first location and token are the sandbox's own.

    Args:
        path: The file: `.json` or `.toml`.
        seed: Makes every id repeatable.
        still: Let the clock stand still though the file doesn't name a time.

    Raises:
        SeedError: The file can't be read, or something in it can't be.
    """
    file = _parsed(path)
    now = file.now or (datetime.now(UTC) if still else None)
    choices = _options(path, "choices", Choices, file.choices)
    limits = None
    if isinstance(file.limits, dict):
        limits = _options(path, "limits", Limits, file.limits)
    with _naming(path, "now"):
        box = Sandbox(now=now, seed=seed, limits=limits, choices=choices)
    _plant(box, path, file)
    return box


def _plant(box: Sandbox, path: Path, file: _File) -> None:
    if file.locations:
        box._state.locations.clear()
        _add(box, path, "locations", file.locations)
        box.location_id = next(iter(box._state.locations))
    if file.locations or file.tokens:
        box._state.tokens.clear()
        _add(box, path, "tokens", file.tokens or (Token(),))
        box.token = next(iter(box._state.tokens))
    _add(box, path, "contacts", file.contacts)
    _add(box, path, "users", file.users)
    _add(box, path, "invoices", file.invoices)
    _add(box, path, "estimates", file.estimates)
    for place, fault in enumerate(file.faults):
        with _naming(path, f"faults[{place}]"):
            strike(box, fault)


def _add(box: Sandbox, path: Path, name: str, entries: Sequence[Entry]) -> None:
    for place, entry in enumerate(entries):
        with _naming(path, f"{name}[{place}]"):
            add(box, entry)


def _parsed(path: Path) -> _File:
    readers: dict[str, Callable[[str], object]] = {
        ".json": msgspec.json.decode,
        ".toml": tomllib.loads,
    }
    if path.suffix not in readers:
        msg = f"{path}: a seed file is .json or .toml"
        raise SeedError(msg)
    with _naming(path):
        data = readers[path.suffix](path.read_text("utf-8"))
    return _converted(path, "", _File, data)


def _options(path: Path, place: str, kind: type[_T], given: Mapping[str, Any]) -> _T:
    """Named options of a dataclass, where an unknown name is a mistake."""
    known = inspect.signature(kind).parameters
    for name in given:
        if name not in known:
            msg = f"{path}: {place}: {name!r} is none of {', '.join(known)}"
            raise SeedError(msg)
    return _converted(path, place, kind, given)


def _converted(path: Path, place: str, kind: type[_T], data: object) -> _T:
    try:
        return read(kind, data)
    except msgspec.ValidationError as exc:
        text, _, where = str(exc).partition(" - at `$")
        inner = where.rstrip("`").removeprefix(".")
        at = ".".join(filter(None, (place, inner)))
        msg = f"{path}: {at}: {text}" if at else f"{path}: {text}"
        raise SeedError(msg) from None


@contextmanager
def _naming(path: Path, place: str | None = None) -> Iterator[None]:
    """Say where an error comes from."""
    try:
        yield
    except _REFUSALS as exc:
        text = getattr(exc, "strerror", None) or exc
        msg = f"{path}: {place}: {text}" if place else f"{path}: {text}"
        raise SeedError(msg) from None
