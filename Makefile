# Two commands for a newcomer: `make demo` and `make test`. Both set up what they need.
# Needs git, make and Python ≥ 3.11; everything else is installed into .venv and node_modules.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
  command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
  && echo $$p && break; done)
BIN := .venv/bin
export PATH := $(CURDIR)/.venv/node/bin:$(PATH)

.PHONY: help demo test test-long lint build bench clean setup

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: .venv/demo.stamp build  ## the service, synthetic callers and the demo meeting
	@$(BIN)/callvitals demo $(ARGS)

test: setup build  ## everything that is proved in ten minutes
	@$(BIN)/python scripts/test.py $(ARGS)

test-long: setup build  ## the long profiles too
	@$(BIN)/python scripts/test.py --long $(ARGS)

lint: setup  ## ruff, mypy, tsc, biome
	@$(BIN)/python scripts/test.py --only lint

bench: setup build  ## figures, beside named references in the same run
	@$(BIN)/python -m tests.bench

build: .venv/demo.stamp  ## the browser files, when their sources changed
	@$(BIN)/python hatch_build.py

# Node and its packages come first: the package's own build then finds them.
setup: | .venv/bin/python
	@$(BIN)/python scripts/setup.py
	@$(MAKE) --no-print-directory .venv/dev.stamp

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Error: no Python >= 3.11 found. Try: make PYTHON=/path/to/python3.12 demo"; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "Error: this Python cannot make virtual environments. Try: apt-get install python3-venv"; exit 1; }

.venv/demo.stamp: pyproject.toml hatch_build.py | .venv/bin/python
	@echo "Installing callvitals with its demo into .venv (once, about a minute)"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -e ".[demo]"
	@touch $@

.venv/dev.stamp: pyproject.toml .venv/demo.stamp
	@echo "Installing what the tests need into .venv"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -e ".[dev]"
	@touch $@

clean:  ## all that was made
	rm -rf .venv node_modules backend/callvitals_server/static tests/out
