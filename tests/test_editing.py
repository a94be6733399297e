"""Edits: nothing is dropped, nothing is sent without need, and no update is lost."""

from __future__ import annotations

import pickle
from decimal import Decimal
from typing import Any

import httpx
import pytest
from edits import (
    BARE,
    CASES,
    FIELDS,
    FOLLOWS,
    NAMES,
    calls_since,
    key_of,
    line,
    make,
    opened,
    stored,
    values_of,
    written,
)
from strategies import LOCATION, Wire, text_of

from hoopai_invoices import UNSET, CallOptions, InvoicesClient
from hoopai_invoices.errors import (
    InternalServerError,
    InvalidRequestError,
    LostUpdateError,
    NotFoundError,
)
from hoopai_invoices.models import (
    Discount,
    Invoice,
)
from hoopai_invoices.resources.editing import Edit, older

pytestmark = pytest.mark.anyio

# --- Nothing is dropped -------------------------------------------------------------------------


async def losses(name: str, field: str) -> dict[str, Any]:
    """What an edit of another field does to one: as it was and is, and as it was sent."""
    other = "terms_notes" if field == "name" else "name"
    async with opened() as (box, client):
        record = await make(client, name)
        before = stored(box, name)
        assert before[key_of(name, field)] not in (None, "", [], {})  # so it could be lost
        try:
            async with getattr(client, name).edit(record.id) as draft:
                setattr(draft, other, CASES[name].values[other][1])
        except InvalidRequestError as refused:
            return {"refused": str(refused)}
        after, sent = stored(box, name), box.arrivals[-1].body
    changed = {key_of(name, other)} | (FOLLOWS.get(other) or set())
    found: dict[str, Any] = {
        key: (before.get(key), after.get(key))
        for key in before.keys() | after.keys()
        if before.get(key) != after.get(key) and key not in changed
    }
    key = key_of(name, field)
    # The parts of a payment plan go back with the ids and amounts that they were given.
    wanted = before[key] if field == "payment_schedule" else written(name)[key]
    if sent.get(key) != wanted:
        found["sent"] = (key, sent.get(key), wanted)
    return found


def test_every_field_of_an_update_is_tested_or_has_a_reason() -> None:
    for name, case in CASES.items():
        known = {row.name for row in case.model._fields}
        assert known == case.values.keys() | case.unseen.keys(), name
        assert not case.values.keys() & case.unseen.keys()


@pytest.mark.parametrize(("name", "field"), FIELDS)
async def test_a_field_outlives_the_change_of_another(name: str, field: str) -> None:
    assert await losses(name, field) == {}


@pytest.mark.parametrize(("name", "field"), FIELDS)
async def test_a_field_that_an_edit_forgot_would_be_noticed(
    name: str, field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    drafted = Edit._drafted

    def forgetful(self: Any, record: Any) -> Any:
        draft = drafted(self, record)
        setattr(draft, field, UNSET)
        return draft

    monkeypatch.setattr(Edit, "_drafted", forgetful)
    found = await losses(name, field)

    key = key_of(name, field)
    assert "refused" in found or found["sent"][0] == key
    if field in CASES[name].stay:
        assert found.keys() == {"sent"}
    elif "refused" not in found:
        assert key in found


@pytest.mark.parametrize("name", NAMES)
async def test_what_an_update_cannot_say_is_there_and_stays(name: str) -> None:
    keys = {
        "invoices": {"lateFeesConfiguration", "sentTo", "sentAt", "sentBy", "status"},
        "templates": {
            *("lateFeesConfiguration", "paymentMethods", "tipsConfiguration", "attachments"),
            *("invoiceNumberPrefix", "automaticTaxesEnabled"),
        },
        "schedules": {
            *("lateFeesConfiguration", "paymentMethods", "tipsConfiguration", "autoPayment"),
            *("invoiceNumberPrefix", "automaticTaxesEnabled"),
        },
        "estimates": {"sentBy", "estimateStatus", "estimateActionHistory"},
        "estimate_templates": {"createdAt"},
    }[name]
    async with opened() as (box, client):
        record = await make(client, name)
        before = stored(box, name)
        async with getattr(client, name).edit(record.id) as draft:
            draft.name = "Roofing"
        after, sent = stored(box, name), box.arrivals[-1].body
    assert not sent.keys() & {key_of(name, field) for field in CASES[name].unseen}
    assert all(before[key] for key in keys)
    assert {key: after[key] for key in keys} == {key: before[key] for key in keys}


@pytest.mark.parametrize(("name", "field"), FIELDS)
async def test_a_field_can_be_changed_and_only_that_changes(name: str, field: str) -> None:
    value = CASES[name].values[field][1]
    async with opened() as (box, client):
        record = await make(client, name)
        before = stored(box, name)
        async with getattr(client, name).edit(record.id) as draft:
            setattr(draft, field, value)
        after, sent = stored(box, name), box.arrivals[-1].body
    key = key_of(name, field)
    different = {each for each in before.keys() | after.keys() if before[each] != after[each]}
    assert key in different
    assert different <= {key} | FOLLOWS.get(field, set())
    assert sent[key] == CASES[name].model(**values_of(name, **{field: value})).to_dict()[key]


@pytest.mark.parametrize("name", NAMES)
async def test_unset_clears(name: str) -> None:
    async with opened() as (box, client):
        record = await make(client, name)
        async with getattr(client, name).edit(record.id) as draft:
            draft.terms_notes = UNSET
        assert "termsNotes" not in box.arrivals[-1].body
        assert stored(box, name)["termsNotes"] is None


# --- What it costs, and when nothing is sent ----------------------------------------------------

READ = {
    "invoices": "get",
    "templates": "get",
    "schedules": "get",
    "estimates": "list",
    "estimate_templates": "preview",
}


@pytest.mark.parametrize("name", NAMES)
async def test_an_edit_costs_two_reads_and_a_write(name: str) -> None:
    async with opened() as (box, client):
        record = await make(client, name)
        start = len(box.calls)
        edit = getattr(client, name).edit(record.id)
        async with edit as draft:
            draft.name = "Roofing"
            assert (edit.record.name, edit.changed) == ("Coaching", False)
        assert calls_since(box, start) == [READ[name], READ[name], "update"]
        assert (edit.record.name, edit.changed) == ("Roofing", True)
        assert edit.record.updated_at == box.created(CASES[name].kind)[-1].updated_at


@pytest.mark.parametrize("name", NAMES)
async def test_without_a_change_nothing_is_sent(name: str) -> None:
    async with opened() as (box, client):
        record = await make(client, name)
        start = len(box.calls)
        edit = getattr(client, name).edit(record.id)
        async with edit as draft:
            draft.name = "Roofing"
            draft.discount = Discount(type="percentage", value=Decimal("2.50"))
            draft.name = "Coaching"
        assert calls_since(box, start) == [READ[name]]
        assert (edit.changed, edit.record.name) == (False, "Coaching")


@pytest.mark.parametrize("name", NAMES)
async def test_when_the_block_raises_nothing_is_sent(name: str) -> None:
    async with opened() as (box, client):
        record = await make(client, name)
        start = len(box.calls)
        edit = getattr(client, name).edit(record.id)

        def spoil(draft: Any) -> None:
            draft.name = "Roofing"
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            async with edit as draft:
                spoil(draft)
        assert calls_since(box, start) == [READ[name]]
        assert not edit.changed


@pytest.mark.parametrize("name", NAMES)
async def test_what_cannot_be_sent_is_refused_and_the_record_stays(name: str) -> None:
    async with opened() as (box, client):
        record = await make(client, name)
        before = stored(box, name)
        edit = getattr(client, name).edit(record.id)
        with pytest.raises(InvalidRequestError) as caught:
            async with edit as draft:
                draft.currency = "dollars"
        assert caught.value.path == "currency"
        assert "update" not in calls_since(box, len(box.calls) - 2)
        assert (stored(box, name), edit.changed) == (before, False)


async def test_an_overdue_invoice_can_be_edited_when_its_day_stays() -> None:
    async with opened() as (box, client):
        invoice = box.add_invoice(status="sent", due_in=-3)
        edit = client.invoices.edit(invoice)
        async with edit as draft:
            draft.terms_notes = "Second reminder"
        assert (edit.record.due_date, edit.changed) == (invoice.due_date, True)


# --- Lost updates -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
async def test_another_that_writes_in_between_is_not_overwritten(name: str) -> None:
    async with opened() as (box, client), box.client() as other:
        record = await make(client, name)
        start = len(box.calls)
        edit = getattr(client, name).edit(record.id)
        fields = values_of(name, name="Theirs")

        async def both(draft: Any) -> None:
            draft.name = "Mine"
            await getattr(other, name).update(record.id, **fields)

        with pytest.raises(LostUpdateError) as caught:
            async with edit as draft:
                await both(draft)
        error = pickle.loads(pickle.dumps(caught.value))
        assert calls_since(box, start) == [READ[name], "update", READ[name]]
        assert stored(box, name)["name"] == "Theirs"
    assert error.operation == f"{name}.edit"
    assert (error.read.name, error.found.name) == ("Coaching", "Theirs")
    assert error.found.updated_at > error.read.updated_at
    assert "edit it again" in str(error)
    assert not edit.changed


@pytest.mark.parametrize("how", ["edit", "update", "record"])
async def test_a_list_that_lags_brings_nothing_back(how: str) -> None:
    async with opened() as (box, client), box.client() as other:
        record = await make(client, "estimates")
        box.clock.advance(seconds=60)
        box.faults.lag("estimates.list", seconds=5)
        target: Any = record.id
        if how == "edit":
            async with client.estimates.edit(record.id) as draft:
                draft.name = "Mine"
        elif how == "update":
            await client.estimates.update(record.id, **values_of("estimates", name="Mine"))
        else:
            fields = values_of("estimates", name="Mine")
            target = await other.estimates.update(record.id, **fields)
        start = len(box.calls)
        with pytest.raises(LostUpdateError) as caught:
            async with client.estimates.edit(target):
                pytest.fail("an old version was edited")  # pragma: no cover
        assert calls_since(box, start) == ["list"]
        assert (caught.value.read.name, caught.value.found.name) == ("Mine", "Coaching")
        assert caught.value.operation == "estimates.edit"
        assert "lag" in str(caught.value)

        box.clock.advance(seconds=10)  # the list has caught up
        async with client.estimates.edit(target) as draft:
            assert draft.name == "Mine"
            draft.title = "Again"
        assert stored(box, "estimates")["name"] == "Mine"


async def test_an_old_record_is_read_anew_and_the_newest_known_counts() -> None:
    async with opened() as (box, client):
        record = await make(client, "estimates")
        box.faults.lag("estimates.list", seconds=5)
        box.clock.advance(seconds=60)
        async with client.estimates.edit(record) as draft:  # as it was before it was sent
            draft.name = "Mine"
        with pytest.raises(LostUpdateError) as caught:
            await client.estimates.edit(record).__aenter__()
        assert caught.value.read.name == "Mine"


async def test_an_estimate_that_is_not_listed_yet_is_not_found() -> None:
    async with opened() as (box, client):
        box.faults.lag("estimates.list", seconds=5)
        record = await make(client, "estimates")
        with pytest.raises(NotFoundError, match="lag") as caught:
            await client.estimates.edit(record).__aenter__()
    assert (caught.value.operation, caught.value.status) == ("estimates.get", 404)


# --- Answers as they may come -------------------------------------------------------------------
class Service:
    """Answers with a record, whatever is asked; `record` may change between calls."""

    def __init__(self, name: str, **changes: Any):
        self.name = name
        self.record = BARE | changes
        self.calls = 0
        self.wire = Wire(self._answer)

    def _answer(self, request: httpx.Request) -> str:
        self.calls += 1
        record = self.record | {"traceId": f"t{self.calls}"}
        if self.name == "estimates" and request.method == "GET":
            return text_of({"estimates": [self.record], "total": 1})
        return text_of(record)

    def client(self) -> Any:
        return InvoicesClient(token="t", location_id=LOCATION, transport=self.wire)

    @property
    def methods(self) -> list[str]:
        return [request.method for request in self.wire.requests]


REQUIRED = [
    (name, row.name)
    for name, case in CASES.items()
    for row in case.model._fields
    if row.required or row.explicit
]


@pytest.mark.parametrize(("name", "field"), REQUIRED)
@pytest.mark.parametrize("came", ["missing", "unreadable"])
async def test_a_needed_field_that_an_answer_lacks_is_not_made_up(
    name: str, field: str, came: str
) -> None:
    service, key = Service(name), key_of(name, field)
    if came == "missing":
        del service.record[key]
    else:
        service.record[key] = ["?"] if field in ("name", "title", "currency") else "?"
    async with service.client() as client:
        with pytest.raises(InvalidRequestError) as caught:
            async with getattr(client, name).edit("e1") as draft:
                draft.terms_notes = "new"
    assert (caught.value.path, caught.value.operation) == (field, f"{name}.edit")
    assert "update()" in str(caught.value)
    assert service.methods == ["GET"]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"miscellaneousCharges": "none"}, "miscellaneous_charges"),
        ({"businessDetails": {"name": "LLC", "address": "Main St"}}, "business_details.address"),
        (
            {"invoiceItems": [*BARE["items"], BARE["items"][0] | {"taxes": "19 %"}]},
            "items[1].taxes",
        ),
    ],
)
async def test_what_cannot_be_read_would_be_cleared_and_is_refused(
    changes: dict[str, Any], path: str
) -> None:
    service = Service("invoices", **changes)
    async with service.client() as client:
        with pytest.raises(InvalidRequestError) as caught:
            async with client.invoices.edit("e1"):
                pytest.fail("it was edited")  # pragma: no cover
    assert caught.value.path == path
    assert service.methods == ["GET"]


@pytest.mark.parametrize("name", NAMES)
async def test_what_is_null_or_empty_is_left_out_and_a_new_enum_value_is_not_dropped(
    name: str,
) -> None:
    discount = {"type": "novel", "value": 1}
    service = Service(name, termsNotes=None, tipsConfiguration={}, discount=discount)
    async with service.client() as client:
        with pytest.raises(InvalidRequestError) as caught:
            async with getattr(client, name).edit("e1") as draft:
                draft.name = "New"
        assert caught.value.path == "discount.type"
        assert service.methods == ["GET", "GET"]
        options = CallOptions(send_unknown=True)
        async with getattr(client, name).edit("e1", options=options) as draft:
            assert draft.terms_notes is UNSET
            draft.name = "New"
    sent = service.wire.json()
    assert sent["discount"] == discount
    assert not sent.keys() & {"termsNotes", "tipsConfiguration", "novelty", "_id", "total"}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("changed", [False, True])
async def test_records_without_updated_at_are_compared_whole(name: str, changed: bool) -> None:
    service = Service(name)
    async with service.client() as client:
        edit = getattr(client, name).edit("e1")
        try:
            async with edit as draft:
                draft.name = "New"
                if changed:
                    service.record |= {"novelty": 4}
            assert (changed, service.methods) == (False, ["GET", "GET", "PUT"])
        except LostUpdateError:
            assert (changed, service.methods) == (True, ["GET", "GET"])
        assert edit.changed is not changed


@pytest.mark.parametrize("name", NAMES)
async def test_nested_changes_are_sent_and_what_only_answers_have_is_not(name: str) -> None:
    service = Service(name)
    async with service.client() as client:
        edit = getattr(client, name).edit("e1")
        async with edit as draft:
            draft.items[0].qty = Decimal(3)
            kind = type(draft.items[0])
            draft.items.append(line(kind, "Gutter"))
            draft.business_details.name = "New LLC"
            read = edit.record
            assert (len(read.items), read.items[0].qty) == (1, 1)
            assert read.business_details.name == "Example LLC"
    sent = service.wire.json()
    lines = sent["invoiceItems" if name == "invoices" else "items"]
    told = {"name": "Roof", "currency": "USD", "amount": 5, "qty": 3, "type": "one_time"}
    assert lines == [told, line(kind, "Gutter").to_dict()]
    assert sent["businessDetails"] == {"name": "New LLC"}
    known = {row.key for row in CASES[name].model._fields}
    assert sent.keys() - known == {"altId", "altType"}
    assert "novelty" not in sent.get("contactDetails", {})


async def test_two_contacts_at_once_are_refused() -> None:
    async with opened() as (box, client):
        record = await make(client, "invoices")
        kim = box.add_contact("Kim")
        start = len(box.calls)
        with pytest.raises(InvalidRequestError, match="UNSET") as caught:
            async with client.invoices.edit(record.id) as draft:
                draft.contact_id = kim.id
        assert (caught.value.path, caught.value.operation) == ("contact_id", "invoices.edit")
        assert calls_since(box, start) == ["get"]

        async with client.invoices.edit(record.id) as draft:
            draft.contact_id, draft.contact_details = kim.id, UNSET
        assert stored(box, "invoices")["contactDetails"]["name"] == "Kim"
        async with client.invoices.edit(record.id) as draft:
            draft.contact_id = kim.id  # the same one twice is no conflict
            draft.title = "Again"
        assert stored(box, "invoices")["contactDetails"]["id"] == kim.id


# --- Answers that get lost, and edits at the same time ---------------------------------------------


@pytest.mark.parametrize("name", NAMES)
async def test_a_lost_answer_is_looked_for(name: str) -> None:
    async with opened() as (box, client):
        record = await make(client, name)
        start = len(box.calls)
        box.faults.lose_answer(f"{name}.update", times=1)
        editing = getattr(client, name).edit(record.id)
        async with editing as draft:
            draft.name = "Mine"
        assert (editing.changed, editing.record.name) == (True, "Mine")
        # Read, read again, written and lost; read once more, and it is there.
        assert [call for call in calls_since(box, start) if call == "update"] == ["update"]


async def test_what_another_writes_after_a_lost_answer_stays() -> None:
    async with opened() as (box, client), box.client() as other:
        record = await make(client, "invoices")
        box.faults.lose_answer("invoices.update", times=1)
        read = client.invoices.get
        reads = 0

        async def get(invoice_id: str, *, options: CallOptions | None = None) -> Invoice:
            nonlocal reads
            reads += 1
            if reads == 3:  # between the lost answer and the next look
                box.clock.advance(seconds=5)
                fields = values_of("invoices", name="Theirs")
                await other.invoices.update(record.id, **fields)
            return await read(invoice_id, options=options)

        client.invoices.get = get  # type: ignore[method-assign]
        with pytest.raises(LostUpdateError) as caught:
            async with client.invoices.edit(record.id) as draft:
                draft.title = "MINE"
        assert caught.value.found.name == "Theirs"
        assert "lost" in str(caught.value)
        assert (await read(record.id)).name == "Theirs"


async def test_what_never_arrived_is_sent_again() -> None:
    async with opened() as (box, client):
        record = await make(client, "invoices")
        box.faults.fail("invoices.update", 503, times=2)
        editing = client.invoices.edit(record.id)
        async with editing as draft:
            draft.name = "Mine"
        assert editing.record.name == "Mine"
        box.faults.fail("invoices.update", 503, times=3)
        with pytest.raises(InternalServerError):
            async with editing as draft:
                draft.name = "Other"
        assert not editing.changed
        start = len(box.calls)
        box.faults.fail("invoices.update", 503, times=1)
        with pytest.raises(InternalServerError):
            async with client.invoices.edit(
                record.id, options=CallOptions(max_attempts=1)
            ) as draft:
                draft.name = "Other"
        assert calls_since(box, start).count("update") == 1


async def test_an_edit_is_of_one_block() -> None:
    async with opened() as (_, client):
        record = await make(client, "invoices")
        editing = client.invoices.edit(record.id)
        async with editing as draft:
            draft.name = "Mine"
            with pytest.raises(InvalidRequestError, match="under way"):
                await editing.__aenter__()
        assert (editing.changed, editing.record.name) == (True, "Mine")
        async with editing:
            pass
        assert not editing.changed


async def test_what_one_view_wrote_the_other_knows() -> None:
    async with opened() as (box, client):
        record = await make(client, "estimates")
        box.clock.advance(seconds=60)
        box.faults.lag("estimates.list", seconds=5)
        view = client.location(box.location_id)
        async with view.estimates.edit(record.id) as draft:
            draft.name = "Mine"
        with pytest.raises(LostUpdateError):
            async with client.location(box.location_id).estimates.edit(record.id):
                pytest.fail("an old version was edited")  # pragma: no cover


@pytest.mark.parametrize("what", [None, 5, b"65f0c0ffee", object()])
async def test_what_is_neither_an_id_nor_a_record_is_refused(what: Any) -> None:
    async with opened() as (box, client):
        for name in NAMES:
            with pytest.raises(InvalidRequestError) as caught:
                getattr(client, name).edit(what)
            assert caught.value.operation == f"{name}.edit"
        for wait in (client.flows.wait_until_paid, client.flows.wait_until_accepted):
            with pytest.raises(InvalidRequestError):
                await wait(what)
        assert box.calls == []


async def test_versions_that_can_t_be_compared_are_no_older_ones() -> None:
    aware = Invoice.from_dict({"_id": "1", "updatedAt": "2026-03-01T00:00:00.000Z"})
    naive = Invoice.from_dict({"_id": "1", "updatedAt": "2026-02-01T00:00:00"})
    assert not older(naive, aware)
    assert not older(aware, naive)
