"""The sandbox on a real socket."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from hoopai_invoices.sandbox import Sandbox
from hoopai_invoices.sandbox.__main__ import main

from .samples import SEND, estimate
from .support import Api, new_box

pytestmark = pytest.mark.anyio


async def test_another_program_may_accept(box: Sandbox) -> None:
    url = await box.serve()
    assert url.startswith("http://127.0.0.1:")
    async with httpx.AsyncClient(base_url=url) as http:
        api = Api(http, box)
        made = (await api.ok("POST", "/invoices/estimate", estimate()))["_id"]
        await api.ok("POST", f"/invoices/estimate/{made}/send", SEND)
        response = await http.post("/_sandbox/customer/accept", json={"estimateId": made})
        assert response.status_code == 200
        body = {"markAsInvoiced": True}
        answer = await api.ok("POST", f"/invoices/estimate/{made}/invoice", body)
        assert answer["invoice"]["total"] == 353400


async def test_leaving_the_sandbox_closes_the_port_and_touches_no_signal() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    async with new_box() as box:
        url = await box.serve()
        assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
    async with httpx.AsyncClient() as http:
        with pytest.raises(httpx.ConnectError):
            await http.get(url)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com", ""])
async def test_only_this_machine_is_listened_on(box: Sandbox, host: str) -> None:
    with pytest.raises(ValueError, match="not a loopback address"):
        await box.serve(host=host)


async def test_a_taken_port_is_an_error_and_not_the_end(box: Sandbox) -> None:
    url = await box.serve()
    with pytest.raises(OSError, match=r"[Aa]ddress already in use"):
        await box.serve(port=int(url.rsplit(":", 1)[1]))


@contextlib.asynccontextmanager
async def program(*options: str) -> AsyncIterator[Process]:
    """The sandbox as a program of its own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "hoopai_invoices.sandbox", "--port", "0", *options),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def exports(process: Process) -> dict[str, str]:
    """The lines that a shell can take over, which come first."""
    assert process.stdout is not None
    lines = [await asyncio.wait_for(process.stdout.readline(), 20) for _ in range(5)]
    named = dict(line.decode().strip().split("=", 1) for line in lines)
    assert list(named) == [
        *("HOOPAI_BASE_URL", "HOOPAI_TOKEN", "HOOPAI_LOCATION_ID"),
        *("HOOPAI_CLIENT_ID", "HOOPAI_CLIENT_SECRET"),
    ]
    return named


@pytest.mark.skipif(os.name != "posix", reason="sends a POSIX signal")
async def test_the_program_says_where_it_is_and_stops_on_ctrl_c() -> None:
    async with program() as process:
        named = await exports(process)
        headers = {"Authorization": f"Bearer {named['HOOPAI_TOKEN']}", "Version": "2021-07-28"}
        where = {"altId": named["HOOPAI_LOCATION_ID"], "altType": "location"}
        async with httpx.AsyncClient(base_url=named["HOOPAI_BASE_URL"], headers=headers) as http:
            assert (await http.get("/x")).status_code == 404
            assert (await http.get("/invoices/settings", params=where)).status_code == 200
            app = (await http.get("/_sandbox/oauth/app")).json()
            assert app["client_id"] == named["HOOPAI_CLIENT_ID"]
            assert app["client_secret"] == named["HOOPAI_CLIENT_SECRET"]
            first = now = (await http.get("/_sandbox/")).json()["now"]
            async with asyncio.timeout(20):
                while now == first:  # its clock goes with the real time
                    now = (await http.get("/_sandbox/")).json()["now"]
            assert now > first
        process.send_signal(signal.SIGINT)
        _, errors = await asyncio.wait_for(process.communicate(), 20)
        assert (process.returncode, errors) == (0, b"")


async def test_the_program_begins_with_what_a_file_says(tmp_path: Path) -> None:
    path = tmp_path / "seed.toml"
    path.write_text(
        """
        now = 2026-03-01T12:00:00Z

        [[locations]]
        id = "shop"

        [[tokens]]
        value = "pit-known"

        [[invoices]]
        status = "sent"
        total = "150.50"
        """
    )
    async with program("--seed-file", str(path), "--seed", "1") as process:
        named = await exports(process)
        assert (named["HOOPAI_TOKEN"], named["HOOPAI_LOCATION_ID"]) == ("pit-known", "shop")
        async with httpx.AsyncClient(base_url=named["HOOPAI_BASE_URL"]) as http:
            answer = await http.get("/_sandbox/created", params={"kind": "invoice"})
            (made,) = answer.json()["records"]
            assert (made["altId"], made["status"], made["total"]) == ("shop", "sent", 150.5)
            assert made["createdAt"] == "2026-03-01T12:00:00.000Z"
            for _ in range(2):
                now = (await http.get("/_sandbox/")).json()["now"]
                assert now == "2026-03-01T12:00:00.000Z"


async def test_the_program_repeats_itself_under_a_seed_and_can_stand_still() -> None:
    named = []
    for _ in range(2):
        async with program("--seed", "5", "--still") as process:
            found = await exports(process)
            named.append({key: value for key, value in found.items() if "URL" not in key})
            async with httpx.AsyncClient(base_url=found["HOOPAI_BASE_URL"]) as http:
                seen = {(await http.get("/_sandbox/")).json()["now"] for _ in range(20)}
                assert len(seen) == 1
    assert named[0] == named[1]


async def test_the_program_ends_with_2_when_a_file_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "seed.json"
    path.write_text('{"invoices": [{"totl": 1}]}')
    async with program("--seed-file", str(path)) as process:
        out, errors = await asyncio.wait_for(process.communicate(), 20)
    assert (process.returncode, out) == (2, b"")
    text = f"error: {path}: invoices[0]: Object contains unknown field `totl`\n"
    assert errors.decode().endswith(text)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--host", "0.0.0.0"], "error: The sandbox listens on this machine only"),
        (["--seed", "x"], "error: argument --seed: invalid int value: 'x'"),
    ],
)
def test_options_that_cannot_be(
    options: list[str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--port", "0", *options])
    assert ended.value.code == 2
    assert text in capsys.readouterr().err
