#include <algorithm>

#include "memfit/observe/load/json.h"
#include "memfit/observe/load/text.h"
#include "memfit/observe/load/tool.h"

namespace memfit::load {

namespace {

constexpr double millisecond = 1e-3;

bool isAutocannonJson(const Json& object) {
    return object.contains("non2xx") && member(object, {"latency", "p97_5"}) != nullptr;
}

void readAutocannonJson(const Json& object, ParsedLoad& into) {
    LoadReport& report = into.report;
    report.totalSeconds = seconds(object, {"duration"}, 1);
    report.bytes = count(object, {"throughput", "total"});
    const auto answered = count(object, {"2xx"});
    const auto other = count(object, {"non2xx"});
    const auto errors = count(object, {"errors"});
    // Timeouts are among the errors; requests.sent also counts what was under way at the end.
    if (answered && other && errors) {
        setPrintedCounts(report, {.success = *answered, .other = *other, .failed = *errors});
    }
    setRateOver(report, report.totalSeconds);
    report.fastestSeconds = seconds(object, {"latency", "min"}, millisecond);
    report.slowestSeconds = seconds(object, {"latency", "max"}, millisecond);
    report.averageSeconds = seconds(object, {"latency", "average"}, millisecond);
    // The minimum leaves answers below 1 ms out and the average counts them as 0: both are wrong
    // where there are many.
    if (report.averageSeconds && *report.averageSeconds < millisecond) {
        report.fastestSeconds.reset();
        report.averageSeconds.reset();
    }
    report.latency = {seconds(object, {"latency", "p50"}, millisecond),
                      seconds(object, {"latency", "p90"}, millisecond), std::nullopt,
                      seconds(object, {"latency", "p99"}, millisecond)};
}

bool isAutocannonTable(const Material& material) {
    return contains(material.all, "Req/Bytes counts sampled");
}

/// A count of the table: `56k` is 56 thousand, to the nearest thousand.
struct TableCount {
    std::int64_t value = 0;
    bool rounded = false;
};

/// The count at the start of the line that goes on with `words`.
std::optional<TableCount> tableCount(std::string_view report, std::string_view words) {
    if (!contains(report, words)) return std::nullopt;
    const auto head = before(report, words);
    const auto measure = leadingMeasure(head.substr(head.rfind('\n') + 1));
    if (!measure) return std::nullopt;
    const bool rounded = !measure->unit.empty();
    const auto unit = bytesPer(measure->unit, 1000);
    const auto value = unit ? toCount(measure->value * *unit) : std::nullopt;
    return value ? std::optional(TableCount{*value, rounded}) : std::nullopt;
}

/// Without the line of `90 2xx responses, 10 non 2xx responses`. `requests` are the sent.
void fillTableCounts(const std::optional<TableCount>& requests,
                     const std::optional<TableCount>& errors, bool readNothing, LoadReport& load) {
    const auto failed = errors ? errors->value : 0;
    if (readNothing) {
        // Those sent and neither answered nor failed were under way at the end.
        if (failed > 0) load.requests = failed;
        if (failed == 0) load.errors.reset();
        reportNoAnswer(load);
        return;
    }
    const bool rounded = (requests && requests->rounded) || (errors && errors->rounded);
    // Rounding may have hidden the few that were answered.
    if (!requests || !load.errors || (rounded && requests->value <= failed)) return;
    load.requests = std::max(requests->value, failed);
}

/// Only what no locale touches: the duration, the counts in the lines below the table, and the line
/// `90 2xx responses, 10 non 2xx responses` that is printed when there are such.
void readAutocannonTable(const Material& material, ParsedLoad& into) {
    into.warnings.emplace_back(
        "autocannon's table is rounded and follows the locale: little of it is read; use "
        "autocannon -j");
    const auto report = fromLast(material.all, "Req/Bytes counts sampled");
    const auto summary = firstLine(after(report, " requests in "));
    LoadReport& load = into.report;
    load.totalSeconds = duration(before(summary, ","));
    if (summary.empty()) return;
    const bool printsErrors = contains(report, " errors (");
    const auto errors = tableCount(report, " errors (");
    if (errors) load.errors = errors->value;
    if (!printsErrors) load.errors = 0;
    const auto head = before(report, " 2xx responses, ");
    const auto success = toCount(leadingNumber(head.substr(head.rfind('\n') + 1)));
    const auto other = countAfter(report, " 2xx responses, ");
    if (success && other) {
        load.non2xx = other;
        if (load.errors) {
            setCounts(load, {.success = *success, .other = *other, .failed = *load.errors});
        }
        if (load.totalSeconds) {
            load.requestsPerSecond = static_cast<double>(*success) / *load.totalSeconds;
        }
    } else {
        fillTableCounts(tableCount(report, " requests in "), errors, contains(summary, " 0 B read"),
                        load);
    }
}

}  // namespace

const Tool autocannonTool{LoadFormat::autocannon, isAutocannonJson, readAutocannonJson,
                          isAutocannonTable, readAutocannonTable};

}  // namespace memfit::load
