#!/usr/bin/env bash
# Builds the release archives and the krew manifest into build/dist. Usage: dist.sh [ARCH...] (default: amd64 arm64)
# `dist.sh manifest [FOLDER]` renders only the sums and the manifest, over whatever archives lie in FOLDER (build/dist);
# `dist.sh built BUILD-FOLDER FOLDER` packs what another build made for this machine into FOLDER, with its manifest;
# `dist.sh again FOLDER ARCH...` packs what was built before for each ARCH once more, into FOLDER.
#
# On macOS `built` works with GNU's coreutils and tar first on PATH (.github/workflows/release.yml).
#
# The same commit gives the same bytes: times are those of the commit, and no path of the build gets into a binary.
set -euo pipefail
root=$(realpath "$(dirname "$0")/..")
cd "$root"
version=$(sed -n 's/^project(memfit VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
out=$root/build/dist
# cpack and cmake make folders by it, whatever permissions they are told (CMake 3.25).
umask 022

# The two headers-and-archive packages whose arm64 build cannot be installed beside the native one.
make_sysroot() {
    local sysroot=$1 work
    [ -f "$sysroot/usr/lib/aarch64-linux-gnu/libyaml-cpp.a" ] && return
    work=$(mktemp -d)
    (cd "$work" && apt-get download libyaml-cpp-dev:arm64 && dpkg-deb -x libyaml-cpp-dev_*_arm64.deb root)
    mkdir -p "$sysroot/usr/lib/aarch64-linux-gnu"
    cp "$work/root/usr/lib/aarch64-linux-gnu/libyaml-cpp.a" "$sysroot/usr/lib/aarch64-linux-gnu/"
    rm -rf "$work"
}

build() {
    local arch=$1 build=build/dist-$1 flags link targets=(kubectl-memfit man)
    # No optional instructions: what is built here runs everywhere.
    flags="-Os -ffunction-sections -fdata-sections -ffile-prefix-map=$root=."
    # In one piece and at a fixed address, which is what -static gives here in any case: an archive smaller by 3 %.
    link="-static -fno-pie -no-pie -flto-partition=one -Wl,--gc-sections -Wl,--build-id=none"
    local options=(-G Ninja -B "$build" -DCMAKE_BUILD_TYPE=Release "-DCMAKE_CXX_FLAGS_RELEASE=$flags -DNDEBUG"
        "-DCMAKE_EXE_LINKER_FLAGS=$link" -DMEMFIT_STATIC=ON -DMEMFIT_TESTS=OFF
        -DCMAKE_INSTALL_PREFIX=/usr -DCMAKE_INTERPROCEDURAL_OPTIMIZATION=ON)
    if [ "$arch" = arm64 ] && [ "$(dpkg --print-architecture)" != arm64 ]; then
        make_sysroot "$PWD/$build/sysroot"
        # What another machine's program does is tried here in qemu (tests/dist/run.sh).
        options+=(-DMEMFIT_TESTS=ON)
        targets+=(core_tests)
        # Headers are of no architecture: the packages that describe them are the native ones.
        options+=(-DCMAKE_TOOLCHAIN_FILE=cmake/aarch64-linux-gnu.cmake "-DMEMFIT_SYSROOT=$PWD/$build/sysroot"
            "-DCMAKE_PREFIX_PATH=/usr/lib/$(dpkg-architecture -qDEB_BUILD_MULTIARCH)/cmake")
    fi
    cmake "${options[@]}" >/dev/null
    cmake --build "$build" -j "$(nproc)" --target "${targets[@]}"
}

# This machine, as release archives and krew name it: linux-amd64, darwin-arm64.
platform() {
    local os arch
    os=$(uname -s | tr '[:upper:]' '[:lower:]')
    arch=$(uname -m)
    case $arch in
        x86_64) arch=amd64 ;;
        aarch64) arch=arm64 ;;
    esac
    echo "$os-$arch"
}

pack() { # OS-ARCH BUILD-FOLDER
    local build=$2 name=kubectl-memfit-v$version-$1 stage
    stage=$(mktemp -d)
    cmake --install "$build" --prefix "$stage/installed" --strip --component program >/dev/null
    mkdir "$stage/$name"
    cp "$stage/installed/bin/kubectl-memfit" LICENSE "$stage/$name/"
    cp -r completions "$stage/$name/"
    cp -r "$stage/installed/share/man" "$stage/$name/"
    # Something to judge for whoever has just unpacked it: the numbers of the published experiment.
    mkdir "$stage/$name/examples"
    cp tests/fixtures/replay/seed-bench.json "$stage/$name/examples/published-bench.json"
    chmod -R u=rwX,go=rX "$stage/$name"
    tar --create --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" --format=ustar \
        -C "$stage" "$name" | gzip -9n > "$out/$name.tar.gz"
    rm -rf "$stage"
}

pack_debian() { # BUILD-FOLDER
    (cd "$1" && cpack -G DEB -B "$out" -D CPACK_COMPONENTS_ALL=program >/dev/null)
    rm -rf "$out/_CPack_Packages"
}

render_krew() {
    local homepage=https://github.com/kubectl-memfit/kubectl-memfit platforms='' archive name os arch sum
    for archive in "$out"/kubectl-memfit-v"$version"-*.tar.gz; do
        name=$(basename "$archive" .tar.gz)
        arch=${name##*-}
        os=${name%-*} && os=${os##*-}
        sum=$(sha256sum "$archive" | cut -d' ' -f1)
        platforms+="  - selector:
      matchLabels:
        os: $os
        arch: $arch
    uri: $homepage/releases/download/v$version/$name.tar.gz
    sha256: $sum
    files:
      - from: $name/kubectl-memfit
        to: .
      - from: $name/completions/kubectl_complete-memfit
        to: .
      - from: $name/LICENSE
        to: .
    bin: kubectl-memfit
"
    done
    local text
    text=$(<krew/memfit.yaml.in)
    text=${text//@VERSION@/$version}
    text=${text//@HOMEPAGE@/$homepage}
    printf '%s\n' "${text//@PLATFORMS@/${platforms%$'\n'}}" > "$out/memfit.yaml"
}

sum_up() {
    (cd "$out" && find . -name '*.tar.gz' -o -name '*.deb' | sort | sed 's#^\./##' | xargs sha256sum > SHA256SUMS)
    render_krew
    ls -l "$out"
}

case "${1:-}" in
    manifest) out=$(realpath "${2:-$out}") ;;
    built)
        out=$(realpath -m "${3:?usage: dist.sh built BUILD-FOLDER FOLDER}")
        mkdir -p "$out"
        pack "$(platform)" "$2"
        ;;
    again)
        out=$(realpath -m "${2:?usage: dist.sh again FOLDER ARCH...}")
        mkdir -p "$out"
        for arch in "${@:3}"; do
            pack "linux-$arch" "build/dist-$arch"
            pack_debian "build/dist-$arch"
        done
        ;;
    *)
        archs=("$@")
        [ ${#archs[@]} -gt 0 ] || archs=(amd64 arm64)
        # What an earlier version left must not get into the sums and the manifest.
        rm -rf "$out"
        mkdir -p "$out"
        for arch in "${archs[@]}"; do
            build "$arch"
            pack "linux-$arch" "build/dist-$arch"
            pack_debian "build/dist-$arch"
        done
        ;;
esac
sum_up
