"""The sandbox on a real socket."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys

import httpx
import pytest

from hoopai_invoices.sandbox import Sandbox

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


async def test_strangers_do_not_speak_for_the_customer(box: Sandbox) -> None:
    transport = httpx.ASGITransport(app=box.app, client=("192.0.2.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as http:
        response = await http.post("/_sandbox/customer/accept", json={"estimateId": "e"})
    assert response.status_code == 403


@pytest.mark.skipif(os.name != "posix", reason="sends a POSIX signal")
async def test_the_program_says_where_it_is_and_stops_on_ctrl_c() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "hoopai_invoices.sandbox", "--port", "0"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        first = (await asyncio.wait_for(process.stdout.readline(), 20)).decode()
        url = first.strip().removeprefix("HOOPAI_BASE_URL=")
        async with httpx.AsyncClient() as http:
            assert (await http.get(f"{url}/x")).status_code == 404
        process.send_signal(signal.SIGINT)
        _, errors = await asyncio.wait_for(process.communicate(), 20)
        assert (process.returncode, errors) == (0, b"")
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
