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

title 'The minimum of a squeeze in simulation'
"$build/tests/squeeze_simulation"

title 'Comparison of two cells in simulation'
"$build/tests/comparison_simulation"

title 'Advice of simulated benches'
"$build/tests/decide_simulation"

title 'Start-up of the released program (target: at most 5 ms and 12 MiB)'
kubectl=${KUBECTL_PATH:-kubectl}
arch=$(dpkg --print-architecture)
archive=$(find "$root/build/dist" -name "kubectl-memfit-*-linux-$arch.tar.gz")
mkdir "$scratch/released"
tar -xzf "$archive" -C "$scratch/released" --strip-components=1
released=$scratch/released/kubectl-memfit
hyperfine -N --style basic --warmup 10 --runs 200 "$released --version" 2>/dev/null
printf 'peak memory of kubectl-memfit --version: %s KiB\n\n' "$(peak "$released" --version)"
hyperfine -N --style basic --warmup 3 --runs 20 "$kubectl version --client" 2>/dev/null
printf 'peak memory of kubectl version --client: %s KiB\n' "$(peak "$kubectl" version --client)"

title 'From the archive to the first recommendation (target: less than 50 ms)'
hyperfine --style basic --warmup 3 --runs 30 --prepare "rm -rf '$scratch/fresh'; mkdir '$scratch/fresh'" \
    "tar -xzf '$archive' -C '$scratch/fresh' --strip-components=1 &&
    '$scratch/fresh/kubectl-memfit' recommend -f '$root/tests/fixtures/replay/seed-bench.json'" 2>/dev/null

timed() { # LABEL COMMAND...: seconds and peak memory of one run, its output thrown away
    local label=$1 figures
    shift
    figures=$(/usr/bin/time -f '%e s, peak %M KiB' "$@" 2>&1 >/dev/null | tail -1)
    printf '  %-52s %s\n' "$label" "$figures"
}

title 'Editing a manifest of 10 MB and 5,000 documents (target: 5 times faster than kubectl)'
"$build/tests/big_inputs" "$scratch"
results=$root/tests/fixtures/replay/seed-bench.json
timed 'memfit recommend --edit - (before is kept, and compared)' \
    "$memfit" recommend -f "$results" --edit "$scratch/manifest.yaml" --diff
timed 'yaml-cpp, read and written (comments lost)' "$build/tests/yaml_round_trip" "$scratch/manifest.yaml"
timed 'yq, read and written (comments lost)' yq -y . "$scratch/manifest.yaml"
sed '/^---$/,$d' "$scratch/manifest.yaml" > "$scratch/one.yaml"
patch='{"spec":{"replicas":3}}'
timed 'kubectl patch --local -o yaml, 1 of the 5,000 objects' \
    "$kubectl" patch --local -o yaml -f "$scratch/one.yaml" --patch "$patch"

title 'Scanning a list of 10,000 pods (target: faster than jq, at most 64 MiB)'
printf '  pods.json: %s MB\n' "$(($(stat -c %s "$scratch/pods.json") / 1000000))"
timed 'lists to table: as recommend -A' "$build/tests/scan_list" "$scratch"
timed 'jq .items|length' jq '.items | length' "$scratch/pods.json"

title 'Parsing one statistics page'
"$build/tests/parse_pages" "$root/tests/fixtures"

title "The experiment's own overhead (target: at most 10 %)"
"$memfit" recommend --local --port 3000 --load 'hey -n 1000 -c 10 {url}/v1/users' -v \
    -- "$scratch/sales-api" 2>&1 >/dev/null | grep '^time:'

title 'What sampling costs the service'
"$build/tests/sampling_overhead" "$scratch/sales-api"
