# make demo       install, then watch a flow being compiled and used, at last with a small model in the process: no key
# make test       ruff, mypy and the tests
# make test-dense the tests that need the extra `dense` (sentence-transformers on a pinned torch)
# make test-lm    the tests that need the extras `lm`, `local` and `litellm`, and the weights of local/smollm2-135m, which it fetches
# make test-dspy  the tests that need the extra `dspy`
# make test-browser  the tests of pages in a real Chromium; installs Debian's where it is missing and may be installed
# make test-slow  the long proofs
# make lint       ruff and mypy alone; make format fixes what ruff can fix
# make bench      every benchmark, against the named peers
#
# Everything is installed into .venv with the versions of constraints.txt. A second call installs nothing.

PYTHON ?= python3
BIN    := .venv/bin
comma  := ,
BENCHMARKS ?= $(sort $(wildcard benchmarks/*.py))

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.NOTPARALLEL:

.PHONY: demo test test-dense test-lm test-dspy chromium test-browser test-slow lint format bench clean
.DEFAULT_GOAL := test

# One line a step; pip speaks only when something goes wrong.
define install
	@echo "installing seekgraph$(1) into .venv"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e ".$(1)"
	@touch $@
endef

.venv/bin/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit("Seekgraph needs Python 3.11 or later, and this is %d.%d: make PYTHON=..." % v[:2])'
	@$(PYTHON) -m venv .venv

.venv/.core: pyproject.toml constraints.txt | .venv/bin/python
	$(call install,)

.venv/.local: pyproject.toml constraints.txt | .venv/bin/python
	$(call install,[local])

.venv/.dev: pyproject.toml constraints.txt | .venv/bin/python
	$(call install,[dev$(comma)docs$(comma)lm$(comma)serve$(comma)mcp$(comma)otel])

.venv/.dense: pyproject.toml constraints.txt | .venv/bin/python
	$(call install,[dev$(comma)dense$(comma)embed])

.venv/.lm: pyproject.toml constraints.txt | .venv/bin/python
	$(call install,[dev$(comma)lm$(comma)local$(comma)litellm])

.venv/.dspy: pyproject.toml constraints.txt | .venv/bin/python
	$(call install,[dev$(comma)lm$(comma)dspy])

.venv/.browser: pyproject.toml constraints.txt | .venv/bin/python
	$(call install,[dev$(comma)browser])

.venv/.bench: pyproject.toml constraints.txt | .venv/bin/python
	$(call install,[dev$(comma)benchmarks])

demo: .venv/.local
	@$(BIN)/seekgraph demo

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# A process for each core; one test alone, or with a debugger: .venv/bin/pytest tests/...
test: lint
	$(BIN)/pytest -n auto --dist worksteal

# Selecting no test at all fails: a real part must not go untested unseen.
test-dense: .venv/.dense
	HF_HUB_OFFLINE=1 $(BIN)/pytest -m dense

test-lm: .venv/.lm
	$(BIN)/seekgraph models pull smollm2-135m
	$(BIN)/pytest -m "lm or local or litellm"

test-dspy: .venv/.dspy
	$(BIN)/pytest -m dspy

# Fails, saying what to do, where there is no Chromium and none can be installed.
chromium:
	@there() { for name in "$${CHROMIUM:-}" chromium chromium-browser google-chrome; do command -v "$$name" && return; done; return 1; }; \
	there > /dev/null && exit; \
	if [[ $$(id -u) == 0 ]] && command -v apt-get > /dev/null; then \
	  echo "installing Debian's chromium"; \
	  { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium fonts-liberation; } > /dev/null || true; \
	fi; \
	there > /dev/null || { echo "no Chromium here: install chromium or google-chrome, or set CHROMIUM to its path" >&2; exit 1; }

test-browser: chromium .venv/.browser
	$(BIN)/pytest -m browser

test-slow: .venv/.dev
	$(BIN)/pytest -m "slow and not dense" --timeout 1800
	SEEKGRAPH_ALL_EXAMPLES=1 $(BIN)/pytest -n auto --timeout 1800 tests/core tests/diagnosis tests/optimizers

bench: .venv/.bench
	@for script in $(BENCHMARKS); do echo "== $$script"; $(BIN)/python "$$script"; done

clean:
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis benchmarks/results
	find seekgraph tests examples benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
