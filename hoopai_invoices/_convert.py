"""Exact numbers and open enums: what a value may be given as, and what it becomes.

The generated models use these as converters, so their signatures are what type checkers hold a
caller to. Money is `Decimal` from end to end and never passes through binary numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from enum import StrEnum
from numbers import Real
from typing import Any, TypeVar

from .errors import DecodeError, InvalidRequestError

__all__ = [
    "OpenEnum",
    "choice",
    "choices_refused",
    "decimal",
    "decimals",
    "number",
    "optional_decimal",
    "optional_decimals",
    "read_number",
    "refused",
    "sized",
]

_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,4})?").fullmatch
# Beyond thirty digits before or after the point a number is a mistake or an attack, not money.
_LARGEST_EXPONENT = 30


def refused(expected: str, value: object, hint: str | None = None) -> InvalidRequestError:
    """The error of a value that isn't what is wanted."""
    shown = repr(value)
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    return InvalidRequestError(f"{expected} is wanted, not {shown}", hint=hint)


def sized(value: Decimal) -> bool:
    """Whether it is a number that can be written out in full."""
    return value.is_finite() and -_LARGEST_EXPONENT <= value.adjusted() <= _LARGEST_EXPONENT


def decimal(value: Decimal | int | str) -> Decimal:
    """Money, a quantity or a rate as an exact Decimal; binary floating point and bool are refused."""
    if isinstance(value, Decimal):
        if sized(value):
            return value if value.__class__ is Decimal else Decimal(value)
    elif isinstance(value, str):
        if _NUMBER(value) and sized(number := Decimal(value)):
            return number
    elif isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    hint = None
    if isinstance(value, Real) and not isinstance(value, int):
        hint = f"write Decimal('{value}'), or '{value}' in quotes: binary fractions lose cents"
    raise refused("a finite Decimal, int or decimal text", value, hint)


def decimals(value: Sequence[Decimal | int | str]) -> list[Decimal]:
    """As `decimal`, for each of a list."""
    if not isinstance(value, list | tuple):
        raise refused("a list", value)
    return [decimal(one) for one in value]


def optional_decimals(value: Sequence[Decimal | int | str] | None) -> list[Decimal] | None:
    """As `decimals`, and None stays None."""
    return None if value is None else decimals(value)


def optional_decimal(value: Decimal | int | str | None) -> Decimal | None:
    """As `decimal`, and None stays None."""
    return None if value is None else decimal(value)


def read_number(value: Any) -> Decimal | None:
    """The number of a JSON value, or None when it stands for none.

    Raises:
        DecodeError: It is a binary number.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int | Decimal):
        return Decimal(value)
    if isinstance(value, str) and _NUMBER(value):
        try:
            number = Decimal(value)
        except InvalidOperation:
            return None
        return number if sized(number) else None
    if value is None or isinstance(value, str | list | dict):
        return None
    # A binary number has lost its digits already, before it came here.
    msg = f"{value!r} is a binary number, and money must stay exact"
    raise DecodeError(msg, hint="parse the JSON with hoopai_invoices.loads, or parse_float=Decimal")


def number(value: Decimal) -> Any:
    """A Decimal whose JSON text has no exponent."""
    text = str(value)
    if len(text) <= _LARGEST_EXPONENT and text.isdigit():
        return value
    if not sized(value):
        raise refused("a finite number of at most thirty digits", value)
    if "E" not in text:
        return value
    plain = Decimal(text := format(value, "f"))
    if "E" not in str(plain):
        return plain
    # Below a millionth, str() of a Decimal always takes an exponent: hand over the digits.
    from msgspec import Raw

    return Raw(text.encode())


class OpenEnum(StrEnum):
    """An enum that keeps a value it doesn't know: `is_known` tells them apart."""

    @classmethod
    def _missing_(cls, value: object) -> OpenEnum | None:
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = member._value_ = str(value)
        return member

    @property
    def is_known(self) -> bool:
        """Whether the document names this value."""
        return self._value_ in type(self)._value2member_map_


EnumT = TypeVar("EnumT", bound=OpenEnum)


def choice(enum: type[EnumT], value: EnumT | str) -> EnumT:
    """The member of a value; an unknown text is refused, a member of `enum` is taken as it is."""
    if isinstance(value, enum):
        return value
    if isinstance(value, str) and (member := enum(value)).is_known:
        return member
    raise choices_refused([member.value for member in enum], value)


def choices_refused(values: Sequence[str], value: object) -> InvalidRequestError:
    """The error of a value that an enum doesn't know, naming the nearest one that it does."""
    close = get_close_matches(value.lower(), values, 1) if isinstance(value, str) else []
    hint = "CallOptions(send_unknown=True) sends a new one nevertheless"
    if close:
        hint = f"did you mean {close[0]!r}?"
    shown = str(value) if isinstance(value, str) else value
    return refused(f"one of {', '.join(map(repr, values))}", shown, hint)
