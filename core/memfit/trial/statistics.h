#pragma once

#include <optional>
#include <span>

namespace memfit {

/// Median; the mean of the two middle values for an even count. nullopt for no values.
/// Values that are not finite are left out, here and below.
[[nodiscard]] std::optional<double> median(std::span<const double> values);

/// Quantile q in [0, 1], linear between order statistics (type 7). nullopt for no values.
[[nodiscard]] std::optional<double> quantile(std::span<const double> values, double q);

/// A figure with its interval.
struct Estimate {
    double median = 0;
    double low = 0;  ///< 95 % interval
    double high = 0;

    friend bool operator==(const Estimate&, const Estimate&) = default;
};

/// Median with a 95 % interval. nullopt for no values; with one value low = high = median.
///
/// From 6 values on: order statistics, interpolated (Hettmansperger and Sheather 1986). Fewer
/// cannot reach 95 % that way (3 values span the median 75 times in 100), so the range is widened
/// on both sides by a share of itself, on the log scale when all values are positive. No end is
/// negative where no value is.
///
/// Measured (tests/bench/comparison_simulation.cpp, 10,000 samples each; normal, Student t3,
/// lognormal noise and 10 % slow runs): 2 to 30 values hold the true median 94.4 to 96.7 % of the
/// time, 3 values 94.4 to 96.6 %.
[[nodiscard]] std::optional<Estimate> estimate(std::span<const double> values);

}  // namespace memfit
