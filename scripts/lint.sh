#!/usr/bin/env bash
# Format, clang-tidy, Go and shell checks over everything that git knows. Exits non-zero on findings.
set -euo pipefail
cd "$(dirname "$0")/.."

mapfile -t sources < <(git ls-files '*.cpp' '*.h')
mapfile -t scripts < <(git ls-files '*.sh' '.ci/run' 'tests/cluster/*' 'completions/*.bash' 'completions/kubectl_complete-*' | grep -v '\.md$')

echo "format: ${#sources[@]} files"
clang-format-19 --dry-run --Werror "${sources[@]}"

echo "gofmt and go vet"
unformatted=$(gofmt -l examples)
[ -z "$unformatted" ] || { echo "error: run make format for: $unformatted" >&2; exit 1; }
(cd examples/sales-api && go vet ./...)

echo "shellcheck: ${#scripts[@]} files"
shellcheck "${scripts[@]}"

echo "clang-tidy"
cmake --preset clang >/dev/null
mapfile -t units < <(git ls-files 'core/**/*.cpp' 'core/*.cpp' 'plugin/**/*.cpp' 'plugin/*.cpp' 'man/*.cpp' \
    'tests/**/*.cpp' ':!tests/library') # which is built outside of this project
printf '%s\0' "${units[@]}" |
    xargs -0 -P "$(nproc)" -n 4 clang-tidy-19 -p build/clang --quiet --warnings-as-errors='*' 2>&1 |
    { grep --line-buffered -Ev \
        '^[0-9]+ warnings? generated|^Suppressed|^Use -header-filter|^\[[0-9/]+\] Processing|^$' || true; }
echo "lint: clean"
