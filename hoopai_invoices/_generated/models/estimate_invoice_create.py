"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar, Literal

from attrs import define

from ..._model import UNSET, Field, Model, Unset
from .. import models


@define(kw_only=True, eq=False, repr=False)
class EstimateInvoiceCreate(Model):
    """How to turn an accepted estimate into an invoice.

    Attributes:
        mark_as_invoiced: Whether the estimate becomes invoiced. With false, a second
            conversion likely makes a second invoice.
        version: Which of the service's two ways of conversion to use.
    """

    _role: ClassVar[str] = "request"
    _located: ClassVar[bool] = True

    mark_as_invoiced: bool | Unset = UNSET
    version: models.ConversionVersion | Literal["v1", "v2"] | Unset = UNSET

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("mark_as_invoiced", "markAsInvoiced", "bool", required=True, omitted=True),
        Field("version", "version", "ConversionVersion"),
    )
