"""Invoices and estimates reckoned a second time, by the fact sheet, for tests to hold against.

Nothing here comes from the sandbox. Amounts are fractions, days are those of Costa Rica, which is
six hours behind UTC all year round, and the currency has cents.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any

COSTA_RICA = timezone(timedelta(hours=-6))
LIABLE = ("sent", "viewed", "partially_paid")
EDGES = {
    "draft": {"sent", "partially_paid", "paid"},
    "sent": {"viewed", "partially_paid", "paid", "payment_processing", "void"},
    "viewed": {"partially_paid", "paid", "payment_processing", "void"},
    "partially_paid": {"paid", "payment_processing", "void"},
    "payment_processing": {"partially_paid", "paid"},
    "paid": set[str](),
    "void": set[str](),
}
ESTIMATE_EDGES = {
    "draft": {"sent"},
    "sent": {"viewed", "accepted", "declined"},
    "viewed": {"accepted", "declined"},
    "accepted": {"invoiced"},
    "declined": set[str](),
    "invoiced": set[str](),
}


def half_up(amount: Fraction, places: int) -> Fraction:
    """Rounded; none of the amounts here is negative."""
    return Fraction(floor(amount * 10**places + Fraction(1, 2)), 10**places)


def total_of(items: list[dict[str, Any]], discount: dict[str, Any] | None) -> Fraction:
    """Discount off the sum of the lines first, exclusive taxes of what is left on top."""
    nets = [Fraction(item["amount"]) * Fraction(item["qty"]) for item in items]
    whole = sum(nets, Fraction(0))
    value = Fraction(discount["value"]) if discount else Fraction(0)
    if discount and discount["type"] == "percentage":
        kept = 1 - value / 100
    else:
        kept = max(whole - value, Fraction(0)) / whole if whole else Fraction(0)
    total = Fraction(0)
    for item, net in zip(items, nets, strict=True):
        rate = sum((Fraction(tax["rate"]) for tax in item.get("taxes", ())), Fraction(0))
        total += net * kept * (1 if item.get("taxInclusive") else 1 + rate / 100)
    return half_up(total, 4)


def parts_of(plan: dict[str, Any], total: Fraction) -> list[Part]:
    """The parts of a payment plan whose percentages make exactly 100."""
    made: list[Part] = []
    for row in plan["schedules"]:
        left = total - sum(part.amount for part in made)
        amount = min(half_up(Fraction(row["value"]) * total / 100, 2), left)
        made.append(Part(row["dueDate"], amount, paid=not amount))
    taken = sum(part.amount for part in made[:-1])
    made[-1].amount = total - taken
    made[-1].paid = not made[-1].amount
    return made


@dataclass
class Part:
    """One part of a payment plan."""

    day: str
    amount: Fraction
    paid: bool = False
    id: str = ""


@dataclass
class Offer:
    """An estimate."""

    id: str
    place: str
    number: int
    total: Fraction
    status: str = "draft"
    deleted: bool = False


@dataclass
class Bill:
    """An invoice."""

    id: str
    place: str
    number: str
    contents: Fraction
    due_day: str
    fees_by: dict[str, Any] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)
    tips_on: bool = False
    status: str = "draft"
    sent: bool = False
    deleted: bool = False
    paid: Fraction = Fraction(0)
    fees: Fraction = Fraction(0)
    tips: Fraction = Fraction(0)
    clearing: tuple[datetime, Fraction, Fraction] | None = None

    @property
    def total(self) -> Fraction:
        return self.contents + self.fees

    @property
    def due(self) -> Fraction:
        return self.total - self.paid

    def pay(self, amount: Fraction, tip: Fraction = Fraction(0), ids: tuple[str, ...] = ()) -> None:
        """Money has arrived."""
        self.paid += amount
        self.tips += tip
        self.status = "partially_paid" if self.due else "paid"
        for part in self.parts:
            part.paid = part.paid or part.id in ids
        for part in self.open_parts():
            if self.beside() < part.amount:
                break
            part.paid = True

    def open_parts(self) -> list[Part]:
        return sorted((part for part in self.parts if not part.paid), key=lambda part: part.day)

    def beside(self) -> Fraction:
        """What was paid beyond the parts that are paid."""
        return self.paid - sum(part.amount for part in self.parts if part.paid)

    def least(self) -> Fraction:
        """What the customer must pay at least, of the 25 percent in the settings."""
        quarter = half_up(self.due / 4, 2)
        for part in self.open_parts():
            return min(quarter, part.amount - self.beside())
        return quarter

    def first_fee(self) -> datetime:
        """When the due day and the days of grace are over."""
        grace = self.fees_by.get("grace", {"intervalCount": 0})["intervalCount"]
        day = date.fromisoformat(self.due_day) + timedelta(days=1 + grace)
        return datetime.combine(day, time.min, COSTA_RICA).astimezone(UTC)

    def fee_moments(self, since: datetime, until: datetime) -> Iterator[datetime]:
        """When a fee falls due after an instant, up to another."""
        if not self.fees_by:
            return
        moment = self.first_fee()
        count, unit = self.fees_by["frequency"].values()
        while moment <= until:
            if moment > since:
                yield moment
            if unit == "one_time":
                return
            moment += timedelta(**{f"{unit}s": count})

    def charge(self) -> None:
        """Add a fee, where one is to be added."""
        config = self.fees_by
        if not (config and config["enable"] and self.sent and self.status in LIABLE and self.due):
            return
        if config["frequency"]["interval"] == "one_time" and self.fees:
            return
        fee = Fraction(config["value"])
        if config["type"] == "percentage":
            fee = fee / 100 * max(self.contents - self.paid, Fraction(0))
        fee = half_up(fee, 2)
        if "maxLateFees" in config:
            fee = min(fee, Fraction(config["maxLateFees"]["value"]) - self.fees)
        self.fees += max(fee, Fraction(0))

    def catch_up(self, since: datetime, until: datetime) -> None:
        """Let happen what falls between two instants."""
        events = [(moment, "fee") for moment in self.fee_moments(since, until)]
        if self.clearing and self.clearing[0] <= until:
            events.append((self.clearing[0], "money"))
        self._charge_missed(since)
        for moment, what in sorted(events):
            if what == "fee":
                self.charge()
            elif self.clearing:
                _, amount, tip = self.clearing
                self.clearing = None
                self.pay(amount, tip)
                self._charge_missed(moment)

    def _charge_missed(self, now: datetime) -> None:
        # A single fee is not lost when its moment passes while nothing may be charged.
        single = self.fees_by and self.fees_by["frequency"]["interval"] == "one_time"
        if single and self.first_fee() <= now:
            self.charge()


def exact(amount: Fraction) -> Decimal:
    """An amount as it stands in JSON."""
    return Decimal(amount.numerator) / Decimal(amount.denominator)
