"""What records made to order are put together from, and the models that they are shown as."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from .. import models
from .._convert import decimal
from .._model import Model, Sending
from . import wire
from .resources import invoices, totals
from .resources.money import in_minor_units
from .state import Location, Made, Record, State

__all__ = [
    "Money",
    "as_model",
    "body_of",
    "business",
    "check_status",
    "days",
    "details",
    "exact",
    "line_total",
    "modelled",
    "new_contact",
    "new_user",
    "payment",
    "recipient",
    "sender",
]

Money = int | str | Decimal
"""An amount in major units; a float can't hold most amounts exactly and is refused."""

_TOTAL = 100


def exact(amount: Money) -> Decimal:
    """An amount as a Decimal.

    Raises:
        TypeError: It is a float, or nothing like a number.
        ValueError: It is a text that is no number.
    """
    if isinstance(amount, bool) or not isinstance(amount, int | str | Decimal):
        kind = type(amount).__name__
        msg = f"an amount is an int, a str or a Decimal, not a {kind} such as {amount!r}"
        raise TypeError(msg)
    return decimal(amount)


def check_status(status: str, known: Sequence[str]) -> None:
    """Refuse a status that no record is built in."""
    if status not in known:
        msg = f"{status!r} is none of {', '.join(known)}"
        if status == "overdue":
            msg += ": an overdue invoice is a sent one with a negative due_in"
        raise ValueError(msg)


def business(place: Location) -> models.BusinessDetails:
    """Who bills."""
    return models.BusinessDetails(name=place.name)


def new_contact(
    state: State,
    place: Location,
    name: str = "Alex",
    email: str | None = "alex@example.com",
    phone: str | None = None,
    contact_id: str | None = None,
) -> Record:
    """Store a contact, as the stand-in for its call shows it."""
    contact = {**_person(state, name, email, phone, contact_id), "locationId": place.id}
    state.contacts[contact["id"]] = contact
    return contact


def new_user(
    state: State,
    place: Location,
    name: str = "Robin",
    email: str | None = "robin@example.com",
    user_id: str | None = None,
) -> Record:
    """Store a user, as the stand-in for the list of users shows it."""
    roles = {"type": "account", "role": "admin", "locationIds": [place.id]}
    user = {**_person(state, name, email, None, user_id), "roles": roles}
    state.users[user["id"]] = user
    return user


def details(contact: Record) -> models.ContactDetails:
    """A contact as documents carry it."""
    return models.ContactDetails(
        id=contact["id"], name=contact["name"], email=contact["email"], phone_no=contact["phone"]
    )


def recipient(
    state: State, place: Location, contact: models.ContactDetails | str | None
) -> models.ContactDetails:
    """The contact that is meant: as given, by its id, or the location's first."""
    if isinstance(contact, models.ContactDetails):
        return contact
    if contact is None:
        here = (each for each in state.contacts.values() if each["locationId"] == place.id)
        first = next(here, None)
        return details(new_contact(state, place) if first is None else first)
    found = state.contacts.get(contact)
    if found is None or found["locationId"] != place.id:
        msg = f"location {place.id!r} has no contact {contact!r}"
        raise ValueError(msg)
    return details(found)


def sender(state: State, place: Location) -> str:
    """The id of the user who sends: the location's first."""
    users = (user for user in state.users.values() if place.id in user["roles"]["locationIds"])
    first = next(users, None)
    return str((new_user(state, place) if first is None else first)["id"])


def days(state: State, place: Location, ahead: int) -> tuple[date, date]:
    """The day of issue, and the day so many days from today: never before the other."""
    today = date.fromisoformat(state.today(place))
    last = today + timedelta(days=ahead)
    return min(today, last), last


def line_total(total: Money | None, items: Iterable[object] | None) -> Decimal:
    """What a document of one line comes to."""
    if total is not None and items is not None:
        msg = "give a total or items: the total of items is their sum"
        raise ValueError(msg)
    return exact(_TOTAL if total is None else total)


def body_of(wanted: Model, place: Location) -> Record:
    """The request that the client would send, checked as the client checks it."""
    return wanted._write(Sending({"altId": place.id, "altType": "location"}))


def payment(status: str, paid: Money | None, body: Record) -> Decimal:
    """What has been paid of an invoice of this status."""
    if paid is not None and status != "partially_paid":
        msg = f"paid goes with the status partially_paid, not with {status}"
        raise ValueError(msg)
    whole = totals.compute(body["items"], None).total
    if whole <= 0 and status in ("partially_paid", "payment_processing", "paid"):
        msg = f"nothing can be paid on a total of {whole.normalize():f}"
        raise ValueError(msg)
    if status != "partially_paid":
        return whole
    part = in_minor_units(Fraction(whole) / 2, body["currency"]) if paid is None else exact(paid)
    if not 0 < part < whole:
        msg = f"a partial payment lies between 0 and the total, {whole.normalize():f}: not {part}"
        raise ValueError(msg)
    return part


def modelled(kind: str, record: Record) -> Any:
    """A record as the client reads it: a model of its own, with the numbers of the wire."""
    name = "".join(word.capitalize() for word in kind.split("_"))
    return getattr(models, name).from_dict(wire.parse(wire.render(record)))


def as_model(state: State, made: Made) -> Any:
    """What came into being, as a model; payments stay as they are."""
    if made.kind == "payment":
        return made.record
    shown = invoices.shown(state, made.record) if made.kind == "invoice" else made.record
    return modelled(made.kind, shown)


def _person(
    state: State, name: str, email: str | None, phone: str | None, person_id: str | None
) -> Record:
    first, _, last = name.partition(" ")
    return {
        "id": person_id or state.new_account_id(),
        "name": name,
        "firstName": first,
        "lastName": last,
        "email": email,
        "phone": phone,
    }
