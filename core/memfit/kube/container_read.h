#pragma once

// Internal to memfit/kube: a container of a pod template, read from its JSON.

#include <string_view>

#include "memfit/error.h"
#include "memfit/kube/kube_json.h"
#include "memfit/kube/workload.h"

namespace memfit {

/// Errors (kind input): a malformed quantity, named with `where`.
[[nodiscard]] Result<Container> readContainer(const kube::Json& json, std::string_view where);

}  // namespace memfit
