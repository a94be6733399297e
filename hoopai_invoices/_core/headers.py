"""What an answer's headers say of limits and of when to come again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC

__all__ = ["quota_of", "retry_after_of"]

_PREFIX = "x-ratelimit-"


def quota_of(headers: Mapping[str, str]) -> dict[str, int]:
    """The `X-RateLimit-*` headers that are numbers, by what follows the prefix; names in lower case."""
    found = {}
    for name, value in headers.items():
        if name.startswith(_PREFIX) and value.isascii() and value.isdigit() and len(value) <= 18:
            found[name.removeprefix(_PREFIX)] = int(value)
    return found


def retry_after_of(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds to wait by `Retry-After`, given as a number or as a date; None when it says nothing.

    The fact sheet knows no such header of this service; gateways in front of it send one.
    """
    text = headers.get("retry-after", "")
    if text.isascii() and text.isdigit():
        return float(text[:9])
    if not text:
        return None
    from email.utils import parsedate_to_datetime  # rarely needed, and slow to import

    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    return max(0.0, (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() - now)
