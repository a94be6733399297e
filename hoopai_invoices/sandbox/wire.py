"""JSON in and out with exact numbers: every fraction is a Decimal, on the way in and out."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec

from .errors import SandboxError

__all__ = ["parse", "render"]

_MAX_DEPTH = 64
# Far beyond any amount. Without it "1e999999999" would be a gigabyte of digits in plain notation.
_MAX_MAGNITUDE = 30


def parse(raw: bytes) -> Any:
    """The value of a JSON text, or a 400 as the service's body parser gives it."""
    try:
        value = json.loads(raw, parse_float=_decimal, parse_constant=_not_json)
        _check(value, 0)
    except (ValueError, RecursionError, ArithmeticError) as exc:
        raise SandboxError(400, f"The request body is not valid JSON: {exc}") from None
    return value


def render(value: Any) -> bytes:
    """The JSON text of a value; Decimals become plain numbers, never with an exponent."""
    return msgspec.json.encode(_plain(value))


def _decimal(text: str) -> Decimal:
    number = Decimal(text)
    if abs(number.adjusted()) > _MAX_MAGNITUDE or len(text) > 2 * _MAX_MAGNITUDE:
        msg = "a number is out of range"
        raise ValueError(msg)
    return number


def _not_json(text: str) -> Any:
    msg = f"{text} is not a JSON number"
    raise ValueError(msg)


def _check(value: Any, depth: int) -> None:
    if depth > _MAX_DEPTH:
        msg = "the body is nested too deeply"
        raise ValueError(msg)
    if isinstance(value, dict):
        for name, child in value.items():
            name.encode()  # a lone surrogate passes json.loads but can never be written back
            _check(child, depth + 1)
    elif isinstance(value, list):
        for child in value:
            _check(child, depth + 1)
    elif isinstance(value, str):
        value.encode()
    elif isinstance(value, int) and value.bit_length() > 100:
        msg = "a number is out of range"
        raise ValueError(msg)


def _plain(value: Any) -> Any:
    # msgspec writes Decimal("1E+2") as 1E+2; the service never uses an exponent.
    if isinstance(value, Decimal):
        text = format(value, "f")
        if "." in text:
            text = text.rstrip("0").rstrip(".")
        return msgspec.Raw(b"0" if text in ("-0", "") else text.encode())
    if isinstance(value, dict):
        return {name: _plain(child) for name, child in value.items()}
    if isinstance(value, list):
        return [_plain(child) for child in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return msgspec.Raw(str(value).encode())  # msgspec itself stops at 64 bits
    return value
