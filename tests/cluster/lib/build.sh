# shellcheck shell=bash
# Makes the programs of the cluster, once per version: Kubernetes from Debian's source package, and
# the pause container. Sourced, never run.
# shellcheck disable=SC2034,SC2154  # the scripts set and read the variables they share

kubernetes_version=1.20.2
kubernetes_programs=(kube-apiserver kube-controller-manager kube-scheduler kubelet kubectl)
needed_megabytes=6000

# Debian's source packages, without touching the machine's own list of sources.
apt_sources() {
    local apt=$cache_dir/apt
    mkdir -p "$apt/lists/partial"
    if [ ! -s "$apt/sources.list" ]; then
        local mirror
        # shellcheck disable=SC2016  # apt's own variable
        mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Codename: bookworm' |
            head -n 1)
        printf 'deb-src [signed-by=%s] %s bookworm main\n' \
            /usr/share/keyrings/debian-archive-keyring.gpg \
            "${mirror:-http://deb.debian.org/debian}" >"$apt/sources.list"
    fi
    apt-get -q -o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=- \
        -o "Dir::State::lists=$apt/lists" -o Dir::Cache::srcpkgcache= -o Dir::Cache::pkgcache= \
        -o APT::Sandbox::User=root "$@" >&2
}

install_packages() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
            missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    say "installing Debian packages: ${missing[*]}"
    apt-get update -q >&2
    without_services env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -q --no-install-recommends "${missing[@]}" >&2
}

# Runs a command during which installed packages start none of their services.
without_services() {
    local policy=/usr/sbin/policy-rc.d status=0
    if [ -e "$policy" ]; then
        say "note: $policy exists and is left to decide which services start"
        "$@"
        return
    fi
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    # Removed however the installation ends, an interrupt included.
    (
        trap 'rm -f "$policy"' EXIT
        "$@"
    ) || status=$?
    return "$status"
}

check_room() {
    local free_megabytes
    free_megabytes=$(($(stat -f -c '%a * %S' "$cache_dir") / 1048576))
    [ "$free_megabytes" -ge "$needed_megabytes" ] ||
        die "$cache_dir has $free_megabytes MB free, the build needs $needed_megabytes; set XDG_CACHE_HOME"
    awk '/^MemAvailable:/ { exit $2 < 3000000 }' /proc/meminfo ||
        say "warning: less than 3 GB of memory is available; the build may not fit"
}

# Unpacks the source package into $1.
unpack_kubernetes() {
    local into=$1 download=$cache_dir/download
    mkdir -p "$download"
    apt_sources update
    (cd "$download" && apt_sources source --download-only kubernetes)
    local descriptions=("$download"/kubernetes_*.dsc)
    if [ ${#descriptions[@]} -ne 1 ] || [ ! -e "${descriptions[0]}" ]; then
        die "expected one source package in $download; remove that folder and try again"
    fi
    mkdir -p "$(dirname "$into")"
    dpkg-source --no-check -x "${descriptions[0]}" "$into" >&2
}

# The API server's own description of its types, the one generated file that the source leaves out.
generate_openapi() {
    local packages
    # No -trimpath: the generator looks for the standard library where it was built with it.
    go build -o "$GOPATH/openapi-gen" ./vendor/k8s.io/kube-openapi/cmd/openapi-gen
    packages=$(grep -rl --include='*.go' '^// *+k8s:openapi-gen=' staging/src/k8s.io pkg cmd |
        grep -v -e /code-generator/ -e /sample-apiserver/ | xargs -n 1 dirname | LC_ALL=C sort -u |
        sed -e 's,^staging/src/,k8s.io/kubernetes/vendor/,' -e t -e 's,^,k8s.io/kubernetes/,' |
        paste -s -d ,)
    "$GOPATH/openapi-gen" --logtostderr -i "$packages" -p k8s.io/kubernetes/pkg/generated/openapi \
        -O zz_generated.openapi -h vendor/k8s.io/code-generator/hack/boilerplate.go.txt \
        -r "$GOPATH/violations" 2>&1 | grep -v -e 'API rule violation' >&2 || true
    [ -s pkg/generated/openapi/zz_generated.openapi.go ] || die "openapi-gen generated nothing"
}

# The copy that Kubernetes brings reads maps in a way that Go 1.18 ended: its API server would die of the first custom
# resource.
renew_reflect2() {
    rm -rf vendor/github.com/modern-go/reflect2
    cp -rL /usr/share/gocode/src/github.com/modern-go/reflect2 vendor/github.com/modern-go/
}

compile_kubernetes() {
    local into=$1 flags='-s -w' package
    for package in component-base/version client-go/pkg/version; do
        package=k8s.io/kubernetes/vendor/k8s.io/$package
        flags+=" -X $package.gitVersion=v$kubernetes_version -X $package.gitMajor=${kubernetes_version%%.*}"
        flags+=" -X $package.gitMinor=$(cut -d . -f 2 <<<"$kubernetes_version")"
    done
    # Without the code of cloud providers and of docker, which no test reaches, and which takes half of the time.
    nice go build -trimpath -tags providerless,dockerless -ldflags "$flags" -o "$into/" "${kubernetes_programs[@]/#/./cmd/}" >&2
}

build_kubernetes() {
    local programs=$1 work version
    check_room
    work=$(mktemp -d "$cache_dir/build.XXXXXX")
    # shellcheck disable=SC2064  # this folder, whatever happens to the variable
    trap "rm -rf '$work'" EXIT
    local tree=$work/src/k8s.io/kubernetes
    unpack_kubernetes "$tree"
    version=$(dpkg-parsechangelog -l "$tree/debian/changelog" -S Version)
    [[ $version == *"$kubernetes_version"-* ]] ||
        die "the source package is $version, not $kubernetes_version as expected"
    say "building Kubernetes $kubernetes_version on $(nproc) processors; this takes some minutes, once"
    (
        cd "$tree" || exit
        export GOPATH=$work GOCACHE=$cache_dir/go-build GO111MODULE=off GOFLAGS='' CGO_ENABLED=0
        renew_reflect2
        generate_openapi
        compile_kubernetes "$work/bin"
    )
    rm -rf "$programs"
    mv "$work/bin" "$programs"
    # What the build alone needed; the programs are what the next start needs.
    rm -rf "$work" "$cache_dir/go-build" "$cache_dir/download"
    trap - EXIT
}

# A pause container's own memory counts against its pod, so it is C: some tens of KiB.
build_pause() {
    local program=$1
    gcc -Os -static -s -x c -o "$program.new" - <<'SOURCE'
#include <signal.h>
#include <unistd.h>

static void stop(int number) {
    (void)number;
    _exit(0);
}

int main(void) {
    signal(SIGINT, stop);
    signal(SIGTERM, stop);
    for (;;) {
        pause();
    }
}
SOURCE
    mv "$program.new" "$program"
}

# Sets `programs` (a folder) and `pause`, both made when they are not there yet.
build_programs() {
    # -2: with custom resources.
    programs=$cache_dir/kubernetes-$kubernetes_version-2
    pause=$cache_dir/pause
    mkdir -p "$cache_dir"
    install_packages etcd-server containerd runc containernetworking-plugins iproute2 jq openssl
    if [ ! -x "$programs/kubelet" ]; then
        install_packages dpkg-dev golang-go golang-github-modern-go-reflect2-dev
        build_kubernetes "$programs"
    fi
    if [ ! -x "$pause" ]; then
        install_packages gcc libc6-dev
        build_pause "$pause"
    fi
}
