#include "memfit/report/chart_svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace memfit {
namespace {

constexpr double width = 640;
constexpr double height = 320;
constexpr double left = 64;
constexpr double right = 16;
constexpr double top = 16;
constexpr double bottom = 52;
constexpr std::size_t colours = 4;

struct Axis {
    double from = 0;
    double to = 1;
    double step = 1;
};

/// From a round number to a round number in about five round steps.
Axis roundAxis(double least, double most) {
    if (!(most > least)) most = least + 1;
    const double raw = (most - least) / 5;
    const double power = std::pow(10, std::floor(std::log10(raw)));
    double step = 10 * power;
    for (const double factor : {5.0, 2.0, 1.0})
        if (factor * power >= raw) step = factor * power;
    return {std::floor(least / step) * step, std::ceil(most / step) * step, step};
}

struct Frame {
    Axis x, y;

    [[nodiscard]] double column(double value) const {
        return left + (value - x.from) / (x.to - x.from) * (width - left - right);
    }
    [[nodiscard]] double row(double value) const {
        return height - bottom - (value - y.from) / (y.to - y.from) * (height - top - bottom);
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
    if (chart.marked) takeX(*chart.marked);
    if (!std::isfinite(x0)) return {};
    return {roundAxis(x0, x1), roundAxis(y0, y1)};
}

std::string number(double value) {
    return fmt::format("{:.6g}", std::abs(value) < 1e-9 ? 0 : value);
}

std::string axes(const Chart& chart, const Frame& frame) {
    std::string out;
    for (double x = frame.x.from; x <= frame.x.to + frame.x.step / 2; x += frame.x.step)
        out += fmt::format(
            "<line class=\"grid\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1:.1f}\" y2=\"{2:.1f}\"/>"
            "<text x=\"{0:.1f}\" y=\"{3:.1f}\" text-anchor=\"middle\">{4}</text>\n",
            frame.column(x), top, height - bottom, height - bottom + 18, number(x));
    for (double y = frame.y.from; y <= frame.y.to + frame.y.step / 2; y += frame.y.step)
        out += fmt::format(
            "<line class=\"grid\" x1=\"{0:.1f}\" x2=\"{1:.1f}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\"/>"
            "<text x=\"{3:.1f}\" y=\"{4:.1f}\" text-anchor=\"end\">{5}</text>\n",
            left, width - right, frame.row(y), left - 8, frame.row(y) + 4, number(y));
    out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n",
                       (left + width - right) / 2, height - 12, htmlEscaped(chart.xTitle));
    out += fmt::format(
        "<text transform=\"translate(14 {:.1f}) rotate(-90)\" text-anchor=\"middle\">{}</text>\n",
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

std::string seriesSvg(const ChartSeries& series, std::size_t which, const Frame& frame) {
    static constexpr std::array dashes{"", "6 3", "2 3", "8 3 2 3"};
    std::string out = fmt::format("<g class=\"s{}\">\n", which % colours);
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
    if (chart.marked)
        out += fmt::format(
            "<line class=\"chosen\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1}\" y2=\"{2}\"/>\n",
            frame.column(*chart.marked), top, height - bottom);
    for (std::size_t i = 0; i < chart.series.size(); ++i)
        out += seriesSvg(chart.series[i], i, frame);
    return out + "</svg>\n";
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
