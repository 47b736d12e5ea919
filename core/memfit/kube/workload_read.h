#pragma once

// Internal to memfit: workloads and pods from JSON that is parsed already.

#include <string_view>

#include "memfit/error.h"
#include "memfit/kube/kube_json.h"
#include "memfit/kube/pod_list.h"
#include "memfit/kube/workload.h"

namespace memfit {

/// As readWorkload() of text.
[[nodiscard]] Result<Workload> readWorkload(const kube::Json& object, std::string_view where);

/// Everything of a listed pod but its `json`.
[[nodiscard]] Result<ListedPod> readListedPod(const kube::Json& item);

}  // namespace memfit
