#include <algorithm>

#include "memfit/observe/load/text.h"
#include "memfit/observe/load/tool.h"

namespace memfit::load {

namespace {

constexpr std::string_view banner = "This is ApacheBench, Version";
constexpr std::string_view csvHeader = "Percentage served,Time in ms";
constexpr double millisecond = 1e-3;

bool isAb(const Material& material) {
    return contains(material.all, banner) || contains(material.all, csvHeader);
}

/// Failures by kind. Without -r there are none in a report: the first one ends the run.
struct Failures {
    std::int64_t transport = 0;
    std::int64_t length = 0;
};

/// ab counts one failure under several kinds, so only the largest kind bounds their number.
Failures failuresOf(std::string_view report, std::int64_t completed) {
    const auto kinds = firstLine(after(report, "(Connect:"));
    const auto kind = [&](std::string_view label) { return countAfter(kinds, label).value_or(0); };
    const auto connect = toCount(leadingNumber(kinds)).value_or(0);
    const auto most = std::max({connect, kind("Receive:"), kind("Exceptions:")});
    return {std::min(most, completed), kind("Length:")};
}

void readLatencies(std::string_view report, LoadReport& into) {
    const auto row = words(firstLine(after(after(report, "Connection Times (ms)"), "Total:")), 5);
    const auto cell = [&](std::size_t i) { return toSeconds(leadingNumber(row[i]), millisecond); };
    // min, mean, deviation, median, max; with -S only min, mean, max.
    if (row.size() == 5 || row.size() == 3) {
        into.fastestSeconds = cell(0);
        into.averageSeconds = cell(1);
        into.slowestSeconds = cell(row.size() - 1);
    }
    const auto table = after(report, "Percentage of the requests served");
    const auto percentile = [&](std::string_view label) {
        return toSeconds(numberAfter(table, label), millisecond);
    };
    into.latency = {percentile(" 50%"), percentile(" 90%"), percentile(" 95%"), percentile(" 99%")};
}

/// The rows of -e: percent, milliseconds with three decimals; 0 is the fastest, 100 the slowest.
void readCsv(std::string_view rows, LoadReport& into) {
    forEachLine(rows, [&](std::string_view line) {
        const auto cells = split(line, ',');
        if (cells.size() != 2) return;
        const auto value = toSeconds(leadingNumber(cells[1]), millisecond);
        if (cells[0] == "0") into.fastestSeconds = value;
        if (cells[0] == "50") into.latency.p50 = value;
        if (cells[0] == "90") into.latency.p90 = value;
        if (cells[0] == "95") into.latency.p95 = value;
        if (cells[0] == "99") into.latency.p99 = value;
        if (cells[0] == "100") into.slowestSeconds = value;
    });
}

/// Failed requests stand in the latencies as 0 ms: only the largest one is a real one.
void dropZeros(ParsedLoad& into) {
    into.report.fastestSeconds.reset();
    into.report.averageSeconds.reset();
    into.report.latency = {};
    into.warnings.emplace_back(
        "ab -r counts a failed request several times and as answered in 0 ms: the number of errors "
        "is an estimate and the latencies are left out");
}

void readReport(std::string_view report, std::int64_t completed, ParsedLoad& into) {
    LoadReport& load = into.report;
    const auto failures = failuresOf(report, completed);
    StatusCounts counts;
    counts.failed = failures.transport;
    counts.other =
        std::min(completed - counts.failed, countAfter(report, "Non-2xx responses:").value_or(0));
    counts.success = completed - counts.failed - counts.other;
    setPrintedCounts(load, counts);
    load.totalSeconds = toSeconds(numberAfter(report, "Time taken for tests:"));
    load.bytes = toBytes(numberAfter(report, "HTML transferred:"));
    setRate(load, numberAfter(report, "Requests per second:"), completed);
    readLatencies(report, load);
    if (counts.other > 0) {
        into.warnings.emplace_back(
            "ab does not follow redirects and counts them among the answers without success");
    }
    if (failures.transport > 0) {
        dropZeros(into);
    } else if (failures.length > 0) {
        into.warnings.emplace_back(
            "ab counts answers of another length than the first as failed; here they are not "
            "(ab -l does the same)");
    }
}

/// A run that ended before its report: the first transport failure does that, without -r.
void readAborted(const Material& material, std::string_view output, LoadReport& into) {
    const bool transport =
        contains(material.all, "apr_") || contains(material.all, "Test aborted after ");
    if (!transport) return;
    const auto completed = countAfter(output, "Total of ").value_or(0);
    if (completed == 0) {
        reportUnreachable(into);
        return;
    }
    into.requests = addCounts(completed, 1);
    into.errors = 1;
}

void readAb(const Material& material, ParsedLoad& into) {
    const auto report = fromLast(material.all, banner);
    if (contains(report, "<table")) {
        into.warnings.emplace_back("ab's HTML (-w) is not read; leave -w out");
        return;
    }
    if (const auto completed = countAfter(report, "Complete requests:")) {
        readReport(report, *completed, into);
    } else if (!contains(material.all, csvHeader)) {
        readAborted(material, report, into.report);
    }
    const bool failed = into.report.errors.value_or(0) > 0;
    if (!failed) readCsv(after(material.all, csvHeader), into.report);
}

}  // namespace

const Tool abTool{LoadFormat::ab, nullptr, nullptr, isAb, readAb};

}  // namespace memfit::load
