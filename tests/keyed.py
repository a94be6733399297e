"""The keyed operations as a table, and what the tests of keyed writes have in common."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import date
from typing import Any, NamedTuple

import httpx
from sandbox.support import new_box

from hoopai_invoices import InvoicesClient, LocationDefaults
from hoopai_invoices._generated.catalogue import OPERATIONS
from hoopai_invoices.models import (
    BusinessDetails,
    ContactDetails,
    EstimateItem,
    InvoiceItem,
    RecurrenceRule,
    ScheduleOptions,
    SentTo,
)
from hoopai_invoices.sandbox import Sandbox
from hoopai_invoices.sandbox.clock import ClientClock
from hoopai_invoices.sandbox.state import Kind
from hoopai_invoices.writes import Entry, MemoryLedger

USER = "6241712be68f7a98102ba272"
CONTACT = ContactDetails(id="6578278e879ad2646715ba9c", name="Alex", email="alex@example.com")
LINES = [InvoiceItem(name="One hour", currency="USD", amount=150, qty=1)]
ESTIMATED = [EstimateItem(name="Roof", currency="USD", amount=900, qty=1, type="one_time")]
ISSUED, DUE = date(2026, 8, 26), date(2026, 9, 20)
DEFAULTS = LocationDefaults(
    live_mode=False,
    user_id=USER,
    currency="USD",
    business_details=BusinessDetails(name="Example LLC"),
)
SETTLE = 30.0

Calling = Callable[..., Coroutine[Any, Any, Any]]


class Keyed(NamedTuple):
    """One keyed operation."""

    name: str
    prepare: Callable[[Sandbox], Any]
    """Makes what it is done to; returns its id."""
    call: Calling
    """Does it: client, that id, and keywords."""
    other: dict[str, Any]
    """What makes another content of it."""
    makes: tuple[Kind, ...] = ()
    """The kinds of records that it brings into being."""
    looks: tuple[str, ...] = ()
    """The operations that find out what became of it."""
    makes_own: bool = True
    """Whether its key owns a record that it made."""


async def _invoice(client: InvoicesClient, _: Any, **more: Any) -> Any:
    return await client.invoices.create(
        **{
            "name": "Coaching",
            "contact_details": CONTACT,
            "items": LINES,
            "issue_date": ISSUED,
            "due_date": DUE,
            **more,
        }
    )


async def _text2pay(client: InvoicesClient, _: Any, **more: Any) -> Any:
    return await client.invoices.text2pay(
        **{
            "name": "Coaching",
            "contact_details": CONTACT,
            "items": LINES,
            "issue_date": ISSUED,
            "due_date": DUE,
            "sent_to": SentTo(email=["alex@example.com"]),
            "action": "send",
            **more,
        }
    )


async def _pay(client: InvoicesClient, on: Any, **more: Any) -> Any:
    return await client.invoices.record_payment(on, **{"mode": "cash", "amount": 40, **more})


async def _send(client: InvoicesClient, on: Any, **more: Any) -> Any:
    return await client.invoices.send(on, **{"action": "email", **more})


async def _template(client: InvoicesClient, _: Any, **more: Any) -> Any:
    return await client.templates.create(**{"name": "Coaching", "items": LINES, **more})


def monthly(count: int) -> ScheduleOptions:
    rule = RecurrenceRule(
        interval_type="monthly", interval=1, start_date=date(2027, 1, 5), count=count
    )
    return ScheduleOptions(rrule=rule)


async def _schedule(client: InvoicesClient, _: Any, **more: Any) -> Any:
    return await client.schedules.create(
        **{
            "name": "Coaching",
            "contact_details": CONTACT,
            "schedule": monthly(3),
            "items": LINES,
            **more,
        }
    )


async def _estimate(client: InvoicesClient, _: Any, **more: Any) -> Any:
    return await client.estimates.create(
        **{
            "name": "Roof",
            "title": "Offer",
            "contact_details": CONTACT,
            "items": ESTIMATED,
            "issue_date": ISSUED,
            "expiry_date": DUE,
            **more,
        }
    )


async def _convert(client: InvoicesClient, on: Any, **more: Any) -> Any:
    return await client.estimates.create_invoice(on, **{"mark_as_invoiced": True, **more})


async def _send_estimate(client: InvoicesClient, on: Any, **more: Any) -> Any:
    return await client.estimates.send(on, **{"action": "email", **more})


async def _estimate_template(client: InvoicesClient, _: Any, **more: Any) -> Any:
    return await client.estimate_templates.create(**{"name": "Roof", "items": ESTIMATED, **more})


def _nothing(box: Sandbox) -> None:
    """It needs nothing."""


def _sent_invoice(box: Sandbox) -> str:
    return box.add_invoice(status="sent", total=100, contact=CONTACT).id


def _draft(box: Sandbox) -> str:
    return box.add_invoice(contact=CONTACT).id


def _accepted(box: Sandbox) -> str:
    return box.add_estimate(status="accepted", total=900, contact=CONTACT).id


def _draft_estimate(box: Sandbox) -> str:
    return box.add_estimate(contact=CONTACT).id


CASES = {
    case.name: case
    for case in (
        Keyed(
            "invoices.create",
            _nothing,
            _invoice,
            {"name": "Other"},
            ("invoice",),
            ("invoices.list",),
        ),
        Keyed(
            "invoices.text2pay",
            _nothing,
            _text2pay,
            {"action": "draft"},
            ("invoice",),
            ("invoices.list",),
        ),
        Keyed(
            "invoices.record_payment",
            _sent_invoice,
            _pay,
            {"amount": 41},
            ("payment",),
            ("invoices.get",),
            makes_own=False,
        ),
        Keyed(
            "invoices.send",
            _draft,
            _send,
            {"action": "sms"},
            (),
            ("invoices.get",),
            makes_own=False,
        ),
        Keyed(
            "templates.create",
            _nothing,
            _template,
            {"currency": "EUR"},
            ("template",),
            ("templates.list",),
        ),
        Keyed(
            "schedules.create",
            _nothing,
            _schedule,
            {"schedule": monthly(4)},
            ("schedule",),
            ("schedules.list",),
        ),
        Keyed(
            "estimates.create",
            _nothing,
            _estimate,
            {"title": "Other"},
            ("estimate",),
            ("estimates.list",),
        ),
        Keyed(
            "estimates.create_invoice",
            _accepted,
            _convert,
            {"version": "v1"},
            ("invoice",),
            ("estimates.list", "invoices.list"),
        ),
        Keyed(
            "estimates.send",
            _draft_estimate,
            _send_estimate,
            {"action": "sms"},
            (),
            ("estimates.list",),
            makes_own=False,
        ),
        Keyed(
            "estimate_templates.create",
            _nothing,
            _estimate_template,
            {"currency": "EUR"},
            ("estimate_template",),
            ("estimate_templates.list",),
        ),
    )
}
NAMES = list(CASES)
KEPT_ONCE = frozenset({"create", "notify", "pay"})
WRITES = frozenset(name for name, op in OPERATIONS.items() if op.retry in KEPT_ONCE)


@asynccontextmanager
async def opened(
    settle_time: float = SETTLE, ledger: Any = None, client: Any = None, **settings: Any
) -> AsyncIterator[tuple[Sandbox, InvoicesClient]]:
    """A sandbox, and a client of it that keeps to no limits of its own."""
    async with new_box(limits=None, **settings) as box:
        async with client_of(box, ledger, settle_time=settle_time, **(client or {})) as made:
            yield box, made


def client_of(box: Sandbox, ledger: Any = None, **settings: Any) -> InvoicesClient:
    """A client of the box; those with one ledger are processes that share it."""
    given: dict[str, Any] = {"settle_time": SETTLE, "ledger": ledger, "rate_limit": None}
    return box.client(defaults=DEFAULTS, **given | settings)


def ledger_of(box: Sandbox) -> MemoryLedger:
    """A ledger that several clients of the box can have."""
    return MemoryLedger(ClientClock(box.clock, None))  # type: ignore[arg-type]  # its timers are tasks


class Tally(NamedTuple):
    """What was done so far."""

    effects: int
    """How often the service did what was asked."""
    made: int
    """How many records there are of what the operation makes."""
    sent: int
    """How many requests of it arrived."""


def tally(box: Sandbox, case: Keyed) -> Tally:
    arrivals = [one for one in box.arrivals if one.operation == case.name]
    made = sum(len(box.created(kind)) for kind in case.makes)
    return Tally(sum(one.committed for one in arrivals), made, len(arrivals))


def done_once(box: Sandbox, case: Keyed, before: Tally, times: int = 1) -> None:
    """Assert that it was done exactly once, or so many times."""
    now = tally(box, case)
    made = times * len(case.makes)
    assert (now.effects - before.effects, now.made - before.made) == (times, made), box.calls


def what_of(answer: Any) -> Any:
    """The id of the record that an answer is about."""
    return answer.id if hasattr(answer, "id") else answer.invoice.id


def strike(box: Sandbox, kind: str, operation: str, **rule: Any) -> Any:
    """Set one of `FAULTS`."""
    method, facts = FAULTS[kind]
    return getattr(box.faults, method)(operation, **facts, **rule)


_SCRIPT = "Cannot read properties of undefined (reading 'amount')"
FAULTS: dict[str, tuple[str, dict[str, Any]]] = {
    "lose_answer": ("lose_answer", {}),
    "lose_answer, hanging": ("lose_answer", {"hang": True}),
    "drop": ("drop", {}),
    "drop, hanging": ("drop", {"hang": True}),
    "commit_late": ("commit_late", {"seconds": 20}),
    "commit_late, hanging": ("commit_late", {"seconds": 50, "hang": True}),
    "never_received": ("never_received", {}),
    "truncate": ("truncate", {}),
    "empty": ("empty", {}),
    "wrong_type": ("wrong_type", {}),
    "fail": ("fail", {}),
    "fail, committed": ("fail", {"committed": True}),
    "html": ("html", {}),
    "html, committed": ("html", {"committed": True}),
    "script": ("fail", {"status": 500, "message": _SCRIPT}),
    "script, committed": ("fail", {"status": 500, "message": _SCRIPT, "committed": True}),
    "throttle": ("throttle", {}),
}
COMMITTED = frozenset(
    {
        *("lose_answer", "lose_answer, hanging", "commit_late", "commit_late, hanging"),
        *("truncate", "empty", "wrong_type"),
        *("fail, committed", "html, committed", "script, committed"),
    }
)
"""After these it was done, or will be."""
KNOWN = frozenset({"never_received", "throttle"})
"""After these it is known that nothing was done, so it is sent again without a look."""


# --- What goes wrong on this side ---------------------------------------------------------------


class Gone(BaseException):
    """The process is gone: nothing of it goes on after this."""


class Countdown:
    """Calls something at the n-th step, and counts the steps."""

    def __init__(self, at: int | None = None, then: Callable[[], object] | None = None):
        self.at: int | None = at
        self.then = then
        self.steps = 0

    @property
    def struck(self) -> bool:
        return self.at is not None and self.steps >= self.at

    def step(self) -> None:
        self.steps += 1
        if self.steps == self.at and self.then is not None:
            self.then()


class Process(Countdown):
    """A process that dies at its n-th step; afterwards it takes none."""

    def step(self) -> None:
        super().step()
        if self.struck:
            raise Gone

    def die(self, _: object = None) -> bool:
        """Die at the next step: a condition for faults, which is met."""
        self.at = 0
        return True


class WatchedLedger:
    """A ledger that takes a step of a countdown before (or after) each of its calls."""

    def __init__(self, inner: Any, watch: Countdown, *, after: bool = False):
        self._inner = inner
        self._watch = watch
        self._after = after

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)
        if name == "entries":
            return method

        async def watched(*args: Any, **kwargs: Any) -> Any:
            if not self._after:
                self._watch.step()
                return await method(*args, **kwargs)
            if self._watch.struck:
                raise Gone
            answer = await method(*args, **kwargs)
            self._watch.step()
            return answer

        return watched


class WatchedTransport(httpx.AsyncBaseTransport):
    """A transport that takes a step before each request, or after each answer."""

    def __init__(self, inner: httpx.AsyncBaseTransport, watch: Countdown, *, after: bool = False):
        self._inner = inner
        self._watch = watch
        self._after = after

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not self._after:
            self._watch.step()
            return await self._inner.handle_async_request(request)
        try:
            return await self._inner.handle_async_request(request)
        finally:
            self._watch.step()


class FailingLedger:
    """A ledger whose n-th change (or call of another method) fails, so many times."""

    def __init__(
        self,
        inner: Any,
        error: BaseException,
        at: int,
        *,
        times: int = 1,
        method: str = "change",
        when: Callable[[dict[str, Any]], bool] = bool,
    ):
        self._inner = inner
        self._error = error
        self._from, self._to = at, at + times
        self._method = method
        self._when = when
        self.calls = 0
        self.failed = 0

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)
        if name != self._method:
            return method

        async def failing(*args: Any, **kwargs: Any) -> Any:
            if self._when(kwargs):
                self.calls += 1
                if self._from <= self.calls < self._to:
                    self.failed += 1
                    raise self._error
            return await method(*args, **kwargs)

        return failing


async def entry_of(ledger: Any, box: Sandbox, name: str, key: str = "k") -> Entry:
    found: Entry | None = await ledger.find(box.location_id, name, key)
    assert found is not None
    return found
