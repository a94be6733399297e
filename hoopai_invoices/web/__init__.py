"""For back ends on Starlette and FastAPI (extra: web): clients, tenants, errors, models, installs.

Every name is imported when it is first used. FastAPI itself is never imported.
"""

from __future__ import annotations

TYPE_CHECKING = False  # type checkers know the names; importing typing would cost
if TYPE_CHECKING:
    from typing import Any

    from .answers import InvoicesResponse, json_response, plain
    from .clients import client_of, lifespan
    from .handlers import add_error_handlers
    from .install import install_routes
    from .logs import PrivateCallback, hide_oauth_queries
    from .problems import PROBLEMS, Problem, problem_of
    from .tenants import NoTenant, tenant

__all__ = [
    "PROBLEMS",
    "InvoicesResponse",
    "NoTenant",
    "PrivateCallback",
    "Problem",
    "add_error_handlers",
    "client_of",
    "hide_oauth_queries",
    "install_routes",
    "json_response",
    "lifespan",
    "plain",
    "problem_of",
    "tenant",
]

_HOMES = {
    "PROBLEMS": "problems",
    "InvoicesResponse": "answers",
    "NoTenant": "tenants",
    "PrivateCallback": "logs",
    "Problem": "problems",
    "add_error_handlers": "handlers",
    "client_of": "clients",
    "hide_oauth_queries": "logs",
    "install_routes": "install",
    "json_response": "answers",
    "lifespan": "clients",
    "plain": "answers",
    "problem_of": "problems",
    "tenant": "tenants",
}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        home = _HOMES.get(name)
        if home is None:
            msg = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(msg)
        from importlib import import_module

        found = globals()[name] = getattr(import_module(f".{home}", __name__), name)
        return found


def __dir__() -> list[str]:
    return __all__
