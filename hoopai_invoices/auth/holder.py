"""One grant as this process knows it: used while it is good, renewed once for everybody.

A refresh token is good for one use, and who loses the answer loses the grant. So a renewal is one task,
which nobody who waits for it can cancel; it goes in this order:

    slot -> lease -> the store is read again -> socket -> store -> lease given back -> use

Who cancels it (a client that is closed, an event loop that ends) is heeded only where nothing is lost
by it: not while the request is with the service, and not before its answer is kept.
"""

from __future__ import annotations

import asyncio
import copy
import logging
from collections.abc import Awaitable, Callable
from math import inf
from typing import Protocol

from .._core.clock import Clock
from .._core.outcome import missing_scope
from .._core.secret import Secret
from .._core.tokens import Access
from .._protocol import Operation
from ..errors import (
    APIConnectionError,
    ConfigurationError,
    DailyQuotaExceeded,
    DecodeError,
    HoopAIError,
    InternalServerError,
    RateLimitError,
    ReauthorizationRequired,
    TokenStoreError,
)
from .grant import Grant
from .keeping import SAVING, Store, Turn, Turned, uncancelled

__all__ = ["Dead", "Holder", "Obtain"]

_log = logging.getLogger("hoopai_invoices")

_EARLIEST, _LATEST = 0.80, 0.95  # of a token's life: when it is renewed beforehand
_MARGIN = (
    60.0  # seconds before its end at which a token isn't sent any more, or a fiftieth of its life
)
_AGAIN = 60.0  # seconds after which an early renewal that has failed is tried again
_STANDS = 60.0  # seconds for which what was refused isn't asked for again
_PAUSES = 2.0  # and what has failed
_REFUSALS = 30  # answers 429 in a row after which a renewal gives up
_LAST = (
    15.0  # seconds for the one repetition of a request that the end of the event loop has broken
)
_WANT = "never sent, for want of a token: "


class Dead(Exception):
    """The service doesn't take the refresh token any more."""


class _Again(Exception):
    """The request has to be begun anew."""


class Obtain(Protocol):
    """Has a new grant: refreshes that one, or mints one.

    Args:
        old: The grant that is kept.
        turn: The right to ask.
        batch: Let others go first.
        dead: The service doesn't take the refresh token of `old` any more.

    Raises:
        Dead: It hasn't taken it.
        HoopAIError: There is none, for the moment or for good.
    """

    def __call__(
        self, old: Grant | None, turn: Turn, *, batch: bool, dead: bool
    ) -> Awaitable[Grant]: ...


class Holder:
    """The grant behind one name of the store."""

    def __init__(
        self,
        store: Store,
        name: str,
        obtain: Obtain,
        clock: Clock,
        pause: Callable[[float], Awaitable[None]],
    ):
        self._store, self._name, self._obtain = store, name, obtain
        self._clock, self._pause = clock, pause
        self._grant: Grant | None = None
        self._access: Access | None = None
        self._version = 0  # how often it was replaced from outside
        self._obtained: Secret | None = None  # the last token that this process was given
        self._early = self._until = 0.0  # by the wall clock; what follows by the monotonic one
        self._early_again = self._look_again = -inf
        self._failed: tuple[HoopAIError, float] | None = None  # and until when that stands
        self._dead: Secret | None = None  # the entry whose refresh token was refused
        self._unsaved: tuple[Secret | None, Grant] | None = None
        # The renewal that is under way.
        self._task: asyncio.Task[Grant] | None = None
        self._inner: asyncio.Future[Grant] | None = None
        self._turn: Turn | None = None
        self._urgent = False  # whether somebody waits for it who isn't a batch job
        self._hurried = self._leaving = self._broken = False

    @property
    def grant(self) -> Grant | None:
        """The grant as it is known here; nothing is asked."""
        return self._grant

    def ready(self) -> Access | None:
        """The token, if it is good; when its end is near, another is had meanwhile."""
        access = self._access
        if access is None:
            return None
        now = self._clock.time()
        if now >= self._early:
            if now >= self._until:
                return None
            if self._clock.monotonic() >= self._early_again:
                self._begin_early()
        return access

    async def access(self, *, batch: bool, refused: Secret | None = None) -> Access:
        """A token that is good, and another one than was refused."""
        for _ in range(2):
            access = self.ready()
            if access is not None and access.secret != refused:
                return access._replace(fresh=False)
            await self._renewed(batch)
            # It is used once even where its life is over before anybody has sent it.
            access = self._access
            if access is not None and access.secret != refused:
                return access._replace(fresh=access.secret == self._obtained)
        raise APIConnectionError("never sent: the token is refused, and there is no other yet")

    def can(self, operation: Operation) -> bool | None:
        """Whether the grant allows an operation; None where it isn't known here."""
        grant = self._grant
        if grant is None or (operation.scopes and not grant.scopes):
            return None
        return missing_scope(operation, grant.kind, grant.scopes) is None

    async def look(self) -> Grant | None:
        """The grant as the store has it."""
        text = await self._kept()
        return None if text is None else Grant.load(text)

    async def look_again(self) -> bool:
        """Take what another process has stored; False when that was done a moment ago."""
        now = self._clock.monotonic()
        if now < self._look_again:
            return False
        self._look_again = now + _STANDS
        version, grant = self._version, await self.look()
        if grant is not None and self._version == version and self._is_other(grant, self._grant):
            self._take(grant)
        return True

    async def replace(self, grant: Grant | None) -> None:
        """Keep another grant, or none, whatever was kept: somebody has consented, or has left."""
        text = None if grant is None else grant.dump()
        await self._store.change(self._name, lambda kept: text)
        self._version += 1
        self._unsaved = self._dead = None
        self.forgive()
        if grant is None:
            self._grant = self._access = None
        else:
            self._take(grant)

    def forgive(self) -> None:
        """Ask again for what was refused."""
        self._failed = None

    async def aclose(self) -> None:
        """Let a request that is under way be answered, and keep the answer; nothing else is waited for."""
        task = self._task
        if task is not None and not task.done() and task.get_loop() is asyncio.get_running_loop():
            task.cancel()
            await asyncio.wait([task])
        if self._unsaved is not None:
            try:
                await self._save()
            except TokenStoreError as error:
                _log.error("a new grant could not be kept, and is lost: %s", error.message)

    async def _kept(self) -> Secret | None:
        return await self._store.get(self._name)

    # --- Waiting for a renewal ---------------------------------------------------------------

    def _begin_early(self) -> None:
        if self._task is None or self._task.done():
            self._early_again = self._clock.monotonic() + _AGAIN
            self._begin(urgent=False).add_done_callback(_tell_early)

    def _begin(self, *, urgent: bool) -> asyncio.Task[Grant]:
        self._urgent = urgent
        self._hurried = self._leaving = self._broken = False
        self._task = task = asyncio.get_running_loop().create_task(self._renew())
        task.add_done_callback(_heard)
        return task

    async def _renewed(self, batch: bool) -> None:
        """Wait for the one task that renews."""
        while True:
            task = self._task
            if task is None or task.done() or task.get_loop() is not asyncio.get_running_loop():
                if self._failed is not None and self._clock.monotonic() < self._failed[1]:
                    raise copy.copy(self._failed[0])
                task = self._begin(urgent=not batch)
            elif not batch:
                self._hurry()
            failed: HoopAIError
            try:
                await asyncio.shield(task)
            except HoopAIError as error:
                # Everybody who waits gets one of his own, without the frames of the task.
                failed = copy.copy(error)
            except asyncio.CancelledError:
                own = asyncio.current_task()
                if own is None or own.cancelling() or not task.cancelled():
                    raise
                continue  # another client was closed, and this one waits still
            else:
                return
            raise failed

    def _hurry(self) -> None:
        """Somebody waits who isn't a batch job: the request needn't let all others go first."""
        turn, inner = self._turn, self._inner
        waits = turn is not None and not turn.flying and turn.grant is None
        if waits and inner is not None and not inner.done() and not self._urgent:
            self._hurried = True
            inner.cancel()
        self._urgent = True

    # --- The renewal -------------------------------------------------------------------------

    async def _renew(self) -> Grant:
        failed: HoopAIError
        try:
            return await self._renew_once()
        except (ReauthorizationRequired, TokenStoreError, ConfigurationError) as error:
            failed, seconds = error, 0.0  # no request was made; and consent may come at any time
        except (APIConnectionError, DecodeError, InternalServerError, RateLimitError) as error:
            # Whatever became of the renewal, the call that wanted it was never sent.
            what = f"{error.operation}: " if error.operation else ""
            failed = APIConnectionError(_WANT + what + error.message.removeprefix(_WANT))
            seconds = _PAUSES
        except HoopAIError as error:
            error.message = f"no token: {error.message.removeprefix('no token: ')}"
            failed, seconds = error, _STANDS
        self._failed = (failed, self._clock.monotonic() + seconds)
        raise failed

    async def _renew_once(self) -> Grant:
        stale, version, refusals, repeats = self._grant, self._version, 0, False
        while True:
            await self._save()
            seen = await self._kept()
            grant = None if seen is None else Grant.load(seen)
            if version != self._version:  # somebody has consented, or has left
                stale, version = None, self._version
                continue
            if grant is not None and self._is_other(grant, stale):
                return self._take(grant)
            if self._leaving and not repeats:
                raise asyncio.CancelledError
            repeats = False
            turn = Turn(self._store, self._name, seen)
            try:
                new = await self._answered(
                    grant, turn, dead=seen is not None and seen == self._dead
                )
                self._unsaved, self._obtained = (seen, new), new.access_token
                if await self._save() and version == self._version:
                    return self._take(new)
            except _Again:
                repeats = self._leaving
            except Dead:
                # Unless somebody else has used it, and has kept what it gave.
                if await self._kept() == seen:
                    self._dead = seen
            except Turned:
                await self._pause(0.05 + 0.2 * self._clock.random())
            except DailyQuotaExceeded:
                raise
            except RateLimitError:
                refusals += 1
                if refusals > _REFUSALS:
                    raise
            finally:
                if await turn.over():
                    self._leaving = True  # but what the turn has come to stands

    async def _answered(self, old: Grant | None, turn: Turn, *, dead: bool) -> Grant:
        """The next grant; a cancellation waits for it where it is under way."""
        asked = self._obtain(old, turn, batch=not self._urgent, dead=dead)
        inner = asyncio.ensure_future(asked)
        inner.add_done_callback(_heard)
        self._inner, self._turn = inner, turn
        while True:
            try:
                async with asyncio.timeout(_LAST if self._leaving else None):
                    return await asyncio.shield(inner)
            except TimeoutError:
                inner.cancel()
                raise asyncio.CancelledError from None
            except asyncio.CancelledError:
                if inner.cancelled() and self._hurried and turn.grant is None:
                    self._hurried = False
                    raise _Again from None
                self._leaving = True
                if turn.grant is not None and inner.cancelled():
                    uncancelled()
                    return turn.grant
                if turn.grant is not None or (turn.flying and not inner.cancelled()):
                    uncancelled()
                    continue
                if turn.flying and not self._broken:
                    # The event loop ends, which cancels every task once, and waits for them: the
                    # answer that was on its way may be had once more.
                    self._broken = True
                    uncancelled()
                    raise _Again from None
                inner.cancel()
                raise

    def _is_other(self, grant: Grant, stale: Grant | None) -> bool:
        same = stale is not None and grant.access_token == stale.access_token
        if same and stale is not None and grant.obtained_at <= stale.obtained_at:
            return False
        return self._ends(grant)[1] > self._clock.time()

    async def _save(self) -> bool:
        """Keep what was obtained, before it is used; False when there was nothing, or it isn't kept.

        Raises:
            TokenStoreError: The store doesn't work. It is tried again before anything else.
        """
        pauses = [*SAVING]
        while self._unsaved is not None:
            seen, new = self._unsaved
            text = new.dump()
            try:
                # Where it isn't `seen` any more, an attempt that seemed to fail has kept it; or
                # somebody has consented anew, and what that gave is used instead.
                kept = await self._store.swap(self._name, seen, text) or await self._kept() == text
                self._unsaved = None
                return kept
            except TokenStoreError as error:
                if not pauses:
                    error.hint = "the new grant is held in memory, and kept as soon as that works"
                    raise
                try:
                    await self._pause(pauses.pop(0))
                except asyncio.CancelledError:
                    self._leaving = True
                    uncancelled()
            except asyncio.CancelledError:
                self._leaving = True
                uncancelled()
        return False

    def _take(self, grant: Grant) -> Grant:
        self._early, self._until = self._ends(grant)
        self._grant, self._failed = grant, None
        self._access = Access(grant.access_token, grant.kind, grant.scopes or None, self._until)
        return grant

    def _ends(self, grant: Grant) -> tuple[float, float]:
        """When to have the next one, and from when on this one isn't sent any more."""
        if grant.expires_in is None:
            return inf, inf  # the service will say
        # Who got it may have another clock; it isn't younger than now.
        began, life = min(grant.obtained_at, self._clock.time()), grant.expires_in
        share = _EARLIEST + (_LATEST - _EARLIEST) * self._clock.random()
        until = life - min(_MARGIN, life / 50)
        return began + min(life * share, until), began + until


def _tell_early(task: asyncio.Task[Grant]) -> None:
    error = None if task.cancelled() else task.exception()
    if error is not None:
        _log.warning("a token could not be renewed early, and is still good: %s", error)


def _heard(task: asyncio.Future[Grant]) -> None:
    """Nobody may be left who waits for it: its error isn't one that was overlooked."""
    if not task.cancelled():
        task.exception()
