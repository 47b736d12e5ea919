// What killed runs left in a simulated cluster, and what cleanup makes of it.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "commands/commands.h"
#include "memfit/pod/trial_pod.h"
#include "support/fake_world.h"
#include "testbed/pod/in_place_testbed.h"

using namespace memfit;
using namespace memfit::plugin;
using Json = nlohmann::json;
using Strings = std::vector<std::string>;

namespace {

struct World : test::FakeCommand {
    test::EnvironmentVariable temporary{"TMPDIR", state.path().string()};

    World() { options.yes = true; }

    void addPod(const std::string& name, const std::string& runId, const std::string& phase) {
        cluster.add({{"kind", "Pod"},
                     {"metadata",
                      {{"name", name},
                       {"labels",
                        {{std::string(managedByLabel), std::string(managedByValue)},
                         {std::string(runIdLabel), runId}}}}},
                     {"status", {{"phase", phase}}}});
    }

    /// The journal of a run whose process is gone.
    void addDeadRun(const std::string& runId) {
        auto record = ownRecord(runId, "fake", "shop");
        record.processStart = "another";
        REQUIRE(RunJournal::begin(record).has_value());
    }

    /// What is printed, or the error.
    std::string cleanup() {
        out.str("");
        const auto code = runCleanup(context());
        return code ? out.str() : "error: " + code.error().message();
    }

    [[nodiscard]] Strings pods() { return cluster.names(Resource::pods); }
};

/// A run in place that was killed: its patches are there, and its journal.
void addKilledTrials(World& world) {
    world.cluster.add(test::fakeDeployment("api", "128Mi"));
    world.cluster.pages[3000]["/"] = {200, "hello"};
    (void)world.loop.pause(5);
    {
        InPlaceTestbed testbed(
            world.loop, world.cluster, world.podOptions(),
            [](const auto&) { return Result<void>(); }, world.note());
        REQUIRE(testbed.start(plainSettings(64 * MiB), "").has_value());
        // As after kill -9: nothing of the clean-up reaches the cluster.
        world.cluster.before = [](const std::string&) -> std::optional<CallError> {
            return test::refusalBy(403, "Error from server (Forbidden): killed");
        };
    }
    world.cluster.before = nullptr;
    // The process is another one now.
    const auto runs = journaledRuns();
    REQUIRE(runs.size() == 1);
    auto text = test::readText(runs.front().file);
    const auto start = "\"processStart\":\"";
    text.insert(text.find(start) + std::string(start).size(), "not");
    std::ofstream(runs.front().file) << text;
}

}  // namespace

TEST_CASE("cleanup without anything left says so") {
    World world;
    CHECK(world.cleanup() == "nothing to clean up\n");
}

TEST_CASE("cleanup removes the pods of runs that are over, and leaves those of live ones") {
    World world;
    world.addDeadRun("dead");
    world.addPod("memfit-a", "dead", "Running");
    world.addPod("memfit-b", "elsewhere", "Failed");
    world.addPod("memfit-c", "elsewhere", "Running");
    CHECK(world.cleanup() ==
          "removed pod memfit-a in namespace shop\n"
          "removed pod memfit-b in namespace shop\n"
          "left 1 trial pod of live runs alone; --all removes them too\n");
    CHECK(world.pods() == Strings{"memfit-c"});
    CHECK(journaledRuns().empty());
    world.options.all = true;
    CHECK(world.cleanup() == "removed pod memfit-c in namespace shop\n");
    CHECK(world.pods().empty());
}

TEST_CASE("a dry run of cleanup tells what it would remove, and removes nothing") {
    World world;
    world.addDeadRun("dead");
    world.addPod("memfit-a", "dead", "Running");
    world.options.dryRun = true;
    CHECK(world.cleanup() == "would remove pod memfit-a in namespace shop\n");
    CHECK(world.pods() == Strings{"memfit-a"});
    CHECK(journaledRuns().size() == 1);
}

TEST_CASE("cleanup says which right it lacks, and keeps the journal") {
    for (const auto& [right, words] : std::vector<std::pair<std::string, std::string>>{
             {"list pods",
              "error: listing the trial pods of namespace shop: Error from server (Forbidden): "
              "pods is forbidden: User \"jane\" cannot list resource \"pods\"; ask for that "
              "permission; docs/rbac.md has the role each command needs"},
             {"delete pods",
              "error: pod memfit-a in namespace shop was not removed: Error from server "
              "(Forbidden): pods is forbidden: User \"jane\" cannot delete resource \"pods\"; see "
              "what holds it: kubectl get pod memfit-a --namespace shop --output yaml"}}) {
        World world;
        world.addDeadRun("dead");
        world.addPod("memfit-a", "dead", "Running");
        world.cluster.forbidden = {right};
        CHECK(world.cleanup() == words);
        CHECK(journaledRuns().size() == 1);
        world.cluster.forbidden.clear();
        CHECK(world.cleanup() == "removed pod memfit-a in namespace shop\n");
        CHECK(journaledRuns().empty());
    }
}

TEST_CASE("cleanup tells a pod that stays, removes the others, and keeps the journal") {
    World world;
    world.addDeadRun("dead");
    world.addPod("memfit-a", "dead", "Running");
    world.cluster.holdDeletes = true;
    CHECK(world.cleanup() ==
          "error: pod memfit-a in namespace shop was not removed: kubectl delete succeeded (\"pod "
          "\"memfit-a\" force deleted\"), but pod/memfit-a is still there; see what holds it: "
          "kubectl get pod memfit-a --namespace shop --output yaml");
    CHECK(journaledRuns().size() == 1);
}

TEST_CASE("cleanup when the API server is away says to look whether it answers") {
    World world;
    world.addDeadRun("dead");
    world.addPod("memfit-a", "dead", "Running");
    world.cluster.goAway(1000);
    CHECK(world.cleanup() ==
          "error: listing the trial pods of namespace shop: The connection to the server fake:6443 "
          "was refused - did you specify the right host or port?; check that the cluster answers: "
          "kubectl version");
    CHECK(journaledRuns().size() == 1);
}

TEST_CASE("cleanup restores the workload of a run in place that was killed, and its history") {
    World world;
    addKilledTrials(world);
    CHECK(world.cluster.find(Resource::deployments, "api")
              ->at("/spec/template/spec/containers/0/resources/limits/memory"_json_pointer) ==
          "64Mi");
    world.options.dryRun = true;
    CHECK(world.cleanup() ==
          "would restore deployment/api in namespace shop\n"
          "would remove from the history of deployment/api in namespace shop what only trials "
          "made\n");
    world.options.dryRun = false;
    CHECK(world.cleanup() ==
          "restored deployment/api in namespace shop\n"
          "removed from the history of deployment/api what only trials made\n");
    CHECK(world.cluster.find(Resource::deployments, "api")
              ->at("/spec/template/spec/containers/0/resources/limits/memory"_json_pointer) ==
          "128Mi");
    CHECK(world.cluster.names(Resource::replicaSets).size() == 1);
    CHECK(journaledRuns().empty());
}

TEST_CASE("cleanup that is interrupted or fails at any call can be run again to its end") {
    std::size_t calls = 0;
    {
        World undisturbed;
        addKilledTrials(undisturbed);
        undisturbed.cluster.calls.clear();
        (void)undisturbed.cleanup();
        calls = undisturbed.cluster.calls.size();
        REQUIRE(calls > 5);
    }
    const std::vector<CallError> errors{
        CallError(EventLoop::interruption()),
        test::refusalBy(403, "Error from server (Forbidden): User \"jane\" cannot do that"),
        test::refusalBy(409, "Error from server (Conflict): it changed"),
        test::refusalBy(503, "Error from server (ServiceUnavailable): not now"),
    };
    for (const auto& error : errors) {
        for (std::size_t number = 0; number < calls; ++number) {
            World world;
            addKilledTrials(world);
            world.cluster.calls.clear();
            world.failAt(number, error);
            const auto first = world.cleanup();
            CAPTURE(number);
            CAPTURE(error.what);
            CAPTURE(first);
            world.cluster.before = nullptr;
            (void)world.cleanup();
            CHECK(
                world.cluster.find(Resource::deployments, "api")
                    ->at("/spec/template/spec/containers/0/resources/limits/memory"_json_pointer) ==
                "128Mi");
            CHECK(world.cluster.names(Resource::replicaSets).size() == 1);
            CHECK(journaledRuns().empty());
        }
    }
}

TEST_CASE("cleanup leaves a workload alone that is gone, or is another one by now") {
    for (const bool another : {false, true}) {
        World world;
        addKilledTrials(world);
        world.cluster.erase(Resource::deployments, "api");
        if (another) world.cluster.add(test::fakeDeployment("api", "1Gi"));
        CHECK(world.cleanup() == "nothing to clean up\n");
        CHECK(journaledRuns().empty());
    }
}
