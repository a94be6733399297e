"""The page on which a person in a browser consents to the marketplace app."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import NoReturn
from urllib.parse import SplitResult, urlencode, urlsplit

from .access import OAUTH_SCOPES, SCOPES, STUB_SCOPES
from .gateway import Reply, Request
from .oauth import OAuthServer
from .state import TokenKind

__all__ = ["ConsentPage"]

_PATH = "/oauth/chooselocation"
_KNOWN = frozenset((*SCOPES, *STUB_SCOPES, *OAUTH_SCOPES))
_KINDS: dict[str, TokenKind] = {"Location": "Location", "Company": "Company"}


class ConsentPage:
    """Where an authorization URL leads: whoever opens it has consented at once.

    It is the first location's user who does, unless the address carries what the service knows
    nothing of: `location_id`, or `user_type=Company`. It is in no log and counts for no limit: a
    person's clicks are no calls of the app.
    """

    def __init__(self, oauth: OAuthServer) -> None:
        self._oauth = oauth

    def is_at(self, request: Request) -> bool:
        """Whether a request opens the page."""
        return request.method == "GET" and request.path == _PATH

    def answer(self, query: Mapping[str, str]) -> Reply:
        """The way back to the app with a code, or a page that says what is wrong."""
        try:
            return Reply(302, {"location": self._way_back(query)}, b"")
        except ValueError as exc:
            return Reply(400, {"content-type": "text/plain; charset=utf-8"}, str(exc).encode())

    def _way_back(self, query: Mapping[str, str]) -> str:
        if query.get("client_id") != self._oauth.client_id:
            _refuse("There is no app with this client_id.")
        if query.get("response_type") != "code":
            _refuse("The response_type must be code.")
        target = _target(query.get("redirect_uri", ""))
        asked = query.get("scope", "").split()
        if not asked:
            _refuse("The scope must name what the app asks for.")
        kind = _KINDS.get(query.get("user_type", "Location"))
        if kind is None:
            _refuse("The user_type must be Location or Company.")
        granted = _KNOWN.intersection(asked)
        if not granted:
            _refuse("The scope names nothing that there is.")
        told = {"code": self._oauth.authorize(kind, query.get("location_id"), scopes=granted)}
        if "state" in query:
            told["state"] = query["state"]
        parts = (target.query, urlencode(told))
        return target._replace(query="&".join(filter(None, parts))).geturl()


def _target(uri: str) -> SplitResult:
    """Where a browser may be sent to: anywhere by https, else on this machine."""
    # What browsers and urlsplit may read differently is no address.
    plain = all("!" <= letter <= "~" and letter not in "\\#" for letter in uri)
    try:
        target = urlsplit(uri if plain else "")
        _ = target.port
    except ValueError:
        target = urlsplit("")
    host = target.hostname or ""
    safe = target.scheme == "https" or (target.scheme == "http" and _is_here(host))
    if not host or not safe or "@" in target.netloc:
        _refuse("The redirect_uri must be an address with https, or one of this machine.")
    return target


def _is_here(host: str) -> bool:
    """Whether an address is this machine's; unlike a caller's it may be any text."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _refuse(text: str) -> NoReturn:
    raise ValueError(text)
