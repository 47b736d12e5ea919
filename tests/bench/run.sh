#!/usr/bin/env bash
# Prints every table behind the figures of this project. Usage: run.sh BUILD-FOLDER
set -euo pipefail
build=$(realpath "${1:?usage: run.sh BUILD-FOLDER}")
here=$(realpath "$(dirname "$0")")
root=$(realpath "$here/../..")
memfit="$build/plugin/kubectl-memfit"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
(cd "$root/examples/sales-api" && go build -o "$scratch/sales-api" .)

title() { printf '\n== %s\n\n' "$1"; }

peak() { /usr/bin/time -f '%M' "$@" 2>&1 >/dev/null | tail -1; }

title 'Edge search in simulation'
"$build/tests/edge_simulation"

title 'Comparison of two cells in simulation'
"$build/tests/comparison_simulation"

title 'Start-up (target: at most 5 ms and 12 MiB)'
kubectl=${KUBECTL_PATH:-kubectl}
hyperfine -N --style basic --warmup 10 --runs 200 "$memfit --version" 2>/dev/null
printf 'peak memory of kubectl-memfit --version: %s KiB\n\n' "$(peak "$memfit" --version)"
hyperfine -N --style basic --warmup 3 --runs 20 "$kubectl version --client" 2>/dev/null
printf 'peak memory of kubectl version --client: %s KiB\n' "$(peak "$kubectl" version --client)"

title 'Parsing one statistics page'
"$build/tests/parse_pages" "$root/tests/fixtures"

title "The experiment's own overhead (target: at most 10 %)"
"$memfit" recommend --local --port 3000 --load 'hey -n 1000 -c 10 {url}/v1/users' -v \
    -- "$scratch/sales-api" 2>&1 >/dev/null | grep '^time:'

title 'What sampling costs the service'
"$build/tests/sampling_overhead" "$scratch/sales-api"
