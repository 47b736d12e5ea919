#!/usr/bin/env bash
# Every man page passes mandoc's own check. Usage: man.sh FOLDER-OF-BUILT-PAGES
set -euo pipefail
here=$(realpath "$(dirname "$0")")
pages=("${1:?usage: man.sh FOLDER-OF-BUILT-PAGES}"/*.1 "$here"/../../man/*.1 "$here"/../../man/*.5)
found=$(for page in "${pages[@]}"; do mandoc -T lint -W warning "$page" || true; done)
[ -z "$found" ] || { echo "$found" >&2; exit 1; }
echo "${#pages[@]} pages, no warning"
