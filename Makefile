# Every target sets up what it needs, on any machine with Python >= 3.11, pip and make; `make` lists them.

PYTHON ?= python3
VENV ?= .venv
UV := $(shell command -v uv 2>/dev/null)
# Sources are used where they lie; EDITABLE= (empty) installs a copy of them, as users get it.
EDITABLE := --editable
# Damaged files of each kind for make fuzz
ROUNDS := 2000
# More for pytest, the probes or the benchmarks: make test ARGS="-k tape", make bench ARGS=--quick
ARGS :=

BIN = $(abspath $(VENV))/bin
PY = $(BIN)/python
ifeq ($(UV),)
INSTALL = $(PY) -m pip install -qq
else
INSTALL = $(UV) pip install --quiet --python $(PY)
endif

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo pictures pictures-beside pictures-speed test mutation fuzz depth operations probes check format format-check lint types floors bench parts clean installed

help:  ## list the targets
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## /\1|/' | awk -F'|' '{printf "make %-17s%s\n", $$1, $$2}'

demo: $(VENV)/.for-use  ## train the spiral network and draw it
	"$(PY)" examples/spiral.py

pictures: $(VENV)/.for-test  ## draw the pictures of the README and of docs/pictures.md anew
	"$(PY)" examples/spiral.py --output docs/pictures
	"$(PY)" tests/page_pictures.py

pictures-beside: $(VENV)/.for-beside  ## draw one network with other libraries too, which need Graphviz's dot
	@cd benchmarks && "$(PY)" -m pictures --output ../docs/pictures

pictures-speed: $(VENV)/.for-use  ## measure how long pictures of large tapes take
	@cd benchmarks && "$(PY)" -m pictures.speed $(ARGS)

test: $(VENV)/.for-test  ## run the tests
	"$(BIN)/pytest" $(ARGS)

mutation: $(VENV)/.for-test  ## break every derivative rule, and see that the tests catch it
	"$(PY)" tests/mutation.py

fuzz: $(VENV)/.for-test  ## load thousands of damaged files: each loads right or is refused
	"$(PY)" tests/fuzzing.py --rounds $(ROUNDS)

depth: $(VENV)/.for-test  ## graphs of a million operations forward, backward and freed, where the stack is small
	"$(PY)" tests/deep_graphs.py --operations 1000000

operations: $(VENV)/.for-test  ## write docs/operations.md anew
	"$(PY)" tests/operation_table.py

check: format-check lint types floors test mutation  ## everything that must hold: format, lint, types, floors, tests, mutation

format: $(VENV)/.for-dev  ## rewrite the sources in the one format
	"$(BIN)/ruff" check --quiet --select I --fix .
	"$(BIN)/ruff" format .

format-check: $(VENV)/.for-dev  ## is everything in that format?
	"$(BIN)/ruff" check --quiet --select I .
	"$(BIN)/ruff" format --check .

lint: $(VENV)/.for-dev  ## ruff's rules
	"$(BIN)/ruff" check .

# Types and floors are judged on a copy as pip installs it, where models and viz are inside the package,
# and from its folder, so that ./tensorgraph does not hide it.
types: installed  ## mypy --strict
	cd build/installed && "$(BIN)/mypy" --config-file ../../pyproject.toml --cache-dir ../../.mypy_cache -p tensorgraph

floors: installed  ## does each module import only what stands below it?
	cd build/installed && "$(BIN)/lint-imports" --config ../../pyproject.toml --no-cache --no-logo

bench: $(VENV)/.for-bench  ## measure, side by side with others, and write docs/performance.md anew
	@cd benchmarks && "$(PY)" -m performance $(ARGS)

parts: $(VENV)/.for-bench  ## profile what the benchmarks' steps do, and write docs/where_time_goes.md anew
	@cd benchmarks && "$(PY)" -m performance.parts --output ../docs/where_time_goes.md

probes: $(VENV)/.for-probes  ## what happens when something goes wrong, here and in other libraries
	@cd benchmarks && "$(PY)" -m probes $(ARGS)

clean:  ## remove what builds and checks left behind; the environment stays
	rm -rf build dist *.egg-info .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

# --- set-up ------------------------------------------------------------------------------------------

# The wheel is made from the sdist, in a folder of its own: no file of an earlier build can get in.
installed: $(VENV)/.for-dev
	@rm -rf build && mkdir build
	@"$(PY)" -m build --no-isolation --outdir build/dist . > build/log 2>&1 || { cat build/log; exit 1; }
	@"$(PY)" -m zipfile -e build/dist/*.whl build/installed

# What is there for development is there for tests and for use too.
comma := ,
$(VENV)/.for-test: EXTRAS := test
$(VENV)/.for-dev: EXTRAS := test,dev
$(VENV)/.for-bench: EXTRAS := bench
$(VENV)/.for-probes: EXTRAS := probes
$(VENV)/.for-beside: EXTRAS := beside
$(VENV)/.for-%: pyproject.toml | $(VENV)/bin/python
	@echo "setting up $(VENV) for $* (once, and again when pyproject.toml changes)"
	@rm -rf build
	@$(INSTALL) $(EDITABLE) '.$(EXTRAS:%=[%])'
	@touch $(addprefix $(VENV)/.for-,use $(subst $(comma), ,$(EXTRAS)))

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "tensorgraph needs Python 3.11 or newer, and $(PYTHON) is: $$($(PYTHON) --version 2>&1)"; \
	    echo "if there is another one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
ifeq ($(UV),)
	@$(PYTHON) -m venv $(VENV) > /dev/null 2>&1 || { \
	    echo "$(PYTHON) has no working venv module: bringing virtualenv"; \
	    rm -rf $(VENV) .virtualenv; \
	    $(PYTHON) -m pip install --quiet --target .virtualenv virtualenv \
	    && PYTHONPATH=.virtualenv $(PYTHON) -m virtualenv --quiet $(VENV); }
else
	@$(UV) venv --quiet --seed --python $(PYTHON) $(VENV)
endif
