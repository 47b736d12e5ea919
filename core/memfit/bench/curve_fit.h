#pragma once

// Internal to memfit: curves that only know that more memory does not hurt.

#include <span>
#include <vector>

#include "memfit/bench/block_fit.h"
#include "memfit/bench/price_figures.h"

namespace memfit {

/// Draws (of equal weight) of the costs of the cells on the log scale, of which only differences
/// within a draw mean something.
///
/// In each mode the cost falls, or stays, from limit to limit: every step is a spike at "no
/// difference" or a slab (half a normal distribution) of positive size, so that memory has to prove
/// that it helps. Between the modes lies one difference of either sign. Gibbs sampling of steps and
/// noise, with a fixed seed (George and McCulloch 1993, with steps of one sign).
[[nodiscard]] std::vector<std::vector<double>> fitCurves(std::span<const PriceCell> cells,
                                                         std::span<const BlockFit> figures,
                                                         std::span<const double> usualNoise);

}  // namespace memfit
