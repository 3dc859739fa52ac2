#!/usr/bin/env bash
# Counts the instructions of the hot functions under callgrind and fails if one has grown; half a minute after the build.
#
#   bench/callgrind.sh            judges by bench/instructions.json
#   bench/callgrind.sh --write    writes what is counted into it: with a change that is worth its price, or a new toolchain
#
# Needs valgrind. It counts a release build, which no test makes, so it stands beside the tests and not among them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

command -v valgrind >/dev/null || {
  echo 'callgrind.sh: valgrind is needed (Debian: apt-get install valgrind)' >&2
  exit 1
}
timeout 3600 cargo build --release -p recado -p recado-bench --bins --example icount
folder=${CARGO_TARGET_DIR:-target}/release
exec timeout 600 "$folder/recado-bench" instructions \
  --program "$folder/examples/icount" --baseline bench/instructions.json "$@"
