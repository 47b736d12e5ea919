#include "memfit/kube/resources.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace memfit {
namespace {

using Versions = std::array<std::string_view, 3>;

constexpr Versions v1{"v1", "", ""};
constexpr std::string_view vertical = "autoscaling.k8s.io";

// In the order of Resource.
constexpr std::array kinds{
    ResourceKind{Resource::deployments, "Deployment", "deployments", "deploy", "apps", v1},
    ResourceKind{Resource::statefulSets, "StatefulSet", "statefulsets", "sts", "apps", v1},
    ResourceKind{Resource::daemonSets, "DaemonSet", "daemonsets", "ds", "apps", v1},
    ResourceKind{Resource::replicaSets, "ReplicaSet", "replicasets", "rs", "apps", v1},
    ResourceKind{Resource::pods, "Pod", "pods", "po", "", v1},
    ResourceKind{Resource::jobs, "Job", "jobs", "", "batch", v1},
    ResourceKind{Resource::cronJobs, "CronJob", "cronjobs", "", "batch", {"v1", "v1beta1", ""}},
    ResourceKind{Resource::replicationControllers, "ReplicationController",
                 "replicationcontrollers", "", "", v1},
    ResourceKind{Resource::controllerRevisions, "ControllerRevision", "controllerrevisions", "",
                 "apps", v1},
    ResourceKind{Resource::services, "Service", "services", "", "", v1},
    ResourceKind{Resource::events, "Event", "events", "", "", v1},
    ResourceKind{Resource::limitRanges, "LimitRange", "limitranges", "", "", v1},
    ResourceKind{Resource::resourceQuotas, "ResourceQuota", "resourcequotas", "", "", v1},
    ResourceKind{Resource::persistentVolumeClaims, "PersistentVolumeClaim",
                 "persistentvolumeclaims", "", "", v1},
    ResourceKind{Resource::nodes, "Node", "nodes", "", "", v1, false},
    ResourceKind{Resource::horizontalPodAutoscalers,
                 "HorizontalPodAutoscaler",
                 "horizontalpodautoscalers",
                 "",
                 "autoscaling",
                 {"v2", "v2beta2", "v1"}},
    ResourceKind{Resource::podDisruptionBudgets,
                 "PodDisruptionBudget",
                 "poddisruptionbudgets",
                 "",
                 "policy",
                 {"v1", "v1beta1", ""}},
    ResourceKind{Resource::networkPolicies, "NetworkPolicy", "networkpolicies", "",
                 "networking.k8s.io", v1},
    ResourceKind{Resource::verticalPodAutoscalers, "VerticalPodAutoscaler",
                 "verticalpodautoscalers", "", vertical, v1},
};

std::string queryText(const ListQuery& query) {
    std::string text;
    const auto add = [&](std::string_view name, std::string_view value) {
        text += fmt::format("{}{}={}", text.empty() ? '?' : '&', name, value);
    };
    if (query.watch) add("watch", "1");
    if (!query.labels.empty()) add("labelSelector", urlEncoded(query.labels));
    if (!query.fields.empty()) add("fieldSelector", urlEncoded(query.fields));
    if (query.limit > 0) add("limit", std::to_string(query.limit));
    if (!query.token.empty()) add("continue", urlEncoded(query.token));
    return text;
}

}  // namespace

std::span<const ResourceKind> allResourceKinds() {
    return kinds;
}

const ResourceKind& kindOf(Resource resource) {
    return kinds.at(static_cast<std::size_t>(resource));
}

Resource resourceOf(WorkloadKind kind) {
    const auto* const found = std::ranges::find(kinds, toString(kind), &ResourceKind::kind);
    if (found == kinds.end()) throw std::logic_error("a kind of workload that is in no table");
    return found->resource;
}

std::string apiPath(Resource resource, std::size_t version) {
    const auto& kind = kindOf(resource);
    const auto which = kind.versions.at(version);
    return kind.group.empty() ? fmt::format("api/{}", which)
                              : fmt::format("apis/{}/{}", kind.group, which);
}

std::string qualifiedName(Resource resource) {
    const auto& kind = kindOf(resource);
    return kind.group.empty() ? std::string(kind.plural)
                              : fmt::format("{}.{}", kind.plural, kind.group);
}

std::string urlEncoded(std::string_view text) {
    constexpr std::string_view kept =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    std::string out;
    for (const char c : text) {
        if (kept.find(c) != std::string_view::npos)
            out += c;
        else
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

std::string listPath(Resource resource, const std::optional<std::string>& ns,
                     const ListQuery& query, std::size_t version) {
    return fmt::format("/{}{}/{}{}", apiPath(resource, version),
                       ns ? "/namespaces/" + urlEncoded(*ns) : std::string(),
                       kindOf(resource).plural, queryText(query));
}

std::string objectPath(Resource resource, const std::optional<std::string>& ns,
                       std::string_view name) {
    return fmt::format("{}/{}", listPath(resource, ns), urlEncoded(name));
}

std::string logPath(const std::string& ns, std::string_view pod, std::string_view container,
                    int lines) {
    return fmt::format("{}/log?container={}&tailLines={}", objectPath(Resource::pods, ns, pod),
                       urlEncoded(container), lines);
}

std::string podPagePath(const std::string& ns, std::string_view pod, int port,
                        std::string_view page) {
    return fmt::format("{}:{}/proxy{}", objectPath(Resource::pods, ns, pod), port, page);
}

std::string kubeletPath(std::string_view node, std::string_view page) {
    return fmt::format("{}/proxy{}", objectPath(Resource::nodes, std::nullopt, node), page);
}

std::string groupPath(Resource resource) {
    return fmt::format("/apis/{}", kindOf(resource).group);
}

}  // namespace memfit
