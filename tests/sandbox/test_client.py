"""The sandbox's own client."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from hoopai_invoices.errors import AuthenticationError
from hoopai_invoices.models import BusinessDetails, ContactDetails, InvoiceItem
from hoopai_invoices.sandbox import Choices, Limits, Sandbox

pytestmark = pytest.mark.anyio


async def test_the_client_of_the_sandbox_speaks_to_it_without_a_socket(box: Sandbox) -> None:
    async with box.client() as client:
        made = await client.invoices.create(
            name="Coaching",
            currency="USD",
            business_details=BusinessDetails(name="Example LLC"),
            contact_details=ContactDetails(id="c", name="Alex"),
            items=[InvoiceItem(name="One hour", currency="USD", amount=Decimal("150.50"), qty=2)],
            issue_date=date(2026, 9, 13),
            due_date=date(2026, 10, 1),
            live_mode=False,
        )
    assert (made.total, made.amount_due, made.alt_id) == (
        Decimal(301),
        Decimal(301),
        box.location_id,
    )
    assert [record.path for record in box.arrivals] == ["/invoices/"]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: Sandbox(choices=Choices(void_invoice="gon")), "void_invoice"),  # type: ignore[arg-type]
        (lambda: Sandbox(limits=Limits(window="fix")), "window"),  # type: ignore[arg-type]
        (lambda: Sandbox(limits=Limits(burst=-3)), "burst must not be negative"),
        (lambda: Sandbox(limits=3), "is no Limits"),  # type: ignore[arg-type]
        (lambda: Sandbox(choices={}), "is no Choices"),  # type: ignore[arg-type]
        (lambda: Sandbox().created("invoices"), "'invoices' is none of invoice"),  # type: ignore[arg-type]
        (lambda: Sandbox().add_token(scopes="invoices.write"), "letter by letter"),
        (lambda: Sandbox().add_token(locations="abc"), "letter by letter"),
        (lambda: Sandbox().add_token(locations=["abc"]), "no location 'abc'"),
        (lambda: Sandbox().add_token(kind="company"), "is none of Location, Company"),  # type: ignore[arg-type]
    ],
)
def test_what_would_quietly_mean_something_else_is_refused(
    wrong: Callable[[], object], says: str
) -> None:
    with pytest.raises((ValueError, TypeError), match=says):
        wrong()


async def test_a_location_is_added_once_and_a_dead_token_may_be_given_anew(box: Sandbox) -> None:
    with pytest.raises(ValueError, match="already"):
        box.add_location(id=box.location_id)
    value = box.add_token(value="pit-known")
    async with box.client(token=value) as client:
        await client.invoices.generate_number()
        box.expire_token()
        with pytest.raises(AuthenticationError):
            await client.invoices.generate_number()
        box.add_token(value=value)
        await client.invoices.generate_number()
