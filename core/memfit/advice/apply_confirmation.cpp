#include <algorithm>
#include <array>
#include <utility>

#include "memfit/advice/confirmation.h"
#include "memfit/advice/judgement.h"

namespace memfit {

namespace {

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

/// What a reason says when the settings are those that the recommendation has now.
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
