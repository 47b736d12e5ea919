#include "memfit/bench/curve_fit.h"

#include <algorithm>
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
constexpr double stepWithGomemlimit = 0.5;
constexpr double stepPlain = 0.12;
constexpr double stepBetweenModes = 0.5;
constexpr double stepSize = 0.06;
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
    std::ranges::stable_sort(
        found, [&](std::size_t a, std::size_t b) { return orderOf(cells[a]) > orderOf(cells[b]); });
    return found;
}

std::vector<Step> stepsOf(std::span<const PriceCell> cells) {
    std::vector<Step> steps;
    const auto plain = ofMode(cells, Mode::plain);
    const auto gomemlimit = ofMode(cells, Mode::gomemlimit);
    const auto add = [&](const std::vector<std::size_t>& order, double chance) {
        for (std::size_t i = 1; i < order.size(); ++i)
            steps.push_back({{order.begin() + static_cast<std::ptrdiff_t>(i), order.end()},
                             chance,
                             stepSize,
                             false});
    };
    add(plain, stepPlain);
    add(gomemlimit, stepWithGomemlimit);
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
        const double whole = precision + (1 / (step.size * step.size));
        const double mean = pull / whole;
        const double deviation = 1 / std::sqrt(whole);
        double logOdds = std::log(step.chance / (1 - step.chance)) -
                         std::log(step.size * std::sqrt(whole)) + (mean * pull / 2);
        if (!step.eitherWay)
            logOdds += std::log(2 * std::max(normalBelow(mean / deviation), 1e-300));
        const double chance = 1 / (1 + std::exp(-logOdds));
        sizes_[index] = 0;
        if (uniform_(random_) < chance)
            sizes_[index] =
                step.eitherWay ? mean + (deviation * normal_(random_)) : positive(mean, deviation);
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
