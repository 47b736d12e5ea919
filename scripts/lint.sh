#!/usr/bin/env bash
# Format, clang-tidy, Go and shell checks over what git knows. Exits non-zero on findings. clang-tidy leaves out what it
# found clean before (tidy.sh); LINT=all checks everything.
set -euo pipefail
cd "$(dirname "$0")/.."

mapfile -t sources < <(git ls-files '*.cpp' '*.h')
mapfile -t scripts < <(git ls-files '*.sh' '.ci/run' 'tests/v2/init' 'tests/cluster/*' 'completions/*.bash' 'completions/kubectl_complete-*' | grep -v '\.md$')

echo "format: ${#sources[@]} files"
clang-format-19 --dry-run --Werror "${sources[@]}"

echo "gofmt and go vet"
unformatted=$(gofmt -l examples)
[ -z "$unformatted" ] || { echo "error: run make format for: $unformatted" >&2; exit 1; }
(cd examples/sales-api && go vet ./...)

echo "shellcheck: ${#scripts[@]} files"
shellcheck "${scripts[@]}"

scripts/tidy.sh ${LINT:+"$LINT"}
echo "lint: clean"
