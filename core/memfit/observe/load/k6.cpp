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
    report.requests = figures.requests;
    if (figures.requests && !figures.failed) {
        into.warnings.emplace_back(
            "k6 before 0.31, or without http_req_failed, does not count failed requests: errors "
            "and the rate are not known");
    }
    if (figures.requests && figures.failed) {
        const auto failed = std::min(*figures.failed, *figures.requests);
        report.errors = failed;
        setRate(report, figures.rate, *figures.requests);
        if (failed > 0) {
            into.warnings.emplace_back(
                "k6 does not distinguish answers with an error status from failed connections: its "
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

/// A row of the summary: `name....: value`, or without the dots, or without the colon. A name may
/// carry a selector, `http_req_duration{expected_response:true}`, or be one.
struct Row {
    std::string_view name, value;
};

/// Marks of thresholds that hold or not, before a row.
std::string_view withoutMark(std::string_view line) {
    for (const std::string_view mark : {"\xE2\x9C\x93", "\xE2\x9C\x97"}) {
        if (line.starts_with(mark)) line.remove_prefix(mark.size());
    }
    return trimmed(line);
}

bool isNameByte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/// nullopt when the line is not a row: the heading of a threshold is a name alone.
std::optional<Row> rowOf(std::string_view text) {
    const auto line = withoutMark(trimmed(text));
    const auto* const nameEnd = std::ranges::find_if_not(line, isNameByte);
    auto size = static_cast<std::size_t>(nameEnd - line.begin());
    if (line.substr(size).starts_with('{')) {
        const auto close = line.find('}', size);
        if (close == std::string_view::npos) return std::nullopt;
        size = close + 1;
    }
    if (size == 0) return std::nullopt;
    auto value = line.substr(size);
    value.remove_prefix(std::min(value.size(), value.find_first_not_of(". \t")));
    if (value.starts_with(':')) value.remove_prefix(1);
    value = trimmed(value);
    if (value.empty() || value.size() == line.size() - size) return std::nullopt;
    return Row{line.substr(0, size), value};
}

/// The rows that are read, of the last run in a text.
struct Summary {
    std::string_view requests, failed, durations, expected, received;
};

/// The rows of the whole run stand below TOTAL RESULTS, those of a threshold, a group or a scenario
/// below headings of their own. Before 1.0 there are no such headings.
bool isOfTheWholeRun(std::string_view heading) {
    return !contains(heading, "THRESHOLDS") && !contains(heading, "GROUP:") &&
           !contains(heading, "SCENARIO:");
}

Summary summaryOf(std::string_view text) {
    static constexpr std::string_view block = "\xE2\x96\x88";
    Summary summary;
    bool whole = true;
    std::string_view parent;
    // A name that comes again begins the next run.
    const auto set = [&](std::string_view& target, std::string_view value) {
        if (!target.empty()) summary = {};
        target = value;
    };
    forEachLine(text, [&](std::string_view line) {
        if (trimmed(line).starts_with(block)) {
            whole = isOfTheWholeRun(line);
            if (contains(line, "TOTAL RESULTS")) summary = {};
            return;
        }
        const auto row = whole ? rowOf(line) : std::nullopt;
        if (!row) return;
        const bool selector = contains(row->name, "{");
        if (selector && contains(row->name, "expected_response:true") &&
            (row->name.starts_with(allDurations) || parent == allDurations)) {
            summary.expected = row->value;
        }
        if (selector) return;
        parent = row->name;
        if (parent == "http_reqs") set(summary.requests, row->value);
        if (parent == "http_req_failed") set(summary.failed, row->value);
        if (parent == allDurations) set(summary.durations, row->value);
        if (parent == "data_received") set(summary.received, row->value);
    });
    return summary;
}

bool isK6Text(const Material& material) {
    const auto summary = summaryOf(material.all);
    return toCount(leadingNumber(summary.requests)) && contains(summary.durations, "avg=");
}

/// `avg=25ms min=0s med=27ms max=51.2ms p(90)=45ms`; once with commas, and `p90=`.
void readTextTrend(std::string_view line, LoadReport& report) {
    const auto time = [&](std::string_view label) {
        return duration(before(before(after(line, label), " "), ","));
    };
    const auto percentile = [&](std::string_view label, std::string_view old) {
        const auto read = time(label);
        return read ? read : time(old);
    };
    report.averageSeconds = time("avg=");
    report.fastestSeconds = time("min=");
    report.slowestSeconds = time("max=");
    report.latency = {time("med="), percentile("p(90)=", "p90="), percentile("p(95)=", "p95="),
                      percentile("p(99)=", "p99=")};
}

/// `12.50%  5 out of 40`, before 1.0 `12.50% ✓ 5 ✗ 35`: the first count is that of the failures.
std::optional<std::int64_t> failedIn(std::string_view line) {
    const auto parts = words(after(line, "%"), 3);
    if (parts.empty()) return std::nullopt;
    const auto plain = toCount(leadingNumber(parts[0]));
    return plain || parts.size() < 2 ? plain : toCount(leadingNumber(parts[1]));
}

void readK6Text(const Material& material, ParsedLoad& into) {
    const auto summary = summaryOf(material.all);
    const auto requests = words(summary.requests, 2);
    Figures figures;
    figures.requests = toCount(leadingNumber(summary.requests));
    figures.failed = failedIn(summary.failed);
    if (requests.size() == 2) {
        auto rate = requests[1];
        if (rate.starts_with('(')) rate.remove_prefix(1);
        figures.rate = leadingNumber(rate);
    }
    figures.onlyExpected = !summary.expected.empty();
    readTextTrend(figures.onlyExpected ? summary.expected : summary.durations, into.report);
    if (const auto received = leadingMeasure(summary.received)) {
        const auto unit = bytesPer(received->unit, 1000);
        if (unit) into.report.bytes = toBytes(received->value, *unit);
    }
    fill(figures, into);
}

}  // namespace

const Tool k6Tool{LoadFormat::k6, isK6Json, readK6Json, isK6Text, readK6Text};

}  // namespace memfit::load
