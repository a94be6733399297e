"""The generator: the committed package is what it writes, a grown document grows the client, and
a document that can't become a client stops it with words instead of a quietly wrong method."""

from __future__ import annotations

import ast
import copy
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
GENERATOR = ROOT / "openapi" / "generator"
DOCUMENT = ROOT / "openapi" / "openapi.yaml"
PACKAGE = ROOT / "hoopai_invoices" / "_generated"

sys.path.insert(0, str(GENERATOR))  # the generator is scripts, not a package

import generate  # noqa: E402
from document import Document, DocumentError, load, python_name  # noqa: E402

Json = dict[str, Any]
Done = subprocess.CompletedProcess[str]
Mutation = Callable[[Json], object]

TEXT: Json = {"type": "string"}


# -- a document of one resource ------------------------------------------------------------------

# Small, and with words of its own: what is pinned below changes only with the generator.
MINI = """
openapi: 3.1.0
info: {title: Notes, version: '1'}
paths:
  /notes/{noteId}/threads:
    post:
      tags: [notes]
      operationId: notes_answer
      x-vendor-operation: answer-note
      x-retry: notify
      summary: Answer a note.
      description: Opens a thread.
      security: [{Location: [notes.write]}]
      parameters:
        - {name: noteId, in: path, required: true, schema: {type: string, description: The note.}}
        - {name: loud, in: query, schema: {type: boolean}}
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: '#/components/schemas/NoteAnswer'}}}
      responses:
        '201':
          description: The thread.
          content: {application/json: {schema: {$ref: '#/components/schemas/Thread'}}}
components:
  securitySchemes:
    Location:
      type: oauth2
      flows:
        authorizationCode:
          authorizationUrl: https://example.com/authorize
          tokenUrl: https://example.com/token
          scopes: {notes.write: Write.}
  schemas:
    Colour:
      type: string
      enum: [red, dark-blue]
    Part:
      description: A part of a note.
      type: object
      properties:
        amount: {type: number, minimum: 0, description: What it costs.}
        discount: {type: number}
        colour: {$ref: '#/components/schemas/Colour'}
        parts: {type: array, items: {$ref: '#/components/schemas/Part'}}
        day: {type: string, format: date}
        _id: {type: string, x-response-only: true}
      required: [amount]
    NoteAnswer:
      type: object
      x-role: request
      properties:
        altId: {type: string}
        altType: {type: string}
        noteId: {type: string, x-from-path: noteId}
        text: {type: string, x-argument: words, maxLength: 40, description: What is said.}
        colour: {$ref: '#/components/schemas/Colour'}
        currency: {type: string, x-default: currency}
        liveMode: {type: boolean, x-default: live_mode, x-explicit: true}
        parts: {type: array, items: {$ref: '#/components/schemas/Part'}}
        price: {type: [number, 'null']}
        limit: {$ref: '#/components/schemas/Part', x-when-omitted: {amount: 0}}
      required: [altId, altType, noteId, text, currency, limit]
    Note:
      type: object
      x-role: answer
      properties:
        _id: {type: string}
        parent: {$ref: '#/components/schemas/Note'}
        threads: {type: array, items: {anyOf: [{$ref: '#/components/schemas/Thread'}, {type: string}]}}
        parts: {type: array, items: {$ref: '#/components/schemas/Part'}}
      required: [_id]
    Thread:
      type: object
      x-role: answer
      properties:
        _id: {type: string}
        note: {$ref: '#/components/schemas/Note'}
      required: [_id]
"""

PART = '''"""Generated: do not edit."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import ClassVar

from attrs import define, field

from ..._convert import decimal, optional_decimal
from ..._model import Field, Model
from .. import models
from .colour import as_optional_colour


@define(kw_only=True, eq=False, repr=False)
class Part(Model):
    """A part of a note.

    Attributes:
        amount: What it costs.
        discount:
        colour:
        parts:
        day:
        id:
    """

    _role: ClassVar[str] = "shared"

    amount: Decimal = field(converter=decimal)
    discount: Decimal | None = field(default=None, converter=optional_decimal)
    colour: models.Colour | None = field(default=None, converter=as_optional_colour)
    parts: list[models.Part] | None = None
    day: dt.date | None = None
    id: str | None = field(default=None, init=False)

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("amount", "amount", "decimal", required=True, bounds={"minimum": 0}),
        Field("discount", "discount", "decimal"),
        Field("colour", "colour", "Colour"),
        Field("parts", "parts", "[Part]"),
        Field("day", "day", "date"),
        Field("id", "_id", "str", response_only=True),
    )
'''

FIELDS_OF_A_REQUEST = """_fields: ClassVar[tuple[Field, ...]] = (
        Field("note_id", "noteId", "str", required=True),
        Field("words", "text", "str", required=True, bounds={"maxLength": 40}),
        Field("currency", "currency", "str", required=True, default="currency"),
        Field("limit", "limit", "Part", required=True, omitted={"amount": 0}),
        Field("colour", "colour", "Colour"),
        Field("live_mode", "liveMode", "bool", default="live_mode", explicit=True),
        Field("parts", "parts", "[Part]"),
        Field("price", "price", "decimal", nullable=True),
    )"""

METHOD = '''async def answer(
        self,
        note_id: str,
        *,
        words: str,
        loud: bool | Unset = UNSET,
        currency: str | Unset = UNSET,
        limit: models.Part | Unset = UNSET,
        colour: models.Colour | Literal["red", "dark-blue"] | Unset = UNSET,
        live_mode: bool | Unset = UNSET,
        parts: builtins.list[models.Part] | Unset = UNSET,
        price: Decimal | int | str | None | Unset = UNSET,
        key: str | None = None,
        settle: Settle = "wait",
        options: CallOptions | None = None,
    ) -> models.Thread:
        """Answer a note.

        Opens a thread.

        `POST /notes/{noteId}/threads`, which the vendor calls 'answer-note'.
        Needs the scope `notes.write`. Only for Location tokens.

        Args:
            note_id: The note.
            words: What is said.
            loud:
            currency: Taken from `LocationDefaults.currency` when left out.
            limit: A part of a note. Left out, `{'amount': 0}` is sent.
            colour:
            live_mode: Taken from `LocationDefaults.live_mode` when left out, and refused when
                that has none.
            parts:
            price:
            key: Your own name for this write, such as "job-1042". In this location the same key
                never does it twice, after a crash too when the client has a `ledger`; used
                again it gives what there is then. docs/writes.md tells what it rests on.
            settle: With a key, and a lost answer: "wait" until its fate is known, or "defer" to
                raise `OutcomeUnknown` at once and settle it later.
            options: What this call does differently.

        Raises:
            InvalidRequestError: An argument can't be sent; nothing was.
            APIStatusError: The service refused.
            APIConnectionError: No answer came, and nothing was written.
            OutcomeUnknown: It was sent, and whether it took effect isn't known.
            KeyReusedError: The key was given to another request.
            DuplicateDetected: It was done twice, by somebody in between.
            KeyBusy: Another keyed write of the same record goes first; nothing was sent.
            DecodeError: The answer can't be read.
        """
        body = models.NoteAnswer(
            note_id=note_id,
            words=words,
            currency=currency,
            limit=limit,
            colour=colour,
            live_mode=live_mode,
            parts=parts,
            price=price,
        )
        call = Call(
            OPERATIONS["notes.answer"],
            ids=(note_id,),
            query={
                "loud": loud,
            },
            body=body,
            key=key,
            settle=settle,
            options=options,
        )
        return await self._executor.send(call, models.Thread)'''


# -- a grown document ----------------------------------------------------------------------------


def schema_of(document: Json, name: str) -> Json:
    found: Json = document["components"]["schemas"][name]
    return found


def properties_of(document: Json, name: str) -> Json:
    found: Json = schema_of(document, name)["properties"]
    return found


def operation_of(document: Json, identifier: str) -> Json:
    for item in document["paths"].values():
        for operation in item.values():
            if operation["operationId"] == identifier:
                found: Json = operation
                return found
    raise KeyError(identifier)


def component(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def answer(name: str) -> Json:
    content = {"application/json": {"schema": component(name)}}
    return {"200": {"description": "Done.", "content": content}}


def operation(identifier: str, retry: str, scope: str, **more: Any) -> Json:
    return {
        "tags": [identifier.rpartition("_")[0]],
        "operationId": identifier,
        "x-vendor-operation": identifier.replace("_", "-"),
        "x-retry": retry,
        "summary": f"What {identifier} does.",
        "description": "Something new.",
        "security": [{"Location": [scope]}, {"Company": [scope]}],
        **more,
    }


def grow(document: Json) -> None:
    """What the service may add one day, and an operation that it takes away."""
    del document["paths"]["/invoices/estimate/stats/last-visited-at"]
    schemas = document["components"]["schemas"]
    schemas["InvoiceStatus"]["enum"].append("written_off")
    properties_of(document, "InvoiceCreate")["poNumber"] = {**TEXT, "maxLength": 20}
    properties_of(document, "Invoice")["reviewScore"] = {"type": "number"}
    properties_of(document, "InvoiceItem")["unitMargin"] = {"type": "number"}
    operation_of(document, "invoices_list")["parameters"].append(
        {"name": "minTotal", "in": "query", "schema": {"type": "number"}}
    )

    schemas["Tone"] = {**TEXT, "enum": ["gentle", "firm"]}
    located = {"altId": TEXT, "altType": component("AltType")}
    schemas["InvoiceRemind"] = {
        "type": "object",
        "x-role": "request",
        "properties": {**located, "tone": component("Tone"), "fee": {"type": "number"}},
        "required": ["altId", "altType", "tone"],
    }
    schemas["InvoiceReminded"] = {
        "type": "object",
        "x-role": "answer",
        "properties": {"invoice": component("Invoice"), "tone": component("Tone")},
        "required": ["invoice", "tone"],
    }
    body = {"application/json": {"schema": component("InvoiceRemind")}}
    shared = [{"$ref": f"#/components/parameters/{name}"} for name in ("AltId", "AltType")]
    identifier = {"name": "creditNoteId", "in": "path", "required": True, "schema": TEXT}
    document["paths"] |= {
        "/invoices/{invoiceId}/remind": {
            "post": operation(
                "invoices_remind",
                "notify",
                "invoices.write",
                parameters=[{"$ref": "#/components/parameters/InvoiceId"}],
                requestBody={"required": True, "content": body},
                responses=answer("InvoiceReminded"),
            )
        },
        "/credit-notes/": {
            "get": operation(
                "credit_notes_list",
                "read",
                "invoices.readonly",
                parameters=[
                    *shared,
                    *({"$ref": f"#/components/parameters/{name}"} for name in ("Limit", "Offset")),
                    {"name": "tone", "in": "query", "schema": component("Tone")},
                ],
                responses=answer("CreditNoteList"),
            )
        },
        "/credit-notes/{creditNoteId}": {
            "get": operation(
                "credit_notes_get",
                "read",
                "invoices.readonly",
                parameters=[identifier, *shared],
                responses=answer("CreditNote"),
            )
        },
    }
    schemas["CreditNote"] = {
        "type": "object",
        "x-role": "answer",
        "properties": {"_id": TEXT, "total": {"type": "number"}, "invoice": component("Invoice")},
        "required": ["_id", "total"],
    }
    schemas["CreditNoteList"] = {
        "type": "object",
        "x-role": "answer",
        "x-paging": {"items": "rows", "total": "count"},
        "properties": {
            "rows": {"type": "array", "items": component("CreditNote")},
            "count": {"type": "integer"},
        },
        "required": ["rows", "count"],
    }


# Checked by mypy, and run.
GROWN_CODE = """
from __future__ import annotations

import asyncio
import json
from datetime import date
from decimal import Decimal
from typing import Any, assert_type

import httpx

from hoopai_invoices import InvoicesClient, LocationDefaults, Pager, models
from hoopai_invoices.models import ContactDetails, CreditNote, InvoiceItem, InvoiceStatus, Tone

INVOICE = {
    "_id": "i1", "status": "written_off", "liveMode": False, "altId": "l1", "name": "n",
    "currency": "USD", "total": 10, "amountPaid": 0, "amountDue": 10, "reviewScore": 4.5,
}


class Recording(httpx.AsyncBaseTransport):
    def __init__(self) -> None:
        self.seen: list[Any] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        query = dict(request.url.params)
        sent = json.loads(request.content) if request.content else None
        self.seen.append([request.method, request.url.path, query, sent])
        answer: Any = INVOICE
        if request.url.path.endswith("/remind"):
            answer = {"invoice": INVOICE, "tone": "firm"}
        elif request.url.path == "/credit-notes/":
            begin = int(query["offset"])
            rows = [{"_id": f"c{i}", "total": i} for i in range(5)]
            answer = {"rows": rows[begin : begin + int(query["limit"])], "count": 5}
        elif request.url.path.startswith("/credit-notes/"):
            answer = {"_id": "c1", "total": 1, "invoice": INVOICE}
        elif request.method == "GET":
            answer = {"invoices": [INVOICE], "total": 1}
        return httpx.Response(200, json=answer)


async def main() -> None:
    transport = Recording()
    defaults = LocationDefaults(live_mode=False, currency="USD")
    async with InvoicesClient(
        token="t", location_id="l1", transport=transport, defaults=defaults
    ) as client:
        reminded = await client.invoices.remind("i1", tone="firm", fee="2.50")
        assert_type(reminded, models.InvoiceReminded)
        assert_type(reminded.tone, Tone)
        assert reminded.tone is Tone.FIRM
        assert_type(reminded.invoice.review_score, Decimal | None)
        assert reminded.invoice.review_score == Decimal("4.5")
        assert reminded.invoice.status is InvoiceStatus.WRITTEN_OFF

        pager = client.credit_notes.list(tone=Tone.GENTLE, page_size=2)
        assert_type(pager, Pager[CreditNote])
        totals = []
        async for note in pager:
            assert_type(note.total, Decimal)
            totals.append(note.total)
        assert totals == [0, 1, 2, 3, 4], totals
        one = await client.credit_notes.get("c1")
        assert_type(one.invoice, models.Invoice | None)

        listed = client.invoices.list(status="written_off", min_total="9.50")
        assert await listed.first() is not None
        item = InvoiceItem(name="Hour", currency="USD", amount=10, qty=1, unit_margin="1.25")
        assert_type(item.unit_margin, Decimal | None)
        await client.invoices.create(
            name="n", items=[item], contact_details=ContactDetails(id="c1", name="Alex"),
            issue_date=date(2026, 3, 1), po_number="PO-7",
            business_details=models.BusinessDetails(name="Example LLC"),
        )
    print(json.dumps(transport.seen))


asyncio.run(main())
"""


# -- running the generator -----------------------------------------------------------------------


def run(*command: str | Path, cwd: Path | None = None, **environment: str) -> Done:
    """Run the generator, or a script beside what it made, in a process of its own."""
    return subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=cwd,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def generator(*arguments: str | Path, **environment: str) -> Done:
    return run(GENERATOR / "generate.py", *arguments, cwd=None, **environment)


def copied(folder: Path) -> Path:
    """A copy of the package in `folder`; the path of its generated part."""
    shutil.copytree(
        PACKAGE.parent, folder / PACKAGE.parent.name, ignore=shutil.ignore_patterns("__pycache__")
    )
    return folder / PACKAGE.parent.name / PACKAGE.name


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def saved(folder: Path, document: Json) -> Path:
    return written(folder / "openapi.yaml", json.dumps(document))  # JSON is YAML too


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


class Runs:
    """The runs of the generator that the tests look at: started together, each waited for once."""

    def __init__(self, source: Json, folder: Path, pool: ThreadPoolExecutor):
        self.source = source
        self.folder = folder
        self._running: dict[str, Future[Done]] = {}
        for name in ("again", "tampered", "grown", "mini", "refused", "failed", "config"):
            (folder / name).mkdir()

        def start(name: str, *arguments: str | Path, **environment: str) -> None:
            self._running[name] = pool.submit(generator, *arguments, **environment)

        grown = copy.deepcopy(source)
        grow(grown)
        place = folder / "grown"
        start("grown", "--document", saved(place, grown), "--output", copied(place))

        start("committed", "--check", PYTHONHASHSEED="1")
        start("again", "--output", folder / "again" / "_generated", PYTHONHASHSEED="2")

        tampered = copied(folder / "tampered")
        edit(tampered / "models" / "tax.py", "rate: Decimal", "rate: Any")
        without_method(tampered / "api" / "templates.py", "get")
        (tampered / "models" / "tax_calculation.py").unlink()
        written(tampered / "helper.py", "VALUE = 1\n")

        place = folder / "mini"
        mini = written(place / "openapi.yaml", MINI)
        start("mini", "--document", mini, "--output", copied(place))

        place = folder / "refused"
        refused = copy.deepcopy(source)
        properties_of(refused, "InvoiceCreate")["key"] = TEXT
        start("refused", "--document", saved(place, refused), "--output", copied(place))

        # Nothing is wrong with it before the generator itself runs.
        place = folder / "failed"
        failing = MINI.replace("_id: {type: string}", "_id: {type: string, format: uuid}")
        failed = written(place / "openapi.yaml", failing)
        start("failed", "--document", failed, "--output", copied(place))

        place = folder / "config"
        shutil.copytree(
            GENERATOR, place / "openapi" / "generator", ignore=shutil.ignore_patterns("__pycache__")
        )
        settings = (ROOT / "generator-config.yaml").read_text(encoding="utf-8")
        written(place / "generator-config.yaml", settings + "field_prefixx: x\n")
        self._running["config"] = pool.submit(
            run,
            place / "openapi" / "generator" / "generate.py",
            *("--document", DOCUMENT, "--output", copied(place)),
        )

    def __getitem__(self, name: str) -> Done:
        return self._running[name].result()

    def package(self, name: str) -> Path:
        """The generated part of this run's copy of the package."""
        return self.folder / name / PACKAGE.parent.name / PACKAGE.name


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def method_of(path: Path, name: str) -> tuple[str, str]:
    """A module's text, and the source of one method in it."""
    text = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.AsyncFunctionDef) and node.name == name:
            source = ast.get_source_segment(text, node)
            assert source
            return text, source
    raise KeyError(name)


def without_method(path: Path, name: str) -> None:
    text, source = method_of(path, name)
    path.write_text(text.replace(source, ""), encoding="utf-8")


@pytest.fixture(scope="module")
def source() -> Json:
    """The document."""
    return load(DOCUMENT)


@pytest.fixture(scope="module")
def runs(source: Json, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield Runs(source, tmp_path_factory.mktemp("generated"), pool)


# -- what is committed ---------------------------------------------------------------------------


def test_the_committed_package_is_what_the_document_generates(runs: Runs) -> None:
    done = runs["committed"]
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_two_runs_are_the_same_to_the_byte(runs: Runs) -> None:
    # The check above ran with another hash seed.
    assert runs["again"].returncode == 0, runs["again"].stderr
    assert files_of(runs.folder / "again" / "_generated") == files_of(PACKAGE)


def test_nothing_but_the_documents_files_is_generated(runs: Runs, source: Json) -> None:
    assert runs["again"].returncode == 0
    tags = {tag["name"] for tag in source["tags"]}
    classes = {
        name
        for name, schema in source["components"]["schemas"].items()
        if "enum" in schema or "properties" in schema
    }
    expected = {"__init__.py", "api/__init__.py", "models/__init__.py"}
    expected |= {"catalogue.py", "client.py", "openapi.json"}
    expected |= {f"api/{tag}.py" for tag in tags}
    expected |= {f"models/{python_name(name)}.py" for name in classes}
    assert len(tags) == 5
    assert files_of(PACKAGE).keys() == expected
    everything = {
        path.relative_to(runs.folder / "again" / "_generated").as_posix()
        for path in (runs.folder / "again" / "_generated").rglob("*")
    }
    assert everything == expected | {"api", "models"}


def test_every_operation_of_the_document_has_its_method(source: Json) -> None:
    expected = {
        f"{operation['tags'][0]}.{operation['operationId'].removeprefix(operation['tags'][0] + '_')}"
        for item in source["paths"].values()
        for operation in item.values()
    }
    found = set()
    for path in (PACKAGE / "api").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                found |= {
                    f"{path.stem}.{each.name}"
                    for each in node.body
                    if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
                    and not each.name.startswith("_")
                }
    assert found == expected
    assert len(expected) == 42


def test_the_check_notices_what_hands_changed(
    runs: Runs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert runs["again"].returncode == 0, runs["again"].stderr

    def made_before(source: Path, output: Path) -> None:  # it takes seconds to make it anew
        shutil.copytree(runs.folder / "again" / "_generated", output)

    monkeypatch.setattr(generate, "generate", made_before)
    command = ["generate.py", "--check", "--output", str(runs.package("tampered"))]
    monkeypatch.setattr(sys, "argv", command)
    code = generate.main()
    printed = capsys.readouterr()
    assert code == 1
    assert "make generate" in printed.err
    assert "-    rate: Any" in printed.out  # an edit
    assert "+    rate: Decimal" in printed.out
    assert "+    async def get(" in printed.out  # a method that was removed
    assert "+++ generated/models/tax_calculation.py" in printed.out  # a file that was removed
    assert "--- committed/helper.py" in printed.out  # a file that was added


def test_the_check_notices_a_document_that_went_on(runs: Runs) -> None:
    # What the check prints when the document has grown and the package hasn't.
    assert runs["grown"].returncode == 0, runs["grown"].stderr
    found = "".join(generate.differences(runs.package("grown"), PACKAGE))
    assert '+        Field("po_number", "poNumber", "str", bounds={"maxLength": 20}),' in found
    assert "-    async def mark_visited(" in found
    assert '-    "estimates.mark_visited": Operation(' in found


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("empty.py", b"", id="an empty file that doesn't belong"),
        pytest.param("__init__.py", b'"""One."""\r\n', id="other line ends"),
        pytest.param("__init__.py", b'"""One."""', id="no line end"),
    ],
)
def test_the_check_notices_every_byte(tmp_path: Path, name: str, content: bytes) -> None:
    expected, actual = tmp_path / "expected", tmp_path / "actual"
    for folder in (expected, actual):
        folder.mkdir()
        (folder / "__init__.py").write_bytes(b'"""One."""\n')
    assert list(generate.differences(expected, actual)) == []
    (actual / name).write_bytes(content)
    assert list(generate.differences(expected, actual)) != []


# -- the shape of what comes out -----------------------------------------------------------------

# The templates run with names that render as nothing when the generator's parser renames them:
# these texts notice.


def test_a_model_has_its_shape(runs: Runs) -> None:
    assert runs["mini"].returncode == 0, runs["mini"].stderr
    assert (runs.package("mini") / "models" / "part.py").read_text(encoding="utf-8") == PART


def test_a_request_has_its_table(runs: Runs) -> None:
    assert runs["mini"].returncode == 0, runs["mini"].stderr
    text = (runs.package("mini") / "models" / "note_answer.py").read_text(encoding="utf-8")
    assert FIELDS_OF_A_REQUEST in text
    assert "_located: ClassVar[bool] = True" in text


def test_a_method_has_its_shape(runs: Runs) -> None:
    assert runs["mini"].returncode == 0, runs["mini"].stderr
    _, method = method_of(runs.package("mini") / "api" / "notes.py", "answer")
    assert method == METHOD


@pytest.mark.parametrize("first", ["Note", "Thread"])
def test_models_that_refer_to_each_other_in_a_circle_decode(runs: Runs, first: str) -> None:
    assert runs["mini"].returncode == 0, runs["mini"].stderr
    code = f"""\
from decimal import Decimal
from hoopai_invoices import models

parts = [{{"amount": 1, "parts": [{{"amount": 2, "colour": "red", "parts": []}}]}}]
note = {{"_id": "n1", "parent": {{"_id": "n0", "parts": parts}}, "threads": ["t0"]}}
thread = {{"_id": "t1", "note": {{**note, "threads": [{{"_id": "t2", "note": note}}, "t3"]}}}}
data = {{"Note": thread["note"], "Thread": thread}}["{first}"]

record = models.{first}.from_dict(data)
assert record.to_dict() == data, record
note = record if "{first}" == "Note" else record.note
assert isinstance(note.threads[0], models.Thread), note.threads
assert note.threads[0].note.parent.parts[0].parts[0].amount == Decimal(2)
assert note.threads[1] == "t3"
assert list(type(record)._drift(data)) == []
"""
    done = run(written(runs.folder / "mini" / f"{first.lower()}.py", code))
    assert done.returncode == 0, done.stderr


# -- a document that grew ------------------------------------------------------------------------


def test_what_is_added_to_the_document_works_on_the_client(runs: Runs) -> None:
    assert runs["grown"].returncode == 0, runs["grown"].stderr
    done = run(written(runs.folder / "grown" / "main.py", GROWN_CODE))
    assert done.returncode == 0, done.stderr
    located = {"altId": "l1", "altType": "location"}
    listed = {**located, "tone": "gentle"}
    remind, *pages, one, first, create = json.loads(done.stdout)
    body = {**located, "tone": "firm", "fee": 2.5}
    assert remind == ["POST", "/invoices/i1/remind", {}, body]
    assert pages == [
        ["GET", "/credit-notes/", {**listed, "limit": limit, "offset": offset}, None]
        for limit, offset in (("2", "0"), ("3", "1"), ("3", "3"))
    ]
    assert one == ["GET", "/credit-notes/c1", located, None]
    assert first[2].items() >= {"status": "written_off", "minTotal": "9.50"}.items()
    assert create[3]["poNumber"] == "PO-7"
    assert create[3]["items"][0]["unitMargin"] == 1.25


def test_what_is_added_to_the_document_is_typed(runs: Runs) -> None:
    assert runs["grown"].returncode == 0, runs["grown"].stderr
    code = written(runs.folder / "grown" / "user_code.py", GROWN_CODE)
    done = run("-m", "mypy", "--strict", code, cwd=code.parent)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


# -- where generation stops ----------------------------------------------------------------------


def test_the_command_stops_with_words_and_leaves_the_package_alone(runs: Runs) -> None:
    done = runs["refused"]
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("GENERATION STOPS: invoices.create: argument 'key'")
    assert "Traceback" not in done.stderr
    assert files_of(runs.package("refused")) == files_of(PACKAGE)


def test_a_generator_that_fails_leaves_the_package_alone(runs: Runs) -> None:
    done = runs["failed"]
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("GENERATION STOPS:")
    assert files_of(runs.package("failed")) == files_of(PACKAGE)


def test_an_unknown_setting_stops_the_command(runs: Runs) -> None:
    # The generator itself would ignore it.
    done = runs["config"]
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("GENERATION STOPS: generator-config.yaml")
    assert "field_prefixx" in done.stderr
    assert files_of(runs.package("config")) == files_of(PACKAGE)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("info: {version: 2021-07-28}", "#/info/version"),
        ("schemas: {A: {examples: [{day: 2026-03-01}]}}", "#/schemas/A/examples/0/day"),
        ("paths: {/a/b: {$ref: other.yaml}}", "#/paths/~1a~1b"),
        ("schemas: {A: {$ref: './schemas.yaml#/A'}}", "#/schemas/A"),
        ("schemas: {A: [{$ref: 'https://example.com/a.json'}]}", "#/schemas/A/0"),
    ],
)
def test_a_file_that_cannot_be_read_as_one_document_is_refused(
    tmp_path: Path, text: str, place: str
) -> None:
    path = tmp_path / "openapi.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DocumentError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{place}: ")


def has(schema: str, key: str, value: Json) -> Mutation:
    """A property is added, or replaced."""
    return lambda d: properties_of(d, schema).update({key: value})


def hint(schema: str, **hints: Any) -> Mutation:
    """A schema's extension is replaced."""
    named = {f"x-{name}": value for name, value in hints.items()}
    return lambda d: schema_of(d, schema).update(named)


def says(identifier: str, **facts: Any) -> Mutation:
    """Something about an operation is replaced; `x_` stands for `x-`."""
    named = {name.replace("x_", "x-"): value for name, value in facts.items()}
    return lambda d: operation_of(d, identifier).update(named)


def takes(identifier: str, parameter: Json) -> Mutation:
    """A parameter is added to an operation."""
    return lambda d: operation_of(d, identifier)["parameters"].append(parameter)


def asks(name: str, schema: Json) -> Json:
    return {"name": name, "in": "query", "schema": schema}


def lists(**paging: Any) -> Mutation:
    return hint("InvoiceList", paging=paging)


CHOICE: Json = {**TEXT, "enum": ["a", "b"]}
LISTLESS: Json = {"type": "array"}
ANSWERS_NOTHING_KNOWN = {
    "200": {"description": "?", "content": {"application/json": {"schema": component("Nothing")}}}
}

REFUSED: dict[str, tuple[Mutation, str]] = {
    # What would change the meaning of the client's own arguments.
    "a body field named key": (
        has("InvoiceCreate", "key", TEXT),
        "invoices.create: argument 'key'",
    ),
    "a body field named settle": (has("PaymentRecord", "settle", TEXT), "argument 'settle'"),
    "a body field named options": (has("InvoiceUpdate", "options", TEXT), "invoices.update: "),
    "a query parameter named cursor": (
        takes("invoices_list", asks("cursor", TEXT)),
        "invoices.list: argument 'cursor'",
    ),
    "a query parameter named like an id": (
        takes("invoices_get", asks("invoice_id", TEXT)),
        "invoices.get: argument 'invoice_id'",
    ),
    "two fields with one name": (
        has("InvoiceCreate", "due_date", TEXT),
        "schema InvoiceCreate, property due_date",
    ),
    "id beside _id": (has("Invoice", "id", TEXT), "schema Invoice, property id"),
    # Hints that say nothing, or the wrong thing.
    "paging without items": (lists(items="nothing", total="total"), "schema InvoiceList: x-paging"),
    "paging without a total": (
        lists(items="invoices", total="nothing"),
        "schema InvoiceList: x-paging",
    ),
    "paging over what is no list": (
        lists(items="traceId", total="total"),
        "schema InvoiceList: x-paging",
    ),
    "a total that is no number": (
        lists(items="invoices", total="traceId"),
        "InvoiceList: x-paging",
    ),
    "paging without limit and offset": (says("invoices_list", parameters=[]), "invoices.list: "),
    "x-from-path": (
        has("ScheduleAutoPayment", "id", {**TEXT, "x-from-path": "schedule"}),
        "schedules.set_auto_payment: x-from-path 'schedule'",
    ),
    "x-positional": (
        says("invoices_mark_visited", x_positional="invoice"),
        "invoices.mark_visited: x-positional 'invoice'",
    ),
    "x-retry of a GET": (says("invoices_get", x_retry="create"), "invoices.get: x-retry 'create'"),
    "x-retry of a PUT": (says("invoices_update", x_retry="create"), "invoices.update: x-retry"),
    "x-retry of a DELETE": (says("invoices_delete", x_retry="replace"), "invoices.delete: x-retry"),
    "x-retry of a POST": (says("invoices_void", x_retry="read"), "invoices.void: x-retry 'read'"),
    "x-retry of a PATCH": (says("invoices_mark_visited", x_retry="replace"), "x-retry 'replace'"),
    "no x-retry": (says("invoices_void", x_retry=None), "invoices.void: x-retry None"),
    "x-default": (
        has("InvoiceCreate", "name", {**TEXT, "x-default": "name"}),
        "schema InvoiceCreate, property name: x-default 'name'",
    ),
    "x-earliest": (
        has("InvoiceCreate", "dueDate", {**TEXT, "format": "date", "x-earliest": "tomorrow"}),
        "schema InvoiceCreate, property dueDate: x-earliest is today, of a date",
    ),
    "x-earliest of a text": (
        has("InvoiceCreate", "dueDate", {**TEXT, "x-earliest": "today"}),
        "schema InvoiceCreate, property dueDate: x-earliest is today, of a date",
    ),
    "x-earliest of an instant": (
        has("InvoiceCreate", "dueDate", {**TEXT, "format": "date-time", "x-earliest": "today"}),
        "schema InvoiceCreate, property dueDate: x-earliest is today, of a date",
    ),
    "x-role": (hint("InvoiceCreate", role="requests"), "schema InvoiceCreate: x-role"),
    "a body that is no request": (hint("InvoiceCreate", role="answer"), "invoices.create: "),
    "a misspelt hint of a property": (
        has("InvoiceCreate", "liveMode", {"type": "boolean", "x-explict": True}),
        "schema InvoiceCreate, property liveMode",
    ),
    "a misspelt hint of a schema": (hint("InvoiceItem", rolle="answer"), "schema InvoiceItem"),
    "a misspelt hint of an operation": (
        says("invoices_mark_visited", x_postional="invoiceId"),
        "invoices.mark_visited",
    ),
    # Shapes that the generator would drop, or make classes of that nobody can name.
    "an array without items": (
        has("InvoiceCreate", "codes", LISTLESS),
        "schema InvoiceCreate, property codes",
    ),
    "an array without items in an array": (
        has("Invoice", "codes", {"type": "array", "items": LISTLESS}),
        "schema Invoice, property codes",
    ),
    "an inline enum": (has("Invoice", "mood", CHOICE), "schema Invoice, property mood"),
    "an inline enum in an array": (
        has("InvoiceCreate", "moods", {"type": "array", "items": CHOICE}),
        "schema InvoiceCreate, property moods",
    ),
    "an inline enum in a choice": (
        has("Tax", "mood", {"anyOf": [CHOICE, {"type": "integer"}]}),
        "schema Tax, property mood",
    ),
    "an inline enum in a query": (takes("invoices_list", asks("mood", CHOICE)), "invoices.list: "),
    "an inline object": (
        has("Invoice", "mood", {"type": "object", "properties": {"a": TEXT}}),
        "schema Invoice, property mood",
    ),
    "an inline object that may be null": (
        has("InvoiceCreate", "mood", {"type": ["object", "null"], "properties": {"a": TEXT}}),
        "schema InvoiceCreate, property mood",
    ),
    "enum values with one name": (
        lambda d: schema_of(d, "LineItemType")["enum"].append("one-time"),
        "schema LineItemType",
    ),
    "an enum of numbers": (
        lambda d: d["components"]["schemas"].update(Size={"type": "integer", "enum": [1, 2]}),
        "schema Size",
    ),
    "a schema without properties": (
        lambda d: d["components"]["schemas"].update(Free={"type": "object"}),
        "schema Free",
    ),
    "a path that is a $ref": (
        lambda d: d["paths"].update({"/x": {"$ref": "#/components/pathItems/X"}}),
        "paths /x: ",
    ),
    "a path with parameters of its own": (
        lambda d: d["paths"]["/invoices/"].update(parameters=[]),
        "paths /invoices/: ",
    ),
    "a $ref of a property that names nothing": (
        has("Invoice", "mood", component("Nothing")),
        "'#/components/schemas/Nothing'",
    ),
    "a $ref of an answer that names nothing": (
        says("invoices_get", responses=ANSWERS_NOTHING_KNOWN),
        "'#/components/schemas/Nothing'",
    ),
    "a body that is a $ref": (
        says("invoices_create", requestBody={"$ref": "#/components/requestBodies/X"}),
        "invoices.create: ",
    ),
    "a header parameter": (
        takes("invoices_list", {"name": "X-Mood", "in": "header", "schema": TEXT}),
        "invoices.list: ",
    ),
    "a list in a query": (
        takes("invoices_list", asks("moods", {"type": "array", "items": TEXT})),
        "invoices.list: ",
    ),
    "null in a query": (
        takes("invoices_list", asks("mood", {"type": ["string", "null"]})),
        "invoices.list: ",
    ),
    "a default in a request": (
        has("InvoiceCreate", "liveMode", {"type": "boolean", "default": True}),
        "schema InvoiceCreate, property liveMode",
    ),
    "a default in a shared model": (
        has("InvoiceItem", "qty", {"type": "number", "default": 1}),
        "schema InvoiceItem, property qty",
    ),
    "a requirement of nothing": (
        lambda d: schema_of(d, "InvoiceCreate")["required"].append("nothing"),
        "schema InvoiceCreate: requires 'nothing'",
    ),
    "a bound that isn't exact": (
        has("PaymentRecord", "amount", {"type": "number", "minimum": 0.01}),
        "schema PaymentRecord, property amount: minimum",
    ),
    # Scopes and names.
    "an unknown scope": (
        says("invoices_get", security=[{"Location": ["invoices.read"]}]),
        "invoices.get: Location doesn't define ['invoices.read']",
    ),
    "an unknown kind of token": (
        says("invoices_get", security=[{"Agency": ["invoices.readonly"]}]),
        "invoices.get: Agency",
    ),
    "scopes that differ": (
        says("invoices_get", security=[{"Location": ["invoices.readonly"]}, {"Company": []}]),
        "invoices.get: ",
    ),
    "no security": (lambda d: operation_of(d, "invoices_get").pop("security"), "invoices.get: "),
    "an operationId of another tag": (
        says("invoices_get", tags=["templates"]),
        "get /invoices/{invoiceId}: operationId 'invoices_get'",
    ),
    "two tags": (says("invoices_get", tags=["invoices", "templates"]), "get /invoices/{invoiceId}"),
    "no operationId": (
        lambda d: operation_of(d, "invoices_get").pop("operationId"),
        "get /invoices/{invoiceId}",
    ),
    "one operationId twice": (
        says("invoices_get", operationId="invoices_update"),
        "invoices.update: ",
    ),
    "path parameters that aren't in the path": (
        lambda d: operation_of(d, "invoices_get")["parameters"].pop(0),
        "invoices.get: path parameters",
    ),
    "a resource named like something of the client's": (
        says("invoices_get", tags=["location"], operationId="location_get"),
        "location",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_document_that_cannot_become_a_client_is_refused(source: Json, case: str) -> None:
    change, place = REFUSED[case]
    document = copy.deepcopy(source)
    change(document)
    with pytest.raises(DocumentError) as caught:
        Document(document)
    assert place in str(caught.value)


@pytest.mark.parametrize("key", ["extra", "toDict", "fromDict", "field", "models"])
def test_a_field_named_like_what_a_model_needs_itself_is_refused(source: Json, key: str) -> None:
    # Rendered, the first three would hide the model's own, and the others the names that its
    # module or the resource's method uses.
    document = copy.deepcopy(source)
    properties_of(document, "InvoiceItem")[key] = TEXT
    with pytest.raises(DocumentError, match=f"schema InvoiceItem, property {key}"):
        Document(document)
    argued = copy.deepcopy(source)
    properties_of(argued, "InvoiceItem")[key] = {**TEXT, "x-argument": "another_name"}
    Document(argued)


def test_the_document_itself_is_accepted(source: Json) -> None:
    before = copy.deepcopy(source)
    document = Document(source)
    assert len(document.operations) == 42
    document.prepared()
    assert source == before
