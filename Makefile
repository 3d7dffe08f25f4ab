# Purser. `make help` lists the targets.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
export PURSER_ENV ?= development
# uv trusts only the certificates it ships unless told: behind a proxy the machine's own are the right ones.
export UV_SYSTEM_CERTS ?= true

# A stamp is named by the hash of what it installs, so a second `make setup` does nothing at all
# and a changed lock (or a checkout of another branch) installs exactly once.
RUNTIME_STAMP := $(VENV)/.runtime-$(shell sha256sum requirements.txt | cut -c1-16)
DEV_STAMP := $(VENV)/.dev-$(shell cat requirements.txt requirements-dev.txt | sha256sum | cut -c1-16)
UV := $(BIN)/uv
# Most tests wait for other processes, so three workers fill two cores; whole demos run alone afterwards.
TEST_WORKERS ?= 3

.DEFAULT_GOAL := help
.PHONY: help setup demo run test lint types bench drill client client-wheel check lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(DEV_STAMP) ## create .venv and install everything, tests and linters included

demo: $(RUNTIME_STAMP) ## the whole product over the sandbox, on embedded servers (Ctrl-C stops it)
	@exec $(BIN)/python manage.py demo $(ARGS)

run: $(RUNTIME_STAMP) ## web, worker and scheduler on DATABASE_URL and REDIS_URL, or on embedded servers
	@exec $(BIN)/python -m purser.run $(ARGS)

test: $(DEV_STAMP) ## every test, on embedded PostgreSQL and Valkey
	@$(BIN)/pytest -n $(TEST_WORKERS) --dist worksteal --ignore tests/flows $(ARGS)
	@$(BIN)/pytest tests/flows $(ARGS)

lint: $(DEV_STAMP) ## ruff: rules and formatting
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(DEV_STAMP) ## mypy with django-stubs, strict in every domain/ and in client/
	@$(BIN)/mypy && cd client && ../$(BIN)/mypy

client: $(DEV_STAMP) ## write the typed client in client/ anew from the schema, offline
	@$(BIN)/python manage.py generate_client

client-wheel: $(UV) ## dist/purser_client-…whl, built offline
	@$(UV) build --wheel --offline --out-dir dist client

bench: $(DEV_STAMP) ## every benchmark against its peer
	@$(BIN)/python -m bench $(ARGS)

drill: $(RUNTIME_STAMP) ## lose a database, restore it, and see that no machine is ended
	@exec $(BIN)/python manage.py restore_drill $(ARGS)

check: lint types test ## lint, types and tests

lock: $(UV) ## resolve requirements*.in into the hashed locks
	$(UV) pip compile --universal --python-version 3.11 --generate-hashes -q --custom-compile-command 'make lock' \
	  requirements.in -o requirements.txt $(ARGS)
	$(UV) pip compile --universal --python-version 3.11 --generate-hashes -q --custom-compile-command 'make lock' \
	  -c requirements.txt requirements-dev.in -o requirements-dev.txt $(ARGS)

clean: ## remove .venv and .purser (the demo's data)
	rm -rf $(VENV) .purser

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Purser needs Python 3.11 or newer; $(PYTHON) is older or missing. Name one: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@echo "Creating $(VENV)"
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "$(PYTHON) cannot create a virtualenv; on Debian or Ubuntu install python3-venv." >&2; exit 1; }
	@$(BIN)/python -m pip install -q --disable-pip-version-check uv==$(UV_VERSION)

$(RUNTIME_STAMP): | $(UV)
	@echo "Installing requirements.txt"
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(UV) pip install -q --require-hashes -r requirements.txt || { \
	  echo "uv could not; trying pip, which is slower"; \
	  $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.txt; }
	@rm -f $(VENV)/.runtime-* $(VENV)/.dev-* && touch $@

$(DEV_STAMP): | $(RUNTIME_STAMP)
	@echo "Installing requirements-dev.txt"
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(UV) pip install -q --require-hashes -r requirements-dev.txt || { \
	  echo "uv could not; trying pip, which is slower"; \
	  $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt; }
	@rm -f $(VENV)/.dev-* && touch $@
