"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..._model import Field, Model


@define(kw_only=True, eq=False, repr=False)
class AutoInvoice(Model):
    """Whether the service makes the invoice itself when the estimate is accepted.

    Attributes:
        enabled: Whether it does. The invoice appears some seconds after acceptance;
            converting the estimate as well may make a second one.
        direct_payments: Whether it can be paid directly; not documented further.
    """

    _role: ClassVar[str] = "shared"

    enabled: bool
    direct_payments: bool | None = None

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("enabled", "enabled", "bool", required=True),
        Field("direct_payments", "directPayments", "bool"),
    )
