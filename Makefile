# Two commands on a fresh machine: `make run` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

ADDIN := addin
MODULES := $(ADDIN)/node_modules/.package-lock.json
PAGES := backend/cellwright/server/assets/playground.html
# A browser is opened where there is a screen for one.
OPEN := $(if $(DISPLAY)$(WAYLAND_DISPLAY)$(filter Darwin,$(shell uname)),--open)

.PHONY: setup setup-test run demo assets test test-python test-addin e2e lint format samples results pictures bench bench-pane bench-peers eval clean

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

# The pages of the add-in, with what Node they need; `npm ci` takes what the lock file says.
assets: $(PAGES)

$(MODULES): $(ADDIN)/package.json $(ADDIN)/package-lock.json
	@command -v npm >/dev/null || { echo "expected Node.js 20.19 or newer with npm, got none: the pages of the add-in are built with it" >&2; exit 1; }
	npm --prefix $(ADDIN) ci --no-audit --no-fund --loglevel=error
	touch $@

$(PAGES): $(MODULES) $(shell find $(ADDIN)/src $(ADDIN)/public $(ADDIN)/manifest -type f 2>/dev/null) $(wildcard $(ADDIN)/*.html) $(ADDIN)/vite.config.ts
	npm --prefix $(ADDIN) run --silent build -- --logLevel warn
	touch $@

# Serves the playground and the add-in; open the address that it prints.
run: setup assets
	$(BIN)/cellwright serve $(OPEN)

# The same journey in a terminal: propose a verified formula, show what it would change, apply it, undo it.
demo: setup
	$(BIN)/cellwright demo

test: lint test-python test-addin e2e

test-python: setup-test
	$(BIN)/python -m pytest -n 2 --dist loadfile

test-addin: assets
	npm --prefix $(ADDIN) run --silent test

# In a real Chromium against a real server; skipped, saying why, where there is no Chromium.
e2e: setup assets
	npm --prefix $(ADDIN) run --silent e2e

lint: setup-test $(MODULES)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	npm --prefix $(ADDIN) run --silent lint
	npm --prefix $(ADDIN) run --silent types

format: setup-test $(MODULES)
	$(BIN)/ruff format .
	npm --prefix $(ADDIN) run --silent format

# The README's tables from the files under tuning/results.
results: setup
	$(BIN)/python -m cellwright_tuning.evaluation.readme README.md

samples: setup
	$(BIN)/python samples/make_samples.py

bench: setup
	$(BIN)/cellwright bench workbook

# From the key that moves the selection to the first suggestion on the screen, with its parts, in Chromium.
bench-pane: setup assets
	CELLWRIGHT_WRITE_RESULTS=1 npm --prefix $(ADDIN) run --silent e2e -- latency

# The documentation's pictures, taken of the samples in Chromium.
pictures: setup assets
	CELLWRIGHT_WRITE_PICTURES=1 npm --prefix $(ADDIN) run --silent e2e -- pictures

# llama.cpp as a peer of the engine's benchmark; built from source, never in CI. On x86 both sides run AVX2, which
# is what most laptops have; `make bench-peers LLAMA_FLAGS=` builds for this processor instead.
ifneq (,$(filter x86_64 amd64,$(shell uname -m)))
LLAMA_FLAGS ?= -DGGML_NATIVE=OFF -DGGML_AVX=ON -DGGML_AVX2=ON -DGGML_FMA=ON -DGGML_F16C=ON -DGGML_BMI2=ON
endif
bench-peers: setup-test
	CMAKE_ARGS="$(LLAMA_FLAGS)" $(BIN)/python -m pip install --quiet --no-binary llama-cpp-python llama-cpp-python

clean:
	rm -rf $(VENV) $(ADDIN)/node_modules backend/cellwright/server/assets .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
