"""Minting beforehand, for many locations."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING

from attrs import frozen

from ..errors import HoopAIError, InvalidRequestError, ReauthorizationRequired

if TYPE_CHECKING:
    from .app import OAuthApp

__all__ = ["Preminted", "premint"]


@frozen
class Preminted:
    """What minting beforehand has come to.

    Attributes:
        ready: How many locations have a token that is good.
        failed: Why the others have none.
    """

    ready: int
    failed: Mapping[str, HoopAIError]


async def premint(
    app: OAuthApp, locations: Iterable[str] | None, company_id: str | None, at_once: int
) -> Preminted:
    """Have tokens for locations, so many at once; see `OAuthApp.premint`."""
    if isinstance(locations, str):
        msg = "locations is a list: a single text would be taken letter by letter"
        raise InvalidRequestError(msg, path="locations")
    if isinstance(at_once, bool) or not isinstance(at_once, int) or not 1 <= at_once <= 1000:
        raise InvalidRequestError(f"{at_once!r} is not from 1 to 1000", path="at_once")
    # An agency whose grant is dead is told now, and not by each of its locations.
    agency = await app._grants.agency(company_id)
    await agency.holder.access(batch=True)
    wanted = _given(locations) if locations is not None else _installed(app, agency.company_id)
    ready, failed = 0, dict[str, HoopAIError]()
    stopped: Exception | None = None
    turn = asyncio.Lock()  # an asynchronous generator has one reader at a time

    async def work() -> None:
        nonlocal ready, stopped
        while True:
            try:
                async with turn:
                    location_id = None if stopped else await anext(wanted, None)
                if location_id is None:
                    return
            except Exception as error:
                stopped = error
                return
            try:
                holder = app._grants.location(location_id)
                app._grants.homes[location_id] = agency.company_id
                await holder.access(batch=True)
                ready += 1
            except HoopAIError as error:
                failed[location_id] = error
                if isinstance(error, ReauthorizationRequired) and error.company_id is not None:
                    stopped = error

    async with aclosing(wanted), asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(work())
    if stopped is not None:
        raise stopped
    return Preminted(ready, failed)


async def _given(locations: Iterable[str]) -> AsyncGenerator[str, None]:
    for location_id in locations:
        yield location_id


async def _installed(app: OAuthApp, company_id: str) -> AsyncGenerator[str, None]:
    async for location in app.installed_locations(company_id):
        yield location.id
