#include "memfit/bench/curve_fit.h"

#include <algorithm>
#include <array>
#include <boost/random/gamma_distribution.hpp>
#include <boost/random/mersenne_twister.hpp>
#include <boost/random/normal_distribution.hpp>
#include <boost/random/uniform_01.hpp>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>

#include "memfit/bench/noise.h"

namespace memfit {

namespace {

/// How likely a step is before anything was measured, and how large it then is (log scale). Without
/// GOMEMLIMIT a Go program collects as often under any limit that it survives, so that a step is
/// rarer there.
constexpr double stepWithGomemlimit = 0.75;
constexpr double stepPlain = 0.12;
constexpr double stepBetweenModes = 0.5;
constexpr double stepSize = 0.06;
/// With GOMEMLIMIT each further MiB buys less than the one before, as under the law: what memory is
/// expected to buy goes with 1 / (GOMEMLIMIT - fixed). `fixed` is taken for this share of the
/// smallest limit, and the smallest limit for this much dearer than one without end.
constexpr double expectedFixed = 0.75;
constexpr double expectedPrice = 0.2;
constexpr double leastStep = 0.005;
/// A few steps are large: a program that is starved, or a cache that fits at last.
constexpr double largeStep = 0.6;
constexpr double largeShare = 0.2;
constexpr double modesApart = 0.15;

struct Step {
    std::vector<std::size_t> raises;  ///< cells whose cost it raises
    double chance = 0;
    double size = 0;
    bool eitherWay = false;
};

Bytes orderOf(const PriceCell& cell) {
    return cell.settings.limit.value_or(std::numeric_limits<Bytes>::max());
}

/// Cells of a mode, the largest limit first.
std::vector<std::size_t> ofMode(std::span<const PriceCell> cells, Mode mode) {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < cells.size(); ++i)
        if (cells[i].settings.mode == mode) found.push_back(i);
    std::ranges::sort(found, [&](std::size_t a, std::size_t b) {
        const Bytes one = orderOf(cells[a]);
        const Bytes other = orderOf(cells[b]);
        return one != other ? one > other : a < b;
    });
    return found;
}

double gomemlimitOf(const PriceCell& cell) {
    return static_cast<double>(cell.settings.gomemlimit.value_or(cell.settings.limit.value_or(0)));
}

std::vector<Step> stepsOf(std::span<const PriceCell> cells) {
    std::vector<Step> steps;
    const auto plain = ofMode(cells, Mode::plain);
    const auto gomemlimit = ofMode(cells, Mode::gomemlimit);
    const auto add = [&](const std::vector<std::size_t>& order, double chance, auto&& size) {
        for (std::size_t i = 1; i < order.size(); ++i)
            steps.push_back({{order.begin() + static_cast<std::ptrdiff_t>(i), order.end()},
                             chance,
                             size(order[i - 1], order[i]),
                             false});
    };
    add(plain, stepPlain, [](std::size_t, std::size_t) { return stepSize; });
    add(gomemlimit, stepWithGomemlimit, [&](std::size_t larger, std::size_t smaller) {
        const double least = gomemlimitOf(cells[gomemlimit.back()]);
        const double fixed = expectedFixed * least;
        const double price = expectedPrice * (least - fixed);
        return std::max(leastStep, (price / (gomemlimitOf(cells[smaller]) - fixed)) -
                                       (price / (gomemlimitOf(cells[larger]) - fixed)));
    });
    if (!plain.empty() && !gomemlimit.empty())
        steps.push_back({gomemlimit, stepBetweenModes, modesApart, true});
    return steps;
}

double normalBelow(double z) {
    return std::erfc(-z / std::numbers::sqrt2) / 2;
}

class Sampler {
public:
    Sampler(std::span<const PriceCell> cells, std::span<const BlockFit> figures,
            std::span<const double> usual)
        : figures_(figures),
          usual_(usual),
          steps_(stepsOf(cells)),
          sizes_(steps_.size()),
          costs_(cells.size()),
          precision_(cells.size() * cells.size()),
          pull_(cells.size()) {}

    void sweep() {
        weigh();
        for (std::size_t i = 0; i < steps_.size(); ++i) draw(i);
    }

    [[nodiscard]] const std::vector<double>& costs() const { return costs_; }

private:
    /// Draws the noise of each figure, and puts the figures together.
    void weigh() {
        std::ranges::fill(precision_, 0);
        std::ranges::fill(pull_, 0);
        for (std::size_t i = 0; i < figures_.size(); ++i) {
            const auto& figure = figures_[i];
            const double shape = (figure.freedom() + usualWeight) / 2;
            const double scale =
                ((usualWeight * usual_[i] * usual_[i]) + figure.squares(costs_)) / 2;
            boost::random::gamma_distribution<double> gamma(shape, 1 / scale);
            const double precision = gamma(random_);
            const auto n = costs_.size();
            for (std::size_t row = 0; row < n; ++row) {
                for (std::size_t column = 0; column < n; ++column)
                    precision_[(row * n) + column] += precision * figure.a(row, column);
                pull_[row] += precision * figure.b(row);
            }
        }
    }

    /// The size of a step, given that it is not 0, and the log odds that it is not 0.
    struct Slab {
        double mean = 0;
        double deviation = 0;
        double logWeight = 0;
    };
    static Slab slab(const Step& step, double size, double share, double precision, double pull) {
        const double whole = precision + (1 / (size * size));
        Slab found{pull / whole, 1 / std::sqrt(whole), 0};
        found.logWeight = std::log(share * step.chance / (1 - step.chance)) -
                          std::log(size * std::sqrt(whole)) + (found.mean * pull / 2);
        constexpr double least = 1e-300;
        if (!step.eitherWay)
            found.logWeight +=
                std::log(2 * std::max(normalBelow(found.mean / found.deviation), least));
        return found;
    }

    void draw(std::size_t index) {
        const auto& step = steps_[index];
        for (const auto cell : step.raises) costs_[cell] -= sizes_[index];
        double precision = 0;
        double pull = 0;
        const auto n = costs_.size();
        for (const auto row : step.raises) {
            double taken = 0;
            for (std::size_t column = 0; column < n; ++column)
                taken += precision_[(row * n) + column] * costs_[column];
            pull += pull_[row] - taken;
            for (const auto column : step.raises) precision += precision_[(row * n) + column];
        }
        const std::array slabs{slab(step, step.size, 1 - largeShare, precision, pull),
                               slab(step, largeStep, largeShare, precision, pull)};
        const double most = std::max({0.0, slabs[0].logWeight, slabs[1].logWeight});
        const double none = std::exp(-most);
        const double first = std::exp(slabs[0].logWeight - most);
        const double second = std::exp(slabs[1].logWeight - most);
        const double place = uniform_(random_) * (none + first + second);
        sizes_[index] = 0;
        if (place >= none) {
            const auto& taken = slabs[place < none + first ? 0 : 1];
            sizes_[index] = step.eitherWay ? taken.mean + (taken.deviation * normal_(random_))
                                           : positive(taken.mean, taken.deviation);
        }
        for (const auto cell : step.raises) costs_[cell] += sizes_[index];
    }

    /// A normal value, given that it is above 0 (Robert 1995).
    double positive(double mean, double deviation) {
        const double least = -mean / deviation;
        if (least < 0.5) {
            while (true) {
                const double value = normal_(random_);
                if (value > least) return mean + (deviation * value);
            }
        }
        const double rate = (least + std::sqrt((least * least) + 4)) / 2;
        while (true) {
            const double value = least - (std::log(1 - uniform_(random_)) / rate);
            if (uniform_(random_) <= std::exp(-(value - rate) * (value - rate) / 2))
                return mean + (deviation * value);
        }
    }

    std::span<const BlockFit> figures_;
    std::span<const double> usual_;
    std::vector<Step> steps_;
    std::vector<double> sizes_;
    std::vector<double> costs_;
    std::vector<double> precision_;
    std::vector<double> pull_;
    boost::random::mt19937_64 random_{20220811};
    boost::random::normal_distribution<double> normal_;
    boost::random::uniform_01<double> uniform_;
};

}  // namespace

std::vector<std::vector<double>> fitCurves(std::span<const PriceCell> cells,
                                           std::span<const BlockFit> figures,
                                           std::span<const double> usualNoise) {
    Sampler sampler(cells, figures, usualNoise);
    constexpr int before = 200;
    constexpr int wanted = 400;
    constexpr int between = 3;
    for (int i = 0; i < before; ++i) sampler.sweep();
    std::vector<std::vector<double>> draws;
    draws.reserve(wanted);
    for (int i = 0; i < wanted; ++i) {
        for (int k = 0; k < between; ++k) sampler.sweep();
        draws.push_back(sampler.costs());
    }
    return draws;
}

}  // namespace memfit
