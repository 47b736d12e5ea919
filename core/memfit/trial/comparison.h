#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace memfit {

/// One measured value and the block (round of the shuffled bench) in which it was measured.
struct BlockedValue {
    int block = 0;
    double value = 0;
};

/// Of a comparison where a side has fewer than 3 runs, or 3 blocks are not shared.
inline constexpr std::string_view tooFewRuns = "too few runs";
inline constexpr std::string_view tooFewSharedBlocks = "too few shared blocks";

/// Is `cell` different from `against`?
struct Difference {
    double ratio = 1;  ///< cell / against, of the geometric means, drift between blocks taken out
    double low = 1;    ///< 95 % interval of the ratio; excludes 1 if and only if significant
    double high = 1;
    bool significant = false;
    double pValue = 1;
    std::string test;  ///< name of the test, stable: `aligned t`, `paired t`, or one of the two
                       ///< below, which say that there was none: then never significant, with the
                       ///< span of all single ratios, widened to hold 1, as its interval

    /// There were enough runs for a test.
    [[nodiscard]] bool tested() const;

    friend bool operator==(const Difference&, const Difference&) = default;
};

/// Compares two cells of a blocked bench, at the 5 % level. Values are positive (throughput,
/// seconds). nullopt when either is empty or holds a value that is not positive and finite.
/// Fewer than 3 blocks on a side are never significant. Several values of one cell in one block
/// count once, as their geometric mean: repeats within a block say nothing about drift.
/// `others`: the remaining cells of the same bench, from which drift between blocks is learnt;
/// their values that are not positive are left out.
///
/// Works on logarithms, so that drift and noise are shares of the value. Where every block of the
/// pair holds at least 3 other cells, their median polish gives what each block had in common; it
/// is taken off, and a t-test with pooled variance compares the rest (`aligned t`). With fewer
/// other cells, the two are compared block by block (`paired t`).
///
/// Measured (tests/bench/comparison_simulation.cpp, 1,000 pairs a figure; four kinds of noise under
/// four kinds of drift, cells of unequal noise, killed runs, rounding; 3, 5, 7 and 10 runs; 7 other
/// cells and none): equal cells come out different in 2.8 % of pairs on the mean, 5.8 % at worst
/// (5 % and chance). A true difference of 10 % at a noise of 3 % is seen by 5 runs in 98.5 % with 7
/// other cells and 95.6 % with none, by 3 runs in 82.1 % and 53.3 %. Where one cell is four times
/// as noisy as the other, equal means come out different in 7.2 % (5 runs) and 7.9 % (3 runs).
[[nodiscard]] std::optional<Difference> compare(
    std::span<const BlockedValue> cell, std::span<const BlockedValue> against,
    std::span<const std::vector<BlockedValue>> others = {});

}  // namespace memfit
