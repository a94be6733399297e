"""What docs/web.md shows runs as it stands there."""

import asyncio
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from browser import browser
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.requests import Request

from hoopai_invoices import InvoicesClient, LocationClient
from hoopai_invoices.auth import FileStore, Grant, OAuthApp, required_scopes
from hoopai_invoices.models import Invoice
from hoopai_invoices.sandbox import Sandbox
from hoopai_invoices.web import PrivateCallback, install_routes
from hoopai_invoices.writes import Writes

pytestmark = pytest.mark.anyio

PAGE = (Path(__file__).resolve().parent.parent / "docs/web.md").read_text(encoding="utf-8")
PROGRAM, LISTED, INSTALL = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def of_sandbox(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """`InvoicesClient.from_env` of an environment that leads to the sandbox."""
    monkeypatch.setattr(InvoicesClient, "from_env", box.client)


async def test_the_program_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    box = Sandbox()
    of_sandbox(box, monkeypatch)
    names: dict[str, Any] = {}
    exec(PROGRAM, names)
    invoice = box.add_invoice()
    there = {"x-location": box.location_id}
    async with browser(names["app"]) as http:
        assert (await http.get(f"/invoices/{invoice.id}")).status_code == 403
        shown = await http.get(f"/invoices/{invoice.id}", headers=there)
        assert (shown.status_code, shown.json()["_id"]) == (200, invoice.id)
        for _ in range(2):
            keyed = {**there, "idempotency-key": "job-1"}
            sent = await http.post(f"/invoices/{invoice.id}/send", headers=keyed)
            assert (sent.status_code, sent.json()["invoice"]["status"]) == (200, "sent")
    assert box.calls.count("invoices.send") == 1


async def test_its_keys_outlive_the_program(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    box = Sandbox()
    of_sandbox(box, monkeypatch)
    invoice = box.add_invoice()
    for _ in range(2):
        names: dict[str, Any] = {}
        exec(PROGRAM, names)
        async with browser(names["app"]) as http:
            sent = await http.post(
                f"/invoices/{invoice.id}/send",
                headers={"x-location": box.location_id, "idempotency-key": "job-1"},
            )
            assert sent.status_code == 200
    assert box.calls.count("invoices.send") == 1
    assert "ledger" not in caplog.text


async def test_its_settling_job_goes_on_after_a_failure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    of_sandbox(Sandbox(), monkeypatch)
    rounds, third = 0, asyncio.Event()

    async def failing(self: Writes) -> list[Any]:
        nonlocal rounds
        rounds += 1
        if rounds == 3:
            third.set()
        raise RuntimeError("the database's driver")

    monkeypatch.setattr(Writes, "settle_pending", failing)
    names: dict[str, Any] = {}
    soon = PROGRAM.replace("asyncio.sleep(30)", "asyncio.sleep(0)")
    assert soon != PROGRAM
    exec(soon, names)
    async with browser(names["app"]):
        await asyncio.wait_for(third.wait(), 60)


async def test_a_page_of_a_list() -> None:
    names: dict[str, Any] = {
        **{"BaseModel": BaseModel, "Invoice": Invoice, "LocationClient": LocationClient}
    }
    exec(LISTED, names)
    async with Sandbox() as box, box.client() as client:
        there = {box.add_invoice().id for _ in range(25)}
        first = await names["listed"](client)
        second = await names["listed"](client, first.cursor)
    assert {one.id for one in first.items + second.items} == there
    assert (len(first.items), len(second.items), second.cursor) == (20, 5, None)


async def test_the_routes_of_an_installation(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {
        **{"Request": Request, "Grant": Grant, "OAuthApp": OAuthApp, "FileStore": FileStore},
        **{"required_scopes": required_scopes, "Starlette": Starlette},
        **{"install_routes": install_routes, "PrivateCallback": PrivateCallback},
    }
    exec(INSTALL, names)
    async with browser(
        names["site"], around=names["app"], base_url="https://billing.example"
    ) as http:
        begun = await http.get("/oauth/install")
        assert begun.status_code == 303
        assert urlsplit(begun.headers["location"]).path == "/oauth/chooselocation"
        assert begun.headers["set-cookie"].startswith("__Host-")
        assert (await http.get("/oauth/callback?code=c")).status_code == 400
