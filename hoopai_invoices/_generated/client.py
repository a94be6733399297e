"""The resources of the document, each made at first use. Generated: do not edit."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from .._protocol import Executor

if TYPE_CHECKING:
    from .api.estimate_templates import EstimateTemplates
    from .api.estimates import Estimates
    from .api.invoices import Invoices
    from .api.schedules import Schedules
    from .api.templates import Templates


class Resources:
    """What a client offers: a resource for every group of operations."""

    def __init__(self, executor: Executor):
        self._executor = executor
        self._made: dict[str, object] = {}

    def _resource(self, module: str, name: str) -> object:
        found = self._made.get(name)
        if found is None:
            from importlib import import_module

            made = getattr(import_module(f".api.{module}", __package__), name)
            found = self._made[name] = made(self._executor)
        return found

    @property
    def invoices(self) -> Invoices:
        """The operations of `invoices`."""
        return cast("Invoices", self._resource("invoices", "Invoices"))

    @property
    def templates(self) -> Templates:
        """The operations of `templates`."""
        return cast("Templates", self._resource("templates", "Templates"))

    @property
    def schedules(self) -> Schedules:
        """The operations of `schedules`."""
        return cast("Schedules", self._resource("schedules", "Schedules"))

    @property
    def estimates(self) -> Estimates:
        """The operations of `estimates`."""
        return cast("Estimates", self._resource("estimates", "Estimates"))

    @property
    def estimate_templates(self) -> EstimateTemplates:
        """The operations of `estimate_templates`."""
        return cast("EstimateTemplates", self._resource("estimate_templates", "EstimateTemplates"))
