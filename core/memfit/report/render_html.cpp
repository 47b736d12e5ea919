#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "memfit/report/chart_svg.h"
#include "memfit/report/lines.h"
#include "memfit/report/report.h"
#include "memfit/report/report_order.h"

namespace memfit {
namespace {

// Colours after Okabe and Ito, which the colour-blind can tell apart, darkened or lightened until
// text in them has a contrast of at least 4.5 to the page.
constexpr std::string_view style = R"(
:root{color-scheme:light dark;--page:#fff;--text:#1b1f24;--faint:#57606a;--line:#d0d7de;
--good:#1a6b3c;--bad:#b3261e;--s0:#00588f;--s1:#a34700;--s2:#1a6b3c;--s3:#8a3a6d;--band:#0072b222;--shade:#0002}
@media screen and (prefers-color-scheme:dark){:root{--page:#0f1419;--text:#e6edf3;--faint:#9da7b1;--line:#30363d;
--good:#5bd08a;--bad:#ff9d94;--s0:#6cb8ee;--s1:#f0a356;--s2:#5bd08a;--s3:#e39bc6;--band:#56b4e933;--shade:#fff2}}
@media print{:root{--page:#fff;--text:#000}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:60rem;padding:1rem;background:var(--page);color:var(--text);
font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin:2rem 0 .5rem;border-bottom:1px solid var(--line)}
.scroll{overflow-x:auto;background:linear-gradient(90deg,var(--page) 50%,transparent) 0 0/2rem 100% no-repeat local,
linear-gradient(270deg,var(--page) 50%,transparent) 100% 0/2rem 100% no-repeat local,
linear-gradient(90deg,var(--shade),transparent) 0 0/1rem 100% no-repeat,
linear-gradient(270deg,var(--shade),transparent) 100% 0/1rem 100% no-repeat}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .75rem .25rem 0;text-align:left;white-space:nowrap}
th{color:var(--faint);font-weight:600}.r{text-align:right}td{border-top:1px solid var(--line)}
.strong{font-weight:700}.good{color:var(--good)}.bad{color:var(--bad)}.faint{color:var(--faint)}
code,pre{font-family:ui-monospace,monospace;font-size:.9em}
pre{white-space:pre-wrap;padding:.75rem;border:1px solid var(--line);border-radius:6px}
figure{margin:1rem 0;break-inside:avoid}figcaption{color:var(--faint);font-size:.9rem}
svg{display:block;width:100%;height:auto;max-width:40rem;font:12px system-ui,sans-serif}
svg text{fill:var(--text)}
@media(max-width:40rem){svg{font-size:16px}th,td{white-space:normal;overflow-wrap:break-word}td.r{white-space:nowrap}
td:first-child{min-width:6rem}}
@media(max-width:30rem){svg{font-size:22px}}
.sample{display:inline-block;width:2.5rem;height:.75rem;vertical-align:-.05rem}.key{display:inline-block;margin-right:.75rem}
.grid{stroke:var(--line)}.band{fill:var(--band)}
.chosen{stroke:var(--text);stroke-width:2;stroke-dasharray:6 4}.also{stroke:var(--faint);stroke-width:2;stroke-dasharray:1 4}
.bar{fill:var(--s0)}.over{fill:var(--bad)}
polyline{fill:none;stroke-width:2}polygon{stroke:none;fill-opacity:.2}a{color:var(--s0)}
.s0{stroke:var(--s0);fill:var(--s0)}.s1{stroke:var(--s1);fill:var(--s1)}
.s2{stroke:var(--s2);fill:var(--s2)}.s3{stroke:var(--s3);fill:var(--s3)}
@media print{body{max-width:none;padding:0}.scroll{overflow:visible;background:none}
table{font-size:.8em}th,td{white-space:normal;overflow-wrap:break-word}td.r{white-space:normal}tr{break-inside:avoid}h2{break-after:avoid}}
)";

std::string base64(std::string_view data) {
    static constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t i = 0; i < data.size(); i += 3) {
        std::uint32_t bits = 0;
        const std::size_t count = std::min<std::size_t>(3, data.size() - i);
        for (std::size_t k = 0; k < 3; ++k)
            bits = bits << 8U | (k < count ? static_cast<unsigned char>(data[i + k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k)
            out += k <= count ? digits[bits >> (18 - 6 * k) & 63U] : '=';
    }
    return out;
}

std::string_view toneClass(Tone tone) {
    switch (tone) {
        case Tone::normal:
            return "";
        case Tone::strong:
            return "strong";
        case Tone::good:
            return "good";
        case Tone::bad:
            return "bad";
        case Tone::faint:
            return "faint";
    }
    return "";
}

std::string spanHtml(const Span& span) {
    const auto name = toneClass(span.tone);
    if (name.empty()) return htmlEscaped(span.text);
    return fmt::format("<span class=\"{}\">{}</span>", name, htmlEscaped(span.text));
}

class HtmlRenderer {
public:
    void operator()(const Heading& heading) {
        out_ += fmt::format("<h2>{}</h2>\n", htmlEscaped(heading.text));
    }

    void operator()(const Paragraph& paragraph) {
        out_ += "<p>";
        for (std::size_t i = 0; i < paragraph.spans.size(); ++i)
            out_ += (i > 0 ? " " : "") + spanHtml(paragraph.spans[i]);
        out_ += "</p>\n";
    }

    void operator()(const Bullets& bullets) {
        if (bullets.items.empty()) return;
        out_ += "<ul>\n";
        for (const auto& item : bullets.items) {
            out_ += "<li>" + spanHtml({item.text, item.tone});
            if (!item.code.empty())
                out_ += fmt::format(" <code class=\"faint\">{}</code>", htmlEscaped(item.code));
            out_ += "</li>\n";
        }
        out_ += "</ul>\n";
    }

    void operator()(const Table& table) {
        const auto side = [&](std::size_t i) {
            return table.columns[i].align == Align::right ? " class=\"r\"" : "";
        };
        out_ += "<div class=\"scroll\"><table>\n";
        if (std::ranges::any_of(table.columns,
                                [](const auto& one) { return !one.title.empty(); })) {
            out_ += "<tr>";
            for (std::size_t i = 0; i < table.columns.size(); ++i)
                out_ += fmt::format("<th{}>{}</th>", side(i), htmlEscaped(table.columns[i].title));
            out_ += "</tr>\n";
        }
        for (const auto& row : table.rows) {
            out_ += "<tr>";
            for (std::size_t i = 0; i < row.size(); ++i)
                out_ += fmt::format("<td{}>{}</td>", side(i), spanHtml(row[i]));
            out_ += "</tr>\n";
        }
        out_ += "</table></div>\n";
    }

    void operator()(const Code& code) {
        out_ += "<pre>";
        for (const auto line : lines(code.text)) out_ += htmlEscaped(line) + "\n";
        out_ += "</pre>\n";
    }

    void operator()(const Chart& chart) {
        out_ += fmt::format("<figure>\n{}<figcaption><span class=\"strong\">{}</span>\n",
                            chartSvg(chart), htmlEscaped(chart.title));
        for (std::size_t i = 0; i < chart.series.size(); ++i)
            addKey(seriesSample(chart.series[i], i), chart.series[i].name);
        if (chart.marked) addKey(lineSample(true), chart.marked->name);
        if (chart.alsoMarked) addKey(lineSample(false), chart.alsoMarked->name);
        out_ += fmt::format("<br>{}</figcaption>\n</figure>\n", htmlEscaped(chart.description));
    }

    void operator()(const Bars& bars) {
        out_ += "<figure>\n" + barsSvg(bars);
        out_ += fmt::format("<figcaption>{}; the whole is {}.</figcaption>\n</figure>\n",
                            htmlEscaped(bars.title), htmlEscaped(bars.whole));
    }

    // Paper cannot unfold anything: all is shown.
    void operator()(const Details& details) {
        (*this)(Heading{details.title});
        for (const auto& block : details.blocks) std::visit(*this, block);
    }

    [[nodiscard]] std::string take() { return std::move(out_); }

private:
    void addKey(const std::string& sample, std::string_view name) {
        out_ += fmt::format("<span class=\"key\">{}&nbsp;{}</span>\n", sample, htmlEscaped(name));
    }

    std::string out_;
};

}  // namespace

std::string renderHtml(const Report& report, std::string_view json) {
    const auto ordered = recommendationFirst(report);
    const auto* const first = ordered.empty() ? nullptr : std::get_if<Heading>(&ordered.front());
    const auto title = htmlEscaped(first == nullptr ? "kubectl memfit" : first->text);
    HtmlRenderer renderer;
    for (std::size_t i = first == nullptr ? 0 : 1; i < ordered.size(); ++i)
        std::visit(renderer, ordered[i]);
    return fmt::format(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
        "<title>{0}</title>\n<style>{1}</style>\n</head>\n<body>\n<h1>{0}</h1>\n{2}"
        "<p><a download=\"memfit.json\" href=\"data:application/json;base64,{3}\">"
        "The document behind this page, as JSON</a></p>\n</body>\n</html>\n",
        title, style, renderer.take(), base64(json));
}

}  // namespace memfit
