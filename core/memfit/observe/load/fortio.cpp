#include <algorithm>
#include <array>
#include <utility>

#include "memfit/observe/load/json.h"
#include "memfit/observe/load/text.h"
#include "memfit/observe/load/tool.h"

namespace memfit::load {

namespace {

constexpr double nanosecond = 1e-9;
/// What fortio's codes mean: HTTP statuses, gRPC health statuses, or `OK` beside error messages.
enum class Codes : std::uint8_t { http, grpc, connection };

/// The code that fortio gives to failed connections.
constexpr int noAnswer = -1;
/// Stand for an answer with success, and for one without.
constexpr int success = 200;
constexpr int noSuccess = 500;

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
    if (all.count == 0.0) setPrintedCounts(report, counts);
    setRate(report, rate, counts.total());
    report.fastestSeconds = toSeconds(all.min);
    report.slowestSeconds = toSeconds(all.max);
    report.averageSeconds =
        all.count && all.sum && *all.count > 0 ? toSeconds(*all.sum / *all.count) : std::nullopt;
    if (counts.failed + counts.other > 0) subtract(all, errors, into);
}

/// nighthawk's output in fortio's form has its counts in quotes.
bool isFortioJson(const Json& object) {
    const Json* const counted = member(object, {"DurationHistogram", "Count"});
    return object.contains("RunType") && object.contains("DurationHistogram") &&
           (counted == nullptr || !counted->is_string());
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

/// Of a gRPC run: the name or, in older versions, the number of a health status; a call that failed
/// is ERROR or -1 (fgrpc/grpcrunner.go).
int statusOfGrpc(std::string_view code) {
    if (code == "SERVING" || code == "1") return success;
    return code == "ERROR" || code.starts_with('-') ? noAnswer : noSuccess;
}

int statusOfHttp(std::string_view code) {
    const auto status = toCount(leadingNumber(code));
    if (status && *status <= 999) return static_cast<int>(*status);
    return noAnswer;
}

void addCode(StatusCounts& counts, Codes codes, std::string_view name, std::int64_t counted) {
    const auto code = trimmed(name);
    switch (codes) {
        case Codes::http:
            if (code.starts_with('-') || leadingNumber(code)) {
                counts.add(statusOfHttp(code), counted, noAnswer);
            }
            break;
        case Codes::grpc:
            counts.add(statusOfGrpc(code), counted, noAnswer);
            break;
        case Codes::connection:
            counts.add(code == "OK" ? success : noAnswer, counted, noAnswer);
            break;
    }
}

/// By `RunType`: `HTTP`, `GRPC Ping …`, `GRPC Health for …`, `TCP`, `UDP`.
Codes codesOf(const Json& object) {
    const Json* const member = load::member(object, {"RunType"});
    const auto type = member->is_string() ? member->get<std::string>() : std::string{};
    if (type.starts_with("GRPC")) return Codes::grpc;
    return type.starts_with("TCP") || type.starts_with("UDP") ? Codes::connection : Codes::http;
}

void readFortioJson(const Json& object, ParsedLoad& into) {
    LoadReport& report = into.report;
    report.totalSeconds = seconds(object, {"ActualDuration"}, nanosecond);
    const auto codes = codesOf(object);
    report.bytes = codes == Codes::connection ? count(object, {"BytesReceived"})
                                              : toBytes(number(object, {"Sizes", "Sum"}));
    readPercentiles(object, report.latency);
    StatusCounts counts;
    forEachCount(object, {"RetCodes"}, [&](const std::string& code, auto counted) {
        addCode(counts, codes, code, counted);
    });
    fill(counts, histogramOf(object, "DurationHistogram"),
         histogramOf(object, "ErrorsDurationHistogram"), number(object, {"ActualQPS"}), into);
}

constexpr std::string_view functionTime = "Aggregated Function Time : count";

bool isFortioText(const Material& material) {
    return contains(material.all, functionTime);
}

/// The row `… : count 40 avg 0.001 +/- 0.0002 min 0.0008 max 0.0015 sum 0.04`, in seconds.
Histogram histogramOf(std::string_view report, std::string_view title) {
    const auto line = firstLine(after(report, title));
    return {numberAfter(line, "count "), numberAfter(line, " sum "), numberAfter(line, " min "),
            numberAfter(line, " max ")};
}

/// The lines `# target 50% 0.0281` right below the title of a histogram: it ends where a line
/// begins otherwise. The sleep times and the error cases may have histograms of their own.
Latency percentilesBelow(std::string_view report) {
    Latency latency;
    auto rest = after(report, "\n");
    while (!rest.empty()) {
        const auto line = firstLine(rest);
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
        if (trimmed(line).empty()) continue;
        if (!line.starts_with('#') && !line.starts_with('>')) break;
        const auto target = [&](std::string_view label, std::optional<double>& into) {
            if (line.starts_with(label)) into = toSeconds(numberAfter(line, label));
        };
        target("# target 50% ", latency.p50);
        target("# target 90% ", latency.p90);
        target("# target 95% ", latency.p95);
        target("# target 99% ", latency.p99);
    }
    return latency;
}

/// One of `Code 200 : 40 (100.0 %)`, `Health SERVING : 40`, `Ping SERVING : 40`, `tcp OK : 40 (…)`.
void addCodeLine(StatusCounts& counts, std::string_view line) {
    static constexpr std::array<std::pair<std::string_view, Codes>, 5> kinds{{
        {"Code ", Codes::http},
        {"Health ", Codes::grpc},
        {"Ping ", Codes::grpc},
        {"tcp ", Codes::connection},
        {"udp ", Codes::connection},
    }};
    const auto colon = line.rfind(" : ");
    if (colon == std::string_view::npos) return;
    const auto counted = toCount(leadingNumber(line.substr(colon + 3)));
    for (const auto& [label, codes] : kinds) {
        if (!line.starts_with(label) || !counted) continue;
        addCode(counts, codes, line.substr(label.size(), colon - label.size()), *counted);
    }
}

/// The line `Ended after 4.0001s : 400 calls. qps=99.998` of the run whose times follow; -quiet has
/// none. What stands between is the same run's: the sleep times.
std::string_view endLine(std::string_view head) {
    const auto end = fromLast(head, "Ended after ");
    return contains(end, functionTime) || contains(end, "All done ") ? std::string_view{}
                                                                     : firstLine(end);
}

void readFortioText(const Material& material, ParsedLoad& into) {
    const std::string_view all = material.all;
    const auto at = all.rfind(functionTime);
    const auto ended = endLine(all.substr(0, at));
    const auto body = before(all.substr(at), "\nAll done ");
    LoadReport& load = into.report;
    load.latency = percentilesBelow(body);
    const auto tcp = firstLine(after(body, "Total Bytes sent: "));
    load.bytes = tcp.empty()
                     ? toBytes(numberAfter(
                           firstLine(after(body, "Response Body/Total Sizes : count")), " sum "))
                     : countAfter(tcp, "received: ");
    StatusCounts counts;
    forEachLine(body, [&](std::string_view line) { addCodeLine(counts, trimmed(line)); });
    const auto times = histogramOf(body, "Aggregated Function Time :");
    auto rate = numberAfter(ended, "qps=");
    load.totalSeconds = duration(before(after(ended, "Ended after "), " :"));
    if (ended.empty()) {
        // `All done 400 calls (plus 4 warmup) 28.300 ms avg, 100.0 qps` is all that -quiet says.
        rate = numberAfter(firstLine(after(all.substr(at), "\nAll done ")), " avg, ");
        if (times.count && rate > 0.0) load.totalSeconds = toSeconds(*times.count / *rate);
    }
    fill(counts, times, histogramOf(body, "Error cases :"), rate, into);
}

}  // namespace

const Tool fortioTool{LoadFormat::fortio, isFortioJson, readFortioJson, isFortioText,
                      readFortioText};

}  // namespace memfit::load
