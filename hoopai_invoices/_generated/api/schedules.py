"""The operations of `schedules`. Generated: do not edit."""

from __future__ import annotations

import builtins
import datetime as dt
from typing import Literal

from ..._protocol import UNSET, Call, CallOptions, Pager, Resource, Settle, Unset
from .. import models
from ..catalogue import OPERATIONS


class Schedules(Resource):
    """The operations of `schedules`."""

    def list(
        self,
        *,
        status: models.ScheduleStatus
        | Literal["draft", "scheduled", "active", "completed", "cancelled"]
        | Unset = UNSET,
        start_at: dt.date | Unset = UNSET,
        end_at: dt.date | Unset = UNSET,
        search: str | Unset = UNSET,
        payment_mode: models.PaymentModeFilter | Literal["default", "live", "test"] | Unset = UNSET,
        page_size: int = 100,
        prefetch: int = 4,
        cursor: str | None = None,
        options: CallOptions | None = None,
    ) -> Pager[models.Schedule]:
        """List schedules, one page at a time.

        One page of schedules that match all given filters. limit and offset must always be
        sent.

        `GET /invoices/schedule`, which the vendor calls 'list-invoice-schedules'.
        Needs the scope `invoices/schedule.readonly`.

        Args:
            status: State of a schedule. Other spellings, such as 'canceled' or 'ended', have
                been reported.
            start_at: First day of the period. Whether the issue date or the creation date
                counts is not documented.
            end_at: Last day of the period. Whether the issue date or the creation date counts
                is not documented.
            search: Text to look for, such as a name, an e-mail address, a telephone number or
                an id.
            payment_mode: Which payment mode to list records by.
            page_size: Records a page, 1 to 100; all requests but the first ask for one more, to
                see that nothing was missed between them, or get one less of 100.
            prefetch: Pages to fetch ahead at most, 0 to 32, once a second page is needed; what
                comes of them is as old as when it was fetched.
            cursor: Where to go on: the `cursor` of an earlier pager with the same filters.
            options: What this call does differently.

        Returns:
            A pager over `Schedule`; nothing is fetched before it is used.

        Raises:
            InvalidRequestError: An argument can't be sent; nothing was.
            APIStatusError: The service refused.
            APIConnectionError: No answer came.
            DecodeError: The answer can't be read.
        """

        async def fetch(limit: int, offset: int) -> models.ScheduleList:
            return await self._list_page(
                limit=limit,
                offset=offset,
                status=status,
                start_at=start_at,
                end_at=end_at,
                search=search,
                payment_mode=payment_mode,
                options=options,
            )

        return self._executor.pager(
            OPERATIONS["schedules.list"],
            fetch,
            page_size=page_size,
            prefetch=prefetch,
            cursor=cursor,
        )

    async def _list_page(
        self,
        *,
        limit: int,
        offset: int,
        status: models.ScheduleStatus
        | Literal["draft", "scheduled", "active", "completed", "cancelled"]
        | Unset = UNSET,
        start_at: dt.date | Unset = UNSET,
        end_at: dt.date | Unset = UNSET,
        search: str | Unset = UNSET,
        payment_mode: models.PaymentModeFilter | Literal["default", "live", "test"] | Unset = UNSET,
        options: CallOptions | None = None,
    ) -> models.ScheduleList:
        call = Call(
            OPERATIONS["schedules.list"],
            query={
                "status": status,
                "startAt": start_at,
                "endAt": end_at,
                "search": search,
                "paymentMode": payment_mode,
                "limit": str(limit),
                "offset": str(offset),
            },
            options=options,
        )
        return await self._executor.send(call, models.ScheduleList)

    async def create(
        self,
        *,
        name: str,
        contact_details: models.ContactDetails,
        schedule: models.ScheduleOptions,
        items: builtins.list[models.InvoiceItem],
        live_mode: bool | Unset = UNSET,
        business_details: models.BusinessDetails | Unset = UNSET,
        currency: str | Unset = UNSET,
        discount: models.Discount | Unset = UNSET,
        automatic_taxes_enabled: bool | Unset = UNSET,
        terms_notes: str | Unset = UNSET,
        title: str | Unset = UNSET,
        tips_configuration: models.TipsConfiguration | Unset = UNSET,
        late_fees_configuration: models.LateFeesConfiguration | Unset = UNSET,
        invoice_number_prefix: str | Unset = UNSET,
        payment_methods: models.PaymentMethods | Unset = UNSET,
        attachments: builtins.list[models.Attachment] | Unset = UNSET,
        miscellaneous_charges: models.ProcessingFee | Unset = UNSET,
        key: str | None = None,
        settle: Settle = "wait",
        options: CallOptions | None = None,
    ) -> models.Schedule:
        """Create a schedule of invoices.

        Creates a draft schedule; no invoice is issued until it is started. Say either when
        (executeAt, once) or how often (rrule). Amounts are in major units.

        `POST /invoices/schedule`, which the vendor calls 'create-invoice-schedule'.
        Needs the scope `invoices/schedule.write`.

        Args:
            name: Name of the schedule; the heading of its invoices is title.
            contact_details: Who is billed. The service takes id and name alone, though its
                documents ask for phone and e-mail too; sending needs the address or number of its
                channel.
            schedule: When to issue the invoices.
            items: The lines of every invoice.
            live_mode: Whether real money is asked for; false is test mode. Taken from
                `LocationDefaults.live_mode` when left out, and refused when that has none.
            business_details: Who bills. Taken from `LocationDefaults.business_details` when
                left out.
            currency: Three-letter code of the currency of all amounts. Taken from
                `LocationDefaults.currency` when left out.
            discount: The service asks for it even when there is none. Left out, `{'type':
                'percentage', 'value': 0}` is sent.
            automatic_taxes_enabled: Whether taxes are worked out automatically.
            terms_notes: Terms and notes under the lines; HTML is possible.
            title: Heading of the invoices.
            tips_configuration: Tips offered to the customer at payment.
            late_fees_configuration: What is charged when an invoice is paid late.
            invoice_number_prefix: What is put before the number.
            payment_methods: Which payment methods are offered.
            attachments: Files that go with the invoices.
            miscellaneous_charges: Charges on top of the invoice, such as a processing fee.
            key: Your own name for this write, such as "job-1042". In this location the same key
                never does it twice, after a crash too when the client has a `ledger`; used
                again it gives what there is then. docs/writes.md tells what it rests on.
            settle: With a key, and a lost answer: "wait" until its fate is known, or "defer" to
                raise `OutcomeUnknown` at once and settle it later.
            options: What this call does differently.

        Raises:
            InvalidRequestError: An argument can't be sent; nothing was.
            APIStatusError: The service refused.
            APIConnectionError: No answer came, and nothing was written.
            OutcomeUnknown: It was sent, and whether it took effect isn't known.
            KeyReusedError: The key was given to another request.
            DuplicateDetected: It was done twice, by somebody in between.
            KeyBusy: Another keyed write of the same record goes first; nothing was sent.
            DecodeError: The answer can't be read.
        """
        body = models.ScheduleCreate(
            name=name,
            contact_details=contact_details,
            schedule=schedule,
            live_mode=live_mode,
            business_details=business_details,
            currency=currency,
            items=items,
            discount=discount,
            automatic_taxes_enabled=automatic_taxes_enabled,
            terms_notes=terms_notes,
            title=title,
            tips_configuration=tips_configuration,
            late_fees_configuration=late_fees_configuration,
            invoice_number_prefix=invoice_number_prefix,
            payment_methods=payment_methods,
            attachments=attachments,
            miscellaneous_charges=miscellaneous_charges,
        )
        call = Call(
            OPERATIONS["schedules.create"],
            body=body,
            key=key,
            settle=settle,
            options=options,
        )
        return await self._executor.send(call, models.Schedule)

    async def get(
        self,
        schedule_id: str,
        *,
        options: CallOptions | None = None,
    ) -> models.Schedule:
        """Read one schedule.

        The schedule and the invoices it issued, which come as objects or as bare ids. Just
        after the start there may be none: the first one takes about half a minute.

        `GET /invoices/schedule/{scheduleId}`, which the vendor calls 'get-invoice-schedule'.
        Needs the scope `invoices/schedule.readonly`.

        Args:
            schedule_id: Id of the schedule.
            options: What this call does differently.

        Raises:
            InvalidRequestError: An argument can't be sent; nothing was.
            APIStatusError: The service refused.
            APIConnectionError: No answer came.
            DecodeError: The answer can't be read.
        """
        call = Call(
            OPERATIONS["schedules.get"],
            ids=(schedule_id,),
            options=options,
        )
        return await self._executor.send(call, models.Schedule)

    async def update(
        self,
        schedule_id: str,
        *,
        name: str,
        contact_details: models.ContactDetails,
        schedule: models.ScheduleOptions,
        live_mode: bool,
        business_details: models.BusinessDetails,
        currency: str,
        items: builtins.list[models.InvoiceItem],
        discount: models.Discount | Unset = UNSET,
        terms_notes: str | Unset = UNSET,
        title: str | Unset = UNSET,
        attachments: builtins.list[models.Attachment] | Unset = UNSET,
        miscellaneous_charges: models.ProcessingFee | Unset = UNSET,
        options: CallOptions | None = None,
    ) -> models.Schedule:
        """Replace the contents of a schedule.

        Send the whole schedule, since what is left out is taken as cleared. Fewer fields than
        at creation: automatic taxes, tips, late fees, number prefix and payment methods are not
        taken here.

        `PUT /invoices/schedule/{scheduleId}`, which the vendor calls 'update-invoice-schedule'.
        Needs the scope `invoices/schedule.write`.

        Args:
            schedule_id: Id of the schedule.
            name: Name of the schedule; the heading of its invoices is title.
            contact_details: Who is billed. The service takes id and name alone, though its
                documents ask for phone and e-mail too; sending needs the address or number of its
                channel.
            schedule: When to issue the invoices.
            live_mode: Whether real money is asked for; false is test mode.
            business_details: Who bills.
            currency: Three-letter code of the currency of all amounts.
            items: The lines of every invoice.
            discount: The service asks for it even when there is none. Left out, `{'type':
                'percentage', 'value': 0}` is sent.
            terms_notes: Terms and notes under the lines; HTML is possible.
            title: Heading of the invoices.
            attachments: Files that go with the invoices.
            miscellaneous_charges: Charges on top of the invoice, such as a processing fee.
            options: What this call does differently.

        Raises:
            InvalidRequestError: An argument can't be sent; nothing was.
            APIStatusError: The service refused.
            APIConnectionError: No answer came.
            DecodeError: The answer can't be read.
        """
        body = models.ScheduleUpdate(
            name=name,
            contact_details=contact_details,
            schedule=schedule,
            live_mode=live_mode,
            business_details=business_details,
            currency=currency,
            items=items,
            discount=discount,
            terms_notes=terms_notes,
            title=title,
            attachments=attachments,
            miscellaneous_charges=miscellaneous_charges,
        )
        call = Call(
            OPERATIONS["schedules.update"],
            ids=(schedule_id,),
            body=body,
            options=options,
        )
        return await self._executor.send(call, models.Schedule)

    async def delete(
        self,
        schedule_id: str,
        *,
        options: CallOptions | None = None,
    ) -> None:
        """Delete a schedule.

        The location goes into the query and there is no body. To stop a started schedule and
        keep it, cancel it.

        `DELETE /invoices/schedule/{scheduleId}`, which the vendor calls
        'delete-invoice-schedule'.
        Needs the scope `invoices/schedule.write`.

        Args:
            schedule_id: Id of the schedule.
            options: What this call does differently.

        Raises:
            InvalidRequestError: An argument can't be sent; nothing was.
            APIStatusError: The service refused.
            APIConnectionError: No answer came.
            DecodeError: The answer can't be read.
        """
        call = Call(
            OPERATIONS["schedules.delete"],
            ids=(schedule_id,),
            options=options,
        )
        await self._executor.send_only(call)

    async def start(
        self,
        schedule_id: str,
        *,
        live_mode: bool | Unset = UNSET,
        auto_payment: models.AutoPayment | Unset = UNSET,
        options: CallOptions | None = None,
    ) -> models.Schedule:
        """Start a draft schedule.

        From now on the schedule issues invoices. When the rule hits today, the first one
        appears after about half a minute, as a draft unless the sub-account sends
        automatically. autoPayment must always be sent; without it the service fails with 500.

        `POST /invoices/schedule/{scheduleId}/schedule`, which the vendor calls
        'schedule-invoice-schedule'.
        Needs the scope `invoices/schedule.write`.

        Args:
            schedule_id: Id of the schedule.
            live_mode: Whether real money is asked for; false is test mode. Taken from
                `LocationDefaults.live_mode` when left out, and refused when that has none.
            auto_payment: Whether the invoices are paid automatically. Without it the service
                fails with 500. Left out, `{'enable': False}` is sent.
            options: What this call does differently.

        Raises:
            InvalidRequestError: An argument can't be sent; nothing was.
            APIStatusError: The service refused.
            APIConnectionError: No answer came, and nothing was written.
            OutcomeUnknown: It was sent, and whether it took effect isn't known.
            DecodeError: The answer can't be read.
        """
        body = models.ScheduleStart(
            live_mode=live_mode,
            auto_payment=auto_payment,
        )
        call = Call(
            OPERATIONS["schedules.start"],
            ids=(schedule_id,),
            body=body,
            options=options,
        )
        return await self._executor.send(call, models.Schedule)

    async def update_and_start(
        self,
        schedule_id: str,
        *,
        name: str | Unset = UNSET,
        contact_details: models.ContactDetails | Unset = UNSET,
        schedule: models.ScheduleOptions | Unset = UNSET,
        live_mode: bool | Unset = UNSET,
        business_details: models.BusinessDetails | Unset = UNSET,
        currency: str | Unset = UNSET,
        items: builtins.list[models.InvoiceItem] | Unset = UNSET,
        discount: models.Discount | Unset = UNSET,
        terms_notes: str | Unset = UNSET,
        title: str | Unset = UNSET,
        attachments: builtins.list[models.Attachment] | Unset = UNSET,
        miscellaneous_charges: models.ProcessingFee | Unset = UNSET,
        options: CallOptions | None = None,
    ) -> models.Schedule:
        """Change a schedule and start it in one step.

        What the body may hold is not documented; it is assumed to take what an update takes.
        When unsure, call update and start one after the other, which is well known to work.

        `POST /invoices/schedule/{scheduleId}/updateAndSchedule`, which the vendor calls
        'update-and-schedule-invoice-schedule'.
        Needs the scope `invoices/schedule.write`.

        Args:
            schedule_id: Id of the schedule.
            name: Name of the schedule; the heading of its invoices is title.
            contact_details: Who is billed. The service takes id and name alone, though its
                documents ask for phone and e-mail too; sending needs the address or number of its
                channel.
            schedule: When to issue the invoices.
            live_mode: Whether real money is asked for; false is test mode.
            business_details: Who bills.
            currency: Three-letter code of the currency of all amounts.
            items: The lines of every invoice.
            discount: A discount on the whole document. It comes off the sum of the lines
                before taxes are added.
            terms_notes: Terms and notes under the lines; HTML is possible.
            title: Heading of the invoices.
            attachments: Files that go with the invoices.
            miscellaneous_charges: Charges on top of the invoice, such as a processing fee.
            options: What this call does differently.

        Raises:
            InvalidRequestError: An argument can't be sent; nothing was.
            APIStatusError: The service refused.
            APIConnectionError: No answer came, and nothing was written.
            OutcomeUnknown: It was sent, and whether it took effect isn't known.
            DecodeError: The answer can't be read.
        """
        body = models.ScheduleUpdateAndStart(
            name=name,
            contact_details=contact_details,
            schedule=schedule,
            live_mode=live_mode,
            business_details=business_details,
            currency=currency,
            items=items,
            discount=discount,
            terms_notes=terms_notes,
            title=title,
            attachments=attachments,
            miscellaneous_charges=miscellaneous_charges,
        )
        call = Call(
            OPERATIONS["schedules.update_and_start"],
            ids=(schedule_id,),
            body=body,
            options=options,
        )
        return await self._executor.send(call, models.Schedule)

    async def set_auto_payment(
        self,
        schedule_id: str,
        *,
        auto_payment: models.AutoPayment,
        options: CallOptions | None = None,
    ) -> models.Schedule:
        """Switch automatic payment of a schedule on or off.

        Says which saved payment method pays the schedule's invoices. Payment by a saved card
        begins with the occurrence after the first payment that succeeds.

        `POST /invoices/schedule/{scheduleId}/auto-payment`, which the vendor calls
        'auto-payment-invoice-schedule'.
        Needs the scope `invoices/schedule.write`.

        Args:
            schedule_id: Id of the schedule.
            auto_payment: How a schedule or an invoice is paid without the customer's doing.
            options: What this call does differently.

        Raises:
            InvalidRequestError: An argument can't be sent; nothing was.
            APIStatusError: The service refused.
            APIConnectionError: No answer came, and nothing was written.
            OutcomeUnknown: It was sent, and whether it took effect isn't known.
            DecodeError: The answer can't be read.
        """
        body = models.ScheduleAutoPayment(
            id=schedule_id,
            auto_payment=auto_payment,
        )
        call = Call(
            OPERATIONS["schedules.set_auto_payment"],
            ids=(schedule_id,),
            body=body,
            options=options,
        )
        return await self._executor.send(call, models.Schedule)

    async def cancel(
        self,
        schedule_id: str,
        *,
        options: CallOptions | None = None,
    ) -> models.Schedule:
        """Stop a started schedule.

        From then on no further invoices are issued. Which state follows is not certain:
        cancelled, canceled and draft have all been reported.

        `POST /invoices/schedule/{scheduleId}/cancel`, which the vendor calls
        'cancel-invoice-schedule'.
        Needs the scope `invoices/schedule.write`.

        Args:
            schedule_id: Id of the schedule.
            options: What this call does differently.

        Raises:
            InvalidRequestError: An argument can't be sent; nothing was.
            APIStatusError: The service refused.
            APIConnectionError: No answer came, and nothing was written.
            OutcomeUnknown: It was sent, and whether it took effect isn't known.
            DecodeError: The answer can't be read.
        """
        body = models.LocationBody()
        call = Call(
            OPERATIONS["schedules.cancel"],
            ids=(schedule_id,),
            body=body,
            options=options,
        )
        return await self._executor.send(call, models.Schedule)
