#!/usr/bin/env bash
# Everything that must hold: format, lints, docs, each feature alone, wasm where the compiler has it, the package's
# size, tests, the report in a browser, SPIR-V where spirv-val is. Installs Debian's or Ubuntu's software
# Vulkan driver where no adapter is found; GPU tests never skip.
set -euo pipefail
cd "$(dirname "$0")/.."

# Two jobs unless told otherwise: the software driver uses every core for each dispatch.
export CARGO_BUILD_JOBS="${CARGO_BUILD_JOBS:-2}" RUST_TEST_THREADS="${RUST_TEST_THREADS:-2}"

has_driver() {
  # A driver's description is no use without the loader.
  if [[ "$(uname)" == Linux ]] && command -v ldconfig >/dev/null && ! ldconfig -p | grep -q 'libvulkan\.so\.1'; then
    return 1
  fi
  compgen -G "/usr/share/vulkan/icd.d/*.json" >/dev/null || compgen -G "/etc/vulkan/icd.d/*.json" >/dev/null ||
    [[ -n "${VK_DRIVER_FILES:-}${VK_ICD_FILENAMES:-}" ]] || [[ "$(uname)" != Linux ]]
}

if ! has_driver; then
  if command -v apt-get >/dev/null && { [[ $EUID -eq 0 ]] || sudo -n true 2>/dev/null; }; then
    as_root=(); [[ $EUID -eq 0 ]] || as_root=(sudo)
    echo "no Vulkan driver found: installing mesa-vulkan-drivers"
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq mesa-vulkan-drivers libvulkan1 spirv-tools
  else
    echo "no Vulkan driver found, and this script cannot install one: install your system's" >&2
    echo "(Debian, Ubuntu: sudo apt-get install mesa-vulkan-drivers libvulkan1), then run it again" >&2
    exit 1
  fi
fi

cargo fmt --all --check
cargo clippy --all-targets -- -D warnings
RUSTDOCFLAGS="-D warnings" cargo doc --no-deps

# The library without its default features, and with each of them alone.
for features in "" cli files parallel embedded-data web; do
  cargo clippy --lib --no-default-features --features "$features" -- -D warnings
done

# The library in a browser, where a compiler has the target: this one, or the one that WASM_RUSTC names.
wasm=wasm32-unknown-unknown
if [[ -d "$(${WASM_RUSTC:-rustc} --print target-libdir --target $wasm 2>/dev/null)" ]]; then
  # Procedural macros need no optimisation to be run once.
  RUSTC="${WASM_RUSTC:-rustc}" CARGO_TARGET_DIR=target/wasm cargo --config 'profile.dev.package."*".opt-level=0' \
    check --lib --no-default-features --features web --target $wasm
else
  echo "NOTE: the compiler has no target $wasm (rustup target add $wasm): the library was not checked for it"
fi

# What a registry takes: at most 10 MiB. Nothing is built, and the registry is not asked.
cargo package --no-verify --allow-dirty --offline --quiet
size=$(wc -c <"$(ls -t "${CARGO_TARGET_DIR:-target}"/package/stridelab-*.crate | head -n 1)")
((size < 10 * 1024 * 1024)) || { echo "the package has $size bytes, a registry takes 10 MiB" >&2; exit 1; }

cargo test --all-targets
cargo test --doc

# The report in a real browser. Debian's chromium, Node and npm are installed where they can be.
browser="${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}"
if [[ -z "$browser" ]] || ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  missing=(); [[ -n "$browser" ]] || missing+=(chromium)
  command -v node >/dev/null || missing+=(nodejs); command -v npm >/dev/null || missing+=(npm)
  if command -v apt-get >/dev/null && { [[ $EUID -eq 0 ]] || sudo -n true 2>/dev/null; }; then
    as_root=(); [[ $EUID -eq 0 ]] || as_root=(sudo)
    echo "installing ${missing[*]}"
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
    browser="${CHROMIUM:-$(command -v chromium)}"
  else
    echo "the page's tests need ${missing[*]}, which this script cannot install: install them, then run it again" >&2
    exit 1
  fi
fi
npm ci --prefix tests/page --no-audit --no-fund --silent
pipelines="$(mktemp)"
STRIDELAB_PIPELINES="$pipelines" cargo test --lib pipelines_go_to_a_file -- --ignored
CHROMIUM="$browser" STRIDELAB="${CARGO_TARGET_DIR:-target}/debug/stridelab" STRIDELAB_PIPELINES="$pipelines" \
  node --test --test-concurrency=1 tests/page/*.test.mjs
rm "$pipelines"

# Every shader as SPIR-V, where the tool that reads it is there or can be had.
if ! command -v spirv-val >/dev/null && command -v apt-get >/dev/null && [[ $EUID -eq 0 ]]; then
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq spirv-tools >/dev/null 2>&1 || true
fi
if command -v spirv-val >/dev/null; then
  cargo test --lib spir_v -- --ignored
else
  echo "NOTE: there is no spirv-val (Debian: spirv-tools): the shaders' SPIR-V was not validated"
fi
