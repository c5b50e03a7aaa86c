#!/bin/sh
# quickstart.sh: from an empty machine to 200 transfers at once
#
#   sh docs/quickstart.sh            against a small server of its own, half of them over TLS
#   sh docs/quickstart.sh URL...     fetches these instead
#
# Installs only what the build needs, builds in _build, and ends in a table. The server listens on free
# loopback ports, makes its certificate authority on the spot, and ends with this script.
# SPDX-License-Identifier: LGPL-2.1-or-later

set -u
here=$(cd "$(dirname "$0")" && pwd) || exit 1
cd "$here/.." || exit 1
. docs/setup.sh

build=${MSA_BUILD_DIR:-_build}

# shellcheck disable=SC2086
msa_need $msa_library_packages

echo "Building in $build ..."
if ! [ -f "$build/build.ninja" ]; then
  meson setup "$build" -Dintrospection=disabled -Dvapi=disabled -Ddocs=disabled -Dtests=false > /dev/null ||
    { echo 'The build could not be set up.' >&2; exit 1; }
fi
ninja -C "$build" > "$build/quickstart.log" || { tail -n 40 "$build/quickstart.log" >&2; exit 1; }
fetch=$build/docs/examples/parallel-fetch

if [ $# -gt 0 ]; then
  exec "$fetch" --progress "$@"
fi

scratch=$(mktemp -d) || exit 1
server=
finish () {
  [ -z "$server" ] || kill "$server" 2> /dev/null
  rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

# It ends when its standard input does: the open fifo keeps it going, whatever ends this script.
mkfifo "$scratch/input"
"$build/docs/examples/example-server" < "$scratch/input" > "$scratch/urls" &
server=$!
exec 3> "$scratch/input"
until [ -s "$scratch/urls" ]; do
  kill -0 "$server" 2> /dev/null || { echo 'The server did not start.' >&2; exit 1; }
  sleep 0.1
done
read -r plain secure ca_file < "$scratch/urls"

echo "200 transfers at once, half of them over TLS, from $plain and $secure"
"$fetch" --progress --count 100 --ca-file "$ca_file" "$plain/bytes/100000" "$secure/bytes/100000"
