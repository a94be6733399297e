"""Reading and writing beside their references, paired in one run: `make bench`.

Each row is the median of the ratios of alternating runs; only ratios mean something, since both
sides share the noise of the machine.
"""

from __future__ import annotations

import datetime as dt
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from hoopai_invoices import loads
from hoopai_invoices._core.codec import dumps
from hoopai_invoices._model import Sending
from hoopai_invoices.models import (
    BusinessDetails,
    ContactDetails,
    Invoice,
    InvoiceCreate,
    InvoiceItem,
    InvoiceList,
)


def example() -> dict[str, object]:
    """The document's own example of an invoice."""
    from importlib.resources import files

    document = json.loads(files("hoopai_invoices._generated").joinpath("openapi.json").read_bytes())
    first: dict[str, object] = document["components"]["schemas"]["Invoice"]["examples"][0]
    return first


def ratio(ours: Callable[[], object], reference: Callable[[], object], rounds: int = 60) -> str:
    found = []
    for number in range(rounds + 5):
        begin = time.perf_counter()
        ours()
        middle = time.perf_counter()
        reference()
        if number >= 5:
            found.append((middle - begin) / (time.perf_counter() - middle))
    low, median, high = statistics.quantiles(found, n=4)
    return f"{median:5.2f}   (quartiles {low:.2f} to {high:.2f})"


def create() -> InvoiceCreate:
    return InvoiceCreate(
        name="Coaching, March",
        currency="USD",
        business_details=BusinessDetails(name="Example LLC"),
        contact_details=ContactDetails(id="abc", name="Alex", email="alex@example.com"),
        items=[InvoiceItem(name="One hour", currency="USD", amount=150, qty=1)],
        issue_date=dt.date(2026, 3, 1),
        due_date=dt.date(2026, 3, 14),
        live_mode=False,
    )


def import_ms(before: str, statement: str) -> str:
    """The fastest of some fresh interpreters, which is the one least disturbed."""
    timed = f"import time; {before}; t = time.perf_counter(); {statement}"
    timed += "; print(time.perf_counter() - t)"
    runs = [subprocess.check_output([sys.executable, "-c", timed]) for _ in range(15)]
    return f"{min(map(float, runs)) * 1000:5.1f} ms"


def main() -> None:
    page = json.dumps({"invoices": [example()] * 100, "total": 100}).encode()
    sending = Sending({"altId": "ve9EPM428h8vShlRW1KT", "altType": "location"})
    ready = create()
    plain = loads(dumps(ready._write(sending)))
    print(f"a page of 100 invoices, {len(page):,} bytes; ratios to the standard library's json")
    print(
        "page to typed objects / json.loads   ",
        ratio(lambda: InvoiceList.from_dict(loads(page)), lambda: json.loads(page)),
    )
    print(
        "page to dicts, exact / json.loads    ",
        ratio(lambda: loads(page), lambda: json.loads(page)),
    )
    many = range(500)
    print(
        "build and encode a create / json.dumps",
        ratio(
            lambda: [dumps(create()._write(sending)) for _ in many],
            lambda: [json.dumps(plain) for _ in many],
        ),
    )
    print(
        "encode a create / json.dumps         ",
        ratio(
            lambda: [dumps(ready._write(sending)) for _ in many],
            lambda: [json.dumps(plain) for _ in many],
        ),
    )
    client = "from hoopai_invoices import InvoicesClient"
    print("import of the package                 ", import_ms("pass", "import hoopai_invoices"))
    print("import of a client beyond httpx       ", import_ms("import httpx", client))
    assert isinstance(Invoice.from_dict(example()), Invoice)


if __name__ == "__main__":
    main()
