# shellcheck shell=bash
# Starts and ends the cluster's processes. A process is known by its id and start time, so that a
# recycled id is never taken for ours. Sourced, never run.
# shellcheck disable=SC2034,SC2154  # the scripts set and read the variables they share

process_names=(etcd apiserver controller-manager scheduler node)

# The start time of a process in clock ticks: the 22nd field, counted after the name in parentheses.
start_time() {
    local stat
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    cut -d ' ' -f 20 <<<"${stat##*) }"
}

# running NAME: sets pid when the process that we started under this name is still there.
running() {
    local started
    [ -s "$dir/$1.pid" ] || return 1
    read -r pid started <"$dir/$1.pid" || return 1
    [ "$(start_time "$pid")" = "$started" ] && [ "$(awk '/^State:/ { print $2 }' "/proc/$pid/status")" != Z ]
}

# start NAME COMMAND...: in a session of its own, without the lock, logging to $dir/log/NAME.log.
start() {
    local name=$1 child
    shift
    setsid -- env -u http_proxy -u https_proxy -u HTTP_PROXY -u HTTPS_PROXY "$@" \
        >>"$dir/log/$name.log" 2>&1 </dev/null 9>&- &
    child=$!
    printf '%s %s\n' "$child" "$(start_time "$child")" >"$dir/$name.pid"
}

stop() {
    local name=$1 pid
    if running "$name"; then
        kill -KILL "$pid"
        until_true 30 not_running "$name" || die "process $pid ($name) does not end"
    fi
    rm -f "$dir/$name.pid"
}

not_running() { ! running "$1"; }

# await SECONDS NAME COMMAND...: until the command succeeds; process NAME must live to see it.
await() {
    local seconds=$1 name=$2
    shift 2
    until_true "$seconds" succeeded_or_ended "$name" "$@" && running "$name" && "$@" >/dev/null 2>&1
}

succeeded_or_ended() {
    local name=$1
    shift
    ! running "$name" || "$@"
}

# Data lives in a tmpfs that only etcd sees: fast, and gone with it.
start_etcd() {
    mkdir -p "$dir/etcd"
    # shellcheck disable=SC2016  # expanded by the inner shell
    start etcd unshare --mount sh -c 'mount -t tmpfs -o mode=0700 etcd "$1" && shift && exec "$@"' sh \
        "$dir/etcd" etcd --name memfit --data-dir "$dir/etcd/data" --quota-backend-bytes 1073741824 \
        --listen-client-urls "https://127.0.0.1:$etcd_port" \
        --advertise-client-urls "https://127.0.0.1:$etcd_port" \
        --listen-peer-urls "http://127.0.0.1:$etcd_peer_port" \
        --initial-advertise-peer-urls "http://127.0.0.1:$etcd_peer_port" \
        --initial-cluster "memfit=http://127.0.0.1:$etcd_peer_port" \
        --client-cert-auth --trusted-ca-file "$dir/pki/ca.crt" \
        --cert-file "$dir/pki/server.crt" --key-file "$dir/pki/server.key"
}

start_apiserver() {
    start apiserver "$programs/kube-apiserver" \
        --etcd-servers="https://127.0.0.1:$etcd_port" --etcd-cafile="$dir/pki/ca.crt" \
        --etcd-certfile="$dir/pki/apiserver.crt" --etcd-keyfile="$dir/pki/apiserver.key" \
        --bind-address=127.0.0.1 --secure-port="$apiserver_port" --insecure-port=0 \
        --advertise-address="$bridge_address" \
        --tls-cert-file="$dir/pki/server.crt" --tls-private-key-file="$dir/pki/server.key" \
        --client-ca-file="$dir/pki/ca.crt" --token-auth-file="$dir/tokens.csv" \
        --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction \
        --service-cluster-ip-range="$service_network" --allow-privileged=true \
        --service-account-issuer=https://kubernetes.default.svc \
        --service-account-key-file="$dir/pki/service-account.key" \
        --service-account-signing-key-file="$dir/pki/service-account.key" \
        --kubelet-client-certificate="$dir/pki/apiserver.crt" \
        --kubelet-client-key="$dir/pki/apiserver.key" --kubelet-preferred-address-types=Hostname
}

apiserver_ready() {
    "$programs/kubectl" --kubeconfig "$dir/kubeconfig" --request-timeout=5s get --raw /readyz
}

wait_for_apiserver() {
    await 120 apiserver apiserver_ready || die "the API server is not ready; see $dir/log/apiserver.log"
}

start_controllers() {
    start controller-manager "$programs/kube-controller-manager" \
        --kubeconfig="$dir/controller-manager.kubeconfig" --leader-elect=false --port=0 --secure-port=0 \
        --use-service-account-credentials --root-ca-file="$dir/pki/ca.crt" \
        --service-account-private-key-file="$dir/pki/service-account.key"
    start scheduler "$programs/kube-scheduler" --kubeconfig="$dir/scheduler.kubeconfig" \
        --leader-elect=false --port=0 --secure-port=0
}

start_node() {
    start node unshare --mount --pid --fork --kill-child --mount-proc "$here/lib/node" "$dir" "$programs"
}
