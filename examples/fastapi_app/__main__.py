"""Runs the application on the address of BILLING_BIND."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn

from hoopai_invoices.web import PrivateCallback

# The folder is no installed package.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from fastapi_app.main import make_app
from fastapi_app.settings import Settings

if __name__ == "__main__":
    settings = Settings.from_env()
    # When requests and lifespan have ended, uvicorn raises the signal once more: that is a good end.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    address = urlsplit(f"//{settings.bind}")
    app = PrivateCallback(make_app(settings))  # codes stay out of logs and traces
    uvicorn.run(app, host=address.hostname or "", port=address.port or 8000)
