"""JSON in and out, exact: a number's digits are never touched."""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from itertools import accumulate
from typing import Any, Final

import msgspec

from ..errors import DecodeError, InvalidRequestError

__all__ = ["DEEPEST", "dumps", "loads", "repeated_keys"]

DEEPEST: Final = 100
"""How deep lists and objects may be nested; the same on every version of Python."""

_decode = msgspec.json.Decoder(float_hook=Decimal).decode
_encode = msgspec.json.Encoder(decimal_format="number").encode
_ALIKE = bytes.maketrans(b"{}", b"[]")
_NOT_NESTING = bytes(byte for byte in range(256) if byte not in b'[]{}"')
_ROUNDS = 16
_STEP = {ord("["): 1, ord("]"): -1}
_strings = re.compile(rb'"[^"]*"?').sub


def loads(data: bytes | str) -> Any:
    """Read JSON with every fractional number as an exact `Decimal` and every whole one as `int`.

    Raises:
        DecodeError: It isn't JSON, holds a number that no Decimal can hold, or is nested deeper
            than 100.
    """
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    try:
        if _nested(raw) > DEEPEST:
            raise ValueError(f"it is nested deeper than {DEEPEST}")
        try:
            return _decode(raw)
        except msgspec.DecodeError:
            # A name cut in the middle of a character comes as half of a surrogate pair, which is
            # JSON, but not for msgspec. Reading it more slowly loses no record.
            return json.loads(raw, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, InvalidOperation, RecursionError) as error:
        msg = f"this isn't JSON that can be read: {error}"
        raise DecodeError(msg, body=raw[:200].decode("utf-8", "replace")) from None


def _nested(raw: bytes) -> int:
    """How deep the brackets outside of strings are nested, as far as they pair up.

    A tenth of the time that decoding takes: each step goes over the bytes in C, and the first
    leaves few of them.
    """
    if b"\\" in raw:
        raw = raw.replace(b"\\\\", b"").replace(b'\\"', b"")
    raw = raw.translate(_ALIKE, _NOT_NESTING)
    if len(raw) <= DEEPEST:
        return 0  # as good as an answer: it isn't too deep
    # Strings without brackets have become "", and taking pairs of quotes away changes nothing else.
    if raw.count(b'"') == 2 * raw.count(b'""'):
        raw = raw.translate(None, b'"')
    else:
        raw = _strings(b"", raw.replace(b'""', b""))
    depth = 0
    while raw:
        if depth == _ROUNDS:  # deeper than answers are: each round would go over much of it again
            return depth + max(accumulate(map(_STEP.__getitem__, raw)))
        inner = raw.replace(b"[]", b"")
        if len(inner) == len(raw):
            # They don't pair up: no JSON, and what is read until that shows must not be deep either.
            return depth + raw.count(b"[")
        raw = inner
        depth += 1
    return depth


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number of JSON")


def repeated_keys(data: bytes) -> list[str]:
    """The keys that stand twice in an object: the last one wins, in silence."""
    found: list[str] = []

    def note(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        read = dict(pairs)
        if len(read) < len(pairs):
            keys = [key for key, _ in pairs]
            found.extend(key for key in read if keys.count(key) > 1)
        return read

    json.loads(data, object_pairs_hook=note)
    return found


def dumps(value: Any) -> bytes:
    """Write JSON, a `Decimal` as the number that it is.

    Raises:
        InvalidRequestError: A text in it is none that can be sent.
    """
    try:
        return _encode(value)
    except UnicodeEncodeError:
        msg = "a text holds half of a surrogate pair, which is no character"
        raise InvalidRequestError(msg, path="body") from None
