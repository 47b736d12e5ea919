#include "memfit/documents/json_fields.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "memfit/documents/rfc3339.h"

namespace memfit {

namespace {

std::string_view describeType(const Json& value) {
    if (value.is_null()) return "null";
    if (value.is_boolean()) return "a boolean";
    if (value.is_number_integer()) return "a whole number";
    if (value.is_number()) return "a number";
    if (value.is_string()) return "a string";
    if (value.is_array()) return "an array";
    return "an object";
}

/// The number when it is whole and fits, however it was written.
std::optional<std::int64_t> wholeNumber(const Json& value) {
    if (value.is_number_unsigned()) {
        const auto number = value.get<std::uint64_t>();
        if (number > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) return std::nullopt;
        return static_cast<std::int64_t>(number);
    }
    if (value.is_number_integer()) return value.get<std::int64_t>();
    if (!value.is_number_float()) return std::nullopt;
    const auto number = value.get<double>();
    constexpr double bound = 9223372036854775808.0;  // 2^63
    if (!(number >= -bound && number < bound) || std::floor(number) != number) return std::nullopt;
    return static_cast<std::int64_t>(number);
}

}  // namespace

std::string JsonFields::pathOf(std::string_view name) const {
    return path_.empty() ? std::string(name) : fmt::format("{}.{}", path_, name);
}

void JsonFields::fail(std::string_view name, const std::string& text) const {
    if (problem_->empty()) *problem_ = fmt::format("{} {}", pathOf(name), text);
}

void JsonFields::failType(std::string_view name, const Json& found, std::string_view wanted) const {
    fail(name, fmt::format("is {}, expected {}", describeType(found), wanted));
}

bool JsonFields::has(std::string_view name) const {
    return object_->contains(name);
}

bool JsonFields::isNumber(std::string_view name) const {
    const Json* value = find(name);
    return value != nullptr && value->is_number();
}

const Json* JsonFields::find(std::string_view name) const {
    const auto found = object_->find(name);
    return found == object_->end() || found->is_null() ? nullptr : &*found;
}

std::optional<std::string> JsonFields::text(std::string_view name) const {
    const Json* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_string()) return value->get<std::string>();
    failType(name, *value, "a string");
    return std::nullopt;
}

std::optional<bool> JsonFields::flag(std::string_view name) const {
    const Json* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_boolean()) return value->get<bool>();
    failType(name, *value, "true or false");
    return std::nullopt;
}

std::optional<std::int64_t> JsonFields::whole(std::string_view name,
                                              std::string_view wanted) const {
    const Json* value = find(name);
    if (value == nullptr) return std::nullopt;
    const auto number = wholeNumber(*value);
    if (number) return number;
    if (value->is_number())
        fail(name, fmt::format("is {}, expected {} below 2^63", value->dump(), wanted));
    else
        failType(name, *value, wanted);
    return std::nullopt;
}

std::optional<std::int64_t> JsonFields::count(std::string_view name) const {
    const auto number = whole(name, "a whole number");
    if (!number || *number >= 0) return number;
    fail(name, "is negative");
    return std::nullopt;
}

std::optional<Bytes> JsonFields::bytes(std::string_view name) const {
    const auto number = whole(name, "a whole number of bytes");
    if (!number || *number >= 0) return number;
    fail(name, "is negative");
    return std::nullopt;
}

std::optional<Bytes> JsonFields::limit(std::string_view name) const {
    const auto size = bytes(name);
    if (size != 0) return size;
    fail(name, "is 0; no limit is written as null");
    return std::nullopt;
}

std::optional<int> JsonFields::integer(std::string_view name) const {
    const auto number = whole(name, "a whole number");
    if (!number) return std::nullopt;
    if (*number >= std::numeric_limits<int>::min() && *number <= std::numeric_limits<int>::max())
        return static_cast<int>(*number);
    fail(name, "is out of range");
    return std::nullopt;
}

std::optional<double> JsonFields::number(std::string_view name) const {
    const Json* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (!value->is_number()) {
        failType(name, *value, "a number");
        return std::nullopt;
    }
    const auto number = value->get<double>();
    if (number >= 0) return number;
    fail(name, "is negative");
    return std::nullopt;
}

std::optional<Timestamp> JsonFields::time(std::string_view name) const {
    const auto written = text(name);
    if (!written) return std::nullopt;
    const auto moment = parseRfc3339(*written);
    if (!moment)
        fail(name, fmt::format("is {}, expected a time like 2024-03-01T12:00:00Z",
                               quoteForMessage(*written)));
    return moment;
}

std::optional<JsonFields> JsonFields::object(std::string_view name) const {
    const Json* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_object()) return JsonFields(*value, pathOf(name), *problem_);
    failType(name, *value, "an object");
    return std::nullopt;
}

std::vector<JsonFields> JsonFields::objects(std::string_view name, std::size_t most) const {
    std::vector<JsonFields> found;
    const Json* value = find(name);
    if (value == nullptr) return found;
    if (!value->is_array()) {
        failType(name, *value, "an array");
        return found;
    }
    if (value->size() > most) {
        fail(name, fmt::format("has {} entries, at most {} are read", value->size(), most));
        return found;
    }
    for (std::size_t i = 0; i < value->size(); ++i) {
        const Json& element = (*value)[i];
        const auto elementName = fmt::format("{}[{}]", name, i);
        if (!element.is_object()) {
            failType(elementName, element, "an object");
            return found;
        }
        found.emplace_back(element, pathOf(elementName), *problem_);
    }
    return found;
}

std::vector<std::string> JsonFields::texts(std::string_view name) const {
    std::vector<std::string> found;
    const Json* value = find(name);
    if (value == nullptr) return found;
    if (!value->is_array()) {
        failType(name, *value, "an array");
        return found;
    }
    for (std::size_t i = 0; i < value->size(); ++i) {
        const Json& element = (*value)[i];
        if (!element.is_string()) {
            failType(fmt::format("{}[{}]", name, i), element, "a string");
            return found;
        }
        found.push_back(element.get<std::string>());
    }
    return found;
}

}  // namespace memfit
