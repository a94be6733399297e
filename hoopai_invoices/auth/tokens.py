"""Which of an app's tokens goes with which call."""

from __future__ import annotations

from .._core.outcome import missing_scope
from .._core.tokens import Access
from .._protocol import Operation
from ..errors import MissingScopeError
from .grants import Grants

__all__ = ["LocationTokens"]


class LocationTokens:
    """For each call the token of its own location."""

    queues = True

    def __init__(self, grants: Grants):
        self._grants = grants

    def ready(self, place: str | None, operation: Operation) -> Access | None:
        holder = self._grants.locations.get(place) if place is not None else None
        return None if holder is None else holder.ready()

    async def access(self, place: str | None, operation: Operation, *, batch: bool) -> Access:
        if place is not None:
            try:
                return await self._grants.location(place).access(batch=batch)
            except MissingScopeError:
                if "Company" not in operation.access:
                    raise
            # The agency's grant doesn't allow minting, but this call takes it as it is.
        agency = await self._grants.agency(None, place)
        return await agency.access(place, operation, batch=batch)

    async def renewed(
        self, place: str | None, operation: Operation, refused: Access, *, batch: bool
    ) -> Access | None:
        if place is None or refused.kind == "Company":
            agency = await self._grants.agency(None, place)
            return await agency.renewed(place, operation, refused, batch=batch)
        holder = self._grants.location(place)
        return await holder.access(batch=batch, refused=refused.secret)

    async def regranted(
        self, place: str | None, operation: Operation, lacking: Access, *, batch: bool
    ) -> Access | None:
        if place is None or lacking.kind == "Company":
            return None
        holder = self._grants.location(place)
        if not await holder.look_again():
            return None
        grant = holder.grant
        if grant is not None and grant.is_minted and grant.access_token == lacking.secret:
            # What was minted allows what its agency's grant allowed then.
            agency = await self._grants.agency(None, place, grant.company_id)
            await agency.holder.look_again()
            more = agency.holder.grant
            if more is not None and missing_scope(operation, None, more.scopes) is None:
                return await holder.access(batch=batch, refused=lacking.secret)
        return holder.ready()

    def heard(self, operation: Operation, *, allowed: bool) -> None:
        pass  # what was granted is known

    def can(self, place: str | None, operation: Operation) -> bool | None:
        holder = self._grants.locations.get(place) if place is not None else None
        return None if holder is None else holder.can(operation)

    async def aclose(self) -> None:
        await self._grants.aclose()
