#!/usr/bin/env bash
# Recado beside the floor and beside Socket.IO, on this machine: server on core 0, load on core 1, runs interleaved.
#
#   bench/compare.sh                  every figure, about a quarter of an hour after the build
#   bench/compare.sh fanout pairs     only these: fanout pairs signals paced answers idle observed chat steered polling
#                                     unstored chatidle ready size
#
# Prints each run as it ends, then the median of each figure beside its aim. Ratios are taken within a round.
# A whole comparison redraws docs/bench.svg; every comparison leaves its runs in target/bench.jsonl (RUNS).
# In the environment: ROUNDS, DURATION and WARMUP in seconds, CLIENTS, IDLE, CYCLES, ENTRIES, PORT; SVG=path draws there.
# RECADO_* variables set outside reach the server. The sources are not touched; only loopback is used. For as long as
# `steered` takes, loopback's packets are received on the load's core, which only root may say; others go without it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

rounds=${ROUNDS:-3} duration=${DURATION:-8} warmup=${WARMUP:-2}
clients=${CLIENTS:-1000} idle=${IDLE:-10000} cycles=${CYCLES:-10} entries=${ENTRIES:-1000000} port=${PORT:-18480}
every=(fanout pairs signals paced answers idle observed chat steered polling unstored chatidle ready size)

# shellcheck source=bench/compare/servers.sh
source bench/compare/servers.sh
# shellcheck source=bench/compare/figures.sh
source bench/compare/figures.sh

figures=("$@")
[[ $# -gt 0 ]] || figures=("${every[@]}")
for figure in "${figures[@]}"; do
  [[ " ${every[*]} " == *" $figure "* ]] || die "there is no figure named $figure; there are ${every[*]}"
done
(($(nproc) >= 2)) || die "two cores are needed, one for the server and one for the load"
for tool in taskset curl node npm; do
  command -v "$tool" >/dev/null || die "$tool is needed"
done
files=$((idle + 1000))
ulimit -n "$files" 2>/dev/null || (($(ulimit -n) >= files)) ||
  die "at most $(ulimit -n) open files are allowed and $files are needed: raise the limit or lower IDLE"

build
say "about $(expected "${figures[@]}") seconds for ${figures[*]}, $rounds rounds"
began=$SECONDS
for round in $(seq "$rounds"); do
  for figure in "${figures[@]}"; do
    if ((round == 1)) || ! measured_once "$figure"; then
      "measure_$figure"
    fi
  done
done
say "measured in $((SECONDS - began)) seconds; the runs are in $runs"

svg=${SVG:-}
if [[ -z $svg && $# -eq 0 ]]; then
  mkdir -p docs
  svg=docs/bench.svg
fi
"$kit" verdict --runs "$runs" ${svg:+--svg "$svg"}
