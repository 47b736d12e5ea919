# shellcheck shell=bash
# Names, places and messages that the cluster's commands share. Sourced, never run.

cache_dir="${XDG_CACHE_HOME:-$HOME/.cache}/kubectl-memfit/cluster"
# shellcheck disable=SC2034  # used by the scripts that source this
{
    default_dir="${TMPDIR:-/tmp}/kubectl-memfit-cluster"
    bridge=memfit0
    # Not memfit-…: memfit takes cgroups of such names for those of its own interrupted runs.
    cgroup_name=e2e-kubernetes
    pod_network=10.213.7.0/24
    bridge_address=10.213.7.1
    service_network=10.213.8.0/24
    apiserver_port=26443
    etcd_port=22379
    etcd_peer_port=22380
    kubelet_port=20250
    pause_image=docker.io/library/memfit-pause:1
}

say() { printf '%s\n' "$*" >&2; }

die() {
    say "error: $*"
    exit 1
}

# Runs the calling script again as root when it is not.
as_root() {
    [ "$(id -u)" -eq 0 ] && return
    command -v sudo >/dev/null || die "not root and no sudo; run $0 as root"
    exec sudo env "HOME=$HOME" "XDG_CACHE_HOME=${XDG_CACHE_HOME:-}" "TMPDIR=${TMPDIR:-}" "$0" "$@"
}

# Sets `dir` from the arguments [--dir DIR]; what else there is stays in `arguments`.
parse_dir() {
    dir=$default_dir
    arguments=()
    while [ $# -gt 0 ]; do
        case "$1" in
            --dir)
                [ $# -ge 2 ] || die "--dir wants a folder"
                dir=$2
                shift 2
                ;;
            --dir=*)
                dir=${1#--dir=}
                shift
                ;;
            -*) die "unknown flag '$1'; only --dir DIR is known" ;;
            *)
                arguments+=("$1")
                shift
                ;;
        esac
    done
    dir=$(realpath -m -- "$dir")
}

# until_true SECONDS COMMAND...: polls a condition for which there is no event to wait for.
until_true() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep 0.1
    done
}

# One cluster command at a time; the lock ends with the script.
lock_cluster() {
    mkdir -p "$cache_dir"
    exec 9>"$cache_dir/lock"
    flock -w 900 9 || die "another cluster command has held $cache_dir/lock for 15 minutes"
}
