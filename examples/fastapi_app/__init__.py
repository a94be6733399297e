"""A billing back end for many tenants, on FastAPI. Against the sandbox:

    python -m hoopai_invoices.sandbox                     # prints what to export
    export HOOPAI_BASE_URL=… HOOPAI_CLIENT_ID=… HOOPAI_CLIENT_SECRET=… BILLING_SECRET=$(openssl rand -hex 32)
    python examples/fastapi_app                           # http://127.0.0.1:8000/docs

Open /oauth/install: whoever consents there is logged in as that location. Then POST /invoices with
an Idempotency-Key. Send it again, stop the server at any time and send it again: one invoice.
`main.py` is the application, `settings.py` its environment, `sessions.py` stands in for a log-in.
"""
