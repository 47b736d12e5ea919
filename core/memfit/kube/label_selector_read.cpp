#include "memfit/kube/label_selector_read.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "memfit/units/quoted.h"

namespace memfit {

namespace {

using kube::Json;
using Operator = LabelRequirement::Operator;

constexpr std::array operators{
    std::pair{std::string_view("In"), Operator::in},
    std::pair{std::string_view("NotIn"), Operator::notIn},
    std::pair{std::string_view("Exists"), Operator::exists},
    std::pair{std::string_view("DoesNotExist"), Operator::doesNotExist},
};

Error malformed(std::string_view where, std::string_view what) {
    return inputError(fmt::format("{}: {}, so it is not known which pods it selects", where, what));
}

std::optional<Error> addEqualities(const Json& map, std::string_view where,
                                   LabelSelector& selector) {
    if (!map.is_object()) return malformed(where, "its selector is not a map of labels");
    for (const auto& [key, value] : map.items()) {
        if (!value.is_string())
            return malformed(where,
                             fmt::format("its selector gives {} a value that is not a string",
                                         memfit::quoted(key)));
        selector.requirements.push_back({key, Operator::in, {value.get<std::string>()}});
    }
    return std::nullopt;
}

std::optional<Error> addExpression(const Json& json, std::string_view where,
                                   LabelSelector& selector) {
    const auto name = kube::text(json, {"operator"});
    const auto* const known =
        std::ranges::find(operators, name, &decltype(operators)::value_type::first);
    if (known == operators.end())
        return malformed(where,
                         fmt::format("its selector has the operator {}", memfit::quoted(name)));
    LabelRequirement requirement{kube::text(json, {"key"}), known->second, {}};
    if (requirement.key.empty()) return malformed(where, "its selector has a line without a key");
    for (const auto& value : kube::array(json, {"values"})) {
        if (!value.is_string())
            return malformed(where, "its selector has a value that is not a string");
        requirement.values.push_back(value.get<std::string>());
    }
    selector.requirements.push_back(std::move(requirement));
    return std::nullopt;
}

std::string formatRequirement(const LabelRequirement& requirement) {
    switch (requirement.op) {
        case Operator::exists:
            return requirement.key;
        case Operator::doesNotExist:
            return "!" + requirement.key;
        case Operator::notIn:
            return fmt::format("{} notin ({})", requirement.key,
                               fmt::join(requirement.values, ","));
        case Operator::in:
            break;
    }
    if (requirement.values.size() == 1)
        return fmt::format("{}={}", requirement.key, requirement.values.front());
    return fmt::format("{} in ({})", requirement.key, fmt::join(requirement.values, ","));
}

}  // namespace

Result<LabelSelector> readLabelSelector(const Json* json, std::string_view where) {
    LabelSelector selector;
    if (json == nullptr || json->is_null()) {
        selector.nothing = true;
        return selector;
    }
    if (!json->is_object()) return malformed(where, "its selector is not an object");
    if (const Json* const map = kube::member(*json, {"matchLabels"});
        map != nullptr && !map->is_null())
        if (auto error = addEqualities(*map, where, selector)) return *error;
    for (const auto& expression : kube::array(*json, {"matchExpressions"}))
        if (auto error = addExpression(expression, where, selector)) return *error;
    return selector;
}

Result<LabelSelector> readLabelMap(const Json* json, std::string_view where) {
    LabelSelector selector;
    if (json != nullptr && !json->is_null())
        if (auto error = addEqualities(*json, where, selector)) return *error;
    selector.nothing = selector.requirements.empty();
    return selector;
}

std::string formatLabelSelector(const LabelSelector& selector) {
    std::vector<std::string> lines;
    for (const auto& requirement : selector.requirements)
        lines.push_back(formatRequirement(requirement));
    return fmt::format("{}", fmt::join(lines, ","));
}

}  // namespace memfit
