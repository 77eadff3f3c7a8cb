# Two commands do all the set-up: `make demo` (the main job on an embedded city) and `make test` (everything).
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SOURCES := engine training tests benchmarks
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: demo test test-cluster lint bench clean

## the main job: synthetic city -> sample -> fetch -> pair -> pretrain -> embed -> fit -> predict -> attend -> map and page in demo/
demo: $(READY)
	$(BIN)/streetsense demo demo

## everything: style, types and all tests
test: lint
	$(BIN)/python -m pytest -n 2 --dist loadscope

## a Ray cluster of two nodes on this computer; alone, because two of them would take each other's ports
test-cluster: $(READY)
	$(BIN)/python -m pytest tests/cluster

lint: $(READY)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy

## side-by-side measurements; each writes benchmarks/results/<name>.json
bench: $(READY)
	for script in benchmarks/bench_*.py; do $(BIN)/python $$script || exit 1; done

# torch comes first and alone, from the constraints: a package that asks for "any torch" would otherwise bring the
# newest one. Where the package index offers a CPU build (PIP_EXTRA_INDEX_URL, PIP_FIND_LINKS), that one is taken.
$(READY): pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is missing; on Debian 12: apt-get install python3.11-venv"; exit 1; }
	test -x $(BIN)/pip || $(PYTHON) -m venv --clear $(VENV) || { echo "venv is missing; on Debian 12: apt-get install python3.11-venv"; exit 1; }
	$(BIN)/python -m pip install -q --retries 5 -c constraints.txt "torch==$$(sed -n 's/^torch==//p' constraints.txt)"
	$(BIN)/python -m pip install -q --retries 5 -c constraints.txt -e ".[dev]"
	touch $@

clean:
	rm -rf $(VENV) demo build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
