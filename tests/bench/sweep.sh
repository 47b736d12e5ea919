#!/usr/bin/env bash
# Compares the edge that squeeze names with an exhaustive sweep. Usage: sweep.sh BUILD-FOLDER
set -euo pipefail
build=$(realpath "${1:?usage: sweep.sh BUILD-FOLDER}")
root=$(realpath "$(dirname "$0")/../..")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
(cd "$root/examples/sales-api" && go build -o "$scratch/sales-api" .)
"$build/tests/sweep" "$scratch/sales-api"
