#!/bin/sh
# check-format.sh: the layout of the C files
#
#   check-format.sh [file...]     in the top folder; without files all .c files and the proof
#
# What clang-format 14 prints by .clang-format is right. Columns that stand below each other by several
# spaces are left alone, as in members of structs. Besides, it looks for what clang-format cannot keep:
# at most 100 columns, one parameter a line in definitions, no tabs, no spaces at a line's end. Headers
# have hand-aligned prototypes and are not looked at.
# SPDX-License-Identifier: LGPL-2.1-or-later

set -u
cd "$(dirname "$0")/.." || exit 1
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
clang_format=${CLANG_FORMAT:-$(command -v clang-format-14 || command -v clang-format)}
count=0
status=0

# Several spaces within a line count as one; quark names keep their hyphens.
normalize () {
  sed -e 's/\([^ ]\)  */\1 /g' -e '/^G_DEFINE_QUARK/s/ - /-/g'
}

complaints_of () {
  LC_ALL=C.UTF-8 awk '
    length ($0) > 100 { print FILENAME ":" FNR ": " length ($0) " columns, more than 100" }
    /\t/ { print FILENAME ":" FNR ": a tab" }
    /[ \r]$/ { print FILENAME ":" FNR ": spaces at the end of the line" }
    prev ~ /^(static )?[A-Za-z_][A-Za-z_ ]*[ *]*$/ && /^[a-z_0-9]+ \(.*,[^)]*[A-Za-z_]/ \
      { print FILENAME ":" FNR ": several parameters in one line" }
    { prev = $0 }
  ' "$1"
  normalize < "$1" > "$scratch/is"
  "$clang_format" --style=file --assume-filename="$PWD/libmsa/file.c" < "$1" | normalize > "$scratch/shall"
  diff -u --label "$1" --label "$1 (clang-format)" "$scratch/is" "$scratch/shall"
}

result () {
  count=$((count + 1))
  if [ "$1" = ok ]; then
    echo "ok $count /checks/format/$2"
  else
    status=1
    echo "not ok $count /checks/format/$2"
    sed 's/^/# /' "$scratch/complaints"
  fi
}

check () {
  complaints_of "$1" > "$scratch/complaints"
  if [ -s "$scratch/complaints" ]; then result bad "$2"; else result ok "$2"; fi
}

# A planted file: it must be refused.
plant () {
  cat > "$scratch/planted.c"
  complaints_of "$scratch/planted.c" > "$scratch/complaints"
  if [ -s "$scratch/complaints" ]; then result ok "refuses-$1"; else result bad "refuses-$1"; fi
}

if [ -z "$clang_format" ]; then
  echo "1..0 # SKIP clang-format is missing"
  exit 0
fi

if [ $# -gt 0 ]; then
  for file; do check "$file" "$file"; done
else
  for file in $(find libmsa tests docs bindings -name '*.c' | sort); do
    check "$file" "$file"
  done
  printf 'static int\nlength_of (const char *text,\n           int n)\n{\n  return n;\n}\n' > "$scratch/good.c"
  check "$scratch/good.c" takes-house-style
  printf 'int\nf (void)\n{\n    return 1;\n}\n' | plant indentation
  printf 'int\nf (void)\n{\n  return g(1);\n}\n' | plant no-space-before-parenthesis
  printf 'int\nf (void) {\n  return 1;\n}\n' | plant brace-on-same-line
  printf 'int\nf (int a, int b)\n{\n  return a;\n}\n' | plant parameters-in-one-line
  printf '/* %0100d */\n' 1 | plant long-line
  printf 'int\nf (void)\n{\n  return 1; \n}\n' | plant trailing-space
  printf 'int\nf (void)\n{\n\treturn 1;\n}\n' | plant tab
fi
echo "1..$count"
exit $status
