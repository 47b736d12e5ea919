#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "memfit/pod/revisions.h"

using namespace memfit;
using Json = nlohmann::json;

namespace {

const std::string ourRun = "1a2b3c4d";

Json podTemplate(const std::string& image, const std::string& run = {}) {
    Json metadata{{"labels", {{"app", "api"}}}};
    if (!run.empty()) metadata["annotations"] = {{"memfit.dev/run-id", run}};
    return {{"metadata", metadata},
            {"spec", {{"containers", {{{"name", "api"}, {"image", image}}}}}}};
}

Json workload(const std::string& kind, const Json& live) {
    return {{"kind", kind},
            {"metadata", {{"name", "api"}, {"uid", "w1"}, {"generation", 7}}},
            {"spec", {{"revisionHistoryLimit", 10}, {"template", live}}},
            {"status", {{"observedGeneration", 7}}}};
}

Json owned(const std::string& name, const std::string& uid) {
    return {{"name", name},
            {"uid", uid},
            {"resourceVersion", "r-" + uid},
            {"generation", 3},
            {"ownerReferences", {{{"kind", "any"}, {"uid", "w1"}, {"controller", true}}}}};
}

/// A ReplicaSet without pods.
Json replicaSet(int number, Json of) {
    auto metadata = owned("api-" + std::to_string(number), "u" + std::to_string(number));
    metadata["annotations"] = {{"deployment.kubernetes.io/revision", std::to_string(number)}};
    of["metadata"]["labels"]["pod-template-hash"] = std::to_string(number);
    return {{"metadata", metadata},
            {"spec", {{"replicas", 0}, {"template", of}}},
            {"status", {{"replicas", 0}, {"observedGeneration", 3}}}};
}

Json controllerRevision(int number, Json of) {
    auto metadata = owned("api-" + std::to_string(number), "u" + std::to_string(number));
    metadata["labels"] = {{"controller-revision-hash", "h" + std::to_string(number)}};
    of["$patch"] = "replace";
    of["metadata"]["creationTimestamp"] = nullptr;
    return {{"metadata", metadata}, {"revision", number}, {"data", {{"spec", {{"template", of}}}}}};
}

Json listOf(const std::vector<Json>& items) {
    return {{"kind", "List"}, {"items", items}};
}

RevisionHistory historyOf(const Json& live, const std::vector<Json>& items,
                          const std::optional<std::vector<Json>>& pods = std::nullopt) {
    std::optional<std::string> podList;
    if (pods) podList = listOf(*pods).dump();
    const auto history = readRevisionHistory(live.dump(), listOf(items).dump(), podList);
    INFO((history ? "" : history.error().message()));
    REQUIRE(history.has_value());
    return *history;
}

std::vector<std::string> names(const std::vector<Revision>& revisions) {
    std::vector<std::string> all;
    for (const auto& one : revisions) all.push_back(one.name);
    return all;
}

std::vector<std::string> removable(const RevisionHistory& history,
                                   const std::vector<std::string>& before = {"u1", "u2"}) {
    return names(removableRevisions(history, ourRun, before));
}

/// As after the restore: of revision 2 the Deployment is again, under a new number.
std::vector<Json> afterRun() {
    auto live = replicaSet(2, podTemplate("v2"));
    live["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = "6";
    live["spec"]["replicas"] = 2;
    live["status"]["replicas"] = 2;
    return {replicaSet(1, podTemplate("v1")), live, replicaSet(4, podTemplate("v2", ourRun)),
            replicaSet(5, podTemplate("v2", ourRun))};
}

RevisionHistory oldOnes(int count, std::int64_t limit) {
    RevisionHistory history;
    history.limit = limit;
    history.observed = true;
    for (int i = 0; i <= count; ++i) {
        Revision one;
        one.number = i;
        one.current = i == count;
        history.revisions.push_back(one);
    }
    return history;
}

}  // namespace

TEST_CASE(
    "a ReplicaSet is read as a revision, with its run, its pods and what it is to the Deployment") {
    auto items = afterRun();
    items[3]["spec"]["replicas"] = 1;
    items[0]["metadata"]["deletionTimestamp"] = "2026-11-27T10:00:00Z";
    const auto history = historyOf(workload("Deployment", podTemplate("v2")), items);
    const RevisionHistory expected{{{"api-1", "u1", "r-u1", 1, "", false, false, true},
                                    {"api-2", "u2", "r-u2", 6, "", true, true, false},
                                    {"api-4", "u4", "r-u4", 4, ourRun, false, false, false},
                                    {"api-5", "u5", "r-u5", 5, ourRun, false, true, false}},
                                   10,
                                   true};
    CHECK(history == expected);
    CHECK(uidsOf(history) == std::vector<std::string>{"u1", "u2", "u4", "u5"});
    CHECK(oldRevisions(history) == 2);
}

TEST_CASE("after a run the ReplicaSets that only its trials made go, and no other") {
    const auto live = workload("Deployment", podTemplate("v2"));
    CHECK(removable(historyOf(live, afterRun())) == std::vector<std::string>{"api-4", "api-5"});
    // Of another run, of no trial, older than the run, of another workload.
    auto others = afterRun();
    others.push_back(replicaSet(3, podTemplate("v2", "other")));
    others.push_back(replicaSet(7, podTemplate("v3")));
    others[2]["metadata"]["ownerReferences"][0]["uid"] = "w2";
    CHECK(removable(historyOf(live, others), {"u5"}).empty());
    others[3]["metadata"]["ownerReferences"][0]["controller"] = false;
    CHECK(removable(historyOf(live, others), {}).empty());
}

TEST_CASE("a ReplicaSet with pods, or which may get some, stays") {
    const auto live = workload("Deployment", podTemplate("v2"));
    for (const auto* const change :
         {R"({"spec":{"replicas":1}})", R"({"spec":{"replicas":null}})",
          R"({"status":{"replicas":1}})", R"({"status":null})",
          R"({"status":{"observedGeneration":2}})", R"({"metadata":{"generation":4}})",
          R"({"metadata":{"deletionTimestamp":"2026-11-27T10:00:00Z"}})"}) {
        CAPTURE(change);
        auto items = afterRun();
        items[2].merge_patch(Json::parse(change));
        const auto history = historyOf(live, items);
        CHECK(removable(history) == std::vector<std::string>{"api-5"});
        CHECK(names(trialRevisions(history, ourRun, {})) ==
              std::vector<std::string>{"api-4", "api-5"});
    }
}

TEST_CASE("the revision that a workload is at stays, by whatever it is told") {
    auto live = workload("Deployment", podTemplate("v2", ourRun));
    // Of the same template; and 2 has the highest number.
    CHECK(removable(historyOf(live, afterRun())).empty());
    live = workload("Deployment", podTemplate("v2"));
    live["metadata"]["annotations"] = {{"deployment.kubernetes.io/revision", "4"}};
    CHECK(removable(historyOf(live, afterRun())) == std::vector<std::string>{"api-5"});
    auto items = afterRun();
    items[3]["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = "9";
    live = workload("Deployment", podTemplate("v2"));
    CHECK(removable(historyOf(live, items)) == std::vector<std::string>{"api-4"});
}

TEST_CASE("nothing is removed before the controller has seen the template as it is") {
    for (const auto* const change :
         {R"({"metadata":{"generation":8}})", R"({"status":{"observedGeneration":null}})"}) {
        auto live = workload("Deployment", podTemplate("v2"));
        live.merge_patch(Json::parse(change));
        const auto history = historyOf(live, afterRun());
        CHECK_FALSE(history.observed);
        CHECK(removable(history).empty());
    }
}

TEST_CASE("a ControllerRevision goes when its workload is at another and no pod is of it") {
    const std::vector<Json> items{
        controllerRevision(1, podTemplate("v1")), controllerRevision(3, podTemplate("v2", ourRun)),
        controllerRevision(4, podTemplate("v2", ourRun)), controllerRevision(5, podTemplate("v2"))};
    const auto pod = [](const std::string& of) {
        return Json{{"metadata", {{"labels", {{"controller-revision-hash", of}}}}}};
    };
    const std::vector<Json> others{pod("api-5"), Json{{"metadata", Json::object()}}};
    for (const auto* const kind : {"StatefulSet", "DaemonSet"}) {
        const auto live = workload(kind, podTemplate("v2"));
        CHECK(removable(historyOf(live, items, others)) ==
              std::vector<std::string>{"api-3", "api-4"});
        // A StatefulSet's pods name the revision, a DaemonSet's its hash.
        CHECK(removable(historyOf(live, items, std::vector{pod("api-3")})) ==
              std::vector<std::string>{"api-4"});
        CHECK(removable(historyOf(live, items, std::vector{pod("h4")})) ==
              std::vector<std::string>{"api-3"});
        CHECK(removable(historyOf(live, items)).empty());
        CHECK(historyOf(live, items, others).revisions[3] ==
              Revision{"api-5", "u5", "r-u5", 5, "", true, true, false});
    }
    auto live = workload("StatefulSet", podTemplate("v2"));
    live["status"]["currentRevision"] = "api-3";
    CHECK(removable(historyOf(live, items, others)) == std::vector<std::string>{"api-4"});
    live["status"]["updateRevision"] = "api-4";
    CHECK(removable(historyOf(live, items, others)).empty());
}

TEST_CASE("a history has room as long as its limit is not passed by what a run adds at a time") {
    CHECK(hasRoom(oldOnes(9, 10), 1));
    CHECK_FALSE(hasRoom(oldOnes(10, 10), 1));
    CHECK(sparesHistory(oldOnes(7, 10)));
    CHECK_FALSE(sparesHistory(oldOnes(8, 10)));
    CHECK_FALSE(sparesHistory(oldOnes(1, 3)));
    // With none but the current one there is nothing to lose.
    CHECK(sparesHistory(oldOnes(0, 0)));
    CHECK(sparesHistory(oldOnes(0, 2)));
}

TEST_CASE("a limit that is not said is that of Kubernetes") {
    auto live = workload("DaemonSet", podTemplate("v2"));
    live["spec"].erase("revisionHistoryLimit");
    CHECK(historyOf(live, {}) == RevisionHistory{{}, 10, true});
    live["spec"]["revisionHistoryLimit"] = 0;
    CHECK(historyOf(live, {}).limit == 0);
}

TEST_CASE("what has no history, or is none, is refused") {
    const auto live = workload("Deployment", podTemplate("v2")).dump();
    const auto errorOf = [](const std::string& object, const std::string& list,
                            std::optional<std::string_view> pods = std::nullopt) {
        const auto history = readRevisionHistory(object, list, pods);
        return history ? std::string("read") : history.error().message();
    };
    CHECK(errorOf(R"({"kind":"Pod"})", R"({"items":[]})") ==
          "a \"Pod\" has no history of revisions");
    CHECK(errorOf(live, R"({"items":[]})") == "read");
    CHECK(errorOf(live, R"({"items":null})") == "read");
    CHECK(errorOf(live, R"({"items":[3]})").starts_with("the list of revisions: "));
    CHECK(errorOf(live, R"({"items":[]})", "[]").starts_with("the list of pods: "));
}
