# shellcheck shell=bash disable=SC2034,SC2154
# Part of bench/compare.sh: starts what is measured, one server at a time, and ends it whatever happens.

server='' work=$(mktemp -d)
secret=$(head -c 48 /dev/urandom | base64 -w 0 | tr '+/' '-_')

say() { printf 'compare.sh: %s\n' "$*" >&2; }
die() {
  say "$*"
  exit 1
}

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

# Over loopback the sender's processor also does what the receiver's would: taking the packet in, waking the reader,
# answering with an ACK. Steered, that work goes to the load's core, where clients elsewhere would have theirs.
steering=/sys/class/net/lo/queues/rx-0/rps_cpus unsteered=''
steer() {
  unsteered=$(cat "$steering" 2>/dev/null) || return 1
  echo 2 2>/dev/null >"$steering" && return 0
  unsteered=''
  return 1
}
unsteer() {
  [[ -z $unsteered ]] || echo "$unsteered" >"$steering"
  unsteered=''
}

clean_up() {
  stop_server
  unsteer
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# waits at most ten seconds for a command to succeed, while the server lives
await() {
  for _ in $(seq 1000); do
    "$@" >/dev/null 2>&1 && return 0
    kill -0 "$server" 2>/dev/null || break
    sleep 0.01
  done
  say "the server did not come up:"
  tail -n 20 "$work/server.log" >&2
  return 1
}

build() {
  timeout 3600 cargo build --release -p recado -p recado-bench
  npm ci --prefix bench/peer --no-audit --no-fund --silent </dev/null
  local target=${CARGO_TARGET_DIR:-target}
  kit=$(realpath "$target/release/recado-bench")
  recado=$(realpath "$target/release/recado")
  runs=${RUNS:-$target/bench.jsonl}
  : >"$runs"
}

port_told() { sed -n 's/.*"listening":\([0-9]*\).*/\1/p' "$work/told.json"; }

start_floor() {
  : >"$work/told.json"
  taskset -c 0 "$kit" floor --mode "$1" >"$work/told.json" 2>"$work/server.log" &
  server=$!
  await grep -q listening "$work/told.json"
  at=(--kind floor --url "ws://127.0.0.1:$(port_told)/" --server-pid "$server")
}

# start_socketio [chat] : the peer of the widget's words, or of the chat's
start_socketio() {
  local script=server.mjs kind=socketio
  [[ ${1:-} != chat ]] || script=chat.mjs kind=chat
  : >"$work/told.json"
  JWT_SECRET=$secret NODE_ENV=production taskset -c 0 node "bench/peer/$script" \
    >"$work/told.json" 2>"$work/server.log" &
  server=$!
  await grep -q listening "$work/told.json"
  at=(--kind "$kind" --url "ws://127.0.0.1:$(port_told)/" --server-pid "$server")
}

# is there such a setting? One that is unknown would stop the start.
has_setting() {
  awk -v section="[$1]" -v key="$2" '
    /^\[/ { inside = ($0 == section) }
    inside && $1 == key && $2 == "=" { found = 1 }
    END { exit !found }' config.toml
}

# set_where_known SECTION KEY VALUE : what is set outside stays as it is
set_where_known() {
  local name
  name=${1^^}
  name=RECADO_${name//./__}__${2^^}
  ! has_setting "$1" "$2" || export "$name=${!name:-$3}"
}

limit_rates() {
  local rate
  for rate in connection user address room; do
    set_where_known limits "${rate}_rate" "$1"
    set_where_known limits "${rate}_burst" "$2"
  done
}

# Limits that no measurement reaches, and what they and the rest of the watching cost: none of it, or all of it.
settings() {
  set_where_known limits max_connections 50000
  set_where_known limits max_connections_per_address 50000
  set_where_known limits connects_per_second 0
  set_where_known doors.chat events_per_minute 0
  case $1 in
    observed)
      limit_rates 1000000 1000000
      set_where_known metrics port $((port + 1))
      set_where_known log folder "$folder/logs"
      set_where_known log level info
      ;;
    *)
      limit_rates 0 1000000
      set_where_known metrics port 0
      set_where_known log level "$([[ $1 == bare ]] && echo off || echo warn)"
      ;;
  esac
}

# start_recado [bare|observed|warned] [STORE] : a store of its own for every run unless one is given
start_recado() {
  local folder
  folder=$(mktemp -d "$work/store.XXXX")
  (
    settings "${1:-}" # reads the checkout's config.toml
    cd "$folder" || exit # where no file of settings lies
    export JWT_SECRET=$secret INTERNAL_API_SECRET=$secret RECADO_SERVER__HOST=127.0.0.1 RECADO_SERVER__PORT=$port
    export RECADO_STORE__URL=${2:-${RECADO_STORE__URL:-sqlite:$folder/recado.db}}
    export RECADO_SERVER__WORKERS=${RECADO_SERVER__WORKERS:-1}
    exec taskset -c 0 "$recado" serve
  ) >"$work/server.log" 2>&1 &
  server=$!
  await curl -fsS --max-time 1 "http://127.0.0.1:$port/health/ready"
  at=(--kind recado --url "ws://127.0.0.1:$port/" --server-pid "$server")
}

# start_chat MEMBERS GROUPS [STORE] : Recado with these groups in its directory, spoken to as stock chat clients do
start_chat() {
  start_recado warned "${3:-}"
  INTERNAL_API_SECRET=$secret timeout 300 taskset -c 1 node bench/peer/mirror.mjs "http://127.0.0.1:$port" "$1" "$2"
  at=(--kind chat --url "ws://127.0.0.1:$port/" --server-pid "$server")
}
