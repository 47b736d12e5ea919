#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cluster/cluster_api.h"
#include "memfit/kube/workload.h"
#include "session/session.h"

namespace memfit::plugin {

/// A cluster and the workload in it that a command is about.
struct Cluster {
    Cluster(EventLoop& loop, Kubectl kubectl) : api(loop, std::move(kubectl)) {}

    ClusterApi api;
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
    std::string_view path;  ///< `apis/apps/v1`
    std::string_view plural;
};

/// Reads `deploy`, or several: `deploy,sts`. Errors (kind usage): a type without pods.
[[nodiscard]] Result<std::vector<WorkloadType>> workloadTypes(std::string_view words);

/// A workload as the command line names it.
struct WorkloadWords {
    std::string path;  ///< `apis/apps/v1`
    std::string plural;
    std::string name;
};

/// Reads `deploy/NAME`, `deployments.apps/NAME`, or `TYPE NAME` in two words. Errors (kind usage):
/// neither of these, a type without pods.
[[nodiscard]] Result<WorkloadWords> workloadWords(const std::vector<std::string>& words);

/// Connects, and reads the workload that `target` names. Errors: kubectl is not there; kubectl's
/// and the API server's own words; no such container.
[[nodiscard]] Result<std::unique_ptr<Cluster>> openCluster(const Context& context,
                                                           const std::vector<std::string>& target);

/// Only connects: for commands without a workload.
[[nodiscard]] Result<std::unique_ptr<Cluster>> connect(const Context& context);

/// A testbed of trial pods for the workload. `cluster` must outlive it.
[[nodiscard]] Result<std::unique_ptr<Testbed>> podTestbed(const Context& context,
                                                          const Options& options, Cluster& cluster);

}  // namespace memfit::plugin
