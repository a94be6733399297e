"""The base of every model: answers are read tolerantly, requests are written strictly.

A generated model is an attrs class and a table of its fields. This base reads and writes by that
table; for each class, the reading and the writing function are composed once, at first use (as
attrs does for `__init__`), so that the table costs nothing per record.

What a record was read from is never kept whole. Only what its attributes can't give back is: nulls,
unknown fields, and the JSON of values that came in another form than the canonical one.
"""

from __future__ import annotations

import datetime as dt
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from enum import Enum
from importlib import import_module
from typing import Any, ClassVar, Final, Literal, NamedTuple, Self, TypedDict

from attrs import define
from attrs import field as attrs_field

from ._convert import number
from ._values import (
    Choice,
    Drift,
    Free,
    Kind,
    Nested,
    at,
    is_day,
    is_instant,
    json_of,
    kind_of,
)
from .errors import DecodeError, InvalidRequestError

__all__ = ["UNSET", "Bounds", "Field", "Model", "Sending", "Unset", "check"]


class Unset(Enum):
    """The type of `UNSET`: not given, and so not sent."""

    UNSET = "UNSET"

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "UNSET"


# An enum member stays the same object under copy, deepcopy and pickle.
UNSET: Final = Unset.UNSET


class Bounds(TypedDict, total=False):
    """A field's local bounds, in the document's words."""

    minLength: int
    maxLength: int
    minItems: int
    maxItems: int
    minimum: Decimal | int
    maximum: Decimal | int
    exclusiveMinimum: Decimal | int
    pattern: str
    earliest: Literal["today"]


class Field(NamedTuple):
    """A row of a model's table."""

    name: str
    key: str
    type: str
    required: bool = False
    nullable: bool = False
    response_only: bool = False
    default: str | None = None
    explicit: bool = False
    omitted: Any = None
    bounds: Bounds | None = None


class Sending:
    """What the writing of one request needs to know, and what it found.

    Attributes:
        location: `altId` and `altType`, for every body that names its location.
        defaults: Values for fields that the location's defaults fill, by their default's name.
        send_unknown: Send what the document doesn't know as well, and what is out of its bounds.
        today: Gives the calendar day at the location, or None when its zone isn't known.
        left_out: Whether something wasn't sent because the document doesn't know it.
    """

    __slots__ = ("defaults", "left_out", "location", "send_unknown", "today")

    def __init__(
        self,
        location: Mapping[str, str] | None = None,
        defaults: Mapping[str, Any] | None = None,
        send_unknown: bool = False,
        today: Callable[[], dt.date | None] = lambda: None,
    ):
        self.location = location or {}
        self.defaults = defaults or {}
        self.send_unknown = send_unknown
        self.today = today
        self.left_out = False


@define(eq=False, repr=False, slots=True)
class Model:  # noqa: PLW1641 - a record can change, so it has no hash
    """A record of the service, or a part of one."""

    _fields: ClassVar[tuple[Field, ...]] = ()
    _role: ClassVar[str] = "shared"
    _located: ClassVar[bool] = False

    _rest: dict[str, Any] | None = attrs_field(default=None, init=False)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The model of a JSON object, tolerantly: nothing in it can be lost or refused.

        Raises:
            DecodeError: It isn't an object, or an amount in it is a binary number.
        """
        if not isinstance(data, Mapping):
            raise DecodeError(
                f"{cls.__name__} is read from an object, not from {type(data).__name__}"
            )
        plain = data if isinstance(data, dict) else dict(data)
        try:
            record = cls._read(plain)
        except DecodeError as error:
            places = (d.path for d in cls._drift(plain) if d.kind == "binary_number")
            error.path = next(places, error.path)
            raise
        if record.__class__ is cls:
            return record
        # A subclass of the user's own.
        own = cls.__new__(cls)
        for name in (*(row.name for row in cls._fields), "_rest"):
            object.__setattr__(own, name, getattr(record, name))
        return own

    def to_dict(self, *, money: type[Decimal] | type[str] = Decimal) -> dict[str, Any]:
        """The JSON object of this model; of a record that was read, the same as it came.

        Args:
            money: What amounts become: `Decimal`, or `str` for JSON writers that know no Decimal.
        """
        out: dict[str, Any] = {}
        rest = self._rest or {}
        kinds = _plan(type(self))
        for row, kind in kinds:
            value = getattr(self, row.name)
            if row.key in rest and kind.read(rest[row.key]) == value:
                # Untouched since it was read: the form in which it came.
                out[row.key] = json_of(rest[row.key], money)
            elif value is not None and value is not UNSET:
                out[row.key] = kind.plain(value, money)
        if rest:
            known = {row.key for row, _ in kinds}
            for key, value in rest.items():
                if key not in known:
                    out[key] = json_of(value, money)
        return out

    @property
    def extra(self) -> dict[str, Any]:
        """What came with this record and has no attribute to show it: JSON by JSON key.

        Unknown fields, and fields whose value could not be read as the document says.
        """
        if self._rest is None:
            return {}
        read = {row.key: kind for row, kind in _plan(type(self))}
        return {
            key: value
            for key, value in self._rest.items()
            if key not in read or (value is not None and read[key].read(value) is None)
        }

    @classmethod
    def _read(cls, data: dict[str, Any]) -> Any:
        home = _home(cls)
        read = _reader(home)
        setattr(home, "_read", staticmethod(read))  # noqa: B010 - composed once, then found directly
        return read(data)

    def _write(self, sending: Sending) -> dict[str, Any]:
        home = _home(type(self))
        write = _writer(home)
        setattr(home, "_write", write)  # noqa: B010 - composed once, then found directly
        return write(self, sending)

    @classmethod
    def _drift(cls, data: dict[str, Any], path: str = "") -> Iterator[Drift]:
        """Where this JSON differs from the document."""
        dot = f"{path}." if path else ""
        known = set()
        for row, kind in _plan(cls):
            known.add(row.key)
            value = data.get(row.key)
            if value is not None:
                yield from kind.drift(value, dot + row.key)
            elif row.required and cls._role == "answer":
                yield Drift(dot + row.key, "missing", f"{cls.__name__} always had it")
        for key in data.keys() - known:
            yield Drift(dot + key, "unknown_field", f"{cls.__name__} doesn't know it")

    def _not_sent(self, path: str = "") -> Iterator[str]:
        """The places of what a request with this model leaves out, as JSON keys."""
        dot = f"{path}." if path else ""
        read = {}
        for row, kind in _plan(type(self)):
            read[row.key] = kind
            value = getattr(self, row.name)
            if row.response_only:
                if value is not None and value is not UNSET:
                    yield dot + row.key
                continue
            for place, inner in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if isinstance(inner, Model):
                    where = row.key if place is None else f"{row.key}[{place}]"
                    yield from inner._not_sent(dot + where)
        for key, raw in (self._rest or {}).items():
            if raw is not None and (key not in read or read[key].read(raw) is None):
                yield dot + key

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        # Pydantic alone asks; named so, the core imports nothing of the extra for type checkers either.
        return import_module("hoopai_invoices.web.schema").schema_of(cls)

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> Any:
        return import_module("hoopai_invoices.web.schema").json_schema_of(cls, handler)

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return all(getattr(self, row.name) == getattr(other, row.name) for row in self._fields)

    def __repr__(self) -> str:
        shown = ((row.name, getattr(self, row.name)) for row in self._fields)
        given = ", ".join(
            f"{name}={value!r}" for name, value in shown if value is not None and value is not UNSET
        )
        return f"{type(self).__name__}({given})"


_PLANS: dict[type[Model], list[tuple[Field, Kind]]] = {}


def _home(cls: type[Model]) -> type[Model]:
    """The generated class behind a class, which may be a user's own."""
    return next(base for base in cls.__mro__ if "_fields" in vars(base))


def _plan(cls: type[Model]) -> list[tuple[Field, Kind]]:
    plan = _PLANS.get(cls)
    if plan is None:
        # The package of models is lazy: a class is imported when a table first names it.
        package = sys.modules[_home(cls).__module__.rpartition(".")[0]]
        plan = _PLANS[cls] = [(row, kind_of(row.type, package)) for row in cls._fields]
    return plan


def _reader(cls: type[Model]) -> Callable[[dict[str, Any]], Any]:
    """Compose the function that makes a `cls` of a JSON object."""
    plan = _plan(cls)
    # A model with converters checks every assignment, which would cost more than all the reading.
    # What is read needs no check: it is put into a bare class of the same slots, which then takes
    # its real name.
    checked = cls.__dict__.get("__attrs_own_setattr__", False)
    bare = type(cls.__name__, (Model,), {"__slots__": cls.__slots__}) if checked else cls
    names: dict[str, Any] = {
        "cls": cls,
        "bare": bare,
        "new": object.__new__,
        "Decimal": Decimal,
        "is_day": is_day,
        "is_instant": is_instant,
        "day": dt.date.fromisoformat,
        "instant": dt.datetime.fromisoformat,
        "KNOWN": frozenset(row.key for row, _ in plan),
    }
    code = ["def read(data):", " self = new(bare); rest = None; absent = 0"]
    for i, (row, kind) in enumerate(plan):
        kind = _named(kind, names)
        target = f"self.{row.name}"
        odd = f"{target} = other(v, {i}); rest = rest or {{}}; rest[{row.key!r}] = v"
        code.append(f" if {row.key!r} in data:")
        code.append(f"  v = data[{row.key!r}]")
        code.append("  try:")
        word = "if"
        for guard, value in kind.reads:
            form = {"v": "v", "n": _label(kind)}
            code.append(f"   {word} {guard.format(**form)}: {target} = {value.format(**form)}")
            word = "elif"
        if kind.reads:
            code.append(f"   else: {odd}")
        else:
            names[f"exact{i}"] = kind.exact
            code.append(f"   {target} = w = exact{i}(v)")
            code.append(f"   if w is None: {odd}")
        # The thirtieth of February looks like a date until it is made one.
        code.append(f"  except ValueError: {odd}")
        code.append(f" else: {target} = None; absent += 1")
    code.append(f" if len(data) + absent != {len(plan)}:")
    code.append("  rest = rest or {}")
    code.append("  for key in data:")
    code.append("   if key not in KNOWN: rest[key] = data[key]")
    code.append(" self._rest = rest")
    if checked:
        code.append(" self.__class__ = cls")
    code.append(" return self")

    def other(value: Any, index: int) -> Any:
        row, kind = plan[index]
        try:
            return None if value is None else kind.read(value)
        except DecodeError as error:
            raise error.under(row.key) from None

    names["other"] = other
    return _compose(code, names, f"<{cls.__name__} reader>")


def _writer(cls: type[Model]) -> Callable[[Any, Sending], dict[str, Any]]:
    """Compose the function that makes the JSON object to send of a `cls`."""
    plan = _plan(cls)
    names: dict[str, Any] = {
        "UNSET": UNSET,
        "Decimal": Decimal,
        "number": number,
        "check": check,
        "date": dt.date,
        "Refused": InvalidRequestError,
    }
    code = [
        "def write(self, sending):",
        " out = {}" if not cls._located else " out = dict(sending.location)",
    ]
    for i, (row, kind) in enumerate(plan):
        code.append(f" v = self.{row.name}")
        if row.response_only:
            code.append(f" if v is not None and v is not UNSET: extra(out, sending, {i}, v)")
            continue
        if row.default:
            # Only what wasn't given is filled in: a None may be a mistake that would bill live.
            code.append(f" if v is UNSET: v = sending.defaults.get({row.default!r}, UNSET)")
        code += _put(cls, row, _named(kind, names), i, names)
    code.append(" if self._rest: rest(out, sending, self._rest)")
    code.append(" return out")

    kinds = {row.key: kind for row, kind in plan}

    def value(value: Any, sending: Sending, index: int) -> Any:
        row, kind = plan[index]
        try:
            return (
                check(row.bounds, kind.write(value, sending), sending)
                if row.bounds
                else kind.write(value, sending)
            )
        except InvalidRequestError as error:
            raise error.under(row.name) from None

    def null(index: int) -> None:
        row = plan[index][0]
        raise InvalidRequestError("None can't be sent; leave it out", path=row.name)

    def missing(index: int) -> None:
        row = plan[index][0]
        hint = None
        if row.default:
            hint = f"give {row.name}=…, or set it once with LocationDefaults({row.default}=…)"
        raise InvalidRequestError("is missing", path=row.name, hint=hint)

    def extra(out: dict[str, Any], sending: Sending, index: int, value: Any) -> None:
        row, kind = plan[index]
        if sending.send_unknown:
            out[row.key] = at(row.name, Free().write, kind.plain(value, Decimal), sending)
        else:
            sending.left_out = True

    def rest(out: dict[str, Any], sending: Sending, came: dict[str, Any]) -> None:
        for key, raw in came.items():
            # A null, or another form of a value that is sent as its attribute says.
            if raw is None or (key in kinds and kinds[key].read(raw) is not None):
                continue
            if sending.send_unknown:
                out.setdefault(key, at(key, Free().write, raw, sending))
            else:
                sending.left_out = True

    def wrong(value: Any) -> None:
        raise InvalidRequestError("another model is wanted")

    names.update(value=value, wrong=wrong, null=null, missing=missing, extra=extra, rest=rest)
    return _compose(code, names, f"<{cls.__name__} writer>")


def _put(
    cls: type[Model], row: Field, kind: Kind, index: int, names: dict[str, Any]
) -> Iterator[str]:
    """Source that puts one field into what is sent; the common case comes first."""
    put = f"out[{row.key!r}]"
    slow = f"{put} = value(v, sending, {index})"
    fast = []
    if kind.writes:
        guard, written = (text.format(v="v", n=_label(kind)) for text in kind.writes)
        if row.bounds:
            names[f"bounds{index}"] = row.bounds
            written = f"check(bounds{index}, {written}, sending)"
        fast = [f"if {guard}:", f" try: {put} = {written}"]
        # Once more the slow way, which knows the place of what is refused.
        fast += [f" except (Refused, AttributeError): {slow}"]
    request = cls._role == "request"
    absent = "pass"
    if row.omitted is not None:
        absent = f"{put} = {row.omitted!r}"
    elif row.required or row.explicit:
        absent = f"missing({index})"
    if request:
        # None would clear a field where the service takes it; where it doesn't, say so.
        null = f"{put} = None" if row.nullable else f"null({index})"
        if absent.startswith("missing") and not row.default and not row.nullable:
            null = absent
        empty = [("v is UNSET", absent), ("v is None", null)]
    else:
        empty = [("v is None or v is UNSET", absent)]
    # Most optional fields of a call aren't given, and most required ones are.
    rows = [*fast, *(line for when, then in empty for line in (f"if {when}:", f" {then}"))]
    if absent == "pass" and fast:
        first, then = empty[0]
        rows = [f"if {first}:", f" {then}", *fast, *rows[len(fast) + 2 :]]
    rows += ["else:", f" {slow}"]
    word = "if"
    for line in rows:
        if line.startswith("if "):
            yield f" {word} {line.removeprefix('if ')}"
            word = "elif"
        else:
            yield f" {line}"


def _named(kind: Kind, names: dict[str, Any]) -> Kind:
    """Let composed source refer to the class behind a kind."""
    inner = getattr(kind, "inner", kind)
    if isinstance(inner, Nested):
        names[inner.model.__name__] = inner.model
    elif isinstance(inner, Choice):
        names[inner.enum.__name__] = inner.enum
        names[f"{inner.enum.__name__}_known"] = inner.known
    return kind


def _label(kind: Kind) -> str:
    inner = getattr(kind, "inner", kind)
    named = getattr(inner, "model", None) or getattr(inner, "enum", None)
    return named.__name__ if named else ""


def _compose(code: list[str], names: dict[str, Any], filename: str) -> Callable[..., Any]:
    exec(compile("\n".join(code), filename, "exec"), names)  # noqa: S102 - our own tables, as attrs does
    composed: Callable[..., Any] = names[code[0].removeprefix("def ").partition("(")[0]]
    return composed


def check(bounds: Bounds, value: Any, sending: Sending) -> Any:
    """The value, if it keeps its bounds."""
    broken = None
    if sending.send_unknown:
        return value
    if isinstance(value, str):
        broken = _length(len(value), bounds.get("minLength"), bounds.get("maxLength"), "character")
        # In the document `$` is the very end; in Python it is also before a last line break.
        if not broken and not re.search(bounds.get("pattern", "").replace("$", r"\Z"), value):
            broken = f"must match {bounds.get('pattern')}"
        if "earliest" in bounds and (day := sending.today()) and value < day.isoformat():
            raise InvalidRequestError(
                f"{value} has passed where the location is: there it is {day}, and the service"
                " refuses what was due before",
                hint="the zone is that of LocationDefaults(timezone=…)",
            )
    elif isinstance(value, list):
        broken = _length(len(value), bounds.get("minItems"), bounds.get("maxItems"), "item")
    elif isinstance(value, Decimal | int):
        if value < bounds.get("minimum", value):
            broken = f"must not be below {bounds.get('minimum')}"
        elif value > bounds.get("maximum", value):
            broken = f"must not be above {bounds.get('maximum')}"
        elif (above := bounds.get("exclusiveMinimum")) is not None and value <= above:
            broken = f"must be above {above}"
    if broken:
        raise InvalidRequestError(f"{broken}, but is {value!r}"[:200])
    return value


def _length(length: int, least: int | None, most: int | None, what: str) -> str | None:
    if least is not None and length < least:
        return f"must have at least {least} {what}{'s' * (least != 1)}"
    if most is not None and length > most:
        return f"must have at most {most} {what}{'s' * (most != 1)} (it has {length})"
    return None
