# setup.sh: what a machine needs; sourced by docs/quickstart.sh and tests/run.sh
#
#   msa_need package...    makes sure that all are there, or ends the script
#
# Packages have Debian's names. One counts as missing if what it is for does not work, so that what came to the
# machine in another way is left alone. With apt-get, missing ones are named and installed, as root
# or through sudo; without, they are named and the script ends. Servers are not started by their
# installation.
# SPDX-License-Identifier: LGPL-2.1-or-later

# What the library itself needs to be built; the quick start needs no more.
msa_library_packages='meson ninja-build gcc libc6-dev pkg-config libglib2.0-dev libgnutls28-dev libpsl-dev
  libidn2-dev ca-certificates'
# The same with its bindings.
msa_build_packages="$msa_library_packages libgirepository1.0-dev gobject-introspection valac"
# What the tests need besides.
msa_test_packages='python3-gi gjs nginx apache2-bin openssl gnutls-bin glib-networking libp11-kit-dev gi-docgen
  patch clang clang-format clang-tools libclang-rt-dev libuv1-dev mypy gir1.2-gtk-4.0 xvfb adwaita-icon-theme fonts-dejavu-core
  libcurl4-openssl-dev libsoup-3.0-dev libnghttp2-dev strace valgrind'

msa_has_command () {
  command -v "$1" > /dev/null 2>&1 || [ -x "/usr/sbin/$1" ]
}

msa_has_module () {
  msa_has_command pkg-config && pkg-config --exists "$1"
}

# Compiles and links a program, with the compiler and options that are given.
msa_can_link () {
  msa_has_command "$1" && echo '#include <stdio.h>
int main (void) { return puts ("") < 0; }' | "$@" -x c -o /dev/null - > /dev/null 2>&1
}

# The interpreter that sees Debian's packages, else any.
msa_python () {
  if [ -x /usr/bin/python3 ]; then echo /usr/bin/python3; else echo python3; fi
}

# Whether what a package is for works.
msa_has_package () {
  case $1 in
    ca-certificates) [ -s /etc/ssl/certs/ca-certificates.crt ] || ! msa_has_command dpkg ;;
    adwaita-icon-theme) [ -d /usr/share/icons/Adwaita ] ;;
    apache2-bin) msa_has_command apache2 || msa_has_command httpd ;;
    fonts-dejavu-core) [ -d /usr/share/fonts/truetype/dejavu ] || ! msa_has_command dpkg ;;
    clang-tools) msa_has_command clang-query ;;
    gcc) msa_has_command gcc || msa_has_command cc ;;
    gir1.2-gtk-4.0) "$(msa_python)" -c 'import gi; gi.require_version ("Gtk", "4.0")' > /dev/null 2>&1 ;;
    glib-networking)
      "$(msa_python)" -c 'from gi.repository import Gio
assert Gio.TlsBackend.get_default ().supports_tls ()' > /dev/null 2>&1 ;;
    gnutls-bin) msa_has_command gnutls-serv && msa_has_command certtool ;;
    gobject-introspection) msa_has_command g-ir-scanner ;;
    libc6-dev) msa_can_link gcc || msa_can_link cc ;;
    libclang-rt-dev) msa_can_link clang -fsanitize=address,undefined ;;
    libcurl4-openssl-dev) msa_has_module libcurl ;;
    libgirepository1.0-dev) msa_has_module gobject-introspection-1.0 ;;
    libglib2.0-dev) msa_has_module gio-unix-2.0 && msa_has_command glib-mkenums ;;
    libgnutls28-dev) msa_has_module gnutls ;;
    libidn2-dev) msa_has_module libidn2 ;;
    libnghttp2-dev) msa_has_module libnghttp2 ;;
    libp11-kit-dev) msa_has_module p11-kit-1 ;;
    libpsl-dev) msa_has_module libpsl ;;
    libsoup-3.0-dev) msa_has_module libsoup-3.0 ;;
    libuv1-dev) msa_has_module libuv ;;
    ninja-build) msa_has_command ninja ;;
    python3-gi) "$(msa_python)" -c 'import gi; gi.require_version ("Gio", "2.0")' > /dev/null 2>&1 ;;
    valac) msa_has_command valac && msa_has_command vapigen ;;
    xvfb) msa_has_command Xvfb ;;
    *) msa_has_command "$1" ;;
  esac
}

msa_missing_packages () {
  for package; do
    msa_has_package "$package" || echo "$package"
  done
}

msa_as_root () {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# In a subshell of its own, whose end takes the policy away again.
msa_install () (
  policy=/usr/sbin/policy-rc.d
  if ! [ -e $policy ]; then
    trap 'msa_as_root rm -f $policy' EXIT
    trap 'exit 1' HUP INT TERM
    # 101 denies the start of a service.
    printf '#!/bin/sh\nexit 101\n' | msa_as_root tee $policy > /dev/null && msa_as_root chmod 755 $policy || exit 1
  fi
  msa_as_root apt-get -q update &&
    msa_as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install "$@"
)

msa_need () {
  missing=$(msa_missing_packages "$@" | tr '\n' ' ')
  [ -n "$missing" ] || return 0

  if ! command -v apt-get > /dev/null 2>&1; then
    echo "Missing on this system (Debian's names): $missing" >&2
    echo 'Please install them, and start again.' >&2
    exit 1
  fi
  if [ "$(id -u)" -ne 0 ] && ! command -v sudo > /dev/null 2>&1; then
    echo "Missing: $missing" >&2
    echo 'Please install them as root, or start again as root or where there is sudo.' >&2
    exit 1
  fi
  echo "To be installed with apt-get: $missing"
  # Split into words on purpose.
  # shellcheck disable=SC2086
  msa_install $missing || { echo "Could not install: $missing" >&2; exit 1; }
  missing=$(msa_missing_packages "$@" | tr '\n' ' ')
  [ -z "$missing" ] || { echo "Still missing after the installation: $missing" >&2; exit 1; }
}
