"""A worker: a process that carries out flows with keyed writes, until it is told to end or killed."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection
from typing import Literal, NamedTuple, TypeVar

import httpx

from hoopai_invoices import UNSET, InvoicesClient, LocationClient, LocationDefaults
from hoopai_invoices.errors import DuplicateDetected, HoopAIError, KeyBusy, OutcomeUnknown
from hoopai_invoices.ledger import SQLLedger
from hoopai_invoices.models import (
    BusinessDetails,
    ContactDetails,
    EstimateItem,
    InvoiceItem,
    ScheduleOptions,
    SenderConfiguration,
)

from .plan import Job, writes_of

__all__ = ["Base", "Claim", "End", "Outcome", "carry_out", "client_on", "kept", "ledger_on", "main"]

T = TypeVar("T")
Outcome = Literal["done", "unknown", "duplicate", "refused", "broken"]
_HUNG = 150.0  # seconds after which a single write can't be on its way any more


class Base(NamedTuple):
    """What a worker needs to begin."""

    url: str
    token: str
    ledger: str
    prefix: str
    durable: bool
    settle: float
    timeout: float
    day: dt.date


class Claim(NamedTuple):
    """What the SDK says of a key.

    Attributes:
        key: The key.
        outcome: "done"; "unknown" (`OutcomeUnknown`), "duplicate" (`DuplicateDetected`), "refused"
            (any other error: nothing was done, it says), "broken" (no error of the SDK's, or none
            at all after a long time).
        records: What it made or wrote to; or what `DuplicateDetected` names.
        why: The error's text.
    """

    key: str
    outcome: Outcome
    records: tuple[str, ...] = ()
    why: str = ""


class End(NamedTuple):
    """A flow has come to its end, or as far as it gets for now."""

    number: int
    whole: bool


def ledger_on(base: Base) -> SQLLedger:
    return SQLLedger(base.ledger, prefix=base.prefix, durable=base.durable)


def client_on(base: Base, ledger: SQLLedger) -> InvoicesClient:
    """A client as the campaign has it: every location, no limits, the round's settle time."""
    return InvoicesClient(
        token=base.token,
        base_url=base.url,
        ledger=ledger,
        settle_time=base.settle,
        timeout=base.timeout,
        rate_limit=None,
        defaults=LocationDefaults(
            live_mode=False,
            user_id="u1",
            currency="USD",
            business_details=BusinessDetails(name="Example LLC"),
        ),
    )


def main(pipe: Connection, base: Base) -> None:
    """Work on what comes through the pipe, and tell through it."""
    logging.getLogger("hoopai_invoices").addHandler(logging.NullHandler())
    asyncio.run(_Worker(pipe, base).run())


async def carry_out(
    job: Job,
    day: dt.date,
    client: InvoicesClient,
    people: httpx.AsyncClient,
    tell: Callable[[Claim | End], None],
) -> None:
    """Carry out a flow, and tell what the SDK says of each of its keys."""
    await _Flow(job, day, client.location(job.place), people, tell).run()


class _Stopped(Exception):
    """The flow can't go on for now."""


class _Worker:
    def __init__(self, pipe: Connection, base: Base):
        self._pipe = pipe
        self._base = base
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()

        def given() -> None:
            try:
                jobs: list[Job] = self._pipe.recv()
            except (EOFError, OSError):
                ended.set()
                return
            for job in jobs:
                task = loop.create_task(self._work(job))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

        async with (
            ledger_on(self._base) as self._ledger,
            client_on(self._base, self._ledger) as self._client,
            httpx.AsyncClient(base_url=self._base.url, verify=False) as self._people,
        ):
            loop.add_reader(self._pipe.fileno(), given)
            await ended.wait()
            loop.remove_reader(self._pipe.fileno())
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _tell(self, what: Claim | End) -> None:
        self._pipe.send(what)

    async def _work(self, job: Job) -> None:
        try:
            await carry_out(job, self._base.day, self._client, self._people, self._tell)
        except (_Stopped, httpx.HTTPError):
            self._tell(End(job.number, whole=False))
        except Exception as error:
            self._tell(Claim(job.key("?"), "broken", (), repr(error)))
            self._tell(End(job.number, whole=False))
        else:
            self._tell(End(job.number, whole=True))


class _Flow:
    def __init__(
        self,
        job: Job,
        day: dt.date,
        client: LocationClient,
        people: httpx.AsyncClient,
        tell: Callable[[Claim | End], None],
    ):
        self._job = job
        self._day = day  # of issue, the same whenever it is asked for
        self._client = client
        self._people = people
        self._tell = tell

    async def run(self) -> None:
        job = self._job
        match job.kind:
            case "invoice":
                await self._invoice()
            case "sent":
                await self._send(await self._invoice())
            case "paid":
                invoice = await self._invoice()
                steps = [self._pay(invoice, i, part) for i, part in enumerate(job.parts)]
                ends = await asyncio.gather(*steps, return_exceptions=True)
                for end in ends:
                    if isinstance(end, BaseException):
                        raise end
            case "estimate":
                await self._estimate()
            case "converted":
                await self._convert(await self._estimate())
            case "schedule":
                await self._schedule()
            case "template":
                await self._template()

    async def _invoice(self) -> str:
        job, key = self._job, self._job.key("make")
        return await self._step(
            key,
            lambda: self._client.invoices.create(
                name=job.name,
                items=[self._line()],
                contact_details=self._contact(),
                issue_date=self._day,
                due_date=self._day + dt.timedelta(days=30),
                terms_notes=key,
                key=key,
                invoice_number=job.own_number or UNSET,
            ),
            lambda invoice: invoice.id,
        )

    async def _pay(self, invoice_id: str, i: int, amount: str) -> None:
        key = self._job.key(f"pay{i}")
        await self._step(
            key,
            lambda: self._client.invoices.record_payment(
                invoice_id, mode="cash", amount=amount, notes=key, key=key
            ),
            lambda result: result.invoice.id if result.invoice else "",
        )

    async def _send(self, invoice_id: str) -> None:
        key = self._job.key("send")
        sender = SenderConfiguration(from_name=key)
        await self._step(
            key,
            lambda: self._client.invoices.send(
                invoice_id, action="send_manually", sent_from=sender, key=key
            ),
            lambda result: result.invoice.id if result.invoice else "",
        )

    async def _estimate(self) -> str:
        job, key = self._job, self._job.key("make")
        line = EstimateItem(name="Hours", currency="USD", amount=job.total, qty=1, type="one_time")
        return await self._step(
            key,
            lambda: self._client.estimates.create(
                name=job.name,
                title="ESTIMATE",
                items=[line],
                contact_details=self._contact(),
                issue_date=self._day,
                expiry_date=self._day + dt.timedelta(days=30),
                terms_notes=key,
                key=key,
            ),
            lambda estimate: estimate.id,
        )

    async def _convert(self, estimate_id: str) -> None:
        sent, key = self._job.key("send"), self._job.key("convert")
        sender = SenderConfiguration(from_name=sent)
        await self._step(
            sent,
            lambda: self._client.estimates.send(
                estimate_id, action="send_manually", sent_from=sender, key=sent
            ),
            lambda estimate: estimate.id,
        )
        # Refused when it was accepted before: by another worker, or before this one was killed.
        accepted = await self._people.post(
            "/_sandbox/customer/accept", json={"estimateId": estimate_id}
        )
        assert accepted.status_code in (200, 409), accepted.text
        await self._step(
            key,
            lambda: self._client.estimates.create_invoice(estimate_id, key=key),
            lambda result: result.invoice.id if result.invoice else "",
        )

    async def _schedule(self) -> None:
        job, key = self._job, self._job.key("make")
        await self._step(
            key,
            lambda: self._client.schedules.create(
                name=job.name,
                contact_details=self._contact(),
                schedule=ScheduleOptions(execute_at=dt.datetime(2030, 1, 1, tzinfo=dt.UTC)),
                items=[self._line()],
                terms_notes=key,
                key=key,
            ),
            lambda schedule: schedule.id,
        )

    async def _template(self) -> None:
        job, key = self._job, self._job.key("make")
        await self._step(
            key,
            lambda: self._client.templates.create(
                name=f"{job.name} {job.contact}", items=[self._line()], terms_notes=key, key=key
            ),
            lambda template: template.id,
        )

    def _line(self) -> InvoiceItem:
        return InvoiceItem(name="Hours", currency="USD", amount=self._job.total, qty=1)

    def _contact(self) -> ContactDetails:
        return ContactDetails(id=self._job.contact, name="Alex")

    async def _step(
        self, key: str, does: Callable[[], Awaitable[T]], record_of: Callable[[T], str]
    ) -> str:
        """One keyed write, and what the SDK says of it."""
        for _ in range(2):
            try:
                async with asyncio.timeout(_HUNG):
                    answer = await does()
            except DuplicateDetected as error:
                self._tell(Claim(key, "duplicate", error.ids, str(error)))
                await self._decide(key, error.ids)
                continue  # it is done now, by a person's word
            except (OutcomeUnknown, KeyBusy) as error:  # of the other, which is in the way
                self._tell(Claim(key, "unknown", (), str(error)))
            except HoopAIError as error:
                self._tell(Claim(key, "refused", (), f"{type(error).__name__}: {error}"))
            except asyncio.CancelledError:
                raise
            except BaseException as error:
                self._tell(Claim(key, "broken", (), repr(error)))
            else:
                record = record_of(answer)
                self._tell(Claim(key, "done", (record,)))
                return record
            raise _Stopped
        self._tell(Claim(key, "broken", (), "still unknown when a person has decided"))
        raise _Stopped

    async def _decide(self, key: str, ids: tuple[str, ...]) -> None:
        """What a person does who is told of several records: keep one."""
        operation = next(one.operation for one in writes_of(self._job) if one.key == key)
        async for entry in self._client.writes.pending():
            if entry.key == key and entry.operation == operation:
                try:
                    await self._client.writes.resolve(entry, record_id=kept(operation, ids))
                except HoopAIError:  # another worker was told as well, and was faster
                    return


def kept(operation: str, ids: tuple[str, ...]) -> str | None:
    """Which of several records stays; a payment makes none, and stays booked twice."""
    return None if operation == "invoices.record_payment" else ids[0]
