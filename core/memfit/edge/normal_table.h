#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>

namespace memfit {

/// Normal distribution function from a table, for loops that need it millions of times; error below
/// 1e-6.
class NormalTable {
public:
    /// Standard deviations beyond which a tail counts as nothing.
    static constexpr double farOut = 6;

    NormalTable() {
        for (std::size_t i = 0; i < values_.size(); ++i) {
            const double z = static_cast<double>(i) / perUnit - farOut;
            values_[i] = 0.5 * std::erfc(-z / std::numbers::sqrt2);
        }
    }

    /// P(Z <= z) for -farOut <= z <= farOut.
    [[nodiscard]] double inside(double z) const {
        const double at = (z + farOut) * perUnit;
        const auto i = std::min(static_cast<std::size_t>(at), values_.size() - 2);
        return values_[i] + (at - static_cast<double>(i)) * (values_[i + 1] - values_[i]);
    }

    /// P(Z <= z).
    [[nodiscard]] double operator()(double z) const {
        if (z <= -farOut) return 0;
        return z >= farOut ? 1 : inside(z);
    }

    /// z with P(Z <= z) = p, by bisection; 0 < p < 1.
    [[nodiscard]] double quantile(double p) const {
        double low = -farOut;
        double high = farOut;
        for (int i = 0; i < 40; ++i) {
            const double middle = (low + high) / 2;
            ((*this)(middle) < p ? low : high) = middle;
        }
        return (low + high) / 2;
    }

private:
    static constexpr int perUnit = 256;
    std::array<double, static_cast<std::size_t>(2 * farOut) * perUnit + 2> values_{};
};

inline const NormalTable& normal() {
    static const NormalTable table;
    return table;
}

}  // namespace memfit
