# The commands of this project; `make` prints them.

BIN := $(CURDIR)/.venv/bin
CRATE := --manifest-path pipeline/native/Cargo.toml
CORPUS ?= ../shared/corpus

# The first Python of this machine that is new enough; `make setup PYTHON=...` takes another.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null && echo $$p && break; done)

# rustup looks for its toolchains below HOME. Where HOME is another (CI, sudo), they still stand beside cargo.
TOOLCHAINS := $(abspath $(dir $(shell command -v cargo))../../.rustup)
ifeq ($(RUSTUP_HOME)$(wildcard $(HOME)/.rustup/toolchains),)
ifneq ($(wildcard $(TOOLCHAINS)),)
export RUSTUP_HOME := $(TOOLCHAINS)
endif
endif

.DEFAULT_GOAL := help
.PHONY: help setup demo test check accuracy bench bench-kafka chaos chaos-clusters chaos-notify chaos-track chaos-watch fuzz lock clean tools

help: ## print this
	@awk -F ': .*## |: ## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' Makefile

setup: pipeline/_native.abi3.so ## make .venv with everything in it (quick when nothing changed)

demo: setup ## watch crashes being found as they happen, until Ctrl-C; ARGS='--seconds 20' ends by itself
	@$(BIN)/panicstream demo $(ARGS)

# As an extension module the crate does not link libpython, which many machines lack; its tests never call Python.
# Half of the time tests on Kafka wait: two files are run at once.
test: setup ## run all tests; they need nothing outside this folder
	cargo test --quiet --locked $(CRATE) --features extension-module
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

check: test ## all tests, lint, format, types, and the core's stub against the built core
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy --strict --no-namespace-packages
	$(BIN)/python -m mypy.stubtest pipeline._native
	cargo fmt $(CRATE) --check
	cargo clippy --quiet --locked $(CRATE) --all-targets --features extension-module -- -D warnings

accuracy: setup ## measure against CORPUS=../shared/corpus; ARGS=-v names each miss
	$(BIN)/python -m tests.accuracy --corpus $(CORPUS) $(ARGS)

bench: setup ## measure speed
	$(BIN)/python -m tests.bench $(if $(wildcard $(CORPUS)),--corpus $(CORPUS)) $(ARGS)

bench-kafka: setup ## measure DETECT and TRACK on a real Kafka; ARGS="--only memory" and "--only restart" take minutes more
	$(BIN)/python -m tests.bench.kafka $(ARGS)

chaos-track: setup ## let workers of TRACK come, leave and die under load; with our cure for what Faust skips, and without
	$(BIN)/python -m tests.kafka.chaos_track $(ARGS)

chaos: setup ## kill workers and brokers under load, and see that nothing is lost or told twice; ARGS=--kills 50
	$(BIN)/python -m tests.chaos $(ARGS)

chaos-clusters: setup ## kill TRACK and DETECT while new bugs appear, and see that counts, ids and news are right; ARGS='--kills 50'
	$(BIN)/python -m tests.chaos --only clusters $(ARGS)

chaos-watch: setup ## kill TRACK and DETECT while services are in trouble, and see that no alert is lost or begins anew; ARGS='--kills 20'
	$(BIN)/python -m tests.chaos --only watch $(ARGS)

chaos-notify: setup ## kill workers while they tell channels, and see that nothing is lost, out of order or told twice unmarked
	$(BIN)/python -m tests.chaos --only notify --kills 100 $(ARGS)

# A toolchain of its own: rustup toolchain install nightly, cargo install cargo-fuzz.
SECONDS ?= 600
TARGET ?= scan
fuzz: ## feed the core arbitrary bytes for SECONDS=600, TARGET=scan or records (needs Rust nightly and cargo-fuzz)
	cd pipeline/native && cargo +nightly fuzz run $(TARGET) -- -max_total_time=$(SECONDS) -max_len=6000

lock: ## renew requirements.lock from pyproject.toml
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && $(PYTHON) -m venv "$$folder" \
		&& "$$folder/bin/pip" install --quiet pip-tools \
		&& "$$folder/bin/pip-compile" --quiet --no-header --upgrade --strip-extras --generate-hashes --no-emit-find-links \
			--no-emit-index-url --allow-unsafe --extra dev pyproject.toml -o requirements.lock

clean: ## take away what setup, tests and checks made
	rm -rf .venv pipeline/*.so pipeline/native/target .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

# The compiled core is the last thing that setup makes, so its date is that of the whole installation.
RUST := pipeline/native/Cargo.toml pipeline/native/Cargo.lock $(shell find pipeline/native/src -name '*.rs')
pipeline/_native.abi3.so: $(RUST) pyproject.toml .venv/.libraries
	@$(MAKE) --no-print-directory tools
	@echo 'setup: building the core'
	@PATH="$(BIN):$$PATH" $(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--no-deps --no-build-isolation --editable .
	@touch $@

.venv/.libraries: requirements.lock
	@$(MAKE) --no-print-directory tools
	@echo 'setup: installing libraries into .venv'
	@test -x $(BIN)/python || $(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

# What setup needs of the machine, each with what to do where it is missing.
tools:
	@missing=0; need() { eval "$$1" > /dev/null 2>&1 || { echo "setup: $$2" >&2; missing=2; }; }; \
	need 'test -n "$(PYTHON)"' 'Python 3.11 or later is missing: https://www.python.org/downloads'; \
	need '$(PYTHON) -c "import ensurepip, venv"' 'Python cannot make a .venv: apt install python3-venv'; \
	need 'cargo --version' 'cargo is missing or has no toolchain: https://rustup.rs, then rustup default stable'; \
	need 'rustc --version | awk "{ split(\$$2, v, \".\"); exit !(v[1] > 1 || v[2] >= 88) }"' \
		'Rust 1.88 or later is missing: rustup update stable'; \
	need 'command -v cc' 'cc, which Rust links with, is missing: apt install gcc'; \
	exit $$missing
