"""What docs/writes.md shows runs as it stands there, and its table has every keyed operation."""

from __future__ import annotations

import functools
import re
import textwrap
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from hoopai_invoices import InvoicesClient, LocationDefaults
from hoopai_invoices._generated.catalogue import OPERATIONS
from hoopai_invoices.models import BusinessDetails, ContactDetails, InvoiceItem
from hoopai_invoices.sandbox import Sandbox
from hoopai_invoices.writes.guard import RECONCILERS

pytestmark = pytest.mark.anyio

PAGE = (Path(__file__).resolve().parent.parent / "docs/writes.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
PROGRAMS = [block for block in BLOCKS if "async def main" in block]
FRAGMENTS = [block for block in BLOCKS if block not in PROGRAMS]
NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
DEFAULTS = LocationDefaults(
    live_mode=False,
    user_id="6241712be68f7a98102ba272",
    currency="USD",
    business_details=BusinessDetails(name="Example LLC"),
)
SHOWN = "66f1a0c2d4e5b60718293a01"


def test_every_block_is_run() -> None:
    assert (len(FRAGMENTS), len(PROGRAMS)) == (4, 1)


async def test_the_fragments_run_one_after_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    async with Sandbox(now=NOW) as box, box.client(defaults=DEFAULTS) as client:
        contact = box.add_contact(id="6578278e879ad2646715ba9c")
        assert contact.name == "Alex"
        names: dict[str, Any] = {
            **{"client": client, "date": date},
            **{"ContactDetails": ContactDetails, "InvoiceItem": InvoiceItem},
        }
        first, defer, *rest = [block.replace(SHOWN, box.add_invoice().id) for block in FRAGMENTS]
        await run(first, names)
        await run(first, names)
        assert len(box.created("payment")) == 1
        assert box.calls.count("invoices.send") == 1
        box.faults.lose_answer("invoices.send")
        await run(defer, names)
        box.clock.advance(minutes=2)
        box.faults.deliver_twice("invoices.create")
        await run(first.replace("job-1042", "job-1043").replace("payment-77", "payment-78"), names)
        for block in rest:
            await run(block, names)
    one, again, late, _, settled, finding = capsys.readouterr().out.splitlines()
    assert one == again
    assert late == "202, ask again for o-7"
    assert settled.startswith("o-7 InvoiceSendResult")
    assert finding.startswith("same number job-1043")


async def run(block: str, names: dict[str, Any]) -> None:
    exec(f"async def fragment():\n{textwrap.indent(block, '    ')}", names)
    await names["fragment"]()


async def test_the_program_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with Sandbox(now=NOW) as box:
        [program] = PROGRAMS
        names: dict[str, Any] = {}
        exec(program.replace(SHOWN, box.add_invoice().id), names)
        there = {
            **{"base_url": await box.serve(), "token": box.token, "location_id": box.location_id}
        }
        ledger = names["SQLLedger"]
        names["SQLLedger"] = lambda name: ledger(str(tmp_path / name))
        names["InvoicesClient"] = FromEnv(there)
        await names["main"]()
    assert capsys.readouterr().out == "100\n"


class FromEnv:
    """`InvoicesClient.from_env` of an environment that leads to the sandbox."""

    def __init__(self, there: dict[str, str]):
        self.from_env = functools.partial(InvoicesClient, **there)  # type: ignore[arg-type]


def test_the_table_has_every_keyed_operation() -> None:
    keyed = {
        name
        for name, operation in OPERATIONS.items()
        if operation.retry in ("create", "notify", "pay")
    }
    assert keyed == set(RECONCILERS)
    [table] = re.findall(r"\| operation \|.*?\n((?:\|.*\n)+)", PAGE)
    cells = [row.split("|")[1] for row in table.splitlines()]
    listed = {name for cell in cells for name in re.findall(r"`([\w.]+)`", cell)}
    assert {name if "." in name else f"invoices.{name}" for name in listed} == keyed
