#!/usr/bin/env bash
# Checks what scripts/dist.sh made: static, small, complete; a manifest by krew's rules; installed as krew does it.
# Usage: run.sh FOLDER
set -euo pipefail
dist=$(realpath "${1:?usage: run.sh FOLDER}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
kubectl=${KUBECTL_PATH:-kubectl}
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
    for part in LICENSE completions/kubectl_complete-memfit man/man1/kubectl-memfit.1 man/man5/memfit-results.5; do
        [ -s "$work/$name/$name/$part" ] || fail "$name: $part is missing"
    done
    run=()
    case $name in *-arm64) [ "$(uname -m)" = aarch64 ] || run=(qemu-aarch64-static) ;; esac
    says=$("${run[@]}" "$program" --version)
    echo "$name: $size bytes, static, $says"
done

# krew's rules (the plugin manifest validation of krew and the naming guide of its index).
manifest=$dist/memfit.yaml
value() { yq -r "$1" "$manifest"; }
[ "$(value .apiVersion)" = krew.googlecontainertools.github.com/v1alpha2 ] || fail 'krew: apiVersion'
[ "$(value .kind)" = Plugin ] || fail 'krew: kind'
[ "$(value .metadata.name).yaml" = "$(basename "$manifest")" ] || fail 'krew: the file is not named after the plugin'
[[ $(value .spec.version) =~ ^v[0-9]+\.[0-9]+\.[0-9]+$ ]] || fail 'krew: version'
[ "$(value '.spec.shortDescription | split("\n") | length')" = 1 ] || fail 'krew: shortDescription is no single line'
value .spec.description | grep -- ' --' >/dev/null && fail 'krew: the description lists flags'
[ "$(value '[.spec.platforms[].selector.matchLabels | keys | sort | join(",")] | unique | join(" ")')" = arch,os ] ||
    fail 'krew: selectors on something else than os and arch'
count=$(value '.spec.platforms | length')
[ "$count" = "$(find "$dist" -name '*.tar.gz' | wc -l)" ] || fail 'krew: not every archive is a platform'
for ((i = 0; i < count; i++)); do
    uri=$(value ".spec.platforms[$i].uri")
    sum=$(value ".spec.platforms[$i].sha256")
    archive=$dist/$(basename "$uri")
    [[ $uri == https://*.tar.gz ]] || fail "krew: uri $uri"
    [[ $sum =~ ^[0-9a-f]{64}$ ]] || fail "krew: sha256 $sum"
    [ "$(sha256sum "$archive" | cut -d' ' -f1)" = "$sum" ] || fail "krew: the sum of $uri"
    value ".spec.platforms[$i].files[].from" | grep /LICENSE >/dev/null || fail 'krew: LICENSE is not listed'
    value ".spec.platforms[$i].files[].from" | while read -r from; do
        tar -tzf "$archive" | grep -x "$from" >/dev/null || fail "krew: $from is not in $uri"
    done
done

# As krew installs: the listed files into a store, and a link on PATH.
index=$(value '[.spec.platforms[].selector.matchLabels.arch] | index("'"$(dpkg --print-architecture)"'")')
store=$work/krew/store/memfit/$(value .spec.version)
mkdir -p "$store" "$work/krew/bin"
name=$(basename "$(value ".spec.platforms[$index].uri")" .tar.gz)
value ".spec.platforms[$index].files[].from" | while read -r from; do cp "$work/$name/$from" "$store/"; done
ln -s "$store/$(value ".spec.platforms[$index].bin")" "$work/krew/bin/kubectl-memfit"
PATH=$work/krew/bin:$PATH
export PATH
says=$("$kubectl" memfit --version)
[ "$says" = "kubectl-memfit $(value .spec.version | tr -d v)" ] || fail "kubectl memfit --version says $says"
"$kubectl" plugin list 2>/dev/null | grep -x "$work/krew/bin/kubectl-memfit" >/dev/null || fail 'kubectl plugin list'
echo "krew: $count platforms, installed as krew does it: $says"
