#include <fmt/format.h>

#include <algorithm>

#include "memfit/describe/describe.h"
#include "memfit/describe/describe_common.h"
#include "memfit/describe/reproduce.h"
#include "memfit/report/charts.h"
#include "memfit/report/figures.h"

namespace memfit {
namespace {

/// The cells of one limit, side by side.
struct BenchRow {
    std::string label;
    std::optional<Bytes> limit;
    std::optional<std::size_t> plain, gomemlimit;
};

std::vector<BenchRow> benchRows(const BenchResult& result) {
    std::vector<BenchRow> rows;
    for (std::size_t i = 0; i < result.cells.size(); ++i) {
        const auto& cell = result.cells[i];
        auto row = std::find_if(rows.begin(), rows.end(), [&](const BenchRow& other) {
            const auto& taken = cell.settings.mode == Mode::plain ? other.plain : other.gomemlimit;
            return other.limit == cell.settings.limit && !taken;
        });
        if (row == rows.end()) {
            rows.push_back({cell.label, cell.settings.limit, std::nullopt, std::nullopt});
            row = rows.end() - 1;
        }
        (cell.settings.mode == Mode::plain ? row->plain : row->gomemlimit) = i;
    }
    return rows;
}

/// The median, as `text` has it, with half of its interval.
std::string spreadText(const Estimate& estimate, std::string (*text)(std::optional<double>)) {
    if (estimate.low == estimate.high || !(estimate.median > 0)) return text(estimate.median);
    const double half = (estimate.high - estimate.low) / 2 / estimate.median * 100;
    // Two runs that differ bound nothing.
    constexpr double whole = 100;
    if (half >= whole) return fmt::format("{} ±>99%", text(estimate.median));
    return fmt::format("{} ±{:.0f}%", text(estimate.median), std::max(half, 1.0));
}

/// Three columns: throughput, p99, bar.
std::vector<Span> cellSpans(const BenchCell& cell, double fastest) {
    const auto killed = std::count_if(cell.runs.begin(), cell.runs.end(),
                                      [](const BenchRun& run) { return isOomKill(run.outcome); });
    const auto slow = std::count_if(cell.runs.begin(), cell.runs.end(), [](const BenchRun& run) {
        return run.outcome == Outcome::belowFloor;
    });
    const auto runs = std::ssize(cell.runs);
    if (runs == 0) return {{"not run", Tone::faint}, {"", Tone::normal}, {"", Tone::normal}};
    if (killed > 0) {
        return {{fmt::format("killed {}/{}", killed, runs), Tone::bad},
                {"", Tone::normal},
                {"", Tone::normal}};
    }
    const auto& rate = cell.summary.requestsPerSecond;
    const Tone tone = slow > 0 ? Tone::bad : Tone::normal;
    const auto& p99 = cell.summary.p99Seconds;
    if (!rate) {
        const auto& total = cell.summary.totalSeconds;
        return {{slow > 0 ? fmt::format("too slow {}/{}", slow, runs)
                 : total  ? durationText(total->median)
                          : std::string(words(cell.runs.front().outcome)),
                 tone},
                {"", Tone::normal},
                {"", Tone::normal}};
    }
    return {{spreadText(*rate, rateText), tone},
            {p99 ? durationText(p99->median) : std::string(), Tone::normal},
            {bar(rate->median, fastest, 10), tone}};
}

std::string differenceText(const Difference& difference) {
    if (difference.significant) return changeText(difference.ratio);
    return fmt::format("{} ({})", difference.tested() ? "no" : std::string_view(difference.test),
                       changeText(difference.ratio));
}

/// GOMEMLIMIT against plain at the same limit; null where they were not compared.
const CellComparison* comparisonOf(const BenchResult& result, const BenchRow& row) {
    if (!row.plain || !row.gomemlimit) return nullptr;
    const auto found = std::ranges::find_if(result.comparisons, [&row](const auto& comparison) {
        return comparison.cell == *row.gomemlimit && comparison.against == *row.plain;
    });
    return found == result.comparisons.end() ? nullptr : &*found;
}

Span limitSpan(const BenchRow& row) {
    return {row.limit && row.label != formatMiB(*row.limit)
                ? fmt::format("{} ({})", formatMiB(*row.limit), row.label)
                : limitText(row.limit),
            Tone::normal};
}

Table benchTable(const BenchResult& result) {
    double fastest = 0;
    for (const auto& cell : result.cells) {
        if (cell.summary.requestsPerSecond) {
            fastest = std::max(fastest, cell.summary.requestsPerSecond->median);
        }
    }
    const std::string_view unit = fastest > 0 ? " req/s" : "";
    Table table{{{"limit", Align::left},
                 {fmt::format("plain{}", unit), Align::right},
                 {"p99", Align::right},
                 {"", Align::left},
                 {fmt::format("GOMEMLIMIT{}", unit), Align::right},
                 {"p99", Align::right},
                 {"", Align::left},
                 {"different?", Align::left}},
                {}};
    for (const auto& row : benchRows(result)) {
        std::vector<Span> cells{limitSpan(row)};
        for (const auto& index : {row.plain, row.gomemlimit}) {
            const auto spans =
                index ? cellSpans(result.cells[*index], fastest) : std::vector<Span>(3);
            cells.insert(cells.end(), spans.begin(), spans.end());
        }
        const auto* const comparison = comparisonOf(result, row);
        cells.push_back(
            {comparison != nullptr ? differenceText(comparison->difference) : "", Tone::normal});
        table.rows.push_back(std::move(cells));
    }
    dropEmptyColumns(table);
    return table;
}

std::string collectionsText(std::optional<double> count) {
    return count ? fmt::format("{:.0f}", *count) : std::string();
}

/// What a request cost, for the limits at which that is known.
Table costTable(const BenchResult& result) {
    Table table{{{"limit", Align::left},
                 {"plain CPU/request", Align::right},
                 {"collections", Align::right},
                 {"GOMEMLIMIT CPU/request", Align::right},
                 {"collections", Align::right},
                 {"different?", Align::left}},
                {}};
    for (const auto& row : benchRows(result)) {
        std::vector<Span> cells{limitSpan(row)};
        bool known = false;
        for (const auto& index : {row.plain, row.gomemlimit}) {
            const auto summary = index ? result.cells[*index].summary : CellSummary{};
            const auto& cpu = summary.cpuPerRequestSeconds;
            const auto& collections = summary.collections;
            cells.push_back({cpu ? spreadText(*cpu, cpuText) : "", Tone::normal});
            cells.push_back(
                {collections ? collectionsText(collections->median) : "", Tone::normal});
            known = known || cpu || collections;
        }
        const auto* const comparison = comparisonOf(result, row);
        const bool compared = comparison != nullptr && comparison->cpu;
        cells.push_back({compared ? differenceText(*comparison->cpu) : "", Tone::normal});
        if (known) table.rows.push_back(std::move(cells));
    }
    dropEmptyColumns(table);
    return table;
}

void addCost(Report& report, const BenchResult& result) {
    auto table = costTable(result);
    if (table.rows.empty()) return;
    report.push_back(
        Paragraph{{{"CPU time a request, in which waiting for the processor does not count, and "
                    "garbage collections in a load:",
                    Tone::normal}}});
    report.push_back(std::move(table));
}

Table runTable(const BenchResult& result) {
    Table table{{{"limit", Align::right},
                 {"mode", Align::left},
                 {"round", Align::right},
                 {"outcome", Align::left},
                 {"req/s", Align::right},
                 {"p99", Align::right},
                 {"high-water", Align::right},
                 {"CPU/request", Align::right},
                 {"GC CPU", Align::right},
                 {"collections", Align::right}},
                {}};
    for (const auto& cell : result.cells) {
        for (const auto& run : cell.runs) {
            const auto load = run.load.value_or(LoadReport{});
            const auto cost = run.cost.value_or(Cost{});
            table.rows.push_back(
                {{limitText(cell.settings.limit), Tone::normal},
                 {std::string(toString(cell.settings.mode)), Tone::normal},
                 {run.block ? fmt::format("{}", *run.block + 1) : "", Tone::faint},
                 {std::string(words(run.outcome)), toneOf(run.outcome)},
                 {rateText(load.requestsPerSecond), Tone::normal},
                 {durationText(load.latency.p99), Tone::normal},
                 {sizeText(run.usage ? run.usage->peak : std::nullopt), Tone::normal},
                 {cpuText(cpuPerRequest(run.cost, run.load)), Tone::normal},
                 {durationText(cost.gcSeconds), Tone::normal},
                 {cost.collections ? fmt::format("{}", *cost.collections) : "", Tone::normal}});
        }
    }
    dropEmptyColumns(table);
    return table;
}

}  // namespace

Report describe(const BenchResult& result, const Detail& detail) {
    std::size_t runs = 0;
    for (const auto& cell : result.cells) runs = std::max(runs, cell.runs.size());
    Report report{
        Heading{titleOf(result.header, fmt::format("limits side by side, medians of {} run{}", runs,
                                                   runs == 1 ? "" : "s"))}};
    addFirst(report, result.header);
    report.push_back(benchTable(result));
    addCost(report, result);
    for (auto& chart : charts(result, detail.advised)) report.push_back(std::move(chart));
    if (detail.everyTrial) report.push_back(runTable(result));
    addHeaderNotes(report, result.header);
    if (detail.reproduce) addReproduction(report, result.header, reproduce(result));
    return report;
}

}  // namespace memfit
