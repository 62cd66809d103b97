# certwright's commands. `make` prints them; CONTRIBUTING.md explains them.
#
# Variables: PYTHON= the interpreter for a new .venv (default: the newest of 3.13, 3.12, 3.11 that works), FORM= the
# form of the demo, ARGS= further arguments for pytest or the benchmark, WORKERS= parallel test processes.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.SUFFIXES:

VENV := .venv
BIN := $(VENV)/bin
FORM ?= yaml
ARGS ?=
WORKERS ?= 2
PYTHON ?=
SDK_LANGUAGES ?= python,nodejs,go

# No update check and no cache outside the checkout decides what a run does.
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# The tests and the demo find the Pulumi CLI and the second opinions on PATH.
VERIFIERS := $(CURDIR)/.cache/verifiers/bin
SDKGEN := .cache/sdkgen/bin/sdkgen -version $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)

.PHONY: help
help: ## print these targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z][a-zA-Z_-]*:.*## / { printf "  \033[1m%-14s\033[0m %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# --- set-up ---------------------------------------------------------------------------------------------------------

$(BIN)/python:
	@python=$$(tools/find_python.sh $(PYTHON)) && echo "making $(VENV) with $$python" >&2 && "$$python" -m venv $(VENV)

# What a user installs: the project and the driver for PostgreSQL, no tools.
$(VENV)/.stamp-run: pyproject.toml | $(BIN)/python
	@echo "installing certwright into $(VENV)" >&2
	@$(PIP) install -e '.[postgres]'
	@touch $@

$(VENV)/.stamp-dev: $(VENV)/.stamp-run tools/group.py
	@echo "installing the development tools into $(VENV)" >&2
	@$(BIN)/python tools/group.py dev >$(VENV)/dev-requirements.txt
	@$(PIP) install -r $(VENV)/dev-requirements.txt
	@touch $@

.PHONY: install
install: $(VENV)/.stamp-dev ## make .venv with certwright (editable) and the development tools

.PHONY: pulumi
pulumi: ## find the Pulumi CLI on PATH or build the pinned one with Go; print its directory
	@tools/pulumi/ensure.sh

# --- demo -----------------------------------------------------------------------------------------------------------

.PHONY: demo
demo: $(VENV)/.stamp-run ## run the demonstration (FORM=yaml, python, ...); needs no development tools
	@bin=$$(tools/pulumi/ensure.sh) && PATH="$$bin:$$PATH" $(BIN)/python examples/demo/run.py --form $(FORM) $(ARGS)

.PHONY: clean-demo
clean-demo: ## remove what the demonstration left behind
	rm -rf .demo

# --- tests and checks -----------------------------------------------------------------------------------------------

# On the CLI of PATH or the pinned one (1), then on the oldest one that certwright works with (2).
define pytest
	@tools/test_deps.sh
	@tools/verifiers/build.sh >/dev/null || [ -z "$(REQUIRED)" ]
	@PATH="$(VERIFIERS):$$PATH" CERTWRIGHT_REQUIRE_SERVERS=$(REQUIRED) $(3) \
	    tools/each_cli.sh "$(1)" "$(2)" $(BIN)/python -m pytest -n $(WORKERS) $(ARGS)
endef
REQUIRED := $(if $(filter 1 true,$(CI) $(CERTWRIGHT_REQUIRE_SERVERS)),1)

.PHONY: test
test: $(VENV)/.stamp-dev ## run the tests; installs the servers that they drive where it may
	$(call pytest,not full,each_cli and not full)

.PHONY: test-full
test-full: $(VENV)/.stamp-dev ## run all tests in their long forms, those that drive the CLI on the oldest one as well
	$(call pytest,,needs_pulumi,CERTWRIGHT_TEST_FULL=1)

.PHONY: test_provider
test_provider: $(VENV)/.stamp-dev ## run the provider's own tests only: no server, no Pulumi CLI
	@$(BIN)/python -m pytest -n $(WORKERS) -m "not full and not needs_pulumi" tests/unit tests/contract tests/plugin $(ARGS)

.PHONY: switched-off
switched-off: $(VENV)/.stamp-dev ## switch each claimed behaviour off in a copy and see its test fail (ARGS="--only ID")
	@tools/test_deps.sh
	@tools/verifiers/build.sh >/dev/null; bin=$$(tools/pulumi/ensure.sh); \
	    PATH="$${bin:+$$bin:}$(VERIFIERS):$$PATH" PYTHONPATH=tools $(BIN)/python -m switched_off $(ARGS)

.PHONY: lint
lint: $(VENV)/.stamp-dev ## ruff, mypy --strict and the import rules
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: format
format: $(VENV)/.stamp-dev ## put the code into ruff's form
	$(BIN)/ruff check --fix --exit-zero .
	$(BIN)/ruff format .

.PHONY: typecheck
typecheck: $(VENV)/.stamp-dev ## mypy --strict
	$(BIN)/mypy

# --- generated files ------------------------------------------------------------------------------------------------

.PHONY: schema
schema: $(VENV)/.stamp-run ## write schema.json and the dynamic classes from the resource models
	$(BIN)/python tools/gen_schema.py
	$(BIN)/python tools/gen_dynamic.py

.PHONY: sql
sql: $(VENV)/.stamp-dev ## write the default store's SQL, as SQLAlchemy compiles it
	$(BIN)/python tools/gen_sql.py

.PHONY: sdkgen
sdkgen:
	@tools/gobuild.sh tools/sdkgen .cache/sdkgen/bin .

.PHONY: python_sdk
python_sdk: sdkgen ## write sdk/python from schema.json
	$(SDKGEN) -schema schema.json -out sdk -languages python

.PHONY: sdk
sdk: sdkgen ## write every SDK from schema.json (SDK_LANGUAGES=python,nodejs,go)
	$(SDKGEN) -schema schema.json -out sdk -languages $(SDK_LANGUAGES)

.PHONY: nodejs_sdk
nodejs_sdk: sdkgen ## write the Node SDK into .build/sdk/nodejs and compile it with its own TypeScript
	$(SDKGEN) -schema schema.json -out .build/sdk -languages nodejs
	@tools/sdkgen/compile_nodejs.sh .build/sdk/nodejs

.PHONY: docs
docs: $(VENV)/.stamp-run ## write the reference pages below docs/
	$(BIN)/python tools/gen_docs.py

# --- measurements and packages --------------------------------------------------------------------------------------

.PHONY: bench
bench: $(VENV)/.stamp-dev ## run the benchmark (ARGS= for its options)
	@bin=$$(tools/pulumi/ensure.sh) && PATH="$$bin:$$PATH" $(BIN)/python bench/run.py $(ARGS)

.PHONY: build
build: $(BIN)/python ## build the wheel into dist/
	$(PIP) wheel --no-deps --wheel-dir dist .

.PHONY: clean
clean: ## remove build results and the caches of the tools; .venv and .cache stay
	rm -rf dist .build .demo .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find provider tests tools bench examples -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: distclean
distclean: clean ## remove .venv and everything that was built as well
	rm -rf .venv .cache
