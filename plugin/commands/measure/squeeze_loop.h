#pragma once

#include <optional>

#include "memfit/bench/bench_plan.h"
#include "memfit/documents/documents.h"
#include "memfit/edge/edge_search.h"
#include "trial/trials.h"

namespace memfit::plugin {

struct SqueezePlan {
    Mode mode = Mode::plain;
    GomemlimitRule gomemlimit;
    EdgeSearchOptions search;
    int parallel = 1;        ///< trials at a time
    double budgetShare = 1;  ///< of the budget that it may use
};

/// What a squeeze brought, complete or not.
struct SqueezeRun {
    SqueezeResult result;  ///< without header
    ProbeResult probe;     ///< what the unlimited run showed; without header
    EdgeSearchState state = EdgeSearchState::searching;
    /// The budget ended a search that has a minimum all the same.
    std::optional<Warning> budgetEnded;
    /// The namespace admits no limit below the minimum: the program may do with less.
    std::optional<Warning> namespaceBound;
    /// Why it stopped before the end (interrupted, failed), or why there is no answer
    /// (inconclusive). The result holds everything up to then.
    std::optional<Error> stopped;
};

/// The unlimited plain run first, then whatever limit teaches most, until the search is over,
/// or its share of the budget. With no minimum by then, that is inconclusive.
[[nodiscard]] SqueezeRun squeeze(TrialSeries& trials, const SqueezePlan& plan);

/// What one trial says about the edge; nullopt for outcomes that say nothing. Usage counts only in
/// plain mode: with GOGC=off it stays at the limit whatever the demand.
[[nodiscard]] std::optional<EdgeObservation> observationOf(const TrialRecord& record);

/// The probe's document from a trial without a limit.
[[nodiscard]] ProbeResult probeOf(const TrialRecord& record);

}  // namespace memfit::plugin
