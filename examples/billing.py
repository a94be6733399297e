"""A small program that bills: a job once, whatever the network does, and who is late is reminded.

The service has no idempotency key, and the client never sends a POST a second time by itself: when
an answer is lost it raises `OutcomeUnknown`. So a program looks before it sends, each time: what is
there already is taken, only what is missing is done. `test_billing.py` shows that it holds.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from hoopai_invoices import LocationClient
from hoopai_invoices.errors import APIConnectionError, DecodeError, HoopAIError, OutcomeUnknown
from hoopai_invoices.models import (
    BusinessDetails,
    ContactDetails,
    Invoice,
    InvoiceItem,
    InvoiceStatus,
)

log = logging.getLogger("billing")

SENDER = BusinessDetails(name="Example LLC")
ATTEMPTS = 3
SETTLE = 30.0
"""Seconds after which a request that got no answer has taken effect, or never will. A guess:
nobody has told how long the service may take. Later than that, a second invoice is possible."""
UNSURE = (
    OutcomeUnknown,  # sent, and perhaps done
    DecodeError,  # done, but the answer can't be read
    APIConnectionError,  # not sent; or a question, which may be asked again
)

Pause = Callable[[float], Awaitable[None]]


@dataclass(frozen=True)
class Job:
    """Something that was done for a customer."""

    number: int
    title: str
    price: Decimal
    customer: ContactDetails

    @property
    def name(self) -> str:
        """What its invoice is called, and found by."""
        return f"Job {self.number}: {self.title}"


async def bill(
    client: LocationClient, job: Job, *, today: date, pause: Pause = asyncio.sleep
) -> Invoice:
    """The job's invoice, sent: the one that is there already, or a new one.

    Once it has returned or raised a HoopAIError it can be run again at once, if lists show at once
    what was created; after a crash or a cancellation only `SETTLE` seconds later. Two for the same
    job must not run at the same time.
    """
    attempts = ATTEMPTS
    while True:
        try:
            invoice = await find(client, job) or await create(client, job, today)
            if invoice.status == InvoiceStatus.DRAFT:
                invoice = (await client.invoices.send(invoice.id, action="email")).invoice
        except UNSURE:
            await pause(SETTLE)  # it may take effect yet: looking at once would be too early
            attempts -= 1
            if not attempts:
                raise  # only now: whoever runs it again may do so at once
        else:
            return invoice


async def find(client: LocationClient, job: Job) -> Invoice | None:
    """The job's invoice, if it has one."""
    async for invoice in client.invoices.list(contact_id=job.customer.id):
        if invoice.name == job.name:
            return invoice
    return None


async def create(client: LocationClient, job: Job, today: date) -> Invoice:
    """A new invoice for the job, as a draft."""
    return await client.invoices.create(
        name=job.name,
        business_details=SENDER,
        contact_details=job.customer,
        currency="USD",
        items=[InvoiceItem(name=job.title, currency="USD", amount=job.price, qty=1)],
        issue_date=today,
        due_date=today + timedelta(days=30),
    )


async def remind(client: LocationClient, *, today: date) -> list[Invoice]:
    """Send every overdue invoice once more; says which were surely sent.

    What fails is logged and stops no other: to run it again would remind the others twice.
    """
    reminded = []
    late = [invoice async for invoice in client.flows.overdue(as_of=today)]
    for invoice in late:
        try:
            await client.invoices.send(invoice.id, action="email")
        except HoopAIError as error:
            log.warning("reminder of invoice %s: %s", invoice.id, error)
            if not (isinstance(error, DecodeError) and error.committed):
                continue  # the customer may have it even so: rather none today than two
        reminded.append(invoice)
    return reminded


async def invoice_accepted(client: LocationClient) -> list[Invoice]:
    """Make an invoice of each estimate that its customer has accepted; gives those it knows of.

    What fails is logged and stops no other. The next run, `SETTLE` seconds later, makes up for it:
    an estimate that was converted is no longer "accepted".
    """
    made = []
    for estimate in await client.estimates.list(status="accepted").collect():
        try:
            result = await client.estimates.create_invoice(estimate.id)
        except HoopAIError as error:
            log.warning("invoice of estimate %s: %s", estimate.id, error)
        else:
            made.append(result.invoice)
    return made
