#include "memfit/trial/floor.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "memfit/trial/words.h"

namespace memfit {

namespace {

enum class Dimension { rate, time, failures };

using Figure = std::optional<double> (*)(const LoadReport&);

struct Metric {
    std::string_view name;
    Dimension dimension;
    Figure figure;
};

std::optional<double> failures(const LoadReport& report) {
    const auto successes = report.successes();
    if (report.requests && successes) return static_cast<double>(*report.requests - *successes);
    if (!report.errors && !report.non2xx) return std::nullopt;
    return static_cast<double>(report.errors.value_or(0)) +
           static_cast<double>(report.non2xx.value_or(0));
}

constexpr std::array metrics{
    Metric{"rps", Dimension::rate, [](const LoadReport& r) { return r.requestsPerSecond; }},
    Metric{"p50", Dimension::time, [](const LoadReport& r) { return r.latency.p50; }},
    Metric{"p90", Dimension::time, [](const LoadReport& r) { return r.latency.p90; }},
    Metric{"p95", Dimension::time, [](const LoadReport& r) { return r.latency.p95; }},
    Metric{"p99", Dimension::time, [](const LoadReport& r) { return r.latency.p99; }},
    Metric{"avg", Dimension::time, [](const LoadReport& r) { return r.averageSeconds; }},
    Metric{"max", Dimension::time, [](const LoadReport& r) { return r.slowestSeconds; }},
    Metric{"total", Dimension::time, [](const LoadReport& r) { return r.totalSeconds; }},
    Metric{"errors", Dimension::failures, failures},
};

const Metric* findMetric(std::string_view name) {
    const auto* const found = std::ranges::find(metrics, name, &Metric::name);
    return found == metrics.end() ? nullptr : found;
}

struct Value {
    double number = 0;
    std::string_view unit;
};

std::optional<Value> parseValue(std::string_view text) {
    Value value;
    const char* const begin = text.data();
    const char* const end = begin + text.size();
    const auto [stop, error] = std::from_chars(begin, end, value.number, std::chars_format::fixed);
    if (error != std::errc() || !std::isfinite(value.number) || std::signbit(value.number))
        return std::nullopt;
    value.unit = trimmed(text.substr(static_cast<std::size_t>(stop - begin)));
    return value;
}

std::optional<double> secondsPerUnit(std::string_view unit) {
    if (unit == "s") return 1;
    if (unit == "ms") return 1e-3;
    if (unit == "us") return 1e-6;
    return std::nullopt;
}

/// Reads the value into the term; false when its unit does not fit the metric.
bool readValue(const Value& value, Dimension dimension, Floor::Term& term) {
    term.value = value.number;
    term.relative = value.unit == "x" && dimension != Dimension::failures;
    term.share = value.unit == "%" && dimension == Dimension::failures;
    if (term.relative || term.share) return true;
    if (dimension != Dimension::time) return value.unit.empty();
    const auto scale = secondsPerUnit(value.unit);
    term.value *= scale.value_or(0);
    return scale.has_value();
}

std::string_view valueHint(Dimension dimension) {
    switch (dimension) {
        case Dimension::rate:
            return "a number of requests per second, or 0.9x";
        case Dimension::time:
            return "a time with us, ms or s, or 1.5x";
        case Dimension::failures:
            break;
    }
    return "a number of requests, or a share like 0.1%";
}

Result<Floor::Term> parseTerm(std::string_view text) {
    const auto comparator = text.find_first_of("<>=");
    const auto name = trimmed(text.substr(0, comparator));
    const auto* const metric = findMetric(name);
    if (metric == nullptr)
        return usageError(fmt::format("--floor: `{}` in `{}` is not a known figure", name, text),
                          "use rps, p50, p90, p95, p99, avg, max, total or errors");

    Floor::Term term;
    term.metric = name;
    term.atLeast = metric->dimension == Dimension::rate;
    const std::string_view wanted = term.atLeast ? ">=" : "<=";
    if (comparator == std::string_view::npos || text.substr(comparator, 2) != wanted)
        return usageError(fmt::format("--floor: `{}` is not a floor", text),
                          fmt::format("write {}{}VALUE", name, wanted));

    const auto value = parseValue(trimmed(text.substr(comparator + 2)));
    if (!value || !readValue(*value, metric->dimension, term))
        return usageError(fmt::format("--floor: the value in `{}` does not fit", text),
                          fmt::format("{} takes {}", name, valueHint(metric->dimension)));
    return term;
}

struct Shown {
    double scale = 1;
    std::string_view unit;
};

Shown unitFor(const Floor::Term& term, Dimension dimension, double bound) {
    if (term.share) return {1, " %"};
    if (dimension != Dimension::time) return {};
    if (bound >= 1) return {1, " s"};
    if (bound >= 1e-3) return {1e3, " ms"};
    return {1e6, " us"};
}

std::string withDecimals(double value, int decimals) {
    auto text = fmt::format("{:.{}f}", value, decimals);
    if (text.find('.') == std::string::npos) return text;
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text;
}

/// Both figures with as few decimals as tell them apart.
std::string clause(const Floor::Term& term, const Shown& shown, double actual, double bound) {
    constexpr int most = 9;
    for (int decimals = 1;; ++decimals) {
        const auto left = withDecimals(actual * shown.scale, decimals);
        const auto right = withDecimals(bound * shown.scale, decimals);
        if (left == right && decimals < most) continue;
        return fmt::format("{} {}{} is {} {}{}", term.metric, left, shown.unit,
                           term.atLeast ? "below" : "above", right, shown.unit);
    }
}

std::optional<double> actualOf(const Floor::Term& term, const Metric& metric,
                               const LoadReport& report) {
    const auto figure = metric.figure(report);
    if (!figure || !term.share) return figure;
    if (!report.requests || *report.requests <= 0) return std::nullopt;
    return 100 * *figure / static_cast<double>(*report.requests);
}

std::optional<double> boundOf(const Floor::Term& term, const Metric& metric,
                              const std::optional<LoadReport>& unlimited) {
    if (!term.relative) return term.value;
    if (!unlimited) return std::nullopt;
    const auto reference = metric.figure(*unlimited);
    if (!reference) return std::nullopt;
    return term.value * *reference;
}

std::optional<std::string> unchecked(const Floor::Term& term, const LoadReport& report,
                                     const std::optional<LoadReport>& unlimited) {
    const auto* const metric = findMetric(term.metric);
    if (metric == nullptr || !actualOf(term, *metric, report))
        return fmt::format("{} is not known", term.metric);
    if (!boundOf(term, *metric, unlimited))
        return fmt::format("{} without a limit is not known", term.metric);
    return std::nullopt;
}

std::optional<std::string> missed(const Floor::Term& term, const LoadReport& report,
                                  const std::optional<LoadReport>& unlimited) {
    const auto* const metric = findMetric(term.metric);
    if (metric == nullptr) return std::nullopt;
    const auto actual = actualOf(term, *metric, report);
    const auto bound = boundOf(term, *metric, unlimited);
    if (!actual || !bound) return std::nullopt;
    const bool held = term.atLeast ? *actual >= *bound : *actual <= *bound;
    if (held) return std::nullopt;
    return clause(term, unitFor(term, metric->dimension, *bound), *actual, *bound);
}

}  // namespace

Result<Floor> Floor::parse(std::string_view text) {
    Floor floor;
    floor.text_ = trimmed(text);
    for (std::string_view rest = text;;) {
        const auto comma = rest.find(',');
        auto term = parseTerm(trimmed(rest.substr(0, comma)));
        if (!term) return term.error();
        floor.terms_.push_back(std::move(*term));
        if (comma == std::string_view::npos) return floor;
        rest.remove_prefix(comma + 1);
    }
}

std::optional<std::string> Floor::missedBy(const LoadReport& report,
                                           const std::optional<LoadReport>& unlimited) const {
    for (const auto& term : terms_)
        if (auto clause = missed(term, report, unlimited)) return clause;
    return std::nullopt;
}

std::optional<std::string> Floor::uncheckedIn(const LoadReport& report,
                                              const std::optional<LoadReport>& unlimited) const {
    for (const auto& term : terms_)
        if (auto clause = unchecked(term, report, unlimited)) return clause;
    return std::nullopt;
}

bool Floor::needsUnlimited() const {
    return std::ranges::any_of(terms_, &Term::relative);
}

}  // namespace memfit
