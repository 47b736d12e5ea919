#pragma once

// Internal to memfit: the memory of a pod as a whole, from its spec.

#include <string_view>

#include "memfit/kube/kube_json.h"
#include "memfit/kube/pod_level.h"

namespace memfit {

/// As podLevelMemory() of a workload with this pod spec.
[[nodiscard]] PodLevelMemory podLevelMemory(const kube::Json& spec, std::string_view container);

}  // namespace memfit
