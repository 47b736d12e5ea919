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

TEST_CASE("a table without titles has no row for them") {
    CHECK(bodyOf({Heading{"a"}, Table{{{""}, {""}}, {{{"node"}, {"n1"}}}}}) ==
          "<body>\n<h1>a</h1>\n<div class=\"scroll\"><table>\n"
          "<tr><td>node</td><td>n1</td></tr>\n</table></div>\n");
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
    chart.marked = ChartLine{5, "advised"};
    chart.alsoMarked = ChartLine{2.5, "minimum"};
    const auto svg = chartSvg(chart);
    CHECK(holds(svg, "<title>Throughput</title>\n<desc>Medians</desc>"));
    CHECK(holds(svg, "<rect class=\"band\" x=\"198.4\" y=\"16\" width=\"102.4\" height=\"240\"/>"));
    CHECK(holds(svg, "<line class=\"chosen\" x1=\"352.0\" x2=\"352.0\" y1=\"16\" y2=\"256\"/>"));
    CHECK(holds(svg, "<line class=\"also\" x1=\"224.0\" x2=\"224.0\" y1=\"16\" y2=\"256\"/>"));
    CHECK(holds(svg, "<polyline points=\"96.0,256.0 608.0,16.0 \" stroke-dasharray=\"\"/>"));
    CHECK(holds(svg, "<line x1=\"96.0\" x2=\"96.0\" y1=\"256.0\" y2=\"136.0\"/>"));
    CHECK(holds(svg, "<circle cx=\"608.0\" cy=\"16.0\" r=\"4\"/>"));
}

TEST_CASE(
    "the intervals of a line are an area around it, and a style is drawn whatever the place") {
    Chart chart;
    chart.series = {{"law", ChartSeries::Mark::line, {{0, 50, 25, 100}, {10, 50, 25, 50}}, 1},
                    {"level", ChartSeries::Mark::line, {{0, 50, 25, 100}, {10, 50}}}};
    const auto svg = chartSvg(chart);
    CHECK(holds(svg,
                "<g class=\"s1\">\n"
                "<polygon points=\"96.0,16.0 608.0,136.0 608.0,196.0 96.0,196.0 \"/>\n"
                "<polyline points=\"96.0,136.0 608.0,136.0 \" stroke-dasharray=\"6 3\"/>"));
    CHECK(svg.find("<polygon") == svg.rfind("<polygon"));
    CHECK(holds(seriesSample(chart.series[0], 0), "<g class=\"s1\">"));
}

namespace {

/// The labels of an axis: of x (in the middle of their ticks) or of y (at the end).
std::string labels(const std::string& svg, std::string_view anchor) {
    std::string all;
    const auto open = "em\" text-anchor=\"" + std::string(anchor) + "\">";
    for (auto at = svg.find(open); at != std::string::npos; at = svg.find(open, at + 1)) {
        const auto from = at + open.size();
        if (svg[from] != '<') all += svg.substr(from, svg.find('<', from) - from) + " ";
    }
    return all;
}

Chart sizes(double least, double most) {
    Chart chart;
    chart.sizes = true;
    chart.xTitle = "MiB";
    chart.series = {{"", ChartSeries::Mark::dots, {{least, 0}, {most, 45'000}}}};
    return chart;
}

}  // namespace

TEST_CASE("limits that lie far apart stand at powers of two, with few ticks") {
    const auto svg = chartSvg(sizes(24, 3072));
    CHECK(labels(svg, "middle") == "16 64 256 1Gi 4Gi MiB (log scale) ");
    // 24 MiB are 0.58 of 8 doublings above 16.
    CHECK(holds(svg, "<circle cx=\"133.4\" cy=\"256.0\" r=\"4\"/>"));
    CHECK(labels(chartSvg(sizes(16, 64 * 1024)), "middle") ==
          "16 64 256 1Gi 4Gi 16Gi 64Gi MiB (log scale) ");
    CHECK(labels(chartSvg(sizes(16, 128)), "middle") == "0 50 100 150 MiB ");
    CHECK(labels(chartSvg(sizes(0, 3072)), "middle") == "0 1000 2000 3000 4000 MiB ");
}

TEST_CASE("ticks beyond 10,000 are told in thousands") {
    CHECK(labels(chartSvg(sizes(1, 2)), "end") == "0 10k 20k 30k 40k 50k ");
}

TEST_CASE("the legend shows each line as it is drawn, and what is marked") {
    Chart chart;
    chart.title = "Throughput";
    chart.description = "Medians";
    chart.series = {{"plain", ChartSeries::Mark::both, {{0, 0}}},
                    {"no limit", ChartSeries::Mark::line, {{0, 0}}},
                    {"trial", ChartSeries::Mark::dots, {{0, 0}}}};
    chart.marked = ChartLine{0, "advised: 48 MiB"};
    chart.alsoMarked = ChartLine{0, "minimum: 24 MiB"};
    const auto body = bodyOf({chart});
    const auto legend = body.substr(body.find("<figcaption>"));
    const std::string open =
        R"(<span class="key"><svg class="sample" viewBox="0 0 40 12" aria-hidden="true">)";
    CHECK(legend ==
          "<figcaption><span class=\"strong\">Throughput</span>\n" + open +
              R"(<g class="s0"><polyline points="0,6 40,6" stroke-dasharray=""/>)"
              R"(<circle cx="20.0" cy="6.0" r="4"/></g></svg>&nbsp;plain</span>)"
              "\n" +
              open +
              R"(<g class="s1"><polyline points="0,6 40,6" stroke-dasharray="6 3"/></g></svg>)"
              "&nbsp;no limit</span>\n" +
              open +
              R"(<g class="s2"><path d="M20.0 2.0l4 8h-8z"/></g></svg>&nbsp;trial</span>)"
              "\n" +
              open +
              R"(<line class="chosen" x1="20" x2="20" y1="0" y2="12"/></svg>)"
              "&nbsp;advised: 48 MiB</span>\n" +
              open +
              R"(<line class="also" x1="20" x2="20" y1="0" y2="12"/></svg>)"
              "&nbsp;minimum: 24 MiB</span>\n<br>Medians</figcaption>\n</figure>\n");
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
