# make        sets everything up and builds the core of the digits CNN
# make test   sets up what the tests need, then runs ruff, mypy and pytest
# Nothing outside this folder is written; no apt is needed (Python >= 3.11 with venv, g++, make, perl).

PYTHON ?= python3
MODEL  ?= models/digits_cnn.npz
JOBS   ?= 2
PYTEST_FLAGS ?=

VENV := .venv
PY   := $(VENV)/bin/python
PIP  := $(PY) -m pip --disable-pip-version-check install --quiet

.DEFAULT_GOAL := core
.PHONY: core setup lint types pytest test test-train clean help

core: setup ## build the core of $(MODEL) into rtl_out/ and print its table (default)
	$(PY) -m hwgen build $(MODEL)

setup: $(VENV)/.core ## create .venv with what `build`, `infer` and `show` need

lint: $(VENV)/.test ## ruff
	$(PY) -m ruff check .

types: $(VENV)/.test ## mypy --strict
	$(PY) -m mypy

pytest: $(VENV)/.test ## the tests, on $(JOBS) processes
	$(PY) -m pytest -n $(JOBS) --dist worksteal $(PYTEST_FLAGS)

test: ## ruff, mypy and all tests, after installing what they need
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory types
	@$(MAKE) --no-print-directory pytest

test-train: $(VENV)/.train ## the tests that train; PyTorch is kept out of `make test`
	$(PY) -m pytest tests/compress/train tests/compress/steps $(PYTEST_FLAGS)

clean: ## remove the built cores and caches; .venv stays
	find rtl_out -mindepth 1 -maxdepth 1 ! -name README.md -exec rm -rf {} +
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "hwgen needs Python 3.11 or newer: make PYTHON=/path/to/python3.11" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

# One stamp per set of packages: a second run installs nothing unless pyproject.toml changed.
$(VENV)/.core: pyproject.toml | $(PY)
	$(PIP) -e .
	@touch $@

$(VENV)/.test: pyproject.toml $(VENV)/.core | $(PY)
	$(PIP) -e '.[sim,synth,import,compress,bench,dev]'
	@touch $@

$(VENV)/.train: pyproject.toml $(VENV)/.test | $(PY)
	$(PIP) -e '.[train]'
	@touch $@
