# pyright: strict
"""Code as a user of the package writes it: every resource, every operation.

It is never run. Type checkers read it, and find nothing to say.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, assert_type

import httpx

import hoopai_invoices
from hoopai_invoices import (
    UNSET,
    CallOptions,
    Drift,
    HoopAIError,
    InvoicesClient,
    LocationClient,
    LocationDefaults,
    Page,
    Pager,
    Unset,
    errors,
    models,
)
from hoopai_invoices.errors import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    ConfigurationError,
    ConflictError,
    DailyQuotaExceeded,
    DecodeError,
    InvalidRequestError,
    MissingScopeError,
    NotFoundError,
    OutcomeUnknown,
    RateLimitError,
)
from hoopai_invoices.models import (
    AdditionalEmail,
    Address,
    Attachment,
    AutoInvoice,
    AutoPayment,
    BacsDirectDebit,
    BecsDirectDebit,
    BusinessDetails,
    Card,
    Cheque,
    ContactDetails,
    Discount,
    DiscountType,
    Estimate,
    EstimateItem,
    EstimateSend,
    EstimateStatus,
    EstimateStatusFilter,
    EstimateTemplate,
    EstimateTemplateUpdate,
    EstimateUpdate,
    FrequencySettings,
    Invoice,
    InvoiceItem,
    InvoiceSettings,
    InvoiceStatus,
    InvoiceUpdate,
    LateFeesConfiguration,
    LateFeesFrequency,
    LateFeesGrace,
    LateFeesMax,
    LineItemType,
    Month,
    PaymentMethods,
    PaymentMode,
    PaymentSchedule,
    PaymentScheduleConfig,
    PaymentScheduleDateConfig,
    PaymentScheduleRow,
    ProcessingFee,
    RecurrenceEnd,
    RecurrenceRule,
    Schedule,
    ScheduleOptions,
    ScheduleStatus,
    ScheduleUpdate,
    SendAction,
    SenderConfiguration,
    SentTo,
    SepaDirectDebit,
    StripePaymentMethod,
    Tax,
    Template,
    TemplateUpdate,
    Text2PayAction,
    TipsConfiguration,
    UsBankAccount,
    Weekday,
)

# -- clients -----------------------------------------------------------------------------------


async def clients(vault: Callable[[], Awaitable[str]]) -> None:
    with_text = InvoicesClient(token="pit-0000", location_id="ve9EPM428h8vShlRW1KT")
    assert_type(with_text, InvoicesClient)

    def from_file() -> str:
        return os.environ["TOKEN"]

    async def from_vault() -> str:
        return await vault()

    with_callable = InvoicesClient(token=from_file)
    with_async_callable = InvoicesClient(token=from_vault)
    await with_callable.aclose()
    await with_async_callable.aclose()

    def drifted(operation: str, drift: Drift) -> None:
        print(operation, drift.path, drift.kind, drift.detail)

    async with InvoicesClient(
        token=lambda: "pit-0000",
        location_id="ve9EPM428h8vShlRW1KT",
        defaults=LocationDefaults(
            live_mode=False,
            user_id="6a8fb2b0816b79f4fb264807",
            currency="USD",
            business_details=BusinessDetails(name="Example LLC"),
            timezone="America/Denver",
        ),
        base_url="https://services.leadconnectorhq.com",
        api_version="2021-07-28",
        timeout=20,
        transport=httpx.AsyncHTTPTransport(retries=0),
        on_drift=drifted,
    ) as client:
        assert_type(client, InvoicesClient)
        assert_type(client.location_id, str | None)
        other = client.location(
            "hC9EPM428h8vShlRW1KT", defaults=LocationDefaults(live_mode=True, currency="EUR")
        )
        assert_type(other, LocationClient)
        assert_type(await other.invoices.get("6a8fb2b0816b79f4fb264806"), Invoice)

    async with InvoicesClient.from_env(timeout=5) as from_env:
        assert_type(from_env, InvoicesClient)
    assert_type(hoopai_invoices.__version__, str)


def either_client(client: InvoicesClient | LocationClient, view: LocationClient) -> None:
    # A view serves wherever a function asks for a location's client; so does the client itself.
    views: list[LocationClient] = [client, view]
    print([each.location_id for each in views])


# -- parts that the resources share --------------------------------------------------------------


def parties() -> tuple[BusinessDetails, ContactDetails]:
    address = Address(
        address_line_1="1 Main St",
        address_line_2="Floor 2",
        city="Villa Rica",
        state="GA",
        country_code="US",
        postal_code="30180",
    )
    business = BusinessDetails(
        name="Example LLC",
        logo_url="https://example.com/logo.png",
        phone_no="+15555550100",
        website="example.com",
        address=address,
        custom_values=["VAT 0000"],
    )
    contact = ContactDetails(
        id="c1c1c1c1c1c1c1c1c1c1",
        name="Alex",
        email="alex@example.com",
        phone_no="+15555550101",
        company_name="Alex & Co",
        additional_emails=[AdditionalEmail(email="books@example.com")],
        address=address,
        custom_fields=["f1"],
    )
    assert_type(business.address, Address | None)
    assert_type(contact.email, str | None)
    return business, contact


def lines() -> list[InvoiceItem]:
    tax = Tax(id="t1", name="VAT", rate="19.5", calculation="exclusive", tax_id="DE000")
    assert_type(tax.rate, Decimal)
    return [
        InvoiceItem(name="One hour", currency="USD", amount=150, qty=1),
        InvoiceItem(name="Travel", currency="USD", amount="12.40", qty=Decimal("0.5"), taxes=[tax]),
        InvoiceItem(
            name="Licence",
            currency="USD",
            amount=Decimal("99.99"),
            qty=2,
            description="A year",
            product_id="p1",
            price_id="pr1",
            type=LineItemType.RECURRING,
            automatic_tax_category_id="digital",
            is_setup_fee_item=False,
            tax_inclusive=True,
        ),
    ]


def estimate_lines() -> list[EstimateItem]:
    line = EstimateItem(name="Roof", currency="USD", amount="15500.00", qty=24, type="one_time")
    line.amount = line.amount + 1
    line.type = LineItemType.ONE_TIME
    assert_type(line.amount, Decimal)
    assert_type(line.type, LineItemType)
    assert_type(line.id, str | None)
    return [line]


def late_fees() -> LateFeesConfiguration:
    return LateFeesConfiguration(
        enable=True,
        value="2.5",
        type="percentage",
        frequency=LateFeesFrequency(interval_count=1, interval="week"),
        grace=LateFeesGrace(interval_count=3, interval="day"),
        max_late_fees=LateFeesMax(type="fixed", value=50),
    )


def attachment() -> Attachment:
    return Attachment(
        id="a1", name="terms.pdf", url="https://example.com/terms.pdf", type="pdf", size=1024
    )


def monthly() -> ScheduleOptions:
    return ScheduleOptions(
        rrule=RecurrenceRule(
            interval_type="monthly",
            interval=1,
            start_date=date(2026, 9, 30),
            start_time="09:00:00",
            end_date=date(2027, 9, 30),
            day_of_month=30,
            day_of_week=Weekday.MO,
            month_of_year=Month.SEP,
            num_of_week=-1,
            count=12,
            days_before=2,
            end_type=RecurrenceEnd.AFTER,
        )
    )


def auto_payment() -> AutoPayment:
    return AutoPayment(
        enable=True,
        type="customer_card",
        payment_method_id="pm1",
        customer_id="cu1",
        card=Card(brand="visa", last4="4242"),
        us_bank_account=UsBankAccount(bank_name="Example Bank", last4="6789"),
        sepa_direct_debit=SepaDirectDebit(bank_code="37040044", last4="3000", branch_code="0"),
        bacs_direct_debit=BacsDirectDebit(sort_code="108800", last4="2345"),
        becs_direct_debit=BecsDirectDebit(bsb_number="000000", last4="3456"),
    )


tips = TipsConfiguration(tips_percentage=[5, "12.5", Decimal(20)], tips_enabled=True)
payment_methods = PaymentMethods(stripe=StripePaymentMethod(enable_bank_debit_only=False))
fees = ProcessingFee(charges=[])


# -- invoices ------------------------------------------------------------------------------------


async def invoices(client: InvoicesClient) -> Invoice:
    business, contact = parties()
    invoice = await client.invoices.create(
        key="job-1042",
        settle="wait",
        name="Coaching, March",
        title="INVOICE",
        currency="USD",
        business_details=business,
        contact_details=contact,
        items=lines(),
        discount=Discount(type=DiscountType.PERCENTAGE, value=10),
        issue_date=date(2026, 3, 1),
        due_date=date(2026, 3, 14),
        live_mode=False,
        sent_to=SentTo(
            email=["alex@example.com"], email_cc=[], email_bcc=[], phone_no=["+15555550101"]
        ),
        terms_notes="<p>Thank you</p>",
        invoice_number="1042",
        invoice_number_prefix="INV-",
        automatic_taxes_enabled=False,
        payment_schedule=PaymentSchedule(type="fixed", schedules=[{"value": 10}]),
        late_fees_configuration=late_fees(),
        tips_configuration=tips,
        payment_methods=payment_methods,
        attachments=[attachment()],
        miscellaneous_charges=fees,
        options=CallOptions(timeout=10, headers={"X-Job": "1042"}, send_unknown=False),
    )
    assert_type(invoice, Invoice)
    assert_type(await client.invoices.get(invoice.id), Invoice)
    assert_type(
        await client.invoices.update(
            invoice.id,
            name=invoice.name,
            currency=invoice.currency,
            items=invoice.items or [],
            issue_date=date(2026, 3, 1),
            due_date=date(2026, 3, 31),
            description="Two weeks more",
            contact_id="c1c1c1c1c1c1c1c1c1c1",
            xero_details={"invoiceId": "x1"},
        ),
        Invoice,
    )
    sent = await client.invoices.send(
        invoice.id,
        action="email",
        user_id="6a8fb2b0816b79f4fb264807",
        live_mode=False,
        sent_from=SenderConfiguration(from_name="Example", from_email="billing@example.com"),
        auto_payment=auto_payment(),
    )
    assert_type(sent, models.InvoiceSendResult)
    assert_type(sent.invoice.status, InvoiceStatus)
    await client.invoices.send(invoice.id, action=SendAction.SEND_MANUALLY, key="job-1042-sent")

    paid = await client.invoices.record_payment(
        invoice.id,
        mode="cheque",
        cheque=Cheque(number="000123"),
        amount=invoice.amount_due,
        notes="paid at the counter",
        fulfilled_at=datetime.now(UTC),
        payment_schedule_ids=["ps1"],
        meta={"till": 3},
        key="job-1042-paid",
        settle="defer",
    )
    assert_type(paid, models.RecordPaymentResult)
    assert_type(paid.success, bool)
    assert_type(paid.invoice.amount_paid, Decimal)
    card = Card(brand="visa", last4="4242")
    await client.invoices.record_payment(invoice.id, mode=PaymentMode.CARD, card=card, amount=10)
    await client.invoices.record_payment(invoice.id, mode="cash", amount="0.10")
    await client.invoices.record_payment(invoice.id, mode="cash", amount=Decimal("0.10"))

    late = await client.invoices.update_late_fees(invoice.id, late_fees_configuration=late_fees())
    assert_type(late.late_fees_configuration, LateFeesConfiguration | None)
    assert_type(await client.invoices.mark_visited(invoice.id), None)
    assert_type(await client.invoices.void(invoice.id), Invoice)
    number = await client.invoices.generate_number()
    assert_type(number.invoice_number, str)

    link = await client.invoices.text2pay(
        name="Quick one",
        currency="USD",
        items=lines(),
        contact_details=contact,
        issue_date=date.today(),
        due_date=date.today(),
        sent_to=SentTo(email=["alex@example.com"]),
        action=Text2PayAction.DRAFT,
        invoice_id=invoice.id,
        include_terms_note=True,
        user_id="6a8fb2b0816b79f4fb264807",
        live_mode=False,
    )
    assert_type(link.invoice_url, str)
    assert_type(link.invoice, Invoice)
    await client.invoices.delete(invoice.id, options=CallOptions(timeout=3.5))
    return invoice


async def settings(client: LocationClient) -> InvoiceSettings:
    found = await client.invoices.get_settings()
    assert_type(found, InvoiceSettings)
    assert_type(found.due_after_x_days, int | None)
    if found.reminder_settings is not None:
        for reminder in found.reminder_settings.reminders or []:
            assert_type(reminder.reminder_name, str | None)
    if found.custom_notification and found.custom_notification.customer_send_invoice:
        assert_type(found.custom_notification.customer_send_invoice.enabled, bool | None)
    return found


def reading(invoice: Invoice) -> None:
    assert_type(invoice.id, str)
    assert_type(invoice.status, models.InvoiceStatus)
    assert_type(invoice.live_mode, bool)
    assert_type(invoice.alt_id, str)
    assert_type(invoice.currency, str)
    assert_type(invoice.total, Decimal)
    assert_type(invoice.amount_paid, Decimal)
    assert_type(invoice.amount_due, Decimal)
    assert_type(invoice.title, str | None)
    assert_type(invoice.invoice_number, str | None)
    assert_type(invoice.issue_date, date | datetime | None)
    assert_type(invoice.due_date, date | datetime | None)
    assert_type(invoice.created_at, datetime | None)
    assert_type(invoice.items, list[InvoiceItem] | None)
    assert_type(invoice.contact_details, ContactDetails | None)
    assert_type(invoice.discount, Discount | None)
    assert_type(invoice.extra, dict[str, Any])
    assert_type(invoice.status.is_known, bool)
    for item in invoice.items or []:
        assert_type(item.amount, Decimal)
        assert_type(item.qty, Decimal)
        assert_type(item.type, LineItemType | None)
        assert_type(item.taxes, list[Tax] | None)
        item.amount = Decimal("12.00")
    if invoice.discount is not None:
        assert_type(invoice.discount.type, DiscountType)
        assert_type(invoice.discount.value, Decimal | None)
    if invoice.contact_details is not None and invoice.contact_details.address is not None:
        assert_type(invoice.contact_details.address.city, str | None)
    if invoice.status is InvoiceStatus.PAID:
        print(invoice.total.quantize(Decimal("0.01")), invoice.status.value)
    if invoice.status == "void" or invoice.status in ("sent", "viewed"):
        print(invoice.status)
    match invoice.status:
        case InvoiceStatus.DRAFT | InvoiceStatus.PARTIALLY_PAID:
            print("open")
        case status:
            print(status.upper())
    assert_type(invoice.to_dict(), dict[str, Any])
    print(json.dumps(invoice.to_dict(money=str)))
    assert_type(Invoice.from_dict({"_id": "1"}), Invoice)
    assert_type(hoopai_invoices.loads(b"{}"), Any)


# -- pagers --------------------------------------------------------------------------------------


async def lists(client: LocationClient, cursor: str | None) -> str:
    pager = client.invoices.list(
        status="sent",
        start_at=date(2026, 1, 1),
        end_at=date(2026, 12, 31),
        search="Alex",
        payment_mode="live",
        contact_id="c1c1c1c1c1c1c1c1c1c1",
        sort_field="issueDate",
        sort_order="descend",
        page_size=50,
        cursor=cursor,
        options=CallOptions(timeout=60),
    )
    assert_type(pager, Pager[Invoice])
    async for invoice in pager:
        assert_type(invoice, Invoice)
        print(invoice.invoice_number, invoice.amount_due)
    async for page in pager.pages():
        assert_type(page, Page[Invoice])
        assert_type(page.items, list[Invoice])
        assert_type(page.total, int | None)
        assert_type(page.offset, int)
    first = await pager.first()
    assert_type(first, Invoice | None)
    assert_type((await pager.first_page()).items, list[Invoice])
    assert_type(await pager.collect(), list[Invoice])
    assert_type(await pager.collect(limit=10), list[Invoice])
    viewed = [each.amount_due async for each in client.invoices.list(status=InvoiceStatus.VIEWED)]
    assert_type(sum(viewed, Decimal(0)), Decimal)

    assert_type(client.templates.list(status="any", payment_mode="test"), Pager[Template])
    assert_type(client.schedules.list(status=ScheduleStatus.ACTIVE), Pager[Schedule])
    assert_type(client.estimates.list(status="accepted"), Pager[Estimate])
    assert_type(client.estimates.list(status=EstimateStatusFilter.ALL), Pager[Estimate])
    assert_type(client.estimate_templates.list(search="Roof"), Pager[EstimateTemplate])
    assert_type(await client.estimate_templates.list().first(), EstimateTemplate | None)
    return pager.cursor


async def totals(pager: Pager[Estimate]) -> AsyncIterator[tuple[str, Decimal]]:
    async for estimate in pager:
        yield estimate.id, estimate.total


async def filtered(client: LocationClient, search: str | None) -> list[Invoice]:
    # A filter that is sometimes there: UNSET stands for "not given".
    given: str | Unset = UNSET if search is None else search
    return await client.invoices.list(search=given).collect(limit=100)


# -- templates -----------------------------------------------------------------------------------


async def templates(client: LocationClient) -> None:
    business, _ = parties()
    made = await client.templates.create(
        name="Coaching",
        currency="USD",
        business_details=business,
        items=lines(),
        internal=False,
        discount=Discount(type="fixed", value="5"),
        tips_configuration=tips,
        late_fees_configuration=late_fees(),
        payment_methods=payment_methods,
        attachments=["https://example.com/terms.pdf"],
        key="template-coaching",
    )
    assert_type(made, Template)
    assert_type(made.total, Decimal)
    assert_type(await client.templates.get(made.id), Template)
    assert_type(
        await client.templates.update(
            made.id,
            name="Coaching 2",
            currency="USD",
            business_details=BusinessDetails(name="Example LLC"),
            items=lines(),
        ),
        Template,
    )
    await client.templates.update_late_fees(made.id, late_fees_configuration=late_fees())
    changed = await client.templates.update_payment_methods(
        made.id, payment_methods=payment_methods
    )
    assert_type(changed.payment_methods, PaymentMethods | None)
    await client.templates.delete(made.id)


# -- schedules -----------------------------------------------------------------------------------


async def schedules(client: LocationClient) -> None:
    business, contact = parties()
    made = await client.schedules.create(
        name="Monthly plan",
        contact_details=contact,
        schedule=monthly(),
        items=lines(),
        business_details=business,
        currency="USD",
        live_mode=True,
        discount=Discount(type="percentage", value=0),
        invoice_number_prefix="CC-",
        key="plan-7",
    )
    assert_type(made, Schedule)
    assert_type(made.status, ScheduleStatus)
    assert_type(made.invoices, list[Invoice | str] | None)
    for issued in made.invoices or []:
        print(issued if isinstance(issued, str) else issued.total)
    once = ScheduleOptions(execute_at=datetime(2026, 9, 30, 9, tzinfo=UTC))
    await client.schedules.update(
        made.id,
        name=made.name,
        currency="USD",
        business_details=BusinessDetails(name="Example LLC"),
        live_mode=False,
        contact_details=contact,
        schedule=once,
        items=lines(),
    )
    assert_type(await client.schedules.get(made.id), Schedule)
    assert_type(await client.schedules.start(made.id), Schedule)
    await client.schedules.start(made.id, live_mode=True, auto_payment=auto_payment())
    assert_type(await client.schedules.update_and_start(made.id), Schedule)
    await client.schedules.update_and_start(made.id, name="Weekly plan", schedule=once)
    await client.schedules.set_auto_payment(made.id, auto_payment=AutoPayment(enable=False))
    stopped = await client.schedules.cancel(made.id)
    assert_type(stopped.auto_payment, AutoPayment | None)
    await client.schedules.delete(made.id)


# -- estimates -----------------------------------------------------------------------------------


async def estimates(client: LocationClient) -> Invoice:
    business, contact = parties()
    made = await client.estimates.create(
        name="New roof",
        title="Estimate",
        currency="USD",
        business_details=business,
        contact_details=contact,
        items=estimate_lines(),
        issue_date=date(2026, 8, 26),
        expiry_date=date(2026, 9, 25),
        discount=Discount(type="percentage", value="2.5", valid_on_product_ids=["p1"]),
        frequency_settings=FrequencySettings(enabled=True, schedule=monthly()),
        live_mode=False,
        terms_notes="Valid for a month",
        estimate_number=5,
        estimate_number_prefix="EST-",
        sent_to=SentTo(email=["alex@example.com"]),
        meta={"source": "web"},
        send_estimate_details=EstimateSend(action="email", estimate_name="New roof"),
        user_id="6a8fb2b0816b79f4fb264807",
        attachments=[attachment()],
        auto_invoice=AutoInvoice(enabled=True, direct_payments=False),
        payment_schedule_config=PaymentScheduleConfig(
            type="percentage",
            date_config=PaymentScheduleDateConfig(
                deposit_date_type="estimate_accepted", schedule_date_type="regular_interval"
            ),
            schedules=[PaymentScheduleRow(value=50), PaymentScheduleRow(value="50.00")],
        ),
        key="roof-9",
    )
    assert_type(made, Estimate)
    assert_type(made.id, str)
    assert_type(made.estimate_status, EstimateStatus)
    assert_type(made.items, list[EstimateItem])
    assert_type(made.estimate_number, int | None)
    assert_type(made.totalamount_in_usd, Decimal | None)
    assert_type(made.expiry_date, date | datetime | None)
    assert_type(
        await client.estimates.update(
            made.id,
            name=made.name,
            title=made.title or "Estimate",
            contact_details=contact,
            items=made.items,
            issue_date=date(2026, 8, 26),
            expiry_date=date(2026, 10, 25),
            estimate_status=EstimateStatus.SENT,
            currency="USD",
            business_details=BusinessDetails(name="Example LLC"),
        ),
        Estimate,
    )
    sent = await client.estimates.send(made.id, action="sms_and_email", live_mode=False)
    assert_type(sent, Estimate)
    await client.estimates.mark_visited(made.id)
    assert_type((await client.estimates.generate_number()).estimate_number, int)
    billed = await client.estimates.create_invoice(made.id, mark_as_invoiced=True, version="v2")
    assert_type(billed.estimate, Estimate)
    assert_type(billed.invoice, Invoice)
    await client.estimates.delete(made.id)
    return billed.invoice


async def estimate_templates(client: LocationClient) -> EstimateTemplate:
    made = await client.estimate_templates.create(
        name="Roof",
        currency="USD",
        items=estimate_lines(),
        live_mode=False,
        title="Estimate",
        miscellaneous_charges=fees,
    )
    await client.estimate_templates.update(
        made.id,
        name="Roof 2",
        items=estimate_lines(),
        currency="USD",
        business_details=BusinessDetails(name="Example LLC"),
        live_mode=False,
    )
    shown = await client.estimate_templates.preview(made.id)
    assert_type(shown, EstimateTemplate)
    assert_type(shown.items, list[EstimateItem] | None)
    await client.estimate_templates.delete(made.id)
    return shown


# -- flows ---------------------------------------------------------------------------------------


async def flows(client: LocationClient, estimate: Estimate, webhook: asyncio.Event) -> None:
    async for late in client.flows.overdue():
        assert_type(late, Invoice)
    owed = [each.amount_due async for each in client.flows.overdue(as_of=date(2026, 3, 31))]
    assert_type(sum(owed, Decimal(0)), Decimal)
    async with aclosing(client.flows.overdue(options=CallOptions(timeout=60))) as found:
        assert_type(await anext(found), Invoice)
    try:
        accepted = await client.flows.wait_until_accepted(
            estimate, timeout=3600, longest_pause=30, wake=webhook, options=CallOptions(timeout=5)
        )
        assert_type(accepted, Estimate)
        assert_type(await client.flows.wait_until_accepted(accepted.id), Estimate)
        paid = await client.flows.wait_until_paid("6a8fb2b0816b79f4fb264806", timeout=0.5)
        assert_type(paid, Invoice)
        assert_type(await client.flows.wait_until_paid(paid, wake=webhook), Invoice)
    except errors.EstimateDeclined as error:
        print(error.record, error.hint)
    except errors.WaitTimeout as error:
        assert_type(error.record, Any)
    except errors.FlowError as error:
        assert_type(error.message, str)


# -- edits ---------------------------------------------------------------------------------------


async def edits(client: LocationClient, known: Estimate) -> None:
    async with client.invoices.edit("6a8fb2b0816b79f4fb264806") as draft:
        assert_type(draft, InvoiceUpdate)
        draft.items[0].qty = Decimal(3)
        draft.terms_notes = UNSET
    edit = client.estimates.edit(known, options=CallOptions(timeout=10))
    async with edit as offer:
        assert_type(offer, EstimateUpdate)
        assert_type(edit.record, Estimate)
        offer.expiry_date = date(2026, 10, 25)
        offer.items.append(estimate_lines()[0])
    assert_type(edit.record.total, Decimal)
    assert_type(edit.changed, bool)
    async with client.templates.edit("t1") as template:
        assert_type(template, TemplateUpdate)
    async with client.schedules.edit("s1") as schedule:
        assert_type(schedule, ScheduleUpdate)
    async with client.estimate_templates.edit("et1") as estimate_template:
        assert_type(estimate_template, EstimateTemplateUpdate)
    assert_type(await client.estimates.get("e1", scan=False), Estimate)
    found = await client.invoices.find(number="INV-000042", start_at=date(2026, 1, 1))
    assert_type(found, Invoice | None)


# -- errors --------------------------------------------------------------------------------------


async def with_errors(client: LocationClient) -> str | None:
    try:
        await client.invoices.get("6a8fb2b0816b79f4fb264806")
    except InvalidRequestError as error:
        assert_type(error.path, str)
        return error.hint
    except MissingScopeError as error:
        return ", ".join(error.scopes)
    except DailyQuotaExceeded as error:
        assert_type(error.quota, dict[str, int])
    except RateLimitError as error:
        assert_type(error.retry_after, float | None)
    except (NotFoundError, ConflictError) as error:
        return error.trace_id
    except APIStatusError as error:
        assert_type(error.status, int)
        assert_type(error.body, Any)
        assert_type(error.headers, dict[str, str])
        assert_type(error.trace_id, str | None)
    except APITimeoutError as error:
        return error.operation
    except APIConnectionError as error:
        return error.message
    except OutcomeUnknown as error:
        assert_type(error.location_id, str | None)
        assert_type(error.request, Any)
        assert_type(error.status, int | None)
    except DecodeError as error:
        assert_type(error.committed, bool)
        return error.body
    except ConfigurationError:
        raise
    except errors.ClientClosedError:
        return None
    except HoopAIError as error:
        assert_type(error.hint, str | None)
        assert_type(error.operation, str | None)
    return None
