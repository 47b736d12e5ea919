#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "memfit/bench/price_choice.h"
#include "memfit/documents/documents.h"

namespace memfit {

/// What a bench's runs say of the price of memory, cell by cell; `included` has the places of those
/// cells in which every run that took place survived, in the order of the result.
struct PriceCells {
    std::vector<PriceCell> cells;
    std::vector<std::size_t> included;
};
[[nodiscard]] PriceCells priceCells(const std::vector<BenchCell>& cells);

/// One run, with its figures for a request (for the whole load, where requests are not counted;
/// none, where every request failed).
[[nodiscard]] PriceRun priceRun(const BenchRun& run, int block);

/// A cell that was too small this often is not run again: more kills teach nothing.
inline constexpr int enoughFailures = 2;

struct RoundLimits {
    int rounds = 15;  ///< the most
    int loads = 60;   ///< the most of the whole bench; its first round is run in any case
};

/// What a bench does next.
struct RoundPlan {
    /// Places of the cells to run, in random order; empty: the bench is over.
    std::vector<std::size_t> cells;
    bool settled = false;  ///< over because the choice is settled, not because of the limits
    std::optional<PriceChoice> choice;  ///< as far as the model can tell now
};

/// Plans the next round of a bench. `done`: the bench so far. `round`: how many rounds it has had.
///
/// The first round runs every cell, and so does the second where the law seems to hold. The next
/// ones run the cells that teach most about the choice and what is chosen, until it is settled: its
/// probability is at least `settledAt`, two rounds were run, and either its sharpness is at least
/// 0.92 (0.85 by the law) or as many loads were run as four rounds of all cells would have taken.
/// Where no model can be fitted (no figure is known), all cells run until the limits end it. Cells
/// that failed enough are left out. Deterministic in `seed`.
[[nodiscard]] RoundPlan nextRound(const BenchResult& done, int round, const PriceAim& aim,
                                  const RoundLimits& limits, std::uint64_t seed);

}  // namespace memfit
