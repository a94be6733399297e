"""The example of a web back end, as its users meet it: by its routes, under load, and stopped in the middle."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from browser import browser
from fastapi import FastAPI

from hoopai_invoices.sandbox import Limits, Sandbox
from hoopai_invoices.web import PrivateCallback
from hoopai_invoices.writes import Entry, Writes

pytestmark = pytest.mark.anyio

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
sys.path.insert(0, str(EXAMPLES))

from fastapi_app import main  # noqa: E402 - found by the path above
from fastapi_app.main import make_app  # noqa: E402
from fastapi_app.sessions import LASTS, Sessions  # noqa: E402
from fastapi_app.settings import Settings  # noqa: E402

SECRET = "signs-the-sessions-of-a-test-and-no-others"
USER = "6241712be68f7a98102ba272"
TENANTS, EACH = 50, 4


@pytest.fixture(autouse=True)
def the_browser_keeps_no_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test is the browser, too, whose HTTP library would log the addresses that it opens."""
    monkeypatch.setattr(logging.getLogger("httpx"), "info", lambda *args: None)


def new_invoice(name: str) -> dict[str, Any]:
    today = datetime.now(UTC).date()
    return {
        "name": name,
        "contact_id": "6578278e879ad2646715ba9c",
        "contact_name": "Alex",
        "issue_date": str(today),
        "due_date": str(today + timedelta(days=30)),
        "lines": [{"name": "One hour", "amount": "99.50", "qty": "2"}],
    }


def session(location_id: str) -> dict[str, str]:
    return {"cookie": f"session={Sessions(SECRET, secure=False).token(location_id)}"}


@asynccontextmanager
async def sandbox() -> AsyncIterator[tuple[Sandbox, str]]:
    """A sandbox on a port; every location has the test's contact."""
    async with Sandbox(limits=Limits(token_calls=None)) as box:
        box.add_contact(id="6578278e879ad2646715ba9c")
        yield box, await box.serve()


def settings(box: Sandbox, base_url: str, folder: Path, url: str) -> Settings:
    return Settings(
        client_id=box.oauth.client_id,
        client_secret=box.oauth.client_secret,
        secret=SECRET,
        base_url=base_url,
        store=str(folder / "tokens"),
        ledger=str(folder / "billing.db"),
        user_id=USER,
        url=url,
    )


async def consent(http: httpx.AsyncClient, url: str, **chosen: str) -> httpx.Response:
    """Begin at the application, consent at the sandbox's page, and come back."""
    begun = await http.get(f"{url}/oauth/install")
    assert begun.status_code == 303
    async with httpx.AsyncClient() as outside:
        page = await outside.get(httpx.URL(begun.headers["location"]).copy_merge_params(chosen))
    assert page.status_code == 302, page.text
    return await http.get(page.headers["location"])


# --- Its routes -------------------------------------------------------------------------------


@asynccontextmanager
async def running(tmp_path: Path) -> AsyncIterator[tuple[Sandbox, FastAPI, httpx.AsyncClient]]:
    url = "http://127.0.0.1:8000"
    async with sandbox() as (box, base_url):
        app = make_app(settings(box, base_url, tmp_path, url))
        async with browser(app, around=PrivateCallback(app)) as http:
            yield box, app, http


async def test_from_the_installation_to_a_sent_invoice(tmp_path: Path) -> None:
    async with running(tmp_path) as (box, _, http):
        nobody = await http.get("/invoices")
        assert nobody.status_code == 401
        back = await consent(http, "")
        assert (back.status_code, back.headers["location"]) == (303, "/docs")

        headers = {"Idempotency-Key": "job-1"}
        made = await http.post("/invoices", json=new_invoice("Coaching"), headers=headers)
        again = await http.post("/invoices", json=new_invoice("Coaching"), headers=headers)
        other = await http.post("/invoices", json=new_invoice("Else"), headers=headers)
        assert (made.status_code, again.status_code, other.status_code) == (201, 201, 409)
        assert made.json()["_id"] == again.json()["_id"] == other.json()["record_id"]
        assert made.json()["total"] == "199"
        invoice_id = made.json()["_id"]

        sent = await http.post(f"/invoices/{invoice_id}/send", headers=headers)
        assert (sent.status_code, sent.json()["invoice"]["status"]) == (200, "sent")
        one = await http.get(f"/invoices/{invoice_id}")
        assert (one.status_code, one.json()["status"]) == (200, "sent")
        assert (await http.get("/invoices/66f1a0c2d4e5b60718293a01")).status_code == 404
        told = await http.get("/outcomes", params={"key": "job-1", "operation": "invoices.create"})
        assert told.json() == {"state": "done", "record_id": invoice_id, "ask_again_in": None}
        assert (await http.get("/outcomes?key=job-2")).status_code == 404
        assert len(box.created("invoice")) == 1


async def test_a_list_page_by_page(tmp_path: Path) -> None:
    async with running(tmp_path) as (box, _, http):
        await consent(http, "")
        there = [box.add_invoice().id for _ in range(7)]
        seen: list[str] = []
        cursor: dict[str, str] = {}
        for _ in range(4):
            page = (await http.get("/invoices", params={"limit": "3", **cursor})).json()
            seen += [one["_id"] for one in page["items"]]
            if page["cursor"] is None:
                break
            cursor = {"cursor": page["cursor"]}
    assert sorted(seen) == sorted(there)


@pytest.mark.parametrize("key", ["a/b?c", ".", "..", "a b#c", "k%2Fz", "x/", "&operation=x"])
async def test_a_lost_answer_is_accepted_and_can_be_asked_for(tmp_path: Path, key: str) -> None:
    async with running(tmp_path) as (box, _, http):
        await consent(http, "")
        box.faults.lose_answer("invoices.create", times=1)
        lost = await http.post(
            "/invoices", json=new_invoice("Coaching"), headers={"Idempotency-Key": key}
        )
        assert lost.status_code == 202
        told = await http.get(lost.headers["location"])
        assert told.json()["state"] == "open"
        assert 0 < told.json()["ask_again_in"] <= 60
        assert len(box.created("invoice")) == 1


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"lines": [{"name": "x", "amount": 99.5}]}, ["body", "lines", 0, "amount"]),
        *(
            ({"lines": [{"name": "x", "amount": amount}]}, ["body", "lines", 0, "amount"])
            for amount in (5, True, None, "1e3", "NaN", "-0", "-1", "1_0", " 1.5 ", "1.5\n", "１")
        ),
        ({"lines": [{"name": "x", "amount": "1.00005"}]}, ["body", "lines", 0, "amount"]),
        ({"lines": [{"name": "x", "amount": "1", "qty": 2}]}, ["body", "lines", 0, "qty"]),
        ({"lines": []}, ["body", "lines"]),
        ({"total": "5"}, ["body", "total"]),
    ],
)
async def test_what_can_t_be_billed_is_refused(
    tmp_path: Path, change: dict[str, Any], place: list[Any]
) -> None:
    async with running(tmp_path) as (box, _, http):
        answer = await http.post(
            "/invoices",
            json=new_invoice("Coaching") | change,
            headers={"Idempotency-Key": "job-1", **session(box.location_id)},
        )
        assert answer.status_code == 422
        assert place in [one["loc"] for one in answer.json()["detail"]]
        assert "invoices.create" not in box.calls


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"state": "reserved"}, ("not done", None)),
        ({"state": "refused"}, ("not done", None)),
        ({"state": "reserved", "leased_for": 2.5}, ("open", 3)),
        ({"state": "sending", "leased_for": 0.2}, ("open", 1)),
        ({"state": "sending"}, ("open", 30)),
        ({"state": "unknown", "look_in": 4.0}, ("open", 30)),
        ({"state": "unknown", "look_in": 40.2}, ("open", 41)),
        ({"state": "done"}, ("done", None)),
    ],
)
async def test_an_outcome_says_when_to_ask_again(
    tmp_path: Path, facts: dict[str, Any], told: tuple[str, int | None]
) -> None:
    class Ledger:
        async def find(self, location_id: str, operation: str, key: str) -> Entry:
            return Entry(
                location_id=location_id, operation=operation, key=key, fingerprint="f", **facts
            )

    async with running(tmp_path) as (box, app, http):
        app.state.ledger = Ledger()
        answer = await http.get("/outcomes?key=job-1", headers=session(box.location_id))
    assert (answer.json()["state"], answer.json()["ask_again_in"]) == told


async def test_the_settling_job_goes_on_after_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds, third = 0, asyncio.Event()

    async def failing(self: Writes) -> list[Any]:
        nonlocal rounds
        rounds += 1
        if rounds == 3:
            third.set()
        raise RuntimeError("the database's driver")

    monkeypatch.setattr(Writes, "settle_pending", failing)
    monkeypatch.setattr(main, "SETTLE_EVERY", 0)
    async with running(tmp_path):
        await asyncio.wait_for(third.wait(), 60)


async def test_a_session_ends(tmp_path: Path) -> None:
    async with running(tmp_path) as (box, _, http):
        back = await consent(http, "")
        [cookie] = [one for one in back.headers.get_list("set-cookie") if "session=" in one]
        assert {"HttpOnly", "SameSite=lax", f"Max-Age={LASTS}"} <= {*cookie.split("; ")}
        http.cookies.clear()
        sessions = Sessions(SECRET, secure=False)
        for age, status in ((0, 200), (LASTS - 600, 200), (LASTS, 401)):
            token = sessions.token(box.location_id, time.time() - age)
            answer = await http.get("/invoices", headers={"cookie": f"session={token}"})
            assert answer.status_code == status


def test_a_short_secret_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOOPAI_CLIENT_ID", "HOOPAI_CLIENT_SECRET"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("BILLING_URL", "https://billing.example/")
    for secret in ("", "x" * 31):
        monkeypatch.setenv("BILLING_SECRET", secret)
        with pytest.raises(ValueError, match="BILLING_SECRET"):
            Settings.from_env()
    monkeypatch.setenv("BILLING_SECRET", "x" * 32)
    chosen = Settings.from_env()
    assert (chosen.url, chosen.bind) == ("https://billing.example", "127.0.0.1:8000")


async def test_a_location_that_nobody_has_connected_is_sent_to_the_installation(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as (box, _, http):
        answer = await http.get("/invoices", headers=session("neverConnected0000001"))
        assert (answer.status_code, answer.json()["install"]) == (409, "/oauth/install")
        good = session(box.location_id)["cookie"]
        forged = good[:-1] + ("1" if good.endswith("0") else "0")
        others = session("other0000000000000001")["cookie"].partition(".")[2]
        unsigned = f"session={box.location_id}.{others}"
        for cookie in (forged, unsigned, "session=", "session=.", "session=a.b.c", "session=ü"):
            answer = await http.get("/invoices", headers={b"cookie": cookie.encode()})
            assert answer.status_code == 401


# --- Under load, and stopped in the middle of it ----------------------------------------------


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@asynccontextmanager
async def server(chosen: Settings) -> AsyncIterator[Process]:
    """The example as a process of its own, once it listens."""
    env = {
        **{"HOOPAI_CLIENT_ID": chosen.client_id, "HOOPAI_CLIENT_SECRET": chosen.client_secret},
        **{"HOOPAI_BASE_URL": chosen.base_url, "HOOPAI_STORE": chosen.store},
        **{"HOOPAI_LEDGER": chosen.ledger, "HOOPAI_USER_ID": USER},
        **{"BILLING_SECRET": SECRET, "BILLING_URL": chosen.url, "BILLING_BIND": chosen.bind},
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error", str(EXAMPLES / "fastapi_app")),
        env={**os.environ, **env},
        stdout=PIPE,
        stderr=asyncio.subprocess.STDOUT,
        stdin=DEVNULL,
    )
    try:
        async with httpx.AsyncClient() as http:
            while True:
                assert process.returncode is None, await _said(process)
                with contextlib.suppress(httpx.TransportError):
                    await http.get(f"{chosen.url}/openapi.json")
                    break
                await asyncio.sleep(0.05)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def deaf(url: str) -> None:
    """Wait until nobody listens there any more."""
    async with httpx.AsyncClient() as http:
        while True:
            try:
                await http.get(f"{url}/openapi.json", headers={"connection": "close"})
            except httpx.ConnectError:
                return
            except httpx.TransportError:
                continue  # it was heard, and not answered any more, or not soon


async def _said(process: Process) -> str:
    assert process.stdout is not None
    return (await process.stdout.read()).decode()


async def stopped(process: Process) -> str:
    """What it has said by the time it has ended."""
    said = await _said(process)
    await process.wait()
    return said


async def test_stopped_under_load_and_begun_again_nobody_is_billed_twice(tmp_path: Path) -> None:
    async with sandbox() as (box, base_url):
        places = [box.add_location().id for _ in range(TENANTS)]
        bind = f"127.0.0.1:{free_port()}"
        chosen = replace(settings(box, base_url, tmp_path, f"http://{bind}"), bind=bind)
        wanted = [(place, f"job-{place}-{n}") for n in range(EACH) for place in places]
        late = [(place, f"late-{place}") for place in places]
        answers: dict[str, httpx.Response] = {}
        unanswered: list[str] = []
        enough = asyncio.Event()

        async def bill(http: httpx.AsyncClient, place: str, key: str) -> None:
            try:
                answer = await http.post(
                    f"{chosen.url}/invoices",
                    json=new_invoice(key),
                    headers={"Idempotency-Key": key, **session(place)},
                )
            except (httpx.ConnectError, httpx.ReadError, httpx.WriteError):
                unanswered.append(key)
            except httpx.RemoteProtocolError as error:
                if "without sending a response" not in str(error):
                    raise  # no answer at all is what may happen; a part of one isn't
                unanswered.append(key)
            else:
                answer.json()
                answers[key] = answer
                if len(answers) >= len(wanted) // 4:
                    enough.set()

        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(timeout=None, limits=limits) as http:
            async with server(chosen) as process:
                back = await consent(http, chosen.url, user_type="Company")
                assert back.status_code == 303, back.text
                under_way = asyncio.gather(*(bill(http, *one) for one in wanted))
                waiting = asyncio.ensure_future(enough.wait())
                both: list[asyncio.Future[Any]] = [under_way, waiting]
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
                assert waiting.done(), under_way.exception()
                process.send_signal(signal.SIGTERM)
                await deaf(chosen.url)
                await asyncio.gather(*(bill(http, *one) for one in late))
                await under_way
                said = await stopped(process)
                assert process.returncode == 0, said
            before = dict(answers)
            assert {answer.status_code for answer in before.values()} == {201}, said
            assert {key for _, key in late} <= {*unanswered}
            assert len(before) + len(unanswered) == len(wanted) + len(late)
            wanted += late

            async with server(chosen) as process:
                await asyncio.gather(*(bill(http, *one) for one in wanted))
                process.send_signal(signal.SIGTERM)
                said += await stopped(process)
                assert process.returncode == 0, said

        assert {answer.status_code for answer in answers.values()} == {201}, said
        made = Counter((one.alt_id, one.name) for one in box.created("invoice"))
        assert made == Counter(wanted)
        for key, answer in before.items():
            assert answer.json()["_id"] == answers[key].json()["_id"]
        calls = [one for one in box.arrivals if one.operation and one.operation[:5] != "oauth"]
        assert {(one.token_of, one.location_id) for one in calls} == {(p, p) for p in places}
        assert box.oauth.client_secret not in said
        code = parse_qs(urlsplit(str(back.request.url)).query)["code"][0]
        assert code not in said
        assert '"GET /oauth/callback HTTP/1.1" 303' in said
