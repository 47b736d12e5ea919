# bash completion of kubectl-memfit
_kubectl_memfit() {
    local cur=${COMP_WORDS[COMP_CWORD]} words=("${COMP_WORDS[@]:1:COMP_CWORD}") line lines directive
    # bash takes `--output=j` for three words.
    local typed=${COMP_LINE:0:COMP_POINT}
    typed=${typed##*[[:space:]]}
    if [[ $typed == --*=* ]]; then
        words=("${COMP_WORDS[@]:1:COMP_CWORD}")
        while [ ${#words[@]} -gt 0 ] && [[ ${words[-1]} != --* ]]; do unset 'words[-1]'; done
        [ ${#words[@]} -gt 0 ] && unset 'words[-1]'
        words+=("$typed")
    fi
    mapfile -t lines < <("${COMP_WORDS[0]}" __complete "${words[@]}" 2>/dev/null)
    COMPREPLY=()
    [ ${#lines[@]} -gt 0 ] || return 0
    directive=${lines[-1]#:}
    unset 'lines[-1]'
    for line in "${lines[@]}"; do
        line=${line%%$'\t'*}
        [[ $typed == --*=* && $COMP_WORDBREAKS == *=* ]] && line=${line#*=}
        COMPREPLY+=("$line")
    done
    if ((directive & 2)); then compopt -o nospace 2>/dev/null; fi
    if ! ((directive & 4)); then
        compopt -o filenames 2>/dev/null
        [[ $typed == --*=* ]] && cur=${typed#*=}
        mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$cur")
    fi
}
complete -F _kubectl_memfit kubectl-memfit
