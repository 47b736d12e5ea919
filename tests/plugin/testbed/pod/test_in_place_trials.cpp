// Trials on the live workload, against a simulated cluster with a Deployment controller.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "support/fake_world.h"
#include "testbed/pod/in_place_testbed.h"

using namespace memfit;
using namespace memfit::plugin;
using memfit::test::PodLife;
using Json = nlohmann::json;
using Strings = std::vector<std::string>;

namespace {

struct World : test::FakeWorld {
    Json before;
    Strings historyBefore;
    Strings asked;
    std::unique_ptr<InPlaceTestbed> testbed;

    World() {
        cluster.add(test::fakeDeployment("api", "128Mi"));
        cluster.pages[3000]["/"] = {200, "hello"};
        cluster.edge = 48 * MiB;
        (void)loop.pause(5);
        before = deployment();
        historyBefore = cluster.names(Resource::replicaSets);
    }

    [[nodiscard]] Json& deployment() { return *cluster.find(Resource::deployments, "api"); }

    InPlaceTestbed& trials() {
        if (!testbed) {
            testbed = std::make_unique<InPlaceTestbed>(
                loop, cluster, podOptions(),
                [this](const Strings& lines) -> Result<void> {
                    asked = lines;
                    return {};
                },
                note());
        }
        return *testbed;
    }

    /// One trial that is killed and one that survives. Ends at the first error.
    Result<void> twoTrials() {
        for (const Bytes limit : {32 * MiB, 64 * MiB}) {
            auto instance = trials().start(plainSettings(limit), "");
            if (!instance) return instance.error();
            const auto ready = (*instance)->waitReady(60);
            if (!ready) return ready.error();
            if (!*ready) return failure("not ready");
            cluster.load();
            const auto status = (*instance)->settledStatus();
            if (loop.signal()) return EventLoop::interruption();
            if (status.oomKilled != (limit < cluster.edge)) return failure("another verdict");
        }
        return {};
    }

    /// Ends the run and gives the controller time; then all is as before.
    void checkRestored() {
        testbed.reset();
        // What waited for the end of a rollout is over.
        cluster.before = nullptr;
        cluster.after(5, [] {});
        loop.waitThroughSignals([] { return false; }, 5);
        CHECK(deployment().at("spec") == before.at("spec"));
        CHECK_FALSE(deployment().at("metadata").at("annotations").contains("memfit.dev/in-place"));
        CHECK(cluster.names(Resource::replicaSets) == historyBefore);
        CHECK(cluster.names(Resource::pods).size() == 1);
    }
};

Error refusalOf(World& world) {
    const auto begun = world.trials().begin(plainSettings(64 * MiB));
    REQUIRE(begun.has_error());
    CHECK(world.deployment() == world.before);
    CHECK(journaledRuns().empty());
    return begun.error();
}

}  // namespace

TEST_CASE("trials in place change the workload, tell a kill, and put everything back") {
    World world;
    const auto done = world.twoTrials();
    REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().message()));
    CHECK(world.deployment().at("spec") != world.before.at("spec"));
    CHECK(journaledRuns().size() == 1);
    world.checkRestored();
    CHECK(journaledRuns().empty());
    CHECK(world.notes ==
          Strings{"restored deployment/api in namespace shop",
                  "waiting until the rollout of deployment/api leaves the trials",
                  "removed from the history of deployment/api what only trials made"});
}

TEST_CASE("somebody who changes the workload at the same moment makes the patch be made anew") {
    World world;
    world.cluster.conflicts = 3;
    CHECK(world.twoTrials().has_value());
    world.cluster.conflicts = 3;
    world.checkRestored();
    CHECK(journaledRuns().empty());
}

TEST_CASE("a workload that always changes ends the run, and is not left changed") {
    World world;
    REQUIRE(world.trials().begin(plainSettings(64 * MiB)).has_value());
    world.cluster.conflicts = 5;
    const auto started = world.testbed->start(plainSettings(64 * MiB), "");
    REQUIRE(started.has_error());
    CHECK(started.error().what ==
          "kubectl patch: Error from server (Conflict): Operation cannot be fulfilled on "
          "deployments.apps \"api\": the object has been modified");
    world.checkRestored();
    CHECK(journaledRuns().empty());
}

TEST_CASE("what somebody else set meanwhile stays, and is said") {
    World world;
    REQUIRE(world.twoTrials().has_value());
    auto& container = world.deployment()["spec"]["template"]["spec"]["containers"][0];
    container["resources"]["limits"]["memory"] = "512Mi";
    world.testbed.reset();
    CHECK(world.deployment().at(
              "/spec/template/spec/containers/0/resources/limits/memory"_json_pointer) == "512Mi");
    REQUIRE(world.notes.size() > 1);
    CHECK(world.notes[1] ==
          "left alone in deployment/api what somebody else changed meanwhile: "
          "resources.limits.memory");
}

TEST_CASE("a workload that goes away ends the run, and nothing is left to restore") {
    World world;
    REQUIRE(world.trials().begin(plainSettings(64 * MiB)).has_value());
    world.cluster.erase(Resource::deployments, "api");
    const auto started = world.testbed->start(plainSettings(64 * MiB), "");
    REQUIRE(started.has_error());
    CHECK(started.error() == [] {
        auto error = test::refusalBy(
            404, "Error from server (NotFound): deployments.apps \"api\" not found");
        error.what =
            "reading deployment/api: Error from server (NotFound): "
            "deployments.apps \"api\" not found";
        return Error(error);
    }());
    world.testbed.reset();
    CHECK(world.notes.empty());
    CHECK(journaledRuns().empty());
}

TEST_CASE("another workload of the same name is not touched by a restore") {
    World world;
    REQUIRE(world.twoTrials().has_value());
    world.cluster.erase(Resource::deployments, "api");
    const auto other = world.cluster.add(test::fakeDeployment("api", "1Gi"));
    world.testbed.reset();
    CHECK(world.deployment().at("spec") == other.at("spec"));
    CHECK(journaledRuns().empty());
}

TEST_CASE("pods that are refused or cannot be scheduled end a trial in place, which is undone") {
    World world;
    REQUIRE(world.trials().begin(plainSettings(64 * MiB)).has_value());
    world.cluster.admission = [](const Json& pod) -> std::optional<std::string> {
        const std::string limit = pod.at("/spec/containers/0/resources/limits/memory"_json_pointer);
        if (limit == "64Mi") return "no such pods";
        return std::nullopt;
    };
    const auto started = world.testbed->start(plainSettings(64 * MiB), "");
    REQUIRE(started.has_error());
    CHECK(started.error() ==
          failure("no pod of deployment/api with the trial's settings appeared in 120 s",
                  "see kubectl describe deployment/api --namespace shop"));
    world.checkRestored();

    World full;
    REQUIRE(full.trials().begin(plainSettings(64 * MiB)).has_value());
    full.cluster.life = [](const Json&) { return PodLife{PodLife::Fate::unschedulable}; };
    auto instance = full.testbed->start(plainSettings(64 * MiB), "");
    REQUIRE(instance.has_value());
    CHECK_FALSE((*instance)->waitReady(60).value());
    CHECK(((*instance)->settledStatus().foreign == Outcome::unschedulable));
    full.checkRestored();
}

TEST_CASE("a trial in place beside an autoscaler or another owner is refused unless forced") {
    World scaled;
    scaled.cluster.add(
        {{"kind", "HorizontalPodAutoscaler"},
         {"metadata", {{"name", "scale"}}},
         {"spec",
          {{"scaleTargetRef", {{"kind", "Deployment"}, {"name", "api"}}}, {"metrics", {}}}}});
    CHECK(refusalOf(scaled) ==
          failure("deployment/api is also changed by HorizontalPodAutoscaler scale, which would "
                  "fight a trial in place",
                  "measure copies (leave out --in-place), or add --force"));
}

TEST_CASE("a limit that the namespace would refuse is not patched") {
    World world;
    world.cluster.add(
        {{"kind", "LimitRange"},
         {"metadata", {{"name", "sizes"}}},
         {"spec", {{"limits", {{{"type", "Container"}, {"min", {{"memory", "48Mi"}}}}}}}}});
    REQUIRE(world.trials().begin(plainSettings(64 * MiB)).has_value());
    CHECK(world.testbed->start(plainSettings(32 * MiB), "").error().what ==
          "the namespace admits no memory limit below 48Mi (LimitRange sizes)");
    CHECK(world.deployment().at("spec") == world.before.at("spec"));
}

TEST_CASE("an API server that restarts delays a trial in place and its undoing") {
    World world;
    REQUIRE(world.trials().begin(plainSettings(64 * MiB)).has_value());
    world.cluster.goAway(20);
    REQUIRE(world.twoTrials().has_value());
    world.cluster.goAway(20);
    world.checkRestored();
    CHECK(journaledRuns().empty());
}

TEST_CASE("a workload that cannot be restored is told, with what restores it") {
    for (const auto& right : {"patch deployments.apps", "get deployments.apps"}) {
        World world;
        REQUIRE(world.twoTrials().has_value());
        world.cluster.forbidden = {right};
        world.testbed.reset();
        REQUIRE(world.notes.size() == 1);
        CHECK(world.notes.front().starts_with("warning: could not restore deployment/api: "));
        CHECK(
            world.notes.front().ends_with("run `kubectl memfit cleanup` when the cluster answers"));
        REQUIRE(journaledRuns().size() == 1);
        CHECK_FALSE(journaledRuns().front().record.restored);
    }
}

TEST_CASE("revisions that may not be removed any more are told, and the workload is restored") {
    World world;
    REQUIRE(world.twoTrials().has_value());
    world.cluster.forbidden = {"delete replicasets.apps"};
    world.testbed.reset();
    CHECK(world.deployment().at("spec") == world.before.at("spec"));
    REQUIRE(world.notes.size() > 1);
    CHECK(world.notes.back().starts_with(
        "warning: revisions of deployment/api in namespace shop that only trials made may be "
        "left, to which kubectl rollout undo would go: "));
    REQUIRE(journaledRuns().size() == 1);
    CHECK(journaledRuns().front().record.restored);
}

TEST_CASE("a signal at any call of a run in place leaves the workload as it was") {
    World undisturbed;
    REQUIRE(undisturbed.twoTrials().has_value());
    const auto ofTrials = undisturbed.cluster.calls.size();
    REQUIRE(ofTrials > 30);
    undisturbed.testbed.reset();
    for (std::size_t number = 0; number < undisturbed.cluster.calls.size(); ++number) {
        World world;
        world.interruptAt(number);
        const auto end = world.twoTrials();
        CAPTURE(number);
        CAPTURE(undisturbed.cluster.calls.at(number));
        REQUIRE(end.has_error() == (number < ofTrials));
        if (!end) CHECK((end.error().kind == ErrorKind::interrupted));
        world.checkRestored();
        CHECK(journaledRuns().empty());
    }
}

TEST_CASE("an error at any call of a run in place leaves the workload as it was") {
    World undisturbed;
    REQUIRE(undisturbed.twoTrials().has_value());
    const auto calls = undisturbed.cluster.calls.size();
    const std::vector<CallError> errors{
        test::refusalBy(403, "Error from server (Forbidden): User \"jane\" cannot do that"),
        test::refusalBy(409, "Error from server (Conflict): it changed"),
        test::refusalBy(503, "Error from server (ServiceUnavailable): not now"),
    };
    for (const auto& error : errors) {
        for (std::size_t number = 0; number < calls; ++number) {
            World world;
            world.failAt(number, error);
            (void)world.twoTrials();
            CAPTURE(number);
            CAPTURE(world.cluster.calls.at(number));
            CAPTURE(error.what);
            world.checkRestored();
            CHECK(journaledRuns().empty());
        }
    }
}
