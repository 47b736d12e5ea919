#pragma once

// Internal to memfit/lint: names of variables, and values that are not strings.

#include <string_view>

#include "memfit/yaml/yaml_tree.h"

namespace memfit::lint {

/// The variable of Go that `name` was probably meant to be; empty for its right name and for all
/// else.
[[nodiscard]] std::string_view misspeltGoName(std::string_view name);

/// Whether the readers of Kubernetes (sigs.k8s.io/yaml: YAML 1.1) take the scalar for a string:
/// neither a number, nor a boolean (`off` and `yes` too).
[[nodiscard]] bool isString(const yaml::Tree& tree, yaml::NodeId scalar);

}  // namespace memfit::lint
