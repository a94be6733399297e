"""The grants of an app: of locations and of agencies, and how each comes by the next one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .._core.clock import Clock
from .._core.ids import check_id
from .._core.secret import Secret
from .._core.tokens import Access
from .._protocol import Operation
from ..errors import (
    ConfigurationError,
    DecodeError,
    InvalidRequestError,
    ReauthorizationRequired,
    TokenStoreError,
)
from .calls import OAuthCalls
from .grant import Grant
from .holder import Holder, Obtain
from .keeping import Store, Turn

__all__ = ["Agency", "Grants", "no_grant"]


class Agency:
    """An agency's own token, for the calls that take it."""

    queues = True

    def __init__(self, company_id: str, holder: Holder):
        self.company_id = company_id
        self.holder = holder

    def ready(self, place: str | None, operation: Operation) -> Access | None:
        return self.holder.ready()

    async def access(self, place: str | None, operation: Operation, *, batch: bool) -> Access:
        return await self.holder.access(batch=batch)

    async def renewed(
        self, place: str | None, operation: Operation, refused: Access, *, batch: bool
    ) -> Access | None:
        return await self.holder.access(batch=batch, refused=refused.secret)

    async def regranted(
        self, place: str | None, operation: Operation, lacking: Access, *, batch: bool
    ) -> Access | None:
        await self.holder.look_again()
        return self.holder.ready()

    def heard(self, operation: Operation, *, allowed: bool) -> None:
        pass  # what was granted is known

    def can(self, place: str | None, operation: Operation) -> bool | None:
        return self.holder.can(operation)

    async def aclose(self) -> None:
        await self.holder.aclose()


class Grants:
    """All that the store has of one app; names begin with the app's client id.

    Args:
        app: The app's client id and secret, as a form wants them.
        store: Who keeps the grants.
        calls: The service.
        clock: Time and chance.
        company_id: The agency that is meant where none is named.
    """

    def __init__(
        self,
        app: Mapping[str, Any],
        store: Store,
        calls: OAuthCalls,
        clock: Clock,
        company_id: str | None,
    ):
        self._app, self._store, self._calls, self._clock = app, store, calls, clock
        self._company_id = company_id
        self._agencies: dict[str, Agency] = {}
        self.locations: dict[str, Holder] = {}
        self.homes: dict[str, str] = {}  # the agencies that locations are known to belong to

    def location(self, location_id: str) -> Holder:
        """The grant of a location."""
        holder = self.locations.get(location_id)
        if holder is None:
            name = f"location:{check_id(location_id, 'location_id')}"
            holder = self._holder(name, _OfLocation(self, location_id))
            self.locations[location_id] = holder
        return holder

    def company(self, company_id: str) -> Agency:
        """The grant of an agency."""
        agency = self._agencies.get(company_id)
        if agency is None:
            name = f"company:{check_id(company_id, 'company_id')}"
            agency = Agency(company_id, self._holder(name, _OfCompany(self, company_id)))
            self._agencies[company_id] = agency
        return agency

    def named(self, location_id: str | None, company_id: str | None) -> Holder:
        """The one that is named by either id."""
        if location_id is not None and company_id is None:
            return self.location(location_id)
        if company_id is not None and location_id is None:
            return self.company(company_id).holder
        raise InvalidRequestError("give a location_id or a company_id", path="location_id")

    async def agency(
        self, company_id: str | None, location_id: str | None = None, old: str | None = None
    ) -> Agency:
        """The agency that was named, or the one that must be meant.

        Args:
            company_id: The one that was named.
            location_id: A location of it.
            old: The one that minted the location's token before.

        Raises:
            ReauthorizationRequired: There is a grant of none.
            ConfigurationError: It may be one of several.
        """
        if company_id := company_id or self._company_id or self.homes.get(location_id or ""):
            return self.company(company_id)
        _, found = await self._listed()
        if len(found) == 1:
            return self.company(found[0])
        if not found:
            where = f"sub-account {location_id}, nor of any agency" if location_id else "any agency"
            raise no_grant(f"there is no grant of {where}", location_id=location_id)
        for one in found:
            grant = await self.company(one).holder.look()
            if grant is not None and location_id in grant.approved_locations:
                return self.company(one)
        if old in found:
            return self.company(old)
        msg = f"there are grants of {len(found)} agencies, and it isn't known which one is meant"
        raise ConfigurationError(msg, hint="OAuthApp(company_id=…) says it")

    def learn(self, company_id: str, answer: Mapping[str, Any]) -> None:
        """Take note of the locations that an agency has."""
        found = answer.get("locations")
        for one in found if isinstance(found, list) else ():
            if isinstance(one, dict) and isinstance(one.get("_id"), str):
                self.homes[one["_id"]] = company_id

    async def has_agency(self, company_id: str | None) -> bool:
        """Whether there is a grant of an agency."""
        return company_id is not None and company_id in (await self._listed())[1]

    async def keep(self, grant: Grant) -> None:
        """Keep what somebody has consented to."""
        if grant.kind == "Location":
            assert grant.location_id is not None  # or it would be no grant
            await self.location(grant.location_id).replace(grant)
            return
        assert grant.company_id is not None
        await self._list(grant.company_id, listed=True)
        await self.company(grant.company_id).holder.replace(grant)
        for holder in self.locations.values():
            holder.forgive()  # what the agency had not allowed it may allow now

    async def forget(self, location_id: str | None, company_id: str | None) -> None:
        """Keep a grant no longer, nor what this process has minted with it."""
        await self.named(location_id, company_id).replace(None)
        if company_id is None:
            return
        await self._list(company_id, listed=False)
        for holder in [*self.locations.values()]:
            grant = holder.grant
            if grant is not None and grant.is_minted and grant.company_id == company_id:
                await holder.replace(None)

    async def aclose(self) -> None:
        """Let what is under way end."""
        for holder in [*self.locations.values()]:
            await holder.aclose()
        for agency in [*self._agencies.values()]:
            await agency.aclose()

    async def refreshed(self, old: Grant, turn: Turn, *, batch: bool) -> Grant:
        """What the refresh token of a grant gives."""
        turn.kind = old.kind
        fields = {
            **self._app,
            "grant_type": "refresh_token",
            "refresh_token": old.refresh_token,
            "user_type": old.kind,
        }
        known = {"companyId": old.company_id, "userId": old.user_id, "userType": old.kind}
        if old.kind == "Location":
            known["locationId"] = old.location_id
        return await self._calls.token(fields, known=known, turn=turn, batch=batch)

    async def minted(self, agency: Agency, location_id: str, turn: Turn, *, batch: bool) -> Grant:
        """A location's token, from its agency's."""
        turn.kind = "Location"
        return await self._calls.mint(
            agency, agency.company_id, location_id, turn=turn, batch=batch
        )

    def _holder(self, name: str, obtain: Obtain) -> Holder:
        name = f"{self._app['client_id']}:{name}"
        return Holder(self._store, name, obtain, self._clock, self._calls.pause)

    @property
    def _index(self) -> str:
        return f"{self._app['client_id']}:companies"

    async def _listed(self) -> tuple[Secret | None, list[str]]:
        """The agencies that there are grants of, and the entry that says so."""
        text = await self._store.get(self._index)
        return text, _companies(text)

    async def _list(self, company_id: str, *, listed: bool) -> None:
        def changed(text: Secret | None) -> Secret | None:
            found = _companies(text)
            if (company_id in found) is listed:
                return text
            new = [one for one in found if one != company_id] + [company_id] * listed
            return Secret(json.dumps(new))

        await self._store.change(self._index, changed)


class _OfCompany:
    """How an agency comes by its next grant."""

    def __init__(self, grants: Grants, company_id: str):
        self._grants, self._company_id = grants, company_id

    async def __call__(self, old: Grant | None, turn: Turn, *, batch: bool, dead: bool) -> Grant:
        if old is None or old.refresh_token is None or dead:
            msg = f"the app has no grant of agency {self._company_id} that is good still"
            raise no_grant(msg, company_id=self._company_id)
        new = await self._grants.refreshed(old, turn, batch=batch)
        if new.kind != "Company" or new.company_id != self._company_id:
            raise _foreign()
        return new


class _OfLocation:
    """How a location comes by its next grant: its own is refreshed, or one is minted."""

    def __init__(self, grants: Grants, location_id: str):
        self._grants, self._location_id = grants, location_id

    async def __call__(self, old: Grant | None, turn: Turn, *, batch: bool, dead: bool) -> Grant:
        grants, location_id = self._grants, self._location_id
        its_own = old if old is not None and old.refresh_token is not None else None
        if its_own is not None and dead and not await grants.has_agency(its_own.company_id):
            msg = f"the app has no grant of sub-account {location_id} that is good still"
            raise no_grant(msg, location_id=location_id)
        if its_own is not None and not dead:
            new = await grants.refreshed(its_own, turn, batch=batch)
            if new.kind == "Location":
                if new.location_id != location_id:
                    raise _foreign()
                return new
            # An agency's grant may come although a location's was asked for. The location's is used
            # up then, and a token is minted from this one.
            if its_own.company_id not in (None, new.company_id):
                raise _foreign()
            await grants.keep(new)
        its_agency = its_own.company_id if its_own is not None else None
        before = old.company_id if old is not None else None
        agency = await grants.agency(its_agency, location_id, before)
        return await grants.minted(agency, location_id, turn, batch=batch)


def _foreign() -> DecodeError:
    return DecodeError("the refreshed grant is another's", operation="oauth.token")


def _companies(text: Secret | None) -> list[str]:
    try:
        found = [] if text is None else json.loads(text.reveal())
        return [check_id(one, "company_id") for one in found]
    except (ValueError, TypeError):
        pass
    raise TokenStoreError("the token store's list of agencies can't be read")


def no_grant(
    why: str, *, location_id: str | None = None, company_id: str | None = None
) -> ReauthorizationRequired:
    """The error that tells that somebody must consent."""
    error = ReauthorizationRequired(why, status=401)
    error.location_id, error.company_id = location_id, company_id
    error.hint = "send a user who may consent to `OAuthApp.authorization_url()`"
    return error
