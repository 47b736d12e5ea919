#include <doctest/doctest.h>

#include <string>

#include "memfit/kube/workload.h"

namespace {

using namespace memfit;
using From = GoVariable::From;

const std::string deployment = R"({
  "apiVersion": "apps/v1", "kind": "Deployment",
  "metadata": {"name": "api", "namespace": "shop", "uid": "u-1", "generation": 7,
               "labels": {"app": "api", "app.kubernetes.io/instance": "shop"},
               "annotations": {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/api"}},
  "spec": {
    "replicas": 3,
    "selector": {"matchLabels": {"app": "api"},
                 "matchExpressions": [{"key": "tier", "operator": "In", "values": ["a", "b"]},
                                      {"key": "canary", "operator": "DoesNotExist"}]},
    "template": {
      "metadata": {"creationTimestamp": null, "labels": {"app": "api", "tier": "a"}},
      "spec": {
        "initContainers": [{"name": "migrate", "image": "m"},
                           {"name": "proxy", "image": "p", "restartPolicy": "Always"}],
        "containers": [{
          "name": "api", "image": "registry/api:1",
          "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"},
                    {"name": "debug", "containerPort": 6060}],
          "resources": {"limits": {"memory": "64Mi", "cpu": "250m"},
                        "requests": {"memory": "1.5Mi", "cpu": 1}},
          "env": [{"name": "PASSWORD", "value": "secret"},
                  {"name": "GOMEMLIMIT", "valueFrom": {"resourceFieldRef":
                      {"resource": "limits.memory", "containerName": "api", "divisor": "1Mi"}}},
                  {"name": "GOGC", "value": "50"}, {"name": "GOGC", "value": "off"}],
          "envFrom": [{"configMapRef": {"name": "settings"}}],
          "readinessProbe": {"httpGet": {"path": "/", "port": 8080}}}]}}}})";

Workload read(std::string_view json) {
    const auto workload = readWorkload(json, "deployment/api");
    INFO((workload ? "" : workload.error().message()));
    REQUIRE(workload.has_value());
    return *workload;
}

std::string refusal(std::string_view json) {
    const auto workload = readWorkload(json, "deploy.json");
    REQUIRE(workload.has_error());
    CHECK(workload.error().kind == ErrorKind::input);
    return workload.error().message();
}

std::string podWith(const std::string& container) {
    return R"({"kind":"Pod","metadata":{"name":"p"},"spec":{"containers":[)" + container + "]}}";
}

Container containerWith(std::vector<ContainerPort> ports) {
    Container container;
    container.name = "api";
    container.ports = std::move(ports);
    return container;
}

TEST_CASE("a Deployment is read with its Go wiring, names and owners, and without values") {
    Container api;
    api.name = "api";
    api.image = "registry/api:1";
    api.ports = {{"http", 8080, "TCP"}, {"debug", 6060, "TCP"}};
    api.memoryLimit = 64 * MiB;
    api.memoryRequest = 1536 * KiB;
    api.cpuLimitMilli = 250;
    api.cpuRequestMilli = 1000;
    api.gomemlimit = {From::resourceField, "", "limits.memory", "api", "1Mi"};
    api.gogc = {From::literal, "off", "", "", ""};
    api.envNames = {"PASSWORD", "GOMEMLIMIT", "GOGC", "GOGC"};
    api.envFrom = true;
    api.hasReadinessProbe = true;

    auto workload = read(deployment);
    CHECK(workload.podTemplate.find("creationTimestamp") == std::string::npos);
    workload.podTemplate.clear();
    Workload expected;
    expected.apiVersion = "apps/v1";
    expected.kind = WorkloadKind::deployment;
    expected.nameSpace = "shop";
    expected.name = "api";
    expected.uid = "u-1";
    expected.generation = 7;
    expected.replicas = 3;
    expected.containers = {api};
    expected.initContainers = {"migrate"};
    Container proxy;
    proxy.name = "proxy";
    proxy.image = "p";
    proxy.sidecar = true;
    expected.sidecars = {proxy};
    expected.labels = {{"app", "api"}, {"app.kubernetes.io/instance", "shop"}};
    expected.podLabels = {{"app", "api"}, {"tier", "a"}};
    expected.podSelector = "app=api,tier in (a,b),!canary";
    expected.gitOps = GitOpsOwner{"Argo CD", "shop"};
    CHECK(workload == expected);
    CHECK(workload.label() == "deployment/api");
}

TEST_CASE("the label app.kubernetes.io/instance alone, which Helm sets too, is no GitOps owner") {
    CHECK_FALSE(read(R"({"kind":"Pod","metadata":{"name":"p","labels":
        {"app.kubernetes.io/instance":"x"}},"spec":{"containers":[{"name":"a"}]}})")
                    .gitOps);
    CHECK(read(R"({"kind":"Pod","metadata":{"name":"p","labels":
        {"helm.toolkit.fluxcd.io/name":"x"}},"spec":{"containers":[{"name":"a"}]}})")
              .gitOps == GitOpsOwner{"Flux", "x"});
}

TEST_CASE("a CronJob's template is found, and so is a StatefulSet's storage") {
    CHECK(read(R"({"kind":"CronJob","metadata":{"name":"n"},"spec":{"jobTemplate":{"spec":{
        "template":{"spec":{"containers":[{"name":"a"}]}}}}}})")
              .containers[0]
              .name == "a");
    CHECK(read(R"({"kind":"StatefulSet","metadata":{"name":"n"},"spec":{
        "volumeClaimTemplates":[{"metadata":{"name":"data"}}],
        "template":{"spec":{"containers":[{"name":"a"}]}}}})")
              .claimTemplates == std::vector<std::string>{"data"});
}

TEST_CASE("a value from elsewhere is not taken for a literal") {
    const auto pod = read(podWith(R"({"name":"a","env":[{"name":"GOMEMLIMIT","valueFrom":
        {"configMapKeyRef":{"name":"c","key":"k"}}}]})"));
    CHECK(pod.containers[0].gomemlimit == GoVariable{From::other, "configMapKeyRef", "", "", ""});
    CHECK(pod.containers[0].gogc.from == From::unset);
    CHECK_FALSE(pod.containers[0].memoryLimit);
}

TEST_CASE("a memory limit of 0 is none") {
    const auto pod = read(
        podWith(R"({"name":"a","resources":{"limits":{"memory":"0"},"requests":{"memory":"0"}}})"));
    CHECK_FALSE(pod.containers[0].memoryLimit);
    CHECK(pod.containers[0].memoryRequest == 0);
}

TEST_CASE("a fraction of a byte is noticed") {
    CHECK(read(podWith(R"({"name":"a","resources":{"limits":{"memory":"17m"}}})"))
              .containers[0]
              .fractionalMemory);
}

TEST_CASE("what is no workload is refused with the reason") {
    CHECK(refusal("") == "deploy.json: empty, expected a JSON object");
    CHECK(refusal("kind: Pod") ==
          "deploy.json: this is not a JSON object, it starts with \"kind: Pod\"; give what "
          "`kubectl get -o json` prints");
    CHECK(refusal(R"({"kind":"Service"})") ==
          "deploy.json: a \"Service\" is not a workload that memfit knows; name a Deployment, "
          "StatefulSet, DaemonSet, ReplicaSet, Job, CronJob or Pod");
    CHECK(refusal(R"({"kind":"Pod","spec":{}})") ==
          "deploy.json: the pod template has no containers");
    CHECK(refusal(podWith("[]")) == "deploy.json: a container is not an object");
    CHECK(refusal(std::string(100'000, '[')) ==
          "deploy.json: the JSON is nested deeper than 64 levels, which no Kubernetes object is");
    CHECK(refusal(podWith(R"({"name":"a","resources":{"limits":{"memory":"17MB"}}})"))
              .starts_with("deploy.json: container a, resources.limits.memory: "));
}

TEST_CASE("the container is the named, the only, or the default one, and never guessed") {
    const auto two = [](const std::string& annotations) {
        return read(R"({"kind":"Pod","metadata":{"name":"p","annotations":)" + annotations +
                    R"(},"spec":{"containers":[{"name":"a"},{"name":"b"}]}})");
    };
    CHECK(chooseContainer(two("{}"), "b")->name == "b");
    CHECK(chooseContainer(read(podWith(R"({"name":"a"})")), std::nullopt)->name == "a");
    CHECK(chooseContainer(two(R"({"kubectl.kubernetes.io/default-container":"b"})"), std::nullopt)
              ->name == "b");
    CHECK(
        chooseContainer(two(R"({"kubectl.kubernetes.io/default-container":"gone"})"), std::nullopt)
            .error() == usageError("pod/p has 2 containers", "choose one of a, b with -c"));
    CHECK(chooseContainer(two("{}"), "c").error() ==
          usageError("pod/p has no container \"c\"", "choose one of a, b with -c"));
}

TEST_CASE("a native sidecar is chosen by its name, an init container that ends never") {
    const auto pod = read(R"({"kind":"Pod","metadata":{"name":"p"},"spec":{
        "initContainers":[{"name":"migrate"},
          {"name":"mesh","restartPolicy":"Always","resources":{"limits":{"memory":"32Mi"}}}],
        "containers":[{"name":"a"}]}})");
    const auto mesh = chooseContainer(pod, "mesh");
    REQUIRE(mesh.has_value());
    CHECK(mesh->sidecar);
    CHECK(mesh->memoryLimit == 32 * MiB);
    CHECK(chooseContainer(pod, std::nullopt)->name == "a");
    CHECK(
        chooseContainer(pod, "migrate").error() ==
        usageError("\"migrate\" of pod/p is an init container, which ends before the others start",
                   "choose one of a, mesh with -c"));
    CHECK(chooseContainer(pod, "b").error() ==
          usageError("pod/p has no container \"b\"", "choose one of a, mesh with -c"));
    CHECK(pod.running() == std::vector<Container>{pod.containers[0], *mesh});
}

TEST_CASE("the load goes to the port named http, else to the only one that is not for statistics") {
    const auto both = containerWith({{"web", 8080, "TCP"}, {"debug", 6060, "TCP"}});
    const auto named = containerWith({{"grpc", 9000, "TCP"}, {"http", 80, "TCP"}});
    CHECK(*chooseServicePort(both, 1234, std::nullopt) == 1234);
    CHECK(*chooseServicePort(both, std::nullopt, 6060) == 8080);
    CHECK(*chooseServicePort(named, std::nullopt, std::nullopt) == 80);
    CHECK(*chooseServicePort(containerWith({{"", 53, "UDP"}, {"", 80, "TCP"}}), std::nullopt,
                             std::nullopt) == 80);
    CHECK(chooseServicePort(both, std::nullopt, std::nullopt).error() ==
          usageError("container api declares the ports 8080 (web), 6060 (debug), so it is not "
                     "clear which takes the load",
                     "choose one with --port"));
    CHECK(
        chooseServicePort(containerWith({}), std::nullopt, std::nullopt).error() ==
        usageError("container api declares no ports", "say which one takes the load with --port"));
    CHECK(chooseServicePort(both, 70000, std::nullopt).error() ==
          usageError("--port 70000 is not a port", "ports are 1 to 65535"));
}

}  // namespace
