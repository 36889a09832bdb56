#!/bin/sh
# Cargo's RUSTC_WRAPPER: gives the compiler the flags of libFuzzer's coverage for the parsers and what they parse
# with. Everything else is compiled as ever, and taken from the target directory where it is there already.
case "${CARGO_PKG_NAME:-} $*" in
*" --crate-name build_script"*) ;; # A build script has no fuzzer to report to.
"stridelab "* | "stridelab-fuzz "* | "csv "* | "safetensors "* | "serde_json "*)
  exec "$@" --cfg fuzzing -Ccodegen-units=1 -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares
  ;;
esac
exec "$@"
