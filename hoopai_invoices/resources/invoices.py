"""What hands add to `client.invoices`."""

from __future__ import annotations

import datetime as dt

from .. import models
from .._generated.api.invoices import Invoices as Generated
from .._protocol import UNSET, CallOptions, Unset
from ..errors import DuplicateDetected, InvalidRequestError
from .editing import Edit

__all__ = ["Invoices"]


class Invoices(Generated):
    """The operations of `invoices`, with `edit` and `find`."""

    def edit(
        self, invoice: str | models.Invoice, *, options: CallOptions | None = None
    ) -> Edit[models.InvoiceUpdate, models.Invoice]:
        """Read an invoice, change it in the block, and write it back whole; see `Edit`.

        ```python
        async with client.invoices.edit("…") as draft:
            draft.items[0].qty = Decimal(3)
        ```

        Recipients and late fees aren't taken by an update, and stay as they are.

        Args:
            invoice: Its id, or the invoice: then an older version isn't edited.
            options: What these calls do differently.

        Raises:
            LostUpdateError: It was changed meanwhile.
            HoopAIError: As with `get` and `update`.
        """
        return Edit(
            "invoices.edit",
            models.InvoiceUpdate,
            invoice,
            read=self.get,
            update=self.update,
            options=options,
            check=_one_contact,
        )

    async def find(
        self,
        *,
        number: str,
        contact_id: str | Unset = UNSET,
        start_at: dt.date | Unset = UNSET,
        end_at: dt.date | Unset = UNSET,
        options: CallOptions | None = None,
    ) -> models.Invoice | None:
        """The invoice of a number, or None.

        The service can't be asked for a number, so all invoices are listed and looked through: one
        call for each hundred of them. The other arguments make them fewer. A number may be given
        with its prefix or without; leading zeros count only when two numbers differ by them.

        Args:
            number: Such as "000042" or "INV-000042".
            contact_id: Only those of this contact.
            start_at: Only those from this day on; by issue or creation, which isn't documented.
            end_at: Only those up to this day.
            options: What these calls do differently.

        Raises:
            DuplicateDetected: Several invoices have this number.
            HoopAIError: As with `list`.
        """
        if not isinstance(number, str) or not number.strip():
            msg = f"a number such as '000042' is wanted, not {number!r}"
            raise InvalidRequestError(msg, path="number", operation="invoices.find")
        exact: list[models.Invoice] = []
        alike: list[models.Invoice] = []
        pager = self.list(contact_id=contact_id, start_at=start_at, end_at=end_at, options=options)
        wanted = number.strip()
        async for invoice in pager:
            theirs = invoice.invoice_number
            if theirs is None:
                continue
            prefix = invoice.invoice_number_prefix or ""
            if wanted in (theirs, prefix + theirs):
                exact.append(invoice)
            elif _bare(wanted.removeprefix(prefix)) == _bare(theirs.removeprefix(prefix)):
                alike.append(invoice)
        found = exact or alike
        if len(found) > 1:
            ids = tuple(invoice.id for invoice in found)
            raise DuplicateDetected(
                f"{len(found)} invoices have the number {wanted}", ids, operation="invoices.find"
            )
        return found[0] if found else None


def _bare(number: str) -> str:
    return number.lstrip("0") if number.isdigit() else number


def _one_contact(read: models.Invoice, draft: models.InvoiceUpdate) -> None:
    """Refuse an update that names two contacts."""
    details = draft.contact_details
    if not draft.contact_id or isinstance(details, Unset) or details.id == draft.contact_id:
        return
    hint = "set contact_details to those of the new contact, or to UNSET"
    msg = f"is {draft.contact_id}, but contact_details are those of {details.id}"
    raise InvalidRequestError(msg, path="contact_id", hint=hint)
