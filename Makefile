# Every target sets up .venv from a hash-pinned lock; a machine needs only Python >= 3.11 and make.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
PYTHON := $(or $(PYTHON),python3)
UV := $(shell command -v uv 2>/dev/null)
BIN := .venv/bin
WORKERS ?= auto
export PYTHONDONTWRITEBYTECODE :=
# Byte code is written at installation: the first screening should not pay for it.
export UV_COMPILE_BYTECODE := 1

.DELETE_ON_ERROR:
.PHONY: demo test test-spark check bench lock docs clean

demo: .venv/runtime
	$(BIN)/paicha demo

test: .venv/dev
	$(BIN)/python -m pytest -n $(WORKERS) -m "not spark"
	@echo "tests on Apache Spark were left out: make test-spark (needs Java)"

test-spark: .venv/dev
	$(BIN)/python -m pytest -m spark

check: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m paicha.cli.reference --check docs

docs: .venv/dev
	$(BIN)/python -m paicha.cli.reference --write docs

bench: .venv/dev
	$(BIN)/python -m bench

.venv/python:
	@$(PYTHON) -c 'import sys; sys.exit("paicha needs Python >= 3.11 (found %d.%d): make PYTHON=python3.x" % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv$(if $(UV), || $(UV) venv -q --allow-existing --seed --python $(PYTHON) .venv)
	@touch $@

# Both locks hold the build backends, so nothing is fetched unpinned: --no-build-isolation. uv where it works, else pip.
PIP = $(BIN)/python -m pip install -q --disable-pip-version-check
UV_PIP = $(UV) pip install -q --python $(BIN)/python
define install
	$(if $(UV),$(UV_PIP) $(1) || )$(PIP) $(1)
endef

.venv/runtime: requirements.lock pyproject.toml | .venv/python
	$(call install,--require-hashes --no-build-isolation -r requirements.lock)
	$(call install,--no-deps --no-build-isolation -e .)
	@touch $@

# setuptools, which pyspark's source distribution builds with, is in the runtime lock: that one goes first.
.venv/dev: requirements-dev.lock .venv/runtime
	$(call install,--require-hashes --no-build-isolation -r requirements-dev.lock)
	$(call install,--no-deps --no-build-isolation -e .)
	@touch $@

LOCK = uv pip compile -q --no-config --universal --generate-hashes --no-header --no-emit-index-url --python-version 3.11 --group build
lock:
	$(LOCK) --all-extras --group dev -o requirements-dev.lock pyproject.toml
	$(LOCK) -c requirements-dev.lock -o requirements.lock pyproject.toml
	! grep -nE "://|file:|@ " requirements*.lock

clean:
	rm -rf .venv
