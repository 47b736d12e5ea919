#pragma once

#include <optional>
#include <string>

#include "cluster/cluster.h"
#include "memfit/error.h"
#include "memfit/kube/limit_range.h"
#include "memfit/units/bytes.h"
#include "testbed/testbed.h"

namespace memfit::plugin {

/// The safety limit of the run without a limit: far above its need, and no more than namespace and
/// nodes can bear.
struct PodCeiling {
    Bytes bytes = 0;
    /// The nodes' free memory is not known, so that the scheduler has to keep it free.
    bool reserve = false;
    MemoryRange range;  ///< what LimitRanges say; empty where they may not be read
};

/// What the LimitRanges of the namespace say; empty where they may not be read.
/// Errors: kind interrupted; the API server cannot be reached, or answers with no list.
[[nodiscard]] Call<MemoryRange> readMemoryRange(Cluster& cluster, const std::string& ns);

/// The same as limits of a trial.
[[nodiscard]] AdmittedLimits admittedBy(const MemoryRange& range);
/// That a trial's limit is beyond them.
[[nodiscard]] Error notAdmitted(const AdmittedLimits& admitted, Bytes limit);

/// `wanted`: the user's own, which only the namespace's LimitRange can lower. `current`: the limit
/// that the workload has now. Default: 1 GiB or four times `current`, whichever is larger, at most
/// half of what the roomiest node has left unrequested, and what LimitRange and ResourceQuota of
/// the namespace allow. Errors: kind interrupted; the API server cannot be reached.
[[nodiscard]] Call<PodCeiling> podCeiling(Cluster& cluster, const std::string& ns,
                                          std::optional<Bytes> wanted,
                                          std::optional<Bytes> current);

}  // namespace memfit::plugin
