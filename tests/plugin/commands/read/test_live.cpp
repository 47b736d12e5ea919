// What is read of a workload that runs in a simulated cluster.

#include "commands/read/live.h"

#include <doctest/doctest.h>

#include "support/fake_world.h"
#include "support/fixtures.h"

using namespace memfit;
using namespace memfit::plugin;
using Json = nlohmann::json;
using Strings = std::vector<std::string>;

namespace {

struct World : test::FakeCommand {
    explicit World(int replicas = 1) {
        cluster.add(test::fakeDeployment("api", "128Mi", replicas));
        cluster.add({{"kind", "Node"},
                     {"metadata", {{"name", "node-1"}}},
                     {"status", {{"allocatable", {{"memory", "1000Mi"}}}}}});
        cluster.pages[3000]["/debug/vars"] = {
            200, test::readText(test::fixturePath("memstats/expvar-go1.19.json"))};
        (void)loop.pause(5);
        Json pods = Json::array();
        for (const auto& name : cluster.names(Resource::pods)) {
            const auto& uid = cluster.find(Resource::pods, name)->at("metadata").at("uid");
            const Json memory{{"time", "2026-01-01T00:00:00Z"},
                              {"usageBytes", 50 * MiB},
                              {"workingSetBytes", 40 * MiB},
                              {"rssBytes", 30 * MiB}};
            pods.push_back({{"podRef", {{"name", name}, {"namespace", "shop"}, {"uid", uid}}},
                            {"containers", Json::array({{{"name", "api"}, {"memory", memory}}})}});
        }
        cluster.kubelet[std::string(summaryPage)] =
            Json{{"node", {{"nodeName", "node-1"}}}, {"pods", pods}}.dump();
        options.target = {"deploy/api"};
    }

    [[nodiscard]] Result<LiveFacts> live() {
        const auto target = openCluster(context(), options.target);
        if (!target) return target.error();
        return readLive(context(), **target);
    }
    [[nodiscard]] LiveFacts facts() {
        auto read = live();
        REQUIRE_MESSAGE(read.has_value(), (read ? "" : read.error().message()));
        return *std::move(read);
    }
    /// The warnings where this may not be asked for.
    [[nodiscard]] Strings warningsWithout(const std::string& right) {
        cluster.forbidden = {right};
        Strings texts;
        for (const auto& warning : facts().warnings) texts.push_back(warning.text);
        cluster.forbidden.clear();
        return texts;
    }
};

}  // namespace

TEST_CASE("of a workload that runs, its pods, their memory and their nodes are read") {
    World world(2);
    const auto facts = world.facts();
    CHECK(facts.declared.limit == 128 * MiB);
    REQUIRE(facts.pods.size() == 2);
    for (const auto& pod : facts.pods) {
        CHECK(pod.node == "node-1");
        CHECK(pod.settings.limit == 128 * MiB);
        CHECK(pod.memory.has_value());
        REQUIRE(pod.usage.has_value());
        CHECK(pod.usage->demand == 40 * MiB);
        CHECK_FALSE(pod.oomKilled);
    }
    REQUIRE(facts.nodes.size() == 1);
    CHECK(facts.warnings.empty());
    for (const auto& call : world.cluster.calls) {
        CAPTURE(call);
        CHECK((call.starts_with("get ") || call.starts_with("page ")));
    }
}

TEST_CASE("a live pod that was OOM-killed tells so") {
    World world;
    world.cluster.edge = GiB;
    world.cluster.load();
    const auto facts = world.facts();
    REQUIRE(facts.pods.size() == 1);
    CHECK(facts.pods.front().oomKilled);
    CHECK(facts.pods.front().restarts == 1);
}

TEST_CASE("what may not be read is said, and nothing else is missed for it") {
    World world;
    CHECK(world.warningsWithout("list horizontalpodautoscalers.autoscaling") ==
          Strings{"HorizontalPodAutoscalers may not be read, so nothing is said of that"});
    CHECK(
        world.warningsWithout("get nodes") ==
        Strings{"node node-1 and all the pods on it may not be read, so nothing is said of that"});
    CHECK(world.warningsWithout("get nodes/proxy") ==
          Strings{"what the kubelet says of memory was not read on node-1: that takes `get` on "
                  "nodes/proxy"});
    CHECK(world.warningsWithout("get pods/proxy") ==
          Strings{"Go's statistics were not read: that takes `get` on pods/proxy"});
    CHECK(world.warningsWithout("list replicasets.apps").empty());
    // Where the cluster has the kind.
    world.cluster.unserved.clear();
    CHECK(world.warningsWithout("list verticalpodautoscalers.autoscaling.k8s.io") ==
          Strings{"VerticalPodAutoscalers may not be read, so nothing is said of that"});
}

TEST_CASE("autoscalers that go by memory are told, also of an older cluster") {
    World world;
    world.cluster.add(
        {{"kind", "HorizontalPodAutoscaler"},
         {"metadata", {{"name", "scale"}}},
         {"spec",
          {{"scaleTargetRef", {{"kind", "Deployment"}, {"name", "api"}}},
           {"metrics", {{{"type", "Resource"}, {"resource", {{"name", "memory"}}}}}}}}});
    CHECK(world.facts().memoryAutoscalers == Strings{"scale"});
    world.cluster.unserved.insert("apis/autoscaling/v2");
    CHECK(world.facts().memoryAutoscalers == Strings{"scale"});
    world.cluster.unserved.insert("apis/autoscaling/v2beta2");
    CHECK(world.facts().memoryAutoscalers.empty());
}

TEST_CASE("statistics on the container's loopback only, and none at all, are told apart") {
    World world;
    world.cluster.pages.clear();
    const auto closed = world.facts();
    CHECK_FALSE(closed.pods.front().memory.has_value());
    REQUIRE(closed.warnings.size() == 1);
    CHECK(closed.warnings.front().code == "no-statistics");
    CHECK(closed.warnings.front().text.starts_with(
        "1 pod showed no Go statistics: on port 3000 (nothing answers from outside the pod)"));
    world.cluster.pages[3000]["/"] = {200, "hello"};
    CHECK(world.facts().warnings.front().text.starts_with(
        "1 pod showed no Go statistics: on port 3000 "));
}

TEST_CASE(
    "a workload that is not there, may not be read, or whose pods may not be listed is an error") {
    World world;
    world.options.target = {"deploy/missing"};
    CHECK(world.live().error() ==
          failure("reading deployments/missing in namespace shop: Error from server (NotFound): "
                  "deployments.apps \"missing\" not found",
                  "check the name, --namespace and --context"));
    world.options.target = {"deploy/api"};
    for (const std::string right : {"get deployments.apps", "list pods"}) {
        world.cluster.forbidden = {right};
        CHECK(world.live().error().next ==
              "ask for that permission; docs/rbac.md has the role each command needs");
    }
}

TEST_CASE("a workload scaled to nothing has settings and no pods") {
    World world(0);
    const auto facts = world.facts();
    CHECK(facts.pods.empty());
    CHECK(facts.declared.limit == 128 * MiB);
    CHECK(facts.nodes.empty());
}

TEST_CASE("of many pods the first few are read, and the others counted") {
    World world(11);
    const auto facts = world.facts();
    CHECK(facts.pods.size() == 8);
    CHECK(facts.morePods == 3);
}

TEST_CASE("an API server that is away ends a live reading at whichever call it goes") {
    World undisturbed;
    (void)undisturbed.facts();
    for (std::size_t number = 0; number < undisturbed.cluster.calls.size(); ++number) {
        World world;
        world.cluster.before = [&](const std::string&) -> std::optional<CallError> {
            if (world.cluster.calls.size() == number + 1) world.cluster.goAway(1000);
            return std::nullopt;
        };
        CAPTURE(undisturbed.cluster.calls[number]);
        const auto live = world.live();
        REQUIRE(live.has_error());
        CHECK(live.error().next == "check that the cluster answers: kubectl version");
    }
}

TEST_CASE("a signal ends a live reading at whichever call it comes") {
    World undisturbed;
    (void)undisturbed.facts();
    for (std::size_t number = 0; number < undisturbed.cluster.calls.size(); ++number) {
        World world;
        world.interruptAt(number);
        CAPTURE(undisturbed.cluster.calls[number]);
        const auto live = world.live();
        REQUIRE(live.has_error());
        CHECK((live.error().kind == ErrorKind::interrupted));
    }
}
