"""What the tests of grants share: a strict service, a store that fails on demand, and the proof."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import sys
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from hoopai_invoices._core.secret import Secret
from hoopai_invoices.auth import Grant, MemoryStore, OAuthApp
from hoopai_invoices.sandbox import Sandbox

__all__ = [
    "BACK",
    "DAY",
    "START",
    "Faulty",
    "background",
    "company_of",
    "consented",
    "entry_of",
    "given",
    "new_box",
    "program",
    "statuses",
    "wrong_tokens",
]

BACK = "https://app.example/oauth/callback"
START = datetime(2026, 8, 27, 12, tzinfo=UTC)
DAY = 86_399


def new_box(**settings: Any) -> Sandbox:
    """A sandbox whose clock stands still; its limits are the service's, unless others are given."""
    return Sandbox(**{"seed": 7, "now": START, **settings})


async def consented(
    box: Sandbox, app: OAuthApp, user_type: Literal["Company", "Location"] = "Location", **who: Any
) -> Grant:
    """Somebody consents in the browser, and the app takes the code."""
    return await app.exchange_code(box.oauth.authorize(user_type, **who))


def given(
    box: Sandbox, user_type: Literal["Company", "Location"] = "Location", **who: Any
) -> dict[str, Any]:
    """What the service answers to a consent, made without a call."""
    return dict(box.oauth.exchange(box.oauth.authorize(user_type, **who)))


def company_of(box: Sandbox) -> str:
    """The id of the sandbox's one agency."""
    return box.add_location().company_id


def statuses(box: Sandbox, operation: str) -> list[int | None]:
    """What became of each call of an operation."""
    return [arrival.status for arrival in box.arrivals if arrival.operation == operation]


def wrong_tokens(box: Sandbox) -> list[tuple[str | None, str | None]]:
    """Whose token each call carried that named another location; agencies' own are left out."""
    return [
        (arrival.location_id, arrival.token_of)
        for arrival in box.arrivals
        if arrival.location_id is not None and arrival.token_of != arrival.location_id
    ]


async def entry_of(app: OAuthApp, store: MemoryStore, name: str) -> dict[str, Any]:
    """What a store keeps of a location ("location:…") or an agency ("company:…")."""
    kept = await store.get(f"{app.client_id}:{name}")
    assert kept is not None
    found: dict[str, Any] = json.loads(kept.reveal())
    return found


class Faulty(MemoryStore):
    """A store that raises, or is silent, for as long as a test wants.

    Attributes:
        broken: Which of its methods raise.
        silent: Which of them never answer.
        late: Which of them raise once, after they have done their work.
        calls: How often each was called.
    """

    def __init__(self) -> None:
        super().__init__()
        self.broken: set[str] = set()
        self.silent: set[str] = set()
        self.late: set[str] = set()
        self.calls: Counter[str] = Counter()

    async def _meet(self, method: str, kept: object) -> None:
        self.calls[method] += 1
        if method in self.silent:
            await asyncio.Event().wait()
        if method in self.broken:
            # Such errors are the drivers' own, and may say what they were asked to write.
            raise ConnectionError(f"can't {method} {kept}")

    def _left(self, method: str, kept: object) -> None:
        if method in self.late:
            self.late.discard(method)
            raise ConnectionError(f"no answer to {method} {kept}")

    async def get(self, name: str) -> Secret | None:
        await self._meet("get", name)
        return await super().get(name)

    async def swap(self, name: str, old: Secret | None, new: Secret | None) -> bool:
        shown = new.reveal() if new is not None else ""
        await self._meet("swap", shown)
        done = await super().swap(name, old, new)
        self._left("swap", shown)
        return done

    async def lease(self, name: str, owner: str, seconds: float) -> bool:
        await self._meet("lease", name)
        done = await super().lease(name, owner, seconds)
        self._left("lease", name)
        return done

    async def release(self, name: str, owner: str) -> None:
        await self._meet("release", name)
        await super().release(name, owner)

    def texts(self) -> Mapping[str, str]:
        """All that is kept, in the clear."""
        return {name: kept.reveal() for name, kept in self._kept.items()}


def program(name: str) -> Any:
    """A program of this repository that isn't installed, such as "examples/estimate_to_paid"."""
    path = Path(__file__).resolve().parent.parent / f"{name}.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[path.stem] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def background(app: OAuthApp) -> None:
    """Wait for the renewals that are under way, whoever waits for them."""
    agencies = [agency.holder for agency in app._grants._agencies.values()]
    for holder in (*app._grants.locations.values(), *agencies):
        if holder._task is not None and not holder._task.done():
            await asyncio.wait([holder._task])
