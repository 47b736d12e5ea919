#!/usr/bin/env bash
# Reads every file of a folder in every way that memfit reads files, and prints what crashed, hung, was refused, or was
# changed more than it should be. Usage: run.sh PATH-TO-corpus FOLDER [JOBS]
# Exit code 1: something crashed, hung or was changed wrongly. SECONDS_EACH=10 is what a file may take.
set -euo pipefail
corpus=$(realpath "${1:?usage: run.sh PATH-TO-corpus FOLDER [JOBS]}")
folder=$(realpath "${2:?usage: run.sh PATH-TO-corpus FOLDER [JOBS]}")
jobs=${3:-1}
export corpus
export SECONDS_EACH=${SECONDS_EACH:-10}

# One file; prints lines of: what, how, file, more.
read_one() {
    local status=0 out
    out=$(timeout -k 1 "$SECONDS_EACH" "$corpus" "$1" 2>/dev/null) || status=$?
    [ -z "$out" ] || while IFS=$'\t' read -r about how more; do
        printf '%s\t%s\t%s\t%s\n' "$about" "$how" "$1" "$more"
    done <<<"$out"
    case $status in
    0 | 1) ;;
    124 | 137) printf 'file\thung\t%s\tfor %s s\n' "$1" "$SECONDS_EACH" ;;
    *) printf 'file\tcrashed\t%s\texit code %s\n' "$1" "$status" ;;
    esac
    printf 'file\tread\t%s\t\n' "$1"
}
export -f read_one

lines=$(mktemp)
trap 'rm -f "$lines"' EXIT
# shellcheck disable=SC2016 # of the inner shell
(cd "$folder" && find . -type f -size -4M -not -path '*/.git/*' -printf '%P\0' | sort -z |
    xargs -0 -r -n 1 -P "$jobs" bash -c 'read_one "$1"' bash) >"$lines"

awk -F '\t' '$2 == "refused" || $2 == "crashed" || $2 == "hung" || $2 == "wrong" { print $2 ": " $3 ": " $4 }' "$lines" | sort
echo
awk -F '\t' '{ count[$1 "\t" $2]++ } END { for (key in count) { split(key, at, "\t"); printf "%-28s %-8s %7d\n", at[1], at[2], count[key] } }' \
    "$lines" | sort
! grep -qP '^[^\t]*\t(crashed|hung|wrong)\t' "$lines"
