"""Records made to order, for tests: in the words of the people who bill.

They come about by the same functions as over the wire, so nothing tells them from the others; only
no arrival shows them and no limit counts them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from .. import models
from .._model import UNSET
from . import parts
from .clock import VirtualClock
from .customer import Customer
from .parts import Money
from .resources import conversion, estimates, invoices, payments
from .state import Location, State

__all__ = ["Builders", "EstimateStage", "InvoiceStage", "Money"]

InvoiceStage = Literal[
    "draft", "sent", "viewed", "partially_paid", "payment_processing", "paid", "void"
]
EstimateStage = Literal["draft", "sent", "viewed", "accepted", "declined", "invoiced"]

_CLEARING = 3 * 86400.0


class Builders:
    """The methods of `Sandbox` that make records; their location is the first by default."""

    clock: VirtualClock
    customer: Customer
    _state: State

    def add_contact(
        self,
        name: str = "Alex",
        email: str | None = "alex@example.com",
        phone: str | None = None,
        *,
        id: str | None = None,
        location: Location | str | None = None,
    ) -> models.ContactDetails:
        """Add a contact, as `GET /contacts/{id}` then shows it."""
        contact = parts.new_contact(self._state, self._place(location), name, email, phone, id)
        return parts.details(contact)

    def add_user(
        self,
        name: str = "Robin",
        email: str | None = "robin@example.com",
        *,
        id: str | None = None,
        location: Location | str | None = None,
    ) -> str:
        """Add somebody who sends documents, as `GET /users/` then lists; returns the user's id."""
        user = parts.new_user(self._state, self._place(location), name, email, id)
        return str(user["id"])

    def add_invoice(
        self,
        *,
        status: InvoiceStage = "draft",
        total: Money | None = None,
        due_in: int = 30,
        currency: str = "USD",
        contact: models.ContactDetails | str | None = None,
        name: str = "Invoice",
        number: str | None = None,
        items: Sequence[models.InvoiceItem] | None = None,
        live_mode: bool = False,
        location: Location | str | None = None,
        paid: Money | None = None,
    ) -> models.Invoice:
        """Add an invoice that has come as far as its status says.

        Args:
            status: `draft`, `sent`, `viewed`, `partially_paid`, `payment_processing` (for three
                days), `paid` or `void`. An overdue one is `sent` with a negative `due_in`.
            total: What it comes to, as one line: 100 by default.
            due_in: When it is due, in days from the location's today.
            currency: Three-letter code.
            contact: Who is billed, or the id of a contact; the location's first by default.
            name: Its name.
            number: Its number; the next of the series by default.
            items: Its lines, in place of a total.
            live_mode: Whether real money is asked for.
            location: Where it is made, or the id of that.
            paid: What was paid of a `partially_paid` one: half by default.

        Raises:
            ValueError: An argument can't be.
            TypeError: An amount is a float.
        """
        state, place = self._state, self._place(location)
        parts.check_status(status, get_args(InvoiceStage))
        amount = parts.line_total(total, items)
        line = models.InvoiceItem(name=name, currency=currency, amount=amount, qty=1)
        issued, due = parts.days(state, place, due_in)
        wanted = models.InvoiceCreate(
            name=name,
            business_details=parts.business(place),
            currency=currency,
            items=[line] if items is None else list(items),
            contact_details=parts.recipient(state, place, contact),
            issue_date=issued,
            due_date=due,
            live_mode=live_mode,
            invoice_number=UNSET if number is None else number,
        )
        body = parts.body_of(wanted, place)
        part = parts.payment(status, paid, body)
        invoice = invoices.new(state, place, body, backdated=True)
        if status != "draft":
            invoices.mark_sent(state, invoice, parts.sender(state, place))
        match status:
            case "viewed":
                self.customer.view(invoice["_id"])
            case "partially_paid" | "paid":
                payments.book(state, invoice, part)
            case "payment_processing":
                self.customer.pay(invoice["_id"], clears_in=_CLEARING)
            case "void":
                invoices.void(state, invoice)
        built: models.Invoice = parts.modelled("invoice", invoices.shown(state, invoice))
        return built

    def add_estimate(
        self,
        *,
        status: EstimateStage = "draft",
        total: Money | None = None,
        expires_in: int = 30,
        currency: str = "USD",
        contact: models.ContactDetails | str | None = None,
        name: str = "Estimate",
        number: int | None = None,
        items: Sequence[models.EstimateItem] | None = None,
        live_mode: bool = False,
        location: Location | str | None = None,
        auto_invoice: bool = False,
    ) -> models.Estimate:
        """Add an estimate that has come as far as its status says.

        Args:
            status: `draft`, `sent`, `viewed`, `accepted`, `declined` or `invoiced`.
            total: What it comes to, as one line: 100 by default.
            expires_in: Its last day, in days from the location's today.
            currency: Three-letter code.
            contact: To whom it goes, or the id of a contact; the location's first by default.
            name: Its name, 40 characters at most.
            number: Its number; the next of the series by default.
            items: Its lines, in place of a total.
            live_mode: Whether real money is asked for.
            location: Where it is made, or the id of that.
            auto_invoice: Whether an invoice appears by itself after its acceptance.

        Raises:
            ValueError: An argument can't be.
            TypeError: An amount is a float.
            SandboxError: The number is taken.
        """
        state, place = self._state, self._place(location)
        parts.check_status(status, get_args(EstimateStage))
        amount = parts.line_total(total, items)
        line = models.EstimateItem(
            name=name, currency=currency, amount=amount, qty=1, type="one_time"
        )
        issued, last = parts.days(state, place, expires_in)
        wanted = models.EstimateCreate(
            name=name,
            title="ESTIMATE",
            business_details=parts.business(place),
            currency=currency,
            items=[line] if items is None else list(items),
            contact_details=parts.recipient(state, place, contact),
            issue_date=issued,
            expiry_date=last,
            live_mode=live_mode,
            estimate_number=UNSET if number is None else number,
            auto_invoice=models.AutoInvoice(enabled=True) if auto_invoice else UNSET,
        )
        estimate = estimates.new(state, place, parts.body_of(wanted, place))
        if status != "draft":
            estimates.mark_sent(state, estimate, parts.sender(state, place))
        match status:
            case "viewed":
                self.customer.view(estimate["_id"])
            case "accepted" | "invoiced":
                self.customer.accept(estimate["_id"])
            case "declined":
                self.customer.decline(estimate["_id"])
        if status == "invoiced":
            conversion.convert(state, estimate, mark=True)
        built: models.Estimate = parts.modelled("estimate", estimate)
        return built

    def _place(self, location: Location | str | None) -> Location:
        self.clock.settle()  # what is due by now comes first
        return self._state.locations[self._state.location_id(location)]
