#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cluster/cluster.h"
#include "journal/run_journal.h"

namespace memfit::plugin {

/// Annotation of a live workload that a run with --in-place changes: the run, the settings before
/// its first patch and those it made, as JSON.
inline constexpr std::string_view inPlaceAnnotation = "memfit.dev/in-place";

/// Takes back what a run with --in-place changed of a live workload, field by field, and only where
/// the field still holds the run's value. Returns what was done, a line each; nothing when nothing
/// of ours is left. Signals do not cut
/// it short. Errors: the workload cannot be read or patched.
[[nodiscard]] Result<std::vector<std::string>> restoreWorkload(EventLoop& loop, Cluster& cluster,
                                                               const RunRecord& record);

}  // namespace memfit::plugin
