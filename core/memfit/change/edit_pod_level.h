#pragma once

#include <optional>
#include <string_view>

#include "memfit/change/edit_find.h"
#include "memfit/kube/pod_level.h"
#include "memfit/settings/memory_settings.h"
#include "memfit/yaml/yaml_tree.h"

namespace memfit::yaml {

/// Why the memory of the whole pod leaves no room for the container's wanted settings.
[[nodiscard]] std::optional<PodRefusal> refusedWithinPod(const Tree& tree,
                                                         const FoundWorkload& workload,
                                                         std::string_view container,
                                                         const MemorySettings& wanted);

}  // namespace memfit::yaml
