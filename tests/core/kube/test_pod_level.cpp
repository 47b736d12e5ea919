#include <doctest/doctest.h>

#include <string>

#include "core/change/edit_support.h"
#include "core/pod/trial_pod_support.h"
#include "memfit/kube/pod_level.h"

namespace {

using namespace memfit;
using namespace memfit::test;

PodLevelMemory levelOf(const std::string& spec, const std::string& container = "app") {
    return podLevelMemory(workloadOf(test::deployment(Json::parse(spec))), container);
}

/// A pod of one container, with these resources of the whole.
PodLevelMemory alone(const std::string& resources) {
    return levelOf(R"({"containers":[{"name":"app"}],"resources":)" + resources + "}");
}

std::string refusalOf(const PodLevelMemory& pod, const MemorySettings& wanted) {
    const auto refusal = refusedWithinPod(pod, wanted);
    if (!refusal) return "taken";
    return std::string(refusal->code) + ": " + refusal->text + "; " + refusal->next;
}

TEST_CASE("the memory of a pod as a whole is read with what its containers request") {
    PodLevelMemory expected;
    expected.limit = 256 * MiB;
    expected.request = 128 * MiB;
    expected.beside = (16 + 8 + 32) * MiB;
    expected.containerLimit = 64 * MiB;
    expected.containerRequest = 48 * MiB;
    const std::string spec = R"({
        "resources":{"limits":{"memory":"256Mi"},"requests":{"memory":"128Mi"}},
        "initContainers":[
          {"name":"migrate","resources":{"requests":{"memory":"1Gi"}}},
          {"name":"mesh","restartPolicy":"Always","resources":{"requests":{"memory":"16Mi"}}},
          {"name":"wait","resources":{"requests":{"memory":"200Mi"}}}],
        "containers":[
          {"name":"app","resources":{"limits":{"memory":"64Mi"},"requests":{"memory":"48Mi"}}},
          {"name":"log","resources":{"limits":{"memory":"8Mi"}}},
          {"name":"agent","resources":{"requests":{"memory":33554432}}}]})";
    CHECK(levelOf(spec) == expected);
    CHECK(expected.room() == 72 * MiB);
    // An init container that ends before a sidecar starts does not run beside it; one that comes
    // after it does.
    PodLevelMemory mesh;
    mesh.limit = 256 * MiB;
    mesh.request = 128 * MiB;
    mesh.beside = 200 * MiB;
    mesh.containerRequest = 16 * MiB;
    mesh.sidecar = true;
    CHECK(levelOf(spec, "mesh") == mesh);
    CHECK(mesh.room() == 0);
    CHECK(alone("{}") == PodLevelMemory());
    CHECK_FALSE(alone("{}").room());
    CHECK(alone(R"({"limits":{"memory":"lots","cpu":"1"}})") == PodLevelMemory());
}

TEST_CASE("a limit above the pod's is refused, as Kubernetes does") {
    const auto pod = alone(R"({"limits":{"memory":"32Mi"}})");
    CHECK(refusalOf(pod, limitOnly(64 * MiB)) ==
          "limit-above-pod: the memory limit, 64Mi, is above the pod's, 32Mi, which Kubernetes "
          "refuses; raise the pod's limit first: spec.resources.limits.memory of its template");
    CHECK(refusalOf(pod, limitAndRequest(32 * MiB, 32 * MiB)) == "taken");
    CHECK(refusalOf(pod, nothing()) == "taken");
    CHECK(refusalOf(pod, gogcOff()) == "taken");
    CHECK(refusalOf(alone("{}"), advised()) == "taken");
}

TEST_CASE("containers that together request more than the pod are refused") {
    const auto two = [](const std::string& resources) {
        return levelOf(R"({"containers":[{"name":"app","resources":{"limits":{"memory":"8Mi"}}},
            {"name":"side","resources":{"limits":{"memory":"32Mi"}}}],"resources":)" +
                       resources + "}");
    };
    const auto requests = two(R"({"requests":{"memory":"64Mi"}})");
    CHECK(refusalOf(requests, advised()) ==
          "requests-above-pod: the containers request 68Mi of memory, more than the pod, 64Mi, "
          "which Kubernetes refuses; raise the pod's request first: spec.resources.requests.memory "
          "of its template");
    // In the pods that are made of the template a missing request is the limit.
    CHECK(refusalOf(requests, limitOnly(36 * MiB)) == refusalOf(requests, advised()));
    CHECK(refusalOf(requests, limitAndRequest(36 * MiB, 32 * MiB)) == "taken");
    // Without a request of its own the pod's is what the containers request together.
    const auto limits = two(R"({"limits":{"memory":"64Mi"}})");
    CHECK(refusalOf(limits, advised()) ==
          "requests-above-pod: the containers request 68Mi of memory, more than the pod's limit, "
          "64Mi, which Kubernetes refuses; raise the pod's limit first: "
          "spec.resources.limits.memory of its template");
    CHECK(refusalOf(limits, limitAndRequest(32 * MiB, 32 * MiB)) == "taken");
}

TEST_CASE("of a sidecar only the request is held against the pod") {
    const auto pod = levelOf(R"({"containers":[{"name":"api"}],
        "initContainers":[{"name":"app","restartPolicy":"Always"}],
        "resources":{"limits":{"memory":"32Mi"}}})");
    CHECK(refusalOf(pod, limitAndRequest(64 * MiB, 32 * MiB)) == "taken");
    CHECK(refusalOf(pod, limitAndRequest(64 * MiB, 64 * MiB)) ==
          "requests-above-pod: the containers request 64Mi of memory, more than the pod's limit, "
          "32Mi, which Kubernetes refuses; raise the pod's limit first: "
          "spec.resources.limits.memory of its template");
}

TEST_CASE("an edit that Kubernetes would refuse says so, with the line of the pod's amounts") {
    const std::string head =
        "kind: Deployment\nmetadata: {name: api}\nspec:\n  template:\n    spec:\n";
    const auto edit = [&](const std::string& spec, const MemorySettings& wanted) {
        const auto made =
            editManifest(head + spec, "deploy.yaml", {"Deployment", "api", {}}, "app", wanted);
        REQUIRE(made.has_value());
        return *made;
    };
    const std::string small =
        "      resources: &whole\n        limits: {memory: 32Mi}\n"
        "      containers:\n      - name: app\n        image: x\n"
        "        resources: {limits: {memory: 16Mi}, requests: {memory: 16Mi}}\n";
    const auto refused = edit(small, limitAndRequest(36 * MiB, 36 * MiB));
    REQUIRE(refused.refusal);
    CHECK(refused.refusal->kind == ErrorKind::input);
    CHECK(refused.refusal->message() ==
          "deploy.yaml:6: the memory limit, 36Mi, is above the pod's, 32Mi, which Kubernetes "
          "refuses; raise the pod's limit first: spec.resources.limits.memory of its template");
    CHECK(refused.changes.size() == 2);
    CHECK_FALSE(edit(small, limitAndRequest(24 * MiB, 24 * MiB)).refusal);
    // A setting that is already as wanted is not this edit's fault.
    const std::string already =
        "      resources: {limits: {memory: 32Mi}}\n"
        "      containers: [{name: app, resources: {limits: {memory: 36Mi}}}]\n";
    CHECK_FALSE(edit(already, limitOnly(36 * MiB)).refusal);
    const auto sum = edit(
        "      resources: {requests: {memory: 40Mi}}\n"
        "      initContainers: [{name: mesh, restartPolicy: Always, resources: {requests: "
        "{memory: 8Mi}}}]\n"
        "      containers: [{name: app}]\n",
        limitOnly(36 * MiB));
    REQUIRE(sum.refusal);
    CHECK(sum.refusal->message() ==
          "deploy.yaml:6: the containers request 44Mi of memory, more than the pod, 40Mi, which "
          "Kubernetes refuses; raise the pod's request first: spec.resources.requests.memory of "
          "its template");
}

}  // namespace
