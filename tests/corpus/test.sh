#!/usr/bin/env bash
# The harness over the files of this project, and over files that it has to complain of. Usage: test.sh PATH-TO-corpus
set -euo pipefail
here=$(dirname "$(realpath "$0")")
corpus=$(realpath "$1")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() {
    echo "$1" >&2
    exit 1
}

for folder in ../fixtures ../fuzz/corpus ../../examples; do
    "$here/run.sh" "$corpus" "$here/$folder" "$(nproc)" >"$scratch/out" || {
        cat "$scratch/out"
        fail "something in $folder crashed, hung or was edited wrongly"
    }
done

# A stand-in for the program shows that nothing of this goes unseen.
mkdir "$scratch/files"
echo 'kind: Pod' >"$scratch/files/pod.yaml"
said() {
    printf '#!/bin/sh\n%s\n' "$1" >"$scratch/stand-in"
    chmod +x "$scratch/stand-in"
    SECONDS_EACH=1 "$here/run.sh" "$scratch/stand-in" "$scratch/files" >"$scratch/out" && fail "exit code 0 after: $1"
    grep -qx "$2" "$scratch/out" || {
        cat "$scratch/out"
        fail "after '$1' this is missing: $2"
    }
}
said 'kill -SEGV $$' 'crashed: pod.yaml: exit code 139'
said 'exec sleep 5' 'hung: pod.yaml: for 1 s'
said 'printf "edit\twrong\tPod a, container b: all is gone\n"; exit 1' 'wrong: pod.yaml: Pod a, container b: all is gone'
