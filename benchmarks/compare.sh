#!/usr/bin/env bash
# Measures Holdfast beside its peers with the shared bench, in one run:
#   PEERS=workerd,ours W=W1,W4 REPS=3 FAST=1 benchmarks/compare.sh [more options of bench.sh]
# BENCH_HOME is the bench folder (default ../shared/bench beside the project); it is copied, never written to.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
die() { echo "compare: $*" >&2; exit 1; }

find_bench() {
  local folder
  # A git worktree may lie deeper than the project: look upwards.
  for folder in "${BENCH_HOME:-}" "$root/../shared/bench" "$root/../../shared/bench"; do
    if [ -n "$folder" ] && [ -f "$folder/bench.sh" ]; then (cd "$folder" && pwd); return; fi
  done
  die "expected the bench folder at ${BENCH_HOME:-$root/../shared/bench}; set BENCH_HOME to it"
}

[ "$(id -u)" = 0 ] || echo "compare: not root: wrk and what the peers need must be installed already" >&2
for tool in node npm gcc; do command -v "$tool" >/dev/null || die "expected $tool on PATH (Debian: apt-get install nodejs npm gcc)"; done
source_folder=$(find_bench)
"$root/scripts/docker-up"
echo "compare: building Holdfast"
(cd "$root" && scripts/mvn -q -Dfast -Dmaven.test.skip=true -pl cluster-node,benchmarks,examples/counter,examples/sandbox -am package)
"$root/scripts/aot-cache"

bench=$here/target/bench
mkdir -p "$bench"
# Peers already installed there are kept: node_modules are slow to fetch.
cp -r "$source_folder/." "$bench/"
chmod -R u+w "$bench"
mkdir -p "$bench/peers/ours"
cp "$here/compare/ours.mjs" "$bench/peers/ours/peer.mjs"

options=(--peers "${PEERS:-workerd,ours}" --out "results/${OUT:-$(date +%Y%m%d-%H%M%S)}.jsonl")
if [ -n "${W:-}" ]; then options+=(--w "$W"); fi
if [ -n "${REPS:-}" ]; then options+=(--reps "$REPS"); fi
if [ "${FAST:-0}" = 1 ]; then options+=(--fast); fi
echo "compare: bench.sh ${options[*]} $*"
cd "$bench"
HOLDFAST_HOME=$root ./bench.sh "${options[@]}" "$@"
