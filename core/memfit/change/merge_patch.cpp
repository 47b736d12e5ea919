#include "memfit/change/merge_patch.h"

#include <fmt/format.h>

#include <optional>
#include <ranges>
#include <utility>
#include <vector>

#include "memfit/change/edit_find.h"
#include "memfit/settings/go_settings.h"
#include "memfit/units/quantity.h"
#include "memfit/yaml/yaml_value.h"

namespace memfit {

namespace {

using yaml::mapValue;
using yaml::plainValue;
using yaml::sequenceValue;
using yaml::stringValue;
using yaml::Value;

using Entries = std::vector<std::pair<std::string, Value>>;

std::optional<Value> amountPatch(const MemoryWish& wish, bool there) {
    switch (wish.kind) {
        case MemoryWish::Kind::leave:
            return std::nullopt;
        case MemoryWish::Kind::set:
            return mapValue({{"memory", plainValue(formatQuantity(wish.bytes))}});
        case MemoryWish::Kind::remove:
            break;
    }
    if (!there) return std::nullopt;
    return mapValue({{"memory", Value{}}});
}

/// A variable as it is now; null: it may be anything.
using Known = const GoVariable*;

Value literalPatch(const std::string& name, Known now, const std::string& text) {
    Entries entry{{"name", stringValue(name)}, {"value", stringValue(text)}};
    const bool elsewhere = now == nullptr || now->from == GoVariable::From::resourceField ||
                           now->from == GoVariable::From::other;
    if (elsewhere) entry.emplace_back("valueFrom", Value{});
    return mapValue(std::move(entry));
}

Value referencePatch(const std::string& name, Known now, const std::string& container) {
    Entries field{{"containerName", stringValue(container)},
                  {"resource", stringValue("limits.memory")}};
    if (now == nullptr || !now->divisor.empty()) field.emplace_back("divisor", Value{});
    Entries source{{"resourceFieldRef", mapValue(std::move(field))}};
    if (now == nullptr)
        // Not `$patch: replace`: where there is no valueFrom yet, that leaves none.
        for (const auto* const other : {"configMapKeyRef", "fieldRef", "secretKeyRef"})
            source.emplace_back(other, Value{});
    else if (now->from == GoVariable::From::other)
        source.emplace_back(now->text, Value{});
    Entries entry{{"name", stringValue(name)}};
    if (now == nullptr || now->from == GoVariable::From::literal)
        entry.emplace_back("value", Value{});
    entry.emplace_back("valueFrom", mapValue(std::move(source)));
    return mapValue(std::move(entry));
}

void addRemoval(std::vector<Value>& env, const std::string& name, Known now) {
    if (now != nullptr && now->from == GoVariable::From::unset) return;
    Value entry = mapValue({{"name", stringValue(name)}});
    entry.children.push_back(plainValue("$patch"));
    entry.children.push_back(plainValue("delete"));
    env.push_back(std::move(entry));
}

void addGomemlimit(std::vector<Value>& env, const std::string& container, Known now,
                   const GomemlimitWish& wish) {
    const std::string name = "GOMEMLIMIT";
    switch (wish.kind) {
        case GomemlimitWish::Kind::leave:
            return;
        case GomemlimitWish::Kind::unset:
            addRemoval(env, name, now);
            return;
        case GomemlimitWish::Kind::limitsMemory:
            env.push_back(referencePatch(name, now, container));
            return;
        case GomemlimitWish::Kind::bytes:
            env.push_back(literalPatch(name, now, formatGomemlimit(wish.bytes)));
            return;
    }
}

void addGogc(std::vector<Value>& env, Known now, const GogcWish& wish) {
    const std::string name = "GOGC";
    switch (wish.kind) {
        case GogcWish::Kind::leave:
            return;
        case GogcWish::Kind::unset:
            addRemoval(env, name, now);
            return;
        case GogcWish::Kind::off:
            env.push_back(literalPatch(name, now, "off"));
            return;
        case GogcWish::Kind::percent:
            env.push_back(literalPatch(name, now, fmt::format("{}", wish.percent)));
            return;
    }
}

/// `now`: null where nothing is known of the container but its name.
Value containerPatch(const std::string& name, const Container* now, const MemorySettings& wanted) {
    Entries container{{"name", stringValue(name)}};
    std::vector<Value> env;
    addGomemlimit(env, name, now == nullptr ? nullptr : &now->gomemlimit, wanted.gomemlimit);
    addGogc(env, now == nullptr ? nullptr : &now->gogc, wanted.gogc);
    if (!env.empty()) container.emplace_back("env", sequenceValue(std::move(env)));
    Entries resources;
    if (auto limits = amountPatch(wanted.limit, now == nullptr || now->memoryLimit)) {
        resources.emplace_back("limits", std::move(*limits));
    }
    if (auto requests = amountPatch(wanted.request, now == nullptr || now->memoryRequest)) {
        resources.emplace_back("requests", std::move(*requests));
    }
    if (!resources.empty()) container.emplace_back("resources", mapValue(std::move(resources)));
    return mapValue(std::move(container));
}

std::string patchYaml(const WorkloadName& object, const PatchGuard& guard, Value container,
                      bool sidecar) {
    Entries metadata{{"name", stringValue(object.name)}};
    if (!object.nameSpace.empty())
        metadata.emplace_back("namespace", stringValue(object.nameSpace));
    if (!guard.uid.empty()) metadata.emplace_back("uid", stringValue(guard.uid));
    if (!guard.resourceVersion.empty())
        metadata.emplace_back("resourceVersion", stringValue(guard.resourceVersion));
    Value spec = mapValue(
        {{sidecar ? "initContainers" : "containers", sequenceValue({std::move(container)})}});
    const auto path = yaml::podSpecPath(object.kind);
    for (const auto step : std::views::reverse(path)) {
        spec = mapValue({{std::string(step), std::move(spec)}});
    }
    const Entries head{{"apiVersion", stringValue(object.apiVersion)},
                       {"kind", stringValue(object.kind)},
                       {"metadata", mapValue(std::move(metadata))}};
    std::string text;
    for (const auto& [key, value] : head) {
        yaml::appendBlockEntry(text, 0, stringValue(key), value, {});
    }
    yaml::appendBlockEntry(text, 0, spec.children.front(), spec.children.back(), {});
    return text;
}

}  // namespace

std::string mergePatchYaml(const WorkloadName& object, const Container& now,
                           const MemorySettings& wanted, const PatchGuard& guard) {
    return patchYaml(object, guard, containerPatch(now.name, &now, wanted), now.sidecar);
}

std::string mergePatchYaml(const WorkloadName& object, const std::string& container,
                           const MemorySettings& wanted, bool sidecar) {
    return patchYaml(object, {}, containerPatch(container, nullptr, wanted), sidecar);
}

}  // namespace memfit
