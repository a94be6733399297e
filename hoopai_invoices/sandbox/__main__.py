"""`python -m hoopai_invoices.sandbox`: the sandbox on a port of this machine."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from .box import Sandbox
from .seed import sandbox_of


async def _run(box: Sandbox, host: str, port: int) -> None:
    async with box:
        url = await box.serve(port=port, host=host)
        print(
            f"""HOOPAI_BASE_URL={url}
HOOPAI_TOKEN={box.token}
HOOPAI_LOCATION_ID={box.location_id}
HOOPAI_CLIENT_ID={box.oauth.client_id}
HOOPAI_CLIENT_SECRET={box.oauth.client_secret}

To accept a sent estimate as its customer would:
  curl -X POST {url}/_sandbox/customer/accept -d '{{"estimateId": "<id>"}}'
All that can be done this way: {url}/_sandbox/

Ctrl-C stops the sandbox and forgets everything.""",
            flush=True,
        )
        stopped = asyncio.Event()
        # Also where a shell started this in the background, with the signal ignored.
        with contextlib.suppress(NotImplementedError):  # on Windows Ctrl-C is a KeyboardInterrupt
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        await stopped.wait()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m hoopai_invoices.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--port", type=int, default=8765, help="0 takes a free one")
    parser.add_argument(
        "--seed-file",
        type=Path,
        metavar="FILE",
        help="what is there from the start, as .json or .toml",
    )
    parser.add_argument("--seed", type=int, metavar="N", help="makes every id repeatable")
    parser.add_argument(
        "--still",
        action="store_true",
        help="let the clock stand still; it moves by POST /_sandbox/clock/advance",
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted; returns the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        if options.seed_file is None:
            box = Sandbox(seed=options.seed, now=datetime.now(UTC) if options.still else None)
        else:
            box = sandbox_of(options.seed_file, seed=options.seed, still=options.still)
        asyncio.run(_run(box, options.host, options.port))
    except KeyboardInterrupt:
        return 0
    except (ValueError, OSError) as exc:
        parser.error(str(exc))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
