#pragma once

// Internal to memfit: noise of a figure, unknown and integrated out.

#include <cmath>

namespace memfit {

/// Weight of what is usual beside what a bench shows, in degrees of freedom.
inline constexpr double usualWeight = 2;

/// Logarithm of the likelihood of costs that leave `squares`, the variance of the noise integrated
/// out under an inverse gamma prior around `usual` (standard deviation, log scale). `freedom`: of
/// the squares.
inline double logLikelihood(double squares, double freedom, double usual) {
    return -((freedom + usualWeight) / 2) * std::log((usualWeight * usual * usual) + squares);
}

}  // namespace memfit
