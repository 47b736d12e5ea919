#pragma once

#include <optional>

#include "memfit/advice/recommendation.h"
#include "memfit/documents/documents.h"
#include "memfit/report/report.h"

namespace memfit {

/// How much a report shows.
struct Detail {
    bool everyTrial = false;  ///< each trial and run, instead of the conclusion alone
    bool reproduce = true;    ///< on pages: how it was measured, and the commands to do it again
    std::optional<Bytes> advised = std::nullopt;  ///< a limit to be marked in charts
};

/// Go's memory idle, loaded and at its peak, and what the load did.
[[nodiscard]] Report describe(const ProbeResult& result, const Detail& detail = {});

/// The edge, the minimum, and the trials they were learnt from.
[[nodiscard]] Report describe(const SqueezeResult& result, const Detail& detail = {});

/// Limits x {plain, gomemlimit} side by side.
[[nodiscard]] Report describe(const BenchResult& result, const Detail& detail = {});

/// The settings and the reasons, after what they were judged from (`results`, which may be empty).
[[nodiscard]] Report describe(const Recommendation& recommendation, const Results& results,
                              const Detail& detail = {});

}  // namespace memfit
