#include <algorithm>
#include <csignal>
#include <set>

#include "e2e/cluster.h"

using namespace memfit::e2e;

namespace {

/// Name and uid of every revision in the namespace.
std::set<std::string> revisions(const Namespace& ns) {
    std::set<std::string> all;
    for (const auto* const kind : {"replicasets", "controllerrevisions"}) {
        const auto list = ns.get({kind});
        for (const auto& one : list.at("items")) {
            const auto& metadata = one.at("metadata");
            all.insert(fmt::format("{} {}", metadata.at("name").get<std::string>(),
                                   metadata.at("uid").get<std::string>()));
        }
    }
    return all;
}

Json templateOf(const Namespace& ns, const std::string& workload) {
    return ns.get({workload}).at("spec").at("template");
}

void awaitRollout(const Namespace& ns, const std::string& workload) {
    (void)ns.kubectl({"rollout", "status", workload, "--timeout=120s"});
}

/// A second revision, by another variable; returns the template of the first.
Json rollOutAnother(const Namespace& ns, const std::string& workload) {
    awaitRollout(ns, workload);
    auto first = templateOf(ns, workload);
    (void)ns.kubectl({"set", "env", workload, "RELEASE=2"});
    awaitRollout(ns, workload);
    return first;
}

/// deployment() as another kind, with a pod.
Json another(const std::string& kind, const Json& spec) {
    auto object = deployment("api");
    object["kind"] = kind;
    object["spec"].erase("replicas");
    object["spec"].merge_patch(spec);
    return object;
}

}  // namespace

TEST_CASE("after a squeeze in place rollout undo goes where it went before") {
    const Namespace ns;
    ns.deploySalesApi();
    const auto first = rollOutAnother(ns, "deploy/sales-api");
    const auto second = templateOf(ns, "deploy/sales-api");
    const auto before = revisions(ns);
    const auto live = ns.live();
    const auto result = document(measure(ns, quickSqueeze("deploy/sales-api", {"--in-place"})));
    CHECK(result.at("trials").size() > 3);
    CHECK(ns.live() == live);
    CHECK(revisions(ns) == before);

    (void)ns.kubectl({"rollout", "undo", "deploy/sales-api"});
    CHECK(templateOf(ns, "deploy/sales-api") == first);
    awaitRollout(ns, "deploy/sales-api");
    // And back, with nothing of the run beside it.
    (void)ns.kubectl({"rollout", "undo", "deploy/sales-api"});
    CHECK(templateOf(ns, "deploy/sales-api") == second);
    CHECK(ns.live() == live);
}

TEST_CASE("the history of a StatefulSet and of a DaemonSet is after a run in place what it was") {
    for (const auto& [type, object] :
         {std::pair<std::string, Json>{
              "sts/api", another("StatefulSet", {{"serviceName", "api"}, {"replicas", 1}})},
          std::pair<std::string, Json>{"ds/api", another("DaemonSet", Json::object())}}) {
        CAPTURE(type);
        const Namespace ns;
        ns.apply(object);
        const auto first = rollOutAnother(ns, type);
        const auto before = revisions(ns);
        REQUIRE(before.size() == 2);
        const auto result = document(
            measure(ns, {"bench", type, "--in-place", "--load", load(20), "--yes", "--quiet", "-o",
                         "json", "--limits", "none,64Mi", "--modes", "plain", "--runs", "1"}));
        CHECK(result.at("cells").size() == 2);
        CHECK(revisions(ns) == before);
        awaitRollout(ns, type);
        (void)ns.kubectl({"rollout", "undo", type});
        CHECK(templateOf(ns, type) == first);
    }
}

TEST_CASE("cleanup removes from the history what trials of a killed run made") {
    const Namespace ns;
    ns.deploySalesApi();
    const auto first = rollOutAnother(ns, "deploy/sales-api");
    const auto before = revisions(ns);
    Memfit killed(ns, quickSqueeze("deploy/sales-api", {"--in-place"}));
    memfit::plugin::EventLoop loop;
    const auto third = [&] {
        const auto now = revisions(ns);
        return !std::ranges::includes(before, now);
    };
    REQUIRE(memfit::test::comesTrue(loop, third, 60));
    killed.signal(SIGKILL);
    CHECK(killed.end().code == 128 + SIGKILL);
    const auto would = measure(ns, {"cleanup", "--dry-run"});
    CHECK_MESSAGE(
        would.out.find(fmt::format("would remove from the history of deployment/sales-api in "
                                   "namespace {} what only trials made\n",
                                   ns.name())) != std::string::npos,
        would.out);
    const auto cleanup = measure(ns, {"cleanup"});
    CHECK_MESSAGE(cleanup.code == 0, cleanup.err);
    CHECK_MESSAGE(cleanup.out.ends_with("removed from the history of deployment/sales-api what "
                                        "only trials made\n"),
                  cleanup.out);
    CHECK(revisions(ns) == before);
    CHECK(measure(ns, {"cleanup"}).out == "nothing to clean up\n");
    (void)ns.kubectl({"rollout", "undo", "deploy/sales-api"});
    CHECK(templateOf(ns, "deploy/sales-api") == first);
}

TEST_CASE("a history that a run in place would push revisions out of is left as it is") {
    const Namespace ns;
    ns.deploySalesApi();
    (void)rollOutAnother(ns, "deploy/sales-api");
    (void)ns.kubectl(
        {"patch", "deploy/sales-api", "--patch={\"spec\":{\"revisionHistoryLimit\":3}}"});
    const auto live = ns.live();
    const auto before = revisions(ns);
    const auto refused = measure(ns, quickSqueeze("deploy/sales-api", {"--in-place"}));
    CHECK(refused.code == 1);
    CHECK(refused.out.empty());
    CHECK(
        refused.err ==
        fmt::format("error: deployment/sales-api keeps 3 old revisions (revisionHistoryLimit) and "
                    "has 1: trials in place would push out some that kubectl rollout undo can go "
                    "to; measure copies (leave out --in-place), or raise the limit for the run: "
                    "kubectl patch deployment/sales-api --namespace {} --type=merge --patch "
                    "'{{\"spec\":{{\"revisionHistoryLimit\":4}}}}'\n",
                    ns.name()));
    CHECK(ns.live() == live);
    CHECK(revisions(ns) == before);
}
