#!/bin/sh
# run.sh: what libmsa costs beside libcurl, libsoup and two floors
#
#   sh tests/bench/run.sh            takes some minutes, and writes docs/performance.md and docs/performance.svg
#   sh tests/bench/run.sh --quick    only shows that all works, and writes nothing
#
# Installs what is missing and makes a release build in _build-bench (or $MSA_BENCH_DIR), which keeps the
# figures in bench.json. Times mean something only while the machine does nothing else.
# SPDX-License-Identifier: LGPL-2.1-or-later

set -u
cd "$(dirname "$0")/../.." || exit 1
. docs/setup.sh

build=${MSA_BENCH_DIR:-_build-bench}

# shellcheck disable=SC2086
msa_need $msa_build_packages $msa_test_packages

if ! [ -f "$build/build.ninja" ]; then
  meson setup "$build" -Dbuildtype=release -Dvapi=enabled -Ddocs=disabled > /dev/null ||
    { echo 'The build could not be set up.' >&2; exit 1; }
fi
ninja -C "$build" bench > "$build/bench.log" || { tail -n 40 "$build/bench.log" >&2; exit 1; }

if [ "${1:-}" = --quick ]; then
  exec python3 -B tests/bench/bench.py --build "$build" --quick
fi
exec python3 -B tests/bench/bench.py --build "$build" --results "$build/bench.json" \
  --document docs/performance.md --plot docs/performance.svg
