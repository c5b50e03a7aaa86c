#!/bin/sh
# run.sh: faults planted on purpose, and the tests that must catch them
#
#   sh tests/mutants/run.sh [name...]       plants each fault (or those named), and expects its test to fail
#   sh tests/mutants/run.sh --check         only: each patch says what it must, and still applies
#
# Before its diff, a patch says (several Test lines may stand: each of them must catch it)
#
#   Promise: <number in tests/behaviours.required>
#   Test: <name in meson> <path of the test>
#
# Works in a copy of the tree, built with sanitizers. The last line is `N passed, N failed, 0 skipped`.
# SPDX-License-Identifier: LGPL-2.1-or-later

set -u
cd "$(dirname "$0")/../.." || exit 1
top=$PWD
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM
passed=0
failed=0

# result <complaint> <name>: an empty complaint is a success.
result () {
  if [ -z "$1" ]; then
    passed=$((passed + 1))
    echo "ok $((passed + failed)) /mutants/$2"
  else
    failed=$((failed + 1))
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

# What is made of the introspection data has a build of its own, without sanitizers, which the scanner does not stand.
build_of () {
  case $1 in
    life-matrix) echo "$scratch/introspected" ;;
    *) echo "$scratch/build" ;;
  esac
}

# A program of the suite, or a check of the tree over its public headers.
run_test () {
  case $1 in check-*)
    find "$scratch/tree/libmsa" -name 'msa*.h' ! -name '*-private.h' \
      -exec python3 -B "$scratch/tree/tests/$1.py" {} + > "$scratch/output" 2>&1
    return ;;
  esac
  # With -p GLib forgets the data of the tests that it leaves out.
  ASAN_OPTIONS=detect_leaks=0 G_DEBUG=fatal-criticals G_SLICE=always-malloc timeout 120 "$(build_of "$1")/tests/test-$1" --tap -p "$2" \
    > "$scratch/output" 2>&1
}

# Builds the programs of the patch at hand: one name a line in $programs.
build () {
  for program in $programs; do
    case $program in check-*) continue ;; esac
    [ -d "$(build_of "$program")" ] || meson setup "$(build_of "$program")" "$scratch/tree" -Dvapi=disabled \
      -Ddocs=disabled -Dexamples=false -Doptimization=1 > "$scratch/log" 2>&1 || return 1
    ninja -C "$(build_of "$program")" "tests/test-$program" > "$scratch/log" 2>&1 || return 1
  done
}

# Says nothing if each named test passes with the tree as it is ($1 = whole), or fails with the fault.
complain_of_tests () {
  head_of "$patch" Test | while read -r program path; do
    if run_test "$program" "$path"; then
      if [ "$1" = mutated ]; then echo "$program $path passes with the fault"; fi
      grep -q "^ok [0-9]* $path\$\|^ok [0-9]* $path/" "$scratch/output" || echo "$program has no test $path"
    elif [ "$1" = whole ]; then
      echo "$program $path fails without the fault"
      tail -n 20 "$scratch/output"
    fi
  done
}

try_patch () {
  programs=$(head_of "$patch" Test | cut -d ' ' -f 1 | sort -u)
  build || { echo 'the tree does not build'; tail -n 20 "$scratch/log"; return; }
  complaint=$(complain_of_tests whole)
  [ -z "$complaint" ] || { echo "$complaint"; return; }
  patch -p1 --force --fuzz=0 -d "$scratch/tree" < "$patch" > "$scratch/log" 2>&1 \
    || { echo 'does not apply'; cat "$scratch/log"; return; }
  if build; then
    complain_of_tests mutated
  else
    echo 'does not build with the fault'
    tail -n 20 "$scratch/log"
  fi
  patch -p1 -R --force -d "$scratch/tree" < "$patch" > /dev/null
}

finish () {
  echo "1..$((passed + failed))"
  [ "$1" = check ] || echo "$passed passed, $failed failed, 0 skipped"
  [ $failed -eq 0 ] && [ $passed -gt 0 ]
  exit
}

if [ "${1:-}" = --check ]; then
  for patch in tests/mutants/*.patch; do
    [ -f "$patch" ] || { result 'there is no patch' any; break; }
    check_patch "$patch"
  done
  check_promises
  finish check
fi

if [ $# -eq 0 ]; then
  set -- tests/mutants/*.patch
else
  for name; do
    set -- "$@" "tests/mutants/$name.patch"
    shift
  done
fi

mkdir "$scratch/tree"
cp -a libmsa bindings docs tests meson.build meson_options.txt "$scratch/tree" || exit 1
meson setup "$scratch/build" "$scratch/tree" -Dintrospection=disabled -Dvapi=disabled -Ddocs=disabled -Dexamples=false \
  -Db_sanitize=address,undefined -Db_lundef=false -Doptimization=1 > "$scratch/log" 2>&1 \
  || { tail -n 20 "$scratch/log"; exit 1; }
for patch; do
  patch=$top/$patch
  if [ -f "$patch" ]; then
    result "$(try_patch)" "$(basename "$patch" .patch)"
  else
    result "there is no $patch" "$(basename "$patch" .patch)"
  fi
done
finish run
