"""What a reconciler is given, what it can say, and what it compares by."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterable, Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from attrs import frozen

from .._core.codec import dumps
from .._model import Model
from .entry import Entry, Ledger, Series
from .numbers import spellings

if TYPE_CHECKING:
    from ..client import LocationClient

__all__ = [
    "Case",
    "Found",
    "Nothing",
    "Reconciler",
    "Several",
    "Unclear",
    "Verdict",
    "alike",
    "digest",
    "lines",
    "resembles",
]

_SKEW = timedelta(minutes=5)  # by which the service's clock may differ from ours


@frozen
class Found:
    """It took effect: the record that it made, if it made one, and what its answer would be."""

    answer: Model
    record_id: str | None = None


@frozen
class Nothing:
    """It didn't take effect, and won't: it may be sent again.

    Attributes:
        request: The body to send then, if it is another.
        harmless: Whether once more does no harm, even if it took effect.
        taken: What is unclear if the number, which another record has now, must stay the same.
    """

    request: Any = None
    harmless: bool = False
    taken: Unclear | None = None


@frozen
class Several:
    """There are several records of it."""

    ids: tuple[str, ...]


@frozen
class Unclear:
    """What is there can't be told apart from what others did; a person has to look."""

    why: str
    ids: tuple[str, ...] = ()
    estimate_invoiced: bool | None = None
    lets_go: bool = False  # of its turn: what others do makes it no worse


Verdict = Found | Nothing | Several | Unclear


@frozen
class Case:
    """A keyed write, and the means to find out what became of it."""

    client: LocationClient
    ledger: Ledger
    entry: Entry

    @property
    def since(self) -> datetime:
        """Before it, by any clock, the write's record can't have been made."""
        sent = self.entry.first_sent_at or 0.0
        return datetime.fromtimestamp(sent, UTC) - _SKEW

    async def unowned(self, records: Iterable[Any]) -> list[Any]:
        """Those that no other key has made or adopted."""
        found = list(records)
        owners = await self.ledger.owners(self.entry.location_id, [one.id for one in found])
        return [one for one in found if _same_key(owners.get(one.id, self.entry), self.entry)]

    async def unnumbered(self, records: Iterable[Any]) -> list[Any]:
        """Those invoices whose number was given to no key: a double of another key's has its number."""
        found = [(one, spellings(one.invoice_number)) for one in records]
        numbers = {spelled for _, spelt in found for spelled in spelt}
        taken = await self.ledger.numbered(self.entry.location_id, "invoice", numbers)
        return [one for one, spelt in found if spelt.isdisjoint(taken)]

    async def unasked(self, records: Iterable[Any]) -> list[Any]:
        """Those invoices that aren't what a key is about to make: by its number, and its looks.

        The service numbers what it makes of estimates and schedules itself, and may take a number
        that the ledger has just given to a key.
        """
        found = [(one, spellings(one.invoice_number)) for one in records]
        numbers = {spelled for _, spelt in found for spelled in spelt}
        taken = await self.ledger.numbered(self.entry.location_id, "invoice", numbers)
        return [
            one
            for one, spelt in found
            if not any(_may_make(taken[spelled], one) for spelled in spelt & taken.keys())
        ]

    async def fresh(self, listed: AsyncIterable[Any], since: datetime | None = None) -> list[Any]:
        """Those that may have been made since it was first sent."""
        return [one async for one in listed if self.is_fresh(one, since)]

    def is_fresh(self, record: Any, since: datetime | None = None) -> bool:
        """Whether a record may have been made since it was first sent."""
        begin = since or self.since
        return _created(record, begin) >= begin

    def days(self, day: str | None) -> tuple[date, date]:
        """A span that holds the write's record, whether a list's days mean issue or creation."""
        sent = datetime.fromtimestamp(self.entry.first_sent_at or 0.0, UTC).date()
        issued = date.fromisoformat(day[:10]) if day else sent
        last = datetime.fromtimestamp(self.entry.sent_at or 0.0, UTC).date()
        margin = timedelta(days=2)  # zones, and clocks
        return min(sent, issued) - margin, max(last, issued) + margin


class Reconciler:
    """What is particular to one operation: what to read before, and how to find out afterwards."""

    series: ClassVar[Series | None] = None
    number_key: ClassVar[str] = ""
    makes: ClassVar[bool] = False  # a record of its own
    listed: ClassVar[bool] = False  # whether it is read again through a list, which may lag
    reads_first: ClassVar[bool] = False  # whether `before` comes before the turn

    def refuse(self, request: Any) -> None:
        """Refuse what can't be kept from happening twice.

        Raises:
            InvalidRequestError: It can't.
        """

    def numbers(self, request: Any) -> bool:
        """Whether its record has a number that is to be chosen."""
        return self.series is not None

    async def turn(self, case: Case) -> str | None:
        """What only one unsettled write of a location may hold at a time; None: nothing."""
        return None

    async def before(self, case: Case) -> Any:
        """Read what is needed to tell afterwards whether it took effect; JSON values.

        Raises:
            HoopAIError: It can't be right; nothing was sent.
        """
        return None

    async def look(self, case: Case) -> Verdict:
        """Find out what became of it, once its settle time is over."""
        raise NotImplementedError

    async def again(self, case: Case) -> Model:
        """The answer of a write that was done before, as things are now."""
        raise NotImplementedError

    def expects(self, entry: Entry) -> bool:
        """Whether it makes a record of its own."""
        return self.makes

    def made(self, answer: Any, entry: Entry) -> str | None:
        """The id of the record that it made."""
        return None

    def number_in(self, answer: Any) -> str | None:
        """The number of the record that it made."""
        return None

    def kept(self, answer: Any, entry: Entry) -> Any:
        """What of its answer no later reading tells; JSON values."""
        return None


def lines(items: Iterable[Any] | None) -> list[tuple[str, Decimal, Decimal]]:
    """The lines of a request or a record, for comparing."""
    read = []
    for item in items or ():
        plain = item if isinstance(item, dict) else item.to_dict()
        name = " ".join(str(plain.get("name") or "").split())
        read.append((name, Decimal(plain.get("amount") or 0), Decimal(plain.get("qty") or 0)))
    return read


def alike(record: Any, request: Any) -> bool:
    """Whether a record is what a request would make: contact, name, currency and lines."""
    contact = request.get("contactDetails")
    theirs = getattr(record, "contact_details", None)
    return (
        " ".join(str(record.name).split()) == " ".join(str(request["name"]).split())
        and record.currency == request["currency"]
        and (contact is None or (theirs is not None and theirs.id == contact["id"]))
        and lines(record.items) == lines(request["items"])
    )


def resembles(record: Any, request: Any) -> bool:
    """Whether a record may be what a request has made, if the service has changed some of it."""
    named = " ".join(str(record.name).split()) == " ".join(str(request["name"]).split())
    amounts = [[line[1:] for line in lines(one)] for one in (record.items, request["items"])]
    return named or amounts[0] == amounts[1]


def digest(value: Any) -> str:
    """A digest of JSON values that doesn't depend on the order of keys or the zeros of numbers."""
    return hashlib.sha256(dumps(_plain(value))).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return [[key, _plain(value[key])] for key in sorted(value)]
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _created(record: Any, begin: datetime) -> datetime:
    created: datetime | None = record.created_at
    if created is None:
        return begin  # it may be
    return created if created.tzinfo is not None else created.replace(tzinfo=UTC)


def _may_make(entry: Entry, record: Any) -> bool:
    """Whether a record may be what a key makes; of what it has made the id is known."""
    return entry.state != "done" and entry.request is not None and alike(record, entry.request)


def _same_key(one: Entry, other: Entry) -> bool:
    return (one.operation, one.key) == (other.operation, other.key)
