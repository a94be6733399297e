"""Flows that write: each step once, whoever runs them, how often, and wherever they are broken off."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from flowing import (
    CONTACT,
    DEFAULTS,
    FLOWS,
    KEY,
    Flow,
    billed,
    offered,
    repeated,
    state,
)

from hoopai_invoices import CallOptions, InvoicesClient, LocationDefaults, models
from hoopai_invoices._core.http import asgi_transport
from hoopai_invoices.errors import (
    BadRequestError,
    DuplicateDetected,
    EstimateDeclined,
    FlowError,
    HoopAIError,
    InvalidRequestError,
    KeyReusedError,
    NotFoundError,
    OutcomeUnknown,
    PermissionDeniedError,
    WaitTimeout,
)
from hoopai_invoices.flows import Plan, Step
from hoopai_invoices.models import (
    AutoPayment,
    EstimateSend,
    InvoiceSend,
    PaymentRecord,
    SentTo,
)
from hoopai_invoices.sandbox import Choices, Sandbox

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 3, 10, 15, tzinfo=UTC)
DAY = "2026-03-10"
TESTS = Path(__file__).parent


def new_box(**settings: Any) -> Sandbox:
    return Sandbox(**{"seed": 7, "now": NOW, "limits": None, **settings})


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with new_box() as made:
        yield made


def client_of(box: Sandbox, **more: Any) -> InvoicesClient:
    return box.client(**{"rate_limit": None, "defaults": DEFAULTS, **more})


@pytest.fixture
async def client(box: Sandbox) -> AsyncIterator[InvoicesClient]:
    async with client_of(box) as made:
        yield made


@pytest.fixture(params=FLOWS.values(), ids=lambda flow: flow.name)
def flow(request: pytest.FixtureRequest) -> Flow:
    found: Flow = request.param
    return found


def place_of(box: Sandbox) -> Any:
    return box._state.locations[box.location_id]


def all_of(box: Sandbox) -> dict[str, Any]:
    return state(box, place_of(box))[0]


def summary(done: Any) -> list[tuple[str, str]]:
    return [(step.name, step.state) for step in done.steps]


def writes(box: Sandbox) -> list[str]:
    return [str(one.operation) for one in box.arrivals if one.method != "GET"]


async def undisturbed(flow: Flow) -> tuple[dict[str, Any], list[str]]:
    """How it ends when nothing happens, and the requests that it takes."""
    async with new_box(choices=Choices(schedule_delay_seconds=0)) as box, client_of(box) as client:
        await flow.run(client.flows, flow.prepare(box, place_of(box)))
        return all_of(box), box.calls


# --- All flows -------------------------------------------------------------------------------


async def test_each_step_is_done_and_told(
    box: Sandbox, client: InvoicesClient, flow: Flow, caplog: pytest.LogCaptureFixture
) -> None:
    seed = flow.prepare(box, place_of(box))
    told: list[Step] = []
    with caplog.at_level(logging.INFO, "hoopai_invoices"):
        done = await flow.run(client.flows, seed, on_step=told.append)
    assert tuple(step.name for step in done.steps) == flow.steps
    assert tuple(told) == done.steps
    assert all(step.key == KEY and step.record_id for step in told)
    adopts = flow.name in ("invoiced", "automatic")
    assert [step.state for step in told] == [
        "found" if adopts else "done",
        *["done"] * (len(told) - 1),
    ]
    assert done.adopted is adopts
    lines = [one for one in caplog.messages if one.startswith(f"{told[0].flow} {KEY}: ")]
    assert [line.split(": ")[1].split()[0] for line in lines] == list(flow.steps)


async def test_again_under_its_key_everything_is_found_done(
    box: Sandbox, client: InvoicesClient, flow: Flow
) -> None:
    seed = flow.prepare(box, place_of(box))
    first = await flow.run(client.flows, seed)
    before, wrote = all_of(box), writes(box)
    second = await flow.run(client.flows, seed)
    assert summary(second) == [(name, "found") for name in flow.steps]
    assert [one.record_id for one in second.steps] == [one.record_id for one in first.steps]
    assert second.adopted is first.adopted
    assert getattr(second, "link", None) == getattr(first, "link", None)
    assert (all_of(box), writes(box)) == (before, wrote)


async def test_at_once_under_one_key_it_is_done_once(
    box: Sandbox, client: InvoicesClient, flow: Flow
) -> None:
    expected, _ = await undisturbed(flow)
    seed = flow.prepare(box, place_of(box))
    async with client_of(box, ledger=client._pipeline.guard.ledger) as other:
        done = await asyncio.gather(
            *(flow.run(one.flows, seed) for one in (client, other, client, other))
        )
    assert all_of(box) == expected
    assert len({one.steps[0].record_id for one in done}) == 1


async def test_a_dry_run_writes_nothing_and_knows_the_cost(
    box: Sandbox, client: InvoicesClient, flow: Flow
) -> None:
    seed = flow.prepare(box, place_of(box))
    before = all_of(box)
    for _ in range(2):  # before it is done, and afterwards
        plan = await flow.run(client.flows, seed, dry_run=True)
        assert isinstance(plan, Plan)
        assert all_of(box) == before
        begun = len(box.calls)
        await flow.run(client.flows, seed)
        used = box.calls[begun:]
        least, most = plan.cost
        assert least <= len(used)
        assert most is None or len(used) <= most
        if most is not None:
            assert [call.operation for call in plan.calls] == used
        waits = flow.name in ("automatic", "recurring") or (not _ and flow.name == "invoiced")
        assert (most is None) is (waits and (not _ or flow.name == "recurring"))
        wrote = [one for one in used if one in {call.operation for call in plan.writes}]
        assert len(wrote) <= len(plan.writes)
        before = all_of(box)


async def test_a_plan_names_operations_classes_and_keys(
    box: Sandbox, client: InvoicesClient
) -> None:
    seed = FLOWS["accepted"].prepare(box, place_of(box))
    plan = await FLOWS["accepted"].run(client.flows, seed, dry_run=True)
    assert [(call.operation, call.retry, call.key) for call in plan.writes] == [
        ("estimates.create_invoice", "create", f"{KEY}/convert"),
        ("invoices.send", "notify", f"{KEY}/send"),
        ("invoices.record_payment", "pay", f"{KEY}/payment"),
    ]
    assert plan.cost == (7, 7)


async def test_a_hook_that_fails_changes_nothing(
    box: Sandbox, client: InvoicesClient, flow: Flow, caplog: pytest.LogCaptureFixture
) -> None:
    expected, _ = await undisturbed(flow)

    async def fails(step: Step) -> None:
        await asyncio.sleep(0)
        raise RuntimeError(step.name)

    await flow.run(client.flows, flow.prepare(box, place_of(box)), on_step=fails)
    assert all_of(box) == expected
    assert caplog.messages.count("on_step failed") == len(flow.steps)


@pytest.mark.parametrize("key", ["", " ", "k" * 192, "a\nb", None, 7])
async def test_what_is_no_key_is_refused_at_once(
    box: Sandbox, client: InvoicesClient, flow: Flow, key: Any
) -> None:
    seed = flow.prepare(box, place_of(box))
    with pytest.raises(InvalidRequestError) as caught:
        await flow.run(client.flows, seed, key=key)
    assert caught.value.path == "key"
    assert (caught.value.operation or "").startswith("flows.")
    assert box.calls == []


async def test_the_longest_key_has_room_for_the_steps(
    box: Sandbox, client: InvoicesClient, flow: Flow
) -> None:
    done = await flow.run(client.flows, flow.prepare(box, place_of(box)), key="k" * 191)
    assert len(done.steps) == len(flow.steps)


async def test_an_error_says_at_which_step_and_what_to_do(
    box: Sandbox, client: InvoicesClient, flow: Flow
) -> None:
    seed = flow.prepare(box, place_of(box))
    operation = {"payment": "invoices.record_payment", "first": "schedules.get"}.get(flow.steps[-1])
    operation = operation or ("estimates.send" if flow.name == "offer" else "invoices.send")
    box.faults.fail(operation, 403, after=1 if flow.name == "recurring" else 0)
    with pytest.raises(PermissionDeniedError) as caught:
        await flow.run(client.flows, seed)
    [note] = caught.value.__notes__
    assert f"at the step {flow.steps[-1]!r}" in note
    assert KEY in note
    done = await flow.run(client.flows, seed)
    expected, _ = await undisturbed(flow)
    assert all_of(box) == expected
    assert len(done.steps) == len(flow.steps)


async def test_a_lost_answer_can_be_left_for_later(
    box: Sandbox, client: InvoicesClient, flow: Flow
) -> None:
    seed = flow.prepare(box, place_of(box))
    operation = "schedules.create" if flow.name == "recurring" else "estimates.send"
    operation = operation if flow.name in ("recurring", "offer") else "invoices.send"
    box.faults.lose_answer(operation)
    with pytest.raises(OutcomeUnknown):
        await flow.run(client.flows, seed, settle="defer")
    box.clock.advance(minutes=2)
    await flow.run(client.flows, seed, settle="defer")
    expected, _ = await undisturbed(flow)
    assert all_of(box) == expected


# --- Broken off ------------------------------------------------------------------------------


class _Cut(httpx.AsyncBaseTransport):
    """Cancels the task at its n-th request: before it leaves, or when it is done and unheard."""

    def __init__(self, box: Sandbox, n: int, when: str) -> None:
        self._left = n
        self._when = when
        self._inner = asgi_transport(box.app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._left -= 1
        if self._left == 0 and self._when == "unsent":
            raise asyncio.CancelledError
        response = await self._inner.handle_async_request(request)
        if self._left == 0:
            await response.aread()
            raise asyncio.CancelledError
        return response


@pytest.mark.parametrize("when", ["unsent", "unheard"])
async def test_cancelled_at_any_request_it_goes_on_from_there(flow: Flow, when: str) -> None:
    expected, calls = await undisturbed(flow)
    for n in range(1, len(calls) + 2):
        async with new_box(choices=Choices(schedule_delay_seconds=0)) as box:
            seed = flow.prepare(box, place_of(box))
            async with client_of(box, transport=_Cut(box, n, when)) as client:
                ledger = client._pipeline.guard.ledger
                try:
                    await flow.run(client.flows, seed)
                    cut = False
                except asyncio.CancelledError:
                    cut = True
            assert cut is (n <= len(calls)), n
            async with client_of(box, ledger=ledger) as client:
                done = await flow.run(client.flows, seed)
            assert all_of(box) == expected, n
            assert tuple(step.name for step in done.steps) == flow.steps


FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("lose_answer", {}),
    ("drop", {}),
    ("commit_late", {}),
    ("fail", {"committed": True}),
    ("fail", {}),
    ("throttle", {}),
    ("empty", {}),
]


@pytest.mark.parametrize(("fault", "more"), FAULTS, ids=str)
async def test_a_fault_at_any_request_is_no_second_record(
    flow: Flow, fault: str, more: dict[str, Any]
) -> None:
    expected, calls = await undisturbed(flow)
    for n in range(len(calls)):
        async with new_box(choices=Choices(schedule_delay_seconds=0)) as box:
            seed = flow.prepare(box, place_of(box))
            async with client_of(box, max_attempts=1) as client:
                rule = getattr(box.faults, fault)("*", after=n, **more)
                for _ in range(3):
                    try:
                        await flow.run(client.flows, seed)
                        break
                    except HoopAIError:
                        box.clock.advance(minutes=2)
                else:
                    raise AssertionError(n)
            assert rule.hits == 1
            assert all_of(box) == expected, n


def moments(calls: list[str], n: int) -> tuple[str, ...]:
    """When a process is killed at its n-th request; an answer that was read leaves no trace."""
    if not 0 < n <= len(calls):
        return ("never",)
    reads = ("get", "list", "generate_number")
    read = calls[n - 1].split(".")[1] in reads
    return ("unsent", "unheard") if read else ("unsent", "unheard", "heard")


async def test_killed_at_any_request_another_process_ends_it_the_same(tmp_path: Path) -> None:
    """Enumerated: before each request leaves, when it is done and unheard, and when it is heard."""
    expected: dict[str, Any] = {}
    jobs: list[dict[str, Any]] = []
    places: dict[str, Any] = {}
    async with Sandbox(limits=None, choices=Choices(schedule_delay_seconds=0)) as box:
        url = await box.serve()
        for flow in [one for one in FLOWS.values() if one.kills]:
            expected[flow.name], calls = await undisturbed(flow)
            for n in range(len(calls) + 2):  # 0: it isn't killed; the last: it has ended before
                for when in moments(calls, n):
                    place = box.add_location()
                    places[place.id] = place
                    job = {"flow": flow.name, "n": n, "when": when, "ends": n > len(calls)}
                    job |= {
                        "url": url,
                        "location": place.id,
                        "token": box.add_token(locations=[place]),
                    }
                    job |= {"seed": flow.prepare(box, place), "ledger": str(tmp_path / place.id)}
                    jobs.append(job)
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-W", "error", str(TESTS / "flowing.py")),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await asyncio.wait_for(child.communicate(json.dumps(jobs).encode()), 120)
        assert child.returncode == 0, err.decode()
        judged = [json.loads(line) for line in out.splitlines()]
        assert len(judged) == sum(job["n"] > 0 for job in jobs)
        ended = dict(zip(places, state(box, *places.values()), strict=True))
        links = set()
        for one in judged:
            job = one["job"]
            what = f"{job['flow']}, killed at request {job['n']}, {job['when']}\n{err.decode()}"
            assert one["first"] == (0 if job["ends"] else -9), what
            assert one["second"] == 0, what
            assert ended[job["location"]] == expected[job["flow"]], what
            steps = tuple(step[0] for step in one["done"]["steps"])
            assert steps == FLOWS[job["flow"]].steps, what
            if job["flow"] == "link":
                links.add(one["done"]["link"])
        assert None not in links
        assert len(links) == sum(one["job"]["flow"] == "link" for one in judged)


# --- From an estimate to its invoice -----------------------------------------------------------


async def test_the_invoice_is_what_the_estimate_says(box: Sandbox, client: InvoicesClient) -> None:
    estimate = box.add_estimate(status="accepted", total="900", contact=CONTACT)
    done = await client.flows.estimate_to_invoice(
        estimate, key=KEY, send="email", record_payment=PaymentRecord(mode="cash")
    )
    assert done.estimate.estimate_status == "invoiced"
    assert done.invoice.total == 900
    assert done.invoice.amount_due == 0
    assert done.invoice.status == "paid"
    assert done.invoice == await client.invoices.get(done.invoice.id) or done.invoice.sent_by
    assert (await client.flows.estimate_to_invoice(estimate.id, key=KEY)).invoice.status == "paid"


async def test_it_stays_a_draft_unless_it_is_to_be_sent(
    box: Sandbox, client: InvoicesClient
) -> None:
    done = await client.flows.estimate_to_invoice(box.add_estimate(status="accepted"), key=KEY)
    assert done.invoice.status == "draft"
    assert summary(done) == [("convert", "done")]


@pytest.mark.parametrize("seconds", [0, 1, 10, 1000])
async def test_an_estimate_that_makes_its_invoice_itself_is_never_converted(
    box: Sandbox, client: InvoicesClient, seconds: float
) -> None:
    estimate = box.add_estimate(status="sent", auto_invoice=True)
    box.customer.accept(estimate)
    box.clock.advance(seconds=seconds)
    done = await client.flows.estimate_to_invoice(estimate, key=KEY, send="send_manually")
    assert [one.id for one in box.created("invoice")] == [done.invoice.id]
    assert done.adopted
    assert done.invoice.status == "sent"
    assert "estimates.create_invoice" not in box.calls
    with pytest.raises(FlowError, match="under the key 'job-1042'") as caught:
        await client.flows.estimate_to_invoice(estimate, key="another")
    assert caught.value.record.id == estimate.id


async def test_an_invoice_that_never_comes_isn_t_made(client: InvoicesClient) -> None:
    async with new_box(choices=Choices(auto_invoice_seconds=10**6)) as box, client_of(box) as mine:
        estimate = box.add_estimate(status="sent", auto_invoice=True)
        box.customer.accept(estimate)
        begun = box.clock.now()
        with pytest.raises(WaitTimeout) as caught:
            await mine.flows.estimate_to_invoice(estimate, key=KEY)
        assert 119 < (box.clock.now() - begun).total_seconds() < 125
        assert caught.value.record.id == estimate.id
        assert "at 'convert'" in str(caught.value)
        assert KEY in (caught.value.hint or "")
        assert box.created("invoice") == []
        box.clock.advance(days=12)
        assert (await mine.flows.estimate_to_invoice(estimate, key=KEY)).adopted


async def test_it_is_found_though_the_estimate_stays_accepted(box: Sandbox) -> None:
    """Nobody has recorded that the invoice that makes itself changes the estimate's state."""
    estimate = box.add_estimate(status="sent", auto_invoice=True)
    box.customer.accept(estimate)
    box.clock.advance(seconds=10)

    def accepted(record: Any) -> None:
        box._state.estimates.change(record, estimateStatus="accepted")

    accepted(box._state.estimates.get(estimate.id))
    async with client_of(box) as client:
        done = await client.flows.estimate_to_invoice(estimate, key=KEY)
    assert done.adopted
    assert "estimates.create_invoice" not in box.calls


@pytest.mark.parametrize("status", ["draft", "sent", "viewed", "declined"])
async def test_only_an_accepted_estimate_is_converted(
    box: Sandbox, client: InvoicesClient, status: Any
) -> None:
    estimate = box.add_estimate(status=status)
    for dry_run in (False, True):
        with pytest.raises(FlowError) as caught:
            await client.flows.estimate_to_invoice(estimate, key=KEY, dry_run=dry_run)
        error = caught.value
        assert isinstance(error, EstimateDeclined) is (status == "declined")
        assert error.record.id == estimate.id
        assert error.operation == "flows.estimate_to_invoice"
        assert "at 'convert'" in error.message
        assert "with the same key" in (error.hint or "")
    assert writes(box) == []
    assert not client._pipeline.guard.ledger._rows  # type: ignore[attr-defined]


async def test_an_invoice_made_by_hand_is_adopted_once(
    box: Sandbox, client: InvoicesClient
) -> None:
    estimate = box.add_estimate(status="invoiced", total="900")
    box.add_invoice(total="900", name="Older")  # alike, but before the estimate was accepted
    [by_hand, _] = box.created("invoice")
    box.clock.advance(days=3)
    box.add_invoice(total="900", name="Later")
    done = await client.flows.estimate_to_invoice(estimate, key=KEY, invoice_id=by_hand.id)
    assert (done.invoice.id, done.adopted) == (by_hand.id, True)
    entry = await client._pipeline.guard.ledger.find(
        box.location_id, "estimates.create_invoice", f"{KEY}/convert"
    )
    assert entry is not None
    assert (entry.state, entry.record_id, entry.adopted) == ("done", by_hand.id, True)
    with pytest.raises(FlowError, match=f"{by_hand.id} was made of it"):
        await client.flows.estimate_to_invoice(estimate, key="other", invoice_id=by_hand.id)
    again = await client.flows.estimate_to_invoice(estimate, key=KEY)
    assert (again.invoice.id, again.adopted) == (by_hand.id, True)
    assert writes(box) == []


async def test_twins_in_other_months_are_told_apart(box: Sandbox, client: InvoicesClient) -> None:
    made = {}
    for _ in range(3):
        estimate = box.add_estimate(status="invoiced", total="900")
        made[estimate.id] = box.created("invoice")[-1].id
        box.clock.advance(days=30)
    for estimate_id, invoice_id in made.items():
        done = await client.flows.estimate_to_invoice(estimate_id, key=f"month-{estimate_id}")
        assert done.invoice.id == invoice_id


@pytest.mark.parametrize("zone", [None, "America/Costa_Rica"])
async def test_with_the_zone_twins_of_one_day_are_told_apart(zone: str | None) -> None:
    async with new_box() as box:
        first = box.add_estimate(status="accepted", total="900")
        second = box.add_estimate(status="sent", total="900")
        defaults = LocationDefaults(live_mode=False, timezone=zone)
        async with client_of(box, defaults=defaults) as client:
            box.clock.advance(hours=2)
            await client.estimates.create_invoice(first.id)
            box.clock.advance(hours=2)
            box.customer.accept(second)
            await client.estimates.create_invoice(second.id)
            one, other = [invoice.id for invoice in box.created("invoice")]
            flow = client.flows.estimate_to_invoice(second, key=KEY)
            if zone is not None:
                assert (await flow).invoice.id == other
                return
            with pytest.raises(DuplicateDetected) as caught:
                await flow
            assert set(caught.value.ids) == {one, other}
            assert caught.value.hint == "say which it is: invoice_id=…"
            where = (caught.value.key, caught.value.location_id)
            assert where == (f"{KEY}/convert", box.location_id)
            done = await client.flows.estimate_to_invoice(second, key=KEY, invoice_id=other)
            assert done.invoice.id == other


async def test_what_can_t_be_its_invoice_isn_t_adopted(
    box: Sandbox, client: InvoicesClient
) -> None:
    estimate = box.add_estimate(status="invoiced", total="900")
    [invoice] = box.created("invoice")
    stranger = box.add_invoice(total="900", contact=box.add_contact("Kim"))
    box.clock.advance(minutes=5)
    with pytest.raises(FlowError, match="another contact or currency") as caught:
        await client.flows.estimate_to_invoice(estimate, key=KEY, invoice_id=stranger.id)
    assert caught.value.record.id == stranger.id
    with pytest.raises(FlowError, match="there is no invoice") as caught:
        await client.flows.estimate_to_invoice(estimate, key=KEY, invoice_id="f" * 24)
    assert "invoice_id" not in (caught.value.hint or "")
    await client.invoices.delete(invoice.id)
    with pytest.raises(FlowError, match="no invoice is like it") as caught:
        await client.flows.estimate_to_invoice(estimate, key=KEY)
    assert "invoice_id=" in (caught.value.hint or "")


async def test_the_invoice_of_another_key_isn_t_adopted(
    box: Sandbox, client: InvoicesClient
) -> None:
    estimate = box.add_estimate(status="invoiced", total="900", contact=CONTACT)
    own = await client.invoices.create(
        key="by-itself",
        name="Own",
        contact_details=CONTACT,
        items=billed(DAY).items,
        issue_date=billed(DAY).issue_date,
    )
    with pytest.raises(FlowError, match="is that of another key, 'by-itself'") as caught:
        await client.flows.estimate_to_invoice(estimate, key=KEY, invoice_id=own.id)
    assert caught.value.record.id == own.id
    assert "invoice_id" not in (caught.value.hint or "")


@pytest.mark.parametrize("status", ["accepted", "invoiced"])
async def test_a_key_s_invoice_isn_t_another_that_is_named(
    box: Sandbox, client: InvoicesClient, status: Any
) -> None:
    """Made by this key, or adopted."""
    estimate = box.add_estimate(status=status, total="900")
    first = await client.flows.estimate_to_invoice(estimate, key=KEY)
    assert first.adopted is (status == "invoiced")
    other = box.add_invoice(total="900")
    for dry_run in (False, True):
        with pytest.raises(FlowError, match=f"is {first.invoice.id}, not {other.id}") as caught:
            await client.flows.estimate_to_invoice(
                estimate, key=KEY, invoice_id=other.id, send="send_manually", dry_run=dry_run
            )
        assert caught.value.record.id == first.invoice.id
        assert "leave invoice_id out" in (caught.value.hint or "")
    assert "invoices.send" not in box.calls
    again = await client.flows.estimate_to_invoice(estimate, key=KEY, invoice_id=first.invoice.id)
    assert again.invoice.id == first.invoice.id


async def test_who_names_an_invoice_gets_no_other(box: Sandbox, client: InvoicesClient) -> None:
    estimate = box.add_estimate(status="accepted", total="900")
    other = box.add_invoice(total="900")
    for dry_run in (False, True):
        with pytest.raises(FlowError, match="isn't invoiced") as caught:
            await client.flows.estimate_to_invoice(
                estimate, key=KEY, invoice_id=other.id, dry_run=dry_run
            )
        assert caught.value.record.id == estimate.id
    assert [one.id for one in box.created("invoice")] == [other.id]
    done = await client.flows.estimate_to_invoice(estimate, key=KEY)
    assert not done.adopted


async def test_a_named_invoice_may_have_the_number_of_an_unsettled_key(
    box: Sandbox, client: InvoicesClient
) -> None:
    estimate = box.add_estimate(status="accepted", total="900", contact=CONTACT)
    box.faults.drop("invoices.create")
    alike = models.InvoiceCreate(
        name=estimate.name,
        contact_details=CONTACT,
        items=[
            models.InvoiceItem(name=one.name, currency=one.currency, amount=one.amount, qty=one.qty)
            for one in estimate.items
        ],
        issue_date=billed(DAY).issue_date,
    )
    with pytest.raises(OutcomeUnknown):
        await client.flows.payment_link(alike, key="lost", send=False, settle="defer")
    made = await client.estimates.create_invoice(estimate.id, mark_as_invoiced=True)
    ledger = client._pipeline.guard.ledger
    lost = await ledger.find(box.location_id, "invoices.create", "lost/draft")
    assert lost is not None
    assert str(made.invoice.invoice_number).endswith(str(lost.number))
    box.clock.advance(minutes=5)
    with pytest.raises(FlowError, match="no invoice is like it"):
        await client.flows.estimate_to_invoice(estimate, key=KEY)
    done = await client.flows.estimate_to_invoice(estimate, key=KEY, invoice_id=made.invoice.id)
    assert (done.invoice.id, done.adopted) == (made.invoice.id, True)


async def test_a_void_invoice_isn_t_adopted(box: Sandbox, client: InvoicesClient) -> None:
    estimate = box.add_estimate(status="invoiced", total="900")
    [invoice] = box.created("invoice")
    await client.invoices.send(invoice.id, action="send_manually")
    await client.invoices.void(invoice.id)
    with pytest.raises(FlowError, match="is void") as caught:
        await client.flows.estimate_to_invoice(estimate, key=KEY)
    assert caught.value.record.id == invoice.id


async def test_a_void_invoice_is_neither_sent_nor_paid(
    box: Sandbox, client: InvoicesClient
) -> None:
    estimate = box.add_estimate(status="accepted")
    done = await client.flows.estimate_to_invoice(estimate, key=KEY, send="send_manually")
    await client.invoices.void(done.invoice.id)
    with pytest.raises(FlowError, match=r"at 'payment'.*is void"):
        await client.flows.estimate_to_invoice(
            estimate, key=KEY, send="send_manually", record_payment=PaymentRecord(mode="cash")
        )


async def test_two_keys_at_once_make_one_invoice(box: Sandbox, client: InvoicesClient) -> None:
    estimate = box.add_estimate(status="accepted")
    done = await asyncio.gather(
        *(client.flows.estimate_to_invoice(estimate, key=f"key-{n}") for n in range(4)),
        return_exceptions=True,
    )
    [made] = [one for one in done if not isinstance(one, BaseException)]
    assert [one.id for one in box.created("invoice")] == [made.invoice.id]
    for error in done:
        if isinstance(error, BaseException):
            assert isinstance(error, FlowError)
            assert f"{made.invoice.id} was made of it" in error.message
            assert f"{made.steps[0].key!r}" in error.message


async def test_the_second_key_waits_for_an_answer_that_is_lost(
    box: Sandbox, client: InvoicesClient
) -> None:
    estimate = box.add_estimate(status="accepted")
    box.faults.lose_answer("estimates.create_invoice")

    async def later() -> Any:
        await box.clock.sleep(1)
        return await client.flows.estimate_to_invoice(estimate, key="second")

    done: Any = await asyncio.gather(
        client.flows.estimate_to_invoice(estimate, key="first"), later(), return_exceptions=True
    )
    first, second = done
    assert not isinstance(first, BaseException)
    assert first.adopted
    assert isinstance(second, FlowError)
    assert "'first'" in second.message
    assert len(box.created("invoice")) == 1


async def test_a_list_that_lags_is_waited_for(box: Sandbox, client: InvoicesClient) -> None:
    box.faults.lag("*", seconds=5)
    estimate = box.add_estimate(status="accepted")
    box.clock.advance(seconds=60)
    await client.estimates.create_invoice(estimate.id, mark_as_invoiced=True)
    done = await client.flows.estimate_to_invoice(estimate, key=KEY)
    assert done.adopted
    assert len(box.created("invoice")) == 1


async def test_a_refusal_comes_through(box: Sandbox, client: InvoicesClient) -> None:
    estimate = box.add_estimate(status="accepted")
    box.faults.fail("estimates.create_invoice", 400, message="no")
    with pytest.raises(BadRequestError, match="no"):
        await client.flows.estimate_to_invoice(estimate, key=KEY)
    assert not (await client.flows.estimate_to_invoice(estimate, key=KEY)).adopted
    with pytest.raises(NotFoundError):
        await client.flows.estimate_to_invoice("f" * 24, key="other")


async def test_what_is_sent_or_paid_by_others_is_found_so(
    box: Sandbox, client: InvoicesClient
) -> None:
    estimate = box.add_estimate(status="accepted", contact=CONTACT)
    done = await client.flows.estimate_to_invoice(estimate, key=KEY)
    await client.invoices.send(done.invoice.id, action="send_manually")
    box.customer.pay(done.invoice)
    wrote = writes(box)
    done = await client.flows.estimate_to_invoice(
        estimate, key=KEY, send="email", record_payment=PaymentRecord(mode="cash")
    )
    assert summary(done) == [("convert", "found"), ("send", "found"), ("payment", "skipped")]
    assert done.invoice.status == "paid"
    assert writes(box) == wrote


async def test_a_payment_that_can_t_be_booked_any_more_says_so(
    box: Sandbox, client: InvoicesClient, caplog: pytest.LogCaptureFixture
) -> None:
    estimate = box.add_estimate(status="accepted", total="900", contact=CONTACT)
    done = await client.flows.estimate_to_invoice(estimate, key=KEY, send="email")
    box.customer.pay(done.invoice, 900)
    cash = PaymentRecord(mode="cash", amount=300)
    told: list[Step] = []
    with caplog.at_level(logging.INFO, "hoopai_invoices"):
        for _ in range(2):
            done = await client.flows.estimate_to_invoice(
                estimate, key=KEY, send="email", record_payment=cash, on_step=told.append
            )
            assert summary(done)[-1] == ("payment", "skipped")
            assert told[-1] == done.steps[-1]
            assert (told[-1].record_id, told[-1].adopted) == (done.invoice.id, False)
    assert "payment skipped" in caplog.text
    assert [str(one.amount) for one in box.created("payment")] == ["900"]


async def test_a_payment_of_this_key_is_found_though_nothing_is_due(
    box: Sandbox, client: InvoicesClient
) -> None:
    estimate = box.add_estimate(status="accepted", total="900", contact=CONTACT)
    for state_of_step in ("done", "found"):
        done = await client.flows.estimate_to_invoice(
            estimate,
            key=KEY,
            send="send_manually",
            record_payment=PaymentRecord(mode="cash", amount=900),
        )
        assert summary(done)[-1] == ("payment", state_of_step)
    assert len(box.created("payment")) == 1


async def test_the_same_key_with_another_payment_is_refused(
    box: Sandbox, client: InvoicesClient
) -> None:
    seed = FLOWS["accepted"].prepare(box, place_of(box))
    await FLOWS["accepted"].run(client.flows, seed)
    with pytest.raises(KeyReusedError) as caught:
        await FLOWS["accepted"].run(
            client.flows, seed, record_payment=PaymentRecord(mode="cash", amount=41)
        )
    assert caught.value.__notes__ == ["at the step 'payment' of flows.estimate_to_invoice"]
    with pytest.raises(KeyReusedError):
        await FLOWS["accepted"].run(client.flows, box.add_estimate(status="accepted").id)


# --- What is refused before anything is sent ---------------------------------------------------


def contact(**fields: Any) -> models.ContactDetails:
    return models.ContactDetails(id=CONTACT.id, name="Alex", **fields)


CHANNELS: list[tuple[Any, dict[str, Any], str | None]] = [
    ("email", {}, "email"),
    ("email", {"phone_no": "+15555550100"}, "email"),
    ("email", {"email": "nobody"}, "email"),
    ("email", {"email": "a@example.com"}, None),
    ("sms", {"email": "a@example.com"}, "phone_no"),
    ("sms", {"phone_no": "555-0100"}, "phone_no"),
    ("sms", {"phone_no": "+15555550100"}, None),
    ("sms_and_email", {"email": "a@example.com"}, "phone_no"),
    ("sms_and_email", {"phone_no": "+15555550100"}, "email"),
    ("sms_and_email", {"email": "a@example.com", "phone_no": "+15555550100"}, None),
    ("send_manually", {}, None),
]


@pytest.mark.parametrize(("action", "fields", "lacks"), CHANNELS, ids=str)
async def test_nothing_is_made_that_couldn_t_be_delivered(
    box: Sandbox, client: InvoicesClient, action: Any, fields: dict[str, Any], lacks: str | None
) -> None:
    person = contact(**fields)
    estimate, invoice = offered(DAY), billed(DAY)
    estimate.contact_details = invoice.contact_details = person
    accepted = box.add_estimate(status="accepted", contact=person)
    flows: list[Callable[[], Any]] = [
        lambda: client.flows.send_estimate(estimate, key="a", send=models.SendAction(action)),
        lambda: client.flows.payment_link(invoice, key="b", send=action),
        lambda: client.flows.estimate_to_invoice(accepted, key="c", send=action),
    ]
    for run in flows:
        if lacks is None:
            assert (await run()).steps[-1].name == "send"
            continue
        with pytest.raises(InvalidRequestError) as caught:
            await run()
        assert caught.value.path == f"contact_details.{lacks}"
        assert writes(box) == []


async def test_an_address_of_the_document_s_own_will_do(
    box: Sandbox, client: InvoicesClient
) -> None:
    estimate = offered(DAY)
    estimate.contact_details = contact()
    estimate.sent_to = SentTo(email=["a@example.com"])
    done = await client.flows.send_estimate(estimate, key=KEY)
    assert done.estimate.estimate_status == "sent"


async def test_without_a_user_nothing_is_made(box: Sandbox) -> None:
    nobody = LocationDefaults(
        live_mode=False, currency="USD", business_details=DEFAULTS.business_details
    )
    async with client_of(box, defaults=nobody) as client:
        accepted = box.add_estimate(status="accepted", contact=CONTACT)
        for run in (
            lambda: client.flows.send_estimate(offered(DAY), key=KEY),
            lambda: client.flows.payment_link(billed(DAY), key=KEY),
            lambda: client.flows.payment_link(billed(DAY), key=KEY, send=False),
            lambda: client.flows.estimate_to_invoice(accepted, key=KEY, send="email"),
            lambda: client.flows.send_estimate(
                offered(DAY), key=KEY, send=EstimateSend(action="email", user_id="")
            ),
        ):
            with pytest.raises(InvalidRequestError) as caught:
                await run()
            assert caught.value.path == "user_id"
        assert box.calls == []
        how = InvoiceSend(action="email", user_id="u1")
        done = await client.flows.estimate_to_invoice(accepted, key=KEY, send=how)
        assert done.invoice.sent_by == "u1"
        linked = await client.flows.payment_link(billed(DAY), key="b", user_id="u2")
        assert linked.invoice.sent_by == "u2"


async def test_a_test_is_never_sent_for_real(box: Sandbox, client: InvoicesClient) -> None:
    estimate, invoice = offered(DAY), billed(DAY)
    estimate.live_mode = invoice.live_mode = False
    accepted = box.add_estimate(status="accepted", contact=CONTACT)
    for run in (
        lambda: client.flows.send_estimate(
            estimate, key=KEY, send=EstimateSend(action="email", live_mode=True)
        ),
        lambda: client.flows.payment_link(
            invoice, key=KEY, send=InvoiceSend(action="email", live_mode=True)
        ),
        lambda: client.flows.estimate_to_invoice(
            accepted, key=KEY, send=InvoiceSend(action="email", live_mode=True)
        ),
    ):
        with pytest.raises(InvalidRequestError) as caught:
            await run()
        assert caught.value.path == "send.live_mode"
    assert writes(box) == []
    live = LocationDefaults(live_mode=True, user_id="u1")
    async with client_of(box, defaults=live) as mine:
        await mine.flows.estimate_to_invoice(accepted, key=KEY, send="email")
    assert box.arrivals[-1].body["liveMode"] is False


async def test_an_estimate_that_would_send_itself_is_refused(
    box: Sandbox, client: InvoicesClient
) -> None:
    estimate = offered(DAY)
    estimate.send_estimate_details = EstimateSend(action="email")
    with pytest.raises(InvalidRequestError) as caught:
        await client.flows.send_estimate(estimate, key=KEY)
    assert caught.value.path == "estimate.send_estimate_details"
    assert box.calls == []


async def test_what_isn_t_a_model_is_refused(box: Sandbox, client: InvoicesClient) -> None:
    flows: Any = client.flows
    for run in (flows.send_estimate, flows.payment_link, flows.start_recurring):
        with pytest.raises(InvalidRequestError) as caught:
            await run({"name": "Roof"}, key=KEY)
        assert caught.value.operation == f"flows.{run.__name__}"
    with pytest.raises(InvalidRequestError):
        await flows.start_recurring(repeated(DAY), key=KEY, wait_first=0)
    assert box.calls == []


async def test_a_later_step_that_can_t_be_sent_is_refused_first(
    box: Sandbox, client: InvoicesClient
) -> None:
    accepted = box.add_estimate(status="accepted", contact=CONTACT)
    wrong: list[dict[str, Any]] = [
        {"record_payment": PaymentRecord(mode="cash", amount=-1)},
        {"send": "pigeon"},
    ]
    for more in wrong:
        with pytest.raises(InvalidRequestError):
            await client.flows.estimate_to_invoice(accepted, key=KEY, **more)
    assert box.calls == []


# --- Links and schedules -----------------------------------------------------------------------


async def test_the_link_alone_leaves_a_draft(box: Sandbox, client: InvoicesClient) -> None:
    done = await client.flows.payment_link(billed(DAY), key=KEY, send=False)
    assert done.link.startswith("https://")
    assert done.invoice.status == "draft"
    assert done.invoice.invoice_number == box.created("invoice")[0].invoice_number
    sent = await client.flows.payment_link(billed(DAY), key=KEY)
    assert (sent.link, sent.invoice.status) == (done.link, "sent")
    assert (await client.flows.payment_link(billed(DAY), key=KEY)).link == done.link


@pytest.mark.parametrize("fault", [None, "lose_answer", "fail"])
async def test_a_link_goes_with_any_way_of_sending_it(
    box: Sandbox, client: InvoicesClient, fault: str | None
) -> None:
    """Also when its answer was lost, or it was refused, the first time."""
    if fault == "lose_answer":
        box.faults.lose_answer("invoices.text2pay")
        with pytest.raises(OutcomeUnknown):
            await client.flows.payment_link(billed(DAY), key=KEY, send=False, settle="defer")
    elif fault == "fail":
        box.faults.fail("invoices.text2pay", 403)
        with pytest.raises(PermissionDeniedError):
            await client.flows.payment_link(billed(DAY), key=KEY, send=False)
    else:
        await client.flows.payment_link(billed(DAY), key=KEY, send=False)
    how = InvoiceSend(action="email", user_id="somebody-else")
    done = await client.flows.payment_link(billed(DAY), key=KEY, send=how)
    assert done.link.startswith("https://")
    assert (done.invoice.status, done.invoice.sent_by) == ("sent", "somebody-else")
    assert len(box.created("invoice")) == 1


async def test_a_link_that_is_on_record_needs_no_user(box: Sandbox) -> None:
    nobody = LocationDefaults(
        live_mode=False, currency="USD", business_details=DEFAULTS.business_details
    )
    async with client_of(box, defaults=nobody) as client:
        box.faults.fail("invoices.send", 403)
        how = InvoiceSend(action="email", user_id="u1")
        with pytest.raises(PermissionDeniedError):
            await client.flows.payment_link(billed(DAY), key=KEY, send=how)
        plan = await client.flows.payment_link(billed(DAY), key=KEY, send=False, dry_run=True)
        begun = len(box.calls)
        left = await client.flows.payment_link(billed(DAY), key=KEY, send=False)
        assert [call.operation for call in plan.calls] == box.calls[begun:]
        assert summary(left) == [("draft", "found"), ("link", "found")]
        how = InvoiceSend(action="email", user_id="u2")
        done = await client.flows.payment_link(billed(DAY), key=KEY, send=how)
        assert (done.link, done.invoice.sent_by) == (left.link, "u2")


async def test_a_draft_that_another_has_sent_tells_no_link(
    box: Sandbox, client: InvoicesClient
) -> None:
    box.faults.fail("invoices.text2pay", 403)
    with pytest.raises(PermissionDeniedError):
        await client.flows.payment_link(billed(DAY), key=KEY)
    [invoice] = box.created("invoice")
    await client.invoices.send(invoice.id, action="send_manually")
    with pytest.raises(FlowError, match="at 'link'") as caught:
        await client.flows.payment_link(billed(DAY), key=KEY)
    assert caught.value.record.id == invoice.id


async def test_who_has_no_address_gets_the_link_by_text(
    box: Sandbox, client: InvoicesClient
) -> None:
    invoice = billed(DAY)
    invoice.contact_details = contact(phone_no="+15555550100")
    await client.flows.payment_link(invoice, key=KEY)
    assert box.arrivals[-1].body["action"] == "sms"


async def test_a_schedule_that_was_cancelled_isn_t_started_again() -> None:
    async with (
        new_box(choices=Choices(cancelled_schedule="draft")) as box,
        client_of(box) as client,
    ):
        done = await client.flows.start_recurring(repeated(DAY), key=KEY)
        assert done.schedule.status == "scheduled"
        assert done.invoice is None
        await client.schedules.cancel(done.schedule.id)
        done = await client.flows.start_recurring(repeated(DAY), key=KEY)
        assert done.schedule.status == "draft"
        assert box.calls.count("schedules.start") == 1


@pytest.mark.parametrize("status", ["cancelled", "canceled"])
async def test_a_schedule_that_was_cancelled_before_its_start(status: Any) -> None:
    async with new_box(choices=Choices(cancelled_schedule=status)) as box, client_of(box) as client:
        box.faults.fail("schedules.start", 403)
        with pytest.raises(PermissionDeniedError):
            await client.flows.start_recurring(repeated(DAY), key=KEY)
        [schedule] = box.created("schedule")
        await client.schedules.start(schedule.id)
        found = await client.flows.start_recurring(repeated(DAY), key=KEY)
        assert summary(found) == [("schedule", "found"), ("start", "found")]
        await client.schedules.cancel(schedule.id)
        with pytest.raises(FlowError, match="at 'start'") as caught:
            await client.flows.start_recurring(repeated(DAY), key=KEY)
        assert caught.value.record.id == schedule.id


@pytest.mark.parametrize("shown", ["objects", "ids"])
@pytest.mark.parametrize("zone", [None, "America/Costa_Rica"])
async def test_the_first_invoice_is_found(shown: Any, zone: str | None) -> None:
    async with new_box(choices=Choices(schedule_invoices_as=shown)) as box:
        settings = LocationDefaults(**{**DEFAULTS._given(), "timezone": zone})
        async with client_of(box, defaults=settings) as client:
            done = await client.flows.start_recurring(repeated(DAY), key=KEY, wait_first=60)
            [invoice] = box.created("invoice")
            assert done.invoice is not None
            assert (done.invoice.id, done.invoice.status) == (invoice.id, "draft")
            assert done.schedule.status == "active"
            later = repeated("2026-04-10")
            begun = box.clock.now()
            done = await client.flows.start_recurring(later, key="later", wait_first=60)
            assert done.invoice is None
            assert (box.clock.now() - begun).total_seconds() < 1


async def test_the_first_invoice_is_waited_for_only_so_long(
    box: Sandbox, client: InvoicesClient
) -> None:
    with pytest.raises(WaitTimeout) as caught:
        await client.flows.start_recurring(repeated(DAY), key=KEY, wait_first=10)
    assert caught.value.record.status == "scheduled"
    assert "at 'first'" in caught.value.message
    done = await client.flows.start_recurring(repeated(DAY), key=KEY, wait_first=60)
    assert done.invoice is not None
    assert summary(done) == [("schedule", "found"), ("start", "found"), ("first", "done")]


async def test_automatic_payment_is_switched_on_at_the_start(
    box: Sandbox, client: InvoicesClient
) -> None:
    saved = AutoPayment(enable=True, type="saved_card", customer_id="c1", payment_method_id="p1")
    done = await client.flows.start_recurring(repeated(DAY), key=KEY, auto_payment=saved)
    assert done.schedule.auto_payment is not None
    assert done.schedule.auto_payment.enable is True


async def test_a_service_that_takes_a_sending_and_sends_nothing(
    box: Sandbox, client: InvoicesClient
) -> None:
    """As it does for a user that is nobody's, when its checks change."""
    estimate, invoice = box.add_estimate(), box.add_invoice()
    shown = {"estimates.send": estimate.to_dict(), "invoices.send": {"invoice": invoice.to_dict()}}
    for operation, body in shown.items():
        box.faults.wrong_type(operation, body=body)
    with pytest.raises(FlowError, match="still a draft") as caught:
        await client.flows.send_estimate(offered(DAY), key=KEY)
    assert "user_id" in (caught.value.hint or "")
    with pytest.raises(FlowError, match="still a draft"):
        await client.flows.payment_link(billed(DAY), key=KEY)


async def test_options_reach_the_calls(box: Sandbox, client: InvoicesClient) -> None:
    options = CallOptions(headers={"x-job": "night"})
    seed = FLOWS["accepted"].prepare(box, place_of(box))
    await FLOWS["accepted"].run(client.flows, seed, options=options)
    sent = [one for one in box.arrivals if one.method != "GET"]
    assert [one.headers.get("x-job") for one in sent] == ["night"] * 3


def test_the_results_are_named_where_they_are_looked_for() -> None:
    import hoopai_invoices.flows as face

    assert {name for name in face.__all__ if getattr(face, name).__name__ == name} == set(
        face.__all__
    )
    with pytest.raises(AttributeError, match="Nothing"):
        face.Nothing  # type: ignore[attr-defined]  # noqa: B018
