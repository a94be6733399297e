# Everything a newcomer needs, with nothing but Python 3.11 and make.
# Each target sets up its own virtual environment in .venv at first use.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
SHELL  := /bin/sh
ARGS   ?=

.DEFAULT_GOAL := help
.PHONY: help demo test check check-style check-mypy check-pyright generate check-generated format bench limits minting refreshes campaign contract soak clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; try: make PYTHON=python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'

# Stamps: an environment is made again only when what it depends on has changed.
$(VENV)/demo.stamp: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet -e '.[sandbox]'
	@touch $@

$(VENV)/test.stamp: $(VENV)/demo.stamp
	$(BIN)/python -m pip install --quiet --group generate --group test
	@touch $@

$(VENV)/check.stamp: $(VENV)/test.stamp
	$(BIN)/python -m pip install --quiet --group check
	@touch $@

demo: $(VENV)/demo.stamp ## Run the main job: an estimate becomes an invoice and is paid
	$(BIN)/python -m examples.estimate_to_paid

test: $(VENV)/check.stamp ## Run the tests
	$(BIN)/python -m pytest -n auto --dist loadfile $(ARGS)

check: $(VENV)/check.stamp ## Format, lint, types, document, drift, line budget
	@$(MAKE) --no-print-directory -j2 check-pyright check-mypy check-generated check-style

check-style: $(VENV)/check.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/openapi-spec-validator openapi/openapi.yaml
	$(BIN)/python scripts/line_budget.py

check-mypy: $(VENV)/check.stamp
	$(BIN)/mypy

check-pyright: $(VENV)/check.stamp
	$(BIN)/pyright --pythonpath $(BIN)/python

generate: $(VENV)/test.stamp ## Regenerate the package from the document
	$(BIN)/python openapi/generator/generate.py

check-generated: $(VENV)/test.stamp ## Fail when the package isn't what the document generates
	$(BIN)/python openapi/generator/generate.py --check

format: $(VENV)/check.stamp ## Format and fix
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/test.stamp ## Measure reading, writing and import beside their references, and the sandbox
	$(BIN)/python -m benchmarks.models
	$(BIN)/python -m benchmarks.sandbox_cost

limits: $(VENV)/test.stamp ## Measure the client's limits against a strict server: some two minutes
	$(BIN)/python -m benchmarks.limits $(ARGS)

minting: $(VENV)/test.stamp ## Mint tokens for 10,000 locations in virtual time, under both readings of the limit
	$(BIN)/python -m benchmarks.minting $(ARGS)

refreshes: $(VENV)/test.stamp ## 1,000 tasks in each of 4 processes meet the end of a token, on each store: some minutes
	$(BIN)/python -m tests.refreshing $(ARGS)

campaign: $(VENV)/test.stamp ## 100,000 keyed flows under faults, their workers killed at random: some thirty minutes
	$(BIN)/python -m tests.campaign $(ARGS)

contract: $(VENV)/check.stamp ## Hold the sandbox against the document at length: some twenty minutes
	SCHEMATHESIS_CAMPAIGN=1 $(BIN)/python -m pytest -n auto tests/sandbox/test_schemathesis.py $(ARGS)

soak: $(VENV)/test.stamp ## Answer the client with 100,000 hostile replies, send a million amounts out and back: some ten minutes
	$(BIN)/python -m tests.soak $(ARGS)

clean: ## Remove the environment and caches
	rm -rf .venv .venv-* .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
