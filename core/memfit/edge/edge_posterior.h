#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

#include "memfit/edge/edge_likelihood.h"

namespace memfit {

/// What the trials so far say about the edge and its spread: weights on a grid of (log edge,
/// spread), with the habits of the service (bias of the sampled demands, page cache) summed out.
/// The demand of a run is edge * exp(spread * z) with z standard normal.
class EdgePosterior {
public:
    /// `largest`: the limit that will not be exceeded, where one is known; the first guess when no
    /// trial brings a figure.
    explicit EdgePosterior(std::optional<Bytes> largest = std::nullopt);

    void observe(const EdgeObservation& trial);

    /// Size below which the edge lies with probability q, 0 < q < 1.
    [[nodiscard]] double edgeQuantile(double q) const;
    /// Spread below which the spread lies with probability q.
    [[nodiscard]] double spreadQuantile(double q) const;
    /// Predicted chance that one load needs more than `limit` > 0.
    [[nodiscard]] double risk(double limit) const;
    /// The limit whose true risk is at most `risk` with probability `assurance`.
    [[nodiscard]] double safeLimit(double risk, double assurance) const;
    /// The risk at `limit` > 0 that the true one exceeds only with probability 1 - assurance.
    [[nodiscard]] double carefulRisk(double limit, double assurance) const;
    /// How much a trial at `limit` is expected to tell about the edge, in nats.
    [[nodiscard]] double information(double limit) const;

    /// How well the smallest limit of an accepted risk is known: the standard deviation of its
    /// logarithm, now and as expected after one more trial.
    struct Width {
        double now = 0;
        double after = 0;
    };
    [[nodiscard]] Width minimumWidth(double limit, double risk) const;

private:
    struct Grid {
        double first = 0;  ///< log edge of the first column
        double step = 1;
        std::size_t columns = 0;
        std::vector<double> spreads;
    };

    /// How sharply a survivor's figures show its demand: the answers to a trial are told apart in
    /// bands of demand between `borders` (log), blurred by `blur`.
    struct FigureSharpness {
        std::vector<double> borders;
        double blur = 0;
    };
    [[nodiscard]] FigureSharpness figureSharpness() const;

    /// Bands in which the demand of a survivor is told apart when a trial's worth is judged.
    static constexpr std::size_t answerBins = 8;
    /// A share of the posterior, on a grid thinned out enough to be quick.
    struct Cell {
        double weight = 0;
        double edge = 0;  ///< log
        double spread = 0;
        std::size_t column = 0;
        /// Chance that the demand shows below each border; 0 without borders.
        std::array<double, answerBins - 1> below{};
    };
    void thinOut();
    /// Calls each(cell, chances of the answers to a trial at `limit`); the last answer is a kill.
    template <class Each>
    void forEachAnswer(double limit, Each each) const;

    /// Which figures the survivors brought.
    struct Figures {
        bool demand = false;
        bool marks = false;
        std::optional<double> mapped;  ///< log of what Go mapped, of the first survivor that says

        friend bool operator==(const Figures&, const Figures&) = default;
    };

    void noteSizes(const EdgeObservation& trial);
    /// Lays the grid anew, coarse first, and weighs all trials again.
    void rebuild();
    void fill(const Grid& grid);
    void startWeights();
    /// Multiplies the weights by the likelihood; returns the chance the trial had beforehand.
    double update(const EdgeObservation& trial);
    void multiplyRow(const DemandEvidence& evidence, double spread, double* row);
    void sumOutHabits();
    void pruneHabits();
    [[nodiscard]] Grid coarseGrid() const;
    [[nodiscard]] std::optional<Grid> finerGrid() const;
    [[nodiscard]] bool crowdsBorder() const;
    [[nodiscard]] double priorWeight(double edge) const;
    [[nodiscard]] double columnQuantile(double q) const;
    [[nodiscard]] double column(std::size_t i) const {
        return grid_.first + grid_.step * static_cast<double>(i);
    }

    std::optional<Bytes> largest_;
    std::vector<EdgeObservation> trials_;
    Figures figures_;
    MarkHistory history_;
    std::optional<double> smallest_, greatest_;  ///< log of all sizes seen

    Grid grid_;
    std::vector<TrialHabits> habits_;
    std::vector<double> weights_;   ///< habits x spreads x columns
    std::vector<double> joint_;     ///< spreads x columns, sums to 1
    std::vector<double> marginal_;  ///< columns, sums to 1
    std::vector<Cell> cells_;       ///< of the joint, thinned out
    std::vector<double> scratch_;
};

}  // namespace memfit
