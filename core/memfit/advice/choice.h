#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "memfit/advice/recommendation.h"
#include "memfit/bench/price_choice.h"
#include "memfit/documents/documents.h"
#include "memfit/trial/comparison.h"
#include "memfit/trial/statistics.h"

namespace memfit {

/// What the speed of a run is measured in; in every unit more is better.
enum class SpeedUnit {
    requestsPerSecond,
    loadsPerSecond,        ///< 1 / duration of the whole load: for tools that give no rate
    requestsPerCpuSecond,  ///< 1 / CPU time of a request: where by the clock all settings are alike
    unknown,               ///< neither is known for every cell
};

/// The speed of one load; nullopt where the report lacks it, or it is not positive and finite.
[[nodiscard]] std::optional<double> speedOf(const LoadReport& load, SpeedUnit unit);
/// The same of a run, in every unit.
[[nodiscard]] std::optional<double> speedOf(const BenchRun& run, SpeedUnit unit);

/// A cell in which every run survived and no floor was missed, as far as the runs can show it.
struct Candidate {
    std::string label;
    Settings settings;
    int runs = 0;                      ///< all of them survived; >= 1
    std::vector<BlockedValue> speeds;  ///< one a run, in the unit of the Candidates; may be empty
    std::optional<Estimate> speed;     ///< of `speeds`
    std::vector<BenchRun> measured;    ///< the runs themselves
    int floorUnchecked = 0;            ///< runs that cannot be checked against the whole floor
    std::string whyUnchecked;          ///< of the first, a clause: `p99 is not known`
    /// Not a cell: a limit between cells, whose speed the law foresees. It has no runs.
    bool foreseen = false;

    /// Three runs are the fewest that can show a difference.
    [[nodiscard]] bool enoughRuns() const { return speeds.size() >= 3; }
};

/// A cell that is out of the choice.
struct RuledOut {
    std::string label;
    Settings settings;
    std::string why;              ///< a clause: `1 of 5 runs did not fit (oomKilled)`
    bool ran = false;             ///< some run of it took place
    std::optional<double> speed;  ///< median of its survivors
};

struct Candidates {
    SpeedUnit unit = SpeedUnit::unknown;
    std::vector<Candidate> cells;
    std::vector<RuledOut> out;
    /// Median speed of the unlimited plain run, from the bench or else from a squeeze.
    std::optional<double> unlimitedSpeed;
    /// The speeds are what the model of the whole bench expects, not medians of the cells' own
    /// runs.
    bool modelled = false;
};

/// The cells of `benches` with equal settings put together; blocks stay apart.
[[nodiscard]] std::vector<BenchCell> mergeCells(const std::vector<const BenchResult*>& benches);

/// Sorts cells into candidates and ruled out. Runs that did not take place (evicted, unschedulable,
/// imageError, inconclusive) count as neither; any other run that did not survive, and any that
/// misses `floor`, rules its cell out, and so does a squeeze's trial of exactly the same settings
/// that was too small. Errors (kind usage): a malformed floor.
[[nodiscard]] Result<Candidates> findCandidates(const std::vector<BenchCell>& cells,
                                                const std::vector<const SqueezeResult*>& squeezes,
                                                const std::optional<std::string>& floor);

/// Speeds of the cell's runs, and their estimate, in this unit.
void fillSpeeds(Candidate& cell, SpeedUnit unit);

/// The outcome of a choice, in indices into Candidates::cells.
struct Choice {
    std::size_t chosen = 0;
    std::optional<std::size_t> best;  ///< the fastest; nullopt when speeds are unknown
    /// Speed that the chosen cell was compared with: of the best cell, or of the unlimited run
    /// (lean).
    std::optional<double> reference;
};

/// Chooses by the medians of the cells: where the bench has too few runs, or no figures, for a
/// model of the whole (see chooseByModel()).
///  - balanced: the smallest limit within the tolerance of the best cell;
///  - lean: the smallest within the tolerance of the unlimited plain run (of the best cell when
///    there was none);
///  - fast: the smallest that is not significantly worse than the best; with fewer than three runs
///    on either side the smaller number is worse;
///  - noLimit: the unlimited cell, if there is one.
/// No limit counts as the largest limit. Of two modes at that limit see preferGomemlimit().
/// Without speeds: the smallest limit, plain where both modes survived.
/// `atLeast`: no smaller limit is chosen. nullopt when nothing qualifies.
[[nodiscard]] std::optional<Choice> choose(const Candidates& candidates, Policy policy,
                                           double tolerance,
                                           std::optional<Bytes> atLeast = std::nullopt);

/// Share of the best speed that `fast` may give up.
inline constexpr double fastTolerance = 0.01;

/// What a policy asks of a choice by the model of the whole bench.
[[nodiscard]] PriceAim aimOf(Policy policy, double tolerance);

/// Is the cell fast enough for the policy? Yes for every cell when speeds are unknown.
[[nodiscard]] bool isFastEnough(const Candidates& candidates, const Choice& choice,
                                const Candidate& cell, Policy policy, double tolerance);

/// Both fit at the same limit: does gomemlimit win? balanced, fast: only if it is better by more
/// than the tolerance; lean: if it is not worse (significantly, or by the plain numbers when runs
/// are too few).
[[nodiscard]] bool preferGomemlimit(const Candidate& gomemlimit, const Candidate& plain,
                                    Policy policy, double tolerance);

/// The difference between two candidates, or nullopt when a speed is unknown.
[[nodiscard]] std::optional<Difference> difference(const Candidates& candidates,
                                                   const Candidate& cell, const Candidate& against);

}  // namespace memfit
