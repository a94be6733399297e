"""Counts the handwritten core and fails when it outgrows its budget: `make check`.

The core is what an import of the package can reach without an extra: the generated package and the
extras don't count. Lines of code are counted, without blank lines, comments and docstrings: those
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
    *("cli.py", "pytest_plugin.py", "shared_limit.py"),
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
    sources = [
        path.read_text(encoding="utf-8")
        for path in root.rglob("*.py")
        if not APART & set(path.relative_to(root).parts)
    ]
    code = sum(code_lines(source) for source in sources)
    whole = sum(len(source.splitlines()) for source in sources)
    print(
        f"handwritten core: {code:,} lines of code in {len(sources)} modules, of at most {BUDGET:,};"
        f" {whole:,} with docstrings, comments and blank lines"
    )
    return 1 if code > BUDGET else 0


if __name__ == "__main__":
    sys.exit(main())
