#include <algorithm>

#include "memfit/observe/load/json.h"
#include "memfit/observe/load/text.h"
#include "memfit/observe/load/tool.h"

namespace memfit::load {

namespace {

constexpr double nanosecond = 1e-9;
/// The status that vegeta gives to requests without an answer.
constexpr int noAnswer = 0;

/// vegeta calls 200 to 399 a success, so its own throughput is not used.
void setFigures(ParsedLoad& into, const StatusCounts& counts,
                std::optional<std::int64_t> requests) {
    // A count of 0 says that nothing was sent; without a count nothing is known.
    if (requests == 0) setPrintedCounts(into.report, counts);
    setCounts(into.report, counts);
    setRateOver(into.report, into.report.totalSeconds);
    if (counts.failed > 0) {
        into.warnings.emplace_back("vegeta's latencies include requests that failed");
    }
}

void addStatus(StatusCounts& counts, std::string_view name, std::int64_t counted) {
    const auto status = toCount(leadingNumber(name));
    if (status && *status <= 999) counts.add(static_cast<int>(*status), counted, noAnswer);
}

bool isVegetaJson(const Json& object) {
    return member(object, {"latencies", "50th"}) != nullptr && object.contains("status_codes");
}

void readVegetaJson(const Json& object, ParsedLoad& into) {
    LoadReport& report = into.report;
    report.totalSeconds =
        toSeconds(number(object, {"duration"}).value_or(0) + number(object, {"wait"}).value_or(0),
                  nanosecond);
    report.fastestSeconds = seconds(object, {"latencies", "min"}, nanosecond);
    report.slowestSeconds = seconds(object, {"latencies", "max"}, nanosecond);
    report.averageSeconds = seconds(object, {"latencies", "mean"}, nanosecond);
    report.latency = {seconds(object, {"latencies", "50th"}, nanosecond),
                      seconds(object, {"latencies", "90th"}, nanosecond),
                      seconds(object, {"latencies", "95th"}, nanosecond),
                      seconds(object, {"latencies", "99th"}, nanosecond)};
    report.bytes = count(object, {"bytes_in", "total"});
    StatusCounts counts;
    forEachCount(object, {"status_codes"},
                 [&](const std::string& name, auto counted) { addStatus(counts, name, counted); });
    setFigures(into, counts, count(object, {"requests"}));
}

bool isVegetaText(const Material& material) {
    return contains(material.all, "Status Codes") && contains(material.all, "[code:count]");
}

/// A row `Duration  [total, attack, wait]  10.09s, 9.94s, 145ms`: names, then values.
std::string_view cell(std::string_view report, std::string_view row, std::string_view column) {
    const auto line = firstLine(after(report, row));
    const auto names = split(before(after(line, "["), "]"), ',');
    const auto values = split(after(line, "]"), ',');
    const auto found = std::ranges::find(names, column);
    const auto index = static_cast<std::size_t>(found - names.begin());
    return index < values.size() && found != names.end() ? values[index] : std::string_view{};
}

void readVegetaText(const Material& material, ParsedLoad& into) {
    const auto report = fromLast(material.all, "Requests  ");
    const auto latency = [&](std::string_view name) {
        return duration(cell(report, "\nLatencies", name));
    };
    into.report.totalSeconds = duration(cell(report, "\nDuration", "total"));
    into.report.fastestSeconds = latency("min");
    into.report.slowestSeconds = latency("max");
    into.report.averageSeconds = latency("mean");
    into.report.latency = {latency("50"), latency("90"), latency("95"), latency("99")};
    into.report.bytes = toBytes(leadingNumber(cell(report, "\nBytes In", "total")));
    StatusCounts counts;
    for (const auto entry : words(firstLine(after(report, "[code:count]")), 1000)) {
        addStatus(counts, before(entry, ":"),
                  toCount(leadingNumber(after(entry, ":"))).value_or(0));
    }
    setFigures(into, counts, toCount(leadingNumber(cell(report, "Requests  ", "total"))));
}

}  // namespace

const Tool vegetaTool{LoadFormat::vegeta, isVegetaJson, readVegetaJson, isVegetaText,
                      readVegetaText};

}  // namespace memfit::load
