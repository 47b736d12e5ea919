#pragma once

#include <string>

namespace memfit {

/// The same tree as a JSON text (one of ours), written as YAML in block style: key order kept,
/// strings double-quoted so that `off` and `17` stay strings for every reader.
[[nodiscard]] std::string jsonToYaml(const std::string& json);

}  // namespace memfit
