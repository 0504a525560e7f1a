# Louling: two commands for a newcomer, `make run` and `make test`; the rest is for the people who keep it.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.PHONY: setup run test lint soak clean
.DEFAULT_GOAL := setup

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Louling needs Python 3.11 or newer; $$($(PYTHON) --version) was found. Try: make PYTHON=python3.12 setup" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing pinned packages into $(VENV) (a minute or two the first time) ..."
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $(STAMP)

setup: $(STAMP)   ## .venv with the louling command

run: $(STAMP)     ## the whole product on embedded defaults; prints one link
	@$(BIN)/louling run

test: $(STAMP)    ## the test suite
	@$(BIN)/python -m pytest

lint: $(STAMP)    ## style, types, import direction
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

soak: $(STAMP)    ## the long runs: kills, simulation, gateway
	@$(BIN)/python -m pytest -m soak

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
