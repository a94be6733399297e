"""A token store as the client uses it: in time, in one's turn, and not giving up at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, TypeVar
from uuid import uuid4

from .._core.secret import Secret
from .._protocol import Sent, TokenKind, WriteOutcome
from ..errors import HoopAIError, TokenStoreError
from .grant import Grant
from .store import TokenStore

__all__ = ["SAVING", "Store", "Turn", "Turned", "uncancelled"]

T = TypeVar("T")
_LEASE = 25.0  # seconds: a renewal's request has ten, twice
_PATIENCE = 10.0  # seconds in which a store answers
SAVING: Final = (0.1, 0.3, 1.0, 2.0, 4.0)  # seconds between attempts to keep what is new

Pause = Callable[[float], Awaitable[None]]


class Turned(Exception):
    """Another process renews the grant, or has."""


class Store:
    """A token store that answers in time, and whose errors say nothing of what it keeps."""

    def __init__(self, store: TokenStore, pause: Pause):
        self._store, self._pause = store, pause

    async def get(self, name: str) -> Secret | None:
        return await self._asked(self._store.get(name), "read")

    async def swap(self, name: str, old: Secret | None, new: Secret | None) -> bool:
        return await self._asked(self._store.swap(name, old, new), "written")

    async def lease(self, name: str, owner: str) -> bool:
        return await self._asked(self._store.lease(name, owner, _LEASE), "written")

    async def release(self, name: str, owner: str) -> None:
        with suppress(HoopAIError):  # it ends by itself
            await self._asked(self._store.release(name, owner), "written")

    async def change(
        self, name: str, what: Callable[[Secret | None], Secret | None]
    ) -> Secret | None:
        """Put in place of what is kept what is made of it, also where the store fails at first.

        Raises:
            TokenStoreError: It fails for longer.
        """
        for pause in (*SAVING, None):
            try:
                while True:
                    old = await self.get(name)
                    new = what(old)
                    if new == old or await self.swap(name, old, new):
                        return new
            except TokenStoreError:
                if pause is None:
                    raise
                await self._pause(pause)
        raise AssertionError

    async def _asked(self, answer: Awaitable[T], what: str) -> T:
        try:
            async with asyncio.timeout(_PATIENCE):
                return await answer
        except HoopAIError:
            raise
        except Exception as error:
            reason = error.strerror if isinstance(error, OSError) and error.errno else None
            told = f"{type(error).__name__}: {reason}" if reason else type(error).__name__
        # Out here: the store's frames may hold tokens.
        raise TokenStoreError(f"the token store can't be {what} ({told})")


class Turn:
    """The right to renew a grant: a journal, so that it is had after the slot and before the socket.

    Attributes:
        kind: The kind of grant that is wanted.
        flying: Whether the request may be with the service, and no answer has come.
        grant: What it has answered, from the moment in which it was read.
    """

    def __init__(self, store: Store, name: str, seen: Secret | None):
        self._store, self._name, self._seen = store, name, seen
        self._owner = uuid4().hex
        self._leased = False
        self.kind: TokenKind | None = None
        self.flying = False
        self.grant: Grant | None = None

    async def sending(self, write: Sent) -> None:
        self._leased = True  # also where it is had, and the answer that says so is lost
        if not await self._store.lease(self._name, self._owner):
            raise Turned
        if await self._store.get(self._name) != self._seen:
            raise Turned
        self.flying = True

    async def outcome(self, write: Sent, outcome: WriteOutcome, status: int | None) -> None:
        self.flying = outcome == "unknown" and status is None

    async def over(self) -> bool:
        """Give the lease back; True when the running task was cancelled meanwhile, and goes on."""
        if not self._leased:
            return False
        cancelled = False
        release = asyncio.ensure_future(self._store.release(self._name, self._owner))
        while not release.done():
            try:
                await asyncio.shield(release)
            except asyncio.CancelledError:
                cancelled = True
                uncancelled()
        return cancelled


def uncancelled() -> None:
    """The running task has been cancelled, and goes on none the less."""
    task = asyncio.current_task()
    if task is not None:
        task.uncancel()
