#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "memfit/bench/bench_plan.h"
#include "memfit/bench/price_rounds.h"
#include "memfit/documents/documents.h"
#include "trial/trials.h"

namespace memfit::plugin {

struct BenchPlan {
    std::vector<CellSpec> cells;
    Environment environment;      ///< where they run
    PriceAim aim;                 ///< what the choice is to reach: rounds go on until it is settled
    RoundLimits limits;           ///< or until these are reached
    std::uint64_t seed = 0;       ///< of the order within the rounds
    std::size_t trialsAfter = 0;  ///< for which the budget is to suffice too
    /// Told after each round that the model could judge.
    std::function<void(const RoundPlan&)> onRound;
};

/// What a bench brought, complete or not.
struct BenchOutcome {
    BenchResult result;  ///< without header; summarized
    /// The budget ended it before the choice was settled.
    std::optional<Warning> budgetEnded;
    std::optional<Error> stopped;
};

/// Runs rounds of cells in shuffled order, as nextRound() says, while the budget lasts. With no
/// round by then, that is inconclusive.
[[nodiscard]] BenchOutcome bench(TrialSeries& trials, const BenchPlan& plan);

/// `36Mi or 44Mi with GOMEMLIMIT, 71 : 29`
[[nodiscard]] std::string openText(const PriceChoice& choice);

}  // namespace memfit::plugin
