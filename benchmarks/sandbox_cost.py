"""What the sandbox costs a test suite: its start, and requests a second: `make bench`.

Requests are counted against the processor time of the sandbox alone, so that neither the caller
nor what else runs on the machine is in the figure; the wall clock stands beside it.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

_STARTS = 7
_CONNECTIONS = 8
_REQUESTS = 2_000

_START = """
import asyncio, json, sys, time
import hoopai_invoices, httpx
begin = time.perf_counter()
from hoopai_invoices.sandbox import Sandbox
imported = time.perf_counter()
box = Sandbox()
made = time.perf_counter()
async def first():
    async with box.client() as client:
        await client.invoices.list().first_page()
asyncio.run(first())
answered = time.perf_counter()
Sandbox()
again = time.perf_counter()
moments = begin, imported, made, answered, again
print(json.dumps([1000 * (b - a) for a, b in zip(moments, moments[1:])]))
"""


def starts() -> None:
    """Print what it takes to have a sandbox, in fresh interpreters."""
    runs = [
        json.loads(subprocess.check_output([sys.executable, "-c", _START])) for _ in range(_STARTS)
    ]
    imported, made, answered, again = (
        statistics.median(column) for column in zip(*runs, strict=True)
    )
    print("start in process, milliseconds, median of", _STARTS, "fresh interpreters")
    print(f"  Sandbox(), the first of a process  {made:6.1f}")
    print(f"  Sandbox(), every further one       {again:6.1f}")
    print(f"  importing it, once                 {imported:6.1f}")
    print(f"  the first call of its client, once {answered:6.1f}")


def _requests(location_id: str) -> list[tuple[str, str, str, bytes]]:
    where = {"altId": location_id, "altType": "location"}
    query = f"altId={location_id}&altType=location"
    create = {
        **where,
        "name": "Coaching",
        "currency": "USD",
        "businessDetails": {"name": "Example LLC"},
        "contactDetails": {"id": "c6tZZU0rJBf30ZXx9Gli", "name": "Alex"},
        "items": [{"name": "One hour", "currency": "USD", "amount": 150, "qty": 2}],
        "discount": {"type": "percentage", "value": 0},
        "sentTo": {"email": ["alex@example.com"]},
        "issueDate": "2026-03-01",
        "dueDate": "2999-03-14",
        "liveMode": False,
    }
    return [
        ("create an invoice", "POST", "/invoices/", json.dumps(create).encode()),
        ("list 20 invoices", "GET", f"/invoices/?{query}&limit=20&offset=0", b""),
        ("read the settings", "GET", f"/invoices/settings?{query}", b""),
    ]


def _head(method: str, path: str, token: str, body: bytes) -> bytes:
    lines = (
        f"{method} {path} HTTP/1.1",
        "host: localhost",
        f"authorization: Bearer {token}",
        "version: 2021-07-28",
        "content-type: application/json",
        f"content-length: {len(body)}",
    )
    return "\r\n".join((*lines, "", "")).encode() + body


async def in_process() -> None:
    """Print requests a second of processor time, straight into the application."""
    from hoopai_invoices.sandbox import Sandbox

    print("requests a second, in process, without a client")
    box = Sandbox(limits=None)
    for name, method, target, body in _requests(box.location_id):
        path, _, query = target.partition("?")
        headers = [
            (b"authorization", f"Bearer {box.token}".encode()),
            (b"version", b"2021-07-28"),
            (b"content-type", b"application/json"),
        ]
        scope: dict[str, Any] = {"type": "http", "method": method, "path": path}
        scope |= {"raw_path": path.encode(), "query_string": query.encode(), "headers": headers}

        async def receive(body: bytes = body) -> dict[str, Any]:
            return {"type": "http.request", "body": body}

        async def send(message: dict[str, Any]) -> None:
            assert message.get("status", 200) < 300, message

        begin = time.process_time()
        for _ in range(_REQUESTS):
            await box.app(scope, receive, send)  # type: ignore[arg-type]
        print(f"  {name:18} {_REQUESTS / (time.process_time() - begin):7,.0f}")


async def _one_connection(port: int, request: bytes, times: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(times):
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 20"), head
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
    writer.close()
    await writer.wait_closed()


def _processor_seconds(pid: int) -> float:
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def over_a_socket() -> None:
    """Print requests a second of the sandbox's process, as a program of its own."""
    settings = Path(tempfile.mkdtemp()) / "settings.json"
    settings.write_text('{"limits": false}')
    program = (sys.executable, "-m", "hoopai_invoices.sandbox", "--port", "0")
    command = (*program, "--seed-file", str(settings))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        said: dict[str, str] = {}
        while len(said) < 3:
            name, _, value = (await process.stdout.readline()).decode().strip().partition("=")
            said[name] = value
        port = int(said["HOOPAI_BASE_URL"].rsplit(":", 1)[1])
        print(
            f"requests a second, over {_CONNECTIONS} connections: a core's, and by the wall clock"
        )
        for name, method, path, body in _requests(said["HOOPAI_LOCATION_ID"]):
            request = _head(method, path, said["HOOPAI_TOKEN"], body)
            times = _REQUESTS // _CONNECTIONS
            began, spent = time.perf_counter(), _processor_seconds(process.pid)
            await asyncio.gather(
                *(_one_connection(port, request, times) for _ in range(_CONNECTIONS))
            )
            count = times * _CONNECTIONS
            core = count / (_processor_seconds(process.pid) - spent)
            print(f"  {name:18} {core:7,.0f} {count / (time.perf_counter() - began):7,.0f}")
    finally:
        process.terminate()
        await process.wait()
        shutil.rmtree(settings.parent)


if __name__ == "__main__":
    starts()
    asyncio.run(in_process())
    if sys.platform == "linux":
        asyncio.run(over_a_socket())
