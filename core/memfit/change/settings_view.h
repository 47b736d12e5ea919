#pragma once

#include <string>
#include <vector>

#include "memfit/kube/workload.h"
#include "memfit/settings/memory_settings.h"

namespace memfit {

/// The memory settings of a container as YAML, in a fixed order and with nothing else of its
/// environment, so that two of them can be compared line by line and shown to anyone.
[[nodiscard]] std::string settingsYaml(const Container& container);

/// The parts of `wanted` that the container does not have, one clause each: `limits.memory is 64Mi,
/// not 36Mi`. Empty when it has everything.
[[nodiscard]] std::vector<std::string> unmet(const Container& container,
                                             const MemorySettings& wanted);

}  // namespace memfit
