"""Flows that only read: who is late by whose calendar, and waiting for a customer."""

from __future__ import annotations

import asyncio
import math
import pickle
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import LOCATION, Wire, cases, text_of
from virtual import VirtualTime, answer, client_on
from virtual import Wire as VirtualWire

from hoopai_invoices import CallOptions, InvoicesClient, LocationDefaults, models
from hoopai_invoices.errors import (
    APIConnectionError,
    AuthenticationError,
    DailyQuotaExceeded,
    EstimateDeclined,
    FlowError,
    HoopAIError,
    InternalServerError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    WaitTimeout,
)
from hoopai_invoices.sandbox import Choices, Sandbox

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 3, 10, 10, 30, tzinfo=UTC)
WEST, EAST = "Pacific/Pago_Pago", "Pacific/Kiritimati"  # -11 and +14: the 9th and the 11th of March
TODAY = date(2026, 3, 10)  # in the zone of the sandbox's first location
UNKNOWN = "65a1b2c3d4e5f6a7b8c9d0e1"
ONCE = CallOptions(max_attempts=1)


def new_box(**settings: Any) -> Sandbox:
    return Sandbox(**{"seed": 7, "now": NOW, "limits": None, **settings})


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with new_box() as made:
        yield made


@pytest.fixture
async def client(box: Sandbox) -> AsyncIterator[InvoicesClient]:
    async with box.client(rate_limit=None) as made:
        yield made


async def late(client: Any, as_of: date | None = None) -> list[str]:
    return [invoice.id async for invoice in client.flows.overdue(as_of=as_of)]


async def settled() -> None:
    """Let everything end that is about to."""
    for _ in range(200):
        await asyncio.sleep(0)


# --- Who is late -----------------------------------------------------------------------------

OPEN = ("sent", "viewed", "partially_paid")
STAGES = ("draft", *OPEN, "payment_processing", "paid", "void")
DUE_IN = st.integers(-20, 20)
BUILT = st.tuples(st.sampled_from(STAGES), DUE_IN, st.sampled_from(["100", "0.02", "7.35"]))
FREE = st.tuples(st.sampled_from(["draft", "sent", "viewed"]), DUE_IN, st.just("0"))


@given(built=st.lists(BUILT | FREE, max_size=8), days=st.integers(-25, 25))
@cases(80)
async def test_overdue_are_those_who_owe_and_whose_day_has_passed(
    built: list[tuple[Any, int, str]], days: int
) -> None:
    as_of = TODAY + timedelta(days=days)
    expected = []
    async with new_box() as box, box.client(rate_limit=None) as client:
        for status, due_in, total in built:
            invoice = box.add_invoice(status=status, due_in=due_in, total=total)
            if status in OPEN and total != "0" and TODAY + timedelta(days=due_in) < as_of:
                expected.append(invoice.id)
        assert Counter(await late(client, as_of)) == Counter(expected)
        assert box.calls == ["invoices.list"] * 3


async def test_a_part_is_paid_and_the_rest_is_late(box: Sandbox, client: InvoicesClient) -> None:
    part = box.add_invoice(status="partially_paid", total="100", paid="99.99", due_in=-1)
    gone = box.add_invoice(status="partially_paid", total="100", paid="40", due_in=-1)
    clearing = box.add_invoice(status="sent", due_in=-1)
    box.customer.pay(gone, "60")
    box.customer.pay(clearing, clears_in=3600)
    assert await late(client, TODAY) == [part.id]


MOVES = st.tuples(st.integers(1, 2), st.integers(0, 7), st.sampled_from(["view", "part", "whole"]))


@given(
    built=st.lists(st.sampled_from(OPEN), min_size=1, max_size=8),
    moves=st.lists(MOVES, max_size=12),
)
@cases(60)
async def test_who_moves_on_between_the_listings_is_neither_lost_nor_twice(
    built: list[Any], moves: list[tuple[int, int, str]]
) -> None:
    async with new_box() as box:
        invoices = [box.add_invoice(status=status, due_in=-1) for status in built]
        due = {invoice.id: int(invoice.amount_due) for invoice in invoices}
        moved = []

        def between(_: object) -> None:
            now = [move for move in moves if move[0] == len(box.calls)]
            for _, place, what in now:
                invoice = invoices[place % len(invoices)]
                if what == "view":
                    box.customer.view(invoice)
                elif due[invoice.id]:
                    part = due[invoice.id] if what == "whole" else 25
                    box.customer.pay(invoice, part)
                    due[invoice.id] -= part
            moved.extend(now)

        async with box.client(rate_limit=None, on_attempt=between) as client:
            found = await late(client, TODAY)
    assert len(moved) == len(moves)
    assert len(found) == len(set(found))
    assert {invoice.id for invoice in invoices if due[invoice.id]} <= set(found)


@pytest.mark.parametrize("after", [0, 60, 150])
async def test_who_moves_on_between_the_pages_is_neither_lost_nor_twice(
    box: Sandbox, client: InvoicesClient, after: int
) -> None:
    invoices = [box.add_invoice(status="sent", due_in=-1) for _ in range(230)]
    found: list[str] = []
    async for invoice in client.flows.overdue(as_of=TODAY):
        if len(found) == after:
            for seen in invoices[::3]:
                box.customer.view(seen)
            for seen in invoices[::5]:
                box.customer.pay(seen, 25)
        found.append(invoice.id)
    assert Counter(found) == Counter(invoice.id for invoice in invoices)


async def test_today_is_the_day_at_the_location(box: Sandbox) -> None:
    days = {}
    for zone in (WEST, EAST):
        place = box.add_location(timezone=zone)
        token = box.add_token(locations=[place])
        made = {due: box.add_invoice(status="sent", due_in=due, location=place) for due in (-1, 0)}
        days[zone] = [invoice.due_date for invoice in made.values()]
        async with box.client(
            location_id=place.id, token=token, defaults=LocationDefaults(timezone=zone)
        ) as client:
            assert await late(client) == [made[-1].id]
    assert days == {
        WEST: [date(2026, 3, 8), date(2026, 3, 9)],
        EAST: [date(2026, 3, 10), date(2026, 3, 11)],
    }


async def test_the_day_changes_at_midnight_there(box: Sandbox) -> None:
    place = box.add_location(timezone=WEST)
    token = box.add_token(locations=[place])
    invoice = box.add_invoice(status="sent", due_in=0, location=place)
    zoned = LocationDefaults(timezone=WEST)
    async with box.client(location_id=place.id, token=token, defaults=zoned) as client:
        box.clock.advance(minutes=29, seconds=58)
        assert await late(client) == []
        box.clock.advance(seconds=2)
        assert await late(client) == [invoice.id]
    eastern = LocationDefaults(timezone=EAST)
    async with box.client(location_id=place.id, token=token, defaults=eastern) as client:
        assert await late(client) == [invoice.id]
        assert await late(client, date(2026, 3, 9)) == []  # what is given wins


async def test_without_a_zone_the_day_has_to_be_given(box: Sandbox, client: InvoicesClient) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        client.flows.overdue()  # also before it is iterated
    assert caught.value.path == "as_of"
    assert caught.value.operation == "flows.overdue"
    assert "timezone" in (caught.value.hint or "")
    assert box.calls == []


@pytest.mark.parametrize("wrong", [NOW, "2026-03-10", 20260310, NOW.timestamp(), ()])
async def test_a_day_is_a_date(box: Sandbox, client: InvoicesClient, wrong: Any) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        client.flows.overdue(as_of=wrong)
    assert caught.value.path == "as_of"
    assert box.calls == []


async def test_a_date_time_is_the_day_that_its_text_begins_with() -> None:
    due = {
        "early": "2026-03-09T00:00:00.000Z",
        "utc": "2026-03-09T23:59:59.999Z",
        "west": "2026-03-09T23:59:59-11:00",  # in UTC already the 10th
        "local": "2026-03-09T12:00:00",
        "day": "2026-03-09",
        "no-hour": "2026-03-09T10:99:00.000Z",
        "east": "2026-03-10T00:30:00+14:00",  # in UTC still the 9th
        "midnight": "2026-03-10T00:00:00.000Z",
        "today": "2026-03-10",
        "none": None,
        "text": "soon",
    }
    owed = {"null": None, "nothing": 0, "text": "much", "credit": -1}
    rows = [{"_id": name, "dueDate": day, "amountDue": 5} for name, day in due.items()]
    rows += [{"_id": f"o-{n}", "dueDate": "2026-03-09", "amountDue": o} for n, o in owed.items()]
    rows += [{"_id": "left-out", "dueDate": "2026-03-09"}]

    def page(request: httpx.Request) -> str:
        mine = rows if request.url.params["status"] == "viewed" else []
        return text_of({"invoices": mine, "total": len(mine)})

    async with InvoicesClient(token="t", location_id=LOCATION, transport=Wire(page)) as client:
        found = await late(client, date(2026, 3, 10))
    assert found == ["early", "utc", "west", "local", "day", "no-hour"]


async def test_who_leaves_early_leaves_nothing_behind(box: Sandbox, client: InvoicesClient) -> None:
    for _ in range(120):
        box.add_invoice(status="sent", due_in=-1)
    others = asyncio.all_tasks()
    async for _ in client.flows.overdue(as_of=TODAY):
        break
    await settled()
    assert asyncio.all_tasks() == others
    assert client.stats().in_flight == 0
    assert box.calls == ["invoices.list"]


async def test_what_it_costs(box: Sandbox, client: InvoicesClient) -> None:
    for count, status in ((250, "sent"), (101, "viewed")):
        for _ in range(count):
            box.add_invoice(status=status, due_in=-1)  # type: ignore[arg-type]
    assert len(await late(client, TODAY)) == 351
    statuses = Counter(arrival.query["status"] for arrival in box.arrivals)
    assert statuses == {"sent": 3, "viewed": 2, "partially_paid": 1}


async def test_an_error_of_a_listing_comes_through(box: Sandbox, client: InvoicesClient) -> None:
    box.add_invoice(status="sent", due_in=-1)
    box.faults.fail("invoices.list", 403, after=1)
    with pytest.raises(PermissionDeniedError) as caught:
        await late(client, TODAY)
    assert caught.value.operation == "invoices.list"


# --- Waiting: for either kind of record ------------------------------------------------------


@dataclass(frozen=True)
class Wait:
    """One of the two flows, and how to come to its end.

    Attributes:
        name: The flow.
        look: The operation that each look calls.
        add: Makes a record that is waited for.
        happen: The customer does what is waited for.
        ends: The status that it then has.
    """

    name: str
    look: str
    add: Callable[[Sandbox], Any]
    happen: Callable[[Sandbox, Any], None]
    ends: str

    def begin(self, client: InvoicesClient, record: Any, **how: Any) -> Awaitable[Any]:
        flow: Callable[..., Awaitable[Any]] = getattr(client.flows, self.name)
        return flow(record, **{"timeout": 20_000, **how})  # a test that fails has an end


ACCEPTED = Wait(
    "wait_until_accepted",
    "estimates.list",
    lambda box: box.add_estimate(status="sent"),
    lambda box, estimate: box.customer.accept(estimate),
    "accepted",
)
PAID = Wait(
    "wait_until_paid",
    "invoices.get",
    lambda box: box.add_invoice(status="sent"),
    lambda box, invoice: box.customer.pay(invoice),
    "paid",
)


@pytest.fixture(params=[ACCEPTED, PAID], ids=lambda wait: wait.name)
def wait(request: pytest.FixtureRequest) -> Wait:
    found: Wait = request.param
    return found


def status_of(record: Any) -> str:
    return str(record.estimate_status if isinstance(record, models.Estimate) else record.status)


async def meanwhile(box: Sandbox, flow: Awaitable[Any], *steps: tuple[float, Any]) -> Any:
    """The end of a flow, while at so many seconds from now things happen."""

    async def act(seconds: float, step: Any) -> None:
        await box.clock.sleep(seconds)
        done = step()
        if isinstance(done, Awaitable):
            await done

    async def give_up() -> None:
        await box.clock.sleep(20_000)
        waiting.cancel()

    waiting = asyncio.ensure_future(flow)
    acting = [asyncio.create_task(act(*step)) for step in steps]
    acting.append(asyncio.create_task(give_up()))
    try:
        await asyncio.wait([waiting])
        assert not waiting.cancelled(), "it waits for ever"
        return waiting.result()
    finally:
        for task in acting:
            task.cancel()
        done = await asyncio.gather(*acting, return_exceptions=True)
        assert [one for one in done if isinstance(one, Exception)] == []


@pytest.mark.parametrize("by", ["id", "record"])
async def test_what_has_happened_needs_no_waiting(
    box: Sandbox, client: InvoicesClient, wait: Wait, by: str
) -> None:
    record = wait.add(box)
    wait.happen(box, record)
    found = await wait.begin(client, record if by == "record" else record.id)
    assert (found.id, status_of(found)) == (record.id, wait.ends)
    assert box.calls == [wait.look]


async def test_what_happens_hours_later_is_seen_within_a_minute(
    box: Sandbox, client: InvoicesClient, wait: Wait
) -> None:
    record, begun = wait.add(box), box.clock.monotonic()
    happens = (7200.0, lambda: wait.happen(box, record))
    found = await meanwhile(box, wait.begin(client, record.id), happens)
    assert status_of(found) == wait.ends
    assert 7200 <= box.clock.monotonic() - begun <= 7260.1
    assert set(box.calls) == {wait.look}


def gaps_of(box: Sandbox) -> list[float]:
    """Seconds between one look and the next; a request itself takes a millisecond."""
    times = [arrival.at for arrival in box.arrivals]
    return [(later - sooner).total_seconds() for sooner, later in pairwise(times)]


async def test_the_pauses_of_a_day(box: Sandbox, client: InvoicesClient) -> None:
    invoice, begun = box.add_invoice(status="sent"), box.clock.monotonic()
    with pytest.raises(WaitTimeout) as caught:
        await client.flows.wait_until_paid(invoice, timeout=86400)
    assert box.clock.monotonic() - begun == pytest.approx(86400, abs=0.01)
    gaps = gaps_of(box)[:-1]  # the last one ends with the time
    assert 1440 <= len(box.calls) <= 1640
    assert 1.7 < gaps[0] <= 2.01
    assert all(later > sooner for sooner, later in pairwise(gaps[:7]))
    assert all(50 < gap <= 60.01 for gap in gaps[10:])
    assert len({round(gap, 3) for gap in gaps[10:60]}) > 30  # who began together doesn't stay so
    assert caught.value.record.id == invoice.id


@given(
    seconds=st.floats(0.01, 300),
    share=st.floats(0.02, 2),
    which=st.sampled_from([ACCEPTED, PAID]),
)
@cases(25)
async def test_the_time_is_kept_and_no_pause_is_longer_than_wanted(
    seconds: float, share: float, which: Wait
) -> None:
    longest = max(seconds * share, 0.01)
    async with new_box() as box, box.client(rate_limit=None) as client:
        record, begun = which.add(box), box.clock.monotonic()
        with pytest.raises(WaitTimeout) as caught:
            await which.begin(client, record, timeout=seconds, longest_pause=longest)
        assert seconds - 0.001 <= box.clock.monotonic() - begun <= seconds + 0.01
        assert all(gap <= longest + 0.01 for gap in gaps_of(box))
    error = caught.value
    assert (error.record.id, status_of(error.record)) == (record.id, "sent")
    assert error.operation == f"flows.{which.name}"
    assert record.id in str(error)
    assert error.hint is not None
    assert error.__cause__ is None


async def test_what_happens_with_the_last_look_counts(
    box: Sandbox, client: InvoicesClient, wait: Wait
) -> None:
    record = wait.add(box)
    happens = (99.9, lambda: wait.happen(box, record))
    flow = wait.begin(client, record, timeout=100, longest_pause=1000)
    assert status_of(await meanwhile(box, flow, happens)) == wait.ends


NONE = [0, -1, -0.5, math.nan, math.inf, True, False, "5", 1e9, [5]]


@pytest.mark.parametrize("wrong", [*NONE, None])
async def test_a_longest_pause_that_is_none(
    box: Sandbox, client: InvoicesClient, wait: Wait, wrong: Any
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        await wait.begin(client, UNKNOWN, longest_pause=wrong)
    assert caught.value.path == "longest_pause"
    assert caught.value.operation == f"flows.{wait.name}"
    assert box.calls == []


@pytest.mark.parametrize("wrong", NONE)
async def test_a_timeout_that_is_none(
    box: Sandbox, client: InvoicesClient, wait: Wait, wrong: Any
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        await wait.begin(client, UNKNOWN, timeout=wrong)
    assert caught.value.path == "timeout"
    assert box.calls == []


@pytest.mark.parametrize("wrong", ["", "a/b", "..", "x\n"])
async def test_an_id_that_is_none(
    box: Sandbox, client: InvoicesClient, wait: Wait, wrong: str
) -> None:
    with pytest.raises(InvalidRequestError):
        await wait.begin(client, wrong)
    assert box.calls == []


# --- Waiting: the wake event -----------------------------------------------------------------

# By itself it looks at about 52.6, 86 and 140 seconds.
SELDOM = {"longest_pause": 3600.0}


class Watched(asyncio.Event):
    """An event that counts who sets it."""

    def __init__(self) -> None:
        super().__init__()
        self.times = 0

    def set(self) -> None:
        self.times += 1
        super().set()


async def test_woken_it_looks_at_once(box: Sandbox, client: InvoicesClient, wait: Wait) -> None:
    record, wake, begun = wait.add(box), Watched(), box.clock.monotonic()

    def happen() -> None:
        wait.happen(box, record)
        wake.set()

    flow = wait.begin(client, record, wake=wake, **SELDOM)
    assert status_of(await meanwhile(box, flow, (100.0, happen))) == wait.ends
    assert 100 <= box.clock.monotonic() - begun < 100.1
    assert not wake.is_set()
    assert wake.times == 1


async def test_woken_too_early_it_looks_again_soon(
    box: Sandbox, client: InvoicesClient, wait: Wait
) -> None:
    record, wake, begun = wait.add(box), asyncio.Event(), box.clock.monotonic()
    steps = [(100.0, wake.set), (103.0, lambda: wait.happen(box, record))]
    flow = wait.begin(client, record, wake=wake, **SELDOM)
    assert status_of(await meanwhile(box, flow, *steps)) == wait.ends
    assert 103 <= box.clock.monotonic() - begun < 105.5
    assert not wake.is_set()


async def test_woken_before_the_list_has_caught_up(box: Sandbox, client: InvoicesClient) -> None:
    box.faults.lag("estimates.list", seconds=5)
    estimate, wake, begun = box.add_estimate(status="sent"), asyncio.Event(), box.clock.monotonic()

    def happen() -> None:
        box.customer.accept(estimate)
        wake.set()

    flow = client.flows.wait_until_accepted(estimate, wake=wake, longest_pause=3600)
    assert status_of(await meanwhile(box, flow, (100.0, happen))) == "accepted"
    assert 105 <= box.clock.monotonic() - begun < 110.5


async def test_an_event_that_was_set_before_costs_a_look(
    box: Sandbox, client: InvoicesClient, wait: Wait
) -> None:
    record, wake = wait.add(box), asyncio.Event()
    wake.set()
    with pytest.raises(WaitTimeout):
        await wait.begin(client, record, wake=wake, timeout=1.5)
    assert not wake.is_set()
    assert box.calls == [wait.look] * 3  # at once, woken, and when the time is over


async def test_waiting_itself_wakes_nobody(
    box: Sandbox, client: InvoicesClient, wait: Wait
) -> None:
    wake = Watched()
    with pytest.raises(WaitTimeout):
        await wait.begin(client, wait.add(box), wake=wake, timeout=300)
    assert wake.times == 0
    assert not wake.is_set()


async def test_who_share_an_event_are_woken_together(box: Sandbox, client: InvoicesClient) -> None:
    wake, begun = asyncio.Event(), box.clock.monotonic()
    invoices = [box.add_invoice(status="sent") for _ in range(3)]

    def pay() -> None:
        for invoice in invoices:
            box.customer.pay(invoice)

    async def flow() -> list[models.Invoice]:
        waits = [
            client.flows.wait_until_paid(invoice, wake=wake, longest_pause=3600)
            for invoice in invoices
        ]
        return await asyncio.gather(*waits)

    found = await meanwhile(box, flow(), (100.0, wake.set), (101.0, pay))
    assert [one.id for one in found] == [one.id for one in invoices]
    # Each of them looks again soon, whoever of them has cleared the event.
    assert box.clock.monotonic() - begun < 103
    assert not wake.is_set()


# --- Waiting: looks that are lost ------------------------------------------------------------

Lose = Callable[[Sandbox, str, Any], Any]
LOST: dict[str, tuple[Lose, type[HoopAIError]]] = {
    "503": (lambda box, look, rule: box.faults.fail(look, 503, **rule), InternalServerError),
    "500": (lambda box, look, rule: box.faults.fail(look, 500, **rule), InternalServerError),
    "a page": (lambda box, look, rule: box.faults.html(look, **rule), InternalServerError),
    "429": (
        lambda box, look, rule: box.faults.throttle(look, retry_after=1, **rule),
        RateLimitError,
    ),
    "refused": (
        lambda box, look, rule: box.faults.never_received(look, **rule),
        APIConnectionError,
    ),
    "reset": (lambda box, look, rule: box.faults.drop(look, **rule), APIConnectionError),
    "cut": (lambda box, look, rule: box.faults.truncate(look, **rule), APIConnectionError),
    "silence": (
        lambda box, look, rule: box.faults.drop(look, hang=True, **rule),
        APIConnectionError,
    ),
}


@pytest.mark.parametrize("kind", LOST)
async def test_lost_looks_are_passed_over(
    box: Sandbox, client: InvoicesClient, wait: Wait, kind: str
) -> None:
    lose, _ = LOST[kind]
    record = wait.add(box)
    # Nineteen in a row at first; and nineteen again, after one that was heard.
    faults = [lose(box, wait.look, {"times": 19}), lose(box, wait.look, {"times": 19, "after": 1})]
    happens = (4000.0, lambda: wait.happen(box, record))
    found = await meanwhile(box, wait.begin(client, record, options=ONCE), happens)
    assert status_of(found) == wait.ends
    assert [fault.hits for fault in faults] == [19, 19]


@pytest.mark.parametrize("kind", LOST)
async def test_twenty_lost_looks_in_a_row_are_too_many(
    box: Sandbox, client: InvoicesClient, wait: Wait, kind: str
) -> None:
    lose, error = LOST[kind]
    fault = lose(box, wait.look, {"times": None, "after": 2})
    with pytest.raises(error) as caught:
        await wait.begin(client, wait.add(box), options=ONCE)
    assert fault.hits == 20
    assert caught.value.operation == wait.look


async def test_a_look_is_tried_again_like_every_call(
    box: Sandbox, client: InvoicesClient, wait: Wait, caplog: pytest.LogCaptureFixture
) -> None:
    record = wait.add(box)
    wait.happen(box, record)
    box.faults.fail(wait.look, 503, times=2)
    assert status_of(await wait.begin(client, record)) == wait.ends
    assert caplog.messages == []

    box.faults.fail(wait.look, 503, times=3)
    assert status_of(await wait.begin(client, record)) == wait.ends
    assert len(caplog.messages) == 1
    assert "InternalServerError" in caplog.text


async def test_the_days_quota_is_no_passing_trouble(
    box: Sandbox, client: InvoicesClient, wait: Wait
) -> None:
    box.faults.throttle(wait.look, daily=True, after=1)
    with pytest.raises(DailyQuotaExceeded):
        await wait.begin(client, wait.add(box))
    assert len(box.calls) == 2


async def test_a_time_out_names_the_look_that_was_lost(
    box: Sandbox, client: InvoicesClient, wait: Wait
) -> None:
    record = wait.add(box)
    box.faults.fail(wait.look, 503, times=None, after=1)
    with pytest.raises(WaitTimeout) as caught:
        await wait.begin(client, record, timeout=30, options=ONCE)
    assert isinstance(caught.value.__cause__, InternalServerError)
    assert caught.value.record.id == record.id  # as it was seen before

    box.faults.clear()
    box.faults.fail(wait.look, 503, times=None)
    with pytest.raises(WaitTimeout) as caught:
        await wait.begin(client, record, timeout=30, options=ONCE)
    assert caught.value.record is None

    box.faults.clear()
    box.faults.fail(wait.look, 503, times=2)
    with pytest.raises(WaitTimeout) as caught:
        await wait.begin(client, record, timeout=30, options=ONCE)
    assert caught.value.__cause__ is None  # the later looks were heard


async def test_a_token_that_died_is_told_at_once(
    box: Sandbox, client: InvoicesClient, wait: Wait
) -> None:
    record = wait.add(box)
    box.expire_token(after_calls=3)
    with pytest.raises(AuthenticationError):
        await wait.begin(client, record)
    assert len(box.calls) == 4


async def test_anothers_location_is_told_at_once(box: Sandbox, wait: Wait) -> None:
    other = box.add_location()
    async with box.client(location_id=other.id) as client:
        with pytest.raises(PermissionDeniedError):
            await wait.begin(client, wait.add(box))
    assert len(box.calls) == 1


# --- Waiting: cancelled ----------------------------------------------------------------------


async def test_who_is_cancelled_leaves_nothing_behind(
    box: Sandbox, client: InvoicesClient, wait: Wait
) -> None:
    record, wake, others = wait.add(box), asyncio.Event(), asyncio.all_tasks()
    waiting = asyncio.ensure_future(wait.begin(client, record, wake=wake))
    await box.clock.sleep(100)
    seen = len(box.calls)
    assert seen > 3
    waiting.cancel()
    await settled()
    assert waiting.cancelled()
    assert asyncio.all_tasks() == others
    wake.set()
    await box.clock.sleep(1000)
    assert len(box.calls) == seen
    assert client.stats().in_flight == 0


@pytest.mark.parametrize("seconds", [0.0, 1.0, 2.0, 30.0])
async def test_no_timer_is_left(seconds: float) -> None:
    async def script(_: object) -> httpx.Response:
        await clock.sleep(0.5)
        return answer(200, {"_id": UNKNOWN, "status": "sent"})

    async with VirtualTime() as clock:
        client, wake = client_on(VirtualWire(clock, script), clock), asyncio.Event()
        waiting = asyncio.create_task(client.flows.wait_until_paid(UNKNOWN, wake=wake))
        await clock.sleep(seconds)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await client.aclose()
        assert [timer for _, _, timer in clock.timers if timer.action is not None] == []


async def test_the_machines_own_clock_will_do() -> None:
    states = iter(["sent", "viewed", "paid"])
    wire = Wire(lambda _: text_of({"_id": UNKNOWN, "status": next(states)}))
    async with InvoicesClient(token="t", location_id=LOCATION, transport=wire) as client:
        others = asyncio.all_tasks()
        wake = asyncio.Event()
        asyncio.get_running_loop().call_later(0.02, wake.set)
        found = await client.flows.wait_until_paid(UNKNOWN, longest_pause=0.01, wake=wake)
        await settled()
        assert asyncio.all_tasks() == others
    assert found.status == "paid"
    assert len(wire.requests) == 3


# --- Estimates -------------------------------------------------------------------------------


async def test_who_declines_ends_the_waiting(box: Sandbox, client: InvoicesClient) -> None:
    estimate = box.add_estimate(status="sent")
    steps = [
        (50.0, lambda: box.customer.view(estimate)),
        (500.0, lambda: box.customer.decline(estimate)),
    ]
    with pytest.raises(EstimateDeclined) as caught:
        await meanwhile(box, client.flows.wait_until_accepted(estimate), *steps)
    error = caught.value
    assert (error.record.id, error.record.estimate_status) == (estimate.id, "declined")
    assert error.operation == "flows.wait_until_accepted"
    assert estimate.id in str(error)


async def test_what_is_invoiced_was_accepted(box: Sandbox, client: InvoicesClient) -> None:
    estimate = box.add_estimate(status="invoiced")
    found = await client.flows.wait_until_accepted(estimate.id, timeout=1)
    assert found.estimate_status == "invoiced"


@pytest.mark.parametrize("by", ["id", "record"])
async def test_a_new_estimate_may_be_listed_later(
    box: Sandbox, client: InvoicesClient, by: str
) -> None:
    box.faults.lag("estimates.list", seconds=20)
    estimate, begun = box.add_estimate(status="sent"), box.clock.monotonic()
    flow = client.flows.wait_until_accepted(estimate if by == "record" else estimate.id)
    found = await meanwhile(box, flow, (5.0, lambda: box.customer.accept(estimate)))
    assert found.estimate_status == "accepted"
    assert 25 <= box.clock.monotonic() - begun <= 45


async def test_what_is_never_listed_isnt_there(box: Sandbox, client: InvoicesClient) -> None:
    begun = box.clock.monotonic()
    with pytest.raises(NotFoundError) as caught:
        await client.flows.wait_until_accepted(UNKNOWN, timeout=1000)
    assert 30 < box.clock.monotonic() - begun < 60
    assert caught.value.operation == "estimates.get"
    assert caught.value.hint is not None


async def test_the_time_may_be_over_before_it_is_listed(
    box: Sandbox, client: InvoicesClient
) -> None:
    with pytest.raises(WaitTimeout) as caught:
        await client.flows.wait_until_accepted(UNKNOWN, timeout=10)
    assert caught.value.record is None


async def test_what_was_listed_and_is_gone_was_deleted(
    box: Sandbox, client: InvoicesClient
) -> None:
    # Also within the half minute that a new one is given.
    for seconds in (10.0, 1000.0):
        estimate, begun = box.add_estimate(status="sent"), box.clock.monotonic()
        delete = (seconds, lambda estimate=estimate: client.estimates.delete(estimate.id))
        with pytest.raises(NotFoundError):
            await meanwhile(box, client.flows.wait_until_accepted(estimate.id), delete)
        assert seconds <= box.clock.monotonic() - begun <= min(seconds + 60.1, seconds * 2)


# --- Invoices --------------------------------------------------------------------------------


async def test_a_part_is_not_all(box: Sandbox, client: InvoicesClient) -> None:
    invoice = box.add_invoice(status="sent", total="100")
    begun = box.clock.monotonic()
    steps = [
        (50.0, lambda: box.customer.view(invoice)),
        (100.0, lambda: box.customer.pay(invoice, 40)),
        (1000.0, lambda: box.customer.pay(invoice, clears_in=1000)),
    ]
    found = await meanwhile(box, client.flows.wait_until_paid(invoice), *steps)
    assert (found.status, found.amount_due) == ("paid", 0)
    assert 2000 <= box.clock.monotonic() - begun <= 2060.1


async def test_what_is_void_wont_be_paid(box: Sandbox, client: InvoicesClient) -> None:
    invoice = box.add_invoice(status="sent")
    void = (100.0, lambda: client.invoices.void(invoice.id))
    with pytest.raises(FlowError) as caught:
        await meanwhile(box, client.flows.wait_until_paid(invoice), void)
    assert type(caught.value) is FlowError
    assert (caught.value.record.id, caught.value.record.status) == (invoice.id, "void")
    assert caught.value.operation == "flows.wait_until_paid"


async def test_an_invoice_that_isnt_there_is_told_at_once(
    box: Sandbox, client: InvoicesClient
) -> None:
    with pytest.raises(NotFoundError):
        await client.flows.wait_until_paid(UNKNOWN, timeout=1000)
    assert box.calls == ["invoices.get"]


async def test_an_invoice_that_goes_is_told_with_the_next_look() -> None:
    async with new_box(choices=Choices(void_invoice="gone")) as box, box.client() as client:
        invoice = box.add_invoice(status="sent")
        void = (100.0, lambda: client.invoices.void(invoice.id))
        with pytest.raises(NotFoundError):
            await meanwhile(box, client.flows.wait_until_paid(invoice), void)


# --- Errors ----------------------------------------------------------------------------------


async def test_errors_travel_and_tell_no_secret(box: Sandbox, client: InvoicesClient) -> None:
    declined, void = box.add_estimate(status="declined"), box.add_invoice(status="void")
    flows: list[Callable[[], Awaitable[Any]]] = [
        lambda: client.flows.wait_until_accepted(declined, timeout=5),
        lambda: client.flows.wait_until_paid(void, timeout=5),
        lambda: client.flows.wait_until_paid(box.add_invoice(status="sent"), timeout=5),
        lambda: client.flows.wait_until_accepted(UNKNOWN, timeout=5),
        lambda: late(client),
    ]
    kinds: list[str] = []
    for flow in flows:
        with pytest.raises(HoopAIError) as caught:
            await flow()
        error = caught.value
        kinds.append(type(error).__name__)
        data = pickle.dumps(error)
        again = pickle.loads(data)
        assert type(again) is type(error)
        assert (str(again), again.operation, again.hint) == (
            str(error),
            error.operation,
            error.hint,
        )
        assert str(error).startswith(f"{error.operation}: ")
        assert getattr(again, "record", None) == getattr(error, "record", None)
        assert box.token not in f"{error!s} {error!r} {data!r}"
    assert kinds == [
        "EstimateDeclined",
        "FlowError",
        "WaitTimeout",
        "WaitTimeout",
        "InvalidRequestError",
    ]
