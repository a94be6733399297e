"""One request's way to an answer: slots, attempts, the pauses between them, and when to give up.

slot -> deadline( journal -> socket -> journal -> slot given back -> classify -> pause, slot, again )
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from attrs import define, evolve

from .._protocol import Call, Sent, WriteOutcome
from ..errors import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    DailyQuotaExceeded,
    HoopAIError,
    OutcomeUnknown,
    QueueTimeoutError,
    RateLimitError,
)
from .clock import Clock
from .headers import retry_after_of
from .http import HTTP, Progress, Reply, Unanswered
from .limiter import Limiter, Slot
from .outcome import error_of, is_timeout
from .request import Request
from .retry import CEILING, REPEATABLE, Budget, Outcome, Verdict, backoff, judge, outcome_of
from .tokens import TokenSource
from .trace import Attempt, CallRecord, Observer, told, trace_in

__all__ = ["Course", "Shared"]

T = TypeVar("T")

_REACHABLE = "is the service reachable from here?"
_LOOK = "look whether it took effect before sending it again: sent twice, it may be done twice"
_WRITTEN: dict[Outcome, WriteOutcome] = {
    "unsent": "unsent",
    "limited": "refused",
    "expired": "refused",
    "refused": "refused",
}


@define(eq=False)
class Shared:
    """What all calls of a client share."""

    http: HTTP
    tokens: TokenSource
    limiter: Limiter
    clock: Clock
    observer: Observer
    budget: Budget


@define(eq=False)
class _Ended:
    """How an attempt ended; `error` is None after a success."""

    outcome: Outcome | None
    reply: Reply | None = None
    error: HoopAIError | None = None
    asked: float | None = None  # seconds by Retry-After
    gate: float = 0.0  # seconds for which nobody sends for this location


class Course:
    """One request, from its first slot to its answer."""

    def __init__(
        self,
        shared: Shared,
        call: Call,
        request: Request,
        *,
        place: str | None,
        batch: bool,
        timeout: float,
        queue_timeout: float | None,
        max_attempts: int,
    ):
        self._shared = shared
        self._clock = shared.clock
        self.call = call
        self.place = place
        self._operation = call.operation
        self._request = request
        self._batch = batch
        self._timeout = timeout
        self._queue_timeout = queue_timeout
        self._most = max_attempts
        self._renewed = False
        self._failures = 0
        self._waited = 0.0
        self._progress: Progress | None = None  # of the attempt that is under way
        self._began = 0.0
        self._sent_at: float | None = None
        self._maybe_done = False
        self._last: _Ended | None = None
        self._untold = False
        self.attempts: list[Attempt] = []

    async def run(self) -> Reply:
        """The answer, a success.

        Raises:
            HoopAIError: There is none.
        """
        shared = self._shared
        shared.http.check()
        self._token = await self._within(self._timeout, shared.tokens.token(), self._no_token)
        self._slot = await self._within(self._queue_timeout, self._queue(), self._no_room)
        deadline = self._clock.timeout(self._timeout)
        self._ends = self._clock.monotonic() + self._timeout
        try:
            async with deadline:
                return await self._attempts()
        except TimeoutError:
            if not deadline.expired():
                raise
            if self._last is not None and self._last.error is None:
                assert self._last.reply is not None
                return self._last.reply  # it was done; only the journal was late
            error = self._out_of_time()
        except asyncio.CancelledError:
            await self._cancelled()
            raise
        finally:
            # Out here, so that a slow hook can't make an error of a write that was done.
            if self._untold:
                await self._tell()
        raise error

    def record(self) -> CallRecord:
        """What a capture keeps of it."""
        reply = self._last.reply.masked() if self._last and self._last.reply else None
        return CallRecord(
            self._operation.name,
            self.place,
            reply.status if reply else None,
            reply.headers if reply else {},
            reply.content if reply else b"",
            tuple(self.attempts),
        )

    async def _attempts(self) -> Reply:
        while True:
            ended = self._last = await self._attempt()
            error = ended.error
            if error is None:
                assert ended.reply is not None
                self._shared.budget.succeeded(retried=self._failures > 0)
                return ended.reply
            assert ended.outcome is not None
            verdict = judge(ended.outcome, self._operation.retry)
            if verdict == "unknown":
                raise self._unknown(error.message, error) from (
                    error if isinstance(error, APIStatusError) else None
                )
            if self._maybe_done and ended.reply is not None and ended.reply.status == 404:
                return ended.reply  # an earlier attempt has removed it
            removing = self._operation.retry == "remove"
            self._maybe_done |= removing and ended.outcome in ("lost", "failed")
            began = self._clock.monotonic()
            pause = await self._pause(verdict, ended, error)
            await self._tell(pause)
            # A shut gate is waited for in the queue, where the order is kept.
            if pause and verdict != "after the window":
                await self._shared.limiter.pause(pause)
            self._slot = await self._queue()
            self._waited = self._clock.monotonic() - began

    async def _pause(self, verdict: Verdict, ended: _Ended, error: HoopAIError) -> float:
        """Seconds to wait before the next attempt; raises the error when there is to be none."""
        if verdict == "raise":
            raise self._final(error)
        if verdict == "with another token":
            once = self._renewed or len(self.attempts) >= self._most
            token = None if once else await self._shared.tokens.renewed(self._token)
            if token is None:
                raise error
            self._renewed, self._token = True, token
            return 0.0
        self._failures += 1
        if len(self.attempts) >= self._most:
            raise self._final(error)
        asked = ended.asked or 0.0
        if asked > CEILING:
            raise self._final(
                error, f"the service asks to wait {asked:g} s, the client waits {CEILING:g} s"
            )
        window = verdict == "after the window"
        pause = ended.gate if window else max(backoff(self._failures, self._clock), asked)
        if self._clock.monotonic() + pause >= self._ends:
            raise self._final(
                error, f"the next attempt, in {pause:.1f} s, would be after the deadline"
            )
        if not window and not self._shared.budget.take():
            raise self._final(error, "too many calls of this client have failed lately")
        return pause

    async def _attempt(self) -> _Ended:
        """Send the request once, and tell the journal before and after."""
        sent = await self._journalled()
        self._progress = progress = Progress()
        self._sent_at, self._began = self._clock.time(), self._clock.monotonic()
        try:
            ended = await self._exchanged(progress)
        except BaseException as error:
            # Cancelled; or the client was closed before anything was sent.
            unsent = isinstance(error, HoopAIError) or not progress.sent
            await self._over(sent, "unsent" if unsent else "unknown", None)
            raise
        # From here on its end is known, however slow the journal is to take it down.
        self._last, self._progress = ended, None
        self._note(ended.reply, ended.error.message if ended.error else None)
        outcome = "done" if ended.outcome is None else _WRITTEN.get(ended.outcome, "unknown")
        await self._over(sent, outcome, ended)
        return ended

    async def _exchanged(self, progress: Progress) -> _Ended:
        """What one exchange over the wire means."""
        request = self._request
        try:
            reply = await self._shared.http.send(
                request.method,
                request.target,
                request.headers.items(),
                self._token,
                request.content,
                progress,
            )
        except Unanswered as error:
            lost = progress.sent
            message = f"no whole answer ({error})" if lost else f"never sent: {error}"
            hint = None if lost else _REACHABLE
            failure = APIConnectionError(message, sent=lost, hint=hint)
            return _Ended("lost" if lost else "unsent", error=failure)
        if 200 <= reply.status < 300:
            return _Ended(None, reply)
        asked = retry_after_of(reply.headers, self._clock.time())
        refusal = error_of(self._operation, reply, asked)
        return _Ended(outcome_of(refusal), reply, refusal, asked)

    async def _journalled(self) -> Sent | None:
        """Have the write on record before its first byte goes."""
        if self.call.journal is None:
            return None
        sent = Sent(
            operation=self._operation.name,
            location_id=self.place,
            ids=self.call.ids,
            request=self._request.json,
            attempt=len(self.attempts) + 1,
            at=self._clock.time(),
        )
        try:
            await self.call.journal.sending(sent)
        except BaseException:
            self._slot.unused()
            raise
        return sent

    async def _over(self, sent: Sent | None, outcome: WriteOutcome, ended: _Ended | None) -> None:
        """Tell the journal how an attempt ended, and give its slot back."""
        reply = ended.reply if ended is not None else None
        try:
            if sent is not None and self.call.journal is not None:
                status = reply.status if reply is not None else None
                await _shielded(told("journal", self.call.journal.outcome, sent, outcome, status))
        finally:
            if outcome == "unsent":
                self._slot.unused()
            else:
                if ended is not None and isinstance(ended.error, RateLimitError):
                    daily = isinstance(ended.error, DailyQuotaExceeded)
                    ended.gate = self._slot.refused(ended.asked, daily=daily)
                self._slot.done(reply.headers if reply is not None else None)

    # --- Giving up ---------------------------------------------------------------------------

    def _final(self, error: HoopAIError, why: str | None = None) -> HoopAIError:
        """The error as it is raised, and why nothing more is tried."""
        if isinstance(error, APIStatusError) and is_timeout(error):
            timeout = APITimeoutError(error.message, sent=True)
            timeout.__cause__ = error
            error = timeout
        if why is not None:
            error.hint = (
                f"{error.hint}; not tried again: {why}" if error.hint else f"not tried again: {why}"
            )
        return error

    def _unknown(self, message: str, error: HoopAIError | None) -> OutcomeUnknown:
        answered = error if isinstance(error, APIStatusError) else None
        return OutcomeUnknown(
            message,
            location_id=self.place,
            ids=self.call.ids,
            request=self._request.json,
            key=self.call.key,
            sent_at=self._sent_at,
            status=answered.status if answered else None,
            trace_id=answered.trace_id if answered else None,
            hint=_LOOK,
            operation=self._operation.name,
        )

    def _out_of_time(self) -> HoopAIError:
        """The deadline has ended the call."""
        failed = f"no answer within {self._timeout:g} s"
        progress, last = self._progress, self._last
        if last is not None and self._left_unknown():
            assert last.error is not None
            return self._unknown(last.error.message, last.error)
        if progress is None:  # it was waiting for another attempt
            if last is None:
                return APITimeoutError(f"never sent: {failed}")
            assert last.error is not None
            return self._final(last.error, "the deadline came before the next attempt")
        self._note(None, failed)
        if not progress.sent:
            return APITimeoutError(f"never sent: {failed}", hint=_REACHABLE)
        if self._operation.retry in REPEATABLE:
            return APITimeoutError(failed, sent=True)
        return self._unknown(failed, None)

    def _left_unknown(self) -> bool:
        """Whether the last attempt has ended so that nobody knows, and nobody has been told yet."""
        ended = self._last.outcome if self._last is not None and self._progress is None else None
        return ended is not None and judge(ended, self._operation.retry) == "unknown"

    async def _cancelled(self) -> None:
        """Leave the same record as an error would: the write may have been done."""
        progress = self._progress
        if progress is not None:
            self._note(None, "cancelled")
            left_unknown = progress.sent and self._operation.retry not in REPEATABLE
        else:
            left_unknown = self._left_unknown()
        if left_unknown:
            unknown = self._unknown("cancelled while it was under way", None)
            await _shielded(self._shared.observer.lost(unknown))

    # --- Waiting and telling -----------------------------------------------------------------

    def _queue(self) -> Awaitable[Slot]:
        return self._shared.limiter.slot(self.place or "", batch=self._batch)

    async def _within(
        self, seconds: float | None, what: Awaitable[T], late: Callable[[], HoopAIError]
    ) -> T:
        """Wait for it, but no longer than that."""
        limit = None if seconds is None else self._clock.timeout(seconds)
        began = self._clock.monotonic()
        try:
            if limit is None:
                return await what
            async with limit:
                return await what
        except TimeoutError:
            if limit is None or not limit.expired():
                raise
        finally:
            self._waited += self._clock.monotonic() - began
        raise late()

    def _no_token(self) -> HoopAIError:
        return APITimeoutError(f"never sent: no token came within {self._timeout:g} s")

    def _no_room(self) -> HoopAIError:
        msg = f"never sent: the limits left no room within {self._queue_timeout:g} s"
        return QueueTimeoutError(
            msg, hint="give it more time, or send less to this location at once"
        )

    def _note(self, reply: Reply | None, error: str | None) -> None:
        """Keep what happened in an attempt."""
        seconds = self._clock.monotonic() - self._began
        left = reply.headers.get("x-ratelimit-remaining", "") if reply is not None else ""
        curious = reply is not None and self._shared.observer.curious
        self.attempts.append(
            Attempt(
                operation=self._operation.name,
                location_id=self.place,
                number=len(self.attempts) + 1,
                status=reply.status if reply is not None else None,
                error=error,
                seconds=seconds,
                waited=self._waited,
                quota_left=int(left[:9]) if left.isascii() and left.isdigit() else None,
                trace_id=trace_in(reply.content) if reply is not None and curious else None,
            )
        )
        self._untold = True

    async def _tell(self, pause: float | None = None) -> None:
        """Tell of the last attempt, and whether there is to be another."""
        self._untold = False
        attempt = self.attempts[-1]
        if pause is not None:
            attempt = self.attempts[-1] = evolve(attempt, pause=pause)
        await self._shared.observer.attempted(attempt)


async def _shielded(work: Coroutine[Any, Any, T]) -> T:
    """Finish it, whoever cancels meanwhile."""
    task = asyncio.ensure_future(work)
    _unfinished.add(task)
    task.add_done_callback(_unfinished.discard)
    return await asyncio.shield(task)


_unfinished: set[asyncio.Future[Any]] = set()  # tasks that nobody holds would be collected
