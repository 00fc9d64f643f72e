# What a developer runs.  Everything is installed into .venv on first use and again only
# after pyproject.toml changed; `PYTHON=python3.12 make test` makes it with another Python.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')

# One stamp says "enough to run", the other "enough to develop".
RUN := $(VENV)/stamp-run-$(VERSION)
DEV := $(VENV)/stamp-dev-$(VERSION)

# The conformance corpus lies beside the checkout, unless the environment says where.
CORPUS = $(or $(QAPIGEN_CORPUS),../shared/corpus)
HARNESS = $(CORPUS)/../tools/run_conformance.py
RELEASES = $(CORPUS)/../tools/run_releases.py

PYTEST_OPTIONS ?=
FORMATTED := qapigen tests $(wildcard docs/examples)

# What lark makes of the grammar; a test compares the two.
TABLE := qapigen/compiler/syntax/table.json
MANUAL := docs/qapigen.1

LINTS := lint-format lint-code lint-types lint-generated

.PHONY: help demo test lint $(LINTS) check conformance releases interop bench generate manual clean distclean
.DEFAULT_GOAL := help

help:
	@echo "make demo         see what qapigen does, in a minute"
	@echo "make test         run the tests"
	@echo "make lint         formatting, lint, types, generated/ up to date"
	@echo "make check        lint and test: all that needs no QEMU"
	@echo "make conformance  judge the compiler by the corpus"
	@echo "make releases     judge it by the schemas of QEMU's releases"
	@echo "make interop      talk to real QEMU, as far as it is installed"
	@echo "make bench        measure"
	@echo "make generate     write generated/ anew"
	@echo "make manual       write docs/qapigen.1 anew"
	@echo "make clean        remove caches and builds (distclean: .venv as well)"

demo: $(RUN)
	$(BIN)/python docs/examples/demo.py

test: $(DEV)
	$(BIN)/python -m pytest -n auto --dist loadgroup $(PYTEST_OPTIONS)

# `make -k lint` goes on after the first of them that fails.
lint: $(LINTS)

lint-format: $(DEV)
	$(BIN)/black --check --quiet $(FORMATTED) || $(BIN)/black --check $(FORMATTED)

lint-code: $(DEV)
	$(BIN)/ruff check --quiet --output-format concise $(FORMATTED) generated

lint-types: $(DEV)
	$(BIN)/mypy

# Generated files are what the compiler makes, in the form that black gives to anybody's code.
lint-generated: $(DEV)
	$(BIN)/qapigen generate -o generated --check
	$(BIN)/black --check --quiet --config /dev/null generated
	$(BIN)/pyright --project .

# The corpus may be absent on a developer's machine; CI makes sure that it is there.
check: lint test $(if $(wildcard $(HARNESS)),conformance releases)

conformance: $(RUN)
	@test -f "$(HARNESS)" || { echo "no corpus: set QAPIGEN_CORPUS to its folder" >&2; exit 1; }
	$(BIN)/python "$(HARNESS)" "$(CORPUS)" \
	  --cmd '$(BIN)/python -m qapigen ir --dialect {dialect} --format json {schema}' \
	  --introspect-cmd '$(BIN)/python -m qapigen introspect --dialect {dialect} --names {names} --config {config} {schema}'

# Each root schema of each release, once with its number and once with `auto`.
releases: $(RUN)
	@test -f "$(RELEASES)" || { echo "no corpus: set QAPIGEN_CORPUS to its folder" >&2; exit 1; }
	for dialect in release auto; do \
	  $(BIN)/python "$(RELEASES)" "$(CORPUS)/releases.tar.xz" --texts --dialect $$dialect \
	    --cmd '$(BIN)/python -m qapigen ir --dialect {dialect} --format json {schema}' \
	    --introspect-cmd '$(BIN)/python -m qapigen introspect --dialect {dialect} --names masked --config all {schema}' \
	    || exit 1; \
	done

# qemu-ga is for administrators and lies in /usr/sbin.
interop: $(DEV)
	PATH="$$PATH:/usr/sbin" $(BIN)/python -m pytest tests/interop -n 4 --dist loadfile $(PYTEST_OPTIONS)

bench: $(DEV)
	$(BIN)/python -m tests.bench

generate: $(RUN)
	$(BIN)/python -m qapigen.compiler.syntax.grammar > $(TABLE).new
	mv $(TABLE).new $(TABLE)
	$(BIN)/qapigen generate -o generated

# The manual page is made of the parsers of the command line; a test compares the two.
manual: $(DEV)
	$(BIN)/python -m tests.docs.manual_page > $(MANUAL).new
	mv $(MANUAL).new $(MANUAL)

clean:
	rm -rf build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage
	find qapigen generated tests docs -name __pycache__ -prune -exec rm -rf {} +

distclean: clean
	rm -rf $(VENV)

# --- the environment ---

# An environment of another Python is made anew.
define make_venv
@case "$(VERSION)" in 3.1[1-9]|3.[2-9][0-9]) ;; *) \
  echo "qapigen needs Python 3.11 or later: PYTHON=python3.12 make ..." >&2; exit 1;; esac
@test "$$($(BIN)/python -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>&1)" = "$(VERSION)" \
  || $(PYTHON) -m venv --clear $(VENV)
endef

# For scripts that need not know the version.
.PHONY: $(VENV)/stamp-run $(VENV)/stamp-dev
$(VENV)/stamp-run: $(RUN)
$(VENV)/stamp-dev: $(DEV)

PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --quiet

$(RUN): pyproject.toml
	$(make_venv)
	$(PIP) --editable '.[vm]'
	@touch $@

$(DEV): pyproject.toml
	$(make_venv)
	$(PIP) --editable '.[dev]'
	@touch $(RUN) $@
