"""The main job: an estimate is created, sent, accepted and converted; its invoice is sent and paid.

    make demo

Runs against the sandbox on a loopback port, through the public client and a real socket. With
HOOPAI_TOKEN and HOOPAI_LOCATION_ID set it runs against the service itself, in test mode, for the
user HOOPAI_USER_ID and the contact HOOPAI_CONTACT_ID: it says so first, waits for a person to
accept the estimate, and deletes or voids what it made as far as the service lets it (`--sandbox`
keeps to the sandbox). Exits with 1 when any total or state is wrong.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from decimal import Decimal

from hoopai_invoices import HoopAIError, InvoicesClient, LocationDefaults
from hoopai_invoices.models import (
    BusinessDetails,
    Card,
    ContactDetails,
    Discount,
    Estimate,
    EstimateItem,
    Invoice,
)

# A recorded order: 24 uniforms at 15,500 colones less five per cent.
TOTAL = Decimal("353400")
BASE_URL = "https://services.leadconnectorhq.com"
DEPOSIT = Decimal("150000")
Accept = Callable[[Estimate], Awaitable[None]]
Made = list[tuple[str, str]]


class WrongResult(Exception):
    """The service's answer isn't what the job must come to."""


class Transcript(logging.Handler):
    """Prints each step with the calls that it took, as the client's own log tells them."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._calls: list[str] = []
        self._step = 0

    def emit(self, record: logging.LogRecord) -> None:
        self._calls.append(record.getMessage())

    def step(self, title: str, state: object, amounts: str) -> None:
        self._step += 1
        print(f"{self._step:>2}. {title:<24} {state!s:<15} {amounts}")
        for call in self._calls:
            print(f"      {call}")
        self._calls.clear()


def expect(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise WrongResult(f"{what} is {found}, not {wanted}")


def amounts(invoice: Invoice) -> str:
    return f"total {invoice.total:,} {invoice.currency}, paid {invoice.amount_paid:,}, due {invoice.amount_due:,}"


async def run(client: InvoicesClient, contact_id: str, accept: Accept, made: Made) -> None:
    """The job itself: only public calls. `made` tells afterwards what there is to remove."""
    shown = Transcript()
    log = logging.getLogger("hoopai_invoices")
    log.setLevel(logging.DEBUG)
    log.addHandler(shown)
    try:
        await _steps(client, contact_id, accept, made, shown)
    finally:
        log.removeHandler(shown)


async def _steps(
    client: InvoicesClient, contact_id: str, accept: Accept, made: Made, shown: Transcript
) -> None:
    today = date.today()
    estimate = await client.estimates.create(
        name="TEST - delete",
        title="Test quote",
        contact_details=ContactDetails(
            id=contact_id, name="Automated Test", email="test@example.invalid"
        ),
        items=[
            EstimateItem(
                name="Short sleeve uniform", currency="CRC", amount=15500, qty=24, type="one_time"
            )
        ],
        discount=Discount(type="percentage", value=5),
        issue_date=today,
        expiry_date=today + timedelta(days=30),
        terms_notes="Automated test quote.",
    )
    made.append(("estimate", estimate.id))
    expect("the estimate's total", estimate.total, TOTAL)
    expect("the estimate's state", estimate.estimate_status, "draft")
    shown.step("Estimate created", estimate.estimate_status, f"total {estimate.total:,} CRC")

    estimate = await client.estimates.send(estimate.id, action="send_manually")
    expect("the estimate's state", estimate.estimate_status, "sent")
    shown.step("Estimate sent", estimate.estimate_status, f"total {estimate.total:,} CRC")

    await accept(estimate)
    found = await client.estimates.list(search=estimate.id, status="accepted").first()
    if found is None:
        raise WrongResult("the estimate isn't among the accepted ones")
    shown.step("Accepted by the customer", found.estimate_status, f"total {found.total:,} CRC")

    converted = await client.estimates.create_invoice(estimate.id)
    invoice = converted.invoice
    made.append(("invoice", invoice.id))
    expect("the estimate's state", converted.estimate.estimate_status, "invoiced")
    expect("the invoice's total", invoice.total, TOTAL)
    expect("the invoice's state", invoice.status, "draft")
    shown.step("Converted to an invoice", invoice.status, amounts(invoice))

    invoice = (await client.invoices.send(invoice.id, action="send_manually")).invoice
    expect("the invoice's state", invoice.status, "sent")
    shown.step("Invoice sent", invoice.status, amounts(invoice))

    payment = await client.invoices.record_payment(
        invoice.id, mode="card", card=Card(brand="visa", last4="4242"), amount=DEPOSIT
    )
    invoice = payment.invoice
    expect("the invoice's state", invoice.status, "partially_paid")
    expect("what is due", invoice.amount_due, TOTAL - DEPOSIT)
    shown.step("Deposit recorded", invoice.status, amounts(invoice))

    payment = await client.invoices.record_payment(
        invoice.id, mode="bank_transfer", amount=invoice.amount_due, notes="The rest."
    )
    shown.step("Rest recorded", payment.invoice.status, amounts(payment.invoice))

    invoice = await client.invoices.get(invoice.id)
    expect("what is paid", invoice.amount_paid, TOTAL)
    expect("what is due", invoice.amount_due, Decimal(0))
    paid = [one.id async for one in client.invoices.list(status="paid", contact_id=contact_id)]
    expect("the invoice among the paid ones", invoice.id in paid, True)
    expect("the invoice's state", invoice.status, "paid")
    shown.step("Listed among the paid", invoice.status, amounts(invoice))


async def in_sandbox() -> None:
    from hoopai_invoices.sandbox import Sandbox

    async with Sandbox() as box:
        base_url = await box.serve()
        print(f"Against the sandbox at {base_url}: nothing leaves this machine.\n")

        async def accept(estimate: Estimate) -> None:
            box.customer.accept(estimate.id)

        async with InvoicesClient(
            token=box.token,
            location_id=box.location_id,
            base_url=base_url,
            defaults=defaults("6241712be68f7a98102ba272"),
        ) as client:
            await run(client, "000000000000000000000000", accept, [])


async def against_the_service() -> None:
    missing = [name for name in ("HOOPAI_USER_ID", "HOOPAI_CONTACT_ID") if not os.environ.get(name)]
    if missing:
        raise WrongResult(
            "HOOPAI_TOKEN and HOOPAI_LOCATION_ID are set, so this would run against the service:"
            f" set {' and '.join(missing)} too, or give --sandbox"
        )
    contact_id = os.environ["HOOPAI_CONTACT_ID"]
    print(
        f"""Against THE SERVICE ITSELF, in test mode (live_mode=False):
  address   {os.environ.get("HOOPAI_BASE_URL") or BASE_URL}
  location  {os.environ["HOOPAI_LOCATION_ID"]}
  contact   {contact_id}
It makes an estimate and an invoice of {TOTAL:,} CRC for this contact, and marks them as sent without
sending anything. Workflows and webhooks of the account may react. A paid invoice can't be voided,
so the invoice will most likely stay, paid in test mode; the rest is removed at the end.
"""
    )
    if sys.stdin.isatty():
        await asyncio.to_thread(input, "Enter to go on, Ctrl-C to leave it: ")
    made: Made = []
    async with InvoicesClient.from_env(defaults=defaults(os.environ["HOOPAI_USER_ID"])) as client:

        async def accept(estimate: Estimate) -> None:
            print(f"    Now accept estimate {estimate.id} as its customer: in the account, open it")
            print("    under Payments, Estimates, and follow its link. Waiting up to ten minutes.")
            for _ in range(120):
                if await client.estimates.list(search=estimate.id, status="accepted").first():
                    return
                await asyncio.sleep(5)
            raise WrongResult("nobody accepted the estimate within ten minutes")

        try:
            await run(client, contact_id, accept, made)
        finally:
            await tidy(client, made)


async def tidy(client: InvoicesClient, made: Made) -> None:
    """Remove what this run made, and nothing else; what the service refuses to remove is named."""
    for kind, identifier in reversed(made):
        try:
            if kind == "estimate":
                await client.estimates.delete(identifier)
            elif (await client.invoices.get(identifier)).status == "draft":
                await client.invoices.delete(identifier)
            else:
                await client.invoices.void(identifier)
            print(f"    Removed: {kind} {identifier}")
        except HoopAIError as error:
            print(f"    Still there: {kind} {identifier}: {error}")


def defaults(user_id: str) -> LocationDefaults:
    return LocationDefaults(
        live_mode=False,
        user_id=user_id,
        currency="CRC",
        business_details=BusinessDetails(name="Example Business"),
    )


def main() -> int:
    given = os.environ.get("HOOPAI_TOKEN") and os.environ.get("HOOPAI_LOCATION_ID")
    real = bool(given) and "--sandbox" not in sys.argv
    try:
        asyncio.run(against_the_service() if real else in_sandbox())
    except (HoopAIError, WrongResult) as error:
        print(f"\nFAILED: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return 130
    print("\npaid")
    return 0


if __name__ == "__main__":
    sys.exit(main())
