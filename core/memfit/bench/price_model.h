#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "memfit/bench/price_figures.h"
#include "memfit/units/bytes.h"

namespace memfit {

struct LawDraw;

/// What decides the cost of a request.
enum class CostFigure {
    both,   ///< CPU time and the clock, which agree
    cpu,    ///< CPU time: by the clock all settings are alike (a load of fixed rate, or one that
            ///< waits for others)
    clock,  ///< the clock: CPU time is not known, or does not explain what the clock shows
};

/// Why costs are read off curves and not off the law of Go's collector.
enum class LawState { holds, noFigures, collectionsOff, costOff };

/// One model of a whole bench: what a request costs at every limit and mode, and how sure that is.
///
/// More memory buys a Go program fewer collections, and that is a law [Go GC guide]: collections of
/// a request = bytes allocated / (heap goal - live heap), where the goal is twice the live heap
/// under GOGC=100, and the limit less all that is not heap under GOMEMLIMIT with GOGC=off; the cost
/// of a request = base + price of a collection x collections of a request. Where collections are
/// known and the bench does not contradict it, its parameters are fitted to everything that was
/// seen, and the cost is known between the benched limits too. Else there are curves that only know
/// that more memory does not hurt, and has to prove that it helps; they know the benched cells
/// alone.
///
/// Effects of the blocks are taken out, figures are weighed by how sharp they are, and wild runs
/// count less. The model is made of draws of equal weight: what is asked of it is asked of each
/// draw. It is the same for the same bench, in every order of its cells.
class PriceModel {
public:
    /// `cells`: those in which every run survived. `firstUseSecondsPerMiB`: CPU time of the first
    /// use of memory, where it was measured. nullopt: there are no cells, or no figure is known of
    /// all of them.
    [[nodiscard]] static std::optional<PriceModel> fit(
        std::vector<PriceCell> cells, std::optional<double> firstUseSecondsPerMiB = std::nullopt);

    PriceModel(const PriceModel&) = delete;
    PriceModel& operator=(const PriceModel&) = delete;
    PriceModel(PriceModel&&) noexcept;
    PriceModel& operator=(PriceModel&&) noexcept;
    ~PriceModel();

    [[nodiscard]] const std::vector<PriceCell>& cells() const { return cells_; }
    [[nodiscard]] CostFigure figure() const { return figure_; }
    [[nodiscard]] LawState law() const { return law_; }
    /// The law's draws; empty where it does not hold.
    [[nodiscard]] const std::vector<LawDraw>& lawDraws() const { return lawDraws_; }
    [[nodiscard]] std::size_t draws() const { return costs_.size(); }
    /// Cost of a request in a cell, on the log scale; only differences within a draw mean
    /// something.
    [[nodiscard]] double logCost(std::size_t draw, std::size_t cell) const {
        return costs_[draw][cell];
    }
    /// GOMEMLIMIT over the limit, where it is the same share in all cells; nullopt where it is not.
    [[nodiscard]] std::optional<double> gomemlimitShare() const { return share_; }

    /// CPU seconds of a request, or seconds by the clock, of a setting whose cost on the log scale
    /// is as given. nullopt: the figure is not known.
    [[nodiscard]] std::optional<double> cpuSeconds(double logCost) const;
    [[nodiscard]] std::optional<double> clockSeconds(double logCost) const;
    /// Noise of one run's cost, log scale: what further runs can be expected to bring.
    [[nodiscard]] double noise() const { return noise_; }

private:
    PriceModel() = default;

    std::vector<PriceCell> cells_;
    CostFigure figure_ = CostFigure::clock;
    LawState law_ = LawState::noFigures;
    std::vector<LawDraw> lawDraws_;
    std::vector<std::vector<double>> costs_;
    std::optional<double> share_;
    std::optional<double> cpuLevel_;
    std::optional<double> clockLevel_;
    double noise_ = 0;
};

}  // namespace memfit
