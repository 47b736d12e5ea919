#!/usr/bin/env bash
# Runs every fuzz target for a while from the fixtures and from the corpus that is kept beside it.
# Usage: run.sh BUILD-FOLDER SECONDS [JOBS]. A crash leaves its input in BUILD-FOLDER/fuzz and fails the run.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
build=$(realpath "$1")
seconds=$2
jobs=${3:-1}
fixtures=$here/../fixtures
work=$build/fuzz
mkdir -p "$work"
declare -A seeds=(
    [fuzz_manifest]="$here/corpus/manifest $fixtures/lint"
    [fuzz_memstats]="$fixtures/memstats"
    [fuzz_load_report]="$(find "$fixtures/load" -mindepth 1 -maxdepth 1 -type d -printf '%p ')"
    [fuzz_documents]="$fixtures/replay"
    [fuzz_cluster]="$here/corpus/cluster $fixtures/pods $fixtures/kubelet"
    [fuzz_settings]="$here/corpus/settings"
)
# Runs one target.
fuzz() {
    local target=$1
    mkdir -p "$work/$target"
    # Paths of this checkout have no spaces that matter: the list is meant to be split.
    # shellcheck disable=SC2086
    "$build/tests/$target" -max_total_time="$seconds" -max_len=65536 -timeout=10 -rss_limit_mb=2048 \
        -print_final_stats=1 -verbosity=0 -artifact_prefix="$work/" "$work/$target" \
        ${seeds[$target]} 2>"$work/$target.log" || { cat "$work/$target.log"; return 1; }
    echo "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$target.log") inputs in ${seconds} s, no finding"
}
running=0
failed=0
for target in "${!seeds[@]}"; do
    if [ "$running" -ge "$jobs" ]; then
        wait -n || failed=1
        running=$((running - 1))
    fi
    fuzz "$target" &
    running=$((running + 1))
done
while [ "$running" -gt 0 ]; do
    wait -n || failed=1
    running=$((running - 1))
done
exit "$failed"
