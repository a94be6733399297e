"""The operations of `templates`. Generated: do not edit."""

from __future__ import annotations

import builtins
import datetime as dt
from typing import Literal

from ..._protocol import UNSET, Call, CallOptions, Pager, Resource, Settle, Unset
from .. import models
from ..catalogue import OPERATIONS


class Templates(Resource):
    """The operations of `templates`."""

    def list(
        self,
        *,
        status: str | Unset = UNSET,
        start_at: dt.date | Unset = UNSET,
        end_at: dt.date | Unset = UNSET,
        search: str | Unset = UNSET,
        payment_mode: models.PaymentModeFilter | Literal["default", "live", "test"] | Unset = UNSET,
        page_size: int = 100,
        prefetch: int = 4,
        cursor: str | None = None,
        options: CallOptions | None = None,
    ) -> Pager[models.Template]:
        """List invoice templates, one page at a time.

        One page of templates that match all given filters. limit and offset must always be
        sent. The page keeps its templates under data and the number of all matches under
        totalCount.

        `GET /invoices/template`, which the vendor calls 'list-invoice-templates'.
        Needs the scope `invoices/template.readonly`.

        Args:
            status: Only templates in this state; which states a template can have is not
                documented.
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
            A pager over `Template`; nothing is fetched before it is used.

        Raises:
            InvalidRequestError: An argument can't be sent; nothing was.
            APIStatusError: The service refused.
            APIConnectionError: No answer came.
            DecodeError: The answer can't be read.
        """

        async def fetch(limit: int, offset: int) -> models.TemplateList:
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
            OPERATIONS["templates.list"],
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
        status: str | Unset = UNSET,
        start_at: dt.date | Unset = UNSET,
        end_at: dt.date | Unset = UNSET,
        search: str | Unset = UNSET,
        payment_mode: models.PaymentModeFilter | Literal["default", "live", "test"] | Unset = UNSET,
        options: CallOptions | None = None,
    ) -> models.TemplateList:
        call = Call(
            OPERATIONS["templates.list"],
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
        return await self._executor.send(call, models.TemplateList)

    async def create(
        self,
        *,
        name: str,
        items: builtins.list[models.InvoiceItem],
        business_details: models.BusinessDetails | Unset = UNSET,
        currency: str | Unset = UNSET,
        internal: bool | Unset = UNSET,
        automatic_taxes_enabled: bool | Unset = UNSET,
        discount: models.Discount | Unset = UNSET,
        terms_notes: str | Unset = UNSET,
        title: str | Unset = UNSET,
        tips_configuration: models.TipsConfiguration | Unset = UNSET,
        late_fees_configuration: models.LateFeesConfiguration | Unset = UNSET,
        invoice_number_prefix: str | Unset = UNSET,
        payment_methods: models.PaymentMethods | Unset = UNSET,
        attachments: builtins.list[str] | Unset = UNSET,
        miscellaneous_charges: models.ProcessingFee | Unset = UNSET,
        key: str | None = None,
        settle: Settle = "wait",
        options: CallOptions | None = None,
    ) -> models.Template:
        """Create an invoice template.

        Keeps a set of lines, terms and business details for reuse. A template names no customer
        and no dates. Amounts are in major units.

        `POST /invoices/template`, which the vendor calls 'create-invoice-template'.
        Needs the scope `invoices/template.write`.

        Args:
            name: Name of the template.
            items: The lines.
            business_details: Who bills. Taken from `LocationDefaults.business_details` when
                left out.
            currency: Three-letter code of the currency of all amounts. Taken from
                `LocationDefaults.currency` when left out.
            internal: A flag of the service; what it does is not documented.
            automatic_taxes_enabled: Whether taxes are worked out automatically.
            discount: A discount on the whole document. It comes off the sum of the lines
                before taxes are added.
            terms_notes: Terms and notes under the lines; HTML is possible.
            title: Heading of the documents made from it.
            tips_configuration: Tips offered to the customer at payment.
            late_fees_configuration: What is charged when an invoice is paid late.
            invoice_number_prefix: What is put before the number.
            payment_methods: Which payment methods are offered.
            attachments: Files that go with the documents, as texts; other bodies take
                objects.
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
        body = models.TemplateCreate(
            name=name,
            business_details=business_details,
            currency=currency,
            items=items,
            internal=internal,
            automatic_taxes_enabled=automatic_taxes_enabled,
            discount=discount,
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
            OPERATIONS["templates.create"],
            body=body,
            key=key,
            settle=settle,
            options=options,
        )
        return await self._executor.send(call, models.Template)

    async def get(
        self,
        template_id: str,
        *,
        options: CallOptions | None = None,
    ) -> models.Template:
        """Read one invoice template.

        The template with this id.

        `GET /invoices/template/{templateId}`, which the vendor calls 'get-invoice-template'.
        Needs the scope `invoices/template.readonly`.

        Args:
            template_id: Id of the template.
            options: What this call does differently.

        Raises:
            InvalidRequestError: An argument can't be sent; nothing was.
            APIStatusError: The service refused.
            APIConnectionError: No answer came.
            DecodeError: The answer can't be read.
        """
        call = Call(
            OPERATIONS["templates.get"],
            ids=(template_id,),
            options=options,
        )
        return await self._executor.send(call, models.Template)

    async def update(
        self,
        template_id: str,
        *,
        name: str,
        business_details: models.BusinessDetails,
        currency: str,
        items: builtins.list[models.InvoiceItem],
        internal: bool | Unset = UNSET,
        discount: models.Discount | Unset = UNSET,
        terms_notes: str | Unset = UNSET,
        title: str | Unset = UNSET,
        miscellaneous_charges: models.ProcessingFee | Unset = UNSET,
        options: CallOptions | None = None,
    ) -> models.Template:
        """Replace the contents of an invoice template.

        Send the whole template, since what is left out is taken as cleared. Fewer fields than
        at creation: late fees and payment methods have operations of their own, while tips,
        number prefix, attachments and automatic taxes are not taken here.

        `PUT /invoices/template/{templateId}`, which the vendor calls 'update-invoice-template'.
        Needs the scope `invoices/template.write`.

        Args:
            template_id: Id of the template.
            name: Name of the template.
            business_details: Who bills.
            currency: Three-letter code of the currency of all amounts.
            items: The lines.
            internal: A flag of the service; what it does is not documented.
            discount: A discount on the whole document. It comes off the sum of the lines
                before taxes are added.
            terms_notes: Terms and notes under the lines; HTML is possible.
            title: Heading of the documents made from it.
            miscellaneous_charges: Charges on top of the invoice, such as a processing fee.
            options: What this call does differently.

        Raises:
            InvalidRequestError: An argument can't be sent; nothing was.
            APIStatusError: The service refused.
            APIConnectionError: No answer came.
            DecodeError: The answer can't be read.
        """
        body = models.TemplateUpdate(
            name=name,
            business_details=business_details,
            currency=currency,
            items=items,
            internal=internal,
            discount=discount,
            terms_notes=terms_notes,
            title=title,
            miscellaneous_charges=miscellaneous_charges,
        )
        call = Call(
            OPERATIONS["templates.update"],
            ids=(template_id,),
            body=body,
            options=options,
        )
        return await self._executor.send(call, models.Template)

    async def delete(
        self,
        template_id: str,
        *,
        options: CallOptions | None = None,
    ) -> None:
        """Delete an invoice template.

        The location goes into the query and there is no body, unlike the deletion of estimate
        templates.

        `DELETE /invoices/template/{templateId}`, which the vendor calls
        'delete-invoice-template'.
        Needs the scope `invoices/template.write`.

        Args:
            template_id: Id of the template.
            options: What this call does differently.

        Raises:
            InvalidRequestError: An argument can't be sent; nothing was.
            APIStatusError: The service refused.
            APIConnectionError: No answer came.
            DecodeError: The answer can't be read.
        """
        call = Call(
            OPERATIONS["templates.delete"],
            ids=(template_id,),
            options=options,
        )
        await self._executor.send_only(call)

    async def update_late_fees(
        self,
        template_id: str,
        *,
        late_fees_configuration: models.LateFeesConfiguration,
        options: CallOptions | None = None,
    ) -> models.Template:
        """Set the late fees of an invoice template.

        Replaces the template's late fee rules and leaves everything else as it is.

        `PATCH /invoices/template/{templateId}/late-fees-configuration`, which the vendor calls
        'update-invoice-template-late-fees-configuration'.
        Declares no scope.

        Args:
            template_id: Id of the template.
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
            OPERATIONS["templates.update_late_fees"],
            ids=(template_id,),
            body=body,
            options=options,
        )
        return await self._executor.send(call, models.Template)

    async def update_payment_methods(
        self,
        template_id: str,
        *,
        payment_methods: models.PaymentMethods | Unset = UNSET,
        options: CallOptions | None = None,
    ) -> models.Template:
        """Set the payment methods of an invoice template.

        Replaces the template's payment method rules and leaves everything else as it is.

        `PATCH /invoices/template/{templateId}/payment-methods-configuration`, which the vendor
        calls 'update-invoice-payment-methods-configuration'.
        Declares no scope.

        Args:
            template_id: Id of the template.
            payment_methods: Which payment methods are offered.
            options: What this call does differently.

        Raises:
            InvalidRequestError: An argument can't be sent; nothing was.
            APIStatusError: The service refused.
            APIConnectionError: No answer came, and nothing was written.
            OutcomeUnknown: It was sent, and whether it took effect isn't known.
            DecodeError: The answer can't be read.
        """
        body = models.PaymentMethodsUpdate(
            payment_methods=payment_methods,
        )
        call = Call(
            OPERATIONS["templates.update_payment_methods"],
            ids=(template_id,),
            body=body,
            options=options,
        )
        return await self._executor.send(call, models.Template)
