"""The pytest fixtures, as they behave in other people's suites: each run is a pytest of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import hoopai_invoices

PACKAGE = Path(hoopai_invoices.__file__).parent
ALL = "passed|failed|errors?|skipped|warnings?|deselected"


@dataclass
class Outcome:
    """What a run printed, and what came of its tests."""

    text: str
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def section(self) -> list[str]:
        """The lines of the last section about the sandbox."""
        found = re.findall(r"^-+ HoopAI sandbox -+\n((?:[^_=].*\n)*)", self.text, re.MULTILINE)
        return found[-1].splitlines() if found else []


class Suite:
    """Somebody's folder of tests, where warnings are errors and unknown markers too."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        settings = (
            "[pytest]\nfilterwarnings = error\naddopts = --strict-markers -p no:cacheprovider\n"
        )
        (folder / "pytest.ini").write_text(settings)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(textwrap.dedent(text))

    def run(
        self, text: str, *arguments: str, with_all: bool = False, **environment: str
    ) -> Outcome:
        """Run a test file; `with_all` the plugins that are installed here, or with ours alone."""
        self.write("test_it.py", text)
        if not with_all:
            environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
            arguments = ("-p", "hoopai-invoices", *arguments)
        done = subprocess.run(
            [sys.executable, "-W", "error", "-m", "pytest", *arguments],
            cwd=self.folder,
            env={**os.environ, "COLUMNS": "100", **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.stderr == ""
        last = done.stdout.splitlines()[-1]
        counts = {kind: int(n) for n, kind in re.findall(rf"(\d+) ({ALL})\b", last)}
        return Outcome(done.stdout, counts)


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    return Suite(tmp_path)


CREATE = """
from datetime import date

from hoopai_invoices import LocationDefaults
from hoopai_invoices.models import BusinessDetails, ContactDetails, InvoiceItem

async def create(client):
    return await client.invoices.create(
        name="Coaching",
        contact_details=ContactDetails(id="c1", name="Alex"),
        business_details=BusinessDetails(name="Example LLC"),
        items=[InvoiceItem(name="One hour", currency="USD", amount=150, qty=2)],
        currency="USD",
        live_mode=False,
        issue_date=date.today(),
    )
"""


# --- The fixtures ----------------------------------------------------------------------------


def test_a_plain_test_runs_its_own_loop(suite: Suite) -> None:
    suite.write("support.py", CREATE)
    outcome = suite.run(
        """
        import asyncio
        from support import create

        def test_one(hoopai_sandbox, hoopai_client):
            invoice = asyncio.run(create(hoopai_client))
            assert invoice.total == 300
            assert [one.id for one in hoopai_sandbox.created("invoice")] == [invoice.id]

        def test_another_has_a_sandbox_of_its_own(hoopai_sandbox):
            assert hoopai_sandbox.created("invoice") == []
        """,
        with_all=True,
    )
    assert outcome.counts == {"passed": 2}


def test_an_anyio_test_is_served_too(suite: Suite) -> None:
    suite.write("support.py", CREATE)
    outcome = suite.run(
        """
        import pytest
        from support import create

        @pytest.fixture
        def anyio_backend():
            return "asyncio"

        @pytest.mark.anyio
        async def test_one(hoopai_sandbox, hoopai_client):
            async with hoopai_client:
                await create(hoopai_client)
            assert hoopai_sandbox.calls == ["invoices.create"]

        @pytest.mark.anyio
        async def test_another(hoopai_client):
            assert (await create(hoopai_client)).status == "draft"
        """,
        "-p",
        "anyio",
    )
    assert outcome.counts == {"passed": 2}


def test_the_client_waits_for_nothing(suite: Suite) -> None:
    # Silence for longer than the client's timeout, and a request a second for an hour.
    outcome = suite.run(
        """
        import asyncio, time
        import pytest
        from hoopai_invoices.errors import APITimeoutError

        def test_one(hoopai_sandbox, hoopai_client):
            hoopai_sandbox.faults.drop("invoices.list", hang=True)
            before, began = time.monotonic(), hoopai_sandbox.clock.now()
            with pytest.raises(APITimeoutError, match="no answer within 30 s"):
                asyncio.run(hoopai_client.invoices.list().first())
            assert (hoopai_sandbox.clock.now() - began).total_seconds() >= 30
            assert time.monotonic() - before < 20
        """
    )
    assert outcome.counts == {"passed": 1}


def test_no_socket_is_opened(suite: Suite) -> None:
    suite.write("support.py", CREATE)
    outcome = suite.run(
        """
        import asyncio, sys
        from support import create

        touched = []
        sys.addaudithook(
            lambda event, arguments: touched.append(event)
            if event in ("socket.connect", "socket.bind", "socket.getaddrinfo") else None
        )

        def test_one(hoopai_client):
            asyncio.run(create(hoopai_client))
            assert touched == []
        """
    )
    assert outcome.counts == {"passed": 1}


def test_a_served_sandbox_is_closed_by_its_test(suite: Suite) -> None:
    outcome = suite.run(
        """
        import asyncio
        from hoopai_invoices import InvoicesClient

        def test_one(hoopai_sandbox):
            async def main():
                async with hoopai_sandbox as box:
                    url = await box.serve()
                    async with InvoicesClient(
                        token=box.token, location_id=box.location_id, base_url=url
                    ) as client:
                        assert await client.invoices.list().first() is None

            asyncio.run(main())
        """
    )
    assert outcome.counts == {"passed": 1}


# --- Settings --------------------------------------------------------------------------------


def test_the_marker_gives_the_sandbox_its_keywords(suite: Suite) -> None:
    outcome = suite.run(
        """
        from datetime import UTC, datetime
        import pytest
        from hoopai_invoices.sandbox import Choices

        START = datetime(2026, 3, 2, 15, tzinfo=UTC)
        pytestmark = pytest.mark.hoopai_sandbox(now=START, seed=1)
        seen = []

        def test_the_module_s(hoopai_sandbox):
            assert hoopai_sandbox.clock.now() == START
            seen.append(hoopai_sandbox.token)

        def test_repeats_under_its_seed(hoopai_sandbox):
            assert [hoopai_sandbox.token] == seen

        @pytest.mark.hoopai_sandbox(seed=2, limits=None, choices=Choices(search_numbers=True))
        def test_the_nearest_wins(hoopai_sandbox):
            assert hoopai_sandbox.clock.now() == START
            assert hoopai_sandbox.token not in seen
        """
    )
    assert outcome.counts == {"passed": 3}


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        (
            "hoopai_sandbox(limit=None)",
            "pytest.mark.hoopai_sandbox has no keyword 'limit'; did you mean 'limits'?"
            " It takes now, seed, limits, choices",
        ),
        ("hoopai_sandbox(xyzzy=1)", "has no keyword 'xyzzy'; It takes now, seed"),
        ("hoopai_sandbox(7)", "pytest.mark.hoopai_sandbox takes keywords only"),
    ],
)
def test_a_wrong_marker_says_what_is_wrong(suite: Suite, marker: str, said: str) -> None:
    outcome = suite.run(
        f"""
        import pytest

        @pytest.mark.{marker}
        def test_one(hoopai_sandbox):
            raise AssertionError("it must not come to this")
        """
    )
    assert outcome.counts == {"error": 1}
    assert said in outcome.text
    assert "pytest_plugin.py" not in outcome.text  # no traceback of ours


def test_the_marker_is_known_and_explained(suite: Suite) -> None:
    assert "@pytest.mark.hoopai_sandbox(now=…" in suite.run("", "--markers").text


def test_the_client_s_keywords_come_from_a_fixture(suite: Suite) -> None:
    suite.write(
        "conftest.py",
        """
        import pytest
        from hoopai_invoices import LocationDefaults

        @pytest.fixture
        def hoopai_client_options(hoopai_sandbox):
            other = hoopai_sandbox.add_location().id
            return {"location_id": other, "token": hoopai_sandbox.add_token(locations=[other])}
        """,
    )
    outcome = suite.run(
        """
        import asyncio

        def test_one(hoopai_sandbox, hoopai_client):
            asyncio.run(hoopai_client.invoices.list().first())
            [arrival] = hoopai_sandbox.arrivals
            assert arrival.status == 200
            assert arrival.location_id == hoopai_client.location_id != hoopai_sandbox.location_id
        """
    )
    assert outcome.counts == {"passed": 1}


# --- What a failing test shows ---------------------------------------------------------------


FAILING = """
import asyncio
import pytest
from support import create

@pytest.mark.hoopai_sandbox(seed=1)
def test_one(hoopai_sandbox, hoopai_client):
    hoopai_sandbox.faults.lose_answer("invoices.create")
    hoopai_sandbox.faults.drop("invoices.get")

    async def main():
        for send in (create(hoopai_client), hoopai_client.invoices.get("1")):
            with pytest.raises(Exception):
                await send
        await hoopai_client.invoices.list().first()

    asyncio.run(main())
    print("made", hoopai_sandbox.created("invoice")[0].id)
    assert hoopai_sandbox.created("invoice") == []
"""


@pytest.mark.parametrize("arguments", [(), ("-p", "xdist", "-n", "1")], ids=["here", "in a worker"])
def test_a_failing_test_shows_what_arrived(suite: Suite, arguments: tuple[str, ...]) -> None:
    suite.write("support.py", CREATE)
    outcome = suite.run(FAILING, *arguments)

    assert outcome.counts == {"failed": 1}
    made = re.findall(r"^made (\w+)$", outcome.text, re.MULTILINE)[0]
    assert [line.split() for line in outcome.section] == [
        ["#", "operation", "status", "fault", "made"],
        ["1", "invoices.create", "201", "lose_answer", "invoice", made],
        ["2", "invoices.get", "-", "drop", "-"],
        ["3", "invoices.get", "404", "-", "-"],  # a read is tried again
        ["4", "invoices.list", "200", "-", "-"],
    ]
    assert len({line.index(word) for line, word in zip(outcome.section, COLUMN, strict=True)}) == 1


COLUMN = ("status", "201", "-", "404", "200")


def test_a_test_that_sent_nothing_says_so(suite: Suite) -> None:
    outcome = suite.run("def test_one(hoopai_sandbox): assert not hoopai_sandbox")

    assert outcome.section == ["Nothing arrived."]


def test_a_long_story_shows_its_end(suite: Suite) -> None:
    outcome = suite.run(
        """
        import asyncio
        import pytest

        @pytest.mark.hoopai_sandbox(limits=None)
        def test_one(hoopai_client):
            async def main():
                for _ in range(103):
                    await hoopai_client.invoices.list().first()
            asyncio.run(main())
            assert False
        """
    )
    assert outcome.section[1] == "(3 earlier ones are left out)"
    assert [line.split()[0] for line in outcome.section[2:]] == [str(n) for n in range(4, 104)]


def test_a_failure_before_or_after_the_test_shows_it_too(suite: Suite) -> None:
    text = """
        import asyncio
        import pytest

        @pytest.fixture
        def unlucky(hoopai_client):
            asyncio.run(hoopai_client.invoices.list().first())
            {}

        def test_one(unlucky):
            pass
        """
    before = suite.run(text.format("assert False"))
    after = suite.run(text.format("yield; assert False"))

    for outcome, counts in ((before, {"error": 1}), (after, {"passed": 1, "error": 1})):
        assert outcome.counts == counts
        assert [line.split()[:2] for line in outcome.section[1:]] == [["1", "invoices.list"]]


def test_other_tests_show_nothing(suite: Suite) -> None:
    outcome = suite.run(
        """
        import asyncio

        def test_passes(hoopai_client):
            asyncio.run(hoopai_client.invoices.list().first())

        def test_fails():
            assert False
        """,
        "-rA",
    )
    assert outcome.counts == {"passed": 1, "failed": 1}
    assert "HoopAI sandbox" not in outcome.text


def test_no_sandbox_outlives_its_test(suite: Suite) -> None:
    outcome = suite.run(
        """
        import gc, weakref
        boxes = []

        def test_one(hoopai_sandbox):
            boxes.append(weakref.ref(hoopai_sandbox))

        def test_another():
            gc.collect()
            assert boxes[0]() is None
        """
    )
    assert outcome.counts == {"passed": 2}


# --- Suites that don't use it ----------------------------------------------------------------


def test_a_suite_that_does_not_use_it_loads_nothing_of_it(suite: Suite) -> None:
    outcome = suite.run(
        """
        import sys

        def test_one():
            ours = {name for name in sys.modules if name.startswith("hoopai_invoices")}
            assert ours == {"hoopai_invoices", "hoopai_invoices.pytest_plugin"}
            assert not {"httpx", "attrs", "msgspec", "jsonschema_rs", "uvicorn"} & {*sys.modules}
        """,
    )
    assert outcome.counts == {"passed": 1}


def test_without_the_extra_the_fixture_says_what_to_install(suite: Suite) -> None:
    # As in an environment that has the base package alone.
    suite.write("conftest.py", 'import sys\nsys.modules["jsonschema_rs"] = None\n')
    outcome = suite.run("def test_fine(): pass\ndef test_one(hoopai_client): pass")

    assert outcome.counts == {"passed": 1, "error": 1}
    assert "the sandbox is an extra: pip install 'hoopai-invoices[sandbox]'" in outcome.text


def test_it_can_be_left_out(suite: Suite) -> None:
    outcome = suite.run(
        "def test_one(hoopai_sandbox): pass", "-p", "no:hoopai-invoices", with_all=True
    )

    assert outcome.counts == {"error": 1}
    assert "fixture 'hoopai_sandbox' not found" in outcome.text


def test_the_package_may_be_imported_before_pytest(suite: Suite) -> None:
    # As after a real installation: pytest reads the list of files there, and would rewrite them.
    installed = suite.folder / "site"
    shutil.copytree(PACKAGE, installed / PACKAGE.name, ignore=shutil.ignore_patterns("*.pyc"))
    about = installed / "hoopai_invoices-0.1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: hoopai-invoices\nVersion: 0.1.0\n"
    )
    (about / "entry_points.txt").write_text(
        "[pytest11]\nhoopai-invoices = hoopai_invoices.pytest_plugin\n"
    )
    (about / "RECORD").write_text("hoopai_invoices/__init__.py,,\n")
    suite.write("sitecustomize.py", "import hoopai_invoices.models\n")
    outcome = suite.run(
        """
        from pathlib import Path
        import hoopai_invoices

        def test_one(hoopai_sandbox):
            assert Path(hoopai_invoices.__file__).parts[-3] == "site"
        """,
        with_all=True,
        PYTHONPATH=f"{suite.folder}{os.pathsep}{installed}",
    )
    assert outcome.counts == {"passed": 1}
