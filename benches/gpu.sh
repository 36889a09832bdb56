#!/usr/bin/env bash
# All that a real GPU has to show, in one go: checks, times, peers, and one table at the end.
#
#   PEERS=dir benches/gpu.sh       peers in dir: torch_peer.py, burn/target/release/burnpeer; else "not measured"
#   ADAPTER=any benches/gpu.sh     on a software adapter too; the table says so
#   TOOL=path benches/gpu.sh       with a program that was built elsewhere, on a machine without cargo
#
# A real adapter runs kernels by tiles of workgroup memory, a software one kernels that share numbers among lanes.
# STRIDELAB_TUNING=tiles=1 or tiles=0 makes the tool do one or the other; the script measures each adapter's other
# way as well.
#
# EPOCHS (3), LIMIT (all samples), STEPS (300, of a peer), REPLICAS (16), OUT (a new folder in runs/) make it shorter.
set -euo pipefail
cd "$(dirname "$0")/.."

EPOCHS="${EPOCHS:-3}" STEPS="${STEPS:-300}" REPLICAS="${REPLICAS:-16}"
OUT="${OUT:-runs/gpu-$(date +%Y-%m-%d-%H%M%S)}"
unset STRIDELAB_TUNING # the adapter's own choices, except where it is set below
NONE="not measured"
mkdir -p "$OUT"
# The peers read the original files.
export MNIST_DIR="$OUT/mnist"
[[ -z "${PEERS:-}" ]] || python3 assets/mnist/pack.py --unpack "$MNIST_DIR"
limit=(); [[ -z "${LIMIT:-}" ]] || limit=(--limit "$LIMIT")

tool="${TOOL:-target/release/stridelab}"
[[ -n "${TOOL:-}" ]] || cargo build --release
"$tool" devices | tee "$OUT/devices.txt"

label="a real GPU" run=yes other=lanes tiles=0
if grep -q "auto takes the CPU" "$OUT/devices.txt"; then
  label="software adapter" other=tiles tiles=1
  [[ "${ADAPTER:-}" == any ]] || { run=no; echo "no real GPU was found: nothing is measured (ADAPTER=any takes a software adapter)"; }
fi

# The values of a field in lines of JSON.
field() { sed -n -e 's/.*"'"$1"'":"\([^"]*\)".*/\1/p' -e 's/.*"'"$1"'":\([0-9][^,}]*\).*/\1/p'; }
# A number with two decimals and its unit, or that it is not known.
show() { awk -v a="$1" -v unit="$2" -v none="$NONE" 'BEGIN { if (a == "") print none; else printf "%.2f %s", a, unit }'; }
# a / b, or that it is not known.
ratio() { awk -v a="$1" -v b="$2" -v none="$NONE" 'BEGIN { if (a + 0 > 0 && b + 0 > 0) printf "%.2f", a / b; else print none }'; }
# A peer's milliseconds a step for stride $2, padding $3.
peer() { { grep "stride=$2 pad=$3 " "$OUT/$1.txt" 2>/dev/null || true; } | sed -n 's/.* \([0-9.]*\) ms\/step.*/\1/p'; }
# A network's line of the benchmark $4, and a field of it.
cost() { { grep '"event":"network"' "$OUT/${4:-bench}.txt" 2>/dev/null || true; } | { grep "\"padding\":\"$2\"" || true; } | { grep "\"stride\":$1[,}]" || true; } | field "$3"; }
# Milliseconds a step of 64 samples in a benchmark, from its images a second.
ms() { local rate; rate=$(cost "$1" "$2" train_images_per_second "${3:-bench}"); [[ -z "$rate" ]] || awk -v r="$rate" 'BEGIN { printf "%.4f", 64000 / r }'; }
# Empty arrays are unset ones before bash 4.4.
train() { "$tool" --backend gpu --json --quiet ${limit[@]+"${limit[@]}"} "${@:2}" --out "$OUT/$1" >"$OUT/$1.txt"; }
done_of() { { grep '"event":"done"' "$OUT/$1.txt" 2>/dev/null || true; } | field "$2"; }

if [[ $run == yes ]]; then
  "$tool" parity | tee "$OUT/parity.txt"
  "$tool" bench --backend gpu --json --out "$OUT/bench" >"$OUT/bench.txt"
  STRIDELAB_TUNING=tiles=$tiles "$tool" bench --backend gpu --json --out "$OUT/$other" >"$OUT/$other.txt"
  train study --epochs "$EPOCHS"
  train solo --stride 2 --padding valid --epochs 1
  train replicas --stride 2 --padding valid --epochs 1 --seeds "0..$((REPLICAS - 1))"
  if [[ -n "${PEERS:-}" ]]; then
    if python3 -c 'import torch; assert torch.cuda.is_available()' 2>/dev/null; then
      python3 "$PEERS/torch_peer.py" eager --steps "$STEPS" >"$OUT/eager.txt"
      python3 "$PEERS/torch_peer.py" graph --steps "$STEPS" >"$OUT/graph.txt"
      python3 "$PEERS/torch_peer.py" graph --steps "$STEPS" --tf32 >"$OUT/tf32.txt"
    else
      echo "python3 has no torch with CUDA: PyTorch is not measured"
    fi
    burn="$PEERS/burn/target/release/burnpeer"
    if [[ -x "$burn" ]]; then "$burn" wgpu "$STEPS" >"$OUT/burn.txt"; else echo "no $burn: Burn is not measured"; fi
  fi
fi

# The table: ours and the peers' milliseconds a step of 64 samples, the peers' over ours.
{
  case $run in
    yes) echo "$label: $(grep '"event":"machine"' "$OUT/bench.txt" | field adapter)" ;;
    no) echo "no real GPU: $NONE" ;;
  esac
  row="%-9s %12s | %12s | %12s %12s | %12s %12s | %12s | %12s %12s | %12s %12s %12s\n"
  # shellcheck disable=SC2059
  printf "\n$row" network "ms a step" "$other" "torch eager" ratio "CUDA graph" ratio "graph, TF32" Burn ratio "device busy" dispatches "over empty"
  for network in "1 same" "2 same" "1 valid" "2 valid"; do
    read -r s p <<<"$network"
    ours=$(ms "$s" "$p") others=$(ms "$s" "$p" "$other")
    us=$(awk -v ms="${ours:-0}" 'BEGIN { print 1000 * ms }')
    eager=$(peer eager "$s" "$p") graph=$(peer graph "$s" "$p") tf32=$(peer tf32 "$s" "$p") burn=$(peer burn "$s" "$p")
    device=$(cost "$s" "$p" train_step_device_us) empty=$(cost "$s" "$p" empty_dispatches_us)
    dispatches=$(cost "$s" "$p" dispatches)
    # shellcheck disable=SC2059
    printf "$row" "$s, $p" "${ours:-$NONE}" "${others:-$NONE}" "${eager:-$NONE}" "$(ratio "$eager" "$ours")" "${graph:-$NONE}" \
      "$(ratio "$graph" "$ours")" "${tf32:-$NONE}" "${burn:-$NONE}" "$(ratio "$burn" "$ours")" \
      "$(ratio "$device" "$us")" "${dispatches:-$NONE}" "$(ratio "$us" "$empty")"
  done
  train_seconds=$(done_of study train_seconds) startup=$(done_of study startup_seconds) all=$(done_of study seconds)
  rest=""
  [[ -z "$all" ]] || rest=$(awk -v a="$all" -v t="$train_seconds" 'BEGIN { print a - t }')
  cat <<END

$other: ms a step with kernels by $other, which this adapter does not take by itself
device busy: the span between two timestamps around many steps in one submission, over the host's time for as many; gaps at barriers between kernels count as busy

training, four networks, $EPOCHS epochs${LIMIT:+ of $LIMIT samples}: $(show "$train_seconds" s) (target on an H200, all samples, 3 epochs: 0.5 s)
outside of training: $(show "$rest" s): data, device, pipelines, validation, files; from the start until the first steps are done: $(show "$startup" s), those steps, which are training, included
$REPLICAS replicas of stride 2, valid over $REPLICAS runs: $(ratio "$(done_of replicas train_seconds)" "$(awk -v t="$(done_of solo train_seconds)" -v n="$REPLICAS" 'BEGIN { print n * t }')") (target on a real GPU: 0.25)
targets: 10 times PyTorch eager, 1.5 times its CUDA graph, device busy 0.95, stride 2, valid 5 times its empty dispatches
END
} | tee "$OUT/table.txt"
echo "everything is in $OUT"
