"""Errors of the client become answers: `add_error_handlers`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from urllib.parse import quote

from attrs import evolve
from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import NoMatchFound

from ..errors import HoopAIError, OutcomeUnknown, ReauthorizationRequired
from .answers import InvoicesResponse
from .problems import COMMITTED, KINDS, UNKEYED, Problem, body_of, problem_of, wait_of
from .tenants import NoTenant

__all__ = ["INSTALL", "ProblemResponse", "add_error_handlers", "answer_to", "root_of"]

INSTALL = "hoopai_install"  # the name of the route that `install_routes` makes
_URL = ":/%#?=@[]!$&'()*+,;"  # what an address may hold, as Starlette's redirects have it
_TOLD = "hoopai_invoices.told"
_log = logging.getLogger("hoopai_invoices.web")


class ProblemResponse(InvoicesResponse):
    """Problem details (RFC 9457)."""

    media_type = "application/problem+json"


def add_error_handlers(
    app: Starlette,
    *,
    install_url: str | None = None,
    outcome_url: Callable[[OutcomeUnknown], str | None] | None = None,
    kinds: str = KINDS,
) -> None:
    """Answer the client's errors, as the table in docs/web.md says.

    Of a group of them, as an `asyncio.TaskGroup` raises it, the one is answered that most forbids to
    send the request again. Where a group holds another error too, and on a WebSocket, they are logged
    and raised.

    Args:
        app: The application, of Starlette or FastAPI.
        install_url: Where to send who must consent again; by default the route of `install_routes`,
            where the application has it.
        outcome_url: Where it can be asked later what became of a write whose fate is unknown; the
            answer's `Location`.
        kinds: What the `type` of each problem begins with.
    """

    async def failed(connection: HTTPConnection, error: Exception) -> Response:
        leaves = list(_leaves(error))
        ours = sorted((one for one in leaves if isinstance(one, HoopAIError)), key=_harmless)
        here = isinstance(connection, Request) and len(ours) == len(leaves)
        told = connection.scope.get(_TOLD) is error  # what is raised passes here twice
        for one in ours[1:] if here else () if told else ours:
            _tell(connection, one, problem_of(one).status)
        if not here:
            connection.scope[_TOLD] = error
            raise error
        problem = problem_of(ours[0])
        if isinstance(error, ExceptionGroup) and problem.status > 500:
            # Tasks beside it were cancelled, and what they had sent may be done: nothing to repeat.
            problem = evolve(problem, status=500, retry_after=None)
        return answer_to(connection, ours[0], install_url, outcome_url, kinds, problem)

    async def no_tenant(request: Request, error: Exception) -> Response:
        assert isinstance(error, NoTenant)
        body = {
            "type": f"{kinds}no-tenant",
            "title": "No location",
            "status": error.status_code,
            "detail": error.detail,
        }
        headers = {**(error.headers or {}), "Cache-Control": "no-store"}
        return ProblemResponse(body, error.status_code, headers)

    app.add_exception_handler(HoopAIError, failed)
    app.add_exception_handler(ExceptionGroup, failed)
    app.add_exception_handler(NoTenant, no_tenant)


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from _leaves(one)
    else:
        yield error


def _harmless(error: HoopAIError) -> tuple[bool, bool, bool]:
    """Of errors that came together, the smallest is answered."""
    problem = problem_of(error)
    unknown = isinstance(error, OutcomeUnknown) or problem is UNKEYED
    return not unknown, problem is not COMMITTED, problem.status >= 500


def answer_to(
    request: HTTPConnection,
    error: HoopAIError,
    install_url: str | None = None,
    outcome_url: Callable[[OutcomeUnknown], str | None] | None = None,
    kinds: str = KINDS,
    problem: Problem | None = None,
) -> Response:
    """The answer to one error."""
    problem = problem or problem_of(error)
    body = body_of(error, problem, kinds)
    headers = {"Cache-Control": "no-store"}
    wait = wait_of(error, problem)
    if wait is not None:
        headers["Retry-After"] = str(wait)
    if isinstance(error, OutcomeUnknown) and outcome_url is not None:
        try:
            where = outcome_url(error)
            if where is not None:
                headers["Location"] = quote(where, safe=_URL)
                body["outcome"] = where
        except Exception:
            _log.exception("outcome_url")  # what became of the write is told all the same
    if isinstance(error, ReauthorizationRequired):
        install = install_url or _install_route(request)
        if install is not None:
            body["install"] = install
    _tell(request, error, problem.status)
    return ProblemResponse(body, problem.status, headers)


def root_of(request: HTTPConnection) -> str:
    """Where the whole application is; `root_path` is that of what is mounted in it."""
    scope = request.scope
    root: str = scope.get("app_root_path", scope.get("root_path", ""))
    return root.rstrip("/")


def _install_route(request: HTTPConnection) -> str | None:
    try:
        # The outermost router: where a request passes through a Mount, others aren't below it.
        path = request.scope.get("router", request.app).url_path_for(INSTALL)
    except NoMatchFound:
        return None
    return f"{root_of(request)}{path}"


def _tell(request: HTTPConnection, error: HoopAIError, status: int) -> None:
    """The operator's side: the server logs no error that was answered. No query, no body, no hint lost."""
    # Not `request.url`, which can't be made of every Host header.
    level = logging.ERROR if status >= 500 else logging.WARNING if status == 202 else logging.INFO
    trace = error if status == 500 else None
    _log.log(
        level,
        "%s %s: %d, %s: %s",
        request.scope.get("method", "WebSocket"),
        _line(request.scope["path"]),
        status,
        type(error).__name__,
        _line(str(error)),
        exc_info=trace,
    )


def _line(text: str) -> str:
    """A text from outside, as a part of one line."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )
