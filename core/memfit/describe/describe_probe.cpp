#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <vector>

#include "memfit/describe/describe.h"
#include "memfit/describe/describe_common.h"
#include "memfit/describe/describe_live.h"
#include "memfit/describe/reproduce.h"
#include "memfit/report/charts.h"
#include "memfit/report/figures.h"

namespace memfit {
namespace {

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
    {"GOMEMLIMIT in force", [](const MemorySnapshot& m) { return m.gomemlimit.value_or(""); }},
    {"GOGC in force", [](const MemorySnapshot& m) { return m.gogc.value_or(""); }},
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
        text = fmt::format("Seen from outside: at most {} without reclaimable page cache",
                           formatMiB(*usage.demand));
    }
    if (usage.peak) {
        text += fmt::format("{}{} by the kernel's high-water mark",
                            text.empty() ? "Seen from outside: " : ", ", formatMiB(*usage.peak));
    }
    return text.empty() ? text : text + ".";
}

std::string costSentence(const ProbeResult& result) {
    const auto& cost = *result.cost;
    std::vector<std::string> parts;
    if (cost.cpuSeconds) {
        std::string text = fmt::format("{} of CPU time", durationText(cost.cpuSeconds));
        if (const auto each = cpuPerRequest(result.cost, result.run)) {
            text += fmt::format(" ({} a request)", cpuText(each));
        }
        parts.push_back(std::move(text));
    }
    if (cost.gcSeconds) {
        parts.push_back(fmt::format("{}{} in Go's collector", durationText(cost.gcSeconds),
                                    cost.cpuSeconds ? " of it" : " of CPU time"));
    }
    if (cost.collections) {
        parts.push_back(fmt::format("{} garbage collection{}", *cost.collections,
                                    *cost.collections == 1 ? "" : "s"));
    }
    if (cost.allocated) parts.push_back(fmt::format("{} allocated", formatMiB(*cost.allocated)));
    return fmt::format("The load cost: {}.", fmt::join(parts, ", "));
}

}  // namespace

Report describe(const ProbeResult& result, const Detail& detail) {
    Report report{Heading{titleOf(result.header, "Go's memory")}};
    addFirst(report, result.header);
    if (auto table = memoryTable(result); !table.rows.empty()) report.push_back(std::move(table));
    if (result.usage) {
        if (auto text = usageSentence(*result.usage); !text.empty()) {
            report.push_back(Paragraph{{{std::move(text), Tone::normal}}});
        }
    }
    for (auto& chart : charts(result)) report.push_back(std::move(chart));
    if (result.run) report.push_back(Paragraph{{{loadSentence(*result.run) + ".", Tone::normal}}});
    if (result.cost) report.push_back(Paragraph{{{costSentence(result), Tone::normal}}});
    if (!result.pods.empty()) {
        report.push_back(Heading{"Live pods"});
        report.push_back(podsTable(result.pods));
    }
    addHeaderNotes(report, result.header);
    if (detail.reproduce) addReproduction(report, result.header, reproduce(result));
    return report;
}

}  // namespace memfit
