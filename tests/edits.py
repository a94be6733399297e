"""Records of the five resources that are edited, with everything set, and clients to edit them."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date
from typing import Any, NamedTuple

from sandbox.support import new_box

from hoopai_invoices import InvoicesClient, LocationDefaults
from hoopai_invoices.models import (
    Address,
    Attachment,
    AutoInvoice,
    AutoPayment,
    BusinessDetails,
    ContactDetails,
    Discount,
    EstimateItem,
    EstimateSend,
    EstimateTemplateUpdate,
    EstimateUpdate,
    FrequencySettings,
    InvoiceItem,
    InvoiceUpdate,
    LateFeesConfiguration,
    LateFeesFrequency,
    PaymentMethods,
    PaymentSchedule,
    PaymentScheduleConfig,
    PaymentScheduleDateConfig,
    PaymentScheduleRow,
    ProcessingFee,
    RecurrenceRule,
    ScheduleOptions,
    ScheduleUpdate,
    SentTo,
    StripePaymentMethod,
    Tax,
    TemplateUpdate,
    TipsConfiguration,
)
from hoopai_invoices.sandbox import Sandbox

USER = "6a8fb2b0816b79f4fb264807"
TAX = Tax(id="t1", name="VAT", rate="19.5", calculation="exclusive", description="d", tax_id="DE0")
ADDRESS = Address(address_line_1="1 Main St", city="Villa Rica", country_code="US")
FEES = ProcessingFee(
    charges=[{"name": "Card", "charge": 3}],
    collected_miscellaneous_charges="1.50",
    paid_charges=[],
)
METHODS = PaymentMethods(stripe=StripePaymentMethod(enable_bank_debit_only=True))
TIPS = TipsConfiguration(tips_percentage=[5, "7.5"], tips_enabled=True)
LATE = LateFeesConfiguration(
    enable=True,
    value="2.5",
    type="percentage",
    frequency=LateFeesFrequency(interval_count=1, interval="week"),
)
PLAN = PaymentScheduleConfig(
    type="percentage",
    date_config=PaymentScheduleDateConfig(
        deposit_date_type="estimate_accepted", schedule_date_type="regular_interval"
    ),
    schedules=[PaymentScheduleRow(value=40), PaymentScheduleRow(value=60)],
)


def attachments(name: str) -> list[Attachment]:
    return [Attachment(id="a1", name=name, url="https://example.com/a", type="pdf", size=5)]


def line(kind: Callable[..., Any], name: str = "Roof", **more: Any) -> Any:
    """A line with everything that can be sent."""
    facts = {
        "currency": "USD",
        "amount": "12.40",
        "qty": "2.5",
        "type": "one_time",
        "description": "Slate",
        "product_id": "p1",
        "price_id": "pr1",
        "taxes": [TAX],
        "automatic_tax_category_id": "digital",
        "is_setup_fee_item": True,
        "tax_inclusive": True,
    }
    return kind(name=name, **facts | more)


def halves(first: int) -> PaymentSchedule:
    rows = [(first, "2026-09-10"), (100 - first, "2026-09-25")]
    parts = [{"value": value, "dueDate": day} for value, day in rows]
    return PaymentSchedule(type="percentage", schedules=parts)


def monthly(count: int) -> ScheduleOptions:
    rule = RecurrenceRule(
        interval_type="monthly", interval=1, start_date=date(2027, 1, 5), count=count
    )
    return ScheduleOptions(rrule=rule)


# Each field: what it is set to, and what it is changed to. No value is what the service assumes.
COMMON: dict[str, tuple[Any, Any]] = {
    "name": ("Coaching", "Roofing"),
    "currency": ("USD", "EUR"),
    "business_details": (
        BusinessDetails(name="Example LLC", phone_no="+15555550100", address=ADDRESS),
        BusinessDetails(name="Other LLC"),
    ),
    "discount": (Discount(type="percentage", value="2.5"), Discount(type="fixed", value=5)),
    "terms_notes": ("<p>Thank you</p>", "Valid for a month"),
    "title": ("Bill", "Offer"),
    "miscellaneous_charges": (FEES, ProcessingFee(charges=[])),
}
CONTACT = (
    ContactDetails(id="c1", name="Alex", email="a@example.com", address=ADDRESS),
    ContactDetails(id="c2", name="Kim"),
)
INVOICE_LINES = ([line(InvoiceItem)], [line(InvoiceItem), line(InvoiceItem, "Gutter")])
ESTIMATE_LINES = (
    [line(EstimateItem, attachments=["https://example.com/b"])],
    [line(EstimateItem), line(EstimateItem, "Gutter")],
)
ATTACHED = (attachments("Plan"), attachments("Photo"))


class Case(NamedTuple):
    """One of the five resources that are edited."""

    kind: Any
    """What the sandbox calls its records."""
    model: Any
    values: dict[str, tuple[Any, Any]]
    beside: dict[str, Any]
    """What only creation can say."""
    unseen: dict[str, str]
    """Fields of the update that no record shows, and why."""
    stay: frozenset[str] = frozenset()
    """Fields that the service keeps even when an update leaves them out."""


CASES = {
    "invoices": Case(
        "invoice",
        InvoiceUpdate,
        COMMON
        | {
            "contact_details": CONTACT,
            "items": INVOICE_LINES,
            "issue_date": (date(2026, 8, 26), date(2026, 8, 27)),
            "due_date": (date(2026, 9, 26), date(2026, 10, 1)),
            "description": ("March", "April"),
            "invoice_number": ("001042", "A-7"),
            "automatic_taxes_enabled": (True, False),
            "live_mode": (True, False),
            "payment_schedule": (halves(40), halves(30)),
            "tips_configuration": (TIPS, TipsConfiguration(tips_percentage=[], tips_enabled=False)),
            "xero_details": ({"invoiceId": "x1"}, {"invoiceId": "x2"}),
            "invoice_number_prefix": ("CC-", "DD-"),
            "payment_methods": (
                METHODS,
                PaymentMethods(stripe=StripePaymentMethod(enable_bank_debit_only=False)),
            ),
            "attachments": ATTACHED,
        },
        {"sent_to": SentTo(email=["a@example.com"]), "late_fees_configuration": LATE},
        {"contact_id": "records tell the contact in contact_details"},
        frozenset(["contact_details", "invoice_number"]),
    ),
    "templates": Case(
        "template",
        TemplateUpdate,
        COMMON | {"items": INVOICE_LINES, "internal": (True, False)},
        {
            "automatic_taxes_enabled": True,
            "tips_configuration": TIPS,
            "late_fees_configuration": LATE,
            "invoice_number_prefix": "CC-",
            "payment_methods": METHODS,
            "attachments": ["https://example.com/terms"],
        },
        {},
    ),
    "schedules": Case(
        "schedule",
        ScheduleUpdate,
        COMMON
        | {
            "contact_details": CONTACT,
            "items": INVOICE_LINES,
            "live_mode": (True, False),
            "schedule": (monthly(5), monthly(7)),
            "attachments": ATTACHED,
        },
        {
            "automatic_taxes_enabled": True,
            "tips_configuration": TIPS,
            "late_fees_configuration": LATE,
            "invoice_number_prefix": "CC-",
            "payment_methods": METHODS,
        },
        {},
    ),
    "estimates": Case(
        "estimate",
        EstimateUpdate,
        COMMON
        | {
            "contact_details": CONTACT,
            "items": ESTIMATE_LINES,
            "issue_date": (date(2026, 8, 26), date(2026, 8, 27)),
            "expiry_date": (date(2026, 9, 26), date(2026, 12, 1)),
            "frequency_settings": (
                FrequencySettings(enabled=True, schedule=monthly(5)),
                FrequencySettings(enabled=False),
            ),
            "live_mode": (False, True),
            "estimate_number": (7, 12),
            "sent_to": (SentTo(email=["a@example.com"]), SentTo(email=[])),
            "automatic_taxes_enabled": (True, False),
            "meta": ({"source": "web"}, {"source": ["app"]}),
            "estimate_number_prefix": ("CC-", "DD-"),
            "attachments": ATTACHED,
            "auto_invoice": (
                AutoInvoice(enabled=True, direct_payments=True),
                AutoInvoice(enabled=False),
            ),
            "payment_schedule_config": (
                PLAN,
                PaymentScheduleConfig(
                    type="percentage",
                    date_config=PLAN.date_config,
                    schedules=[PaymentScheduleRow(value=100)],
                ),
            ),
        },
        {"send_estimate_details": EstimateSend(action="email", live_mode=False, user_id=USER)},
        {
            "send_estimate_details": "it asks for the estimate to be sent, and isn't kept",
            "user_id": "it names who writes; records show it as updated_by",
            "estimate_status": "it is taken and ignored",
        },
        frozenset(["estimate_number"]),
    ),
    "estimate_templates": Case(
        "estimate_template",
        EstimateTemplateUpdate,
        COMMON
        | {
            "items": ESTIMATE_LINES,
            "live_mode": (False, True),
            "automatic_taxes_enabled": (True, False),
            "meta": ({"source": "web"}, {"source": ["app"]}),
            "estimate_number_prefix": ("CC-", "DD-"),
            "attachments": ATTACHED,
        },
        {},
        {"send_estimate_details": "no record shows it"},
    ),
}
NAMES = sorted(CASES)
FIELDS = [
    (name, row.name)
    for name, case in CASES.items()
    for row in case.model._fields
    if row.name not in case.unseen
]
# What the service works out from another field; the lines' own sums are among it.
SUMS = {"total", "invoiceTotal", "amountDue", "totalSummary", "totalamountInUSD", "paymentSchedule"}
FOLLOWS = {
    "items": SUMS,
    "discount": SUMS | {"invoiceItems", "items"},
    "currency": {"currencyOptions", "totalamountInUSD", "paymentSchedule"},
    "terms_notes": {"compiledTermsNotes"},
}


def key_of(name: str, field: str) -> str:
    """The JSON key of an update's field."""
    keys: dict[str, str] = {row.name: row.key for row in CASES[name].model._fields}
    return keys[field]


def values_of(name: str, /, **changes: Any) -> dict[str, Any]:
    return {field: pair[0] for field, pair in CASES[name].values.items()} | changes


def written(name: str) -> dict[str, Any]:
    """The JSON of an update that says everything."""
    found: dict[str, Any] = CASES[name].model(**values_of(name)).to_dict()
    return found


def stored(box: Sandbox, name: str) -> dict[str, Any]:
    """The newest record as the sandbox keeps it, without what every write moves."""
    record: dict[str, Any] = copy.deepcopy(box.created(CASES[name].kind)[-1].to_dict())
    del record["updatedAt"]
    for each in record.get("invoiceItems") or record["items"]:
        del each["_id"]  # lines are made anew
    return record


async def make(client: Any, name: str) -> Any:
    """A record with everything set, as far as the client has a way to set it."""
    case, resource = CASES[name], getattr(client, name)
    at_creation = {
        field: value
        for field, value in values_of(name).items()
        if not (name == "invoices" and field in ("description", "xero_details"))
    }
    record = await resource.create(**at_creation, **case.beside)
    if name == "invoices":
        await resource.update(record.id, **values_of(name))
        await resource.send(record.id, action="email", user_id=USER, live_mode=True)
    if name == "schedules":
        payment = AutoPayment(enable=False)
        await resource.set_auto_payment(record.id, auto_payment=payment)
    return record


@asynccontextmanager
async def opened(
    timezone: str | None = "America/Costa_Rica", zone: str | None = None, **settings: Any
) -> AsyncIterator[tuple[Sandbox, InvoicesClient]]:
    """A sandbox with a location in a zone, and a client that is told one (or none)."""
    async with new_box(limits=None, **settings) as box:
        if zone is not None:
            place = box.add_location(timezone=zone)
            box.location_id, box.token = place.id, box.add_token(locations=[place])
        defaults = LocationDefaults(timezone=timezone)
        async with box.client(defaults=defaults, rate_limit=None) as client:
            yield box, client


def calls_since(box: Sandbox, start: int) -> list[str]:
    return [call.partition(".")[2] for call in box.calls[start:]]


BARE: dict[str, Any] = {
    "_id": "e1",
    "name": "Roof",
    "currency": "USD",
    "total": 5,
    "status": "draft",
    "liveMode": False,
    "businessDetails": {"name": "Example LLC"},
    "contactDetails": {"id": "c1", "name": "Alex", "novelty": 1},
    "title": "Offer",
    "issueDate": "2026-08-26",
    "expiryDate": "2026-09-26",
    "dueDate": "2026-09-26",
    "discount": {"type": "percentage", "value": 10},
    "frequencySettings": {"enabled": True},
    "schedule": {"executeAt": "2027-01-05T09:00:00.000Z"},
    "items": [
        {
            **{"_id": "l1", "name": "Roof", "currency": "USD", "amount": 5, "qty": 1},
            **{"type": "one_time", "itemTotalTax": 1, "novelty": 2},
        }
    ],
    "novelty": 3,
}
BARE["invoiceItems"] = BARE["items"]
