# Everything starts from a plain python3 (3.11 or newer): `make demo`, `make test`.
PYTHON ?= python3
TOOLS  := .tools
VENV   := .venv
PEERS  := .venv-peers
UV     := $(TOOLS)/bin/uv
# A client that brings pandas, which costs each start a second, stays out.
CLIENTS := --no-extra databricks
RUN    := $(VENV)/bin
export UV_PROJECT_ENVIRONMENT := $(VENV)
export PYTHONUTF8 := 1
# Each command of the tests is a process of its own: without compiled modules each would spend seconds on compiling.
export UV_COMPILE_BYTECODE := 1
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help setup demo test check bench soak docs lock clean
help:
	@echo "make demo   set up, then run the main job on data it makes (folder: demo/)"
	@echo "make test   set up, then run the tests"
	@echo "make check  formatting, lint, types"
	@echo "make docs   write the generated pages of docs/ again"
	@echo "make soak   the crash and schedule tests with larger counts"
	@echo "make bench  speed and memory, as ratios against named peers (long)"
	@echo "make clean  remove what these made"

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 …"; exit 1; }
	@$(PYTHON) -m venv $(TOOLS) || { echo "python3 cannot make a virtual environment: install python3-venv (Debian) or set PYTHON"; exit 1; }
	@$(TOOLS)/bin/pip install --quiet --disable-pip-version-check 'uv>=0.9'

$(VENV)/.synced: $(UV) pyproject.toml uv.lock
	@$(UV) sync --quiet --frozen --all-extras $(CLIENTS) --group dev
	@touch $@

setup: $(VENV)/.synced
	@sh scripts/need-gnupg

demo: setup
	@$(RUN)/antechamber demo demo

test: setup
	@sh scripts/need-azurite
	@sh scripts/need-mariadb
	@sh scripts/need-chromium
	@sh scripts/need-node
	@sh scripts/need-checkov
	@sh scripts/need-java
	@$(RUN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

check: setup
	@$(RUN)/ruff format --check .
	@$(RUN)/ruff check .
	@$(RUN)/mypy

soak: setup
	@sh scripts/need-java
	@ANTECHAMBER_SOAK=1 $(RUN)/pytest -m soak

# The peers live apart: pandas, where it is found, costs each start of the product a second.
$(PEERS)/.synced: $(UV) pyproject.toml uv.lock
	@UV_PROJECT_ENVIRONMENT=$(PEERS) $(UV) sync --quiet --frozen --only-group bench
	@touch $@

bench: setup $(PEERS)/.synced
	@sh scripts/need-mariadb
	@$(RUN)/python -m benchmarks --peers-python $(PEERS)/bin/python $(BENCH)

docs: setup
	@for kind in workspace connector collaboration policy; do \
		$(RUN)/python -m antechamber.declare.document $$kind > docs/reference/$$kind.md; done
	@$(RUN)/python -m antechamber.declare.document sources docs/reference/sources
	@$(RUN)/python -m antechamber.declare.preset_page docs/reference/presets
	@$(RUN)/python -m antechamber.declare.step_page > docs/reference/steps.md
	@$(RUN)/python -m antechamber.prepare.databrew.page > docs/reference/databrew.md
	@$(RUN)/python -m antechamber.cli.document > docs/reference/commands.md
	@$(RUN)/python -m antechamber.collaborate.api.page docs/reference/cleanroom-api.md
	@$(RUN)/python -m antechamber.deploy.page docs/reference/deployment.md

lock: $(UV)
	@$(UV) lock

clean:
	rm -rf $(VENV) $(PEERS) .venv-checkov $(TOOLS) demo dist benchmarks/out .pytest_cache .mypy_cache .ruff_cache .hypothesis
