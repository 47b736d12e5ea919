#include "memfit/trial/statistics.h"

#include <algorithm>
#include <array>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <utility>

namespace memfit {

namespace {

constexpr double level = 0.95;

std::vector<double> sorted(std::span<const double> values) {
    std::vector<double> finite;
    finite.reserve(values.size());
    std::ranges::copy_if(values, std::back_inserter(finite),
                         [](double value) { return std::isfinite(value); });
    std::ranges::sort(finite);
    return finite;
}

double middle(const std::vector<double>& ordered) {
    const auto half = ordered.size() / 2;
    if (ordered.size() % 2 == 1) return ordered[half];
    return std::midpoint(ordered[half - 1], ordered[half]);
}

struct Bounds {
    double low;
    double high;
};

/// By which share of the range the interval reaches beyond the extremes of 2, 3, 4, 5 values:
/// the smallest shares, rounded up, that reach 95 % for normal noise. Longer tails widen the range
/// more than they move the median.
constexpr std::array<double, 4> reach{6.0, 0.85, 0.25, 0.045};
constexpr std::size_t enoughForOrder = reach.size() + 2;

Bounds widened(const std::vector<double>& ordered) {
    const double share = reach.at(ordered.size() - 2);
    const double least = ordered.front();
    const double most = ordered.back();
    if (least > 0) {
        const double factor = std::exp(share * (std::log(most) - std::log(least)));
        return {least / factor, most * factor};
    }
    const double margin = share * (most - least);
    const double low = least - margin;
    // Figures of which none is negative (rates, times) have no negative median either, so that no
    // coverage is lost at 0.
    return {least >= 0 ? std::max(low, 0.0) : low, most + margin};
}

/// Chance that the median lies between the depth-th smallest and the depth-th largest value.
double coverage(const boost::math::binomial& below, std::size_t depth) {
    return 1 - 2 * boost::math::cdf(below, static_cast<double>(depth) - 1);
}

Bounds byOrder(const std::vector<double>& ordered) {
    const auto count = ordered.size();
    const auto n = static_cast<double>(count);
    const boost::math::binomial below(n, 0.5);
    auto depth = static_cast<std::size_t>(boost::math::quantile(below, (1 - level) / 2));
    depth = std::max<std::size_t>(depth, 1);
    while (depth > 1 && coverage(below, depth) < level) --depth;
    while (coverage(below, depth + 1) >= level) ++depth;

    const double outer = coverage(below, depth);
    const double inner = coverage(below, depth + 1);
    const double excess = (outer - level) / (outer - inner);
    const auto d = static_cast<double>(depth);
    const double inwards = (n - d) * excess / (d + (n - 2 * d) * excess);
    return {std::lerp(ordered[depth - 1], ordered[depth], inwards),
            std::lerp(ordered[count - depth], ordered[count - depth - 1], inwards)};
}

}  // namespace

std::optional<double> median(std::span<const double> values) {
    const auto ordered = sorted(values);
    if (ordered.empty()) return std::nullopt;
    return middle(ordered);
}

std::optional<double> quantile(std::span<const double> values, double q) {
    const auto ordered = sorted(values);
    if (ordered.empty() || std::isnan(q)) return std::nullopt;
    const double rank = std::clamp(q, 0.0, 1.0) * static_cast<double>(ordered.size() - 1);
    const auto lower = static_cast<std::size_t>(rank);
    const auto upper = std::min(lower + 1, ordered.size() - 1);
    return std::lerp(ordered[lower], ordered[upper], rank - std::floor(rank));
}

std::optional<Estimate> estimate(std::span<const double> values) {
    const auto ordered = sorted(values);
    if (ordered.empty()) return std::nullopt;
    const double mid = middle(ordered);
    if (ordered.size() == 1) return Estimate{mid, mid, mid};
    const auto bounds = ordered.size() < enoughForOrder ? widened(ordered) : byOrder(ordered);
    return Estimate{mid, bounds.low, bounds.high};
}

}  // namespace memfit
