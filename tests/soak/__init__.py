"""A campaign of hostile replies, redirects and ids against the client: `make soak`."""

import sys
from pathlib import Path

# The suite's own modules stand one folder up, also for `python -m tests.soak`.
_TESTS = str(Path(__file__).parent.parent)
if _TESTS not in sys.path:
    sys.path.append(_TESTS)
