import asyncio
from datetime import UTC, date, datetime

from hoopai_invoices import LocationClient, LocationDefaults
from hoopai_invoices.models import BusinessDetails, ContactDetails, InvoiceItem
from hoopai_invoices.sandbox import Sandbox

defaults = LocationDefaults(
    live_mode=False,  # nobody bills live by accident: without a default, every call must say
    user_id="6241712be68f7a98102ba272",
    currency="USD",
    business_details=BusinessDetails(name="Example LLC"),
)


async def bill(client: LocationClient) -> None:
    invoice = await client.invoices.create(
        key="job-1042",  # safe to run again: never a second invoice
        name="Coaching, March",
        contact_details=ContactDetails(
            id="6578278e879ad2646715ba9c", name="Alex", email="alex@example.com"
        ),
        items=[InvoiceItem(name="One hour", currency="USD", amount=150, qty=2)],  # $150.00 each
        issue_date=date(2026, 3, 2),
        due_date=date(2026, 3, 16),
    )
    await client.invoices.send(invoice.id, key="job-1042", action="email")
    await client.invoices.record_payment(invoice.id, key="till-77", mode="cash", amount="99.50")


async def main() -> None:
    then = datetime(2026, 3, 2, 15, tzinfo=UTC)
    async with Sandbox(now=then) as box, box.client(defaults=defaults) as client:
        await bill(client)
        await bill(client)  # again: one invoice, one message, one payment

        async for invoice in client.invoices.list(status="partially_paid", page_size=100):
            print(invoice.name, invoice.total, invoice.amount_due, invoice.currency)


asyncio.run(main())
