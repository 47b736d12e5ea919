#pragma once

#include <string>

#include "memfit/advice/recommendation.h"
#include "memfit/documents/documents.h"

namespace memfit {

/// Commands that measure the same again, a line each, quoted for a POSIX shell. They carry what a
/// document records: target, load, limits, runs, modes, GOMEMLIMIT; what it does not (resolution,
/// risk, seed, bounds in time) is left to the defaults. A load that is not known is written
/// COMMAND.
[[nodiscard]] std::string reproduce(const ProbeResult& result);
[[nodiscard]] std::string reproduce(const SqueezeResult& result);
[[nodiscard]] std::string reproduce(const BenchResult& result);
/// All that the recommendation was made from, each into a file of its own, and the recommendation
/// from these; the single `recommend` that does it all where nothing was measured.
[[nodiscard]] std::string reproduce(const Recommendation& recommendation, const Results& results);

}  // namespace memfit
