"""The OAuth calls: consents, tokens that rotate, and tokens for the locations of a company."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from hoopai_invoices.sandbox import Choices, Limits, Sandbox

from .support import App, new_box

pytestmark = pytest.mark.anyio

GRANT_KEYS = {
    *("access_token", "token_type", "expires_in", "refresh_token", "scope", "userType"),
    *("companyId", "userId", "approvedLocations", "planId", "isBulkInstallation"),
    *("installToFutureLocations", "approveAllLocations"),
}
MINTED_KEYS = {
    *("access_token", "token_type", "expires_in", "scope", "locationId", "planId", "userId"),
    *("appId", "versionId"),
}
EVERY_SCOPE = (
    "contacts.readonly invoices.readonly invoices.write invoices/estimate.readonly "
    "invoices/estimate.write invoices/schedule.readonly invoices/schedule.write "
    "invoices/template.readonly invoices/template.write payments/transactions.readonly "
    "users.readonly"
)
NO_SCOPE = {"statusCode": 401, "message": "The token is not authorized for this scope."}


@pytest.fixture
async def app(box: Sandbox) -> App:
    return App(box)


def refusal(response: httpx.Response) -> tuple[int, str, str]:
    """Status, OAuth's code, and the text of an OAuth error."""
    body = response.json()
    assert body.keys() == {"error", "error_description", "message", "statusCode", "traceId"}
    assert (body["statusCode"], body["message"]) == (
        response.status_code,
        body["error_description"],
    )
    return response.status_code, body["error"], body["message"]


DEAD_CODE = (400, "invalid_grant", "Invalid grant: authorization code is invalid")
DEAD_REFRESH = (400, "invalid_grant", "Invalid grant: refresh token is invalid")
NO_CLIENT = (401, "invalid_client", "Invalid client: client credentials are invalid")


# ---------------------------------------------------------------------------------- /oauth/token


async def test_a_location_s_consent(app: App) -> None:
    given = await app.tokens()
    assert given.keys() == GRANT_KEYS | {"locationId"}
    place = app.box.location_id
    assert (given["token_type"], given["expires_in"]) == ("Bearer", 86399)
    assert given["scope"] == EVERY_SCOPE
    assert (given["userType"], given["locationId"]) == ("Location", place)
    assert given["approvedLocations"] == [place]
    assert given["isBulkInstallation"] is False
    assert (await app.call(given["access_token"])).status_code == 200


async def test_a_company_s_consent(app: App) -> None:
    second = app.box.add_location().id
    given = await app.tokens("Company")
    assert given.keys() == GRANT_KEYS
    assert given["userType"] == "Company"
    assert given["approvedLocations"] == [app.box.location_id, second]
    assert (given["isBulkInstallation"], given["approveAllLocations"]) == (True, True)
    assert given["scope"] == EVERY_SCOPE.replace(
        "invoices/template.write ", "invoices/template.write oauth.readonly oauth.write "
    )
    chosen = await app.tokens("Company", locations=[second])
    assert chosen["approveAllLocations"] is False


@pytest.mark.parametrize("asked", ["Location", "Company"])
async def test_the_consent_decides_and_not_the_user_type_asked_for(app: App, asked: str) -> None:
    for kind in ("Location", "Company"):
        code = app.box.oauth.authorize("Company" if kind == "Company" else "Location")
        given = (await app.exchange(code, user_type=asked, redirect_uri="https://a.example")).json()
        assert given["userType"] == kind
        assert ("locationId" in given) is (kind == "Location")


async def test_json_does_as_well(app: App) -> None:
    oauth = app.box.oauth
    body = {
        "client_id": oauth.client_id,
        "client_secret": oauth.client_secret,
        "grant_type": "authorization_code",
        "code": oauth.authorize(),
    }
    answer = await app.http.post("/oauth/token", json=body)
    assert (answer.status_code, answer.json()["userType"]) == (200, "Location")


async def test_a_consent_is_for_its_location_and_scopes(app: App) -> None:
    other = app.box.add_location()
    given = await app.tokens(location=other, scopes=["invoices.readonly"])
    assert (given["locationId"], given["scope"]) == (other.id, "invoices.readonly")
    token = given["access_token"]
    assert (await app.call(token, params={"altId": other.id})).status_code == 200
    assert (await app.call(token)).status_code == 403
    answer = await app.call(token, path="/invoices/schedule", params={"altId": other.id})
    assert (answer.status_code, answer.json()) == (401, NO_SCOPE)


async def test_a_code_is_good_once(app: App) -> None:
    code = app.box.oauth.authorize()
    assert (await app.exchange(code)).status_code == 200
    assert refusal(await app.exchange(code)) == DEAD_CODE


async def test_a_code_is_good_for_ten_minutes(app: App) -> None:
    early, late = app.box.oauth.authorize(), app.box.oauth.authorize()
    app.box.clock.advance(seconds=599)
    assert (await app.exchange(early)).status_code == 200
    app.box.clock.advance(seconds=1)
    assert refusal(await app.exchange(late)) == DEAD_CODE


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"grant_type": "authorization_code", "code": "nothing"}, DEAD_CODE),
        ({"grant_type": "refresh_token", "refresh_token": "nothing"}, DEAD_REFRESH),
        (
            {"grant_type": "authorization_code"},
            (400, "invalid_request", "Missing parameter: `code`"),
        ),
        (
            {"grant_type": "refresh_token", "code": "x"},
            (400, "invalid_request", "Missing parameter: `refresh_token`"),
        ),
        (
            {"grant_type": "client_credentials"},
            (400, "unsupported_grant_type", "Unsupported grant type: `grant_type` is invalid"),
        ),
        ({"grant_type": "refresh_token", "client_secret": "wrong"}, NO_CLIENT),
        ({"grant_type": "refresh_token", "client_id": "nobody"}, NO_CLIENT),
    ],
)
async def test_what_the_token_endpoint_refuses(app: App, form: Any, expected: Any) -> None:
    assert refusal(await app.post(**form)) == expected


@pytest.mark.parametrize(
    ("form", "texts"),
    [
        ({}, ["grant_type must be one of the following values: "]),
        ({"grant_type": "password"}, ["grant_type must be one of the following values: "]),
        ({"grant_type": "refresh_token", "client_id": ""}, ["client_id should not be empty"]),
        (
            {"grant_type": "refresh_token", "user_type": "Agency"},
            ["user_type must be one of the following values: Company, Location"],
        ),
    ],
)
async def test_what_is_no_form_of_the_token_endpoint(app: App, form: Any, texts: Any) -> None:
    answer = await app.post(**form)
    assert answer.status_code == 422
    found = answer.json()["message"]
    assert [text[: len(start)] for text, start in zip(found, texts, strict=True)] == texts


async def test_a_wrong_secret_uses_nothing_up(app: App) -> None:
    code = app.box.oauth.authorize()
    assert refusal(await app.exchange(code, client_secret="wrong")) == NO_CLIENT
    given = (await app.exchange(code)).json()
    form = {"grant_type": "refresh_token", "refresh_token": given["refresh_token"]}
    assert refusal(await app.post(**form, client_secret="wrong")) == NO_CLIENT
    assert (await app.post(**form)).status_code == 200


async def test_refresh_tokens_rotate(app: App) -> None:
    first = await app.tokens(scopes=["invoices.readonly"])
    answer = await app.refresh(first["refresh_token"])
    second = answer.json()
    assert answer.status_code == 200
    assert second.keys() == first.keys()
    changed = {key for key, value in second.items() if value != first[key]}
    assert changed == {"access_token", "refresh_token"}
    assert refusal(await app.refresh(first["refresh_token"])) == DEAD_REFRESH
    for tokens in (first, second):  # the old access token lives on
        assert (await app.call(tokens["access_token"])).status_code == 200
    third = await app.refresh(second["refresh_token"])
    assert third.status_code == 200


async def test_the_same_answer_within_the_grace() -> None:
    async with new_box(choices=Choices(refresh_grace_seconds=30)) as box:
        app = App(box)
        first = await app.tokens()
        second = (await app.refresh(first["refresh_token"])).json()
        box.clock.advance(seconds=29)
        again = await app.refresh(first["refresh_token"])
        assert (again.status_code, again.json()) == (200, second)
        box.clock.advance(seconds=1)
        assert refusal(await app.refresh(first["refresh_token"])) == DEAD_REFRESH
        assert (await app.refresh(second["refresh_token"])).status_code == 200


@pytest.mark.parametrize("grace", [0, 30])
async def test_a_lost_answer_loses_the_grant_unless_there_is_a_grace(grace: float) -> None:
    async with new_box(choices=Choices(refresh_grace_seconds=grace)) as box:
        app = App(box)
        first = await app.tokens()
        lost = box.faults.lose_answer("oauth.token")
        with pytest.raises(ConnectionError):
            await app.refresh(first["refresh_token"])
        again = await app.refresh(first["refresh_token"])
        assert lost.hits == 1
        assert [arrival.status for arrival in box.arrivals] == [200, 200, 200 if grace else 400]
        if grace:
            assert (await app.call(again.json()["access_token"])).status_code == 200
        else:
            assert refusal(again) == DEAD_REFRESH
        assert (await app.call(first["access_token"])).status_code == 200


@pytest.mark.parametrize(("grace", "second"), [(0, 400), (30, 200)])
async def test_a_refresh_that_is_delivered_twice(grace: float, second: int) -> None:
    async with new_box(choices=Choices(refresh_grace_seconds=grace)) as box:
        app = App(box)
        first = await app.tokens()
        box.faults.deliver_twice("oauth.token")
        heard = await app.refresh(first["refresh_token"])
        assert heard.status_code == 200
        assert [arrival.status for arrival in box.arrivals] == [200, 200, second]
        assert (await app.refresh(heard.json()["refresh_token"])).status_code == 200


async def test_of_many_refreshes_at_once_one_wins() -> None:
    async with new_box(limits=None) as box:
        app = App(box)
        first = await app.tokens()
        answers = await asyncio.gather(*(app.refresh(first["refresh_token"]) for _ in range(20)))
        assert sorted(answer.status_code for answer in answers) == [200, *[400] * 19]


async def test_access_tokens_live_a_day(app: App) -> None:
    given = await app.tokens()  # a millisecond ago by now, and each call takes another
    app.box.clock.advance(seconds=86398.998)
    assert (await app.call(given["access_token"])).status_code == 200
    answer = await app.call(given["access_token"])
    assert (answer.status_code, answer.json()) == (
        401,
        {"statusCode": 401, "message": "Invalid JWT"},
    )
    fresh = (await app.refresh(given["refresh_token"])).json()
    assert (await app.call(fresh["access_token"])).status_code == 200


async def test_refresh_tokens_live_a_year(app: App) -> None:
    first = await app.tokens()
    await app.tokens()  # another consent changes nothing
    app.box.clock.advance(days=364)
    second = (await app.refresh(first["refresh_token"])).json()
    app.box.clock.advance(days=364)
    third = (await app.refresh(second["refresh_token"])).json()
    app.box.clock.advance(days=365)
    assert refusal(await app.refresh(third["refresh_token"])) == DEAD_REFRESH


async def test_refresh_tokens_may_live_until_the_next_consent() -> None:
    async with new_box(choices=Choices(refresh_life="next_consent")) as box:
        app, other = App(box), box.add_location()
        first, elsewhere = await app.tokens(), await app.tokens(location=other)
        box.clock.advance(days=1000)
        second = (await app.refresh(first["refresh_token"])).json()
        await app.tokens()
        assert refusal(await app.refresh(second["refresh_token"])) == DEAD_REFRESH
        assert (await app.refresh(elsewhere["refresh_token"])).status_code == 200


@pytest.mark.parametrize("choice", ["400", "401"])
async def test_a_suspended_location_gets_no_tokens_and_loses_none(choice: Any) -> None:
    async with new_box(choices=Choices(suspended_status=choice)) as box:
        app, other = App(box), box.add_location()
        given, code = await app.tokens(location=other), box.oauth.authorize(location=other)
        other.suspended = True
        for answer in (await app.refresh(given["refresh_token"]), await app.exchange(code)):
            assert answer.status_code == 400
            body = {**answer.json(), "traceId": "t"}
            assert body == {
                "statusCode": 400,
                "message": "Location is not active",
                "error": "Bad Request",
                "traceId": "t",
            }
        other.suspended = False
        assert (await app.refresh(given["refresh_token"])).status_code == 200
        assert (await app.exchange(code)).status_code == 200


async def test_five_token_calls_a_minute(app: App) -> None:
    given = await app.tokens()
    for number in range(4):  # whatever comes of them
        app.box.clock.advance(seconds=10)
        answer = await app.refresh("nothing" if number % 2 else given["refresh_token"])
        given = answer.json() if answer.status_code == 200 else given
    over = await app.refresh(given["refresh_token"])
    assert over.status_code == 429
    assert over.json() == {"statusCode": 429, "message": "Too many requests"}
    nobody = await app.post(grant_type="refresh_token", client_id="nobody")
    assert nobody.status_code == 401
    app.box.clock.advance(seconds=19)  # 59 s after the first
    assert (await app.refresh(given["refresh_token"])).status_code == 429
    app.box.clock.advance(seconds=1)
    # The refused ones used nothing up and do not count.
    assert (await app.refresh(given["refresh_token"])).status_code == 200
    assert (await app.refresh(given["refresh_token"])).status_code == 429


async def test_the_limit_of_the_token_calls_can_be_lifted() -> None:
    async with new_box(limits=Limits(token_calls=None)) as box:
        app = App(box)
        for _ in range(10):
            await app.tokens()


@pytest.mark.parametrize(("lives", "told"), [(60, 60), (90.75, 90), (0.5, 0)])
async def test_how_long_access_tokens_live_can_be_said(lives: float, told: int) -> None:
    async with new_box(choices=Choices(access_seconds=lives)) as box:
        app = App(box)
        given = await app.tokens("Company")
        minted = (await app.mint(given["access_token"])).json()
        renewed = (await app.refresh(given["refresh_token"])).json()
        for tokens in (given, minted, renewed):
            assert (tokens["expires_in"], type(tokens["expires_in"])) == (told, int)
        # Each was given a millisecond after the one before, and each call takes one.
        box.clock.advance(seconds=lives - 0.004)
        assert (await app.call(given["access_token"])).status_code == 200
        box.clock.advance(seconds=0.001)
        seen = [await app.call(t["access_token"]) for t in (renewed, minted, given)]
        assert [answer.status_code for answer in seen] == [200, 401, 401]


async def test_the_app_s_book(app: App) -> None:
    oauth, other = app.box.oauth, app.box.add_location().id
    company = await app.tokens("Company")
    assert (oauth.refreshes, oauth.refused, oauth.minted) == (0, 0, {})
    for place in (other, app.box.location_id, other, "nowhere"):
        await app.mint(company["access_token"], place)
    await app.refresh(company["refresh_token"])
    await app.refresh(company["refresh_token"])
    await app.exchange("nothing")
    await app.post(grant_type="refresh_token", client_secret="wrong")  # no invalid_grant
    app.box.clock.advance(minutes=1)
    await app.post(grant_type="refresh_token")  # this is none either
    assert (oauth.refreshes, oauth.refused) == (1, 2)
    assert oauth.minted == {other: 2, app.box.location_id: 1}


async def test_a_use_that_is_repeated_is_one_in_the_book() -> None:
    async with new_box(choices=Choices(refresh_grace_seconds=30)) as box:
        app = App(box)
        first = await app.tokens()
        for _ in range(3):
            assert (await app.refresh(first["refresh_token"])).status_code == 200
        assert (box.oauth.refreshes, box.oauth.refused) == (1, 0)


# --------------------------------------------------------------- installing, and /oauth/reconnect


async def test_an_app_that_is_taken_out(app: App) -> None:
    box, other = app.box, app.box.add_location()
    company = await app.tokens("Company")
    here, there = await app.tokens(), await app.tokens(location=other)
    code = box.oauth.authorize()
    minted = (await app.mint(company["access_token"])).json()
    box.oauth.uninstall()
    box.clock.advance(minutes=1)
    for token in (here["access_token"], minted["access_token"]):
        assert (await app.call(token)).json() == {"statusCode": 401, "message": "Invalid JWT"}
    assert (await app.call(company["access_token"])).status_code == 403
    assert refusal(await app.refresh(here["refresh_token"])) == DEAD_REFRESH
    assert refusal(await app.exchange(code)) == DEAD_CODE
    assert (await app.call(box.token)).status_code == 200  # a private integration is no app
    answer = await app.call(there["access_token"], params={"altId": other.id})
    assert answer.status_code == 200
    renewed = (await app.refresh(company["refresh_token"])).json()
    assert renewed["approvedLocations"] == [other.id]


async def test_a_location_that_comes_later(app: App) -> None:
    company = (await app.tokens("Company"))["access_token"]
    later = app.box.add_location()
    assert (await app.call(company, params={"altId": later.id})).status_code == 403
    assert (await app.mint(company, later.id)).status_code == 403
    app.box.oauth.install(later)
    assert (await app.call(company, params={"altId": later.id})).status_code == 200
    assert (await app.mint(company, later.id)).status_code == 201


async def test_consents_that_cannot_be(box: Sandbox) -> None:
    oauth = box.oauth
    with pytest.raises(ValueError, match="one location"):
        oauth.authorize(locations=[box.location_id])
    for name in ("authorize", "install", "uninstall"):
        with pytest.raises(ValueError, match="no location 'x'"):
            getattr(oauth, name)(location="x")
    with pytest.raises(ValueError, match="no location 'x'"):
        oauth.authorize("Company", locations=[box.location_id, "x"])


@pytest.mark.parametrize("kind", ["Location", "Company"])
async def test_reconnecting_finds_a_lost_grant_again(app: App, kind: Any) -> None:
    box = app.box
    first = await app.tokens(kind, scopes=["invoices.readonly"])
    place = first.get("locationId", first["companyId"])
    body = {"clientKey": box.oauth.client_id, "clientSecret": box.oauth.client_secret}
    body |= {"locationId" if kind == "Location" else "companyId": place}
    answer = await app.http.post("/oauth/reconnect", json=body)
    assert answer.status_code == 201
    assert answer.json().keys() == {"authorizationCode", "expiresAt"}
    assert answer.json()["expiresAt"] == "2026-08-27T03:54:48.048Z"  # ten minutes on
    second = (await app.exchange(answer.json()["authorizationCode"])).json()
    assert (second["userType"], second["scope"]) == (kind, "invoices.readonly")
    wrong = await app.http.post("/oauth/reconnect", json={**body, "clientSecret": "x"})
    assert refusal(wrong) == NO_CLIENT
    box.oauth.uninstall()
    elsewhere = {**body, "locationId": box.location_id}
    answer = await app.http.post("/oauth/reconnect", json=elsewhere)
    assert (answer.status_code, answer.json()["message"]) == (400, "The app is not installed")


# ------------------------------------------------------------------------- /oauth/locationToken


@pytest.mark.parametrize("kind", ["data", "json"])
async def test_minting(app: App, kind: str) -> None:
    company = await app.tokens("Company", scopes=["oauth.write", "invoices.readonly"])
    body = {"companyId": company["companyId"], "locationId": app.box.location_id}
    request = {kind: body}
    path = "/oauth/locationToken"
    answer = await app.call(company["access_token"], "POST", path, **request)
    minted = answer.json()
    assert (answer.status_code, minted.keys()) == (201, MINTED_KEYS)
    assert (minted["token_type"], minted["expires_in"]) == ("Bearer", 86399)
    assert (minted["scope"], minted["locationId"]) == ("invoices.readonly", app.box.location_id)
    assert (minted["appId"], minted["userId"]) == (app.box.oauth.app_id, company["userId"])
    token = minted["access_token"]
    assert (await app.call(token)).status_code == 200
    assert (await app.call(token, params={"altId": app.box.add_location().id})).status_code == 403
    app.box.clock.advance(seconds=86399)
    assert (await app.call(token)).status_code == 401


async def test_who_may_not_mint(app: App) -> None:
    box = app.box
    company = (await app.tokens("Company"))["access_token"]
    location = (await app.tokens(scopes=["oauth.write"]))["access_token"]
    reader = (await app.tokens("Company", scopes=["oauth.readonly"]))["access_token"]
    private = box.add_token(kind="Company", scopes=["oauth.write"])
    for token in (location, reader, private):
        answer = await app.mint(token)
        assert (answer.status_code, answer.json()) == (401, NO_SCOPE)
    assert (await app.mint("nobody")).json()["message"] == "Invalid JWT"
    answer = await app.mint(company, company="another")
    assert (answer.status_code, answer.json()["message"]) == (
        403,
        "The token does not have access to this company.",
    )
    for place in ("nowhere", box.add_location().id):  # the app is not installed in the second
        answer = await app.mint(company, place)
        assert (answer.status_code, answer.json()["message"]) == (
            403,
            "The token does not have access to this location.",
        )
    shut = box.add_location(suspended=True)
    box.oauth.install(shut)
    answer = await app.mint(company, shut.id)
    assert (answer.status_code, answer.json()["message"]) == (400, "Location is not active")
    headers = {"Authorization": f"Bearer {company}"}
    answer = await app.http.post("/oauth/locationToken", headers=headers)
    assert answer.json() == {"statusCode": 401, "message": "version header was not found."}
    answer = await app.call(company, "POST", "/oauth/locationToken", data={"companyId": "x"})
    assert (answer.status_code, answer.json()["message"]) == (
        422,
        ["locationId should not be empty", "locationId must be a string"],
    )


async def test_a_private_company_token_may_mint_where_it_is_so() -> None:
    async with new_box(choices=Choices(private_mints="accepted")) as box:
        app = App(box)
        token = box.add_token(kind="Company", scopes=["oauth.write", "invoices.readonly"])
        answer = await app.mint(token)
        assert answer.status_code == 201
        assert (await app.call(answer.json()["access_token"])).status_code == 200
        assert (await app.mint(token, box.add_location().id)).status_code == 403
        answer = await app.mint(box.add_token(kind="Company"))
        assert (answer.status_code, answer.json()) == (401, NO_SCOPE)


async def test_minting_counts_for_the_company() -> None:
    async with new_box(limits=Limits(burst=3)) as box:
        app = App(box)
        company = (await app.tokens("Company"))["access_token"]
        minted = [await app.mint(company) for _ in range(4)]
        assert [answer.status_code for answer in minted] == [201, 201, 201, 429]
        assert minted[0].headers["x-ratelimit-remaining"] == "2"
        token = minted[0].json()["access_token"]
        seen = [(await app.call(token)).status_code for _ in range(4)]
        assert seen == [200, 200, 200, 429]


async def test_a_minted_token_can_expire_alone(app: App) -> None:
    company = (await app.tokens("Company"))["access_token"]
    minted = (await app.mint(company)).json()["access_token"]
    app.box.expire_token()
    assert (await app.call(minted)).status_code == 401
    again = (await app.mint(company)).json()["access_token"]
    assert (await app.call(again)).status_code == 200


async def test_a_location_s_tokens_expire_and_what_renews_them_does_not(app: App) -> None:
    box, elsewhere = app.box, app.box.add_location()
    company, given = await app.tokens("Company"), await app.tokens()
    there = (await app.tokens(location=elsewhere))["access_token"]
    minted = (await app.mint(company["access_token"])).json()
    box.expire_token()
    for token in (given["access_token"], minted["access_token"]):
        answer = await app.call(token)
        assert (answer.status_code, answer.json()["message"]) == (401, "Invalid JWT")
    assert (await app.call(there, params={"altId": elsewhere.id})).status_code == 200
    again = (await app.refresh(given["refresh_token"])).json()
    afresh = (await app.mint(company["access_token"])).json()
    for token in (again["access_token"], afresh["access_token"]):
        assert (await app.call(token)).status_code == 200


async def test_a_company_s_tokens_expire_and_what_renews_them_does_not(app: App) -> None:
    box = app.box
    company, given = await app.tokens("Company"), await app.tokens()
    second = (await app.refresh(company["refresh_token"])).json()
    minted = (await app.mint(company["access_token"])).json()
    box.expire_token(company=True)
    for token in (company["access_token"], second["access_token"]):
        answer = await app.mint(token)
        assert (answer.status_code, answer.json()["message"]) == (401, "Invalid JWT")
    for token in (given["access_token"], minted["access_token"]):
        assert (await app.call(token)).status_code == 200
    third = (await app.refresh(second["refresh_token"])).json()
    assert (await app.mint(third["access_token"])).status_code == 201


async def test_the_log_tells_whose_token_it_was_over_a_life(app: App) -> None:
    company = await app.tokens("Company")
    minted = (await app.mint(company["access_token"])).json()["access_token"]
    await app.call(minted)
    app.box.clock.advance(days=2)
    await app.call(minted)
    of = [(arrival.operation, arrival.token_of) for arrival in app.box.arrivals]
    assert of == [
        ("oauth.token", None),
        ("oauth.location_token", company["companyId"]),
        ("invoices.get_settings", app.box.location_id),
        ("invoices.get_settings", app.box.location_id),  # dead by now
    ]


# -------------------------------------------------------------------- /oauth/installedLocations


async def test_where_the_app_is_installed(app: App) -> None:
    box = app.box
    box.add_location(id="second")
    given = await app.tokens("Company")
    box.add_location(id="third")
    answer = await app.installed(given["access_token"])
    rows = answer.json()
    assert answer.status_code == 200
    assert rows == {
        "locations": [
            {
                "_id": place,
                "name": "Example Business",
                "address": "",
                "isInstalled": True,
                "versionId": box.oauth.version_id,
                "installedAt": "2026-08-27T03:44:48.047Z",
            }
            for place in (box.location_id, "second")
        ],
        "count": 2,
        "installToFutureLocations": False,
    }


async def test_the_filters_of_the_installed_locations(app: App) -> None:
    box = app.box
    for name in ("a", "b", "c"):
        box.add_location(id=name).name = f"Studio {name.upper()}"
    token = (await app.tokens("Company", locations=["a", "b", box.location_id]))["access_token"]

    async def ids(**query: str) -> tuple[list[str], int]:
        rows = (await app.installed(token, **query)).json()
        return [row["_id"] for row in rows["locations"]], rows["count"]

    first = box.location_id
    assert await ids() == ([first, "a", "b"], 3)
    assert await ids(limit="2") == ([first, "a"], 3)
    assert await ids(limit="2", skip="2") == (["b"], 3)
    assert await ids(skip="9") == ([], 3)
    assert await ids(query="studio") == (["a", "b"], 2)
    assert await ids(locationId="b", isInstalled="true") == (["b"], 1)
    assert (await ids(isInstalled="false", query="studio c"))[0] == ["c"]
    assert await ids(versionId=box.oauth.version_id, query="studio a") == (["a"], 1)
    assert await ids(versionId="another") == ([], 0)
    assert await ids(planId="another") == ([], 0)
    assert await ids(onTrial="true") == ([], 0)


async def test_the_installed_locations_come_by_twenty(app: App) -> None:
    for _ in range(24):
        app.box.add_location()
    token = (await app.tokens("Company"))["access_token"]
    rows = (await app.installed(token)).json()
    assert (len(rows["locations"]), rows["count"]) == (20, 25)


async def test_who_may_not_list_the_installed_locations(app: App) -> None:
    company = (await app.tokens("Company"))["access_token"]
    for token in (
        (await app.tokens(scopes=["oauth.readonly"]))["access_token"],
        (await app.tokens("Company", scopes=["oauth.write"]))["access_token"],
    ):
        assert (await app.installed(token)).json() == NO_SCOPE
    for query in ({"companyId": "another"}, {"appId": "another"}):
        assert (await app.installed(company, **query)).status_code == 403
    answer = await app.installed(company, limit="many", appId="")
    assert (answer.status_code, sorted(answer.json()["message"])) == (
        422,
        ["appId should not be empty", "limit must be a number string"],
    )


# ------------------------------------------------------------------------------------- the secrets


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "application/json", "text/plain", None]
)
async def test_the_log_never_holds_a_secret(app: App, kind: str | None) -> None:
    oauth = app.box.oauth
    secrets = {oauth.client_secret, app.box.token}
    code = oauth.authorize("Company")
    given = (await app.exchange(code)).json()
    minted = (await app.mint(given["access_token"])).json()
    renewed = (await app.refresh(given["refresh_token"])).json()
    await app.refresh(given["refresh_token"])
    body = {"clientKey": oauth.client_id, "clientSecret": oauth.client_secret}
    again = await app.http.post("/oauth/reconnect", json={**body, "companyId": given["companyId"]})
    secrets |= {code, minted["access_token"], again.json()["authorizationCode"]}
    secrets |= {tokens[key] for tokens in (given, renewed) for key in tokens if "_token" in key}
    # What is not well formed holds them too, and so does an address.
    headers = {} if kind is None else {"Content-Type": kind}
    raw = f'{{"client_secret": "{oauth.client_secret}", "nested": {{"code": "{code}"}}'
    for path in ("/oauth/token", "/oauth/token/", "/OAUTH/Token", "/%6Fauth/token"):
        for content in (raw, raw + "}", f"client_secret={oauth.client_secret}", f'["{code}"]'):
            await app.http.post(path, content=content, headers=headers)
    await app.http.post("/oauth/token", params={"client_secret": oauth.client_secret})
    shown = [(repr(a), repr(a.headers), repr(a.body), repr(a.query)) for a in app.box.arrivals]
    everything = repr((shown, oauth, app.box))
    assert len(secrets) == 9
    assert [secret for secret in secrets if secret in everything] == []


async def test_the_log_still_tells_what_was_asked(app: App) -> None:
    given = await app.tokens()
    await app.refresh(given["refresh_token"])
    assert app.box.calls == ["oauth.token", "oauth.token"]
    assert app.box.arrivals[1].body == {
        "client_id": app.box.oauth.client_id,
        "client_secret": "***",
        "grant_type": "refresh_token",
        "refresh_token": "***",
    }


async def test_the_same_seed_gives_the_same_tokens() -> None:
    async def tokens() -> Any:
        async with new_box(seed=3) as box:
            return await App(box).tokens("Company")

    assert await tokens() == await tokens()
