"""Late fees: what is added to an invoice that was sent and is not paid in time.

The first fee comes when the due day and the days of grace are over in the location's zone, the
others follow at the interval, for as long as something is due. What falls away while an invoice is
not liable (a payment is being processed, fees are off) is not made up for later, but `one_time`
comes at once when its moment has passed. Fees are added to `total` and `amountDue`; `invoiceTotal`
stays what the lines come to. A percentage is of what is unpaid of the lines, never of fees.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from dateutil.relativedelta import relativedelta

from ..state import Record, State
from .money import in_minor_units, minus, plus

__all__ = ["arm", "charged"]

_LIABLE = ("sent", "viewed", "partially_paid")
_SPANS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1)}


def charged(invoice: Record) -> Decimal:
    """The fees so far."""
    return minus(invoice["total"], invoice["invoiceTotal"])


def arm(state: State, invoice: Record) -> None:
    """Have the next fee wait for its time, or none: after every change that may matter to it."""
    waiting = state.timers.pop(invoice["_id"], None)
    if waiting is not None:
        waiting.cancel()
    moment = _next(state, invoice) if _fee(invoice) > 0 else None
    if moment is not None:
        timer = state.clock.at(moment, lambda: _charge(state, invoice))
        state.timers[invoice["_id"]] = timer


def _charge(state: State, invoice: Record) -> None:
    fee = _fee(invoice)
    total, due = plus(invoice["total"], fee), plus(invoice["amountDue"], fee)
    state.invoices.change(invoice, total=total, amountDue=due)
    arm(state, invoice)


def _fee(invoice: Record) -> Decimal:
    """The next fee; zero when there will be none."""
    config: dict[str, Any] = invoice.get("lateFeesConfiguration") or {}
    liable = invoice["status"] in _LIABLE and invoice.get("sentAt") and invoice["amountDue"] > 0
    if not (liable and config.get("enable")):
        return Decimal(0)
    value = Fraction(config["value"])
    if config["type"] == "percentage":
        unpaid = minus(invoice["invoiceTotal"], invoice["amountPaid"])
        value = value * max(Fraction(unpaid), Fraction(0)) / 100
    fee = in_minor_units(value, invoice["currency"])
    cap = config.get("maxLateFees")
    return min(fee, minus(cap["value"], charged(invoice))) if cap else fee


def _next(state: State, invoice: Record) -> datetime | None:
    """When the next fee falls due, if ever."""
    frequency = invoice["lateFeesConfiguration"]["frequency"]
    grace = invoice["lateFeesConfiguration"].get("grace") or {"intervalCount": 0}
    zone = state.locations[invoice["altId"]].zone
    now, count = state.now(), int(frequency["intervalCount"])
    today = now.astimezone(zone).date()

    def midnight(day: date) -> datetime:
        return datetime.combine(day, time.min, zone).astimezone(UTC)

    try:
        first = date.fromisoformat(invoice["dueDate"][:10])
        first += timedelta(days=1 + max(int(grace["intervalCount"]), 0))
        start = midnight(first)
        match frequency["interval"]:
            case "one_time":
                return max(start, now) if charged(invoice) == 0 else None
            case _ if count < 1:
                return None
            case _ if now < start:
                return start
            case "minute" | "hour" as unit:
                step = _SPANS[unit] * count
                return start + ((now - start) // step + 1) * step
            case "day" | "week" as unit:
                days = count * (7 if unit == "week" else 1)
                passed = (today - first).days // days
                return midnight(first + timedelta(days=days * (passed + 1)))
            case _:
                months = count
                while (day := first + relativedelta(months=months)) <= today:
                    months += count
                return midnight(day)
    except (OverflowError, ValueError):  # beyond the end of the calendar
        return None
