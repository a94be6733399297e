"""One request's way to an answer: slots, attempts, the pauses between them, and when to give up.

slot -> deadline( journal -> socket -> journal -> slot given back -> classify -> pause, slot, again )
"""

from __future__ import annotations

import functools
import re
from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeVar

from .._protocol import Call, Sent, WriteOutcome
from ..errors import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    ClientClosedError,
    DailyQuotaExceeded,
    HoopAIError,
    MissingScopeError,
    NotFoundError,
    OutcomeUnknown,
    QueueTimeoutError,
    RateLimitError,
)
from .clock import Clock
from .headers import retry_after_of
from .http import HTTP, Progress, Reply, Unanswered
from .limiter import Limiter, Slot
from .outcome import error_of, is_timeout, may_have_stored, missing_scope
from .request import Outgoing
from .retry import CEILING, REPEATABLE, Budget, Outcome, Verdict, backoff, judge, outcome_of
from .tokens import Access, Auth
from .trace import Attempt, CallRecord, Observer, told, trace_in

__all__ = ["Course", "Shared"]

T = TypeVar("T")

_REACHABLE = "is the service reachable from here?"
_LOOK = "look whether it took effect before sending it again: sent twice, it may be done twice"
_REPLAYS = 2  # with another token: what other processes have had meanwhile may be dead too
_PATIENT = 5.0  # seconds after which a 429 that is waited out costs nothing of the budget
_JOURNALLED: dict[Outcome, WriteOutcome] = {
    "unsent": "unsent",
    "limited": "refused",
    "expired": "refused",
    "refused": "refused",
}


class Shared(NamedTuple):
    """What all calls of a client share."""

    http: HTTP
    tokens: Auth
    limiter: Limiter
    clock: Clock
    observer: Observer
    budget: Budget


class _Ended:
    """How an attempt ended; `error` is None after a success."""

    __slots__ = ("asked", "error", "gate", "outcome", "reply")

    def __init__(
        self,
        outcome: Outcome | None,
        reply: Reply | None = None,
        error: HoopAIError | None = None,
        asked: float | None = None,
    ):
        self.outcome: Outcome | None = outcome
        self.reply = reply
        self.error = error
        self.asked = asked  # seconds by Retry-After
        self.gate = 0.0  # seconds for which nobody sends for this location


class Course:
    """One request, from its first slot to its answer."""

    def __init__(
        self,
        shared: Shared,
        call: Call,
        request: Outgoing,
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
        self._replays = 0  # with another token, after a 401
        self._access: Access | None = None
        self._refused: Access | None = None  # the token that was refused with 401
        self._failures = 0
        self._waited = 0.0
        self._progress: Progress | None = None  # of the attempt that is under way
        self._began = 0.0
        self._sent_at: float | None = None
        self._sent_before = False  # whether an attempt before may have done it
        self._last: _Ended | None = None
        self._untold = False
        self.attempts: list[Attempt] = []

    async def run(self) -> Reply:
        """The answer, a success.

        Raises:
            HoopAIError: There is none.
        """
        self._shared.http.check()
        await self._queue_up()
        deadline = self._clock.timeout(self._timeout)
        self._ends = self._clock.monotonic() + self._timeout
        reply: Reply | None = None
        error: HoopAIError | None = None
        try:
            async with deadline:
                reply = await self._attempts()
        except TimeoutError:
            if not deadline.expired():
                raise
            if self._last is not None and self._last.error is None:
                reply = self._last.reply  # it was done; only the journal was late
            else:
                error = self._broken_off(f"no answer within {self._timeout:g} s")
        except HoopAIError as raised:
            error = raised
        except BaseException:
            # A cancellation passes unchanged, but leaves the same record as an error would.
            await self._settle(self._broken_off("cancelled while it was under way"))
            raise
        # Out of the deadline: a slow hook must make no error of a write that was done.
        await self._settle(error)
        if error is not None:
            raise error
        assert reply is not None
        return reply

    async def _settle(self, error: HoopAIError | None) -> None:
        """Tell who wants to know how it ended; first of all that nobody knows."""
        if isinstance(error, OutcomeUnknown):
            error.attempts = len(self.attempts)
            if self.call.key is None:  # else somebody goes on to find out
                await self._shared.observer.lost(error)
        if self._untold:
            await self._tell()

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
        verdict: Verdict | None = None
        pause = 0.0
        while True:
            try:
                if verdict is not None:
                    await self._come_back(verdict, pause)
                ended = await self._attempt()
            except (ClientClosedError, DailyQuotaExceeded) as stopped:
                nothing = self._last is None or self._last.outcome in (None, "expired")
                if nothing and not self._sent_before:
                    raise
                assert self._last is not None
                assert self._last.error is not None
                raise self._final(self._last.error, stopped.message) from None
            error = ended.error
            if error is None:
                assert ended.reply is not None
                self._shared.budget.succeeded(retried=self._failures > 0)
                self._shared.tokens.heard(self._operation, allowed=True)
                return ended.reply
            assert ended.outcome is not None
            verdict = judge(ended.outcome, self._operation.retry)
            if verdict == "unknown":
                raise self._unknown(error.message, error) from (
                    error if isinstance(error, APIStatusError) else None
                )
            if self._removed_before(error):
                assert ended.reply is not None
                return ended.reply
            self._sent_before |= ended.outcome in ("lost", "failed")
            pause = self._pause(verdict, ended, error)
            await self._tell(pause)

    async def _queue_up(self) -> None:
        """Have a token, and a slot while it is good; the slot is given back when it isn't any more."""
        patience = (
            self._queue_timeout if self._batch and self._shared.tokens.queues else self._timeout
        )
        for turn in range(4):
            if not self._has_token():
                late = functools.partial(self._no_token, patience)
                await self._within(patience, self._ask(), late)
            await self._check_scopes()
            # Who has had his turn before goes first.
            queue = self._queue(again=turn > 0)
            self._slot = await self._within(self._queue_timeout, queue, self._no_room)
            if self._has_token() or turn == 3:
                return  # what lives for less than the queue is long is sent none the less
            self._slot.unused()

    async def _come_back(self, verdict: Verdict, pause: float) -> None:
        """Wait until the next attempt may be made; have another token, where one is needed, and a slot."""
        began = self._clock.monotonic()
        # A shut gate is waited for in the queue, before those who haven't had their turn yet.
        if pause and verdict != "after the window":
            await self._shared.limiter.pause(pause)
        try:
            if self._refused is not None:
                await self._renew(self._refused)
            elif not self._has_token():
                await self._ask()
        except HoopAIError as error:
            raise self._final(error) from None
        self._slot = await self._queue(again=True)
        self._waited = self._clock.monotonic() - began

    def _has_token(self) -> bool:
        """Whether there is one that is good now, and not known to be another's by now."""
        access = self._shared.tokens.ready(self.place, self._operation) or self._access
        self._access = access
        return access is not None and access.until > self._clock.time()

    async def _ask(self) -> None:
        self._access = await self._shared.tokens.access(
            self.place, self._operation, batch=self._batch
        )

    async def _renew(self, refused: Access) -> None:
        """Have another token than that one, or raise what the service said of it."""
        access = await self._shared.tokens.renewed(
            self.place, self._operation, refused, batch=self._batch
        )
        if access is None:
            assert self._last is not None
            assert self._last.error is not None
            raise self._last.error
        self._access, self._refused = access, None
        self._renewed = self._renewed or access.fresh

    async def _check_scopes(self) -> None:
        """Say now what the service would say, where it is known what was granted."""
        error = self._lacking()
        if error is None:
            return
        assert self._access is not None
        looked = self._shared.tokens.regranted(
            self.place, self._operation, self._access, batch=self._batch
        )
        late = functools.partial(self._no_token, self._timeout)
        access = await self._within(self._timeout, looked, late)
        if access is None:
            raise error
        self._access = access
        if (error := self._lacking()) is not None:
            raise error

    def _lacking(self) -> HoopAIError | None:
        access = self._access
        if access is None or (access.kind is None and access.scopes is None):
            return None
        return missing_scope(self._operation, access.kind, access.scopes)

    def _removed_before(self, error: HoopAIError) -> bool:
        """Whether an earlier attempt has removed what is now not found, in the service's own words."""
        removing = self._operation.retry == "remove" and self._sent_before
        return removing and isinstance(error, NotFoundError) and isinstance(error.body, dict)

    def _pause(self, verdict: Verdict, ended: _Ended, error: HoopAIError) -> float:
        """Seconds to wait before the next attempt; raises the error when there is to be none."""
        if verdict == "with another token" and not self._renewed:
            # It isn't counted: nothing was done, and nothing has failed.
            self._refused, self._replays = self._access, self._replays + 1
            self._renewed = self._replays >= _REPLAYS
            return 0.0
        if verdict in ("raise", "with another token"):
            raise self._final(error)
        if len(self.attempts) - self._replays >= self._most:
            raise self._final(error)
        self._failures += 1
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
        free = window and pause >= _PATIENT
        if not free and not self._shared.budget.take():
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
        outcome = "done" if ended.outcome is None else _JOURNALLED.get(ended.outcome, "unknown")
        if isinstance(ended.error, APIStatusError) and may_have_stored(
            self._operation, ended.error
        ):
            outcome = "unknown"
        await self._over(sent, outcome, ended)
        return ended

    async def _exchanged(self, progress: Progress) -> _Ended:
        """What one exchange over the wire means."""
        request = self._request
        assert self._access is not None
        try:
            reply = await self._shared.http.send(
                request.method,
                request.target,
                request.headers.items(),
                self._access.secret,
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
        if isinstance(refusal, MissingScopeError):
            self._shared.tokens.heard(self._operation, allowed=False)
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
                await told("journal", self.call.journal.outcome, sent, outcome, status)
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
        if self._sent_before and self._operation.retry != "read":
            # The last attempt may say that nothing was sent, or done: that is only half of it.
            if isinstance(error, APIConnectionError) and not error.sent:
                message = re.sub("^never sent(, for want of a token)?: ", "", error.message)
                error = type(error)(message, sent=True, hint=error.hint)
            _add(error, "an earlier attempt may have taken effect")
        if why is not None:
            _add(error, f"not tried again: {why}")
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

    def _broken_off(self, why: str) -> HoopAIError:
        """What a deadline, or a cancellation, leaves behind."""
        progress, last = self._progress, self._last
        if progress is None:  # between two attempts
            if last is None or last.error is None:
                return APITimeoutError(f"never sent: {why}")
            if (
                self._refused is not None
            ):  # with 401, which does nothing; and there is no other token
                return self._final(self._no_token(self._timeout))
            assert last.outcome is not None
            if judge(last.outcome, self._operation.retry) == "unknown":
                return self._unknown(last.error.message, last.error)
            return self._final(last.error, "the deadline came before the next attempt")
        self._note(None, why)
        if not progress.sent:
            return self._final(APITimeoutError(f"never sent: {why}", hint=_REACHABLE))
        if self._operation.retry in REPEATABLE:
            return APITimeoutError(why, sent=True)
        return self._unknown(why, None)

    # --- Waiting and telling -----------------------------------------------------------------

    def _queue(self, *, again: bool = False) -> Awaitable[Slot]:
        return self._shared.limiter.slot(self.place or "", batch=self._batch, again=again)

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

    def _no_token(self, seconds: float | None) -> HoopAIError:
        return APITimeoutError(f"never sent: no token came within {seconds:g} s")

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
            attempt = self.attempts[-1] = attempt._replace(pause=pause)
        await self._shared.observer.attempted(attempt)


def _add(error: HoopAIError, hint: str) -> None:
    error.hint = f"{error.hint}; {hint}" if error.hint else hint
