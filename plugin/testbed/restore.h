#pragma once

#include <string>
#include <vector>

#include "journal/run_journal.h"
#include "kubectl/cluster_api.h"

namespace memfit::plugin {

/// Takes back what a run with --in-place changed of a live workload, field by field, and only where
/// the field still holds the run's value. Returns what was done, a line each; nothing when nothing
/// of ours is left. Errors: the workload cannot be read or patched.
[[nodiscard]] Result<std::vector<std::string>> restoreWorkload(EventLoop& loop, ClusterApi& api,
                                                               const RunRecord& record);

}  // namespace memfit::plugin
