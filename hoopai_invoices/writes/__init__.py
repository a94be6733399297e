"""Keyed writes: `client.writes`, and what keeps them."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from attrs import frozen

from ..errors import DuplicateDetected, HoopAIError, InvalidRequestError, OutcomeUnknown
from .entry import Entry, Ledger, State
from .memory import MemoryLedger

if TYPE_CHECKING:
    from .._core.pipeline import View
    from .audit import Finding

__all__ = ["Entry", "Ledger", "MemoryLedger", "Settled", "State", "Writes"]


@frozen
class Settled:
    """What came of settling one write.

    Attributes:
        entry: The write, as it was found.
        answer: Its answer; None when there is none.
        error: Why there is none.
    """

    entry: Entry
    answer: Any = None
    error: HoopAIError | None = None


class Writes:
    """The keyed writes of a location; of all locations, on a client that has none of its own."""

    def __init__(self, view: View):
        self._view = view
        self._guard = view.pipeline.guard

    async def settle(
        self, write: OutcomeUnknown | DuplicateDetected | Entry, *, resend: bool = True
    ) -> Any:
        """Find out what became of a write: wait for the settle time, look, adopt or send it again.

        Args:
            write: The error that said so, or its entry.
            resend: Send it again, the same, when it surely didn't take effect. Without, its key is
                free again and `APIConnectionError` says that nothing was done.

        Returns:
            The answer that was lost, or that of the sending; of a write that is done, its record as it
            is now: an `Invoice` of "invoices.create", and so on.

        Raises:
            OutcomeUnknown: It can't be told; `resolve` is how a person says.
            DuplicateDetected: It was done more than once.
            InvalidRequestError: The write had no key, the ledger doesn't know it, or its key stands for
                another content by now.
            HoopAIError: It was refused.
        """
        entry = await self._found(write)
        return await self._guard.settle(entry, self._placed(entry), again=resend)

    async def settle_pending(self, *, resend: bool = True) -> list[Settled]:
        """Settle what is unknown, or was left behind by a crash, and may be looked at by now.

        For a scheduled job. What another process works on is left to it; what may still take effect
        is left for the next time.

        Args:
            resend: As in `settle`.

        Returns:
            One for each write that was looked at, with its answer or its error.
        """
        settled = []
        seen: set[tuple[str, str, str]] = set()
        async for entry in self.pending():
            name = entry.location_id, entry.operation, entry.key
            if name in seen or entry.look_in > 0 or entry.leased_for > 0:
                continue
            seen.add(name)  # what was left behind may come again, as unknown
            try:
                answer = await self.settle(entry, resend=resend)
            except HoopAIError as error:
                settled.append(Settled(entry, error=error))
            else:
                settled.append(Settled(entry, answer))
        return settled

    async def pending(self) -> AsyncIterator[Entry]:
        """The writes whose fate isn't known, those under way included."""
        states: tuple[State, ...] = ("sending", "unknown")
        for state in states:
            place = self._view.location_id
            async for entry in self._guard.ledger.entries(state=state, location_id=place):
                yield entry

    async def resolve(
        self,
        write: OutcomeUnknown | DuplicateDetected | Entry,
        *,
        record_id: str | None = None,
        done: bool = True,
    ) -> Entry:
        """Say what a person has found out about a write that can't be settled.

        Args:
            write: The error that said so, or its entry.
            record_id: The id of what it made, when it made something.
            done: Whether it took effect. If not, its key is free again.

        Raises:
            InvalidRequestError: The ledger doesn't know it, it is settled already, somebody works on
                it, or the record isn't there or another key's.
        """
        entry = await self._found(write)
        return await self._guard.resolve(entry, self._placed(entry), record_id=record_id, done=done)

    def audit(self, *, since: dt.date | None = None) -> AsyncIterator[Finding]:
        """Compare the location's records with the ledger: what was done twice, though sent once?

        Something between here and the service may deliver a request twice, and both take effect: no
        answer tells. Costs listings of all invoices, schedules and templates.

        Args:
            since: Look at invoices from that day on, and payments of those alone.

        Yields:
            Records that have the number and the looks of one that a key has made, or its looks and its
            time; and invoices of which a key's amount is paid once more than the ledger knows, as it
            also is when the customer pays just that.
        """
        from .audit import audit  # rarely needed

        return audit(self._view, self._guard.ledger, since)

    async def _found(self, write: OutcomeUnknown | DuplicateDetected | Entry) -> Entry:
        """The entry as it is now."""
        entry = None
        if write.key is not None and write.location_id is not None and write.operation is not None:
            ledger = self._guard.ledger
            entry = await ledger.find(write.location_id, write.operation, write.key)
        asked = getattr(write, "fingerprint", None)
        if entry is not None and asked is not None and asked != entry.fingerprint:
            msg = "its key was freed, and stands for another content by now"
            raise InvalidRequestError(msg, path="write")
        if entry is None:
            msg = "the ledger knows nothing of this write"
            hint = "only writes with a key= can be settled, by a client with the same ledger"
            raise InvalidRequestError(msg, path="write", hint=hint)
        return entry

    def _placed(self, entry: Entry) -> View:
        """The view of the entry's location."""
        if self._view.location_id in (None, entry.location_id):
            return type(self._view)(
                self._view.pipeline,
                entry.location_id,
                self._view.defaults,
                batch=self._view.batch,
            )
        msg = f"is of the location {entry.location_id}, and this client's is another"
        raise InvalidRequestError(msg, path="write", hint="use client.location(…).writes")
