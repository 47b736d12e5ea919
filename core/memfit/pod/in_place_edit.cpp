#include "memfit/pod/in_place_edit.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/algorithm/string/replace.hpp>

#include "memfit/pod/in_place.h"
#include "memfit/units/quoted.h"

namespace memfit::in_place {

namespace {

using kube::Json;

constexpr std::array<std::string_view, 3> followTheirTemplate{"Deployment", "StatefulSet",
                                                              "DaemonSet"};

/// Conditional replacement of a member as a whole.
void patchMember(const std::string& path, const Json* before, const Json* after, Json& patch) {
    if (before == nullptr && after != nullptr) patch.push_back(operation("add", path, *after));
    if (before == nullptr || (after != nullptr && *before == *after)) return;
    patch.push_back(operation("test", path, *before));
    if (after == nullptr)
        patch.push_back({{"op", "remove"}, {"path", path}});
    else
        patch.push_back(operation("replace", path, *after));
}

/// Entry by entry, so that the values of the other variables are not in the patch. Relies on what
/// ContainerEdit does: entries change in place, leave, or come last.
void patchEnvironment(const std::string& path, const Json& before, const Json& after, Json& patch) {
    Json removals = Json::array();
    std::size_t kept = 0;
    for (std::size_t i = 0; i < before.size(); ++i) {
        const auto entry = fmt::format("{}/{}", path, i);
        const bool stays = kept < after.size() &&
                           kube::text(after[kept], {"name"}) == kube::text(before[i], {"name"});
        if (stays && before[i] != after[kept]) {
            patch.push_back(operation("test", entry, before[i]));
            patch.push_back(operation("replace", entry, after[kept]));
        }
        if (stays) {
            ++kept;
            continue;
        }
        removals.insert(removals.begin(), Json{{"op", "remove"}, {"path", entry}});
        removals.insert(removals.begin(), operation("test", entry, before[i]));
    }
    // From the last to the first, so that the numbers of those in front stay true.
    for (auto& removal : removals) patch.push_back(removal);
    for (; kept < after.size(); ++kept) patch.push_back(operation("add", path + "/-", after[kept]));
}

}  // namespace

Json operation(const char* op, const std::string& path, const Json& value) {
    return {{"op", op}, {"path", path}, {"value", value}};
}

std::string pointerSegment(std::string_view name) {
    std::string segment(name);
    boost::algorithm::replace_all(segment, "~", "~0");
    boost::algorithm::replace_all(segment, "/", "~1");
    return segment;
}

Result<LiveContainer> readLive(std::string_view workloadJson, std::string_view container) {
    const auto workload = kube::parseObject(workloadJson, "the workload");
    if (!workload) return workload.error();
    const auto kind = kube::text(*workload, {"kind"});
    if (std::ranges::find(followTheirTemplate, kind) == followTheirTemplate.end())
        return usageError(fmt::format("a {} cannot be changed in place", memfit::quoted(kind)),
                          "name its Deployment, StatefulSet or DaemonSet, or leave --in-place out");
    LiveContainer live;
    live.generation = kube::integer(*workload, {"metadata", "generation"});
    if (const Json* const annotations =
            kube::member(*workload, {"spec", "template", "metadata", "annotations"}))
        live.annotations = *annotations;
    for (const std::string_view list : {"containers", "initContainers"}) {
        const Json& containers = kube::array(*workload, {"spec", "template", "spec", list});
        for (std::size_t i = 0; i < containers.size() && !live.index; ++i) {
            if (kube::text(containers[i], {"name"}) != container) continue;
            live.index = i;
            live.list = list;
            live.container = containers[i];
        }
    }
    return live;
}

Json ContainerEdit::memory(const char* list) const {
    const Json* const value = kube::member(edited_, {"resources", list, "memory"});
    return value == nullptr ? Json() : *value;
}

void ContainerEdit::setMemory(const char* list, const Json& quantity) {
    if (!quantity.is_null()) {
        Json& resources = edited_["resources"];
        if (!resources.is_object()) resources = Json::object();
        if (!resources[list].is_object()) resources[list] = Json::object();
        resources[list]["memory"] = quantity;
        return;
    }
    if (memory(list).is_null()) return;
    edited_["resources"][list].erase("memory");
    if (edited_["resources"][list].empty()) edited_["resources"].erase(list);
}

void ContainerEdit::tidyResources(bool hadResources) {
    if (!hadResources && kube::object(edited_, {"resources"}).empty()) edited_.erase("resources");
}

Json ContainerEdit::entries(std::string_view variable) const {
    Json found = Json::array();
    for (const auto& entry : kube::array(edited_, {"env"}))
        if (kube::text(entry, {"name"}) == variable) found.push_back(entry);
    return found;
}

void ContainerEdit::setEntries(std::string_view variable, const Json& entries) {
    Json env = Json::array();
    std::size_t next = 0;
    for (const auto& entry : kube::array(edited_, {"env"})) {
        if (kube::text(entry, {"name"}) != variable)
            env.push_back(entry);
        else if (next < entries.size())
            env.push_back(entries[next++]);
    }
    for (; next < entries.size(); ++next) env.push_back(entries[next]);
    edited_["env"] = std::move(env);
}

void ContainerEdit::tidyEnvironment(bool hadEnv) {
    const bool empty = kube::array(edited_, {"env"}).empty();
    if (empty && !hadEnv) edited_.erase("env");
}

Json ContainerEdit::mark(const LiveContainer& live) {
    const Json* const mark = kube::member(live.annotations, {inPlaceRunAnnotation});
    return mark == nullptr ? Json() : *mark;
}

void ContainerEdit::setMark(const Json& mark, bool tidy) {
    mark_ = mark;
    tidyAnnotations_ = tidy;
}

/// One entry, so that the values of other annotations are not in the patch.
void ContainerEdit::patchMark(Json& patch) const {
    const Json before = mark(live_);
    if (before == mark_) return;
    const std::string annotations = "/spec/template/metadata/annotations";
    const auto entry = annotations + "/" + pointerSegment(inPlaceRunAnnotation);
    if (!live_.annotations.is_object()) {
        Json only = Json::object();
        only[std::string(inPlaceRunAnnotation)] = mark_;
        patch.push_back(operation("add", annotations, only));
    } else if (mark_.is_null() && tidyAnnotations_ && live_.annotations.size() == 1) {
        patchMember(annotations, &live_.annotations, nullptr, patch);
    } else {
        patchMember(entry, before.is_null() ? nullptr : &before, mark_.is_null() ? nullptr : &mark_,
                    patch);
    }
}

Json ContainerEdit::patch() const {
    Json changes = Json::array();
    const auto path = fmt::format("/spec/template/spec/{}/{}", live_.list, live_.index.value_or(0));
    patchMember(path + "/resources", kube::member(live_.container, {"resources"}),
                kube::member(edited_, {"resources"}), changes);
    const Json* const before = kube::member(live_.container, {"env"});
    const Json* const after = kube::member(edited_, {"env"});
    if (before != nullptr && before->is_array() && after != nullptr)
        patchEnvironment(path + "/env", *before, *after, changes);
    else
        patchMember(path + "/env", before, after, changes);
    patchMark(changes);
    if (changes.empty()) return changes;

    Json patch = Json::array();
    if (live_.generation)
        patch.push_back(operation("test", "/metadata/generation", *live_.generation));
    patch.push_back(operation("test", path + "/name", kube::text(live_.container, {"name"})));
    for (auto& change : changes) patch.push_back(std::move(change));
    return patch;
}

}  // namespace memfit::in_place
