#include <doctest/doctest.h>

#include <string>

#include "memfit/report/chart_svg.h"
#include "memfit/report/report.h"

using namespace memfit;

namespace {

std::string bodyOf(const Report& report) {
    const auto page = renderHtml(report, "{}");
    const auto from = page.find("<body>");
    return page.substr(from, page.find("<p><a download") - from);
}

bool holds(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a page holds headings, words, tables and commands") {
    CHECK(bodyOf({Heading{"OOM edge"}, Paragraph{{{"Edge:", Tone::strong}, {"16 MiB"}}},
                  Bullets{{{"because", "edge", Tone::normal}}},
                  Table{{{"limit", Align::right}}, {{{"16Mi"}}}}, Code{"kubectl\nmemfit"}}) ==
          "<body>\n<h1>OOM edge</h1>\n"
          "<p><span class=\"strong\">Edge:</span> 16 MiB</p>\n"
          "<ul>\n<li>because <code class=\"faint\">edge</code></li>\n</ul>\n"
          "<div class=\"scroll\"><table>\n<tr><th class=\"r\">limit</th></tr>\n"
          "<tr><td class=\"r\">16Mi</td></tr>\n</table></div>\n"
          "<pre>kubectl\nmemfit\n</pre>\n");
}

TEST_CASE("the recommendation comes first, whatever it was made from") {
    const auto body = bodyOf({Heading{"OOM edge"}, Paragraph{{{"edge"}}},
                              Heading{"Recommended for api"}, Paragraph{{{"36Mi"}}}});
    CHECK(body ==
          "<body>\n<h1>Recommended for api</h1>\n<p>36Mi</p>\n<h2>OOM edge</h2>\n"
          "<p>edge</p>\n");
}

TEST_CASE("text from outside formats nothing and runs nothing") {
    const std::string hostile = "<script>alert('x')</script>&\"\x1b[31m";
    Chart chart;
    chart.title = hostile;
    chart.series = {{hostile, ChartSeries::Mark::both, {{1, 2}, {3, 4}}}};
    const auto page = renderHtml(
        {Heading{hostile}, Paragraph{{{hostile}}}, Bullets{{{hostile, hostile, Tone::bad}}},
         Table{{{hostile}}, {{{hostile}}}}, Code{hostile}, chart},
        hostile);
    CHECK_FALSE(holds(page, "<script"));
    CHECK_FALSE(holds(page, "\x1b"));
    CHECK(holds(page, "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;?[31m"));
}

TEST_CASE("the document is embedded whole") {
    CHECK(holds(renderHtml({}, "{\"a\":1}"), "href=\"data:application/json;base64,eyJhIjoxfQ==\""));
    CHECK(holds(renderHtml({}, "ab"), "base64,YWI=\""));
}

TEST_CASE("a chart draws its series, intervals, band and chosen value where they lie") {
    Chart chart;
    chart.title = "Throughput";
    chart.description = "Medians";
    chart.xTitle = "limit, MiB";
    chart.yTitle = "requests/s";
    chart.series = {{"plain", ChartSeries::Mark::both, {{0, 0, 0, 50}, {10, 100}}}};
    chart.band = std::pair(2.0, 4.0);
    chart.marked = 5;
    const auto svg = chartSvg(chart);
    CHECK(holds(svg, "<title>Throughput</title>\n<desc>Medians</desc>"));
    CHECK(holds(svg, "<rect class=\"band\" x=\"176.0\" y=\"16\" width=\"112.0\" height=\"252\"/>"));
    CHECK(holds(svg, "<line class=\"chosen\" x1=\"344.0\" x2=\"344.0\" y1=\"16\" y2=\"268\"/>"));
    CHECK(holds(svg, "<polyline points=\"64.0,268.0 624.0,16.0 \" stroke-dasharray=\"\"/>"));
    CHECK(holds(svg, "<line x1=\"64.0\" x2=\"64.0\" y1=\"268.0\" y2=\"142.0\"/>"));
    CHECK(holds(svg, "<circle cx=\"624.0\" cy=\"16.0\" r=\"4\"/>"));
}

TEST_CASE("a chart of nothing is still a chart") {
    CHECK(holds(chartSvg({}), "</svg>"));
}

TEST_CASE("a part of a page stands unfolded behind its heading") {
    CHECK(bodyOf({Heading{"Recommended"}, Details{"again", {Code{"kubectl"}}, false}}) ==
          "<body>\n<h1>Recommended</h1>\n<h2>again</h2>\n<pre>kubectl\n</pre>\n");
}

TEST_CASE("bars share one scale, and what is above the whole is told apart") {
    CHECK(barsSvg({"node <1>", "8 GiB", {{"requests", "4 GiB", 0.5}, {"limits", "16 GiB", 2}}}) ==
          R"(<svg viewBox="0 0 640 88" role="img">
<title>node &lt;1&gt;</title>
<desc>8 GiB</desc>
<text x="0" y="14.0">requests: 4 GiB</text>
<rect class="band" x="0" y="20.0" width="319.0" height="16"/>
<rect class="bar" x="0" y="20.0" width="159.5" height="16"/>
<text x="0" y="58.0">limits: 16 GiB</text>
<rect class="band" x="0" y="64.0" width="319.0" height="16"/>
<rect class="bar" x="0" y="64.0" width="319.0" height="16"/>
<rect class="over" x="319.0" y="64.0" width="319.0" height="16"/>
<line class="chosen" x1="319.0" x2="319.0" y1="0" y2="88"/>
</svg>
)");
    CHECK(holds(bodyOf({Bars{"node", "8 GiB", {}}}),
                "<figcaption>node; the whole is 8 GiB.</figcaption>"));
}
