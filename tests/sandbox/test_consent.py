"""The consent page: where an authorization URL leads, for a browser without a person."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import cases

from hoopai_invoices.sandbox import Sandbox

from .support import App, api_of, new_box

pytestmark = pytest.mark.anyio

BACK = "https://app.example/oauth/callback"
NO_ADDRESS = "The redirect_uri must be an address with https, or one of this machine."


async def opened(box: Sandbox, **query: str | None) -> httpx.Response:
    """What the browser gets. A parameter that is None is left out."""
    usual = {
        "response_type": "code",
        "client_id": box.oauth.client_id,
        "redirect_uri": BACK,
        "scope": "invoices.readonly invoices.write",
        "state": "kept",
        **query,
    }
    params = {name: value for name, value in usual.items() if value is not None}
    return await api_of(box).http.get("/oauth/chooselocation", params=params)


def way_back(answer: httpx.Response) -> tuple[str, dict[str, str]]:
    """Where the browser is sent, and what with."""
    assert (answer.status_code, answer.content) == (302, b""), answer.text
    target = urlsplit(answer.headers["location"])
    query = parse_qs(target.query, keep_blank_values=True, strict_parsing=True)
    assert {len(values) for values in query.values()} == {1}
    return target._replace(query="").geturl(), {name: one for name, (one,) in query.items()}


async def tokens(box: Sandbox, **query: str | None) -> Any:
    """The tokens for the code that comes back."""
    _, told = way_back(await opened(box, **query))
    return (await App(box).exchange(told["code"])).json()


async def test_who_opens_it_has_consented(box: Sandbox) -> None:
    box.add_location()
    where, told = way_back(await opened(box))
    assert (where, set(told), told["state"]) == (BACK, {"code", "state"}, "kept")
    granted = (await App(box).exchange(told["code"])).json()
    assert (granted["userType"], granted["locationId"]) == ("Location", box.location_id)
    assert granted["scope"] == "invoices.readonly invoices.write"
    assert box.oauth.installed_at(box.location_id)


async def test_a_test_may_say_who_consents(box: Sandbox) -> None:
    second = box.add_location().id
    granted = await tokens(box, location_id=second)
    assert (granted["userType"], granted["locationId"]) == ("Location", second)
    granted = await tokens(box, user_type="Company")
    assert granted["approvedLocations"] == [second, box.location_id]
    assert granted["approveAllLocations"] is True
    granted = await tokens(box, user_type="Company", location_id=second)
    assert (granted["userType"], granted["approveAllLocations"]) == ("Company", False)


async def test_what_is_known_of_what_is_asked_for_is_granted(box: Sandbox) -> None:
    asked = "oauth.write  payments.everything contacts.readonly invoices.readonly"
    granted = await tokens(box, user_type="Company", scope=asked)
    assert granted["scope"] == "contacts.readonly invoices.readonly oauth.write"


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"client_id": None}, "There is no app with this client_id."),
        ({"client_id": "nobody"}, "There is no app with this client_id."),
        ({"response_type": None}, "The response_type must be code."),
        ({"response_type": "token"}, "The response_type must be code."),
        ({"scope": None}, "The scope must name what the app asks for."),
        ({"scope": " "}, "The scope must name what the app asks for."),
        ({"scope": "payments.everything b"}, "The scope names nothing that there is."),
        ({"user_type": "Agency"}, "The user_type must be Location or Company."),
        ({"location_id": "x"}, "the sandbox has no location 'x'"),
        ({"redirect_uri": None}, NO_ADDRESS),
    ],
)
async def test_what_it_refuses_is_a_page_and_installs_nothing(
    box: Sandbox, query: dict[str, str | None], text: str
) -> None:
    answer = await opened(box, **query)
    assert (answer.status_code, answer.text) == (400, text)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert box.oauth.installed_at(box.location_id) is None


@pytest.mark.parametrize(
    "uri",
    [
        BACK,
        "https://app.example:8443",
        "http://localhost:8000/callback",
        "http://127.0.0.1/callback",
        "http://127.9.9.9:1/",
        "http://[::1]:8000/callback",
    ],
)
async def test_where_it_leads_back_to(box: Sandbox, uri: str) -> None:
    assert way_back(await opened(box, redirect_uri=uri))[0] == uri
    where, told = way_back(await opened(box, redirect_uri=f"{uri}?a=1&b=", state=None))
    assert (where, set(told), told["a"], told["b"]) == (uri, {"a", "b", "code"}, "1", "")


@pytest.mark.parametrize(
    "uri",
    [
        *("", "callback", "/callback", "//app.example/", "https://", "https:///x", "https://:1/"),
        *("http://app.example/", "http://127.evil.example/", "http://localhost.evil.example/"),
        *("http://192.0.2.1/", "http://[2001:db8::1]/", "http://[::1", "http://0.0.0.0/"),
        *("http://localhost:abc/", "http://127.0.0.1:99999/", "https://app.example:-1/"),
        *("javascript:alert(1)", "ftp://127.0.0.1/", "file:///etc/hosts"),
        *("https://a@app.example/", "http://evil.example\\@127.0.0.1/", "https://a.example/#b"),
        "https://a.example\\b/",
        *("https://a.example/\r\nSet-Cookie: a=b", "https://a.example/ b", "https://é.example/"),
    ],
)
async def test_where_it_does_not(box: Sandbox, uri: str) -> None:
    answer = await opened(box, redirect_uri=uri)
    assert (answer.status_code, answer.headers.get("location")) == (400, None)
    assert answer.text == NO_ADDRESS


@cases(100)
@given(state=st.text(max_size=30))
async def test_any_state_comes_back_as_it_was(state: str) -> None:
    async with new_box() as box:
        assert way_back(await opened(box, state=state))[1]["state"] == state


async def test_it_is_in_no_log_and_counts_for_nothing(box: Sandbox) -> None:
    rule = box.faults.fail("*")
    for _ in range(10):
        way_back(await opened(box))
    assert (box.calls, rule.hits) == ([], 0)
    box.faults.clear()
    for method, path in (
        ("POST", "/oauth/chooselocation"),
        ("GET", "/oauth/chooselocation/"),
        ("GET", "/OAuth/chooselocation"),
    ):
        response = await api_of(box).http.request(method, path, params={"code": "secret"})
        assert response.status_code == 404
    assert "secret" not in repr([(one, one.query) for one in box.arrivals])


async def test_a_browser_gets_there_over_a_socket(box: Sandbox) -> None:
    async with httpx.AsyncClient(base_url=await box.serve()) as http:
        params = {
            "response_type": "code",
            "client_id": box.oauth.client_id,
            "redirect_uri": BACK,
            "scope": "invoices.readonly",
            "loginWindowOpenMode": "self",
        }
        answer = await http.get("/oauth/chooselocation", params=params)
        assert way_back(answer)[1].keys() == {"code"}
