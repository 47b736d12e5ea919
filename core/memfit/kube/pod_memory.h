#pragma once

// Internal to memfit/kube: the memory of a pod as its spec says it.

#include <string_view>

#include "memfit/kube/kube_json.h"
#include "memfit/kube/pod_level.h"
#include "memfit/units/bytes.h"

namespace memfit {

/// `a + b`, or the largest size where that is too large; a, b >= 0.
[[nodiscard]] Bytes addSizes(Bytes a, Bytes b);

/// The memory that a pod with this `spec` reserves on its node, as the scheduler counts it
/// (KEP-753): all containers and sidecars together, or an init container with the sidecars before
/// it, whichever is more; and the overhead of the runtime class. A malformed quantity counts as 0.
[[nodiscard]] Bytes podRequest(const kube::Json& spec);

/// As podLevelMemory() of a workload with this pod spec.
[[nodiscard]] PodLevelMemory podLevelMemory(const kube::Json& spec, std::string_view container);

}  // namespace memfit
