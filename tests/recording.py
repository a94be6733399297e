"""A transport that keeps what would have gone over the wire, and answers from memory."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import httpx

from hoopai_invoices import InvoicesClient, LocationClient, LocationDefaults
from hoopai_invoices.models import (
    AutoPayment,
    BusinessDetails,
    ContactDetails,
    EstimateItem,
    InvoiceItem,
    LateFeesConfiguration,
    LateFeesFrequency,
    LineItemType,
    ScheduleOptions,
    SentTo,
)

TOKEN = "pit-recorded"
LOCATION = "ve9EPM428h8vShlRW1KT"

# Every list finds its page in it, and every record is read from it: nothing is asserted on it.
ANSWER = (
    b'{"_id": "r1", "success": true, "invoice": {}, "estimate": {}, "invoiceUrl": "u",'
    b' "invoices": [], "schedules": [], "estimates": [], "data": [],'
    b' "total": 0, "totalCount": 0}'
)


@dataclass(frozen=True)
class Sent:
    """One request as the service would read it.

    Attributes:
        method: The HTTP method.
        host: Scheme and host.
        path: The path, still percent-encoded.
        query: The parameters in their order; a repeated one shows up twice.
        headers: All headers, by their lower-case name.
        content: The body's bytes.
    """

    method: str
    host: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: dict[str, str]
    content: bytes

    @property
    def body(self) -> Any:
        """The JSON body with its numbers exact, or None when there is none."""
        return json.loads(self.content, parse_float=Decimal) if self.content else None


class Recorder(httpx.AsyncBaseTransport):
    """Keeps every request in `sent` and answers all of them alike."""

    def __init__(self, answer: bytes = ANSWER, status: int = 200) -> None:
        self.sent: list[Sent] = []
        self._answer = answer
        self._status = status

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        self.sent.append(
            Sent(
                method=request.method,
                host=f"{url.scheme}://{url.netloc.decode()}",
                path=url.raw_path.decode().partition("?")[0],
                query=tuple(httpx.QueryParams(url.query).multi_items()),
                headers=dict(request.headers),
                content=await request.aread(),
            )
        )
        return httpx.Response(self._status, content=self._answer)

    @property
    def one(self) -> Sent:
        """The request, when there was exactly one."""
        assert len(self.sent) == 1, self.sent
        return self.sent[0]


def client_of(
    recorder: Recorder,
    *,
    location_id: str | None = LOCATION,
    defaults: LocationDefaults | None = None,
) -> InvoicesClient:
    """A client whose requests go nowhere but into the recorder."""
    return InvoicesClient(
        token=TOKEN, location_id=location_id, defaults=defaults, transport=recorder
    )


Call = Callable[[LocationClient], Awaitable[object]]

MARCH = date(2026, 3, 1)
CONTACT = ContactDetails(id="c1", name="Alex")
LINE = InvoiceItem(name="One hour", currency="USD", amount=150, qty=1)
ESTIMATE_LINE = EstimateItem(
    name="One hour", currency="USD", amount=150, qty=1, type=LineItemType.ONE_TIME
)
LATE_FEES = LateFeesConfiguration(
    enable=True,
    value=5,
    type="fixed",
    frequency=LateFeesFrequency(interval_count=1, interval="week"),
)

SENDER = BusinessDetails(name="Example LLC")

# What every call for the location would repeat.
DEFAULTS = LocationDefaults(
    live_mode=False,
    user_id="u1",
    currency="USD",
    business_details=SENDER,
)

# Each operation with nothing but what it can't do without, the rest left to the defaults.
LEAST: dict[str, Call] = {
    "invoices.create": lambda client: client.invoices.create(
        name="March", items=[LINE], contact_details=CONTACT, issue_date=MARCH
    ),
    "invoices.list": lambda client: client.invoices.list().first_page(),
    "invoices.get": lambda client: client.invoices.get("i1"),
    "invoices.update": lambda client: client.invoices.update(
        "i1",
        name="March",
        items=[LINE],
        issue_date=MARCH,
        due_date=MARCH,
        currency="USD",
        live_mode=False,
    ),
    "invoices.delete": lambda client: client.invoices.delete("i1"),
    "invoices.send": lambda client: client.invoices.send("i1", action="email"),
    "invoices.void": lambda client: client.invoices.void("i1"),
    "invoices.record_payment": lambda client: client.invoices.record_payment("i1", mode="cash"),
    "invoices.update_late_fees": lambda client: client.invoices.update_late_fees(
        "i1", late_fees_configuration=LATE_FEES
    ),
    "invoices.generate_number": lambda client: client.invoices.generate_number(),
    "invoices.get_settings": lambda client: client.invoices.get_settings(),
    "invoices.mark_visited": lambda client: client.invoices.mark_visited("i1"),
    "invoices.text2pay": lambda client: client.invoices.text2pay(
        name="March",
        items=[LINE],
        contact_details=CONTACT,
        issue_date=MARCH,
        sent_to=SentTo(email=["alex@example.com"]),
        action="draft",
    ),
    "templates.create": lambda client: client.templates.create(name="Coaching", items=[LINE]),
    "templates.list": lambda client: client.templates.list().first_page(),
    "templates.get": lambda client: client.templates.get("t1"),
    "templates.update": lambda client: client.templates.update(
        "t1", name="Coaching", items=[LINE], currency="USD", business_details=SENDER
    ),
    "templates.delete": lambda client: client.templates.delete("t1"),
    "templates.update_late_fees": lambda client: client.templates.update_late_fees(
        "t1", late_fees_configuration=LATE_FEES
    ),
    "templates.update_payment_methods": lambda client: client.templates.update_payment_methods(
        "t1"
    ),
    "schedules.create": lambda client: client.schedules.create(
        name="Monthly", contact_details=CONTACT, schedule=ScheduleOptions(), items=[LINE]
    ),
    "schedules.list": lambda client: client.schedules.list().first_page(),
    "schedules.get": lambda client: client.schedules.get("s1"),
    "schedules.update": lambda client: client.schedules.update(
        "s1",
        name="Monthly",
        contact_details=CONTACT,
        schedule=ScheduleOptions(),
        items=[LINE],
        currency="USD",
        business_details=SENDER,
        live_mode=False,
    ),
    "schedules.delete": lambda client: client.schedules.delete("s1"),
    "schedules.start": lambda client: client.schedules.start("s1"),
    "schedules.update_and_start": lambda client: client.schedules.update_and_start("s1"),
    "schedules.set_auto_payment": lambda client: client.schedules.set_auto_payment(
        "s1", auto_payment=AutoPayment(enable=False)
    ),
    "schedules.cancel": lambda client: client.schedules.cancel("s1"),
    "estimates.create": lambda client: client.estimates.create(
        name="Kitchen",
        items=[ESTIMATE_LINE],
        title="ESTIMATE",
        contact_details=CONTACT,
        issue_date=MARCH,
        expiry_date=MARCH,
    ),
    "estimates.list": lambda client: client.estimates.list().first_page(),
    "estimates.update": lambda client: client.estimates.update(
        "e1",
        name="Kitchen",
        items=[ESTIMATE_LINE],
        title="ESTIMATE",
        contact_details=CONTACT,
        issue_date=MARCH,
        expiry_date=MARCH,
        currency="USD",
        business_details=SENDER,
        live_mode=False,
    ),
    "estimates.delete": lambda client: client.estimates.delete("e1"),
    "estimates.send": lambda client: client.estimates.send("e1", action="sms"),
    "estimates.create_invoice": lambda client: client.estimates.create_invoice("e1"),
    "estimates.generate_number": lambda client: client.estimates.generate_number(),
    "estimates.mark_visited": lambda client: client.estimates.mark_visited("e1"),
    "estimate_templates.create": lambda client: client.estimate_templates.create(
        name="Kitchen", items=[ESTIMATE_LINE]
    ),
    "estimate_templates.list": lambda client: client.estimate_templates.list().first_page(),
    "estimate_templates.update": lambda client: client.estimate_templates.update(
        "t1",
        name="Kitchen",
        items=[ESTIMATE_LINE],
        currency="USD",
        business_details=SENDER,
        live_mode=False,
    ),
    "estimate_templates.delete": lambda client: client.estimate_templates.delete("t1"),
    "estimate_templates.preview": lambda client: client.estimate_templates.preview("t1"),
}
