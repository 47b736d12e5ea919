#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "memfit/pod/admitted_pod.h"

namespace {

using namespace memfit;
using Json = nlohmann::json;

const Json wanted = Json::parse(R"({"kind":"Pod",
    "metadata":{"name":"t","labels":{"app.kubernetes.io/managed-by":"kubectl-memfit",
        "memfit.dev/run-id":"r1"},"annotations":{"memfit.dev/container":"api"}},
    "spec":{"readinessGates":[{"conditionType":"memfit.dev/never-serves"}],
        "containers":[{"name":"api","image":"api:1",
            "resources":{"limits":{"memory":"1.5Gi"},"requests":{"memory":"1.5Gi"}},
            "env":[{"name":"GOMEMLIMIT","value":"off"}]}]}})");

/// What a harmless API server makes of it.
Json admitted() {
    auto pod = wanted;
    pod["metadata"]["uid"] = "u";
    pod["spec"]["priority"] = 0;
    pod["spec"]["preemptionPolicy"] = "PreemptLowerPriority";
    pod["spec"]["containers"][0]["resources"] =
        Json::parse(R"({"limits":{"memory":"1536Mi"},"requests":{"memory":"1536Mi"}})");
    pod["status"]["qosClass"] = "Burstable";
    return pod;
}

AdmittedPod check(const Json& pod, const Json& asked = wanted) {
    const auto result = checkAdmitted(asked.dump(), pod.dump());
    INFO((result ? "" : result.error().message()));
    REQUIRE(result.has_value());
    return *result;
}

std::string refusal(const Json& pod) {
    const auto result = checkAdmitted(wanted.dump(), pod.dump());
    REQUIRE(result.has_error());
    CHECK(result.error().kind == ErrorKind::failed);
    return result.error().what;
}

TEST_CASE("a pod that was admitted as asked for is read back, quantities compared by value") {
    const auto pod = check(admitted());
    CHECK(pod.name == "t");
    CHECK(pod.uid == "u");
    CHECK(pod.limit == 1536 * MiB);
    CHECK(pod.request == 1536 * MiB);
    CHECK(pod.podRequest == 1536 * MiB);
    CHECK(pod.qosClass == "Burstable");
    CHECK(pod.notices.empty());
}

TEST_CASE("a sidecar on trial is read back from where it stands") {
    const auto asSidecar = [](Json pod) {
        pod["spec"]["initContainers"] = pod["spec"]["containers"];
        pod["spec"]["containers"] = Json::parse(R"([{"name":"main"}])");
        return pod;
    };
    CHECK(check(asSidecar(admitted()), asSidecar(wanted)).limit == 1536 * MiB);
}

TEST_CASE("a changed limit, request or Go setting of the container on trial is refused") {
    auto pod = admitted();
    pod["spec"]["containers"][0]["resources"]["limits"]["memory"] = "2Gi";
    CHECK(refusal(pod) ==
          "the memory limit of container api was changed from 1536Mi to 2Gi by "
          "admission (a LimitRange or a webhook of the namespace)");
    pod = admitted();
    pod["spec"]["containers"][0]["resources"].erase("requests");
    CHECK(refusal(pod) ==
          "the memory request of container api was changed from 1536Mi to none by "
          "admission (a LimitRange or a webhook of the namespace)");
    pod = admitted();
    pod["spec"]["containers"][0]["env"][0]["value"] = "1GiB";
    CHECK(refusal(pod) ==
          "GOMEMLIMIT of container api was changed by admission (a LimitRange or a "
          "webhook of the namespace)");
}

TEST_CASE("a limit that a LimitRange gave the unlimited run is read back") {
    auto asked = wanted;
    asked["spec"]["containers"][0].erase("resources");
    const auto pod = check(admitted(), asked);
    CHECK(pod.limit == 1536 * MiB);
}

TEST_CASE("a trial that could preempt others is refused") {
    auto pod = admitted();
    pod["spec"]["priority"] = 1000;
    pod["spec"]["priorityClassName"] = "standard";
    CHECK(refusal(pod) ==
          "admission gave the trial pod the priority 1000 (class standard), with which it could "
          "preempt other pods");
    pod["spec"]["preemptionPolicy"] = "Never";
    CHECK(check(pod).notices.empty());
    pod["spec"].erase("preemptionPolicy");
    pod["spec"]["priority"] = -5;
    CHECK(check(pod).notices.empty());
}

TEST_CASE("a pod that lost our labels or gate, or gained an owner, is refused") {
    auto pod = admitted();
    pod["metadata"]["labels"].erase("memfit.dev/run-id");
    CHECK(refusal(pod).starts_with("the label memfit.dev/run-id was changed by admission"));
    pod = admitted();
    pod["spec"].erase("readinessGates");
    CHECK(refusal(pod).starts_with("the readiness gate memfit.dev/never-serves was removed"));
    pod = admitted();
    pod["metadata"]["ownerReferences"] = Json::parse(R"([{"kind":"ReplicaSet"}])");
    CHECK(refusal(pod).starts_with("the trial pod was given an owner by admission"));
    pod = admitted();
    pod["spec"]["containers"][0]["name"] = "other";
    CHECK(refusal(pod) == "the admitted pod has no container api");
}

TEST_CASE("what admission adds is named, and counts where the node has to hold it") {
    auto pod = admitted();
    pod["metadata"]["labels"]["mesh"] = "on";
    pod["spec"]["containers"][0]["image"] = "mirror/api:1";
    pod["spec"]["containers"].push_back(
        Json::parse(R"({"name":"proxy","resources":{"requests":{"memory":"512Mi"}}})"));
    pod["spec"]["initContainers"] = Json::parse(R"([
        {"name":"agent","restartPolicy":"Always","resources":{"requests":{"memory":"1Gi"}}},
        {"name":"setup","resources":{"requests":{"memory":"4Gi"}}}])");
    const auto got = check(pod);
    CHECK(got.notices ==
          std::vector<Notice>{
              {"labels-added", "admission added the labels mesh"},
              {"containers-injected",
               "admission added the containers proxy, agent, setup, which run beside the one on "
               "trial"},
              {"program-changed",
               "the image of container api was changed by admission (a "
               "LimitRange or a webhook of the namespace)"},
          });
    CHECK(got.podRequest == 5 * GiB);
}

TEST_CASE("an object that is not a pod is refused") {
    CHECK(checkAdmitted(wanted.dump(), "").error().kind == ErrorKind::input);
    CHECK(checkAdmitted(wanted.dump(), R"({"kind":"Status"})").error() ==
          inputError("the admitted pod: this is not a Pod"));
}

}  // namespace
