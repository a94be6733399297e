"""What goes over the wire, operation by operation.

Everything expected is typed here and nothing is computed from the document or from the models, so
that a wrong key, a lost field or a value in another form has nowhere to hide.
"""

from __future__ import annotations

import enum
import inspect
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from recording import DEFAULTS, LEAST, LOCATION, TOKEN, Call, Recorder, client_of

from hoopai_invoices import CallOptions, InvoicesClient, LocationDefaults, Page, models
from hoopai_invoices.errors import InvalidRequestError
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
    ConversionVersion,
    Discount,
    DiscountType,
    EstimateItem,
    EstimateSend,
    EstimateStatus,
    EstimateStatusFilter,
    FrequencySettings,
    IntervalType,
    InvoiceItem,
    InvoiceStatus,
    LateFeeInterval,
    LateFeesConfiguration,
    LateFeesFrequency,
    LateFeesGrace,
    LateFeesMax,
    LineItemType,
    Month,
    PaidCharge,
    PaymentMethods,
    PaymentMode,
    PaymentModeFilter,
    PaymentSchedule,
    PaymentScheduleConfig,
    PaymentScheduleDateConfig,
    PaymentScheduleRow,
    ProcessingFee,
    RecurrenceRule,
    ScheduleOptions,
    ScheduleStatus,
    SendAction,
    SenderConfiguration,
    SentTo,
    SepaDirectDebit,
    SortOrder,
    StripePaymentMethod,
    Tax,
    Text2PayAction,
    TipsConfiguration,
    UsBankAccount,
)

pytestmark = pytest.mark.anyio

HERE = {"altId": "ve9EPM428h8vShlRW1KT", "altType": "location"}

# -- parts, each with every field that a request may carry, and their JSON beside them ---------------

ADDRESS = Address(
    address_line_1="9931 Beechwood",
    address_line_2="Flat 2",
    city="St. Houston",
    state="TX",
    country_code="US",
    postal_code="559-6993",
)
ADDRESS_JSON = {
    "addressLine1": "9931 Beechwood",
    "addressLine2": "Flat 2",
    "city": "St. Houston",
    "state": "TX",
    "countryCode": "US",
    "postalCode": "559-6993",
}
BUSINESS = BusinessDetails(
    logo_url="https://example.com/logo.png",
    name="Example LLC",
    phone_no="+12145596993",
    address=ADDRESS,
    website="https://example.com",
    custom_values=[{"name": "VAT", "fieldKey": "{{ custom_values.vat }}", "id": "v1", "value": 7}],
)
BUSINESS_JSON = {
    "logoUrl": "https://example.com/logo.png",
    "name": "Example LLC",
    "phoneNo": "+12145596993",
    "address": ADDRESS_JSON,
    "website": "https://example.com",
    "customValues": [
        {"name": "VAT", "fieldKey": "{{ custom_values.vat }}", "id": "v1", "value": 7}
    ],
}
CONTACT = ContactDetails(
    id="c1",
    name="Zoë",
    phone_no="+12145550000",
    email="zoe@example.com",
    additional_emails=[AdditionalEmail(email="books@example.com")],
    company_name="ABC Corp.",
    address=ADDRESS,
    custom_fields=["f1", "f2"],
)
CONTACT_JSON = {
    "id": "c1",
    "name": "Zoë",
    "phoneNo": "+12145550000",
    "email": "zoe@example.com",
    "additionalEmails": [{"email": "books@example.com"}],
    "companyName": "ABC Corp.",
    "address": ADDRESS_JSON,
    "customFields": ["f1", "f2"],
}
TAX = Tax(
    id="x1",
    name="VAT",
    rate=Decimal("7.250"),
    calculation="exclusive",
    description="State and city",
    tax_id="US-1",
)
TAX_JSON = {
    "_id": "x1",
    "name": "VAT",
    "rate": Decimal("7.250"),
    "calculation": "exclusive",
    "description": "State and city",
    "taxId": "US-1",
}
LINE = InvoiceItem(
    name="One hour",
    currency="USD",
    amount="99.90",
    qty=Decimal("1.5"),
    description="Coaching",
    product_id="p1",
    price_id="q1",
    taxes=[TAX],
    automatic_tax_category_id="a1",
    is_setup_fee_item=False,
    type="recurring",
    tax_inclusive=True,
)
LINE_JSON = {
    "name": "One hour",
    "currency": "USD",
    "amount": Decimal("99.90"),
    "qty": Decimal("1.5"),
    "description": "Coaching",
    "productId": "p1",
    "priceId": "q1",
    "taxes": [TAX_JSON],
    "automaticTaxCategoryId": "a1",
    "isSetupFeeItem": False,
    "type": "recurring",
    "taxInclusive": True,
}
SHORT = InvoiceItem(name="Travel", currency="USD", amount=20, qty="1")
SHORT_JSON = {"name": "Travel", "currency": "USD", "amount": 20, "qty": 1}
ESTIMATE_LINE = EstimateItem(
    name="Oak door",
    currency="USD",
    amount=Decimal("1250.00"),
    qty=2,
    type=LineItemType.ONE_TIME,
    description="Solid",
    product_id="p2",
    price_id="q2",
    taxes=[TAX],
    automatic_tax_category_id="a2",
    is_setup_fee_item=True,
    tax_inclusive=False,
    attachments=["https://example.com/door.png"],
)
ESTIMATE_LINE_JSON = {
    "name": "Oak door",
    "currency": "USD",
    "amount": Decimal("1250.00"),
    "qty": 2,
    "type": "one_time",
    "description": "Solid",
    "productId": "p2",
    "priceId": "q2",
    "taxes": [TAX_JSON],
    "automaticTaxCategoryId": "a2",
    "isSetupFeeItem": True,
    "taxInclusive": False,
    "attachments": ["https://example.com/door.png"],
}
DISCOUNT = Discount(type=DiscountType.FIXED, value="10.50", valid_on_product_ids=["p1"])
DISCOUNT_JSON = {"type": "fixed", "value": Decimal("10.50"), "validOnProductIds": ["p1"]}
SENT_TO = SentTo(
    email=["zoe@example.com"],
    email_cc=["cc@example.com"],
    email_bcc=["bcc@example.com"],
    phone_no=["+12145550000"],
)
SENT_TO_JSON = {
    "email": ["zoe@example.com"],
    "emailCc": ["cc@example.com"],
    "emailBcc": ["bcc@example.com"],
    "phoneNo": ["+12145550000"],
}
LATE_FEES = LateFeesConfiguration(
    enable=True,
    value="2.5",
    type="percentage",
    frequency=LateFeesFrequency(interval_count=2, interval=LateFeeInterval.WEEK),
    grace=LateFeesGrace(interval_count=3, interval="day"),
    max_late_fees=LateFeesMax(type="fixed", value=100),
)
LATE_FEES_JSON = {
    "enable": True,
    "value": Decimal("2.5"),
    "type": "percentage",
    "frequency": {"intervalCount": 2, "interval": "week"},
    "grace": {"intervalCount": 3, "interval": "day"},
    "maxLateFees": {"type": "fixed", "value": 100},
}
TIPS = TipsConfiguration(tips_percentage=[Decimal(5), Decimal("7.5")], tips_enabled=True)
TIPS_JSON = {"tipsPercentage": [5, Decimal("7.5")], "tipsEnabled": True}
PARTS = PaymentSchedule(
    type="percentage", schedules=[{"value": Decimal("33.3333"), "dueDate": "2026-03-14"}]
)
PARTS_JSON = {
    "type": "percentage",
    "schedules": [{"value": Decimal("33.3333"), "dueDate": "2026-03-14"}],
}
PAYMENT_METHODS = PaymentMethods(stripe=StripePaymentMethod(enable_bank_debit_only=True))
PAYMENT_METHODS_JSON = {"stripe": {"enableBankDebitOnly": True}}
ATTACHMENT = Attachment(
    id="f1", name="Terms.pdf", url="https://example.com/t.pdf", type="pdf", size=10000
)
ATTACHMENT_JSON = {
    "id": "f1",
    "name": "Terms.pdf",
    "url": "https://example.com/t.pdf",
    "type": "pdf",
    "size": 10000,
}
FEES = ProcessingFee(
    charges=[{"name": "Processing", "charge": Decimal("2.9"), "nested": [None, True, 1]}],
    collected_miscellaneous_charges="3.10",
    paid_charges=[PaidCharge(id="g1", name="Processing", charge=3, amount="3.10")],
)
FEES_JSON = {
    "charges": [{"name": "Processing", "charge": Decimal("2.9"), "nested": [None, True, 1]}],
    "collectedMiscellaneousCharges": Decimal("3.10"),
    "paidCharges": [
        {"_id": "g1", "name": "Processing", "charge": 3, "amount": Decimal("3.10")},
    ],
}
OPTIONS = ScheduleOptions(
    execute_at=datetime(2026, 3, 1, 10, 30, tzinfo=timezone(timedelta(hours=2))),
    rrule=RecurrenceRule(
        interval_type=IntervalType.MONTHLY,
        interval=2,
        start_date=date(2026, 3, 31),
        start_time="20:45:00",
        end_date=date(2027, 3, 31),
        end_time="18:45:00",
        day_of_month=31,
        day_of_week="mo",
        num_of_week=-1,
        month_of_year=Month.MAR,
        count=10,
        days_before=5,
        use_start_as_primary_user_accepted=True,
        end_type="by",
    ),
)
OPTIONS_JSON = {
    "executeAt": "2026-03-01T08:30:00.000Z",
    "rrule": {
        "intervalType": "monthly",
        "interval": 2,
        "startDate": "2026-03-31",
        "startTime": "20:45:00",
        "endDate": "2027-03-31",
        "endTime": "18:45:00",
        "dayOfMonth": 31,
        "dayOfWeek": "mo",
        "numOfWeek": -1,
        "monthOfYear": "mar",
        "count": 10,
        "daysBefore": 5,
        "useStartAsPrimaryUserAccepted": True,
        "endType": "by",
    },
}
AUTO_PAYMENT = AutoPayment(
    enable=True,
    type="us_bank_account",
    payment_method_id="m1",
    customer_id="k1",
    card=Card(brand="visa", last4="4242"),
    us_bank_account=UsBankAccount(bank_name="First", last4="6789"),
    sepa_direct_debit=SepaDirectDebit(bank_code="370400", last4="3000", branch_code="44"),
    bacs_direct_debit=BacsDirectDebit(sort_code="108800", last4="2345"),
    becs_direct_debit=BecsDirectDebit(bsb_number="000000", last4="3456"),
    card_id="n1",
    provider={"type": "stripe"},
)
# What describes a bank account is in snake case on the wire too.
AUTO_PAYMENT_JSON = {
    "enable": True,
    "type": "us_bank_account",
    "paymentMethodId": "m1",
    "customerId": "k1",
    "card": {"brand": "visa", "last4": "4242"},
    "usBankAccount": {"bank_name": "First", "last4": "6789"},
    "sepaDirectDebit": {"bank_code": "370400", "last4": "3000", "branch_code": "44"},
    "bacsDirectDebit": {"sort_code": "108800", "last4": "2345"},
    "becsDirectDebit": {"bsb_number": "000000", "last4": "3456"},
    "cardId": "n1",
    "provider": {"type": "stripe"},
}
SENDER = SenderConfiguration(from_name="Alex", from_email="alex@example.com")
SENDER_JSON = {"fromName": "Alex", "fromEmail": "alex@example.com"}
ESTIMATE_SEND = EstimateSend(
    action=SendAction.SMS_AND_EMAIL,
    live_mode=True,
    user_id="u2",
    sent_from=SENDER,
    estimate_name="Kitchen",
)
# The service wants the location inside this part as well.
ESTIMATE_SEND_JSON = {
    **HERE,
    "action": "sms_and_email",
    "liveMode": True,
    "userId": "u2",
    "sentFrom": SENDER_JSON,
    "estimateName": "Kitchen",
}
CONFIG = PaymentScheduleConfig(
    type="fixed",
    date_config=PaymentScheduleDateConfig(
        deposit_date_type="estimate_accepted", schedule_date_type="regular_interval"
    ),
    schedules=[PaymentScheduleRow(value="33.3333"), PaymentScheduleRow(value=67)],
)
CONFIG_JSON = {
    "type": "fixed",
    "dateConfig": {"depositDateType": "estimate_accepted", "scheduleDateType": "regular_interval"},
    "schedules": [{"value": Decimal("33.3333")}, {"value": 67}],
}

# What the least calls have in common.
PLAIN_LINE = {"name": "One hour", "currency": "USD", "amount": 150, "qty": 1}
PLAIN_ESTIMATE_LINE = {**PLAIN_LINE, "type": "one_time"}
PLAIN_CONTACT = {"id": "c1", "name": "Alex"}
PLAIN_LATE_FEES = {
    "enable": True,
    "value": 5,
    "type": "fixed",
    "frequency": {"intervalCount": 1, "interval": "week"},
}
FROM_DEFAULTS = {"currency": "USD", "businessDetails": {"name": "Example LLC"}}
NO_DISCOUNT = {"type": "percentage", "value": 0}


@dataclass(frozen=True)
class Row:
    """One call and its request; `answer` is what the method gives back."""

    name: str
    call: Call
    method: str
    path: str
    query: Mapping[str, str]
    body: Mapping[str, Any] | None
    answer: type | None


# -- every operation with every keyword that it has --------------------------------------------------

WHOLE = [
    Row(
        "invoices.create",
        lambda client: client.invoices.create(
            name="March",
            items=[LINE, SHORT],
            contact_details=CONTACT,
            issue_date=date(2026, 3, 1),
            business_details=BUSINESS,
            currency="EUR",
            live_mode=True,
            discount=DISCOUNT,
            terms_notes="<p>Net 14</p>",
            title="INVOICE",
            invoice_number="1001",
            due_date=date(2026, 3, 14),
            sent_to=SENT_TO,
            automatic_taxes_enabled=False,
            payment_schedule=PARTS,
            late_fees_configuration=LATE_FEES,
            tips_configuration=TIPS,
            invoice_number_prefix="INV-",
            payment_methods=PAYMENT_METHODS,
            attachments=[ATTACHMENT],
            miscellaneous_charges=FEES,
        ),
        "POST",
        "/invoices/",
        {},
        {
            **HERE,
            "name": "March",
            "items": [LINE_JSON, SHORT_JSON],
            "contactDetails": CONTACT_JSON,
            "issueDate": "2026-03-01",
            "businessDetails": BUSINESS_JSON,
            "currency": "EUR",
            "liveMode": True,
            "discount": DISCOUNT_JSON,
            "termsNotes": "<p>Net 14</p>",
            "title": "INVOICE",
            "invoiceNumber": "1001",
            "dueDate": "2026-03-14",
            "sentTo": SENT_TO_JSON,
            "automaticTaxesEnabled": False,
            "paymentSchedule": PARTS_JSON,
            "lateFeesConfiguration": LATE_FEES_JSON,
            "tipsConfiguration": TIPS_JSON,
            "invoiceNumberPrefix": "INV-",
            "paymentMethods": PAYMENT_METHODS_JSON,
            "attachments": [ATTACHMENT_JSON],
            "miscellaneousCharges": FEES_JSON,
        },
        models.Invoice,
    ),
    Row(
        "invoices.list",
        lambda client: client.invoices.list(
            status=InvoiceStatus.PARTIALLY_PAID,
            start_at=date(2026, 1, 1),
            end_at=date(2026, 12, 31),
            search="Zoë & co/50%+",
            payment_mode="live",
            contact_id="c1",
            sort_field="issueDate",
            sort_order=SortOrder.DESCEND,
            page_size=25,
            cursor="50",
        ).first_page(),
        "GET",
        "/invoices/",
        {
            **HERE,
            "status": "partially_paid",
            "startAt": "2026-01-01",
            "endAt": "2026-12-31",
            "search": "Zoë & co/50%+",
            "paymentMode": "live",
            "contactId": "c1",
            "sortField": "issueDate",
            "sortOrder": "descend",
            "limit": "25",
            "offset": "50",
        },
        None,
        Page,
    ),
    Row(
        "invoices.get",
        lambda client: client.invoices.get("6578278e879ad2646715ba9c"),
        "GET",
        "/invoices/6578278e879ad2646715ba9c",
        HERE,
        None,
        models.Invoice,
    ),
    Row(
        "invoices.update",
        lambda client: client.invoices.update(
            "i1",
            name="March",
            items=[LINE, SHORT],
            issue_date=date(2026, 3, 1),
            due_date=date(2026, 3, 14),
            currency="EUR",
            title="INVOICE",
            description="Coaching in March",
            business_details=BUSINESS,
            invoice_number="1001",
            contact_id="c9",
            contact_details=CONTACT,
            terms_notes="",
            discount=DISCOUNT,
            automatic_taxes_enabled=True,
            live_mode=True,
            payment_schedule=PARTS,
            tips_configuration=TIPS,
            xero_details={"id": "z1"},
            invoice_number_prefix="INV-",
            payment_methods=PAYMENT_METHODS,
            attachments=[],
            miscellaneous_charges=FEES,
        ),
        "PUT",
        "/invoices/i1",
        {},
        {
            **HERE,
            "name": "March",
            "invoiceItems": [LINE_JSON, SHORT_JSON],
            "issueDate": "2026-03-01",
            "dueDate": "2026-03-14",
            "currency": "EUR",
            "title": "INVOICE",
            "description": "Coaching in March",
            "businessDetails": BUSINESS_JSON,
            "invoiceNumber": "1001",
            "contactId": "c9",
            "contactDetails": CONTACT_JSON,
            "termsNotes": "",
            "discount": DISCOUNT_JSON,
            "automaticTaxesEnabled": True,
            "liveMode": True,
            "paymentSchedule": PARTS_JSON,
            "tipsConfiguration": TIPS_JSON,
            "xeroDetails": {"id": "z1"},
            "invoiceNumberPrefix": "INV-",
            "paymentMethods": PAYMENT_METHODS_JSON,
            "attachments": [],
            "miscellaneousCharges": FEES_JSON,
        },
        models.Invoice,
    ),
    Row(
        "invoices.delete",
        lambda client: client.invoices.delete("i1"),
        "DELETE",
        "/invoices/i1",
        HERE,
        None,
        None,
    ),
    Row(
        "invoices.send",
        lambda client: client.invoices.send(
            "i1",
            action=SendAction.SMS_AND_EMAIL,
            user_id="u2",
            live_mode=True,
            sent_from=SENDER,
            auto_payment=AUTO_PAYMENT,
        ),
        "POST",
        "/invoices/i1/send",
        {},
        {
            **HERE,
            "action": "sms_and_email",
            "userId": "u2",
            "liveMode": True,
            "sentFrom": SENDER_JSON,
            "autoPayment": AUTO_PAYMENT_JSON,
        },
        models.InvoiceSendResult,
    ),
    Row(
        "invoices.void",
        lambda client: client.invoices.void("i1"),
        "POST",
        "/invoices/i1/void",
        {},
        HERE,
        models.Invoice,
    ),
    Row(
        "invoices.record_payment",
        lambda client: client.invoices.record_payment(
            "i1",
            mode=PaymentMode.CHEQUE,
            card=Card(brand="visa", last4="4242"),
            cheque=Cheque(number="129-129"),
            notes="Paid at the desk",
            amount=Decimal("0.10"),
            meta={"receipt": "r-7", "parts": [Decimal("0.05"), 5, None, False]},
            payment_schedule_ids=["n1", "n2"],
            fulfilled_at=datetime(2026, 3, 19, 5, 3, tzinfo=UTC),
        ),
        "POST",
        "/invoices/i1/record-payment",
        {},
        {
            **HERE,
            "mode": "cheque",
            "card": {"brand": "visa", "last4": "4242"},
            "cheque": {"number": "129-129"},
            "notes": "Paid at the desk",
            "amount": Decimal("0.10"),
            "meta": {"receipt": "r-7", "parts": [Decimal("0.05"), 5, None, False]},
            "paymentScheduleIds": ["n1", "n2"],
            "fulfilledAt": "2026-03-19T05:03:00.000Z",
        },
        models.RecordPaymentResult,
    ),
    Row(
        "invoices.update_late_fees",
        lambda client: client.invoices.update_late_fees("i1", late_fees_configuration=LATE_FEES),
        "PATCH",
        "/invoices/i1/late-fees-configuration",
        {},
        {**HERE, "lateFeesConfiguration": LATE_FEES_JSON},
        models.Invoice,
    ),
    Row(
        "invoices.generate_number",
        lambda client: client.invoices.generate_number(),
        "GET",
        "/invoices/generate-invoice-number",
        HERE,
        None,
        models.InvoiceNumber,
    ),
    Row(
        "invoices.get_settings",
        lambda client: client.invoices.get_settings(),
        "GET",
        "/invoices/settings",
        HERE,
        None,
        models.InvoiceSettings,
    ),
    Row(
        "invoices.mark_visited",
        lambda client: client.invoices.mark_visited("i1"),
        "PATCH",
        "/invoices/stats/last-visited-at",
        {},
        {"invoiceId": "i1"},
        None,
    ),
    Row(
        "invoices.text2pay",
        lambda client: client.invoices.text2pay(
            name="March",
            items=[SHORT],
            contact_details=CONTACT,
            issue_date=date(2026, 3, 1),
            sent_to=SENT_TO,
            action=Text2PayAction.SEND,
            currency="EUR",
            live_mode=True,
            user_id="u2",
            invoice_id="i1",
            terms_notes="<p>Net 14</p>",
            include_terms_note=True,
            title="INVOICE",
            invoice_number="1001",
            due_date=date(2026, 3, 14),
            automatic_taxes_enabled=False,
            payment_schedule=PARTS,
            late_fees_configuration=LATE_FEES,
            tips_configuration=TIPS,
            invoice_number_prefix="INV-",
            payment_methods=PAYMENT_METHODS,
            attachments=[ATTACHMENT],
            miscellaneous_charges=FEES,
            discount=DISCOUNT,
            business_details=BUSINESS,
        ),
        "POST",
        "/invoices/text2pay",
        {},
        {
            **HERE,
            "name": "March",
            "items": [SHORT_JSON],
            "contactDetails": CONTACT_JSON,
            "issueDate": "2026-03-01",
            "sentTo": SENT_TO_JSON,
            "action": "send",
            "currency": "EUR",
            "liveMode": True,
            "userId": "u2",
            "id": "i1",
            "termsNotes": "<p>Net 14</p>",
            "includeTermsNote": True,
            "title": "INVOICE",
            "invoiceNumber": "1001",
            "dueDate": "2026-03-14",
            "automaticTaxesEnabled": False,
            "paymentSchedule": PARTS_JSON,
            "lateFeesConfiguration": LATE_FEES_JSON,
            "tipsConfiguration": TIPS_JSON,
            "invoiceNumberPrefix": "INV-",
            "paymentMethods": PAYMENT_METHODS_JSON,
            "attachments": [ATTACHMENT_JSON],
            "miscellaneousCharges": FEES_JSON,
            "discount": DISCOUNT_JSON,
            "businessDetails": BUSINESS_JSON,
        },
        models.Text2PayResult,
    ),
    Row(
        "templates.create",
        lambda client: client.templates.create(
            name="Coaching",
            items=[LINE],
            business_details=BUSINESS,
            currency="EUR",
            internal=True,
            automatic_taxes_enabled=True,
            discount=DISCOUNT,
            terms_notes="<p>Net 14</p>",
            title="INVOICE",
            tips_configuration=TIPS,
            late_fees_configuration=LATE_FEES,
            invoice_number_prefix="INV-",
            payment_methods=PAYMENT_METHODS,
            # Texts here, objects everywhere else.
            attachments=["https://example.com/t.pdf"],
            miscellaneous_charges=FEES,
        ),
        "POST",
        "/invoices/template",
        {},
        {
            **HERE,
            "name": "Coaching",
            "items": [LINE_JSON],
            "businessDetails": BUSINESS_JSON,
            "currency": "EUR",
            "internal": True,
            "automaticTaxesEnabled": True,
            "discount": DISCOUNT_JSON,
            "termsNotes": "<p>Net 14</p>",
            "title": "INVOICE",
            "tipsConfiguration": TIPS_JSON,
            "lateFeesConfiguration": LATE_FEES_JSON,
            "invoiceNumberPrefix": "INV-",
            "paymentMethods": PAYMENT_METHODS_JSON,
            "attachments": ["https://example.com/t.pdf"],
            "miscellaneousCharges": FEES_JSON,
        },
        models.Template,
    ),
    Row(
        "templates.list",
        lambda client: client.templates.list(
            status="active",
            start_at=date(2026, 1, 1),
            end_at=date(2026, 12, 31),
            search="coaching",
            payment_mode=PaymentModeFilter.TEST,
            page_size=1,
            cursor="0",
        ).first_page(),
        "GET",
        "/invoices/template",
        {
            **HERE,
            "status": "active",
            "startAt": "2026-01-01",
            "endAt": "2026-12-31",
            "search": "coaching",
            "paymentMode": "test",
            "limit": "1",
            "offset": "0",
        },
        None,
        Page,
    ),
    Row(
        "templates.get",
        lambda client: client.templates.get("t1"),
        "GET",
        "/invoices/template/t1",
        HERE,
        None,
        models.Template,
    ),
    Row(
        "templates.update",
        lambda client: client.templates.update(
            "t1",
            name="Coaching",
            items=[LINE],
            business_details=BUSINESS,
            currency="EUR",
            internal=False,
            discount=DISCOUNT,
            terms_notes="<p>Net 14</p>",
            title="INVOICE",
            miscellaneous_charges=FEES,
        ),
        "PUT",
        "/invoices/template/t1",
        {},
        {
            **HERE,
            "name": "Coaching",
            "items": [LINE_JSON],
            "businessDetails": BUSINESS_JSON,
            "currency": "EUR",
            "internal": False,
            "discount": DISCOUNT_JSON,
            "termsNotes": "<p>Net 14</p>",
            "title": "INVOICE",
            "miscellaneousCharges": FEES_JSON,
        },
        models.Template,
    ),
    Row(
        "templates.delete",
        lambda client: client.templates.delete("t1"),
        "DELETE",
        "/invoices/template/t1",
        HERE,
        None,
        None,
    ),
    Row(
        "templates.update_late_fees",
        lambda client: client.templates.update_late_fees("t1", late_fees_configuration=LATE_FEES),
        "PATCH",
        "/invoices/template/t1/late-fees-configuration",
        {},
        {**HERE, "lateFeesConfiguration": LATE_FEES_JSON},
        models.Template,
    ),
    Row(
        "templates.update_payment_methods",
        lambda client: client.templates.update_payment_methods(
            "t1", payment_methods=PAYMENT_METHODS
        ),
        "PATCH",
        "/invoices/template/t1/payment-methods-configuration",
        {},
        {**HERE, "paymentMethods": PAYMENT_METHODS_JSON},
        models.Template,
    ),
    Row(
        "schedules.create",
        lambda client: client.schedules.create(
            name="Monthly",
            contact_details=CONTACT,
            schedule=OPTIONS,
            items=[LINE],
            live_mode=True,
            business_details=BUSINESS,
            currency="EUR",
            discount=DISCOUNT,
            automatic_taxes_enabled=True,
            terms_notes="<p>Net 14</p>",
            title="INVOICE",
            tips_configuration=TIPS,
            late_fees_configuration=LATE_FEES,
            invoice_number_prefix="INV-",
            payment_methods=PAYMENT_METHODS,
            attachments=[ATTACHMENT],
            miscellaneous_charges=FEES,
        ),
        "POST",
        "/invoices/schedule",
        {},
        {
            **HERE,
            "name": "Monthly",
            "contactDetails": CONTACT_JSON,
            "schedule": OPTIONS_JSON,
            "items": [LINE_JSON],
            "liveMode": True,
            "businessDetails": BUSINESS_JSON,
            "currency": "EUR",
            "discount": DISCOUNT_JSON,
            "automaticTaxesEnabled": True,
            "termsNotes": "<p>Net 14</p>",
            "title": "INVOICE",
            "tipsConfiguration": TIPS_JSON,
            "lateFeesConfiguration": LATE_FEES_JSON,
            "invoiceNumberPrefix": "INV-",
            "paymentMethods": PAYMENT_METHODS_JSON,
            "attachments": [ATTACHMENT_JSON],
            "miscellaneousCharges": FEES_JSON,
        },
        models.Schedule,
    ),
    Row(
        "schedules.list",
        lambda client: client.schedules.list(
            status=ScheduleStatus.ACTIVE,
            start_at=date(2026, 1, 1),
            end_at=date(2026, 12, 31),
            search="monthly",
            payment_mode="default",
            page_size=100,
            cursor="100",
        ).first_page(),
        "GET",
        "/invoices/schedule",
        {
            **HERE,
            "status": "active",
            "startAt": "2026-01-01",
            "endAt": "2026-12-31",
            "search": "monthly",
            "paymentMode": "default",
            "limit": "100",
            "offset": "100",
        },
        None,
        Page,
    ),
    Row(
        "schedules.get",
        lambda client: client.schedules.get("s1"),
        "GET",
        "/invoices/schedule/s1",
        HERE,
        None,
        models.Schedule,
    ),
    Row(
        "schedules.update",
        lambda client: client.schedules.update(
            "s1",
            name="Monthly",
            contact_details=CONTACT,
            schedule=OPTIONS,
            items=[LINE],
            live_mode=True,
            business_details=BUSINESS,
            currency="EUR",
            discount=DISCOUNT,
            terms_notes="<p>Net 14</p>",
            title="INVOICE",
            attachments=[ATTACHMENT],
            miscellaneous_charges=FEES,
        ),
        "PUT",
        "/invoices/schedule/s1",
        {},
        {
            **HERE,
            "name": "Monthly",
            "contactDetails": CONTACT_JSON,
            "schedule": OPTIONS_JSON,
            "items": [LINE_JSON],
            "liveMode": True,
            "businessDetails": BUSINESS_JSON,
            "currency": "EUR",
            "discount": DISCOUNT_JSON,
            "termsNotes": "<p>Net 14</p>",
            "title": "INVOICE",
            "attachments": [ATTACHMENT_JSON],
            "miscellaneousCharges": FEES_JSON,
        },
        models.Schedule,
    ),
    Row(
        "schedules.delete",
        lambda client: client.schedules.delete("s1"),
        "DELETE",
        "/invoices/schedule/s1",
        HERE,
        None,
        None,
    ),
    Row(
        "schedules.start",
        lambda client: client.schedules.start("s1", live_mode=True, auto_payment=AUTO_PAYMENT),
        "POST",
        "/invoices/schedule/s1/schedule",
        {},
        {**HERE, "liveMode": True, "autoPayment": AUTO_PAYMENT_JSON},
        models.Schedule,
    ),
    Row(
        "schedules.update_and_start",
        lambda client: client.schedules.update_and_start(
            "s1",
            name="Monthly",
            contact_details=CONTACT,
            schedule=OPTIONS,
            live_mode=True,
            business_details=BUSINESS,
            currency="EUR",
            items=[LINE],
            discount=DISCOUNT,
            terms_notes="<p>Net 14</p>",
            title="INVOICE",
            attachments=[ATTACHMENT],
            miscellaneous_charges=FEES,
        ),
        "POST",
        "/invoices/schedule/s1/updateAndSchedule",
        {},
        {
            **HERE,
            "name": "Monthly",
            "contactDetails": CONTACT_JSON,
            "schedule": OPTIONS_JSON,
            "liveMode": True,
            "businessDetails": BUSINESS_JSON,
            "currency": "EUR",
            "items": [LINE_JSON],
            "discount": DISCOUNT_JSON,
            "termsNotes": "<p>Net 14</p>",
            "title": "INVOICE",
            "attachments": [ATTACHMENT_JSON],
            "miscellaneousCharges": FEES_JSON,
        },
        models.Schedule,
    ),
    Row(
        "schedules.set_auto_payment",
        lambda client: client.schedules.set_auto_payment("s1", auto_payment=AUTO_PAYMENT),
        "POST",
        "/invoices/schedule/s1/auto-payment",
        {},
        {**HERE, "id": "s1", "autoPayment": AUTO_PAYMENT_JSON},
        models.Schedule,
    ),
    Row(
        "schedules.cancel",
        lambda client: client.schedules.cancel("s1"),
        "POST",
        "/invoices/schedule/s1/cancel",
        {},
        HERE,
        models.Schedule,
    ),
    Row(
        "estimates.create",
        lambda client: client.estimates.create(
            name="Kitchen",
            items=[ESTIMATE_LINE],
            title="ESTIMATE",
            contact_details=CONTACT,
            issue_date=date(2026, 8, 26),
            expiry_date=date(2026, 9, 25),
            business_details=BUSINESS,
            currency="EUR",
            discount=DISCOUNT,
            frequency_settings=FrequencySettings(enabled=True, schedule=OPTIONS),
            live_mode=True,
            terms_notes="<p>Valid 30 days</p>",
            estimate_number=1001,
            sent_to=SENT_TO,
            automatic_taxes_enabled=True,
            meta={"job": "j-7", "hours": Decimal("1.25")},
            send_estimate_details=ESTIMATE_SEND,
            estimate_number_prefix="EST-",
            user_id="u2",
            attachments=[ATTACHMENT],
            auto_invoice=AutoInvoice(enabled=True, direct_payments=False),
            miscellaneous_charges=FEES,
            payment_schedule_config=CONFIG,
        ),
        "POST",
        "/invoices/estimate",
        {},
        {
            **HERE,
            "name": "Kitchen",
            "items": [ESTIMATE_LINE_JSON],
            "title": "ESTIMATE",
            "contactDetails": CONTACT_JSON,
            "issueDate": "2026-08-26",
            "expiryDate": "2026-09-25",
            "businessDetails": BUSINESS_JSON,
            "currency": "EUR",
            "discount": DISCOUNT_JSON,
            "frequencySettings": {"enabled": True, "schedule": OPTIONS_JSON},
            "liveMode": True,
            "termsNotes": "<p>Valid 30 days</p>",
            "estimateNumber": 1001,
            "sentTo": SENT_TO_JSON,
            "automaticTaxesEnabled": True,
            "meta": {"job": "j-7", "hours": Decimal("1.25")},
            "sendEstimateDetails": ESTIMATE_SEND_JSON,
            "estimateNumberPrefix": "EST-",
            "userId": "u2",
            "attachments": [ATTACHMENT_JSON],
            "autoInvoice": {"enabled": True, "directPayments": False},
            "miscellaneousCharges": FEES_JSON,
            "paymentScheduleConfig": CONFIG_JSON,
        },
        models.Estimate,
    ),
    Row(
        "estimates.list",
        lambda client: client.estimates.list(
            start_at=date(2026, 1, 1),
            end_at=date(2026, 12, 31),
            search="kitchen",
            status=EstimateStatusFilter.ALL,
            contact_id="c1",
            page_size=10,
            cursor="20",
        ).first_page(),
        "GET",
        "/invoices/estimate/list",
        {
            **HERE,
            "startAt": "2026-01-01",
            "endAt": "2026-12-31",
            "search": "kitchen",
            "status": "all",
            "contactId": "c1",
            "limit": "10",
            "offset": "20",
        },
        None,
        Page,
    ),
    Row(
        "estimates.update",
        lambda client: client.estimates.update(
            "e1",
            name="Kitchen",
            items=[ESTIMATE_LINE],
            title="ESTIMATE",
            contact_details=CONTACT,
            issue_date=date(2026, 8, 26),
            expiry_date=date(2026, 9, 25),
            business_details=BUSINESS,
            currency="EUR",
            discount=DISCOUNT,
            frequency_settings=FrequencySettings(enabled=True, schedule=OPTIONS),
            live_mode=True,
            terms_notes="<p>Valid 30 days</p>",
            estimate_number=1001,
            sent_to=SENT_TO,
            automatic_taxes_enabled=False,
            meta={"job": "j-7"},
            send_estimate_details=ESTIMATE_SEND,
            estimate_number_prefix="EST-",
            user_id="u2",
            attachments=[ATTACHMENT],
            auto_invoice=AutoInvoice(enabled=False, direct_payments=True),
            miscellaneous_charges=FEES,
            payment_schedule_config=CONFIG,
            estimate_status=EstimateStatus.SENT,
        ),
        "PUT",
        "/invoices/estimate/e1",
        {},
        {
            **HERE,
            "name": "Kitchen",
            "items": [ESTIMATE_LINE_JSON],
            "title": "ESTIMATE",
            "contactDetails": CONTACT_JSON,
            "issueDate": "2026-08-26",
            "expiryDate": "2026-09-25",
            "businessDetails": BUSINESS_JSON,
            "currency": "EUR",
            "discount": DISCOUNT_JSON,
            "frequencySettings": {"enabled": True, "schedule": OPTIONS_JSON},
            "liveMode": True,
            "termsNotes": "<p>Valid 30 days</p>",
            "estimateNumber": 1001,
            "sentTo": SENT_TO_JSON,
            "automaticTaxesEnabled": False,
            "meta": {"job": "j-7"},
            "sendEstimateDetails": ESTIMATE_SEND_JSON,
            "estimateNumberPrefix": "EST-",
            "userId": "u2",
            "attachments": [ATTACHMENT_JSON],
            "autoInvoice": {"enabled": False, "directPayments": True},
            "miscellaneousCharges": FEES_JSON,
            "paymentScheduleConfig": CONFIG_JSON,
            "estimateStatus": "sent",
        },
        models.Estimate,
    ),
    Row(
        "estimates.delete",
        lambda client: client.estimates.delete("e1"),
        "DELETE",
        "/invoices/estimate/e1",
        {},
        HERE,
        None,
    ),
    Row(
        "estimates.send",
        lambda client: client.estimates.send(
            "e1",
            action="send_manually",
            live_mode=True,
            user_id="u2",
            sent_from=SENDER,
            estimate_name="Kitchen",
        ),
        "POST",
        "/invoices/estimate/e1/send",
        {},
        {
            **HERE,
            "action": "send_manually",
            "liveMode": True,
            "userId": "u2",
            "sentFrom": SENDER_JSON,
            "estimateName": "Kitchen",
        },
        models.Estimate,
    ),
    Row(
        "estimates.create_invoice",
        lambda client: client.estimates.create_invoice(
            "e1", mark_as_invoiced=False, version=ConversionVersion.V2
        ),
        "POST",
        "/invoices/estimate/e1/invoice",
        {},
        {**HERE, "markAsInvoiced": False, "version": "v2"},
        models.EstimateInvoiceResult,
    ),
    Row(
        "estimates.generate_number",
        lambda client: client.estimates.generate_number(),
        "GET",
        "/invoices/estimate/number/generate",
        HERE,
        None,
        models.EstimateNumber,
    ),
    Row(
        "estimates.mark_visited",
        lambda client: client.estimates.mark_visited("e1"),
        "PATCH",
        "/invoices/estimate/stats/last-visited-at",
        {},
        {"estimateId": "e1"},
        None,
    ),
    Row(
        "estimate_templates.create",
        lambda client: client.estimate_templates.create(
            name="Kitchen",
            items=[ESTIMATE_LINE],
            business_details=BUSINESS,
            currency="EUR",
            discount=DISCOUNT,
            live_mode=True,
            terms_notes="<p>Valid 30 days</p>",
            title="ESTIMATE",
            automatic_taxes_enabled=True,
            meta={"job": "j-7"},
            send_estimate_details=ESTIMATE_SEND,
            estimate_number_prefix="EST-",
            attachments=[ATTACHMENT],
            miscellaneous_charges=FEES,
        ),
        "POST",
        "/invoices/estimate/template",
        {},
        {
            **HERE,
            "name": "Kitchen",
            "items": [ESTIMATE_LINE_JSON],
            "businessDetails": BUSINESS_JSON,
            "currency": "EUR",
            "discount": DISCOUNT_JSON,
            "liveMode": True,
            "termsNotes": "<p>Valid 30 days</p>",
            "title": "ESTIMATE",
            "automaticTaxesEnabled": True,
            "meta": {"job": "j-7"},
            "sendEstimateDetails": ESTIMATE_SEND_JSON,
            "estimateNumberPrefix": "EST-",
            "attachments": [ATTACHMENT_JSON],
            "miscellaneousCharges": FEES_JSON,
        },
        models.EstimateTemplate,
    ),
    Row(
        "estimate_templates.list",
        lambda client: client.estimate_templates.list(
            search="kitchen", page_size=10, cursor="30"
        ).first_page(),
        "GET",
        "/invoices/estimate/template",
        {**HERE, "search": "kitchen", "limit": "10", "offset": "30"},
        None,
        Page,
    ),
    Row(
        "estimate_templates.update",
        lambda client: client.estimate_templates.update(
            "t1",
            name="Kitchen",
            items=[ESTIMATE_LINE],
            business_details=BUSINESS,
            currency="EUR",
            discount=DISCOUNT,
            live_mode=True,
            terms_notes="<p>Valid 30 days</p>",
            title="ESTIMATE",
            automatic_taxes_enabled=False,
            meta={"job": "j-7"},
            send_estimate_details=ESTIMATE_SEND,
            estimate_number_prefix="EST-",
            attachments=[ATTACHMENT],
            miscellaneous_charges=FEES,
        ),
        "PUT",
        "/invoices/estimate/template/t1",
        {},
        {
            **HERE,
            "name": "Kitchen",
            "items": [ESTIMATE_LINE_JSON],
            "businessDetails": BUSINESS_JSON,
            "currency": "EUR",
            "discount": DISCOUNT_JSON,
            "liveMode": True,
            "termsNotes": "<p>Valid 30 days</p>",
            "title": "ESTIMATE",
            "automaticTaxesEnabled": False,
            "meta": {"job": "j-7"},
            "sendEstimateDetails": ESTIMATE_SEND_JSON,
            "estimateNumberPrefix": "EST-",
            "attachments": [ATTACHMENT_JSON],
            "miscellaneousCharges": FEES_JSON,
        },
        models.EstimateTemplate,
    ),
    Row(
        "estimate_templates.delete",
        lambda client: client.estimate_templates.delete("t1"),
        "DELETE",
        "/invoices/estimate/template/t1",
        {},
        HERE,
        None,
    ),
    Row(
        "estimate_templates.preview",
        lambda client: client.estimate_templates.preview("t1"),
        "GET",
        "/invoices/estimate/template/preview",
        {**HERE, "templateId": "t1"},
        None,
        models.EstimateTemplate,
    ),
]

# -- the least that can be said: the rest comes from the location's defaults, or is sent for it ------

EVERY_PAGE = {**HERE, "limit": "100", "offset": "0"}
LEAST_ESTIMATE = {
    **HERE,
    **FROM_DEFAULTS,
    "name": "Kitchen",
    "items": [PLAIN_ESTIMATE_LINE],
    "title": "ESTIMATE",
    "contactDetails": PLAIN_CONTACT,
    "issueDate": "2026-03-01",
    "expiryDate": "2026-03-01",
    "liveMode": False,
    "userId": "u1",
    # The service asks for both even when there is neither.
    "discount": NO_DISCOUNT,
    "frequencySettings": {"enabled": False},
}
LEAST_SCHEDULE = {
    **HERE,
    **FROM_DEFAULTS,
    "name": "Monthly",
    "contactDetails": PLAIN_CONTACT,
    "schedule": {},
    "items": [PLAIN_LINE],
    "liveMode": False,
    "discount": NO_DISCOUNT,
}
LEAST_TEMPLATE = {**HERE, **FROM_DEFAULTS, "name": "Coaching", "items": [PLAIN_LINE]}
LEAST_ESTIMATE_TEMPLATE = {
    **HERE,
    **FROM_DEFAULTS,
    "name": "Kitchen",
    "items": [PLAIN_ESTIMATE_LINE],
    "liveMode": False,
    "discount": NO_DISCOUNT,
}
# Query and body; a call that isn't listed is already whole above.
LEAST_SENT: dict[str, tuple[Mapping[str, str], Mapping[str, Any] | None]] = {
    "invoices.create": (
        {},
        {
            **HERE,
            **FROM_DEFAULTS,
            "name": "March",
            "items": [PLAIN_LINE],
            "contactDetails": PLAIN_CONTACT,
            "issueDate": "2026-03-01",
            "liveMode": False,
        },
    ),
    "invoices.list": (EVERY_PAGE, None),
    "invoices.update": (
        {},
        {
            **HERE,
            "currency": "USD",
            "name": "March",
            "invoiceItems": [PLAIN_LINE],
            "issueDate": "2026-03-01",
            "dueDate": "2026-03-01",
            "liveMode": False,
        },
    ),
    "invoices.send": ({}, {**HERE, "action": "email", "userId": "u1", "liveMode": False}),
    "invoices.record_payment": ({}, {**HERE, "mode": "cash"}),
    "invoices.update_late_fees": ({}, {**HERE, "lateFeesConfiguration": PLAIN_LATE_FEES}),
    "invoices.text2pay": (
        {},
        {
            **HERE,
            **FROM_DEFAULTS,
            "name": "March",
            "items": [PLAIN_LINE],
            "contactDetails": PLAIN_CONTACT,
            "issueDate": "2026-03-01",
            "sentTo": {"email": ["alex@example.com"]},
            "action": "draft",
            "userId": "u1",
            "liveMode": False,
        },
    ),
    "templates.create": ({}, LEAST_TEMPLATE),
    "templates.list": (EVERY_PAGE, None),
    "templates.update": ({}, LEAST_TEMPLATE),
    "templates.update_late_fees": ({}, {**HERE, "lateFeesConfiguration": PLAIN_LATE_FEES}),
    "templates.update_payment_methods": ({}, HERE),
    "schedules.create": ({}, LEAST_SCHEDULE),
    "schedules.list": (EVERY_PAGE, None),
    "schedules.update": ({}, LEAST_SCHEDULE),
    # Without it the service fails.
    "schedules.start": ({}, {**HERE, "liveMode": False, "autoPayment": {"enable": False}}),
    "schedules.update_and_start": ({}, HERE),
    "schedules.set_auto_payment": ({}, {**HERE, "id": "s1", "autoPayment": {"enable": False}}),
    "estimates.create": ({}, LEAST_ESTIMATE),
    "estimates.list": (EVERY_PAGE, None),
    "estimates.update": (
        {},
        {key: value for key, value in LEAST_ESTIMATE.items() if key != "userId"},
    ),
    "estimates.send": ({}, {**HERE, "action": "sms", "userId": "u1", "liveMode": False}),
    "estimates.create_invoice": ({}, {**HERE, "markAsInvoiced": True}),
    "estimate_templates.create": ({}, LEAST_ESTIMATE_TEMPLATE),
    "estimate_templates.list": (EVERY_PAGE, None),
    "estimate_templates.update": ({}, LEAST_ESTIMATE_TEMPLATE),
}
BY_NAME = {row.name: row for row in WHOLE}
SPARE = [
    Row(name, LEAST[name], BY_NAME[name].method, BY_NAME[name].path, *sent, BY_NAME[name].answer)
    for name, sent in LEAST_SENT.items()
]


def exactly(value: object) -> str:
    """A text that tells 1 from True and from "1", and 1.5 from 1.50."""
    return json.dumps(value, sort_keys=True, default=lambda number: ["decimal", str(number)])


@pytest.mark.parametrize(
    "row",
    [*WHOLE, *SPARE],
    ids=[row.name for row in WHOLE] + [f"{row.name}-least" for row in SPARE],
)
async def test_the_request(row: Row) -> None:
    recorder = Recorder()
    async with client_of(recorder, defaults=DEFAULTS) as client:
        answer = await row.call(client)
    request = recorder.one
    assert (request.method, request.host) == (row.method, "https://services.leadconnectorhq.com")
    assert request.path == row.path
    assert dict(request.query) == row.query
    assert len(request.query) == len(row.query)
    assert request.body == row.body
    assert exactly(request.body) == exactly(row.body)
    headers = request.headers
    assert headers["authorization"] == "Bearer pit-recorded"
    assert headers["version"] == "2021-07-28"
    assert headers["accept"] == "application/json"
    assert headers["user-agent"].startswith("hoopai-invoices/")
    assert headers.get("content-type") == (None if row.body is None else "application/json")
    length = headers.get("content-length")
    assert length == (None if row.body is None else str(len(request.content)))
    assert "cookie" not in headers
    assert answer is None if row.answer is None else type(answer) is row.answer


def test_every_operation_is_among_them() -> None:
    assert len(WHOLE) == len(BY_NAME) == 42
    assert set(LEAST) == set(BY_NAME)


# What a positional argument fills besides the path.
FROM_POSITION = {
    "invoices.mark_visited": {"invoiceId"},
    "estimates.mark_visited": {"estimateId"},
    "estimate_templates.preview": {"templateId"},
    "schedules.set_auto_payment": {"id"},
}


@pytest.mark.parametrize("row", WHOLE, ids=list(BY_NAME))
def test_no_keyword_is_left_untried(row: Row) -> None:
    resource, _, name = row.name.partition(".")
    method = getattr(getattr(client_of(Recorder()), resource), name)
    parameters = inspect.signature(method).parameters.values()
    keywords = {one.name for one in parameters if one.kind is one.KEYWORD_ONLY}
    keys = {*row.query, *(row.body or {})} - {"altId", "altType"}
    # One keyword, one key: page_size is limit, and cursor is offset.
    assert len(keywords - {"options", "key", "settle", "prefetch"}) == len(
        keys - FROM_POSITION.get(row.name, set())
    )


@pytest.mark.parametrize(
    ("amount", "digits"),
    [
        (150, "150"),
        ("150", "150"),
        ("0.10", "0.10"),
        ("1e3", "1000"),
        (Decimal("150.00"), "150.00"),
        (Decimal("1E+2"), "100"),
        (Decimal("1E-9"), "0.000000001"),
        (Decimal("0.1") + Decimal("0.2"), "0.3"),
        (Decimal("99999999999999999999.99"), "99999999999999999999.99"),
    ],
)
async def test_an_amount_keeps_its_digits(amount: Decimal | int | str, digits: str) -> None:
    recorder = Recorder()
    async with client_of(recorder) as client:
        await client.invoices.record_payment("i1", mode="cash", amount=amount)
        line = InvoiceItem(name="One hour", currency="USD", amount=amount, qty=1)
        await client.templates.update(
            "t1", name="t", items=[line], currency="USD", business_details=BUSINESS
        )
    paid, line_sent = recorder.sent
    assert f'"amount":{digits}}}'.encode() in paid.content
    assert f'"amount":{digits},'.encode() in line_sent.content


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 3, 19, 5, 3, tzinfo=UTC), "2026-03-19T05:03:00.000Z"),
        (datetime(2026, 3, 19, 5, 3, 1, 250_000, tzinfo=UTC), "2026-03-19T05:03:01.250Z"),
        (datetime(2026, 3, 19, 5, 3, 1, 1, tzinfo=UTC), "2026-03-19T05:03:01.000001Z"),
        (
            datetime(2026, 3, 19, 22, tzinfo=timezone(timedelta(hours=-6))),
            "2026-03-20T04:00:00.000Z",
        ),
    ],
)
async def test_a_moment_is_sent_in_utc(moment: datetime, text: str) -> None:
    recorder = Recorder()
    async with client_of(recorder) as client:
        await client.invoices.record_payment("i1", mode="cash", fulfilled_at=moment)
    assert recorder.one.body["fulfilledAt"] == text


async def test_a_literal_and_its_member_are_the_same() -> None:
    recorder = Recorder()
    async with client_of(recorder) as client:
        await client.invoices.list(status="paid", sort_order="ascend").first()
        await client.invoices.list(status=InvoiceStatus.PAID, sort_order=SortOrder.ASCEND).first()
        await client.invoices.record_payment("i1", mode="bank_transfer")
        await client.invoices.record_payment("i1", mode=PaymentMode.BANK_TRANSFER)
    by_text, by_member, text, member = recorder.sent
    assert by_text.query == by_member.query
    assert ("status", "paid") in by_text.query
    assert text.content == member.content


class Words(str, enum.Enum):  # noqa: UP042 - what many programs still have, and not StrEnum
    """Texts of a program that uses the client; `str()` of a member is not its text."""

    TITLE = "INVOICE"


async def test_a_text_that_is_an_enum_of_the_caller_is_sent_as_its_value() -> None:
    recorder = Recorder()
    async with client_of(recorder, defaults=DEFAULTS) as client:
        await client.templates.create(name=Words.TITLE, items=[SHORT], title=Words.TITLE)
        await client.templates.list(search=Words.TITLE).first()
    created, listed = recorder.sent
    assert (created.body["name"], created.body["title"]) == ("INVOICE", "INVOICE")
    assert ("search", "INVOICE") in listed.query


async def test_first_fetches_one_record_and_the_pager_goes_on_from_its_cursor() -> None:
    recorder = Recorder()
    async with client_of(recorder) as client:
        await client.schedules.list(cursor="7").first()
        await client.schedules.list(cursor="7").collect()
    first, all_of_them = recorder.sent
    assert dict(first.query) == {**HERE, "limit": "1", "offset": "7"}
    assert dict(all_of_them.query) == {**HERE, "limit": "100", "offset": "7"}


async def test_what_only_answers_carry_is_not_sent_back() -> None:
    line = InvoiceItem.from_dict(
        {
            "_id": "l1",
            "name": "One hour",
            "currency": "USD",
            "amount": 150,
            "qty": 1,
            "taxes": [],
            "description": None,
            "attachments": ["https://example.com/a.png"],
            "itemTotalTax": 3,
            "itemTotalDiscount": 2,
            "itemUnitDiscount": 1,
            "brandNew": True,
        }
    )
    recorder = Recorder()
    async with client_of(recorder, defaults=DEFAULTS) as client:
        await client.templates.create(name="Coaching", items=[line])
    sent = {"name": "One hour", "currency": "USD", "amount": 150, "qty": 1, "taxes": []}
    assert exactly(recorder.one.body["items"]) == exactly([sent])


async def test_a_location_speaks_for_itself() -> None:
    recorder = Recorder()
    async with client_of(recorder, defaults=DEFAULTS) as client:
        branch = client.location("branch1")
        await branch.invoices.get("i1")
        # The client's defaults are its own location's: nobody is billed in another's name.
        with pytest.raises(InvalidRequestError, match="user_id"):
            await branch.invoices.send("i1", action="email")
        await branch.invoices.send("i1", action="email", user_id="u9", live_mode=True)
        own = client.location("branch2", defaults=LocationDefaults(live_mode=True, user_id="u7"))
        await own.estimates.send("e1", action="email")
        await own.estimates.delete("e1")
        await client.invoices.get("i1")
    read, sent, own_sent, deleted, again = recorder.sent
    assert dict(read.query) == {"altId": "branch1", "altType": "location"}
    there = {"altId": "branch1", "altType": "location"}
    assert sent.body == {**there, "action": "email", "userId": "u9", "liveMode": True}
    there = {"altId": "branch2", "altType": "location"}
    assert own_sent.body == {**there, "action": "email", "userId": "u7", "liveMode": True}
    assert deleted.body == there
    assert dict(again.query) == {"altId": LOCATION, "altType": "location"}


async def test_a_default_that_is_not_asked_for_stays_away_without_defaults() -> None:
    recorder = Recorder()
    async with client_of(recorder) as client:
        await client.invoices.update(
            "i1",
            name="March",
            items=[SHORT],
            issue_date=date(2026, 3, 1),
            due_date=date(2026, 3, 1),
            currency="USD",
            live_mode=False,
        )
    assert recorder.one.body == {
        **HERE,
        "name": "March",
        "invoiceItems": [SHORT_JSON],
        "issueDate": "2026-03-01",
        "dueDate": "2026-03-01",
        "currency": "USD",
        "liveMode": False,
    }


@pytest.mark.parametrize("name", ["accept", "Accept", "user-agent", "User-Agent"])
async def test_a_header_of_one_call_takes_the_place_of_the_clients(name: str) -> None:
    recorder = Recorder()
    options = CallOptions(headers={name: "mine", "X-Request-Id": "7"})
    async with client_of(recorder) as client:
        await client.invoices.get("i1", options=options)
        await client.invoices.get("i1")
    mine, usual = (sent.headers for sent in recorder.sent)
    assert mine[name.lower()] == "mine"
    assert mine["x-request-id"] == "7"
    assert mine["authorization"] == f"Bearer {TOKEN}"
    assert usual[name.lower()] != "mine"
    assert "x-request-id" not in usual


async def test_a_token_that_is_asked_for_and_another_address() -> None:
    recorder = Recorder()

    async def token() -> str:
        return "pit-asked\n"

    async with InvoicesClient(
        token=token,
        location_id=LOCATION,
        base_url="https://proxy.example.com/hoopai/",
        api_version="v3",
        transport=recorder,
    ) as client:
        await client.invoices.get("i1")
    request = recorder.one
    assert (request.host, request.path) == ("https://proxy.example.com", "/hoopai/invoices/i1")
    assert request.headers["authorization"] == "Bearer pit-asked"
    assert request.headers["version"] == "v3"


async def test_a_client_without_a_location_passes_its_defaults_on() -> None:
    recorder = Recorder()
    async with client_of(recorder, location_id=None, defaults=DEFAULTS) as client:
        await client.location("branch1").invoices.send("i1", action="email")
    there = {"altId": "branch1", "altType": "location"}
    assert recorder.one.body == {**there, "action": "email", "userId": "u1", "liveMode": False}
