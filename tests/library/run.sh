#!/usr/bin/env bash
# Installs the library, and builds and runs a program outside of this project with it, once found by CMake and once by
# pkg-config. Usage: run.sh BUILD-FOLDER COMPILER
set -euo pipefail
build=$(realpath "${1:?usage: run.sh BUILD-FOLDER COMPILER}")
compiler=${2:?usage: run.sh BUILD-FOLDER COMPILER}
here=$(realpath "$(dirname "$0")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flags=$(sed -n 's/^MEMFIT_SANITIZE:STRING=//p' "$build/CMakeCache.txt")
flags=${flags:+-fsanitize=$flags}
if grep -q '^MEMFIT_COVERAGE:BOOL=ON' "$build/CMakeCache.txt"; then flags+=" --coverage"; fi
cmake --install "$build" --prefix "$work/installed" --component library >/dev/null
expected=$'1610612736\n23418120\n4 gogc-off-unbounded'

check() { # HOW PROGRAM
    local got
    got=$("$2")
    [ "$got" = "$expected" ] || { printf '%s: expected\n%s\ngot\n%s\n' "$1" "$expected" "$got" >&2; exit 1; }
    echo "$1: as expected"
}

cmake -S "$here" -B "$work/found" -G Ninja -DCMAKE_PREFIX_PATH="$work/installed" -DCMAKE_CXX_COMPILER="$compiler" \
    -DCMAKE_CXX_FLAGS="$flags" >/dev/null
cmake --build "$work/found" >/dev/null
check find_package "$work/found/outside"

PKG_CONFIG_PATH=$(dirname "$(find "$work/installed" -name memfit.pc)")
export PKG_CONFIG_PATH
# shellcheck disable=SC2046,SC2086 # lists of flags
"$compiler" -std=c++20 $flags "$here/outside.cpp" \
    $(pkg-config --define-variable=prefix="$work/installed" --cflags --libs memfit) -o "$work/outside"
check pkg-config "$work/outside"
