#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace memfit {

/// Median; the mean of the two middle values for an even count. nullopt for no values.
[[nodiscard]] std::optional<double> median(std::span<const double> values);

/// Quantile q in [0, 1], linear between order statistics (type 7). nullopt for no values.
[[nodiscard]] std::optional<double> quantile(std::span<const double> values, double q);

/// A figure with its interval.
struct Estimate {
    double median = 0;
    double low = 0;   ///< 95 % interval
    double high = 0;

    friend bool operator==(const Estimate&, const Estimate&) = default;
};

/// Median with a 95 % interval. nullopt for no values; with one value low = high = median.
[[nodiscard]] std::optional<Estimate> estimate(std::span<const double> values);

/// One measured value and the block (round of the shuffled bench) in which it was measured.
struct BlockedValue {
    int block = 0;
    double value = 0;
};

/// Is `cell` different from `against`?
struct Difference {
    double ratio = 1;  ///< cell / against
    double low = 1;    ///< 95 % interval of the ratio
    double high = 1;
    bool significant = false;
    double pValue = 1;
    std::string test;  ///< name of the test, stable ("too few runs" when either has fewer than 3)

    friend bool operator==(const Difference&, const Difference&) = default;
};

/// Compares two cells of a blocked bench, at the 5 % level. Values are positive (throughput,
/// seconds). nullopt when either is empty or holds a value that is not positive.
/// Fewer than 3 values on a side are never significant.
/// `others`: the remaining cells of the same bench, from which drift between blocks may be learnt.
[[nodiscard]] std::optional<Difference> compare(
    std::span<const BlockedValue> cell, std::span<const BlockedValue> against,
    std::span<const std::vector<BlockedValue>> others = {});

}  // namespace memfit
