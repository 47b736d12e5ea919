#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "memfit/kube/workload.h"

namespace memfit {

/// The kinds of objects that are read, made or changed.
enum class Resource {
    deployments,
    statefulSets,
    daemonSets,
    replicaSets,
    pods,
    jobs,
    cronJobs,
    replicationControllers,
    controllerRevisions,
    services,
    events,
    limitRanges,
    resourceQuotas,
    persistentVolumeClaims,
    nodes,
    horizontalPodAutoscalers,
    podDisruptionBudgets,
    networkPolicies,
    verticalPodAutoscalers,
};

/// A row of the one table of kinds.
struct ResourceKind {
    Resource resource;
    std::string_view kind;    ///< `Deployment`
    std::string_view plural;  ///< `deployments`, as paths and roles name it
    std::string_view brief;   ///< `deploy`; empty where nobody types one here
    std::string_view group;   ///< `apps`; empty: the core group
    /// Those that some Kubernetes from 1.20 on has, the newest first; empty ones last.
    std::array<std::string_view, 3> versions;
    bool namespaced = true;
};

[[nodiscard]] std::span<const ResourceKind> allResourceKinds();
[[nodiscard]] const ResourceKind& kindOf(Resource resource);
[[nodiscard]] Resource resourceOf(WorkloadKind kind);

/// `apps/v1` under its group, or `v1`: the place of a version of a kind, `apis/apps/v1`, `api/v1`.
/// `version`: its index in ResourceKind::versions.
[[nodiscard]] std::string apiPath(Resource resource, std::size_t version = 0);
/// As roles and `kubectl auth can-i` name it: `pods`, `replicasets.apps`.
[[nodiscard]] std::string qualifiedName(Resource resource);

/// `text` as one segment of a path or value of a query: only letters, digits and `-._~` stay.
[[nodiscard]] std::string urlEncoded(std::string_view text);

/// Which objects of a list; empty texts and 0: no condition.
struct ListQuery {
    // NOLINTBEGIN(readability-redundant-member-init): callers name only what they ask for
    std::string labels = {};  ///< `app=api,tier!=web`
    std::string fields = {};  ///< `spec.nodeName=n1`
    int limit = 0;            ///< objects of one page
    std::string token = {};   ///< continues a list, as its page before said
    // NOLINTEND(readability-redundant-member-init)
    bool watch = false;  ///< events of the objects instead of the objects
};

// Paths of the API server. All begin with a slash; every name in them is encoded.

/// A list. `ns` nullopt: of all namespaces, or of a kind without them.
[[nodiscard]] std::string listPath(Resource resource, const std::optional<std::string>& ns,
                                   const ListQuery& query = {}, std::size_t version = 0);
/// One object; `ns` nullopt: of a kind without namespaces.
[[nodiscard]] std::string objectPath(Resource resource, const std::optional<std::string>& ns,
                                     std::string_view name);
/// The last `lines` lines of a container's log.
[[nodiscard]] std::string logPath(const std::string& ns, std::string_view pod,
                                  std::string_view container, int lines);
/// A page of a program in a pod, through the API server; `page` as it is, from its slash on.
[[nodiscard]] std::string podPagePath(const std::string& ns, std::string_view pod, int port,
                                      std::string_view page);
/// A page of a kubelet, through the API server; `page` as it is, from its slash on.
[[nodiscard]] std::string kubeletPath(std::string_view node, std::string_view page);
/// What the API server says of a whole group: `/apis/autoscaling.k8s.io`.
[[nodiscard]] std::string groupPath(Resource resource);

/// Pages of a kubelet.
inline constexpr std::string_view summaryPage = "/stats/summary?only_cpu_and_memory=true";
inline constexpr std::string_view cadvisorPage = "/metrics/cadvisor";

}  // namespace memfit
