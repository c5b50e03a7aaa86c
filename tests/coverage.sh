#!/bin/sh
# coverage.sh: lines and branches of the library that the C tests take, told by gcov
#
#   sh tests/coverage.sh [--keep] [meson setup option...]
#
# Builds with -Db_coverage=true and without optimisation in _build-coverage (or $MSA_COVERAGE_DIR), runs the C tests,
# and prints what tests/coverage.py finds. --keep counts on from the runs before. Exit status 1 if a test fails,
# if too few lines are run, or if a branch of the security core is neither taken nor explained in
# docs/testing.md.
# SPDX-License-Identifier: LGPL-2.1-or-later

set -u
cd "$(dirname "$0")/.." || exit 1

keep=false
if [ "${1:-}" = --keep ]; then
  keep=true
  shift
fi
build=${MSA_COVERAGE_DIR:-_build-coverage}

if [ -f "$build/build.ninja" ]; then
  meson configure "$build" "$@" || exit 1
else
  CC=gcc meson setup "$build" -Db_coverage=true -Doptimization=0 -Dintrospection=disabled -Dvapi=disabled \
    -Ddocs=disabled -Dexamples=false "$@" || exit 1
fi
meson compile -C "$build" || exit 1
$keep || find "$build" -name '*.gcda' -exec rm -f {} +

# Time limits are for builds that are optimised.
rm -f "$build"/meson-logs/testlog*
meson test -C "$build" --no-rebuild --quiet --suite C --timeout-multiplier 5 > /dev/null 2>&1
python3 -B tests/report.py "$build" --name coverage
status=$?
python3 -B tests/coverage.py "$build" . docs/testing.md && exit $status
