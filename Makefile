# The project's verbs. Each sets up what it needs; a second run finds it done and is quick.
# Needs Python 3.11 or newer with venv, and for all but `make demo` Node 20 or newer with npm.

PYTHON ?= python3
PORT ?= 8000
# Tests run in as many processes; a file's tests stay in one, for they share a database or a browser. Files go out in
# the order of their names: those that drive browsers are the slowest, and none of them comes last.
WORKERS ?= 2
PYTEST_ARGS ?=
BENCH_ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
# PIP_USER: a configuration that installs for the user would refuse to install into a virtual environment.
PIP := PIP_USER=0 $(BIN)/python -m pip --disable-pip-version-check --no-input --quiet
INSTALL_LOCKED := $(PIP) install --require-hashes --only-binary :all: --requirement
# Without an index: what builds the project is locked as well, and was installed by the line before.
INSTALL_PROJECT := $(PIP) install --no-index --no-deps --no-build-isolation --editable .
NPM_CI := npm ci --ignore-scripts --no-audit --no-fund --loglevel=error

RUNTIME := $(VENV)/.installed-runtime
DEV := $(VENV)/.installed-dev
WIDGET := widget/node_modules/.package-lock.json
E2E := tests/e2e/node_modules/.package-lock.json
PEERS := tests/bench/peers/node_modules/.package-lock.json

.PHONY: help demo test lint types test-widget test-python docs bench bench-peers widget catalogs known-cookies lock format clean distclean
.DELETE_ON_ERROR:

help:
	@echo 'make demo      serves the demo newsroom on http://127.0.0.1:8000 (PORT=... to change)'
	@echo 'make test      every check and every test: Python, widget, browser'
	@echo 'make lint      style, import rules, spelling        make format    rewrites the style'
	@echo 'make types     mypy and tsc                         make docs      checks the documentation'
	@echo 'make bench     the benchmarks                       make widget    builds the browser code'
	@echo 'make bench-peers  notices of others on the same page (BENCH_ARGS=... for a shorter run)'
	@echo 'make catalogs  refreshes the message catalogs       make lock      refreshes the lock files'
	@echo 'make known-cookies CSV=...  the table of known cookies, from a newer Open Cookie Database'
	@echo 'make clean     caches and build results             make distclean the environments as well'

demo: $(RUNTIME)
	$(BIN)/consentkit demo --port $(PORT)

# pytest is last, so that its closing line is the last line.
test: lint types test-widget test-python

lint: $(DEV) $(WIDGET)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-logo
	$(BIN)/codespell
	cd widget && node_modules/.bin/biome check

types: $(DEV) $(WIDGET)
	$(BIN)/mypy
	cd widget && node_modules/.bin/tsc --noEmit

test-widget: $(WIDGET)
	cd widget && npm test --silent

test-python: $(DEV) $(WIDGET) $(E2E) | lint types test-widget
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

# Writes what the reference has from the code, then checks every link, that nothing public goes unmentioned, and that the
# examples work.
docs: $(DEV)
	$(BIN)/python -m docs.reference.generate
	$(BIN)/python -m pytest tests/contract/test_docs.py tests/contract/test_examples.py tests/contract/test_readme.py \
		tests/contract/test_reference.py

bench: $(DEV)
	$(BIN)/python -m tests.bench

bench-peers: $(DEV) $(E2E) $(PEERS)
	cd tests/bench/peers && npm run --silent build
	$(BIN)/python -m tests.bench.peers $(BENCH_ARGS)

widget: $(WIDGET)
	cd widget && npm run --silent build

format: $(DEV)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

# Run in the package, as babel.cfg sees the sources. tests/contract/test_catalogs.py compares.
catalogs: $(DEV)
	cd src/consentkit && ../../$(BIN)/pybabel --quiet extract --mapping-file=../../babel.cfg --keywords=N_ --keywords=_ \
		--keywords=pgettext:1c,2 --keywords=npgettext:1c,2,3 --add-comments=Translators: --no-location --sort-output \
		--width=120 --project=consentkit --version=1.0 --copyright-holder='The consentkit developers' \
		--output-file=i18n/locale/consentkit.pot .
	cd src/consentkit/i18n/locale && for locale in ar en kk ru; do ../../../../$(BIN)/pybabel --quiet update --locale=$$locale \
		--input-file=consentkit.pot --output-file=$$locale.po --no-fuzzy-matching --width=120 || exit 1; done

# CSV: a newer copy of the Open Cookie Database. Its date belongs into the note beside the table.
known-cookies: | $(BIN)/python
	$(BIN)/python -m tools.known_cookies $(CSV)

# The runtime has no Parquet: its library is larger than all the rest, and a demo does without.
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--custom-compile-command 'make lock' pyproject.toml --group build

lock: | $(BIN)/python
	$(PIP) install uv
	$(LOCK) --extra postgresql --extra serve --output-file requirements/runtime.txt
	$(LOCK) --all-extras --group dev --constraint requirements/runtime.txt --output-file requirements/dev.txt
	for package in widget tests/e2e tests/bench/peers; do $(NPM_LOCK) || exit 1; done

# In an empty folder: beside installed packages npm leaves out those of other platforms, and `npm ci` fails there.
NPM_LOCK = folder=$$(mktemp -d) && cp $$package/package.json $$folder && \
	(cd $$folder && npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved --loglevel=error) && \
	$(BIN)/python -c "$$WITHOUT_ADDRESSES" $$folder/package-lock.json && \
	mv $$folder/package-lock.json $$package/ && rm -r $$folder

# What npm has no option for: the addresses where authors ask for money.
define WITHOUT_ADDRESSES
import json, pathlib, sys
path = pathlib.Path(sys.argv[1])
lock = json.loads(path.read_text("utf-8"))
for package in lock["packages"].values():
    package.pop("funding", None)
path.write_text(json.dumps(lock, indent=2, ensure_ascii=False) + "\n", "utf-8")
endef
export WITHOUT_ADDRESSES

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "consentkit needs Python 3.11 or newer; name one with PYTHON=...")'
	$(PYTHON) -m venv $(VENV)

$(RUNTIME): requirements/runtime.txt pyproject.toml | $(BIN)/python
	$(INSTALL_LOCKED) requirements/runtime.txt
	$(INSTALL_PROJECT)
	@touch $@

$(DEV): requirements/dev.txt pyproject.toml | $(BIN)/python
	$(INSTALL_LOCKED) requirements/dev.txt
	$(INSTALL_PROJECT)
	@touch $@ $(RUNTIME)

$(WIDGET): widget/package.json widget/package-lock.json
	cd widget && $(NPM_CI)
	@touch $@

$(E2E): tests/e2e/package.json tests/e2e/package-lock.json
	cd tests/e2e && $(NPM_CI)
	@touch $@

$(PEERS): tests/bench/peers/package.json tests/bench/peers/package-lock.json
	cd tests/bench/peers && $(NPM_CI)
	@touch $@

clean:
	rm -rf build dist tests/.artifacts tests/bench/peers/dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage

distclean: clean
	rm -rf $(VENV) widget/node_modules tests/e2e/node_modules tests/bench/peers/node_modules
