"""The platform's side of OAuth: one marketplace app, its consents, and the tokens they give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

from .access import OAUTH_SCOPES, SCOPES, STUB_SCOPES
from .errors import SandboxError
from .state import Countdown, Location, State, Token, TokenKind

__all__ = ["OAuthServer"]

_REFRESH_DAYS = 365
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Grant:
    """What somebody consented to."""

    kind: TokenKind
    place: str
    """The location's or the company's id."""
    scopes: frozenset[str]
    everywhere: bool
    """Whether all locations were approved (Company only)."""


@dataclass(frozen=True, slots=True)
class _Held:
    """A grant behind a code or a refresh token."""

    grant: _Grant
    until: datetime
    answer: Mapping[str, Any] | None = field(default=None, repr=False)
    """What its use gave, while that is still repeated."""


class OAuthServer:
    """A marketplace app, as its developer and the people who install it see it.

    Attributes:
        client_id: The app's client id.
        client_secret: Its secret.
        app_id: Its id, as `/oauth/installedLocations` wants it.
        version_id: The id of its version.
        plan_id: The id of the plan that was taken of it.
        user_id: The user who installs it.
        refreshes: How many refresh tokens were used so far; a use that is repeated within the
            grace counts once.
        refused: How many codes and refresh tokens were refused as not good (`invalid_grant`).
        minted: How many tokens were minted, by location id.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._installed: dict[str, str] = {}  # location id: since when
        self._grants: dict[str, _Grant] = {}  # by place, the newest
        self._codes: dict[str, _Held] = {}
        self._refreshes: dict[str, _Held] = {}
        self.app_id = state.new_record_id()
        self.client_id = f"{self.app_id}-{state.new_account_id()[:8].lower()}"
        self.client_secret = state.new_uuid()
        self.version_id = state.new_record_id()
        self.plan_id = state.new_account_id()
        self.user_id = state.new_account_id()
        self.refreshes = 0
        self.refused = 0
        self.minted: Counter[str] = Counter()

    def authorize(
        self,
        user_type: TokenKind = "Location",
        location: Location | str | None = None,
        locations: Iterable[Location | str] | None = None,
        scopes: Iterable[str] | None = None,
    ) -> str:
        """Consent in the browser, which installs the app; returns the code of the redirect.

        Args:
            user_type: Who consents: a location's user or the company's. This alone decides the
                kind of token, whatever the exchange asks for.
            location: The location (the first by default).
            locations: The locations that a company's user approves, all there are by default.
            scopes: What is granted, every scope the sandbox knows by default.

        Raises:
            ValueError: There is no such location, or a Location consent is for several.
        """
        state = self._state
        if user_type == "Company":
            chosen = [location] if location is not None and locations is None else locations
            approved = [*state.locations] if chosen is None else [*map(state.location_id, chosen)]
            place, everywhere = state.company_id, chosen is None
        elif locations is not None:
            msg = "a Location consent is for one location: name it with location="
            raise ValueError(msg)
        else:
            place, everywhere = state.location_id(location), False
            approved = [place]
        for location_id in approved:
            self.install(location_id)
        if scopes is None:
            scopes = (*SCOPES, *STUB_SCOPES, *(OAUTH_SCOPES if user_type == "Company" else ()))
        self._grants[place] = _Grant(user_type, place, frozenset(scopes), everywhere)
        return self.new_code(place)[0]

    def install(self, location: Location | str | None = None) -> None:
        """Install the app in a location (the first by default) without a code.

        Raises:
            ValueError: There is no such location.
        """
        place = self._state.location_id(location)
        self._installed.setdefault(place, self._state.timestamp())
        self._renew_company_tokens()

    def uninstall(self, location: Location | str | None = None) -> None:
        """Take the app out of a location (the first by default): its tokens there are dead.

        Raises:
            ValueError: There is no such location.
        """
        state = self._state
        place = state.location_id(location)
        self._installed.pop(place, None)
        self._renew_company_tokens()
        for value, token in state.tokens.items():
            if (
                token.app == self.client_id
                and token.locations == {place}
                and token.kind == "Location"
            ):
                state.countdowns[value] = Countdown(0)
        self._grants.pop(place, None)
        _forget(self._codes, place)
        _forget(self._refreshes, place)

    def installed_at(self, location_id: str) -> str | None:
        """Since when the app is installed in a location."""
        return self._installed.get(location_id)

    def new_code(self, place: str) -> tuple[str, datetime]:
        """A code for what a location or company has consented to, and until when it is good.

        Raises:
            SandboxError: It hasn't.
        """
        if place not in self._grants:
            raise SandboxError(400, "The app is not installed")
        code = self._state.new_uuid().replace("-", "")
        until = self._state.now() + timedelta(seconds=self._state.choices.code_seconds)
        self._codes[code] = _Held(self._grants[place], until)
        return code, until

    def exchange(self, code: str) -> Mapping[str, Any]:
        """What `/oauth/token` answers to a code.

        Raises:
            SandboxError: The code is not good, or not any more.
        """
        held = self._codes.get(code)
        if held is None or held.until <= self._state.now():
            self._refuse("authorization code")
        self._check_active(held.grant)
        del self._codes[code]
        if self._state.choices.refresh_life == "next_consent":
            _forget(self._refreshes, held.grant.place)
        return self._issued(held.grant)

    def refresh(self, value: str) -> Mapping[str, Any]:
        """What `/oauth/token` answers to a refresh token, which is good for one use.

        Raises:
            SandboxError: The token is not good, or not any more.
        """
        held = self._refreshes.get(value)
        if held is None or held.until <= self._state.now():
            self._refuse("refresh token")
        if held.answer is not None:
            return held.answer
        self._check_active(held.grant)
        answer = self._issued(held.grant)
        self.refreshes += 1
        grace = timedelta(seconds=self._state.choices.refresh_grace_seconds)
        del self._refreshes[value]
        if grace:
            self._refreshes[value] = replace(held, until=self._state.now() + grace, answer=answer)
        return answer

    def mint(self, company: Token, location_id: str) -> Mapping[str, Any]:
        """A Location token from a Company token, as an answer shows it; none to refresh it with."""
        scopes = company.scopes.difference(OAUTH_SCOPES)
        self.minted[location_id] += 1
        return self._new_token("Location", scopes, [location_id], company.app)

    def _issued(self, grant: _Grant) -> Mapping[str, Any]:
        """New tokens of a grant. Those given before live on until they expire."""
        state, is_company = self._state, grant.kind == "Company"
        locations = [*self._installed] if is_company else [grant.place]
        access = self._new_token(grant.kind, grant.scopes, locations, self.client_id)
        refresh = state.new_uuid()
        yearly = state.choices.refresh_life == "year"
        until = state.now() + timedelta(days=_REFRESH_DAYS) if yearly else _NEVER
        self._refreshes[refresh] = _Held(grant, until)
        return {
            **access,
            "refresh_token": refresh,
            "userType": grant.kind,
            "companyId": state.company_id,
            **({} if is_company else {"locationId": grant.place}),
            "userId": self.user_id,
            "approvedLocations": locations,
            "planId": self.plan_id,
            "isBulkInstallation": is_company,
            "installToFutureLocations": False,
            "approveAllLocations": grant.everywhere,
        }

    def _new_token(
        self, kind: TokenKind, scopes: frozenset[str], locations: Iterable[str], app: str
    ) -> Mapping[str, Any]:
        """A new access token, as every token answer shows it."""
        state = self._state
        value, lives = state.new_uuid(), state.choices.access_seconds
        state.tokens[value] = Token(
            value,
            kind,
            scopes,
            frozenset(locations),
            app,
            state.company_id,
            private=False,
            expires=state.now() + timedelta(seconds=lives),
        )
        return {
            "access_token": value,
            "token_type": "Bearer",
            "expires_in": int(lives),
            "scope": " ".join(sorted(scopes)),
        }

    def _check_active(self, grant: _Grant) -> None:
        location = self._state.locations.get(grant.place)
        if grant.kind == "Location" and (location is None or location.suspended):
            raise SandboxError(400, "Location is not active")  # never seen as a 401 here

    def _refuse(self, what: str) -> NoReturn:
        self.refused += 1
        raise SandboxError(400, f"Invalid grant: {what} is invalid", code="invalid_grant")

    def _renew_company_tokens(self) -> None:
        """A Company token always reaches the locations where the app is installed now."""
        tokens = self._state.tokens
        for value, token in tokens.items():
            if token.app == self.client_id and token.kind == "Company":
                tokens[value] = replace(token, locations=frozenset(self._installed))


def _forget(held: dict[str, _Held], place: str) -> None:
    for value in [value for value, one in held.items() if one.grant.place == place]:
        del held[value]
