"""The 42 operations, written out once more: in the document, in the catalogue, on the client."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from recording import Recorder, client_of

from hoopai_invoices import InvoicesClient
from hoopai_invoices._generated.catalogue import OPERATIONS
from hoopai_invoices._generated.client import Resources

DOCUMENT = Path(__file__).parent.parent / "openapi" / "openapi.yaml"

# Typed from the vendor's own list and never from the document, so that a slip in the document
# shows. Columns: method, path, scope (- for none), token kinds (L location, A agency), what a
# repeated call would do, the method of the client, the vendor's name.
TABLE = """
POST   /invoices/template                     invoices/template.write    L+A create    templates.create                 create-invoice-template
GET    /invoices/template                     invoices/template.readonly L+A read      templates.list                   list-invoice-templates
GET    /invoices/template/{templateId}        invoices/template.readonly L+A read      templates.get                    get-invoice-template
PUT    /invoices/template/{templateId}        invoices/template.write    L+A replace   templates.update                 update-invoice-template
DELETE /invoices/template/{templateId}        invoices/template.write    L+A remove    templates.delete                 delete-invoice-template
PATCH  /invoices/template/{templateId}/late-fees-configuration       -   L+A set_state templates.update_late_fees       update-invoice-template-late-fees-configuration
PATCH  /invoices/template/{templateId}/payment-methods-configuration -   L+A set_state templates.update_payment_methods update-invoice-payment-methods-configuration
POST   /invoices/schedule                     invoices/schedule.write    L+A create    schedules.create                 create-invoice-schedule
GET    /invoices/schedule                     invoices/schedule.readonly L+A read      schedules.list                   list-invoice-schedules
GET    /invoices/schedule/{scheduleId}        invoices/schedule.readonly L+A read      schedules.get                    get-invoice-schedule
PUT    /invoices/schedule/{scheduleId}        invoices/schedule.write    L+A replace   schedules.update                 update-invoice-schedule
DELETE /invoices/schedule/{scheduleId}        invoices/schedule.write    L+A remove    schedules.delete                 delete-invoice-schedule
POST   /invoices/schedule/{scheduleId}/updateAndSchedule invoices/schedule.write L+A set_state schedules.update_and_start update-and-schedule-invoice-schedule
POST   /invoices/schedule/{scheduleId}/schedule          invoices/schedule.write L+A set_state schedules.start            schedule-invoice-schedule
POST   /invoices/schedule/{scheduleId}/auto-payment      invoices/schedule.write L+A set_state schedules.set_auto_payment auto-payment-invoice-schedule
POST   /invoices/schedule/{scheduleId}/cancel            invoices/schedule.write L+A set_state schedules.cancel           cancel-invoice-schedule
POST   /invoices/text2pay                     invoices.write             L   create    invoices.text2pay                text2pay-invoice
GET    /invoices/generate-invoice-number      invoices.readonly          L+A read      invoices.generate_number         generate-invoice-number
GET    /invoices/settings                     invoices.readonly          L+A read      invoices.get_settings            get-invoice-settings
GET    /invoices/{invoiceId}                  invoices.readonly          L+A read      invoices.get                     get-invoice
PUT    /invoices/{invoiceId}                  invoices.write             L+A replace   invoices.update                  update-invoice
DELETE /invoices/{invoiceId}                  invoices.write             L+A remove    invoices.delete                  delete-invoice
PATCH  /invoices/{invoiceId}/late-fees-configuration                 -   L+A set_state invoices.update_late_fees        update-invoice-late-fees-configuration
POST   /invoices/{invoiceId}/void             invoices.write             L+A set_state invoices.void                    void-invoice
POST   /invoices/{invoiceId}/send             invoices.write             L+A notify    invoices.send                    send-invoice
POST   /invoices/{invoiceId}/record-payment   invoices.write             L+A pay       invoices.record_payment          record-invoice
PATCH  /invoices/stats/last-visited-at        -                          L+A set_state invoices.mark_visited            update-invoice-last-visited-at
POST   /invoices/estimate                     invoices/estimate.write    L+A create    estimates.create                 create-new-estimate
PUT    /invoices/estimate/{estimateId}        invoices/estimate.write    L+A replace   estimates.update                 update-estimate
DELETE /invoices/estimate/{estimateId}        invoices/estimate.write    L+A remove    estimates.delete                 delete-estimate
GET    /invoices/estimate/number/generate     invoices/estimate.readonly L+A read      estimates.generate_number        generate-estimate-number
POST   /invoices/estimate/{estimateId}/send   invoices/estimate.write    L+A notify    estimates.send                   send-estimate
POST   /invoices/estimate/{estimateId}/invoice invoices/estimate.write   L+A create    estimates.create_invoice         create-invoice-from-estimate
GET    /invoices/estimate/list                invoices/estimate.readonly L+A read      estimates.list                   list-estimates
PATCH  /invoices/estimate/stats/last-visited-at -                        L+A set_state estimates.mark_visited           update-estimate-last-visited-at
GET    /invoices/estimate/template            invoices/estimate.readonly L+A read      estimate_templates.list          list-estimate-templates
POST   /invoices/estimate/template            invoices/estimate.write    L+A create    estimate_templates.create        create-estimate-template
PUT    /invoices/estimate/template/{templateId} invoices/estimate.write  L+A replace   estimate_templates.update        update-estimate-template
DELETE /invoices/estimate/template/{templateId} invoices/estimate.write  L+A remove    estimate_templates.delete        delete-estimate-template
GET    /invoices/estimate/template/preview    invoices/estimate.readonly L+A read      estimate_templates.preview       preview-estimate-template
POST   /invoices/                             invoices.write             L+A create    invoices.create                  create-invoice
GET    /invoices/                             invoices.readonly          L+A read      invoices.list                    list-invoices
"""
KINDS = {"L": ("Location",), "L+A": ("Location", "Company")}


class Row(NamedTuple):
    """One operation."""

    method: str
    path: str
    scopes: tuple[str, ...]
    access: tuple[str, ...]
    retry: str
    name: str


def _rows() -> Iterator[tuple[Row, str]]:
    for line in TABLE.strip().splitlines():
        method, path, scope, kinds, retry, name, vendor = line.split()
        scopes = () if scope == "-" else (scope,)
        yield Row(method, path, scopes, KINDS[kinds], retry, name), vendor


VENDOR = dict(_rows())
ROWS = {row.name: row for row in VENDOR}
RESOURCES = {
    "invoices": 13,
    "templates": 7,
    "schedules": 9,
    "estimates": 8,
    "estimate_templates": 5,
}
each_row = pytest.mark.parametrize("row", ROWS.values(), ids=list(ROWS))


@pytest.fixture(scope="module")
def document() -> Any:
    return yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))


@pytest.fixture
def client() -> InvoicesClient:
    return client_of(Recorder())


def _method(client: InvoicesClient, row: Row) -> Any:
    resource, _, method = row.name.partition(".")
    return getattr(getattr(client, resource), method)


def test_there_are_42() -> None:
    assert len(TABLE.strip().splitlines()) == len(ROWS) == 42
    assert len({(row.method, row.path) for row in VENDOR}) == 42
    assert [row.name for row in VENDOR if row.access == ("Location",)] == ["invoices.text2pay"]
    assert len([row for row in VENDOR if not row.scopes]) == 5


def test_the_document_has_exactly_these(document: Any) -> None:
    found = {}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            (tag,) = operation["tags"]
            assert operation["operationId"].startswith(f"{tag}_"), operation["operationId"]
            kinds = [kind for alternative in operation["security"] for kind in alternative]
            asked = {
                tuple(scopes)
                for alternative in operation["security"]
                for scopes in alternative.values()
            }
            # Each token kind asks for the same scopes, and one token is enough.
            assert len(asked) == 1, (method, path)
            assert len(kinds) == len(operation["security"]), (method, path)
            row = Row(
                method=method.upper(),
                path=path,
                scopes=asked.pop(),
                access=tuple(kinds),
                retry=operation["x-retry"],
                name=f"{tag}.{operation['operationId'].removeprefix(f'{tag}_')}",
            )
            found[row] = operation["x-vendor-operation"]
    assert found == VENDOR


def test_the_document_declares_every_scope(document: Any) -> None:
    needed = {scope for row in VENDOR for scope in row.scopes}
    for kind, scheme in document["components"]["securitySchemes"].items():
        assert set(scheme["flows"]["authorizationCode"]["scopes"]) == needed, kind


def test_the_catalogue_has_exactly_these() -> None:
    found = {
        key: Row(one.method, one.path, one.scopes, one.access, one.retry, one.name)
        for key, one in OPERATIONS.items()
    }
    assert found == ROWS


@each_row
def test_the_client_has_it(client: InvoicesClient, row: Row) -> None:
    method = _method(client, row)
    assert callable(method)
    # A list is a pager, which is iterated over and not awaited; everything else is a coroutine.
    assert inspect.iscoroutinefunction(method) == (not row.name.endswith(".list"))


@each_row
def test_its_docstring_says_what_it_calls(client: InvoicesClient, row: Row) -> None:
    text = inspect.getdoc(_method(client, row)) or ""
    assert f"`{row.method} {row.path}`" in text
    assert repr(VENDOR[row]) in text
    for scope in row.scopes:
        assert f"`{scope}`" in text


@each_row
def test_what_must_not_happen_twice_takes_a_key(client: InvoicesClient, row: Row) -> None:
    keyed = {"key", "settle"} & inspect.signature(_method(client, row)).parameters.keys()
    assert keyed == ({"key", "settle"} if row.retry in ("create", "notify", "pay") else set())


@each_row
def test_ids_of_the_path_come_first_and_positionally(client: InvoicesClient, row: Row) -> None:
    parameters = inspect.signature(_method(client, row)).parameters.values()
    by_place = [one.name for one in parameters if one.kind is one.POSITIONAL_OR_KEYWORD]
    expected = {
        "{invoiceId}": ["invoice_id"],
        "{templateId}": ["template_id"],
        "{scheduleId}": ["schedule_id"],
        "{estimateId}": ["estimate_id"],
        # No id in these paths: it travels in the body or in the query.
        "/invoices/stats/last-visited-at": ["invoice_id"],
        "/invoices/estimate/stats/last-visited-at": ["estimate_id"],
        "/invoices/estimate/template/preview": ["template_id"],
    }
    found = [names for part, names in expected.items() if part in row.path]
    assert by_place == (found[0] if found else [])


@each_row
def test_the_location_is_no_argument(client: InvoicesClient, row: Row) -> None:
    names = inspect.signature(_method(client, row)).parameters.keys()
    assert "options" in names
    assert not {"alt_id", "alt_type", "altId", "altType", "limit", "offset"} & names


def test_the_client_has_nothing_else(client: InvoicesClient) -> None:
    resources = {name for name, one in vars(Resources).items() if isinstance(one, property)}
    assert resources == set(RESOURCES)
    public = {
        f"{resource}.{name}"
        for resource in resources
        for name in dir(type(getattr(client, resource)))
        if not name.startswith("_")
    }
    by_hand = {f"{resource}.edit" for resource in RESOURCES} | {"estimates.get", "invoices.find"}
    assert public == set(ROWS) | by_hand
    public -= by_hand
    for resource, count in RESOURCES.items():
        assert len([name for name in public if name.startswith(f"{resource}.")]) == count
