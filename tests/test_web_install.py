"""An installation in the browser: to the consent page and back, and what is refused on the way."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from browser import browser
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from hoopai_invoices import errors
from hoopai_invoices.auth import Grant, required_scopes
from hoopai_invoices.sandbox import Sandbox
from hoopai_invoices.web import (
    PrivateCallback,
    add_error_handlers,
    hide_oauth_queries,
    install_routes,
)
from hoopai_invoices.web.install import Consents

pytestmark = pytest.mark.anyio

LOCAL = "http://127.0.0.1:8000/oauth/callback"
PUBLIC = "https://billing.example/oauth/callback"


@pytest.fixture(autouse=True)
def the_browser_keeps_no_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test is the browser, too, whose HTTP library would log the addresses that it opens."""
    monkeypatch.setattr(logging.getLogger("httpx"), "info", lambda *args: None)


@dataclass
class Asked:
    url: str
    state: str


class App:
    """Stands in for an `OAuthApp`: counts what it is asked for."""

    def __init__(self, redirect_uri: str = LOCAL, fails: Exception | None = None):
        self.redirect_uri = redirect_uri
        self.fails = fails
        self.begun = 0
        self.completed: list[tuple[str, str | None]] = []

    def authorization_url(self) -> Asked:
        self.begun += 1
        state = f"state-{self.begun}-of-this-flow"
        query = urlencode({"redirect_uri": self.redirect_uri, "state": state, "scope": "a b"})
        return Asked(f"https://consent.example/oauth/chooselocation?{query}", state)

    async def complete(self, query: Mapping[str, str], /, *, state: str | None) -> Any:
        code: Any = query.get("code")
        self.completed.append((code.reveal() if code else "", state))
        if self.fails is not None:
            raise self.fails
        if "error" in query:
            raise errors.InvalidRequestError("the consent was refused", path="error")
        return {"location": "loc1"}


def site(oauth: Consents, **settings: Any) -> Starlette:
    app = Starlette(routes=install_routes(oauth, **settings))
    add_error_handlers(app)
    return app


async def begun(http: httpx.AsyncClient) -> str:
    """Begin; the state that the consent page would bring back."""
    answer = await http.get("/oauth/install")
    assert answer.status_code == 303
    assert_kept_private(answer)
    return parse_qs(urlsplit(answer.headers["location"]).query)["state"][0]


def assert_kept_private(answer: httpx.Response) -> None:
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("framework", [Starlette, FastAPI])
async def test_there_and_back(framework: Any) -> None:
    oauth = App()
    installed: list[Any] = []

    async def on_installed(request: Request, grant: Any) -> None:
        installed.append((request.headers["x-user"], grant))

    app = framework()
    app.router.routes.extend(install_routes(oauth, after="/done", on_installed=on_installed))
    async with browser(app) as http:
        state = await begun(http)
        [cookie] = http.cookies.jar
        assert (cookie.value, cookie.secure, cookie.path) == (state, False, "/")
        assert cookie.has_nonstandard_attr("HttpOnly")
        assert cookie.get_nonstandard_attr("SameSite") == "lax"
        back = await http.get(
            "/oauth/callback", params={"code": "c-1", "state": state}, headers={"x-user": "alex"}
        )
        assert (back.status_code, back.headers["location"]) == (303, "/done")
        assert_kept_private(back)
        assert not http.cookies.jar._cookies.get("127.0.0.1", {}).get("/")  # type: ignore[attr-defined]
        again = await http.get("/oauth/callback", params={"code": "c-1", "state": state})
    assert again.status_code == 400
    assert oauth.completed == [("c-1", state)]
    assert installed == [("alex", {"location": "loc1"})]


async def test_in_public_its_cookies_are_for_https_and_this_host_alone() -> None:
    async with browser(site(App(PUBLIC)), base_url="https://billing.example") as http:
        answer = await http.get("/oauth/install")
    name, _, rest = answer.headers["set-cookie"].partition("=")
    assert name.startswith("__Host-hoopai_install_")
    words = {word.strip() for word in rest.split(";")[1:]}
    assert words == {"HttpOnly", "Max-Age=600", "Path=/", "SameSite=lax", "Secure"}


async def test_in_public_a_cookie_without_the_prefix_counts_for_nothing() -> None:
    # Another host of the domain could have set it.
    oauth = App(PUBLIC)
    async with browser(site(oauth), base_url="https://billing.example") as http:
        state = await begun(http)
        [cookie] = http.cookies.jar
        http.cookies.clear()
        http.cookies.set(cookie.name.removeprefix("__Host-"), state, domain="billing.example")
        back = await http.get("/oauth/callback", params={"code": "c-1", "state": state})
    assert (back.status_code, oauth.completed) == (400, [])


async def test_two_tabs_don_t_get_into_each_other_s_way() -> None:
    oauth = App()
    async with browser(site(oauth)) as http:
        states = [await begun(http) for _ in range(3)]
        for state in reversed(states):
            back = await http.get("/oauth/callback", params={"code": f"c-{state}", "state": state})
            assert back.status_code == 303
    assert [state for _, state in oauth.completed] == states[::-1]


async def test_a_browser_keeps_few_cookies_however_often_it_begins() -> None:
    async with browser(site(App())) as http:
        for _ in range(40):
            await begun(http)
            assert len(http.cookies.jar) <= 5
        state = await begun(http)
        back = await http.get("/oauth/callback", params={"code": "c", "state": state})
    assert back.status_code == 303


@pytest.mark.parametrize(
    "query",
    [
        {"code": "c-1"},
        {"code": "c-1", "state": ""},
        {"code": "c-1", "state": "guessed"},
        {"code": "c-1", "state": "ünicode"},
        {"code": "c-1", "state": "state-9-of-this-flow"},
        {},
    ],
)
async def test_without_the_browser_s_own_state_no_code_is_used(query: dict[str, str]) -> None:
    oauth = App()
    installed: list[Any] = []

    def on_installed(request: Request, grant: Any) -> None:
        installed.append(grant)

    async with browser(site(oauth, on_installed=on_installed)) as http:
        await begun(http)
        problem = await http.get("/oauth/callback", params=query)
        page = await http.get("/oauth/callback", params=query, headers={"accept": "text/html"})
    assert (problem.status_code, page.status_code) == (400, 400)
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json()["install"] == "/oauth/install"
    assert '<a href="/oauth/install">' in page.text
    for answer in (problem, page):
        assert_kept_private(answer)
        assert "c-1" not in answer.text
    assert oauth.completed == installed == []


async def test_somebody_else_s_flow_is_refused() -> None:
    # Login CSRF: the attacker's code and state, in the victim's browser.
    oauth = App()
    app = site(oauth, marketplace=True)
    async with browser(app) as attacker, browser(app) as victim:
        state = await begun(attacker)
        await begun(victim)
        led = await victim.get("/oauth/callback", params={"code": "evil", "state": state})
    assert (led.status_code, oauth.completed) == (400, [])


async def test_an_installation_of_the_marketplace_is_taken_where_it_is_wanted() -> None:
    oauth = App()
    async with browser(site(oauth, marketplace=True)) as http:
        back = await http.get("/oauth/callback", params={"code": "c-1"})
    assert (back.status_code, oauth.completed) == (303, [("c-1", None)])


async def test_who_looks_at_links_in_advance_uses_nothing_up() -> None:
    oauth = App()
    async with browser(site(oauth)) as http:
        state = await begun(http)
        looked = await http.head("/oauth/callback", params={"code": "c-1", "state": state})
        assert (looked.status_code, oauth.completed) == (405, [])
        assert not (await http.head("/oauth/install")).headers.get("set-cookie")
        back = await http.get("/oauth/callback", params={"code": "c-1", "state": state})
    assert back.status_code == 303


def dead() -> errors.HoopAIError:
    return errors.ReauthorizationRequired("the code is dead", status=400)


@pytest.mark.parametrize(
    ("fails", "status", "kind"),
    [
        (errors.InvalidRequestError("refused <b>", path="error"), 400, "install-refused"),
        (dead(), 400, "install-code"),
        (errors.TokenStoreError("disk full at /secret"), 503, "token-store"),
        (errors.APIConnectionError("no route"), 502, "unreachable"),
    ],
)
async def test_what_fails_is_told_and_nobody_is_connected(
    fails: Exception, status: int, kind: str
) -> None:
    installed: list[Any] = []

    def on_installed(request: Request, grant: Any) -> None:
        installed.append(grant)

    async with browser(site(App(fails=fails), on_installed=on_installed)) as http:
        state = await begun(http)
        back = await http.get("/oauth/callback", params={"code": "c-1", "state": state})
        assert len(http.cookies.jar) == 0  # it is used up all the same
        state = await begun(http)
        page = await http.get(
            "/oauth/callback",
            params={"code": "c-1", "state": state},
            headers={"accept": "text/html"},
        )
    assert (back.status_code, back.json()["type"].rpartition(":")[2]) == (status, kind)
    assert_kept_private(back)
    assert installed == []
    assert "<b>" not in page.text
    assert "/secret" not in back.text + page.text


async def test_on_installed_may_answer_itself() -> None:
    def on_installed(request: Request, grant: Any) -> Response:
        return PlainTextResponse("Connect it to your account?")

    async with browser(site(App(), on_installed=on_installed)) as http:
        state = await begun(http)
        back = await http.get("/oauth/callback", params={"code": "c-1", "state": state})
    assert (back.status_code, back.text) == (200, "Connect it to your account?")
    assert_kept_private(back)


@pytest.mark.parametrize("accept", ["text/html", "*/*"])
async def test_when_on_installed_fails_nothing_of_the_flow_is_left(
    accept: str, caplog: pytest.LogCaptureFixture
) -> None:
    def on_installed(request: Request, grant: Any) -> None:
        raise RuntimeError("no database at /secret")

    async with browser(site(App(), on_installed=on_installed)) as http:
        state = await begun(http)
        back = await http.get(
            "/oauth/callback", params={"code": "c-1", "state": state}, headers={"accept": accept}
        )
        assert len(http.cookies.jar) == 0
    assert back.status_code == 500
    assert "/oauth/install" in back.text
    assert "/secret" not in back.text
    assert_kept_private(back)
    assert "the grant is kept" in caplog.text
    assert "no database" in caplog.text


async def test_on_installed_may_raise_what_the_application_answers() -> None:
    def on_installed(request: Request, grant: Any) -> None:
        raise HTTPException(401, "log in first", {"x-mine": "yes"})

    async with browser(site(App(), on_installed=on_installed)) as http:
        state = await begun(http)
        back = await http.get("/oauth/callback", params={"code": "c-1", "state": state})
        assert len(http.cookies.jar) == 0
    assert (back.status_code, back.text, back.headers["x-mine"]) == (401, "log in first", "yes")
    assert_kept_private(back)


async def test_an_error_of_the_client_in_on_installed_is_a_problem() -> None:
    def on_installed(request: Request, grant: Any) -> None:
        raise errors.ConflictError("busy", status=409)

    async with browser(site(App(), on_installed=on_installed)) as http:
        state = await begun(http)
        back = await http.get("/oauth/callback", params={"code": "c-1", "state": state})
        assert len(http.cookies.jar) == 0
    assert (back.status_code, back.json()["title"]) == (409, "The record is busy")
    assert_kept_private(back)


async def test_cookies_that_are_none_of_its_own_are_left_alone() -> None:
    odd = ["a b", "c,d", "e[", "f", "g", "h", "0123456789abcdeF", "0123456789abcdef0"]
    sent = "; ".join(f"hoopai_install_{name}=1" for name in odd)
    async with browser(site(App())) as http:
        answer = await http.get("/oauth/install", headers={"cookie": sent})
    assert answer.status_code == 303
    assert len(answer.headers.get_list("set-cookie")) == 1


async def test_however_many_cookies_come_the_answer_stays_small() -> None:
    sent = "; ".join(f"hoopai_install_{n:016x}=1" for n in range(200))
    async with browser(site(App())) as http:
        answer = await http.get("/oauth/install", headers={"cookie": sent})
    assert answer.status_code == 303
    assert len(answer.headers.get_list("set-cookie")) == 21


@pytest.mark.parametrize(
    ("after", "where"),
    [
        ("/welcome", "/pre/welcome"),
        ("https://app.example/x", "https://app.example/x"),
        ("//app.example/x", "//app.example/x"),
    ],
)
async def test_mounted_it_leads_to_where_it_is(after: str, where: str) -> None:
    oauth = App("http://127.0.0.1:8000/pre/m/oauth/callback")

    async def endpoint(request: Request) -> Response:
        raise dead()

    routes = install_routes(oauth, after=after)
    inner = Mount("/api", routes=[Mount("/v1", routes=[Route("/z", endpoint)])])
    other = Starlette(routes=[Route("/z", endpoint)])
    add_error_handlers(other)
    app = Starlette(
        routes=[Mount("/m", routes=routes), inner, Mount("/other", other), Route("/z", endpoint)]
    )
    add_error_handlers(app)
    async with browser(app, root_path="/pre") as http:
        for path in ("/pre/z", "/pre/api/v1/z", "/pre/other/z"):
            assert (await http.get(path)).json()["install"] == "/pre/m/oauth/install"
        begin = await http.get("/pre/m/oauth/install")
        state = parse_qs(urlsplit(begin.headers["location"]).query)["state"][0]
        refused = await http.get("/pre/m/oauth/callback", params={"state": "x"})
        assert refused.json()["install"] == "/pre/m/oauth/install"
        back = await http.get("/pre/m/oauth/callback", params={"code": "c", "state": state})
    assert (back.status_code, back.headers["location"]) == (303, where)


async def test_who_must_consent_again_is_sent_to_the_install_route() -> None:
    app = FastAPI()
    app.router.routes.extend(
        install_routes(App("http://127.0.0.1/billing/callback"), path="/billing")
    )
    add_error_handlers(app)

    @app.get("/")
    async def get() -> None:
        raise dead()

    async with browser(app, root_path="/api") as http:
        answer = await http.get("/api/")
    assert (answer.status_code, answer.json()["install"]) == (409, "/api/billing/install")


def test_a_redirect_uri_that_leads_elsewhere_is_refused_at_once() -> None:
    for path in ("elsewhere", "xoauth/callback", "/oauth/callback", "oauth/callback/"):
        with pytest.raises(errors.ConfigurationError, match="/oauth/callback"):
            install_routes(App(f"https://billing.example/{path}"))


@pytest.mark.parametrize("path", ["oauth", "/oauth/", "/"])
def test_a_path_that_is_none_is_refused_at_once(path: str) -> None:
    with pytest.raises(errors.ConfigurationError, match="path"):
        install_routes(App(f"https://billing.example/{path}/callback"), path=path)


def test_it_may_be_at_the_root() -> None:
    routes = install_routes(App("https://billing.example/callback"), path="")
    assert [one.path for one in routes] == ["/install", "/callback"]


# --- With a real app --------------------------------------------------------------------------


async def test_a_code_of_the_sandbox_connects_its_location() -> None:
    grants: list[Grant] = []

    def on_installed(request: Request, grant: Grant) -> None:
        grants.append(grant)

    async with Sandbox() as box:
        oauth = box.oauth_app(redirect_uri=LOCAL, scopes=required_scopes("invoices.list"))
        app = site(oauth, on_installed=on_installed)
        async with browser(app, around=PrivateCallback(app)) as http:
            state = await begun(http)
            code = box.oauth.authorize()
            refused = await http.get("/oauth/callback", params={"code": code, "state": "x" * 43})
            assert (refused.status_code, grants) == (400, [])
            back = await http.get("/oauth/callback", params={"code": code, "state": state})
            assert (back.status_code, grants[0].location_id) == (303, box.location_id)

            used = await http.get(
                "/oauth/callback", params={"code": code, "state": await begun(http)}
            )
            assert used.json()["type"].endswith("install-code")
            declined = await http.get(
                "/oauth/callback", params={"error": "access_denied", "state": await begun(http)}
            )
            assert declined.json()["type"].endswith("install-refused")
        assert len(grants) == 1
        async with box.client(token=oauth) as client:
            assert await client.invoices.list().collect() == []


# --- Logs -------------------------------------------------------------------------------------


async def test_no_trace_shows_what_comes_back() -> None:
    oauth, seen = App(), list[Any]()
    app = site(oauth)

    async def tracing(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope["path"], scope["query_string"]))
        await app(scope, receive, send)

    async with browser(app, around=PrivateCallback(tracing)) as http:
        state = await begun(http)
        back = await http.get("/oauth/callback", params={"code": "c-1", "state": state})
        await http.get("/elsewhere?page=2")
    assert (back.status_code, oauth.completed) == (303, [("c-1", state)])
    assert seen == [("/oauth/install", b""), ("/oauth/callback", b""), ("/elsewhere", b"page=2")]


async def test_a_path_of_one_s_own_is_told_once() -> None:
    oauth, seen = App("http://127.0.0.1/a/billing/callback"), list[Any]()
    app = Starlette(routes=install_routes(oauth, path="/a/billing"))

    async def tracing(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope["path"], scope["query_string"]))
        await app(scope, receive, send)

    async with browser(app, around=PrivateCallback(tracing)) as http:
        for path in ("/a/billing/callback", "/a/billing/callback/", "/a/billing/install"):
            await http.get(f"{path}?code=c-1")
    assert seen == [
        ("/a/billing/callback", b""),
        ("/a/billing/callback/", b""),
        ("/a/billing/install", b"code=c-1"),
    ]


async def test_a_path_that_nobody_made_can_be_told() -> None:
    seen: list[bytes] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["query_string"])

    for path in ("/own", "/oauth/callback"):
        scope = {"type": "http", "path": path, "query_string": b"code=c-1"}
        await PrivateCallback(app, "/own")(scope, None, None)
    await PrivateCallback(app)({"type": "http", "path": "/oauth/callback"}, None, None)
    assert seen == [b"", b"code=c-1", b""]


class Atoms(dict[str, Any]):
    """What some servers give their access logs."""

    def __missing__(self, name: str) -> str:
        return "-"


def test_a_log_of_named_values_shows_neither(caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("test.named")
    hide_oauth_queries("test.named")
    path = "/oauth/callback"
    with caplog.at_level(logging.INFO, "test.named"):
        log.info('%(h)s "%(R)s" %(s)d', Atoms(R=f"GET {path}?code=c-1&state=s-1", s=303))
        log.info("%(U)s %(q)s %(s)s", Atoms(U=path, q="code=c-1&state=s-1", s=303))
        log.info("%(q)s %(z)s", Atoms(q="barcode=7&zip-code=8", z="100%"))
        log.info("code=%s", "of-a-door")  # a placeholder is no value
    assert [record.getMessage() for record in caplog.records] == [
        f'- "GET {path}?code=…&state=…" 303',
        f"{path} code=…&state=… 303",
        "barcode=7&zip-code=8 100%",
        "code=of-a-door",
    ]


def test_an_access_log_shows_neither_code_nor_state(caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("test.access")
    hide_oauth_queries("test.access")
    hide_oauth_queries("test.access")
    assert len(log.filters) == 1
    line = '%s - "%s %s HTTP/%s" %d'  # uvicorn's
    with caplog.at_level(logging.INFO, "test.access"):
        log.info(line, "127.0.0.1:1", "GET", "/oauth/callback?code=c-1&state=s-1&x=1", "1.1", 303)
        log.info('"GET /oauth/callback?state=s-1&code=c-1 HTTP/1.1" 303')
        log.info(line, "127.0.0.1:1", "GET", "/invoices?barcode=7&number=1", "1.1", 200)
    shown = [record.getMessage() for record in caplog.records]
    assert shown == [
        '127.0.0.1:1 - "GET /oauth/callback?code=…&state=…&x=1 HTTP/1.1" 303',
        '"GET /oauth/callback?state=…&code=… HTTP/1.1" 303',
        '127.0.0.1:1 - "GET /invoices?barcode=7&number=1 HTTP/1.1" 200',
    ]
