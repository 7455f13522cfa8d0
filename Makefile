# `make` lists the tasks. The first one that you call sets everything up, in .venv.
PYTHON ?= python3
BIN := .venv/bin
PORT ?= 8000
.DEFAULT_GOAL := help

help:  ## list the tasks
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

.venv/installed: pyproject.toml
	@echo "Installing into .venv, once. This takes a minute or more."
	@if command -v uv >/dev/null; then \
	   uv venv --quiet --allow-existing --python $(PYTHON) .venv && \
	   uv pip install --quiet --python $(BIN)/python -e '.[dev]'; \
	 else \
	   $(PYTHON) -m venv .venv && \
	   $(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'; \
	 fi
	@touch $@

site: .venv/installed  ## build the site, strictly, into site/
	@$(BIN)/python -m walkthrough.site site

serve: .venv/installed  ## serve the site on localhost, rebuilt on a change (PORT=8000)
	@$(BIN)/python -m walkthrough.serve --port $(PORT)

test: .venv/installed lint  ## run every test: code, snippets, pages, browser
	$(BIN)/pytest -n auto --dist worksteal --cov --cov-report term-missing:skip-covered \
	   --cov-fail-under 100

format: .venv/installed  ## format the code and mend what can be mended
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

lint: .venv/installed  ## style and types
	$(BIN)/ruff format --check --quiet
	$(BIN)/ruff check --quiet
	$(BIN)/mypy

bench: .venv/installed  ## compare the speed with that of Channels, and of a stock Pyodide
	@$(BIN)/python -m walkthrough.bench
	@$(BIN)/python -m walkthrough.bench_server
	@$(BIN)/python -m walkthrough.bench_page

mutants: .venv/installed  ## see which mistakes in the core the tests do not notice
	@$(BIN)/python -m walkthrough.mutants

.PHONY: help site serve test format lint bench mutants
