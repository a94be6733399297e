"""What is added to a sandbox by programs that don't call Python: in a seed file, or over HTTP.

The keys are the keywords of the methods that Python programs call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from .. import models
from .faults import KINDS
from .parts import exact
from .state import TokenKind

if TYPE_CHECKING:
    from .box import Sandbox

__all__ = ["ADDED", "Amount", "Entry", "Fault", "add", "read", "strike"]

_T = TypeVar("_T")

_RULES = (KINDS - {"fail_after", "html_after"}) | {"lag", "storm"}


class Amount:
    """Where an amount of money stands: text, or a number that is exact."""

    __slots__ = ("value",)

    def __init__(self, value: Decimal) -> None:
        self.value = value


class Entry(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Named values; what is left out, or null, has the method's own default."""

    def given(self) -> dict[str, Any]:
        """The keywords that were given."""
        found = {name: getattr(self, name) for name in self.__struct_fields__}
        return {
            name: value.value if isinstance(value, Amount) else value
            for name, value in found.items()
            if value is not None
        }


class Location(Entry):
    """Keywords of `Sandbox.add_location`."""

    id: str | None = None
    timezone: str | None = None
    suspended: bool | None = None
    name: str | None = None


class Token(Entry):
    """Keywords of `Sandbox.add_token`."""

    scopes: list[str] | None = None
    kind: TokenKind | None = None
    locations: list[str] | None = None
    value: str | None = None


class User(Entry):
    """Keywords of `Sandbox.add_user`."""

    name: str | None = None
    email: str | None = None
    id: str | None = None
    location: str | None = None


class Contact(User):
    """Keywords of `Sandbox.add_contact`."""

    phone: str | None = None


class _Document(Entry):
    """Keywords that invoices and estimates share. A contact may be its id or its details."""

    status: str | None = None
    total: Amount | None = None
    currency: str | None = None
    contact: str | dict[str, Any] | None = None
    name: str | None = None
    items: list[dict[str, Any]] | None = None
    live_mode: bool | None = None
    location: str | None = None


class Invoice(_Document):
    """Keywords of `Sandbox.add_invoice`."""

    due_in: int | None = None
    number: str | None = None
    paid: Amount | None = None


class Estimate(_Document):
    """Keywords of `Sandbox.add_estimate`."""

    expires_in: int | None = None
    number: int | None = None
    auto_invoice: bool | None = None


class Fault(Entry):
    """A method of `Faults`, and its keywords."""

    kind: str
    operation: str = "*"
    times: int | msgspec.UnsetType | None = msgspec.UNSET
    after: int | None = None
    hang: bool | None = None
    committed: bool | None = None
    seconds: float | None = None
    status: int | None = None
    message: str | None = None
    size: int | None = None
    body: Any = None
    content_type: str | None = None
    retry_after: float | None = None
    daily: bool | None = None
    rates: dict[str, float] | None = None
    seed: int | None = None


def read(kind: type[_T], data: object) -> _T:
    """Plain data as a kind of entry.

    Raises:
        msgspec.ValidationError: It isn't; the text says why and where.
    """
    return msgspec.convert(data, kind, dec_hook=_decoded)


def add(box: Sandbox, entry: Entry) -> dict[str, Any]:
    """Add what an entry describes; returns it as JSON would show it.

    Raises:
        ValueError: A value can't be.
        TypeError: A value is of the wrong kind.
        SandboxError: The service would refuse it.
    """
    return ADDED[type(entry)](box, entry.given())


def strike(box: Sandbox, fault: Fault) -> None:
    """Set the rule of a fault.

    Raises:
        ValueError: There is no such kind of fault, or no such operation.
        TypeError: The kind doesn't take one of the keywords.
    """
    facts = {name: value for name, value in fault.given().items() if value is not msgspec.UNSET}
    if fault.times is None:
        facts["times"] = None  # always
    kind = facts.pop("kind")
    if kind not in _RULES:
        msg = f"{kind!r} is no kind of fault; there are {', '.join(sorted(_RULES))}"
        raise ValueError(msg)
    getattr(box.faults, kind)(**facts)


def _location(box: Sandbox, facts: dict[str, Any]) -> dict[str, Any]:
    try:
        made = box.add_location(**facts)
    except (LookupError, ValueError, OSError):  # by how the name looks
        msg = f"there is no time zone {facts['timezone']!r}"
        raise ValueError(msg) from None
    return {"id": made.id, "timezone": made.zone.key, "name": made.name}


def _token(box: Sandbox, facts: dict[str, Any]) -> dict[str, Any]:
    for location in facts.get("locations", ()):
        box._state.location_id(location)  # refuses one that isn't there
    return {"value": box.add_token(**facts)}


def _contact(box: Sandbox, facts: dict[str, Any]) -> dict[str, Any]:
    return box.add_contact(**facts).to_dict()


def _user(box: Sandbox, facts: dict[str, Any]) -> dict[str, Any]:
    return {"id": box.add_user(**facts)}


def _invoice(box: Sandbox, facts: dict[str, Any]) -> dict[str, Any]:
    return box.add_invoice(**_document(facts, models.InvoiceItem)).to_dict()


def _estimate(box: Sandbox, facts: dict[str, Any]) -> dict[str, Any]:
    return box.add_estimate(**_document(facts, models.EstimateItem, type="one_time")).to_dict()


def _document(facts: dict[str, Any], item: Callable[..., Any], **usual: str) -> dict[str, Any]:
    """The keywords of an invoice or estimate, with models of what is nested."""
    made = dict(facts)
    if isinstance(made.get("contact"), Mapping):
        made["contact"] = models.ContactDetails(**made["contact"])
    if "items" in made:
        usual = {"currency": made.get("currency", "USD"), **usual}
        made["items"] = [
            item(**{"qty": 1, **usual, **line, **_taxes(line)}) for line in made["items"]
        ]
    return made


def _taxes(line: Mapping[str, Any]) -> dict[str, Any]:
    return {"taxes": [models.Tax(**tax) for tax in line["taxes"]]} if line.get("taxes") else {}


def _decoded(kind: type, value: Any) -> Any:
    if kind is Amount:
        return Amount(exact(value))
    raise NotImplementedError


ADDED: Mapping[type[Entry], Callable[[Sandbox, dict[str, Any]], dict[str, Any]]] = {
    Location: _location,
    Token: _token,
    Contact: _contact,
    User: _user,
    Invoice: _invoice,
    Estimate: _estimate,
}
"""What can be added, and how."""
