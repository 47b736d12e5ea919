# The daily commands. Each does all the set-up it needs, on a fresh Debian 12 with git and make.
SHELL := /bin/bash
PRESET ?= dev
JOBS ?= $(shell nproc)

FUZZ_SECONDS ?= 600

# ON: units are compiled in batches, which is for builds from nothing (cmake/Batches.cmake); a folder stays as it was
# configured until the other is said.
BATCHES ?=
CONFIGURE = cmake --preset $(PRESET) $(if $(BATCHES),-DMEMFIT_BATCHES=$(BATCHES))

# What the preset takes beside the rest: these are built with clang, the others with g++.
PRESET_DEPS = $(filter clang asan,$(PRESET))

.PHONY: corpus dist demo demo-cluster test e2e v2 bench repeat lint install build sweep asan fuzz format clean

build: deps-build
	$(CONFIGURE)
	cmake --build --preset $(PRESET) -j $(JOBS)

test: deps-test
	$(CONFIGURE)
	cmake --build --preset $(PRESET) -j $(JOBS)
	ctest --preset $(PRESET)

asan:
	$(MAKE) test PRESET=asan

demo: BATCHES := $(or $(BATCHES),$(if $(wildcard build/$(PRESET)/CMakeCache.txt),,ON))
demo: deps-demo
	@began=$$(date +%s) && $(CONFIGURE) && \
	    cmake --build --preset $(PRESET) -j $(JOBS) --target kubectl-memfit && \
	    echo "built in $$(($$(date +%s) - began)) s"
	examples/demo.sh build/$(PRESET)/plugin/kubectl-memfit

# In the cluster of KUBECONFIG, else in one that tests/cluster/up makes and that is taken down again.
# MEMFIT=PATH/kubectl-memfit takes a binary that is built already, and installs only what the demo itself needs.
# RESULT=FILE keeps the document.
demo-cluster: $(if $(MEMFIT),deps-demo-given,deps-demo-cluster)
ifndef MEMFIT
	$(CONFIGURE)
	cmake --build --preset $(PRESET) -j $(JOBS) --target kubectl-memfit
endif
	examples/demo-cluster.sh $(or $(MEMFIT),build/$(PRESET)/plugin/kubectl-memfit)

bench: deps-bench
	cmake --preset release
	cmake --build --preset release -j $(JOBS) --target kubectl-memfit measurements
	scripts/dist.sh $$(dpkg --print-architecture)
	tests/bench/run.sh build/release

# Ten recommendations of the same program, half of them beside a neighbour that burns a core. RUNS=N, PROGRAM='./api',
# LOAD='hey ... {url}/' and PORT=N change what is measured.
repeat: export RUNS := $(RUNS)
repeat: export PROGRAM := $(PROGRAM)
repeat: export LOAD := $(LOAD)
repeat: export PORT := $(PORT)
repeat: deps-bench
	cmake --preset release
	cmake --build --preset release -j $(JOBS) --target kubectl-memfit
	tests/bench/repeat.sh build/release/plugin/kubectl-memfit

# On the cluster of $KUBECONFIG, else on one of its own, which it takes down again.
e2e: deps-bench
	$(CONFIGURE)
	cmake --build --preset $(PRESET) -j $(JOBS) --target e2e_tests cluster_trials
	tests/e2e/run.sh build/$(PRESET) -d

# On a kernel with cgroup v2, in a virtual machine.
v2: deps-v2
	$(CONFIGURE)
	cmake --build --preset $(PRESET) -j $(JOBS) --target plugin_tests v2_tests
	tests/v2/run.sh build/$(PRESET)

# Each target for FUZZ_SECONDS, as many at a time as there are JOBS; what is found stays in build/asan/fuzz.
fuzz: PRESET = asan
fuzz: deps-asan
	$(CONFIGURE)
	cmake --build --preset asan -j $(JOBS) --target fuzzers
	tests/fuzz/run.sh build/asan $(FUZZ_SECONDS) $(JOBS)

# Reads every file below DIR in every way that memfit reads files: what crashed, hung, was refused or edited wrongly.
corpus: deps-test
	$(if $(DIR),,$(error say which folder: make corpus DIR=...))
	$(CONFIGURE)
	cmake --build --preset $(PRESET) -j $(JOBS) --target corpus
	tests/corpus/run.sh build/$(PRESET)/tests/corpus $(DIR) $(JOBS)

# Static release archives, Debian packages and the krew manifest, in build/dist; and their tests.
dist: deps-dist
	scripts/dist.sh
	tests/dist/run.sh build/dist

sweep: deps-bench
	cmake --preset release
	cmake --build --preset release -j $(JOBS) --target kubectl-memfit measurements
	tests/bench/sweep.sh build/release

# clang-tidy leaves out what it found clean before (scripts/tidy.sh); LINT=all checks everything.
lint: deps-lint
	LINT=$(filter all record,$(LINT)) scripts/lint.sh

format: deps-lint
	git ls-files '*.cpp' '*.h' | xargs clang-format-19 -i
	gofmt -w examples

install: deps-build
	cmake --preset release -DMEMFIT_TESTS=OFF -B build/install
	cmake --build build/install -j $(JOBS)
	cmake --install build/install

clean:
	rm -rf build

deps-%:
	@scripts/install-deps.sh $* $(PRESET_DEPS)
