"""The operations of `estimate_templates`. Generated: do not edit."""

from __future__ import annotations

import builtins
from typing import Any

from ..._protocol import UNSET, Call, CallOptions, Pager, Resource, Settle, Unset
from .. import models
from ..catalogue import OPERATIONS


class EstimateTemplates(Resource):
    """The operations of `estimate_templates`."""

    def list(
        self,
        *,
        search: str | Unset = UNSET,
        page_size: int = 100,
        prefetch: int = 4,
        cursor: str | None = None,
        options: CallOptions | None = None,
    ) -> Pager[models.EstimateTemplate]:
        """List estimate templates, one page at a time.

        One page of estimate templates. limit and offset must always be sent. The page keeps its
        templates under data and the number of all matches under totalCount.

        `GET /invoices/estimate/template`, which the vendor calls 'list-estimate-templates'.
        Needs the scope `invoices/estimate.readonly`.

        Args:
            search: Text to look for, such as a name, an e-mail address, a telephone number or
                an id.
            page_size: Records a page, 1 to 100; all requests but the first ask for one more, to
                see that nothing was missed between them, or get one less of 100.
            prefetch: Pages to fetch ahead at most, 0 to 32, once a second page is needed; what
                comes of them is as old as when it was fetched.
            cursor: Where to go on: the `cursor` of an earlier pager with the same filters.
            options: What this call does differently.

        Returns:
            A pager over `EstimateTemplate`; nothing is fetched before it is used.

        Raises:
            InvalidRequestError: An argument can't be sent; nothing was.
            APIStatusError: The service refused.
            APIConnectionError: No answer came.
            DecodeError: The answer can't be read.
        """

        async def fetch(limit: int, offset: int) -> models.EstimateTemplateList:
            return await self._list_page(
                limit=limit,
                offset=offset,
                search=search,
                options=options,
            )

        return self._executor.pager(
            OPERATIONS["estimate_templates.list"],
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
        search: str | Unset = UNSET,
        options: CallOptions | None = None,
    ) -> models.EstimateTemplateList:
        call = Call(
            OPERATIONS["estimate_templates.list"],
            query={
                "search": search,
                "limit": str(limit),
                "offset": str(offset),
            },
            options=options,
        )
        return await self._executor.send(call, models.EstimateTemplateList)

    async def create(
        self,
        *,
        name: str,
        items: builtins.list[models.EstimateItem],
        business_details: models.BusinessDetails | Unset = UNSET,
        currency: str | Unset = UNSET,
        discount: models.Discount | Unset = UNSET,
        live_mode: bool | Unset = UNSET,
        terms_notes: str | Unset = UNSET,
        title: str | Unset = UNSET,
        automatic_taxes_enabled: bool | Unset = UNSET,
        meta: Any | Unset = UNSET,
        send_estimate_details: models.EstimateSend | Unset = UNSET,
        estimate_number_prefix: str | Unset = UNSET,
        attachments: builtins.list[models.Attachment] | Unset = UNSET,
        miscellaneous_charges: models.ProcessingFee | Unset = UNSET,
        key: str | None = None,
        settle: Settle = "wait",
        options: CallOptions | None = None,
    ) -> models.EstimateTemplate:
        """Create an estimate template.

        Keeps a set of lines, terms and business details for reuse. A template names no customer
        and no dates. name and title hold 40 characters at most. Amounts are in major units.

        `POST /invoices/estimate/template`, which the vendor calls 'create-estimate-template'.
        Needs the scope `invoices/estimate.write`.

        Args:
            name: Name of the template, 40 characters at most.
            items: The lines.
            business_details: Who offers. Taken from `LocationDefaults.business_details` when
                left out.
            currency: Three-letter code of the currency of all amounts. Taken from
                `LocationDefaults.currency` when left out.
            discount: The service asks for it even when there is none. Left out, `{'type':
                'percentage', 'value': 0}` is sent.
            live_mode: Whether real money is asked for; false is test mode. Left out, the
                service would choose live. Taken from `LocationDefaults.live_mode` when left out,
                and refused when that has none.
            terms_notes: Terms and notes under the lines; HTML is possible.
            title: Heading of the documents made from it, 40 characters at most.
            automatic_taxes_enabled: Whether taxes are worked out automatically; the service
                assumes they are not.
            meta: Values of your own, as an object. Keys come back in camel case, so avoid
                underscores in them.
            send_estimate_details: How to send estimates made from it; not documented further.
            estimate_number_prefix: What is put before the number; the service assumes EST-.
            attachments: Files that go with the documents.
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
        body = models.EstimateTemplateCreate(
            name=name,
            business_details=business_details,
            currency=currency,
            items=items,
            discount=discount,
            live_mode=live_mode,
            terms_notes=terms_notes,
            title=title,
            automatic_taxes_enabled=automatic_taxes_enabled,
            meta=meta,
            send_estimate_details=send_estimate_details,
            estimate_number_prefix=estimate_number_prefix,
            attachments=attachments,
            miscellaneous_charges=miscellaneous_charges,
        )
        call = Call(
            OPERATIONS["estimate_templates.create"],
            body=body,
            key=key,
            settle=settle,
            options=options,
        )
        return await self._executor.send(call, models.EstimateTemplate)

    async def update(
        self,
        template_id: str,
        *,
        name: str,
        business_details: models.BusinessDetails,
        currency: str,
        items: builtins.list[models.EstimateItem],
        discount: models.Discount | Unset = UNSET,
        live_mode: bool | Unset = UNSET,
        terms_notes: str | Unset = UNSET,
        title: str | Unset = UNSET,
        automatic_taxes_enabled: bool | Unset = UNSET,
        meta: Any | Unset = UNSET,
        send_estimate_details: models.EstimateSend | Unset = UNSET,
        estimate_number_prefix: str | Unset = UNSET,
        attachments: builtins.list[models.Attachment] | Unset = UNSET,
        miscellaneous_charges: models.ProcessingFee | Unset = UNSET,
        options: CallOptions | None = None,
    ) -> models.EstimateTemplate:
        """Replace the contents of an estimate template.

        Send the whole template, since what is left out is cleared.

        `PUT /invoices/estimate/template/{templateId}`, which the vendor calls
        'update-estimate-template'.
        Needs the scope `invoices/estimate.write`.

        Args:
            template_id: Id of the template.
            name: Name of the template, 40 characters at most.
            business_details: Who offers.
            currency: Three-letter code of the currency of all amounts.
            items: The lines.
            discount: The service asks for it even when there is none. Left out, `{'type':
                'percentage', 'value': 0}` is sent.
            live_mode: Whether real money is asked for; false is test mode. Left out, the
                service would choose live. It must be given.
            terms_notes: Terms and notes under the lines; HTML is possible. Left out, they are
                cleared.
            title: Heading of the documents made from it, 40 characters at most.
            automatic_taxes_enabled: Whether taxes are worked out automatically; the service
                assumes they are not.
            meta: Values of your own, as an object. Keys come back in camel case, so avoid
                underscores in them.
            send_estimate_details: How to send estimates made from it; not documented further.
            estimate_number_prefix: What is put before the number; the service assumes EST-.
            attachments: Files that go with the documents.
            miscellaneous_charges: Charges on top of the invoice, such as a processing fee.
            options: What this call does differently.

        Raises:
            InvalidRequestError: An argument can't be sent; nothing was.
            APIStatusError: The service refused.
            APIConnectionError: No answer came.
            DecodeError: The answer can't be read.
        """
        body = models.EstimateTemplateUpdate(
            name=name,
            business_details=business_details,
            currency=currency,
            items=items,
            discount=discount,
            live_mode=live_mode,
            terms_notes=terms_notes,
            title=title,
            automatic_taxes_enabled=automatic_taxes_enabled,
            meta=meta,
            send_estimate_details=send_estimate_details,
            estimate_number_prefix=estimate_number_prefix,
            attachments=attachments,
            miscellaneous_charges=miscellaneous_charges,
        )
        call = Call(
            OPERATIONS["estimate_templates.update"],
            ids=(template_id,),
            body=body,
            options=options,
        )
        return await self._executor.send(call, models.EstimateTemplate)

    async def delete(
        self,
        template_id: str,
        *,
        options: CallOptions | None = None,
    ) -> None:
        """Delete an estimate template.

        The location travels in a JSON body, as with estimates. The answer is the template,
        marked as deleted.

        `DELETE /invoices/estimate/template/{templateId}`, which the vendor calls
        'delete-estimate-template'.
        Needs the scope `invoices/estimate.write`.

        Args:
            template_id: Id of the template.
            options: What this call does differently.

        Raises:
            InvalidRequestError: An argument can't be sent; nothing was.
            APIStatusError: The service refused.
            APIConnectionError: No answer came.
            DecodeError: The answer can't be read.
        """
        body = models.LocationBody()
        call = Call(
            OPERATIONS["estimate_templates.delete"],
            ids=(template_id,),
            body=body,
            options=options,
        )
        await self._executor.send_only(call)

    async def preview(
        self,
        template_id: str,
        *,
        options: CallOptions | None = None,
    ) -> models.EstimateTemplate:
        """Read one estimate template.

        The template with this id, named in the query. It is the only way to read a single
        estimate template.

        `GET /invoices/estimate/template/preview`, which the vendor calls
        'preview-estimate-template'.
        Needs the scope `invoices/estimate.readonly`.

        Args:
            template_id: Id of the estimate template.
            options: What this call does differently.

        Raises:
            InvalidRequestError: An argument can't be sent; nothing was.
            APIStatusError: The service refused.
            APIConnectionError: No answer came.
            DecodeError: The answer can't be read.
        """
        call = Call(
            OPERATIONS["estimate_templates.preview"],
            query={
                "templateId": template_id,
            },
            options=options,
        )
        return await self._executor.send(call, models.EstimateTemplate)
