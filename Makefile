# make run: the example fleet.  make setup: trust, and port 443, once per machine.
# make test: everything that is tested; make unit: what needs no browser.  make check: format, lint, types, floors, documentation.
# Needs Python 3.11 or newer; all else goes into .venv. Another Python: make run PYTHON=/path/to/python3
PYTHON = python3
VENV = .venv
BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check

COMPILED = $(VENV)/compiled

# Bytecode is kept, whatever the shell says: each of a dozen pytest processes would compile every test anew.
export PYTHONDONTWRITEBYTECODE =

.PHONY: run setup test beside gathered unit docs docs-screenshots check compiled bench clean

run: $(VENV)/.installed
	@PATH="$(CURDIR)/$(BIN):$$PATH" devserve run --yes examples/fleet

setup: $(VENV)/.installed
	@$(BIN)/devserve setup

test: $(VENV)/.test-installed
	@PYTHONPATH=tests $(BIN)/python -m support.browser_install
	@$(MAKE) --no-print-directory --jobs=2 $(COMPILED)/.installed beside
	@$(MAKE) --no-print-directory compiled
	@$(BIN)/python -m pytest tests/conformance tests/end_to_end --numprocesses=2 --dist=loadfile

# Beside the C compiler, which takes minutes of one core.
beside: $(VENV)/.test-installed
	@$(MAKE) --no-print-directory gathered
	@$(MAKE) --no-print-directory check
	@$(MAKE) --no-print-directory unit

# The packages of npm and of PyPI that the tests use: much of this is waiting for a network.
gathered: $(VENV)/.test-installed
	@PYTHONPATH=tests $(BIN)/python -m support.node_packages
	@PYTHONPATH=tests $(BIN)/python -m support.python_packages

# Beside each other: most of their time is waiting for processes.
unit: $(VENV)/.test-installed
	@$(BIN)/python -m pytest --ignore=tests/end_to_end --ignore=tests/conformance --numprocesses=3 --dist=worksteal

# What an exchange goes through, as a wheel has it: compiled by mypyc. The same tests; an editable install runs the source.
compiled: $(COMPILED)/.installed
	@PYTHONPATH=$(CURDIR)/$(COMPILED) $(BIN)/pytest --override-ini=pythonpath=tests --numprocesses=3 --dist=worksteal \
	  tests/http1 tests/proxy tests/io/proxy tests/conformance

# The pages of docs/reference, from the code.
docs: $(VENV)/.installed
	@$(BIN)/python -m docs.make

# The pictures of docs/pictures, of the example fleet as it runs.
docs-screenshots: $(VENV)/.test-installed
	@PYTHONPATH=tests $(BIN)/python -m docs.screenshots

check: $(VENV)/.test-installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --strict devserve plugins
	$(BIN)/python -m pytest --quiet tests/test_architecture.py tests/test_docs.py

# Beside nginx, Caddy and Node's http-proxy, in one run; writes benchmarks/RESULTS.md. make bench ARGS=--quick: one round.
bench: $(COMPILED)/.installed
	@$(BIN)/python -m benchmarks $(ARGS)
	@$(BIN)/python -m benchmarks.reload
	@$(BIN)/python -m benchmarks.dashboard
	@$(BIN)/python -m benchmarks.watching
	@$(BIN)/python -m benchmarks.output

clean:
	rm -rf $(VENV) artifacts .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis

# The first of these that is new enough: macOS has an old python3 beside newer ones.
$(VENV)/.created:
	@for python in "$(PYTHON)" python3.14 python3.13 python3.12 python3.11; do \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    "$$python" -c 'import ensurepip, venv' 2>/dev/null || { \
	      echo "devserve: $$python cannot make a virtual environment; on Debian: apt install python3-venv" >&2; exit 1; }; \
	    echo "devserve: setting up $(VENV), once"; \
	    "$$python" -m venv $(VENV) && touch $@; exit; \
	  fi; \
	done; \
	echo "devserve: needs Python 3.11 or newer, and $(PYTHON) is not; install one, or: make run PYTHON=/path/to/python3" >&2; exit 1

$(VENV)/.installed: $(VENV)/.created pyproject.toml
	@$(PIP) --editable .
	@touch $@

$(COMPILED)/.installed: $(VENV)/.test-installed setup.py $(shell find devserve plugins -name '*.py')
	@rm -rf build $(COMPILED)
	@$(PIP) --no-deps --target $(COMPILED) .
	@rm -rf build
	@ls $(COMPILED)/devserve__mypyc.* >/dev/null 2>&1 || { \
	  echo "devserve: nothing was compiled, so the source is what runs; is there a C compiler?" >&2; test -z "$$CI"; }
	@touch $@

$(VENV)/.test-installed: $(VENV)/.created pyproject.toml
	@$(PIP) --editable '.[test]'
	@touch $(VENV)/.installed $@
