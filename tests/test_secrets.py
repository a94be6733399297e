"""No secret shows: the canaries find it on every way out, and there is none to find."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import io
import json
import logging
import os
import pickle
import subprocess
import sys
import textwrap
import traceback
import warnings
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from canary import CANARIES, SHORTEST
from opentelemetry import trace as otel
from scripted import Answer, reply, scripted, silence

import hoopai_invoices
from hoopai_invoices import InvoicesClient, errors
from hoopai_invoices._core.secret import Secret
from hoopai_invoices._core.trace import Attempt, CallRecord
from hoopai_invoices._protocol import Sent
from hoopai_invoices.sandbox import Sandbox

pytestmark = pytest.mark.anyio

TOKEN = "pit-5e1f0a77-one-that-must-not-show"
PASSWORD = "hunter2-of-the-proxy"
LOCATION = "ve9EPM428h8vShlRW1KT"


# --- Every channel finds its planted leak --------------------------------------------------------


def leak_of_log_message() -> None:
    logging.getLogger("httpcore.connection").debug("connecting with %s", TOKEN)


def leak_of_log_text_without_arguments() -> None:
    logging.getLogger("uvicorn.error").info(f"GET /?token={TOKEN}")


def leak_of_log_args() -> None:
    # The message cuts it off; a handler that sends records away has it whole.
    logging.getLogger("hoopai_invoices").debug("with %.4s", TOKEN)


def leak_of_log_extra() -> None:
    logging.getLogger("asyncio").debug("sent", extra={"headers": [(b"a", TOKEN.encode())]})


def leak_of_log_exception() -> None:
    try:
        raise ValueError(TOKEN)
    except ValueError:
        logging.getLogger("hoopai_invoices").exception("a hook failed")


def leak_of_log_record() -> None:
    record = logging.makeLogRecord({"levelno": 10, "exc_text": f"Traceback: {TOKEN}"})
    logging.getLogger("elsewhere").handle(record)


def leak_of_error_text() -> None:
    errors.ConfigurationError(f"{TOKEN} is no token")


def leak_of_error_hint() -> None:
    errors.ConfigurationError("wrong", hint=f"is {TOKEN} right?")


def leak_of_error_body() -> None:
    errors.APIStatusError("no", status=401, body={"echo": [{"headers": f"Bearer {TOKEN}"}]})


def leak_of_error_headers() -> None:
    errors.APIStatusError("no", status=401, headers={"x-echo": TOKEN})


def leak_of_error_request() -> None:
    errors.OutcomeUnknown("lost", request={"headers": {"authorization": TOKEN.encode()}})


def leak_of_error_attribute() -> None:
    errors.HoopAIError("no").token = TOKEN  # type: ignore[attr-defined]


def leak_of_error_note() -> None:
    errors.HoopAIError("no").add_note(f"sent with {TOKEN}")


def leak_of_error_cause() -> None:
    errors.HoopAIError("no").__cause__ = ValueError(TOKEN)


def leak_of_error_context() -> None:
    try:
        raise RuntimeError({"authorization": TOKEN})
    except RuntimeError:
        try:
            raise errors.HoopAIError("no") from None  # hidden from tracebacks, and still there
        except errors.HoopAIError:
            pass


def leak_of_traceback() -> None:
    source = "def work(token):\n    raise errors.HoopAIError('no')"
    module: dict[str, Any] = {"__name__": "hoopai_invoices._core.elsewhere", "errors": errors}
    exec(source, module)
    with contextlib.suppress(errors.HoopAIError):
        module["work"](TOKEN)


async def leaves(error: BaseException, token: str) -> None:
    """An error from the frames of a transport, out of a call."""
    source = "async def handle(request):\n    headers = {'authorization': token}\n    raise error"
    module: dict[str, Any] = {"__name__": "httpcore._async", "error": error, "token": token}
    exec(source, module)

    class Client(InvoicesClient):
        pass

    async with Client(token=TOKEN, location_id=LOCATION) as client:
        client._pipeline.run = module["handle"]  # type: ignore[method-assign]
        with pytest.raises(type(error)):
            await client.invoices.get("65f0c0ffee")


def leak_of_cancellation() -> None:
    asyncio.run(leaves(asyncio.CancelledError(), TOKEN))


def leak_of_group() -> None:
    asyncio.run(leaves(ExceptionGroup("several", [KeyError(TOKEN)]), ""))


def leak_of_client() -> None:
    class Chatty(InvoicesClient):
        def __repr__(self) -> str:
            return f"InvoicesClient({TOKEN})"

    CANARIES.made(Chatty(token=TOKEN))


def leak_of_client_by_attribute() -> None:
    InvoicesClient(token=TOKEN).last_headers = {"authorization": TOKEN}  # type: ignore[attr-defined]


def leak_of_view() -> None:
    view = InvoicesClient(token=TOKEN).location(LOCATION)
    view._executor.defaults = {"token": TOKEN}


def leak_of_attempt() -> None:
    Attempt("invoices.get", LOCATION, 1, None, f"refused: {TOKEN}", 0.1, 0.0)


def leak_of_captured_headers() -> None:
    CallRecord("invoices.get", LOCATION, 200, {"x-echo": TOKEN}, b"", ())


def leak_of_captured_body() -> None:
    CallRecord("invoices.get", LOCATION, 200, {}, b'{"a":"' + TOKEN.encode() + b'"}', ())


def leak_of_journal() -> None:
    Sent("invoices.create", LOCATION, (), {"headers": {"a": TOKEN}}, 1, 0.0)


def leak_of_pickle() -> None:
    class Quiet(errors.HoopAIError):
        def __reduce__(self) -> Any:
            return str, (TOKEN,)

    Quiet("no")


def leak_of_span_attribute() -> None:
    with otel.get_tracer("hoopai_invoices").start_as_current_span("a", attributes={"t": TOKEN}):
        pass


def leak_of_span_event() -> None:
    with otel.get_tracer("hoopai_invoices").start_as_current_span("a") as span:
        span.add_event("attempt", {"header": TOKEN})


def leak_of_span_status() -> None:
    with otel.get_tracer("hoopai_invoices").start_as_current_span("a") as span:
        span.set_status(otel.Status(otel.StatusCode.ERROR, TOKEN))


def leak_of_warning() -> None:
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        warnings.warn(f"{TOKEN} is old", stacklevel=1)


LEAKS = {
    name.removeprefix("leak_of_"): leak
    for name, leak in list(globals().items())
    if name.startswith("leak_of_")
}


@pytest.mark.parametrize("leak", LEAKS.values(), ids=LEAKS.keys())
def test_a_planted_leak_is_found(leak: Callable[[], None]) -> None:
    with CANARIES.apart() as found:
        Secret(TOKEN)
        leak()
    assert found, "nobody saw it"
    assert TOKEN in found[0]


def test_a_planted_leak_in_output_that_a_test_reads_is_found(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with CANARIES.apart() as found:
        Secret(TOKEN)
        print(TOKEN)
        assert TOKEN in capsys.readouterr().out
    assert found


def test_what_is_no_leak_is_none() -> None:
    with CANARIES.apart() as found:
        secret = Secret(TOKEN)
        Secret("t")
        client = InvoicesClient(token=secret, location_id=LOCATION)
        logging.getLogger("hoopai_invoices").debug("%s of %s", secret, client)
        errors.ConfigurationError(f"wrong: {secret}", hint=f"{secret!r} {secret:>20}")
        print(secret)
    assert found == []
    assert len(TOKEN) >= SHORTEST


# A file of tests of which every one leaks in its own way, but for the last.
LEAKING = """
    import logging, sys, warnings
    import pytest
    from opentelemetry import trace
    from hoopai_invoices import errors
    from hoopai_invoices._core.secret import Secret
    TOKEN = "pit-of-the-inner-run-7d1c"

    @pytest.fixture(autouse=True)
    def secret():
        return Secret(TOKEN)

    @pytest.fixture
    def late():
        yield
        logging.getLogger("a").debug(TOKEN)

    def test_log(): logging.getLogger("httpx").debug("%s", TOKEN)
    def test_error(): errors.HoopAIError("x").body = {"a": TOKEN}
    def test_stdout(): print(TOKEN)
    def test_stderr(): print(TOKEN, file=sys.stderr)
    def test_read_output(capsys):
        print(TOKEN)
        capsys.readouterr()
    def test_span():
        with trace.get_tracer("x").start_as_current_span(TOKEN): pass
    def test_warning():
        with pytest.warns(UserWarning): warnings.warn(TOKEN)
    def test_teardown(late): pass
    def test_clean(): logging.getLogger("httpx").debug("%s", "another")
"""


def test_a_leaking_test_turns_red(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "from canary import CanaryPlugin\n\n"
        "def pytest_configure(config): config.pluginmanager.register(CanaryPlugin())\n"
    )
    (tmp_path / "test_leaks.py").write_text(textwrap.dedent(LEAKING))
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent), "PYTEST_ADDOPTS": ""},
    )
    lines = ran.stdout.splitlines()
    red = {line.rpartition("::test_")[2].split()[0] for line in lines if line.startswith("ERROR ")}
    wanted = {"log", "error", "stdout", "stderr", "read_output", "span", "warning", "teardown"}
    assert red == wanted, ran.stdout + ran.stderr
    assert "a secret was seen" in ran.stdout
    assert ran.returncode == 1


# --- A secret itself ----------------------------------------------------------------------------


def test_a_secret_shows_itself_to_nobody() -> None:
    secret = Secret(TOKEN)
    shown = [
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret:>40}",
        "".join(map(str, [secret, [secret]])),
    ]
    shown += [repr([secret]), repr({"token": secret}), json.dumps({"a": str(secret)})]
    assert not [text for text in shown if TOKEN in text]
    with pytest.raises(TypeError):
        vars(secret)
    assert secret.reveal() == TOKEN
    assert secret == Secret(TOKEN)
    assert hash(secret) == hash(Secret(TOKEN))
    assert secret != Secret(TOKEN + "x")
    assert secret != TOKEN, "a comparison with a text would tell it"


@pytest.mark.parametrize(
    "away", [pickle.dumps, copy.copy, copy.deepcopy], ids=["pickle", "copy", "deepcopy"]
)
def test_a_secret_and_a_client_leave_the_process_by_no_pickle(away: Callable[[Any], Any]) -> None:
    client = InvoicesClient(token=TOKEN, location_id=LOCATION)
    for thing in (Secret(TOKEN), client, client.location(LOCATION)):
        with pytest.raises(errors.ConfigurationError):
            away(thing)


@pytest.mark.parametrize("token", [TOKEN + "\u00e9", TOKEN + " x", f"{TOKEN}\n{TOKEN}"])
def test_a_token_with_one_wrong_character_is_not_shown(token: str) -> None:
    for wrong in (token, Secret(token)):
        with pytest.raises(errors.ConfigurationError) as caught:
            InvoicesClient(token=wrong)
        assert TOKEN not in whole(caught.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"timeout": -1},
        {"max_attempts": 0},
        {"api_version": ""},
        {"rate_limit": 5},
        {"base_url": "ftp://x"},
        {"max_answer_bytes": 0},
        {"location_id": "../x"},
        {"defaults": 1},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_what_else_is_set_up_wrongly_shows_no_token(
    wrong: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(errors.HoopAIError) as caught:
        InvoicesClient(token=TOKEN, **wrong)
    assert TOKEN not in whole(caught.value)
    monkeypatch.setenv("HOOPAI_TOKEN", TOKEN)
    with pytest.raises(errors.HoopAIError) as caught:
        InvoicesClient.from_env(**wrong)
    assert TOKEN not in whole(caught.value)


def whole(error: BaseException) -> str:
    """All that an error tells, locals of all frames but those of this file included."""
    texts = []
    chain: list[BaseException | None] = [error]
    while chain:
        one = chain.pop()
        if one is None:
            continue
        chain += [one.__cause__, one.__context__]
        texts += [str(one), repr(one), repr(one.args), repr(vars(one))]
        told = traceback.TracebackException.from_exception(one, capture_locals=True)
        texts += [
            f"{frame.name}: {frame.locals}"
            for frame in told.stack
            if Path(frame.filename).name not in (Path(__file__).name, "canary.py")
        ]
    return "\n".join(texts)


# --- Answers that repeat what they were asked with -----------------------------------------------


def echo(status: int, *, as_json: bool = True, escaped: bool = False) -> tuple[list[str], Answer]:
    """A server that answers with the request's authorization, in the body and in a header."""
    heads: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        value = TOKEN if not heads else heads[0]
        body = json.dumps({"message": f"bad header Bearer {value}", "headers": {"a": value}})
        body = body.replace("/", "\\/") if escaped else body
        body = body if as_json else f"<h1>{value}</h1> {body}"
        await reply(status, body, f"X-Echo: Bearer {value}")(reader, writer)

    return heads, answer


async def get(client: InvoicesClient) -> Any:
    return await client.invoices.get("65f0c0ffee")


async def raw(client: InvoicesClient) -> Any:
    return await client.raw("GET", "/users/")


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize("status", [302, 400, 401, 404, 422, 429, 500, 503])
async def test_an_error_that_echoes_the_token_is_masked(status: int, as_json: bool) -> None:
    _, answer = echo(status, as_json=as_json)
    async with scripted(answer) as server:
        async with InvoicesClient(
            token=TOKEN, location_id=LOCATION, base_url=server.url, max_attempts=1
        ) as client:
            with client.capture() as captured, pytest.raises(errors.APIStatusError) as caught:
                await get(client)
    error = caught.value
    assert TOKEN not in whole(error)
    assert TOKEN.encode() not in pickle.dumps(error)
    assert "[secret]" in error.headers["x-echo"]
    assert "[secret]" in str(error)
    assert "[secret]" in str(error.body)
    assert TOKEN not in str(captured.last.headers)
    assert TOKEN.encode() not in captured.last.body


@pytest.mark.parametrize(
    ("status", "line", "body"),
    [
        (400, "X: y", rb'{"message": "\u0070it\u002Dmust-n\u006ft-show"}'),
        (400, "X-pit-must-not-show: y", b"{}"),
        (200, "Content-Encoding: pit-must-not-show", b"{}"),
    ],
)
async def test_an_echo_in_an_odd_place_is_masked(status: int, line: str, body: bytes) -> None:
    token = "pit-must-not-show"
    async with scripted(reply(status, body, line)) as server:
        async with InvoicesClient(token=token, location_id=LOCATION, base_url=server.url) as client:
            with pytest.raises(errors.HoopAIError) as caught:
                await get(client)
    assert token not in whole(caught.value)


async def test_an_escaped_echo_is_masked_too() -> None:
    token = "opaque/token/with/slashes-11"
    heads, answer = echo(400, escaped=True)
    heads.append(token)
    async with scripted(answer) as server:
        async with InvoicesClient(token=token, location_id=LOCATION, base_url=server.url) as client:
            with pytest.raises(errors.BadRequestError) as caught:
                await get(client)
    assert token not in whole(caught.value)
    assert "[secret]" in str(caught.value)


@pytest.mark.parametrize("use", [get, raw])
async def test_a_success_that_cannot_be_read_is_masked(use: Callable[..., Any]) -> None:
    _, answer = echo(200, as_json=False)
    async with scripted(answer) as server:
        async with InvoicesClient(token=TOKEN, location_id=LOCATION, base_url=server.url) as client:
            with client.capture() as captured, pytest.raises(errors.DecodeError) as caught:
                await use(client)
    assert TOKEN not in whole(caught.value)
    assert "[secret]" in caught.value.body
    assert TOKEN not in captured.last.headers["x-echo"]
    assert TOKEN.encode() not in captured.last.body


async def test_a_success_is_handed_on_as_it_came() -> None:
    _, answer = echo(200)
    with CANARIES.apart():  # the caller asked for this text, and has it
        async with scripted(answer) as server:
            async with InvoicesClient(token=TOKEN, base_url=server.url) as client:
                found = await raw(client)
    assert found["headers"]["a"] == TOKEN


# --- Calls that end halfway ----------------------------------------------------------------------


async def waiting(url: str, **settings: Any) -> tuple[InvoicesClient, asyncio.Task[Any]]:
    client = InvoicesClient(token=TOKEN, location_id=LOCATION, base_url=url, **settings)
    return client, asyncio.create_task(get(client))


async def test_a_cancellation_in_flight_holds_no_frame_with_the_token() -> None:
    async with scripted(silence()) as server:
        client, task = await waiting(server.url)
        while not server.heads:
            await asyncio.sleep(0.005)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        await client.aclose()
    assert TOKEN in server.heads[0]
    assert TOKEN not in whole(caught.value)
    names = [
        frame.f_globals["__name__"] for frame, _ in traceback.walk_tb(caught.value.__traceback__)
    ]
    assert not [name for name in names if name.startswith(("httpx", "httpcore", "h11", "ssl"))]


async def test_a_deadline_of_the_callers_holds_no_frame_with_the_token() -> None:
    async with scripted(silence()) as server:
        async with InvoicesClient(token=TOKEN, location_id=LOCATION, base_url=server.url) as client:
            with pytest.raises(TimeoutError) as caught:
                async with asyncio.timeout(1):
                    await get(client)
    assert server.heads
    assert TOKEN not in whole(caught.value)


@pytest.mark.parametrize("use", ["get", "create"])
async def test_a_deadline_of_the_clients_holds_no_frame_with_the_token(use: str) -> None:
    async with scripted(silence()) as server:
        async with InvoicesClient(
            token=TOKEN, location_id=LOCATION, base_url=server.url, timeout=1
        ) as client:
            call = get(client) if use == "get" else client.raw("POST", "/users/", json={"a": 1})
            with pytest.raises(errors.HoopAIError) as caught:
                await call
    assert server.heads
    assert TOKEN not in whole(caught.value)


class Babbling(httpx.AsyncBaseTransport):
    """A transport whose errors tell all."""

    def __init__(self, error: type[Exception]):
        self.error = error

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        headers = dict(request.headers.raw)
        raise self.error(f"can't send {headers}")


@pytest.mark.parametrize("kind", [RuntimeError, httpx.ConnectError, OSError])
async def test_a_transport_that_tells_all_is_masked(kind: type[Exception]) -> None:
    async with InvoicesClient(
        token=TOKEN, location_id=LOCATION, transport=Babbling(kind), max_attempts=1
    ) as client:
        with pytest.raises(errors.APIConnectionError) as caught:
            await get(client)
    assert TOKEN not in whole(caught.value)
    assert "[secret]" in str(caught.value)


class BabblingBody(httpx.AsyncBaseTransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        headers = dict(request.headers.raw)

        class Stream(httpx.AsyncByteStream):
            async def __aiter__(self) -> AsyncIterator[bytes]:
                yield b"{"
                raise RuntimeError(f"broke after {headers}")

        return httpx.Response(200, stream=Stream())


async def test_a_stream_that_tells_all_is_masked() -> None:
    async with InvoicesClient(
        token=TOKEN, location_id=LOCATION, transport=BabblingBody(), max_attempts=1
    ) as client:
        with pytest.raises(errors.APIConnectionError) as caught:
            await get(client)
    assert TOKEN not in whole(caught.value)


@pytest.mark.parametrize("gives", ["raises", "nothing", "two lines"])
async def test_a_callable_without_a_token_shows_none(gives: str) -> None:
    calls = []

    def ask() -> Any:
        calls.append(gives)
        if gives == "raises":
            raise RuntimeError("the vault is shut")
        return None if gives == "nothing" else f"{TOKEN}\nx"

    CANARIES.secret(TOKEN)
    async with InvoicesClient(token=ask, location_id=LOCATION) as client:
        expected = RuntimeError if gives == "raises" else errors.ConfigurationError
        with pytest.raises(expected) as caught:
            await get(client)
        assert TOKEN not in whole(caught.value)
        assert TOKEN not in repr(client)
        assert client.stats().attempts == 0
    assert calls == [gives]


async def test_a_callable_that_fails_when_the_token_is_renewed_shows_none() -> None:
    answers = iter([TOKEN])

    async def ask() -> str:
        try:
            return next(answers)
        except StopIteration:
            raise RuntimeError("the vault is shut") from None

    async with scripted(reply(401, '{"message":"Invalid JWT"}')) as server:
        async with InvoicesClient(token=ask, location_id=LOCATION, base_url=server.url) as client:
            with pytest.raises(RuntimeError, match="vault") as caught:
                await get(client)
            assert client.stats().in_flight == 0
    assert TOKEN not in whole(caught.value)


# --- Proxies -------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [407, 502])
async def test_the_password_of_a_proxy_shows_nowhere(
    status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    CANARIES.secret(PASSWORD)
    async with scripted(reply(status, "no", "Connection: close")) as proxy:
        for name in ("ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy", "https_proxy"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv(
            "HTTPS_PROXY", proxy.url.replace("http://", f"http://someone:{PASSWORD}@")
        )
        async with InvoicesClient(token=TOKEN, location_id=LOCATION, max_attempts=1) as client:
            transport = client._pipeline.shared.http._transport
            with pytest.raises(errors.APIConnectionError, match="never sent") as caught:
                await client.raw("POST", "/users/", json={})
            shown = [repr(client), repr(transport), repr(vars(transport)), repr(client.stats())]
    assert "CONNECT" in proxy.heads[0]
    assert "authorization" in proxy.heads[0].lower(), "the proxy was given its password"
    assert TOKEN not in proxy.heads[0]
    assert PASSWORD not in "\n".join([*shown, whole(caught.value)])


@pytest.mark.parametrize(
    "address",
    [f"http://someone:{PASSWORD}@proxy:port", f"ftp://someone:{PASSWORD}@proxy", f"http://u:{PASSWORD}@[::1"],
)  # fmt: skip
def test_a_proxy_that_cannot_be_used_keeps_its_password(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    CANARIES.secret(PASSWORD)
    for name in ("https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", address)
    with pytest.raises(errors.ConfigurationError) as caught:
        InvoicesClient(token=TOKEN)
    assert PASSWORD not in whole(caught.value)


@pytest.mark.parametrize("base", ["https://u:{}@x", "https://u:{}@[::1", "https://x?key={}"])
def test_an_address_with_a_password_is_not_repeated(base: str) -> None:
    # The address is an argument of the caller's, and stays in the frames that it was in.
    with pytest.raises(errors.ConfigurationError) as caught:
        InvoicesClient(token=TOKEN, base_url=base.format(PASSWORD))
    assert PASSWORD not in str(caught.value) + repr(vars(caught.value))


# --- A whole life, with everybody listening ------------------------------------------------------


async def test_a_whole_life_shows_no_token() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    told: list[str] = []
    try:
        async with Sandbox(seed=3) as box:
            url = await box.serve()
            async with InvoicesClient(
                token=lambda: box.token,
                location_id=box.location_id,
                base_url=url,
                on_attempt=lambda attempt: told.append(repr(attempt)),
                on_outcome_unknown=lambda error: told.append(repr(vars(error))),
            ) as client:
                with client.capture() as captured:
                    await client.invoices.list().collect()
                    box.faults.fail("invoices.list", 503)
                    await client.invoices.list().collect()
                    box.faults.lose_answer("invoices.generate_number")
                    await client.invoices.generate_number()
                    with pytest.raises(errors.NotFoundError):
                        await get(client)
            told += [
                repr(client.stats()),
                repr(captured),
                repr(captured.calls),
                repr(vars(captured)),
            ]
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    assert len(told) > 8
    assert "send_request_headers" in stream.getvalue(), "the transport's own lines were heard"
    assert box.token not in stream.getvalue() + "".join(told)


def test_the_package_shows_no_token_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOPAI_TOKEN", TOKEN)
    client = InvoicesClient.from_env(location_id=LOCATION)
    assert TOKEN not in repr(client) + repr(vars(client)) + repr(vars(hoopai_invoices))
