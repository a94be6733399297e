"""The numbers of a location's invoices."""

from __future__ import annotations

from ..errors import SandboxError
from ..state import Location, Record, State

__all__ = ["following", "shown_number", "taken"]

_LONGEST_COUNTER = 18


def following(location: Location) -> str:
    """The next number of the series. Nothing reserves it."""
    return f"{location.next_invoice_number:06}"


def shown_number(state: State, number: str) -> str | int:
    """A number as answers show it."""
    if state.choices.invoice_number_type == "number" and _is_counter(number):
        return int(number)
    return number


def taken(state: State, location: Location, wanted: str | None, current: Record | None) -> str:
    """The number for an invoice, the caller's as it came or the next; the series goes on after it.

    Raises:
        SandboxError: Another invoice of the location has it, and that is refused.
    """
    number = wanted or following(location)
    if wanted and state.choices.duplicate_invoice_number == "refused":
        shown = shown_number(state, number)
        for other in state.invoices.of(location.id):
            if other is not current and shown_number(state, other["invoiceNumber"]) == shown:
                raise SandboxError(400, "Invoice number already exists")
    if _is_counter(number):
        location.next_invoice_number = max(location.next_invoice_number, int(number) + 1)
    return number


def _is_counter(number: str) -> bool:
    return number.isascii() and number.isdigit() and len(number) <= _LONGEST_COUNTER
