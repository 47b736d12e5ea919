#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "memfit/error.h"
#include "memfit/kube/workload.h"
#include "memfit/settings/memory_settings.h"
#include "memfit/units/bytes.h"

namespace memfit {

/// The memory of a pod as a whole, `spec.resources` of its template (since Kubernetes 1.32,
/// KEP-2837), beside that of one of its containers.
struct PodLevelMemory {
    std::optional<Bytes> limit;
    std::optional<Bytes> request;
    Bytes beside = 0;  ///< what the other containers request, as the scheduler counts it
    std::optional<Bytes> containerLimit;
    std::optional<Bytes> containerRequest;
    bool sidecar = false;  ///< the container is one of initContainers

    /// The most that the container may request: the containers may not request more than the pod,
    /// or, where it has no request, than its limit. nullopt: no bound.
    [[nodiscard]] std::optional<Bytes> room() const;

    friend bool operator==(const PodLevelMemory&, const PodLevelMemory&) = default;
};

/// A malformed quantity counts as none.
[[nodiscard]] PodLevelMemory podLevelMemory(const Workload& workload, std::string_view container);

/// Why Kubernetes would refuse a pod.
struct PodRefusal {
    std::string_view code;  ///< the finding of lint that says the same
    std::string text;       ///< one clause: `the memory limit, 64Mi, is above the pod's, 32Mi, …`
    std::string next;

    friend bool operator==(const PodRefusal&, const PodRefusal&) = default;
};

/// Why Kubernetes would refuse the pod with its container's settings as wanted; nullopt when it
/// would not, or when limit and request are left as they are. The API server may accept a template
/// and refuse only its pods: it sets a missing request to the limit in pods alone. Source:
/// k8s.io/kubernetes pkg/apis/core/validation, validatePodResourceConsistency;
/// pkg/apis/core/v1/defaults.go, defaultPodRequests.
[[nodiscard]] std::optional<PodRefusal> refusedWithinPod(const PodLevelMemory& pod,
                                                         const MemorySettings& wanted);

}  // namespace memfit
