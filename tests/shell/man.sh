#!/usr/bin/env bash
# Every man page passes mandoc's own check, and memfit-results(5) has every field that is written.
# Usage: man.sh FOLDER-OF-BUILT-PAGES
set -euo pipefail
root=$(realpath "$(dirname "$0")/../..")
pages=("${1:?usage: man.sh FOLDER-OF-BUILT-PAGES}"/*.1 "$root"/man/*.1 "$root"/man/*.5)
# The pages name each other, and are not installed here.
found=$(for page in "${pages[@]}"; do mandoc -T lint "$page" || true; done |
    grep -v 'referenced manual not found: Xr \(kubectl-memfit\|memfit-results\)' || true)
[ -z "$found" ] || { echo "$found" >&2; exit 1; }

written=$(cat "$root"/core/memfit/{documents/documents_write,advice/recommendation_json,scan/scan_result,lint/lint_formats}.cpp |
    sed '/^Json sarif/,/^}/d; /^std::string lintSarif/,/^}/d' |
    grep -oE '(\[|\{|, |\()"[a-z][A-Za-z0-9]*"' | grep -oE '[A-Za-z0-9]+' | sort -u)
page=$(mandoc -T ascii "$root/man/memfit-results.5" | sed 's/.\x08//g')
missing=$(for name in $written; do grep -qw "$name" <<< "$page" || echo "$name"; done)
[ -z "$missing" ] || { printf 'memfit-results(5) lacks fields:\n%s\n' "$missing" >&2; exit 1; }
echo "${#pages[@]} pages, no warning; $(wc -w <<< "$written") fields described"
