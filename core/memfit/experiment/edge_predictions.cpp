// What the posterior says about limits: its quantiles, risks, and the worth of a trial.

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "memfit/experiment/edge_posterior.h"
#include "memfit/experiment/normal_table.h"

namespace memfit {
namespace {

constexpr double farOut = NormalTable::farOut;

/// Bands in which the demand of a survivor is told apart when a trial's worth is judged.
constexpr std::size_t answerBins = 6;

}  // namespace

double EdgePosterior::edgeQuantile(double q) const {
    return std::exp(columnQuantile(q));
}

double EdgePosterior::spreadQuantile(double q) const {
    double below = 0;
    for (std::size_t s = 0; s < grid_.spreads.size(); ++s) {
        const auto from = joint_.begin() + static_cast<std::ptrdiff_t>(s * grid_.columns);
        const double mass =
            std::accumulate(from, from + static_cast<std::ptrdiff_t>(grid_.columns), 0.0);
        if (below + mass >= q) {
            const double ratio = grid_.spreads.back() / grid_.spreads[grid_.spreads.size() - 2];
            return grid_.spreads[s] * std::pow(ratio, (q - below) / mass - 0.5);
        }
        below += mass;
    }
    return grid_.spreads.back();
}

double EdgePosterior::risk(double limit) const {
    const double at = std::log(limit);
    double total = 0;
    const double* weight = joint_.data();
    for (const double spread : grid_.spreads) {
        for (std::size_t i = 0; i < grid_.columns; ++i) {
            total += *weight++ * normal()((column(i) - at) / spread);
        }
    }
    return std::clamp(total, 0.0, 1.0);
}

double EdgePosterior::safeLimit(double risk, double assurance) const {
    const double z = normal().quantile(1 - risk);
    const double width = grid_.step;
    const double first = grid_.first + std::min(0.0, z * grid_.spreads.back());
    const double last = column(grid_.columns - 1) + std::max(0.0, z * grid_.spreads.back());
    std::vector<double> bins(static_cast<std::size_t>((last - first) / width) + 2, 0);
    const double* weight = joint_.data();
    for (const double spread : grid_.spreads) {
        for (std::size_t i = 0; i < grid_.columns; ++i) {
            const double at = (column(i) + z * spread - first) / width;
            bins[static_cast<std::size_t>(at)] += *weight++;
        }
    }
    double below = 0;
    for (std::size_t i = 0; i < bins.size(); ++i) {
        below += bins[i];
        if (below >= assurance) return std::exp(first + width * static_cast<double>(i + 1));
    }
    return std::exp(last);
}

EdgePosterior::FigureSharpness EdgePosterior::figureSharpness() const {
    const std::size_t cells = grid_.spreads.size() * grid_.columns;
    double warm = 0;
    double mean = 0;
    double square = 0;
    for (std::size_t i = 0; i < habits_.size(); ++i) {
        const auto from = weights_.begin() + static_cast<std::ptrdiff_t>(i * cells);
        const double share = std::accumulate(from, from + static_cast<std::ptrdiff_t>(cells), 0.0);
        if (habits_[i].cache == CacheHabit::warm) warm += share;
        mean += share * habits_[i].bias;
        square += share * habits_[i].bias * habits_[i].bias;
    }
    if (figures_.marks && warm > 0.6) return {answerBins, 0.008, 0.003};
    if (!figures_.demand) return {};
    constexpr double samplingError = 0.015;
    const double biasVariance = std::max(0.0, square - mean * mean);
    return {answerBins, 0.015, std::sqrt(samplingError * samplingError + biasVariance)};
}

double EdgePosterior::carefulRisk(double limit, double assurance) const {
    constexpr int perUnit = 50;
    std::array<double, static_cast<std::size_t>(2 * farOut) * perUnit + 1> bins{};
    const double at = std::log(limit);
    const double* weight = joint_.data();
    for (const double spread : grid_.spreads) {
        for (std::size_t i = 0; i < grid_.columns; ++i) {
            const double z = std::clamp((at - column(i)) / spread, -farOut, farOut);
            bins[static_cast<std::size_t>((z + farOut) * perUnit)] += *weight++;
        }
    }
    double below = 0;
    for (std::size_t i = 0; i < bins.size(); ++i) {
        below += bins[i];
        if (below >= 1 - assurance) {
            return 1 - normal()(static_cast<double>(i) / perUnit - farOut);
        }
    }
    return 0;
}

double EdgePosterior::information(double limit) const {
    constexpr std::size_t answers = answerBins + 1;
    const FigureSharpness& figures = sharpness_;
    const double at = std::log(limit);
    const std::size_t stride = std::max<std::size_t>(1, grid_.columns / 60);
    std::array<double, answers> overall{};
    double conditional = 0;
    double total = 0;
    const auto entropyTerm = [](double p) { return p > 1e-12 ? -p * std::log(p) : 0.0; };
    for (std::size_t i = 0; i < grid_.columns; i += stride) {
        std::array<double, answers> here{};
        double mass = 0;
        for (std::size_t s = 0; s < grid_.spreads.size(); ++s) {
            const double weight = joint_[s * grid_.columns + i];
            if (weight < 1e-8) continue;
            mass += weight;
            const double spread = grid_.spreads[s];
            const double blurred = std::hypot(spread, figures.blur);
            double above = normal()((at - column(i)) / spread);
            here[answerBins] += weight * (1 - above);
            for (std::size_t k = 0; k < figures.bins; ++k) {
                const double edge = at - static_cast<double>(k + 1) * figures.width;
                const double lower = k + 1 == figures.bins
                                         ? 0
                                         : std::min(above, normal()((edge - column(i)) / blurred));
                here[k] += weight * (above - lower);
                above = lower;
            }
        }
        if (mass <= 0) continue;
        total += mass;
        for (std::size_t k = 0; k < answers; ++k) {
            double p = (1 - 2 * lapseRate) * here[k] / mass;
            if (k == 0 || k == answerBins) p += lapseRate;
            overall[k] += mass * p;
            conditional += mass * entropyTerm(p);
        }
    }
    if (total <= 0) return 0;
    double entropy = 0;
    for (const double p : overall) entropy += entropyTerm(p / total);
    return std::max(0.0, entropy - conditional / total);
}

}  // namespace memfit
