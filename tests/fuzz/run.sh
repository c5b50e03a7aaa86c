#!/bin/sh
# run.sh: runs the fuzz targets for a while
#
#   tests/fuzz/run.sh [--seconds N | --runs N] [--merge] [target...]
#
# Builds them with Clang, libFuzzer, ASAN and UBSAN, and runs each (all, if none is named) for N seconds, 60 if nothing
# is said, or N executions. Inputs that reach something new are kept in the build folder for the next time; --merge puts those of
# them that the corpus needs into tests/fuzz/corpus/, and takes out what it does not need. A line for each target:
# executions, how many a second, what was found. An input that fails is left in the build folder, and
# `tests/fuzz/run.sh --replay target file` runs it again. The exit status is 1 if there is one.
# $MSA_FUZZ_DIR is the build folder, _build-fuzz if it is not set.
# SPDX-License-Identifier: LGPL-2.1-or-later

cd "$(dirname "$0")/../.." || exit 1
root=$PWD
build=${MSA_FUZZ_DIR:-$root/_build-fuzz}
limit=-max_total_time=60
merge=no
replay=no

usage () {
  sed -n 's/^#   //p' "$0" >&2
  exit 2
}

is_count () {
  case $1 in
    '' | *[!0-9]* | 0) usage ;;
  esac
}

while [ $# -gt 0 ]; do
  case $1 in
    --seconds) is_count "${2:-}"; limit=-max_total_time=$2; shift 2 ;;
    --runs) is_count "${2:-}"; limit=-runs=$2; shift 2 ;;
    --merge) merge=yes; shift ;;
    --replay) replay=yes; shift; break ;;
    -*) usage ;;
    *) break ;;
  esac
done

all=$(ls tests/fuzz/fuzz-*.c | sed 's,.*/fuzz-\(.*\)\.c,\1,')
if [ "$replay" = yes ]; then
  [ $# -ge 2 ] || usage
  targets=$1
else
  targets=${*:-$all}
fi
for target in $targets; do
  if ! [ -f "tests/fuzz/fuzz-$target.c" ]; then
    echo "there is no target $target; there are:" $all >&2
    exit 2
  fi
done

log=$build/log
mkdir -p "$build" || exit 1
if ! [ -f "$build/build.ninja" ]; then
  CC=clang meson setup "$build" -Dfuzzing=true -Db_sanitize=address,undefined -Db_lundef=false -Dintrospection=disabled \
    -Dvapi=disabled -Ddocs=disabled -Dexamples=false > "$log" 2>&1 || { tail -n 20 "$log"; exit 1; }
fi
ninja -C "$build" $(printf 'tests/fuzz/libfuzzer-%s ' $targets) > "$log" 2>&1 || { tail -n 40 "$log"; exit 1; }

export G_SLICE=always-malloc G_DEBUG=fatal-criticals
# A run allocates little: what it freed need not be kept from the next hundred, nor whence all of it came.
export ASAN_OPTIONS=strict_string_checks=1:malloc_context_size=3:quarantine_size_mb=4:max_malloc_fill_size=64
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
# Files that are written are synced, which on a disk takes most of the time.
if [ -z "${TMPDIR:-}" ] && [ -w /dev/shm ]; then export TMPDIR=/dev/shm; fi

if [ "$replay" = yes ]; then
  shift
  export ASAN_OPTIONS="$ASAN_OPTIONS:malloc_context_size=20"
  exec "$build/tests/fuzz/libfuzzer-$targets" "$@"
fi

dictionary () {
  case $1 in
    chunked | request | response | session | trailers) echo http1 ;;
    *) echo "$1" ;;
  esac
}

# The last value of a statistic of libFuzzer's.
statistic () {
  sed -n "s/^stat::$1: *//p" "$log" | tail -n 1
}

status=0
for target in $targets; do
  program=$build/tests/fuzz/libfuzzer-$target
  corpus=tests/fuzz/corpus/$target
  kept=$build/kept/$target
  found=$build/found/$target
  mkdir -p "$kept" "$found" "$corpus"
  # What a long life finds a short one finds sooner.
  max_len=4096
  [ "$target" = engine ] && max_len=500
  # The bookkeeping of the entropic schedule costs more than running the input, 25 times as much for the engine.
  options="-entropic=0 -max_len=$max_len -print_final_stats=1 -artifact_prefix=$found/"
  dict=tests/fuzz/$(dictionary "$target").dict
  [ -f "$dict" ] && options="$options -dict=$dict"

  if "$program" $options "$limit" "$kept" "$corpus" > "$log" 2>&1; then
    finding='no finding'
  else
    cp "$log" "$found/log"
    finding="FAILED: $(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1), see $found/log"
    status=1
  fi
  printf '%s: %s executions, %s a second, %s\n' "$target" "$(statistic number_of_executed_units)" \
    "$(statistic average_exec_per_sec)" "$finding"

  if [ "$merge" = yes ] && [ "$finding" = 'no finding' ]; then
    rm -rf "$build/merged"
    mkdir "$build/merged"
    if "$program" -set_cover_merge=1 -use_counters=0 -max_len=512 "$build/merged" "$corpus" "$kept" > "$log" 2>&1; then
      # The files that were put there by hand have names; they stay.
      find "$corpus" -type f -name '????????????????????????????????????????' -delete
      cp -n "$build/merged"/* "$corpus"
      echo "$target: $(ls "$corpus" | wc -l) inputs in its corpus"
    else
      tail -n 20 "$log"
      status=1
    fi
  fi
done
exit $status
