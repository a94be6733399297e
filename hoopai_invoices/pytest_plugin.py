"""The sandbox as pytest fixtures, there for every test wherever this package is installed.

- `hoopai_sandbox`: a `Sandbox` of the test's own. `@pytest.mark.hoopai_sandbox(seed=7, limits=None)`
  on a test, class or module gives it keywords.
- `hoopai_client`: its client, without a socket and without waiting. The fixture
  `hoopai_client_options`, written anew in a conftest.py, gives it keywords.

Both are plain fixtures: they serve `asyncio.run` in a plain test, anyio and pytest-asyncio alike.
A test that fails shows what really arrived at its sandbox.
"""

# Every pytest run of everybody who has the package imports this module: nothing of the sandbox or
# the client may be imported before a test asks for it.
from __future__ import annotations

import difflib
import inspect
from collections.abc import Generator, Iterable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pluggy import Result

    from hoopai_invoices import InvoicesClient
    from hoopai_invoices.sandbox import Arrival, Sandbox

__all__ = ["hoopai_client", "hoopai_client_options", "hoopai_sandbox"]

_MARKER = "hoopai_sandbox"
_SECTION = "HoopAI sandbox"
_MOST_SHOWN = 100

_sandbox_key = pytest.StashKey["Sandbox"]()


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, also under `--strict-markers`."""
    config.addinivalue_line(
        "markers",
        f"{_MARKER}(now=…, seed=…, limits=…, choices=…): keywords for the Sandbox of the"
        " hoopai_sandbox fixture.",
    )


@pytest.fixture
def hoopai_sandbox(request: pytest.FixtureRequest) -> Sandbox:
    """A stand-in for the invoicing service, with a state of this test's own."""
    from hoopai_invoices.sandbox import Sandbox  # without its extra this says what to install

    box = Sandbox(**_settings(request, list(inspect.signature(Sandbox).parameters)))
    request.node.stash[_sandbox_key] = box
    return box


@pytest.fixture
def hoopai_client_options() -> dict[str, Any]:
    """Keywords for `hoopai_client`, as `InvoicesClient` takes them. Override it to give some."""
    return {}


@pytest.fixture
def hoopai_client(hoopai_sandbox: Sandbox, hoopai_client_options: dict[str, Any]) -> InvoicesClient:
    """A client of `hoopai_sandbox`, in process. It holds no socket, so nothing has to close it."""
    return hoopai_sandbox.client(**hoopai_client_options)


@pytest.hookimpl(hookwrapper=True)  # the old spelling: it loads under older pytests too
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, Result[pytest.TestReport], None]:
    """Show what arrived, when the test failed."""
    outcome = yield
    report = outcome.get_result()
    box = item.stash.get(_sandbox_key, None)
    if box is not None:
        if report.failed:
            report.sections.append((_SECTION, _listed(box.arrivals)))
        if report.when == "teardown":
            del item.stash[_sandbox_key]  # pytest keeps the tests until its end


def _settings(request: pytest.FixtureRequest, known: list[str]) -> dict[str, Any]:
    """The keywords of all markers of a test; the nearest wins."""
    settings: dict[str, Any] = {}
    for marker in request.node.iter_markers(_MARKER):
        if marker.args:
            pytest.fail(f"pytest.mark.{_MARKER} takes keywords only", pytrace=False)
        for name, value in marker.kwargs.items():
            if name not in known:
                close = difflib.get_close_matches(name, known, n=1)
                meant = f"did you mean {close[0]!r}? " if close else ""
                text = f"pytest.mark.{_MARKER} has no keyword {name!r}; {meant}It takes"
                pytest.fail(f"{text} {', '.join(known)}.", pytrace=False)
            settings.setdefault(name, value)
    return settings


def _listed(arrivals: Iterable[Arrival]) -> str:
    """What arrived, one line for each, as a table."""
    rows = [("#", "operation", "status", "fault", "made")]
    rows += [
        (
            str(one.number),
            one.operation or f"{one.method} {one.path}",
            "-" if one.status is None else str(one.status),
            one.fault or "-",
            ", ".join(f"{kind} {record}" for kind, record in one.made) or "-",
        )
        for one in arrivals
    ]
    if len(rows) == 1:
        return "Nothing arrived."
    left_out = len(rows) - 1 - _MOST_SHOWN
    if left_out > 0:
        del rows[1 : 1 + left_out]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    if left_out > 0:
        lines.insert(1, f"({left_out} earlier ones are left out)")
    return "\n".join(lines)
