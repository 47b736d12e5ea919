#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "memfit/pod/in_place.h"

namespace {

using namespace memfit;
using Json = nlohmann::json;

Json deployment(const Json& container) {
    return {{"kind", "Deployment"},
            {"metadata", {{"name", "api"}, {"generation", 4}}},
            {"spec",
             {{"template",
               {{"metadata", {{"labels", {{"app", "api"}}}}},
                {"spec", {{"containers", {{{"name", "side"}}, container}}}}}}}}};
}

Json patched(const Json& object, const std::string& patch) {
    CAPTURE(patch);
    auto changed = object.patch(Json::parse(patch));
    const bool empty = Json::parse(patch).empty();
    if (!empty) changed["metadata"]["generation"] = object["metadata"]["generation"].get<int>() + 1;
    return changed;
}

Json containerOf(const Json& object) {
    return object["spec"]["template"]["spec"]["containers"][1];
}

std::string originalOf(const Json& object) {
    const auto original = inPlaceOriginal(object.dump(), "api");
    REQUIRE(original.has_value());
    return *original;
}

InPlacePatch patchOf(const Json& live, const std::string& original,
                     const InPlaceSettings& settings) {
    const auto patch = inPlacePatch(original, live.dump(), settings);
    REQUIRE(patch.has_value());
    return *patch;
}

RestorePatch restoreOf(const Json& live, const std::string& original,
                       const std::vector<std::string>& ours) {
    const auto restored = restorePatch(original, ours, live.dump());
    INFO((restored ? "" : restored.error().message()));
    REQUIRE(restored.has_value());
    return *restored;
}

Json annotationsOf(const Json& object) {
    return object["spec"]["template"]["metadata"].value("annotations", Json());
}

const InPlaceSettings small{"1a2b3c4d", "api", 16 * MiB, "16MiB", "off"};
const InPlaceSettings unlimited{"1a2b3c4d", "api", std::nullopt, "off", "100"};

const Json rich = Json::parse(R"({"name":"api","image":"i",
    "resources":{"limits":{"cpu":"250m","memory":"1536Mi"},"requests":{"memory":"1Gi"}},
    "env":[{"name":"A","value":"secret"},
           {"name":"GOMEMLIMIT","valueFrom":{"resourceFieldRef":{"divisor":"0","resource":"limits.memory"}}},
           {"name":"B","value":"$(GOMEMLIMIT) "},{"name":"GOMEMLIMIT","value":"1GiB"}]})");

TEST_CASE("settings are put where they stand, and restoring gives back the very same object") {
    for (const auto& container :
         {rich, Json::parse(R"({"name":"api"})"), Json::parse(R"({"name":"api","resources":{}})"),
          Json::parse(R"({"name":"api","resources":{"limits":{"memory":"64Mi"}},
              "env":[{"name":"GOGC","value":"50"}]})"),
          Json::parse(R"({"name":"api","resources":{"requests":{"cpu":"1"}},
              "env":[{"name":"A","value":"x"}]})")}) {
        const auto before = deployment(container);
        CAPTURE(before.dump());
        const auto original = originalOf(before);
        auto live = before;
        std::vector<std::string> ours;
        for (const auto& settings : {small, unlimited, small}) {
            const auto patch = patchOf(live, original, settings);
            ours.push_back(patch.ours);
            live = patched(live, patch.patch);
        }
        CHECK(containerOf(live) != containerOf(before));
        const auto restored = restoreOf(live, original, ours);
        REQUIRE(restored.patch);
        CHECK(restored.leftAlone.empty());
        CHECK(patched(live, *restored.patch)["spec"].dump() == before["spec"].dump());
    }
}

TEST_CASE("a patch sets limit and request, changes every duplicate and keeps the order") {
    const auto before = deployment(rich);
    const auto live = patched(before, patchOf(before, originalOf(before), small).patch);
    CHECK(containerOf(live) == Json::parse(R"({"name":"api","image":"i",
        "resources":{"limits":{"cpu":"250m","memory":"16Mi"},"requests":{"memory":"16Mi"}},
        "env":[{"name":"A","value":"secret"},{"name":"GOMEMLIMIT","value":"16MiB"},
               {"name":"B","value":"$(GOMEMLIMIT) "},{"name":"GOMEMLIMIT","value":"16MiB"},
               {"name":"GOGC","value":"off"}]})"));
    const auto none = patched(live, patchOf(live, originalOf(before), unlimited).patch);
    CHECK(containerOf(none)["resources"] ==
          Json::parse(R"({"limits":{"cpu":"250m"},"requests":{"memory":"1Gi"}})"));
}

TEST_CASE("beside a limit no more is requested than the memory of the whole pod leaves") {
    const auto before = deployment(rich);
    auto settings = small;
    settings.mostRequest = 8 * MiB;
    const auto patch = patchOf(before, originalOf(before), settings);
    const auto live = patched(before, patch.patch);
    CHECK(containerOf(live)["resources"] ==
          Json::parse(R"({"limits":{"cpu":"250m","memory":"16Mi"},"requests":{"memory":"8Mi"}})"));
    const auto restored = restoreOf(live, originalOf(before), {patch.ours});
    REQUIRE(restored.patch);
    CHECK(containerOf(patched(live, *restored.patch)) == rich);
    settings.mostRequest = 32 * MiB;
    CHECK(containerOf(patched(before, patchOf(before, originalOf(before), settings)
                                          .patch))["resources"]["requests"]["memory"] == "16Mi");
}

TEST_CASE("a sidecar is patched and restored where it stands") {
    auto before = deployment(Json::parse(R"({"name":"main"})"));
    auto& spec = before["spec"]["template"]["spec"];
    spec["initContainers"] = Json::array({Json{{"name", "migrate"}}, rich});
    const auto original = originalOf(before);
    const auto patch = patchOf(before, original, small);
    const auto live = patched(before, patch.patch);
    CHECK(live["spec"]["template"]["spec"]["initContainers"][1]["resources"]["limits"]["memory"] ==
          "16Mi");
    CHECK(live["spec"]["template"]["spec"]["containers"] == spec["containers"]);
    const auto restored = restoreOf(live, original, {patch.ours});
    REQUIRE(restored.patch);
    CHECK(patched(live, *restored.patch)["spec"] == before["spec"]);
}

TEST_CASE("a patch applies only to what was read") {
    const auto before = deployment(rich);
    const auto patch = Json::parse(patchOf(before, originalOf(before), small).patch);
    CHECK(patch[0] == Json::parse(R"({"op":"test","path":"/metadata/generation","value":4})"));
    auto changed = before;
    changed["metadata"]["generation"] = 5;
    CHECK_THROWS_AS(static_cast<void>(changed.patch(patch)), Json::exception);
    auto reordered = before;
    auto& containers = reordered["spec"]["template"]["spec"]["containers"];
    std::swap(containers[0], containers[1]);
    CHECK_THROWS_AS(static_cast<void>(reordered.patch(patch)), Json::exception);
}

TEST_CASE("neither journal nor patch carries the values of other variables") {
    const auto before = deployment(rich);
    const auto original = originalOf(before);
    const auto patch = patchOf(before, original, small);
    for (const auto& text : {original, patch.patch, patch.ours})
        CHECK(text.find("secret") == std::string::npos);
}

TEST_CASE("what somebody else changed meanwhile is left alone and named") {
    const auto before = deployment(rich);
    const auto original = originalOf(before);
    const auto patch = patchOf(before, original, small);
    auto live = patched(before, patch.patch);
    auto& container = live["spec"]["template"]["spec"]["containers"][1];
    container["resources"]["limits"]["memory"] = "512Mi";
    container["env"].push_back({{
                                    "name",
                                    "NEW",
                                },
                                {"value", "1"}});
    container["env"][4]["value"] = "75";
    const auto restored = restoreOf(live, original, {patch.ours});
    CHECK(restored.leftAlone ==
          std::vector<std::string>{"resources.limits.memory", "resources.requests.memory", "GOGC"});
    auto expected = rich;
    expected["resources"] = Json::parse(R"({"limits":{"cpu":"250m","memory":"512Mi"},
        "requests":{"memory":"16Mi"}})");
    expected["env"].push_back({{"name", "GOGC"}, {"value", "75"}});
    expected["env"].push_back({{"name", "NEW"}, {"value", "1"}});
    REQUIRE(restored.patch);
    CHECK(containerOf(patched(live, *restored.patch)) == expected);
}

TEST_CASE("a quantity that the API server writes otherwise is still ours") {
    const auto before = deployment(rich);
    const auto original = originalOf(before);
    const auto patch = patchOf(before, original, {"1a", "api", 1000, std::nullopt, std::nullopt});
    auto live = patched(before, patch.patch);
    auto& resources = live["spec"]["template"]["spec"]["containers"][1]["resources"];
    resources["limits"]["memory"] = "1k";
    resources["requests"]["memory"] = "1k";
    const auto restored = restoreOf(live, original, {patch.ours});
    REQUIRE(restored.patch);
    CHECK(containerOf(patched(live, *restored.patch)) == rich);
}

TEST_CASE("where nothing of ours is left there is nothing to restore") {
    const auto before = deployment(rich);
    const auto original = originalOf(before);
    const auto patch = patchOf(before, original, small);
    CHECK_FALSE(restoreOf(before, original, {patch.ours}).patch);
    CHECK(restoreOf(before, original, {patch.ours}).leftAlone.empty());
    auto gone = before;
    gone["spec"]["template"]["spec"]["containers"].erase(1);
    CHECK_FALSE(restoreOf(gone, original, {patch.ours}).patch);
    CHECK(restoreOf(gone, original, {patch.ours}).leftAlone ==
          std::vector<std::string>{"container api, which is gone"});
    const auto live = patched(before, patch.patch);
    CHECK(patchOf(live, original, small).patch == "[]");
}

TEST_CASE("a trial marks the template with its run, and restoring takes the mark back") {
    for (const auto& annotations :
         {Json(), Json::object(), Json{{"team", "secret"}}, Json{{"memfit.dev/run-id", "older"}},
          Json{{"memfit.dev/run-id", "older"}, {"team", "secret"}}}) {
        auto before = deployment(rich);
        if (!annotations.is_null())
            before["spec"]["template"]["metadata"]["annotations"] = annotations;
        CAPTURE(before.dump());
        const auto original = originalOf(before);
        const auto patch = patchOf(before, original, small);
        CHECK(patch.patch.find("secret") == std::string::npos);
        const auto live = patched(before, patch.patch);
        auto marked = annotations.is_null() ? Json::object() : annotations;
        marked["memfit.dev/run-id"] = "1a2b3c4d";
        CHECK(annotationsOf(live) == marked);
        const auto restored = restoreOf(live, original, {patch.ours});
        REQUIRE(restored.patch);
        CHECK(restored.leftAlone.empty());
        CHECK(patched(live, *restored.patch)["spec"].dump() == before["spec"].dump());
    }
}

TEST_CASE("the mark of a trial makes a difference where its settings make none") {
    const auto before = deployment(Json::parse(R"({"name":"api","resources":{"limits":
        {"memory":"16Mi"},"requests":{"memory":"16Mi"}},"env":[]})"));
    const InPlaceSettings same{"1a", "api", 16 * MiB, std::nullopt, std::nullopt};
    CHECK(Json::parse(patchOf(before, originalOf(before), same).patch) == Json::parse(R"([
        {"op":"test","path":"/metadata/generation","value":4},
        {"op":"test","path":"/spec/template/spec/containers/1/name","value":"api"},
        {"op":"add","path":"/spec/template/metadata/annotations","value":{"memfit.dev/run-id":"1a"}}
        ])"));
}

TEST_CASE("a mark that somebody else set meanwhile is left alone and named") {
    const auto before = deployment(rich);
    const auto original = originalOf(before);
    const auto patch = patchOf(before, original, small);
    auto live = patched(before, patch.patch);
    live["spec"]["template"]["metadata"]["annotations"]["memfit.dev/run-id"] = "other";
    const auto restored = restoreOf(live, original, {patch.ours});
    CHECK(restored.leftAlone == std::vector<std::string>{"annotation memfit.dev/run-id"});
    REQUIRE(restored.patch);
    CHECK(annotationsOf(patched(live, *restored.patch)) == Json{{"memfit.dev/run-id", "other"}});
}

TEST_CASE("an annotation of the workload comes and goes in one patch with its template") {
    const auto whole = [](const Json& live, const std::string& patch,
                          const std::optional<std::string>& value) {
        const auto text = withAnnotation(patch, live.dump(), "memfit.dev/in-place", value);
        REQUIRE(text.has_value());
        return *text;
    };
    const auto before = deployment(rich);
    const auto patch = patchOf(before, originalOf(before), small);
    const auto live = patched(before, whole(before, patch.patch, "run"));
    auto expected = patched(before, patch.patch);
    expected["metadata"]["annotations"] = {{"memfit.dev/in-place", "run"}};
    CHECK(live == expected);
    CHECK(patched(live, whole(live, "[]", "later"))["metadata"]["annotations"] ==
          Json{{"memfit.dev/in-place", "later"}});
    CHECK(patched(live, whole(live, "[]", std::nullopt))["metadata"]["annotations"] ==
          Json::object());
    CHECK(whole(before, "[]", std::nullopt) == "[]");
    CHECK(withAnnotation("{}", before.dump(), "a", "b").has_error());
}

TEST_CASE("what cannot be changed in place is refused") {
    CHECK(inPlaceOriginal(R"({"kind":"Pod"})", "api").error() ==
          usageError("a \"Pod\" cannot be changed in place",
                     "name its Deployment, StatefulSet or DaemonSet, or leave --in-place out"));
    CHECK(inPlaceOriginal(deployment(rich).dump(), "x").error() ==
          usageError("the workload has no container \"x\"", "choose one with -c"));
    CHECK(inPlacePatch("nonsense", deployment(rich).dump(), small).has_error());
    CHECK(inPlacePatch(
              "{}", deployment(Json::parse(R"({"name":"api","resources":{"limits":[1]}})")).dump(),
              small)
              .has_value());
}

}  // namespace
