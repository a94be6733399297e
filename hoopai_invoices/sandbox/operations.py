"""Which handler serves which operation, and what is served beside the document."""

from __future__ import annotations

from .call import Handler
from .contract import Operation
from .resources import (
    conversion,
    estimate_templates,
    estimates,
    invoices,
    oauth,
    payments,
    schedules,
    settings,
    stubs,
    templates,
)

__all__ = ["BESIDE", "HANDLERS"]

BESIDE: tuple[Operation, ...] = (*oauth.OPERATIONS, *stubs.OPERATIONS)
"""Operations that the document doesn't have."""

HANDLERS: dict[str, Handler] = {
    **conversion.HANDLERS,
    **estimate_templates.HANDLERS,
    **estimates.HANDLERS,
    **invoices.HANDLERS,
    **payments.HANDLERS,
    **schedules.HANDLERS,
    **settings.HANDLERS,
    **stubs.HANDLERS,
    **templates.HANDLERS,
}
"""Those of the OAuth calls are a sandbox's own: `resources.oauth.handlers`."""
