#include "testbed/pod/trial_revisions.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "cluster/kubectl_cluster.h"
#include "support/history.h"
#include "support/stand_in_kubectl.h"

using namespace memfit;
using namespace memfit::plugin;
using memfit::test::replicaSet;
using Json = nlohmann::json;

namespace {

/// Reads come from files beside the stand-in; a delete of an object leaves it out of the list
/// `sets` from then on, unless `deleting` says otherwise.
struct World {
    test::StandInKubectl kubectl;
    EventLoop loop;
    std::vector<std::string> notes;

    explicit World(const std::string& deleting = "cp $0.after $0.sets")
        : kubectl(
              "case \"$1 $3\" in\n"
              "delete*) " +
              deleting +
              ";;\n"
              "*/replicasets*) cat $0.sets;;\n"
              "*/deployments/api) cat $0.live;;\n"
              "*) echo \"unexpected: $*\" >&2; exit 1;;\n"
              "esac") {
        set("live", test::liveDeployment().dump());
    }

    void set(const std::string& name, const std::string& text) const {
        std::ofstream(kubectl.path() + "." + name) << text;
    }
    void setLists(const std::vector<Json>& now, const std::vector<Json>& after) const {
        set("sets", test::listOf(now));
        set("after", test::listOf(after));
    }
    [[nodiscard]] TidiedHistory tidy(const RunRecord& record, double patienceSeconds = 0) {
        KubectlCluster connected(loop, kubectl.connect(loop));
        return tidyHistory(
            loop, connected, record, [this](const std::string& text) { notes.push_back(text); },
            patienceSeconds);
    }
    [[nodiscard]] std::vector<std::string> deleted() const {
        std::vector<std::string> paths;
        const auto words = kubectl.words();
        for (std::size_t i = 0; i + 2 < words.size(); ++i) {
            if (words[i] == "delete") paths.push_back(words[i + 2]);
        }
        return paths;
    }
};

RunRecord recordOfRun() {
    RunRecord record;
    record.runId = "1a";
    record.ns = "shop";
    record.workloadPath = "apis/apps/v1/namespaces/shop/deployments/api";
    record.workloadLabel = "deployment/api";
    record.workloadUid = "w1";
    record.ours = {"{}"};
    record.revisionsBefore = {"u1", "u2"};
    return record;
}

const std::string sets = "/apis/apps/v1/namespaces/shop/replicasets/";
const std::string next =
    "remove them with kubectl memfit cleanup when its rollout is over: kubectl rollout status "
    "deployment/api --namespace shop";

}  // namespace

TEST_CASE("what only trials made of a workload's history is removed, and looked for again") {
    World cluster;
    const std::vector<Json> others{replicaSet(1, 0), replicaSet(6, 2), replicaSet(3, 0, "2b")};
    auto all = others;
    all.push_back(replicaSet(4, 0, "1a"));
    all.push_back(replicaSet(5, 0, "1a"));
    cluster.setLists(all, others);
    const auto tidied = cluster.tidy(recordOfRun());
    CHECK(tidied.removed == 2);
    CHECK_FALSE(tidied.left.has_value());
    CHECK(tidied.line(recordOfRun()) ==
          "removed from the history of deployment/api what only trials made");
    CHECK(cluster.deleted() == std::vector<std::string>{sets + "api-4", sets + "api-5"});
    CHECK(cluster.notes.empty());
}

TEST_CASE("what still has pods is left, with the command that removes it") {
    World cluster;
    cluster.setLists({replicaSet(4, 1, "1a"), replicaSet(6, 1)}, {});
    const auto tidied = cluster.tidy(recordOfRun());
    CHECK(tidied.removed == 0);
    CHECK_FALSE(tidied.line(recordOfRun()).has_value());
    REQUIRE(tidied.left.has_value());
    CHECK(
        *tidied.left ==
        failure("revisions of deployment/api in namespace shop that only trials made may be left, "
                "to which kubectl rollout undo would go: api-4",
                next));
    CHECK(cluster.deleted().empty());
}

TEST_CASE("the pods of the last trial are waited for") {
    World cluster;
    const std::vector<Json> others{replicaSet(1, 0), replicaSet(6, 1)};
    cluster.setLists({others[0], others[1], replicaSet(4, 1, "1a")}, others);
    std::vector<std::string> notes;
    KubectlCluster connected(cluster.loop, cluster.kubectl.connect(cluster.loop));
    const auto tidied = tidyHistory(
        cluster.loop, connected, recordOfRun(),
        [&](const std::string& text) {
            notes.push_back(text);
            cluster.setLists({others[0], others[1], replicaSet(4, 0, "1a")}, others);
        },
        30);
    CHECK(tidied.removed == 1);
    CHECK_FALSE(tidied.left.has_value());
    CHECK(notes == std::vector<std::string>{
                       "waiting until the rollout of deployment/api leaves the trials"});
}

TEST_CASE("an object that changed after the read is left to the next look") {
    World cluster("echo 'Error from server (Conflict): it changed' >&2; exit 1");
    cluster.setLists({replicaSet(4, 0, "1a"), replicaSet(6, 1)}, {});
    const auto tidied = cluster.tidy(recordOfRun());
    CHECK(tidied.removed == 0);
    CHECK(tidied.left.has_value());
    CHECK(cluster.deleted().size() == 2);
}

TEST_CASE("a removal that is refused is told at once, in the API server's words") {
    World cluster("echo 'Error from server (Forbidden): not you' >&2; exit 1");
    cluster.setLists({replicaSet(4, 0, "1a"), replicaSet(6, 1)}, {});
    const auto tidied = cluster.tidy(recordOfRun(), 60);
    REQUIRE(tidied.left.has_value());
    CHECK(
        *tidied.left ==
        failure("revisions of deployment/api in namespace shop that only trials made may be left, "
                "to which kubectl rollout undo would go: api-4 (removing " +
                    sets + "api-4: Error from server (Forbidden): not you)",
                next));
}

TEST_CASE("a restore that its controller has not seen yet is not taken for the end") {
    World cluster;
    auto live = test::liveDeployment();
    live["metadata"]["generation"] = 4;
    cluster.set("live", live.dump());
    cluster.setLists({replicaSet(6, 1)}, {});
    const auto tidied = cluster.tidy(recordOfRun());
    REQUIRE(tidied.left.has_value());
    CHECK(
        *tidied.left ==
        failure("revisions of deployment/api in namespace shop that only trials made may be left, "
                "to which kubectl rollout undo would go",
                next));
}

TEST_CASE("nothing is asked for a run without a patch, or whose history is not written down") {
    World cluster;
    auto record = recordOfRun();
    record.ours.clear();
    CHECK_FALSE(cluster.tidy(record).left.has_value());
    record = recordOfRun();
    record.revisionsBefore = std::nullopt;
    CHECK_FALSE(cluster.tidy(record).left.has_value());
    CHECK(cluster.kubectl.words().empty());
}

TEST_CASE("of a workload that is gone, or another of that name, nothing is removed") {
    World cluster;
    cluster.setLists({replicaSet(4, 0, "1a"), replicaSet(6, 1)}, {});
    auto record = recordOfRun();
    record.workloadUid = "w0";
    CHECK_FALSE(cluster.tidy(record).left.has_value());
    record = recordOfRun();
    const test::StandInKubectl gone("echo 'Error from server (NotFound): no' >&2; exit 1");
    KubectlCluster connected(cluster.loop, gone.connect(cluster.loop));
    CHECK_FALSE(tidyHistory(cluster.loop, connected, record, {}, 0).left.has_value());
    CHECK(cluster.deleted().empty());
}
