#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cluster/cluster.h"
#include "cluster/kubectl.h"
#include "memfit/kube/resources.h"
#include "memfit/kube/workload.h"
#include "session/session.h"

namespace memfit::plugin {

/// A cluster and the workload in it that a command is about.
struct ClusterTarget {
    explicit ClusterTarget(std::shared_ptr<Cluster> cluster)
        : connection(std::move(cluster)), api(*connection) {}

    std::shared_ptr<Cluster> connection;
    Cluster& api;
    ClusterContext context;
    std::string runId;  ///< in the names and labels of everything that this run makes
    Workload workload;
    std::string container;
    bool sidecar = false;  ///< the container is a native one
    /// The workload as the API server printed it.
    std::string workloadJson;
};

/// A type of workload, as lists name it.
struct WorkloadType {
    WorkloadKind kind = WorkloadKind::deployment;
    Resource resource = Resource::deployments;
};

/// Reads `deploy`, or several: `deploy,sts`. Errors (kind usage): a type without pods.
[[nodiscard]] Result<std::vector<WorkloadType>> workloadTypes(std::string_view words);

/// A workload as the command line names it.
struct WorkloadWords {
    Resource resource = Resource::deployments;
    std::string name;
};

/// Reads `deploy/NAME`, `deployments.apps/NAME`, or `TYPE NAME` in two words. Errors (kind usage):
/// neither of these, a type without pods.
[[nodiscard]] Result<WorkloadWords> workloadWords(const std::vector<std::string>& words);

/// Connects, and reads the workload that `target` names. Errors: kubectl is not there; kubectl's
/// and the API server's own words; no such container.
[[nodiscard]] Result<std::unique_ptr<ClusterTarget>> openCluster(
    const Context& context, const std::vector<std::string>& target);

/// Only connects: for commands without a workload.
[[nodiscard]] Result<std::unique_ptr<ClusterTarget>> connect(const Context& context);

/// A testbed of trial pods for the workload. `cluster` must outlive it.
[[nodiscard]] Result<std::unique_ptr<Testbed>> podTestbed(const Context& context,
                                                          const Options& options,
                                                          ClusterTarget& cluster);

}  // namespace memfit::plugin
