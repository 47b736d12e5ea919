#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "memfit/error.h"

namespace memfit {

/// What a VerticalPodAutoscaler does to its workload, by the rules of its API
/// (kubernetes/autoscaler, vertical-pod-autoscaler, pkg/apis/autoscaling.k8s.io/v1/types.go).
struct VerticalAutoscaler {
    std::string name;
    std::string nameSpace;
    std::string kind;         ///< of the workload, `Deployment`
    std::string workload;     ///< its name
    bool changesPods = true;  ///< updateMode is anything but Off; where it does not say it is Auto
    bool memoryOfOthers = true;          ///< sets the memory of containers that have no policy
    std::map<std::string, bool> memory;  ///< sets it of the containers that have one

    /// Whether the memory request, and in proportion the limit, of that container are what it says,
    /// whatever the pod template says.
    [[nodiscard]] bool setsMemory(const std::string& container) const;

    friend bool operator==(const VerticalAutoscaler&, const VerticalAutoscaler&) = default;
};

/// A list of verticalpodautoscalers as the API server prints it. Errors (kind input): not JSON, or
/// not a list.
[[nodiscard]] Result<std::vector<VerticalAutoscaler>> readVerticalAutoscalers(
    std::string_view list);

}  // namespace memfit
