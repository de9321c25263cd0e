# `make demo` runs the main job on bundled data, `make test` checks everything, `make app` opens the window.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
READY_FOR_TESTS := $(VENV)/.ready-for-tests
SUITABLE := import sys; assert (3, 11) <= sys.version_info[:2] <= (3, 13)
# The environment names this folder and the Python it was made with: where either is gone, it is made anew.
HERE := import workbench; assert workbench.__file__.startswith("$(CURDIR)/")
BROKEN := $(shell [ -e $(READY) ] && ! $(BIN)/python -P -c '$(SUITABLE); $(HERE)' 2>/dev/null && rm -f $(READY) $(READY_FOR_TESTS))

.PHONY: help demo test app lint bench clean
.DEFAULT_GOAL := help

help:
	@echo "make demo   train, compare and report on the bundled data (about four minutes)"
	@echo "make test   lint, types, import contracts and all tests"
	@echo "make app    open the window"
	@echo "make bench  time training against TRL (about ten minutes; installs TRL 1.12 beside, once)"

demo: $(READY)
	@$(BIN)/workbench demo --window

app: $(READY)
	@$(BIN)/workbench

test: lint
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

bench: $(READY)
	@$(BIN)/python tests/benchmarks/against_trl

lint: $(READY_FOR_TESTS)
	@$(BIN)/ruff check workbench tests
	@$(BIN)/ruff format --check workbench tests
	@$(BIN)/mypy
	@$(BIN)/lint-imports

# A second call installs nothing: the marks are as new as what they were made from.
$(READY): pyproject.toml
	@$(call make_venv)
	@$(call install,.)
	@touch $@

$(READY_FOR_TESTS): pyproject.toml
	@$(call make_venv)
	@$(call install,.[test])
	@touch $(READY) $@

# The first Python on the path that is new enough; an existing environment is kept if it still runs.
define make_venv
if ! $(BIN)/python -c '$(SUITABLE); import pip' 2>/dev/null; then \
  for python in python3 python3.13 python3.12 python3.11 python; do \
    if $$python -c '$(SUITABLE)' 2>/dev/null; then found=$$python; break; fi; \
  done; \
  if [ -z "$$found" ]; then \
    echo "Preference Workbench needs Python 3.11, 3.12 or 3.13; found: $$(python3 --version 2>&1 || true)." >&2; \
    echo "Install one (Debian, Ubuntu: apt install python3 python3-venv; macOS: brew install python@3.13) and run make again." >&2; \
    exit 1; \
  fi; \
  if ! $$found -c 'import venv, ensurepip' 2>/dev/null; then \
    echo "$$found has no venv module, which the installation needs." >&2; \
    echo "Install it (Debian, Ubuntu: apt install python3-venv) and run make again." >&2; \
    exit 1; \
  fi; \
  echo "Creating $(VENV) with $$($$found --version)"; \
  $$found -m venv --clear $(VENV) || exit 1; \
fi
endef

define install
echo "Installing Preference Workbench into $(VENV) (once; several minutes on a slow line)"; \
if ! $(BIN)/python -m pip install --quiet --disable-pip-version-check --retries 2 --editable '$(1)' 2>$(VENV)/install.log; then \
  tail -n 5 $(VENV)/install.log >&2; \
  if grep -qiE 'connection|resolve|retry|timed out|network|No matching distribution' $(VENV)/install.log; then \
    echo "The packages could not be downloaded: this machine seems to be offline, or a proxy blocks PyPI." >&2; \
    echo "Connect (or set PIP_INDEX_URL to a mirror) and run make again; what was downloaded is kept." >&2; \
  else \
    echo "The installation failed; the whole log is in $(VENV)/install.log." >&2; \
  fi; \
  exit 1; \
fi
endef

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache
