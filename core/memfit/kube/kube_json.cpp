#include "memfit/kube/kube_json.h"

#include <fmt/format.h>

#include <cstddef>
#include <limits>
#include <utility>

#include "memfit/units/quoted.h"

namespace memfit::kube {

namespace {

constexpr int maxDepth = 64;

bool tooDeep(std::string_view text) {
    int depth = 0;
    bool inString = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (inString) {
            if (c == '\\') ++i;
            if (c == '"') inString = false;
        } else if (c == '"') {
            inString = true;
        } else if (c == '{' || c == '[') {
            if (++depth > maxDepth) return true;
        } else if (c == '}' || c == ']') {
            --depth;
        }
    }
    return false;
}

Error notJson(std::string_view text, std::string_view where) {
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos)
        return inputError(fmt::format("{}: empty, expected a JSON object", where));
    return inputError(fmt::format("{}: this is not a JSON object, it starts with {}", where,
                                  quoted(text.substr(0, 20))),
                      "give what `kubectl get -o json` prints");
}

}  // namespace

Result<Json> parseObject(std::string_view text, std::string_view where) {
    if (tooDeep(text))
        return inputError(
            fmt::format("{}: the JSON is nested deeper than {} levels, which no "
                        "Kubernetes object is",
                        where, maxDepth));
    auto value = Json::parse(text, nullptr, false);
    if (!value.is_object()) return notJson(text, where);
    Result<Json> read(boost::system::in_place_value, std::move(value));
    return read;
}

const Json* member(const Json& object, Path path) {
    const Json* current = &object;
    for (const auto name : path) {
        if (!current->is_object()) return nullptr;
        const auto found = current->find(name);
        if (found == current->end()) return nullptr;
        current = &*found;
    }
    return current;
}

std::string text(const Json& object, Path path) {
    const Json* const value = member(object, path);
    return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

std::optional<std::int64_t> integer(const Json& object, Path path) {
    const Json* const value = member(object, path);
    if (value == nullptr || !value->is_number_integer()) return std::nullopt;
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (value->is_number_unsigned() && value->get<std::uint64_t>() > most) return std::nullopt;
    return value->get<std::int64_t>();
}

bool flag(const Json& object, Path path) {
    const Json* const value = member(object, path);
    return value != nullptr && value->is_boolean() && value->get<bool>();
}

const Json& array(const Json& object, Path path) {
    static const Json none = Json::array();
    const Json* const value = member(object, path);
    return value != nullptr && value->is_array() ? *value : none;
}

const Json& object(const Json& object, Path path) {
    static const Json none = Json::object();
    const Json* const value = member(object, path);
    return value != nullptr && value->is_object() ? *value : none;
}

const Json* named(const Json& array, std::string_view name) {
    for (const auto& element : array)
        if (element.is_object() && text(element, {"name"}) == name) return &element;
    return nullptr;
}

void removeIf(Json& array, const std::function<bool(const Json&)>& gone) {
    Json kept = Json::array();
    for (auto& element : array)
        if (!gone(element)) kept.push_back(std::move(element));
    array = std::move(kept);
}

Error misshapen(std::string_view where) {
    return inputError(
        fmt::format("{}: a field has a type that Kubernetes does not use there", where),
        "give what `kubectl get -o json` prints");
}

std::string dump(const Json& value) {
    return value.dump(-1, ' ', true, Json::error_handler_t::replace);
}

}  // namespace memfit::kube
