# `make` alone lists the targets. Each one is a script that works without make too.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo test chaos soak walls measure coverage build fast run cluster cluster-down fmt bench compare docs clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## Docker, images, build, a node, and the tour of it with curl; ends 0 or says what is wrong
	@scripts/demo

test: ## The whole suite with its set-up; ONE=CounterWorkerTest runs one class
	@scripts/test $(ONE)

chaos: ## Faults and load on three nodes, a real Cassandra and Docker Engine: SEEDS=5 SECONDS=60 SEED=1 MUTATE=none|no-lease|ack-early
	@SEED="$(SEED)" MUTATE="$(MUTATE)" scripts/chaos "$(or $(SEEDS),5)" "$(or $(SECONDS),60)"

soak: ## Minutes of chaos on a real node and a Docker Engine of its own (root): MINUTES=10 SEED=1
	@scripts/soak "$${MINUTES:-10}" "$${SEED:-1}"

walls: ## The engine's tests on a Docker Engine of their own with disk quota and user namespaces (root, btrfs)
	@scripts/walls

measure: ## Tables that take minutes, on real nodes and a real Cassandra: WHAT=failover|regions|scale
	@scripts/measure "$(WHAT)"

coverage: ## What the unit tests reach, in each module's target/site/jacoco/index.html
	@scripts/mvn -Dfast -Pcoverage test && ls */target/site/jacoco/index.html

build: ## Compile with all checks and package, without tests
	@scripts/build

fast: ## Compile and package without the checks (4-6 times quicker)
	@scripts/build -Dfast

run: ## Leave a node running with the three examples (PORT=8787)
	@scripts/run

cluster: ## Three regions of two nodes each on a real Cassandra, on this machine; prints a map and curl lines
	@scripts/cluster up

cluster-down: ## End the cluster, and remove all that it has stored
	@scripts/cluster down

fmt: ## Format the sources
	@scripts/mvn -q spotless:apply

bench: ## Measure this machine's Holdfast alone: NAME=W4 for one workload, quick by default (FAST=0: long)
	@PEERS=ours W="$${NAME:-W1,W2,W4}" FAST="$${FAST:-1}" REPS="$${REPS:-1}" benchmarks/compare.sh

compare: ## Measure Holdfast beside its peers: PEERS=workerd,ours W=W1,W4 [REPS=3] [FAST=1]
	@benchmarks/compare.sh

docs: ## The Javadoc of the SDK, in sdk/target/reports/apidocs
	@scripts/mvn -q -Dfast -pl sdk javadoc:javadoc && echo "sdk/target/reports/apidocs/index.html"

clean: ## Remove what was built, and the data of the demo
	@scripts/mvn -q clean && rm -rf target
