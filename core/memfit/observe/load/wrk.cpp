#include <algorithm>

#include "memfit/observe/load/text.h"
#include "memfit/observe/load/tool.h"

namespace memfit::load {

namespace {

/// wrk prints this on stderr, and nothing else, when its first connection fails.
bool couldNotConnect(const Material& material) {
    return contains(material.all, "unable to connect to ");
}

bool isReport(const Material& material) {
    return contains(material.all, "Thread Stats   Avg") && contains(material.all, "Requests/sec:");
}

bool isWrk(const Material& material) {
    return isReport(material) || (couldNotConnect(material) && trimmed(material.out).empty());
}

/// The row `    Latency    28.20ms   13.63ms  51.31ms   57.31%`: average, deviation, maximum.
void readLatencyRow(std::string_view report, LoadReport& into) {
    const auto cells = words(firstLine(after(after(report, "Thread Stats"), "Latency ")), 4);
    if (cells.size() < 3) return;
    into.averageSeconds = duration(cells[0]);
    into.slowestSeconds = duration(cells[2]);
}

std::optional<double> percentile(std::string_view report, std::string_view label) {
    const auto section = after(report, "Latency Distribution");
    return duration(firstLine(after(section, label)));
}

StatusCounts countsOf(std::string_view report, std::int64_t answered) {
    const auto socketErrors = firstLine(after(report, "Socket errors:"));
    const auto failure = [&](std::string_view kind) {
        return countAfter(socketErrors, kind).value_or(0);
    };
    // Late answers are among both the answered and the timed out.
    const auto late = std::min(answered, failure("timeout "));
    StatusCounts counts;
    counts.failed = addCounts(addCounts(failure("connect "), failure("read ")),
                              addCounts(failure("write "), late));
    counts.other =
        std::min(answered - late, countAfter(report, "Non-2xx or 3xx responses:").value_or(0));
    counts.success = answered - late - counts.other;
    return counts;
}

void readReport(std::string_view report, ParsedLoad& into) {
    LoadReport& load = into.report;
    const auto summary = before(report, " requests in ");
    const auto summaryLine = firstLine(after(report, " requests in "));
    load.totalSeconds = duration(before(summaryLine, ","));
    if (const auto read = leadingMeasure(after(summaryLine, ","))) {
        if (const auto unit = bytesPer(read->unit, 1024)) load.bytes = toBytes(read->value, *unit);
    }
    readLatencyRow(report, load);
    load.latency = {percentile(report, " 50% "), percentile(report, " 90% "), std::nullopt,
                    percentile(report, " 99% ")};
    const auto answered = toCount(leadingNumber(
        fromLast(summary, "\n").substr(std::min<std::size_t>(1, fromLast(summary, "\n").size()))));
    if (!answered || summaryLine.empty()) return;
    setCounts(load, countsOf(report, *answered));
    setRate(load, numberAfter(report, "Requests/sec:"), *answered);
}

void readWrk(const Material& material, ParsedLoad& into) {
    if (isReport(material)) {
        readReport(fromLast(material.all, "Thread Stats   Avg"), into);
    } else {
        reportUnreachable(into.report);
    }
}

}  // namespace

const Tool wrkTool{LoadFormat::wrk, nullptr, nullptr, isWrk, readWrk};

}  // namespace memfit::load
