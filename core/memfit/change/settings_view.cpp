#include "memfit/change/settings_view.h"

#include <fmt/format.h>

#include <utility>

#include "memfit/settings/go_settings.h"
#include "memfit/units/quantity.h"
#include "memfit/yaml/yaml_value.h"

namespace memfit {

namespace {

using yaml::mapValue;
using yaml::stringValue;
using yaml::Value;
using Entries = std::vector<std::pair<std::string, Value>>;

void addAmount(Entries& entries, const std::string& key, const std::optional<Bytes>& amount) {
    if (!amount) return;
    entries.emplace_back(key, mapValue({{"memory", yaml::plainValue(formatQuantity(*amount))}}));
}

void addVariable(std::vector<Value>& env, const std::string& name, const GoVariable& variable) {
    Entries entry{{"name", stringValue(name)}};
    switch (variable.from) {
        case GoVariable::From::unset:
            return;
        case GoVariable::From::literal:
            entry.emplace_back("value", stringValue(variable.text));
            break;
        case GoVariable::From::resourceField: {
            Entries field;
            if (!variable.containerName.empty())
                field.emplace_back("containerName", stringValue(variable.containerName));
            field.emplace_back("resource", stringValue(variable.resource));
            if (!variable.divisor.empty())
                field.emplace_back("divisor", stringValue(variable.divisor));
            entry.emplace_back("valueFrom",
                               mapValue({{"resourceFieldRef", mapValue(std::move(field))}}));
            break;
        }
        case GoVariable::From::other:
            entry.emplace_back("valueFrom", mapValue({{variable.text, mapValue({})}}));
            break;
    }
    env.push_back(mapValue(std::move(entry)));
}

std::string amountText(const std::optional<Bytes>& amount) {
    return amount ? formatQuantity(*amount) : "not set";
}

std::string variableText(const GoVariable& variable) {
    switch (variable.from) {
        case GoVariable::From::unset:
            return "not set";
        case GoVariable::From::literal:
            return variable.text;
        case GoVariable::From::resourceField:
            return variable.resource;
        case GoVariable::From::other:
            break;
    }
    return "from " + variable.text;
}

void checkAmount(std::vector<std::string>& clauses, std::string_view name,
                 const std::optional<Bytes>& now, const MemoryWish& wish) {
    if (wish.kind == MemoryWish::Kind::leave) return;
    const auto wanted =
        wish.kind == MemoryWish::Kind::set ? std::optional(wish.bytes) : std::nullopt;
    if (now == wanted) return;
    clauses.push_back(
        fmt::format("{}.memory is {}, not {}", name, amountText(now), amountText(wanted)));
}

void checkVariable(std::vector<std::string>& clauses, std::string_view name, const GoVariable& now,
                   bool met, std::string_view wanted) {
    if (!met) clauses.push_back(fmt::format("{} is {}, not {}", name, variableText(now), wanted));
}

bool isReference(const GoVariable& now, const std::string& container) {
    return now.from == GoVariable::From::resourceField && now.resource == "limits.memory" &&
           (now.containerName.empty() || now.containerName == container) &&
           (now.divisor.empty() || now.divisor == "0" || now.divisor == "1");
}

void checkGomemlimit(std::vector<std::string>& clauses, const Container& container,
                     const GomemlimitWish& wish) {
    const auto& now = container.gomemlimit;
    switch (wish.kind) {
        case GomemlimitWish::Kind::leave:
            return;
        case GomemlimitWish::Kind::unset:
            checkVariable(clauses, "GOMEMLIMIT", now, now.from == GoVariable::From::unset,
                          "not set");
            return;
        case GomemlimitWish::Kind::limitsMemory:
            checkVariable(clauses, "GOMEMLIMIT", now, isReference(now, container.name),
                          "limits.memory");
            return;
        case GomemlimitWish::Kind::bytes: {
            const auto literal = parseGomemlimit(now.text);
            const bool met = now.from == GoVariable::From::literal && literal && *literal &&
                             **literal == wish.bytes;
            checkVariable(clauses, "GOMEMLIMIT", now, met, formatGomemlimit(wish.bytes));
            return;
        }
    }
}

void checkGogc(std::vector<std::string>& clauses, const GoVariable& now, const GogcWish& wish) {
    const bool literal = now.from == GoVariable::From::literal;
    const auto value = parseGogc(now.text);
    switch (wish.kind) {
        case GogcWish::Kind::leave:
            return;
        case GogcWish::Kind::unset:
            checkVariable(clauses, "GOGC", now, now.from == GoVariable::From::unset, "not set");
            return;
        case GogcWish::Kind::off:
            checkVariable(clauses, "GOGC", now, literal && value.off, "off");
            return;
        case GogcWish::Kind::percent:
            checkVariable(clauses, "GOGC", now,
                          literal && !value.off && value.percent == wish.percent,
                          fmt::format("{}", wish.percent));
            return;
    }
}

}  // namespace

std::string settingsYaml(const Container& container) {
    Entries resources;
    addAmount(resources, "limits", container.memoryLimit);
    addAmount(resources, "requests", container.memoryRequest);
    std::vector<Value> env;
    addVariable(env, "GOMEMLIMIT", container.gomemlimit);
    addVariable(env, "GOGC", container.gogc);
    std::string text;
    const auto add = [&text](const std::string& key, const Value& value) {
        yaml::appendBlockEntry(text, 0, stringValue(key), value, {});
    };
    add("name", stringValue(container.name));
    if (!resources.empty()) add("resources", mapValue(std::move(resources)));
    if (!env.empty()) add("env", yaml::sequenceValue(std::move(env)));
    return text;
}

std::vector<std::string> unmet(const Container& container, const MemorySettings& wanted) {
    std::vector<std::string> clauses;
    checkAmount(clauses, "limits", container.memoryLimit, wanted.limit);
    checkAmount(clauses, "requests", container.memoryRequest, wanted.request);
    checkGomemlimit(clauses, container, wanted.gomemlimit);
    checkGogc(clauses, container.gogc, wanted.gogc);
    return clauses;
}

}  // namespace memfit
