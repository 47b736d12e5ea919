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
        setCounts(report, {.success = *answered, .other = *other, .failed = *errors});
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

/// `46k errors (0 timeouts)`: exact below a thousand only. No line: no errors.
std::optional<std::int64_t> tableErrors(std::string_view report) {
    if (!contains(report, " errors (")) return 0;
    const auto head = before(report, " errors (");
    const auto line = head.substr(head.rfind('\n') + 1);
    const auto measure = leadingMeasure(line);
    if (!measure || !measure->unit.empty()) return std::nullopt;
    return toCount(measure->value);
}

/// Only what no locale touches: the duration, and the line `90 2xx responses, 10 non 2xx responses`
/// that is printed when there are such.
void readAutocannonTable(const Material& material, ParsedLoad& into) {
    into.warnings.emplace_back(
        "autocannon's table is rounded and follows the locale: little of it is read; use "
        "autocannon -j");
    const auto report = fromLast(material.all, "Req/Bytes counts sampled");
    const auto summary = firstLine(after(report, " requests in "));
    LoadReport& load = into.report;
    load.totalSeconds = duration(before(summary, ","));
    if (summary.empty()) return;
    const auto errors = tableErrors(report);
    load.errors = errors;
    const auto head = before(report, " 2xx responses, ");
    const auto success = toCount(leadingNumber(head.substr(head.rfind('\n') + 1)));
    const auto other = countAfter(report, " 2xx responses, ");
    if (success && other) {
        load.non2xx = other;
        if (errors) setCounts(load, {.success = *success, .other = *other, .failed = *errors});
        if (load.totalSeconds) {
            load.requestsPerSecond = static_cast<double>(*success) / *load.totalSeconds;
        }
    } else if (contains(summary, " 0 B read") && errors != 0) {
        reportUnreachable(load);
        if (errors) load.requests = load.errors = errors;
    }
}

}  // namespace

const Tool autocannonTool{LoadFormat::autocannon, isAutocannonJson, readAutocannonJson,
                          isAutocannonTable, readAutocannonTable};

}  // namespace memfit::load
