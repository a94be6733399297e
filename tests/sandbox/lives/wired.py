"""A sandbox and the books beside it: calls to the one, comparisons with the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple

from hoopai_invoices.sandbox import Choices, SandboxError

from ..support import api_of, new_box
from .bookkeeping import EDGES, ESTIMATE_EDGES, Bill, Offer, exact

__all__ = ["Wired"]

HUNDRED = {"limit": "100", "offset": "0"}


class Wired(RuleBasedStateMachine):
    """Two locations, and what holds in them whatever is done."""

    places = Bundle("places")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.box = new_box(limits=None, choices=Choices(duplicate_invoice_number="refused"))
        self.api = api_of(self.box)
        self.model: dict[str, Bill] = {}
        self.estimates: dict[str, Offer] = {}
        self.seen: dict[str, str] = {}
        self.highest: dict[str, int] = {}
        self.then = self.box.clock.now()

    def teardown(self) -> None:
        self.runner.run(self.api.http.aclose())
        self.runner.close()

    @initialize(target=places)
    def two_locations(self) -> Any:
        other = self.box.add_location().id
        self.box.token = self.box.add_token(locations=[self.box.location_id, other])
        return multiple(self.box.location_id, other)

    def call(self, method: str, path: str, body: Any = None, **query: str) -> tuple[int, Any]:
        status, answer = self.runner.run(self.api(method, path, body, **query))
        self.catch_up()
        return status, answer

    def catch_up(self) -> None:
        now = self.box.clock.now()
        for bill in self.model.values():
            bill.catch_up(self.then, now)
        self.then = now

    def attempt(
        self, record: Bill | Offer, refusal: int | None, method: str, path: str, body: Any
    ) -> Any:
        """Call; what is refused must have changed nothing."""
        before = self.stored(record)
        where = {"altId": record.place}
        query = {} if body is not None else where
        there = None if body is None else {**body, **where}
        kind = "" if isinstance(record, Bill) else "estimate/"
        status, answer = self.call(method, f"/invoices/{kind}{record.id}{path}", there, **query)
        if refusal is None:
            assert status in (200, 201), answer
        else:
            assert status == refusal, answer
            assert self.stored(record) == before
        return answer

    def stored(self, record: Bill | Offer) -> Any:
        """Everything that reading shows of a record."""
        if isinstance(record, Offer):
            return self.listed(record.place, "estimate/list", "estimates").get(record.id)
        _, answer = self.call("GET", f"/invoices/{record.id}", altId=record.place)
        return {**answer, "traceId": ""}

    def listed(self, place: str, path: str, key: str) -> dict[str, Any]:
        status, answer = self.call("GET", f"/invoices/{path}", altId=place, **HUNDRED)
        assert status == 200
        assert answer["total"] == len(answer[key])
        return {each["_id"]: each for each in answer[key]}

    def customer(self, refused: bool, record: Bill | Offer, act: Callable[[], None]) -> None:
        """What the customer does, or tries to."""
        before = self.stored(record)
        try:
            act()
        except SandboxError:
            assert refused
            assert self.stored(record) == before
        else:
            assert not refused

    @invariant()
    def invoices_are_as_reckoned(self) -> None:
        received: dict[str, Fraction] = {}
        tips: dict[str, Fraction] = {}
        for payment in self.box.created("payment"):
            of = payment.invoice_id
            received[of] = received.get(of, Fraction(0)) + Fraction(payment.amount)
            tips[of] = tips.get(of, Fraction(0)) + Fraction(payment.tip)
        for place in sorted({bill.place for bill in self.model.values()}):
            living = [b for b in self.model.values() if b.place == place and not b.deleted]
            shown = self.listed(place, "", "invoices")
            assert shown.keys() == {bill.id for bill in living}
            numbers = [each["invoiceNumber"] for each in shown.values()]
            assert len(set(numbers)) == len(numbers)
            for bill in living:
                self.compare(bill, shown[bill.id])
                assert received.get(bill.id, 0) == bill.paid
                assert tips.get(bill.id, 0) == bill.tips

    def compare(self, bill: Bill, shown: Any) -> None:
        was = self.seen.get(bill.id) or shown["status"]
        assert shown["status"] == was or shown["status"] in EDGES[was]
        self.seen[bill.id] = shown["status"]
        assert shown["status"] == bill.status
        assert shown["invoiceNumber"] == bill.number
        assert shown["amountPaid"] + shown["amountDue"] == shown["total"]
        assert Fraction(shown["invoiceTotal"]) == bill.contents
        assert Fraction(shown["total"]) == bill.total
        assert Fraction(shown["amountPaid"]) == bill.paid
        assert sum(Fraction(tip["amount"]) for tip in shown["tipsReceived"]) == bill.tips
        assert shown["dueDate"] == bill.due_day
        assert ("sentAt" in shown) == bill.sent
        assert ("lastPaidAt" in shown) == bool(bill.paid)
        plan = shown.get("paymentSchedule") or {"schedules": []}
        states = [(row["amount"], row["status"]) for row in plan["schedules"]]
        wanted = [(exact(p.amount), "paid" if p.paid else "pending") for p in bill.parts]
        assert states == wanted

    @invariant()
    def estimates_are_as_reckoned(self) -> None:
        for place in sorted({offer.place for offer in self.estimates.values()}):
            living = [o for o in self.estimates.values() if o.place == place and not o.deleted]
            shown = self.listed(place, "estimate/list", "estimates")
            assert shown.keys() == {offer.id for offer in living}
            for offer in living:
                now = shown[offer.id]["estimateStatus"]
                was = self.seen.get(offer.id) or now
                assert now == was or now in ESTIMATE_EDGES[was]
                self.seen[offer.id] = now
                assert now == offer.status
                assert shown[offer.id]["estimateNumber"] == offer.number
                assert Fraction(shown[offer.id]["total"]) == offer.total
