"""A campaign of faults and killed processes against keyed writes: `make campaign`."""

import sys
from pathlib import Path

# The suite's own modules stand one folder up, also for `python -m tests.campaign`.
_TESTS = str(Path(__file__).parent.parent)
if _TESTS not in sys.path:
    sys.path.append(_TESTS)
