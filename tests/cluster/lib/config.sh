# shellcheck shell=bash
# Writes certificates, tokens, kubeconfigs and the programs' settings into $dir. Sourced, never run.
# shellcheck disable=SC2034,SC2154  # the scripts set and read the variables they share

rbac_test_users=(view-user edit-user minimal-user)

# sign NAME SUBJECT [SUBJECT-ALTERNATIVE-NAMES]: a key and a certificate of the cluster's own authority.
sign() {
    local name=$1 subject=$2 names=${3:-DNS:$1} pki=$dir/pki
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "$subject" \
        -keyout "$pki/$name.key" -out "$pki/$name.csr" 2>>"$dir/log/openssl.log"
    openssl x509 -req -in "$pki/$name.csr" -CA "$pki/ca.crt" -CAkey "$pki/ca.key" -CAcreateserial \
        -days 30 -extfile <(printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth,clientAuth\n' "$names") \
        -out "$pki/$name.crt" 2>>"$dir/log/openssl.log"
}

write_certificates() {
    local pki=$dir/pki
    mkdir -p "$pki"
    openssl req -x509 -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
        -subj /CN=memfit-cluster-ca -keyout "$pki/ca.key" -out "$pki/ca.crt" 2>>"$dir/log/openssl.log"
    sign server /CN=server \
        "IP:127.0.0.1,IP:${service_network%.*}.1,DNS:localhost,DNS:kubernetes,DNS:kubernetes.default.svc"
    sign apiserver /O=system:masters/CN=apiserver
    openssl ecparam -name prime256v1 -genkey -noout -out "$pki/service-account.key"
}

# add_user USER FILE [GROUPS]: a token, and the kubeconfig that carries it.
add_user() {
    local user=$1 file=$2 groups=${3:-} token
    token=$(openssl rand -hex 16)
    printf '%s,%s,%s,"%s"\n' "$token" "$user" "$user" "$groups" >>"$dir/tokens.csv"
    cat >"$file" <<EOF
apiVersion: v1
kind: Config
current-context: memfit-cluster
clusters:
  - name: memfit-cluster
    cluster:
      server: https://127.0.0.1:$apiserver_port
      certificate-authority-data: $(base64 -w 0 "$dir/pki/ca.crt")
users:
  - name: $user
    user:
      token: $token
contexts:
  - name: memfit-cluster
    context:
      cluster: memfit-cluster
      user: $user
EOF
}

write_users() {
    local user
    : >"$dir/tokens.csv"
    add_user admin "$dir/kubeconfig" system:masters
    for user in "${rbac_test_users[@]}"; do
        add_user "$user" "$dir/$user.kubeconfig"
    done
    # The node authorizer learns of a pod's secrets a moment after the kubelet asks for them, which costs
    # each pod's start a second; the second group spares it.
    add_user system:node:localhost "$dir/kubelet.kubeconfig" system:nodes,system:masters
    add_user system:kube-controller-manager "$dir/controller-manager.kubeconfig"
    add_user system:kube-scheduler "$dir/scheduler.kubeconfig"
}

write_network_config() {
    mkdir -p "$dir/cni"
    cat >"$dir/cni/10-memfit.conflist" <<EOF
{
  "cniVersion": "0.4.0",
  "name": "memfit",
  "plugins": [
    {
      "type": "bridge",
      "bridge": "$bridge",
      "ipam": {
        "type": "host-local",
        "ranges": [[{"subnet": "$pod_network", "gateway": "$bridge_address"}]],
        "routes": [{"dst": "0.0.0.0/0"}]
      }
    }
  ]
}
EOF
}

# The bit of CAP_SYS_RESOURCE in the effective set.
may_lower_oom_score() {
    local effective
    effective=$(sed -n 's/^CapEff:\t//p' /proc/self/status)
    (((16#$effective >> 24) & 1))
}

write_containerd_config() {
    local restrict=true snapshotter=overlayfs
    may_lower_oom_score && restrict=false
    [ "$(stat -f -c %T "$dir")" = overlayfs ] && snapshotter=native
    cat >"$dir/containerd.toml" <<EOF
version = 2
root = "$dir/containerd"
state = "/run/containerd"
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
    "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]

[grpc]
  address = "$dir/containerd.sock"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$pause_image"
  restrict_oom_score_adj = $restrict
  disable_apparmor = true
  stream_server_address = "127.0.0.1"

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$dir/cni"

  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "$snapshotter"
    default_runtime_name = "runc"

    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"

      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
EOF
}

# Only a real shortage of memory evicts: the disk's fill level is the machine's business, not the tests'.
write_kubelet_config() {
    cat /etc/resolv.conf >"$dir/resolv.conf" 2>/dev/null || : >"$dir/resolv.conf"
    chmod 644 "$dir/resolv.conf"
    cat >"$dir/kubelet.yaml" <<EOF
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: 127.0.0.1
port: $kubelet_port
readOnlyPort: 0
healthzPort: 0
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: false}
  x509: {clientCAFile: $dir/pki/ca.crt}
authorization: {mode: AlwaysAllow}
cgroupDriver: cgroupfs
cgroupRoot: /$cgroup_name
failSwapOn: false
makeIPTablesUtilChains: false
resolvConf: $dir/resolv.conf
nodeStatusUpdateFrequency: 4s
eventRecordQPS: 0
evictionHard: {memory.available: 20Mi}
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
EOF
}

write_config() {
    write_certificates
    write_users
    write_network_config
    write_containerd_config
    write_kubelet_config
}
