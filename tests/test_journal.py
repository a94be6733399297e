"""What is put on record of a write before it leaves, and what is told of its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from attrs import define, field
from recording import LEAST, LOCATION
from scripted import reply, scripted, silence
from virtual import Arrival, VirtualTime, Wire, answer, client_on

from hoopai_invoices import InvoicesClient, RateLimit, errors, models
from hoopai_invoices._generated.catalogue import OPERATIONS
from hoopai_invoices._protocol import Call, CallOptions, Sent, WriteOutcome

pytestmark = pytest.mark.anyio

BODY = {"altId": LOCATION, "altType": "location"}


async def nothing() -> None:
    pass


@define
class Journal:
    """Keeps what it is told, in one order with what else happens."""

    events: list[Any] = field(factory=list)
    writes: list[Sent] = field(factory=list)
    before: Callable[[], Awaitable[None]] = nothing
    after: Callable[[], Awaitable[None]] = nothing

    async def sending(self, write: Sent) -> None:
        self.writes.append(write)
        self.events.append("sending")
        await self.before()
        self.events.append("on record")

    async def outcome(self, write: Sent, outcome: WriteOutcome, status: int | None) -> None:
        assert write is self.writes[-1]
        self.events.append("ending")
        await self.after()
        self.events.append((outcome, status))


async def void(client: InvoicesClient, journal: Journal, **options: Any) -> models.Invoice:
    call = Call(
        OPERATIONS["invoices.void"],
        ids=("i1",),
        body=models.LocationBody(),
        options=CallOptions(**options),
        journal=journal,
    )
    return await client._executor.send(call, models.Invoice)


async def delete(client: InvoicesClient, journal: Journal) -> None:
    call = Call(OPERATIONS["invoices.delete"], ids=("i1",), journal=journal)
    await client._executor.send_only(call)


Answering = Callable[[Arrival], Awaitable[httpx.Response]]


@asynccontextmanager
async def serving(
    *scripts: Answering, journal: Journal, **settings: Any
) -> AsyncIterator[tuple[InvoicesClient, Wire, VirtualTime]]:
    rest = list(scripts)

    async def script(arrival: Arrival) -> httpx.Response:
        journal.events.append("arrival")
        return await (rest.pop(0) if len(rest) > 1 else rest[0])(arrival)

    async with VirtualTime() as clock:
        wire = Wire(clock, script)
        async with client_on(wire, clock, **settings) as client:
            yield client, wire, clock


def status(code: int, message: str = "no") -> Answering:
    async def script(arrival: Arrival) -> httpx.Response:
        return answer(code, {"message": message})

    return script


async def good(arrival: Arrival) -> httpx.Response:
    return answer()


async def never(arrival: Arrival) -> httpx.Response:
    await asyncio.Event().wait()
    raise AssertionError


async def lost(arrival: Arrival) -> httpx.Response:
    raise httpx.ReadError("reset")


def in_flight(client: InvoicesClient) -> tuple[int, int]:
    now = client.stats()
    return now.in_flight, now.waiting


# --- Before ----------------------------------------------------------------------------------


async def test_a_write_is_on_record_before_its_first_byte() -> None:
    release = asyncio.Event()

    async def block() -> None:
        await release.wait()

    journal = Journal(before=block)
    connections = 0

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.readuntil(b"\r\n\r\n")
        journal.events.append("arrival")
        await reply(500, '{"message":"no"}')(reader, writer)
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        async with InvoicesClient(
            token="t", location_id=LOCATION, base_url=f"http://127.0.0.1:{port}"
        ) as client:
            task = asyncio.create_task(void(client, journal))
            await asyncio.sleep(0.1)
            assert journal.events == ["sending"]
            assert connections == 0, "the journal comes first"
            release.set()
            with pytest.raises(errors.OutcomeUnknown):
                await task
    assert journal.events == ["sending", "on record", "arrival", "ending", ("unknown", 500)]


async def test_a_journal_that_fails_before_lets_nothing_be_sent() -> None:
    class DiskFull(Exception):
        pass

    async def fail() -> None:
        raise DiskFull

    journal = Journal(before=fail)
    settings = {"rate_limit": RateLimit(burst=1), "max_connections": 1}
    async with serving(good, journal=journal, **settings) as (client, wire, clock):
        for _ in range(3):
            with pytest.raises(DiskFull):
                await void(client, journal)
        assert in_flight(client) == (0, 0)
        assert not wire.arrivals
        assert journal.events == ["sending"] * 3
        await client.invoices.void("i1")
        assert clock.now == 0, "the place in the window was given back"


async def test_the_end_of_a_record_that_was_cancelled_or_late() -> None:
    async def hang() -> None:
        await asyncio.Event().wait()

    journal = Journal(before=hang)
    found: list[errors.OutcomeUnknown] = []
    settings = {"rate_limit": RateLimit(burst=1), "on_outcome_unknown": found.append}
    async with serving(good, journal=journal, **settings) as (client, _, clock):
        task = asyncio.create_task(void(client, journal))
        await clock.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(errors.APITimeoutError) as caught:
            await void(client, journal, timeout=5)
        assert not caught.value.sent
        assert clock.now == 6
        assert in_flight(client) == (0, 0)
        await client.invoices.void("i1")
        assert clock.now == 6
    assert journal.events == ["sending", "sending", "arrival"], "the one without a journal"
    assert not found


async def test_what_is_on_record() -> None:
    journal = Journal()
    async with serving(status(429), good, journal=journal) as (client, _, clock):
        began = clock.time()
        await void(client, journal)
    first, second = journal.writes
    assert first == Sent("invoices.void", LOCATION, ("i1",), BODY, 1, began)
    assert second == Sent("invoices.void", LOCATION, ("i1",), BODY, 2, began + 10)


async def test_without_a_slot_there_is_no_record() -> None:
    journal = Journal()
    async with serving(never, journal=journal, max_connections=1) as (client, _, clock):
        first = asyncio.create_task(client.invoices.get("i2"))
        await clock.sleep(1)
        with pytest.raises(errors.QueueTimeoutError):
            await void(client, journal, queue_timeout=1)
        first.cancel()
        await asyncio.wait([first])
    assert journal.events == ["arrival"]


# --- After -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "told"),
    [
        (good, ("done", 200)),
        (status(201), ("done", 201)),
        (status(400), ("refused", 400)),
        (status(401, "Invalid JWT"), ("refused", 401)),
        (status(404), ("refused", 404)),
        (status(409), ("refused", 409)),
        (status(422), ("refused", 422)),
        (status(500, "x validation failed: Path `name` is required."), ("refused", 500)),
        (status(500), ("unknown", 500)),
        (status(503), ("unknown", 503)),
        (status(408), ("unknown", 408)),
        (status(401, "Request timed out"), ("unknown", 401)),
        (lost, ("unknown", None)),
        (never, ("unknown", None)),
    ],
)
async def test_each_end_is_told(script: Answering, told: object) -> None:
    journal = Journal()
    async with serving(script, journal=journal) as (client, wire, _):
        (end,) = await asyncio.gather(void(client, journal), return_exceptions=True)
        assert isinstance(end, errors.OutcomeUnknown) == ("unknown" in str(told))
        assert isinstance(end, models.Invoice) == ("done" in str(told))
        assert in_flight(client) == (0, 0)
    assert journal.events == ["sending", "on record", "arrival", "ending", told]
    assert len(wire.arrivals) == 1


async def test_what_was_never_sent_is_told() -> None:
    async with scripted(silence()) as server:
        closed = server.url
    journal = Journal()
    async with InvoicesClient(
        token="t", location_id=LOCATION, base_url=closed, max_attempts=1
    ) as client:
        with pytest.raises(errors.APIConnectionError, match="never sent"):
            await void(client, journal)
        assert in_flight(client) == (0, 0)
    assert journal.events == ["sending", "on record", "ending", ("unsent", None)]


async def test_once_for_each_attempt() -> None:
    journal = Journal()
    scripts = (status(503), lost, status(404))
    async with serving(*scripts, journal=journal) as (client, _, _clock):
        await delete(client, journal)
    each = ["sending", "on record", "arrival", "ending"]
    ends = [("unknown", 503), ("unknown", None), ("refused", 404)]
    assert journal.events == [event for end in ends for event in [*each, end]]
    assert [write.attempt for write in journal.writes] == [1, 2, 3]


async def test_a_whole_success_that_cannot_be_read_was_done() -> None:
    async def no_json(arrival: Arrival) -> httpx.Response:
        return answer(200, b"<html>")

    journal = Journal()
    async with serving(no_json, journal=journal) as (client, _, _clock):
        with pytest.raises(errors.DecodeError) as caught:
            await void(client, journal)
    assert caught.value.committed
    assert journal.events[-1] == ("done", 200)


async def test_the_slot_is_kept_until_the_end_is_told() -> None:
    seen: list[tuple[int, int]] = []

    async def slow() -> None:
        await clock.sleep(3)
        seen.append(in_flight(client))

    journal = Journal(after=slow)
    settings = {"max_connections": 1}
    async with serving(good, journal=journal, **settings) as (client, wire, clock):
        other = asyncio.create_task(void(client, journal))
        await asyncio.sleep(0)
        await asyncio.gather(other, client.invoices.get("i2"))
    assert seen == [(1, 1)]
    assert [arrival.at for arrival in wire.arrivals] == [0, 3]


async def test_a_journal_that_fails_afterwards_makes_no_error_of_a_write(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def fail() -> None:
        raise OSError("disk full")

    journal = Journal(after=fail)
    async with serving(good, journal=journal) as (client, _, _clock):
        invoice = await void(client, journal)
        assert in_flight(client) == (0, 0)
    assert invoice.id == "r1"
    assert "journal failed" in caplog.text, "but it doesn't fail silently"


# --- Cancelled, or out of time ---------------------------------------------------------------


@pytest.mark.parametrize("again", [False, True])
async def test_cancelled_while_it_is_under_way(again: bool) -> None:
    async def slow() -> None:
        await clock.sleep(2)

    journal = Journal(after=slow)
    found: list[errors.OutcomeUnknown] = []
    settings = {"on_outcome_unknown": found.append}
    async with serving(never, journal=journal, **settings) as (client, _, clock):
        task = asyncio.create_task(void(client, journal))
        await clock.sleep(1)
        task.cancel("why")
        if again:
            await clock.sleep(1)
            assert journal.events[-1] == "ending"
            task.cancel("once more")
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        assert caught.value.args == ("once more" if again else "why",)
        await clock.sleep(3)
        assert in_flight(client) == (0, 0)
    assert journal.events[-2:] == ["ending", ("unknown", None)], "told, and told once"
    assert len(found) == 1


async def test_cancelled_in_the_pause_before_another_attempt() -> None:
    journal = Journal()
    found: list[errors.OutcomeUnknown] = []
    settings = {"on_outcome_unknown": found.append}
    async with serving(status(429), journal=journal, **settings) as (client, _, clock):
        task = asyncio.create_task(void(client, journal))
        await clock.sleep(5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert in_flight(client) == (0, 0)
    assert journal.events[-1] == ("refused", 429)
    assert not found, "nothing was done, and that is known"


async def test_the_deadline_is_told_as_unknown() -> None:
    journal = Journal()
    async with serving(never, journal=journal) as (client, _, clock):
        with pytest.raises(errors.OutcomeUnknown) as caught:
            await void(client, journal, timeout=7)
        assert clock.now == 7
        assert in_flight(client) == (0, 0)
    assert journal.events == ["sending", "on record", "arrival", "ending", ("unknown", None)]
    assert caught.value.request == BODY


async def test_a_slow_journal_makes_no_unknown_of_a_write_that_was_done() -> None:
    async def slow() -> None:
        await clock.sleep(20)

    journal = Journal(after=slow)
    found: list[errors.OutcomeUnknown] = []
    settings = {"on_outcome_unknown": found.append}
    async with serving(good, journal=journal, **settings) as (client, _, clock):
        invoice = await void(client, journal, timeout=10)
        assert invoice.id == "r1"
        await clock.sleep(30)
        assert journal.events[-1] == ("done", 200)
        assert in_flight(client) == (0, 0)

        task = asyncio.create_task(void(client, journal, timeout=100))
        await clock.sleep(5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await clock.sleep(30)
        assert journal.events[-1] == ("done", 200)
    assert not found


async def test_a_slow_journal_leaves_the_unknown_unknown() -> None:
    async def slow() -> None:
        await clock.sleep(20)

    journal = Journal(after=slow)
    found: list[errors.OutcomeUnknown] = []
    settings = {"on_outcome_unknown": found.append}
    async with serving(status(503), journal=journal, **settings) as (client, _, clock):
        with pytest.raises(errors.OutcomeUnknown):
            await void(client, journal, timeout=10)
        assert len(found) == 1
        task = asyncio.create_task(void(client, journal, timeout=100))
        await clock.sleep(5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await clock.sleep(30)
        assert journal.events[-1] == ("unknown", 503)
    assert len(found) == 2


# --- The hook --------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["sync", "async"])
@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("cancelled", [False, True])
async def test_the_hook_is_given_what_is_needed_to_look(
    how: str, fails: bool, cancelled: bool
) -> None:
    found: list[errors.OutcomeUnknown] = []

    def note(error: errors.OutcomeUnknown) -> None:
        found.append(error)
        if fails:
            raise RuntimeError("a hook that fails")

    async def note_later(error: errors.OutcomeUnknown) -> None:
        await asyncio.sleep(0)
        note(error)

    journal = Journal()
    hook = {"on_outcome_unknown": note if how == "sync" else note_later}
    async with serving(never, journal=journal, **hook) as (client, _, clock):
        await clock.sleep(100)
        began = clock.time()
        task = asyncio.ensure_future(LEAST["invoices.record_payment"](client))
        if cancelled:
            await clock.sleep(1)
            task.cancel()
        with pytest.raises(
            asyncio.CancelledError if cancelled else errors.OutcomeUnknown
        ) as raised:
            await task
        assert client.stats().unknown == 1
    (error,) = found
    assert error.operation == "invoices.record_payment"
    assert error.location_id == LOCATION
    assert error.ids == ("i1",)
    assert error.request["mode"] == "cash"
    assert error.request["altId"] == LOCATION
    assert error.sent_at == began
    assert (raised.value is error) == (not cancelled)


@pytest.mark.parametrize("name", ["invoices.get", "invoices.update", "invoices.delete"])
async def test_what_may_be_repeated_is_not_unknown_when_cancelled(name: str) -> None:
    found: list[errors.OutcomeUnknown] = []
    hook = {"on_outcome_unknown": found.append}
    async with serving(never, journal=Journal(), **hook) as (client, _, clock):
        task = asyncio.ensure_future(LEAST[name](client))
        await clock.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert in_flight(client) == (0, 0)
    assert not found


async def test_the_cancellation_passes_unchanged() -> None:
    seen: list[BaseException] = []

    async def script(arrival: Arrival) -> httpx.Response:
        try:
            return await never(arrival)
        except asyncio.CancelledError as error:
            seen.append(error)
            raise

    journal = Journal()
    async with serving(script, journal=journal) as (client, _, clock):

        async def program() -> None:
            me = asyncio.current_task()
            assert me is not None
            try:
                await void(client, journal)
            except asyncio.CancelledError as error:
                seen.append(error)
                assert me.cancelling() == 1
                raise

        task = asyncio.create_task(program())
        await clock.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert task.cancelled()
    assert seen[0] is seen[1], "the same object"


async def test_a_time_out_of_the_callers_own() -> None:
    journal = Journal()
    found: list[errors.OutcomeUnknown] = []
    hook = {"on_outcome_unknown": found.append}
    async with serving(never, journal=journal, **hook) as (client, _, clock):
        me = asyncio.current_task()
        assert me is not None
        with pytest.raises(TimeoutError):
            async with clock.timeout(5):
                await void(client, journal)
        assert clock.now == 5
        assert me.cancelling() == 0
        await asyncio.sleep(0)  # nothing is left to be thrown

        # The client's own deadline leaves no trace in a task that goes on.
        with pytest.raises(errors.OutcomeUnknown):
            await void(client, journal, timeout=5)
        assert me.cancelling() == 0
        async with clock.timeout(5):
            with pytest.raises(errors.OutcomeUnknown):
                await void(client, journal, timeout=1)
        assert me.cancelling() == 0
    assert len(found) == 3
    assert [event for event in journal.events if isinstance(event, tuple)] == [
        ("unknown", None)
    ] * 3
