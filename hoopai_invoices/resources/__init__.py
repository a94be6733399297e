"""The resources of a client, with what hands add to the generated classes.

Each is imported when it is first used. A resource that hands add nothing to is the generated one.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from .._generated.client import Resources as Generated

if TYPE_CHECKING:
    from .estimate_templates import EstimateTemplates
    from .estimates import Estimates
    from .invoices import Invoices
    from .schedules import Schedules
    from .templates import Templates

__all__ = ["Resources"]


class Resources(Generated):
    """What a client offers: a resource for every group of operations."""

    if TYPE_CHECKING:

        @property
        def invoices(self) -> Invoices: ...
        @property
        def templates(self) -> Templates: ...
        @property
        def schedules(self) -> Schedules: ...
        @property
        def estimates(self) -> Estimates: ...
        @property
        def estimate_templates(self) -> EstimateTemplates: ...

    def _resource(self, module: str, name: str) -> object:
        found = self._made.get(name)
        if found is None:
            home = f"{__package__}.{module}"
            try:
                made = getattr(import_module(home), name)
            except ModuleNotFoundError as error:
                if error.name != home:
                    raise
                return super()._resource(module, name)
            found = self._made[name] = made(self._executor)
        return found
