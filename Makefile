# Two commands on a fresh machine: `make run` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: setup setup-test run test lint samples results bench bench-peers eval clean

# A venv in the project with the runtime, without torch.
setup: $(VENV)/.runtime

$(VENV)/.runtime: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

# Torch first and alone: any other spec draws a build with gigabytes of CUDA.
setup-test: setup $(VENV)/.test

$(VENV)/.test: pyproject.toml
	$(BIN)/python -m pip install --quiet torch==2.13.0
	$(BIN)/python -m pip install --quiet --editable '.[dev,tuning]'
	touch $@

# The main job on a sample: propose a verified formula, show what it would change, apply it, undo it.
run: setup
	$(BIN)/cellwright demo

test: setup-test lint
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: setup-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The README's tables from the files under tuning/results.
results: setup
	$(BIN)/python -m cellwright_tuning.evaluation.readme README.md

samples: setup
	$(BIN)/python samples/make_samples.py

bench: setup
	$(BIN)/cellwright bench workbook

# llama.cpp as a peer of the engine's benchmark; built from source, never in CI.
bench-peers: setup-test
	$(BIN)/python -m pip install --quiet llama-cpp-python

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
