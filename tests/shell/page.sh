#!/usr/bin/env bash
# Looks at the HTML reports in a real browser, on a phone and on a desk, light and dark: they say nothing on the
# console, nothing is wider than the screen, every text stands out from its ground (WCAG 2.1, contrast of at least 4.5),
# and the words of a chart are whole and not one over the other.
# Usage: page.sh PATH/kubectl-memfit PATH/hungry
set -euo pipefail
memfit=$(realpath "${1:?usage: page.sh PATH/kubectl-memfit PATH/hungry}")
hungry=$(realpath "${2:?usage: page.sh PATH/kubectl-memfit PATH/hungry}")
fixtures=$(realpath "$(dirname "$0")/../fixtures")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }

# The pages stand in frames, since a window of the browser has a least width; the script is in the page around them.
cat > "$work/judge.js" <<'JS'
const judge = frame => {
    const page = frame.contentDocument, view = frame.contentWindow;
    const numbers = color => (color.match(/[\d.]+/g) || []).map(Number);
    const luminance = color => {
        const [r, g, b] = color.map(v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = element => {
        for (; element; element = element.parentElement) {
            const color = numbers(view.getComputedStyle(element).backgroundColor);
            if (color.length === 3 || color[3] === 1) return color.slice(0, 3);
        }
        return [255, 255, 255];
    };
    let least = 21, where = '', texts = 0;
    const walker = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement, text = walker.currentNode.data.trim();
        if (!text || element.closest('script, style, title, desc')) continue;
        const style = view.getComputedStyle(element);
        const ink = numbers(element instanceof view.SVGElement ? style.fill : style.color).slice(0, 3);
        const [a, b] = [luminance(ink), luminance(ground(element))];
        const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        ++texts;
        if (contrast < least) [least, where] = [contrast, text.slice(0, 40)];
    }
    const root = page.documentElement, problems = [];
    if (texts < 3) problems.push('the page has no text');
    if (root.scrollWidth > root.clientWidth) problems.push(`${root.scrollWidth} px wide at ${root.clientWidth}`);
    if (least < 4.5) problems.push(`contrast ${least.toFixed(2)} at "${where}"`);
    for (const chart of page.querySelectorAll('svg')) {
        const place = element => element.getBoundingClientRect(), whole = place(chart);
        // A box is higher than the text in it.
        const meet = (a, b) => a.left < b.right && b.left < a.right &&
            Math.abs(a.top + a.bottom - b.top - b.bottom) < 0.6 * (a.height + b.height);
        const words = [...chart.querySelectorAll('text')].filter(text => text.textContent);
        words.forEach((word, i) => {
            const box = place(word), name = word.textContent;
            if (box.left < whole.left || box.right > whole.right || box.top < whole.top || box.bottom > whole.bottom)
                problems.push(`"${name}" is cut`);
            const over = words.slice(i + 1).find(other => meet(box, place(other)));
            if (over) problems.push(`"${name}" is over "${over.textContent}"`);
        });
    }
    return problems.join('; ') || `fine, least contrast ${least.toFixed(2)}`;
};
window.onload = () => {
    const said = document.createElement('pre');
    for (const frame of document.querySelectorAll('iframe'))
        said.textContent += `\nlook: ${frame.name}, ${frame.width} px: ${judge(frame)}`;
    document.body.append(said);
};
JS

# The findings on PAGES at both widths in SCHEME (0: dark, 1: light), a line each.
look() {
    local scheme=$1 log=$work/log page width
    shift
    {
        printf '<!doctype html><meta charset="utf-8"><title>pages</title><script>%s</script>' "$(<"$work/judge.js")"
        for page in "$@"; do
            for width in 360 1400; do
                printf '<iframe name="%s" style="border:0" width="%s" height="900" srcdoc="%s"></iframe>' \
                    "$(basename "$page" .html)" "$width" "$(sed 's/&/\&amp;/g; s/"/\&quot;/g' "$page")"
            done
        done
    } > "$work/frames.html"
    timeout 100 chromium --headless=new --no-sandbox --disable-gpu --user-data-dir="$work/profile" --window-size=1500,900 \
        --blink-settings=preferredColorScheme="$scheme" --enable-logging=stderr --dump-dom "file://$work/frames.html" \
        > "$work/dom" 2> "$log" || fail "chromium: $(tail -n 3 "$log")"
    sed -n 's/^look: //; T; s/<.*//; p' "$work/dom"
    sed -n 's/.*CONSOLE/on the console: /p' "$log"
}

# The looks themselves are tried on a page that has every fault.
cat > "$work/bad.html" <<'HTML'
<!doctype html><body style="background:#fff"><p style="width:2000px">wide</p><p>two</p><p style="color:#999">pale</p>
<svg viewBox="0 0 100 100" width="100"><text x="90" y="50">50000</text><text x="20" y="20">ab</text><text x="22" y="22">cd</text>
</svg><script>console.error('loud')</script></body>
HTML
said=$(look 1 "$work/bad.html")
for fault in 'px wide at 360' 'contrast 2.85 at "pale"' 'on the console: ' '"50000" is cut' '"ab" is over "cd"'; do
    [[ $said == *"$fault"* ]] || fail "a bad page is not found out ($fault): $said"
done

# Pages of published results, and of a real run; of squeeze and bench made here, where that is possible.
pages=("$work"/{published,measured}.html)
"$memfit" recommend -f "$fixtures/replay/seed-bench.json" -f "$fixtures/replay/seed-squeeze.json" -o html > "${pages[0]}"
"$memfit" recommend -f "$fixtures/replay/local-recommend.json" -o html > "${pages[1]}"
run() { # COMMAND FLAG...
    "$memfit" "$1" --local -q --port "$port" -o html "${@:2}" -- "$hungry" --take 20 --listen "$port" --serve
}
port=$((20000 + RANDOM % 10000))
while (: <> "/dev/tcp/127.0.0.1/$port") 2> /dev/null; do port=$((port + 1)); done
if why=$(run squeeze --load true --dry-run 2>&1); then
    pages+=("$work"/{squeeze,bench}.html)
    run squeeze --load "$hungry --get {port} 20" > "${pages[2]}" || fail "no page of squeeze"
    # Many requests a second, and limits far apart.
    run bench --runs 2 --limits none,64Mi,128Mi,2Gi --load "cat $fixtures/load/wrk/normal.txt" > "${pages[3]}" ||
        fail "no page of bench"
    for page in "${pages[@]:2}"; do [[ $(< "$page") == *'role="img"'* ]] || fail "$page has no chart"; done
else
    echo "skipped: pages of squeeze and bench: $why"
fi

for scheme in 0 1; do
    said=$(look "$scheme" "${pages[@]}")
    echo "scheme $scheme:"$'\n'"$said"
    looks=$((2 * ${#pages[@]}))
    [[ $(grep -c ' px: fine, ' <<< "$said") == "$looks" && $(wc -l <<< "$said") == "$looks" ]] || fail "scheme $scheme"
done
