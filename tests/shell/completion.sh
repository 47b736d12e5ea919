#!/usr/bin/env bash
# Completes command lines in real shells, and compares the whole list of candidates.
# Usage: completion.sh PATH-TO-kubectl-memfit BUILD-FOLDER
set -euo pipefail
usage='usage: completion.sh PATH-TO-kubectl-memfit BUILD-FOLDER'
memfit=$(realpath "${1:?$usage}")
build=$(realpath "${2:?$usage}")
scripts=$(realpath "$(dirname "$0")/../../completions")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
PATH=$(dirname "$memfit"):$scripts:$PATH
export PATH KUBECONFIG=/dev/null HOME=$work
mkdir "$work/here"
cd "$work/here"
touch bench.json
cat > "$work/stand-in" <<'END' # in place of kubectl
#!/bin/sh
case $* in
    'config get-contexts '*) echo arn:aws:eks:us-east-1:1:cluster/dev ;;
    'get deployments '*--namespace=shop) echo deployment.apps/api ;;
esac
END
chmod +x "$work/stand-in"
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
        _files() { print -rl -- $PREFIX*(N) }
        words=(kubectl-memfit "$@") CURRENT=$(($# + 1)) PREFIX=${@[-1]}
        run() { source $script }
        run' zsh "$scripts/_kubectl-memfit" "$@" | sort | joined
}

# The shells as people have them: what a TAB at the end of a line makes of it. Readers of the keyboard see only a
# terminal, which script(1) makes; ^X p writes down the line, ^A ^K empties it.
cat > "$work/bashrc" <<END
source '$scripts/kubectl-memfit.bash'
show() { printf '%s\n' "\$READLINE_LINE" >> '$work/line'; }
bind -x '"\C-xp": show'
END
cat > "$work/.zshrc" <<END
fpath=('$scripts' \$fpath)
autoload -U compinit && compinit -u
show() { print -r -- "\$BUFFER" >> '$work/line' }
zle -N show && bindkey -e && bindkey '^Xp' show
END
after_tab() { # SHELL LINE
    : > "$work/line"
    printf '%s\t\030p\001\013 exit\n' "$2" > "$work/keys"
    KUBECTL_PATH=$work/stand-in ZDOTDIR=$work script -qec "$1" /dev/null < "$work/keys" > /dev/null 2>&1 || true
    cat "$work/line"
}
expect_after_tab() { # LINE WHAT-IT-BECOMES
    expect "a TAB in bash: $1" "$2" "$(after_tab "bash --rcfile $work/bashrc -i" "$1")"
    expect "a TAB in zsh: $1" "$2" "$(after_tab 'zsh -i' "$1")"
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
expect 'bash: a value after an equals sign' 'fast' "$(in_bash recommend --namespace=shop --policy=f)"
expect 'bash: a flag after one with a value' '--policy' "$(in_bash recommend --namespace=shop --load "'hey -n 1'" --pol)"
expect 'fish: commands' "$commands" "$(in_fish 'kubectl-memfit ')"
expect 'fish: a value' "$policies" "$(in_fish 'kubectl-memfit recommend --policy ')"
expect 'fish: a flag' '--tolerance' "$(in_fish 'kubectl-memfit recommend --tol')"
expect 'fish: a file after an equals sign' '--edit=bench.json' "$(in_fish 'kubectl-memfit recommend --edit=b')"
expect 'zsh: commands' "$commands" "$(in_zsh '')"
expect 'zsh: a value' "$policies" "$(in_zsh recommend --policy '')"
expect 'zsh: a file' 'bench.json' "$(in_zsh recommend -f '')"

expect_after_tab 'kubectl-memfit squ' 'kubectl-memfit squeeze '
expect_after_tab 'kubectl-memfit squeeze st' 'kubectl-memfit squeeze sts/'
expect_after_tab 'kubectl-memfit recommend --namespace=shop --policy=f' \
    'kubectl-memfit recommend --namespace=shop --policy=fast '
expect_after_tab 'kubectl-memfit squeeze --namespace=shop deploy/' 'kubectl-memfit squeeze --namespace=shop deploy/api '
expect_after_tab 'kubectl-memfit squeeze --namespace=shop deploy ' 'kubectl-memfit squeeze --namespace=shop deploy api '
expect_after_tab 'kubectl-memfit recommend --edit=b' 'kubectl-memfit recommend --edit=bench.json '
expect_after_tab 'kubectl-memfit recommend -f b' 'kubectl-memfit recommend -f bench.json '
expect_after_tab 'kubectl-memfit squeeze --namespace=shop --context arn:aws:' \
    'kubectl-memfit squeeze --namespace=shop --context arn:aws:eks:us-east-1:1:cluster/dev '
expect_after_tab "kubectl-memfit squeeze --load 'hey -n 1' --context 'arn:" \
    "kubectl-memfit squeeze --load 'hey -n 1' --context 'arn:aws:eks:us-east-1:1:cluster/dev' "
expect_after_tab 'kubectl-memfit squeeze --context=ar' \
    'kubectl-memfit squeeze --context=arn:aws:eks:us-east-1:1:cluster/dev '

installed() { # PREFIX: where zsh's file is then
    DESTDIR=$work/root cmake --install "$build" --prefix "$1" --component program > /dev/null
    (cd "$work/root" && find . -name _kubectl-memfit | joined)
    rm -rf "$work/root"
}
expect 'zsh looks there, in /usr' './usr/share/zsh/vendor-completions/_kubectl-memfit' "$(installed /usr)"
expect 'zsh looks there, in /usr/local' './usr/local/share/zsh/site-functions/_kubectl-memfit' "$(installed /usr/local)"

# kubectl 1.26 and later ask kubectl_complete-memfit.
kubectl=${KUBECTL_PATH:-kubectl}
if [ -n "$("$kubectl" __complete memfit '' 2>/dev/null)" ]; then
    expect 'kubectl: commands' "$commands :4" "$("$kubectl" __complete memfit '' 2>/dev/null | cut -f1 | sort -t: -k1,1 | sed '/^:/d' | sort | joined) :4"
    expect 'kubectl: a value' 'fast :4' "$("$kubectl" __complete memfit recommend --policy f 2>/dev/null | joined)"
else
    echo "skipped: this kubectl does not complete plugins (1.26 and later do)"
fi
[ "$failures" -eq 0 ] && echo "completion: as expected in bash, fish and zsh"
exit "$((failures > 0))"
