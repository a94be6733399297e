"""Counts the handwritten code and fails when the core outgrows its budget: `make check`.

The core is what carries a call. What stands on it, imports it and isn't imported by it but where a
user asks for it (pagers, safe edits, keyed writes, OAuth, flows, totals, dates) is counted beside it. The generated package and
the extras don't count. Lines of code are counted, without blank lines, comments and docstrings: those
are what makes an afternoon's reading of 4,000 lines possible.
"""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from pathlib import Path

BUDGET = 4000
APART = {
    *("_generated", "batch", "conformance", "ledger", "sandbox", "temporal", "web", "webhooks"),
    *(
        "checks.py",
        "cli.py",
        "pytest_plugin.py",
        "redis_store.py",
        "shared_limit.py",
        "sql_store.py",
    ),
}
ABOVE = {
    *("auth", "flows", "resources", "writes"),
    *("money.py", "pagination.py", "recurrence.py", "walk.py"),
}
_LAYOUT = {
    *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE),
    *(tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER),
}


def code_lines(source: str) -> int:
    """How many lines hold code."""
    lines = {
        line
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type not in _LAYOUT
        for line in range(token.start[0], token.end[0] + 1)
    }
    for node in ast.walk(ast.parse(source)):
        documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
            text = node.body[0]
            lines -= set(range(text.lineno, (text.end_lineno or text.lineno) + 1))
    return len(lines)


def main() -> int:
    root = Path(__file__).resolve().parent.parent / "hoopai_invoices"
    code, whole, modules = {"core": 0, "above": 0}, 0, 0
    for path in root.rglob("*.py"):
        parts = set(path.relative_to(root).parts)
        if APART & parts:
            continue
        source = path.read_text(encoding="utf-8")
        code["above" if ABOVE & parts else "core"] += code_lines(source)
        whole += len(source.splitlines())
        modules += 1
    print(
        f"handwritten core: {code['core']:,} lines of code, of at most {BUDGET:,}; what stands on it:"
        f" {code['above']:,}; {modules} modules, {whole:,} lines with docstrings, comments and blanks"
    )
    return 1 if code["core"] > BUDGET else 0


if __name__ == "__main__":
    sys.exit(main())
