#!/usr/bin/env bash
# clang-tidy over the units that it has not found clean before. Usage: tidy.sh [all|record]
#
# What decides about a unit is its text, that of the headers of this project that it includes, the rules, the compiler's
# settings and the version of clang-tidy; a sum of these is its key. Lines that are comments alone do not count, except
# for NOLINT. A unit is not checked again
#   - if its key was clean on this machine (${XDG_CACHE_HOME:-~/.cache}/kubectl-memfit/tidy), or
#   - if it has the same key at the commit that .ci/linted names, at which all units were clean. That file also names the
#     version of clang-tidy. LINT_BASE=COMMIT takes another commit. Where the commit is not there (a shallow clone), or
#     is not an ancestor of HEAD, all units are checked.
# `tidy.sh all` checks every unit; `record` those that were not clean on this machine. Both write .ci/linted anew if all
# are clean and nothing is uncommitted.
set -euo pipefail
cd "$(dirname "$0")/.."
records=${XDG_CACHE_HOME:-$HOME/.cache}/kubectl-memfit/tidy
version=$(clang-tidy-19 --version | grep -o 'version [0-9.]*')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A library's tests are built outside of this project.
units() { grep -E '^((core|plugin|man)/|tests/).*\.cpp$' | grep -v '^tests/library/'; }

# Blob and path of every file, without its comment lines, in the working tree or in the commit $1.
files() {
    local tree=$work/tree
    rm -rf "$tree" && mkdir "$tree"
    if [ -z "${1:-}" ]; then
        git ls-files | while read -r path; do [ ! -f "$path" ] || echo "$path"; done | tar -cf - -T - | tar -xf - -C "$tree"
    else
        git archive "$1" | tar -xf - -C "$tree"
    fi
    (
        cd "$tree"
        find . -type f -printf '%P\n' | sort >"$work/paths"
        grep -E '\.(cpp|h)$' "$work/paths" | xargs sed -i '/NOLINT/b; \|^ *//|d'
        git hash-object --no-filters --stdin-paths <"$work/paths" >"$work/blobs"
    )
    paste -d ' ' "$work/blobs" "$work/paths"
}

# Key and path of every unit, in the working tree or in the commit $1.
keys() {
    local tree=${1:-} folder=$work/blocks
    rm -rf "$folder" && mkdir "$folder"
    files "$tree" >"$work/files"
    git grep --no-color -I '^#include "' ${tree:+"$tree"} -- '*.cpp' '*.h' |
        sed -E "s|^${tree:+$tree:}([^:]+):#include \"([^\"]+)\".*|\1 \2|" >"$work/includes"
    units < <(cut -d' ' -f2 "$work/files") >"$work/units"
    awk -v folder="$folder" -v version="$version" '
        FILENAME ~ /files$/ { blob[$2] = $1; next }
        FILENAME ~ /includes$/ {
            from = $1; sub(/[^\/]*$/, "", from)
            found = ""
            n = split(from "|core/|plugin/|tests/", roots, "|")
            for (i = 1; i <= n && found == ""; i++) if (roots[i] $2 in blob) found = roots[i] $2
            # A header that is made by the build has no blob.
            if (found != "") includes[$1] = includes[$1] " " found
            next
        }
        {
            split("", seen); seen[$1] = 1; todo[1] = $1; last = 1
            out = sprintf("%s/%05d", folder, FNR)
            print version, blob[".clang-tidy"], blob["CMakePresets.json"], blob["cmake/Settings.cmake"] > out
            for (at = 1; at <= last; at++) {
                print blob[todo[at]], todo[at] > out
                n = split(includes[todo[at]], next_ones, " ")
                for (i = 1; i <= n; i++) if (!(next_ones[i] in seen)) {
                    seen[next_ones[i]] = 1
                    todo[++last] = next_ones[i]
                }
            }
            close(out)
        }' "$work/files" "$work/includes" "$work/units"
    find "$folder" -type f | sort | xargs sha256sum | cut -d' ' -f1 | paste -d ' ' - "$work/units"
}

keys >"$work/now"
: >"$work/clean"
if [ "${1:-}" != all ]; then
    mkdir -p "$records"
    find "$records" -type f -printf '%f\n' >"$work/clean"
    base=${LINT_BASE:-}
    if [ -z "$base" ] && [ "${1:-}" != record ] && [ -f .ci/linted ]; then
        read -r base linted_by <.ci/linted
        [ "$linted_by" = "$version" ] || base=
    fi
    if [ -n "$base" ] && git merge-base --is-ancestor "$base" HEAD 2>/dev/null; then
        keys "$base" | cut -d' ' -f1 >>"$work/clean"
    else
        base=
    fi
fi
awk 'FILENAME ~ /clean$/ { clean[$1] = 1; next } !($1 in clean)' "$work/clean" "$work/now" >"$work/todo"
echo "clang-tidy: $(wc -l <"$work/todo") of $(wc -l <"$work/now") units${base:+, the others were clean here or at $base}"

# Every unit by itself and by its own headers alone.
mkdir -p "$records"
export records
if [ -s "$work/todo" ]; then
    cmake --preset clang -B build/lint -DMEMFIT_PCH=OFF -DMEMFIT_BATCHES=OFF -DCMAKE_CXX_COMPILER_LAUNCHER= >/dev/null
fi
# shellcheck disable=SC2016 # expanded by the inner shell
xargs -r -P "$(nproc)" -n 2 bash -c '
    said=$(clang-tidy-19 -p build/lint --quiet --warnings-as-errors="*" "$2" 2>&1) && clean=yes || clean=
    grep -Ev "^[0-9]+ warnings? generated|^Suppressed|^Use -header-filter|^\[[0-9/]+\] Processing|^$" <<<"$said" || true
    [ -n "$clean" ] && : >"$records/$1"' tidy <"$work/todo"

if [[ ${1:-} =~ ^(all|record)$ ]] && [ -z "$(git status --porcelain)" ]; then
    echo "$(git rev-parse HEAD) $version" >.ci/linted
    echo "clang-tidy: all units are clean; .ci/linted names this commit"
fi
