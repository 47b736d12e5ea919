#include <algorithm>

#include "memfit/observe/load/json.h"
#include "memfit/observe/load/text.h"
#include "memfit/observe/load/tool.h"

namespace memfit::load {

namespace {

constexpr double millisecond = 1e-3;
constexpr std::string_view allDurations = "http_req_duration";
constexpr std::string_view expectedDurations = "http_req_duration{expected_response:true}";

/// What the forms of k6's summary have in common. Failures are requests that got no answer or an
/// unexpected one (by default 400 and above); k6 does not tell the two apart.
struct Figures {
    std::optional<std::int64_t> requests, failed;
    std::optional<double> rate;
    bool onlyExpected = false;  ///< latencies are those of expected answers
};

void fill(const Figures& figures, ParsedLoad& into) {
    LoadReport& report = into.report;
    if (figures.requests && figures.failed) {
        const auto failed = std::min(*figures.failed, *figures.requests);
        report.requests = figures.requests;
        report.errors = failed;
        setRate(report, figures.rate, *figures.requests);
        if (failed > 0) {
            into.warnings.emplace_back(
                "k6 does not tell answers with an error status from connections that failed: its "
                "errors are both");
        }
        if (failed > 0 && !figures.onlyExpected) {
            into.warnings.emplace_back("k6's latencies include requests that failed");
        }
    }
    if (!report.totalSeconds && figures.requests && figures.rate && *figures.rate > 0) {
        report.totalSeconds = toSeconds(static_cast<double>(*figures.requests) / *figures.rate);
    }
}

void readTrend(const Json& trend, LoadReport& report) {
    report.fastestSeconds = seconds(trend, {"min"}, millisecond);
    report.slowestSeconds = seconds(trend, {"max"}, millisecond);
    report.averageSeconds = seconds(trend, {"avg"}, millisecond);
    report.latency = {seconds(trend, {"med"}, millisecond), seconds(trend, {"p(90)"}, millisecond),
                      seconds(trend, {"p(95)"}, millisecond),
                      seconds(trend, {"p(99)"}, millisecond)};
}

/// The metrics of a summary: an object by name, or since 1.5 a list of {name, values}.
class Metrics {
public:
    explicit Metrics(const Json& summary) {
        if (const Json* const list = member(summary, {"results", "metrics"})) {
            list_ = list;
        } else {
            byName_ = member(summary, {"metrics"});
        }
    }

    [[nodiscard]] bool isList() const { return list_ != nullptr; }

    /// The values of one metric, or nullptr.
    [[nodiscard]] const Json* values(std::string_view name) const {
        if (list_ != nullptr) return listed(name);
        if (byName_ == nullptr) return nullptr;
        const Json* const metric = member(*byName_, {name});
        if (metric == nullptr) return nullptr;
        const Json* const nested = member(*metric, {"values"});
        return nested != nullptr ? nested : metric;
    }

private:
    [[nodiscard]] const Json* listed(std::string_view name) const {
        if (!list_->is_array()) return nullptr;
        for (const auto& metric : *list_) {
            const Json* const own = member(metric, {"name"});
            if (own != nullptr && own->is_string() && *own == name) {
                return member(metric, {"values"});
            }
        }
        return nullptr;
    }

    const Json* list_ = nullptr;
    const Json* byName_ = nullptr;
};

bool isK6Json(const Json& object) {
    const Metrics metrics(object);
    if (metrics.isList()) return object.contains("config") || object.contains("metadata");
    return object.contains("root_group") && object.contains("metrics");
}

void readK6Json(const Json& object, ParsedLoad& into) {
    const Metrics metrics(object);
    LoadReport& report = into.report;
    report.totalSeconds = metrics.isList()
                              ? seconds(object, {"config", "duration"}, 1)
                              : seconds(object, {"state", "testRunDurationMs"}, millisecond);
    Figures figures;
    if (const Json* const all = metrics.values("http_reqs")) {
        figures.requests = count(*all, {"count"});
        figures.rate = number(*all, {"rate"});
        if (!figures.rate && figures.requests && report.totalSeconds) {
            figures.rate = static_cast<double>(*figures.requests) / *report.totalSeconds;
        }
    }
    // A rate metric named "failed": what it calls passes or matches are the failures.
    if (const Json* const failed = metrics.values("http_req_failed")) {
        const auto passes = count(*failed, {"passes"});
        figures.failed = passes ? passes : count(*failed, {"matches"});
    }
    const Json* const expected = metrics.values(expectedDurations);
    figures.onlyExpected = expected != nullptr;
    const Json* const trend = expected != nullptr ? expected : metrics.values(allDurations);
    if (trend != nullptr) readTrend(*trend, report);
    if (const Json* const received = metrics.values("data_received")) {
        report.bytes = count(*received, {"count"});
    }
    fill(figures, into);
}

/// What follows `name....: ` in the summary at the end of a run.
std::string_view row(std::string_view text, std::string_view name) {
    const auto line = firstLine(after(text, name));
    return line.starts_with('.') ? trimmed(after(line, ": ")) : std::string_view{};
}

bool isK6Text(const Material& material) {
    return !row(material.all, "http_reqs").empty() && !row(material.all, "http_req_failed").empty();
}

void readTextTrend(std::string_view line, LoadReport& report) {
    const auto time = [&](std::string_view label) {
        return duration(before(after(line, label), " "));
    };
    report.averageSeconds = time("avg=");
    report.fastestSeconds = time("min=");
    report.slowestSeconds = time("max=");
    report.latency = {time("med="), time("p(90)="), time("p(95)="), time("p(99)=")};
}

/// `12.50%  5 out of 40`, before 1.0 `12.50% ✓ 5 ✗ 35`: the first count is that of the failures.
std::optional<std::int64_t> failedIn(std::string_view line) {
    const auto parts = words(after(line, "%"), 3);
    if (parts.empty()) return std::nullopt;
    const auto plain = toCount(leadingNumber(parts[0]));
    return plain || parts.size() < 2 ? plain : toCount(leadingNumber(parts[1]));
}

void readK6Text(const Material& material, ParsedLoad& into) {
    const std::string_view text = material.all;
    const auto requests = words(row(text, "http_reqs"), 2);
    Figures figures;
    figures.failed = failedIn(row(text, "http_req_failed"));
    if (requests.size() == 2) {
        figures.requests = toCount(leadingNumber(requests[0]));
        figures.rate = leadingNumber(requests[1]);
    }
    const auto expected = row(text, "{ expected_response:true }");
    figures.onlyExpected = !expected.empty();
    readTextTrend(expected.empty() ? row(text, allDurations) : expected, into.report);
    if (const auto received = leadingMeasure(row(text, "data_received"))) {
        const auto unit = bytesPer(received->unit, 1000);
        if (unit) into.report.bytes = toBytes(received->value, *unit);
    }
    fill(figures, into);
}

}  // namespace

const Tool k6Tool{LoadFormat::k6, isK6Json, readK6Json, isK6Text, readK6Text};

}  // namespace memfit::load
