#!/usr/bin/env bash
# See README.md beside this file.
set -euo pipefail
cd "$(dirname "$0")/../.."
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}"
export RUST_TEST_THREADS="${RUST_TEST_THREADS:-2}"
exec cargo run --quiet --locked --manifest-path tests/mutation/Cargo.toml -- "$@"
