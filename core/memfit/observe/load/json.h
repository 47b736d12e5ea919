#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

namespace memfit::load {

using Json = nlohmann::json;

/// Calls `use` with every JSON object that stands in `text`, whatever surrounds it; objects inside
/// an object that was read are not visited on their own. Strings may carry Go's escapes (`\x1f`,
/// `\a`), which JSON does not know. Time and memory are linear in the size of the text.
void forEachObject(std::string_view text, const std::function<void(const Json&)>& use);

using Path = std::initializer_list<std::string_view>;

/// The member that `path` leads to, or nullptr.
[[nodiscard]] const Json* member(const Json& object, Path path);
/// A number at `path`; nullopt for null, for another type, and for negative values.
[[nodiscard]] std::optional<double> number(const Json& object, Path path);
[[nodiscard]] std::optional<std::int64_t> count(const Json& object, Path path);
/// A time at `path` in units of `unit` seconds; zero is unknown, see toSeconds.
[[nodiscard]] std::optional<double> seconds(const Json& object, Path path, double unit);
/// Calls `use` with the name and the count of each member of the object at `path`.
void forEachCount(const Json& object, Path path,
                  const std::function<void(const std::string&, std::int64_t)>& use);

}  // namespace memfit::load
