#!/bin/sh
# run.sh: faults planted on purpose, and the tests that must catch them
#
#   sh tests/mutants/run.sh [name...]       plants each fault (or those named), and expects its test to fail
#   sh tests/mutants/run.sh --threads       the same for races, which are in threads/: ThreadSanitizer has to see them
#   sh tests/mutants/run.sh --check         only: each patch says what it must, and still applies
#
# Before its diff, a patch says (several Test lines may stand: each of them must catch it)
#
#   Promise: <number in tests/behaviours.required>
#   Test: <name in meson> <path of the test>
#
# Each named test passes in the tree as it is: that is seen once for all patches. Copies of that tree take the
# faults, $MSA_MUTANT_JOBS at a time (else one for each processor), and build again what a fault changes: one
# is taken back and the next applied before a build. First built as quickly as can be; what survives that is built
# with sanitizers. Survivors are named at the end; the last line is `N passed, N failed, 0 skipped`.
# SPDX-License-Identifier: LGPL-2.1-or-later

set -u
cd "$(dirname "$0")/../.." || exit 1
top=$PWD
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM
passed=0
failed=0
survivors=
sanitizers=

# result <complaint> <name>: an empty complaint is a success.
result () {
  if [ -z "$1" ]; then
    passed=$((passed + 1))
    echo "ok $((passed + failed)) /mutants/$2"
  else
    failed=$((failed + 1))
    survivors="$survivors $(basename "$2")"
    echo "not ok $((passed + failed)) /mutants/$2"
    printf '%s\n' "$1" | sed 's/^/# /'
  fi
}

# The values of a key in the head of a patch.
head_of () {
  sed -n -e '/^--- \|^diff /q' -e "s/^$2: //p" "$1"
}

complain_of_head () {
  promises=$(head_of "$1" Promise)
  tests=$(head_of "$1" Test)
  [ -n "$promises" ] || echo 'no line Promise: in its head'
  [ -n "$tests" ] || echo 'no line Test: in its head'
  printf '%s\n' "$promises" | while read -r number; do
    grep -qxF "$number" tests/behaviours.required || echo "$number is not in tests/behaviours.required"
  done
  printf '%s\n' "$tests" | while read -r program path rest; do
    case $path in
      /*) [ -z "$rest" ] || echo "more than one path: $path $rest" ;;
      *) echo "no path of a test: $program $path" ;;
    esac
  done
}

check_patch () {
  name=$(basename "$1" .patch)
  result "$(complain_of_head "$1" 2>&1)" "$name/head"
  if patch -p1 --dry-run --force --fuzz=0 -d "$top" < "$1" > "$scratch/log" 2>&1; then
    result '' "$name/applies"
  else
    result "$(cat "$scratch/log")" "$name/applies"
  fi
}

# Every promise (P1, P2 ...) that is required has a fault.
check_promises () {
  for number in $(grep -x 'P[0-9][0-9]*' tests/behaviours.required 2> /dev/null); do
    if grep -qxF "Promise: $number" tests/mutants/*.patch 2> /dev/null; then
      result '' "promise/$number"
    else
      result "no patch breaks $number" "promise/$number"
    fi
  done
}

# Each folder of the library has a fault.
check_rooms () {
  for source in $(cd libmsa && find . -name '*.c' | sed 's,^\./,,; s,[^/]*$,,' | sort -u) .; do
    room=${source%/}
    pattern="^--- a/libmsa/$room/[^/]*\.[ch]"
    [ "$room" != . ] || pattern='^--- a/libmsa/msa-[^/]*\.[ch]'
    if grep -q "$pattern" tests/mutants/*.patch; then
      result '' "room/$room"
    else
      result "no patch is in libmsa/$room" "room/$room"
    fi
  done
}

# Where a program of the suite lies in a build folder, which is also its name for ninja.
program_of () {
  grep -x "tests/\(.*/\)*test-$1" "$scratch/programs"
}

# A program of the suite, or a check of the tree over its public headers: run_test <tree> <program> <path> <output>.
run_test () {
  case $2 in check-*)
    find "$1/tree/libmsa" -name 'msa*.h' ! -name '*-private.h' \
      -exec python3 -B "$1/tree/tests/$2.py" {} + > "$4" 2>&1
    return ;;
  esac
  # With -p GLib forgets the data of the tests that it leaves out.
  ASAN_OPTIONS=detect_leaks=0 G_DEBUG=fatal-criticals G_SLICE=always-malloc timeout 300 \
    "$1/build/$(program_of "$2")" --tap -p "$3" > "$4" 2>&1
}

# The programs that the tests of these patches need, as ninja names them.
targets_of () {
  for patch; do head_of "$patch" Test; done | sed -e '/^check-/d' -e 's, .*,,' | sort -u \
    | while read -r program; do program_of "$program"; done
}

# Runs a test of the tree as it is, unless that was done for another patch. What to complain of is in $whole/results.
try_whole () {
  key=$whole/results/$(printf '%s %s' "$1" "$2" | tr '/ ' '__')
  mkdir "$key" 2> /dev/null || return 0
  if ! run_test "$whole" "$1" "$2" "$key/output"; then
    { echo "$1 $2 fails without the fault"; tail -n 20 "$key/output"; } > "$key/complaint"
  elif ! grep -q "^ok [0-9]* $2\$\|^ok [0-9]* $2/" "$key/output"; then
    echo "$1 has no test $2" > "$key/complaint"
  fi
}

# Says nothing if each named test of the patch passes in the tree as it is.
complain_of_whole () {
  head_of "$1" Test | while read -r program path; do
    cat "$whole/results/$(printf '%s %s' "$program" "$path" | tr '/ ' '__')/complaint" 2> /dev/null
  done
}

# Says nothing if each named test fails with the fault.
complain_of_mutated () {
  head_of "$2" Test | while read -r program path; do
    if run_test "$1" "$program" "$path" "$1/output"; then echo "$program $path passes with the fault"; fi
  done
}

try_patch () {
  complaint=$(complain_of_whole "$2")
  [ -z "$complaint" ] || { echo "$complaint"; return; }
  patch -p1 --force --fuzz=0 -d "$1/tree" < "$2" > "$1/log" 2>&1 || { echo 'does not apply'; cat "$1/log"; return; }
  # shellcheck disable=SC2046
  set -- "$1" "$2" $(targets_of "$2")
  dir=$1
  patch=$2
  shift 2
  if [ $# -eq 0 ] || ninja -C "$dir/build" -j 1 "$@" > "$dir/log" 2>&1; then
    complain_of_mutated "$dir" "$patch"
  else
    echo 'does not build with the fault'
    tail -n 20 "$dir/log"
  fi
  patch -p1 -R --force -d "$dir/tree" < "$patch" > /dev/null
}

# worker <folder> <patch>...: takes patches that nobody took, and tells of each.
worker () {
  dir=$1
  shift
  for patch; do
    name=$(basename "$patch" .patch)
    mkdir "$taken/$name" 2> /dev/null || continue
    if [ -f "$patch" ]; then
      try_patch "$dir" "$patch" > "$taken/$name/complaint"
    else
      echo "there is no $patch" > "$taken/$name/complaint"
    fi
    echo "$name"
  done
}

# What each worker does for the tree as it is: the tests of the patches, each once.
whole_worker () {
  for patch; do
    [ -f "$patch" ] || continue
    head_of "$patch" Test | while read -r program path; do try_whole "$program" "$path"; done
  done
}

finish () {
  echo "1..$((passed + failed))"
  [ "$1" = check ] || [ -z "$survivors" ] || printf '# survivors:%s\n' "$survivors"
  [ "$1" = check ] || echo "$passed passed, $failed failed, 0 skipped"
  [ $failed -eq 0 ] && [ $passed -gt 0 ]
  exit
}

if [ "${1:-}" = --check ]; then
  for patch in tests/mutants/*.patch tests/mutants/threads/*.patch; do
    [ -f "$patch" ] || { result 'there is no patch' any; break; }
    check_patch "$patch"
  done
  check_promises
  check_rooms
  finish check
fi

folder=$top/tests/mutants
if [ "${1:-}" = --threads ]; then
  shift
  folder=$folder/threads
  sanitizers=thread
  CC=clang
  # As in tests/tsan.sh.
  TSAN_OPTIONS=ignore_noninstrumented_modules=1:halt_on_error=1:exitcode=66
  export CC TSAN_OPTIONS
fi
if [ $# -eq 0 ]; then
  set -- "$folder"/*.patch
else
  for name; do
    set -- "$@" "$folder/$name.patch"
    shift
  done
fi

# plant <sanitizers> <optimization> <patch>...: names in $scratch/again what was not killed.
plant () {
  whole=$scratch/$1/0
  taken=$scratch/$1/taken
  told=$scratch/$1/told
  mkdir -p "$whole/tree" "$whole/results" "$taken"
  mkfifo "$told" || exit 1
  cp -a libmsa bindings docs tests meson.build meson_options.txt "$whole/tree" || exit 1
  # What is made of the introspection data is there without sanitizers alone, which the scanner does not stand.
  introspection=disabled
  [ "$1" != none ] || introspection=enabled
  meson setup "$whole/build" "$whole/tree" -Dintrospection=$introspection -Dvapi=disabled -Ddocs=disabled -Dexamples=false \
    -Db_sanitize="$1" -Db_lundef=false -Doptimization="$2" -Ddebug=false > "$scratch/log" 2>&1 \
    || { tail -n 20 "$scratch/log"; exit 1; }
  ninja -C "$whole/build" -t targets all | sed -n 's,^\(tests/.*\): .*_LINKER.*,\1,p' > "$scratch/programs"
  dir=$scratch/$1
  shift 2
  # shellcheck disable=SC2046
  ninja -C "$whole/build" $(targets_of "$@" 2> /dev/null) > "$scratch/log" 2>&1 \
    || { echo 'the tree does not build'; tail -n 20 "$scratch/log"; exit 1; }
  for n in $(seq "$jobs"); do
    # Paths in a build folder are relative, but for those that set it up anew.
    mkdir "$dir/$n" && cp -a "$whole/tree" "$whole/build" "$dir/$n" || exit 1
  done

  for n in $(seq "$jobs"); do whole_worker "$@" & done
  wait
  (
    for n in $(seq "$jobs"); do worker "$dir/$n" "$@" & done
    wait
  ) > "$told" &
  while read -r name; do
    if [ -s "$taken/$name/complaint" ]; then echo "$name" >> "$scratch/again"; else result '' "$name"; fi
  done < "$told"
}

jobs=${MSA_MUTANT_JOBS:-$(nproc)}
: > "$scratch/again"
if [ "$sanitizers" = thread ]; then
  plant thread 1 "$@"
else
  plant none 0 "$@"
  if [ -s "$scratch/again" ]; then
    # shellcheck disable=SC2046
    set -- $(sed "s,.*,$folder/&.patch," "$scratch/again")
    : > "$scratch/again"
    plant address,undefined 1 "$@"
  fi
fi
for name in $(cat "$scratch/again"); do result "$(cat "$taken/$name/complaint")" "$name"; done
finish run
