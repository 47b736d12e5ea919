#include "memfit/trial/trial.h"

#include <array>
#include <cstddef>
#include <utility>

namespace memfit {

namespace {

constexpr std::array<std::pair<Mode, std::string_view>, 2> modeNames{{
    {Mode::plain, "plain"},
    {Mode::gomemlimit, "gomemlimit"},
}};

constexpr std::array<std::pair<Outcome, std::string_view>, 11> outcomeNames{{
    {Outcome::survived, "survived"},
    {Outcome::oomKilled, "oomKilled"},
    {Outcome::oomAtStart, "oomAtStart"},
    {Outcome::belowFloor, "belowFloor"},
    {Outcome::crashed, "crashed"},
    {Outcome::neverReady, "neverReady"},
    {Outcome::loadFailed, "loadFailed"},
    {Outcome::evicted, "evicted"},
    {Outcome::unschedulable, "unschedulable"},
    {Outcome::imageError, "imageError"},
    {Outcome::inconclusive, "inconclusive"},
}};

template <class Names, class Value>
std::string_view nameOf(const Names& names, Value value) {
    for (const auto& [each, name] : names)
        if (each == value) return name;
    return {};
}

template <class Value, std::size_t count>
std::optional<Value> valueOf(const std::array<std::pair<Value, std::string_view>, count>& names,
                             std::string_view name) {
    for (const auto& [value, each] : names)
        if (each == name) return value;
    return std::nullopt;
}

}  // namespace

std::string_view toString(Mode mode) {
    return nameOf(modeNames, mode);
}

std::optional<Mode> modeFromString(std::string_view name) {
    return valueOf(modeNames, name);
}

std::string_view toString(Outcome outcome) {
    return nameOf(outcomeNames, outcome);
}

std::optional<Outcome> outcomeFromString(std::string_view name) {
    return valueOf(outcomeNames, name);
}

bool saysSomethingAboutTheEdge(Outcome outcome) {
    return outcome == Outcome::survived || isTooSmall(outcome);
}

bool isTooSmall(Outcome outcome) {
    return isOomKill(outcome) || outcome == Outcome::belowFloor;
}

bool isOomKill(Outcome outcome) {
    return outcome == Outcome::oomKilled || outcome == Outcome::oomAtStart;
}

std::optional<double> cpuPerRequest(const std::optional<Cost>& cost,
                                    const std::optional<LoadReport>& load) {
    if (!cost || !cost->cpuSeconds || !load) return std::nullopt;
    const auto successes = load->successes();
    if (!successes || *successes <= 0) return std::nullopt;
    return *cost->cpuSeconds / static_cast<double>(*successes);
}

Settings plainSettings(std::optional<Bytes> limit) {
    return {limit, Mode::plain, std::nullopt, "100"};
}

Settings gomemlimitSettings(Bytes limit, Bytes gomemlimit) {
    return {limit, Mode::gomemlimit, gomemlimit, "off"};
}

}  // namespace memfit
