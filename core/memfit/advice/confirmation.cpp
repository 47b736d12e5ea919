#include "memfit/advice/confirmation.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <utility>

#include "memfit/advice/judgement.h"
#include "memfit/settings/go_settings.h"
#include "memfit/units/bytes.h"
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

std::string describe(const AdvisedSettings& settings) {
    auto text = settings.limit ? formatQuantity(*settings.limit) : std::string("no limit");
    if (const auto gomemlimit = gomemlimitOf(settings))
        text += fmt::format(" with GOMEMLIMIT={}", formatGomemlimit(*gomemlimit));
    return text;
}

std::string loads(int count) {
    return fmt::format("{} load{}", count, count == 1 ? "" : "s");
}

bool hasCode(const Recommendation& recommendation, std::string_view code) {
    return std::ranges::find(recommendation.reasons, code, &Reason::code) !=
           recommendation.reasons.end();
}

void dropReasons(Recommendation& recommendation, std::string_view code) {
    std::erase_if(recommendation.reasons,
                  [&](const Reason& reason) { return reason.code == code; });
}

/// A size among the evidence; nullopt when there is none of that name.
std::optional<Bytes> sizeIn(const Reason& reason, std::string_view name) {
    for (const auto& [key, value] : reason.evidence)
        if (key == name)
            if (const auto* size = std::get_if<std::int64_t>(&value)) return *size;
    return std::nullopt;
}

void setSize(Reason& reason, std::string_view name, Bytes size) {
    for (auto& [key, value] : reason.evidence)
        if (key == name) value = size;
}

/// The loads of exactly the settings that are advised now: those of the confirmation, or while
/// neither it ran nor anything changed those that were known before.
LoadsRun loadsNow(const Reason& before, const Recommendation& recommendation,
                  const Confirmation& confirmation) {
    if (!recommendation.confirmed) return {};
    const bool run = confirmation.tally().loads > 0;
    return {*recommendation.confirmed, run ? confirmation.sources() : sourcesOf(before),
            run ? confirmation.mostInUse() : sizeIn(before, "mostInUseBytes")};
}

Reason headroomNow(const Reason& before, const Recommendation& recommendation,
                   const Confirmation& confirmation) {
    const auto& advised = recommendation.advised;
    if (advised.gomemlimit.kind != GomemlimitAdvice::Kind::unset)
        return gomemlimitHeadroom(loadsNow(before, recommendation, confirmation));
    const auto edge = sizeIn(before, "edgeBytes");
    return advised.limit && edge ? plainHeadroom(*advised.limit, *edge, sourcesOf(before)) : before;
}

/// The reason, rewritten for the settings that the recommendation has now.
Reason refreshed(Reason reason, const Recommendation& recommendation,
                 const Confirmation& confirmation) {
    const auto limit = recommendation.advised.limit;
    if (reason.code == "headroom") return headroomNow(reason, recommendation, confirmation);
    if (reason.code == "usage-near-limit")
        return usageNearLimit(recommendation.advised).value_or(std::move(reason));
    if (!limit) return reason;
    const auto seen = sizeIn(reason, "liveUsageBytes");
    if (reason.code == "live-usage" && seen)
        return liveUsageReason(*seen, *limit, sourcesOf(reason));
    constexpr std::array aboutTheAdvice{"request-equals-limit", "load-not-representative"};
    if (std::ranges::find(aboutTheAdvice, reason.code) != aboutTheAdvice.end())
        setSize(reason, "limitBytes", *limit);
    return reason;
}

}  // namespace

Confirmation::Confirmation(const AdvisedSettings& advised, int wanted)
    : first_(advised), settings_(advised), wanted_(std::max(wanted, 1)) {}

std::optional<Settings> Confirmation::next() const {
    return done() ? std::nullopt : std::optional(trialSettings(settings_));
}

void Confirmation::observe(const Trial& trial) {
    if (done()) return;
    ++run_;
    if (!saysSomethingAboutTheEdge(trial.outcome)) {
        lastUnclear_ = trial.outcome;
        if (++unclear_ == mostUnclear) gaveUp_ = GaveUp::unclear;
        return;
    }
    unclear_ = 0;
    ++tally_.loads;
    if (!isOomKill(trial.outcome) && trial.usage && trial.usage->demand)
        mostInUse_ = std::max(mostInUse_.value_or(0), *trial.usage->demand);
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
    mostInUse_.reset();
    clean_ = 0;
    beforeThese_ = run_;
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
    beforeRaise_ = run_;
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

std::optional<Bytes> Confirmation::mostInUse() const {
    return mostInUse_;
}

std::vector<std::string> Confirmation::sources() const {
    return tally_.loads == 0 ? std::vector<std::string>() : confirmationLoads(beforeThese_, run_);
}

Reason Confirmation::limitRaised() const {
    Reason reason{"limit-raised",
                  fmt::format("{} did not hold under the load, so the limit was raised to {}",
                              describe(first_), formatQuantity(*settings_.limit)),
                  {{"advisedLimitBytes", *first_.limit}, {"limitBytes", *settings_.limit}}};
    addSources(reason, confirmationLoads(0, beforeRaise_));
    return reason;
}

Reason Confirmation::headroomFound() const {
    Reason reason{"headroom-found",
                  fmt::format("With GOGC=off memory in use stays at GOMEMLIMIT, and a run with a "
                              "higher GOMEMLIMIT was OOM-killed at {}; {} held for {}",
                              formatQuantity(*settings_.limit),
                              formatGomemlimit(*settings_.gomemlimit.bytes), loads(tally_.loads)),
                  {{"limitBytes", *settings_.limit},
                   {"gomemlimitBytes", *settings_.gomemlimit.bytes},
                   {"loads", std::int64_t{tally_.loads}},
                   {"killed", std::int64_t{tally_.killed}}}};
    addSources(reason, confirmationLoads(beforeRaise_, run_));
    return reason;
}

std::string Confirmation::whyNot() const {
    switch (gaveUp_) {
        case GaveUp::tooSmall:
            return describe(settings_) + " did not hold under the load";
        case GaveUp::unclear:
            return fmt::format(
                "Three trials of {} in a row said nothing about memory (the last was {})",
                describe(settings_), toString(*lastUnclear_));
        case GaveUp::no:
            break;
    }
    return fmt::format("The confirmation ended early, after {} of {} clean loads of {}", clean_,
                       wanted_, describe(settings_));
}

std::vector<Reason> Confirmation::reasons() const {
    std::vector<Reason> reasons;
    if (settings_.limit != first_.limit) reasons.push_back(limitRaised());
    if (succeeded() && settings_.gomemlimit != first_.gomemlimit)
        reasons.push_back(headroomFound());
    if (succeeded()) return reasons;
    Reason reason{"not-confirmed",
                  whyNot() + ", so the advice is not confirmed",
                  {{"loads", std::int64_t{tally_.loads}}, {"killed", std::int64_t{tally_.killed}}}};
    addSources(reason, confirmationLoads(beforeThese_, run_));
    reasons.push_back(std::move(reason));
    return reasons;
}

void applyConfirmation(Recommendation& recommendation, const Confirmation& confirmation) {
    const bool changed = recommendation.advised != confirmation.settings();
    const bool run = confirmation.tally().loads > 0;
    recommendation.advised = confirmation.settings();
    if (run)
        recommendation.confirmed = confirmation.tally();
    else if (changed)
        recommendation.confirmed.reset();

    for (auto& reason : recommendation.reasons)
        reason = refreshed(std::move(reason), recommendation, confirmation);
    if (run || changed) dropReasons(recommendation, "limit-not-tried");
    if (changed) {  // the chance was that of other settings
        recommendation.probability.reset();
        dropReasons(recommendation, "chance");
    }
    dropReasons(recommendation, "current-fits");
    dropReasons(recommendation, "current-differs");
    for (auto& reason : confirmation.reasons()) recommendation.reasons.push_back(std::move(reason));
    for (const auto* code : {"node-overcommitted", "node-too-full"})
        dropReasons(recommendation, code);
    if (recommendation.live && recommendation.current)
        for (const auto rule : {nodeOvercommitted, nodeTooFull})
            if (auto reason =
                    rule(*recommendation.live, *recommendation.current, recommendation.advised))
                recommendation.reasons.push_back(*std::move(reason));
    if (recommendation.current)
        recommendation.reasons.push_back(currentReason(
            *recommendation.current, recommendation.advised, recommendation.tolerance));

    auto atMost = changed ? Confidence::medium : Confidence::high;
    if (!confirmation.succeeded()) atMost = Confidence::low;
    recommendation.confidence = std::max(recommendation.confidence, atMost);
    // Where the load is not like production, another load is still the next step.
    const bool sameLoad = !hasCode(recommendation, "load-not-representative");
    if (sameLoad && atMost != Confidence::high)
        recommendation.next = nextAfterConfirmation(recommendation, confirmation.succeeded());
}

}  // namespace memfit
