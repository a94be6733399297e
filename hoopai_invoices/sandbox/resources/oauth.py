"""The OAuth calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from ..access import NO_SCOPE, check_location
from ..call import Answer, Call, Handler
from ..contract import Operation
from ..errors import SandboxError
from ..limits import Meter
from ..oauth import OAuthServer
from ..state import Location, Token
from .days import instant

__all__ = ["OPERATIONS", "handlers"]

_LONGEST = 18  # digits of a number that int() is asked for
_ANY_TEXT = {"type": "string"}
_TEXT = {"type": "string", "minLength": 1}
_DIGITS = {"type": "string", "pattern": "^[0-9]+$"}
_YES_NO = {"type": "string", "enum": ["true", "false"]}
_GRANTS = ["authorization_code", "refresh_token", "client_credentials"]

OPERATIONS = (
    Operation(
        id="oauth_token",
        name="oauth.token",
        method="POST",
        segments=("oauth", "token"),
        scopes=None,
        query=None,
        body={
            "type": "object",
            "properties": {
                **dict.fromkeys(("client_id", "client_secret"), _TEXT),
                "grant_type": {"type": "string", "enum": _GRANTS},
                **dict.fromkeys(("code", "refresh_token", "redirect_uri"), _ANY_TEXT),
                "user_type": {"type": "string", "enum": ["Company", "Location"]},
            },
            "required": ["client_id", "client_secret", "grant_type"],
        },
        location=None,
        token=False,
    ),
    Operation(
        id="oauth_reconnect",
        name="oauth.reconnect",
        method="POST",
        segments=("oauth", "reconnect"),
        scopes=None,
        query=None,
        body={
            "type": "object",
            "properties": {
                **dict.fromkeys(("clientKey", "clientSecret"), _TEXT),
                **dict.fromkeys(("locationId", "companyId"), _ANY_TEXT),
            },
            "required": ["clientKey", "clientSecret"],
        },
        location=None,
        token=False,
    ),
    Operation(
        id="oauth_location_token",
        name="oauth.location_token",
        method="POST",
        segments=("oauth", "locationToken"),
        scopes={"Company": frozenset({"oauth.write"})},
        query=None,
        body={
            "type": "object",
            "properties": {"companyId": _TEXT, "locationId": _TEXT},
            "required": ["companyId", "locationId"],
        },
        location=None,  # the call is the company's
    ),
    Operation(
        id="oauth_installed_locations",
        name="oauth.installed_locations",
        method="GET",
        segments=("oauth", "installedLocations"),
        scopes={"Company": frozenset({"oauth.readonly"})},
        query={
            "type": "object",
            "properties": {
                **dict.fromkeys(("companyId", "appId"), _TEXT),
                **dict.fromkeys(("skip", "limit"), _DIGITS),
                **dict.fromkeys(("isInstalled", "onTrial"), _YES_NO),
                **dict.fromkeys(("query", "versionId", "planId", "locationId"), _ANY_TEXT),
            },
            "required": ["companyId", "appId"],
        },
        body=None,
        location=None,
    ),
)
"""The first two ask for no token and no `Version`, the others are for Company tokens."""


def handlers(app: OAuthServer, meter: Meter) -> dict[str, Handler]:
    """The handlers, by operation id, that serve one app."""
    calls = _Calls(app, meter)
    return {
        "oauth_token": calls.token,
        "oauth_reconnect": calls.reconnect,
        "oauth_location_token": calls.location_token,
        "oauth_installed_locations": calls.installed_locations,
    }


class _Calls:
    """The calls of one app."""

    def __init__(self, app: OAuthServer, meter: Meter) -> None:
        self._app = app
        self._meter = meter

    def token(self, call: Call) -> Answer:
        app, body = self._app, call.body
        if body["client_id"] == app.client_id:  # another one is nobody whose calls would count
            self._meter.count_token_call(app.client_id, call.state.now())
        self._check_client(body["client_id"], body["client_secret"])
        # The user_type asked for changes nothing: who consented decides.
        match body["grant_type"]:
            case "authorization_code":
                answer = app.exchange(_given(body, "code"))
            case "refresh_token":
                answer = app.refresh(_given(body, "refresh_token"))
            case _:
                text = "Unsupported grant type: `grant_type` is invalid"
                raise SandboxError(400, text, code="unsupported_grant_type")
        return Answer(200, answer)  # not 201: OAuth itself says so

    def reconnect(self, call: Call) -> Answer:
        body = call.body
        self._check_client(body["clientKey"], body["clientSecret"])
        code, until = self._app.new_code(body.get("locationId") or body.get("companyId") or "")
        return call.posted({"authorizationCode": code, "expiresAt": instant(until)})

    def location_token(self, call: Call) -> Answer:
        app, token, location_id = self._app, _caller(call), call.body["locationId"]
        if token.private and call.state.choices.private_mints == "refused":
            raise SandboxError(401, NO_SCOPE)
        _check_company(token, call.body["companyId"])
        check_location(token, location_id)
        call.state.active(location_id)
        answer = {
            **app.mint(token, location_id),
            "locationId": location_id,
            "planId": app.plan_id,
            "userId": app.user_id,
            "appId": app.app_id,
            "versionId": app.version_id,
        }
        return call.posted(answer)

    def installed_locations(self, call: Call) -> Answer:
        app, query = self._app, call.query
        _check_company(_caller(call), query["companyId"])
        if query["appId"] != app.app_id:
            raise SandboxError(403, "The token does not have access to this app.")
        wanted = query.get("isInstalled", "true") == "true"
        named = query.get("query", "").casefold()
        found = [
            location
            for location in call.state.locations.values()
            if (app.installed_at(location.id) is not None) is wanted
            and named in location.name.casefold()
            and query.get("locationId") in (None, "", location.id)
            and query.get("versionId") in (None, "", app.version_id)
            and query.get("planId") in (None, "", app.plan_id)
            and query.get("onTrial") != "true"
        ]
        start, size = (
            int(query.get(name, default)[:_LONGEST])
            for name, default in (("skip", "0"), ("limit", "20"))
        )
        body = {
            "locations": [self._shown(location) for location in found[start : start + size]],
            "count": len(found),
            "installToFutureLocations": False,
        }
        return Answer(200, body)

    def _check_client(self, client_id: str, secret: str) -> None:
        if (client_id, secret) != (self._app.client_id, self._app.client_secret):
            text = "Invalid client: client credentials are invalid"
            raise SandboxError(401, text, code="invalid_client")

    def _shown(self, location: Location) -> dict[str, Any]:
        since = self._app.installed_at(location.id)
        facts = {"_id": location.id, "name": location.name, "address": ""}
        if since is None:
            return {**facts, "isInstalled": False}
        return {
            **facts,
            "isInstalled": True,
            "versionId": self._app.version_id,
            "installedAt": since,
        }


def _caller(call: Call) -> Token:
    assert call.token is not None, "the operation asks for a token"
    return call.token


def _check_company(token: Token, company_id: str) -> None:
    if company_id != token.company_id:
        raise SandboxError(403, "The token does not have access to this company.")


def _given(body: Mapping[str, Any], name: Literal["code", "refresh_token"]) -> str:
    value: str | None = body.get(name)
    if not value:
        raise SandboxError(400, f"Missing parameter: `{name}`", code="invalid_request")
    return value
