"""The operations of `invoices`. Generated: do not edit."""

from __future__ import annotations

import builtins
import datetime as dt
from decimal import Decimal
from typing import Any, ClassVar, Literal

from ..._protocol import UNSET, Call, CallOptions, Pager, Resource, Settle, Unset
from .. import models
from ..catalogue import OPERATIONS


class Invoices(Resource):
    """The operations of `invoices`."""

    _renamed: ClassVar[dict[str, dict[str, str]]] = {
        "update": {"invoiceItems": "items"},
        "text2pay": {"id": "invoice_id"},
    }

    def list(
        self,
        *,
        status: models.InvoiceStatus
        | Literal["draft", "sent", "viewed", "payment_processing", "partially_paid", "paid", "void"]
        | Unset = UNSET,
        start_at: dt.date | Unset = UNSET,
        end_at: dt.date | Unset = UNSET,
        search: str | Unset = UNSET,
        payment_mode: models.PaymentModeFilter | Literal["default", "live", "test"] | Unset = UNSET,
        contact_id: str | Unset = UNSET,
        sort_field: models.SortField | Literal["issueDate"] | Unset = UNSET,
        sort_order: models.SortOrder | Literal["ascend", "descend"] | Unset = UNSET,
        page_size: int = 100,
        prefetch: int = 4,
        cursor: str | None = None,
        options: CallOptions | None = None,
    ) -> Pager[models.Invoice]:
        """List invoices, one page at a time.

        One page of invoices that match all given filters. limit and offset must always be sent.
        Pages shift when invoices are created meanwhile, so drop repeated ids and go on until a
        page comes short or empty instead of trusting total alone.

        `GET /invoices/`, which the vendor calls 'list-invoices'.
        Needs the scope `invoices.readonly`.

        Args:
            status: State of an invoice. Further states may appear; 'overdue' has not been
                seen in an answer: an invoice is overdue when its due day has passed and something
                is still due.
            start_at: First day of the period. Whether the issue date or the creation date
                counts is not documented.
            end_at: Last day of the period. Whether the issue date or the creation date counts
                is not documented.
            search: Text to look for, such as a name, an e-mail address, a telephone number or
                an id.
            payment_mode: Which payment mode to list records by.
            contact_id: Only records of this contact.
            sort_field: What invoices can be sorted by.
            sort_order: Direction of sorting.
            page_size: Records a page, 1 to 100; all requests but the first ask for one more, to
                see that nothing was missed between them, or get one less of 100.
            prefetch: Pages to fetch ahead at most, 0 to 32, once a second page is needed; what
                comes of them is as old as when it was fetched.
            cursor: Where to go on: the `cursor` of an earlier pager with the same filters.
            options: What this call does differently.

        Returns:
            A pager over `Invoice`; nothing is fetched before it is used.

        Raises:
            InvalidRequestError: An argument can't be sent; nothing was.
            APIStatusError: The service refused.
            APIConnectionError: No answer came.
            DecodeError: The answer can't be read.
        """

        async def fetch(limit: int, offset: int) -> models.InvoiceList:
            return await self._list_page(
                limit=limit,
                offset=offset,
                status=status,
                start_at=start_at,
                end_at=end_at,
                search=search,
                payment_mode=payment_mode,
                contact_id=contact_id,
                sort_field=sort_field,
                sort_order=sort_order,
                options=options,
            )

        return self._executor.pager(
            OPERATIONS["invoices.list"],
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
        status: models.InvoiceStatus
        | Literal["draft", "sent", "viewed", "payment_processing", "partially_paid", "paid", "void"]
        | Unset = UNSET,
        start_at: dt.date | Unset = UNSET,
        end_at: dt.date | Unset = UNSET,
        search: str | Unset = UNSET,
        payment_mode: models.PaymentModeFilter | Literal["default", "live", "test"] | Unset = UNSET,
        contact_id: str | Unset = UNSET,
        sort_field: models.SortField | Literal["issueDate"] | Unset = UNSET,
        sort_order: models.SortOrder | Literal["ascend", "descend"] | Unset = UNSET,
        options: CallOptions | None = None,
    ) -> models.InvoiceList:
        call = Call(
            OPERATIONS["invoices.list"],
            query={
                "status": status,
                "startAt": start_at,
                "endAt": end_at,
                "search": search,
                "paymentMode": payment_mode,
                "contactId": contact_id,
                "sortField": sort_field,
                "sortOrder": sort_order,
                "limit": str(limit),
                "offset": str(offset),
            },
            options=options,
        )
        return await self._executor.send(call, models.InvoiceList)

    async def create(
        self,
        *,
        name: str,
        items: builtins.list[models.InvoiceItem],
        contact_details: models.ContactDetails,
        issue_date: dt.date,
        business_details: models.BusinessDetails | Unset = UNSET,
        currency: str | Unset = UNSET,
        live_mode: bool | Unset = UNSET,
        discount: models.Discount | Unset = UNSET,
        terms_notes: str | Unset = UNSET,
        title: str | Unset = UNSET,
        invoice_number: str | Unset = UNSET,
        due_date: dt.date | Unset = UNSET,
        sent_to: models.SentTo | Unset = UNSET,
        automatic_taxes_enabled: bool | Unset = UNSET,
        payment_schedule: models.PaymentSchedule | Unset = UNSET,
        late_fees_configuration: models.LateFeesConfiguration | Unset = UNSET,
        tips_configuration: models.TipsConfiguration | Unset = UNSET,
        invoice_number_prefix: str | Unset = UNSET,
        payment_methods: models.PaymentMethods | Unset = UNSET,
        attachments: builtins.list[models.Attachment] | Unset = UNSET,
        miscellaneous_charges: models.ProcessingFee | Unset = UNSET,
        key: str | None = None,
        settle: Settle = "wait",
        options: CallOptions | None = None,
    ) -> models.Invoice:
        """Create an invoice.

        Creates a draft; nothing goes to the customer until it is sent. Amounts are in major
        units (150 means 150.00). Leave invoiceNumber out and the service assigns the next one.
        A dueDate in the past, judged by the sub-account's own calendar day, is refused. The
        lines are called items here, and invoiceItems in updates and answers.

        `POST /invoices/`, which the vendor calls 'create-invoice'.
        Needs the scope `invoices.write`.

        Args:
            name: Name of the invoice; the heading of the document is title.
            items: The lines.
            contact_details: Who is billed. The service takes id and name alone, though its
                documents ask for phone and e-mail too; sending needs the address or number of its
                channel.
            issue_date: Day of issue.
            business_details: Who bills. Taken from `LocationDefaults.business_details` when
                left out.
            currency: Three-letter code of the currency of all amounts. Taken from
                `LocationDefaults.currency` when left out.
            live_mode: Whether real money is asked for; false is test mode. Taken from
                `LocationDefaults.live_mode` when left out, and refused when that has none.
            discount: A discount on the whole document. It comes off the sum of the lines
                before taxes are added.
            terms_notes: Terms and notes under the lines; HTML is possible.
            title: Heading of the document.
            invoice_number: Number without its prefix. Leave it out and the service assigns
                the next one.
            due_date: Day that payment is due. A past day, by the sub-account's own calendar,
                is refused.
            sent_to: Where the invoice will be sent.
            automatic_taxes_enabled: Whether taxes are worked out automatically.
            payment_schedule: Payment of an invoice in parts.
            late_fees_configuration: What is charged when an invoice is paid late.
            tips_configuration: Tips offered to the customer at payment.
            invoice_number_prefix: What is put before the number.
            payment_methods: Which payment methods are offered.
            attachments: Files that go with the invoice.
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
        body = models.InvoiceCreate(
            name=name,
            business_details=business_details,
            currency=currency,
            items=items,
            contact_details=contact_details,
            issue_date=issue_date,
            live_mode=live_mode,
            discount=discount,
            terms_notes=terms_notes,
            title=title,
            invoice_number=invoice_number,
            due_date=due_date,
            sent_to=sent_to,
            automatic_taxes_enabled=automatic_taxes_enabled,
            payment_schedule=payment_schedule,
            late_fees_configuration=late_fees_configuration,
            tips_configuration=tips_configuration,
            invoice_number_prefix=invoice_number_prefix,
            payment_methods=payment_methods,
            attachments=attachments,
            miscellaneous_charges=miscellaneous_charges,
        )
        call = Call(
            OPERATIONS["invoices.create"],
            body=body,
            key=key,
            settle=settle,
            options=options,
        )
        return await self._executor.send(call, models.Invoice)

    async def get(
        self,
        invoice_id: str,
        *,
        options: CallOptions | None = None,
    ) -> models.Invoice:
        """Read one invoice.

        The invoice with its totalSummary and reminders, which other answers leave out. A
        deleted invoice is not found; a voided one comes back with status void, or is not found
        either.

        `GET /invoices/{invoiceId}`, which the vendor calls 'get-invoice'.
        Needs the scope `invoices.readonly`.

        Args:
            invoice_id: Id of the invoice.
            options: What this call does differently.

        Raises:
            InvalidRequestError: An argument can't be sent; nothing was.
            APIStatusError: The service refused.
            APIConnectionError: No answer came.
            DecodeError: The answer can't be read.
        """
        call = Call(
            OPERATIONS["invoices.get"],
            ids=(invoice_id,),
            options=options,
        )
        return await self._executor.send(call, models.Invoice)

    async def update(
        self,
        invoice_id: str,
        *,
        name: str,
        currency: str,
        items: builtins.list[models.InvoiceItem],
        issue_date: dt.date,
        due_date: dt.date,
        title: str | Unset = UNSET,
        description: str | Unset = UNSET,
        business_details: models.BusinessDetails | Unset = UNSET,
        invoice_number: str | Unset = UNSET,
        contact_id: str | Unset = UNSET,
        contact_details: models.ContactDetails | Unset = UNSET,
        terms_notes: str | Unset = UNSET,
        discount: models.Discount | Unset = UNSET,
        automatic_taxes_enabled: bool | Unset = UNSET,
        live_mode: bool | Unset = UNSET,
        payment_schedule: models.PaymentSchedule | Unset = UNSET,
        tips_configuration: models.TipsConfiguration | Unset = UNSET,
        xero_details: Any | Unset = UNSET,
        invoice_number_prefix: str | Unset = UNSET,
        payment_methods: models.PaymentMethods | Unset = UNSET,
        attachments: builtins.list[models.Attachment] | Unset = UNSET,
        miscellaneous_charges: models.ProcessingFee | Unset = UNSET,
        options: CallOptions | None = None,
    ) -> models.Invoice:
        """Replace the contents of an invoice.

        For drafts and sent invoices. Send the whole invoice: read it, change it, write it back,
        since what is left out is taken as cleared. The lines are called invoiceItems on the
        wire. Late fees have an operation of their own.

        `PUT /invoices/{invoiceId}`, which the vendor calls 'update-invoice'.
        Needs the scope `invoices.write`.

        Args:
            invoice_id: Id of the invoice.
            name: Name of the invoice; the heading of the document is title.
            currency: Three-letter code of the currency of all amounts.
            items: The lines.
            issue_date: Day of issue.
            due_date: Day that payment is due. A past day, by the sub-account's own calendar,
                is refused.
            title: Heading of the document.
            description: A description of the invoice.
            business_details: Who bills.
            invoice_number: Number without its prefix.
            contact_id: Id of the contact, beside contactDetails.
            contact_details: Who is billed. The service takes id and name alone, though its
                documents ask for phone and e-mail too; sending needs the address or number of its
                channel.
            terms_notes: Terms and notes under the lines; HTML is possible.
            discount: A discount on the whole document. It comes off the sum of the lines
                before taxes are added.
            automatic_taxes_enabled: Whether taxes are worked out automatically.
            live_mode: Whether real money is asked for; false is test mode. It must be given.
            payment_schedule: Payment of an invoice in parts.
            tips_configuration: Tips offered to the customer at payment.
            xero_details: Link to the Xero accounts; its shape is not documented.
            invoice_number_prefix: What is put before the number.
            payment_methods: Which payment methods are offered.
            attachments: Files that go with the invoice.
            miscellaneous_charges: Charges on top of the invoice, such as a processing fee.
            options: What this call does differently.

        Raises:
            InvalidRequestError: An argument can't be sent; nothing was.
            APIStatusError: The service refused.
            APIConnectionError: No answer came.
            DecodeError: The answer can't be read.
        """
        body = models.InvoiceUpdate(
            name=name,
            currency=currency,
            items=items,
            issue_date=issue_date,
            due_date=due_date,
            title=title,
            description=description,
            business_details=business_details,
            invoice_number=invoice_number,
            contact_id=contact_id,
            contact_details=contact_details,
            terms_notes=terms_notes,
            discount=discount,
            automatic_taxes_enabled=automatic_taxes_enabled,
            live_mode=live_mode,
            payment_schedule=payment_schedule,
            tips_configuration=tips_configuration,
            xero_details=xero_details,
            invoice_number_prefix=invoice_number_prefix,
            payment_methods=payment_methods,
            attachments=attachments,
            miscellaneous_charges=miscellaneous_charges,
        )
        call = Call(
            OPERATIONS["invoices.update"],
            ids=(invoice_id,),
            body=body,
            options=options,
        )
        return await self._executor.send(call, models.Invoice)

    async def delete(
        self,
        invoice_id: str,
        *,
        options: CallOptions | None = None,
    ) -> None:
        """Delete a draft invoice.

        Meant for drafts; void an invoice that was sent. The location goes into the query and
        there is no body, unlike the deletion of estimates.

        `DELETE /invoices/{invoiceId}`, which the vendor calls 'delete-invoice'.
        Needs the scope `invoices.write`.

        Args:
            invoice_id: Id of the invoice.
            options: What this call does differently.

        Raises:
            InvalidRequestError: An argument can't be sent; nothing was.
            APIStatusError: The service refused.
            APIConnectionError: No answer came.
            DecodeError: The answer can't be read.
        """
        call = Call(
            OPERATIONS["invoices.delete"],
            ids=(invoice_id,),
            options=options,
        )
        await self._executor.send_only(call)

    async def send(
        self,
        invoice_id: str,
        *,
        action: models.SendAction | Literal["sms_and_email", "send_manually", "email", "sms"],
        user_id: str | Unset = UNSET,
        live_mode: bool | Unset = UNSET,
        sent_from: models.SenderConfiguration | Unset = UNSET,
        auto_payment: models.AutoPayment | Unset = UNSET,
        key: str | None = None,
        settle: Settle = "wait",
        options: CallOptions | None = None,
    ) -> models.InvoiceSendResult:
        """Send an invoice to the customer.

        Delivers by e-mail, text message or both; send_manually delivers nothing and only marks
        the invoice as sent. Calling it again for an invoice already sent sends a second
        message, as a reminder. userId must name a real user: with an empty one the service
        answers success and the invoice stays a draft.

        `POST /invoices/{invoiceId}/send`, which the vendor calls 'send-invoice'.
        Needs the scope `invoices.write`.

        Args:
            invoice_id: Id of the invoice.
            action: How to deliver. 'send_manually' delivers nothing and only marks the record
                as sent.
            user_id: Id of the user who sends. With an empty one the service answers success
                and sends nothing. Taken from `LocationDefaults.user_id` when left out.
            live_mode: Whether real money is asked for; false is test mode. Taken from
                `LocationDefaults.live_mode` when left out, and refused when that has none.
            sent_from: Name and address that a message comes from.
            auto_payment: How a schedule or an invoice is paid without the customer's doing.
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
        body = models.InvoiceSend(
            user_id=user_id,
            action=action,
            live_mode=live_mode,
            sent_from=sent_from,
            auto_payment=auto_payment,
        )
        call = Call(
            OPERATIONS["invoices.send"],
            ids=(invoice_id,),
            body=body,
            key=key,
            settle=settle,
            options=options,
        )
        return await self._executor.send(call, models.InvoiceSendResult)

    async def void(
        self,
        invoice_id: str,
        *,
        options: CallOptions | None = None,
    ) -> models.Invoice:
        """Void a sent invoice.

        Takes a sent invoice out of force for good. A paid invoice cannot be voided, and no
        operation refunds one.

        `POST /invoices/{invoiceId}/void`, which the vendor calls 'void-invoice'.
        Needs the scope `invoices.write`.

        Args:
            invoice_id: Id of the invoice.
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
            OPERATIONS["invoices.void"],
            ids=(invoice_id,),
            body=body,
            options=options,
        )
        return await self._executor.send(call, models.Invoice)

    async def record_payment(
        self,
        invoice_id: str,
        *,
        mode: models.PaymentMode | Literal["cash", "card", "cheque", "bank_transfer", "other"],
        card: models.Card | Unset = UNSET,
        cheque: models.Cheque | Unset = UNSET,
        notes: str | Unset = UNSET,
        amount: Decimal | int | str | Unset = UNSET,
        meta: Any | Unset = UNSET,
        payment_schedule_ids: builtins.list[str] | Unset = UNSET,
        fulfilled_at: dt.datetime | Unset = UNSET,
        key: str | None = None,
        settle: Settle = "wait",
        options: CallOptions | None = None,
    ) -> models.RecordPaymentResult:
        """Record a payment received elsewhere.

        Books money that was received outside the service; it charges nobody. Works on drafts
        too, and leaves the invoice partially_paid or paid. The amount is in major units.
        Repeating the call books the money again: read amountDue first. An invoice already paid
        is refused with 400, one that is being processed with 409.

        `POST /invoices/{invoiceId}/record-payment`, which the vendor calls 'record-invoice'.
        Needs the scope `invoices.write`.

        Args:
            invoice_id: Id of the invoice.
            mode: How a recorded payment was made.
            card: Goes with mode card.
            cheque: Goes with mode cheque.
            notes: A note kept with the payment.
            amount: What was received, in major units. A repeated call books it again.
            meta: Values of your own, as an object. Keys come back in camel case, so avoid
                underscores in them.
            payment_schedule_ids: Parts of the payment plan that are paid by this.
            fulfilled_at: When the payment was made.
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
        body = models.PaymentRecord(
            mode=mode,
            card=card,
            cheque=cheque,
            notes=notes,
            amount=amount,
            meta=meta,
            payment_schedule_ids=payment_schedule_ids,
            fulfilled_at=fulfilled_at,
        )
        call = Call(
            OPERATIONS["invoices.record_payment"],
            ids=(invoice_id,),
            body=body,
            key=key,
            settle=settle,
            options=options,
        )
        return await self._executor.send(call, models.RecordPaymentResult)

    async def update_late_fees(
        self,
        invoice_id: str,
        *,
        late_fees_configuration: models.LateFeesConfiguration,
        options: CallOptions | None = None,
    ) -> models.Invoice:
        """Set the late fees of an invoice.

        Replaces the invoice's late fee rules and leaves everything else as it is. The update of
        an invoice does not take late fees, so this is the way to change them.

        `PATCH /invoices/{invoiceId}/late-fees-configuration`, which the vendor calls
        'update-invoice-late-fees-configuration'.
        Declares no scope.

        Args:
            invoice_id: Id of the invoice.
            late_fees_configuration: What is charged when an invoice is paid late.
            options: What this call does differently.

        Raises:
            InvalidRequestError: An argument can't be sent; nothing was.
            APIStatusError: The service refused.
            APIConnectionError: No answer came, and nothing was written.
            OutcomeUnknown: It was sent, and whether it took effect isn't known.
            DecodeError: The answer can't be read.
        """
        body = models.LateFeesUpdate(
            late_fees_configuration=late_fees_configuration,
        )
        call = Call(
            OPERATIONS["invoices.update_late_fees"],
            ids=(invoice_id,),
            body=body,
            options=options,
        )
        return await self._executor.send(call, models.Invoice)

    async def generate_number(
        self,
        *,
        options: CallOptions | None = None,
    ) -> models.InvoiceNumber:
        """Ask for the next invoice number.

        Tells the number that comes next, without the prefix. Nothing reserves it: two callers
        may be told the same one. An invoice created without a number gets its own from the
        service.

        `GET /invoices/generate-invoice-number`, which the vendor calls
        'generate-invoice-number'.
        Needs the scope `invoices.readonly`.

        Args:
            options: What this call does differently.

        Raises:
            InvalidRequestError: An argument can't be sent; nothing was.
            APIStatusError: The service refused.
            APIConnectionError: No answer came.
            DecodeError: The answer can't be read.
        """
        call = Call(
            OPERATIONS["invoices.generate_number"],
            options=options,
        )
        return await self._executor.send(call, models.InvoiceNumber)

    async def get_settings(
        self,
        *,
        options: CallOptions | None = None,
    ) -> models.InvoiceSettings:
        """Read the invoicing settings of the sub-account.

        Prefixes, default terms and titles, due days, notifications, reminders and payment
        methods as set in the product. They can be read here but not written.

        `GET /invoices/settings`, which the vendor calls 'get-invoice-settings'.
        Needs the scope `invoices.readonly`.

        Args:
            options: What this call does differently.

        Raises:
            InvalidRequestError: An argument can't be sent; nothing was.
            APIStatusError: The service refused.
            APIConnectionError: No answer came.
            DecodeError: The answer can't be read.
        """
        call = Call(
            OPERATIONS["invoices.get_settings"],
            options=options,
        )
        return await self._executor.send(call, models.InvoiceSettings)

    async def mark_visited(
        self,
        invoice_id: str,
        *,
        options: CallOptions | None = None,
    ) -> None:
        """Note that the customer opened an invoice.

        Sets the time of the last visit to now. It takes the invoice's id alone, no location,
        and answers without a body; probably it is what the public invoice page calls.

        `PATCH /invoices/stats/last-visited-at`, which the vendor calls
        'update-invoice-last-visited-at'.
        Declares no scope.

        Args:
            invoice_id: Id of the invoice.
            options: What this call does differently.

        Raises:
            InvalidRequestError: An argument can't be sent; nothing was.
            APIStatusError: The service refused.
            APIConnectionError: No answer came, and nothing was written.
            OutcomeUnknown: It was sent, and whether it took effect isn't known.
            DecodeError: The answer can't be read.
        """
        body = models.InvoiceVisited(
            invoice_id=invoice_id,
        )
        call = Call(
            OPERATIONS["invoices.mark_visited"],
            body=body,
            options=options,
        )
        await self._executor.send_only(call)

    async def text2pay(
        self,
        *,
        name: str,
        items: builtins.list[models.InvoiceItem],
        contact_details: models.ContactDetails,
        issue_date: dt.date,
        sent_to: models.SentTo,
        action: models.Text2PayAction | Literal["draft", "send"],
        currency: str | Unset = UNSET,
        live_mode: bool | Unset = UNSET,
        user_id: str | Unset = UNSET,
        invoice_id: str | Unset = UNSET,
        terms_notes: str | Unset = UNSET,
        include_terms_note: bool | Unset = UNSET,
        title: str | Unset = UNSET,
        invoice_number: str | Unset = UNSET,
        due_date: dt.date | Unset = UNSET,
        automatic_taxes_enabled: bool | Unset = UNSET,
        payment_schedule: models.PaymentSchedule | Unset = UNSET,
        late_fees_configuration: models.LateFeesConfiguration | Unset = UNSET,
        tips_configuration: models.TipsConfiguration | Unset = UNSET,
        invoice_number_prefix: str | Unset = UNSET,
        payment_methods: models.PaymentMethods | Unset = UNSET,
        attachments: builtins.list[models.Attachment] | Unset = UNSET,
        miscellaneous_charges: models.ProcessingFee | Unset = UNSET,
        discount: models.Discount | Unset = UNSET,
        business_details: models.BusinessDetails | Unset = UNSET,
        key: str | None = None,
        settle: Settle = "wait",
        options: CallOptions | None = None,
    ) -> models.Text2PayResult:
        """Create an invoice with its payment link, and send it if wished.

        Creates an invoice, or updates the one named by id, and answers with its payment link;
        action send also sends it, action draft does not. The only operation that answers with a
        link. It needs a Location token. A draft's page opens but cannot be paid.

        `POST /invoices/text2pay`, which the vendor calls 'text2pay-invoice'.
        Needs the scope `invoices.write`. Only for Location tokens.

        Args:
            name: Name of the invoice; the heading of the document is title.
            items: The lines.
            contact_details: Who is billed. The service takes id and name alone, though its
                documents ask for phone and e-mail too; sending needs the address or number of its
                channel.
            issue_date: Day of issue.
            sent_to: Where the invoice is sent.
            action: Whether to leave the invoice a draft or to send it at once.
            currency: Three-letter code of the currency of all amounts. Taken from
                `LocationDefaults.currency` when left out.
            live_mode: Whether real money is asked for; false is test mode. Taken from
                `LocationDefaults.live_mode` when left out, and refused when that has none.
            user_id: Id of the user who sends. Taken from `LocationDefaults.user_id` when left
                out.
            invoice_id: Id of an invoice to update; leave it out to create one.
            terms_notes: Terms and notes under the lines; HTML is possible.
            include_terms_note: Whether the terms and notes are shown.
            title: Heading of the document.
            invoice_number: Number without its prefix. Leave it out and the service assigns
                the next one.
            due_date: Day that payment is due. A past day, by the sub-account's own calendar,
                is refused.
            automatic_taxes_enabled: Whether taxes are worked out automatically.
            payment_schedule: Payment of an invoice in parts.
            late_fees_configuration: What is charged when an invoice is paid late.
            tips_configuration: Tips offered to the customer at payment.
            invoice_number_prefix: What is put before the number.
            payment_methods: Which payment methods are offered.
            attachments: Files that go with the invoice.
            miscellaneous_charges: Charges on top of the invoice, such as a processing fee.
            discount: A discount on the whole document. It comes off the sum of the lines
                before taxes are added.
            business_details: Who bills. Taken from `LocationDefaults.business_details` when
                left out.
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
        body = models.Text2Pay(
            name=name,
            currency=currency,
            items=items,
            contact_details=contact_details,
            issue_date=issue_date,
            sent_to=sent_to,
            live_mode=live_mode,
            action=action,
            user_id=user_id,
            invoice_id=invoice_id,
            terms_notes=terms_notes,
            include_terms_note=include_terms_note,
            title=title,
            invoice_number=invoice_number,
            due_date=due_date,
            automatic_taxes_enabled=automatic_taxes_enabled,
            payment_schedule=payment_schedule,
            late_fees_configuration=late_fees_configuration,
            tips_configuration=tips_configuration,
            invoice_number_prefix=invoice_number_prefix,
            payment_methods=payment_methods,
            attachments=attachments,
            miscellaneous_charges=miscellaneous_charges,
            discount=discount,
            business_details=business_details,
        )
        call = Call(
            OPERATIONS["invoices.text2pay"],
            body=body,
            key=key,
            settle=settle,
            options=options,
        )
        return await self._executor.send(call, models.Text2PayResult)
