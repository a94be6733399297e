"""What takes several calls: `client.flows`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from datetime import date
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, overload

from .._protocol import UNSET, CallOptions, Settle, Unset
from . import late, waiting

if TYPE_CHECKING:
    from .._core.trace import Hook
    from ..client import LocationClient
    from ..models import (
        AutoPayment,
        Estimate,
        EstimateCreate,
        Invoice,
        InvoiceCreate,
        PaymentRecord,
        ScheduleCreate,
    )
    from .converting import ConvertedEstimate
    from .delivering import SendHow
    from .linking import PaymentLink
    from .offering import EstimateHow, SentEstimate
    from .recurring import StartedSchedule
    from .steps import Cost, Plan, PlannedCall, Run, Step

__all__ = [
    "ConvertedEstimate",
    "Cost",
    "Flows",
    "PaymentLink",
    "Plan",
    "PlannedCall",
    "SentEstimate",
    "StartedSchedule",
    "Step",
]

# Where the results live: they are imported when they are named, or when a flow makes one.
_HOMES = {
    "ConvertedEstimate": "converting",
    "PaymentLink": "linking",
    "SentEstimate": "offering",
    "StartedSchedule": "recurring",
    **dict.fromkeys(("Cost", "Plan", "PlannedCall", "Step"), "steps"),
}
_PATIENCE = 120.0

if not TYPE_CHECKING:  # type checkers know the names from above, and no others

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            msg = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(msg)
        found = globals()[name] = getattr(import_module(f".{_HOMES[name]}", __name__), name)
        return found


class Flows:
    """Flows that write in steps under one key, and flows that only read.

    Those that write can be run again with their key, after an error: what is done isn't done twice,
    and what is missing is done. After a crash, or in another process, that needs a ledger
    (`ledger=SQLLedger(…)`); without one keys live as long as the client. Each of their writes is
    keyed, by the flow's key and the step's name, so what `docs/writes.md` promises holds for them.
    """

    def __init__(self, client: LocationClient):
        self._client = client

    def _run(
        self,
        flow: str,
        key: str,
        settle: Settle,
        options: CallOptions | None,
        on_step: Hook[Step] | None,
    ) -> Run:
        from .steps import Run  # what writes is imported when it is needed

        return Run(self._client, flow, key, settle=settle, options=options, on_step=on_step)

    # --- Writing -----------------------------------------------------------------------------

    @overload
    async def estimate_to_invoice(
        self,
        estimate: str | Estimate,
        *,
        key: str,
        send: SendHow | None = None,
        record_payment: PaymentRecord | None = None,
        invoice_id: str | None = None,
        timeout: float = _PATIENCE,  # noqa: ASYNC109 - its error carries the record
        on_step: Hook[Step] | None = None,
        dry_run: Literal[False] = False,
        settle: Settle = "wait",
        options: CallOptions | None = None,
    ) -> ConvertedEstimate: ...
    @overload
    async def estimate_to_invoice(
        self,
        estimate: str | Estimate,
        *,
        key: str,
        send: SendHow | None = None,
        record_payment: PaymentRecord | None = None,
        invoice_id: str | None = None,
        timeout: float = _PATIENCE,  # noqa: ASYNC109 - its error carries the record
        on_step: Hook[Step] | None = None,
        dry_run: Literal[True],
        settle: Settle = "wait",
        options: CallOptions | None = None,
    ) -> Plan: ...
    async def estimate_to_invoice(
        self,
        estimate: str | Estimate,
        *,
        key: str,
        send: SendHow | None = None,
        record_payment: PaymentRecord | None = None,
        invoice_id: str | None = None,
        timeout: float = _PATIENCE,  # noqa: ASYNC109 - its error carries the record
        on_step: Hook[Step] | None = None,
        dry_run: bool = False,
        settle: Settle = "wait",
        options: CallOptions | None = None,
    ) -> ConvertedEstimate | Plan:
        """Make the invoice of an accepted estimate, once; send it and book its payment if wished.

        An estimate that makes its invoice by itself (autoInvoice) is never converted: its invoice is
        waited for. That one, and the invoice of an estimate that was invoiced by hand, is adopted:
        it must be the only one that matches in contact, currency, lines, total and time, and no
        other key may own it. From then on it is this key's.

        What is found sent isn't sent again. When nothing is due any more the payment isn't booked:
        its step is "skipped", and money that came in besides is on record nowhere.

        ```python
        done = await client.flows.estimate_to_invoice("…", key="job-1042", send="email")
        print(done.invoice.invoice_number, done.adopted)
        ```

        Args:
            estimate: Its id, or the estimate.
            key: Your own name for this job, such as "job-1042"; a key is for one flow.
            send: How to send the invoice: "email", "sms", "sms_and_email", "send_manually", or an
                `InvoiceSend` that says in whose name, too. None: it stays as it is.
            record_payment: A payment that was received elsewhere.
            invoice_id: The estimate's invoice, when it was made by hand and can't be told; none is
                made then.
            timeout: Seconds to wait for an invoice that the service makes by itself.
            on_step: Called with each `Step` when it is done; may be async.
            dry_run: Write nothing, and return the `Plan`.
            settle: With a lost answer: "wait" until its fate is known, or "defer" to raise
                `OutcomeUnknown` at once; run it again later.
            options: What the calls do differently.

        Raises:
            EstimateDeclined: The customer has declined.
            WaitTimeout: The invoice that the service makes by itself hasn't come.
            FlowError: The estimate isn't accepted, or its invoice is another key's, void, not to be
                found, or not `invoice_id`; `record` is the estimate, or the invoice.
            DuplicateDetected: Several invoices may be its: say which with `invoice_id`.
            InvalidRequestError: Something can't be sent, or nobody would get it; nothing was.
            HoopAIError: As with `estimates.create_invoice`, `invoices.send` and `record_payment`;
                notes say at which step.
        """
        from . import converting

        run = self._run("estimate_to_invoice", key, settle, options, on_step)
        if dry_run:
            return await converting.plan_conversion(
                run, estimate, send=send, record_payment=record_payment, invoice_id=invoice_id
            )
        return await converting.convert(
            run,
            estimate,
            send=send,
            record_payment=record_payment,
            invoice_id=invoice_id,
            timeout=timeout,
        )

    @overload
    async def send_estimate(
        self,
        estimate: EstimateCreate,
        *,
        key: str,
        send: EstimateHow = "email",
        on_step: Hook[Step] | None = None,
        dry_run: Literal[False] = False,
        settle: Settle = "wait",
        options: CallOptions | None = None,
    ) -> SentEstimate: ...
    @overload
    async def send_estimate(
        self,
        estimate: EstimateCreate,
        *,
        key: str,
        send: EstimateHow = "email",
        on_step: Hook[Step] | None = None,
        dry_run: Literal[True],
        settle: Settle = "wait",
        options: CallOptions | None = None,
    ) -> Plan: ...
    async def send_estimate(
        self,
        estimate: EstimateCreate,
        *,
        key: str,
        send: EstimateHow = "email",
        on_step: Hook[Step] | None = None,
        dry_run: bool = False,
        settle: Settle = "wait",
        options: CallOptions | None = None,
    ) -> SentEstimate | Plan:
        """Make an estimate and send it.

        What the service takes and then doesn't deliver is refused before anything is sent: a contact
        without an address for the channel, no user, a test that would be sent for real, and
        `send_estimate_details`, with which it would be sent twice.

        Args:
            estimate: The estimate, with the fields of `estimates.create`.
            key: Your own name for this job; a key is for one flow.
            send: How: "email", "sms", "sms_and_email", "send_manually", or an `EstimateSend` that
                says in whose name, too.
            on_step: Called with each `Step` when it is done; may be async.
            dry_run: Write nothing, and return the `Plan`.
            settle: With a lost answer: "wait" until its fate is known, or "defer" to raise
                `OutcomeUnknown` at once; run it again later.
            options: What the calls do differently.

        Raises:
            InvalidRequestError: Something can't be sent, or nobody would get it; nothing was.
            FlowError: The service took it and sent nothing; `record` is the estimate.
            HoopAIError: As with `estimates.create` and `send`; notes say at which step.
        """
        from . import offering

        run = self._run("send_estimate", key, settle, options, on_step)
        if dry_run:
            return await offering.plan_offer(run, estimate, send)
        return await offering.offer(run, estimate, send)

    @overload
    async def payment_link(
        self,
        invoice: InvoiceCreate,
        *,
        key: str,
        send: bool | SendHow = True,
        user_id: str | Unset = UNSET,
        on_step: Hook[Step] | None = None,
        dry_run: Literal[False] = False,
        settle: Settle = "wait",
        options: CallOptions | None = None,
    ) -> PaymentLink: ...
    @overload
    async def payment_link(
        self,
        invoice: InvoiceCreate,
        *,
        key: str,
        send: bool | SendHow = True,
        user_id: str | Unset = UNSET,
        on_step: Hook[Step] | None = None,
        dry_run: Literal[True],
        settle: Settle = "wait",
        options: CallOptions | None = None,
    ) -> Plan: ...
    async def payment_link(
        self,
        invoice: InvoiceCreate,
        *,
        key: str,
        send: bool | SendHow = True,
        user_id: str | Unset = UNSET,
        on_step: Hook[Step] | None = None,
        dry_run: bool = False,
        settle: Settle = "wait",
        options: CallOptions | None = None,
    ) -> PaymentLink | Plan:
        """Make an invoice and have its payment link; send it, unless `send=False`.

        The link stands in the answer of `text2pay` alone, which also makes invoices: here the
        invoice is made as a draft first, and its link is asked for as often as it takes. From then
        on it is kept under the key, in the ledger or, without one, as long as the client lives. The
        sending is `invoices.send`, which says nothing of the contents and so changes none.

        Args:
            invoice: The invoice, with the fields of `invoices.create`.
            key: Your own name for this job; a key is for one flow.
            send: False: the link only, and the page can't be paid before the invoice is sent. True:
                by e-mail if the contact has an address, else by text message. Or how, as in
                `estimate_to_invoice`.
            user_id: In whose name; `LocationDefaults.user_id` when left out. An `InvoiceSend` may
                name another to send it.
            on_step: Called with each `Step` when it is done; may be async.
            dry_run: Write nothing, and return the `Plan`.
            settle: With a lost answer: "wait" until its fate is known, or "defer" to raise
                `OutcomeUnknown` at once; run it again later.
            options: What the calls do differently.

        Raises:
            InvalidRequestError: Something can't be sent, or nobody would get it; nothing was.
            FlowError: No link came, or somebody else has sent the draft; `record` is the invoice.
            HoopAIError: As with `invoices.create`, `text2pay` and `send`; notes say at which step.
        """
        from . import linking

        run = self._run("payment_link", key, settle, options, on_step)
        if dry_run:
            return await linking.plan_link(run, invoice, send, user_id)
        return await linking.link(run, invoice, send, user_id)

    @overload
    async def start_recurring(
        self,
        schedule: ScheduleCreate,
        *,
        key: str,
        auto_payment: AutoPayment | None = None,
        wait_first: float | None = None,
        on_step: Hook[Step] | None = None,
        dry_run: Literal[False] = False,
        settle: Settle = "wait",
        options: CallOptions | None = None,
    ) -> StartedSchedule: ...
    @overload
    async def start_recurring(
        self,
        schedule: ScheduleCreate,
        *,
        key: str,
        auto_payment: AutoPayment | None = None,
        wait_first: float | None = None,
        on_step: Hook[Step] | None = None,
        dry_run: Literal[True],
        settle: Settle = "wait",
        options: CallOptions | None = None,
    ) -> Plan: ...
    async def start_recurring(
        self,
        schedule: ScheduleCreate,
        *,
        key: str,
        auto_payment: AutoPayment | None = None,
        wait_first: float | None = None,
        on_step: Hook[Step] | None = None,
        dry_run: bool = False,
        settle: Settle = "wait",
        options: CallOptions | None = None,
    ) -> StartedSchedule | Plan:
        """Make a schedule of invoices and start it.

        It is started once: when it was cancelled later, running this again doesn't start it anew.

        Args:
            schedule: The schedule, with the fields of `schedules.create`.
            key: Your own name for this job; a key is for one flow.
            auto_payment: Whether its invoices are paid automatically, and how.
            wait_first: Seconds to wait for its first invoice, when one is due by then (about half a
                minute after the start; often a draft). None: it isn't looked for.
            on_step: Called with each `Step` when it is done; may be async.
            dry_run: Write nothing, and return the `Plan`.
            settle: With a lost answer: "wait" until its fate is known, or "defer" to raise
                `OutcomeUnknown` at once; run it again later.
            options: What the calls do differently.

        Raises:
            InvalidRequestError: Something can't be sent; nothing was.
            WaitTimeout: The first invoice hasn't come; `record` is the schedule, which is started.
            FlowError: It was cancelled before it was started; `record` is the schedule.
            HoopAIError: As with `schedules.create` and `start`; notes say at which step.
        """
        from . import recurring

        run = self._run("start_recurring", key, settle, options, on_step)
        if dry_run:
            return await recurring.plan_start(run, schedule, auto_payment, wait_first)
        return await recurring.start(run, schedule, auto_payment, wait_first)

    # --- Reading -----------------------------------------------------------------------------

    def overdue(
        self, *, as_of: date | None = None, options: CallOptions | None = None
    ) -> AsyncGenerator[Invoice, None]:
        """The invoices that are overdue: the service has no such state, so they are worked out.

        Sent, viewed or partially paid, with something due, and the due day has passed. Those whose
        payment is being processed are left out: their money is on its way.

        Costs three listings, one for each state, of a call for every hundred invoices.

        ```python
        async for invoice in client.flows.overdue():
            print(invoice.invoice_number, invoice.amount_due, invoice.due_date)
        ```

        Args:
            as_of: The day on which it is asked: what was due before it is overdue. By default today
                in the location's zone, `LocationDefaults.timezone`.
            options: What these calls do differently.

        Raises:
            InvalidRequestError: `as_of` is no day, or neither it nor the zone is given.
            HoopAIError: As with `invoices.list`.
        """
        return late.overdue(self._client, as_of, options)

    async def wait_until_accepted(
        self,
        estimate: str | Estimate,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - its error carries the record
        longest_pause: float = waiting.LONGEST_PAUSE,
        wake: asyncio.Event | None = None,
        options: CallOptions | None = None,
    ) -> Estimate:
        """Wait until the customer has accepted an estimate; one that is invoiced already is, too.

        Looks at once, and again after pauses that grow from two seconds to `longest_pause`; each
        look is a call of `estimates.get`, within the limits. Lost and refused looks (connection,
        5xx, 429, a list that shifts) are passed over; twenty in a row are raised.

        Args:
            estimate: Its id, or the estimate.
            timeout: Seconds to wait; None: as long as it takes. A look under way isn't cut short.
            longest_pause: Seconds between two looks at most.
            wake: Set it, from a webhook perhaps, to have it look at once (but once a second at most);
                it is cleared then.
            options: What these calls do differently.

        Returns:
            The estimate as it was seen last.

        Raises:
            EstimateDeclined: The customer has declined.
            WaitTimeout: The time is over; `record` is the estimate as it was seen last.
            NotFoundError: It isn't listed (for half a minute, if it never was), or was deleted.
            HoopAIError: As with `estimates.get`.
        """
        clock, flow = self._client._executor.clock(), "flows.wait_until_accepted"
        pauses = waiting.Pauses(flow, clock, timeout, longest_pause, wake)
        return await waiting.until_accepted(self._client, estimate, pauses, options)

    async def wait_until_paid(
        self,
        invoice: str | Invoice,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - its error carries the record
        longest_pause: float = waiting.LONGEST_PAUSE,
        wake: asyncio.Event | None = None,
        options: CallOptions | None = None,
    ) -> Invoice:
        """Wait until an invoice is paid in full.

        Looks as `wait_until_accepted` does, with `invoices.get`.

        Args:
            invoice: Its id, or the invoice.
            timeout: Seconds to wait; None: as long as it takes. A look under way isn't cut short.
            longest_pause: Seconds between two looks at most.
            wake: Set it, from a webhook perhaps, to have it look at once (but once a second at most);
                it is cleared then.
            options: What these calls do differently.

        Returns:
            The invoice as it was seen last.

        Raises:
            FlowError: It is void.
            WaitTimeout: The time is over; `record` is the invoice as it was seen last.
            NotFoundError: There is no such invoice, or it was deleted.
            HoopAIError: As with `invoices.get`.
        """
        clock, flow = self._client._executor.clock(), "flows.wait_until_paid"
        pauses = waiting.Pauses(flow, clock, timeout, longest_pause, wake)
        return await waiting.until_paid(self._client, invoice, pauses, options)
