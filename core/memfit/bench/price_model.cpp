#include "memfit/bench/price_model.h"

#include <algorithm>
#include <boost/math/distributions/fisher_f.hpp>
#include <cmath>
#include <utility>

#include "memfit/bench/block_fit.h"
#include "memfit/bench/curve_fit.h"
#include "memfit/bench/law_fit.h"

namespace memfit {

namespace {

/// Noise of a run (log scale) where too few runs show it. Seen on sales-api beside a busy
/// neighbour: 15 to 25 % by the clock, 6 to 10 % of CPU time; a quiet machine has a third of it.
constexpr double usualClockNoise = 0.06;
constexpr double usualCpuNoise = 0.03;

/// Differences between cells that do not matter: CPU time and the clock may disagree by so much.
constexpr double noMatter = 0.02;
constexpr double unlikely = 0.01;

std::vector<CostValue> valuesOf(const std::vector<PriceCell>& cells,
                                std::optional<double> PriceRun::* figure) {
    std::vector<CostValue> values;
    for (std::size_t i = 0; i < cells.size(); ++i)
        for (const auto& run : cells[i].runs)
            if (run.*figure) values.push_back({i, run.block, *(run.*figure)});
    return values;
}

std::vector<CostValue> clockOverCpu(const std::vector<PriceCell>& cells) {
    std::vector<CostValue> values;
    for (std::size_t i = 0; i < cells.size(); ++i)
        for (const auto& run : cells[i].runs)
            if (run.clockSeconds && run.cpuSeconds && *run.cpuSeconds > 0)
                values.push_back({i, run.block, *run.clockSeconds / *run.cpuSeconds});
    return values;
}

bool everyCellHas(const BlockFit& figure) {
    for (std::size_t i = 0; i < figure.cells(); ++i)
        if (figure.weight(i) <= 0) return false;
    return true;
}

/// Do the cells differ in this figure by more than noise and what does not matter? By an F-test.
bool cellsDiffer(const BlockFit& figure, double chance) {
    double used = 0;
    double allowed = 0;
    for (std::size_t i = 0; i < figure.cells(); ++i) {
        if (figure.weight(i) <= 0) continue;
        ++used;
        allowed += figure.weight(i) * noMatter * noMatter;
    }
    const double left = figure.squares(figure.best());
    const double freedom = figure.freedom() - (used - 1);
    if (freedom < 2 || used < 2) return false;
    const std::vector<double> alike(figure.cells());
    const double f =
        (figure.squares(alike) - left - allowed) / (used - 1) / std::max(left / freedom, 1e-8);
    if (!(f > 0)) return false;
    const boost::math::fisher_f distribution(used - 1, freedom);
    return boost::math::cdf(boost::math::complement(distribution, f)) < chance;
}

CostFigure figureOf(const std::vector<PriceCell>& cells, const BlockFit& clock,
                    const BlockFit& cpu) {
    if (!everyCellHas(cpu)) return CostFigure::clock;
    if (!everyCellHas(clock)) return CostFigure::cpu;
    const BlockFit apart(cells.size(), clockOverCpu(cells));
    if (!cellsDiffer(apart, unlikely)) return CostFigure::both;
    return cellsDiffer(clock, unlikely) ? CostFigure::clock : CostFigure::cpu;
}

/// Do collections explain CPU time, and the clock with at most another price per collection? What a
/// collection takes by the clock depends on what else uses the cores.
bool lawOfCpuHolds(const std::vector<PriceCell>& cells, const BlockFit& clock, const BlockFit& cpu,
                   CostFigure figure, std::optional<double> firstUseSecondsPerMiB) {
    const auto holds = [&](const BlockFit& fit, double usual) {
        return fitLaw(cells, std::vector{fit}, std::vector{usual}, firstUseSecondsPerMiB).state ==
               LawFit::State::holds;
    };
    return holds(cpu, usualCpuNoise) &&
           (figure != CostFigure::clock || holds(clock, usualClockNoise));
}

std::optional<double> shareOf(const std::vector<PriceCell>& cells) {
    std::optional<double> share;
    for (const auto& cell : cells) {
        const auto& settings = cell.settings;
        if (settings.mode == Mode::plain || !settings.limit || *settings.limit <= 0) continue;
        const double its = static_cast<double>(settings.gomemlimit.value_or(*settings.limit)) /
                           static_cast<double>(*settings.limit);
        constexpr double rounding = 1e-3;
        if (share && std::abs(*share - its) > rounding) return std::nullopt;
        if (!share) share = its;
    }
    return share;
}

double noiseOf(const BlockFit& figure, std::span<const double> costs, double usual) {
    constexpr double usualCount = 4;
    const double squares = figure.squares(costs) + (usualCount * usual * usual);
    return std::sqrt(squares / (std::max(figure.freedom() - 1, 0.0) + usualCount));
}

LawState stateOf(LawFit::State state) {
    switch (state) {
        case LawFit::State::holds:
            return LawState::holds;
        case LawFit::State::noFigures:
            return LawState::noFigures;
        case LawFit::State::collectionsOff:
            return LawState::collectionsOff;
        case LawFit::State::costOff:
            return LawState::costOff;
    }
    return LawState::noFigures;
}

}  // namespace

PriceModel::PriceModel(PriceModel&&) noexcept = default;
PriceModel& PriceModel::operator=(PriceModel&&) noexcept = default;
PriceModel::~PriceModel() = default;

std::optional<PriceModel> PriceModel::fit(std::vector<PriceCell> cells,
                                          std::optional<double> firstUseSecondsPerMiB) {
    if (cells.empty()) return std::nullopt;
    const BlockFit clock(cells.size(), valuesOf(cells, &PriceRun::clockSeconds));
    const BlockFit cpu(cells.size(), valuesOf(cells, &PriceRun::cpuSeconds));
    if (!everyCellHas(clock) && !everyCellHas(cpu)) return std::nullopt;

    PriceModel model;
    model.figure_ = figureOf(cells, clock, cpu);
    const bool byLaw =
        everyCellHas(cpu) && lawOfCpuHolds(cells, clock, cpu, model.figure_, firstUseSecondsPerMiB);
    if (byLaw && model.figure_ == CostFigure::clock) model.figure_ = CostFigure::both;
    std::vector<BlockFit> figures;
    std::vector<double> usual;
    if (model.figure_ != CostFigure::cpu && !byLaw) {
        figures.push_back(clock);
        usual.push_back(usualClockNoise);
    }
    if (model.figure_ != CostFigure::clock) {
        figures.push_back(cpu);
        usual.push_back(usualCpuNoise);
    }
    model.share_ = shareOf(cells);
    auto law = fitLaw(cells, figures, usual, firstUseSecondsPerMiB);
    model.law_ = stateOf(law.state);
    model.lawDraws_ = std::move(law.draws);
    if (model.law_ == LawState::holds) {
        for (const auto& draw : model.lawDraws_) {
            auto& costs = model.costs_.emplace_back();
            for (const auto& cell : cells) {
                const auto& settings = cell.settings;
                costs.push_back(draw.logCost(
                    settings.mode == Mode::plain
                        ? std::nullopt
                        : std::optional(static_cast<double>(
                              settings.gomemlimit.value_or(settings.limit.value_or(0))))));
            }
        }
    } else {
        model.costs_ = fitCurves(cells, figures, usual);
    }
    auto mean = std::move(law.seen);
    if (mean.empty()) {
        mean.resize(cells.size());
        for (const auto& costs : model.costs_)
            for (std::size_t i = 0; i < costs.size(); ++i)
                mean[i] += costs[i] / static_cast<double>(model.costs_.size());
    }
    if (everyCellHas(clock)) model.clockLevel_ = clock.level(mean);
    if (everyCellHas(cpu)) model.cpuLevel_ = cpu.level(mean);
    double precision = 0;
    for (std::size_t i = 0; i < figures.size(); ++i) {
        const double noise = noiseOf(figures[i], mean, usual[i]);
        precision += 1 / (noise * noise);
    }
    model.noise_ = 1 / std::sqrt(precision);
    model.cells_ = std::move(cells);
    return model;
}

std::optional<double> PriceModel::cpuSeconds(double logCost) const {
    if (!cpuLevel_ || figure_ == CostFigure::clock) return std::nullopt;
    return std::exp(*cpuLevel_ + logCost);
}

std::optional<double> PriceModel::clockSeconds(double logCost) const {
    if (!clockLevel_ || figure_ == CostFigure::cpu) return std::nullopt;
    return std::exp(*clockLevel_ + logCost);
}

}  // namespace memfit
