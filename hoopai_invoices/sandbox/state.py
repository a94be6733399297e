"""What the sandbox remembers: locations, tokens and records, and where its ids come from."""

from __future__ import annotations

import string
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from .days import instant
from .errors import SandboxError

__all__ = ["Location", "Record", "State", "Token", "TokenKind"]

Record = dict[str, Any]
"""A stored invoice or estimate, with the keys it has on the wire."""
TokenKind = Literal["Location", "Company"]


@dataclass(slots=True)
class Location:
    """A sub-account of the sandbox."""

    id: str
    company_id: str
    zone: ZoneInfo
    suspended: bool = False
    next_invoice_number: int = 1
    next_estimate_number: int = 1


@dataclass(frozen=True, slots=True)
class Token:
    """What a bearer token may do, and where."""

    value: str = field(repr=False)
    kind: TokenKind
    scopes: frozenset[str]
    locations: frozenset[str]


class State:
    """Everything one sandbox knows. Records stand in the order of their creation."""

    def __init__(self, now: Callable[[], datetime], seed: int | None) -> None:
        self.now = now
        self.locations: dict[str, Location] = {}
        self.tokens: dict[str, Token] = {}
        self.estimates: dict[str, Record] = {}
        self.invoices: dict[str, Record] = {}
        self._random = Random(seed)  # repeatable ids; nothing here is secret
        self.company_id = self.new_account_id()

    def new_record_id(self) -> str:
        """24 hexadecimal digits, as records have."""
        return f"{self._random.getrandbits(96):024x}"

    def new_account_id(self) -> str:
        """20 letters and digits, as locations, companies and short links have."""
        return "".join(self._random.choices(string.ascii_letters + string.digits, k=20))

    def new_uuid(self) -> str:
        """A random UUID, as trace ids and tokens have."""
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def timestamp(self) -> str:
        """The current instant as records carry it."""
        return instant(self.now())

    def today(self, location: Location) -> str:
        """The location's own calendar day."""
        return self.now().astimezone(location.zone).date().isoformat()

    def active(self, location_id: str) -> Location:
        """The location, unless it is suspended."""
        location = self.locations.get(location_id)
        if location is None or location.suspended:
            raise SandboxError(400, "Location is not active")
        return location
