#include <algorithm>
#include <cmath>
#include <vector>

#include "memfit/observe/load/distribution.h"
#include "memfit/observe/load/text.h"
#include "memfit/observe/load/tool.h"

namespace memfit::load {

namespace {

constexpr std::string_view csvHeader =
    "response-time,DNS+dialup,DNS,Request-write,Response-delay,Response-read,status-code,offset";
/// hey keeps the status of at most this many answers, and divides sums of all by that many.
constexpr std::int64_t keptResults = 1'000'000;

std::string_view summaryOf(const Material& material) {
    return fromLast(material.all, "Summary:");
}

/// What else descends from boom prints this layout too: etcd's benchmark has `secs.` and a
/// deviation, ghz begins with a count, oha with a success rate.
bool isHeySummary(std::string_view summary) {
    const auto head = before(summary, "Requests/sec:");
    for (const auto* const foreign : {" secs.", "Stddev:", "Count:"}) {
        if (contains(head, foreign)) return false;
    }
    return contains(summary, "Total:") && contains(summary, "Slowest:") &&
           contains(summary, "Requests/sec:") && contains(summary, " secs") &&
           !contains(summary, "Success rate:");
}

bool isHey(const Material& material) {
    return isHeySummary(summaryOf(material)) || contains(material.all, csvHeader);
}

/// Restores the number of answers from hey's rate, which counts them all.
void extrapolate(StatusCounts& counts, const LoadReport& report, std::optional<double> rate) {
    const auto all = toCount(rate.value_or(0) * report.totalSeconds.value_or(0)).value_or(0);
    const auto answers = std::max(all - counts.failed, counts.success + counts.other);
    const double share =
        static_cast<double>(counts.other) / static_cast<double>(counts.success + counts.other);
    counts.other = std::llround(share * static_cast<double>(answers));
    counts.success = answers - counts.other;
}

void readSummary(std::string_view summary, ParsedLoad& into) {
    LoadReport& report = into.report;
    readTimes(summary, report);
    report.bytes = toBytes(numberAfter(summary, "Total data:"));
    const auto rate = numberAfter(summary, "Requests/sec:");
    auto counts = readDistribution(summary).counts;
    if (counts.success + counts.other >= keptResults) {
        extrapolate(counts, report, rate);
        report.averageSeconds.reset();
        into.warnings.emplace_back(
            "hey keeps the details of a million answers only: counts and percentiles are estimates "
            "and the average is left out");
    }
    setCounts(report, counts);
    setRate(report, rate, counts.total());
}

struct CsvRow {
    double seconds = 0, offset = 0;
    int status = 0;
};

std::optional<CsvRow> csvRow(std::string_view line) {
    const auto cells = split(line, ',');
    if (cells.size() != 8) return std::nullopt;
    const auto seconds = leadingNumber(cells[0]);
    const auto status = toCount(leadingNumber(cells[6]));
    const auto offset = leadingNumber(cells[7]);
    if (!seconds || !status || *status > 999 || !offset) return std::nullopt;
    return CsvRow{*seconds, *offset, static_cast<int>(*status)};
}

/// The value below which `percent` of the sorted samples lie.
std::optional<double> nearestRank(const std::vector<double>& sorted, double percent) {
    const auto rank = std::ceil(percent / 100 * static_cast<double>(sorted.size()));
    return toSeconds(sorted[static_cast<std::size_t>(std::max(rank, 1.0)) - 1]);
}

void setLatencies(std::vector<double> samples, LoadReport& report) {
    if (samples.empty()) return;
    std::ranges::sort(samples);
    double sum = 0;
    for (const double sample : samples) sum += sample;
    report.fastestSeconds = toSeconds(samples.front());
    report.slowestSeconds = toSeconds(samples.back());
    report.averageSeconds = toSeconds(sum / static_cast<double>(samples.size()));
    report.latency = {nearestRank(samples, 50), nearestRank(samples, 90), nearestRank(samples, 95),
                      nearestRank(samples, 99)};
}

void readCsv(std::string_view rows, ParsedLoad& into) {
    StatusCounts counts;
    std::vector<double> samples;
    double end = 0;
    forEachLine(rows, [&](std::string_view line) {
        const auto row = csvRow(line);
        if (!row) return;
        counts.add(row->status, 1, -1);
        samples.push_back(row->seconds);
        end = std::max(end, row->offset + row->seconds);
    });
    LoadReport& report = into.report;
    if (samples.empty()) {
        reportNoAnswer(report);
        return;
    }
    // Failed requests have no row: only the answers can be told.
    into.warnings.emplace_back("hey's CSV leaves failed requests out: errors are not known");
    report.totalSeconds = toSeconds(end);
    report.non2xx = counts.other;
    if (end > 0) report.requestsPerSecond = static_cast<double>(counts.success) / end;
    setLatencies(std::move(samples), report);
}

void readHey(const Material& material, ParsedLoad& into) {
    const auto summary = summaryOf(material);
    if (isHeySummary(summary)) {
        readSummary(summary, into);
    } else {
        readCsv(after(fromLast(material.all, csvHeader), "\n"), into);
    }
}

}  // namespace

const Tool heyTool{LoadFormat::hey, nullptr, nullptr, isHey, readHey};

}  // namespace memfit::load
