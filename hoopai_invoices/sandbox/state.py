"""What the sandbox remembers: locations, tokens and records, and where its ids come from."""

from __future__ import annotations

import copy
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from .choices import Choices
from .clock import Timer, VirtualClock
from .errors import SandboxError
from .resources.days import instant

if TYPE_CHECKING:
    from .resources.recurrence import Occurrence

__all__ = [
    "Countdown",
    "Kind",
    "Location",
    "Made",
    "Payment",
    "Record",
    "Shelf",
    "State",
    "Token",
    "TokenKind",
]

Record = dict[str, Any]
"""A stored record, with the keys it has on the wire."""
TokenKind = Literal["Location", "Company"]
Kind = Literal["invoice", "estimate", "schedule", "template", "estimate_template", "payment"]
"""What comes into being."""


@dataclass(slots=True)
class Location:
    """A sub-account of the sandbox."""

    id: str
    company_id: str
    zone: ZoneInfo
    name: str = "Example Business"
    suspended: bool = False
    created: str = ""
    """When it was added, as records tell it."""
    minimum_partial_percentage: int = 25
    """Floor of a customer's partial payment, of the amount due."""
    due_after_days: int = 30
    """When an invoice is due that names no day."""
    next_invoice_number: int = 1
    next_estimate_number: int = 1


@dataclass(frozen=True, slots=True)
class Token:
    """What a bearer token may do, and where."""

    value: str = field(repr=False)
    kind: TokenKind
    scopes: frozenset[str]
    locations: frozenset[str]
    app: str
    """Whose limits its calls count against."""
    company_id: str | None = None
    private: bool = True
    """A private integration token; the others come from the OAuth calls."""
    expires: datetime | None = None


@dataclass(slots=True)
class Countdown:
    """How many more calls some tokens are good for, together."""

    calls: int


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that arrived."""

    id: str
    invoice_id: str
    location_id: str
    amount: Decimal
    """In major units, without the tip."""
    tip: Decimal
    mode: str
    """`cash`, `card`, … for a recorded payment, `online` for the customer's own."""
    at: str
    """When it was received, which may be before it was booked."""
    booked: str


@dataclass(frozen=True, slots=True)
class Made:
    """A record that came into being, whatever became of it."""

    kind: str
    id: str
    record: Any


class Shelf:
    """The records of one kind, in the order of their creation."""

    def __init__(self, state: State, kind: str) -> None:
        self.kind = kind
        self._state = state
        self._all: dict[str, Record] = {}
        self._by_location: dict[str, dict[str, Record]] = {}
        self._versions: dict[str, list[tuple[datetime, Record | None]]] | None = None

    def add(self, record: Record) -> Record:
        """Store a record that is new."""
        self._all[record["_id"]] = record
        self._by_location.setdefault(record["altId"], {})[record["_id"]] = record
        self._state.made.append(Made(self.kind, record["_id"], record))
        self._note(record["_id"], record)
        return record

    def change(self, record: Record, changes: Mapping[str, Any] | None = None, **more: Any) -> None:
        """Store changes of a record; `updatedAt` follows."""
        record |= {**(changes or {}), **more, "updatedAt": self._state.timestamp()}
        self._note(record["_id"], record)

    def remove(self, record: Record) -> None:
        """Forget a record."""
        del self._all[record["_id"]]
        del self._by_location[record["altId"]][record["_id"]]
        self._note(record["_id"], None)

    def get(self, record_id: str) -> Record | None:
        """The record of that id."""
        return self._all.get(record_id)

    def of(self, location_id: str, as_of: datetime | None = None) -> Iterator[Record]:
        """A location's records, newest first; as they were at an instant, where that is kept."""
        shelf = self._by_location.get(location_id, {})
        if as_of is None or self._versions is None:
            yield from reversed(shelf.values())
            return
        for versions in reversed(self._versions.values()):
            seen = [record for at, record in versions if at <= as_of]
            if seen and seen[-1] is not None and seen[-1]["altId"] == location_id:
                yield seen[-1]

    def keep_versions(self) -> None:
        """Remember from now on how records were (lists that lag behind show it)."""
        if self._versions is None:
            began = datetime.min.replace(tzinfo=self._state.clock.now().tzinfo)
            self._versions = {i: [(began, copy.deepcopy(r))] for i, r in self._all.items()}

    def forget_versions(self) -> None:
        """Remember no longer how records were."""
        self._versions = None

    def _note(self, record_id: str, record: Record | None) -> None:
        if self._versions is not None:
            version = self._state.clock.now(), copy.deepcopy(record)
            self._versions.setdefault(record_id, []).append(version)

    def __iter__(self) -> Iterator[Record]:
        return iter(self._all.values())

    def __len__(self) -> int:
        return len(self._all)


class State:
    """Everything one sandbox knows."""

    def __init__(self, clock: VirtualClock, seed: int | None, choices: Choices) -> None:
        self.clock = clock
        self.choices = choices
        self.locations: dict[str, Location] = {}
        self.tokens: dict[str, Token] = {}
        self.countdowns: dict[str, Countdown] = {}
        """By the value of a token that is to die, or has died before its time."""
        self.made: list[Made] = []
        """Every record that ever came into being, in that order."""
        self.payments: list[Payment] = []
        self.converted: set[str] = set()
        """Ids of the estimates that became an invoice, marked as invoiced or not."""
        self.timers: dict[str, Timer] = {}
        """What is to happen next to a record, by its id: one thing at most."""
        self.reached: dict[str, Occurrence] = {}
        """The latest occurrence that is done with, by the id of its schedule."""
        self.contacts: dict[str, Record] = {}
        self.users: dict[str, Record] = {}
        self.estimates = Shelf(self, "estimate")
        self.invoices = Shelf(self, "invoice")
        self.schedules = Shelf(self, "schedule")
        self.templates = Shelf(self, "template")
        self.estimate_templates = Shelf(self, "estimate_template")
        self._links: dict[str, str] = {}
        self._random = Random(seed)  # repeatable ids; nothing here is secret
        self.company_id = self.new_account_id()

    @property
    def shelves(self) -> tuple[Shelf, ...]:
        """Every shelf that a list shows."""
        return (
            self.estimates,
            self.invoices,
            self.schedules,
            self.templates,
            self.estimate_templates,
        )

    def new_record_id(self) -> str:
        """24 hexadecimal digits, as records have."""
        return f"{self._random.getrandbits(96):024x}"

    def new_account_id(self) -> str:
        """20 letters and digits, as locations, companies and short links have."""
        return "".join(self._random.choices(string.ascii_letters + string.digits, k=20))

    def new_uuid(self) -> str:
        """A random UUID, as trace ids and tokens have."""
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def now(self) -> datetime:
        """The current instant."""
        return self.clock.now()

    def timestamp(self) -> str:
        """The current instant as records carry it."""
        return instant(self.clock.now())

    def today(self, location: Location) -> str:
        """The location's own calendar day."""
        return self.clock.now().astimezone(location.zone).date().isoformat()

    def location_id(self, location: Location | str | None) -> str:
        """The id of a location, given as itself or its id; None is the first."""
        if location is None:
            return next(iter(self.locations))
        found = location if isinstance(location, str) else location.id
        if found not in self.locations:
            msg = f"the sandbox has no location {found!r}"
            raise ValueError(msg)
        return found

    def shown(self, value: str) -> Token | None:
        """The token of that value while it lives; counts the call that shows it."""
        token = self.tokens.get(value)
        if token is None or (token.expires is not None and token.expires <= self.now()):
            return None
        countdown = self.countdowns.get(value)
        if countdown is not None:
            if countdown.calls == 0:
                return None
            countdown.calls -= 1
        return token

    def end_tokens(self, location_id: str | None, after_calls: int = 0) -> None:
        """Let the tokens die, after so many calls, that are for this location alone.

        None stands for the company: its own tokens die.
        """
        countdown = Countdown(after_calls)
        for value, token in self.tokens.items():
            if location_id is None:
                ends = token.kind == "Company"
            else:
                ends = token.kind == "Location" and token.locations == {location_id}
            if ends:
                current = self.countdowns.get(value)
                if current is None or current.calls > after_calls:
                    self.countdowns[value] = countdown

    def active(self, location_id: str) -> Location:
        """The location, unless it is suspended."""
        location = self.locations.get(location_id)
        if location is None or location.suspended:
            raise SandboxError(int(self.choices.suspended_status), "Location is not active")
        return location

    def short_link(self, invoice_id: str) -> str:
        """The last part of the short link that leads to an invoice's page."""
        if invoice_id not in self._links:
            self._links[invoice_id] = self.new_account_id()[:8]
        return self._links[invoice_id]

    def pay(
        self, invoice: Record, amount: Decimal, tip: Decimal, mode: str, at: str | None = None
    ) -> Payment:
        """Book money that arrived, apart from what the invoice says about it."""
        payment = Payment(
            self.new_record_id(),
            invoice["_id"],
            invoice["altId"],
            amount,
            tip,
            mode,
            at or self.timestamp(),
            booked=self.timestamp(),
        )
        self.payments.append(payment)
        self.made.append(Made("payment", payment.id, payment))
        return payment
