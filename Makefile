# make demo   set up, then run the main job down to a verdict (embedded SQLite, real handwriting, nothing downloaded)
# make test   set up, then the checks and all tests
# make help   the rest

PYTHON ?= python3
VENV   ?= .venv
# The package index's own torch, which on Linux is built for CUDA, beside the one that this machine's settings choose.
GPU_VENV ?= .venv-gpu
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet
PARTS  := golden_study service studies worker
# pip compiles with one processor, and nothing of ours, which it does not copy; here all compile all that programs load.
COMPILE := $(BIN)/python -m compileall -j 0 -x '/tests?/'
comma := ,
# Some installed files are not for this Python, which matters to nobody.
define install
	$(PIP) install --no-compile -e '.[$(1)]' -c constraints.txt
	@$(COMPILE) -qq $(VENV)/lib || true
endef
TESTS  ?= tests
WORKERS ?= 2
# The test processes fill the cores between them.
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev compiled demo test check lint types imports unit test-slow test-random chaos soak fuzz audit docs wheel glossary openapi rules test-compose test-stack test-slurm gpu gpu-dry clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo "Python 3.11 or newer is needed; set PYTHON=python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(BIN)/python pyproject.toml constraints.txt
	$(call install,worker$(comma)parquet)
	@touch $@

$(VENV)/.dev: $(BIN)/python pyproject.toml constraints.txt
	$(call install,dev)
	@touch $@ $(VENV)/.run

$(VENV)/.docs: $(VENV)/.run
	$(call install,docs)
	@touch $@

setup: $(VENV)/.run compiled ## make .venv with everything to run

setup-dev: $(VENV)/.dev compiled ## the same with the test tools

compiled: $(BIN)/python
	@$(COMPILE) -q $(PARTS)

demo: setup ## the main job: submit, train, watch, verdict
	$(BIN)/golden demo

test: setup-dev check unit ## every check, every test

check: setup-dev lint types imports ## format, lint, types, import contracts

lint: setup-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: setup-dev
	$(BIN)/mypy --num-workers $(WORKERS)

imports: setup-dev
	$(BIN)/lint-imports

unit: setup-dev
	$(ONE_THREAD) $(BIN)/python -m pytest $(TESTS) -n $(WORKERS) --dist loadfile --no-loadscope-reorder \
	  -m "not slow and not chaos"

test-slow: setup-dev ## long simulations and large studies
	$(ONE_THREAD) $(BIN)/python -m pytest $(TESTS) -m slow

test-random: setup-dev ## every test in random order; SEED=n repeats the order that it prints
	$(ONE_THREAD) $(BIN)/python -m pytest $(TESTS) -n $(WORKERS) --dist loadfile -m "not slow and not chaos" \
	  -p randomly --hypothesis-profile=exploring $(if $(SEED),--randomly-seed=$(SEED))

soak: setup-dev ## random faults for GOLDEN_SOAK_MINUTES (10), and whether anything grows
	mkdir -p build && GOLDEN_SOAK_MINUTES=$${GOLDEN_SOAK_MINUTES:-10} GOLDEN_CHAOS_LEDGER=$(CURDIR)/build/chaos.jsonl \
	  $(BIN)/python -m pytest tests/chaos/test_soak.py -s

fuzz: setup-dev ## ask every operation of a real service for MINUTES (10) as three callers, from SEED (7), and explain what fails
	$(BIN)/python tests/acceptance/fuzz/run.py --minutes $${MINUTES:-10} --seed $${SEED:-7}

audit: ## ask a public advisory service about every pinned dependency; fails where one cannot be looked up
	$(PYTHON) -m venv build/audit
	build/audit/bin/python -m pip --disable-pip-version-check --quiet install pip-audit
	build/audit/bin/pip-audit --strict --no-deps --disable-pip -r constraints.txt

chaos: setup-dev ## inject faults into real processes for most of an hour, print what came of it and what could not run
	mkdir -p build && GOLDEN_CHAOS_LEDGER=$(CURDIR)/build/chaos.jsonl $(BIN)/python -m pytest tests/chaos -m "chaos or not chaos" -s

test-compose: setup-dev ## build the images and disturb a composed system (needs Docker)
	$(BIN)/python tests/acceptance/compose/run.py

test-stack: setup-dev ## build the images and disturb a stack in Swarm (needs Docker)
	$(BIN)/python tests/acceptance/stack/run.py --build

test-slurm: setup-dev ## disturb an array of workers under Slurm (needs one that runs jobs on this machine)
	$(BIN)/python tests/acceptance/slurm/run.py

$(GPU_VENV)/.run: constraints.txt
	$(PYTHON) -m venv $(GPU_VENV)
	env -u PIP_FIND_LINKS PIP_CONFIG_FILE=/dev/null $(GPU_VENV)/bin/python -m pip --disable-pip-version-check --quiet \
	  install torch numpy -c constraints.txt
	@touch $@

gpu-dry: $(GPU_VENV)/.run ## train without a device on CUDA's branches, by a torch built for CUDA (5 GB, into GPU_VENV)
	$(ONE_THREAD) $(GPU_VENV)/bin/python tests/acceptance/gpu_dry/run.py

gpu: ## on a machine with a CUDA device and PYTHON with torch: gate, tests, benchmarks, a table in build/gpu/
	$(PYTHON) benchmarks/gpu.py

docs: $(VENV)/.docs ## build the manual, which the service then shows at /help
	$(BIN)/python -m service.manual_builder

wheel: docs ## build the package with the manual in it, into dist/
	$(BIN)/python -m build --outdir dist

glossary: setup ## write docs/glossary.md anew
	$(BIN)/python -m service.manual.glossary docs/glossary.md

rules: setup ## write the tables of docs/learning-rules.md anew
	$(BIN)/python -m studies.learning.markdown docs/learning-rules.md

openapi: setup ## write docs/openapi.json anew
	$(BIN)/golden schema --openapi > docs/openapi.json

clean: ## remove the virtual environment and caches, keep data
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
