"""Which invoices are overdue."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from .._protocol import CallOptions
from ..errors import InvalidRequestError

if TYPE_CHECKING:
    from ..client import LocationClient
    from ..models import Invoice

__all__ = ["overdue"]

_log = logging.getLogger("hoopai_invoices")

# In the order in which an invoice goes through them: one that moves on meanwhile is met again.
_OPEN: tuple[Literal["sent", "viewed", "partially_paid"], ...] = (
    "sent",
    "viewed",
    "partially_paid",
)


def overdue(
    client: LocationClient, as_of: date | None, options: CallOptions | None
) -> AsyncGenerator[Invoice, None]:
    """The invoices that were due before this day."""
    day = client._executor.today() if as_of is None else as_of
    if day is None:
        hint = 'give as_of=…, or LocationDefaults(timezone="America/Denver")'
        msg = "the location's zone isn't known, and so neither is its day"
        raise InvalidRequestError(msg, path="as_of", hint=hint, operation="flows.overdue")
    if isinstance(day, datetime) or not isinstance(day, date):
        msg = f"a date is wanted, not {day!r}"
        raise InvalidRequestError(msg, path="as_of", operation="flows.overdue")
    return _found(client, day, options)


async def _found(
    client: LocationClient, day: date, options: CallOptions | None
) -> AsyncGenerator[Invoice, None]:
    seen = set()
    for status in _OPEN:
        async with aclosing(
            # Nothing ahead: who reminds the late shouldn't work from what was read long before.
            client.invoices.list(status=status, prefetch=0, options=options).__aiter__()
        ) as found:
            async for invoice in found:
                due = invoice.due_date
                if due is None:
                    _log.warning("invoice %s has no due day that can be read", invoice.id)
                # A date-time is taken as the day that its text begins with, as all clients do.
                due = due.date() if isinstance(due, datetime) else due
                late = due is not None and due < day and _left(invoice) > 0
                if late and invoice.id not in seen:
                    seen.add(invoice.id)
                    yield invoice


def _left(invoice: Invoice) -> Decimal:
    """What is still due; both may be missing although the service always gives them."""
    due: Decimal | None = invoice.amount_due
    total: Decimal | None = invoice.total
    return (total or Decimal()) - (invoice.amount_paid or 0) if due is None else due
