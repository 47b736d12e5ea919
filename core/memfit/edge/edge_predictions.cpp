// What the posterior says about limits: its quantiles, risks, and the worth of a trial.

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "memfit/edge/edge_posterior.h"
#include "memfit/edge/normal_table.h"

namespace memfit {
namespace {

constexpr double farOut = NormalTable::farOut;

/// Columns of the thinned-out grid, at least.
constexpr std::size_t fewColumns = 60;

/// Share of the posterior below which a cell tells nothing of a trial's worth.
constexpr double negligibleCell = 1e-7;

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
        double share = 0;
        double sum = 0;
        for (std::size_t j = 0; j < cells; ++j) {
            const double weight = weights_[i * cells + j];
            share += weight;
            sum += weight * static_cast<double>(j % grid_.columns) * grid_.step;
        }
        if (share <= 0) continue;
        if (habits_[i].cache == CacheHabit::warm) warm += share;
        mean += sum;
        square += sum * sum / share;
    }
    // More figures of the same service do not decide between the habits.
    const double disagreement = std::sqrt(std::max(0.0, square - mean * mean));
    constexpr double markError = 0.003;
    constexpr double samplingError = 0.015;
    FigureSharpness figures;
    const auto* const last = lastSurvivor(trials_);
    if (last == nullptr) return figures;
    const bool marks = last->highWater > Bytes{0} && warm > 0.6;
    if (!marks && !(last->demand > Bytes{0})) return figures;
    figures.blur = std::hypot(marks ? markError : samplingError, disagreement);
    const double middle = columnQuantile(0.5);
    const double edgeWidth = (columnQuantile(0.84) - columnQuantile(0.16)) / 2;
    const double scale = std::hypot(edgeWidth, spreadQuantile(0.5), figures.blur);
    for (std::size_t i = 1; i < answerBins; ++i) {
        const double z = static_cast<double>(i) - static_cast<double>(answerBins) / 2;
        figures.borders.push_back(middle + 0.6 * z * scale);
    }
    return figures;
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

void EdgePosterior::thinOut() {
    const FigureSharpness figures = figureSharpness();
    const NormalTable& phi = normal();
    const std::size_t stride = std::max<std::size_t>(1, grid_.columns / fewColumns);
    cells_.clear();
    for (std::size_t s = 0; s < grid_.spreads.size(); ++s) {
        const double spread = grid_.spreads[s];
        const double blurred = std::hypot(spread, figures.blur);
        for (std::size_t i = 0; i < grid_.columns; i += stride) {
            const double weight = joint_[s * grid_.columns + i];
            if (weight < negligibleCell) continue;
            Cell cell{weight, column(i), spread, i, {}};
            for (std::size_t k = 0; k < figures.borders.size(); ++k) {
                cell.below[k] = phi((figures.borders[k] - cell.edge) / blurred);
            }
            cells_.push_back(cell);
        }
    }
}

template <class Each>
void EdgePosterior::forEachAnswer(double limit, Each each) const {
    constexpr double sound = 1 - 2 * lapseRate;
    const NormalTable& phi = normal();
    const double at = std::log(limit);
    std::array<double, answerBins + 1> chances{};
    for (const Cell& cell : cells_) {
        const double survives = phi((at - cell.edge) / cell.spread);
        double below = 0;
        for (std::size_t k = 0; k < cell.below.size(); ++k) {
            const double here = std::min(survives, cell.below[k]);
            chances[k] = sound * (here - below);
            below = here;
        }
        chances[answerBins - 1] = sound * (survives - below) + lapseRate;
        chances[answerBins] = sound * (1 - survives) + lapseRate;
        each(cell, chances);
    }
}

double EdgePosterior::information(double limit) const {
    std::array<double, answerBins + 1> overall{};
    std::vector<std::array<double, answerBins + 2>> columns(grid_.columns);
    double total = 0;
    forEachAnswer(limit, [&](const Cell& cell, const auto& chances) {
        auto& here = columns[cell.column];
        for (std::size_t k = 0; k <= answerBins; ++k) here[k] += cell.weight * chances[k];
        here[answerBins + 1] += cell.weight;
        total += cell.weight;
    });
    if (total <= 0) return 0;
    const auto entropyTerm = [](double p) { return p > 1e-12 ? -p * std::log(p) : 0.0; };
    double conditional = 0;
    for (const auto& here : columns) {
        const double mass = here[answerBins + 1];
        if (mass <= 0) continue;
        for (std::size_t k = 0; k <= answerBins; ++k) {
            overall[k] += here[k];
            conditional += mass * entropyTerm(here[k] / mass);
        }
    }
    double entropy = 0;
    for (const double p : overall) entropy += entropyTerm(p / total);
    return std::max(0.0, entropy - conditional / total);
}

EdgePosterior::Width EdgePosterior::minimumWidth(double limit, double risk) const {
    struct Moments {
        double mass = 0, first = 0, second = 0;
        void add(double weight, double x) {
            mass += weight;
            first += weight * x;
            second += weight * x * x;
        }
        /// Mass times standard deviation.
        [[nodiscard]] double weighed() const {
            return std::sqrt(std::max(0.0, mass * second - first * first));
        }
    };
    const double z = normal().quantile(1 - risk);
    const double middle = columnQuantile(0.5);
    Moments all;
    std::array<Moments, answerBins + 1> answers;
    forEachAnswer(limit, [&](const Cell& cell, const auto& chances) {
        const double minimum = cell.edge - middle + z * cell.spread;
        all.add(cell.weight, minimum);
        for (std::size_t k = 0; k <= answerBins; ++k) {
            answers[k].add(cell.weight * chances[k], minimum);
        }
    });
    if (all.mass <= 0) return {};
    double after = 0;
    for (const Moments& answer : answers) after += answer.weighed();
    return {all.weighed() / all.mass, after / all.mass};
}

}  // namespace memfit
