"""Whether a token store may be trusted with grants, whose loss means to ask somebody for consent.

`OAuthApp(store=…)` takes any `TokenStore`. This suite holds one to the rules of the protocol, with
entries of its own that it removes again:

    report = await check_store(lambda: MyStore("…"))
    report.raise_failures()

or `python -m hoopai_invoices.auth.checks package.module:factory`.

Not judged: what becomes of an entry when a machine loses its power, and who else can read it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import inspect
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, TypeVar
from uuid import uuid4

from .._core.secret import Secret
from ..conformance import Point, Report
from ..conformance.__main__ import factory_of
from ..conformance._probe import Failed, named, within
from .store import TokenStore

__all__ = ["POINT_NAMES", "Point", "Report", "check_store"]

T = TypeVar("T")
Make = Callable[[], TokenStore | Awaitable[TokenStore]]

_PATIENCE = 5.0  # seconds for one operation, most of which end in milliseconds
_POINT_SECONDS = 30.0
_LONG = 60.0  # a lease that ends after the suite
_SHORT = 0.4  # a lease whose end is waited for
_LATE = 1.5  # seconds by which a lease may end too late
_MANY = 12  # who try the same at once


class Probe:
    """Two instances of the store over the same place, and names that nobody else has."""

    def __init__(self, make: Make):
        self._make = make
        self._root = f"check:{uuid4().hex[:12]}:"
        self._names: set[str] = set()
        self._leases: set[tuple[str, str]] = set()
        self._stores: list[TokenStore] = []

    async def open(self) -> None:
        for _ in range(2):
            made = self._make()
            store: Any = await made if inspect.isawaitable(made) else made
            if not isinstance(store, TokenStore):
                msg = f"a {type(store).__name__} is no TokenStore"
                raise Failed(msg)
            self._stores.append(store)

    @property
    def store(self) -> TokenStore:
        return self._stores[0]

    @property
    def second(self) -> TokenStore:
        return self._stores[1]

    def name(self, rest: str = "") -> str:
        """A name of at most 200 characters that ends so, to be cleared at the end."""
        name = f"{self._root}{len(self._names) if not rest else ''}{rest}"[:200]
        self._names.add(name)
        return name

    async def get(self, name: str, *, by: TokenStore | None = None) -> str | None:
        """The text that is kept."""
        kept: Any = await _soon(by or self.store, "get", name)
        if kept is None:
            return None
        require(isinstance(kept, Secret), f"`get` gives a {type(kept).__name__}, no Secret")
        return str(kept.reveal())

    async def swap(
        self, name: str, old: str | None, new: str | None, *, by: TokenStore | None = None
    ) -> bool:
        done = await _soon(by or self.store, "swap", name, _secret(old), _secret(new))
        require(isinstance(done, bool), f"`swap` gives a {type(done).__name__}, no bool")
        return bool(done)

    async def lease(
        self, name: str, owner: str, seconds: float = _LONG, *, by: TokenStore | None = None
    ) -> bool:
        self._leases.add((name, owner))
        got = await _soon(by or self.store, "lease", name, owner, seconds)
        require(isinstance(got, bool), f"`lease` gives a {type(got).__name__}, no bool")
        return bool(got)

    async def release(self, name: str, owner: str, *, by: TokenStore | None = None) -> None:
        await _soon(by or self.store, "release", name, owner)

    async def put(self, text: str, rest: str = "") -> str:
        """An entry; its name."""
        name = self.name(rest)
        require(await self.swap(name, None, text), "an entry couldn't be made")
        return name

    async def aclose(self) -> None:
        """Remove what was made, and close the stores that can be."""
        with contextlib.suppress(Exception):
            for name in self._names:
                kept = await _soon(self.store, "get", name)
                if kept is not None:
                    await _soon(self.store, "swap", name, kept, None)
            for name, owner in self._leases:
                await _soon(self.store, "release", name, owner)
        for store in self._stores:
            closing: Any = getattr(store, "aclose", None)
            if closing is not None:
                await within(_PATIENCE, "aclose() did not end", closing())


async def _soon(store: TokenStore, what: str, *given: object) -> Any:
    return await within(_PATIENCE, f"`{what}` did not end", getattr(store, what)(*given))


def _secret(text: str | None) -> Secret | None:
    return None if text is None else Secret(text)


Check = Callable[[Probe], Awaitable[None]]
POINTS: dict[str, Check] = {}


def point(name: str) -> Callable[[Check], Check]:
    """Enter a function into the table."""

    def enter(check: Check) -> Check:
        POINTS[name] = check
        return check

    return enter


def require(kept: bool, why: str) -> None:
    if not kept:
        raise Failed(why)


# --- Texts -----------------------------------------------------------------------------------


@point("gives None for what isn't kept")
async def _(probe: Probe) -> None:
    require(await probe.get(probe.name()) is None, "there was something under a new name")


@point("makes, replaces and removes an entry")
async def _(probe: Probe) -> None:
    name = await probe.put("one")
    require(await probe.get(name) == "one", "what was made isn't there")
    require(await probe.swap(name, "one", "two"), "an entry couldn't be replaced")
    require(await probe.get(name) == "two", "what it was replaced by isn't there")
    require(await probe.swap(name, "two", None), "an entry couldn't be removed")
    require(await probe.get(name) is None, "what was removed is still there")
    require(await probe.swap(name, None, "three"), "a removed entry couldn't be made anew")
    require(await probe.get(name) == "three", "what was made anew isn't there")


@point("changes an entry only in place of the old text")
async def _(probe: Probe) -> None:
    name = await probe.put("one")
    for old, new in ((None, "x"), ("on", "x"), ("ONE", "x"), ("", "x"), ("x", None), (None, None)):
        said = await probe.swap(name, old, new)
        require(not said, f"`swap` from {old!r} to {new!r} said True where 'one' was kept")
        require(await probe.get(name) == "one", f"`swap` from {old!r} replaced 'one'")
    name = probe.name()
    for new in ("x", None):
        require(not await probe.swap(name, "one", new), "`swap` found a text where none was kept")
        require(await probe.get(name) is None, "`swap` with a wrong old text made an entry")
    require(await probe.swap(name, None, None), "nothing in place of nothing was refused")
    require(await probe.get(name) is None, "nothing in place of nothing made an entry")


@point("lets one of several win")
async def _(probe: Probe) -> None:
    name, kept = probe.name(), None
    for turn in range(6):
        texts = [f"{turn}/{number}" for number in range(_MANY)]
        stores = (probe.store, probe.second) * (_MANY // 2)
        said = await asyncio.gather(
            *(probe.swap(name, kept, text, by=by) for text, by in zip(texts, stores, strict=True))
        )
        won = [text for text, done in zip(texts, said, strict=True) if done]
        require(len(won) == 1, f"of {_MANY} with the same old text {len(won)} were told True")
        kept = await probe.get(name)
        require(kept == won[0], "what is kept isn't of the one that was told True")


@point("lets one of several remove")
async def _(probe: Probe) -> None:
    for _ in range(3):
        name = await probe.put("one")
        stores = (probe.store, probe.second) * (_MANY // 2)
        said = await asyncio.gather(*(probe.swap(name, "one", None, by=by) for by in stores))
        require(sum(said) == 1, f"of {_MANY} that removed it {sum(said)} were told True")
        require(await probe.get(name) is None, "it is still there")


_TEXTS = (
    "",
    " ",
    '{"a": "b\\"c\'d", "e": [1, null]}',
    "line\nline\r\nline\rline\n\n",
    "\ttab\x01\x1b\x7f\u2028\ufeff",
    "'; DROP TABLE tokens; --",
    "%s %(a)s {0} $1 ${HOME} :name ?",
    "ключ \U0001f4b6 e\u0301 \xe9",
    "None",
    "\\N \\x00 \\u0000",
    '{"t": "' + "0123456789abcdéf" * 20_000 + '"}',
)


@point("gives every text back as it was")
async def _(probe: Probe) -> None:
    for text in _TEXTS:
        name = probe.name()
        shown = f"{text[:30]!a} ({len(text):,} characters)"
        require(await probe.swap(name, None, text), f"{shown} couldn't be kept")
        require(await probe.get(name) == text, f"{shown} came back changed")
        require(await probe.swap(name, text, f"{text}."), f"{shown} wasn't known again")


@point("keeps names apart")
async def _(probe: Probe) -> None:
    rests = (
        *(
            "a",
            "A",
            "aa",
            "a:a",
            "a/a",
            "a//a",
            "a\\a",
            "a%2Fa",
            "a%",
            "a*",
            "a?",
            "a_",
            "a-",
            "[a]",
        ),
        *("..", "../a", "/../../a", ".", "a.", "a.lease", "a:lease", "lease:a", "kept:a", "~a"),
        *("a'", 'a"', "a;", "a|b", "a#", "{a}", "$a", "x" * 200, "x" * 170),
    )
    names = [await probe.put(f"text of {rest}", f"~{rest}") for rest in rests]
    for name, rest in zip(names, rests, strict=True):
        require(await probe.lease(name, rest), f"a lease of another name is one of {rest:.40}")
    for name, rest in zip(names, rests, strict=True):
        kept = await probe.get(name)
        require(kept == f"text of {rest}", f"under {rest:.40} was kept: {kept!a:.60}")
        await probe.release(name, rest)


@point("is seen by a second instance")
async def _(probe: Probe) -> None:
    name = await probe.put("one")
    require(await probe.get(name, by=probe.second) == "one", "it doesn't see what was made")
    require(await probe.swap(name, "one", "two", by=probe.second), "it can't replace it")
    require(await probe.get(name) == "two", "what it has kept isn't seen")
    require(await probe.lease(name, "a"), "a lease wasn't given")
    require(not await probe.lease(name, "b", by=probe.second), "it doesn't see a lease")
    await probe.release(name, "a", by=probe.second)
    require(await probe.lease(name, "b"), "a lease that it gave back isn't free")


@point("shows no text")
async def _(probe: Probe) -> None:
    text = f"shown-{uuid4().hex}"
    await probe.put(text)
    for store in (probe.store, probe.second):
        for way in (repr, str):
            require(text not in way(store), f"`{way.__name__}` of the store shows it")


@point("leaves old or new when it is cancelled")
async def _(probe: Probe) -> None:
    kept = "0"
    name = await probe.put(kept)
    for turn in range(1, 25):
        new = f"{turn}" * 50
        task = asyncio.ensure_future(
            probe.store.swap(name, Secret(kept), Secret(new))  # cancelled where it is
        )
        for _ in range(turn % 8):
            await asyncio.sleep(0)
        if turn % 3 == 0:
            await asyncio.sleep(0.0005 * turn)
        task.cancel()
        done, _ = await asyncio.wait({task}, timeout=_PATIENCE)
        require(bool(done), "`swap` went on after its cancellation")
        told = not task.cancelled() and not task.exception() and task.result()
        error = None if task.cancelled() else task.exception()
        require(error is None, f"its cancellation came out as {named(error)}")
        found = await probe.get(name)
        require(found == new or (found == kept and not told), f"it left {found!a:.60}")
        assert found is not None
        kept = f"{turn} again"
        if not await probe.swap(name, found, kept):  # what was under way has come first
            require(await probe.get(name) == new, "it left neither the old text nor the new")
            require(await probe.swap(name, new, kept), "what it left couldn't be replaced")
        require(await probe.get(name) == kept, "it came behind what followed")


# --- Leases ----------------------------------------------------------------------------------


@point("leases a name to one")
async def _(probe: Probe) -> None:
    for name in (await probe.put("one"), probe.name()):
        require(await probe.lease(name, "a"), "a lease wasn't given")
        for by in (probe.store, probe.second):
            require(not await probe.lease(name, "b", by=by), "another got it too")
            require(not await probe.lease(name, "A", by=by), "an owner of another case got it too")
        require(await probe.lease(name, "a"), "its owner didn't get it again")
        require(not await probe.lease(name, "b"), "another got it when its owner got it again")


@point("gives a lease to one of several")
async def _(probe: Probe) -> None:
    for _ in range(4):
        name = probe.name()
        stores = (probe.store, probe.second) * (_MANY // 2)
        got = await asyncio.gather(
            *(probe.lease(name, f"o{n}", by=by) for n, by in enumerate(stores))
        )
        require(sum(got) == 1, f"of {_MANY} who asked at once {sum(got)} got it")


@point("takes a lease back from its owner alone")
async def _(probe: Probe) -> None:
    name = probe.name()
    await probe.release(name, "a")  # of nobody: nothing
    require(await probe.lease(name, "a"), "a lease wasn't given")
    await probe.release(name, "b")
    require(not await probe.lease(name, "b"), "another has given it back")
    await probe.release(name, "a")
    require(await probe.lease(name, "b"), "it was given back, and isn't free")
    await probe.release(name, "a")
    require(not await probe.lease(name, "a"), "who had it before has given it back")


@point("ends a lease by itself, and not before")
async def _(probe: Probe) -> None:
    name = probe.name()
    began = time.monotonic()
    require(await probe.lease(name, "a", _SHORT), "a lease wasn't given")
    given = time.monotonic()
    while not await probe.lease(name, "b"):
        late = time.monotonic() - given - _SHORT
        require(late < _LATE, f"a lease of {_SHORT:g} s hadn't ended {late:.1f} s after its end")
        await asyncio.sleep(0.02)
    lasted = time.monotonic() - began
    # Clocks that count milliseconds, or are set right meanwhile, may be that far apart.
    require(lasted > _SHORT - 0.05, f"a lease of {_SHORT:g} s had ended after {lasted:.2f} s")
    await probe.release(name, "a")
    require(not await probe.lease(name, "a"), "whose lease has ended gave back another's")


@point("makes a lease longer for its owner")
async def _(probe: Probe) -> None:
    name = probe.name()
    require(await probe.lease(name, "a", _SHORT), "a lease wasn't given")
    require(await probe.lease(name, "a", _LONG), "its owner didn't get it again")
    await asyncio.sleep(_SHORT + 0.15)
    require(not await probe.lease(name, "b"), "it ended as if it hadn't been made longer")


@point("keeps texts and leases apart")
async def _(probe: Probe) -> None:
    name = probe.name()
    require(await probe.lease(name, "a"), "a lease of what isn't kept wasn't given")
    require(await probe.get(name) is None, "a lease makes an entry")
    require(await probe.swap(name, None, "one"), "what is leased couldn't be made")
    require(not await probe.lease(name, "b"), "a lease ends when its entry is made")
    require(await probe.lease(name, "a"), "its owner didn't get it again")
    require(await probe.get(name) == "one", "a lease changes what is kept")
    require(await probe.swap(name, "one", "two"), "what is leased couldn't be replaced")
    require(not await probe.lease(name, "b"), "a lease ends when its entry is replaced")
    require(await probe.swap(name, "two", None), "what is leased couldn't be removed")
    require(not await probe.lease(name, "b"), "a lease ends when its entry is removed")
    require(await probe.swap(name, None, "three"), "what is leased couldn't be made anew")
    await probe.release(name, "a")
    require(await probe.get(name) == "three", "what is kept goes with its lease")
    require(await probe.swap(name, "three", "four"), "without a lease nothing could be replaced")


POINT_NAMES: tuple[str, ...] = tuple(POINTS)


async def check_store(make: Make, *, only: Iterable[str] = POINT_NAMES) -> Report:
    """Judge a store.

    Args:
        make: Gives an instance, or something to await for one; all are of one place, and are closed
            if they have an `aclose`. Each point has two.
        only: Names of `POINT_NAMES`, to try just these.
    """
    wanted = tuple(only)
    unknown = [name for name in wanted if name not in POINTS]
    if unknown:
        msg = f"no points of the suite: {', '.join(unknown)}"
        raise ValueError(msg)
    return Report(tuple([await _point(name, POINTS[name], make) for name in wanted]))


async def _point(name: str, check: Check, make: Make) -> Point:
    # A task of its own: a store that swallows its cancellation must not hold the suite.
    task = asyncio.create_task(_tried(check, make))
    try:
        done, _ = await asyncio.wait({task}, timeout=_POINT_SECONDS)
        if not done:
            return Point(name, False, f"no end within {_POINT_SECONDS:g} s")
        task.result()
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


async def _tried(check: Check, make: Make) -> None:
    probe = Probe(make)
    try:
        await probe.open()
        await check(probe)
    finally:
        await probe.aclose()


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the report; returns the exit status: 0 when no point failed, else 1."""
    parser = argparse.ArgumentParser(
        prog="python -m hoopai_invoices.auth.checks",
        description="Whether a token store may be trusted with grants.",
    )
    parser.add_argument("factory", metavar="package.module:factory", help="gives an instance")
    parser.add_argument("point", nargs="*", help="its name, to try only this one")
    options = parser.parse_args(arguments)
    text: str = options.factory
    points: list[str] = options.point or [*POINT_NAMES]
    unknown = [name for name in points if name not in POINT_NAMES]
    if unknown:
        parser.error(f"no points of the suite: {', '.join(unknown)}")
    try:
        make = factory_of(text, "token store")
    except Exception as error:  # whatever an import of theirs may raise
        parser.error(f"{text} can't be loaded: {type(error).__name__}: {error}")
    report = asyncio.run(check_store(make, only=points))
    print(report)
    print(f"\n{len(report.failed)} of {len(report.points)} points failed")
    return 1 if report.failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
