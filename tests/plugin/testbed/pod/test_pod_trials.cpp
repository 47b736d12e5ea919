// Trials in pods of their own, against a simulated cluster.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "support/fake_world.h"
#include "support/fixtures.h"
#include "testbed/pod/pod_testbed.h"

using namespace memfit;
using namespace memfit::plugin;
using memfit::test::PodLife;
using Fate = PodLife::Fate;

namespace {

using Strings = std::vector<std::string>;

struct World : test::FakeWorld {
    Strings asked;
    std::unique_ptr<PodTestbed> testbed;

    World() {
        cluster.add(test::fakeDeployment("api", "128Mi", 0));
        cluster.pages[3000]["/"] = {200, "hello"};
        cluster.edge = 48 * MiB;
    }

    PodTestbed& trials() {
        if (!testbed) {
            auto journal = RunJournal::begin(ownRecord("r1", "fake", "shop"));
            REQUIRE(journal.has_value());
            testbed = std::make_unique<PodTestbed>(
                loop, cluster, podOptions(),
                [this](const Strings& lines) -> Result<void> {
                    asked = lines;
                    return {};
                },
                note(), *std::move(journal));
        }
        return *testbed;
    }

    std::unique_ptr<Instance> started(Bytes limit) {
        auto instance = trials().start(plainSettings(limit), "");
        REQUIRE_MESSAGE(instance.has_value(), (instance ? "" : instance.error().message()));
        return *std::move(instance);
    }

    [[nodiscard]] Strings trialPods() { return cluster.names(Resource::pods); }

    /// As a session does: one trial that is killed and one that survives. Ends at the first error.
    Result<void> twoTrials() {
        for (const Bytes limit : {32 * MiB, 64 * MiB}) {
            auto instance = trials().start(plainSettings(limit), "");
            if (!instance) return instance.error();
            const auto ready = (*instance)->waitReady(60);
            if (!ready) return ready.error();
            if (!*ready) return failure("not ready");
            cluster.load();
            (void)(*instance)->settledStatus();
            instance->reset();
            if (loop.signal()) return EventLoop::interruption();
        }
        return {};
    }
};

/// What a trial came to that ended before it was ready.
InstanceStatus ended(Fate fate) {
    World world;
    world.cluster.life = [fate](const auto&) { return PodLife{fate}; };
    const auto instance = world.started(64 * MiB);
    CHECK_FALSE(instance->waitReady(60).value());
    return instance->settledStatus();
}

}  // namespace

TEST_CASE("a trial pod runs, answers, survives its load and is gone with its trial") {
    World world;
    auto instance = world.started(64 * MiB);
    CHECK(world.asked.size() > 1);
    CHECK(world.trialPods() == Strings{"memfit-api-r1-1"});
    CHECK(world.cluster.find(Resource::pods, "memfit-api-r1-1")
              ->at("/spec/containers/0/resources/limits/memory"_json_pointer) == "64Mi");
    REQUIRE(instance->waitReady(60).value());
    CHECK(instance->status().running);
    world.cluster.load();
    const auto status = instance->settledStatus();
    CHECK(status.running);
    CHECK_FALSE(status.oomKilled);
    instance.reset();
    CHECK(world.trialPods().empty());
    world.testbed.reset();
    CHECK(journaledRuns().empty());
    CHECK(world.notes.empty());
}

TEST_CASE("a trial pod below the edge is OOM-killed by its load") {
    World world;
    const auto instance = world.started(32 * MiB);
    REQUIRE(instance->waitReady(60).value());
    world.cluster.load();
    const auto status = instance->settledStatus();
    CHECK_FALSE(status.running);
    CHECK(status.oomKilled);
    CHECK(status.exitCode == 137);
    CHECK(status.detail == "the kernel killed it at its memory limit");
}

TEST_CASE("a kill that the kubelet reports late is waited for") {
    World world;
    const auto instance = world.started(32 * MiB);
    REQUIRE(instance->waitReady(60).value());
    // The program is dead: nothing answers, and the pod still reads Running.
    world.cluster.pages.clear();
    world.cluster.after(8, [&] { world.cluster.load(); });
    CHECK(instance->settledStatus().oomKilled);
}

TEST_CASE("the statistics of a trial pod are read through the API server") {
    World world;
    world.cluster.pages[3000]["/debug/vars"] = {
        200, test::readText(test::fixturePath("memstats/expvar-go1.19.json"))};
    const auto instance = world.started(64 * MiB);
    REQUIRE(instance->waitReady(60).value());
    const auto memory = instance->memory();
    REQUIRE_MESSAGE(memory.has_value(), (memory ? "" : memory.error().message()));
    CHECK(memory->sys > 0);
}

TEST_CASE("a high-water mark counts only from a sample that is later than the load") {
    World world;
    auto instance = world.trials().start(plainSettings(std::nullopt), "");
    REQUIRE(instance.has_value());
    REQUIRE((*instance)->waitReady(60).value());
    const auto& pod = *world.cluster.find(Resource::pods, "memfit-api-r1-1");
    const auto uid = pod.at("metadata").at("uid").get<std::string>();
    auto& pages = world.cluster.kubelet;
    pages[std::string(summaryPage)] = fmt::format(
        R"({{"pods":[{{"podRef":{{"name":"memfit-api-r1-1","namespace":"shop","uid":"{}"}},)"
        R"("containers":[{{"name":"api","memory":{{"time":"2024-01-01T00:00:00Z",)"
        R"("usageBytes":9000000}}}}]}}]}})",
        uid);
    const auto sample = [&](Bytes mark, std::int64_t milliseconds) {
        pages[std::string(cadvisorPage)] = fmt::format(
            "container_memory_max_usage_bytes{{container=\"api\",namespace=\"shop\","
            "pod=\"memfit-api-r1-1\"}} {} {}\n",
            mark, milliseconds);
    };
    sample(8 * MiB, 1'700'000'000'000);
    world.cluster.load();
    SUBCASE("it is waited for") {
        world.cluster.after(9, [&] { sample(17 * MiB, 1'700'000'010'000); });
        CHECK((*instance)->settledStatus().running);
        CHECK((*instance)->usage()->peak == 17 * MiB);
    }
    SUBCASE("there is none when it does not come") {
        CHECK((*instance)->settledStatus().running);
        CHECK_FALSE((*instance)->usage()->peak.has_value());
    }
}

TEST_CASE("a trial pod that never starts says what keeps it from that") {
    const auto unschedulable = ended(Fate::unschedulable);
    CHECK((unschedulable.foreign == Outcome::unschedulable));
    CHECK(unschedulable.detail ==
          "no node accepts the pod: 0/1 nodes are available: 1 Insufficient memory.");
    const auto image = ended(Fate::badImage);
    CHECK((image.foreign == Outcome::imageError));
    CHECK(image.detail ==
          "the image of container api cannot be pulled (ImagePullBackOff): no such image");
    const auto small = ended(Fate::tooSmall);
    CHECK(small.oomKilled);
    CHECK(small.detail == "the limit is too small to start the container");
}

TEST_CASE("a trial pod that ends by itself tells its exit code, and one that is evicted none") {
    const auto crashed = ended(Fate::crashes);
    CHECK_FALSE(crashed.running);
    CHECK_FALSE(crashed.foreign.has_value());
    CHECK(crashed.exitCode == 2);
    const auto completed = ended(Fate::completes);
    CHECK_FALSE(completed.running);
    CHECK(completed.exitCode == 0);
    const auto evicted = ended(Fate::evicted);
    CHECK((evicted.foreign == Outcome::evicted));
    CHECK_FALSE(evicted.exitCode.has_value());
}

TEST_CASE("what a program said last before it crashed is in the verdict") {
    World world;
    world.cluster.life = [](const auto&) { return PodLife{Fate::crashes}; };
    world.cluster.logs["memfit-api-r1-1"] = "starting\npanic: no configuration\n";
    const auto instance = world.started(64 * MiB);
    CHECK_FALSE(instance->waitReady(60).value());
    CHECK(instance->settledStatus().detail == "panic: no configuration");
    world.cluster.forbidden = {"get pods/log"};
    CHECK(instance->settledStatus().detail == "it ended with exit code 2");
}

TEST_CASE("a trial pod that goes away in the midst of its load says nothing about the edge") {
    World world;
    const auto instance = world.started(64 * MiB);
    REQUIRE(instance->waitReady(60).value());
    world.cluster.erase(Resource::pods, "memfit-api-r1-1");
    const auto status = instance->settledStatus();
    CHECK((status.foreign == Outcome::inconclusive));
    CHECK(status.detail == "somebody deleted the trial pod");
}

TEST_CASE("a pod that goes away while the watch is broken is missed all the same") {
    World world;
    const auto instance = world.started(64 * MiB);
    REQUIRE(instance->waitReady(60).value());
    world.cluster.breakWatches();
    world.cluster.erase(Resource::pods, "memfit-api-r1-1");
    CHECK((instance->settledStatus().foreign == Outcome::inconclusive));
}

TEST_CASE("a trial outlives watches that end") {
    World world;
    const auto instance = world.started(32 * MiB);
    for (const double when : {0.05, 0.7, 1.0})
        world.cluster.after(when, [&] { world.cluster.breakWatches(); });
    REQUIRE(instance->waitReady(60).value());
    world.cluster.breakWatches();
    world.cluster.load();
    CHECK(instance->settledStatus().oomKilled);
}

TEST_CASE("a right that trial pods need is named before anything is made") {
    for (const std::string verb : {"create", "delete", "get", "list", "watch"}) {
        World world;
        world.cluster.forbidden = {verb + " pods"};
        CHECK(world.trials().begin(plainSettings(std::nullopt)).error() ==
              failure(fmt::format("trial pods need the verb {} on pods in namespace shop, which "
                                  "this user may not",
                                  verb),
                      "ask for that permission; docs/rbac.md has the role each command needs"));
        CHECK(world.asked.empty());
        world.testbed.reset();
        CHECK(journaledRuns().empty());
        CHECK(world.notes.empty());
    }
    World world;
    world.cluster.forbidden = {"get pods/log"};
    CHECK(world.trials().begin(plainSettings(std::nullopt)).error().what ==
          "trial pods need the verb get on pods/log in namespace shop, which this user may not");
}

TEST_CASE("what may not be read of a namespace is a warning, and the trial goes on") {
    for (const auto& [resource, people] : std::vector<std::pair<std::string, std::string>>{
             {"services", "Services"},
             {"deployments.apps", "Deployments"},
             {"horizontalpodautoscalers.autoscaling", "HorizontalPodAutoscalers"},
             {"poddisruptionbudgets.policy", "PodDisruptionBudgets"},
             {"networkpolicies.networking.k8s.io", "NetworkPolicies"}}) {
        World world;
        world.cluster.forbidden = {"list " + resource};
        REQUIRE(world.trials().begin(plainSettings(std::nullopt)).has_value());
        const auto warnings = world.testbed->warnings();
        REQUIRE_FALSE(warnings.empty());
        CHECK(warnings.front().code == "selectors-unknown");
        CHECK(warnings.front().text ==
              fmt::format("may not list {}: whether they would select the trial pods is not known",
                          people));
    }
}

TEST_CASE("limits that may not be read, and nodes, are done without") {
    World world;
    world.cluster.forbidden = {"list limitranges", "list resourcequotas", "list nodes"};
    REQUIRE(world.trials().begin(plainSettings(std::nullopt)).has_value());
    CHECK(world.testbed->ceiling() == GiB);
}

TEST_CASE("the run without a limit keeps within quota and nodes") {
    World world;
    world.cluster.add({{"kind", "Node"},
                       {"metadata", {{"name", "node-1"}}},
                       {"status", {{"allocatable", {{"memory", "1000Mi"}}}}}});
    REQUIRE(world.trials().begin(plainSettings(std::nullopt)).has_value());
    CHECK(world.testbed->ceiling() == 500 * MiB);

    World narrow;
    narrow.cluster.add(
        {{"kind", "ResourceQuota"},
         {"metadata", {{"name", "team"}}},
         {"status",
          {{"hard", {{"limits.memory", "400Mi"}}}, {"used", {{"limits.memory", "100Mi"}}}}}});
    REQUIRE(narrow.trials().begin(plainSettings(std::nullopt)).has_value());
    CHECK(narrow.testbed->ceiling() == 300 * MiB);
}

TEST_CASE("a quota that is used up ends the run in the API server's words") {
    World world;
    world.cluster.add(
        {{"kind", "ResourceQuota"},
         {"metadata", {{"name", "team"}}},
         {"status",
          {{"hard", {{"limits.memory", "100Mi"}}}, {"used", {{"limits.memory", "90Mi"}}}}}});
    CHECK(world.trials().begin(plainSettings(64 * MiB)).error() ==
          failure("kubectl create: Error from server (Forbidden): error when creating \"STDIN\": "
                  "pods \"memfit-api-r1-1\" is forbidden: exceeded quota: team, requested: "
                  "limits.memory=64Mi, used: limits.memory=90Mi, limited: limits.memory=100Mi",
                  "free some of the quota, or lower --ceiling and --to"));
    CHECK(world.trialPods().empty());
}

TEST_CASE("a limit below what admission takes is found out by dry runs alone") {
    World world;
    world.cluster.admission = [](const auto& pod) -> std::optional<std::string> {
        const std::string limit = pod.at("/spec/containers/0/resources/limits/memory"_json_pointer);
        if (std::stoi(limit) >= 40 || !limit.ends_with("Mi")) return std::nullopt;
        return "give it more";
    };
    REQUIRE(world.trials().begin(plainSettings(64 * MiB)).has_value());
    CHECK(world.testbed->tryAdmission(plainSettings(8 * MiB)).has_value());
    CHECK(world.testbed->admitted().least == 40 * MiB);
    CHECK(world.testbed->admitted().leastBy == "give it more");
    CHECK(world.trialPods().empty());
}

TEST_CASE("a claim that one node at a time may write to is not mounted a second time") {
    World world;
    auto& deployment = *world.cluster.find(Resource::deployments, "api");
    const nlohmann::json volume{{"name", "data"},
                                {"persistentVolumeClaim", {{"claimName", "api-data"}}}};
    auto& spec = deployment["spec"]["template"]["spec"];
    spec["volumes"] = nlohmann::json::array({volume});
    spec["containers"][0]["volumeMounts"] = {{{"name", "data"}, {"mountPath", "/data"}}};
    world.cluster.add({{"kind", "PersistentVolumeClaim"},
                       {"metadata", {{"name", "api-data"}}},
                       {"spec", {{"accessModes", {"ReadWriteOnce"}}}}});
    world.cluster.add({{"kind", "Pod"},
                       {"metadata", {{"name", "api-1"}}},
                       {"spec", {{"volumes", nlohmann::json::array({volume})}}},
                       {"status", {{"phase", "Running"}}}});
    CHECK(world.trials().begin(plainSettings(64 * MiB)).error() ==
          failure("the copy would mount the claim api-data, which one node at a time may write to "
                  "and a pod uses now",
                  "measure the workload itself with --in-place"));
    world.cluster.erase(Resource::pods, "api-1");
    CHECK(world.testbed->begin(plainSettings(64 * MiB)).has_value());
    world.testbed.reset();

    World missing;
    missing.cluster.find(Resource::deployments, "api")->at("spec")["template"]["spec"] = spec;
    CHECK(missing.trials().begin(plainSettings(64 * MiB)).error().what ==
          "reading claim api-data: Error from server (NotFound): persistentvolumeclaims "
          "\"api-data\" not found");
}

TEST_CASE("a pod of the same name is not taken for the trial's own") {
    World world;
    REQUIRE(world.trials().begin(plainSettings(64 * MiB)).has_value());
    world.cluster.add({{"kind", "Pod"},
                       {"metadata", {{"name", "memfit-api-r1-1"}}},
                       {"status", {{"phase", "Running"}}}});
    const auto refused = world.testbed->start(plainSettings(64 * MiB), "");
    REQUIRE(refused.has_error());
    CHECK(refused.error().what ==
          "kubectl create: Error from server (AlreadyExists): pods \"memfit-api-r1-1\" already "
          "exists");
}

TEST_CASE("an API server that restarts ends no run") {
    World world;
    REQUIRE(world.trials().begin(plainSettings(64 * MiB)).has_value());
    world.cluster.goAway(30);
    const auto instance = world.started(64 * MiB);
    CHECK(world.cluster.seconds() >= 30);
    REQUIRE(instance->waitReady(60).value());
    world.cluster.goAway(10);
    world.cluster.load();
    CHECK(instance->settledStatus().running);
}

TEST_CASE("a pod that was made while only the answer was lost is the trial's") {
    World world;
    REQUIRE(world.trials().begin(plainSettings(64 * MiB)).has_value());
    world.cluster.lostAnswers = 1;
    auto instance = world.started(64 * MiB);
    CHECK(instance->waitReady(60).value());
    instance.reset();
    CHECK(world.trialPods().empty());
}

TEST_CASE("an API server that stays away ends the run, and says what may be left") {
    World world;
    REQUIRE(world.trials().begin(plainSettings(64 * MiB)).has_value());
    auto instance = world.started(64 * MiB);
    world.cluster.goAway(1000);
    const auto next = world.testbed->start(plainSettings(64 * MiB), "");
    REQUIRE(next.has_error());
    CHECK(next.error() ==
          failure("kubectl create: The connection to the server fake:6443 was refused - did you "
                  "specify the right host or port?",
                  "check that the cluster answers: kubectl version"));
    instance.reset();
    world.testbed.reset();
    CHECK(world.notes ==
          Strings{"warning: could not remove the pods of run r1: The connection to the server "
                  "fake:6443 was refused - did you specify the right host or port?; run `kubectl "
                  "memfit cleanup --namespace shop` when the cluster answers"});
    CHECK(journaledRuns().size() == 1);
}

TEST_CASE("a pod that a finalizer holds is told, and cleanup will know the run") {
    World world;
    auto instance = world.started(64 * MiB);
    world.cluster.holdDeletes = true;
    instance.reset();
    world.testbed.reset();
    CHECK(world.notes ==
          Strings{"warning: could not remove the pods of run r1: kubectl delete succeeded (\"pod "
                  "\"memfit-api-r1-1\" force deleted\"), but pod/memfit-api-r1-1 is still there; "
                  "run `kubectl memfit cleanup --namespace shop` when the cluster answers"});
    CHECK(journaledRuns().size() == 1);
}

TEST_CASE("a signal at any call of a run leaves no pod and no journal") {
    World undisturbed;
    REQUIRE(undisturbed.twoTrials().has_value());
    const auto ofTrials = undisturbed.cluster.calls.size();
    REQUIRE(ofTrials > 20);
    undisturbed.testbed.reset();
    for (std::size_t number = 0; number < undisturbed.cluster.calls.size(); ++number) {
        World world;
        world.interruptAt(number);
        const auto end = world.twoTrials();
        CAPTURE(number);
        CAPTURE(undisturbed.cluster.calls.at(number));
        REQUIRE(end.has_error() == (number < ofTrials));
        if (!end) CHECK((end.error().kind == ErrorKind::interrupted));
        world.testbed.reset();
        CHECK(world.trialPods().empty());
        CHECK(journaledRuns().empty());
        CHECK(world.notes.empty());
    }
}

TEST_CASE("an error at any call of a run leaves no pod and no journal") {
    World undisturbed;
    REQUIRE(undisturbed.twoTrials().has_value());
    const auto calls = undisturbed.cluster.calls.size();
    undisturbed.testbed.reset();
    const std::vector<CallError> errors{
        test::refusalBy(403,
                        "Error from server (Forbidden): pods is forbidden: User \"jane\" "
                        "cannot do that"),
        test::refusalBy(404, "Error from server (NotFound): not found"),
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
            world.testbed.reset();
            CHECK(world.trialPods().empty());
            CHECK(journaledRuns().empty());
            CHECK(world.notes.empty());
        }
    }
}
