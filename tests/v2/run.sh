#!/usr/bin/env bash
# Runs the tests that need cgroup v2 on Debian's kernel, in a virtual machine without a network. Root is not needed, nor
# KVM, which makes it faster. Usage: run.sh BUILD-FOLDER [v2_tests arguments]
set -euo pipefail
root=$(realpath "$(dirname "$0")/../..")
build=$(realpath "${1:?usage: run.sh BUILD-FOLDER [v2_tests arguments]}")
shift
cache=${XDG_CACHE_HOME:-$HOME/.cache}/kubectl-memfit/v2
log=$build/v2.log
most_seconds=600
fail() { echo "error: $*" >&2; exit 1; }

[ "$(dpkg --print-architecture)" = amd64 ] || fail "tests/v2 needs Debian on amd64"

# A Debian package, unpacked into the cache, not installed. What is there is kept.
unpack() { # NAME
    [ -d "$cache/$1" ] && return
    local work
    mkdir -p "$cache"
    work=$(mktemp -d -p "$cache")
    (cd "$work" && apt-get download -q -o APT::Sandbox::User=root "$1" >&2 && dpkg-deb -x ./*.deb unpacked) ||
        fail "cannot download the Debian package $1; try apt-get update"
    mv "$work/unpacked" "$cache/$1"
    rm -rf "$work"
}

# Named after its version, which linux-image-cloud-amd64 depends on.
kernel_package() {
    local found
    found=$(find "$cache" -maxdepth 1 -name 'linux-image-*' -printf '%f\n' 2>/dev/null | sort -V | tail -n 1)
    [ -n "$found" ] || found=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null | sed -n 's/^ *Depends: //p' | head -n 1)
    [ -n "$found" ] || fail 'no package of a kernel is known; try apt-get update'
    echo "$found"
}

kernel=$(kernel_package)
unpack "$kernel"
unpack busybox-static

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
machine=$work/machine
mkdir -p "$machine"/{dev,proc,root,sys,tmp,usr/bin,usr/lib,usr/lib64,usr/local/bin}
chmod 1777 "$machine/tmp"
for folder in bin lib lib64; do ln -s "usr/$folder" "$machine/$folder"; done

# Programs and libraries, at the places that they have here.
put() {
    local file
    for file in "$@"; do
        mkdir -p "$machine$(dirname "$file")"
        strip --strip-debug -o "$machine$file" "$file"
    done
}
programs=("$build"/tests/{plugin_tests,v2_tests,hungry} "$build/plugin/kubectl-memfit"
    "$(command -v hey)" "$(command -v setpriv)" "$(PATH=$PATH:/sbin:/usr/sbin command -v mkswap)")
mapfile -t libraries < <(ldd "${programs[@]}" | awk '$2 == "=>" { print $3 } NF == 2 && $1 ~ /^\// { print $1 }' | sort -u)
put "${programs[@]}" "${libraries[@]}" "$build/tests/libwithout_peak.so"
(cd "$root/examples/sales-api" && CGO_ENABLED=0 go build -trimpath -o "$machine/usr/local/bin/sales-api" .)
cp "$cache/busybox-static/bin/busybox" "$machine/bin/"
cp "$cache/$kernel"/lib/modules/*/kernel/drivers/block/brd.ko "$machine/"
cp "$(dirname "$0")/init" "$machine/init"
echo "$build/tests" >"$machine/tests"
echo "set -- ${*@Q}" >"$machine/arguments"
(cd "$machine" && find . -print0 | cpio --create --null --format=newc --quiet) >"$work/initramfs"

# With the files in a tmpfs, a program's own text would count as memory that it shares; what a kernel does against
# spying processes makes an emulated one slower by far.
settings='console=ttyS0 quiet loglevel=1 panic=-1 rootfstype=ramfs mitigations=off'
accelerator=tcg
[ ! -w /dev/kvm ] || accelerator=kvm
echo "$kernel, $accelerator, $(($(stat -c %s "$work/initramfs") / 1000000)) MB of files"
# What it prints is all that comes out of it.
timeout --foreground "$most_seconds" qemu-system-x86_64 -accel "$accelerator" -cpu max -smp 2 -m 640 \
    -nodefaults -nic none -display none -no-reboot -serial stdio -kernel "$cache/$kernel"/boot/vmlinuz-* \
    -initrd "$work/initramfs" -append "$settings" </dev/null | sed -u 's/\r$//' | tee "$log" ||
    fail "the machine did not end by itself in $most_seconds s; what it said is in $log"

code=$(sed -n 's/^the tests ended with exit code \([0-9]*\)$/\1/p' "$log" | tail -n 1)
exit "${code:?the machine ended before its tests did}"
