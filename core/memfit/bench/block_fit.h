#pragma once

// Internal to memfit: what one figure of a blocked bench says about the relative costs of its
// cells.

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace memfit {

/// One value of a figure that grows with the cost (seconds by the clock, seconds of CPU).
struct CostValue {
    std::size_t cell = 0;
    int block = 0;     ///< round of the bench
    double value = 0;  ///< > 0; others are left out
};

/// Least squares of one figure over the cells of a bench, on the log scale:
///     log(value) = level + cost of the cell + effect of the block + noise.
/// Level and block effects are solved for, so that what is left depends on the costs x alone:
///     squares(x) = x'Ax - 2b'x + c.
/// Block effects are drawn towards the level by their variance over that of the noise, which is
/// estimated from the values by restricted maximum likelihood (Patterson and Thompson 1971) on a
/// few places: a block that ran only a few cells then still tells something. Values far out get
/// less weight, as under Student's t with 4 degrees of freedom (Lange, Little and Taylor 1989), so
/// that one wild run moves nothing.
class BlockFit {
public:
    BlockFit(std::size_t cells, std::span<const CostValue> values);

    [[nodiscard]] std::size_t cells() const { return weights_.size(); }
    /// Values that were used.
    [[nodiscard]] std::size_t count() const { return count_; }
    /// Values of a cell that were used, each by its weight.
    [[nodiscard]] double weight(std::size_t cell) const { return weights_[cell]; }
    /// Sum of squares that the costs `x` leave.
    [[nodiscard]] double squares(std::span<const double> x) const;
    [[nodiscard]] double a(std::size_t row, std::size_t column) const {
        return a_[(row * cells()) + column];
    }
    [[nodiscard]] double b(std::size_t cell) const { return b_[cell]; }
    /// Values less what level and blocks take.
    [[nodiscard]] double freedom() const { return freedom_; }
    /// The level that goes with the costs `x`: log(value) of a cell of cost 0 in a typical block.
    [[nodiscard]] double level(std::span<const double> x) const;
    /// The costs that fit best, with the mean of the cells that have values at 0. Cells without
    /// values: 0.
    [[nodiscard]] const std::vector<double>& best() const { return best_; }
    /// The same where the cost of each cell is off what any x says by an amount of its own.
    /// `slack`: its variance over that of the noise, >= 0, one a cell.
    [[nodiscard]] BlockFit loosened(std::span<const double> slack) const;

private:
    struct Entry {
        std::size_t cell = 0;
        std::size_t block = 0;
        double log = 0;
        double weight = 1;
    };
    struct Block {
        double weight = 0;
        double mean = 0;            ///< of the logs
        std::vector<double> share;  ///< of each cell in the weight
        double pull = 0;            ///< weight of the block's mean in the level
    };
    void accumulate();
    void solve();
    void fit();
    /// Logarithm of the restricted likelihood of blockRatio_.
    [[nodiscard]] double logRestricted() const;
    /// Weighs the values anew; false when nothing changed much.
    bool reweigh();

    std::vector<Entry> entries_;
    std::vector<Block> blocks_;
    std::size_t count_ = 0;
    double freedom_ = 0;
    std::vector<double> weights_;
    std::vector<double> a_;
    std::vector<double> b_;
    double c_ = 0;
    double pulls_ = 0;
    double blockRatio_ = 1;      ///< variance of block effects over that of the noise
    double logDeterminant_ = 0;  ///< of the system that was solved
    std::vector<double> best_;
};

}  // namespace memfit
