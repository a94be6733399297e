"""Mistakes that users make. Both type checkers refuse every marked line, and no other.

A mark names the rules of mypy, then those of pyright. A dash stands for the checker that can't see
the mistake; tests/test_typing.py says why. The file is never run.
"""
# One mistake a line, whatever its length; imports stand where their mistake is clearest.
# fmt: off
# ruff: noqa: I001, F401

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import hoopai_invoices
from hoopai_invoices import UNSET, InvoicesClient, LocationClient, LocationDefaults, models
from hoopai_invoices import InvoiceClient  # ERROR: attr-defined | reportAttributeAccessIssue
from hoopai_invoices.errors import HoopAIError, NotFoundError
from hoopai_invoices.errors import NotFound  # ERROR: attr-defined | reportAttributeAccessIssue
from hoopai_invoices.models import ContactDetails, Discount, Estimate, EstimateItem, EstimateStatus
from hoopai_invoices.models import Invoice, InvoiceItem, InvoiceStatus, LineItemType, Schedule
from hoopai_invoices.models import SentTo, TipsConfiguration
from hoopai_invoices.models import Invoices  # ERROR: attr-defined | reportAttributeAccessIssue

day = date(2026, 3, 1)
contact = ContactDetails(id="c1", name="Alex")
item = InvoiceItem(name="One hour", currency="USD", amount=150, qty=1)
line = EstimateItem(name="Roof", currency="USD", amount=15500, qty=24, type="one_time")


# -- money ---------------------------------------------------------------------------------------


async def floats(client: LocationClient, rate: float) -> None:
    InvoiceItem(name="Hour", currency="USD", amount=1.5, qty=1)  # ERROR: arg-type | reportArgumentType
    InvoiceItem(name="Hour", currency="USD", amount=1, qty=0.5)  # ERROR: arg-type | reportArgumentType
    item.amount = 12.5  # ERROR: assignment | reportAttributeAccessIssue
    item.amount += rate  # ERROR: operator | reportOperatorIssue
    Discount(type="fixed", value=rate)  # ERROR: arg-type | reportArgumentType
    TipsConfiguration(tips_percentage=[5.5], tips_enabled=True)  # ERROR: list-item | reportArgumentType
    await client.invoices.record_payment("i1", mode="cash", amount=9.99)  # ERROR: arg-type | reportArgumentType
    models.PaymentRecord(mode="cash", amount=rate)  # ERROR: arg-type | reportArgumentType
    line.qty = None  # ERROR: assignment | reportAttributeAccessIssue


def amounts(invoice: Invoice) -> None:
    print(invoice.total * 1.2)  # ERROR: operator | reportOperatorIssue
    print(invoice.total + (invoice.invoice_total or 0.0))  # ERROR: operator | reportOperatorIssue


# -- names and keywords --------------------------------------------------------------------------


async def names(client: InvoicesClient, invoice: Invoice) -> None:
    hoopai_invoices.Client(token="pit-0000")  # ERROR: attr-defined | reportAttributeAccessIssue
    models.InvoiceLine(name="Hour")  # ERROR: attr-defined | reportAttributeAccessIssue
    ContactDetails(id="c1", name="Alex", mail="a@example.com")  # ERROR: call-arg | reportCallIssue
    ContactDetails(id="c1", fullName="Alex")  # ERROR: call-arg | reportCallIssue
    ContactDetails("c1", "Alex")  # ERROR: call-arg | reportCallIssue
    InvoiceItem(name="One hour", currency="USD", qty=1)  # ERROR: call-arg | reportCallIssue
    models.InvoiceUpdate(name="n", items=[item], issue_date=day, due_date=day, total=1)  # ERROR: call-arg | reportCallIssue
    models.InvoiceCreate(altId="l1")  # ERROR: call-arg | reportCallIssue
    print(invoice.totl)  # ERROR: attr-defined | reportAttributeAccessIssue
    print(invoice.invoiceNumber)  # ERROR: attr-defined | reportAttributeAccessIssue
    invoice.paid = True  # ERROR: attr-defined | reportAttributeAccessIssue
    await client.invoices.get(id="i1")  # ERROR: call-arg | reportCallIssue
    await client.invoices.get()  # ERROR: call-arg | reportCallIssue
    await client.invoices.send("i1", action="email", userId="u1")  # ERROR: call-arg | reportCallIssue
    await client.invoices.send("i1")  # ERROR: call-arg | reportCallIssue
    await client.invoices.send("i1", "email")  # ERROR: call-arg | reportCallIssue
    await client.invoices.update("i1", name="n", items=[item], issue_date=day, due_date=day, total=1)  # ERROR: call-arg | reportCallIssue
    await client.invoices.record_payment("i1", 10, mode="cash")  # ERROR: misc,arg-type | reportCallIssue
    await client.invoices.void("i1", key="job-1")  # ERROR: call-arg | reportCallIssue
    await client.invoices.get("i1", alt_id="l1")  # ERROR: call-arg | reportCallIssue
    await client.invoices.refund("i1")  # ERROR: attr-defined | reportAttributeAccessIssue
    await client.estimates.create(name="n", items=[line], title="t", contact_details=contact, issue_date=day)  # ERROR: call-arg | reportCallIssue
    client.invoices.list(limit=10)  # ERROR: call-arg | reportCallIssue
    client.invoice.list()  # ERROR: attr-defined | reportAttributeAccessIssue
    LocationDefaults(livemode=True)  # ERROR: call-arg | reportCallIssue
    client.location("l1", LocationDefaults())  # ERROR: call-arg | reportCallIssue
    InvoicesClient("pit-0000")  # ERROR: call-arg | reportCallIssue
    InvoicesClient(token="pit-0000", location="l1")  # ERROR: call-arg | reportCallIssue


# -- values --------------------------------------------------------------------------------------


async def values(client: LocationClient, invoice: Invoice, other: str | None) -> None:
    await client.invoices.send("i1", action="emial")  # ERROR: arg-type | reportArgumentType
    await client.invoices.send("i1", action=LineItemType.ONE_TIME)  # ERROR: arg-type | reportArgumentType
    client.invoices.list(status="overdue")  # ERROR: arg-type | reportArgumentType
    client.invoices.list(status=["sent", "viewed"])  # ERROR: arg-type | reportArgumentType
    client.invoices.list(start_at="2026-01-01")  # ERROR: arg-type | reportArgumentType
    client.invoices.list(search=other)  # ERROR: arg-type | reportArgumentType
    client.invoices.list(page_size="50")  # ERROR: arg-type | reportArgumentType
    client.estimates.list(status=InvoiceStatus.PAID)  # ERROR: arg-type | reportArgumentType
    await client.invoices.get(None)  # ERROR: arg-type | reportArgumentType
    await client.invoices.get(1042)  # ERROR: arg-type | reportArgumentType
    await client.invoices.get(invoice.invoice_number)  # ERROR: arg-type | reportArgumentType
    await client.invoices.get("i1", options={"timeout": 5})  # ERROR: arg-type | reportArgumentType
    await client.invoices.record_payment("i1", mode="bitcoin")  # ERROR: arg-type | reportArgumentType
    await client.schedules.start("s1", live_mode="yes")  # ERROR: arg-type | reportArgumentType
    await client.schedules.start("s1", live_mode=None)  # ERROR: arg-type | reportArgumentType
    await client.schedules.set_auto_payment("s1", auto_payment=True)  # ERROR: arg-type | reportArgumentType
    await client.estimates.create_invoice("e1", version="v3")  # ERROR: arg-type | reportArgumentType
    await client.estimates.create_invoice("e1", settle="later")  # ERROR: arg-type | reportArgumentType
    await client.estimate_templates.create(name="n", items=[item])  # ERROR: list-item | reportArgumentType
    await client.estimate_templates.create(name="n", items=line)  # ERROR: arg-type | reportArgumentType
    await client.templates.create(name="n", items=[{"name": "Hour"}])  # ERROR: list-item | reportArgumentType
    await client.templates.update("t1", name="n", items=[item], currency="USD", business_details=models.BusinessDetails(), discount=5)  # ERROR: arg-type | reportArgumentType
    models.InvoiceCreate(name="n", items=[item], contact_details=contact, issue_date="2026-03-01")  # ERROR: arg-type | reportArgumentType
    models.InvoiceCreate(name=None, items=[item], contact_details=contact, issue_date=day)  # ERROR: arg-type | reportArgumentType
    models.InvoiceCreate(name="n", items=[item], contact_details="c1", issue_date=day)  # ERROR: arg-type | reportArgumentType
    SentTo(email="alex@example.com")  # ERROR: arg-type | reportArgumentType
    LineItemType("one_time").name = "x"  # ERROR: misc | reportAttributeAccessIssue
    line.type = "once"  # ERROR: assignment | reportAttributeAccessIssue
    contact.address = {"city": "Villa Rica"}  # ERROR: assignment | reportAttributeAccessIssue
    invoice.to_dict(money=float)  # ERROR: arg-type | reportArgumentType
    LocationDefaults(live_mode="no")  # ERROR: arg-type | reportArgumentType
    LocationDefaults().currency = "USD"  # ERROR: misc | reportAttributeAccessIssue
    InvoicesClient(token=None)  # ERROR: arg-type | reportArgumentType
    InvoicesClient(token=lambda: 5)  # ERROR: arg-type,return-value | reportArgumentType


# -- what comes back -----------------------------------------------------------------------------


async def answers(client: LocationClient, invoice: Invoice, schedule: Schedule) -> None:
    number: str = invoice.invoice_number  # ERROR: assignment | reportAssignmentType
    due: datetime = invoice.due_date  # ERROR: assignment | reportAssignmentType
    total: int = invoice.total  # ERROR: assignment | reportAssignmentType
    first: Invoice = await client.invoices.list().first()  # ERROR: assignment | reportAssignmentType
    estimates: list[Estimate] = await client.invoices.list().collect()  # ERROR: assignment | reportAssignmentType
    print(invoice.contact_details.email)  # ERROR: union-attr | reportOptionalMemberAccess
    print(invoice.items[0])  # ERROR: index | reportOptionalSubscript
    print(schedule.invoices[0].total)  # ERROR: index,union-attr | reportOptionalSubscript,reportAttributeAccessIssue
    print(client.invoices.get("i1").total)  # ERROR: attr-defined | reportAttributeAccessIssue
    deleted: Invoice = await client.invoices.delete("i1")  # ERROR: assignment,func-returns-value | reportAssignmentType
    print(await client.invoices.delete("i1"))  # ERROR: func-returns-value | -
    print(number, due, total, first, estimates, deleted)
    if invoice.status == EstimateStatus.SENT:  # ERROR: comparison-overlap | -
        print("never")
    try:
        await client.invoices.get("i1")
    except HoopAIError as error:
        print(error.status)  # ERROR: attr-defined | reportAttributeAccessIssue
    except NotFoundError:  # ERROR: - | reportUnusedExcept
        print("never")


# -- edits ---------------------------------------------------------------------------------------


async def edits(client: LocationClient) -> None:
    edit = client.invoices.edit("i1")
    async with edit as draft:
        draft.amount_due = 5  # ERROR: attr-defined | reportAttributeAccessIssue
        draft.items[0].qty = 1.5  # ERROR: assignment | reportAttributeAccessIssue
        draft.title = None  # ERROR: assignment | reportAttributeAccessIssue
    total: int = edit.record.total  # ERROR: assignment | reportAssignmentType
    async with client.invoices.edit(5) as wrong:  # ERROR: arg-type | reportArgumentType
        print(wrong)
    await client.templates.edit("t1")  # ERROR: misc | reportGeneralTypeIssues
    with client.estimates.edit("e1") as estimate:  # ERROR: attr-defined | reportGeneralTypeIssues
        print(estimate)
    found = await client.invoices.find(number="42")
    print(found.id, total)  # ERROR: union-attr | reportOptionalMemberAccess
    await client.invoices.find("42")  # ERROR: call-arg | reportCallIssue
    await client.estimates.get(found)  # ERROR: arg-type | reportArgumentType


# -- UNSET belongs to arguments ------------------------------------------------------------------


async def unset(client: LocationClient, invoice: Invoice) -> None:
    ContactDetails(id="c1", name=UNSET)  # ERROR: arg-type | reportArgumentType
    ContactDetails(id="c1", name="Alex", email=UNSET)  # ERROR: arg-type | reportArgumentType
    item.description = UNSET  # ERROR: assignment | reportAttributeAccessIssue
    invoice.title = UNSET  # ERROR: assignment | reportAttributeAccessIssue
    await client.invoices.send("i1", action=UNSET)  # ERROR: arg-type | reportArgumentType
    client.invoices.list(cursor=UNSET)  # ERROR: arg-type | reportArgumentType
    LocationDefaults(currency=UNSET)  # ERROR: arg-type | reportArgumentType
    payment = models.PaymentRecord(mode="cash")
    payment.notes = None  # ERROR: assignment | reportAttributeAccessIssue
    payment.notes.upper()  # ERROR: union-attr | reportAttributeAccessIssue
    payment.total = 5  # ERROR: attr-defined | reportAttributeAccessIssue
    payment.amount = 5.5  # ERROR: assignment | reportAttributeAccessIssue


# -- awaiting and iterating ----------------------------------------------------------------------


async def waiting(client: LocationClient) -> None:
    await client.invoices.list()  # ERROR: misc | reportGeneralTypeIssues
    client.invoices.void("i1")  # ERROR: unused-coroutine | reportUnusedCoroutine
    for invoice in client.invoices.list():  # ERROR: attr-defined | reportGeneralTypeIssues
        print(invoice)
    async for settings in client.invoices.get_settings():  # ERROR: attr-defined | reportGeneralTypeIssues
        print(settings)
    for invoice in await client.invoices.list().pages():  # ERROR: misc | reportGeneralTypeIssues
        print(invoice)
    async for invoice in client.invoices.list().collect():  # ERROR: attr-defined | reportGeneralTypeIssues
        print(invoice)
    client.invoices.list().cursor = "5"  # ERROR: misc | reportAttributeAccessIssue
    with InvoicesClient(token="pit-0000"):  # ERROR: attr-defined | reportGeneralTypeIssues
        print(Decimal(1))
