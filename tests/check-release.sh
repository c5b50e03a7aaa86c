#!/bin/sh
# check-release.sh: no state of the process in a plain release build
#
#   check-release.sh source-folder python
#
# Builds the library alone, as who packages it does, and has check-symbols.py read its objects: an optimized build
# may keep other data than the one that the suite runs in, and asserts of GLib's are in both.
# SPDX-License-Identifier: LGPL-2.1-or-later

set -u
source=$1
python=$2
build=$(mktemp -d) || exit 1
trap 'rm -rf "$build"' EXIT
trap 'exit 1' HUP INT TERM

if ! meson setup "$build" "$source" --buildtype=release -Dtests=false -Dexamples=false -Dintrospection=disabled \
       -Dvapi=disabled -Ddocs=disabled > "$build/log" 2>&1 \
  || ! ninja -C "$build" > "$build/log" 2>&1; then
  sed 's/^/# /' "$build/log" | tail -n 40
  echo 'not ok 1 /checks/release/builds'
  echo '1..1'
  exit 1
fi
# The compiler is a list of words.
# shellcheck disable=SC2086
"$python" -B "$source/tests/check-symbols.py" --name release "$build/libmsa/libmsa-internal.a" "$source/libmsa" $CC
