#include "memfit/report/chart_svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <ranges>
#include <span>
#include <string_view>
#include <vector>

namespace memfit {
namespace {

constexpr double width = 640;
constexpr double height = 320;
// Room for text of the size that the page takes on a phone, 22.
constexpr double left = 96;
constexpr double right = 32;
constexpr double top = 16;
constexpr double bottom = 64;
constexpr std::size_t colours = 4;
constexpr std::array dashes{"", "6 3", "2 3", "8 3 2 3"};

struct Axis {
    double from = 0;
    double to = 1;
    std::vector<double> ticks{0, 1};
    bool logarithmic = false;

    /// Where `value` lies: 0 at `from`, 1 at `to`.
    [[nodiscard]] double share(double value) const {
        if (logarithmic) return std::log(std::max(value, from) / from) / std::log(to / from);
        return (value - from) / (to - from);
    }
};

/// From a round number to a round number in about five round steps.
Axis roundAxis(double least, double most) {
    if (!(most > least)) most = least + 1;
    const double raw = (most - least) / 5;
    const double power = std::pow(10, std::floor(std::log10(raw)));
    double step = 10 * power;
    for (const double factor : {5.0, 2.0, 1.0})
        if (factor * power >= raw) step = factor * power;
    Axis axis{std::floor(least / step) * step, std::ceil(most / step) * step, {}};
    const auto steps = std::lround((axis.to - axis.from) / step);
    for (long i = 0; i <= steps; ++i)
        axis.ticks.push_back(axis.from + static_cast<double>(i) * step);
    return axis;
}

/// From a power of two to a power of two, with a tick at each, or at every second of many.
Axis doublingAxis(double least, double most) {
    constexpr int many = 6;
    const int from = static_cast<int>(std::floor(std::log2(least)));
    const int to = static_cast<int>(std::ceil(std::log2(most)));
    const int step = (to - from + many - 1) / many;
    Axis axis{std::exp2(from), std::exp2(to), {}, true};
    for (int i = from; i <= to; i += step) axis.ticks.push_back(std::exp2(i));
    return axis;
}

struct Frame {
    Axis x, y;

    [[nodiscard]] double column(double value) const {
        return left + x.share(value) * (width - left - right);
    }
    [[nodiscard]] double row(double value) const {
        return height - bottom - y.share(value) * (height - top - bottom);
    }
};

Frame frameOf(const Chart& chart) {
    constexpr double beyond = std::numeric_limits<double>::infinity();
    double x0 = beyond, x1 = -beyond, y0 = 0, y1 = 0;
    const auto takeX = [&](double x) {
        x0 = std::min(x0, x);
        x1 = std::max(x1, x);
    };
    for (const auto& series : chart.series)
        for (const auto& point : series.points) {
            takeX(point.x);
            y0 = std::min({y0, point.y, point.low.value_or(point.y)});
            y1 = std::max({y1, point.y, point.high.value_or(point.y)});
        }
    if (chart.band) {
        takeX(chart.band->first);
        takeX(chart.band->second);
    }
    for (const auto& line : {chart.marked, chart.alsoMarked})
        if (line) takeX(line->x);
    if (!std::isfinite(x0)) return {};
    const bool farApart = chart.sizes && x0 > 0 && x1 > 8 * x0;
    return {farApart ? doublingAxis(x0, x1) : roundAxis(x0, x1), roundAxis(y0, y1)};
}

/// A tick of an axis in few characters: `50k` where the axis goes beyond 10,000; MiB of powers of
/// two as `4Gi`.
std::string tickText(const Axis& axis, double value) {
    struct Unit {
        double from, size;
        std::string_view name;
    };
    static constexpr std::array decimal{Unit{1e10, 1e9, "G"}, Unit{1e7, 1e6, "M"},
                                        Unit{1e4, 1e3, "k"}};
    static constexpr std::array binary{Unit{0x1p20, 0x1p20, "Ti"}, Unit{0x1p10, 0x1p10, "Gi"}};
    const double size = axis.logarithmic ? value : std::max(axis.to, -axis.from);
    for (const auto& unit : axis.logarithmic ? std::span<const Unit>(binary) : decimal)
        if (value != 0 && size >= unit.from)
            return fmt::format("{:.6g}{}", value / unit.size, unit.name);
    return fmt::format("{:.6g}", value);
}

std::string axes(const Chart& chart, const Frame& frame) {
    std::string out;
    // Places in em move with the size of the text, which depends on the page's width.
    for (const double x : frame.x.ticks)
        out += fmt::format(
            "<line class=\"grid\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1:.1f}\" y2=\"{2:.1f}\"/>"
            "<text x=\"{0:.1f}\" y=\"{3:.1f}\" dy=\".8em\" text-anchor=\"middle\">{4}</text>\n",
            frame.column(x), top, height - bottom, height - bottom + 8, tickText(frame.x, x));
    for (const double y : frame.y.ticks)
        out += fmt::format(
            "<line class=\"grid\" x1=\"{0:.1f}\" x2=\"{1:.1f}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\"/>"
            "<text x=\"{3:.1f}\" y=\"{2:.1f}\" dy=\".35em\" text-anchor=\"end\">{4}</text>\n",
            left, width - right, frame.row(y), left - 8, tickText(frame.y, y));
    out += fmt::format(
        "<text x=\"{:.1f}\" y=\"{:.1f}\" dy=\"2.2em\" text-anchor=\"middle\">{}</text>\n",
        (left + width - right) / 2, height - bottom + 8,
        htmlEscaped(chart.xTitle) + (frame.x.logarithmic ? " (log scale)" : ""));
    out += fmt::format(
        "<text transform=\"translate(4 {:.1f}) rotate(-90)\" dy=\".8em\" text-anchor=\"middle\">{}"
        "</text>\n",
        (top + height - bottom) / 2, htmlEscaped(chart.yTitle));
    return out;
}

/// A circle, a square, a triangle or a diamond.
std::string mark(std::size_t which, double x, double y) {
    constexpr double r = 4;
    switch (which % colours) {
        case 0:
            return fmt::format(R"(<circle cx="{:.1f}" cy="{:.1f}" r="{}"/>)", x, y, r);
        case 1:
            return fmt::format(R"(<rect x="{0:.1f}" y="{1:.1f}" width="{2}" height="{2}"/>)", x - r,
                               y - r, 2 * r);
        case 2:
            return fmt::format(R"(<path d="M{:.1f} {:.1f}l{r} {d}h-{d}z"/>)", x, y - r,
                               fmt::arg("r", r), fmt::arg("d", 2 * r));
        default:
            return fmt::format(R"(<path d="M{:.1f} {:.1f}l{r} {r}l-{r} {r}l-{r} -{r}z"/>)", x,
                               y - r, fmt::arg("r", r));
    }
}

/// What the intervals of a line enclose; empty where some point has none.
std::string areaSvg(const ChartSeries& series, const Frame& frame) {
    std::string corners;
    for (const auto& point : series.points) {
        if (!point.low || !point.high) return {};
        corners += fmt::format("{:.1f},{:.1f} ", frame.column(point.x), frame.row(*point.high));
    }
    for (const auto& point : series.points | std::views::reverse)
        corners += fmt::format("{:.1f},{:.1f} ", frame.column(point.x), frame.row(*point.low));
    return fmt::format("<polygon points=\"{}\"/>\n", corners);
}

std::string seriesSvg(const ChartSeries& series, std::size_t place, const Frame& frame) {
    const std::size_t which = series.style.value_or(place);
    std::string out = fmt::format("<g class=\"s{}\">\n", which % colours);
    if (series.mark == ChartSeries::Mark::line) out += areaSvg(series, frame);
    if (series.mark != ChartSeries::Mark::dots) {
        std::string points;
        for (const auto& point : series.points)
            points += fmt::format("{:.1f},{:.1f} ", frame.column(point.x), frame.row(point.y));
        out += fmt::format("<polyline points=\"{}\" stroke-dasharray=\"{}\"/>\n", points,
                           dashes[which % dashes.size()]);
    }
    if (series.mark == ChartSeries::Mark::line) return out + "</g>\n";
    for (const auto& point : series.points) {
        const double x = frame.column(point.x);
        if (point.low && point.high)
            out += fmt::format(R"(<line x1="{0:.1f}" x2="{0:.1f}" y1="{1:.1f}" y2="{2:.1f}"/>)", x,
                               frame.row(*point.low), frame.row(*point.high));
        out += mark(which, x, frame.row(point.y)) + "\n";
    }
    return out + "</g>\n";
}

std::string upright(std::string_view name, double x) {
    return fmt::format(
        "<line class=\"{0}\" x1=\"{1:.1f}\" x2=\"{1:.1f}\" y1=\"{2}\" y2=\"{3}\"/>\n", name, x, top,
        height - bottom);
}

constexpr double sampleWidth = 40;
constexpr double sampleHeight = 12;

/// A small picture beside words that say the same.
std::string sample(std::string_view drawn) {
    return fmt::format(R"(<svg class="sample" viewBox="0 0 {} {}" aria-hidden="true">{}</svg>)",
                       sampleWidth, sampleHeight, drawn);
}

}  // namespace

std::string htmlEscaped(std::string_view text) {
    std::string out;
    for (const char c : printable(text)) {
        if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '"')
            out += "&quot;";
        else if (c == '\'')
            out += "&#39;";
        else
            out += c;
    }
    return out;
}

std::string chartSvg(const Chart& chart) {
    const auto frame = frameOf(chart);
    std::string out = fmt::format(
        "<svg viewBox=\"0 0 {} {}\" role=\"img\">\n<title>{}</title>\n<desc>{}</desc>\n", width,
        height, htmlEscaped(chart.title), htmlEscaped(chart.description));
    if (chart.band)
        out += fmt::format(
            "<rect class=\"band\" x=\"{:.1f}\" y=\"{}\" width=\"{:.1f}\" height=\"{}\"/>\n",
            frame.column(chart.band->first), top,
            std::max(frame.column(chart.band->second) - frame.column(chart.band->first), 1.0),
            height - top - bottom);
    out += axes(chart, frame);
    if (chart.alsoMarked) out += upright("also", frame.column(chart.alsoMarked->x));
    if (chart.marked) out += upright("chosen", frame.column(chart.marked->x));
    for (std::size_t i = 0; i < chart.series.size(); ++i)
        out += seriesSvg(chart.series[i], i, frame);
    return out + "</svg>\n";
}

std::string seriesSample(const ChartSeries& series, std::size_t place) {
    const std::size_t which = series.style.value_or(place);
    constexpr double middle = sampleHeight / 2;
    std::string drawn;
    if (series.mark != ChartSeries::Mark::dots)
        drawn += fmt::format(R"(<polyline points="0,{1} {0},{1}" stroke-dasharray="{2}"/>)",
                             sampleWidth, middle, dashes[which % dashes.size()]);
    if (series.mark != ChartSeries::Mark::line) drawn += mark(which, sampleWidth / 2, middle);
    return sample(fmt::format(R"(<g class="s{}">{}</g>)", which % colours, drawn));
}

std::string lineSample(bool chosen) {
    return sample(fmt::format(R"(<line class="{0}" x1="{1}" x2="{1}" y1="0" y2="{2}"/>)",
                              chosen ? "chosen" : "also", sampleWidth / 2, sampleHeight));
}

std::string barsSvg(const Bars& bars) {
    constexpr double rowHeight = 44;
    constexpr double thickness = 16;
    double most = 1;
    for (const auto& bar : bars.bars) most = std::max(most, bar.share);
    const double whole = (width - 2) / most;
    const auto count = static_cast<double>(bars.bars.size());
    std::string out = fmt::format(
        "<svg viewBox=\"0 0 {} {}\" role=\"img\">\n<title>{}</title>\n<desc>{}</desc>\n", width,
        count * rowHeight, htmlEscaped(bars.title), htmlEscaped(bars.whole));
    double y = 0;
    for (const auto& bar : bars.bars) {
        const double inside = std::min(bar.share, 1.0) * whole;
        const double over = std::max(bar.share - 1, 0.0) * whole;
        out += fmt::format("<text x=\"0\" y=\"{:.1f}\">{}: {}</text>\n", y + 14,
                           htmlEscaped(bar.name), htmlEscaped(bar.value));
        out += fmt::format(
            "<rect class=\"band\" x=\"0\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{}\"/>\n", y + 20,
            whole, thickness);
        out += fmt::format(
            "<rect class=\"bar\" x=\"0\" y=\"{0:.1f}\" width=\"{1:.1f}\" height=\"{2}\"/>\n",
            y + 20, inside, thickness);
        if (over > 0)
            out += fmt::format(
                "<rect class=\"over\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{}\"/>\n",
                whole, y + 20, over, thickness);
        y += rowHeight;
    }
    out +=
        fmt::format("<line class=\"chosen\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"0\" y2=\"{1}\"/>\n",
                    whole, count * rowHeight);
    return out + "</svg>\n";
}

}  // namespace memfit
