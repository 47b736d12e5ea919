#include "memfit/pod/in_place.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "memfit/pod/in_place_edit.h"
#include "memfit/units/quantity.h"
#include "memfit/units/quoted.h"

namespace memfit {

namespace {

using in_place::ContainerEdit;
using kube::Json;

constexpr std::array<std::string_view, 2> goVariables{"GOMEMLIMIT", "GOGC"};
constexpr std::array<std::pair<const char*, const char*>, 2> memoryLists{
    std::pair{"limits", "limit"}, std::pair{"requests", "request"}};

constexpr const char* markField = "mark";

Json orNull(const Json* value) {
    return value == nullptr ? Json() : *value;
}

/// Quantities are compared by value: the API server writes `1536Mi` for `1.5Gi`.
bool sameQuantity(const Json& a, const Json& b) {
    if (!a.is_string() || !b.is_string()) return a == b;
    const auto left = parseQuantity(a.get<std::string>());
    const auto right = parseQuantity(b.get<std::string>());
    return left && right ? left->bytes == right->bytes : a == b;
}

Json entriesOf(const Json& container, std::string_view variable) {
    Json entries = Json::array();
    for (const auto& entry : kube::array(container, {"env"}))
        if (kube::text(entry, {"name"}) == variable) entries.push_back(entry);
    return entries;
}

/// How the entries of a variable look once ours are set.
Json oursInstead(const Json& originalEntries, std::string_view variable, const Json& value) {
    const Json entry{{"name", variable}, {"value", value}};
    Json entries(std::max<std::size_t>(originalEntries.size(), 1), entry);
    return entries;
}

/// The originals of one field, and whether a live value is one that memfit set.
class Journal {
public:
    Journal(const Json& original, const std::vector<Json>& ours)
        : original_(original), ours_(ours) {}

    [[nodiscard]] bool setMemory(const char* field, const Json& live) const {
        return std::ranges::any_of(ours_, [&](const Json& ours) {
            return ours.contains(field) && sameQuantity(ours[field], live);
        });
    }

    [[nodiscard]] bool setEntries(std::string_view variable, const Json& live) const {
        return std::ranges::any_of(ours_, [&](const Json& ours) {
            const Json* const value = kube::member(ours, {variable});
            return value != nullptr && live == oursInstead(entries(variable), variable, *value);
        });
    }

    [[nodiscard]] bool setMark(const Json& live) const {
        return std::ranges::any_of(ours_, [&](const Json& ours) {
            return orNull(kube::member(ours, {markField})) == live;
        });
    }

    [[nodiscard]] Json mark() const { return orNull(kube::member(original_, {markField})); }

    [[nodiscard]] Json memory(const char* field) const {
        return orNull(kube::member(original_, {field}));
    }

    [[nodiscard]] const Json& entries(std::string_view variable) const {
        return kube::array(original_, {"go", variable});
    }

    [[nodiscard]] bool had(std::string_view what) const {
        return kube::flag(original_, {"had", what});
    }

private:
    const Json& original_;
    const std::vector<Json>& ours_;
};

std::string fieldName(const char* list) {
    return fmt::format("resources.{}.memory", list);
}

bool exceeds(const Json& request, const Json& limit) {
    if (!request.is_string() || !limit.is_string()) return false;
    const auto asked = parseQuantity(request.get<std::string>());
    const auto bound = parseQuantity(limit.get<std::string>());
    return asked && bound && asked->bytes > bound->bytes;
}

void restoreMemory(ContainerEdit& edit, const Journal& journal, RestorePatch& restored) {
    for (const auto& [list, field] : memoryLists) {
        const Json live = edit.memory(list);
        const Json original = journal.memory(field);
        if (sameQuantity(live, original)) continue;
        // A request above a limit that somebody else lowered would be refused, and everything with
        // it.
        const bool fits =
            std::string_view(list) == "limits" || !exceeds(original, edit.memory("limits"));
        if (journal.setMemory(field, live) && fits)
            edit.setMemory(list, original);
        else
            restored.leftAlone.push_back(fieldName(list));
    }
    edit.tidyResources(journal.had("resources"));
}

void restoreEnvironment(ContainerEdit& edit, const Journal& journal, RestorePatch& restored) {
    for (const auto variable : goVariables) {
        const Json live = edit.entries(variable);
        const Json& original = journal.entries(variable);
        if (live == original) continue;
        if (journal.setEntries(variable, live))
            edit.setEntries(variable, original);
        else
            restored.leftAlone.emplace_back(variable);
    }
    edit.tidyEnvironment(journal.had("env"));
}

void restoreMark(ContainerEdit& edit, const Journal& journal, RestorePatch& restored) {
    const Json original = journal.mark();
    if (edit.mark() == original) return;
    if (journal.setMark(edit.mark()))
        edit.setMark(original, !journal.had("annotations"));
    else
        restored.leftAlone.push_back(fmt::format("annotation {}", inPlaceRunAnnotation));
}

Result<std::vector<Json>> parseAll(std::span<const std::string> texts) {
    std::vector<Json> values;
    for (const auto& text : texts) {
        auto value = kube::parseObject(text, "the journaled patch");
        if (!value) return value.error();
        values.push_back(std::move(*value));
    }
    return values;
}

Result<std::string> originalOf(std::string_view workloadJson, const std::string& container) {
    const auto live = in_place::readLive(workloadJson, container);
    if (!live) return live.error();
    if (!live->index)
        return usageError(
            fmt::format("the workload has no container {}", memfit::quoted(container)),
            "choose one with -c");
    const Json& json = live->container;
    Json original{{"container", container}};
    original["had"] = {{"resources", json.contains("resources")},
                       {"env", json.contains("env")},
                       {"annotations", live->annotations.is_object()}};
    if (const Json* const mark = kube::member(live->annotations, {inPlaceRunAnnotation}))
        original[markField] = *mark;
    for (const auto& [list, field] : memoryLists)
        if (const Json* const value = kube::member(json, {"resources", list, "memory"}))
            original[field] = *value;
    for (const auto variable : goVariables)
        original["go"][std::string(variable)] = entriesOf(json, variable);
    return kube::dump(original);
}

/// Beside a limit.
Bytes requestOf(const InPlaceSettings& settings) {
    return std::min(*settings.limit, settings.mostRequest.value_or(*settings.limit));
}

Result<InPlacePatch> makePatch(const std::string& original, std::string_view liveJson,
                               const InPlaceSettings& settings) {
    const auto before = kube::parseObject(original, "the journaled original");
    if (!before) return before.error();
    const auto live = in_place::readLive(liveJson, settings.container);
    if (!live) return live.error();
    if (!live->index)
        return failure(fmt::format("container {} is gone from the workload",
                                   memfit::quoted(settings.container)),
                       "somebody changed the workload during the run; start again");
    ContainerEdit edit(*live);
    const Json limit = settings.limit ? Json(formatQuantity(*settings.limit)) : Json();
    const Json request = settings.limit ? Json(formatQuantity(requestOf(settings)))
                                        : orNull(kube::member(*before, {"request"}));
    Json ours{{"limit", limit}, {"request", request}, {markField, settings.runId}};
    edit.setMark(settings.runId);
    edit.setMemory("limits", limit);
    edit.setMemory("requests", request);
    for (const auto& [variable, value] : {std::pair{goVariables[0], &settings.gomemlimit},
                                          std::pair{goVariables[1], &settings.gogc}}) {
        if (!*value) continue;
        ours[std::string(variable)] = **value;
        edit.setEntries(variable, oursInstead(edit.entries(variable), variable, **value));
    }
    return InPlacePatch{kube::dump(edit.patch()), kube::dump(ours)};
}

Result<RestorePatch> makeRestore(const std::string& original, std::span<const std::string> ours,
                                 std::string_view liveJson) {
    const auto before = kube::parseObject(original, "the journaled original");
    if (!before) return before.error();
    const auto patches = parseAll(ours);
    if (!patches) return patches.error();
    const auto container = kube::text(*before, {"container"});
    const auto live = in_place::readLive(liveJson, container);
    if (!live) return live.error();
    RestorePatch restored;
    if (!live->index) {
        restored.leftAlone.push_back(fmt::format("container {}, which is gone", container));
        return restored;
    }
    ContainerEdit edit(*live);
    const Journal journal(*before, *patches);
    restoreMemory(edit, journal, restored);
    restoreEnvironment(edit, journal, restored);
    restoreMark(edit, journal, restored);
    if (const Json patch = edit.patch(); !patch.empty()) restored.patch = kube::dump(patch);
    return restored;
}

Result<std::string> annotated(const std::string& patch, std::string_view liveJson,
                              std::string_view name, const std::optional<std::string>& value) {
    const auto live = kube::parseObject(liveJson, "the workload");
    if (!live) return live.error();
    Json whole = Json::parse(patch, nullptr, false);
    if (!whole.is_array()) return kube::misshapen("the patch");
    const std::string annotations = "/metadata/annotations";
    const auto entry = annotations + "/" + in_place::pointerSegment(name);
    if (value) {
        if (kube::member(*live, {"metadata", "annotations"}) == nullptr)
            whole.push_back(in_place::operation("add", annotations, Json::object()));
        whole.push_back(in_place::operation("add", entry, *value));
    } else if (kube::member(*live, {"metadata", "annotations", name}) != nullptr) {
        whole.push_back({{"op", "remove"}, {"path", entry}});
    }
    return kube::dump(whole);
}

}  // namespace

Result<std::string> inPlaceOriginal(std::string_view workloadJson, const std::string& container) {
    return kube::guarded("the workload", [&] { return originalOf(workloadJson, container); });
}

Result<InPlacePatch> inPlacePatch(const std::string& original, std::string_view liveJson,
                                  const InPlaceSettings& settings) {
    return kube::guarded("the workload", [&] { return makePatch(original, liveJson, settings); });
}

Result<RestorePatch> restorePatch(const std::string& original, std::span<const std::string> ours,
                                  std::string_view liveJson) {
    return kube::guarded("the workload", [&] { return makeRestore(original, ours, liveJson); });
}

Result<std::string> withAnnotation(const std::string& patch, std::string_view liveJson,
                                   std::string_view name, const std::optional<std::string>& value) {
    return kube::guarded("the workload", [&] { return annotated(patch, liveJson, name, value); });
}

}  // namespace memfit
