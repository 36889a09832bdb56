#!/usr/bin/env bash
# Milliseconds a training step of 64 samples beside PyTorch, Keras and Burn on this machine, all in turn,
# and one table of medians and ratios at the end.
#
#   PEERS=dir benches/peers.sh     dir holds torch_peer.py, keras_peer.py, burn/target/release/burnpeer
#
# TORCH and KERAS name the python of each (python3), ROUNDS (3) how often all take their turn, OUT (a new
# folder in runs/) where every figure goes. What is not there is "not measured".
set -euo pipefail
cd "$(dirname "$0")/.."

TORCH="${TORCH:-python3}" KERAS="${KERAS:-python3}" ROUNDS="${ROUNDS:-3}"
OUT="${OUT:-runs/peers-$(date +%Y-%m-%d-%H%M%S)}"
mkdir -p "$OUT"
# The peers read the original files.
export MNIST_DIR="$OUT/mnist"
[[ -z "${PEERS:-}" ]] || python3 assets/mnist/pack.py --unpack "$MNIST_DIR"
: >"$OUT/rows.txt"

cargo build --release

# Rows "who stride padding milliseconds" of our own training, the first epoch left out: it warms up.
ours() {
  target/release/stridelab --backend "$1" --json --quiet --epochs 2 --limit "$2" --out "$OUT/run" --force |
    awk -v who="ours-$1" -v steps="$(($2 / 64))" '
      function field(name,   value) {
        value = $0
        sub(".*\"" name "\":\"?", "", value); sub("[,}\"].*", "", value)
        return value
      }
      /"event":"epoch"/ && field("epoch") == 2 { print who, field("stride"), field("padding"), 1e3 * field("seconds") / steps }'
}
# The same rows from a peer's lines.
peer() { sed -n "s/.*stride=\([0-9]*\) pad=\([a-z]*\)\( .*\)\? \([0-9.]*\) ms\/step.*/$1 \1 \2 \4/p"; }

burn="${PEERS:-}/burn/target/release/burnpeer"
for round in $(seq "$ROUNDS"); do
  echo "round $round of $ROUNDS" >&2
  ours cpu 59968 >>"$OUT/rows.txt"
  if [[ -n "${PEERS:-}" ]]; then
    "$TORCH" "$PEERS/torch_peer.py" eager --steps 60 2>>"$OUT/errors.txt" | peer torch >>"$OUT/rows.txt" || true
    "$KERAS" "$PEERS/keras_peer.py" 2 2>>"$OUT/errors.txt" | grep epoch=2 | peer keras >>"$OUT/rows.txt" || true
  fi
  ours gpu 6400 >>"$OUT/rows.txt"
  if [[ -x "$burn" ]]; then "$burn" wgpu 30 2>>"$OUT/errors.txt" | peer burn >>"$OUT/rows.txt" || true; fi
done

# Medians by network.
median() { awk -v who="$1" -v stride="$2" -v padding="$3" '$1 == who && $2 == stride && $3 == padding { print $4 }' "$OUT/rows.txt" | sort -n | awk '{ v[NR] = $1 } END { if (NR) print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
cell() { awk -v a="$1" 'BEGIN { if (a == "") print "not measured"; else printf "%.2f\n", a }'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { if (a + 0 > 0 && b + 0 > 0) printf "%.1f\n", a / b; else print "not measured" }'; }
least() { printf '%s\n' "$@" | grep . | sort -n | head -1; }

echo
echo "milliseconds a step of 64 samples, medians of $ROUNDS rounds; ratios: the faster peer's over ours"
row='%-16s %8s %13s %13s %13s %10s %13s %13s\n'
# shellcheck disable=SC2059
printf "$row" "stride, padding" cpu PyTorch Keras ratio gpu Burn ratio
for network in "1 same" "2 same" "1 valid" "2 valid"; do
  read -r stride padding <<<"$network"
  figure() { median "$1" "$stride" "$padding"; }
  cpu=$(figure ours-cpu) torch=$(figure torch) keras=$(figure keras) gpu=$(figure ours-gpu) burned=$(figure burn)
  best=$(least "$torch" "$keras" || true)
  # shellcheck disable=SC2059
  printf "$row" "$stride, $padding" "$(cell "$cpu")" "$(cell "$torch")" "$(cell "$keras")" "$(ratio "$best" "$cpu")" \
    "$(cell "$gpu")" "$(cell "$burned")" "$(ratio "$burned" "$gpu")"
done | tee "$OUT/table.txt"
