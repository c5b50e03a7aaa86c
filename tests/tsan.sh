#!/bin/sh
# tsan.sh: the C tests with ThreadSanitizer
#
#   sh tests/tsan.sh [name...]      all unit tests, or those named
#
# Builds with Clang in _build-tsan (or $MSA_TSAN_DIR). GLib and GnuTLS are not instrumented: what they do themselves
# is not looked at, and nothing else is left out. Locks and waits of ours go through base/msa-lock-private.h, which
# tells the sanitizer what it does not see; tests/sim/msa-test-free.c does so for g_free(). The last line
# is `N passed, N failed, N skipped`.
# SPDX-License-Identifier: LGPL-2.1-or-later

set -u
cd "$(dirname "$0")/.." || exit 1
build=${MSA_TSAN_DIR:-_build-tsan}

if ! [ -f "$build/build.ninja" ]; then
  CC=clang meson setup "$build" -Db_sanitize=thread -Db_lundef=false -Doptimization=1 -Dintrospection=disabled \
    -Dvapi=disabled -Ddocs=disabled -Dexamples=false || exit 1
fi
ninja -C "$build" > "$build/log" 2>&1 || { tail -n 60 "$build/log"; exit 1; }

TSAN_OPTIONS=ignore_noninstrumented_modules=1:halt_on_error=1:exitcode=66
export TSAN_OPTIONS
rm -f "$build"/meson-logs/testlog*
if [ $# -eq 0 ]; then set -- --suite C --no-suite interop; fi
meson test -C "$build" --no-rebuild --quiet --timeout-multiplier 10 "$@" > /dev/null 2>&1
python3 -B tests/report.py "$build" --name tsan
