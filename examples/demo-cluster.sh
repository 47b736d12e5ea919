#!/usr/bin/env bash
# Deploys the example service to a cluster and sizes it there. Usage: demo-cluster.sh PATH-TO-kubectl-memfit
# The cluster: the one of KUBECONFIG, else one that tests/cluster/up makes and that is taken down again.
# IMAGE: an image of examples/sales-api that the cluster has; only a cluster of tests/cluster is given one.
# RESULT: a file that keeps the result document.
set -euo pipefail
memfit=$(realpath "${1:?usage: demo-cluster.sh PATH-TO-kubectl-memfit}")
examples=$(dirname "$(realpath "$0")")
cluster=$(realpath "$examples/../tests/cluster")
namespace=memfit-demo-$$
image=${IMAGE:-sales-api:dev}
work=$(mktemp -d)
brought_up=no
deployed=no

say() { echo "demo: $*" >&2; }

finish() {
    trap - EXIT
    trap '' INT TERM
    rm -rf "$work"
    if [ "$deployed" = yes ]; then
        say "deleting namespace $namespace"
        kubectl delete namespace "$namespace" --ignore-not-found >&2 ||
            say "warning: delete it by hand: kubectl delete namespace $namespace"
    fi
    if [ "$brought_up" = yes ]; then
        "$cluster/down"
    fi
}

# kubectl finds its plugins on PATH by their names.
find_programs() {
    [ "$(basename "$memfit")" = kubectl-memfit ] || {
        echo "error: $memfit is not named kubectl-memfit, so kubectl would not find it" >&2
        exit 2
    }
    PATH=$(dirname "$memfit"):$PATH
    export PATH
}

start_cluster() {
    local kubeconfig=${TMPDIR:-/tmp}/kubectl-memfit-cluster/kubeconfig
    if ! kubectl --kubeconfig "$kubeconfig" --request-timeout=5s get --raw /readyz >/dev/null 2>&1; then
        brought_up=yes
    fi
    KUBECONFIG=$("$cluster/up")
    export KUBECONFIG
}

# Also keeps a KUBECONFIG that happens to be set from being taken for one to try things in.
give_image() {
    local folder
    [ -z "${IMAGE:-}" ] || return 0
    folder=$(dirname "$KUBECONFIG")
    [ -S "$folder/containerd.sock" ] || {
        echo "error: the cluster of KUBECONFIG is not one of tests/cluster; build an image of" \
            "examples/sales-api, give it to the cluster, and name it: IMAGE=NAME:TAG make demo-cluster" >&2
        exit 2
    }
    say "building $image"
    (cd "$examples/sales-api" && CGO_ENABLED=0 go build -o "$work/sales-api" .)
    "$cluster/image" --dir "$folder" "$image" "$work/sales-api"
}

deploy() {
    say "deploying to namespace $namespace"
    deployed=yes
    sed -e "s/sales-system/$namespace/" -e "s|image: sales-api:dev|image: $image|" \
        "$examples/sales-api/deploy.yaml" | kubectl apply -f - >&2
    kubectl rollout status deployment/sales-api --namespace "$namespace" --timeout=120s >&2
}

find_programs
trap finish EXIT
[ -n "${KUBECONFIG:-}" ] || start_cluster
give_image
deploy
size=(kubectl memfit recommend deploy/sales-api --namespace "$namespace" --yes
    --load 'hey -n 300 -c 10 {url}/v1/users')
if [ -n "${RESULT:-}" ]; then
    "${size[@]}" -o json > "$RESULT"
    kubectl memfit recommend -f "$RESULT"
else
    "${size[@]}"
fi
