#!/usr/bin/env bash
# Checks the manifest that scripts/dist.sh made by krew's rules, and installs the archive of this machine the way krew
# does. Usage: krew.sh FOLDER, or krew.sh --of BUILD-FOLDER, which packs first what was built there.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
kubectl=${KUBECTL_PATH:-kubectl}
fail() { echo "FAILED: $*" >&2; exit 1; }
if [ "${1:-}" = --of ]; then
    packer=$(dirname "$0")/../../scripts/dist.sh
    SOURCE_DATE_EPOCH=0 "$packer" built "$(realpath "$2")" "$work/dist" >/dev/null
    # As in a release, where macOS stands first: an archive of the same architecture for another system.
    ours=$(basename "$work"/dist/*.tar.gz .tar.gz)
    other=${ours/-linux-/-darwin-}
    tar -xzf "$work/dist/$ours.tar.gz" -C "$work"
    mv "$work/$ours" "$work/$other"
    printf '#!/bin/sh\necho "built for macOS"\n' > "$work/$other/kubectl-memfit"
    tar -czf "$work/dist/$other.tar.gz" -C "$work" "$other"
    "$packer" manifest "$work/dist" >/dev/null
    set -- "$work/dist"
fi
dist=$(realpath "${1:?usage: krew.sh FOLDER}")

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
here=linux/$(dpkg --print-architecture)
index=$(value '[.spec.platforms[].selector.matchLabels | .os + "/" + .arch] | index("'"$here"'")')
[ "$index" != null ] || fail "krew: no archive for $here"
store=$work/krew/store/memfit/$(value .spec.version)
mkdir -p "$store" "$work/krew/bin"
name=$(basename "$(value ".spec.platforms[$index].uri")" .tar.gz)
tar -xzf "$dist/$name.tar.gz" -C "$work"
value ".spec.platforms[$index].files[].from" | while read -r from; do cp "$work/$from" "$store/"; done
ln -s "$store/$(value ".spec.platforms[$index].bin")" "$work/krew/bin/kubectl-memfit"
PATH=$work/krew/bin:$PATH
export PATH
says=$("$kubectl" memfit --version)
[ "$says" = "kubectl-memfit $(value .spec.version | tr -d v)" ] || fail "kubectl memfit --version says $says"
"$kubectl" plugin list 2>/dev/null | grep -x "$work/krew/bin/kubectl-memfit" >/dev/null || fail 'kubectl plugin list'
# The caveat's step; kubectl 1.26 and later ask what it copies.
cp "$store/kubectl_complete-memfit" "$work/krew/bin/"
value .spec.caveats | grep "^cp .*/store/memfit/$(value .spec.version)/kubectl_complete-memfit " >/dev/null ||
    fail 'krew: the caveat on completion'
if "$kubectl" __complete '' 2>/dev/null | grep '^memfit' >/dev/null; then
    [ "$("$kubectl" __complete memfit rec 2>/dev/null | sed -n '1s/\t.*//p')" = recommend ] || fail 'kubectl memfit <TAB>'
else
    echo "skipped: this kubectl does not complete plugins (1.26 and later do)"
fi
echo "krew: $count platforms, installed as krew does it: $says"
