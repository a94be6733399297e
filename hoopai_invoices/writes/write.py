"""The way of one keyed write.

take the key -> turn, what is read before, number -> sent, with the ledger as its journal -> done
                                                       |
                   unknown -> settle time -> look -> adopted, sent again the same, or unknown
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Unpack
from uuid import uuid4

from attrs import evolve

from .._core.codec import dumps
from .._core.ids import path_of
from .._core.outcome import may_have_stored
from .._core.request import Request
from .._model import Model
from .._protocol import Call, Sent, WriteOutcome
from ..errors import (
    APIConnectionError,
    APIStatusError,
    DailyQuotaExceeded,
    DecodeError,
    DuplicateDetected,
    HoopAIError,
    InternalServerError,
    InvalidRequestError,
    KeyBusy,
    KeyReusedError,
    ListingShifted,
    NotFoundError,
    OutcomeUnknown,
    RateLimitError,
)
from . import numbers
from .case import Case, Found, Nothing, Reconciler, Several, Unclear, Verdict
from .entry import Changes, Entry, LeaseLost, NumberTaken, RecordOwned

if TYPE_CHECKING:
    from .._core.pipeline import View
    from .guard import Guard

__all__ = ["Write"]

_ROUNDS = 4  # times that a write is sent, each followed by the settle time
_LOOKS = (1.0, 2.0, 4.0, 8.0)  # pauses between looks that fail
_POLL = 0.05, 1.0  # pauses while another works on the same key: the first, the longest
_log = logging.getLogger("hoopai_invoices")

T = TypeVar("T")


class Write:
    """One keyed write, as one caller sees it."""

    def __init__(
        self,
        guard: Guard,
        kind: Reconciler,
        answer: type[Model],
        asked: Entry,
        call: Call,
        view: View,
        *,
        again: bool = True,
        found: tuple[Any, Callable[[Case], Awaitable[Found]]] | None = None,
    ):
        from ..client import LocationClient  # it imports what leads here

        self._guard = guard
        self._pipeline = guard.pipeline
        self._ledger = guard.ledger
        self._asked = asked
        self._call = call
        self._view = view
        self._again = again
        self._found = found
        self._lease = guard.lease
        self._client = LocationClient(view)
        self._owner = uuid4().hex
        self._kind = kind
        self._answer = answer
        self._entry = asked  # as it is on record
        self._open = False  # whether it may have been done
        self._journal: _Journal | None = None
        self._lets_go = False  # of the turn, when it can't be told
        self._heard: Model | None = None  # an answer that came when another had taken over

    # --- Whose turn it is --------------------------------------------------------------------

    async def run(self) -> Model:
        """The write's answer; or its record as it is now, when it was done before.

        Raises:
            KeyReusedError: The key was given to another request.
            OutcomeUnknown: Nobody knows, for now or for good.
            DuplicateDetected: It was done more than once, by another.
            HoopAIError: It wasn't done.
        """
        pause, longest = _POLL
        while True:
            taken = await self._ledger.take(self._asked, self._owner, self._lease)
            entry = taken.entry
            if entry.fingerprint != self._asked.fingerprint:
                raise self._reused(entry)
            if entry.state == "done":
                if self._heard is not None:
                    return self._once(entry, self._heard)
                return await self._done_before(entry)
            if taken.mine:
                try:
                    return await self._carry(entry)
                except LeaseLost:
                    _log.info("%s %s: another has taken it over", entry.operation, entry.key)
                    continue
            if self._call.settle == "defer":
                raise self._unknown(entry, "another call with this key is under way")
            await self._pause(pause)
            pause = min(2 * pause, longest)

    async def _carry(self, entry: Entry) -> Model:
        if entry.state in ("sending", "unknown"):
            return await self._rounds(entry, self._rebuilt(entry.request), unknown=True)
        try:
            if self._call.body is None:  # nobody asks for it: it is only to be settled
                raise _not_done(entry)
            if self._found is not None:
                return await self._taken_over(entry, *self._found)
            request = self._pipeline.request(self._call, self._view)
            entry = await self._prepared(entry)
        except LeaseLost:
            raise
        except BaseException as error:
            await self._freed(entry, "reserved")
            self._name(error)
            raise
        request = evolve(request, json=entry.request, content=dumps(entry.request))
        return await self._rounds(entry, request, unknown=False)

    async def _taken_over(
        self, entry: Entry, before: Any, find: Callable[[Case], Awaitable[Found]]
    ) -> Model:
        """Adopt what another has made, in the turn of those who would make it."""
        entry = evolve(entry, before=before)
        turn = await self._kind.turn(self._case(entry))
        if turn is not None:
            await self._turn(entry, turn)
        self._entry = entry
        return await self._adopted(await find(self._case(entry)))

    async def _prepared(self, entry: Entry) -> Entry:
        """Have the turn, what must be read before, and the number."""
        kind = self._kind
        if kind.reads_first:
            entry = evolve(entry, before=await kind.before(self._case(entry)))
        turn = await kind.turn(self._case(entry))
        waited = turn is not None and await self._turn(entry, turn)
        if waited or not kind.reads_first:
            entry = evolve(entry, before=await kind.before(self._case(entry)))
        if not kind.numbers(entry.request):
            return await self._change(
                entry, before=entry.before, series=None, number=None, lease=self._lease
            )
        return await self._numbered(entry)

    async def _numbered(self, entry: Entry, *, anew: bool = False) -> Entry:
        """Have the number that the record is to carry on record."""
        series, key = self._kind.series, self._kind.number_key
        assert series is not None
        given = self._asked.request.get(key)
        while True:
            if given:
                number = str(given)
            else:
                # One that the key had before a refusal is as good, while it is still to come.
                had = None if anew else entry.number
                number = await numbers.chosen(self._client, self._ledger, series, had)
            try:
                return await self._change(
                    entry,
                    before=entry.before,
                    series=series,
                    number=number,
                    request={**entry.request, key: numbers.stated(series, number)},
                    lease=self._lease,
                )
            except NumberTaken:
                if given:
                    msg = f"{number} was given to another key of this location"
                    raise InvalidRequestError(msg, path=f"{series}_number") from None
                anew = True

    async def _turn(self, entry: Entry, turn: str) -> bool:
        """Wait until no other unsettled write has it; settle one that was left behind.

        Returns:
            Whether another had it.
        """
        (pause, longest), waited = _POLL, False
        while (holder := await self._ledger.turn(entry, self._owner, turn)) is not None:
            waited = True
            settle = self._call.settle
            if settle == "defer" and (holder.leased_for > 0 or holder.look_in > 0):
                raise _busy(entry, holder)
            if holder.leased_for <= 0:
                _log.info(
                    "%s %s: settling %s, which goes first",
                    *(entry.operation, entry.key, holder.key),
                )
                try:
                    await self._guard.settle(holder, self._view, settle=settle)
                except (OutcomeUnknown, DuplicateDetected) as error:
                    raise _busy(entry, holder) from error
                except HoopAIError as error:  # it was refused, and so is out of the way
                    _log.info("%s %s: %s", holder.operation, holder.key, error.message)
            await self._pause(pause)
            pause = min(2 * pause, longest)
            await self._change(entry, lease=self._lease)
        return waited

    # --- Sending, and finding out ------------------------------------------------------------

    async def _rounds(self, entry: Entry, request: Request, *, unknown: bool) -> Model:
        """Send it until its fate is known, and leave a true record however that ends."""
        self._entry, self._open = entry, unknown
        try:
            return await self._known(request)
        except LeaseLost:
            raise
        except BaseException as error:
            if not self._open:
                raise
            if self._lets_go:
                await self._left(self._entry, state="unknown", held=None, lease=0.0)
            else:
                await self._left(self._entry, state="unknown", lease=0.0)
            if isinstance(error, DuplicateDetected):
                raise
            lost = error
            if not isinstance(lost, OutcomeUnknown):
                lost = self._unknown(self._entry, f"broken off: {error or 'cancelled'}")
            # Who only asks again, and is told that it is too early, has been told before.
            if self._journal is not None or self._call.settle == "wait":
                await self._pipeline.shared.observer.lost(lost)
            if lost is error or not isinstance(error, Exception):
                raise
            raise lost from error

    async def _known(self, request: Request) -> Model:
        """Send it, and where its fate is unknown look after the settle time, until it is known."""
        cause: HoopAIError | None = None
        refusal: HoopAIError | None = None
        sent = 0
        while True:
            if self._open:
                await self._settled(cause)
                verdict = await self._looked()
                if isinstance(verdict, Found):
                    return await self._adopted(verdict)
                if not isinstance(verdict, Nothing):
                    raise self._unsolved(self._entry, verdict)
                if (self._entry.kept or {}).get("accepted") and not verdict.harmless:
                    msg = "the service has accepted it, but what it made isn't to be seen"
                    raise self._unknown(self._entry, msg, cause)
                if refusal is not None or not self._again:
                    half = self._half_done(verdict)
                    if half is not None:
                        raise self._unsolved(self._entry, half) from refusal
                    raise await self._refused(refusal or _not_done(self._entry))
                if sent == _ROUNDS:
                    raise self._unknown(self._entry, f"sent {sent} times, each in vain", cause)
                if verdict.taken is not None:
                    if not self._renumbers():
                        raise self._unsolved(self._entry, verdict.taken)
                    self._entry = await self._renumbered()
                    request = self._rebuilt(self._entry.request)
                if verdict.request is not None:
                    request = self._rebuilt(verdict.request)
                    self._entry = await self._change(
                        self._entry, request=request.json, lease=self._lease
                    )
            sent += 1
            try:
                return await self._sent(request)
            except HoopAIError as error:
                assert self._journal is not None  # it was made to send
                if self._journal.may_be_done(error):
                    self._open, cause = True, error
                elif self._open:
                    # Refused the second time: the first may have come after all, later than it should.
                    refusal, cause = error, None
                elif numbers.is_taken(error) and self._renumbers() and sent <= _ROUNDS:
                    self._entry = await self._renumbered()
                    request = self._rebuilt(self._entry.request)
                    continue
                else:
                    raise await self._refused(error) from error.__cause__
                self._entry = await self._missed(self._entry, error)

    async def _sent(self, request: Request) -> Model:
        """Send it, once as far as the service may have done anything."""
        self._journal = journal = _Journal(self)
        call = evolve(self._call, journal=journal)
        try:
            answer = await self._pipeline.carry(call, request, self._answer, self._view)
        except HoopAIError:
            raise
        except BaseException as error:
            # Cancelled; or the ledger can't be written, and nothing was sent.
            if journal.may_be_done(error):
                self._open = True
                self._entry = evolve(self._entry, look_in=self._guard.settle_time)
                await self._left(
                    self._entry, state="unknown", look_in=self._guard.settle_time, lease=0.0
                )
            elif not self._open:
                await self._freed(self._entry, "reserved")
            raise
        assert answer is not None  # its class was given
        return await self._done(answer)

    async def _refused(self, error: HoopAIError) -> HoopAIError:
        """The error of a write that did nothing; its key is free."""
        self._open = False
        unsent = self._journal is not None and self._journal.last in (None, "unsent")
        await self._freed(self._entry, "reserved" if unsent else "refused")
        self._name(error)
        return error

    async def _missed(self, entry: Entry, error: HoopAIError) -> Entry:
        """Have it on record that its fate is unknown, from now on."""
        settle = self._guard.settle_time
        # A success that can't be read is one, also for those who take this up later.
        accepted = {"accepted": True} if isinstance(error, DecodeError) else None
        return await self._change(
            entry, state="unknown", kept=accepted, look_in=settle, lease=settle + self._lease
        )

    async def _settled(self, cause: HoopAIError | None) -> None:
        """Wait until one may look."""
        entry = self._entry
        wait = entry.look_in
        if wait <= 0:
            return
        if self._call.settle == "defer":
            raise self._unknown(entry, cause.message if cause else "not settled yet", cause)
        _log.info("%s %s: unknown, looking in %.1f s", entry.operation, entry.key, wait)
        self._entry = await self._change(entry, lease=wait + self._lease)
        await self._pause(wait)

    async def _looked(self) -> Verdict:
        """Look what became of it; looks that fail are repeated."""
        entry = self._entry
        pauses = [] if self._call.settle == "defer" else list(_LOOKS)
        while True:
            try:
                return await self._kind.look(self._case(entry))
            except DailyQuotaExceeded as error:
                raise self._unknown(entry, f"it can't be looked at: {error}", error) from error
            except (
                APIConnectionError,
                InternalServerError,
                RateLimitError,
                ListingShifted,
                DecodeError,
            ) as error:
                if not pauses:
                    raise self._unknown(entry, f"it can't be looked at: {error}", error) from error
                await self._pause(pauses.pop(0))
            except NotFoundError as error:
                return Unclear(f"what it was about can't be found any more: {error.message}")
            except APIStatusError as error:
                raise self._unknown(entry, f"it can't be looked at: {error}", error) from error

    # --- Ends --------------------------------------------------------------------------------

    async def _done(self, answer: Model) -> Model:
        """Put on record that it is done, however slow that is."""
        entry, kind = self._entry, self._kind
        made = kind.made(answer, entry)
        if kind.expects(entry) and made is None:
            msg = "the answer names no id of what was made"
            raise DecodeError(msg, committed=True, operation=entry.operation)
        self._open = False
        try:
            await _surely(
                self._change(
                    entry,
                    state="done",
                    record_id=made,
                    before=None,
                    kept=kind.kept(answer, entry),
                    lease=0.0,
                )
            )
        except RecordOwned:
            self._open = True
            msg = "the answer names a record that another key has made or adopted"
            raise self._unknown(entry, msg) from None
        except LeaseLost:
            self._heard = answer  # what the other has done meanwhile is to be compared
            raise
        except Exception:
            # It is done, whatever the ledger says: it will be found when the key is used again.
            _log.exception("%s %s: done, but not on record", entry.operation, entry.key)
        number = kind.number_in(answer)
        if (
            entry.number is not None
            and number is not None
            and numbers.bare(number) != numbers.bare(entry.number)
        ):
            # What is looked for after a lost answer is the number that was sent.
            _log.warning(
                "%s %s: it was given the number %s, not %s",
                *(entry.operation, entry.key, number, entry.number),
            )
        return answer

    def _once(self, entry: Entry, answer: Model) -> Model:
        """The answer that came late, unless another has done it a second time."""
        mine = self._kind.made(answer, entry)
        if entry.record_id == mine and (mine is not None or entry.adopted):
            return answer
        ids = tuple(one for one in (entry.record_id, mine) if one) or entry.ids
        msg = (
            f"the key {entry.key!r} was taken over while its answer was on the way, and sent again"
        )
        hint = "was the process, or its machine, suspended? Decide which is to stay"
        raise self._twice(entry, msg, ids, hint)

    def _twice(
        self, entry: Entry, message: str, ids: tuple[str, ...], hint: str
    ) -> DuplicateDetected:
        error = DuplicateDetected(message, ids, hint=hint, operation=entry.operation)
        error.key, error.location_id = entry.key, entry.location_id
        return error

    async def _adopted(self, found: Found) -> Model:
        entry = self._entry
        _log.info("%s %s: found, adopted %s", entry.operation, entry.key, found.record_id or "")
        kept = self._kind.kept(found.answer, entry)
        self._open = False  # whoever cancels meanwhile
        try:
            await _surely(
                self._change(
                    entry,
                    state="done",
                    record_id=found.record_id,
                    before=None,
                    kept=kept,
                    adopted=True,
                    lease=0.0,
                )
            )
        except Exception as error:
            self._open = True
            if isinstance(error, RecordOwned):
                msg = "what was found belongs to another key"
                raise self._unknown(entry, msg) from None
            raise
        return found.answer

    async def _done_before(self, entry: Entry) -> Model:
        while True:
            try:
                return await self._kind.again(self._case(entry))
            except HoopAIError as error:
                if isinstance(error, NotFoundError):
                    if self._kind.listed and self._is_new(entry):
                        await self._pause(1.0)
                        continue
                    error.hint = self._gone(entry)
                # Whatever the reading says of itself: what was asked for is done.
                error.committed, error.operation = True, self._asked.operation
                vars(error).update(key=entry.key, record_id=entry.record_id)
                raise

    def _is_new(self, entry: Entry) -> bool:
        """Whether lists may not show yet what a write has done."""
        passed = self._pipeline.shared.clock.time() - (entry.sent_at or 0.0)
        return self._call.settle == "wait" and 0 <= passed < self._guard.settle_time

    def _gone(self, entry: Entry) -> str:
        made = f"the key {entry.key!r} has made {entry.record_id or 'it'}"
        if self._kind.listed:
            return f"{made}, which isn't listed: not yet, or it was deleted since"
        return f"{made}, which was deleted since; use another key to make a new one"

    async def _freed(self, entry: Entry, state: Literal["reserved", "refused"]) -> None:
        """Free the key, and forget whose data was to be sent."""
        await self._left(entry, state=state, request=None, before=None, kept=None, lease=0.0)

    async def _left(self, entry: Entry, **changes: Unpack[Changes]) -> None:
        """Let go of an entry; what fails here has no say in how the call ends."""
        try:
            await _surely(self._change(entry, **changes))
        except LeaseLost:
            pass
        except Exception:
            _log.exception("%s %s: not on record: %s", entry.operation, entry.key, changes)

    def _unsolved(self, entry: Entry, verdict: Several | Unclear) -> HoopAIError:
        if isinstance(verdict, Several):
            msg = f"{len(verdict.ids)} records were made for the key {entry.key!r}"
            hint = "something between here and the service delivers twice; decide which is to stay"
            return self._twice(entry, msg, verdict.ids, hint)
        self._lets_go = verdict.lets_go
        found = f" ({', '.join(verdict.ids)})" if verdict.ids else ""
        error = self._unknown(entry, f"{verdict.why}{found}")
        error.hint = "a person has to look, and to say so: client.writes.resolve(…)"
        error.estimate_invoiced = verdict.estimate_invoiced
        return error

    def _unknown(
        self, entry: Entry, message: str, cause: HoopAIError | None = None
    ) -> OutcomeUnknown:
        told = cause if isinstance(cause, OutcomeUnknown | APIStatusError) else None
        error = OutcomeUnknown(
            message,
            location_id=entry.location_id,
            ids=entry.ids,
            request=entry.request,
            key=entry.key,
            sent_at=entry.sent_at,
            status=told.status if told else None,
            trace_id=told.trace_id if told else None,
            hint=(
                "settle it with client.writes.settle(error), or call again with the same key;"
                " never with another"
            ),
            operation=entry.operation,
        )
        error.attempts, error.fingerprint = entry.attempts, entry.fingerprint
        return error

    def _reused(self, entry: Entry) -> KeyReusedError:
        made = f", which made {entry.record_id}" if entry.record_id else ""
        msg = f"the key {entry.key!r} was given to another request{made}; nothing was sent"
        hint = (
            "a key is for one write with one content, LocationDefaults included: take dates from"
            " the job, not from the clock"
        )
        error = KeyReusedError(msg, hint=hint, operation=entry.operation)
        error.key, error.record_id = entry.key, entry.record_id
        return error

    # --- Means -------------------------------------------------------------------------------

    async def _renumbered(self) -> Entry:
        """Have another number on record, after the service has refused the first."""
        try:
            return await self._numbered(self._entry, anew=True)
        except LeaseLost:
            raise
        except BaseException as error:
            self._open = False
            await self._freed(self._entry, "refused")
            self._name(error)
            raise

    def _half_done(self, verdict: Nothing) -> Unclear | None:
        """What is told of a write whose record is there, though not all was done: its key isn't free."""
        request = self._entry.request if verdict.request is None else verdict.request
        if self._entry.number is None or self._kind.numbers(request):
            return None
        return Unclear(
            "its record is there, but what was to be done with it wasn't", (request["id"],)
        )

    def _renumbers(self) -> bool:
        numbered = self._kind.numbers(self._entry.request)
        return numbered and not self._asked.request.get(self._kind.number_key)

    def _case(self, entry: Entry) -> Case:
        return Case(self._client, self._ledger, entry)

    def _rebuilt(self, json: Any) -> Request:
        """The request of a body that is on record."""
        call = self._call
        return Request(
            call.operation.method,
            path_of(call.operation, self._asked.ids),
            self._pipeline.headers_of(call),
            json,
            dumps(json),
            [],
        )

    def _name(self, error: BaseException) -> None:
        if isinstance(error, HoopAIError) and error.operation is None:
            error.operation = self._asked.operation

    async def _change(self, entry: Entry, **changes: Unpack[Changes]) -> Entry:
        return await self._ledger.change(entry, self._owner, **changes)

    async def _pause(self, seconds: float) -> None:
        await self._pipeline.shared.limiter.pause(seconds)


class _Journal:
    """Puts each attempt on record before its first byte goes."""

    def __init__(self, write: Write):
        self._write = write
        self.last: WriteOutcome | None = None

    async def sending(self, write: Sent) -> None:
        of = self._write
        # The attempt is over by then, and what it has done is to be seen.
        over = of._pipeline.timeout_of(of._call) + of._guard.settle_time
        of._entry = await of._change(
            of._entry,
            state="sending",
            attempts=of._entry.attempts + 1,
            first_sent_at=of._entry.first_sent_at or write.at,
            sent_at=write.at,
            kept=None,
            look_in=over,
            lease=over,
        )
        if not 0 <= of._pipeline.shared.clock.time() - write.at < over:
            raise LeaseLost  # the machine was suspended: somebody else may be sending it by now
        self.last = "unknown"

    async def outcome(self, write: Sent, outcome: WriteOutcome, status: int | None) -> None:
        self.last = outcome

    def may_be_done(self, error: BaseException) -> bool:
        """Whether the last attempt may have done something."""
        if isinstance(error, APIStatusError) and may_have_stored(
            self._write._call.operation, error
        ):
            return True
        return isinstance(error, OutcomeUnknown | DecodeError) or self.last in ("unknown", "done")


def _busy(entry: Entry, holder: Entry) -> KeyBusy:
    """What a write is told that waits for another of the same record."""
    msg = f"not sent: {holder.operation} with the key {holder.key!r} is unsettled, and goes first"
    hint = "client.writes.settle(error.holder), or resolve; then call again with the same key"
    error = KeyBusy(msg, hint=hint, operation=entry.operation)
    error.key, error.holder = entry.key, holder
    return error


async def _surely(what: Coroutine[Any, Any, T]) -> T:
    """Do it to its end, also when the caller is cancelled meanwhile."""
    task = asyncio.ensure_future(what)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise


def _not_done(entry: Entry) -> HoopAIError:
    msg = f"the write of the key {entry.key!r} didn't take effect, and wasn't sent again"
    return APIConnectionError(msg, hint="the key is free again")
