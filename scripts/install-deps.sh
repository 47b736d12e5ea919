#!/usr/bin/env bash
# Installs what building and testing need. Usage: install-deps.sh SET...
# SET: build, demo, demo-cluster, demo-given, test, bench, lint, asan, dist, v2, and clang beside one of them.
# Says what it will install; on a system without apt it lists what to install, and stops.
set -euo pipefail

build=(g++ cmake ninja-build libboost1.81-dev nlohmann-json3-dev libyaml-cpp-dev libcli11-dev
       libfmt-dev)
demo=("${build[@]}" doctest-dev golang-go hey)
demo_cluster=("${demo[@]}")
testing=("${demo[@]}" bash zsh fish mandoc chromium pkg-config yq)
bench=("${testing[@]}" git binutils dpkg-dev hyperfine time jq)
if ! command -v "${KUBECTL_PATH:-kubectl}" >/dev/null; then
    testing+=(kubernetes-client)
    bench+=(kubernetes-client)
    demo_cluster+=(kubernetes-client)
fi
clang=(clang-19)
lint=("${testing[@]}" "${clang[@]}" clang-format-19 clang-tidy-19 shellcheck git)

# A foreign architecture is there once dpkg knows it; libyaml-cpp-dev of it is unpacked, not installed (dist.sh).
dist=("${testing[@]}" git binutils dpkg-dev file crossbuild-essential-arm64 qemu-user-static)
# A kernel and busybox are unpacked, not installed (tests/v2/run.sh).
v2=("${demo[@]}" binutils cpio qemu-system-x86)
asan=("${testing[@]}" "${clang[@]}" libclang-rt-19-dev)

# What the demo in a cluster takes beside a program that is built already, unless it is there by other means than a
# package. Go makes the example's image, if IMAGE names none.
demo_given=()
command -v hey >/dev/null || demo_given+=(hey)
[ -n "${IMAGE:-}" ] || command -v go >/dev/null || demo_given+=(golang-go)
command -v "${KUBECTL_PATH:-kubectl}" >/dev/null || demo_given+=(kubernetes-client)

packages=()
foreign=no
for name in "${@:-build}"; do
    case "$name" in
        build) packages+=("${build[@]}") ;;
        demo) packages+=("${demo[@]}") ;;
        demo-cluster) packages+=("${demo_cluster[@]}") ;;
        demo-given) packages+=("${demo_given[@]}") ;;
        test) packages+=("${testing[@]}") ;;
        bench) packages+=("${bench[@]}") ;;
        lint) packages+=("${lint[@]}") ;;
        dist) packages+=("${dist[@]}") foreign=yes ;;
        asan) packages+=("${asan[@]}") ;;
        v2) packages+=("${v2[@]}") ;;
        clang) packages+=("${clang[@]}") ;;
        *)
            echo "error: unknown set '$name'; use build, demo, demo-cluster, demo-given, test, bench, lint, asan," \
                "dist, v2 or clang" >&2
            exit 2
            ;;
    esac
done
[ ${#packages[@]} -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    echo "error: this system has no apt; install by its own means what these Debian packages hold:" >&2
    printf '  %s\n' "${packages[@]}" >&2
    echo "then run the cmake commands of the Makefile by hand" >&2
    exit 1
fi

# libstdc++ and libc for the other architecture come with the cross compiler; its packages need to be known to apt.
if [ "$foreign" = yes ] && ! dpkg --print-foreign-architectures | grep -q arm64 &&
    [ "$(dpkg --print-architecture)" != arm64 ]; then
    echo "adding the architecture arm64 to dpkg, to download packages of it"
    if [ "$(id -u)" -eq 0 ]; then
        dpkg --add-architecture arm64 && apt-get update -q
    else
        sudo dpkg --add-architecture arm64 && sudo apt-get update -q
    fi
fi

missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
        missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

echo "installing Debian packages: ${missing[*]}"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
        echo "error: not root and no sudo; run as root: apt-get install ${missing[*]}" >&2
        exit 1
    }
    as_root=(sudo)
fi
"${as_root[@]}" apt-get update -q
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-install-recommends "${missing[@]}"
