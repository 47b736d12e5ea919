#!/usr/bin/env bash
# Looks at the HTML report in a real browser, on a phone and on a desk, light and dark: it says nothing on the console,
# nothing is wider than the screen, and every text stands out from its ground (WCAG 2.1, contrast of at least 4.5).
# Usage: page.sh PATH/kubectl-memfit
set -euo pipefail
memfit=$(realpath "${1:?usage: page.sh PATH/kubectl-memfit}")
replay=$(realpath "$(dirname "$0")/../fixtures/replay")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }

# The page stands in a frame, since a window of the browser has a least width; the script is in the page around it.
cat > "$work/judge.js" <<'JS'
window.onload = () => {
    const frame = document.querySelector('iframe'), page = frame.contentDocument, view = frame.contentWindow;
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
    document.title = 'page: ' + (problems.join('; ') || `fine, least contrast ${least.toFixed(2)}`);
};
JS

# What is wrong with PAGE at WIDTH in SCHEME (0: dark, 1: light).
look() {
    local page=$1 width=$2 scheme=$3 log=$work/log said
    {
        printf '<!doctype html><meta charset="utf-8"><title>page: not judged</title><script>%s</script>' "$(<"$work/judge.js")"
        printf '<iframe style="border:0" width="%s" height="900" srcdoc="%s"></iframe>' "$width" \
            "$(sed 's/&/\&amp;/g; s/"/\&quot;/g' "$page")"
    } > "$work/frame.html"
    timeout 100 chromium --headless=new --no-sandbox --disable-gpu --user-data-dir="$work/profile" --window-size=1500,900 \
        --blink-settings=preferredColorScheme="$scheme" --enable-logging=stderr --dump-dom "file://$work/frame.html" \
        > "$work/dom" 2> "$log" || fail "chromium: $(tail -n 3 "$log")"
    said=$(sed -n 's/.*<title>\(page: [^<]*\)<.*/\1/p' "$work/dom" | head -n 1)
    if grep CONSOLE "$log" > /dev/null; then said="$said; on the console: $(grep -m 1 CONSOLE "$log")"; fi
    echo "$said"
}

# The looks themselves are tried on a page that has every fault.
cat > "$work/bad.html" <<'HTML'
<!doctype html><body style="background:#fff"><p style="width:2000px">wide</p><p>two</p><p style="color:#999">pale</p>
<script>console.error('loud')</script></body>
HTML
said=$(look "$work/bad.html" 360 1)
for fault in 'px wide at 360' 'contrast 2.85 at "pale"' 'on the console: '; do
    [[ $said == *"$fault"* ]] || fail "a bad page is not found out ($fault): $said"
done

"$memfit" recommend -f "$replay/seed-bench.json" -f "$replay/seed-squeeze.json" -o html > "$work/published.html"
"$memfit" recommend -f "$replay/local-recommend.json" -o html > "$work/measured.html"
for page in published measured; do
    for width in 360 1400; do
        for scheme in 0 1; do
            said=$(look "$work/$page.html" "$width" "$scheme")
            echo "$page, $width px, scheme $scheme: $said"
            [[ $said == 'page: fine, '* && $said != *console* ]] || fail "$page, $width px, scheme $scheme: $said"
        done
    done
done
