# `just` alone lists these.
_default:
    @just --list

# the broker on loopback, with demo links
run *arguments:
    cargo run -- {{ arguments }}

# every test, or those whose names hold the words given
test *filters:
    ./test.sh {{ filters }}

# formatting and lints, as they are judged before a change is taken
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings

# put all sources into the one format
fmt:
    cargo fmt --all

# kill, starve and fill a release build for this many seconds
chaos seconds="60":
    cargo build --release --package recado
    RECADO_CHAOS_FULL=1 RECADO_CHAOS_SECONDS={{ seconds }} RECADO_CHAOS_BINARY="$PWD/target/release/recado" \
        cargo test --package recado --test chaos -- --nocapture --test-threads=1

# cost beside the floor, on a quiet machine with two cores
bench *figures:
    bench/compare.sh {{ figures }}

# instructions of the hot functions, beside what they were
instructions *arguments:
    bench/callgrind.sh {{ arguments }}

# the library's own documentation, under target/doc
docs:
    cargo doc --workspace --no-deps

# all that must hold before a change is taken
ci:
    .ci/run
