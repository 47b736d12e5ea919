#!/usr/bin/env bash
# Runs the end-to-end tests on the cluster of $KUBECONFIG, else on one that it starts and takes down.
# Usage: run.sh BUILD-FOLDER [e2e_tests arguments]
set -euo pipefail
here=$(dirname "$(realpath "$0")")
cluster=$here/../cluster
build=$(realpath "$1")
shift
work=$(mktemp -d)
started=
ns=
pids=()
finish() {
    [ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null || true
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

# These change or read what all namespaces share.
alone='*restart of the API server*,*all namespaces*,*VerticalPodAutoscaler*'
shards=()
i=0
for file in "$here"/test_*.cpp; do
    shards[i % 3]+="${shards[i % 3]:+,}*$(basename "$file")"
    i=$((i + 1))
done
if [[ $* == *-tc=* || $* == *-sf=* ]]; then
    "$build/tests/e2e_tests" "$@"
else
    # Each test has a namespace of its own, and waits for most of its time.
    for i in "${!shards[@]}"; do
        "$build/tests/e2e_tests" "$@" -sf="${shards[i]}" -tce="$alone" >"$work/shard-$i" 2>&1 &
        pids+=($!)
    done
    failed=
    for i in "${!pids[@]}"; do
        wait "${pids[i]}" || failed=yes
        cat "$work/shard-$i"
    done
    pids=()
    "$build/tests/e2e_tests" "$@" -tc="$alone" || failed=yes
    [ -z "$failed" ]
fi

# The edge against an exhaustive sweep, and every verdict against containerd's own events.
ns=memfit-e2e-trials-$$
kubectl create namespace "$ns"
sed "s/sales-system/$ns/" "$here/../../examples/sales-api/deploy.yaml" | kubectl apply -f -
kubectl rollout status --namespace "$ns" --timeout=120s deployment/sales-api
"$build/tests/cluster_trials" "$ns" sales-api 5 ${MEMFIT_E2E_CLUSTER:+"$MEMFIT_E2E_CLUSTER/containerd.sock"}
