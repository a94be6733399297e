"""Writes that make a record: how to recognise it when the answer is lost."""

from __future__ import annotations

from typing import Any

from .. import models
from .._model import Model
from ..errors import NotFoundError
from .case import (
    Case,
    Found,
    Nothing,
    Reconciler,
    Several,
    Unclear,
    Verdict,
    alike,
    digest,
    resembles,
)
from .entry import Entry
from .numbers import bare

__all__ = [
    "CreateEstimate",
    "CreateEstimateTemplate",
    "CreateInvoice",
    "CreateSchedule",
    "CreateTemplate",
    "number_of",
]


class _Create(Reconciler):
    makes = True

    def made(self, answer: Any, entry: Entry) -> str | None:
        made: str | None = answer.id  # plainly typed, and yet it may be missing
        return made or None


class CreateInvoice(_Create):
    """Matches on the number that was sent, among the contact's invoices; then name, currency, lines.

    The number is the caller's, or the service's next one, given out by the ledger so that no two
    keys get the same. It can't know an invoice to which the service gave another number than it was
    sent; one that looks the same, was made since, and has a number that no key was given, is
    reported as unclear. Nor can it know another program that uses the same numbers.
    """

    series = "invoice"
    number_key = "invoiceNumber"

    async def look(self, case: Case) -> Verdict:
        found = await invoices_like(case)
        if isinstance(found, models.Invoice):
            return Found(found, found.id)
        return found

    async def again(self, case: Case) -> Model:
        return await case.client.invoices.get(_made(case))

    def number_in(self, answer: Any) -> str | None:
        return None if answer.invoice_number is None else str(answer.invoice_number)


async def invoices_like(case: Case) -> models.Invoice | Nothing | Several | Unclear:
    """The invoice that a request has made."""
    request, number = case.entry.request, case.entry.number
    first, last = case.days(request.get("issueDate"))
    listed = case.client.invoices.list(
        contact_id=request["contactDetails"]["id"], start_at=first, end_at=last
    )
    invoices = [one async for one in listed]
    # Whenever they were made: the service's clock may differ from ours by more than one thinks.
    numbered = await case.unowned(one for one in invoices if number_of(one, number))
    same = [one for one in numbered if alike(one, request)]
    if len(same) > 1:
        return Several(tuple(one.id for one in same))
    if same:
        found: models.Invoice = same[0]
        return found
    others = f"the number {number} is that of an invoice with other contents"
    resembling = tuple(one.id for one in numbered if resembles(one, request))
    if resembling:
        return Unclear(others, resembling)
    recent = await case.unowned(one for one in invoices if case.is_fresh(one))
    strangers = [one for one in recent if alike(one, request)]
    strangers = await case.unnumbered(strangers)
    if strangers:
        ids = tuple(one.id for one in strangers)
        return Unclear("an invoice that looks the same has a number of another origin", ids)
    # What the service makes itself of estimates and schedules may have been given the number.
    taken = Unclear(others, tuple(one.id for one in numbered)) if numbered else None
    return Nothing(taken=taken)


class CreateEstimate(_Create):
    """Matches on the number, which the service refuses a second time: that is what makes it safe.

    An estimate of that number with another name or other lines is another's: then it is unclear.
    """

    series = "estimate"
    number_key = "estimateNumber"
    listed = True

    async def look(self, case: Case) -> Verdict:
        request, number = case.entry.request, case.entry.number
        first, last = case.days(request.get("issueDate"))
        contact = request["contactDetails"]["id"]
        listed = case.client.estimates.list(contact_id=contact, start_at=first, end_at=last)
        numbered = [one async for one in listed if str(one.estimate_number) == number]
        numbered = await case.unowned(numbered)
        same = [one for one in numbered if alike(one, request)]
        if len(same) > 1:
            return Several(tuple(one.id for one in same))
        if same:
            return Found(same[0], same[0].id)
        if numbered:
            ids = tuple(one.id for one in numbered)
            return Unclear(f"the number {number} is that of an estimate with other contents", ids)
        return Nothing()

    async def again(self, case: Case) -> Model:
        return await case.client.estimates.get(_made(case))

    def number_in(self, answer: Any) -> str | None:
        return None if answer.estimate_number is None else str(answer.estimate_number)


class _Unnumbered(_Create):
    """A record that has nothing of its own: what is like it is listed before and after.

    Of all creations that could be taken for each other only one is unsettled at a time.
    """

    async def like(self, case: Case) -> list[Any]:
        """The records that it might be taken for."""
        raise NotImplementedError

    async def before(self, case: Case) -> Any:
        return {"there": [one.id for one in await self.like(case)]}

    async def look(self, case: Case) -> Verdict:
        there = (case.entry.before or {}).get("there", ())
        made = await case.unowned(one for one in await self.like(case) if one.id not in there)
        same = [one for one in made if alike(one, case.entry.request)]
        if len(same) > 1:
            return Several(tuple(one.id for one in same))
        if same:
            return Found(same[0], same[0].id)
        if made:
            ids = tuple(one.id for one in made)
            return Unclear("one with other contents was made at the same time", ids)
        return Nothing()


class CreateSchedule(_Unnumbered):
    """Matches on contact, name, currency and lines: the one that wasn't there before, and no other
    key's.

    It can't know a schedule of the same contact that another program makes at the same time with the
    same contents; one with other contents is reported as unclear. A second schedule would bill every
    month: when in doubt it isn't sent.
    """

    async def turn(self, case: Case) -> str | None:
        return f"schedules.create {case.entry.request['contactDetails']['id']}"

    async def like(self, case: Case) -> list[Any]:
        contact = case.entry.request["contactDetails"]["id"]
        listed = case.client.schedules.list()
        return [
            one
            async for one in listed
            if one.contact_details is not None and one.contact_details.id == contact
        ]

    async def again(self, case: Case) -> Model:
        return await case.client.schedules.get(_made(case))


class CreateTemplate(_Unnumbered):
    """Matches on name, currency and lines: the one that wasn't there before, and no other key's.

    It can't know a template that another program makes at the same time with the same contents.
    """

    async def turn(self, case: Case) -> str | None:
        return f"{case.entry.operation} {digest(case.entry.request['name'])[:32]}"

    async def like(self, case: Case) -> list[Any]:
        request = case.entry.request
        return [one async for one in case.client.templates.list() if alike(one, request)]

    async def again(self, case: Case) -> Model:
        return await case.client.templates.get(_made(case))


class CreateEstimateTemplate(CreateTemplate):
    """As `CreateTemplate`, for the templates of estimates."""

    listed = True

    async def like(self, case: Case) -> list[Any]:
        request = case.entry.request
        return [one async for one in case.client.estimate_templates.list() if alike(one, request)]

    async def again(self, case: Case) -> Model:
        wanted = _made(case)
        async for template in case.client.estimate_templates.list():
            if template.id == wanted:
                return template
        raise NotFoundError(f"no estimate template {wanted} is listed", status=404)


def number_of(invoice: models.Invoice, number: str | None) -> bool:
    """Whether an invoice has that number, which answers may show as a number without its zeros."""
    theirs = invoice.invoice_number
    return theirs is not None and number is not None and bare(theirs) == bare(number)


def _made(case: Case) -> str:
    assert case.entry.record_id is not None  # it is done, and it makes a record
    return case.entry.record_id
