# Everything starts from a clone, Python 3.11 or newer, a shell and make.

SHELL := /bin/sh
BIN := .venv/bin
STAMP := .venv/.installed
DEPLOY_TOOLS := .tools/deploy
comma := ,

.DEFAULT_GOAL := help
.PHONY: help setup java jars demo test test-slow test-s3 test-s3-store test-cluster test-deploy kill-matrix order-matrix pair-matrix fault-matrix attack-matrix erase-matrix soak truth costs quick lint docs site questions month notebooks notebook-packages newcomer bench bench-small bench-packages profile bench-desk bench-history bench-skew bench-simulator pictures clean FORCE

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

demo: setup ## from nothing to a published warehouse of one simulated night, and a look at it
	@sh deploy/demo.sh

# Each process has a Spark session of its own. One alone keeps one core busy: in its first 590 s it took 592 s.
test: setup ## the tests, in WORKERS=2 processes of up to 5 GB; those of `make test-slow` and `make test-s3` are left out
	@$(BIN)/python -m pytest -n $(or $(WORKERS),2) --dist loadfile -m "not slow and not matrix and not s3"

test-slow: setup ## more nights: real kills, repaired and moved input, all thresholds
	@$(BIN)/python -m pytest -m "slow and not matrix and not s3"

kill-matrix: setup ## a night killed at 60 named points and KILLS= random instants: an hour and more
	@KILLS=$(or $(KILLS),50) $(BIN)/python -m pytest tests/night/test_kill_matrix.py -m matrix

order-matrix: setup ## SCHEDULES= random schedules of the same raw lines: equal tables
	@SCHEDULES=$(or $(SCHEDULES),30) $(BIN)/python -m pytest tests/night/test_schedules.py -m matrix

pair-matrix: setup ## PAIRS= times two nights at once, on disk and on S3: one publishes
	@sh deploy/s3_test_server.sh
	@$(BIN)/python -m jobs.io.jars --s3
	@PAIRS=$(or $(PAIRS),20) $(BIN)/python -m pytest -m matrix tests/night/test_two_at_once.py tests/s3/test_two_at_once.py

fault-matrix: setup ## every fault of docs/faults.md made on purpose: each is found by name
	@$(BIN)/python -m pytest tests/night/test_faults.py -m matrix

attack-matrix: setup ## attacks on the published files of 2,000 visitors: nobody is found, without protection everybody is
	@$(BIN)/python -m pytest tests/privacy -m matrix

erase-matrix: setup ## 100 of 2,000 visitors erased: no trace, and tables as if they had never been there; one on S3
	@$(BIN)/python -m pytest tests/erasure -m matrix
	@sh deploy/s3_test_server.sh
	@$(BIN)/python -m jobs.io.jars --s3
	@$(BIN)/python -m pytest tests/s3/test_erase.py -m matrix

soak: setup ## NIGHTS= small nights in a row, with maintenance: does anything grow, is there any false alarm?
	@$(BIN)/python -m benchmarks.soak --nights $(or $(NIGHTS),60) --page-views $(or $(PAGE_VIEWS),20)

test-deploy: $(STAMP) $(DEPLOY_TOOLS)/.installed ## deploy/ as Airflow, Kubernetes and Databricks read it
	@$(BIN)/python -m pytest tests/deploy

test-s3: setup ## whole nights on a real S3 server, built once by Go into .tools/ and started for the tests only
	@sh deploy/s3_test_server.sh
	@$(BIN)/python -m jobs.io.jars --s3
	@$(BIN)/python -m pytest -n $(or $(WORKERS),2) --dist loadfile -m "s3 and not matrix"

test-s3-store: $(STAMP) ## of these the tests without Java, in seconds
	@sh deploy/s3_test_server.sh
	@$(BIN)/python -m pytest -m "s3 and not spark"

test-cluster: setup ## nights by spark-submit on a standalone cluster of processes on loopback, raw files and tables on S3
	@sh deploy/s3_test_server.sh
	@$(BIN)/python -m jobs.io.jars --s3
	@$(BIN)/python -m pytest -m s3 tests/s3/test_cluster.py

truth: setup ## 10,000 simulated page views against their truth, seed by SEED=
	@$(BIN)/python -m benchmarks.truth --seed $(or $(SEED),1)

# Bytecode is kept even where the environment says otherwise: rewriting all assertions anew costs seconds per worker.
quick: $(STAMP) ## the tests that need no Java, in seconds
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 2 --dist loadfile -m "not spark and not slow and not matrix and not s3"

costs: setup ## measure anew what `hoverlake plan` multiplies, SEEDS= times six nights; Linux, a quiet machine
	@$(BIN)/python -m benchmarks.costs --seeds $(or $(SEEDS),2)
	@$(BIN)/python -m benchmarks.scale

lint: $(STAMP) ## ruff and mypy
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

docs: $(STAMP) ## write docs/ anew: pages of tables and formats, contracts of marts, and SCALE.md from measured costs
	@$(BIN)/python -m warehouse_schema.docs
	@$(BIN)/python -m jobs.dictionary.contract_files
	@$(BIN)/python -m benchmarks.scale
	@$(BIN)/python -m tests.night.faults

site: $(STAMP) ## the data dictionary as static pages in site/: tables, columns, metrics, searchable without a server
	@$(BIN)/python -m jobs.dictionary --output site

questions: setup ## write docs/questions.md and its pictures anew, from the warehouses of `make demo` and `make month`
	@test -d data/warehouse || sh deploy/demo.sh
	@test -d data/month/warehouse || sh deploy/month.sh
	@$(BIN)/python -m jobs.questions.page

month: setup ## a second warehouse, of four Fridays, one of them larger than the demo's date, in data/month/warehouse
	@sh deploy/month.sh

notebooks: $(STAMP) notebook-packages ## open notebooks/ in Jupyter, as copies in data/notebooks/; IN= another warehouse than the demo's
	@sh deploy/notebooks.sh "$(or $(IN),data/warehouse)"

notebook-packages: $(STAMP)
	@$(BIN)/python -c 'import jupyterlab, jupytext, ipykernel' 2>/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --constraint constraints.txt --editable '.[notebooks]'

newcomer: ## a fresh clone, README.md and docs/questions.md only: five questions answered, and the time to the first heatmap
	@$(or $(PYTHON),python3) -m tests.newcomer.walk

bench: setup bench-packages ## the night against DuckDB, Polars and plain Spark, equal tables; SIZES= in million samples, ROUNDS=: hours
	@$(BIN)/python -m benchmarks.bench --sizes $(or $(SIZES),18$(comma)72) --rounds $(or $(ROUNDS),3)

bench-small: setup bench-packages ## the same once, on half a million and one and a half million samples
	@$(BIN)/python -m benchmarks.bench --sizes 0.5,1.5 --rounds 1

bench-packages: $(STAMP)
	@$(BIN)/python -c 'import polars' 2>/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --constraint constraints.txt --editable '.[bench]'

profile: setup ## where the time of one night goes; SIZE= in million samples
	@$(BIN)/python -m benchmarks.profile --size $(or $(SIZE),1)

bench-desk: $(STAMP) ## how long `hoverlake sql` takes for one date of 400, made from the demo's; minutes
	@$(BIN)/python -m benchmarks.desk

bench-history: $(STAMP) ## the same night into warehouses of 0, 1, 400 and 405 dates: does it take longer?
	@$(BIN)/python -m benchmarks.history --size $(or $(SIZE),0.5) --rounds $(or $(ROUNDS),3)

bench-skew: setup ## one file of LARGE= GB beside 5,000 small ones, a million beacons of one visitor, a page view of 24 hours; minutes
	@$(BIN)/python -m benchmarks.skew --size $(or $(SIZE),36) --large $(or $(LARGE),2) --busy $(or $(BUSY),1000000)

bench-simulator: $(STAMP) ## samples per second and core of the simulator
	@$(BIN)/python -m benchmarks.simulator_speed

pictures: questions ## draw every picture of docs/ anew: heatmaps, plots, questions, pages in a browser
	@$(BIN)/python -m tests.plots.pictures
	@$(BIN)/python -m tests.serve.screenshots
	@$(BIN)/python -m tests.dictionary.screenshot
	@$(BIN)/python -m tests.report.screenshot

clean: ## remove the demo's data and all caches; keeps .venv, .jars and .tools
	rm -rf data dist site .mypy_cache .ruff_cache .pytest_cache .hypothesis metastore_db derby.log spark-warehouse
	find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +

setup: $(STAMP) java jars ## environment, Java and Delta's jars, as demo and test need them

java: $(STAMP)
	@$(BIN)/python -m jobs.io.java --install

jars: $(STAMP) java
	@$(BIN)/python -m jobs.io.jars

# The stamp is younger than what it was made from, unless the environment has since been moved or broken.
ifneq ($(shell sh deploy/environment.sh --check && echo stands),stands)
$(STAMP): FORCE
endif
$(STAMP): setup.cfg pyproject.toml constraints.txt
	@sh deploy/environment.sh

# In an environment of its own: Airflow pins much that Spark's side needs in other versions.
$(DEPLOY_TOOLS)/.installed: tests/deploy/requirements.txt
	$(BIN)/python -m venv --clear $(DEPLOY_TOOLS)
	$(DEPLOY_TOOLS)/bin/python -m pip install --quiet --no-deps -r $<
	@touch $@

FORCE:
