#include "memfit/observe/load/distribution.h"
#include "memfit/observe/load/json.h"
#include "memfit/observe/load/text.h"
#include "memfit/observe/load/tool.h"

namespace memfit::load {

namespace {

constexpr int noStatus = -1;

bool isOhaJson(const Json& object) {
    return member(object, {"summary", "successRate"}) != nullptr &&
           object.contains("latencyPercentiles");
}

Distribution distributionOf(const Json& object) {
    Distribution distribution;
    forEachCount(object, {"statusCodeDistribution"}, [&](const std::string& name, auto counted) {
        const auto status = toCount(leadingNumber(name));
        if (status && *status <= 999) {
            distribution.counts.add(static_cast<int>(*status), counted, noStatus);
        }
    });
    forEachCount(object, {"errorDistribution"}, [&](const std::string& name, auto counted) {
        if (contains(name, "aborted due to deadline")) {
            distribution.aborted = addCounts(distribution.aborted, counted);
        } else {
            distribution.counts.add(noStatus, counted, noStatus);
        }
    });
    return distribution;
}

/// Requests cut off at the deadline count only where there is nothing else: then nothing was
/// answered. oha's rate counts the aborted requests too, its success rate only speaks of the
/// transport.
void setFigures(LoadReport& report, const Distribution& distribution, std::optional<double> rate) {
    auto counts = distribution.counts;
    if (counts.total() == 0) counts.failed = distribution.aborted;
    setCounts(report, counts);
    setRate(report, rate, addCounts(distribution.counts.total(), distribution.aborted));
    if (counts.total() == 0 && rate == 0.0) reportNoAnswer(report);
}

void readOhaJson(const Json& object, ParsedLoad& into) {
    LoadReport& report = into.report;
    report.totalSeconds = seconds(object, {"summary", "total"}, 1);
    report.fastestSeconds = seconds(object, {"summary", "fastest"}, 1);
    report.slowestSeconds = seconds(object, {"summary", "slowest"}, 1);
    report.averageSeconds = seconds(object, {"summary", "average"}, 1);
    report.bytes = count(object, {"summary", "totalData"});
    report.latency = {seconds(object, {"latencyPercentiles", "p50"}, 1),
                      seconds(object, {"latencyPercentiles", "p90"}, 1),
                      seconds(object, {"latencyPercentiles", "p95"}, 1),
                      seconds(object, {"latencyPercentiles", "p99"}, 1)};
    setFigures(report, distributionOf(object), number(object, {"summary", "requestsPerSec"}));
}

std::string_view summaryOf(const Material& material) {
    return fromLast(material.all, "Success rate:");
}

bool isOhaText(const Material& material) {
    return contains(material.all, "Summary:") && contains(summaryOf(material), "Requests/sec:");
}

void readOhaText(const Material& material, ParsedLoad& into) {
    const auto report = summaryOf(material);
    readTimes(report, into.report);
    if (const auto data = leadingMeasure(firstLine(after(report, "Total data:")))) {
        const auto unit = bytesPer(data->unit, 1000);
        if (unit) into.report.bytes = toBytes(data->value, *unit);
    }
    setFigures(into.report, readDistribution(report), numberAfter(report, "Requests/sec:"));
}

}  // namespace

const Tool ohaTool{LoadFormat::oha, isOhaJson, readOhaJson, isOhaText, readOhaText};

}  // namespace memfit::load
