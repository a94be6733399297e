"""What takes several calls: `client.flows`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from datetime import date
from typing import TYPE_CHECKING

from .._protocol import CallOptions
from . import late, waiting

if TYPE_CHECKING:
    from ..client import LocationClient
    from ..models import Estimate, Invoice

__all__ = ["Flows"]


class Flows:
    """Flows that only read: who is late, and waiting for a customer."""

    def __init__(self, client: LocationClient):
        self._client = client

    def overdue(
        self, *, as_of: date | None = None, options: CallOptions | None = None
    ) -> AsyncGenerator[Invoice, None]:
        """The invoices that are overdue: the service has no such state, so they are worked out.

        Sent, viewed or partially paid, with something due, and the due day has passed. Those whose
        payment is being processed are left out: their money is on its way.

        Costs three listings, one for each state, of a call for every hundred invoices.

        ```python
        async for invoice in client.flows.overdue():
            print(invoice.invoice_number, invoice.amount_due, invoice.due_date)
        ```

        Args:
            as_of: The day on which it is asked: what was due before it is overdue. By default today
                in the location's zone, `LocationDefaults.timezone`.
            options: What these calls do differently.

        Raises:
            InvalidRequestError: `as_of` is no day, or neither it nor the zone is given.
            HoopAIError: As with `invoices.list`.
        """
        return late.overdue(self._client, as_of, options)

    async def wait_until_accepted(
        self,
        estimate: str | Estimate,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - its error carries the record
        longest_pause: float = waiting.LONGEST_PAUSE,
        wake: asyncio.Event | None = None,
        options: CallOptions | None = None,
    ) -> Estimate:
        """Wait until the customer has accepted an estimate; one that is invoiced already is, too.

        Looks at once, and again after pauses that grow from two seconds to `longest_pause`; each
        look is a call of `estimates.get`, within the limits. Lost and refused looks (connection,
        5xx, 429, a list that shifts) are passed over; twenty in a row are raised.

        Args:
            estimate: Its id, or the estimate.
            timeout: Seconds to wait; None: as long as it takes. A look under way isn't cut short.
            longest_pause: Seconds between two looks at most.
            wake: Set it, from a webhook perhaps, to have it look at once (but once a second at most);
                it is cleared then.
            options: What these calls do differently.

        Returns:
            The estimate as it was seen last.

        Raises:
            EstimateDeclined: The customer has declined.
            WaitTimeout: The time is over; `record` is the estimate as it was seen last.
            NotFoundError: It isn't listed (for half a minute, if it never was), or was deleted.
            HoopAIError: As with `estimates.get`.
        """
        clock, flow = self._client._executor.clock(), "flows.wait_until_accepted"
        pauses = waiting.Pauses(flow, clock, timeout, longest_pause, wake)
        return await waiting.until_accepted(self._client, estimate, pauses, options)

    async def wait_until_paid(
        self,
        invoice: str | Invoice,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - its error carries the record
        longest_pause: float = waiting.LONGEST_PAUSE,
        wake: asyncio.Event | None = None,
        options: CallOptions | None = None,
    ) -> Invoice:
        """Wait until an invoice is paid in full.

        Looks as `wait_until_accepted` does, with `invoices.get`.

        Args:
            invoice: Its id, or the invoice.
            timeout: Seconds to wait; None: as long as it takes. A look under way isn't cut short.
            longest_pause: Seconds between two looks at most.
            wake: Set it, from a webhook perhaps, to have it look at once (but once a second at most);
                it is cleared then.
            options: What these calls do differently.

        Returns:
            The invoice as it was seen last.

        Raises:
            FlowError: It is void.
            WaitTimeout: The time is over; `record` is the invoice as it was seen last.
            NotFoundError: There is no such invoice, or it was deleted.
            HoopAIError: As with `invoices.get`.
        """
        clock, flow = self._client._executor.clock(), "flows.wait_until_paid"
        pauses = waiting.Pauses(flow, clock, timeout, longest_pause, wake)
        return await waiting.until_paid(self._client, invoice, pauses, options)
