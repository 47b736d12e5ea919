#include "memfit/edge/edge_posterior.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>

#include "memfit/edge/normal_table.h"

namespace memfit {
namespace {

constexpr double farOut = NormalTable::farOut;

/// Spreads from 0.2 to 15 %, evenly in log.
const std::vector<double>& allSpreads() {
    static const std::vector<double> spreads = [] {
        constexpr int count = 18;
        std::vector<double> result;
        result.reserve(count);
        for (int i = 0; i < count; ++i) {
            result.push_back(0.002 * std::pow(75.0, static_cast<double>(i) / (count - 1)));
        }
        return result;
    }();
    return spreads;
}

/// Spreads measured so far lie between 0.3 and 5 %. A small service that was killed 6 times of 6 at
/// 9 MiB, once at 10 and never at 10.5 has about 4 %, and so has etcd (5 of 5 at 12 MiB, 2 of 5 at
/// 13, none at 14). Small ones are played down: a few trials that agree by chance must not claim
/// one.
double spreadPrior(double spread) {
    constexpr double from = 0.022;
    constexpr double to = 0.045;
    double z = 0;
    if (spread < from) z = std::log(spread / from) / 0.6;
    if (spread > to) z = std::log(spread / to) / 0.3;
    return std::exp(-z * z / 2);
}

/// Shares of the whole below which a weight, and a habit, is dropped.
constexpr double negligible = 1e-15;
constexpr double negligibleHabit = 3e-6;

/// A trial less likely than this makes the grid doubtful: it was laid where earlier trials pointed.
constexpr double surprising = 0.03;

constexpr std::size_t coarseColumns = 320;
constexpr std::size_t mostColumns = 400;

/// Share of the posterior on either side that a finer grid may leave out.
constexpr double tail = 1e-3;

/// Differences of the normal table are no smaller than this.
constexpr double roundingError = 1e-9;

}  // namespace

EdgePosterior::EdgePosterior(std::optional<Bytes> largest) : largest_(largest) {
    rebuild();
    thinOut();
}

void EdgePosterior::noteSizes(const EdgeObservation& trial) {
    const auto note = [this](const std::optional<Bytes>& size) {
        if (!size || *size <= 0) return;
        const double at = logOf(*size);
        smallest_ = std::min(smallest_.value_or(at), at);
        greatest_ = std::max(greatest_.value_or(at), at);
    };
    note(trial.limit);
    if (trial.verdict != EdgeObservation::Verdict::survived) return;
    note(trial.highWater);
    note(trial.demand);
    note(trial.goMapped);
    if (trial.demand && *trial.demand > 0) figures_.demand = true;
    if (trial.highWater && *trial.highWater > 0) figures_.marks = true;
    if (!figures_.mapped && trial.goMapped && *trial.goMapped > 0) {
        figures_.mapped = logOf(*trial.goMapped);
    }
}

void EdgePosterior::observe(const EdgeObservation& trial) {
    const Figures before = figures_;
    trials_.push_back(trial);
    noteSizes(trial);
    if (trials_.size() == 1 || before != figures_) {
        rebuild();
    } else {
        const double chance = update(trial);
        history_.add(trial);
        sumOutHabits();
        if (chance < surprising || crowdsBorder()) {
            rebuild();
        } else if (const std::optional<Grid> finer = finerGrid()) {
            fill(*finer);
        }
    }
    pruneHabits();
    thinOut();
}

void EdgePosterior::rebuild() {
    habits_ = trialHabits(figures_.demand, figures_.marks);
    fill(coarseGrid());
    for (int i = 0; i < 4; ++i) {
        const std::optional<Grid> finer = finerGrid();
        if (!finer) return;
        fill(*finer);
    }
}

EdgePosterior::Grid EdgePosterior::coarseGrid() const {
    constexpr double below = 3.4;
    constexpr double above = 2.5;
    double low = std::log(0.5 * static_cast<double>(MiB));
    double high = std::log(4096.0 * static_cast<double>(GiB));
    if (smallest_ && greatest_) {
        low = *smallest_ - below;
        high = *greatest_ + above;
    } else if (largest_) {
        high = logOf(*largest_) + above;
        low = std::min(low, high - below);
    }
    const double step = (high - low) / static_cast<double>(coarseColumns - 1);
    Grid grid{low, step, coarseColumns, {}};
    for (const double spread : allSpreads()) {
        if (spread >= 0.8 * step || spread == allSpreads().back()) grid.spreads.push_back(spread);
    }
    return grid;
}

std::optional<EdgePosterior::Grid> EdgePosterior::finerGrid() const {
    const double coreWidth = columnQuantile(0.95) - columnQuantile(0.05) + grid_.step;
    const double margin = std::max(2 * grid_.step, 0.3 * coreWidth);
    const double low = columnQuantile(tail) - margin;
    const double high = columnQuantile(1 - tail) + margin;
    double step = std::clamp(coreWidth / 45, 0.0005, 0.03);
    step = std::max(step, (high - low) / static_cast<double>(mostColumns));
    const bool allThere = grid_.spreads.size() == allSpreads().size();
    if (allThere && step > 0.6 * grid_.step) return std::nullopt;
    if (!allThere && step > 0.95 * grid_.step) step = 0.95 * grid_.step;
    const auto columns = static_cast<std::size_t>((high - low) / step) + 2;
    return Grid{low, step, columns, allSpreads()};
}

bool EdgePosterior::crowdsBorder() const {
    const std::size_t border = std::max<std::size_t>(1, marginal_.size() / 50);
    const auto n = static_cast<std::ptrdiff_t>(border);
    const double left = std::accumulate(marginal_.begin(), marginal_.begin() + n, 0.0);
    const double right = std::accumulate(marginal_.end() - n, marginal_.end(), 0.0);
    return std::max(left, right) > tail;
}

double EdgePosterior::priorWeight(double edge) const {
    if (figures_.mapped) return mappedWeight(*figures_.mapped, edge);
    if (figures_.demand || figures_.marks) return 1;
    if (largest_) {
        const double below = logOf(*largest_) - edge;
        return below >= 0 ? std::exp(-below) + 1e-3 : 0.3 * std::exp(4 * below) + 1e-3;
    }
    const double z = (edge - std::log(64.0 * static_cast<double>(MiB))) / 1.5;
    return 1 / (1 + z * z);
}

void EdgePosterior::fill(const Grid& grid) {
    grid_ = grid;
    startWeights();
    history_ = {};
    for (const EdgeObservation& trial : trials_) {
        update(trial);
        history_.add(trial);
    }
    sumOutHabits();
    pruneHabits();
}

void EdgePosterior::startWeights() {
    weights_.resize(habits_.size() * grid_.spreads.size() * grid_.columns);
    std::vector<double> edges(grid_.columns);
    for (std::size_t i = 0; i < grid_.columns; ++i) edges[i] = priorWeight(column(i));
    auto weight = weights_.begin();
    for (const TrialHabits& habits : habits_) {
        for (const double spread : grid_.spreads) {
            const double prior = habits.prior * spreadPrior(spread);
            for (const double edge : edges) *weight++ = prior * edge;
        }
    }
    const double sum = std::accumulate(weights_.begin(), weights_.end(), 0.0);
    for (double& value : weights_) value /= sum;
}

double EdgePosterior::update(const EdgeObservation& trial) {
    double* row = weights_.data();
    for (const TrialHabits& habits : habits_) {
        const DemandEvidence evidence = evidenceOf(trial, habits, history_);
        for (const double spread : grid_.spreads) {
            multiplyRow(evidence, spread, row);
            row += grid_.columns;
        }
    }
    const double sum = std::accumulate(weights_.begin(), weights_.end(), 0.0);
    const double least = negligible * sum;
    for (double& value : weights_) value = value < least ? 0 : value / sum;
    return sum;
}

void EdgePosterior::multiplyRow(const DemandEvidence& evidence, double spread, double* row) {
    const std::size_t n = grid_.columns;
    if (std::all_of(row, row + n, [](double weight) { return weight == 0; })) return;
    scratch_.assign(n, evidence.always);
    const double reach = farOut * spread;
    const auto clampColumn = [&](double at) {
        const double i = std::ceil((at - grid_.first) / grid_.step);
        return static_cast<std::size_t>(std::clamp(i, 0.0, static_cast<double>(n)));
    };
    for (const DemandEvidence::Step& step : evidence.steps) {
        const std::size_t certain = clampColumn(step.at - reach);
        const std::size_t end = clampColumn(step.at + reach);
        for (std::size_t i = 0; i < certain; ++i) scratch_[i] += step.change;
        const double slope = -grid_.step / spread;
        const double start = (step.at - grid_.first) / spread;
        for (std::size_t i = certain; i < end; ++i) {
            const double z = std::clamp(start + slope * static_cast<double>(i), -farOut, farOut);
            scratch_[i] += step.change * normal().inside(z);
        }
    }
    double factor = 1;
    if (evidence.markGap) {
        const double z = *evidence.markGap / spread;
        // The difference of two demands has a spread of sqrt(2) * spread.
        factor = 0.05 + std::exp(-z * z / 4) / (2 * spread * std::sqrt(std::numbers::pi));
    }
    for (std::size_t i = 0; i < n; ++i) row[i] *= factor * std::max(scratch_[i], roundingError);
}

void EdgePosterior::sumOutHabits() {
    const std::size_t cells = grid_.spreads.size() * grid_.columns;
    joint_.assign(cells, 0);
    for (std::size_t from = 0; from < weights_.size(); from += cells) {
        for (std::size_t i = 0; i < cells; ++i) joint_[i] += weights_[from + i];
    }
    marginal_.assign(grid_.columns, 0);
    for (std::size_t i = 0; i < cells; ++i) marginal_[i % grid_.columns] += joint_[i];
}

void EdgePosterior::pruneHabits() {
    const std::size_t cells = grid_.spreads.size() * grid_.columns;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < habits_.size(); ++i) {
        const auto from = weights_.begin() + static_cast<std::ptrdiff_t>(i * cells);
        const auto to = from + static_cast<std::ptrdiff_t>(cells);
        if (std::accumulate(from, to, 0.0) < negligibleHabit) continue;
        if (kept != i) {
            std::copy(from, to, weights_.begin() + static_cast<std::ptrdiff_t>(kept * cells));
        }
        habits_[kept++] = habits_[i];
    }
    habits_.resize(kept);
    weights_.resize(kept * cells);
}

double EdgePosterior::columnQuantile(double q) const {
    double below = 0;
    for (std::size_t i = 0; i < marginal_.size(); ++i) {
        if (below + marginal_[i] >= q) {
            const double inside = marginal_[i] > 0 ? (q - below) / marginal_[i] : 0.5;
            return column(i) + (inside - 0.5) * grid_.step;
        }
        below += marginal_[i];
    }
    return column(marginal_.size() - 1);
}

}  // namespace memfit
