# Two commands do all the set-up: `make demo` (the main job on an embedded city) and `make test` (everything).
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SOURCES := engine training plugin packaging tests benchmarks
# The tests of the QGIS side run in the system's Python, which has QGIS; the two environments never mix.
QGIS_PYTHON ?= /usr/bin/python3
QGIS_VENV := .venv-qgis
QGIS_READY := $(QGIS_VENV)/.ready
# All modules of the QGIS side are imported with Qt 6 as well, in an environment that has nothing else.
QT6 := 6.11.0
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: demo test test-engine test-qgis test-slow test-cluster lint bench plugin clean

## the main job: synthetic city -> sample -> fetch -> pair -> pretrain -> embed -> fit -> predict -> attend -> map and page in demo/
demo: $(READY)
	$(BIN)/streetsense demo demo

## everything: style, types and all tests
test: lint test-engine test-qgis

test-engine: $(READY)
	$(BIN)/python -m pytest -n 2 --dist loadscope -m "not slow"

## the QGIS side: without a window, and in the real QGIS on a screen that nobody sees
test-qgis: $(READY) $(QGIS_READY)
	QT_QPA_PLATFORM=offscreen $(QGIS_VENV)/bin/python -m pytest -n 2 --dist loadfile -m "not slow" tests/plugin tests/e2e_qgis

## whole runs in bad conditions, and on real photos
test-slow: $(READY) $(QGIS_READY)
	$(BIN)/python -m pytest -m slow
	QT_QPA_PLATFORM=offscreen $(QGIS_VENV)/bin/python -m pytest -m slow tests/plugin tests/e2e_qgis

## dist/streetsense_qgis.zip, for QGIS' "Install from ZIP"
plugin:
	$(QGIS_PYTHON) packaging/build.py

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

$(QGIS_READY): constraints-qgis.txt
	@$(QGIS_PYTHON) -c 'import qgis.core' || { echo "QGIS is missing; on Debian 12: apt-get install qgis python3-qgis xvfb xauth"; exit 1; }
	test -x $(QGIS_VENV)/bin/pip || $(QGIS_PYTHON) -m venv --clear --system-site-packages $(QGIS_VENV)
	$(QGIS_VENV)/bin/python -m pip install -q --retries 5 -r constraints-qgis.txt
	test -x build/qt6/bin/pip || $(PYTHON) -m venv --clear build/qt6
	build/qt6/bin/python -m pip install -q --retries 5 PyQt6==$(QT6)
	touch $@

clean:
	rm -rf $(VENV) $(QGIS_VENV) demo build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
