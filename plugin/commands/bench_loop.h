#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "commands/trials.h"
#include "memfit/experiment/bench_plan.h"
#include "memfit/experiment/documents.h"

namespace memfit::plugin {

struct BenchPlan {
    std::vector<CellSpec> cells;
    int runs = 5;
    std::uint64_t seed = 0;  ///< of the order within the rounds
};

/// What a bench brought, complete or not.
struct BenchOutcome {
    BenchResult result;  ///< without header; summarized
    std::optional<Error> stopped;
};

/// A cell that was too small this often is not run again: more kills teach nothing.
inline constexpr int enoughFailures = 2;

/// Runs the cells round by round in shuffled order.
[[nodiscard]] BenchOutcome bench(TrialSeries& trials, const BenchPlan& plan);

}  // namespace memfit::plugin
