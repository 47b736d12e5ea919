#include "memfit/report/charts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "memfit/edge/edge_search.h"
#include "memfit/report/figures.h"

namespace memfit {
namespace {

using Mark = ChartSeries::Mark;

double mebi(Bytes bytes) {
    return static_cast<double>(bytes) / static_cast<double>(MiB);
}

/// What a trial of a document says about the edge; nullopt: nothing.
std::optional<EdgeObservation> observationOf(const Trial& trial) {
    if (!saysSomethingAboutTheEdge(trial.outcome)) return std::nullopt;
    EdgeObservation observation;
    observation.limit = trial.settings.limit;
    observation.verdict = isTooSmall(trial.outcome) ? EdgeObservation::Verdict::tooSmall
                                                    : EdgeObservation::Verdict::survived;
    if (trial.settings.mode == Mode::plain && trial.usage) {
        observation.highWater = trial.usage->peak;
        observation.demand = trial.usage->demand;
    }
    return observation;
}

void add(std::vector<Chart>& all, Chart chart) {
    std::erase_if(chart.series, [](const ChartSeries& series) { return series.points.empty(); });
    if (!chart.series.empty()) all.push_back(std::move(chart));
}

ChartLine limitLine(std::string_view what, Bytes limit) {
    return {mebi(limit), fmt::format("{}: {}", what, formatMiB(limit))};
}

using Figure = std::optional<Estimate> CellSummary::*;

/// One series a mode, of the cells with a limit.
ChartSeries seriesOf(const BenchResult& result, memfit::Mode mode, std::string name, Figure figure,
                     double scale) {
    ChartSeries series{std::move(name), Mark::both, {}};
    for (const auto& cell : result.cells) {
        const auto& value = cell.summary.*figure;
        if (cell.settings.mode != mode || !cell.settings.limit || !value) continue;
        series.points.push_back({mebi(*cell.settings.limit), value->median * scale,
                                 value->low * scale, value->high * scale});
    }
    std::ranges::sort(series.points, {}, &ChartPoint::x);
    return series;
}

/// The runs without a limit, as a line over the others.
ChartSeries unlimited(const BenchResult& result, Figure figure, double scale,
                      const std::vector<ChartSeries>& others) {
    ChartSeries series{"no limit, plain", Mark::line, {}};
    constexpr double beyond = std::numeric_limits<double>::infinity();
    double from = beyond, to = -beyond;
    for (const auto& other : others)
        for (const auto& point : other.points) {
            from = std::min(from, point.x);
            to = std::max(to, point.x);
        }
    for (const auto& cell : result.cells) {
        const auto& value = cell.summary.*figure;
        if (cell.settings.limit || !value || !(from <= to)) continue;
        series.points = {{from, value->median * scale}, {to, value->median * scale}};
    }
    return series;
}

/// A figure of the cells as a chart shows it.
struct CellFigure {
    std::string title;
    std::string unit;
    Figure figure;
    double scale = 1;
};

Chart cellChart(const BenchResult& result, const CellFigure& shown, std::optional<Bytes> advised) {
    const auto& [title, unit, figure, scale] = shown;
    Chart chart;
    chart.title = title;
    chart.description = "Medians of the runs with their 95 % intervals, over the memory limit.";
    chart.sizes = true;
    if (advised) chart.marked = limitLine("advised", *advised);
    chart.xTitle = "limit, MiB";
    chart.yTitle = unit;
    chart.series = {seriesOf(result, memfit::Mode::plain, "plain", figure, scale),
                    seriesOf(result, memfit::Mode::gomemlimit, "GOMEMLIMIT", figure, scale)};
    chart.series.push_back(unlimited(result, figure, scale, chart.series));
    return chart;
}

/// Moves points that coincide apart: up from 0, down from 1, never far.
void stack(std::vector<ChartPoint>& points) {
    constexpr double most = 0.3, step = 0.04;
    const auto place = [](const ChartPoint& point) { return std::pair(point.x, point.y); };
    std::map<std::pair<double, double>, int> count, placed;
    for (const auto& point : points) ++count[place(point)];
    for (auto& point : points) {
        const int others = std::max(count[place(point)] - 1, 1);
        const double by = std::min(step, most / others) * placed[place(point)]++;
        point.y += point.y > 0.5 ? -by : by;
    }
}

/// The model's risk from below all that the chart shows to above it.
ChartSeries curveOf(const EdgeSearch& model, const Chart& chart,
                    const std::vector<ChartPoint>& trials) {
    std::vector<double> shown;
    for (const auto& trial : trials) shown.push_back(trial.x);
    if (chart.band) shown.insert(shown.end(), {chart.band->first, chart.band->second});
    for (const auto& line : {chart.marked, chart.alsoMarked})
        if (line) shown.push_back(line->x);
    const auto [least, most] = std::ranges::minmax(shown);
    constexpr int steps = 240;
    // Documents are not asked whether their limits make sense.
    constexpr double smallest = 1.0 / 1024, largest = 1e12;
    const double from = std::clamp(least * 0.95, smallest, largest);
    const double ratio = std::clamp(most * 1.05, from, largest) / from;
    ChartSeries curve{"by the model", Mark::line, {}};
    for (int i = 0; i <= steps; ++i) {
        const double x = from * std::pow(ratio, static_cast<double>(i) / steps);
        curve.points.push_back({x, model.risk(static_cast<Bytes>(x * static_cast<double>(MiB)))});
    }
    return curve;
}

}  // namespace

std::vector<Chart> charts(const SqueezeResult& result, std::optional<Bytes> advised) {
    EdgeSearch model;
    Chart chart;
    ChartSeries dots{"a trial: below, it survived; above, it was killed", Mark::dots, {}};
    for (const auto& trial : result.trials) {
        const auto observation = observationOf(trial);
        if (!observation) continue;
        model.observe(*observation);
        if (!trial.settings.limit) continue;
        dots.points.push_back({mebi(*trial.settings.limit), isTooSmall(trial.outcome) ? 1.0 : 0.0});
    }
    if (dots.points.empty()) return {};
    stack(dots.points);
    chart.title = "Chance that a load is OOM-killed";
    chart.description =
        "The curve is the model's, from these trials; shaded is the 95 % interval of the edge. "
        "Trials at one limit are stacked.";
    chart.xTitle = "limit, MiB";
    chart.yTitle = "P(OOM)";
    chart.sizes = true;
    if (result.edge.low && result.edge.high)
        chart.band = std::pair(mebi(*result.edge.low), mebi(*result.edge.high));
    if (result.minimum) chart.marked = limitLine("minimum", *result.minimum);
    if (advised) {
        if (result.minimum == advised)
            chart.marked->name = "advised, and the " + chart.marked->name;
        else
            chart.alsoMarked = std::exchange(chart.marked, limitLine("advised", *advised));
    }
    auto curve = curveOf(model, chart, dots.points);
    chart.series = {std::move(curve), std::move(dots)};
    return {std::move(chart)};
}

std::vector<Chart> charts(const BenchResult& result, std::optional<Bytes> advised) {
    constexpr double milli = 1000;
    std::vector<Chart> all;
    add(all,
        cellChart(result, {"Throughput", "requests/s", &CellSummary::requestsPerSecond}, advised));
    if (all.empty())
        add(all,
            cellChart(result, {"Time of a load", "seconds", &CellSummary::totalSeconds}, advised));
    add(all, cellChart(result, {"Latency, 99th percentile", "ms", &CellSummary::p99Seconds, milli},
                       advised));
    auto marked = advised ? std::optional(limitLine("advised", *advised)) : std::nullopt;
    if (auto cost = costChart(result, std::move(marked))) add(all, *std::move(cost));
    return all;
}

std::vector<Chart> charts(const ProbeResult& result) {
    using Size = std::optional<Bytes> MemorySnapshot::*;
    std::vector<Chart> all;
    if (result.samples.size() < 2 || !result.samples.front().time) return all;
    const auto begin = *result.samples.front().time;
    const auto over = [&](std::string name, auto value) {
        ChartSeries series{std::move(name), Mark::line, {}};
        for (const auto& sample : result.samples) {
            const std::optional<double> y = value(sample);
            if (!sample.time || !y) continue;
            series.points.push_back(
                {std::chrono::duration<double>(*sample.time - begin).count(), *y});
        }
        return series;
    };
    const auto size = [](Size field) {
        return [field](const MemorySnapshot& sample) -> std::optional<double> {
            const auto& bytes = sample.*field;
            return bytes ? std::optional(mebi(*bytes)) : std::nullopt;
        };
    };
    Chart memory;
    memory.title = "Go's memory under the load";
    memory.description = "Samples of the run without a limit.";
    memory.xTitle = "seconds";
    memory.yTitle = "MiB";
    memory.series = {over("Sys", size(&MemorySnapshot::sys)),
                     over("heap in use", size(&MemorySnapshot::heapInuse)),
                     over("heap allocated", size(&MemorySnapshot::heapAlloc))};
    add(all, std::move(memory));
    Chart collections;
    collections.title = "Garbage collections";
    collections.description = "Their count since the start of the program.";
    collections.xTitle = "seconds";
    collections.yTitle = "collections";
    collections.series = {over("count", [](const MemorySnapshot& sample) -> std::optional<double> {
        if (!sample.numGc) return std::nullopt;
        return static_cast<double>(*sample.numGc);
    })};
    add(all, std::move(collections));
    return all;
}

std::vector<Chart> charts(const BenchCell& cell) {
    std::vector<Chart> all;
    if (cell.samples.size() < 2) return all;
    const auto over = [&](std::string name, auto field, double unit) {
        ChartSeries series{std::move(name), Mark::line, {}};
        for (const auto& sample : cell.samples)
            if (const auto& value = sample.*field)
                series.points.push_back({sample.seconds, static_cast<double>(*value) / unit});
        return series;
    };
    constexpr auto perMebi = static_cast<double>(MiB);
    const auto settings = fmt::format(
        "{}{}", limitText(cell.settings.limit),
        cell.settings.mode == memfit::Mode::gomemlimit ? " with GOMEMLIMIT" : ", plain");
    Chart memory;
    memory.title = fmt::format("Memory in the last run at {}", settings);
    memory.description =
        "Usage is what the testbed charges to the instance, page cache included; Sys is virtual, "
        "so it may lie above the limit.";
    memory.xTitle = "seconds since the start";
    memory.yTitle = "MiB";
    memory.series = {over("usage", &MemorySample::usage, perMebi),
                     over("Go Sys", &MemorySample::sys, perMebi),
                     over("heap allocated", &MemorySample::heapAlloc, perMebi)};
    if (cell.settings.limit) {
        const double limit = mebi(*cell.settings.limit);
        memory.series.push_back(
            {"limit",
             Mark::line,
             {{cell.samples.front().seconds, limit}, {cell.samples.back().seconds, limit}}});
    }
    add(all, std::move(memory));
    Chart collections;
    collections.title = "Garbage collections in that run";
    collections.description = "Their count since the start of the program.";
    collections.xTitle = "seconds since the start";
    collections.yTitle = "collections";
    collections.series = {over("count", &MemorySample::numGc, 1)};
    add(all, std::move(collections));
    return all;
}

}  // namespace memfit
