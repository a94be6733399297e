"""Generates hoopai_invoices/_generated from openapi/openapi.yaml: `make generate`.

    python openapi/generator/generate.py [--document FILE] [--output FOLDER] [--check]

`--check` generates beside the package and fails when the package differs by a byte.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from document import Document, DocumentError, load
from openapi_python_client.config import ConfigFile
from ruamel.yaml import YAML

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PACKAGE = ROOT / "hoopai_invoices" / "_generated"


def generate(source: Path, output: Path) -> None:
    """Generate the package of `source` into `output`, which is emptied first."""
    document = Document(load(source))
    config = ROOT / "generator-config.yaml"
    known = ConfigFile.model_fields
    if unknown := YAML(typ="safe", pure=True).load(config).keys() - known.keys():
        raise DocumentError(
            f"generator-config.yaml: unknown keys {sorted(unknown)}; the generator would ignore them"
        )
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch) / output.name
        prepared = Path(scratch) / "openapi.json"
        prepared.write_text(json.dumps(document.prepared()), encoding="utf-8")
        command = [
            sys.executable,
            "-m",
            "openapi_python_client",
            "generate",
            "--meta",
            "none",
            "--fail-on-warning",
        ]
        command += ["--path", str(prepared), "--config", str(config), "--output-path", str(made)]
        command += ["--custom-template-path", str(HERE / "templates")]
        bin_folder = str(Path(sys.executable).parent)
        environment = {
            **os.environ,
            "PATH": bin_folder + os.pathsep + os.environ.get("PATH", ""),
            "HOOPAI_DOCUMENT": str(source.resolve()),
            "HOOPAI_GENERATOR": str(HERE),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise DocumentError(f"the generator failed:\n{done.stdout}\n{done.stderr}")
        _complete(document, made)
        # Only what came out whole takes the place of what was there.
        shutil.rmtree(output, ignore_errors=True)
        output.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(made, output)


def _complete(document: Document, output: Path) -> None:
    """The generator drops what it can't parse, sometimes silently: compare what came out."""
    for name, facts in document.operations.items():
        module = (output / "api" / f"{facts['resource']}.py").read_text(encoding="utf-8")
        if f'OPERATIONS["{name}"]' not in module:
            raise DocumentError(f"{name}: the generator dropped this operation")
    listed = (output / "models" / "__init__.py").read_text(encoding="utf-8")
    for name in document.schemas:
        if f'"{name}"' not in listed:
            raise DocumentError(f"schema {name}: the generator dropped it")


def differences(expected: Path, actual: Path) -> Iterator[str]:
    """Where two generated packages differ, as unified diffs."""
    names = {
        p.relative_to(root) for root in (expected, actual) for p in root.rglob("*") if p.is_file()
    }
    for name in sorted(name for name in names if "__pycache__" not in name.parts):
        old, new = (
            (root / name).read_bytes() if (root / name).exists() else None
            for root in (actual, expected)
        )
        if old == new:
            continue
        # A line end of another kind is a difference too, and must be seen.
        before, after = ([] if text is None else _lines(text) for text in (old, new))
        found = difflib.unified_diff(before, after, f"committed/{name}", f"generated/{name}", n=1)
        yield from list(found) or [f"{name} is empty, and should not be there\n"]


def _lines(text: bytes) -> list[str]:
    return [line.replace("\r", "\\r") + "\n" for line in text.decode().split("\n")]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--document", type=Path, default=ROOT / "openapi" / "openapi.yaml")
    parser.add_argument("--output", type=Path, default=PACKAGE)
    parser.add_argument(
        "--check", action="store_true", help="fail when the output folder isn't what is generated"
    )
    options = parser.parse_args()
    try:
        if not options.check:
            generate(options.document, options.output)
            return 0
        with tempfile.TemporaryDirectory() as scratch:
            generate(options.document, Path(scratch) / "_generated")
            found = list(differences(Path(scratch) / "_generated", options.output))
    except DocumentError as error:
        print(f"GENERATION STOPS: {error}", file=sys.stderr)
        return 1
    sys.stdout.writelines(found[:200])
    if found:
        print(
            "The generated package is not what the document generates: run 'make generate'.",
            file=sys.stderr,
        )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
