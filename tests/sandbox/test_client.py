"""The sandbox's own client."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from hoopai_invoices.models import BusinessDetails, ContactDetails, InvoiceItem
from hoopai_invoices.sandbox import Sandbox

pytestmark = pytest.mark.anyio


async def test_the_client_of_the_sandbox_speaks_to_it_without_a_socket(box: Sandbox) -> None:
    async with box.client() as client:
        made = await client.invoices.create(
            name="Coaching",
            currency="USD",
            business_details=BusinessDetails(name="Example LLC"),
            contact_details=ContactDetails(id="c", name="Alex"),
            items=[InvoiceItem(name="One hour", currency="USD", amount=Decimal("150.50"), qty=2)],
            issue_date=date(2026, 9, 13),
            due_date=date(2026, 10, 1),
            live_mode=False,
        )
    assert (made.total, made.amount_due, made.alt_id) == (
        Decimal(301),
        Decimal(301),
        box.location_id,
    )
    assert [record.path for record in box.requests] == ["/invoices/"]
