#include "memfit/observe/load/json.h"
#include "memfit/observe/load/text.h"
#include "memfit/observe/load/tool.h"

namespace memfit::load {

namespace {

constexpr double nanosecond = 1e-9;
/// The code that fortio gives to failed connections.
constexpr int noAnswer = -1;

/// One of fortio's histograms: how many calls, and their times in seconds.
struct Histogram {
    std::optional<double> count, sum, min, max;
};

void dropMixed(ParsedLoad& into) {
    into.report.latency = {};
    into.warnings.emplace_back(
        "fortio's percentiles include requests that failed: they are left out");
}

/// Takes the failed calls out of what describes all calls.
void subtract(const Histogram& all, const Histogram& errors, ParsedLoad& into) {
    LoadReport& report = into.report;
    const double calls = all.count.value_or(0) - errors.count.value_or(0);
    const bool known = errors.count && errors.sum && all.sum && calls > 0;
    report.averageSeconds = known ? toSeconds((*all.sum - *errors.sum) / calls) : std::nullopt;
    // An extreme that is not that of the errors belongs to a success.
    if (!known || !errors.min || all.min == errors.min) report.fastestSeconds.reset();
    if (!known || !errors.max || all.max == errors.max) report.slowestSeconds.reset();
    dropMixed(into);
}

void fill(const StatusCounts& counts, const Histogram& all, const Histogram& errors,
          std::optional<double> rate, ParsedLoad& into) {
    LoadReport& report = into.report;
    setCounts(report, counts);
    setRate(report, rate, counts.total());
    report.fastestSeconds = toSeconds(all.min);
    report.slowestSeconds = toSeconds(all.max);
    report.averageSeconds =
        all.count && all.sum && *all.count > 0 ? toSeconds(*all.sum / *all.count) : std::nullopt;
    if (counts.failed + counts.other > 0) subtract(all, errors, into);
}

bool isFortioJson(const Json& object) {
    return object.contains("RunType") && object.contains("DurationHistogram");
}

Histogram histogramOf(const Json& object, std::string_view name) {
    return {number(object, {name, "Count"}), number(object, {name, "Sum"}),
            number(object, {name, "Min"}), number(object, {name, "Max"})};
}

void readPercentiles(const Json& object, Latency& latency) {
    const Json* const list = member(object, {"DurationHistogram", "Percentiles"});
    if (list == nullptr || !list->is_array()) return;
    for (const auto& entry : *list) {
        const auto percentile = number(entry, {"Percentile"});
        const auto value = seconds(entry, {"Value"}, 1);
        if (percentile == 50.0) latency.p50 = value;
        if (percentile == 90.0) latency.p90 = value;
        if (percentile == 95.0) latency.p95 = value;
        if (percentile == 99.0) latency.p99 = value;
    }
}

void addCode(StatusCounts& counts, std::string_view code, std::int64_t counted) {
    if (trimmed(code).starts_with('-')) {
        counts.add(noAnswer, counted, noAnswer);
    } else if (const auto status = toCount(leadingNumber(code)); status && *status <= 999) {
        counts.add(static_cast<int>(*status), counted, noAnswer);
    }
}

void readFortioJson(const Json& object, ParsedLoad& into) {
    LoadReport& report = into.report;
    report.totalSeconds = seconds(object, {"ActualDuration"}, nanosecond);
    report.bytes = toBytes(number(object, {"Sizes", "Sum"}));
    readPercentiles(object, report.latency);
    StatusCounts counts;
    forEachCount(object, {"RetCodes"},
                 [&](const std::string& code, auto counted) { addCode(counts, code, counted); });
    fill(counts, histogramOf(object, "DurationHistogram"),
         histogramOf(object, "ErrorsDurationHistogram"), number(object, {"ActualQPS"}), into);
}

bool isFortioText(const Material& material) {
    return contains(material.all, "Aggregated Function Time : count") &&
           contains(material.all, "Ended after ");
}

/// The row `… : count 40 avg 0.001 +/- 0.0002 min 0.0008 max 0.0015 sum 0.04`, in seconds.
Histogram histogramOf(std::string_view report, std::string_view title) {
    const auto line = firstLine(after(report, title));
    return {numberAfter(line, "count "), numberAfter(line, " sum "), numberAfter(line, " min "),
            numberAfter(line, " max ")};
}

void readFortioText(const Material& material, ParsedLoad& into) {
    const auto report = fromLast(material.all, "Ended after ");
    LoadReport& load = into.report;
    load.totalSeconds = duration(before(after(report, "Ended after "), " :"));
    const auto percentile = [&](std::string_view label) {
        return toSeconds(numberAfter(report, label));
    };
    load.latency = {percentile("# target 50% "), percentile("# target 90% "),
                    percentile("# target 95% "), percentile("# target 99% ")};
    load.bytes = toBytes(
        numberAfter(firstLine(after(report, "Response Body/Total Sizes : count")), " sum "));
    StatusCounts counts;
    forEachLine(report, [&](std::string_view line) {
        if (!contains(line, "Code ") || !contains(line, " : ")) return;
        addCode(counts, before(after(line, "Code "), ":"), countAfter(line, " : ").value_or(0));
    });
    fill(counts, histogramOf(report, "Aggregated Function Time :"),
         histogramOf(report, "Error cases :"), numberAfter(report, "qps="), into);
}

}  // namespace

const Tool fortioTool{LoadFormat::fortio, isFortioJson, readFortioJson, isFortioText,
                      readFortioText};

}  // namespace memfit::load
