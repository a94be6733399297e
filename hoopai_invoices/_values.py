"""The kinds of value that a model's table can name, and how each is read and written.

Reading is tolerant: `exact` reads the one form that writes back as the same JSON, `read` makes
the best of any other. Writing is strict: `write` gives what is sent, or refuses with the cure.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from numbers import Real
from typing import TYPE_CHECKING, Any, NamedTuple

from ._convert import OpenEnum, choices_refused, decimal, number, read_number, refused, sized
from .errors import DecodeError, InvalidRequestError

if TYPE_CHECKING:
    from ._model import Model, Sending

__all__ = ["Drift", "Kind", "at", "is_day", "is_instant", "json_of", "kind_of"]

# The form in which the service writes instants; anything else keeps its text beside the value.
is_instant = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}\.[0-9]{3}Z"
).fullmatch
is_day = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}").fullmatch


class Drift(NamedTuple):
    """A place where an answer differs from the document.

    Attributes:
        path: The place, as JSON keys: `invoices[3].status`.
        kind: "missing", "unknown_field", "unknown_value", "wrong_type", "binary_number", or
            "not_sent" for what a request left out because the document doesn't know it.
        detail: One sentence.
    """

    path: str
    kind: str
    detail: str


class Kind:
    """One kind of value. `reads` and `writes` are source for the common case, if any."""

    reads: tuple[tuple[str, str], ...] = ()
    writes: tuple[str, str] | None = None

    def exact(self, value: Any) -> Any:
        """The value of the canonical JSON form, or None for any other form."""
        raise NotImplementedError

    def read(self, value: Any) -> Any:
        """The value of any JSON that can be understood, or None."""
        return self.exact(value)

    def plain(self, value: Any, money: type) -> Any:
        """The JSON of a value that was read or set; never refuses."""
        return json_of(value, money)

    def write(self, value: Any, sending: Sending) -> Any:
        """The JSON to send, or an InvalidRequestError."""
        raise NotImplementedError

    def drift(self, value: Any, path: str) -> Iterator[Drift]:
        """The places under `path` where the JSON differs from the document."""
        try:
            if value is not None and self.read(value) is None:
                yield Drift(path, "wrong_type", f"can't be read: {str(value)[:60]!r}")
        except DecodeError as error:
            yield Drift(path, "binary_number", error.message)


class Text(Kind):
    reads = (("{v}.__class__ is str", "{v}"),)
    writes = ("{v}.__class__ is str and {v}.isascii()", "{v}")

    def exact(self, value: Any) -> Any:
        return value if isinstance(value, str) else None

    def read(self, value: Any) -> Any:
        # An invoice number, for one, comes as text or as a number.
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            try:
                return str(value)
            except ValueError:  # thousands of digits
                return None
        return self.exact(value)

    def write(self, value: Any, sending: Sending) -> Any:
        if not isinstance(value, str):
            raise refused("text", value)
        return _text(value)


def _text(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        hint = "a text was cut in the middle of a character"
        raise refused("text that UTF-8 can write", value, hint) from None
    return str.__str__(value)  # an enum of the caller's own would give its Python name


class Flag(Kind):
    reads = (("{v}.__class__ is bool", "{v}"),)
    writes = ("{v}.__class__ is bool", "{v}")

    def exact(self, value: Any) -> Any:
        return value if isinstance(value, bool) else None

    def read(self, value: Any) -> Any:
        return (
            {"true": True, "false": False}.get(value)
            if isinstance(value, str)
            else self.exact(value)
        )

    def write(self, value: Any, sending: Sending) -> Any:
        if not isinstance(value, bool):
            raise refused("True or False", value)
        return value


class Count(Kind):
    reads = (("{v}.__class__ is int", "{v}"),)
    writes = ("{v}.__class__ is int", "{v}")

    def exact(self, value: Any) -> Any:
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def read(self, value: Any) -> Any:
        number = read_number(value)
        whole = number is not None and sized(number) and number == number.to_integral_value()
        return int(number) if number is not None and whole else None

    def write(self, value: Any, sending: Sending) -> Any:
        if self.exact(value) is None:
            raise refused("a whole number", value)
        return int(value)


class Number(Kind):
    reads = (("{v}.__class__ is int", "Decimal({v})"), ("{v}.__class__ is Decimal", "{v}"))
    writes = ("{v}.__class__ is Decimal", "number({v})")

    def exact(self, value: Any) -> Any:
        return read_number(value) if not isinstance(value, str) else None

    def read(self, value: Any) -> Any:
        return read_number(value)

    def write(self, value: Any, sending: Sending) -> Any:
        return number(decimal(value))


class Day(Kind):
    reads = (("{v}.__class__ is str and is_day({v})", "day({v})"),)

    def exact(self, value: Any) -> Any:
        if isinstance(value, str) and is_day(value):
            try:
                return dt.date.fromisoformat(value)
            except ValueError:
                return None
        return None

    writes = ("{v}.__class__ is date", "{v}.isoformat()")

    def read(self, value: Any) -> Any:
        # The day as it is written; a date-time isn't shifted into another zone.
        return self.exact(value[:10]) if isinstance(value, str) else None

    def plain(self, value: Any, money: type) -> Any:
        return value.isoformat() if isinstance(value, dt.date) else super().plain(value, money)

    def write(self, value: Any, sending: Sending) -> Any:
        if isinstance(value, dt.datetime) or not isinstance(value, dt.date):
            hint = "the calendar day in the location's zone, such as date(2026, 3, 1)"
            raise refused("a date without a time", value, hint)
        return value.isoformat()


class Instant(Kind):
    reads = (("{v}.__class__ is str and is_instant({v})", "instant({v})"),)

    def exact(self, value: Any) -> Any:
        return self.read(value) if isinstance(value, str) and is_instant(value) else None

    def read(self, value: Any) -> Any:
        try:
            return dt.datetime.fromisoformat(value) if isinstance(value, str) else None
        except ValueError:
            return None

    def plain(self, value: Any, money: type) -> Any:
        if not isinstance(value, dt.datetime):
            return super().plain(value, money)
        if value.tzinfo is None:
            return value.isoformat()
        utc = value.astimezone(dt.UTC)
        whole = utc.microsecond % 1000 == 0
        return utc.isoformat(timespec="milliseconds" if whole else "microseconds")[:-6] + "Z"

    def write(self, value: Any, sending: Sending) -> Any:
        if not isinstance(value, dt.datetime) or value.tzinfo is None:
            raise refused("a datetime with a zone", value, "such as datetime.now(UTC)")
        try:
            return self.plain(value, Decimal)
        except OverflowError:
            raise refused("a datetime within the years 1 to 9999 of UTC", value) from None


class Free(Kind):
    """A value whose shape the document leaves open: JSON as it came, and as it is given."""

    reads = (("{v} is not None", "{v}"),)

    def exact(self, value: Any) -> Any:
        return value

    def drift(self, value: Any, path: str) -> Iterator[Drift]:
        return iter(())

    def write(self, value: Any, sending: Sending) -> Any:
        if isinstance(value, str):
            return _text(value)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            return int(value)
        if isinstance(value, Decimal):
            return number(decimal(value))
        if isinstance(value, list | tuple):
            return [at(f"[{i}]", self.write, item, sending) for i, item in enumerate(value)]
        if isinstance(value, dict) and all(isinstance(key, str) for key in value):
            return {
                _text(key): at(f"[{key!r}]", self.write, item, sending)
                for key, item in value.items()
            }
        write = getattr(value, "_write", None)  # a model within a free-form value
        if write is not None:
            return write(sending)
        hint = "Decimal('1.5') or '1.5' keeps the digits" if isinstance(value, Real) else None
        raise refused("JSON (text, whole numbers, Decimal, bool, None, lists, dicts)", value, hint)


def json_of(value: Any, money: type) -> Any:
    """A copy of JSON values, its Decimals as they are or as text."""
    if isinstance(value, Decimal) and money is str:
        return format(value, "f") if sized(value) else str(value)
    if isinstance(value, list):
        return [json_of(item, money) for item in value]
    if isinstance(value, dict):
        return {key: json_of(item, money) for key, item in value.items()}
    return value


def at(path: str, write: Any, value: Any, sending: Sending) -> Any:
    """What `write` makes of a value that stands at `path`."""
    try:
        return write(value, sending)
    except InvalidRequestError as error:
        raise error.under(path) from None


class Choice(Kind):
    """A value of an enum; reading keeps unknown ones, writing refuses them."""

    reads = (("{v}.__class__ is str", "{n}_known.get({v}) or {n}({v})"),)

    def __init__(self, enum: type[OpenEnum]):
        self.enum = enum
        self.known = {member.value: member for member in enum}

    def exact(self, value: Any) -> Any:
        return self.enum(value) if isinstance(value, str) else None

    def plain(self, value: Any, money: type) -> Any:
        return str.__str__(value) if isinstance(value, str) else super().plain(value, money)

    def write(self, value: Any, sending: Sending) -> Any:
        if isinstance(value, str) and (sending.send_unknown or value in self.known):
            return str.__str__(value)
        raise choices_refused(list(self.known), value)

    def drift(self, value: Any, path: str) -> Iterator[Drift]:
        if isinstance(value, str) and value not in self.known:
            yield Drift(path, "unknown_value", f"{self.enum.__name__} doesn't know {value[:60]!r}")
        else:
            yield from super().drift(value, path)


class Nested(Kind):
    reads = (("{v}.__class__ is dict", "{n}._read({v})"),)
    writes = ("{v}.__class__ is {n}", "{v}._write(sending)")

    def __init__(self, model: type[Model]):
        self.model = model

    def exact(self, value: Any) -> Any:
        return self.model._read(value) if isinstance(value, dict) else None

    def plain(self, value: Any, money: type) -> Any:
        if isinstance(value, self.model):
            return value.to_dict(money=money)
        return super().plain(value, money)

    def write(self, value: Any, sending: Sending) -> Any:
        if not isinstance(value, self.model):
            name = self.model.__name__
            raise refused(f"{name}(…)", value, f"from hoopai_invoices.models import {name}")
        return value._write(sending)

    def drift(self, value: Any, path: str) -> Iterator[Drift]:
        if isinstance(value, dict):
            yield from self.model._drift(value, path)
        else:
            yield from super().drift(value, path)


class Either(Kind):
    """The first kind that fits."""

    def __init__(self, kinds: Sequence[Kind]):
        self.kinds = kinds
        if all(isinstance(kind, Day | Instant) for kind in kinds):
            self.reads = tuple(read for kind in kinds for read in kind.reads)

    def _first(self, method: str, value: Any) -> Any:
        for kind in self.kinds:
            found = getattr(kind, method)(value)
            if found is not None:
                return found
        return None

    def exact(self, value: Any) -> Any:
        return self._first("exact", value)

    def read(self, value: Any) -> Any:
        found = self._first("exact", value)
        return self._first("read", value) if found is None else found

    def plain(self, value: Any, money: type) -> Any:
        # A date-time is a date to isinstance, so the later, narrower kind is asked first.
        for kind in reversed(self.kinds):
            done = kind.plain(value, money)
            if done != value:
                return done
        return super().plain(value, money)

    def write(self, value: Any, sending: Sending) -> Any:
        refused: InvalidRequestError | None = None
        for kind in self.kinds:
            try:
                return kind.write(value, sending)
            except InvalidRequestError as error:
                refused = refused or error
        assert refused is not None
        raise refused

    def drift(self, value: Any, path: str) -> Iterator[Drift]:
        for kind in self.kinds:
            try:
                fits = kind.exact(value) is not None
            except DecodeError:
                fits = True
            if fits:
                return kind.drift(value, path)
        return super().drift(value, path)


class Items(Kind):
    """A list; an element that can't be read stays in its place as it came."""

    def __init__(self, inner: Kind):
        self.inner = inner
        if isinstance(inner, Nested):
            one = "[{n}._read(x) if x.__class__ is dict else x for x in {v}]"
            self.reads = (("{v}.__class__ is list", one),)
            self.writes = (
                "{v}.__class__ is list",
                "[x._write(sending) if x.__class__ is {n} else wrong(x) for x in {v}]",
            )
        elif isinstance(inner, Text | Free):
            self.reads = (("{v}.__class__ is list", "{v}.copy()"),)

    def exact(self, value: Any) -> Any:
        if not isinstance(value, list):
            return None
        exact = self.inner.exact
        keeps = isinstance(self.inner, Nested | Either)
        items = []
        for raw in value:
            item = exact(raw)
            if item is None:
                if not keeps:
                    return None
                item = raw
            items.append(item)
        return items

    def read(self, value: Any) -> Any:
        if not isinstance(value, list):
            return None
        return [raw if (item := self.inner.read(raw)) is None else item for raw in value]

    def plain(self, value: Any, money: type) -> Any:
        if isinstance(value, list | tuple):
            return [self.inner.plain(item, money) for item in value]
        return super().plain(value, money)

    def write(self, value: Any, sending: Sending) -> Any:
        if not isinstance(value, list | tuple):
            raise refused("a list", value)
        return [at(f"[{i}]", self.inner.write, item, sending) for i, item in enumerate(value)]

    def drift(self, value: Any, path: str) -> Iterator[Drift]:
        if not isinstance(value, list):
            yield from super().drift(value, path)
            return
        for i, item in enumerate(value):
            yield from self.inner.drift(item, f"{path}[{i}]")


_SCALARS: dict[str, type[Kind]] = {
    "str": Text,
    "bool": Flag,
    "int": Count,
    "decimal": Number,
    "date": Day,
    "datetime": Instant,
    "any": Free,
}


def kind_of(spec: str, package: Any) -> Kind:
    """The kind that a table's word names: `str`, `date|datetime`, `[InvoiceItem]`, `Address`."""
    if spec.startswith("["):
        return Items(kind_of(spec[1:-1], package))
    if "|" in spec:
        return Either([kind_of(part, package) for part in spec.split("|")])
    if spec in _SCALARS:
        return _SCALARS[spec]()
    named = getattr(package, spec)
    return Choice(named) if issubclass(named, OpenEnum) else Nested(named)
