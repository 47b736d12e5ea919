#pragma once

// Internal to memfit: the law of the Go collector, fitted to a bench.

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "memfit/bench/block_fit.h"
#include "memfit/bench/price_figures.h"

namespace memfit {

/// One draw from what the law's parameters may be. The cost of a request is
///     1 + price x collections of a request,
/// in units of what it costs without any, and its collections are
///     plain:      plainCollections, whatever the limit (the heap may grow to twice what is live)
///     gomemlimit: excess x allocated / (GOMEMLIMIT - fixed)
/// [Go GC guide, "GOGC" and "Memory limit"]. `excess` is not in the guide's law: a collection
/// starts before the heap is at its goal (runtime/mgcpacer.go), and what is not heap grows with it.
struct LawDraw {
    double price = 0;      ///< of one collection a request, in units of a request without any
    double fixed = 0;      ///< bytes: live heap, and what is not heap
    double allocated = 0;  ///< bytes a request
    double plainCollections = 0;  ///< a request; 0 where no plain cell told them
    double excess = 1;            ///< collections, divided by those that the allocation explains
    /// What the first use of a byte adds to a load, in units of a request without collections; 0
    /// where memory in use is not known. A program that runs on pays it once, so that it is no part
    /// of logCost().
    double firstUse = 0;

    /// Collections of a request at a GOMEMLIMIT; infinite up to `fixed`.
    [[nodiscard]] double collections(double gomemlimit) const;
    /// Cost of a request on the log scale. `gomemlimit` > fixed; nullopt: plain.
    [[nodiscard]] double logCost(std::optional<double> gomemlimit) const;
    /// The GOMEMLIMIT at which the cost on the log scale is `logCost`; infinite where none is.
    [[nodiscard]] double gomemlimitFor(double logCost) const;
};

/// How far the law holds for a bench.
struct LawFit {
    enum class State {
        holds,
        noFigures,       ///< collections are not known of enough cells with GOMEMLIMIT
        collectionsOff,  ///< they do not fall with GOMEMLIMIT as the law says
        costOff,         ///< they do, but the cost does not follow them
    };
    State state = State::noFigures;
    std::vector<LawDraw> draws;  ///< of equal weight; empty unless the law holds
    /// Mean cost of each cell on the log scale as its loads show it, the first use of memory among
    /// it; empty unless the law holds.
    std::vector<double> seen;
};

/// Fits the law to the costs that `figures` show and to the collections of the cells.
///
/// The posterior is worked out on a grid over `fixed` and the price, with flat priors on the
/// logarithms of the room at the smallest GOMEMLIMIT and of the price, and over the excess, which
/// is expected to be 0 to 10 %; the noise of each figure is unknown and integrated out, and so is
/// what a load pays for the first use of its memory, where memory in use is known: up to 10 ms of
/// CPU a MiB, or about `firstUseSecondsPerMiB`. Collections of a
/// cell are taken for as sharp as 2 % and 0.3 collections, or their own scatter. A law that the
/// cell means contradict (chi-squared for collections, F for costs, at 1.5 %; a cost that falls
/// with the limit itself, at 3 %) is not used.
[[nodiscard]] LawFit fitLaw(std::span<const PriceCell> cells, std::span<const BlockFit> figures,
                            std::span<const double> usualNoise,
                            std::optional<double> firstUseSecondsPerMiB = std::nullopt);

}  // namespace memfit
