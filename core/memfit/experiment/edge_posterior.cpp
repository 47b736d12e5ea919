#include "memfit/experiment/edge_posterior.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>

namespace memfit {
namespace {

constexpr double farOut = 6;  ///< standard deviations beyond which a normal tail counts as nothing

/// Normal distribution function from a table; error below 1e-6.
class NormalTable {
public:
    NormalTable() {
        for (std::size_t i = 0; i < values_.size(); ++i) {
            const double z = static_cast<double>(i) / perUnit - farOut;
            values_[i] = 0.5 * std::erfc(-z / std::sqrt(2.0));
        }
    }
    /// -farOut <= z <= farOut.
    [[nodiscard]] double inside(double z) const {
        const double at = (z + farOut) * perUnit;
        const auto i = std::min(static_cast<std::size_t>(at), values_.size() - 2);
        return values_[i] + (at - static_cast<double>(i)) * (values_[i + 1] - values_[i]);
    }
    [[nodiscard]] double operator()(double z) const {
        if (z <= -farOut) return 0;
        return z >= farOut ? 1 : inside(z);
    }

private:
    static constexpr int perUnit = 256;
    std::array<double, 12 * perUnit + 2> values_{};
};

const NormalTable& normal() {
    static const NormalTable table;
    return table;
}

/// z with P(Z <= z) = p, by bisection.
double normalQuantile(double p) {
    double low = -farOut;
    double high = farOut;
    for (int i = 0; i < 40; ++i) {
        const double middle = (low + high) / 2;
        (normal()(middle) < p ? low : high) = middle;
    }
    return (low + high) / 2;
}

/// Spreads from 0.2 to 15 %, evenly in log.
const std::vector<double>& allSpreads() {
    static const std::vector<double> spreads = [] {
        constexpr int count = 12;
        std::vector<double> result;
        for (int i = 0; i < count; ++i) {
            result.push_back(0.002 * std::pow(75.0, static_cast<double>(i) / (count - 1)));
        }
        return result;
    }();
    return spreads;
}

/// Log-normal and wide, so that few trials do not claim a small spread: 0.3 to 45 % hold 95 % of
/// it.
double spreadPrior(double spread) {
    const double z = std::log(spread / 0.028) / 1.3;
    return std::exp(-z * z / 2);
}

double logOf(Bytes size) {
    return std::log(static_cast<double>(std::max<Bytes>(size, 1)));
}

/// Weights below this share of the largest are dropped.
constexpr double negligible = 1e-15;
constexpr double negligibleHabit = 3e-6;

/// A trial less likely than this makes the grid doubtful: it was laid where earlier trials pointed.
constexpr double surprising = 0.03;

constexpr std::size_t coarseColumns = 320;
constexpr std::size_t mostColumns = 400;
constexpr double tail = 1e-3;

/// Differences of the normal table are no smaller than this.
constexpr double roundingError = 1e-9;

/// Bands in which the demand of a survivor is told apart when a trial's worth is judged.
constexpr std::size_t answerBins = 6;

}  // namespace

EdgePosterior::EdgePosterior(std::optional<Bytes> largest) : largest_(largest) {
    rebuild();
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
    sharpness_ = figureSharpness();
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
    if (smallest_) {
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
            const double ratio = allSpreads()[1] / allSpreads()[0];
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
    const double z = normalQuantile(1 - risk);
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
