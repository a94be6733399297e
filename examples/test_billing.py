"""How billing.py is tested: no account, no network, no waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from billing import Job, bill, invoice_accepted, remind

from hoopai_invoices import InvoicesClient, LocationDefaults
from hoopai_invoices.errors import OutcomeUnknown
from hoopai_invoices.models import ContactDetails
from hoopai_invoices.sandbox import Arrival, Fault, Faults, Sandbox

pytestmark = pytest.mark.hoopai_sandbox(now=datetime(2026, 3, 2, 15, tzinfo=UTC))

ALEX = ContactDetails(id="6578278e879ad2646715ba9c", name="Alex", email="alex@example.com")
JOB = Job(1042, "Roof repair", Decimal("480.50"), ALEX, finished=date(2026, 3, 2))


@pytest.fixture
def hoopai_client_options() -> dict[str, Any]:
    return {"defaults": LocationDefaults(live_mode=False, user_id="6241712be68f7a98102ba272")}


def test_a_lost_answer_bills_once(hoopai_sandbox: Sandbox, hoopai_client: InvoicesClient) -> None:
    hoopai_sandbox.faults.lose_answer("invoices.create", times=1)

    asyncio.run(bill(hoopai_client, JOB))

    assert len(hoopai_sandbox.created("invoice")) == 1


def test_who_is_late_is_reminded(hoopai_sandbox: Sandbox, hoopai_client: InvoicesClient) -> None:
    late = hoopai_sandbox.add_invoice(status="sent", due_in=30)
    hoopai_sandbox.add_invoice(status="sent", due_in=31)
    hoopai_sandbox.add_invoice(status="paid", due_in=30)
    hoopai_sandbox.clock.advance(days=31)

    reminded = asyncio.run(remind(hoopai_client, today=date(2026, 4, 2)))

    assert [invoice.id for invoice in reminded] == [late.id]


def test_an_estimate_is_invoiced(hoopai_sandbox: Sandbox, hoopai_client: InvoicesClient) -> None:
    estimate = hoopai_sandbox.add_estimate(status="sent", total="1200")
    hoopai_sandbox.add_estimate(status="sent", total="77")
    hoopai_sandbox.customer.accept(estimate)

    [invoice] = asyncio.run(invoice_accepted(hoopai_client))

    assert (str(invoice.total), invoice.status) == ("1200", "draft")


@pytest.mark.parametrize(
    "trouble",
    [
        lambda faults: faults.never_received("invoices.create"),
        lambda faults: faults.drop("invoices.create"),
        lambda faults: faults.lose_answer("invoices.create", hang=True),
        lambda faults: faults.commit_late("invoices.create", seconds=20),
        lambda faults: faults.fail("invoices.create", status=503),
        lambda faults: faults.fail("invoices.create", status=503, committed=True),
        lambda faults: faults.empty("invoices.create"),
        lambda faults: faults.drop("invoices.generate_number"),
        lambda faults: faults.lose_answer("invoices.send"),
    ],
)
def test_whatever_goes_wrong_a_job_is_billed_once(
    hoopai_sandbox: Sandbox, hoopai_client: InvoicesClient, trouble: Callable[[Faults], Fault]
) -> None:
    fault = trouble(hoopai_sandbox.faults)

    invoice = asyncio.run(bill(hoopai_client, JOB))
    hoopai_sandbox.clock.advance(hours=1)  # what comes late has come

    assert fault.hits == 1
    assert invoice.status == "sent"
    assert len(hoopai_sandbox.created("invoice")) == 1


def test_running_again_bills_no_second_time(
    hoopai_sandbox: Sandbox, hoopai_client: InvoicesClient
) -> None:
    async def main() -> None:
        for _ in range(2):
            await bill(hoopai_client, JOB)

    asyncio.run(main())

    assert len(hoopai_sandbox.created("invoice")) == 1
    first = ["invoices.generate_number", "invoices.create", "invoices.get", "invoices.send"]
    hoopai_sandbox.assert_calls([*first, "invoices.get", "invoices.get"])


def test_an_outage_ends_in_an_error_and_running_later_bills_once(
    hoopai_sandbox: Sandbox, hoopai_client: InvoicesClient
) -> None:
    async def main() -> None:
        hoopai_sandbox.faults.lose_answer("invoices.create")
        hoopai_sandbox.faults.drop("invoices.list", times=None)
        with pytest.raises(OutcomeUnknown):
            await bill(hoopai_client, JOB)
        hoopai_sandbox.faults.clear()
        await bill(hoopai_client, JOB)

    asyncio.run(main())

    assert len(hoopai_sandbox.created("invoice")) == 1


def test_who_looks_at_the_invoice_meanwhile_is_reminded_once(
    hoopai_sandbox: Sandbox, hoopai_client: InvoicesClient
) -> None:
    late = hoopai_sandbox.add_invoice(status="sent", due_in=-1)

    def looks_between(arrival: Arrival) -> bool:
        if arrival.query["status"] == "viewed":
            hoopai_sandbox.customer.view(late)
        return False  # and nothing goes wrong

    hoopai_sandbox.faults.drop("invoices.list", when=looks_between)

    reminded = asyncio.run(remind(hoopai_client, today=date(2026, 3, 2)))

    assert [invoice.id for invoice in reminded] == [late.id]
    assert hoopai_sandbox.calls.count("invoices.send") == 1


@pytest.mark.parametrize(
    ("trouble", "surely"),
    [
        (lambda faults: faults.empty("invoices.send", after=1), [0, 1, 2]),
        (lambda faults: faults.lose_answer("invoices.send", after=1), [0, 1, 2]),
        (lambda faults: faults.drop("invoices.send", after=1), [0, 2]),
        (lambda faults: faults.fail("invoices.send", status=422, after=1), [0, 2]),
        # Nothing was done, so the client itself sends these again.
        (lambda faults: faults.never_received("invoices.send", after=1), [0, 1, 2]),
        (lambda faults: faults.throttle("invoices.send", after=1), [0, 1, 2]),
    ],
)
def test_one_reminder_that_fails_stops_no_other(
    hoopai_sandbox: Sandbox,
    hoopai_client: InvoicesClient,
    trouble: Callable[[Faults], Fault],
    surely: list[int],
) -> None:
    late = [hoopai_sandbox.add_invoice(status="sent", due_in=-1).id for _ in range(3)]
    fault = trouble(hoopai_sandbox.faults)

    reminded = asyncio.run(remind(hoopai_client, today=date(2026, 3, 2)))

    assert fault.hits == 1
    assert {invoice.id for invoice in reminded} == {late[place] for place in surely}


def test_nobody_is_reminded_twice_because_an_answer_was_lost(
    hoopai_sandbox: Sandbox, hoopai_client: InvoicesClient
) -> None:
    hoopai_sandbox.add_invoice(status="viewed", due_in=-1)
    hoopai_sandbox.faults.lose_answer("invoices.send")

    async def main() -> None:
        for _ in range(2):
            await remind(hoopai_client, today=date(2026, 3, 2))

    asyncio.run(main())

    assert hoopai_sandbox.calls.count("invoices.send") == 1


def test_an_estimate_is_converted_once_though_the_answer_was_lost(
    hoopai_sandbox: Sandbox, hoopai_client: InvoicesClient
) -> None:
    hoopai_sandbox.add_estimate(status="accepted")
    hoopai_sandbox.faults.lose_answer("estimates.create_invoice")

    async def main() -> None:
        assert len(await invoice_accepted(hoopai_client)) == 1
        assert await invoice_accepted(hoopai_client) == []

    asyncio.run(main())

    assert len(hoopai_sandbox.created("invoice")) == 1


@pytest.mark.parametrize(
    ("trouble", "known", "made"),
    [
        (lambda faults: faults.empty("estimates.create_invoice", after=1), 3, 3),
        (lambda faults: faults.lose_answer("estimates.create_invoice", after=1), 3, 3),
        (lambda faults: faults.fail("estimates.create_invoice", status=422, after=1), 2, 2),
    ],
)
def test_one_estimate_that_fails_stops_no_other_and_the_next_run_makes_up_for_it(
    hoopai_sandbox: Sandbox,
    hoopai_client: InvoicesClient,
    trouble: Callable[[Faults], Fault],
    known: int,
    made: int,
) -> None:
    for _ in range(3):
        hoopai_sandbox.add_estimate(status="accepted")
    trouble(hoopai_sandbox.faults)

    async def main() -> None:
        assert len(await invoice_accepted(hoopai_client)) == known
        assert len(hoopai_sandbox.created("invoice")) == made
        assert len(await invoice_accepted(hoopai_client)) == 3 - made

    asyncio.run(main())

    assert len(hoopai_sandbox.created("invoice")) == 3
