"""Ids in paths: only what can't lead to another operation."""

from __future__ import annotations

import re

from .._protocol import Operation
from ..errors import InvalidRequestError

__all__ = ["check_id", "path_of"]

# "..", "." and "" misroute even when percent-encoded, so nothing is encoded: it is refused.
_ID = re.compile(r"[A-Za-z0-9_-]{1,128}").fullmatch


def check_id(value: object, name: str, reserved: frozenset[str] = frozenset()) -> str:
    """The id, if it can stand in a path without reaching another operation.

    Raises:
        InvalidRequestError: It is empty, hostile, or a word that is a path of the service itself.
    """
    if not isinstance(value, str) or not _ID(value):
        shown = repr(value)[:60]
        hint = "1 to 128 of A-Z a-z 0-9 _ -, as the service gave it"
        raise InvalidRequestError(f"{shown} is no id", path=name, hint=hint)
    # Routers of this kind don't tell upper from lower case.
    if value.lower() in reserved:
        hint = "another operation stands at that place"
        raise InvalidRequestError(
            f"{value!r} is a path of the service, not an id", path=name, hint=hint
        )
    return value


def path_of(operation: Operation, ids: tuple[str, ...]) -> str:
    """The operation's path with its ids filled in."""
    segments = operation.segments
    if len(segments) == 1:
        return segments[0]
    path = segments[0]
    places = zip(operation.ids, ids, operation.reserved, segments[1:], strict=True)
    for name, value, reserved, literal in places:
        path += check_id(value, name, reserved) + literal
    return path
