#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "commands/trials.h"
#include "memfit/bench/price_rounds.h"
#include "memfit/experiment/bench_plan.h"
#include "memfit/experiment/documents.h"

namespace memfit::plugin {

struct BenchPlan {
    std::vector<CellSpec> cells;
    PriceAim aim;            ///< what the choice is to reach: rounds go on until it is settled
    RoundLimits limits;      ///< or until these are reached
    std::uint64_t seed = 0;  ///< of the order within the rounds
    /// Told after each round that the model could judge.
    std::function<void(const RoundPlan&)> onRound;
};

/// What a bench brought, complete or not.
struct BenchOutcome {
    BenchResult result;  ///< without header; summarized
    std::optional<Error> stopped;
};

/// Runs rounds of cells in shuffled order, as nextRound() says.
[[nodiscard]] BenchOutcome bench(TrialSeries& trials, const BenchPlan& plan);

}  // namespace memfit::plugin
