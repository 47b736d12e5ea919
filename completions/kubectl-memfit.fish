# fish completion of kubectl-memfit
function __kubectl_memfit_complete
    set -l words (commandline --tokenize --cut-at-cursor --current-process)
    set -l typed (commandline --current-token --cut-at-cursor)
    set -l lines ($words[1] __complete $words[2..-1] "$typed" 2>/dev/null)
    test (count $lines) -gt 0; or return
    set -l directive (string sub --start 2 -- $lines[-1])
    printf '%s\n' $lines[1..-2]
    if test (math "floor($directive / 4) % 2") -eq 0
        # Of `--edit=PATH` the path alone is completed.
        set -l flag (string match --regex -- '^--[^=]*=' "$typed")
        set -l from (math (string length -- "$flag") + 1)
        for path in (__fish_complete_path (string sub --start $from -- "$typed"))
            printf '%s\n' "$flag$path"
        end
    end
end
complete --command kubectl-memfit --no-files --arguments '(__kubectl_memfit_complete)'
