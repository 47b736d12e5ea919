#!/usr/bin/env bash
# Holds the includes against the tables of CONTRIBUTING.md: a folder includes itself and the folders above it in its
# table, and core nothing of the plugin. No folder has more than 25 files.
set -euo pipefail
cd "$(dirname "$0")/../.."

# The rows of the table whose first heading is $1, from the top.
rows() {
    awk -F'`' -v heading="| $1 |" 'index($0, heading) == 1 { inside = 1; next }
        inside && !/^\|/ { exit }
        inside && NF > 1 { sub(/\/$/, "", $2); print $2 }' CONTRIBUTING.md
}

# Every include of a header of this project, as "file header".
includes() { grep -rHo '^#include "[^"]*"' "$1" --include='*.cpp' --include='*.h' | sed 's/:#include "/ /; s/"$//'; }

found=$(
    for part in core/memfit plugin; do
        rows $part | awk -v part=$part '{ print part "/" $0 }'
    done | awk '
        FILENAME == "-" { place[$0] = NR; next }
        {
            from = $1; sub(/\/[^\/]*$/, "", from)
            to = $2; sub(/\/[^\/]*$/, "", to)
            if ($2 !~ /\//) next                       # made by the build
            core = $2 ~ /^memfit\//
            to = core ? "core/" to : "plugin/" to
            if (to == "core/memfit" || from == "core/memfit" || from == "plugin") next
            if (!(from in place)) { print $1 ": its folder is in no table of CONTRIBUTING.md"; next }
            if (!(to in place)) { print $1 " includes " $2 ", whose folder is in no table of CONTRIBUTING.md"; next }
            if (place[to] > place[from]) print $1 " includes " $2 ", which stands below it"
        }' - <(includes core/memfit; includes plugin)
    find core/memfit plugin '(' -name '*.cpp' -o -name '*.h' ')' -printf '%h\n' | sort | uniq -c |
        awk '$1 > 25 { print $2 " has " $1 " files" }'
    for part in core/memfit plugin; do
        rows $part | while read -r folder; do
            [ -d "$part/$folder" ] || echo "CONTRIBUTING.md names $part/$folder, which is not there"
        done
    done
)
if [ -n "$found" ]; then
    printf '%s\n' "$found" >&2
    exit 1
fi
echo "the includes keep to CONTRIBUTING.md: $(rows core/memfit | wc -l) folders in core, $(rows plugin | wc -l) in the plugin"
