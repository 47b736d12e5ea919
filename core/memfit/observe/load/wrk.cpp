#include <algorithm>
#include <cmath>

#include "memfit/observe/load/text.h"
#include "memfit/observe/load/tool.h"

namespace memfit::load {

namespace {

constexpr std::string_view statsHeader = "Thread Stats   Avg";
/// What only wrk2 (giltene/wrk2, src/wrk.c) prints: the first always, the second with --latency.
constexpr std::string_view calibration = "Thread calibration: mean lat.:";
constexpr std::string_view recordedLatency = "(HdrHistogram - Recorded Latency)";
constexpr std::string_view anyHistogram = "(HdrHistogram - ";

/// wrk prints this on stderr, and nothing else, when its first connection fails:
/// `unable to connect to HOST:PORT REASON`. Other programs say the like in longer lines.
bool couldNotConnect(const Material& material) {
    static constexpr std::string_view words = "unable to connect to ";
    bool found = false;
    forEachLine(material.all, [&](std::string_view line) {
        if (line.starts_with(words))
            found = found || contains(before(after(line, words), " "), ":");
    });
    return found;
}

bool isReport(const Material& material) {
    return contains(material.all, statsHeader) && contains(material.all, "Requests/sec:");
}

/// The last run: from the line `Running 30s test @ …`, or what is left of it.
std::string_view lastRun(std::string_view all) {
    const auto stats = fromLast(all, statsHeader);
    const auto head = all.substr(0, all.size() - stats.size());
    const auto start = head.rfind("Running ");
    return start == std::string_view::npos ? stats : all.substr(start);
}

bool hasMarksOfWrk2(const Material& material) {
    const auto run = lastRun(material.all);
    return contains(run, calibration) || contains(run, anyHistogram);
}

bool isWrk(const Material& material) {
    if (isReport(material)) return !hasMarksOfWrk2(material);
    return couldNotConnect(material) && trimmed(material.out).empty();
}

bool isWrk2(const Material& material) {
    return isReport(material) && hasMarksOfWrk2(material);
}

/// The row `    Latency    28.20ms   13.63ms  51.31ms   57.31%`: average, deviation, maximum.
void readLatencyRow(std::string_view report, LoadReport& into) {
    const auto cells = words(firstLine(after(after(report, "Thread Stats"), "Latency ")), 4);
    if (cells.size() < 3) return;
    into.averageSeconds = duration(cells[0]);
    into.slowestSeconds = duration(cells[2]);
}

Latency distributionOf(std::string_view report) {
    const auto section = after(report, "Latency Distribution");
    const auto percentile = [&](std::string_view label) {
        return duration(firstLine(after(section, label)));
    };
    return {percentile(" 50% "), percentile(" 90% "), std::nullopt, percentile(" 99% ")};
}

/// The place in `latency` for a percentile in per cent; nullptr for those that are not kept.
std::optional<double>* placeOf(Latency& latency, double percent) {
    if (percent == 50) return &latency.p50;
    if (percent == 90) return &latency.p90;
    if (percent == 95) return &latency.p95;
    if (percent == 99) return &latency.p99;
    return nullptr;
}

/// A row of the detailed spectrum, `6.671     0.500000     30012     2.00`: milliseconds, share.
void readSpectrumRow(std::string_view line, Latency& latency) {
    const auto cells = words(line, 5);
    if (cells.size() < 3 || cells.size() > 4) return;
    const auto share = leadingNumber(cells[1]);
    auto* const place = share ? placeOf(latency, std::round(*share * 1e6) / 1e4) : nullptr;
    if (place != nullptr && !*place) *place = toSeconds(leadingNumber(cells[0]), 1e-3);
}

/// wrk2's rows ` 50.000%    6.67ms`, and below them its spectrum, which has 95 % too. Only of the
/// recorded latency: the uncorrected one (-U) leaves out how long a request waited for its turn.
Latency histogramOf(std::string_view report) {
    const auto section =
        before(before(after(report, recordedLatency), anyHistogram), " requests in ");
    Latency latency;
    forEachLine(before(section, "Detailed Percentile spectrum:"), [&](std::string_view line) {
        const auto measure = leadingMeasure(line);
        if (!measure || measure->unit != "%") return;
        if (auto* const place = placeOf(latency, measure->value); place != nullptr) {
            *place = duration(after(line, "%"));
        }
    });
    forEachLine(after(section, "Detailed Percentile spectrum:"),
                [&](std::string_view line) { readSpectrumRow(line, latency); });
    return latency;
}

StatusCounts countsOf(std::string_view report, std::int64_t answered, bool wrk2) {
    const auto socketErrors = firstLine(after(report, "Socket errors:"));
    const auto failure = [&](std::string_view kind) {
        return countAfter(socketErrors, kind).value_or(0);
    };
    // wrk: late answers are among both the answered and the timed out. wrk2 counts connections that
    // wait, again and again, and none of them has an answer yet.
    const auto late = wrk2 ? 0 : std::min(answered, failure("timeout "));
    StatusCounts counts;
    counts.failed = addCounts(addCounts(failure("connect "), failure("read ")),
                              addCounts(failure("write "), wrk2 ? failure("timeout ") : late));
    counts.other =
        std::min(answered - late, countAfter(report, "Non-2xx or 3xx responses:").value_or(0));
    counts.success = answered - late - counts.other;
    return counts;
}

void readReport(std::string_view all, bool wrk2, ParsedLoad& into) {
    // What a Lua script prints at the end stands below.
    const auto report = before(fromLast(all, statsHeader), "Transfer/sec:");
    LoadReport& load = into.report;
    const auto summary = before(report, " requests in ");
    const auto summaryLine = firstLine(after(report, " requests in "));
    load.totalSeconds = duration(before(summaryLine, ","));
    if (const auto read = leadingMeasure(after(summaryLine, ","))) {
        if (const auto unit = bytesPer(read->unit, 1024)) load.bytes = toBytes(read->value, *unit);
    }
    readLatencyRow(report, load);
    load.latency = wrk2 ? histogramOf(report) : distributionOf(before(report, " requests in "));
    const auto answered = toCount(leadingNumber(
        fromLast(summary, "\n").substr(std::min<std::size_t>(1, fromLast(summary, "\n").size()))));
    if (!answered || summaryLine.empty()) return;
    setPrintedCounts(load, countsOf(report, *answered, wrk2));
    setRate(load, numberAfter(report, "Requests/sec:"), *answered);
    if (wrk2 && countAfter(firstLine(after(report, "Socket errors:")), "timeout ") > 0) {
        into.warnings.emplace_back(
            "wrk2 counts a connection that waits once at each look: the number of errors is an "
            "estimate");
    }
}

void readWrk(const Material& material, ParsedLoad& into) {
    if (isReport(material)) {
        readReport(material.all, false, into);
    } else {
        reportUnreachable(into.report);
    }
}

void readWrk2(const Material& material, ParsedLoad& into) {
    readReport(material.all, true, into);
}

}  // namespace

const Tool wrkTool{LoadFormat::wrk, nullptr, nullptr, isWrk, readWrk};
const Tool wrk2Tool{LoadFormat::wrk2, nullptr, nullptr, isWrk2, readWrk2};

}  // namespace memfit::load
