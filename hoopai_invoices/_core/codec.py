"""JSON in and out, exact: a number's digits are never touched."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from ..errors import DecodeError

__all__ = ["dumps", "loads"]

_decode = msgspec.json.Decoder(float_hook=Decimal).decode
_encode = msgspec.json.Encoder(decimal_format="number").encode


def loads(data: bytes | str) -> Any:
    """Read JSON with every fractional number as an exact `Decimal` and every whole one as `int`.

    Raises:
        DecodeError: It isn't JSON, or holds a number that no Decimal can hold.
    """
    try:
        try:
            return _decode(data)
        except msgspec.DecodeError:
            # A name cut in the middle of a character comes as half of a surrogate pair, which is
            # JSON, but not for msgspec. Reading it more slowly loses no record.
            return json.loads(data, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, InvalidOperation, RecursionError) as error:
        text = data if isinstance(data, str) else data[:200].decode("utf-8", "replace")
        msg = f"this isn't JSON that can be read: {error}"
        raise DecodeError(msg, body=text[:200]) from None


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number of JSON")


def dumps(value: Any) -> bytes:
    """Write JSON, a `Decimal` as the number that it is."""
    return _encode(value)
