"""Counts the handwritten core and fails when it outgrows its budget: `make check`.

The core is what an import of the package can reach without an extra: the generated package and
the extras don't count. An afternoon's reading is about 4,000 lines.
"""

from __future__ import annotations

import sys
from pathlib import Path

BUDGET = 4000
APART = {
    *("_generated", "batch", "ledger", "sandbox", "temporal", "web", "webhooks"),
    *("cli.py", "pytest_plugin.py"),
}


def main() -> int:
    root = Path(__file__).resolve().parent.parent / "hoopai_invoices"
    lines = {
        path.relative_to(root): len(path.read_text(encoding="utf-8").splitlines())
        for path in root.rglob("*.py")
        if not APART & set(path.relative_to(root).parts)
    }
    total = sum(lines.values())
    print(f"handwritten core: {total} lines in {len(lines)} modules, of at most {BUDGET}")
    return 1 if total > BUDGET else 0


if __name__ == "__main__":
    sys.exit(main())
