#include "memfit/advice/confirmation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string>

#include "memfit/units/bytes.h"
#include "memfit/units/go_settings.h"
#include "memfit/units/quantity.h"

namespace memfit {

namespace {

using Kind = GomemlimitAdvice::Kind;

constexpr int mostRaises = 2;
constexpr int mostUnclear = 3;
constexpr std::array<Bytes, 4> literalPercents{95, 90, 80, 70};

/// `percent` of `limit`, rounded down to a whole KiB so that it reads well.
Bytes percentOf(Bytes limit, Bytes percent) {
    return (limit / 100 * percent + limit % 100 * percent / 100) / KiB * KiB;
}

/// A tenth more, in whole MiB; nullopt when there is no such size.
std::optional<Bytes> tenthMore(Bytes limit) {
    constexpr Bytes most = std::numeric_limits<Bytes>::max() / 2;
    if (limit > most) return std::nullopt;
    return ceilToMiB(std::max(limit + limit / 10, limit + 1));
}

/// GOMEMLIMIT in bytes; nullopt when it is not set.
std::optional<Bytes> gomemlimitOf(const AdvisedSettings& settings) {
    if (settings.gomemlimit.kind == Kind::limitsMemory) return settings.limit;
    return settings.gomemlimit.kind == Kind::bytes ? settings.gomemlimit.bytes : std::nullopt;
}

std::string describe(const AdvisedSettings& settings) {
    auto text = settings.limit ? formatQuantity(*settings.limit) : std::string("no limit");
    if (const auto gomemlimit = gomemlimitOf(settings))
        text += fmt::format(" with GOMEMLIMIT={}", formatGomemlimit(*gomemlimit));
    return text;
}

std::string loads(int count) {
    return fmt::format("{} load{}", count, count == 1 ? "" : "s");
}

}  // namespace

Confirmation::Confirmation(const AdvisedSettings& advised, int wanted)
    : first_(advised), settings_(advised), wanted_(std::max(wanted, 1)) {}

std::optional<Settings> Confirmation::next() const {
    return done() ? std::nullopt : std::optional(trialSettings(settings_));
}

void Confirmation::observe(const Trial& trial) {
    if (done()) return;
    if (!saysSomethingAboutTheEdge(trial.outcome)) {
        lastUnclear_ = trial.outcome;
        if (++unclear_ == mostUnclear) gaveUp_ = GaveUp::unclear;
        return;
    }
    unclear_ = 0;
    ++tally_.loads;
    if (trial.outcome == Outcome::survived) {
        ++clean_;
        return;
    }
    if (isOomKill(trial.outcome)) ++tally_.killed;
    moveOn(trial.outcome);
}

void Confirmation::moveOn(Outcome outcome) {
    const bool moved = (isOomKill(outcome) && lowerGomemlimit()) || raiseLimit();
    if (!moved) {
        gaveUp_ = GaveUp::tooSmall;
        return;
    }
    tally_ = {};
    clean_ = 0;
}

bool Confirmation::lowerGomemlimit() {
    const auto now = gomemlimitOf(settings_);
    if (!now || !settings_.limit) return false;
    for (const Bytes percent : literalPercents) {
        const auto lower = percentOf(*settings_.limit, percent);
        if (lower <= 0 || lower >= *now) continue;
        settings_.gomemlimit = {Kind::bytes, lower};
        return true;
    }
    return false;
}

bool Confirmation::raiseLimit() {
    if (!settings_.limit || raises_ == mostRaises) return false;
    const auto more = tenthMore(*settings_.limit);
    if (!more) return false;
    ++raises_;
    settings_.limit = more;
    if (settings_.request) settings_.request = more;
    settings_.gomemlimit = first_.gomemlimit;
    return true;
}

int Confirmation::mostTrials(int wanted) {
    // GOMEMLIMIT = limit and every literal, at the first limit and after each raise, killed at the
    // last load each time.
    constexpr int gomemlimits = 1 + static_cast<int>(literalPercents.size());
    return (1 + mostRaises) * gomemlimits * std::max(wanted, 1);
}

bool Confirmation::succeeded() const {
    return clean_ >= wanted_;
}

bool Confirmation::done() const {
    return succeeded() || gaveUp_ != GaveUp::no;
}

const AdvisedSettings& Confirmation::settings() const {
    return settings_;
}

Confirmed Confirmation::tally() const {
    return tally_;
}

std::vector<Reason> Confirmation::reasons() const {
    std::vector<Reason> reasons;
    const std::vector<Evidence> counted{{"loads", std::int64_t{tally_.loads}},
                                        {"killed", std::int64_t{tally_.killed}}};
    if (settings_.limit != first_.limit)
        reasons.push_back(
            {"limit-raised",
             fmt::format("{} did not hold under the load, so the limit was raised "
                         "to {}",
                         describe(first_), formatQuantity(*settings_.limit)),
             {{"advisedLimitBytes", *first_.limit}, {"limitBytes", *settings_.limit}}});
    if (succeeded() && settings_.gomemlimit != first_.gomemlimit)
        reasons.push_back(
            {"headroom-found",
             fmt::format("With GOGC=off memory in use sits at GOMEMLIMIT, and a higher one was "
                         "OOM-killed at {}; {} held for {}",
                         formatQuantity(*settings_.limit),
                         formatGomemlimit(*settings_.gomemlimit.bytes), loads(tally_.loads)),
             {{"limitBytes", *settings_.limit},
              {"gomemlimitBytes", *settings_.gomemlimit.bytes},
              counted[0],
              counted[1]}});
    if (gaveUp_ == GaveUp::tooSmall)
        reasons.push_back({"not-confirmed",
                           fmt::format("{} did not hold under the load, so the advice is "
                                       "not confirmed",
                                       describe(settings_)),
                           counted});
    if (gaveUp_ == GaveUp::unclear)
        reasons.push_back({"not-confirmed",
                           fmt::format("Three trials of {} in a row said nothing about memory (the "
                                       "last was {}), so the advice is not confirmed",
                                       describe(settings_), toString(*lastUnclear_)),
                           counted});
    if (!done())
        reasons.push_back({"not-confirmed",
                           fmt::format("The confirmation ended early, after {} of {} clean loads "
                                       "of {}, so the advice is not confirmed",
                                       clean_, wanted_, describe(settings_)),
                           counted});
    return reasons;
}

}  // namespace memfit
