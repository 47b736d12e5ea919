# shellcheck shell=bash
# Takes a cluster down and looks for what is left of it. Sourced, never run.
# shellcheck disable=SC2034,SC2154  # the scripts set and read the variables they share

marker=.kubectl-memfit-cluster

# A folder is only ever emptied when `up` made it.
check_is_ours() {
    [ -d "$dir" ] || return 0
    [ -O "$dir" ] || [ "$(stat -c %u "$dir")" = "${SUDO_UID:-0}" ] || die "$dir belongs to another user"
    [ -e "$dir/$marker" ] || [ -z "$(ls -A "$dir")" ] ||
        die "$dir is no folder of a cluster and is not empty; choose another with --dir"
}

our_cgroups() { find /sys/fs/cgroup -maxdepth 3 -type d -name "$cgroup_name" 2>/dev/null; }

# The folder of the cluster that the bridge belongs to.
bridge_owner() { ip -j link show dev "$bridge" 2>/dev/null | jq -r '.[0].ifalias // "unknown"'; }

bridge_ports() { ip -j link show master "$bridge" 2>/dev/null | jq -r '.[].ifname // empty'; }

no_bridge_ports() { [ -z "$(bridge_ports)" ]; }

our_processes() {
    local process command
    for process in /proc/[0-9]*; do
        case "$(cat "$process/comm" 2>/dev/null)" in
            etcd | kube* | containerd* | unshare | runc* | ctr) ;;
            *) continue ;;
        esac
        command=$(tr '\0' ' ' 2>/dev/null <"$process/cmdline") || continue
        [[ $command == *"$dir/"* ]] && printf 'process %s: %s\n' "${process#/proc/}" "${command:0:120}"
    done
    return 0
}

remove_cgroups() {
    local cgroup
    while read -r cgroup; do
        find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null
    done < <(our_cgroups)
    [ -z "$(our_cgroups)" ]
}

# What is left, one thing a line.
leftovers() {
    our_processes
    awk -v dir="$dir/" 'index($5, dir) == 1 { print "mount " $5 }' /proc/self/mountinfo
    ip -o link show dev "$bridge" 2>/dev/null | awk '{ print "network device " $2 }'
    our_cgroups | sed 's/^/cgroup /'
    if command -v iptables-save >/dev/null; then
        iptables-save 2>/dev/null | grep -F "${pod_network%.*}." | sed 's/^/iptables rule /' || true
    fi
}

# Ends everything that runs for $dir, whatever state a crash left it in.
take_down() {
    local name remaining
    for name in node scheduler controller-manager apiserver etcd; do
        stop "$name"
    done
    if [ -z "$(bridge_owner)" ] || [ "$(bridge_owner)" = "$dir" ]; then
        # The kernel removes pods' network devices some moments after their last process.
        until_true 30 no_bridge_ports || true
        ip link delete dev "$bridge" 2>/dev/null || true
        until_true 30 remove_cgroups || true
    fi
    remaining=$(leftovers)
    if [ -n "$remaining" ]; then
        say "error: left over:"
        say "$remaining"
        exit 1
    fi
    rm -rf --one-file-system "$dir"
}
