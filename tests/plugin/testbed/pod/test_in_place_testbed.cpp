#include "testbed/pod/in_place_testbed.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "cluster/kubectl_cluster.h"
#include "support/environment.h"
#include "support/history.h"
#include "support/stand_in_kubectl.h"

using namespace memfit;
using namespace memfit::plugin;
using memfit::test::replicaSet;
using Json = nlohmann::json;

namespace {

/// A cluster of one Deployment, whose lists come from files beside the stand-in. It stays as it is
/// when it is patched; deletes leave of the ReplicaSets what the file `after` holds.
struct World {
    test::TemporaryFolder state;
    test::EnvironmentVariable variable{"XDG_STATE_HOME", state.path().string()};
    test::StandInKubectl kubectl;
    EventLoop loop;
    std::vector<std::string> asked;
    std::vector<std::string> notes;
    std::unique_ptr<KubectlCluster> api;
    std::unique_ptr<InPlaceTestbed> testbed;

    explicit World(int historyLimit = 10, const std::string& forbidden = "nothing",
                   const std::string& kind = "Deployment")
        : kubectl(
              "case \"$1 $3\" in\n"
              "proxy*) exit 1;;\n"
              "auth*) case \"$*\" in *\"" +
              forbidden +
              "\"*) exit 1;; esac;;\n"
              "patch*) ;;\n"
              "delete*) cp $0.after $0.sets;;\n"
              "*/replicasets*) cat $0.sets; if test -e $0.next; then mv $0.next $0.sets; fi;;\n"
              "*/pods*) cat $0.pods;;\n"
              "*/deployments/api|*--namespace=shop) cat $0.live;;\n"
              "*) echo '{\"kind\":\"List\",\"items\":[]}';;\n"
              "esac") {
        auto workload = test::liveDeployment({}, historyLimit);
        workload["kind"] = kind;
        const auto live = workload.dump();
        set("live", live);
        api = std::make_unique<KubectlCluster>(loop, kubectl.connect(loop));
        PodOptions options;
        options.workload = readWorkload(live, "api").value();
        options.workloadJson = live;
        options.container = "api";
        options.ns = "shop";
        options.runId = "1a";
        testbed = std::make_unique<InPlaceTestbed>(
            loop, *api, std::move(options),
            [this](const std::vector<std::string>& lines) -> Result<void> {
                asked = lines;
                return {};
            },
            [this](const std::string& text) { notes.push_back(text); });
    }

    void set(const std::string& name, const std::string& text) const {
        std::ofstream(kubectl.path() + "." + name) << text;
    }
    void setSets(const std::vector<Json>& sets) const { set("sets", test::listOf(sets)); }

    /// Runs one trial; its pod is there already.
    [[nodiscard]] Result<void> trial(int mebibytes) {
        const Json container{
            {"name", "api"},
            {"resources", {{"limits", {{"memory", fmt::format("{}Mi", mebibytes)}}}}},
            {"env",
             {{{"name", "GOMEMLIMIT"}, {"value", "off"}}, {{"name", "GOGC"}, {"value", "100"}}}}};
        const Json pod{
            {"metadata", {{"name", "api-p"}, {"annotations", {{"memfit.dev/run-id", "1a"}}}}},
            {"spec", {{"containers", Json::array({container})}}}};
        set("pods", test::listOf({pod}));
        const auto started = testbed->start(plainSettings(mebibytes * MiB), "");
        if (!started) return started.error();
        return {};
    }

    /// `patch`, or the name of what was deleted, in order.
    [[nodiscard]] std::vector<std::string> changes() const {
        std::vector<std::string> all;
        const auto words = kubectl.words();
        for (std::size_t i = 0; i + 2 < words.size(); ++i) {
            if (words[i] == "patch" && words[i + 1] == "deployment/api") all.emplace_back("patch");
            if (words[i] == "delete" && words[i + 1] == "--raw")
                all.push_back(words[i + 2].substr(words[i + 2].rfind('/') + 1));
        }
        return all;
    }
};

/// As many old revisions, and the current one.
std::vector<Json> historyOf(int old) {
    std::vector<Json> sets;
    for (int number = 1; number <= old + 1; ++number) {
        sets.push_back(replicaSet(number + 100, number > old ? 1 : 0));
    }
    return sets;
}

std::vector<Json> operator+(std::vector<Json> sets, const std::vector<Json>& more) {
    sets.insert(sets.end(), more.begin(), more.end());
    return sets;
}

}  // namespace

TEST_CASE(
    "each trial in place removes what the one before left in the history, and the end the rest") {
    World world;
    const auto before = historyOf(2);
    world.setSets(before);
    world.set("after", test::listOf(before));
    REQUIRE(world.trial(64).has_value());
    CHECK(
        world.asked ==
        std::vector<std::string>{
            "patches memory limit and request, GOMEMLIMIT and GOGC of container api",
            "rolls out after each patch: live pods are replaced, some are OOM-killed on purpose",
            "restores what it changed at the end; after a kill -9, kubectl memfit cleanup does",
            "removes the revisions that its patches make, so that kubectl rollout undo goes where "
            "it went before"});
    world.setSets(before + std::vector{replicaSet(104, 1, "1a")});
    REQUIRE(world.trial(32).has_value());
    world.setSets(before + std::vector{replicaSet(104, 0, "1a"), replicaSet(105, 1, "1a")});
    REQUIRE(world.trial(48).has_value());
    CHECK(world.changes() == std::vector<std::string>{"patch", "patch", "api-104", "patch"});
    REQUIRE(journaledRuns().size() == 1);
    CHECK(journaledRuns().front().record.revisionsBefore ==
          std::vector<std::string>{"u101", "u102", "u103"});

    auto restored = before;
    restored.back() = replicaSet(107, 1);
    world.setSets(restored + std::vector{replicaSet(106, 0, "1a")});
    world.set("after", test::listOf(restored));
    world.testbed.reset();
    CHECK(world.changes() ==
          std::vector<std::string>{"patch", "patch", "api-104", "patch", "api-106"});
    CHECK(world.notes == std::vector<std::string>{
                             "removed from the history of deployment/api what only trials made"});
    CHECK(journaledRuns().empty());
}

TEST_CASE("a trial in place waits while it would push out a revision that is not the run's") {
    World world;
    const auto before = historyOf(7);
    world.setSets(before);
    world.set("after", test::listOf(before));
    REQUIRE(world.trial(64).has_value());
    // Old ones: seven, what was current, and two trials of which one has pods. The next look finds
    // them gone.
    world.setSets(before + std::vector{replicaSet(109, 1, "1a"), replicaSet(110, 1, "1a"),
                                       replicaSet(111, 1, "1a")});
    world.set("next",
              test::listOf(before + std::vector{replicaSet(109, 0, "1a"), replicaSet(110, 0, "1a"),
                                                replicaSet(111, 1, "1a")}));
    REQUIRE(world.trial(32).has_value());
    CHECK(world.changes() == std::vector<std::string>{"patch", "api-109", "api-110", "patch"});
    world.testbed.reset();
    CHECK(journaledRuns().empty());
}

TEST_CASE(
    "a history without room for the revisions of trials is refused before anything is changed") {
    World world(4);
    world.setSets(historyOf(2));
    CHECK(
        world.trial(64).error() ==
        failure("deployment/api keeps 4 old revisions (revisionHistoryLimit) and has 2: trials in "
                "place would push out some that kubectl rollout undo can go to",
                "measure copies (leave out --in-place), or raise the limit for the run: kubectl "
                "patch deployment/api --namespace shop --type=merge --patch "
                "'{\"spec\":{\"revisionHistoryLimit\":5}}'"));
    CHECK(world.asked.empty());
    CHECK(world.changes().empty());
    CHECK(journaledRuns().empty());
}

TEST_CASE("a Deployment without old revisions has none to lose, whatever its history's limit") {
    World world(0);
    world.setSets(historyOf(0));
    CHECK(world.trial(64).has_value());
    CHECK(world.trial(32).has_value());
}

TEST_CASE("what cannot be changed in place is told before any right is asked for") {
    World world(10, "can-i", "ReplicaSet");
    CHECK(world.trial(64).error() ==
          usageError("a \"ReplicaSet\" cannot be changed in place",
                     "name its Deployment, StatefulSet or DaemonSet, or leave --in-place out"));
    CHECK(world.asked.empty());
}

TEST_CASE("a right that a run in place lacks is named before anything is changed") {
    for (const std::string right :
         {"patch deployments.apps", "list replicasets.apps", "delete replicasets.apps"}) {
        World world(10, right);
        world.setSets(historyOf(0));
        const auto space = right.find(' ');
        CHECK(world.trial(64).error() ==
              failure(fmt::format("trials in place need the verb {} on {} in namespace shop, which "
                                  "this user may not",
                                  right.substr(0, space), right.substr(space + 1)),
                      "ask for that permission; docs/rbac.md has the role each command needs"));
        CHECK(world.changes().empty());
        CHECK(journaledRuns().empty());
    }
}
