#include <doctest/doctest.h>

#include <string>

#include "memfit/kube/pod_list.h"

using namespace memfit;

namespace {

/// A PodList of the API server: its items do not say their kind.
std::string list(const std::string& items) {
    return R"({"kind":"PodList","apiVersion":"v1","items":[)" + items + "]}";
}

std::string podWith(const std::string& spec) {
    return R"({"metadata":{"namespace":"me","name":"api-1","uid":"u1"},"spec":)" + spec + "}";
}

ListedPod only(const std::string& spec) {
    const auto pods = readPodList(list(podWith(spec)));
    REQUIRE(pods.has_value());
    REQUIRE(pods->size() == 1);
    return pods->front();
}

std::string container(const std::string& name, const std::string& resources) {
    return R"({"name":")" + name + R"(","resources":)" + resources + "}";
}

ListedPod ownedBy(Controller controller, std::string hash = {}) {
    ListedPod pod;
    pod.name = "api-1";
    pod.controller = std::move(controller);
    pod.hash = std::move(hash);
    return pod;
}

Workload workload(WorkloadKind kind) {
    Workload workload;
    workload.kind = kind;
    workload.name = "api";
    workload.uid = "w1";
    return workload;
}

}  // namespace

TEST_CASE("a pod of a list is read with its controller, its node and its template's hash") {
    const auto pods = readPodList(list(R"({"metadata":{"namespace":"me","name":"api-1","uid":"u1",
        "creationTimestamp":"2026-11-23T10:00:00Z","deletionTimestamp":"2026-11-23T11:00:00Z",
        "labels":{"pod-template-hash":"7d9"},
        "ownerReferences":[{"kind":"Thing","name":"t","uid":"x"},
                           {"kind":"ReplicaSet","name":"api-7d9","uid":"r1","controller":true}]},
        "spec":{"nodeName":"n1","containers":[]},"status":{"phase":"Failed"}})"));
    REQUIRE(pods.has_value());
    const auto& pod = pods->at(0);
    CHECK(pod.label() == "me/api-1");
    CHECK(pod.uid == "u1");
    CHECK(pod.node == "n1");
    CHECK(pod.created == "2026-11-23T10:00:00Z");
    CHECK(pod.ended);
    CHECK(pod.deleted);
    CHECK(pod.hash == "7d9");
    CHECK(pod.controller == Controller{"ReplicaSet", "api-7d9", "r1"});
    CHECK(pod.json.find(R"("kind":"Pod")") != std::string::npos);
}

TEST_CASE("a pod's memory counts its sidecars, and init containers only as far as they need more") {
    const auto pod = only(R"({"containers":[)" + container("a", R"({"limits":{"memory":"30Mi"},
                                             "requests":{"memory":"10Mi"}})") +
                          R"(],"initContainers":[
        {"name":"side","restartPolicy":"Always",
         "resources":{"limits":{"memory":"5Mi"},"requests":{"memory":"5Mi"}}},
        {"name":"once","resources":{"requests":{"memory":"40Mi"}}}]})");
    CHECK(pod.memoryLimits == 35 * MiB);
    CHECK(pod.memoryRequest == 45 * MiB);
    CHECK(pod.limited);
    CHECK_FALSE(pod.requestIsLimit);
    REQUIRE(pod.containers.size() == 2);
    CHECK(pod.containers[0].name == "a");
    CHECK_FALSE(pod.containers[0].sidecar);
    CHECK(pod.containers[1].name == "side");
    CHECK(pod.containers[1].sidecar);
}

TEST_CASE("a pod is limited only when every container is") {
    const auto one = container("a", R"({"limits":{"memory":"30Mi"},"requests":{"memory":"30Mi"}})");
    CHECK(only(R"({"containers":[)" + one + "]}").requestIsLimit);
    const auto two = only(R"({"containers":[)" + one + "," + container("b", "{}") + "]}");
    CHECK_FALSE(two.limited);
    CHECK_FALSE(two.requestIsLimit);
    CHECK(two.memoryLimits == 30 * MiB);
    CHECK_FALSE(only(R"({"containers":[]})").limited);
}

TEST_CASE("sums of sizes do not overflow") {
    const auto huge = R"({"limits":{"memory":"9223372036854775807"}})";
    const auto pod =
        only(R"({"containers":[)" + container("a", huge) + "," + container("b", huge) + "]}");
    CHECK(pod.memoryLimits == 9223372036854775807);
}

TEST_CASE("what is no list of pods is refused") {
    const auto message = [](const std::string& text) {
        const auto pods = readPodList(text);
        return pods ? std::string("read") : pods.error().message();
    };
    CHECK(message(R"({"kind":"Status"})") == "the list of pods: this is not a list");
    CHECK(message(list("3")).find("the list of pods") == 0);
    CHECK(message(R"({"kind":"PodList","items":null})") == "read");
    CHECK(message(list(podWith(R"({"containers":[{"name":"a",
        "resources":{"limits":{"memory":"17MB"}}}]})")))
              .find("me/api-1: container a") == 0);
}

TEST_CASE("only ReplicaSets that the Deployment made are its own") {
    const auto sets = readReplicaSets(
        R"({"kind":"ReplicaSetList","items":[
        {"metadata":{"uid":"r1","ownerReferences":[{"uid":"w1","controller":true}]}},
        {"metadata":{"uid":"r2","ownerReferences":[{"uid":"w2","controller":true}]}},
        {"metadata":{"uid":"r3","ownerReferences":[{"uid":"w1"}]}},
        {"metadata":{"uid":"r4"}}]})",
        "w1");
    REQUIRE(sets.has_value());
    CHECK(*sets == std::set<std::string>{"r1"});
}

TEST_CASE("a pod that the selector matches but the workload did not make is none of its pods") {
    const auto deployment = workload(WorkloadKind::deployment);
    const std::set<std::string> sets{"r1"};
    CHECK(belongsTo(ownedBy({"ReplicaSet", "other", "r1"}), deployment, &sets));
    CHECK_FALSE(belongsTo(ownedBy({"ReplicaSet", "api-7d9", "r2"}, "7d9"), deployment, &sets));
    CHECK_FALSE(belongsTo(ownedBy({}), deployment, &sets));
    const auto stateful = workload(WorkloadKind::statefulSet);
    CHECK(belongsTo(ownedBy({"StatefulSet", "api", "w1"}), stateful, nullptr));
    CHECK_FALSE(belongsTo(ownedBy({"StatefulSet", "api", "w2"}), stateful, nullptr));
    auto bare = workload(WorkloadKind::pod);
    bare.name = "api-1";
    CHECK(belongsTo(ownedBy({}), bare, nullptr));
}

TEST_CASE("where ReplicaSets may not be read the name that the controller gives them counts") {
    const auto deployment = workload(WorkloadKind::deployment);
    CHECK(belongsTo(ownedBy({"ReplicaSet", "api-7d9", "r1"}, "7d9"), deployment, nullptr));
    CHECK_FALSE(belongsTo(ownedBy({"ReplicaSet", "api-x-7d9", "r1"}, "7d9"), deployment, nullptr));
    CHECK_FALSE(belongsTo(ownedBy({"ReplicaSet", "api-", "r1"}), deployment, nullptr));
}
