"""Importing costs nothing that isn't used, and the parts know of each other only what they may."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import hoopai_invoices
from hoopai_invoices import models
from hoopai_invoices._generated import models as generated
from hoopai_invoices._generated.catalogue import OPERATIONS

MODELS = list(generated.__all__)
PACKAGE = Path(hoopai_invoices.__file__).parent
GENERATED = PACKAGE / "_generated"


def fresh(code: str) -> Any:
    """What a fresh interpreter prints as JSON when it runs this, with warnings as errors."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
        cwd=PACKAGE.parent,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if done.stdout else None


def loaded_by(code: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after this."""
    return set(
        fresh(f"{textwrap.dedent(code)}\nimport json, sys; print(json.dumps([*sys.modules]))")
    )


def models_in(modules: set[str]) -> set[str]:
    """The modules of single models among these."""
    prefix = "hoopai_invoices._generated.models."
    return {name.removeprefix(prefix) for name in modules if name.startswith(prefix)}


# --- What an import loads --------------------------------------------------------------------


@pytest.mark.parametrize(
    "code",
    [
        "import hoopai_invoices",
        "import hoopai_invoices; dir(hoopai_invoices); hoopai_invoices.__version__",
        "from hoopai_invoices import errors",
        "from hoopai_invoices import HoopAIError",
        "from hoopai_invoices.errors import OutcomeUnknown",
    ],
)
def test_a_bare_import_loads_nothing_heavy(code: str) -> None:
    loaded = loaded_by(code)

    assert not {"httpx", "httpcore", "attrs", "attr", "msgspec", "dateutil", "asyncio"} & loaded
    assert not [name for name in loaded if name.startswith("hoopai_invoices._generated")]


def test_a_model_loads_no_transport() -> None:
    loaded = loaded_by("from hoopai_invoices.models import Card")

    assert "httpx" not in loaded
    assert models_in(loaded) == {"card"}


def test_a_client_loads_its_transport_and_no_model() -> None:
    loaded = loaded_by(
        "from hoopai_invoices import InvoicesClient; client = InvoicesClient(token='t')"
    )

    assert "httpx" in loaded
    assert models_in(loaded) == set()
    assert not [name for name in loaded if ".sandbox" in name]


CALL = """
import asyncio, httpx
from hoopai_invoices import InvoicesClient

async def main():
    transport = httpx.MockTransport(lambda request: httpx.Response(200, text='{answer}'))
    async with InvoicesClient(token="t", location_id="loc", transport=transport) as client:
        {call}

asyncio.run(main())
"""


def test_a_resource_loads_only_the_models_that_it_names() -> None:
    call = "await client.invoices.generate_number()"
    loaded = loaded_by(CALL.format(answer='{"invoiceNumber": "000019"}', call=call))

    assert models_in(loaded) == {"invoice_number"}
    assert {name for name in loaded if "_generated.api." in name} == {
        "hoopai_invoices._generated.api.invoices"
    }


def reachable(name: str) -> set[str]:
    """The models that a model's table names, and theirs."""
    found: set[str] = set()
    wanted = {name}
    while wanted:
        one = wanted.pop()
        found.add(one)
        for row in getattr(getattr(models, one), "_fields", ()):
            wanted |= {word for word in re.findall(r"\w+", row.type) if hasattr(models, word)}
        wanted -= found
    return {getattr(models, one).__module__.rpartition(".")[2] for one in found}


def test_an_answer_loads_only_the_models_within_it() -> None:
    loaded = loaded_by(CALL.format(answer="{}", call="await client.schedules.get('s1')"))

    assert "schedule" in models_in(loaded)
    assert models_in(loaded) <= reachable("Schedule")
    assert "estimate" not in models_in(loaded)
    assert len(models_in(loaded)) < len(MODELS) / 2


# --- Names -----------------------------------------------------------------------------------


def test_every_public_name_resolves_and_dir_lists_them() -> None:
    assert hoopai_invoices.__all__ == sorted(hoopai_invoices.__all__, key=_isort)
    assert dir(hoopai_invoices) == sorted(hoopai_invoices.__all__)
    for name in hoopai_invoices.__all__:
        assert getattr(hoopai_invoices, name) is not None
    public = fresh(
        """
        import json
        from hoopai_invoices import *
        print(json.dumps([name for name in globals() if not name.startswith("__")]))
        """
    )
    assert {*public, "__version__"} - {"json"} == {*hoopai_invoices.__all__}


def _isort(name: str) -> tuple[int, str]:
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def test_every_model_resolves_and_dir_lists_them() -> None:
    assert dir(models) == sorted(MODELS)
    for name in MODELS:
        assert getattr(models, name).__name__ == name
    public = fresh(
        """
        import json
        from hoopai_invoices.models import *
        print(json.dumps([name for name in globals() if not name.startswith("__")]))
        """
    )
    assert set(public) - {"json"} == set(MODELS)


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [("Invocie", "Invoice"), ("EstimateItems", "EstimateItem"), ("invoiceList", "InvoiceList")],
)
def test_a_wrong_model_name_says_which_was_meant(wrong: str, meant: str) -> None:
    with pytest.raises(AttributeError) as caught:
        getattr(models, wrong)
    message = str(caught.value)
    assert "hoopai_invoices.models" in message
    assert f"did you mean '{meant}'?" in message


@pytest.mark.parametrize("module", [hoopai_invoices, models])
def test_a_name_that_is_like_none_is_only_refused(module: ModuleType) -> None:
    with pytest.raises(AttributeError, match=r"has no attribute 'Xyzzy'$"):
        getattr(module, "Xyzzy")  # noqa: B009 - as a user would write it, it fails type checking


@pytest.mark.parametrize("name", ["__path__", "_MODULES", "card"])
def test_the_models_have_no_names_but_models(name: str) -> None:
    # With a __path__ it would pass for a package, and a model could be imported twice.
    assert not fresh(
        f"""
        import json
        from hoopai_invoices import models
        models.Card
        print(json.dumps(hasattr(models, {name!r})))
        """
    )


# --- Every module ----------------------------------------------------------------------------


def test_every_module_imports() -> None:
    names = fresh(
        """
        import importlib, json, pkgutil
        import hoopai_invoices

        def fail(name):
            raise

        names = [
            module.name
            for module in pkgutil.walk_packages(hoopai_invoices.__path__, "hoopai_invoices.", fail)
            if not module.name.endswith("__main__")
        ]
        for name in names:
            importlib.import_module(name)
        print(json.dumps(names))
        """
    )
    files = {path for path in PACKAGE.rglob("*.py") if path.stem not in ("__init__", "__main__")}
    assert {name.rpartition(".")[2] for name in names} >= {path.stem for path in files}


def test_every_generated_module_imports_alone_and_first() -> None:
    # Each begins where no other module of the package is loaded, so none leans on an import order.
    names = [
        ".".join(("hoopai_invoices", *path.relative_to(PACKAGE).with_suffix("").parts))
        for path in sorted(GENERATED.rglob("*.py"))
    ]
    assert len(names) > len(MODELS)
    fresh(
        f"""
        import importlib, sys
        for name in {names!r}:
            for loaded in [key for key in sys.modules if key.startswith("hoopai_invoices")]:
                del sys.modules[loaded]
            importlib.import_module(name.removesuffix(".__init__"))
        """
    )


def test_every_model_can_be_named_first() -> None:
    # Models refer to each other: whichever is named first must find the others by itself.
    fresh(
        f"""
        import sys, typing
        for name in {MODELS!r}:
            for loaded in [key for key in sys.modules if key.startswith("hoopai_invoices")]:
                del sys.modules[loaded]
            from hoopai_invoices import models
            model = getattr(models, name)
            if hasattr(model, "from_dict"):
                model.from_dict({{}}).to_dict()
        """
    )


@pytest.mark.parametrize("name", sorted(MODELS))
def test_type_hints_of_models_resolve(name: str) -> None:
    import typing

    model = getattr(models, name)
    hints = typing.get_type_hints(model)
    assert hints.keys() >= {row.name for row in getattr(model, "_fields", ())}


def test_type_hints_of_methods_resolve() -> None:
    fresh(
        """
        import inspect, typing
        from hoopai_invoices import InvoicesClient
        client = InvoicesClient(token="t")
        for name in ("invoices", "templates", "schedules", "estimates", "estimate_templates"):
            resource = getattr(client, name)
            for verb, method in inspect.getmembers(resource, inspect.ismethod):
                if not verb.startswith("__"):
                    typing.get_type_hints(method)
        """
    )


# --- Who may import whom ---------------------------------------------------------------------


def imports_of(path: Path) -> Iterator[str]:
    """The modules that a file imports at run time, wherever in it, by their absolute names."""
    package = [*path.relative_to(PACKAGE.parent).parent.parts]

    def walk(node: ast.AST) -> Iterator[str]:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            for other in node.orelse:
                yield from walk(other)
            return
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)
        for child in ast.iter_child_nodes(node):
            yield from walk(child)

    yield from walk(ast.parse(path.read_text("utf-8")))


def importers_of(module: str, files: list[Path]) -> set[str]:
    """The files that import a module or something of it."""
    return {
        path.relative_to(PACKAGE).as_posix()
        for path in files
        if any(name == module or name.startswith(f"{module}.") for name in imports_of(path))
    }


def test_one_module_imports_httpx() -> None:
    everything = sorted(PACKAGE.rglob("*.py"))

    # The conformance suite judges transports, and no other part imports it.
    assert importers_of("httpx", everything) == {"_core/http.py", "conformance/_probe.py"}
    assert importers_of("httpcore", everything) == set()


def test_the_core_never_imports_the_sandbox() -> None:
    outside = [path for path in PACKAGE.rglob("*.py") if PACKAGE / "sandbox" not in path.parents]

    # pytest's door to the sandbox: inside of fixtures, and never imported by the package itself.
    assert importers_of("hoopai_invoices.sandbox", outside) == {"pytest_plugin.py"}
    assert importers_of("hoopai_invoices.pytest_plugin", outside) == set()


def test_what_both_sides_import_imports_nothing_else_of_ours() -> None:
    ours = {"_convert.py", "_model.py", "_protocol.py", "_values.py", "errors.py"}
    for file in ours:
        known = {f"hoopai_invoices.{name.removesuffix('.py')}" for name in ours}
        for name in imports_of(PACKAGE / file):
            if name.startswith("hoopai_invoices"):
                assert any(name == one or name.startswith(f"{one}.") for one in known), (file, name)


def test_no_binary_number_in_what_is_generated() -> None:
    files = [path for path in GENERATED.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert len(files) > len(MODELS)
    word = re.compile(r"\bfloat\b")

    assert [path.name for path in files if word.search(path.read_text("utf-8"))] == []


def test_every_operation_has_its_method() -> None:
    from hoopai_invoices import InvoicesClient

    client = InvoicesClient(token="t")
    assert len(OPERATIONS) == 42
    for name in OPERATIONS:
        resource, _, method = name.partition(".")
        assert callable(getattr(getattr(client, resource), method))
