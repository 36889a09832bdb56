#!/usr/bin/env bash
# Builds the fuzz targets and runs each for a while, from its seeds and what earlier runs found. Fails where one
# crashes, hangs or takes more than 2 GiB; the input is left in target/fuzz/artifacts.
#
#     fuzz/run.sh              # each target, a minute each
#     fuzz/run.sh 10 idx gzip  # these, ten seconds each
#
# A C++ compiler is needed, and nothing else that is not on the stable toolchain.
set -euo pipefail
cd "$(dirname "$0")"
root="$(cd .. && pwd)"
seconds="${1:-60}"
shift || true
targets=("$@")
((${#targets[@]})) || targets=(idx gzip weights bench_json run_json records checkpoint grid)

# The directory above, so that dependencies that `cargo test` has built are not built again.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$root/target}"
RUSTC_WRAPPER="$PWD/instrument.sh" cargo build --locked --bins

total=0
failed=()
for target in "${targets[@]}"; do
  corpus="$CARGO_TARGET_DIR/fuzz/corpus/$target"
  artifacts="$CARGO_TARGET_DIR/fuzz/artifacts/$target"
  log="$CARGO_TARGET_DIR/fuzz/$target.log"
  mkdir -p "$corpus" "$artifacts"
  code=0
  "$CARGO_TARGET_DIR/debug/$target" "$corpus" "seeds/$target" -max_total_time="$seconds" -max_len=8192 \
    -dict=words.dict -timeout=10 -rss_limit_mb=2048 -artifact_prefix="$artifacts/" -print_final_stats=1 \
    >"$log" 2>&1 || code=$?
  runs="$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")"
  covered="$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)"
  printf '%-12s %12s executions, %5s edges: %s\n' "$target" "${runs:-?}" "${covered:-?}" \
    "$( ((code)) && echo "FAILED, see $log" || echo ok)"
  total=$((total + ${runs:-0}))
  ((code == 0)) || failed+=("$target")
done
echo "$total executions"
((${#failed[@]} == 0)) || { echo "failed: ${failed[*]}" >&2; exit 1; }
