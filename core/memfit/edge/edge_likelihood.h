#pragma once

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "memfit/edge/edge_search.h"

/// What one trial says about the demand D of its run. All sizes are natural logarithms of bytes.

namespace memfit {

/// Natural logarithm of a size; of 1 where it is not positive.
[[nodiscard]] inline double logOf(Bytes size) {
    return std::log(static_cast<double>(std::max<Bytes>(size, 1)));
}

/// How the page cache shows in the kernel's high-water marks of one service.
enum class CacheHabit {
    warm,     ///< hardly any, but perhaps in the first run: the mark is the demand
    steady,   ///< about the same amount in every run
    varying,  ///< anything up to more than the demand
};

/// Properties of one service that hold for all its trials but are not known: the search sums over
/// them.
struct TrialHabits {
    double bias = 0;  ///< log of the factor by which every sampled demand is low
    CacheHabit cache = CacheHabit::varying;
    double prior = 1;
};

/// The habits worth telling apart, given which figures the trials bring.
[[nodiscard]] std::vector<TrialHabits> trialHabits(bool demandSampled, bool marksSeen);

/// A weight over D, constant between steps: the likelihood of a trial is
/// `always` + sum of change * P(D <= at).
struct DemandEvidence {
    struct Step {
        double at = 0;
        double change = 0;
    };
    double always = 1;
    std::vector<Step> steps;
    /// This high-water mark against the first one, where the cache was steady: then they differ as
    /// the demands of two runs do.
    std::optional<double> markGap;
};

/// What the trials before say about the marks of the next one.
struct MarkHistory {
    bool first = true;                ///< no trial was before
    std::optional<double> firstMark;  ///< of the first survivor whose mark was below its limit

    void add(const EdgeObservation& trial);
};

[[nodiscard]] DemandEvidence evidenceOf(const EdgeObservation& trial, const TrialHabits& habits,
                                        const MarkHistory& history);

/// log of the high-water mark of a survivor that stayed below its limit; a mark at the limit says
/// that cache was squeezed out, not what the run needed.
[[nodiscard]] std::optional<double> freeMark(const EdgeObservation& trial);

/// The last trial that survived; nullptr where none did. What it brought, beside its verdict, is
/// what the next one may be hoped to bring: in a cluster the first run has a mark, and no other.
[[nodiscard]] const EdgeObservation* lastSurvivor(const std::vector<EdgeObservation>& trials);

/// Density of the edge, up to a factor, for what Go mapped: mostly 0.9 to 2.3 times the edge (see
/// mappedExcess in the source).
[[nodiscard]] double mappedWeight(double mapped, double edge);

/// Chance that a verdict says nothing (a kill from outside, a load that was cut short). A choice:
/// tests/bench/edge_simulation.cpp gives one world in 50 a wrong verdict.
inline constexpr double lapseRate = 0.01;

}  // namespace memfit
