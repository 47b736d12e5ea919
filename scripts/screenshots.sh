#!/usr/bin/env bash
# Takes the pictures of the README, from the document of a real run (tests/fixtures/replay/local-recommend.json).
# Needs aha and chromium. Usage: screenshots.sh PATH/kubectl-memfit
set -euo pipefail
memfit=$(realpath "${1:?usage: screenshots.sh PATH/kubectl-memfit}")
cd "$(dirname "$0")/.."
document=tests/fixtures/replay/local-recommend.json
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p docs/images

picture() { # PAGE WIDTH HEIGHT FILE
    timeout 100 chromium --headless=new --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$work/profile" \
        --blink-settings=preferredColorScheme=1 --window-size="$2,$3" --screenshot="$PWD/docs/images/$4" \
        "file://$1" >/dev/null 2>&1
    echo "docs/images/$4: $(stat -c %s "docs/images/$4") bytes"
}

{
    command=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["load"]["command"])' "$document")
    printf '$ kubectl-memfit recommend --local --port 3000 --runs 3 --load '"'%s'"' -- ./sales-api\n' "$command"
    "$memfit" recommend -f "$document" --color always
} > "$work/run.txt"
lines=$(wc -l < "$work/run.txt")
aha --black --title 'kubectl memfit recommend' < "$work/run.txt" |
    sed 's/<body[^>]*>/&<style>pre{font:14px\/18px monospace;margin:12px;color:#ddd;white-space:pre-wrap}body{margin:0;background:#111}<\/style>/' \
        > "$work/run.html"
picture "$work/run.html" 960 "$((lines * 18 + 50))" recommend.png

"$memfit" recommend -f "$document" -o html > "$work/page.html"
picture "$work/page.html" 1000 1250 report.png
