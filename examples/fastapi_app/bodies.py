"""What requests and answers hold. Amounts come as texts: a JSON parser makes binary fractions of numbers."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from hoopai_invoices.models import ContactDetails, Invoice, InvoiceItem

_AMOUNT = r"[0-9]{1,11}(\.[0-9]{1,4})?"


def _exact(value: Any) -> Any:
    if not isinstance(value, str) or not re.fullmatch(_AMOUNT, value):
        msg = 'give amounts as texts, such as "99.50"'
        raise ValueError(msg)
    return value


Amount = Annotated[
    Decimal,
    BeforeValidator(_exact),
    WithJsonSchema({"type": "string", "pattern": f"^{_AMOUNT}$"}),
]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Line(Body):
    name: str
    amount: Amount
    qty: Amount = Decimal(1)


class NewInvoice(Body):
    name: str
    contact_id: str
    contact_name: str
    currency: str = "USD"
    issue_date: date
    due_date: date
    lines: Annotated[list[Line], Field(min_length=1)]

    def contact(self) -> ContactDetails:
        return ContactDetails(id=self.contact_id, name=self.contact_name)

    def items(self) -> list[InvoiceItem]:
        return [
            InvoiceItem(name=line.name, amount=line.amount, qty=line.qty, currency=self.currency)
            for line in self.lines
        ]


class Listed(BaseModel):
    items: list[Invoice]
    cursor: str | None
    """Where the next page begins; None at the end."""


class Outcome(BaseModel):
    state: Literal["done", "not done", "open"]
    record_id: str | None = None
    ask_again_in: int | None = None
    """Seconds; None when nothing changes any more."""
