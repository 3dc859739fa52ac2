#!/usr/bin/env bash
# What Recado costs beside the floor, on this machine: server on core 0, load on core 1, runs interleaved.
#
# Prints one JSON line per run and, at the end, the medians of the ratios recado/floor and the idle cost.
# A ratio compares deliveries per second of the server's processor time: above 1, Recado is cheaper than the floor.
# Lasts about seven minutes; ROUNDS, DURATION, WARMUP, CLIENTS, BYTES, IDLE and PORT in the environment change that.
# Any RECADO_* variable set outside reaches the server.
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=${ROUNDS:-3} duration=${DURATION:-10} warmup=${WARMUP:-2}
clients=${CLIENTS:-1000} bytes=${BYTES:-128} idle=${IDLE:-10000} port=${PORT:-18480}
files=$((idle + 1000))

server='' work=$(mktemp -d)
runs=$work/runs.jsonl
touch "$runs"

say() { printf '%s\n' "$*" >&2; }

stop_server() {
  [[ -n $server ]] || return 0
  kill "$server" 2>/dev/null || true
  for _ in $(seq 150); do
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL "$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
  server=''
}

clean_up() {
  stop_server
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# waits at most ten seconds for a command to succeed, while the server lives
await() {
  for _ in $(seq 200); do
    "$@" >/dev/null 2>&1 && return 0
    kill -0 "$server" 2>/dev/null || break
    sleep 0.05
  done
  say "the server did not come up:"
  tail -n 20 "$work/server.log" >&2
  return 1
}

number() { sed -n "s/.*\"$1\":\(-\{0,1\}[0-9]*\).*/\1/p"; }

start_floor() {
  taskset -c 0 "$kit" floor --mode "$1" >"$work/floor.json" 2>"$work/server.log" &
  server=$!
  await grep -q listening "$work/floor.json"
  at=(--kind floor --url "ws://127.0.0.1:$(number listening <"$work/floor.json")/" --server-pid "$server")
}

# a store of its own for every run; started elsewhere, so that no config.toml of the checkout is read
start_recado() {
  local store
  store=$(mktemp -d "$work/store.XXXX")
  (
    cd "$store"
    export JWT_SECRET=$secret RECADO_SERVER__HOST=127.0.0.1 RECADO_SERVER__PORT=$port
    export RECADO_STORE__URL=${RECADO_STORE__URL:-sqlite:$store/recado.db}
    export RECADO_SERVER__WORKERS=${RECADO_SERVER__WORKERS:-1} RECADO_LOG__LEVEL=${RECADO_LOG__LEVEL:-warn}
    export RECADO_LIMITS__MAX_CONNECTIONS=20000 RECADO_LIMITS__MAX_CONNECTIONS_PER_ADDRESS=20000
    # far away rather than off, so that what the limits cost is in the figures
    export RECADO_LIMITS__CONNECTION_RATE=10000000 RECADO_LIMITS__CONNECTION_BURST=100000000
    export RECADO_LIMITS__USER_RATE=10000000 RECADO_LIMITS__USER_BURST=100000000
    export RECADO_LIMITS__ADDRESS_RATE=10000000 RECADO_LIMITS__ADDRESS_BURST=100000000
    export RECADO_LIMITS__ROOM_RATE=10000000 RECADO_LIMITS__ROOM_BURST=100000000
    export RECADO_LIMITS__CONNECTS_PER_SECOND=1000000 RECADO_LIMITS__CONNECTS_BURST=1000000
    exec taskset -c 0 "$recado" serve
  ) >"$work/server.log" 2>&1 &
  server=$!
  await curl -fsS --max-time 1 "http://127.0.0.1:$port/health/ready"
  at=(--kind recado --url "ws://127.0.0.1:$port/" --jwt-secret "$secret" --server-pid "$server")
}

# load MODE ARGS... : one run against the server that is up; its figures go to stdout and to the file of runs
load() {
  local mode=$1
  shift
  timeout 300 taskset -c 1 "$kit" load "$mode" "${at[@]}" "$@" >"$work/line.json" || {
    say "the run failed; the server's last words:"
    tail -n 20 "$work/server.log" >&2
    return 1
  }
  tee -a "$runs" <"$work/line.json"
}

# fanout NAME IN_FLIGHT ARGS... : the figure of merit, kept as $work/NAME.IN_FLIGHT, one line per round
fanout() {
  local name=$1 in_flight=$2 merit
  shift 2
  load fanout --clients "$clients" --bytes "$bytes" --in-flight "$in_flight" \
    --seconds "$duration" --warmup "$warmup" "$@"
  merit=$(number deliveries_per_cpu_second <"$work/line.json")
  printf '%s\n' "${merit:-0}" >>"$work/$name.$in_flight"
}

median() { sort -n | awk '{ v[NR] = $1 } END { print (NR % 2) ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

# ratio NAME FLOOR IN_FLIGHT : the median over the rounds, each round against its own floor
ratio() { paste "$work/$1.$3" "$work/$2.$3" | awk '{ printf "%.3f\n", ($2 > 0) ? $1 / $2 : 0 }' | median; }

if (($(nproc) < 2)); then
  say "two cores are needed, one for the server and one for the load"
  exit 1
fi
ulimit -n "$files" 2>/dev/null || (($(ulimit -n) >= files)) || {
  say "at most $(ulimit -n) open files are allowed and $files are needed: raise the limit or lower IDLE"
  exit 1
}

timeout 3600 cargo build --release -p recado -p recado-bench
target=${CARGO_TARGET_DIR:-target}
kit=$(realpath "$target/release/recado-bench")
recado=$(realpath "$target/release/recado")
secret=$(head -c 48 /dev/urandom | base64 -w 0 | tr '+/' '-_')

for round in $(seq "$rounds"); do
  say "round $round of $rounds"
  for in_flight in 1 32; do
    for mode in each turn; do
      start_floor "$mode"
      fanout "$mode" "$in_flight"
      stop_server
    done
    start_recado
    fanout message "$in_flight"
    fanout signal "$in_flight" --signal
    stop_server
  done
done

start_floor turn
load idle --clients "$idle"
stop_server
start_recado
load idle --clients "$idle" --cycles 2
stop_server

printf '\nratio recado/floor, median of %s rounds       in flight: %8s %8s\n' "$rounds" 1 32
for says in message signal; do
  for mode in each turn; do
    printf '%-8s against one write per %-10s                %8s %8s\n' "$says" \
      "$([[ $mode == each ]] && echo delivery || echo turn)" "$(ratio "$says" "$mode" 1)" "$(ratio "$says" "$mode" 32)"
  done
done
printf '\nresident bytes per idle connection at %s\n' "$idle"
for kind in floor recado; do
  grep '"run":"idle"' "$runs" | grep "\"kind\":\"$kind\"" | number bytes_per_connection |
    awk -v kind="$kind" '{ printf "%-8s cycle %d %25d\n", kind, NR, $1 }'
done
