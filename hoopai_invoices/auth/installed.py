"""The locations in which an app is installed, as a pager."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, NamedTuple

from attrs import field, frozen

from .._protocol import Pager
from ..errors import DecodeError
from ..pagination import ListPager
from .calls import INSTALLED

__all__ = ["InstalledLocation", "installed_locations"]


@frozen
class InstalledLocation:
    """A location in which the app is, or was, installed.

    Attributes:
        id: The sub-account.
        name: What its people call it.
        address: Its address, as the service writes it.
        is_installed: Whether the app is in it now.
        installed_at: Since when, as the service writes it.
        raw: All that the service has said of it.
    """

    id: str
    name: str | None
    address: str | None
    is_installed: bool | None
    installed_at: str | None
    raw: Mapping[str, Any] = field(repr=False)


class _Row(NamedTuple):
    key: str
    name: str


class _Listed:
    """A page, as the pager reads it."""

    _fields: Final = (_Row("locations", "locations"), _Row("count", "count"))

    def __init__(self, answer: Mapping[str, Any]):
        found, count = answer.get("locations"), answer.get("count")
        self.locations = [_read(one) for one in found] if isinstance(found, list) else None
        self.count = count if isinstance(count, int) else None


def installed_locations(
    fetch: Callable[[Mapping[str, str]], Awaitable[Mapping[str, Any]]],
    query: str | None,
    page_size: int,
    cursor: str | None,
) -> Pager[InstalledLocation]:
    """A pager over what `fetch` answers to a query."""
    wanted = {"isInstalled": "true"} | ({} if query is None else {"query": query})

    async def page(limit: int, offset: int) -> Any:
        return _Listed(await fetch({**wanted, "skip": str(offset), "limit": str(limit)}))

    return ListPager(INSTALLED, page, page_size=page_size, cursor=cursor)


def _read(one: Any) -> InstalledLocation:
    location_id = one.get("_id") if isinstance(one, dict) else None
    if not isinstance(location_id, str):
        raise DecodeError("a location without its id", operation=INSTALLED.name)
    name, address, since = (one.get(key) for key in ("name", "address", "installedAt"))
    installed = one.get("isInstalled")
    return InstalledLocation(
        id=location_id,
        name=name if isinstance(name, str) else None,
        address=address if isinstance(address, str) else None,
        is_installed=installed if isinstance(installed, bool) else None,
        installed_at=since if isinstance(since, str) else None,
        raw=one,
    )
