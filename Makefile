# Every target first brings .venv up to date with uv.lock; when it is, no network is needed.
#   PYTHON=...          the interpreter (3.11, 3.12 or 3.13)
#   ACCELERATOR=cuda12  JAX for a GPU (cuda12 or cuda13); remembered
#   TARGET=...          a target of the workflow other than `all`
#   ARGS="..."          further arguments of the program that runs
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3; do \
  $$python -c '' 2>/dev/null && echo $$python && break; done)
ACCELERATOR ?= $(shell sed -n 2p $(STAMP) 2>/dev/null)
TARGET ?=
ARGS ?=

UV_VERSION := 0.13.8
TOOLS := .tools/uv-$(UV_VERSION)
UV := $(TOOLS)/bin/uv
BIN := .venv/bin
PROFILE := workflow/profiles/default

# Line 1: the folder that .venv was made in (a moved one is made anew); line 2: its ACCELERATOR.
STAMP := .venv/.synced

python_version = $(shell $(or $(PYTHON),python3) -c 'import sys, venv, ensurepip; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
python_problem = fullfield needs Python 3.11, 3.12 or 3.13 with its venv module, but $(or $(PYTHON),python3) \
  $(if $(python_version),is Python $(python_version),cannot be used): install one or name it with PYTHON=/path/to/python

export UV_COMPILE_BYTECODE := 1
export UV_PYTHON_DOWNLOADS := never
# The system's certificates, where it has some: networks with a certificate of their own are common.
export UV_SYSTEM_CERTS ?= $(if $(wildcard /etc/ssl/certs/*),true,false)
export UV_PROJECT_ENVIRONMENT := .venv
export JAX_COMPILATION_CACHE_DIR ?= $(CURDIR)/.cache/jax
# Small programs, too: every job compiles some hundred of them, mostly the same.
export JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS ?= 0
# jax-cosmo still uses pkg_resources, which warns at every import.
export PYTHONWARNINGS ?= ignore:pkg_resources is deprecated:UserWarning
unexport PYTHONDONTWRITEBYTECODE PYTHONHOME PYTHONPATH VIRTUAL_ENV

.DEFAULT_GOAL := help
.PHONY: help env run report accept results test lint format notebook clean FORCE

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo 'Targets of make run: all (the default), figures, tables, reference; and in full the studies'
	@awk 'FNR == 1 { split(FILENAME, folder, "/"); sub(/^# (Study of )?/, ""); printf "  TARGET=%-17s %s\n", folder[3], $$0 } \
	  /^# Target / { split($$3, name, ":"); sub(/^# Target [a-z_]+: /, ""); printf "  TARGET=%-17s %s\n", name[1], $$0 }' \
	  workflow/studies/*/rules.smk

env: $(STAMP) ## Set up the environment in .venv

run: $(STAMP) ## Run the workflow, or continue it; ARGS="--config scale=smoke" takes minutes
	@exec $(BIN)/python workflow/run.py $(TARGET) $(ARGS)

report: $(STAMP) ## Write report.html from finished results
	@$(BIN)/python -m snakemake $(TARGET) --workflow-profile $(PROFILE) $(ARGS) --report report.html

accept: $(STAMP) ## Hold finished results against workflow/acceptance.yaml; fail with a list
	@exec $(BIN)/python workflow/accept.py $(ARGS)

results: $(STAMP) ## Copy the finished laptop run's tables to docs/tables; write docs/results.md from them
	@$(BIN)/python workflow/pages.py $(ARGS)

test: $(STAMP) ## Run the tests
	@$(BIN)/python -m pytest -n 2 --no-loadscope-reorder $(ARGS)

lint: $(STAMP) ## Check form: ruff, snakefmt, snakemake --lint, the conda files, the pages of results
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/snakefmt --check Snakefile workflow
	@$(BIN)/python -m snakemake --lint
	@$(BIN)/python envs/generate.py --check
	@$(BIN)/python workflow/pages.py --check

format: $(STAMP) ## Bring Python and Snakemake files into form
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/snakefmt Snakefile workflow

notebook: $(STAMP) ## Execute docs/tutorial.ipynb into build/
	@$(BIN)/python -m nbconvert --to notebook --execute --output-dir build $(ARGS) docs/tutorial.ipynb

clean: ## Remove caches, builds and reports; results/ and .venv stay
	@rm -rf .cache .pytest_cache .ruff_cache build report.html report.zip
	@find . -name __pycache__ -not -path './.venv/*' -not -path './.tools/*' -prune -exec rm -rf {} +

$(STAMP): pyproject.toml uv.lock
	@$(if $(filter 3.11 3.12 3.13,$(python_version)),,$(error $(python_problem)))
	@echo "Setting up .venv (about a minute the first time)"
	@test -x $(UV) || { $(PYTHON) -m venv $(TOOLS) && \
	  $(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION); }
	@test ! -f $@ || test "$$(sed -n 1p $@)" = '$(CURDIR)' || rm -rf .venv
	@extra="$(ACCELERATOR)"; $(UV) sync --quiet --frozen --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" \
	  $${extra:+--extra "$$extra"} && printf '%s\n%s\n' '$(CURDIR)' "$$extra" > $@

# An interpreter or an extra named by the user, and a folder that was moved, ask for a look at a finished environment.
ifneq ($(origin PYTHON)$(origin ACCELERATOR),filefile)
$(STAMP): FORCE
endif
ifneq ($(shell sed -n 1p $(STAMP) 2>/dev/null),$(CURDIR))
$(STAMP): FORCE
endif
