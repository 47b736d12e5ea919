#!/usr/bin/env bash
# Checks what scripts/dist.sh made: static, small, complete; the Debian packages; that packing is reproducible; core's
# tests on arm64; and what krew.sh checks. Usage: run.sh FOLDER
set -euo pipefail
dist=$(realpath "${1:?usage: run.sh FOLDER}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }

(cd "$dist" && sha256sum --check --quiet SHA256SUMS)
for archive in "$dist"/*-linux-*.tar.gz; do
    name=$(basename "$archive" .tar.gz)
    mkdir -p "$work/$name"
    tar -xzf "$archive" -C "$work/$name"
    program=$work/$name/$name/kubectl-memfit
    size=$(stat -c %s "$program")
    [ "$size" -le 6000000 ] || fail "$name: the program has $size bytes, more than 6 MB"
    file -b "$program" | grep 'statically linked, .*stripped' >/dev/null || fail "$name: $(file -b "$program")"
    for part in LICENSE completions/kubectl_complete-memfit man/man1/kubectl-memfit.1 man/man5/memfit-results.5 \
        examples/published-bench.json; do
        [ -s "$work/$name/$name/$part" ] || fail "$name: $part is missing"
    done
    run=()
    case $name in *-arm64) [ "$(uname -m)" = aarch64 ] || run=(qemu-aarch64-static) ;; esac
    says=$("${run[@]}" "$program" --version)
    echo "$name: $size bytes, static, $says"
done

# A Debian package holds what the archive holds, where Debian wants it, and the same program.
for package in "$dist"/*.deb; do
    arch=$(dpkg-deb -f "$package" Architecture)
    [ "$(dpkg-deb -f "$package" Package)" = kubectl-memfit ] || fail "$package: $(dpkg-deb -f "$package" Package)"
    dpkg-deb -x "$package" "$work/deb-$arch"
    for part in bin/kubectl-memfit bin/kubectl_complete-memfit share/bash-completion/completions/kubectl-memfit \
        share/zsh/vendor-completions/_kubectl-memfit share/fish/vendor_completions.d/kubectl-memfit.fish \
        share/man/man1/kubectl-memfit.1 share/man/man5/memfit-results.5 share/doc/kubectl-memfit/copyright; do
        compgen -G "$work/deb-$arch/usr/$part*" >/dev/null || fail "$package: usr/$part is missing"
    done
    cmp "$work/deb-$arch/usr/bin/kubectl-memfit" "$work"/*-linux-"$arch"/*/kubectl-memfit || fail "$package: another program"
    echo "$(basename "$package"): complete, $(stat -c %s "$package") bytes"
done

# Whoever packs, and when: the same build gives the same bytes.
mapfile -t archs < <(basename -s .tar.gz "$dist"/*-linux-*.tar.gz | sed 's/.*-//')
(umask 077 && "$(dirname "$0")/../../scripts/dist.sh" again "$work/again" "${archs[@]}" >/dev/null)
for file in "$dist"/*-linux-*.tar.gz "$dist"/*.deb; do
    cmp "$file" "$work/again/$(basename "$file")" || fail "packed again, $(basename "$file") has other bytes"
done
echo "packed again under another umask: the same bytes for ${archs[*]}"

if ! compgen -G "$dist/*-linux-arm64.tar.gz" >/dev/null; then
    echo "SKIPPED: the tests of core on arm64, for which nothing was built" >&2
elif [ "$(uname -m)" = aarch64 ]; then
    echo "the tests of core on arm64 are those of this machine: make test"
else
    core_tests=$dist-arm64/tests/core_tests
    [ -x "$core_tests" ] || fail "the cross build left no $core_tests to run under qemu"
    qemu-aarch64-static "$core_tests" || fail 'the tests of core on arm64'
fi

"$(dirname "$0")/krew.sh" "$dist"
