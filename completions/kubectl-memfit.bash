# bash completion of kubectl-memfit

# The words of the line up to the cursor, without their quotes; bash's own are split at `=` and `:` as well.
# `kept`: what bash keeps of the last one, that is, what stands before a break in it or before the quote that is open.
__kubectl_memfit_words() {
    local line=${COMP_LINE:0:COMP_POINT} word='' quote='' begun='' char i
    words=() kept=''
    for ((i = 0; i < ${#line}; i++)); do
        char=${line:i:1}
        if [[ $quote == "'" && $char != "'" ]] || [[ $quote == '"' && $char != [\"\\] ]]; then
            word+=$char
        elif [[ $char == \\ ]]; then
            i=$((i + 1)) begun=1
            word+=${line:i:1}
        elif [[ -n $quote ]]; then
            quote=''
        elif [[ $char == [\'\"] ]]; then
            quote=$char begun=1 kept=$word
        elif [[ $char == [[:space:]] ]]; then
            [[ -n $begun ]] && words+=("$word")
            word='' begun='' kept=''
        else
            word+=$char begun=1
            [[ $COMP_WORDBREAKS == *"$char"* ]] && kept=$word
        fi
    done
    words+=("$word")
}

_kubectl_memfit() {
    local words kept typed flag='' line lines paths directive
    __kubectl_memfit_words
    typed=${words[-1]}
    mapfile -t lines < <("${COMP_WORDS[0]}" __complete "${words[@]:1}" 2>/dev/null)
    COMPREPLY=()
    [ ${#lines[@]} -gt 0 ] || return 0
    directive=${lines[-1]#:}
    unset 'lines[-1]'
    if ((directive & 2)); then compopt -o nospace 2>/dev/null; fi
    if ! ((directive & 4)); then
        compopt -o filenames 2>/dev/null
        [[ $typed == --*=* ]] && flag=${typed%%=*}=
        mapfile -t paths < <(compgen -f -- "${typed#"$flag"}")
        lines+=("${paths[@]/#/$flag}")
    fi
    for line in "${lines[@]}"; do
        line=${line%%$'\t'*}
        COMPREPLY+=("${line#"$kept"}")
    done
}
complete -F _kubectl_memfit kubectl-memfit
