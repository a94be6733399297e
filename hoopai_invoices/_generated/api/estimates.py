"""The operations of `estimates`. Generated: do not edit."""

from __future__ import annotations

import builtins
import datetime as dt
from typing import Any, Literal

from ..._protocol import UNSET, Call, CallOptions, Pager, Resource, Settle, Unset
from .. import models
from ..catalogue import OPERATIONS


class Estimates(Resource):
    """The operations of `estimates`."""

    async def create(
        self,
        *,
        name: str,
        items: builtins.list[models.EstimateItem],
        title: str,
        contact_details: models.ContactDetails,
        issue_date: dt.date,
        expiry_date: dt.date,
        business_details: models.BusinessDetails | Unset = UNSET,
        currency: str | Unset = UNSET,
        discount: models.Discount | Unset = UNSET,
        frequency_settings: models.FrequencySettings | Unset = UNSET,
        live_mode: bool | Unset = UNSET,
        terms_notes: str | Unset = UNSET,
        estimate_number: int | Unset = UNSET,
        sent_to: models.SentTo | Unset = UNSET,
        automatic_taxes_enabled: bool | Unset = UNSET,
        meta: Any | Unset = UNSET,
        send_estimate_details: models.EstimateSend | Unset = UNSET,
        estimate_number_prefix: str | Unset = UNSET,
        user_id: str | Unset = UNSET,
        attachments: builtins.list[models.Attachment] | Unset = UNSET,
        auto_invoice: models.AutoInvoice | Unset = UNSET,
        miscellaneous_charges: models.ProcessingFee | Unset = UNSET,
        payment_schedule_config: models.PaymentScheduleConfig | Unset = UNSET,
        key: str | None = None,
        settle: Settle = "wait",
        options: CallOptions | None = None,
    ) -> models.Estimate:
        """Create an estimate.

        Creates a draft; a number already taken is refused with 400, and without one the service
        assigns the next. Amounts are in major units. name and title hold 40 characters at most.
        A missing title or line type comes back as a 500 although it is the caller's mistake.

        `POST /invoices/estimate`, which the vendor calls 'create-new-estimate'.
        Needs the scope `invoices/estimate.write`.

        Args:
            name: Name of the estimate, 40 characters at most.
            items: The lines, at least one.
            title: Heading of the document, 40 characters at most. Without it the service
                fails with 500.
            contact_details: Who is billed. The service takes id and name alone, though its
                documents ask for phone and e-mail too; sending needs the address or number of its
                channel.
            issue_date: Day of issue.
            expiry_date: Last day that the customer can accept.
            business_details: Who offers. Taken from `LocationDefaults.business_details` when
                left out.
            currency: Three-letter code of the currency of all amounts. Taken from
                `LocationDefaults.currency` when left out.
            discount: The service asks for it even when there is none. Left out, `{'type':
                'percentage', 'value': 0}` is sent.
            frequency_settings: Whether it is billed again and again; the service asks for it
                even when it is not. Left out, `{'enabled': False}` is sent.
            live_mode: Whether real money is asked for; false is test mode. Left out, the
                service would choose live. Taken from `LocationDefaults.live_mode` when left out,
                and refused when that has none.
            terms_notes: Terms and notes under the lines; HTML is possible.
            estimate_number: Number, unique in the sub-account; one already taken is refused.
                Left out, the next is assigned.
            sent_to: Where the estimate will be sent.
            automatic_taxes_enabled: Whether taxes are worked out automatically; the service
                assumes they are not.
            meta: Values of your own, as an object. Keys come back in camel case, so avoid
                underscores in them.
            send_estimate_details: How to send it; whether it is sent at once is not
                documented.
            estimate_number_prefix: What is put before the number; the service assumes EST-.
            user_id: Id of the user on whose behalf it is made. Taken from
                `LocationDefaults.user_id` when left out.
            attachments: Files that go with the estimate.
            auto_invoice: Whether the service makes the invoice itself when the estimate is
                accepted.
            miscellaneous_charges: Charges on top of the invoice, such as a processing fee.
            payment_schedule_config: Payment of an estimate's invoice in parts.
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
        body = models.EstimateCreate(
            name=name,
            business_details=business_details,
            currency=currency,
            items=items,
            discount=discount,
            title=title,
            contact_details=contact_details,
            issue_date=issue_date,
            expiry_date=expiry_date,
            frequency_settings=frequency_settings,
            live_mode=live_mode,
            terms_notes=terms_notes,
            estimate_number=estimate_number,
            sent_to=sent_to,
            automatic_taxes_enabled=automatic_taxes_enabled,
            meta=meta,
            send_estimate_details=send_estimate_details,
            estimate_number_prefix=estimate_number_prefix,
            user_id=user_id,
            attachments=attachments,
            auto_invoice=auto_invoice,
            miscellaneous_charges=miscellaneous_charges,
            payment_schedule_config=payment_schedule_config,
        )
        call = Call(
            OPERATIONS["estimates.create"],
            body=body,
            key=key,
            settle=settle,
            options=options,
        )
        return await self._executor.send(call, models.Estimate)

    def list(
        self,
        *,
        start_at: dt.date | Unset = UNSET,
        end_at: dt.date | Unset = UNSET,
        search: str | Unset = UNSET,
        status: models.EstimateStatusFilter
        | Literal["all", "draft", "sent", "viewed", "accepted", "declined", "invoiced"]
        | Unset = UNSET,
        contact_id: str | Unset = UNSET,
        page_size: int = 100,
        prefetch: int = 4,
        cursor: str | None = None,
        options: CallOptions | None = None,
    ) -> Pager[models.Estimate]:
        """List estimates, one page at a time.

        One page of estimates that match all given filters. limit and offset must always be
        sent. No operation reads one estimate by its id: give the id as search instead. Deleted
        estimates do not appear.

        `GET /invoices/estimate/list`, which the vendor calls 'list-estimates'.
        Needs the scope `invoices/estimate.readonly`.

        Args:
            start_at: First day of the period. Whether the issue date or the creation date
                counts is not documented.
            end_at: Last day of the period. Whether the issue date or the creation date counts
                is not documented.
            search: Text to look for, such as a name, an e-mail address, a telephone number or
                an id.
            status: States to list estimates by; 'all' means no filter.
            contact_id: Only records of this contact.
            page_size: Records a page, 1 to 100; all requests but the first ask for one more, to
                see that nothing was missed between them, or get one less of 100.
            prefetch: Pages to fetch ahead at most, 0 to 32, once a second page is needed; what
                comes of them is as old as when it was fetched.
            cursor: Where to go on: the `cursor` of an earlier pager with the same filters.
            options: What this call does differently.

        Returns:
            A pager over `Estimate`; nothing is fetched before it is used.

        Raises:
            InvalidRequestError: An argument can't be sent; nothing was.
            APIStatusError: The service refused.
            APIConnectionError: No answer came.
            DecodeError: The answer can't be read.
        """

        async def fetch(limit: int, offset: int) -> models.EstimateList:
            return await self._list_page(
                limit=limit,
                offset=offset,
                start_at=start_at,
                end_at=end_at,
                search=search,
                status=status,
                contact_id=contact_id,
                options=options,
            )

        return self._executor.pager(
            OPERATIONS["estimates.list"],
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
        start_at: dt.date | Unset = UNSET,
        end_at: dt.date | Unset = UNSET,
        search: str | Unset = UNSET,
        status: models.EstimateStatusFilter
        | Literal["all", "draft", "sent", "viewed", "accepted", "declined", "invoiced"]
        | Unset = UNSET,
        contact_id: str | Unset = UNSET,
        options: CallOptions | None = None,
    ) -> models.EstimateList:
        call = Call(
            OPERATIONS["estimates.list"],
            query={
                "startAt": start_at,
                "endAt": end_at,
                "search": search,
                "status": status,
                "contactId": contact_id,
                "limit": str(limit),
                "offset": str(offset),
            },
            options=options,
        )
        return await self._executor.send(call, models.EstimateList)

    async def update(
        self,
        estimate_id: str,
        *,
        name: str,
        business_details: models.BusinessDetails,
        currency: str,
        items: builtins.list[models.EstimateItem],
        title: str,
        contact_details: models.ContactDetails,
        issue_date: dt.date,
        expiry_date: dt.date,
        discount: models.Discount | Unset = UNSET,
        frequency_settings: models.FrequencySettings | Unset = UNSET,
        live_mode: bool | Unset = UNSET,
        terms_notes: str | Unset = UNSET,
        estimate_number: int | Unset = UNSET,
        sent_to: models.SentTo | Unset = UNSET,
        automatic_taxes_enabled: bool | Unset = UNSET,
        meta: Any | Unset = UNSET,
        send_estimate_details: models.EstimateSend | Unset = UNSET,
        estimate_number_prefix: str | Unset = UNSET,
        user_id: str | Unset = UNSET,
        attachments: builtins.list[models.Attachment] | Unset = UNSET,
        auto_invoice: models.AutoInvoice | Unset = UNSET,
        miscellaneous_charges: models.ProcessingFee | Unset = UNSET,
        payment_schedule_config: models.PaymentScheduleConfig | Unset = UNSET,
        estimate_status: models.EstimateStatus
        | Literal["draft", "sent", "viewed", "accepted", "declined", "invoiced"]
        | Unset = UNSET,
        options: CallOptions | None = None,
    ) -> models.Estimate:
        """Replace the contents of an estimate.

        Send the whole estimate: what is left out is cleared, terms included. estimateStatus is
        taken and ignored; only the customer accepts or declines.

        `PUT /invoices/estimate/{estimateId}`, which the vendor calls 'update-estimate'.
        Needs the scope `invoices/estimate.write`.

        Args:
            estimate_id: Id of the estimate.
            name: Name of the estimate, 40 characters at most.
            business_details: Who offers.
            currency: Three-letter code of the currency of all amounts.
            items: The lines, at least one.
            title: Heading of the document, 40 characters at most. Without it the service
                fails with 500.
            contact_details: Who is billed. The service takes id and name alone, though its
                documents ask for phone and e-mail too; sending needs the address or number of its
                channel.
            issue_date: Day of issue.
            expiry_date: Last day that the customer can accept.
            discount: The service asks for it even when there is none. Left out, `{'type':
                'percentage', 'value': 0}` is sent.
            frequency_settings: Whether it is billed again and again; the service asks for it
                even when it is not. Left out, `{'enabled': False}` is sent.
            live_mode: Whether real money is asked for; false is test mode. Left out, the
                service would choose live. It must be given.
            terms_notes: Terms and notes under the lines; HTML is possible. Left out, they are
                cleared.
            estimate_number: Number, unique in the sub-account; one already taken is refused.
            sent_to: Where the estimate will be sent.
            automatic_taxes_enabled: Whether taxes are worked out automatically; the service
                assumes they are not.
            meta: Values of your own, as an object. Keys come back in camel case, so avoid
                underscores in them.
            send_estimate_details: How to send it; whether it is sent at once is not
                documented.
            estimate_number_prefix: What is put before the number; the service assumes EST-.
            user_id: Id of the user on whose behalf it is changed.
            attachments: Files that go with the estimate.
            auto_invoice: Whether the service makes the invoice itself when the estimate is
                accepted.
            miscellaneous_charges: Charges on top of the invoice, such as a processing fee.
            payment_schedule_config: Payment of an estimate's invoice in parts.
            estimate_status: Taken and ignored; other values than these are refused.
            options: What this call does differently.

        Raises:
            InvalidRequestError: An argument can't be sent; nothing was.
            APIStatusError: The service refused.
            APIConnectionError: No answer came.
            DecodeError: The answer can't be read.
        """
        body = models.EstimateUpdate(
            name=name,
            business_details=business_details,
            currency=currency,
            items=items,
            discount=discount,
            title=title,
            contact_details=contact_details,
            issue_date=issue_date,
            expiry_date=expiry_date,
            frequency_settings=frequency_settings,
            live_mode=live_mode,
            terms_notes=terms_notes,
            estimate_number=estimate_number,
            sent_to=sent_to,
            automatic_taxes_enabled=automatic_taxes_enabled,
            meta=meta,
            send_estimate_details=send_estimate_details,
            estimate_number_prefix=estimate_number_prefix,
            user_id=user_id,
            attachments=attachments,
            auto_invoice=auto_invoice,
            miscellaneous_charges=miscellaneous_charges,
            payment_schedule_config=payment_schedule_config,
            estimate_status=estimate_status,
        )
        call = Call(
            OPERATIONS["estimates.update"],
            ids=(estimate_id,),
            body=body,
            options=options,
        )
        return await self._executor.send(call, models.Estimate)

    async def delete(
        self,
        estimate_id: str,
        *,
        options: CallOptions | None = None,
    ) -> None:
        """Delete an estimate.

        The location travels in a JSON body; in the query it is not seen and the call is refused
        with 422. The answer is the estimate, marked as deleted, and it no longer shows in
        lists.

        `DELETE /invoices/estimate/{estimateId}`, which the vendor calls 'delete-estimate'.
        Needs the scope `invoices/estimate.write`.

        Args:
            estimate_id: Id of the estimate.
            options: What this call does differently.

        Raises:
            InvalidRequestError: An argument can't be sent; nothing was.
            APIStatusError: The service refused.
            APIConnectionError: No answer came.
            DecodeError: The answer can't be read.
        """
        body = models.LocationBody()
        call = Call(
            OPERATIONS["estimates.delete"],
            ids=(estimate_id,),
            body=body,
            options=options,
        )
        await self._executor.send_only(call)

    async def send(
        self,
        estimate_id: str,
        *,
        action: models.SendAction | Literal["sms_and_email", "send_manually", "email", "sms"],
        live_mode: bool | Unset = UNSET,
        user_id: str | Unset = UNSET,
        sent_from: models.SenderConfiguration | Unset = UNSET,
        estimate_name: str | Unset = UNSET,
        key: str | None = None,
        settle: Settle = "wait",
        options: CallOptions | None = None,
    ) -> models.Estimate:
        """Send an estimate to the customer.

        Delivers by e-mail, text message or both; send_manually delivers nothing and only marks
        the estimate as sent. Calling it again sends a second message. userId must name a real
        user.

        `POST /invoices/estimate/{estimateId}/send`, which the vendor calls 'send-estimate'.
        Needs the scope `invoices/estimate.write`.

        Args:
            estimate_id: Id of the estimate.
            action: How to deliver. 'send_manually' delivers nothing and only marks the record
                as sent.
            live_mode: Whether real money is asked for; false is test mode. Taken from
                `LocationDefaults.live_mode` when left out, and refused when that has none.
            user_id: Id of the user who sends. Taken from `LocationDefaults.user_id` when left
                out.
            sent_from: Name and address that a message comes from.
            estimate_name: Name of the estimate as the message calls it.
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
        body = models.EstimateSend(
            action=action,
            live_mode=live_mode,
            user_id=user_id,
            sent_from=sent_from,
            estimate_name=estimate_name,
        )
        call = Call(
            OPERATIONS["estimates.send"],
            ids=(estimate_id,),
            body=body,
            key=key,
            settle=settle,
            options=options,
        )
        return await self._executor.send(call, models.Estimate)

    async def create_invoice(
        self,
        estimate_id: str,
        *,
        mark_as_invoiced: bool | Unset = UNSET,
        version: models.ConversionVersion | Literal["v1", "v2"] | Unset = UNSET,
        key: str | None = None,
        settle: Settle = "wait",
        options: CallOptions | None = None,
    ) -> models.EstimateInvoiceResult:
        """Turn an accepted estimate into an invoice.

        The estimate must be accepted, otherwise the answer is 400 with estimate_not_accepted.
        With markAsInvoiced true the estimate becomes invoiced, which should stop a second
        conversion; with false a second one likely makes a second invoice. With automatic
        invoicing on, the service makes an invoice by itself some seconds after acceptance.

        `POST /invoices/estimate/{estimateId}/invoice`, which the vendor calls
        'create-invoice-from-estimate'.
        Needs the scope `invoices/estimate.write`.

        Args:
            estimate_id: Id of the estimate.
            mark_as_invoiced: Whether the estimate becomes invoiced. With false, a second
                conversion likely makes a second invoice. Left out, `True` is sent.
            version: Which of the service's two ways of conversion to use.
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
        body = models.EstimateInvoiceCreate(
            mark_as_invoiced=mark_as_invoiced,
            version=version,
        )
        call = Call(
            OPERATIONS["estimates.create_invoice"],
            ids=(estimate_id,),
            body=body,
            key=key,
            settle=settle,
            options=options,
        )
        return await self._executor.send(call, models.EstimateInvoiceResult)

    async def generate_number(
        self,
        *,
        options: CallOptions | None = None,
    ) -> models.EstimateNumber:
        """Ask for the next estimate number.

        Tells the number that comes next in this sub-account. Nothing reserves it; creating an
        estimate with a number already taken is refused with 400.

        `GET /invoices/estimate/number/generate`, which the vendor calls
        'generate-estimate-number'.
        Needs the scope `invoices/estimate.readonly`.

        Args:
            options: What this call does differently.

        Raises:
            InvalidRequestError: An argument can't be sent; nothing was.
            APIStatusError: The service refused.
            APIConnectionError: No answer came.
            DecodeError: The answer can't be read.
        """
        call = Call(
            OPERATIONS["estimates.generate_number"],
            options=options,
        )
        return await self._executor.send(call, models.EstimateNumber)

    async def mark_visited(
        self,
        estimate_id: str,
        *,
        options: CallOptions | None = None,
    ) -> None:
        """Note that the customer opened an estimate.

        Sets the time of the last visit to now. It takes the estimate's id alone, no location,
        and answers without a body; probably it is what the public estimate page calls.

        `PATCH /invoices/estimate/stats/last-visited-at`, which the vendor calls
        'update-estimate-last-visited-at'.
        Declares no scope.

        Args:
            estimate_id: Id of the estimate.
            options: What this call does differently.

        Raises:
            InvalidRequestError: An argument can't be sent; nothing was.
            APIStatusError: The service refused.
            APIConnectionError: No answer came, and nothing was written.
            OutcomeUnknown: It was sent, and whether it took effect isn't known.
            DecodeError: The answer can't be read.
        """
        body = models.EstimateVisited(
            estimate_id=estimate_id,
        )
        call = Call(
            OPERATIONS["estimates.mark_visited"],
            body=body,
            options=options,
        )
        await self._executor.send_only(call)
