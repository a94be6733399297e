"""The models of the Invoices API, each imported when it is first named.

Answers (`Invoice`, `Estimate`, …) read whatever the service sends and give it back unchanged;
parts such as `InvoiceItem` or `Discount` serve requests and answers alike. Money, quantities and
rates are `Decimal` in major units: `Decimal("150")` USD is $150.00.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._generated.models import *  # noqa: F403 - the one list of names is the generated one
    from ._generated.models import __all__ as __all__


if not TYPE_CHECKING:  # type checkers know the names from above, and no others

    def __getattr__(name: str) -> Any:
        from ._generated import models

        if name == "__all__":
            return models.__all__
        if name not in models.__all__:
            from difflib import get_close_matches

            close = get_close_matches(name, models.__all__, 1)
            meant = f"; did you mean {close[0]!r}?" if close else ""
            msg = f"module {__name__!r} has no attribute {name!r}{meant}"
            raise AttributeError(msg)
        found = globals()[name] = getattr(models, name)
        return found


def __dir__() -> list[str]:
    from ._generated import models

    return list(models.__all__)
