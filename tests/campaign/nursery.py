"""Imported by the process that all others are forked from: what is worked out once is, here.

Without it each worker that takes a killed one's place would spend half a second on it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import tempfile
from pathlib import Path

import httpx

from hoopai_invoices.sandbox import Sandbox

from .plan import Job, Kind
from .worker import Base, carry_out, client_on, ledger_on


async def _warm() -> None:
    kinds: tuple[Kind, ...] = ("paid", "sent", "converted", "schedule", "template")
    with tempfile.TemporaryDirectory() as folder:
        async with Sandbox(limits=None) as box:
            day = dt.datetime.now(dt.UTC).date()
            ledger = str(Path(folder) / "ledger.db")
            url = await box.serve()
            base = Base(
                url, box.token, ledger, "w_", durable=False, settle=1.0, timeout=30, day=day
            )
            async with (
                ledger_on(base) as kept,
                client_on(base, kept) as client,
                httpx.AsyncClient(base_url=url, verify=False) as people,
            ):
                for i, kind in enumerate(kinds):
                    parts = ("1",) if kind == "paid" else ()
                    job = Job(i, kind, box.location_id, "c1", "Warm", "10", parts=parts)
                    await carry_out(job, day, client, people, lambda _: None)
                await client.location(box.location_id).invoices.list().collect()


asyncio.run(_warm())
