#pragma once

// Internal to memfit: a pod's status from JSON that is parsed already.

#include <string_view>

#include "memfit/kube/kube_json.h"
#include "memfit/observe/pod_status.h"

namespace memfit {

/// As readPodStatus() of text; the object is taken for a Pod.
[[nodiscard]] PodStatus readPodStatus(const kube::Json& pod, std::string_view container);

}  // namespace memfit
