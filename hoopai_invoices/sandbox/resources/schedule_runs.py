"""What a started schedule does by itself: an invoice for every occurrence, until the rule ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from ..state import Location, Record, State
from . import invoices, payments
from .records import given
from .recurrence import Occurrence, occurrences

__all__ = ["halt", "left", "pays_whole", "run"]

# What an invoice takes over; its days are the occurrence's.
_CARRIED_OVER = (
    "name",
    "title",
    "businessDetails",
    "contactDetails",
    "currency",
    "discount",
    "termsNotes",
    "liveMode",
    "automaticTaxesEnabled",
    "tipsConfiguration",
    "lateFeesConfiguration",
    "invoiceNumberPrefix",
    "paymentMethods",
    "attachments",
    "miscellaneousCharges",
)


def left(state: State, schedule: Record, options: Mapping[str, Any]) -> Iterator[Occurrence] | None:
    """What a rule has to bill from today on, or None when that is nothing.

    No day is billed twice, whatever became of the rule or of the schedule in the meantime.
    """
    location = state.locations[schedule["altId"]]
    short_months, reached = state.choices.short_months, state.reached.get(schedule["_id"])
    found = occurrences(options, location.zone, short_months, state.now(), reached)
    first = next(found, None)
    return None if first is None else chain((first,), found)


def run(state: State, schedule: Record, coming: Iterator[Occurrence] | None) -> None:
    """Bill these occurrences, each in its time; with the last one the schedule is completed."""
    halt(state, schedule)
    earliest = state.now() + timedelta(seconds=state.choices.schedule_delay_seconds)
    _wait(state, schedule, coming or iter(()), earliest)


def halt(state: State, schedule: Record) -> None:
    """Bill nothing more."""
    waiting = state.timers.pop(schedule["_id"], None)
    if waiting is not None:
        waiting.cancel()


def pays_whole(state: State, invoice: Record) -> bool:
    """Whether a customer can't pay in part: where payment is automatic, all but the first."""
    for schedule in state.schedules.of(invoice["altId"]):
        if invoice["_id"] in schedule["invoices"]:
            return _is_automatic(schedule) and schedule["invoices"][0] != invoice["_id"]
    return False


def _wait(state: State, schedule: Record, coming: Iterator[Occurrence], earliest: datetime) -> None:
    occurrence = next(coming, None)
    if occurrence is None:
        state.timers.pop(schedule["_id"], None)
        state.schedules.change(schedule, status="completed")
        return

    def due() -> None:
        state.reached[schedule["_id"]] = occurrence
        location = state.locations[schedule["altId"]]
        if not location.suspended:
            _bill(state, location, schedule, occurrence)
        _wait(state, schedule, coming, earliest)

    state.timers[schedule["_id"]] = state.clock.at(max(occurrence.issue, earliest), due)


def _bill(state: State, location: Location, schedule: Record, occurrence: Occurrence) -> None:
    automatic = _pays_itself(state, schedule)
    today = state.today(location)
    if (schedule["schedule"].get("rrule") or {}).get("daysBefore"):
        issued, due = today, occurrence.day
    else:
        issued = occurrence.day.isoformat()
        due = occurrence.day + timedelta(days=location.due_after_days)
    body = {
        **given(schedule, _CARRIED_OVER),
        "items": schedule["items"],
        "issueDate": issued,
        # After a start late in the evening the day may have passed.
        "dueDate": max(due.isoformat(), today),
    }
    invoice = invoices.new(state, location, body)
    made = [*schedule["invoices"], invoice["_id"]]
    state.schedules.change(schedule, invoices=made, status="active")
    if automatic or state.choices.schedule_invoices == "sent":
        invoices.mark_sent(state, invoice, schedule["_id"])  # no user did it
    if automatic and invoice["amountDue"] > 0:
        payments.book(state, invoice, invoice["amountDue"], mode="card")


def _pays_itself(state: State, schedule: Record) -> bool:
    """Automatic payment begins when one of the invoices has been paid, by whatever means."""
    made = set(schedule["invoices"])
    return _is_automatic(schedule) and any(p.invoice_id in made for p in state.payments)


def _is_automatic(schedule: Record) -> bool:
    return bool(schedule.get("autoPayment", {}).get("enable"))
