#pragma once

#include <string>

#include "memfit/advice/recommendation.h"
#include "memfit/change/edit.h"
#include "memfit/settings/memory_settings.h"

namespace memfit {

/// The settings that a manifest or a live workload must have to run as advised. A limit that is not
/// advised goes; a request that is not advised stays, since it harms nobody and losing it would
/// make the pod the first to be evicted (quality-of-service class BestEffort). Variables that are
/// not advised go: GOGC was at its default in what was measured. What the advice leaves is left.
[[nodiscard]] MemorySettings wantedSettings(const AdvisedSettings& advised);

/// The same for a check: a limit or request that is above the advised one by at most the share
/// `tolerance` may stay, since another measurement of the same service could advise it.
[[nodiscard]] MemorySettings wantedSettings(const AdvisedSettings& advised, double tolerance);

/// The object of a manifest that was measured; for a local process any object matches.
[[nodiscard]] WorkloadSelector workloadSelector(const Target& target);

/// `Deployment` for the `deployment` of a result document; the word itself when it is not known.
[[nodiscard]] std::string kindOfType(const std::string& type);

/// `apps/v1` of a kind as kindOfType() returns it.
[[nodiscard]] std::string apiVersionOfKind(const std::string& kind);

}  // namespace memfit
