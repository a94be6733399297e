"""What is kept of a keyed write, and who keeps it: the `Ledger` protocol.

An entry goes from `reserved` (nothing was sent) to `sending` (on record before the first byte goes),
and from there to `done`, back to `refused` or `reserved` (the service refused it, or it was never
sent: the key is free), or to `unknown`. An entry that is found in `sending` when its lease is over
is what a crash has left: it is unknown, too.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from typing import Any, Literal, Protocol, TypedDict, Unpack

from attrs import field, frozen

__all__ = [
    "STATES",
    "Changes",
    "Entry",
    "LeaseLost",
    "Ledger",
    "NumberTaken",
    "RecordOwned",
    "Series",
    "State",
    "Taken",
]

State = Literal["reserved", "sending", "unknown", "done", "refused"]
Series = Literal["invoice", "estimate"]
STATES: tuple[State, ...] = ("reserved", "sending", "unknown", "done", "refused")


@frozen(kw_only=True)
class Entry:
    """One keyed write.

    Attributes:
        location_id: The sub-account it is for.
        operation: Such as "invoices.create".
        key: The caller's key; unique for an operation in a location.
        fingerprint: A digest of what was asked. The same key with another is refused.
        state: How far it has come.
        ids: The ids in its path.
        request: The body that is sent, as JSON values; kept until it is done.
        series: Which series its number belongs to.
        number: The number that was chosen for its record, without prefix; it stays the same
            however often the write is sent.
        before: What was read before sending, as JSON values.
        record_id: The id of the record that it made; None for what makes none.
        kept: What its answer said and no later reading tells, as JSON values.
        adopted: True when the answer was lost and its record was found.
        attempts: How many requests were sent.
        first_sent_at: When the first was sent, in seconds since 1970 (UTC), by the sender's clock.
        sent_at: When the last was sent.
        held: The turn that it holds: of all unsettled writes of a location one may hold the same.
        look_in: Seconds until it may be looked at: before that it may still take effect.
        leased_for: Seconds for which somebody works on it.
    """

    location_id: str
    operation: str
    key: str
    fingerprint: str
    state: State = "reserved"
    ids: tuple[str, ...] = ()
    request: Any = field(default=None, repr=False)
    series: Series | None = None
    number: str | None = None
    before: Any = field(default=None, repr=False)
    record_id: str | None = None
    kept: Any = field(default=None, repr=False)
    adopted: bool = False
    attempts: int = 0
    first_sent_at: float | None = None
    sent_at: float | None = None
    held: str | None = None
    look_in: float = 0.0
    leased_for: float = 0.0


class Changes(TypedDict, total=False):
    """What may change of an entry. A lease of 0 seconds gives it back.

    A state of "done" or "refused" lets go of the turn, as `held=None` does; one of "done" forgets the
    request.
    """

    state: State
    ids: tuple[str, ...]
    request: Any
    series: Series | None
    number: str | None
    before: Any
    record_id: str | None
    kept: Any
    adopted: bool
    attempts: int
    first_sent_at: float | None
    sent_at: float | None
    held: None
    look_in: float
    lease: float


@frozen
class Taken:
    """What came of taking an entry.

    Attributes:
        entry: As it is now.
        mine: Whether the taker works on it now: nobody else may until the lease is over.
    """

    entry: Entry
    mine: bool


class LeaseLost(Exception):
    """Somebody else has taken the entry: what was to be changed wasn't."""


class NumberTaken(Exception):
    """Another entry of the location has this number."""


class RecordOwned(Exception):
    """Another entry of the location has made, or adopted, this record."""


class Ledger(Protocol):
    """Who keeps the entries, and lets each be worked on by one at a time.

    Times are given and told in seconds from now, by the ledger's own clock, so that the clocks of
    several machines needn't agree. Everything is on disk, as far as the ledger has one, when a
    method returns.
    """

    async def take(self, asked: Entry, owner: str, lease: float) -> Taken:
        """Reserve a key, or take over what it was reserved for before.

        A key that is new is inserted as `asked`, in the state "reserved", and is the owner's. One
        that is "done" is nobody's. Another is the owner's when nobody's lease on it lasts (his own
        always does): its lease begins anew. Where it is "refused", or "reserved" by somebody whose
        lease is over, nothing was sent: `fingerprint`, `ids` and `request` become those of `asked`,
        `before` and the turn are forgotten, and the state is "reserved"; number and series stay.
        Otherwise the entry is left as it is, also when its fingerprint isn't that of `asked`: then
        nobody takes it.
        """
        ...

    async def change(self, entry: Entry, owner: str, **changes: Unpack[Changes]) -> Entry:
        """Change an entry that is the owner's; all of it or nothing.

        Raises:
            LeaseLost: It isn't his any more, or is done.
            NumberTaken: (series, number) is another's.
            RecordOwned: The record is another's.
        """
        ...

    async def turn(self, entry: Entry, owner: str, turn: str) -> Entry | None:
        """Take the turn for an entry; or, when another holds it, tell which.

        One that is "reserved" and whose lease is over has sent nothing, and loses its turn; its owner
        loses the entry with it, so that he can't send it later.

        Raises:
            LeaseLost: The entry isn't the owner's any more.
        """
        ...

    async def next_number(self, location_id: str, series: Series, least: int) -> int:
        """The next number of a series, and at least that; nobody gets it again."""
        ...

    async def owners(self, location_id: str, record_ids: Collection[str]) -> Mapping[str, Entry]:
        """The entries that made, or adopted, these records, by record id."""
        ...

    async def numbered(
        self, location_id: str, series: Series, numbers: Collection[str]
    ) -> Mapping[str, Entry]:
        """The entries that have these numbers, by number."""
        ...

    async def find(self, location_id: str, operation: str, key: str) -> Entry | None:
        """The entry of a key."""
        ...

    def entries(
        self,
        *,
        state: State | None = None,
        location_id: str | None = None,
        operation: str | None = None,
    ) -> AsyncIterator[Entry]:
        """The entries, oldest first; those that change meanwhile come as they are when it is their turn."""
        ...
