import asyncio
from datetime import date, timedelta

from hoopai_invoices import LocationDefaults
from hoopai_invoices.models import BusinessDetails, ContactDetails, InvoiceItem
from hoopai_invoices.sandbox import Sandbox

defaults = LocationDefaults(
    live_mode=False,  # nobody bills live by accident: without a default, every call must say
    user_id="6241712be68f7a98102ba272",
    currency="USD",
    business_details=BusinessDetails(name="Example LLC"),
)


async def main() -> None:
    async with Sandbox() as box, box.client(defaults=defaults) as client:
        invoice = await client.invoices.create(
            name="Coaching, March",
            contact_details=ContactDetails(
                id="6578278e879ad2646715ba9c", name="Alex", email="alex@example.com"
            ),
            items=[InvoiceItem(name="One hour", currency="USD", amount=150, qty=2)],  # $150.00 each
            issue_date=date.today(),
            due_date=date.today() + timedelta(days=14),
        )
        print(invoice.status, invoice.total)

        await client.invoices.send(invoice.id, action="email")
        await client.invoices.record_payment(invoice.id, mode="cash", amount="99.50")

        async for open_one in client.invoices.list(status="partially_paid", page_size=100):
            print(open_one.name, open_one.amount_due, open_one.currency)


asyncio.run(main())
