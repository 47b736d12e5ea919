#include <fmt/format.h>

#include <algorithm>

#include "memfit/advice/command_line.h"
#include "memfit/advice/judgement.h"
#include "memfit/units/quantity.h"

namespace memfit {

namespace {

CommandLine beginRecommend(const Judgement& j) {
    CommandLine line(j.header.target, "recommend");
    addPolicy(line, j.options.policy, j.options.tolerance);
    return line;
}

std::string finish(CommandLine line, const Judgement& j, const std::string& load) {
    line.end(j.header, load, j.options.floor);
    return line.text();
}

std::string knownLoad(const Judgement& j) {
    return j.header.load.command.value_or("COMMAND");
}

int moreRuns(const std::vector<BenchCell>& cells) {
    std::size_t runs = 0;
    for (const auto& cell : cells) runs = std::max(runs, cell.runs.size());
    constexpr std::size_t most = 100;
    return static_cast<int>(std::clamp<std::size_t>(2 * runs, 5, most));
}

/// The whole experiment again, each trial from the same state.
std::string withFreshStarts(const Judgement& j) {
    Judgement fresh = j;
    fresh.header.load.prepare = "A COMMAND THAT RESETS ALL STATE";
    return finish(beginRecommend(fresh), fresh, knownLoad(fresh));
}

/// What a recommendation still knows about its own measurement.
Judgement remembered(const Recommendation& recommendation) {
    Judgement j;
    j.header = recommendation.header;
    j.options.policy = recommendation.policy;
    j.options.tolerance = recommendation.tolerance;
    j.options.floor = recommendation.floor;
    return j;
}

}  // namespace

std::string nextAfterConfirmation(const Recommendation& recommendation, bool held) {
    const auto j = remembered(recommendation);
    const auto& advised = recommendation.advised;
    if (!held || !advised.limit)
        return recommendation.next.empty() ? finish(beginRecommend(j), j, knownLoad(j))
                                           : recommendation.next;
    CommandLine line(j.header.target, "bench");
    line.flag("--limits", "none," + formatQuantity(*advised.limit));
    if (advised.gomemlimit.kind == GomemlimitAdvice::Kind::bytes && advised.gomemlimit.bytes)
        line.flag("--gomemlimit", formatQuantity(*advised.gomemlimit.bytes));
    line.flag("--runs", std::to_string(moreRuns({})));
    return finish(std::move(line), j, knownLoad(j));
}

std::string nextCommand(const Judgement& j, Confidence confidence) {
    if (j.options.policy == Policy::noLimit) return {};
    if (j.beforeLiveUsage) return finish(beginRecommend(j), j, "A LOAD LIKE IN PRODUCTION");
    if (j.basis != Basis::measured) return finish(beginRecommend(j), j, knownLoad(j));
    // More trials of the same kind would only see more of the climb.
    if (!climbingSqueezes(j).empty()) return withFreshStarts(j);
    if (!j.choice) {
        CommandLine line(j.header.target, "bench");
        if (j.edgeSource != nullptr && j.edgeSource->minimum)
            line.flag("--min", formatQuantity(*j.edgeSource->minimum));
        return finish(std::move(line), j, knownLoad(j));
    }
    if (confidence == Confidence::high) return {};
    CommandLine line(j.header.target, "bench");
    line.flag("--limits", benchedLimits(j.cells));
    line.flag("--runs", std::to_string(moreRuns(j.cells)));
    return finish(std::move(line), j, knownLoad(j));
}

}  // namespace memfit
