"""Post hook: writes what the templates can't into the generated package.

The catalogue (the facts of every operation), the copy of the document that an installed package
carries, and the tidying of what the generator always writes and this package doesn't use.
Runs in the output folder; HOOPAI_DOCUMENT names the document.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from document import Document, load

HEADER = '''"""The facts of every operation, as the document states them. Generated: do not edit."""

from __future__ import annotations

from typing import Final

from .._protocol import Operation, Paging, Parameter

'''


def parameter(facts: dict[str, Any]) -> str:
    given = [f"{facts['name']!r}", f"{facts['key']!r}", f"{facts['type']!r}"]
    given += [f"{key}={facts[key]!r}" for key in ("required", "bounds") if facts[key]]
    given += [f"choices={tuple(facts['choices'])!r}"] if facts["choices"] else []
    return f"Parameter({', '.join(given)})"


def operation(facts: dict[str, Any]) -> str:
    given = [
        f"name={facts['name']!r}",
        f"method={facts['http']!r}",
        f"path={facts['path']!r}",
        f"retry={facts['retry']!r}",
        f"access={tuple(facts['access'])!r}",
        f"scopes={tuple(facts['scopes'])!r}",
        f"located={facts['located']!r}",
    ]
    if facts["reserved"]:
        given.append(f"ids={tuple(facts['ids'])!r}")
        sets = ", ".join(f"frozenset({words!r})" for words in facts["reserved"])
        given.append(f"reserved=({sets},)")
    if facts["query"] or facts["paging"]:
        listed = [parameter(p) for p in facts["query"]]
        if facts["paging"]:
            listed += [
                f"Parameter({key!r}, {key!r}, 'str', required=True)" for key in ("limit", "offset")
            ]
        given.append(f"query=({', '.join(listed)},)")
    given += [f"{key}={facts[key]!r}" for key in ("body", "answer") if facts[key]]
    if facts["paging"]:
        given.append(
            f"paging=Paging(items={facts['paging']['items']!r}, total={facts['paging']['total']!r})"
        )
    return f"    {facts['name']!r}: Operation({', '.join(given)}),\n"


def main() -> None:
    here = Path.cwd()
    document = Document(load(Path(os.environ["HOOPAI_DOCUMENT"])))
    rows = "".join(operation(facts) for facts in document.operations.values())
    text = f"{HEADER}OPERATIONS: Final[dict[str, Operation]] = {{\n{rows}}}\n"
    (here / "catalogue.py").write_text(text, encoding="utf-8")
    copied = json.dumps(document.source, ensure_ascii=False, indent=1)
    (here / "openapi.json").write_text(copied + "\n", encoding="utf-8")

    # One module per resource instead of a package of one stub per endpoint.
    for tag in sorted({facts["resource"] for facts in document.operations.values()}):
        (here / "api" / tag / "__init__.py").replace(here / "api" / f"{tag}.py")
        shutil.rmtree(here / "api" / tag)
    for unused in ("types.py", "errors.py"):
        (here / unused).unlink()


if __name__ == "__main__":
    main()
