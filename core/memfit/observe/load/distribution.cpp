#include "memfit/observe/load/distribution.h"

#include "memfit/observe/load/text.h"

namespace memfit::load {

namespace {

/// What stands in the brackets of `  [200]	180 responses`, and behind them.
struct Entry {
    std::int64_t bracketed = 0;
    std::string_view rest;
};

std::optional<Entry> entryOf(std::string_view line) {
    if (!contains(line, "[")) return std::nullopt;
    const auto inside = toCount(leadingNumber(after(line, "[")));
    if (!inside || !contains(line, "]")) return std::nullopt;
    return Entry{*inside, trimmed(after(line, "]"))};
}

std::optional<double> percentile(std::string_view report, std::string_view plain,
                                 std::string_view decimals) {
    const auto whole = labelledTime(report, plain);
    return whole ? whole : labelledTime(report, decimals);
}

}  // namespace

Distribution readDistribution(std::string_view report) {
    static constexpr int noStatus = -1;
    Distribution distribution;
    const auto section = after(report, "Status code distribution:");
    forEachLine(before(section, "Error distribution:"), [&](std::string_view line) {
        const auto entry = entryOf(line);
        if (!entry || !contains(entry->rest, "responses") || entry->bracketed > 999) return;
        distribution.counts.add(static_cast<int>(entry->bracketed),
                                toCount(leadingNumber(entry->rest)).value_or(0), noStatus);
    });
    forEachLine(after(section, "Error distribution:"), [&](std::string_view line) {
        const auto entry = entryOf(line);
        if (!entry) return;
        if (contains(entry->rest, "aborted due to deadline")) {
            distribution.aborted = addCounts(distribution.aborted, entry->bracketed);
        } else {
            distribution.counts.add(noStatus, entry->bracketed, noStatus);
        }
    });
    return distribution;
}

std::optional<double> labelledTime(std::string_view report, std::string_view label) {
    const auto measure = leadingMeasure(firstLine(after(report, label)));
    if (!measure) return std::nullopt;
    if (const auto unit = secondsPer(measure->unit)) return toSeconds(measure->value, *unit);
    // oha's units for long runs are "10 sec" and "10 min".
    const auto rest = firstLine(after(report, label));
    const auto scaled =
        leadingMeasure(rest.substr(static_cast<std::size_t>(measure->unit.data() - rest.data())));
    const auto unit = scaled ? secondsPer(scaled->unit) : std::nullopt;
    return unit ? toSeconds(measure->value * scaled->value, *unit) : std::nullopt;
}

void readTimes(std::string_view report, LoadReport& into) {
    into.totalSeconds = labelledTime(report, "Total:");
    into.fastestSeconds = labelledTime(report, "Fastest:");
    into.slowestSeconds = labelledTime(report, "Slowest:");
    into.averageSeconds = labelledTime(report, "Average:");
    into.latency = {
        percentile(report, " 50% in", " 50.00% in"), percentile(report, " 90% in", " 90.00% in"),
        percentile(report, " 95% in", " 95.00% in"), percentile(report, " 99% in", " 99.00% in")};
}

}  // namespace memfit::load
