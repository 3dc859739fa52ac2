# shellcheck shell=bash disable=SC2154
# Part of bench/compare.sh: which runs make each figure. A run is one line: figure, who, round and what the load reports.

# note FIGURE WHO REPORT
note() {
  printf '{"figure":"%s","who":"%s","round":%d,"report":%s}\n' "$1" "$2" "$round" "$3" | tee -a "$runs"
}

# load FIGURE WHO MODE ARGS... : one run against the server that is up, which ends with it
load() {
  local figure=$1 who=$2 mode=$3 report
  shift 3
  say "round $round: $figure, $who"
  if ! report=$(JWT_SECRET=$secret timeout 900 taskset -c 1 "$kit" load "$mode" "${at[@]}" --json "$@"); then
    say "the run failed; the server's last words:"
    tail -n 20 "$work/server.log" >&2
    return 1
  fi
  stop_server
  note "$figure" "$who" "$report"
}

span() { printf -- '--seconds %d --warmup %d' "$duration" "$warmup"; }

# As many speak as messages are in flight: a client of Recado is not heard again before its last message is stored.
fanout() {
  # shellcheck disable=SC2046
  load "$1" "$2" fanout --clients "$clients" $(span) "${@:3}"
}

pairs() {
  # shellcheck disable=SC2046
  load "$1" "$2" pairs $(span) "${@:3}"
}

measure_fanout() {
  local in_flight mode
  for in_flight in 1 32; do
    for mode in each turn; do
      start_floor "$mode"
      fanout "fanout-$in_flight" "floor-$mode" --in-flight "$in_flight" --senders "$in_flight"
    done
    start_recado
    fanout "fanout-$in_flight" recado --in-flight "$in_flight" --senders "$in_flight"
    start_socketio
    fanout "fanout-$in_flight" socketio --in-flight "$in_flight" --senders "$in_flight"
  done
}

measure_pairs() {
  start_recado
  pairs pairs recado --rooms 500
  start_socketio
  pairs pairs socketio --rooms 500
}

measure_signals() {
  start_floor each
  pairs signals floor-each --rooms 500 --signal
  start_recado
  pairs signals recado --rooms 500 --signal
}

measure_paced() {
  start_floor each
  fanout paced floor-each --rate 50 --in-flight 100
  start_recado
  fanout paced recado --rate 50 --in-flight 100
}

measure_answers() {
  start_recado
  pairs answers recado --rooms 200 --rate 1000
}

measure_idle() {
  start_recado
  load idle recado idle --clients "$idle" --seconds 3 --cycles "$cycles"
}

measure_observed() {
  local in_flight
  for in_flight in 1 32; do
    start_recado bare
    fanout "observed-$in_flight" recado-bare --in-flight "$in_flight" --senders "$in_flight"
    start_recado observed
    fanout "observed-$in_flight" recado --in-flight "$in_flight" --senders "$in_flight"
  done
}

# A store is filled through the door, then opened again by a new process.
measure_ready() {
  local store report posted=0 began
  store="sqlite:$work/many.db"
  start_recado bare "$store"
  while ((posted < entries)); do
    report=$(JWT_SECRET=$secret timeout 900 taskset -c 1 "$kit" load fanout "${at[@]}" --json \
      --clients 2 --in-flight 1000 --seconds 20 --warmup 0)
    posted=$((posted + $(sed -n 's/.*"messages":\([0-9]*\).*/\1/p' <<<"$report")))
    say "$posted of $entries entries are stored"
  done
  stop_server
  began=$(date +%s%N)
  start_recado bare "$store"
  note ready recado "{\"ready_millis\":$((($(date +%s%N) - began) / 1000000)),\"entries\":$posted}"
  stop_server
  rm -f "$work"/many.db*
}

# The group chat beside Socket.IO with the same events; a group has a hundred members with ten devices each.
measure_chat() {
  local in_flight
  for in_flight in 1 32; do
    start_chat 100 1
    fanout "chat-$in_flight" recado --users 100 --in-flight "$in_flight" --senders "$in_flight"
    start_socketio chat
    fanout "chat-$in_flight" socketio --users 100 --in-flight "$in_flight" --senders "$in_flight"
  done
  start_chat 2 500
  pairs chat-pairs recado --rooms 500
  start_socketio chat
  pairs chat-pairs socketio --rooms 500
}

# The chat's fan-out once more, with the clients' half of TCP where the clients are.
measure_steered() {
  steer || {
    say "$steering is not ours to write: steered is left out"
    return 0
  }
  start_chat 100 1
  fanout steered recado --users 100 --in-flight 1 --senders 1
  start_socketio chat
  fanout steered socketio --users 100 --in-flight 1 --senders 1
  unsteer
}

# By long polling and with fewer rooms, for every delivery is a request; nothing is stored on either side.
measure_polling() {
  start_chat 2 200 memory:
  pairs polling recado --rooms 200 --polling
  start_socketio chat
  pairs polling socketio --rooms 200 --polling
}

# Nothing is stored on either side: what Socket.IO does, no more.
measure_unstored() {
  start_chat 2 500 memory:
  pairs unstored recado --rooms 500
  start_socketio chat
  pairs unstored socketio --rooms 500
}

measure_chatidle() {
  start_chat 0 0
  load chat-idle recado idle --clients "$idle" --seconds 3 --cycles 2
  start_socketio chat
  load chat-idle socketio idle --clients "$idle" --seconds 3 --cycles 2
}

measure_size() {
  note size recado "{\"bytes\":$(stat -c %s "$recado")}"
}

# What one round of a figure takes, in seconds, with starting and ending the servers.
expected() {
  local figure run=$((duration + warmup + 3)) sum=0
  for figure in "$@"; do
    case $figure in
      fanout) sum=$((sum + rounds * 8 * run)) ;;
      pairs | signals | paced | steered | polling | unstored) sum=$((sum + rounds * 2 * run)) ;;
      answers) sum=$((sum + rounds * run)) ;;
      chat) sum=$((sum + rounds * 6 * run)) ;;
      chatidle) sum=$((sum + 40)) ;;
      idle) sum=$((sum + cycles * 8)) ;;
      observed) sum=$((sum + rounds * 4 * run)) ;;
      ready) sum=$((sum + entries / 10000)) ;;
    esac
  done
  printf '%d' "$sum"
}

# Some figures say all they have to say in one round.
measured_once() { [[ $1 == idle || $1 == chatidle || $1 == ready || $1 == size ]]; }
