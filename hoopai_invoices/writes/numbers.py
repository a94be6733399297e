"""Numbers of records: the service's next one, given out so that no two keys get the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ..errors import APIStatusError, BadRequestError, ConfigurationError, UnprocessableEntityError
from .entry import Series

if TYPE_CHECKING:
    from ..client import LocationClient
    from .entry import Ledger

__all__ = ["bare", "chosen", "is_taken", "spellings", "stated"]

_WIDEST = 12  # digits of a padded number

_COUNTER = re.compile(r"(.*?)(\d{1,18})", re.DOTALL).fullmatch
_TAKEN = re.compile(
    r"(?<!phone )number\b.*\b(?:already|taken|exists?|used?|duplicated?|unique)\b",
    re.IGNORECASE | re.DOTALL,
).search


async def chosen(
    client: LocationClient, ledger: Ledger, series: Series, known: str | None = None
) -> str:
    """The next number of a location's series, without its prefix.

    The service tells the next number but reserves nothing, so the ledger gives it out: to one key,
    once. One that is refused for another reason leaves a gap, unless its key is used again while the
    number, which it then knows, is still to come.

    Raises:
        ConfigurationError: The service's numbers aren't counted.
    """
    place = client.location_id
    assert place is not None  # a keyed write has one
    if series == "invoice":
        told = str((await client.invoices.generate_number()).invoice_number)
    else:
        told = str((await client.estimates.generate_number()).estimate_number)
    counter = _COUNTER(told)
    if counter is None:
        msg = f"the service's next {series} number is {told!r}, which can't be counted on"
        raise ConfigurationError(msg, hint=f"give {series}_number= yourself")
    head, digits = counter.groups()
    mine = _COUNTER(known) if known else None
    if known and mine is not None and mine[1] == head and int(digits) <= int(mine[2]):
        return known
    free = await ledger.next_number(place, series, int(digits))
    return f"{head}{free:0{len(digits)}}"


def stated(series: Series, number: str) -> Any:
    """A number as it is sent."""
    return int(number) if series == "estimate" and number.isdigit() else number


def is_taken(error: BaseException | None) -> bool:
    """Whether the service refused a number because another record has it."""
    refused = isinstance(error, BadRequestError | UnprocessableEntityError)
    return refused and isinstance(error, APIStatusError) and bool(_TAKEN(error.message))


def bare(number: str) -> str:
    """A number without leading zeros."""
    return number.lstrip("0") if number.isdigit() else number


def spellings(number: str | None) -> frozenset[str]:
    """A number, and how it was sent if answers show it as a number without its zeros."""
    if not number:
        return frozenset()
    padded = (number.zfill(width) for width in range(1, _WIDEST + 1)) if number.isdigit() else ()
    return frozenset((number, *padded))
