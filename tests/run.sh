#!/bin/sh
# run.sh: all that the tests need, then all tests
#
#   sh tests/run.sh [--mutants] [meson setup option...]
#
# Installs what is missing, builds in _build-tests (or $MSA_BUILD_DIR), runs every test and holds the results
# against tests/behaviours.tsv. --mutants runs the planted faults besides (tests/mutants/run.sh), which
# takes long. The last line is `N passed, N failed, N skipped`, of test cases. A skipped case is
# a failure where $CI is set.
# SPDX-License-Identifier: LGPL-2.1-or-later

set -u
cd "$(dirname "$0")/.." || exit 1
. docs/setup.sh

mutants=false
if [ "${1:-}" = --mutants ]; then
  mutants=true
  shift
fi
build=${MSA_BUILD_DIR:-_build-tests}

# shellcheck disable=SC2086
msa_need $msa_build_packages $msa_test_packages

broken () {
  echo "$1"
  echo '0 passed, 1 failed, 0 skipped'
  exit 1
}

if [ -f "$build/build.ninja" ]; then
  meson configure "$build" -Dwerror=true "$@" || broken 'The build cannot be configured.'
else
  meson setup "$build" -Dwerror=true -Dvapi=enabled -Ddocs=enabled "$@" || broken 'The build cannot be set up.'
fi
meson compile -C "$build" || broken 'The tree does not build.'

scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM

# Its own summary counts programs: the report tells of cases. All output is in meson-logs/testlog.txt.
echo 'Running the tests ...'
rm -f "$build"/meson-logs/testlog*
meson test -C "$build" --no-rebuild --quiet > /dev/null 2>&1
python3 -B tests/report.py "$build" --passed "$scratch/passed" > "$scratch/report"
sed '$d' "$scratch/report"
tail -n 1 "$scratch/report" > "$scratch/counts"

python3 -B tests/check-behaviours.py tests/behaviours.tsv tests/behaviours.required "$scratch/passed" > "$scratch/behaviours"
grep -v '^ok\|^1\.\.' "$scratch/behaviours"
printf '%d passed, %d failed, 0 skipped\n' "$(grep -c '^ok' "$scratch/behaviours")" \
  "$(grep -c '^not ok' "$scratch/behaviours")" >> "$scratch/counts"

if $mutants; then
  sh tests/mutants/run.sh | tee "$scratch/mutants" | sed '$d'
  tail -n 1 "$scratch/mutants" >> "$scratch/counts"
fi

awk -v ci="${CI:-}" '
  { passed += $1; failed += $3; skipped += $5 }
  END {
    printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
    exit passed == 0 || failed > 0 || (ci != "" && skipped > 0)
  }' "$scratch/counts"
