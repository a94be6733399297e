"""A marketplace app: consent, grants that are refreshed, and tokens minted for an agency's locations."""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections.abc import Coroutine, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, NoReturn, TypeVar
from urllib.parse import quote, urlencode, urlsplit

from attrs import field, frozen

from .. import __version__
from .._core.clock import Clock, SystemClock
from .._core.ids import check_id
from .._core.limiter import RateLimit
from .._core.secret import Secret
from .._core.tokens import checked_token, hidden
from .._protocol import Pager
from ..errors import (
    ConfigurationError,
    InvalidRequestError,
)
from .calls import OAuthCalls
from .grant import Grant
from .grants import Grants, no_grant
from .holder import Dead
from .keeping import Store
from .pace import MintingPlan, plan_minting
from .store import TokenStore
from .tokens import LocationTokens

if TYPE_CHECKING:
    import httpx

    from .installed import InstalledLocation
    from .premint import Preminted

__all__ = ["AuthorizationRequest", "OAuthApp"]

T = TypeVar("T")
AUTHORIZE_URL: Final = "https://marketplace.gohighlevel.com/oauth/chooselocation"
BASE_URL: Final = "https://services.leadconnectorhq.com"
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
# One page of the vendor says five a minute for `/oauth/token`; of minting nobody says anything, so it
# begins at what the service takes of everything else.
_TOKEN_LIMIT = RateLimit(burst=5, seconds=60.0)
_MINT_LIMIT = RateLimit(burst=100, seconds=10.0)


@frozen
class AuthorizationRequest:
    """Where to send the user who consents.

    Attributes:
        url: The address; it holds the state.
        state: Keep it with the user's browser session, and compare it when the user comes back: it
            proves that the consent that comes back is the one that was asked for.
    """

    url: str = field(repr=False)
    state: str = field(repr=False)


class OAuthApp:
    """A marketplace app, and the grants that it was given.

    ```python
    app = OAuthApp(client_id, client_secret, store=FileStore("tokens"))
    async with InvoicesClient(token=app) as client:
        invoice = await client.location("ve9EPM428h8vShlRW1KT").invoices.get("…")
    ```

    A client's calls get a token of their own location: the one that the location's user has consented
    to, refreshed; or one that is minted from its agency's grant. Refresh tokens are good for one use
    and rotate; whatever happens at once, in any number of processes on one store, each is used once,
    and what it gives is kept before it is used. It needs no closing.

    Args:
        client_id: The app's client id, as the marketplace shows it.
        client_secret: Its secret.
        store: Who keeps the grants.
        redirect_uri: Where the user comes back to after consenting.
        scopes: What to ask for; see `required_scopes`. Agencies also need "oauth.write" (minting)
            and "oauth.readonly" (`installed_locations`).
        company_id: The agency whose grant mints tokens. None: the one that there is a grant of; of
            several, the one whose user has chosen the location.
        app_id: The app's id, for `installed_locations`; by default what stands in the client id
            before its "-".
        base_url: Where the service is.
        authorize_url: Where users consent: a white label has an address of its own.
        api_version: The `Version` header.
        token_limit: Calls of `/oauth/token` that one process makes; None: as many as it wants.
        mint_limit: Calls of `/oauth/locationToken` for an agency; less when the service refuses
            some, see docs/tokens.md.
        transport: An httpx transport in place of one's own; it is never closed.

    Raises:
        ConfigurationError: One of these can't be used.
    """

    def __init__(
        self,
        client_id: str,
        client_secret: str | Secret,
        *,
        store: TokenStore,
        redirect_uri: str | None = None,
        scopes: Iterable[str] = (),
        company_id: str | None = None,
        app_id: str | None = None,
        base_url: str = BASE_URL,
        authorize_url: str = AUTHORIZE_URL,
        api_version: str = "2021-07-28",
        token_limit: RateLimit | None = _TOKEN_LIMIT,
        mint_limit: RateLimit | None = _MINT_LIMIT,
        transport: httpx.AsyncBaseTransport | None = None,
        _clock: Clock | None = None,
    ):
        client_secret = hidden(client_secret)
        secret = checked_token(client_secret, "client_secret")
        self.client_id = _word(client_id, "client_id")
        if not isinstance(store, TokenStore):
            raise ConfigurationError(
                "store keeps no tokens", hint="such as FileStore('tokens'); see TokenStore"
            )
        if isinstance(scopes, str):
            msg = "scopes is a list: a single text would be taken letter by letter"
            raise ConfigurationError(msg)
        self.redirect_uri = redirect_uri
        self.scopes = tuple(sorted({_word(scope, "scopes") for scope in scopes}))
        self.company_id = company_id and check_id(company_id, "company_id")
        self.app_id = app_id or self.client_id.partition("-")[0]
        self._authorize_url = _address(authorize_url, "authorize_url")
        if redirect_uri is not None:
            _address(redirect_uri, "redirect_uri")
        headers = {"user-agent": f"hoopai-invoices/{__version__}", "version": api_version}
        self._mint_limit = mint_limit
        clock = _clock or SystemClock()
        self._calls = OAuthCalls(base_url, transport, clock, headers, token_limit, mint_limit)
        self._app = {"client_id": self.client_id, "client_secret": secret}
        kept = Store(store, self._calls.pause)
        self._grants = Grants(self._app, kept, self._calls, clock, self.company_id)
        self._auth = LocationTokens(self._grants)
        self._tasks: set[asyncio.Task[Any]] = set()

    def __repr__(self) -> str:
        return f"OAuthApp({getattr(self, 'client_id', None)!r})"

    def __reduce__(self) -> NoReturn:
        msg = "an OAuthApp can't be pickled: it holds the app's secret"
        raise ConfigurationError(msg, hint="make one in each process, on the same store")

    # --- Consent -----------------------------------------------------------------------------

    def authorization_url(
        self, *, scopes: Iterable[str] | None = None, redirect_uri: str | None = None
    ) -> AuthorizationRequest:
        """Where to send the user who is to consent; `complete` takes what comes back.

        Args:
            scopes: What to ask for, in place of the app's.
            redirect_uri: Where the user comes back to, in place of the app's.

        Raises:
            ConfigurationError: There is no `redirect_uri`, or no scope to ask for.
        """
        back = redirect_uri or self.redirect_uri
        wanted = self.scopes if scopes is None else tuple(sorted(set(scopes)))
        if back is None:
            raise ConfigurationError("authorization_url needs a redirect_uri")
        if not wanted:
            hint = "scopes=required_scopes('invoices.create', …)"
            raise ConfigurationError("authorization_url needs scopes to ask for", hint=hint)
        state = secrets.token_urlsafe(32)
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": _address(back, "redirect_uri"),
            "scope": " ".join(wanted),
            "state": state,
            "loginWindowOpenMode": "self",
        }
        joint = "&" if "?" in self._authorize_url else "?"
        url = f"{self._authorize_url}{joint}{urlencode(query, quote_via=quote)}"
        return AuthorizationRequest(url, state)

    async def complete(
        self,
        params: Mapping[str, str],
        *,
        state: str | None,
        redirect_uri: str | None = None,
    ) -> Grant:
        """Take what the user comes back with: check it, have the grant, and keep it.

        Args:
            params: The query of the address that the user was sent back to.
            state: The `state` of the authorization request, as it was kept with the user's session.
                None checks nothing, which only an install that was begun in the marketplace, and so
                has no state, justifies: it lets a stranger connect his account to the session.
            redirect_uri: The one that was asked with, in place of the app's.

        Raises:
            InvalidRequestError: The user has refused, the state is another one, or there is no code.
                The code wasn't used.
            ReauthorizationRequired: The code is used up or too old.
            TokenStoreError: The grant can't be kept.
        """
        code, given = hidden(params.get("code") or None), params.get("state") or ""
        told = params.get("error_description") or params.get("error")
        told = told or ("no reason" if "error" in params else None)
        params = {}  # this frame is shown with the errors below, and the code is good still
        # An empty one was kept by nobody: a session that has lost its own must let nobody in.
        if state is not None and not (state and _same(given, state)):
            msg = "this is not the state that was asked with, so it may be another's consent"
            raise InvalidRequestError(msg, path="state", hint="begin anew")
        if told is not None:
            raise InvalidRequestError(f"no consent was given: {told:.200}", path="error")
        if code is None:
            raise InvalidRequestError("there is none", path="code")
        return await self.exchange_code(code, redirect_uri=redirect_uri)

    async def exchange_code(
        self,
        code: str | Secret,
        *,
        redirect_uri: str | None = None,
        user_type: Literal["Company", "Location"] | None = None,
    ) -> Grant:
        """Have the grant behind an authorization code, and keep it. Checks no state: see `complete`.

        Args:
            code: It is good once, for some minutes.
            redirect_uri: The one that was asked with, in place of the app's.
            user_type: What kind of grant to ask for. Who consented decides, whatever is asked for:
                look at the grant's `kind`.

        Raises:
            ReauthorizationRequired: The code is used up or too old.
            TokenStoreError: The grant can't be kept.
            HoopAIError: As with every call.
        """
        fields = {**self._app, "grant_type": "authorization_code", "code": hidden(code)}
        code = ""
        if back := redirect_uri or self.redirect_uri:
            fields["redirect_uri"] = back
        if user_type is not None:
            fields["user_type"] = user_type
        return await self._wholly(self._given(fields, {}))

    async def _given(self, fields: Mapping[str, Any], known: Mapping[str, Any]) -> Grant:
        try:
            grant = await self._calls.token(fields, known=known)
        except Dead:
            pass
        else:
            await self._grants.keep(grant)
            return grant
        what = "refresh token" if known else "authorization code"
        raise no_grant(f"the {what} is used up, too old, or another app's")

    async def grant(
        self, *, location_id: str | None = None, company_id: str | None = None
    ) -> Grant | None:
        """The grant that is kept of a location or an agency; None when there is none."""
        return await self._grants.named(location_id, company_id).look()

    async def adopt(
        self,
        refresh_token: str | Secret,
        *,
        location_id: str | None = None,
        company_id: str | None = None,
    ) -> Grant:
        """Take over a grant that another program has kept so far: refresh it, and keep it here.

        Its refresh token is used up by that, so the other program must have stopped.

        Raises:
            ReauthorizationRequired: The refresh token isn't good.
            TokenStoreError: The grant can't be kept.
            HoopAIError: As with every call.
        """
        fields = {
            **self._app,
            "grant_type": "refresh_token",
            "refresh_token": hidden(refresh_token),
        }
        refresh_token = ""  # this frame is shown with the errors below
        self._grants.named(location_id, company_id)  # refuses what is neither, or both
        kind = "Company" if location_id is None else "Location"
        known = {"userType": kind, "companyId": company_id, "locationId": location_id}
        return await self._wholly(self._given({**fields, "user_type": kind}, known))

    async def token(
        self, *, location_id: str | None = None, company_id: str | None = None
    ) -> Secret:
        """A token that is good now, for calls that this client doesn't make: refreshed, or minted.

        Raises:
            ReauthorizationRequired: There is no grant, or a dead one.
            HoopAIError: There is none for the moment.
        """
        holder = self._grants.named(location_id, company_id)
        return (await holder.access(batch=False)).secret

    async def forget(
        self, *, location_id: str | None = None, company_id: str | None = None
    ) -> None:
        """Keep the grant of a location, or of an agency, no longer: its user has left.

        Of an agency, also what this process has minted with it. The service isn't told, and other
        processes use what they have until its end, a day at most: uninstalling the app is what ends
        a grant.
        """
        await self._wholly(self._grants.forget(location_id, company_id))

    # --- Agencies ----------------------------------------------------------------------------

    def installed_locations(
        self,
        company_id: str | None = None,
        *,
        query: str | None = None,
        page_size: int = 100,
        cursor: str | None = None,
    ) -> Pager[InstalledLocation]:
        """The locations in which the app is installed. Needs the scope "oauth.readonly".

        Args:
            company_id: The agency, in place of the app's.
            query: A part of their names.
            page_size: How many to fetch at a time.
            cursor: Where an earlier pager stopped.
        """
        from .installed import installed_locations  # rarely needed

        async def fetch(query: Mapping[str, str]) -> Mapping[str, Any]:
            agency = await self._grants.agency(company_id)
            pairs = {"companyId": agency.company_id, "appId": self.app_id, **query}
            answer = await self._calls.installed(agency, agency.company_id, pairs)
            self._grants.learn(agency.company_id, answer)
            return answer

        return installed_locations(fetch, query, page_size, cursor)

    def plan_minting(self, locations: int) -> MintingPlan:
        """How long minting takes for so many locations, under `mint_limit`."""
        return plan_minting(locations, self._mint_limit)

    async def premint(
        self,
        locations: Iterable[str] | None = None,
        *,
        company_id: str | None = None,
        at_once: int = 8,
    ) -> Preminted:
        """Mint tokens beforehand, so that a night's job needn't wait for them.

        Those that are good still are left as they are. One location that can't have a token doesn't
        keep the others from theirs.

        Args:
            locations: Their ids; None: all in which the app is installed.
            company_id: The agency, in place of the app's.
            at_once: How many to ask for at the same time, below what calls ask for.

        Raises:
            ReauthorizationRequired: The agency's own grant is dead.
        """
        from .premint import premint  # rarely needed

        return await premint(self, locations, company_id, at_once)

    async def aclose(self) -> None:
        """Let a refresh end that is under way. The app can be used again afterwards."""
        if tasks := [*self._tasks]:
            await asyncio.wait(tasks)
        await self._auth.aclose()

    async def _wholly(self, work: Coroutine[Any, Any, T]) -> T:
        """Do it to its end, also when the caller is cancelled: a code is good for one use."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return await asyncio.shield(task)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # who waited for it may have left


def _same(one: str, other: str) -> bool:
    """Whether two texts from anywhere are equal; the time taken doesn't tell where they differ."""
    return hmac.compare_digest(*(text.encode("utf-8", "surrogatepass") for text in (one, other)))


def _word(text: object, name: str) -> str:
    if not isinstance(text, str) or not text.isascii() or not text.isprintable() or " " in text:
        raise ConfigurationError(f"{name}: one word of ASCII text is wanted")
    if not text:
        raise ConfigurationError(f"{name} is empty")
    return text


def _address(url: object, name: str) -> str:
    """An address that a browser may be sent to with a code, or for one."""
    text = url if isinstance(url, str) else ""
    try:
        parts = urlsplit(text)
        plain = parts.scheme == "http" and parts.hostname in _LOOPBACK
    except ValueError:
        parts, plain = urlsplit(""), False
    whole = text.isascii() and text.isprintable() and " " not in text and "#" not in text
    if not whole or not parts.hostname or not (parts.scheme == "https" or plain):
        hint = "https; http is for this machine only"
        raise ConfigurationError(f"{name} is no address that a user can be sent to", hint=hint)
    return text
