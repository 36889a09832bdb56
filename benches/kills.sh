#!/usr/bin/env bash
# Kills a run 200 times (SIGKILL), each at another moment of its time, goes on with each by --resume, and compares every
# byte that a run determines with those of a run that was not killed. A run is killed up to four times, the second time
# while it goes on.
# It is the test `a_run_that_was_killed_at_any_moment_ends_as_one_that_was_not` of tests/cli/kill.rs with more moments.
#
#     benches/kills.sh        # 200 kills, about a minute on two cores
#     benches/kills.sh 1000   # so many
set -euo pipefail
cd "$(dirname "$0")/.."
STRIDELAB_KILLS="${1:-200}" cargo test --test cli -- --nocapture --exact \
  kill::a_run_that_was_killed_at_any_moment_ends_as_one_that_was_not
