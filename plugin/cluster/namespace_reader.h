#pragma once

#include <string>
#include <vector>

#include "cluster/cluster.h"
#include "memfit/error.h"
#include "memfit/kube/selectors.h"

namespace memfit::plugin {

struct NamespaceReading {
    NamespaceSelectors selectors;
    std::vector<std::string> unreadable;  ///< kinds that may not be listed: `NetworkPolicies`
};

/// Reads everything of a namespace that selects pods by their labels. `own`: the workload itself as
/// JSON, which counts also where controllers may not be listed. Errors: the API server
/// cannot be reached; a selector that is not understood; kind interrupted.
[[nodiscard]] Call<NamespaceReading> readNamespaceSelectors(Cluster& cluster, const std::string& ns,
                                                            const std::string& own);

}  // namespace memfit::plugin
