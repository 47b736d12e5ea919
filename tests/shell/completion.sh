#!/usr/bin/env bash
# Completes command lines in real shells, and compares the whole list of candidates.
# Usage: completion.sh PATH-TO-kubectl-memfit
set -euo pipefail
memfit=$(realpath "${1:?usage: completion.sh PATH-TO-kubectl-memfit}")
scripts=$(realpath "$(dirname "$0")/../../completions")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
PATH=$(dirname "$memfit"):$scripts:$PATH
export PATH KUBECONFIG=/dev/null HOME=$work
cd "$work"
touch bench.json
failures=0

expect() { # WHAT EXPECTED ACTUAL
    [ "$2" = "$3" ] && return
    failures=$((failures + 1))
    printf 'FAILED %s\n  expected: %s\n  got:      %s\n' "$1" "$2" "$3" >&2
}

joined() { tr '\n' ' ' | sed 's/ *$//'; }

in_bash() { # the words of the line, the last one being typed
    # shellcheck disable=SC2016 # for the inner shell
    bash --norc -c '
        source "$1"; shift
        COMP_WORDS=(kubectl-memfit "$@") COMP_CWORD=$#
        COMP_LINE="kubectl-memfit $*" COMP_POINT=${#COMP_LINE}
        _kubectl_memfit
        printf "%s\n" "${COMPREPLY[@]}"' bash "$scripts/kubectl-memfit.bash" "$@" | sort | joined
}

in_fish() { fish --no-config -c "source $scripts/kubectl-memfit.fish; complete -C '$1'" | cut -f1 | sort | joined; }

# The completion function alone, with what would show the candidates replaced by something that prints them.
in_zsh() { # the words of the line, the last one being typed
    # shellcheck disable=SC2016 # for the inner shell
    zsh -f -c '
        script=$1; shift
        _describe() { local -a all; all=("${(@P)2}"); print -rl -- "${(@)all%%:*}" }
        _files() { print -rl -- *(N) }
        words=(kubectl-memfit "$@") CURRENT=$(($# + 1))
        run() { source $script }
        run' zsh "$scripts/_kubectl-memfit" "$@" | sort | joined
}

commands='bench cleanup help lint probe recommend squeeze'
policies='balanced fast lean no-limit'
expect 'bash: commands' "$commands" "$(in_bash '')"
expect 'bash: a command begun' 'squeeze' "$(in_bash squ)"
expect 'bash: a value' "$policies" "$(in_bash recommend --policy '')"
expect 'bash: a value begun' 'fast' "$(in_bash recommend --policy f)"
expect 'bash: a file' 'bench.json' "$(in_bash recommend -f '')"
expect 'bash: a type of workload' 'deploy/ ds/' "$(in_bash squeeze d)"
expect 'bash: after the program' 'bench.json' "$(in_bash probe --local -- ./be bench)"
expect 'fish: commands' "$commands" "$(in_fish 'kubectl-memfit ')"
expect 'fish: a value' "$policies" "$(in_fish 'kubectl-memfit recommend --policy ')"
expect 'fish: a flag' '--tolerance' "$(in_fish 'kubectl-memfit recommend --tol')"
expect 'zsh: commands' "$commands" "$(in_zsh '')"
expect 'zsh: a value' "$policies" "$(in_zsh recommend --policy '')"
expect 'zsh: a file' 'bench.json' "$(in_zsh recommend -f '')"

# kubectl 1.26 and later ask kubectl_complete-memfit.
kubectl=${KUBECTL_PATH:-kubectl}
if "$kubectl" __complete memfit '' 2>/dev/null | grep -q .; then
    expect 'kubectl: commands' "$commands :4" "$("$kubectl" __complete memfit '' 2>/dev/null | cut -f1 | sort -t: -k1,1 | sed '/^:/d' | sort | joined) :4"
    expect 'kubectl: a value' 'fast :4' "$("$kubectl" __complete memfit recommend --policy f 2>/dev/null | joined)"
else
    echo "skipped: this kubectl does not complete plugins (1.26 and later do)"
fi
[ "$failures" -eq 0 ] && echo "completion: as expected in bash, fish and zsh"
exit "$((failures > 0))"
