#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/change/generated_manifest.h"
#include "memfit/change/edit.h"
#include "memfit/change/merge_patch.h"
#include "memfit/kube/workload.h"
#include "memfit/units/quantity.h"
#include "process/run.h"
#include "support/world.h"

using namespace memfit;

namespace {

using Json = nlohmann::json;

/// What kubectl makes of a manifest under a patch, with nothing but its own code: no cluster.
std::string patched(plugin::EventLoop& loop, const std::string& manifest,
                    const std::string& patch) {
    const test::TemporaryFolder folder;
    const auto file = folder.file("manifest.yaml", manifest).string();
    const auto ended = plugin::run(loop,
                                   {"kubectl", "patch", "--local", "-o", "json", "-f", file,
                                    "--type=strategic", "--patch", patch},
                                   {}, 60);
    REQUIRE_MESSAGE(ended.has_value(), (ended ? "" : ended.error().message()));
    REQUIRE_MESSAGE(ended->status.success(), ended->err << manifest << patch);
    return ended->out;
}

const Json& containerOf(const Json& object) {
    for (const auto& container : object.at("spec").at("template").at("spec").at("containers")) {
        if (container.at("name") == "app") return container;
    }
    throw std::runtime_error("no container app");
}

/// The API server takes null for what is not there.
void dropNulls(Json& tree) {
    if (!tree.is_structured()) return;
    for (auto it = tree.begin(); it != tree.end();) {
        if (tree.is_object() && it->is_null()) {
            it = tree.erase(it);
            continue;
        }
        dropNulls(*it);
        ++it;
    }
}

/// A merge appends to env, an edit keeps its order: only what is set counts. Quantities in one
/// spelling.
Json comparable(const std::string& text) {
    auto object = Json::parse(text);
    dropNulls(object);
    for (auto& container : object["spec"]["template"]["spec"]["containers"]) {
        Json variables = Json::object();
        for (const auto& entry : container.value("env", Json::array())) {
            variables[entry.at("name").get<std::string>()] = entry;
        }
        container["env"] = variables;
        for (const auto* const part : {"limits", "requests"}) {
            auto& resources = container["resources"];
            if (!resources.contains(part)) continue;
            if (resources[part].empty()) resources.erase(part);
            // An edit leaves 0.5Gi where 512Mi is wanted.
            else if (auto& memory = resources[part]["memory"]; memory.is_string())
                memory = parseQuantity(memory.get<std::string>()).value().bytes;
        }
        if (container["resources"].empty()) container.erase("resources");
    }
    return object;
}

bool hasDuplicates(const Json& container) {
    std::vector<std::string> names;
    for (const auto& entry : container.value("env", Json::array()))
        names.push_back(entry.at("name"));
    std::ranges::sort(names);
    return std::ranges::adjacent_find(names) != names.end();
}

}  // namespace

TEST_CASE("an edited manifest means what kubectl makes of the same patch") {
    plugin::EventLoop loop;
    int compared = 0;
    for (unsigned seed = 0; seed < 40; ++seed) {
        test::GeneratedManifest random(seed);
        const auto before = random.deploymentText();
        const auto wanted = random.wishes();
        const auto object = patched(loop, before, "{}");
        // A patch tells entries of env apart by their names, so it cannot mend those.
        if (hasDuplicates(containerOf(Json::parse(object)))) continue;
        ++compared;
        const auto workload = readWorkload(object, "the manifest");
        REQUIRE_MESSAGE(workload.has_value(), before);
        const auto now = chooseContainer(*workload, "app");
        REQUIRE(now.has_value());
        const WorkloadName name{"apps/v1", "Deployment", "", "api"};
        const auto edit = editManifest(before, "f", {"Deployment", "api", {}}, "app", wanted);
        REQUIRE_MESSAGE(edit.has_value(), before);
        INFO(before);
        const auto edited = comparable(patched(loop, edit->text, "{}"));
        // Of a container that was read, and of one of which only the name is known.
        for (const auto& patch :
             {mergePatchYaml(name, *now, wanted), mergePatchYaml(name, "app", wanted)}) {
            INFO(patch);
            CHECK(edited == comparable(patched(loop, before, patch)));
        }
    }
    CHECK(compared > 25);
}
