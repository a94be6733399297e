"""Tokens: scopes, private integrations, OAuth, and the stores that keep its grants.

Every name is imported when it is first used.
"""

from __future__ import annotations

TYPE_CHECKING = False  # type checkers know the name; importing typing would cost
if TYPE_CHECKING:
    from typing import Any

    from .app import AuthorizationRequest, OAuthApp
    from .files import FileStore
    from .grant import Grant
    from .installed import InstalledLocation
    from .pace import MintingPlan
    from .premint import Preminted
    from .private import PrivateToken
    from .redis_store import RedisStore
    from .scopes import required_scopes
    from .sql_store import SQLStore
    from .store import MemoryStore, TokenStore

__all__ = [
    "AuthorizationRequest",
    "FileStore",
    "Grant",
    "InstalledLocation",
    "MemoryStore",
    "MintingPlan",
    "OAuthApp",
    "Preminted",
    "PrivateToken",
    "RedisStore",
    "SQLStore",
    "TokenStore",
    "required_scopes",
]

_HOMES = {
    "AuthorizationRequest": "app",
    "FileStore": "files",
    "Grant": "grant",
    "InstalledLocation": "installed",
    "MemoryStore": "store",
    "MintingPlan": "pace",
    "OAuthApp": "app",
    "Preminted": "premint",
    "PrivateToken": "private",
    "RedisStore": "redis_store",
    "SQLStore": "sql_store",
    "TokenStore": "store",
    "required_scopes": "scopes",
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
