#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "memfit/report/describe.h"
#include "memfit/report/figures.h"

namespace memfit {
namespace {

Tone toneOf(Outcome outcome) {
    if (outcome == Outcome::survived) return Tone::good;
    return isTooSmall(outcome) ? Tone::bad : Tone::faint;
}

/// Outcomes as people say them.
std::string_view words(Outcome outcome) {
    switch (outcome) {
        case Outcome::survived:
            return "survived";
        case Outcome::oomKilled:
            return "OOM-killed";
        case Outcome::oomAtStart:
            return "OOM at start";
        case Outcome::belowFloor:
            return "below floor";
        case Outcome::crashed:
            return "crashed";
        case Outcome::neverReady:
            return "never ready";
        case Outcome::loadFailed:
            return "load failed";
        case Outcome::evicted:
            return "evicted";
        case Outcome::unschedulable:
            return "unschedulable";
        case Outcome::imageError:
            return "image error";
        case Outcome::inconclusive:
            return "inconclusive";
    }
    return "";
}

std::string loadSentence(const LoadReport& load) {
    std::string text = "Load";
    if (load.tool) text += fmt::format(" ({})", *load.tool);
    text += ":";
    if (load.requests) text += fmt::format(" {} requests", *load.requests);
    if (load.totalSeconds) text += fmt::format(" in {}", durationText(load.totalSeconds));
    if (load.requestsPerSecond) text += fmt::format(", {}/s", rateText(load.requestsPerSecond));
    if (load.latency.p99) text += fmt::format(", p99 {}", durationText(load.latency.p99));
    const auto failed = load.errors.value_or(0) + load.non2xx.value_or(0);
    if (failed > 0) text += fmt::format(", {} failed", failed);
    return text;
}

void addHeaderNotes(Report& report, const Header& header) {
    if (header.partial) {
        report.push_back(Paragraph{{{"Interrupted: these are partial results.", Tone::bad}}});
    }
    if (header.warnings.empty()) return;
    Bullets bullets;
    for (const auto& warning : header.warnings) {
        bullets.items.push_back({warning.text, warning.code, Tone::normal});
    }
    report.push_back(Heading{"To know"});
    report.push_back(std::move(bullets));
}

std::string titleOf(const Header& header, std::string_view what) {
    const auto name = header.target.describe();
    return name.empty() ? std::string(what) : fmt::format("{}: {}", name, what);
}

/// One row of the memory table: what it is called, and how to read it from a snapshot.
struct MemoryRow {
    std::string_view title;
    std::string (*text)(const MemorySnapshot&);
};

std::string countText(const std::optional<std::int64_t>& count) {
    return count ? fmt::format("{}", *count) : "";
}

constexpr MemoryRow memoryRows[] = {
    {"Sys (from the system)", [](const MemorySnapshot& m) { return sizeText(m.sys); }},
    {"Sys - HeapReleased", [](const MemorySnapshot& m) { return sizeText(m.goMapped()); }},
    {"HeapSys", [](const MemorySnapshot& m) { return sizeText(m.heapSys); }},
    {"HeapAlloc", [](const MemorySnapshot& m) { return sizeText(m.heapAlloc); }},
    {"next GC at", [](const MemorySnapshot& m) { return sizeText(m.nextGc); }},
    {"goroutines", [](const MemorySnapshot& m) { return countText(m.goroutines); }},
    {"GC cycles", [](const MemorySnapshot& m) { return countText(m.numGc); }},
    {"CPU spent in GC",
     [](const MemorySnapshot& m) {
         return m.gcCpuFraction ? shareText(*m.gcCpuFraction) : std::string();
     }},
};

Table memoryTable(const ProbeResult& result) {
    struct Moment {
        std::string_view title;
        const std::optional<MemorySnapshot>* snapshot;
    };
    const Moment moments[] = {
        {"idle", &result.idle}, {"after load", &result.loaded}, {"largest seen", &result.peak}};
    Table table;
    table.columns.push_back({"Go's memory", Align::left});
    for (const auto& moment : moments) {
        if (*moment.snapshot) table.columns.push_back({std::string(moment.title), Align::right});
    }
    for (const auto& row : memoryRows) {
        std::vector<Span> cells{{std::string(row.title), Tone::normal}};
        bool any = false;
        for (const auto& moment : moments) {
            if (!*moment.snapshot) continue;
            cells.push_back({row.text(**moment.snapshot), Tone::normal});
            any = any || !cells.back().text.empty();
        }
        if (any) table.rows.push_back(std::move(cells));
    }
    return table;
}

std::string usageSentence(const Usage& usage) {
    std::string text;
    if (usage.demand) {
        text = fmt::format("Seen from outside: {} at most without reclaimable page cache",
                           formatMiB(*usage.demand));
    }
    if (usage.peak) {
        text += fmt::format("{}{} by the kernel's high-water mark",
                            text.empty() ? "Seen from outside: " : ", ", formatMiB(*usage.peak));
    }
    return text.empty() ? text : text + ".";
}

Table trialTable(const SqueezeResult& result) {
    Table table{{{"trial", Align::right},
                 {"limit", Align::right},
                 {"outcome", Align::left},
                 {"req/s", Align::right},
                 {"demand", Align::right},
                 {"high-water", Align::right},
                 {"", Align::left}},
                {}};
    Bytes largest = 0;
    for (const auto& trial : result.trials) {
        if (trial.settings.limit) largest = std::max(largest, *trial.settings.limit);
    }
    int number = 0;
    for (const auto& trial : result.trials) {
        const auto usage = trial.usage.value_or(Usage{});
        const auto rate = trial.load ? trial.load->requestsPerSecond : std::nullopt;
        const bool survived = trial.outcome == Outcome::survived;
        table.rows.push_back(
            {{fmt::format("{}", ++number), Tone::faint},
             {limitText(trial.settings.limit), Tone::normal},
             {std::string(words(trial.outcome)), toneOf(trial.outcome)},
             {survived ? rateText(rate) : std::string(), Tone::normal},
             {sizeText(usage.demand), Tone::normal},
             {sizeText(usage.peak), Tone::normal},
             {trial.settings.limit && largest > 0 ? bar(static_cast<double>(*trial.settings.limit),
                                                        static_cast<double>(largest), 16)
                                                  : std::string(),
              toneOf(trial.outcome)}});
    }
    return table;
}

void addEdge(Report& report, const SqueezeResult& result) {
    const auto& edge = result.edge;
    Paragraph line;
    if (edge.estimate) {
        line.spans.push_back(
            {fmt::format("OOM edge: {}", formatMiB(*edge.estimate)), Tone::strong});
        if (edge.low && edge.high) {
            line.spans.push_back(
                {fmt::format("({:.0f} % interval {} to {}): the limit at which half "
                             "of the loads are killed.",
                             edge.confidence.value_or(0.95) * 100, formatMiB(*edge.low),
                             formatMiB(*edge.high)),
                 Tone::normal});
        }
    } else if (edge.low || edge.high) {
        line.spans.push_back(
            {fmt::format("OOM edge: {}{}{}", edge.low ? "above " + formatMiB(*edge.low) : "",
                         edge.low && edge.high ? ", " : "",
                         edge.high ? "at most " + formatMiB(*edge.high) : ""),
             Tone::strong});
    } else {
        line.spans.push_back({"OOM edge: not found.", Tone::bad});
    }
    report.push_back(std::move(line));

    if (!result.minimum) {
        report.push_back(Paragraph{{{"Minimum: not reached.", Tone::bad}}});
        return;
    }
    std::string rest;
    if (result.riskAtMinimum) {
        rest = fmt::format("(by the model {} of loads are killed there",
                           shareText(*result.riskAtMinimum));
        if (result.confirmations) rest += fmt::format("; {} clean", *result.confirmations);
        rest += ").";
    }
    report.push_back(
        Paragraph{{{fmt::format("Minimum: {}", formatMiB(*result.minimum)), Tone::strong},
                   {rest, Tone::normal}}});
}

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

std::string spreadText(const Estimate& estimate) {
    if (estimate.low == estimate.high || !(estimate.median > 0)) return rateText(estimate.median);
    const double half = (estimate.high - estimate.low) / 2 / estimate.median * 100;
    return fmt::format("{} ±{:.0f}%", rateText(estimate.median), std::max(half, 1.0));
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
    return {{spreadText(*rate), tone},
            {p99 ? durationText(p99->median) : std::string(), Tone::normal},
            {bar(rate->median, fastest, 10), tone}};
}

std::string differenceText(const BenchResult& result, std::size_t cell, std::size_t against) {
    for (const auto& comparison : result.comparisons) {
        if (comparison.cell != cell || comparison.against != against) continue;
        const auto& difference = comparison.difference;
        if (difference.significant) return changeText(difference.ratio);
        const bool untested = difference.test == "too few runs";
        return fmt::format("{} ({})", untested ? "too few runs" : "no",
                           changeText(difference.ratio));
    }
    return {};
}

Table benchTable(const BenchResult& result) {
    double fastest = 0;
    for (const auto& cell : result.cells) {
        if (cell.summary.requestsPerSecond) {
            fastest = std::max(fastest, cell.summary.requestsPerSecond->median);
        }
    }
    Table table{{{"limit", Align::left},
                 {"plain req/s", Align::right},
                 {"p99", Align::right},
                 {"", Align::left},
                 {"GOMEMLIMIT req/s", Align::right},
                 {"p99", Align::right},
                 {"", Align::left},
                 {"different?", Align::left}},
                {}};
    for (const auto& row : benchRows(result)) {
        std::vector<Span> cells{{row.limit && row.label != formatMiB(*row.limit)
                                     ? fmt::format("{} ({})", formatMiB(*row.limit), row.label)
                                     : limitText(row.limit),
                                 Tone::normal}};
        for (const auto& index : {row.plain, row.gomemlimit}) {
            const auto spans =
                index ? cellSpans(result.cells[*index], fastest) : std::vector<Span>(3);
            cells.insert(cells.end(), spans.begin(), spans.end());
        }
        cells.push_back({row.plain && row.gomemlimit
                             ? differenceText(result, *row.gomemlimit, *row.plain)
                             : std::string(),
                         Tone::normal});
        table.rows.push_back(std::move(cells));
    }
    return table;
}

Table runTable(const BenchResult& result) {
    Table table{{{"limit", Align::right},
                 {"mode", Align::left},
                 {"round", Align::right},
                 {"outcome", Align::left},
                 {"req/s", Align::right},
                 {"p99", Align::right},
                 {"high-water", Align::right}},
                {}};
    for (const auto& cell : result.cells) {
        for (const auto& run : cell.runs) {
            const auto load = run.load.value_or(LoadReport{});
            table.rows.push_back(
                {{limitText(cell.settings.limit), Tone::normal},
                 {std::string(toString(cell.settings.mode)), Tone::normal},
                 {run.block ? fmt::format("{}", *run.block + 1) : "", Tone::faint},
                 {std::string(words(run.outcome)), toneOf(run.outcome)},
                 {rateText(load.requestsPerSecond), Tone::normal},
                 {durationText(load.latency.p99), Tone::normal},
                 {sizeText(run.usage ? run.usage->peak : std::nullopt), Tone::normal}});
        }
    }
    return table;
}

}  // namespace

Report describe(const ProbeResult& result, const Detail& /*detail*/) {
    Report report{Heading{titleOf(result.header, "Go's memory")}};
    if (auto table = memoryTable(result); !table.rows.empty()) report.push_back(std::move(table));
    if (result.usage) {
        if (auto text = usageSentence(*result.usage); !text.empty()) {
            report.push_back(Paragraph{{{std::move(text), Tone::normal}}});
        }
    }
    if (result.run) report.push_back(Paragraph{{{loadSentence(*result.run) + ".", Tone::normal}}});
    addHeaderNotes(report, result.header);
    return report;
}

Report describe(const SqueezeResult& result, const Detail& detail) {
    Report report{Heading{titleOf(result.header, result.mode == Mode::plain
                                                     ? "OOM edge, plain"
                                                     : "OOM edge, GOMEMLIMIT and GOGC=off")}};
    addEdge(report, result);
    if (detail.everyTrial) report.push_back(trialTable(result));
    addHeaderNotes(report, result.header);
    return report;
}

Report describe(const BenchResult& result, const Detail& detail) {
    std::size_t runs = 0;
    for (const auto& cell : result.cells) runs = std::max(runs, cell.runs.size());
    Report report{
        Heading{titleOf(result.header, fmt::format("limits side by side, medians of {} run{}", runs,
                                                   runs == 1 ? "" : "s"))}};
    report.push_back(benchTable(result));
    if (detail.everyTrial) report.push_back(runTable(result));
    addHeaderNotes(report, result.header);
    return report;
}

}  // namespace memfit
