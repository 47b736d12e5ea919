#!/usr/bin/env bash
# Runs the measuring step of action.yml as a runner does, with a recorded measurement in place of a real one.
# Usage: action.sh PATH-TO-kubectl-memfit
set -euo pipefail
memfit=$(realpath "${1:?usage: action.sh PATH-TO-kubectl-memfit}")
root=$(realpath "$(dirname "$0")/../..")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
yq -r '.runs.steps[] | select(.id == "measure") | .run' "$root/action.yml" > "$work/step"
# The recorded measurement ends with the code $MEASURED; everything else is the real program's.
cat > "$work/bin/kubectl-memfit" <<END
#!/bin/sh
case "\$*" in
    'recommend --local '*) cat '$root/tests/fixtures/replay/local-recommend.json'; exit "\$MEASURED" ;;
esac
exec '$memfit' "\$@"
END
printf '#!/bin/sh\nshift\nexec "$@"\n' > "$work/bin/sudo" # without --preserve-env
chmod +x "$work"/bin/*
cp "$root/examples/sales-api/deploy.yaml" "$work/wrong.yaml"
cp "$root/examples/sales-api/deploy.yaml" "$work/right.yaml"
"$memfit" recommend -f "$root/tests/fixtures/replay/local-recommend.json" --edit "$work/right.yaml" >/dev/null 2>&1
failures=0

# WHAT EXPECTED [NAME=VALUE...]; expected: exit code, outcome, then what the log has.
expect() {
    local what=$1 expected=$2 code=0 says outcome
    shift 2
    : > "$work/output" && : > "$work/summary"
    says=$(cd "$work" && env PATH="$work/bin:$PATH" RUNNER_TEMP="$work" GITHUB_OUTPUT="$work/output" \
        GITHUB_STEP_SUMMARY="$work/summary" PROGRAM=./sales-api PORT=3000 LOAD='hey {url}/' MANIFEST='' LIMIT='' \
        SETTINGS='' INCONCLUSIVE=fail MEASURED=0 "$@" bash --noprofile --norc -eo pipefail step 2>&1) || code=$?
    outcome=$(sed -n 's/^outcome=//p' "$work/output")
    [ "$(head -n 1 "$work/summary")" = '### Recommended for sales-api (balanced)' ] || says="no summary; $says"
    says="$code $outcome${says:+
$says}"
    [ "$says" = "$expected" ] && return
    failures=$((failures + 1))
    printf 'FAILED %s\n  expected: %s\n  got:      %s\n' "$what" "$expected" "$says" >&2
}

title='title=kubectl memfit'
fits="0 fits
::notice $title::The memory settings fit what was measured."
fails="::error $title::The memory settings do not fit what was measured."
inconclusive="$title::The measurement was inconclusive: it says neither that the settings fit nor that they do not."
expect 'nothing to fit' '0 measured'
expect 'a manifest with the advised settings' "$fits" MANIFEST=right.yaml
expect 'a manifest without settings' "3 does-not-fit
::error file=wrong.yaml,line=36,$title::requests.memory 48Mi
::error file=wrong.yaml,line=39,$title::limits.memory 48Mi
::error file=wrong.yaml,line=57,$title::GOMEMLIMIT from limits.memory, GOGC off
$fails" MANIFEST=wrong.yaml
expect 'the advised limit with the advised environment' "$fits" LIMIT=48Mi SETTINGS='GOMEMLIMIT=48MiB GOGC=off'
expect 'the advised limit alone' "3 does-not-fit
::error $title::GOMEMLIMIT is not set, the limit, 48Mi, is advised
::error $title::GOGC is not set, off is advised
$fails" LIMIT=48Mi
expect 'an inconclusive measurement' "4 inconclusive
::error $inconclusive" MEASURED=4 LIMIT=32Mi
expect 'an inconclusive measurement that may be' "0 inconclusive
::warning $inconclusive" MEASURED=4 LIMIT=32Mi INCONCLUSIVE=warn
failed="::error $title::kubectl-memfit failed; the log says why."
expect 'a measurement that failed' "1 failed
$failed" MEASURED=1 LIMIT=32Mi
expect 'a manifest that is not there' "1 failed
error: cannot open missing.yaml: No such file or directory; give the manifest that holds the workload
$failed" MANIFEST=missing.yaml
cmp "$root/examples/sales-api/deploy.yaml" "$work/wrong.yaml" || failures=$((failures + 1))

[ "$failures" -eq 0 ] && echo "action: as expected for 9 measurements"
exit "$((failures > 0))"
