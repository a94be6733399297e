"""What users see of the types: good code passes mypy and pyright, every mistake is refused by both."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from hoopai_invoices._generated.catalogue import OPERATIONS

ROOT = Path(__file__).resolve().parent.parent
FILES = Path(__file__).resolve().parent / "typing"
USER_CODE = FILES / "user_code.py"
MISTAKES = FILES / "mistakes.py"
MARK = re.compile(r"  # ERROR: (?P<mypy>\S+) \| (?P<pyright>\S+)$")

# Mistakes that only one checker sees, and why the other doesn't.
ONE_SIDED = {
    'print(await client.invoices.delete("i1"))': "pyright lets None be used as a value",
    "if invoice.status == EstimateStatus.SENT:": (
        "pyright compares for overlap in its strict mode only"
    ),
    "except NotFoundError:": "mypy doesn't compare the except clauses with each other",
}


class Rules(NamedTuple):
    """The rules that the two checkers name for one line."""

    mypy: frozenset[str]
    pyright: frozenset[str]


def by_line(reported: list[tuple[int, str]]) -> dict[int, frozenset[str]]:
    lines: dict[int, set[str]] = {}
    for line, rule in reported:
        lines.setdefault(line, set()).add(rule)
    return {line: frozenset(rules) for line, rules in lines.items()}


def run(command: list[str], cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=cwd, capture_output=True, text=True, check=False
    )
    # 0: nothing found; 1: something found; anything else: the checker itself failed.
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def mypy() -> dict[str, dict[int, frozenset[str]]]:
    """What mypy finds in the two files, with the repository's own settings."""
    files = [str(path.relative_to(ROOT)) for path in (USER_CODE, MISTAKES)]
    found: dict[str, list[tuple[int, str]]] = {path.name: [] for path in (USER_CODE, MISTAKES)}
    for text in run(["mypy", "--strict", "--output=json", *files], ROOT).splitlines():
        if not text.startswith("{"):
            continue
        error = json.loads(text)
        name = Path(error["file"]).name
        if error["severity"] == "error" and name in found:
            found[name].append((error["line"], error["code"]))
    return {name: by_line(reported) for name, reported in found.items()}


@pytest.fixture(scope="module")
def pyright(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[int, frozenset[str]]]:
    """What pyright finds in the two files, as a user who has the package installed sees them.

    The repository's settings leave the mistakes out, even when they are named: so copies, with the
    same settings but for the places.
    """
    folder = tmp_path_factory.mktemp("pyright")
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    own: dict[str, Any] = settings["tool"]["pyright"]
    config = {**own, "include": ["."], "exclude": [], "extraPaths": [str(ROOT)]}
    (folder / "pyrightconfig.json").write_text(json.dumps(config), encoding="utf-8")
    for path in (USER_CODE, MISTAKES):
        shutil.copy(path, folder)
    # Without --pythonpath it looks for the dependencies where the first python of PATH has them.
    command = ["pyright", "--outputjson", "-p", str(folder), "--pythonpath", sys.executable]
    answer = json.loads(run(command, folder))
    assert answer["summary"]["filesAnalyzed"] == 2
    found: dict[str, list[tuple[int, str]]] = {path.name: [] for path in (USER_CODE, MISTAKES)}
    for error in answer["generalDiagnostics"]:
        if error["severity"] != "information":
            place = error["range"]["start"]["line"] + 1
            found[Path(error["file"]).name].append((place, error.get("rule", "syntax")))
    return {name: by_line(reported) for name, reported in found.items()}


def test_user_code_has_no_error(
    mypy: dict[str, dict[int, frozenset[str]]], pyright: dict[str, dict[int, frozenset[str]]]
) -> None:
    assert mypy[USER_CODE.name] == {}
    assert pyright[USER_CODE.name] == {}


def test_user_code_is_checked_strictly_by_pyright_too() -> None:
    assert USER_CODE.read_text(encoding="utf-8").startswith("# pyright: strict\n")


def test_user_code_calls_every_operation() -> None:
    called = set()
    for node in ast.walk(ast.parse(USER_CODE.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            resource = node.func.value
            if isinstance(resource, ast.Attribute):
                called.add(f"{resource.attr}.{node.func.attr}")
    assert OPERATIONS.keys() - called == set()
    assert len(OPERATIONS) == 42


def marks() -> dict[int, Rules]:
    marked = {}
    for place, line in enumerate(MISTAKES.read_text(encoding="utf-8").splitlines(), 1):
        if "ERROR:" in line:
            mark = MARK.search(line)
            assert mark, f"line {place}: this mark can't be read"
            sets = (mark["mypy"], mark["pyright"])
            named = (frozenset() if text == "-" else frozenset(text.split(",")) for text in sets)
            marked[place] = Rules(*named)
    return marked


def test_every_mistake_is_refused_where_it_is_made_and_nothing_else_is(
    mypy: dict[str, dict[int, frozenset[str]]], pyright: dict[str, dict[int, frozenset[str]]]
) -> None:
    expected = marks()
    nothing: frozenset[str] = frozenset()
    found = {
        place: Rules(
            mypy[MISTAKES.name].get(place, nothing), pyright[MISTAKES.name].get(place, nothing)
        )
        for place in mypy[MISTAKES.name].keys() | pyright[MISTAKES.name].keys()
    }
    lines = MISTAKES.read_text(encoding="utf-8").splitlines()
    different = [
        f"line {place}: {lines[place - 1].strip()}\n"
        f"  expected {expected.get(place)}\n  found    {found.get(place)}"
        for place in sorted(expected.keys() | found.keys())
        if expected.get(place, Rules(nothing, nothing)) != found.get(place, Rules(nothing, nothing))
    ]
    assert not different, "\n".join(["", *different])


def test_there_are_enough_mistakes_and_both_checkers_see_all_but_a_few() -> None:
    lines = MISTAKES.read_text(encoding="utf-8").splitlines()
    one_sided = {
        MARK.sub("", lines[place - 1]).strip()
        for place, rules in marks().items()
        if not rules.mypy or not rules.pyright
    }
    assert one_sided == set(ONE_SIDED)
    assert len(marks()) >= 25
