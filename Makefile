# Set-up, one run at a time, and the commands of README.md; everything else is in Snakefile and pipeline/.
PYTHON ?= python3
BIN := .venv/bin
export PATH := $(abspath $(BIN)):$(PATH)
export PYTHONNOUSERSITE := 1
SNAKEMAKE := python -m pipeline.files.lock .snakemake.flock python -m pipeline.console --nolock --cores all

.PHONY: help setup quick cpu paper claims published pages test torture bench original format
help:  ## this list
	@sed -n 's/^\([a-z]*\):.*##/\1 -/p' Makefile

# Named by the packages, not by the age of their list: only a list of other packages is installed. An environment that
# works is changed, not made anew, so that packages of an earlier list may stay in it: to be rid of them, delete .venv.
INSTALLED := .venv/.installed-$(firstword $(shell grep == envs/requirements.lock | cksum))
$(INSTALLED):
	@test ! -L .venv || { echo "make: .venv is a link to an environment with other packages than envs/requirements.lock names: \
	delete the link, or run make setup where it leads" >&2; exit 1; }
	@echo "Installing into .venv: about 4 minutes; 2 GB with a CPU build of torch, 6 GB with CUDA, which pip takes on Linux."
	@rm -f .venv/.installed*
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r envs/requirements.lock
	$(BIN)/python -m pip check
	touch $@

setup: $(INSTALLED)  ## the Python environment, in .venv

quick: setup  ## MNIST with 2 seeds of 20 epochs: about 10 minutes on 2 CPU cores
cpu: setup  ## scale `cpu`: every available data set: about 8 hours on 2 CPU cores
paper: setup  ## the full reproduction, scale `paper`
quick cpu paper: comma := ,
quick cpu paper: CHOSEN = --scale $@ $(if $(SEEDS),--seeds $(subst $(comma), ,$(SEEDS)))
quick cpu paper:  # make quick SEEDS=2,3: other seeds than the scale's
	@$(SNAKEMAKE) --config scale=$@ $(if $(SEEDS),'seeds=[$(SEEDS)]')
	@python -m pipeline.verify $(CHOSEN)
	@test ! -f tests/regression/$@.json || python -m pipeline.check $(CHOSEN)
	@python -m pipeline.show $(CHOSEN)

claims: setup  ## the paper's claims as experiments, at scale `quick`: half an hour on 2 CPU cores
	@$(SNAKEMAKE) --config scale=quick -- claims
	@python -m pipeline.show --scale quick --claims

published: setup  ## all tables and figures again, from the committed metrics: a minute
	@$(SNAKEMAKE) --forcerun regenerate_claims regenerate_table regenerate_figures -- published  # whatever code has changed
	@echo "Tables, figures, claims and report.html are in results/regenerated/."

COMPARED := $(addprefix results/regenerated/comparison/,comparison.svg samples.svg)
pages: published  ## every generated page of docs/ again, from the committed results: 2 minutes
	@python -m pipeline.publish --regenerated
	@python -m pipeline.compare --scale cpu --gathered benchmarks/results/comparison --output results/regenerated/comparison \
	    --page docs/evidence.md
	@cp $(COMPARED) benchmarks/results/comparison/
	@python -m benchmarks.exact_models
	@python -m benchmarks.original.page
	@python -m benchmarks.gap
	@python -m docs.paper
	@python -m docs.api

test: setup  ## lint, types, all tests
	@echo "Format, lint and types, then the tests: about 10 minutes on 2 CPU cores."
	@ruff format --check --quiet .
	@ruff check --quiet .
	@snakefmt --check Snakefile pipeline/rules
	@mypy --no-error-summary
	@pytest -n 2 --dist loadfile --no-loadscope-reorder

torture: setup  ## long tests and many injected faults, counted in docs/contributing.md: half an hour
	pytest tests/faults --long --tally docs/contributing.md
	pytest --long -m long

bench: setup data/prepared/mnist.npz  ## the timings of docs/performance.md, on this machine's CPU: half an hour
	python -m benchmarks.training --repeats 5 --output benchmarks/results/training-cpu.csv
	python -m benchmarks.training --repeats 3 --threads 1 --output benchmarks/results/training-cpu-1.csv
	for name in tfd cifar10-fc cifar10-conv; do python -m benchmarks.training --experiment $$name --minibatches 2 \
	    --repeats 3 --output benchmarks/results/training-$$name-cpu.csv || exit 1; done
	python -m benchmarks.parzen --data data/prepared/mnist.npz --output benchmarks/results/parzen-cpu.csv
	python -m benchmarks.growth --output benchmarks/results/growth-cpu.csv
	python -m benchmarks.workflow --output benchmarks/results/workflow-cpu.csv
	if test -f $(ORIGINAL)/env.sh; then python -m benchmarks.original.speed --folder $(ORIGINAL) \
	    --output benchmarks/results/training-original-cpu.csv; fi

ORIGINAL := work/original
original: setup data/prepared/mnist.npz  ## the authors' 2014 code, set up, trained and scored: Python 2.7, 5 hours on a core
	benchmarks/original/setup.sh $(ORIGINAL) data/raw/mnist
	. $(ORIGINAL)/env.sh && "$$PY" benchmarks/original/python2/train.py $(ORIGINAL)/own
	python -m benchmarks.original.score --run $(ORIGINAL)/own --name own --data data/prepared/mnist.npz \
	    --output $(ORIGINAL)/original.csv --curves $(ORIGINAL)/original-curves.csv
	python -m benchmarks.original.pictures --run $(ORIGINAL)/own --output $(ORIGINAL)

data/prepared/mnist.npz:
	@$(SNAKEMAKE) --config experiments=[mnist] -- all_data

format: setup  ## rewrite the code in the project's format
	ruff format .
	ruff check --fix .
	snakefmt Snakefile pipeline/rules
