// How advice lands in a cluster, which is simulated.

#include <doctest/doctest.h>

#include "commands/land/landing.h"
#include "support/fake_world.h"

using namespace memfit;
using namespace memfit::plugin;
using memfit::test::PodLife;
using Json = nlohmann::json;

namespace {

struct World : test::FakeCommand {
    std::unique_ptr<ClusterTarget> target;
    Recommendation advice;

    World() {
        options.yes = true;
        cluster.add(test::fakeDeployment("api", "128Mi", 2));
        (void)loop.pause(5);
        options.target = {"deploy/api"};
        auto opened = openCluster(context(), options.target);
        REQUIRE(opened.has_value());
        target = *std::move(opened);
        advice.header.target.type = "deployment";
        advice.header.target.name = "api";
        advice.header.target.uid = target->workload.uid;
        advice.header.target.generation = target->workload.generation;
        advice.advised.limit = 64 * MiB;
        advice.advised.request = 64 * MiB;
        advice.advised.gomemlimit.kind = GomemlimitAdvice::Kind::limitsMemory;
        advice.advised.leaveGogc = true;
    }

    [[nodiscard]] Result<TriedPatch> tried() { return tryPatch(context(), *target, advice); }
    /// Tries and applies.
    [[nodiscard]] Result<void> applied() {
        options.apply = true;
        const auto patch = tried();
        if (!patch) return patch.error();
        return applyPatch(context(), *target, *patch);
    }
    [[nodiscard]] Json& deployment() { return *cluster.find(Resource::deployments, "api"); }
    [[nodiscard]] std::string limit() {
        return deployment().at(
            "/spec/template/spec/containers/0/resources/limits/memory"_json_pointer);
    }
};

const std::string goBack =
    "look at its pods; to go back: kubectl rollout undo deployment/api -n shop";

}  // namespace

TEST_CASE("advice is tried in a dry run, applied, and seen in the pods") {
    World world;
    const auto patch = world.tried();
    REQUIRE_MESSAGE(patch.has_value(), (patch ? "" : patch.error().message()));
    CHECK(patch->diff.find("-    memory: 128Mi") != std::string::npos);
    CHECK(patch->diff.find("+    memory: 64Mi") != std::string::npos);
    CHECK(world.limit() == "128Mi");
    const auto applied = applyPatch(world.context(), *world.target, *patch);
    REQUIRE_MESSAGE(applied.has_value(), (applied ? "" : applied.error().message()));
    CHECK(world.limit() == "64Mi");
    CHECK(world.deployment().at("/spec/template/spec/containers/0/env/0/name"_json_pointer) ==
          "GOMEMLIMIT");
    CHECK(
        world.err.str().ends_with("deployment/api is changed; waiting for its pods\n"
                                  "deployment/api runs with the advised settings\n"));
}

TEST_CASE("advice that is set already is not applied again") {
    World world;
    REQUIRE(world.applied().has_value());
    world.cluster.calls.clear();
    world.advice.header.target.generation = std::nullopt;
    REQUIRE(world.applied().has_value());
    CHECK(world.err.str().ends_with("deployment/api has the advised settings already\n"));
    for (const auto& call : world.cluster.calls) CHECK(call != "patch deployment/api");
}

TEST_CASE("a user who may not patch gets the patch with a warning, and cannot apply it") {
    World world;
    world.cluster.forbidden = {"patch deployments.apps"};
    const auto patch = world.tried();
    REQUIRE(patch.has_value());
    CHECK(patch->text.find("memory: 64Mi") != std::string::npos);
    CHECK(world.err.str() ==
          "warning: the patch was not tried on the server: kubectl patch: Error from server "
          "(Forbidden): deployments.apps is forbidden: User \"jane\" cannot patch resource "
          "\"deployments.apps\"; ask for that permission; docs/rbac.md has the role each command "
          "needs\n");
    const auto applied = world.applied();
    REQUIRE(applied.has_error());
    CHECK(applied.error().what ==
          "kubectl patch: Error from server (Forbidden): deployments.apps is forbidden: User "
          "\"jane\" cannot patch resource \"deployments.apps\"");
    CHECK(world.limit() == "128Mi");
}

TEST_CASE("a workload that changes between the dry run and the change is not overwritten") {
    World world;
    const auto patch = world.tried();
    REQUIRE(patch.has_value());
    world.deployment()["metadata"]["labels"]["by"] = "somebody";
    world.cluster.changed(world.deployment());
    const auto applied = applyPatch(world.context(), *world.target, *patch);
    REQUIRE(applied.has_error());
    CHECK(applied.error() ==
          failure("kubectl patch: Error from server (Conflict): Operation cannot be fulfilled on "
                  "deployments.apps \"api\": the object has been modified",
                  "run it again"));
    CHECK(world.limit() == "128Mi");
}

TEST_CASE("another object of the name, or another context, is not patched") {
    World world;
    world.advice.header.target.uid = "another";
    CHECK(world.tried().error() ==
          failure("deployment/api is another object than the one that was measured",
                  "measure it again"));
    world.advice.header.target.uid = world.target->workload.uid;
    world.advice.header.target.context = "prod";
    CHECK(world.tried().error() ==
          failure("deployment/api was measured in context prod, and this is fake",
                  "choose the context with --context"));
}

TEST_CASE("a workload that is gone by then is told") {
    World world;
    world.cluster.erase(Resource::deployments, "api");
    CHECK(world.tried().error() ==
          failure("kubectl get: Error from server (NotFound): deployments.apps \"api\" not found",
                  "check the name, --namespace and --context"));
}

TEST_CASE("a workload that changed since it was measured is noted") {
    World world;
    world.deployment()["metadata"]["generation"] = 7;
    world.cluster.changed(world.deployment());
    REQUIRE(world.tried().has_value());
    CHECK(world.err.str() ==
          "warning: deployment/api changed since it was measured (generation 1, now 7)\n");
}

TEST_CASE("a limit that the namespace admits no pods with is not patched") {
    World world;
    world.cluster.add(
        {{"kind", "LimitRange"},
         {"metadata", {{"name", "sizes"}}},
         {"spec", {{"limits", {{{"type", "Container"}, {"min", {{"memory", "100Mi"}}}}}}}}});
    CHECK(world.applied().error() ==
          failure("deployment/api would have no pods with the advised memory limit, 64Mi: the "
                  "namespace admits no memory limit below 100Mi (LimitRange sizes)",
                  "change that LimitRange, or set a limit within it"));
    CHECK(world.limit() == "128Mi");
}

TEST_CASE("limits that may not be read do not keep the advice back") {
    World world;
    world.cluster.forbidden = {"list limitranges"};
    CHECK(world.applied().has_value());
}

TEST_CASE("a rollout whose pods never come is told with the way back") {
    for (const auto fate :
         {PodLife::Fate::badImage, PodLife::Fate::unschedulable, PodLife::Fate::crashes}) {
        World world;
        world.cluster.life = [fate](const Json&) { return PodLife{fate}; };
        CHECK(world.applied().error() ==
              failure("kubectl rollout: error: timed out waiting for the condition", goBack));
        CHECK(world.cluster.seconds() > 600);
        CHECK(world.limit() == "64Mi");
    }
    World refused;
    refused.cluster.admission = [](const Json&) { return std::optional<std::string>("no"); };
    CHECK(refused.applied().error().next == goBack);
}

TEST_CASE("pods that run without the advised settings after the rollout are told") {
    World world;
    const auto patch = world.tried();
    REQUIRE(patch.has_value());
    // A webhook changes each new pod.
    world.cluster.before = [&](const std::string& call) -> std::optional<CallError> {
        if (call.find("/pods?") == std::string::npos) return std::nullopt;
        for (const auto& name : world.cluster.names(Resource::pods)) {
            auto& pod = *world.cluster.find(Resource::pods, name);
            pod["spec"]["containers"][0]["resources"]["limits"]["memory"] = "1Gi";
        }
        return std::nullopt;
    };
    const auto applied = applyPatch(world.context(), *world.target, *patch);
    REQUIRE(applied.has_error());
    CHECK(applied.error().next ==
          "look for an admission webhook or an autoscaler that changes pods");
}

TEST_CASE("a workload without pods has none to check") {
    World world;
    world.deployment()["spec"]["replicas"] = 0;
    world.cluster.changed(world.deployment());
    CHECK(world.applied().error() ==
          failure("deployment/api has no pod to check", "look at its replicas"));
}

TEST_CASE("an API server that is away keeps the advice back, and changes nothing") {
    World world;
    world.cluster.goAway(1000);
    CHECK(world.applied().error().next == "check that the cluster answers: kubectl version");
    CHECK(world.limit() == "128Mi");
}

TEST_CASE("a signal before the patch changes nothing, and one after it leaves the advice there") {
    World undisturbed;
    const auto before = undisturbed.cluster.calls.size();
    REQUIRE(undisturbed.applied().has_value());
    const auto& calls = undisturbed.cluster.calls;
    const auto patched =
        static_cast<std::size_t>(std::ranges::find(calls, "patch deployment/api") - calls.begin());
    for (auto number = before; number < calls.size(); ++number) {
        World world;
        world.interruptAt(number);
        const auto applied = world.applied();
        CAPTURE(calls[number]);
        REQUIRE(applied.has_error());
        CHECK((applied.error().kind == ErrorKind::interrupted));
        CHECK(world.limit() == (number <= patched ? "128Mi" : "64Mi"));
    }
}
