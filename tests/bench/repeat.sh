#!/usr/bin/env bash
# Recommends the same thing again and again, half of the time beside a neighbour that burns a core, and says how far the
# answers agree. Usage: repeat.sh PATH-TO-kubectl-memfit
# RUNS=10, PROGRAM (default: the example service), LOAD and PORT change what is measured.
set -euo pipefail
memfit=$(realpath "${1:?usage: repeat.sh PATH-TO-kubectl-memfit}")
root=$(realpath "$(dirname "$0")/../..")
runs=${RUNS:-10}
load=${LOAD:-hey -n 600 -c 8 '{url}/v1/users'}
port=${PORT:-3000}
scratch=$(mktemp -d)
neighbour=

quiet_again() {
    [ -n "$neighbour" ] || return 0
    kill "$neighbour" 2>/dev/null || true
    wait "$neighbour" 2>/dev/null || true
    neighbour=
}
trap 'quiet_again; rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

if [ -n "${PROGRAM:-}" ]; then
    read -ra program <<<"$PROGRAM"
else
    program=("$scratch/sales-api")
    (cd "$root/examples/sales-api" && go build -o "${program[0]}" .)
fi

row='%3s  %-9s  %7s  %-10s  %11s  %11s  %9s  %7s\n'
# shellcheck disable=SC2059 # the format of all rows
printf "$row" run neighbour limit mode probability 'bench loads' 'all loads' seconds
for ((run = 1; run <= runs; run++)); do
    beside=no
    if ((run % 2 == 0)); then
        beside=yes
        sha256sum /dev/zero &
        neighbour=$!
    fi
    began=$EPOCHREALTIME
    status=0
    "$memfit" recommend --local --port "$port" --load "$load" -o json -q -- "${program[@]}" >"$scratch/$run.json" \
        2>"$scratch/errors" || status=$?
    ended=$EPOCHREALTIME
    quiet_again
    if ((status != 0)); then
        cat "$scratch/errors" >&2
        # An inconclusive run has no advice to count.
        ((status == 4)) || exit "$status"
    fi
    # After an error it may print several documents, and none of them is advice.
    jq -cs --argjson run "$run" --arg beside "$beside" --argjson seconds "$(jq -n "$ended - $began")" '
        (map(select(.kind == "Recommendation")) | first) as $it
        | ([$it.inputs[]? | select(.kind == "BenchResult") | .cells[].runs[]] | length) as $bench
        | ([$it.inputs[]? | select(.kind == "SqueezeResult") | .trials[]] | length) as $squeeze
        | {run: $run, beside: $beside, seconds: $seconds, probability: $it.probability,
           limit: $it.recommendation.limitBytes,
           mode: (if ($it.recommendation.gomemlimit.mode // "unset") == "unset" then "plain" else "gomemlimit" end),
           bench: $bench, all: ($bench + $squeeze + ($it.confirmed.loads // 0))}' \
        "$scratch/$run.json" >>"$scratch/table"
    read -ra fields < <(tail -1 "$scratch/table" | jq -r '
        [.run, .beside, (if .limit then "\((.limit / 1048576 * 10 | round) / 10)Mi" else "none" end), .mode,
         (if .probability then (.probability * 100 | round / 100) else "-" end), .bench, .all, (.seconds | round)]
        | map(tostring) | join(" ")')
    # shellcheck disable=SC2059
    printf "$row" "${fields[@]}"
done

# shellcheck disable=SC2016 # variables of jq
jq -rs '
    def median: sort | if length % 2 == 1 then .[length / 2 | floor] else (.[length / 2 - 1] + .[length / 2]) / 2 end;
    length as $n
    | ([.[].limit | values] | if . == [] then null else median end) as $middle
    | ([.[] | select($middle != null and .limit != null and ((.limit / $middle - 1) | fabs) <= 0.1)] | length) as $near
    | (group_by(.mode) | map(length) | max) as $same
    | "",
      "limits within 10 % of the median: \($near) of \($n) (target: at least \($n * 0.9 | ceil))",
      "the same mode: \($same) of \($n) (target: \($n))",
      "loads a run: \(map(.all) | add / $n * 10 | round / 10) (target: at most 30)"' "$scratch/table"

printf '\nTen loads at a limit that no bench had\n'
last=$scratch/$runs.json
limit=$(jq -s '[.[].limit | values] | sort | if . == [] then empty else .[length / 2 | floor] * 1.5 / 1048576 | floor end' \
    "$scratch/table")
if [ -z "$limit" ]; then
    echo "skipped: no run advised a limit"
    exit 0
fi
# By the law a request costs 1 + price * collections; collections are what it allocates over what the limit leaves.
# That price is not in the document, but the law's share at the advised limit and at that of what-it-buys is; of these
# two points the cost elsewhere follows. A load also pays for the first use of its memory.
foreseen=$(jq -s --argjson limit "$((limit * 1048576))" '
    (map(select(.kind == "Recommendation")) | first) as $it
    | ([$it.reasons[]? | select(.code == "law-holds") | .evidence] | first) as $law
    | ([$it.reasons[]? | select(.code == "what-it-buys") | .evidence] | first) as $buys
    | ([$it.inputs[]? | select(.kind == "BenchResult") | .cells[].runs[].load.requests | values] | first) as $requests
    | if $law == null or $buys == null or $it.recommendation.gomemlimit.mode == "unset" or $law.collectionCostPlain <= 0
      then empty
      else
        # Without collections, from the cost of the plain cell; the price from that of the advised one.
        ($buys.otherCpuPerRequestSeconds / (1 + $law.collectionCostPlain)) as $bare
        | ($buys.cpuPerRequestSeconds - $bare) as $collecting
        | $bare + $collecting * ($it.recommendation.limitBytes - $law.fixedBytes) / ($limit - $law.fixedBytes)
          + ($law.firstUseCpuSecondsPerMiB // 0) * $limit / 1048576 / $requests
      end' "$last")
# A bench of one cell is settled soon, so several make up the ten loads.
for ((loads = 0, tries = 0; loads < 10 && tries < 10; tries++)); do
    "$memfit" bench --local --port "$port" --load "$load" --limits "none,${limit}Mi" --modes gomemlimit --min 1Mi \
        -o json -q -- "${program[@]}" >>"$scratch/held-out.json"
    loads=$(jq -s '[.[].cells[] | select(.limitBytes != null) | .runs[]] | length' "$scratch/held-out.json")
done
jq -rs --arg foreseen "$foreseen" --arg limit "${limit}Mi" '
    def median: sort | if length % 2 == 1 then .[length / 2 | floor] else (.[length / 2 - 1] + .[length / 2]) / 2 end;
    [.[].cells[] | select(.limitBytes != null) | .runs[]][:10]
    | length as $loads
    | ([.[].cpu.perRequestSeconds | values] | if . == [] then null else median end) as $cpu
    | if $cpu == null then "skipped: the CPU time of the program is not known"
      else "\($limit) with GOMEMLIMIT: \($cpu * 1e6 | round / 1000) ms of CPU a request, the median of \($loads) loads",
           (if $foreseen == "" then "the law foresees nothing here: it did not hold, or its evidence is not in the last document"
            else ($foreseen | tonumber) as $f
            | "the law foresaw \($f * 1e6 | round / 1000) ms: off by \(($f / $cpu - 1) * 1000 | round / 10) %" end)
      end' "$scratch/held-out.json"
