"""What docs/tokens.md shows of scopes, consent and agencies runs as it stands there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from hoopai_invoices.auth import MemoryStore, OAuthApp
from hoopai_invoices.sandbox import Sandbox

pytestmark = pytest.mark.anyio

PAGE = (Path(__file__).resolve().parent.parent / "docs/tokens.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def test_every_block_is_run() -> None:
    # The last one, a store of one's own, is run by test_token_stores.py.
    assert len(BLOCKS) == 4
    assert "SealedStore" in BLOCKS[3]


def test_the_scopes(capsys: pytest.CaptureFixture[str]) -> None:
    exec(BLOCKS[0], {})
    shown = ["invoices.readonly", "invoices/estimate.write"]
    assert capsys.readouterr().out == f"{shown}\n"


async def test_consent_and_a_call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with Sandbox(seed=1) as box:
        names = of_sandbox(box, BLOCKS[1].replace('"tokens"', f'"{tmp_path / "tokens"}"'))
        box.add_location(id="ve9EPM428h8vShlRW1KT")
        code = box.oauth.authorize(location="ve9EPM428h8vShlRW1KT")
        connect = BLOCKS[1].partition("async def connect")[2].partition("async def bill")[0]
        exec("async def connect" + connect.replace("…", code), names)
        await names["connect"]()
        await names["bill"]()
    address, kind, none = capsys.readouterr().out.splitlines()
    assert address.startswith("send the user to https://marketplace.gohighlevel.com/oauth/")
    assert (kind, none) == ("Location ve9EPM428h8vShlRW1KT", "None")


async def test_an_agency(capsys: pytest.CaptureFixture[str]) -> None:
    async with Sandbox(seed=1) as box:
        box.add_location()
        box.add_invoice(status="sent", number="INV-7")
        app = box.oauth_app(store=MemoryStore())
        await app.exchange_code(box.oauth.authorize("Company"))
        names = of_sandbox(box, BLOCKS[2])
        await names["night"](app)
    plan, ready, invoice = capsys.readouterr().out.splitlines()
    assert plan == "MintingPlan(locations=10000, seconds=990.0, fits=True)"
    assert ready == "2 locations are ready, 0 are not"
    assert invoice == f"{box.location_id} INV-7"


def of_sandbox(box: Sandbox, block: str) -> dict[str, Any]:
    """The block's names; its app and its clients are the sandbox's."""
    names: dict[str, Any] = {}
    exec(block, names)
    if isinstance(app := names.get("app"), OAuthApp):
        names["app"] = box.oauth_app(
            store=app._grants._store._store, redirect_uri=app.redirect_uri, scopes=app.scopes
        )
    names["InvoicesClient"] = lambda token: box.client(token=token, location_id=None)
    return names
