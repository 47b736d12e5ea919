#pragma once

// Internal to memfit: bounded reading of Kubernetes objects as JSON.

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "memfit/error.h"

namespace memfit::kube {

using Json = nlohmann::json;
using Path = std::initializer_list<std::string_view>;

/// Reads one JSON object, at most 64 levels deep, so that copying and writing it cannot exhaust the
/// stack. `where` names the text in messages. Errors (kind input).
[[nodiscard]] Result<Json> parseObject(std::string_view text, std::string_view where);

/// The member that `path` leads to, or nullptr.
[[nodiscard]] const Json* member(const Json& object, Path path);
/// A string at `path`; empty for everything else.
[[nodiscard]] std::string text(const Json& object, Path path);
/// An integer at `path` that fits; nullopt for everything else.
[[nodiscard]] std::optional<std::int64_t> integer(const Json& object, Path path);
/// True only for `true` at `path`.
[[nodiscard]] bool flag(const Json& object, Path path);
/// The array at `path`, an empty one for everything else.
[[nodiscard]] const Json& array(const Json& object, Path path);
/// The object at `path`, an empty one for everything else.
[[nodiscard]] const Json& object(const Json& object, Path path);
/// The element of the array whose member `name` is `name`, or nullptr.
[[nodiscard]] const Json* named(const Json& array, std::string_view name);
/// Removes the array's elements for which `gone` holds, keeping the order.
void removeIf(Json& array, const std::function<bool(const Json&)>& gone);
/// The error for an object that does not have the shape that Kubernetes gives it.
[[nodiscard]] Error misshapen(std::string_view where);

/// What `edit` returns; an Error (kind input) where it came upon a value of another type than
/// Kubernetes has there.
template <class Edit>
[[nodiscard]] auto guarded(std::string_view where, Edit edit) -> decltype(edit()) {
    try {
        return edit();
    } catch (const Json::exception&) {
        return misshapen(where);
    }
}

/// As one line of ASCII.
[[nodiscard]] std::string dump(const Json& value);

}  // namespace memfit::kube
