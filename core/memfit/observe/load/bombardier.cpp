#include "memfit/observe/load/json.h"
#include "memfit/observe/load/text.h"
#include "memfit/observe/load/tool.h"

namespace memfit::load {

namespace {

constexpr double microsecond = 1e-6;

bool isBombardierJson(const Json& object) {
    return object.contains("spec") && member(object, {"result", "req2xx"}) != nullptr;
}

void warnOfFailures(const StatusCounts& counts, ParsedLoad& into) {
    if (counts.failed == 0) return;
    into.warnings.emplace_back("bombardier's latencies include requests that failed");
}

void readBombardierJson(const Json& object, ParsedLoad& into) {
    LoadReport& report = into.report;
    const auto answers = [&](std::string_view name) {
        return count(object, {"result", name}).value_or(0);
    };
    const StatusCounts counts{.success = answers("req2xx"),
                              .other = addCounts(addCounts(answers("req1xx"), answers("req3xx")),
                                                 addCounts(answers("req4xx"), answers("req5xx"))),
                              .failed = answers("others")};
    report.totalSeconds = seconds(object, {"result", "timeTakenSeconds"}, 1);
    report.slowestSeconds = seconds(object, {"result", "latency", "max"}, microsecond);
    report.averageSeconds = seconds(object, {"result", "latency", "mean"}, microsecond);
    const auto percentile = [&](std::string_view name) {
        return seconds(object, {"result", "latency", "percentiles", name}, microsecond);
    };
    report.latency = {percentile("50"), percentile("90"), percentile("95"), percentile("99")};
    report.bytes = count(object, {"result", "bytesRead"});
    setPrintedCounts(report, counts);
    setRateOver(report, report.totalSeconds);
    warnOfFailures(counts, into);
}

bool isBombardierText(const Material& material) {
    return contains(material.all, "HTTP codes:") && contains(material.all, "Reqs/sec") &&
           contains(material.all, "others - ");
}

/// The text has no duration, and its rate is a mean of samples: counts and latencies only.
void readBombardierText(const Material& material, ParsedLoad& into) {
    into.warnings.emplace_back(
        "bombardier's text has neither duration nor rate; use bombardier -o json -p r");
    const auto report = fromLast(material.all, "Reqs/sec");
    const auto answers = [&](std::string_view label) {
        return countAfter(report, label).value_or(0);
    };
    const StatusCounts counts{.success = answers("2xx - "),
                              .other = addCounts(addCounts(answers("1xx - "), answers("3xx - ")),
                                                 addCounts(answers("4xx - "), answers("5xx - "))),
                              .failed = answers("others - ")};
    setCounts(into.report, counts);
    setRate(into.report, std::nullopt, 0);
    const auto row = words(firstLine(after(report, "Latency ")), 3);
    if (row.size() == 3) {
        into.report.averageSeconds = duration(row[0]);
        into.report.slowestSeconds = duration(row[2]);
    }
    const auto percentile = [&](std::string_view label) {
        return duration(firstLine(after(after(report, "Latency Distribution"), label)));
    };
    into.report.latency = {percentile(" 50% "), percentile(" 90% "), percentile(" 95% "),
                           percentile(" 99% ")};
    warnOfFailures(counts, into);
}

}  // namespace

const Tool bombardierTool{LoadFormat::bombardier, isBombardierJson, readBombardierJson,
                          isBombardierText, readBombardierText};

}  // namespace memfit::load
