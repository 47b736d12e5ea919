#include "cluster/pod_watch.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "support/fake_cluster.h"

using namespace memfit;
using namespace memfit::plugin;

namespace {

struct World {
    EventLoop loop;
    test::FakeCluster cluster{loop};

    nlohmann::json& addPod(const std::string& name, const std::string& run = "r1") {
        return cluster.add({{"kind", "Pod"},
                            {"metadata", {{"name", name}, {"labels", {{"run", run}}}}},
                            {"status", {{"phase", "Pending"}}}});
    }
    [[nodiscard]] auto watches() const { return std::ranges::count(cluster.calls, "watch pods"); }
};

}  // namespace

TEST_CASE("a watch knows the pods that were there, and all that comes after") {
    World world;
    world.addPod("a");
    world.addPod("of-another-run", "r2");
    PodWatch watch(world.loop, world.cluster, "shop", "run=r1");
    const auto* const first = watch.find("a");
    REQUIRE(first != nullptr);
    CHECK_FALSE(first->deleted);
    const auto version = first->version;
    CHECK(watch.find("of-another-run") == nullptr);
    CHECK(watch.find("b") == nullptr);

    auto& pod = world.addPod("b");
    pod["status"]["phase"] = "Running";
    world.cluster.changed(pod);
    const auto* const b = watch.find("b");
    REQUIRE(b != nullptr);
    CHECK(nlohmann::json::parse(b->json).at("status").at("phase") == "Running");
    CHECK(watch.find("a")->version == version);

    world.cluster.erase(Resource::pods, "a");
    CHECK(watch.find("a")->deleted);
    CHECK(watch.find("a")->version > version);
    watch.forget("a");
    CHECK(watch.find("a") == nullptr);
}

TEST_CASE("a watch that ends is begun anew, at most twice a second") {
    World world;
    PodWatch watch(world.loop, world.cluster, "shop", "run=r1");
    CHECK(world.watches() == 1);
    world.cluster.breakWatches();
    world.addPod("a");
    CHECK(watch.find("a") == nullptr);
    CHECK(world.watches() == 1);
    (void)world.loop.pause(0.5);
    (void)watch.find("a");
    CHECK(watch.find("a") != nullptr);
    CHECK(world.watches() == 2);

    // One that may not be ends each time at once.
    world.cluster.forbidden = {"watch pods"};
    world.cluster.breakWatches();
    for (int look = 0; look < 100; ++look) {
        (void)watch.find("a");
        (void)world.loop.pause(0.1);
    }
    CHECK(world.watches() <= 2 + 21);
    CHECK(watch.find("a") != nullptr);
}

TEST_CASE("what is noted by hand counts as newer than what the watch knew") {
    World world;
    world.addPod("a");
    PodWatch watch(world.loop, world.cluster, "shop", "run=r1");
    const auto version = watch.find("a")->version;
    watch.note("a", "{}", false);
    CHECK(watch.find("a")->json == "{}");
    CHECK(watch.find("a")->version > version);
}
