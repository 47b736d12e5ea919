#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "memfit/bench/price_model.h"
#include "memfit/trial/trial.h"

namespace memfit {

/// What a choice is to reach.
struct PriceAim {
    /// Throughput that may be missing, as a share of the reference's: in [0, 1).
    double tolerance = 0.05;
    /// The reference: the unlimited plain cell where there is one; else the best that memory can
    /// buy, up to the largest limit that was benched.
    bool againstUnlimited = false;
    /// When both modes fit at one limit: true takes GOMEMLIMIT if it is not worse, false only if it
    /// gains more than the tolerance.
    bool gomemlimitIfNotWorse = false;
    std::optional<Bytes> atLeast;  ///< no smaller limit
};

/// Points of throughput beyond the tolerance that do not matter, either way.
inline constexpr double slack = 0.03;

/// Chances at which a choice is settled, and for words.
inline constexpr double settledAt = 0.90;

/// Something that could be chosen.
struct PriceOption {
    Settings settings;
    std::optional<std::size_t> cell;  ///< the cell of exactly these settings, where there is one
    double chance = 0;                ///< that it is the right one
};

struct PriceChoice {
    PriceOption chosen;
    /// Chance that the choice is right: its throughput misses the reference by no more than the
    /// tolerance and `slack`, no limit smaller by a tenth would have missed it by less than the
    /// tolerance less `slack`, and GOMEMLIMIT is set or not for a gain that is not on the wrong
    /// side of the tolerance by more than `slack`. Calibrated on simulated benches
    /// (tests/bench/decide_simulation.cpp).
    double probability = 0;
    /// Chance that the very limit (within a tenth) and mode are those that the tolerance asks for.
    double sharpness = 0;
    /// Cost of a request of the chosen setting on the log scale, draw by draw.
    std::vector<double> chosenCosts;
    double shortfall = 0;     ///< share of the reference's throughput that is missing, median
    double shortfallLow = 0;  ///< 95 % interval
    double shortfallHigh = 0;
    std::optional<PriceOption> rival;  ///< what is right most often where the choice is not
    /// Cells of which one more run would teach most about this choice, two to four.
    std::vector<std::size_t> teach;
};

/// The smallest limit whose expected throughput is within the tolerance of the reference. Under
/// the law that may be a limit between those that were benched (whole
/// MiB, GOMEMLIMIT only). nullopt: none is.
[[nodiscard]] std::optional<PriceChoice> chooseByPrice(const PriceModel& model,
                                                       const PriceAim& aim);

}  // namespace memfit
