#pragma once

// Internal to memfit: evenly spaced places on one axis of a grid.

#include <algorithm>
#include <cstddef>
#include <vector>

namespace memfit {

/// Evenly spaced values of a logarithm, and the step.
struct Axis {
    double low = 0;
    double step = 0;
    int count = 1;
    [[nodiscard]] double at(int i) const { return low + (step * i); }
};

inline Axis axis(double low, double high, int count) {
    return {low, (high - low) / (count - 1), count};
}

/// The part of `wide` in which `logDensity` is not negligible, as `count` places.
template <class Density>
Axis narrowed(const Axis& wide, int count, Density logDensity) {
    std::vector<double> values;
    for (int i = 0; i < wide.count; ++i) values.push_back(logDensity(wide.at(i)));
    const double most = std::ranges::max(values);
    constexpr double negligible = 12;
    int first = wide.count;
    int last = 0;
    for (int i = 0; i < wide.count; ++i)
        if (values[static_cast<std::size_t>(i)] > most - negligible) {
            first = std::min(first, i);
            last = std::max(last, i);
        }
    first = std::max(0, first - 1);
    last = std::min(wide.count - 1, last + 1);
    return axis(wide.at(first), wide.at(last), count);
}

}  // namespace memfit
