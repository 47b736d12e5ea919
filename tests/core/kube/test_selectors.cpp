#include <doctest/doctest.h>

#include <string>

#include "memfit/kube/selectors.h"

namespace {

using namespace memfit;

NamespaceSelectors read(const SelectorSources& sources) {
    const auto selectors = readSelectors(sources);
    INFO((selectors ? "" : selectors.error().message()));
    REQUIRE(selectors.has_value());
    return *selectors;
}

std::string list(const std::string& items) {
    return R"({"kind":"List","items":[)" + items + "]}";
}

LabelSelector controllerSelector(const std::string& selector) {
    const auto text = list(R"({"kind":"ReplicaSet","metadata":{"name":"r"},"spec":{"selector":)" +
                           selector + "}}");
    return read({.controllers = text}).controllers[0].selector;
}

TEST_CASE("every operator of a selector is evaluated as Kubernetes does") {
    const Labels labels{{"app", "api"}, {"tier", "web"}};
    const auto matches = [&](const std::string& expression) {
        return controllerSelector(R"({"matchExpressions":[)" + expression + "]}").matches(labels);
    };
    CHECK(matches(R"({"key":"app","operator":"In","values":["x","api"]})"));
    CHECK_FALSE(matches(R"({"key":"app","operator":"In","values":["x"]})"));
    CHECK_FALSE(matches(R"({"key":"none","operator":"In","values":["x"]})"));
    CHECK(matches(R"({"key":"app","operator":"NotIn","values":["x"]})"));
    CHECK_FALSE(matches(R"({"key":"app","operator":"NotIn","values":["api"]})"));
    CHECK(matches(R"({"key":"none","operator":"NotIn","values":["x"]})"));
    CHECK(matches(R"({"key":"app","operator":"Exists"})"));
    CHECK_FALSE(matches(R"({"key":"none","operator":"Exists"})"));
    CHECK(matches(R"({"key":"none","operator":"DoesNotExist"})"));
    CHECK_FALSE(matches(R"({"key":"app","operator":"DoesNotExist"})"));
    CHECK_FALSE(matches(
        R"({"key":"app","operator":"Exists"},{"key":"tier","operator":"NotIn","values":["web"]})"));
}

TEST_CASE("an empty selector means everything, except for a Service, where it means nothing") {
    const auto empty = [](const std::string& kind, const std::string& version) {
        return list(R"({"kind":")" + kind + R"(","apiVersion":")" + version +
                    R"(","metadata":{"name":"x"},"spec":{"selector":{},"podSelector":{}}})");
    };
    const auto service = empty("Service", "v1");
    const auto budget = empty("PodDisruptionBudget", "policy/v1");
    const auto oldBudget = empty("PodDisruptionBudget", "policy/v1beta1");
    const auto policy = empty("NetworkPolicy", "networking.k8s.io/v1");
    CHECK_FALSE(read({.services = service}).services[0].selector.matches({}));
    CHECK(read({.budgets = budget}).budgets[0].selector.matches({}));
    CHECK_FALSE(read({.budgets = oldBudget}).budgets[0].selector.matches({}));
    CHECK(read({.networkPolicies = policy}).networkPolicies[0].selector.matches({}));
    const auto external = list(R"({"kind":"Service","metadata":{"name":"x"},"spec":{}})");
    CHECK_FALSE(read({.services = external}).services[0].selector.matches({{"a", "b"}}));
}

TEST_CASE("a ReplicationController's selector is a plain map") {
    const auto text = list(R"({"kind":"ReplicationController","metadata":{"name":"x"},
        "spec":{"selector":{"app":"api"}}})");
    const auto selector = read({.controllers = text}).controllers[0].selector;
    CHECK(selector.matches({{"app", "api"}}));
    CHECK_FALSE(selector.matches({{"app", "other"}}));
}

TEST_CASE("peers of a NetworkPolicy and targets of an autoscaler are read") {
    const auto policies = list(R"({"kind":"NetworkPolicy","metadata":{"name":"db"},"spec":{
        "podSelector":{"matchLabels":{"app":"db"}},
        "ingress":[{"from":[{"podSelector":{"matchLabels":{"app":"api"}}},
                            {"ipBlock":{"cidr":"10.0.0.0/8"}}]}]}})");
    const auto autoscalers = list(R"({"metadata":{"name":"h"},"spec":{
        "scaleTargetRef":{"kind":"Deployment","name":"api"},
        "metrics":[{"type":"Resource","resource":{"name":"memory"}}]}})");
    const auto found = read({.autoscalers = autoscalers, .networkPolicies = policies});
    REQUIRE(found.networkPolicies[0].peers.size() == 1);
    CHECK(found.networkPolicies[0].peers[0].matches({{"app", "api"}}));
    CHECK(found.scaleTargets == std::vector{ScaleTarget{"h", "Deployment", "api", true, ""}});
}

TEST_CASE("a selector that cannot be understood is refused, not guessed") {
    const auto refusal = [](const std::string& text) {
        return readSelectors({.controllers = text}).error().message();
    };
    CHECK(refusal(list(R"({"kind":"ReplicaSet","metadata":{"name":"r"},"spec":{"selector":
        {"matchExpressions":[{"key":"a","operator":"Near"}]}}})")) ==
          "ReplicaSet r: its selector has the operator \"Near\", so it is not known which pods it "
          "selects");
    CHECK(
        refusal("[]") ==
        "the controllers: this is not a JSON object, it starts with \"[]\"; give what `kubectl get "
        "-o json` prints");
    CHECK(refusal(R"({"kind":"List"})") == "the controllers: the list has no items");
    CHECK(read({}) == NamespaceSelectors{});
}

}  // namespace
