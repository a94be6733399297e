"""Comparing a location's records with the ledger: what took effect twice, though it was sent once."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from attrs import frozen

from .. import models
from .._protocol import UNSET
from ..errors import InvalidRequestError
from .case import lines
from .entry import Entry, Ledger
from .numbers import bare, spellings

if TYPE_CHECKING:
    from .._core.pipeline import View

__all__ = ["Finding", "audit"]

_TOGETHER = dt.timedelta(minutes=5)


@frozen
class Finding:
    """What seems to have been done twice.

    Attributes:
        kind: "same number": an invoice with the number and the looks of a key's. "same looks": a record with the
            contact, name, currency and lines of a key's, made at the same time. "paid twice": an
            invoice that was paid a key's amount once more than the ledger knows.
        operation: The key's operation.
        key: The key.
        ids: The record of the key, and the others.
    """

    kind: Literal["same number", "same looks", "paid twice"]
    operation: str
    key: str
    ids: tuple[str, ...]


async def audit(view: View, ledger: Ledger, since: dt.date | None) -> AsyncIterator[Finding]:
    """What seems to have been done twice at a location."""
    from ..client import LocationClient

    place = view.location_id
    if place is None:
        raise InvalidRequestError("an audit is of one location", path="location_id")
    client = LocationClient(view)
    invoices = await client.invoices.list(start_at=since or UNSET).collect()
    for finding in await _numbered(place, ledger, invoices):
        yield finding
    async for finding in _paid(place, ledger, invoices):
        yield finding
    converted = {
        entry.record_id
        async for entry in ledger.entries(
            state="done", location_id=place, operation="estimates.create_invoice"
        )
    }
    owned = await ledger.owners(place, [one.id for one in invoices])
    suspects = [one for one in invoices if one.id not in owned or one.id in converted]
    for records in (
        suspects,
        await client.schedules.list().collect(),
        await client.templates.list().collect(),
        await client.estimate_templates.list().collect(),
    ):
        for finding in await _alike(place, ledger, records):
            yield finding


async def _numbered(
    place: str, ledger: Ledger, invoices: list[models.Invoice]
) -> Iterable[Finding]:
    by_number: defaultdict[Any, list[models.Invoice]] = defaultdict(list)
    for invoice in invoices:
        if invoice.invoice_number:
            # One that the service has numbered itself may have a key's number, and other looks.
            by_number[bare(invoice.invoice_number), _looks(invoice)].append(invoice)
    shared = [found for found in by_number.values() if len(found) > 1]
    spelt = [spellings(found[0].invoice_number) for found in shared]
    keys = await ledger.numbered(place, "invoice", frozenset().union(*spelt))
    findings = []
    for found, spelled in zip(shared, spelt, strict=True):
        for entry in (keys[number] for number in spelled & keys.keys()):
            found.sort(key=lambda one: one.id != entry.record_id)
            ids = tuple(one.id for one in found)
            findings.append(Finding("same number", entry.operation, entry.key, ids))
    return findings


def _looks(record: Any) -> tuple[Any, ...]:
    contact = getattr(record, "contact_details", None)
    return (record.name, record.currency, contact and contact.id, *lines(record.items))


async def _paid(
    place: str, ledger: Ledger, invoices: list[models.Invoice]
) -> AsyncIterator[Finding]:
    """Money that came right after a payment, once more."""
    payments: defaultdict[str, list[Entry]] = defaultdict(list)
    async for entry in ledger.entries(
        state="done", location_id=place, operation="invoices.record_payment"
    ):
        payments[entry.ids[0]].append(entry)
    paid = {one.id: one.amount_paid for one in invoices}
    for invoice_id, entries in payments.items():
        entries.sort(key=lambda entry: entry.sent_at or 0.0)
        nexts = [(entry.kept or {}).get("amountPaid") for entry in entries[1:]]
        for entry, then in zip(entries, [*nexts, paid.get(invoice_id)], strict=True):
            kept = entry.kept or {}
            was, amount = kept.get("amountPaid"), kept.get("amount")
            if was is None or amount is None or then is None:
                continue
            if Decimal(then) - Decimal(was) == 2 * Decimal(amount):
                yield Finding("paid twice", entry.operation, entry.key, (invoice_id,))


async def _alike(place: str, ledger: Ledger, records: list[Any]) -> Iterable[Finding]:
    owners = await ledger.owners(place, [one.id for one in records])
    by_looks: defaultdict[Any, list[Any]] = defaultdict(list)
    for record in records:
        by_looks[_looks(record)].append(record)
    findings = []
    for found in by_looks.values():
        strangers = [one for one in found if one.id not in owners]
        for mine in found:
            entry = owners.get(mine.id)
            close = [one for one in strangers if _together(one, mine)]
            if entry is not None and close:
                ids = (mine.id, *(one.id for one in close))
                findings.append(Finding("same looks", entry.operation, entry.key, ids))
    return findings


def _together(one: Any, other: Any) -> bool:
    if one.created_at is None or other.created_at is None:
        return True
    return bool(abs(one.created_at - other.created_at) <= _TOGETHER)
