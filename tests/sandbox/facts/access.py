"""Section 4: tokens, OAuth and scopes."""

from __future__ import annotations

from typing import Any, Literal

import httpx

from hoopai_invoices.sandbox import Limits

from ..support import Api
from .doing import raw
from .table import fact

Kind = Literal["Location", "Company"]
NO_SCOPE = "The token is not authorized for this scope."
UNKNOWN = "6a8fb2b0816b79f4fb264806"

SCOPED: dict[str, tuple[str, ...]] = {
    "invoices.readonly": (
        "GET /invoices/",
        "GET /invoices/{id}",
        "GET /invoices/generate-invoice-number",
        "GET /invoices/settings",
    ),
    "invoices.write": (
        "POST /invoices/",
        "PUT /invoices/{id}",
        "DELETE /invoices/{id}",
        "POST /invoices/{id}/void",
        "POST /invoices/{id}/send",
        "POST /invoices/{id}/record-payment",
        "POST /invoices/text2pay",
    ),
    "invoices/template.readonly": ("GET /invoices/template", "GET /invoices/template/{id}"),
    "invoices/template.write": (
        "POST /invoices/template",
        "PUT /invoices/template/{id}",
        "DELETE /invoices/template/{id}",
    ),
    "invoices/schedule.readonly": ("GET /invoices/schedule", "GET /invoices/schedule/{id}"),
    "invoices/schedule.write": (
        "POST /invoices/schedule",
        "PUT /invoices/schedule/{id}",
        "DELETE /invoices/schedule/{id}",
        "POST /invoices/schedule/{id}/schedule",
        "POST /invoices/schedule/{id}/updateAndSchedule",
        "POST /invoices/schedule/{id}/auto-payment",
        "POST /invoices/schedule/{id}/cancel",
    ),
    "invoices/estimate.readonly": (
        "GET /invoices/estimate/list",
        "GET /invoices/estimate/number/generate",
        "GET /invoices/estimate/template",
        "GET /invoices/estimate/template/preview",
    ),
    "invoices/estimate.write": (
        "POST /invoices/estimate",
        "PUT /invoices/estimate/{id}",
        "DELETE /invoices/estimate/{id}",
        "POST /invoices/estimate/{id}/send",
        "POST /invoices/estimate/{id}/invoice",
        "POST /invoices/estimate/template",
        "PUT /invoices/estimate/template/{id}",
        "DELETE /invoices/estimate/template/{id}",
    ),
}

for _scope, _calls in SCOPED.items():
    for _call in _calls:

        @fact(f"4: {_call} needs {_scope} and nothing else")
        async def _(api: Api, scope: str = _scope, call: str = _call) -> None:
            method, path = call.replace("{id}", UNKNOWN).split()
            body: Any = None if method in ("GET", "DELETE") else {}
            others = api.box.add_token(scopes=[name for name in SCOPED if name != scope])
            alone = api.box.add_token(scopes=[scope])
            refusal = await api(method, path, body, token=others)
            assert refusal == (401, {"statusCode": 401, "message": NO_SCOPE})
            assert (await api(method, path, body, token=alone))[0] not in (401, 403)


for _version in ("2021-07-28", "2021-04-15", "2023-02-21", "v3"):

    @fact(f"4: Version {_version} is taken")
    async def _(api: Api, version: str = _version) -> None:
        status, _answer = await api("GET", "/invoices/settings", headers={"Version": version})
        assert status == 200


for _taken in ("refused", "accepted"):

    @fact(f"4: a Version that nobody has seen is {_taken}", other_versions=_taken)
    async def _(api: Api, taken: str = _taken) -> None:
        status, _answer = await api("GET", "/invoices/settings", headers={"Version": "1999-01-01"})
        assert (status == 200) is (taken == "accepted")


for _refusal, _text in (
    ("invalid_jwt", "Invalid JWT"),
    ("own_text", "Invalid Private Integration token"),
):

    @fact(f"4: an unknown private token gets: {_text}", private_refusal=_refusal)
    async def _(api: Api, message: str = _text) -> None:
        answer = await api("GET", "/invoices/settings", token="pit-nobody")
        assert answer == (401, {"statusCode": 401, "message": message})


@fact("4: a private integration token starts with pit- and doesn't end")
async def _(api: Api) -> None:
    assert api.box.token.startswith("pit-")
    api.box.clock.advance(days=400)
    assert (await api("GET", "/invoices/settings"))[0] == 200


@fact("4: a private integration token may be one for an agency")
async def _(api: Api) -> None:
    other = api.box.add_location()
    token = api.box.add_token(kind="Company", locations=[other.id])
    assert (await api("GET", "/invoices/settings", token=token, altId=other.id))[0] == 200
    assert (await api("GET", "/invoices/settings", token=token))[0] == 403


# ---- OAuth ---------------------------------------------------------------------------------------


async def granted(api: Api, **form: str) -> httpx.Response:
    """What the token endpoint answers to a form."""
    oauth = api.box.oauth
    app = {"client_id": oauth.client_id, "client_secret": oauth.client_secret}
    return await api.http.post("/oauth/token", data={**app, **form})


async def exchanged(
    api: Api, installed: Kind = "Location", *, asked: str = "Location", **install: Any
) -> Any:
    """The answer to the code of an installation for a location or an agency."""
    code = api.box.oauth.authorize(installed, **install)
    answer = await granted(api, grant_type="authorization_code", code=code, user_type=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def refreshed(api: Api, grant: Any) -> httpx.Response:
    return await granted(api, grant_type="refresh_token", refresh_token=grant["refresh_token"])


async def company(api: Api, *scopes: str) -> Any:
    """The grant of an agency's installation."""
    wanted = scopes or ("oauth.write", "oauth.readonly", "invoices.readonly")
    return await exchanged(api, "Company", asked="Company", scopes=list(wanted))


@fact("4: a code is exchanged for a Location token")
async def _(api: Api) -> None:
    grant = await exchanged(api, scopes=["invoices.readonly", "invoices.write"])
    assert grant["token_type"] == "Bearer"
    assert grant["expires_in"] == 86399
    assert sorted(grant["scope"].split(" ")) == ["invoices.readonly", "invoices.write"]
    assert grant["userType"] == "Location"
    assert grant["locationId"] == api.box.location_id
    assert {"access_token", "refresh_token", "companyId", "userId", "planId"} <= grant.keys()
    status, _answer = await api("GET", "/invoices/settings", token=grant["access_token"])
    assert status == 200


@fact("4: a grant tells about the installation, isBulkInstallation as a boolean")
async def _(api: Api) -> None:
    grant = await company(api)
    assert isinstance(grant["isBulkInstallation"], bool)
    assert isinstance(grant["approvedLocations"], list)
    assert {"installToFutureLocations", "approveAllLocations"} <= grant.keys()


@fact("4: locationId stands with Location tokens alone")
async def _(api: Api) -> None:
    assert "locationId" not in await company(api)


@fact("4: an agency's installation gives a Company token even when Location was asked for")
async def _(api: Api) -> None:
    grant = await exchanged(api, "Company", asked="Location", scopes=["oauth.write"])
    assert grant["userType"] == "Company"


@fact("4: a client with a wrong secret gets nothing")
async def _(api: Api) -> None:
    code = api.box.oauth.authorize("Location")
    answer = await granted(api, grant_type="authorization_code", code=code, client_secret="wrong")
    assert 400 <= answer.status_code < 500
    assert "access_token" not in answer.text


@fact("4: an access token lasts a day")
async def _(api: Api) -> None:
    grant = await exchanged(api)
    api.box.clock.advance(seconds=86300)
    assert (await api("GET", "/invoices/settings", token=grant["access_token"]))[0] == 200
    api.box.clock.advance(seconds=100)
    status, answer = await api("GET", "/invoices/settings", token=grant["access_token"])
    assert (status, answer["message"]) == (401, "Invalid JWT")


@fact("4: an access token lasts as long as its grant says", access_seconds=60)
async def _(api: Api) -> None:
    grant = await exchanged(api)
    assert grant["expires_in"] == 60
    api.box.clock.advance(seconds=59)
    assert (await api("GET", "/invoices/settings", token=grant["access_token"]))[0] == 200
    api.box.clock.advance(seconds=1)
    assert (await api("GET", "/invoices/settings", token=grant["access_token"]))[0] == 401


@fact("4: refreshing gives a new refresh token, the old one is spent", refresh_grace_seconds=0)
async def _(api: Api) -> None:
    grant = await exchanged(api)
    second = await refreshed(api, grant)
    assert second.status_code == 200
    assert second.json()["refresh_token"] != grant["refresh_token"]
    assert second.json()["access_token"] != grant["access_token"]
    assert 400 <= (await refreshed(api, grant)).status_code < 500
    assert (await refreshed(api, second.json())).status_code == 200


@fact("4: within the grace the spent refresh token gives the same answer", refresh_grace_seconds=30)
async def _(api: Api) -> None:
    grant = await exchanged(api)
    second = (await refreshed(api, grant)).json()
    api.box.clock.advance(seconds=20)
    again = (await refreshed(api, grant)).json()
    assert again["refresh_token"] == second["refresh_token"]
    assert again["access_token"] == second["access_token"]
    api.box.clock.advance(seconds=20)
    assert 400 <= (await refreshed(api, grant)).status_code < 500


@fact("4: a refresh token lives for a year", refresh_life="year")
async def _(api: Api) -> None:
    grant = await exchanged(api)
    api.box.clock.advance(days=360)
    second = await refreshed(api, grant)
    assert second.status_code == 200
    api.box.clock.advance(days=370)
    assert 400 <= (await refreshed(api, second.json())).status_code < 500


@fact("4: a refresh token lives until the next consent", refresh_life="next_consent")
async def _(api: Api) -> None:
    grant = await exchanged(api)
    api.box.clock.advance(days=400)
    second = await refreshed(api, grant)
    assert second.status_code == 200
    await exchanged(api)
    assert 400 <= (await refreshed(api, second.json())).status_code < 500


@fact("4: a code that is too old gives nothing", code_seconds=30)
async def _(api: Api) -> None:
    code = api.box.oauth.authorize("Location")
    api.box.clock.advance(seconds=31)
    answer = await granted(api, grant_type="authorization_code", code=code)
    assert 400 <= answer.status_code < 500
    await exchanged(api)


@fact("3: refreshing for a suspended location is a 400", suspended_status="401")
async def _(api: Api) -> None:
    location = api.box.add_location()
    grant = await exchanged(api, location=location)
    location.suspended = True
    answer = await refreshed(api, grant)
    assert (answer.status_code, answer.json()["message"]) == (400, "Location is not active")


@fact("4: the token endpoint takes five calls a minute")
async def _(api: Api) -> None:
    grant = await exchanged(api)
    for _ in range(4):
        answer = await refreshed(api, grant)
        grant = answer.json()
    assert (await refreshed(api, grant)).status_code == 429
    api.box.clock.advance(seconds=61)
    assert (await refreshed(api, grant)).status_code == 200


@fact("4: the token endpoint may have no limit", limits=Limits(token_calls=None))
async def _(api: Api) -> None:
    grant = await exchanged(api)
    for _ in range(8):
        answer = await refreshed(api, grant)
        assert answer.status_code == 200
        grant = answer.json()


@fact("4: reconnecting gives a new code")
async def _(api: Api) -> None:
    await exchanged(api)
    oauth = api.box.oauth
    body = {
        "clientKey": oauth.client_id,
        "clientSecret": oauth.client_secret,
        "locationId": api.box.location_id,
    }
    answer = await api.http.post("/oauth/reconnect", json=body)
    assert answer.status_code in (200, 201), answer.text
    assert "expiresAt" in answer.json()
    code = answer.json()["authorizationCode"]
    again = await granted(api, grant_type="authorization_code", code=code)
    assert again.json()["locationId"] == api.box.location_id


# ---- A Location token from a Company token -------------------------------------------------------


async def minted(api: Api, token: str, company_id: str, *, by: str = "data") -> httpx.Response:
    """What minting a token for the first location answers; sent as a form, or as JSON."""
    body = {"companyId": company_id, "locationId": api.box.location_id}
    return await raw(api, "POST", "/oauth/locationToken", token=token, **{by: body})


for _by in ("data", "json"):

    @fact(f"4: a Company token mints a Location token (sent as {_by})")
    async def _(api: Api, by: str = _by) -> None:
        grant = await company(api)
        answer = await minted(api, grant["access_token"], grant["companyId"], by=by)
        assert answer.status_code in (200, 201), answer.text
        token = answer.json()
        assert (token["token_type"], token["locationId"]) == ("Bearer", api.box.location_id)
        assert {"access_token", "expires_in", "scope", "planId", "userId"} <= token.keys()
        assert "refresh_token" not in token
        status, _answer = await api("GET", "/invoices/settings", token=token["access_token"])
        assert status == 200


@fact("5: minting may have a limit of its own", limits=Limits(mint_calls=2))
async def _(api: Api) -> None:
    grant = await company(api)
    token, company_id = grant["access_token"], grant["companyId"]
    seen = [(await minted(api, token, company_id)).status_code for _ in range(3)]
    assert seen[2] == 429
    assert {200, 201}.issuperset(seen[:2])
    api.box.clock.advance(minutes=1)
    assert (await minted(api, token, company_id)).status_code in (200, 201)


@fact("4: minting needs oauth.write")
async def _(api: Api) -> None:
    grant = await company(api, "oauth.readonly")
    answer = await minted(api, grant["access_token"], grant["companyId"])
    assert (answer.status_code, answer.json()["message"]) == (401, NO_SCOPE)


for _taken in ("refused", "accepted"):

    @fact(f"4: minting with an agency's private token is {_taken}", private_mints=_taken)
    async def _(api: Api, taken: str = _taken) -> None:
        token = api.box.add_token(scopes=["oauth.write", "invoices.readonly"], kind="Company")
        company_id = (await company(api))["companyId"]
        answer = await minted(api, token, company_id)
        assert (answer.status_code in (200, 201)) is (taken == "accepted")


@fact("4: installedLocations lists where the app is")
async def _(api: Api) -> None:
    grant = await company(api)
    params = {"companyId": grant["companyId"], "appId": api.box.oauth.app_id}
    path = "/oauth/installedLocations"
    answer = await raw(api, "GET", path, token=grant["access_token"], params=params)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert {"locations", "count", "installToFutureLocations"} <= found.keys()
    (location,) = found["locations"]
    assert location["_id"] == api.box.location_id
    assert {"name", "address", "isInstalled"} <= location.keys()
    rest = await raw(
        api, "GET", path, token=grant["access_token"], params={**params, "skip": "1", "limit": "1"}
    )
    assert rest.json()["locations"] == []


@fact("4: installedLocations needs oauth.readonly, companyId and appId")
async def _(api: Api) -> None:
    grant = await company(api, "oauth.write")
    params = {"companyId": grant["companyId"], "appId": api.box.oauth.app_id}
    path = "/oauth/installedLocations"
    answer = await raw(api, "GET", path, token=grant["access_token"], params=params)
    assert answer.status_code == 401
    api.box.clock.advance(minutes=1)
    reader = (await company(api))["access_token"]
    for name in params:
        rest = {key: value for key, value in params.items() if key != name}
        answer = await raw(api, "GET", path, token=reader, params=rest)
        assert answer.status_code == 422
