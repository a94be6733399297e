"""The asyncio client of the HoopAI Platform (HighLevel) Invoices API. Unofficial.

Every public name is imported when it is first used, so that importing the package costs nothing.

PYTEST_DONT_REWRITE (for pytest, which loads a plugin of ours: it needn't have seen us first)
"""

from __future__ import annotations

__version__ = "0.1.0"

TYPE_CHECKING = False  # type checkers know the name; importing typing would cost most of the import
if TYPE_CHECKING:
    from typing import Any

    from . import errors, models
    from ._core.codec import loads
    from ._core.limiter import RateLimit
    from ._core.secret import Secret
    from ._core.trace import Attempt, CallRecord, Capture, Stats
    from ._protocol import UNSET, CallOptions, Page, Pager, Unset
    from ._values import Drift
    from .client import InvoicesClient, LocationClient, LocationDefaults
    from .errors import HoopAIError

__all__ = [
    "UNSET",
    "Attempt",
    "CallOptions",
    "CallRecord",
    "Capture",
    "Drift",
    "HoopAIError",
    "InvoicesClient",
    "LocationClient",
    "LocationDefaults",
    "Page",
    "Pager",
    "RateLimit",
    "Secret",
    "Stats",
    "Unset",
    "__version__",
    "errors",
    "loads",
    "models",
]

_HOMES = {
    "Secret": "_core.secret",
    "RateLimit": "_core.limiter",
    "Stats": "_core.trace",
    "Capture": "_core.trace",
    "CallRecord": "_core.trace",
    "Attempt": "_core.trace",
    "UNSET": "_protocol",
    "CallOptions": "_protocol",
    "Drift": "_values",
    "HoopAIError": "errors",
    "InvoicesClient": "client",
    "LocationClient": "client",
    "LocationDefaults": "client",
    "Page": "_protocol",
    "Pager": "_protocol",
    "Unset": "_protocol",
    "errors": "",
    "loads": "_core.codec",
    "models": "",
}


if not TYPE_CHECKING:  # type checkers know the names from above, and no others

    def __getattr__(name: str) -> Any:
        home = _HOMES.get(name)
        if home is None:
            msg = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(msg)
        from importlib import import_module

        module = import_module(f".{home or name}", __name__)
        found = globals()[name] = getattr(module, name) if home else module
        return found


def __dir__() -> list[str]:
    return __all__
