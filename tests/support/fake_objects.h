#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "memfit/units/bytes.h"

/// What an API server does with objects, as far as FakeCluster does it too.

namespace memfit::test {

/// The text at a JSON pointer; empty where there is none.
[[nodiscard]] std::string textAt(const nlohmann::json& object, const std::string& pointer);
/// The bytes of a quantity; 0 for what is none.
[[nodiscard]] Bytes bytesOf(const nlohmann::json& text);

/// The parts that are not empty.
[[nodiscard]] std::vector<std::string> splitAt(const std::string& text, char separator);
/// A text of a path or query with its %XX read.
[[nodiscard]] std::string decoded(const std::string& text);

/// `a=b,c`: equalities and labels that have to be there.
[[nodiscard]] bool selects(const std::string& selector, const nlohmann::json& object);
/// `a=b,c!=d` of spec.nodeName, status.phase and involvedObject.name, which are all that is asked
/// for.
[[nodiscard]] bool fieldsMatch(const std::string& selector, const nlohmann::json& object);

/// A patch that is written as YAML.
[[nodiscard]] nlohmann::json readYaml(const std::string& text);
/// A strategic merge patch: lists whose elements have names are merged by them, all others
/// replaced.
void mergeStrategically(nlohmann::json& target, const nlohmann::json& patch);

}  // namespace memfit::test
