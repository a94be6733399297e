"""Waiting for a customer: looking again and again, with pauses that grow."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from .._core.clock import Clock
from .._core.pipeline import checked_seconds
from .._protocol import CallOptions
from ..errors import (
    APIConnectionError,
    DailyQuotaExceeded,
    EstimateDeclined,
    FlowError,
    HoopAIError,
    InternalServerError,
    InvalidRequestError,
    ListingShifted,
    NotFoundError,
    RateLimitError,
    WaitTimeout,
)
from ..resources.editing import id_of

if TYPE_CHECKING:
    from ..client import LocationClient
    from ..models import Estimate, Invoice

__all__ = ["LONGEST_PAUSE", "Pauses", "until", "until_accepted", "until_paid"]

LONGEST_PAUSE = 60.0
_FIRST_PAUSE, _GROWTH, _LEAST_PAUSE = 2.0, 1.6, 1.0
_LOST_IN_A_ROW = 20
_LAG = 30.0  # seconds that a list may lag behind a write
_PASSING = (APIConnectionError, InternalServerError, RateLimitError, ListingShifted)
_log = logging.getLogger("hoopai_invoices")

T = TypeVar("T")


class Pauses:
    """How long to wait for the next look, and for all of them.

    Attributes:
        flow: What errors call the waiting.
    """

    def __init__(
        self,
        flow: str,
        clock: Clock,
        timeout: float | None,
        longest: float,
        wake: asyncio.Event | None,
    ):
        self.flow = flow
        self._clock = clock
        self._begun = clock.monotonic()
        try:
            self._timeout = None if timeout is None else checked_seconds(timeout, "timeout")
            self._longest = checked_seconds(longest, "longest_pause")
        except InvalidRequestError as error:
            error.operation = flow
            raise
        self._wake = wake
        self._pause = min(_FIRST_PAUSE, self._longest)

    @property
    def passed(self) -> float:
        """Seconds since it began."""
        return self._clock.monotonic() - self._begun

    async def next(self) -> bool:
        """Wait for the next look; False when the time is over."""
        # A little less each time, so that those who began together don't go on together.
        pause = self._pause * (0.9 + 0.1 * self._clock.random())
        if self._timeout is not None:
            left = self._timeout - self.passed
            if left < 0.001:  # what clocks round away
                return False
            pause = min(pause, left)
        begun = self._clock.monotonic()
        if await self._woken(pause):
            # Something has happened; if it can't be seen yet, it will be soon. Many that happen at
            # once are one.
            left = min(pause, _LEAST_PAUSE) - (self._clock.monotonic() - begun)
            while left > 0.001 and await self._woken(left):
                left = min(pause, _LEAST_PAUSE) - (self._clock.monotonic() - begun)
            self._pause = min(_FIRST_PAUSE, self._longest)
        else:
            self._pause = min(self._longest, self._pause * _GROWTH)
        return True

    async def _woken(self, pause: float) -> bool:
        """Wait; True when it was cut short."""
        over = asyncio.Event()
        timer = self._clock.call_later(pause, over.set)
        events = [over] if self._wake is None else [over, self._wake]
        waits = [asyncio.ensure_future(event.wait()) for event in events]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
            for wait in waits:
                wait.cancel()
        # Not whether it is set: another who waits with the same event may have cleared it just now.
        if self._wake is None or not waits[1].done():
            return False
        self._wake.clear()
        return True


async def until_accepted(
    client: LocationClient,
    estimate: str | Estimate,
    pauses: Pauses,
    options: CallOptions | None,
) -> Estimate:
    """Wait until an estimate is accepted."""
    estimate_id = id_of(estimate, pauses.flow)
    seen = False  # in the list, which may lag behind the record that was given
    first = True

    async def look() -> Estimate | None:
        nonlocal seen, first
        late = seen or pauses.passed > _LAG
        scan, first = first or late, False  # else where it costs one call
        try:
            found = await client.estimates.get(estimate_id, scan=scan, options=options)
        except NotFoundError:
            if late:
                raise
            return None
        seen = True
        return found

    def done(found: Estimate) -> bool:
        if found.estimate_status == "declined":
            msg = f"the customer has declined the estimate {estimate_id}"
            raise EstimateDeclined(msg, found, operation=pauses.flow)
        return found.estimate_status in ("accepted", "invoiced")

    return await until(look, done, pauses, f"the estimate {estimate_id} isn't accepted")


async def until_paid(
    client: LocationClient, invoice: str | Invoice, pauses: Pauses, options: CallOptions | None
) -> Invoice:
    """Wait until an invoice is paid."""
    invoice_id = id_of(invoice, pauses.flow)

    async def look() -> Invoice:
        return await client.invoices.get(invoice_id, options=options)

    def done(found: Invoice) -> bool:
        if found.status == "void":
            msg = f"the invoice {invoice_id} is void and won't be paid"
            raise FlowError(msg, found, operation=pauses.flow)
        return found.status == "paid"

    return await until(look, done, pauses, f"the invoice {invoice_id} isn't paid")


async def until(
    look: Callable[[], Awaitable[T | None]], done: Callable[[T], bool], pauses: Pauses, not_yet: str
) -> T:
    """Look until something has happened; looks that are lost or refused in passing don't count."""
    record, lost = None, 0
    error: HoopAIError | None = None
    while True:
        try:
            record = await look() or record
            error, lost = None, 0
        except _PASSING as passing:
            lost += 1
            if lost >= _LOST_IN_A_ROW or isinstance(passing, DailyQuotaExceeded):
                raise
            error = passing
            _log.warning("%s yet; the last look was lost: %s", not_yet, type(passing).__name__)
        if error is None and record is not None and done(record):
            return record
        if not await pauses.next():
            msg = f"{not_yet} after {pauses.passed:.0f} s"
            hint = "it may still happen: wait again, or look later"
            raise WaitTimeout(msg, record, hint=hint, operation=pauses.flow) from error
