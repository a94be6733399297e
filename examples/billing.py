"""A small program that bills: a job once, whatever the network does, and who is late is reminded.

The service has no idempotency key. Each write has a key of our own, which stands for one thing that
happens once: the client finds out what became of it, and whatever is run again finds what was done.
With a ledger (`InvoicesClient(ledger=SQLLedger("billing.db"))`) that holds after a crash, too; without
one, as long as the client lives. `test_billing.py` shows it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from hoopai_invoices import LocationClient
from hoopai_invoices.errors import HoopAIError
from hoopai_invoices.models import BusinessDetails, ContactDetails, Invoice, InvoiceItem

log = logging.getLogger("billing")

SENDER = BusinessDetails(name="Example LLC")


@dataclass(frozen=True)
class Job:
    """Something that was done for a customer."""

    number: int
    title: str
    price: Decimal
    customer: ContactDetails
    finished: date

    @property
    def key(self) -> str:
        """What its writes are known by."""
        return f"job-{self.number}"


async def bill(client: LocationClient, job: Job) -> Invoice:
    """The job's invoice, sent: the one that is there already, or a new one.

    To be run again until it returns. Its days come from the job: a key that is used again must stand
    for the same content.
    """
    invoice = await client.invoices.create(
        key=job.key,
        name=f"Job {job.number}: {job.title}",
        business_details=SENDER,
        contact_details=job.customer,
        currency="USD",
        items=[InvoiceItem(name=job.title, currency="USD", amount=job.price, qty=1)],
        issue_date=job.finished,
        due_date=job.finished + timedelta(days=30),
    )
    sent = await client.invoices.send(invoice.id, key=job.key, action="email")
    return sent.invoice


async def remind(client: LocationClient, *, today: date) -> list[Invoice]:
    """Send every overdue invoice once more, once a day; says which were surely sent.

    What fails is logged and stops no other.
    """
    reminded = []
    late = [invoice async for invoice in client.flows.overdue(as_of=today)]
    for invoice in late:
        try:
            await client.invoices.send(
                invoice.id, key=f"remind-{invoice.id}-{today}", action="email"
            )
        except HoopAIError as error:
            # The customer may have it even so: rather none today than two.
            log.warning("reminder of invoice %s: %s", invoice.id, error)
        else:
            reminded.append(invoice)
    return reminded


async def invoice_accepted(client: LocationClient) -> list[Invoice]:
    """Make an invoice of each estimate that its customer has accepted; gives those it knows of.

    What fails is logged and stops no other, and the next run makes up for it: what is unknown is
    settled first, since an estimate that was converted is no longer "accepted".
    """
    made = []
    for settled in await client.writes.settle_pending():
        log.info("%s %s: %s", settled.entry.operation, settled.entry.key, settled.error or "done")
    for estimate in await client.estimates.list(status="accepted").collect():
        key = f"estimate-{estimate.id}"
        try:
            result = await client.estimates.create_invoice(estimate.id, key=key)
        except HoopAIError as error:
            log.warning("invoice of estimate %s: %s", estimate.id, error)
        else:
            made.append(result.invoice)
    return made
