"""The two routes of an installation: to the consent page, and back from it."""

from __future__ import annotations

import hashlib
import html
import inspect
import logging
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from .._core.secret import Secret
from ..errors import (
    ConfigurationError,
    HoopAIError,
    InvalidRequestError,
    ReauthorizationRequired,
)
from .handlers import INSTALL, ProblemResponse, answer_to, root_of
from .logs import CALLBACKS, QUERY
from .problems import KINDS

__all__ = ["install_routes"]

_SECONDS = 600  # a person reads, and chooses a location
_MOST = 5  # flows that one browser may have begun
_CLEARED = 20  # headers have an end, however many cookies come
_COOKIE = "hoopai_install_"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
_log = logging.getLogger("hoopai_invoices.web")


class _Asked(Protocol):
    @property
    def url(self) -> str: ...
    @property
    def state(self) -> str: ...


class Consents(Protocol):
    """What the routes need of an `OAuthApp`."""

    def authorization_url(self) -> _Asked: ...
    async def complete(self, query: Mapping[str, str], /, *, state: str | None) -> Any: ...


Installed = Callable[[Request, Any], Response | Awaitable[Response | None] | None]


def install_routes(
    app: Consents,
    *,
    path: str = "/oauth",
    after: str = "/",
    on_installed: Installed | None = None,
    marketplace: bool = False,
    secure: bool | None = None,
) -> list[Route]:
    """GET {path}/install, which leads to the consent page, and GET {path}/callback.

    ```python
    app.router.routes.extend(install_routes(oauth, on_installed=connect))
    ```

    The state is kept in a cookie of the browser that began: HttpOnly, SameSite=Lax, for ten minutes,
    one for each tab. A callback without it is answered with 400, and its code isn't used.

    Args:
        app: The `OAuthApp`. Its `redirect_uri` leads to the callback.
        path: Where the two are.
        after: Where the browser goes when all is done; a path is one of the application.
        on_installed: Called with the request and the `Grant` when that is stored, to connect its
            location to whoever is logged in; may be async, and may give an answer of its own. The
            browser comes from another site, so it brings no cookie that is SameSite=Strict. When
            this fails, the grant is kept, and the answer is 500, or the `HTTPException`'s.
        marketplace: Whether an installation that was begun in the marketplace is taken, too. It
            comes without a state, so nobody knows whose browser brings it: anybody may have led
            it here with a code of his own. Ask the user before connecting it to his account.
        secure: Whether cookies are for https alone. None: unless `redirect_uri` is of this machine.

    Raises:
        ConfigurationError: The `redirect_uri` leads elsewhere, or `path` is none.
    """
    asked = app.authorization_url().url
    redirect_uri = urlsplit(parse_qs(urlsplit(asked).query).get("redirect_uri", [""])[0])
    if path and (not path.startswith("/") or path.endswith("/")):
        raise ConfigurationError(f"path begins with a / and doesn't end with one, not {path!r}")
    if not redirect_uri.path.endswith(f"{path}/callback") or "//" in redirect_uri.path:
        msg = f"the app's redirect_uri doesn't lead to {path}/callback"
        raise ConfigurationError(msg, hint="OAuthApp(redirect_uri=…) and install_routes(path=…)")
    if secure is None:
        secure = redirect_uri.scheme == "https" or redirect_uri.hostname not in _LOOPBACK
    CALLBACKS.add(f"{path}/callback")
    flow = _Flow(app, path, after, on_installed, marketplace, secure)
    return [
        Route(f"{path}/install", flow.install, methods=["GET"], name=INSTALL),
        Route(f"{path}/callback", flow.callback, methods=["GET"], name="hoopai_callback"),
    ]


class _Flow:
    def __init__(
        self,
        app: Consents,
        path: str,
        after: str,
        on_installed: Installed | None,
        marketplace: bool,
        secure: bool,
    ):
        self._app = app
        self._path = path
        self._after = after
        self._on_installed = on_installed
        self._marketplace = marketplace
        self._secure = secure
        # With the prefix no other host of the same domain can have set it.
        self._prefix = f"__Host-{_COOKIE}" if secure else _COOKIE

    async def install(self, request: Request) -> Response:
        if request.method == "HEAD":
            return Response(headers=_HEADERS)
        asked = self._app.authorization_url()
        answer = RedirectResponse(asked.url, 303, _HEADERS)
        ours = re.compile(re.escape(self._prefix) + "[0-9a-f]{16}")
        begun = [name for name in request.cookies if ours.fullmatch(name)]
        for name in begun[:_CLEARED] if len(begun) >= _MOST else ():
            self._clear(answer, name)
        answer.set_cookie(
            self._cookie(asked.state),
            asked.state,
            max_age=_SECONDS,
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="lax",
        )
        return answer

    async def callback(self, request: Request) -> Response:
        if request.method == "HEAD":  # who looks at links in advance would use the code up
            return Response(status_code=405, headers={**_HEADERS, "Allow": "GET"})
        params = QueryParams(request.scope.get(QUERY, request.scope.get("query_string", b"")))
        given = params.get("state")
        kept = None
        if given or not self._marketplace:
            kept = request.cookies.get(self._cookie(given or ""))
            if not given or not kept or not secrets.compare_digest(given.encode(), kept.encode()):
                why = "This browser hasn't begun it, or too long ago."
                return self._refused(request, "install-state", why)
        cleared = Response(headers=_HEADERS)
        if given:
            self._clear(cleared, self._cookie(given))
        try:
            answer = await self._completed(request, _masked(params), kept)
        except HTTPException as error:  # of on_installed
            error.headers = {**(error.headers or {}), **dict(cleared.headers)}
            error.headers.pop("content-length", None)
            raise
        for name, value in _HEADERS.items():
            answer.headers[name] = value
        if given:
            self._clear(answer, self._cookie(given))
        return answer

    async def _completed(
        self, request: Request, params: dict[str, Any], kept: str | None
    ) -> Response:
        try:
            grant = await self._app.complete(params, state=kept)
        except InvalidRequestError as error:
            return self._refused(request, "install-refused", error.message)
        except ReauthorizationRequired:
            why = "The code is good for one use, and for a short time."
            return self._refused(request, "install-code", why)
        except HoopAIError as error:
            return answer_to(request, error)
        if self._on_installed is not None:
            try:
                done = self._on_installed(request, grant)
                own = await done if inspect.isawaitable(done) else done
            except HTTPException:
                raise
            except HoopAIError as error:
                return answer_to(request, error)
            except Exception:
                _log.exception("on_installed failed; the grant is kept")
                why = "The server couldn't connect it to an account."
                return self._refused(
                    request, "install-unconnected", why, 500, "The app was installed"
                )
            if own is not None:
                return own
        inside = self._after.startswith("/") and not self._after.startswith("//")
        return RedirectResponse(f"{root_of(request) if inside else ''}{self._after}", 303)

    def _refused(
        self,
        request: Request,
        name: str,
        why: str,
        status: int = 400,
        title: str = "The app wasn't installed",
    ) -> Response:
        """As a page for people, as a problem for programs."""
        again = f"{request.scope.get('root_path', '')}{self._path}/install"
        if "text/html" in request.headers.get("accept", ""):
            page = (
                f"<!doctype html><title>{title}</title><h1>{title}</h1><p>{html.escape(why)}</p>"
                f'<p><a href="{html.escape(again)}">Begin again</a></p>'
            )
            return HTMLResponse(page, status, _HEADERS)
        body = {
            "type": KINDS + name,
            "title": title,
            "status": status,
            "detail": why,
            "install": again,
        }
        return ProblemResponse(body, status, _HEADERS)

    def _cookie(self, state: str) -> str:
        """The name of a flow's cookie: tabs don't get into each other's way."""
        return self._prefix + hashlib.sha256(state.encode()).hexdigest()[:16]

    def _clear(self, answer: Response, name: str) -> None:
        answer.delete_cookie(name, path="/", secure=self._secure, httponly=True, samesite="lax")


def _masked(params: QueryParams) -> dict[str, Any]:
    """The query, its code out of the sight of who looks at the locals of an error."""
    told: dict[str, Any] = dict(params)
    if told.get("code"):
        told["code"] = Secret(told["code"])
    return told
