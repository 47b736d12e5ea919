#!/usr/bin/env bash
# Runs the end-to-end tests on the cluster of $KUBECONFIG, else on one that it starts and takes down.
# Usage: run.sh BUILD-FOLDER [e2e_tests arguments]
# MEMFIT_E2E_JOBS (2): so many test cases run side by side, each in namespaces of its own; mostly they wait for pods. Those
# of the suite "alone" touch more than that and run by themselves.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
cluster=$here/../cluster
build=$(realpath "$1")
shift
work=$(mktemp -d)
started=
ns=
finish() {
    rm -rf "$work"
    [ -z "$ns" ] || kubectl delete namespace "$ns" --wait=false
    [ -z "$started" ] || "$cluster/down"
}
trap finish EXIT

if [ -z "${KUBECONFIG:-}" ]; then
    folder=${TMPDIR:-/tmp}/kubectl-memfit-cluster
    # One that is up already stays up.
    [ -S "$folder/containerd.sock" ] || started=yes
    KUBECONFIG=$("$cluster/up")
    export KUBECONFIG MEMFIT_E2E_CLUSTER=$folder
    (cd "$here/../../examples/sales-api" && CGO_ENABLED=0 go build -trimpath -o "$work/sales-api" .)
    (cd "$here/../fixtures/e2e/load" && CGO_ENABLED=0 go build -trimpath -o "$work/load" .)
    "$cluster/image" sales-api:dev "$work/sales-api"
    "$cluster/image" memfit-e2e-load:1 "$work/load"
fi

# What one case says is shown when it is through.
run_case() {
    local case=$1 log
    shift
    log=$(mktemp "$work/XXXXXX.log")
    # A filter is a list with commas; a question mark stands for any character.
    "$build/tests/e2e_tests" "$@" --no-version --test-case="${case//,/?}" >"$log" 2>&1 &&
        grep -q 'test cases: *1 ' "$log" && failed=0 || failed=1
    cat "$log"
    return "$failed"
}
cases() { "$build/tests/e2e_tests" --list-test-cases --no-version "$@" | grep -v -e '^\[doctest\]' -e '^=*$'; }
export -f run_case
export build work
cases --test-suite-exclude=alone "$@" | tr '\n' '\0' |
    xargs -0 -P "${MEMFIT_E2E_JOBS:-2}" -I CASE bash -c 'run_case "$@"' - CASE "$@"
"$build/tests/e2e_tests" --test-suite=alone "$@"

# The edge against an exhaustive sweep, and every verdict against containerd's own events.
ns=memfit-e2e-trials-$$
kubectl create namespace "$ns"
sed "s/sales-system/$ns/" "$here/../../examples/sales-api/deploy.yaml" | kubectl apply -f -
kubectl rollout status --namespace "$ns" --timeout=120s deployment/sales-api
"$build/tests/cluster_trials" "$ns" sales-api 5 ${MEMFIT_E2E_CLUSTER:+"$MEMFIT_E2E_CLUSTER/containerd.sock"}
