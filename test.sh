#!/usr/bin/env bash
# Runs every test of the workspace, and first puts what they need on a fresh Debian machine.
#
#   ./test.sh                    everything
#   ./test.sh a_visitor_who      the tests whose names hold this; arguments go to nextest as they are
#
# Works from any directory, as root or with sudo. Starts no system service: tests start what they need and end it.
# CARGO_BUILD_JOBS is 2 unless set. The last line says how many tests passed and failed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

export CARGO_BUILD_JOBS=${CARGO_BUILD_JOBS:-2}
# Under this script a test may not skip for want of a tool.
export RECADO_TEST_TOOLS=required RECADO_CHAOS_REQUIRE_TOOLS=1

log=$(mktemp)
barrier=''

trap 'rm -f "$log"; [[ -z $barrier ]] || as_root rm -f "$barrier"' EXIT

say() { printf 'test.sh: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

as_root() {
  if [[ $(id -u) -eq 0 ]]; then "$@"; else sudo "$@"; fi
}

# Debian keeps the server programs of PostgreSQL off the path.
has_postgres() { has postgres || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null; }

has_tool() {
  case $1 in
    postgres) has_postgres ;;
    # Debian's npm brings Debian's node, so it is no cure for a foreign node without npm.
    npm) has npm || has node ;;
    venv) [[ ! -f tests/python/requirements.txt ]] || python3 -c 'import venv, ensurepip' 2>/dev/null ;;
    *) has "$1" ;;
  esac
}

# A tool, and the package that brings it.
tools=(
  cc:build-essential
  redis-server:redis-server postgres:postgresql chromium:chromium
  strace:strace prlimit:util-linux setpriv:util-linux unshare:util-linux
  promtool:prometheus
  node:nodejs npm:npm venv:python3-venv
)

missing_packages() {
  local pair
  for pair in "${tools[@]}"; do
    has_tool "${pair%%:*}" || printf '%s\n' "${pair#*:}"
  done | sort -u
}

# While this file says 101, installing a server does not start it.
forbid_services() {
  local policy=/usr/sbin/policy-rc.d
  [[ ! -e $policy ]] || return 0
  barrier=$policy
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
  as_root chmod 755 "$policy"
}

install_tools() {
  local packages pair
  mapfile -t packages < <(missing_packages)
  [[ ${#packages[@]} -gt 0 ]] || return 0
  has apt-get || fail "there is no apt-get here; install by hand: ${packages[*]}"
  [[ $(id -u) -eq 0 ]] || has sudo || fail "neither root nor sudo; install by hand: ${packages[*]}"
  say "installing ${packages[*]}"
  forbid_services
  as_root apt-get update -qq || fail "apt-get update failed"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" \
    </dev/null >/dev/null || fail "apt-get could not install ${packages[*]}"
  for pair in "${tools[@]}"; do
    has_tool "${pair%%:*}" || fail "${pair%%:*} is still missing though ${pair#*:} is installed"
  done
}

# npm writes its own lock beside what it installed; older than ours means stale.
install_node_packages() {
  local folder=$1 mark=$1/node_modules/.package-lock.json
  [[ -f $folder/package-lock.json ]] || return 0
  [[ ! -f $mark || $folder/package-lock.json -nt $mark ]] || return 0
  say "installing the node packages of $folder"
  npm ci --prefix "$folder" --no-audit --no-fund </dev/null || fail "npm ci failed in $folder"
  touch "$mark"
}

install_python_packages() {
  local list=tests/python/requirements.txt home=$PWD/target/python
  [[ -f $list ]] || return 0
  export RECADO_TEST_PYTHON=$home/bin/python
  [[ ! -f $home/done || $list -nt $home/done ]] || return 0
  say "installing the python packages of $list"
  python3 -m venv "$home" || fail "python3 cannot make a virtual environment"
  "$home/bin/pip" install --quiet --requirement "$list" || fail "pip could not install $list"
  touch "$home/done"
}

# Without nextest the order is our own: chaos alone at the end, one test at a time.
run_with_cargo() {
  local path name targets=(--lib --bins) broken=0
  for path in tests/*.rs tests/*/main.rs {actors,bench}/tests/*.rs; do
    [[ -f $path ]] || continue
    name=${path%/main.rs} name=${name##*/} name=${name%.rs}
    [[ $name == chaos ]] || targets+=(--test "$name")
  done
  cargo test --workspace --no-fail-fast "${targets[@]}" -- "$@" || broken=1
  cargo test --package recado --test chaos -- --test-threads=1 "$@" || broken=1
  return "$broken"
}

run_tests() {
  local broken=0
  # The programs that tests start, of every package.
  cargo build --workspace --bins || return 1
  if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --workspace "$@" || broken=1
  else
    say "cargo-nextest is not installed; plain cargo test is slower and has no time limits"
    run_with_cargo "$@" || broken=1
  fi
  # Examples in documentation have no names to choose by.
  [[ $# -gt 0 ]] || cargo test --doc --workspace || broken=1
  return "$broken"
}

# Adds up the summaries of nextest ("12 tests run: 11 passed, 1 failed") and of cargo test ("11 passed; 1 failed").
# What broke without being a test, such as a build, counts as one that failed.
count() {
  sed 's/\x1b\[[0-9;]*m//g' "$log" | awk -v status="$status" '
    /^test result:/ || / tests? run:/ {
      gsub(/[(),;:]/, " ")
      for (i = 2; i <= NF; i++) {
        if ($i == "passed") passed += $(i - 1)
        if ($i == "failed" || $i ~ /^timed/) failed += $(i - 1)
      }
    }
    END { if (status && !failed) failed = 1; printf "%d passed, %d failed\n", passed, failed }'
}

has cargo || fail "cargo is not on the path; Rust is installed with rustup"
install_tools
has npm || fail "there is a node without npm here; install npm the way node was installed"
for folder in tests/node tests/browser; do install_node_packages "$folder"; done
install_python_packages

status=0
run_tests "$@" 2>&1 | tee "$log" || status=$?
[[ $status -eq 0 ]] || say "something failed, see above"
count
exit "$status"
