"""From an estimate to its invoice: made once, or found where it was made already."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import evolve, frozen

from .. import models
from .._model import UNSET
from ..errors import (
    BadRequestError,
    DuplicateDetected,
    EstimateDeclined,
    FlowError,
    HoopAIError,
    NotFoundError,
    WaitTimeout,
)
from ..resources.editing import id_of
from ..writes.case import Case, Found
from ..writes.converting import invoices_like_estimate, result, seen
from .delivering import (
    SendHow,
    booked,
    check_channel,
    check_mode,
    invoice_send,
    plan_sending,
    sent,
)
from .steps import Outcome, Plan, Run
from .waiting import LONGEST_PAUSE, Pauses

__all__ = ["ConvertedEstimate", "convert", "plan_conversion"]

_OPERATION = "estimates.create_invoice"
_LAG = 30.0  # seconds that a list may lag behind a write
_SKEW = timedelta(minutes=5)
_EAST, _WEST = timedelta(hours=14), timedelta(hours=12)  # how far local times are from UTC


@frozen(kw_only=True)
class ConvertedEstimate(Outcome):
    """What came of `estimate_to_invoice`.

    Attributes:
        estimate: The estimate, as it was seen last.
        invoice: Its invoice, as it was seen last.
        steps: What was done ("convert", "send", "payment"), and what was found done already.
    """

    estimate: models.Estimate
    invoice: models.Invoice


class _NotThere(Exception):
    """No invoice of the estimate is to be seen (yet); says why."""


async def convert(
    run: Run,
    estimate: str | models.Estimate,
    *,
    send: SendHow | None,
    record_payment: models.PaymentRecord | None,
    invoice_id: str | None,
    timeout: float,  # noqa: ASYNC109 - its error carries the record
) -> ConvertedEstimate:
    """Convert an estimate once, send its invoice, and record what was paid for it."""
    how = _checked(run, send, record_payment)
    clock = run.view.clock()
    pauses = Pauses(run.flow, clock, timeout, LONGEST_PAUSE, None)
    made = await _Conversion(run, id_of(estimate, run.flow), how, invoice_id, pauses).made()
    invoice = made.invoice
    if how is not None:
        invoice = await sent(run, invoice, how)
    if record_payment is not None:
        invoice = await booked(run, invoice, record_payment)
    return ConvertedEstimate(estimate=made.estimate, invoice=invoice, steps=tuple(run.steps))


async def plan_conversion(
    run: Run,
    estimate: str | models.Estimate,
    *,
    send: SendHow | None,
    record_payment: models.PaymentRecord | None,
    invoice_id: str | None,
) -> Plan:
    """What `convert` would do."""
    how = _checked(run, send, record_payment)
    estimate_id = id_of(estimate, run.flow)
    entry = await run.entry("convert", _OPERATION)
    invoice = None
    if await run.begun("convert", _OPERATION):
        await run.plan("convert", _OPERATION)
        if entry is not None and entry.record_id is not None:
            invoice = await run.client.invoices.get(entry.record_id, options=run.options)
            _require_named(run, invoice, invoice_id)
    else:
        found = await run.client.estimates.get(estimate_id, options=run.options)
        if found.estimate_status == "invoiced":
            run.reads("estimates.list", 1, None)
            run.reads("invoices.list", 1, None)
            await plan_sending(run, None, how, record_payment, maybe=True)
            return run.whole()
        _require_accepted(run, found, how)
        if _by_itself(found):
            run.reads("estimates.list", 1, None)
            run.reads("invoices.list", 1, None)
            await plan_sending(run, None, how, record_payment, maybe=True)
            return run.whole()
        if invoice_id is not None:
            raise _uninvoiced(run, found, invoice_id)
        run.reads("estimates.list")
        await run.plan("convert", _OPERATION)
    await plan_sending(run, invoice, how, record_payment)
    return run.whole()


def _checked(
    run: Run, send: SendHow | None, payment: models.PaymentRecord | None
) -> models.InvoiceSend | None:
    """How it is sent; what can't be sent is refused before anything is."""
    how = None if send is None else invoice_send(send)
    if how is not None:
        some = (
            evolve(how, live_mode=False) if how.live_mode is UNSET else how
        )  # the estimate's, later
        run.check("send", "invoices.send", some)
    if payment is not None:
        run.check("payment", "invoices.record_payment", payment)
    return how


def _by_itself(estimate: models.Estimate) -> bool:
    """Whether the service makes the invoice of an accepted estimate itself."""
    return estimate.auto_invoice is not None and bool(estimate.auto_invoice.enabled)


def _require_accepted(run: Run, estimate: models.Estimate, how: models.InvoiceSend | None) -> None:
    """Refuse an estimate that can't be converted, or whose invoice couldn't be sent."""
    status, name = estimate.estimate_status, f"the estimate {estimate.id}"
    if status == "declined":
        msg, hint = f"the customer has declined {name}", "make another estimate"
        raise run.error("convert", msg, estimate, hint, EstimateDeclined)
    if status != "accepted":
        hint = (
            "send it, and have the customer accept it"
            if status == "draft"
            else "wait for the customer with client.flows.wait_until_accepted(…)"
        )
        raise run.error("convert", f"{name} is {status}, not accepted", estimate, hint)
    if how is not None:
        with run.at("send"):
            check_mode(how.live_mode, estimate.live_mode)
            check_channel(how.action, estimate.contact_details, estimate.sent_to)


def _uninvoiced(run: Run, estimate: models.Estimate, invoice_id: str) -> FlowError:
    """Who names an invoice doesn't want another made."""
    msg = (
        f"the estimate {estimate.id} isn't invoiced, so {invoice_id} isn't known to be its invoice"
    )
    return run.error("convert", msg, estimate, "leave invoice_id out to have one made")


def _require_named(run: Run, invoice: models.Invoice, invoice_id: str | None) -> None:
    """Refuse when the key's invoice isn't the one that was named."""
    if invoice_id not in (None, invoice.id):
        msg = f"this key's invoice is {invoice.id}, not {invoice_id}"
        raise run.error("convert", msg, invoice, "leave invoice_id out")


class _Conversion:
    """The step "convert"."""

    def __init__(
        self,
        run: Run,
        estimate_id: str,
        how: models.InvoiceSend | None,
        invoice_id: str | None,
        pauses: Pauses,
    ):
        self._run = run
        self._id = estimate_id
        self._how = how
        self._invoice_id = invoice_id
        self._pauses = pauses
        self._refusal: HoopAIError | None = None

    async def made(self) -> models.EstimateInvoiceResult:
        """The estimate and its one invoice, made now, before, or by another."""
        begun = await self._run.begun("convert", _OPERATION)
        made = await (self._converted() if begun else self._awaited())
        _require_named(self._run, made.invoice, self._invoice_id)
        return made

    async def _awaited(self) -> models.EstimateInvoiceResult:
        """Look until there is an invoice, or the time is over."""
        run = self._run
        while True:
            with run.at("convert"):
                estimate = await run.client.estimates.get(self._id, options=run.options)
            come = await self._tried(estimate)
            if not isinstance(come, HoopAIError):
                return come
            if not await self._pauses.next():
                return await self._at_last(estimate, come)

    async def _tried(self, estimate: models.Estimate) -> models.EstimateInvoiceResult | HoopAIError:
        """What an estimate leads to now; or what to raise unless a later look changes it."""
        if estimate.estimate_status == "invoiced":
            return await self._found(estimate)
        _require_accepted(self._run, estimate, self._how)
        if _by_itself(estimate):
            msg = f"the estimate {self._id} makes its invoice by itself, and hasn't"
            return self._run.error("convert", msg, estimate, "look at it", WaitTimeout)
        if self._invoice_id is not None:
            error = _uninvoiced(self._run, estimate, self._invoice_id)
            if self._pauses.passed > _LAG:
                raise error
            return error
        return await self._made_now()

    async def _found(self, estimate: models.Estimate) -> models.EstimateInvoiceResult | HoopAIError:
        """The invoice of an estimate that has one; the list may lag behind it."""
        try:
            return await self._adopted(estimate)
        except _NotThere as error:
            hint = _WHICH if self._invoice_id is None else None
            missing = self._run.error("convert", str(error), estimate, hint)
        if self._pauses.passed > _LAG or not self._is_fresh(estimate):
            raise missing
        return missing

    async def _made_now(self) -> models.EstimateInvoiceResult | HoopAIError:
        """Convert it, and once only: after a refusal the next looks tell.

        Somebody else was faster, or the list lags.
        """
        if self._refusal is None:
            try:
                return await self._converted()
            except EstimateDeclined:
                raise
            except (BadRequestError, FlowError) as error:
                self._refusal = error
        elif self._pauses.passed > _LAG:
            raise self._refusal
        return self._refusal

    async def _at_last(
        self, estimate: models.Estimate, come: HoopAIError
    ) -> models.EstimateInvoiceResult:
        """The invoice that came by itself, though its estimate isn't shown as invoiced."""
        if isinstance(come, WaitTimeout):
            with suppress(_NotThere):
                return await self._adopted(estimate)
        raise come

    async def _converted(self) -> models.EstimateInvoiceResult:
        run = self._run
        answer = models.EstimateInvoiceResult
        return await run.write("convert", _OPERATION, _BODY, answer, (self._id,))

    async def _adopted(self, estimate: models.Estimate) -> models.EstimateInvoiceResult:
        run = self._run
        looks, changed = seen(estimate)
        call = run.call("convert", _OPERATION, _BODY, (self._id,))
        with run.at("convert"):
            found: Any = await run.guard.adopt(
                call, run.view, {"looks": looks, "since": changed}, self._finder(estimate)
            )
        entry = await run.entry("convert", _OPERATION)  # a task with the same key may have made it
        adopted = entry is not None and entry.adopted
        await run.passed("convert", _OPERATION, found.invoice.id, adopted=adopted)
        made: models.EstimateInvoiceResult = found
        return made

    def _finder(self, estimate: models.Estimate) -> Callable[[Case], Awaitable[Found]]:
        """Finds the invoice that was made of an estimate by another."""
        run = self._run

        async def find(case: Case) -> Found:
            made = await self._candidates(case, estimate)
            free = await case.unowned(made)
            owners = await case.ledger.owners(case.entry.location_id, [one.id for one in made])
            for owner in owners.values():
                if owner.ids == (self._id,):
                    msg = f"{owner.record_id} was made of it, or adopted, under the key"
                    msg += f" {owner.key.removesuffix('/convert')!r}: this one did nothing"
                    hint = "use that key; an estimate has one invoice"
                    raise FlowError(f"at 'convert': {msg}", estimate, hint=hint, operation=run.flow)
            if self._invoice_id is None:
                free = await case.unasked(free)
            elif made and not free:
                msg = f"the invoice {made[0].id} is that of another key,"
                msg += f" {owners[made[0].id].key!r}"
                raise FlowError(f"at 'convert': {msg}", made[0], operation=run.flow)
            living = [one for one in free if one.status != "void"]
            if len(living) > 1:
                msg = f"{len(living)} invoices may have been made of the estimate {self._id}"
                ids = tuple(one.id for one in living)
                several = DuplicateDetected(msg, ids, hint=_WHICH, operation=run.flow)
                several.key, several.location_id = case.entry.key, case.entry.location_id
                raise several
            if living:
                return Found(result(estimate, living[0]), living[0].id)
            if free:
                msg = f"its invoice {free[0].id} is void"
                hint = "make another by hand, or of another estimate"
                raise FlowError(f"at 'convert': {msg}", free[0], hint=hint, operation=run.flow)
            msg = f"the estimate {self._id} is invoiced, but no invoice is like it"
            raise _NotThere(msg)

        return find

    async def _candidates(self, case: Case, estimate: models.Estimate) -> list[models.Invoice]:
        if self._invoice_id is None:
            since, until = self._span(estimate)
            made = await invoices_like_estimate(case, estimate, since)
            return [
                one for one in made if not (until and one.created_at and one.created_at > until)
            ]
        try:
            invoice = await case.client.invoices.get(self._invoice_id, options=self._run.options)
        except NotFoundError as error:
            raise _NotThere(f"there is no invoice {self._invoice_id}") from error
        # It may have been changed since: what was sold, but not to whom.
        if seen(invoice)[0][:2] != seen(estimate)[0][:2]:
            msg = f"the invoice {invoice.id} has another contact or currency than the estimate"
            raise self._run.error("convert", msg, invoice)
        return [invoice]

    def _span(self, estimate: models.Estimate) -> tuple[datetime | None, datetime | None]:
        """When the invoice of an estimate was made, as closely as it can be told."""
        first, last = estimate.created_at, estimate.updated_at
        zone = self._run.view.zone()
        for entry in estimate.estimate_action_history or ():
            try:
                moment = datetime.fromisoformat(entry["updatedAt"])
                status = entry["estimateStatus"]
            except (KeyError, TypeError, ValueError):
                continue
            # Written in the location's own time, without its zone.
            if moment.tzinfo is None:
                begin = (moment - _EAST).replace(tzinfo=UTC)
                end = (moment + _WEST).replace(tzinfo=UTC)
                if zone is not None:
                    begin = end = moment.replace(tzinfo=zone).astimezone(UTC)
            else:
                begin = end = moment
            if status == "accepted":
                first = max(first, begin) if first else begin
            elif status == "invoiced":
                last = min(last, end) if last else end
        if estimate.estimate_status == "accepted":
            last = None  # it is still to come
        return first and first - _SKEW, last and last + _SKEW

    def _is_fresh(self, estimate: models.Estimate) -> bool:
        """Whether the list of invoices may lag behind what was done to the estimate."""
        if estimate.updated_at is None:
            return True
        return self._run.view.clock().time() - estimate.updated_at.timestamp() < _LAG


_BODY = models.EstimateInvoiceCreate(mark_as_invoiced=True)
_WHICH = "say which it is: invoice_id=…"
