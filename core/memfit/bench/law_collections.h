#pragma once

// Internal to memfit: the collections of a bench, and what they say about where memory goes.

#include <optional>
#include <span>
#include <vector>

#include "memfit/bench/price_figures.h"

namespace memfit {

/// Collections of the loads of one cell.
struct CellCollections {
    double gomemlimit = 0;
    double mean = 0;      ///< a load
    double variance = 0;  ///< of the mean, with what the law cannot foresee
    double requests = 1;  ///< a load
};

/// Collections and allocation of the bench, by load.
struct Counts {
    std::vector<CellCollections> gomemlimit;
    std::optional<CellCollections> plain;
    double allocated = 0;  ///< bytes a request; 0: not known
};

/// nullopt where collections are not known of every cell with GOMEMLIMIT, or of fewer than two, or
/// where allocation was not counted.
[[nodiscard]] std::optional<Counts> countsOf(std::span<const PriceCell> cells);

/// A figure of every run of the cell that has it, divided by the run's requests.
[[nodiscard]] std::vector<double> perRequest(const PriceCell& cell,
                                             std::optional<double> PriceRun::* figure);

[[nodiscard]] double smallestGomemlimit(const Counts& counts);

/// Where collections come from: `fixed` bytes of GOMEMLIMIT leave no room for garbage, and there
/// are e^`excess` times as many collections as the allocation explains.
struct Collecting {
    double fixed = 0;
    double excess = 0;
};

/// A place of the grid over what collections follow.
struct Place {
    Collecting collecting;
    double width = 0;       ///< of `fixed` up to the next place
    double logDensity = 0;  ///< of collections, and of what is known beforehand
};

/// The places whose density is not negligible, even in the excess and in the logarithm of the room
/// above `fixed` at the smallest GOMEMLIMIT.
[[nodiscard]] std::vector<Place> placesOf(const Counts& counts);

/// The chance that counts as far from the law as these, or farther, come about where it holds
/// (chi-squared).
[[nodiscard]] double chanceOfCounts(const Counts& counts, const Collecting& law);

}  // namespace memfit
