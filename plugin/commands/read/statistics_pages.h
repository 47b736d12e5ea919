#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/options.h"
#include "cluster/cluster.h"
#include "memfit/kube/workload.h"
#include "memfit/observe/memory_snapshot.h"
#include "testbed/stats_page.h"

namespace memfit::plugin {

/// What came of asking one page of a pod through the API server's proxy.
enum class PageAnswer {
    page,       ///< Go's statistics
    noPage,     ///< the program answered with something else, or is not Go
    unclear,    ///< Go's metrics, but no figure that is surely the program's, see mayBeGo()
    closed,     ///< nobody answers at that port from outside the pod
    forbidden,  ///< the proxy may not be used
    silent,     ///< no answer in time
};

struct PodName {
    std::string nameSpace;
    std::string name;
};

/// Asks the page at `place`; Go's statistics go into `snapshot`, what is wrong with the page into
/// `problems`. Errors: kind interrupted.
[[nodiscard]] Result<PageAnswer> askPage(Cluster& cluster, const PodName& pod,
                                         const StatsPlace& place,
                                         std::optional<MemorySnapshot>& snapshot,
                                         PageProblems& problems);

/// Where a container may show its statistics, the likeliest first: --stats-port, else its declared
/// TCP ports, those named after statistics before the others, so that the service's own is asked
/// last; each with --stats-path, else the usual paths.
[[nodiscard]] std::vector<StatsPlace> placesToAsk(const std::vector<ContainerPort>& ports,
                                                  const Options& options);

/// The paths of these places.
[[nodiscard]] std::vector<std::string> pathsToAsk(const Options& options);

}  // namespace memfit::plugin
