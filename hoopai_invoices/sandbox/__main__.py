"""`python -m hoopai_invoices.sandbox`: the sandbox on a port of this machine."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
from collections.abc import Sequence

from .box import Sandbox


async def _run(host: str, port: int) -> None:
    async with Sandbox() as box:
        url = await box.serve(port=port, host=host)
        print(
            f"""HOOPAI_BASE_URL={url}
HOOPAI_TOKEN={box.token}
HOOPAI_LOCATION_ID={box.location_id}

To accept a sent estimate as its customer would (decline works alike):
  curl -X POST {url}/_sandbox/customer/accept -d '{{"estimateId": "<id>"}}'

Ctrl-C stops the sandbox and forgets everything.""",
            flush=True,
        )
        stopped = asyncio.Event()
        # Also where a shell started this in the background, with the signal ignored.
        with contextlib.suppress(NotImplementedError):  # on Windows Ctrl-C is a KeyboardInterrupt
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        await stopped.wait()


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m hoopai_invoices.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--port", type=int, default=8765, help="0 takes a free one")
    options = parser.parse_args(arguments)
    try:
        asyncio.run(_run(options.host, options.port))
    except KeyboardInterrupt:
        return 0
    except (ValueError, OSError) as exc:
        parser.error(str(exc))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
