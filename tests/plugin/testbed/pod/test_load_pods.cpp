// Loads in pods of their own, in a simulated cluster.

#include <doctest/doctest.h>

#include "support/fake_world.h"
#include "testbed/pod/pod_load_host.h"

using namespace memfit;
using namespace memfit::plugin;
using memfit::test::PodLife;
using Strings = std::vector<std::string>;

namespace {

struct World : test::FakeWorld {
    PodLoadHost host{loop, cluster, {"shop", "r1", "hey:1", 60}};

    World() { cluster.loadReport = "report\n"; }

    [[nodiscard]] Result<std::unique_ptr<RunningLoad>> start() {
        return host.start({"hey", "-n", "5"});
    }
    [[nodiscard]] Strings pods() { return cluster.names(Resource::pods); }
};

Error refusal(PodLife::Fate fate) {
    World world;
    world.cluster.life = [fate](const auto&) { return PodLife{fate}; };
    const auto load = world.start();
    REQUIRE(load.has_error());
    CHECK(world.pods().empty());
    return load.error();
}

}  // namespace

TEST_CASE("a load runs in a pod, its log is its report, and the pod is gone with it") {
    World world;
    auto load = world.start();
    REQUIRE_MESSAGE(load.has_value(), (load ? "" : load.error().message()));
    CHECK(world.pods() == Strings{"memfit-load-r1-1"});
    CHECK((*load)->running());
    CHECK((world.loop.waitUntil([&] { return !(*load)->running(); }, 60) == WaitEnd::ready));
    const auto output = (*load)->output();
    CHECK(output.out == "report\n");
    CHECK(output.exitCode == 0);
    CHECK(output.wallSeconds > 0.5);
    CHECK(output.wallSeconds < 2);
    CHECK_FALSE((*load)->outputCut());
    load->reset();
    CHECK(world.pods().empty());
}

TEST_CASE("a load that is stopped early is deleted, and its report kept") {
    World world;
    world.cluster.life = [](const auto&) { return PodLife{}; };
    auto load = world.start();
    REQUIRE(load.has_value());
    (void)world.loop.pause(3);
    CHECK((*load)->running());
    (*load)->stop();
    CHECK_FALSE((*load)->running());
    CHECK((*load)->output().out == "report\n");
}

TEST_CASE("a load pod that never starts says why, and is removed") {
    CHECK(refusal(PodLife::Fate::badImage) ==
          failure("the load pod did not start: imageError: the image of container load cannot be "
                  "pulled (ImagePullBackOff): no such image",
                  "check --load-image and that the command is in it"));
    CHECK(
        refusal(PodLife::Fate::unschedulable) ==
        failure("the load pod did not start: unschedulable: no node accepts the pod: 0/1 nodes are "
                "available: 1 Insufficient memory.",
                "check --load-image and that the command is in it"));
}

TEST_CASE("a load pod whose log may not be read is an error, and is removed") {
    World world;
    world.cluster.forbidden = {"get pods/log"};
    CHECK(world.start().error().what ==
          "kubectl logs: Error from server (Forbidden): pods/log is forbidden: User \"jane\" "
          "cannot get resource \"pods/log\"");
    CHECK(world.pods().empty());
}

TEST_CASE("a load pod that somebody deletes ends the load") {
    World world;
    world.cluster.life = [](const auto&) { return PodLife{}; };
    const auto load = world.start();
    REQUIRE(load.has_value());
    world.cluster.after(1, [&] { world.cluster.erase(Resource::pods, "memfit-load-r1-1"); });
    CHECK((world.loop.waitUntil([&] { return !(*load)->running(); }, 60) == WaitEnd::ready));
}

TEST_CASE("an API server that restarts delays a load") {
    World world;
    world.cluster.goAway(20);
    CHECK(world.start().has_value());
    CHECK(world.cluster.seconds() >= 20);
}

TEST_CASE("a load pod that was made while only the answer was lost is the load's") {
    World world;
    world.cluster.lostAnswers = 1;
    const auto load = world.start();
    CHECK(load.has_value());
    CHECK(world.pods() == Strings{"memfit-load-r1-1"});
}

TEST_CASE("a signal at any call of a load leaves no pod") {
    World undisturbed;
    {
        const auto load = undisturbed.start();
        REQUIRE(load.has_value());
    }
    for (std::size_t number = 0; number < undisturbed.cluster.calls.size(); ++number) {
        World world;
        world.interruptAt(number);
        CAPTURE(undisturbed.cluster.calls[number]);
        {
            const auto load = world.start();
        }
        CHECK(world.pods().empty());
    }
}
