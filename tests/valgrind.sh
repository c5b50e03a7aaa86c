#!/bin/sh
# valgrind.sh: the unit tests under valgrind's memcheck
#
#   sh tests/valgrind.sh [name...]      all unit tests, or those named
#
# Builds without sanitizers in _build-valgrind (or $MSA_VALGRIND_DIR). Any error and any block that is lost for certain
# fails the program. Left out are the tests with real servers, and test-tls-wipe.c, which looks into blocks that were given
# back. The last line is `N passed, N failed, N skipped`.
# SPDX-License-Identifier: LGPL-2.1-or-later

set -u
cd "$(dirname "$0")/.." || exit 1
build=${MSA_VALGRIND_DIR:-_build-valgrind}

if ! [ -f "$build/build.ninja" ]; then
  meson setup "$build" -Doptimization=1 -Dintrospection=disabled -Dvapi=disabled -Ddocs=disabled -Dexamples=false || exit 1
fi
ninja -C "$build" > "$build/log" 2>&1 || { tail -n 60 "$build/log"; exit 1; }

names=$*
if [ $# -eq 0 ]; then
  # test-tls-wipe.c reads freed blocks, to see what is left in them.
  names=$(meson test -C "$build" --no-rebuild --list --suite C --no-suite interop 2> /dev/null | sed 's,.* / ,,' \
    | grep -vx 'tls-wipe')
fi

# Fewer worlds than natively.
MSA_WORLDS=${MSA_WORLDS:-40}
export MSA_WORLDS
rm -f "$build"/meson-logs/testlog*
# shellcheck disable=SC2086
meson test -C "$build" --no-rebuild --quiet --timeout-multiplier 30 --wrapper \
  "valgrind -q --error-exitcode=99 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite --suppressions=$PWD/tests/valgrind.supp" \
  $names > /dev/null 2>&1
# The logs are named after the wrapper.
for log in json junit.xml; do
  mv "$build/meson-logs/testlog-valgrind.$log" "$build/meson-logs/testlog.$log"
done
python3 -B tests/report.py "$build" --name valgrind
