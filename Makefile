# Every way to build, check and run the hub. All of it needs Python 3.11 or later and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: install lint format test test-deep test-branches test-peers bench demo supergraph lock quality schema clean

install: $(STAMP)

# The interpreter of the virtual environment, and every dependency by its hash.
$(STAMP): requirements/dev.txt pyproject.toml client/pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "the hub needs Python 3.11 or later")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . -e ./client
	touch $@

demo: install
	$(BIN)/hub demo

# The hub that runs at HUB, and two example members, behind one router: docs/supergraph.md.
HUB ?= http://127.0.0.1:8000/graphql
supergraph:
	@command -v npm >/dev/null || { echo "install Node.js 20 or later, with npm" >&2; exit 1; }
	cd graphql/supergraph && npm ci
	node graphql/supergraph/run.mjs --hub $(HUB)

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/hub schema --check
	$(BIN)/hub policy check
	$(BIN)/python -m hub.demo.samples.generate --check

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: install
	$(BIN)/pytest -m "not deep" -n 2 --dist loadfile

test-deep: install
	$(BIN)/pytest -m deep -n 2 --dist loadfile --timeout 1800

# Who calls is decided in hub/identity: every branch of it is tested.
test-branches: install
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -m "not deep" -n 2 --dist loadfile tests/hub/identity tests/security
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --fail-under 100 --skip-covered --show-missing

# Programs that others wrote: node's packages by their lock file, and a browser.
test-peers: export CHROMIUM ?= /usr/bin/chromium
test-peers: install
	@command -v npm >/dev/null || { echo "install Node.js 20 or later, with npm" >&2; exit 1; }
	cd tests/peers && npm ci
	cd graphql/supergraph && npm ci
	@test -x "$$CHROMIUM" || test "$$(id -u)" != 0 || ! command -v apt-get >/dev/null || { \
		apt-get update -qq && apt-get install -qq --yes --no-install-recommends chromium; } || true
	@test -x "$$CHROMIUM" || { echo "no browser at $$CHROMIUM: install Debian's package chromium," \
		"or run: make test-peers CHROMIUM=/path/to/chromium" >&2; exit 1; }
	$(BIN)/pytest tests/peers --timeout 300

# Its peers are node's packages by their lock file; they bring the Node.js that they need.
bench: install
	@command -v npm >/dev/null || { echo "install Node.js 20 or later, with npm" >&2; exit 1; }
	cd bench/peers && npm ci --no-fund --no-audit
	$(BIN)/python -m bench

# Pins with hashes and without any registry's address.
lock: install
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml $(LOCK) -o requirements/runtime.txt
	$(BIN)/uv pip compile pyproject.toml $(LOCK) --extra dev -c requirements/runtime.txt -o requirements/dev.txt
LOCK := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --upgrade

# Figures of the real files, for docs/quality.md.
quality: install
	rm -rf .hub-quality
	$(BIN)/hub demo --once --data ../shared/data --state .hub-quality
	$(BIN)/hub quality --state .hub-quality > docs/quality.md
	rm -rf .hub-quality

schema: install
	$(BIN)/hub schema

clean:
	rm -rf $(VENV) .hub build dist *.egg-info
