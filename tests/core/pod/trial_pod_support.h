#pragma once

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "memfit/pod/trial_pod.h"

namespace memfit::test {

using Json = nlohmann::json;

inline Workload workloadOf(const Json& object) {
    const auto workload = readWorkload(object.dump(), "the workload");
    INFO((workload ? "" : workload.error().message()));
    REQUIRE(workload.has_value());
    return *workload;
}

/// A Deployment named api in the namespace shop, with this pod spec.
inline Json deployment(const Json& spec, const Json& labels = {{"app", "api"}, {"team", "a"}}) {
    return {{"apiVersion", "apps/v1"},
            {"kind", "Deployment"},
            {"metadata", {{"name", "api"}, {"namespace", "shop"}}},
            {"spec",
             {{"selector", {{"matchLabels", {{"app", "api"}}}}},
              {"template", {{"metadata", {{"labels", labels}}}, {"spec", spec}}}}}};
}

inline const Json plainSpec = Json::parse(R"({"containers":[{"name":"api","image":"api:1"}]})");

inline TrialPodPlan plan() {
    TrialPodPlan made;
    made.podName = "memfit-api-1";
    made.runId = "r1";
    made.container = "api";
    made.limit = 16 * MiB;
    made.gomemlimit = "off";
    made.gogc = "100";
    made.activeDeadlineSeconds = 600;
    return made;
}

inline TrialPod make(const Json& object, const TrialPodPlan& wanted,
                     const NamespaceSelectors& selectors = {}) {
    const auto pod = makeTrialPod(workloadOf(object), wanted, selectors);
    INFO((pod ? "" : pod.error().message()));
    REQUIRE(pod.has_value());
    return *pod;
}

inline Json podOf(const Json& object, const TrialPodPlan& wanted = plan(),
                  const NamespaceSelectors& selectors = {}) {
    return Json::parse(make(object, wanted, selectors).json);
}

inline Error refusal(const Json& object, const TrialPodPlan& wanted = plan(),
                     const NamespaceSelectors& selectors = {}) {
    const auto pod = makeTrialPod(workloadOf(object), wanted, selectors);
    REQUIRE(pod.has_error());
    return pod.error();
}

inline std::vector<std::string> codes(const TrialPod& pod) {
    std::vector<std::string> found;
    for (const auto& notice : pod.notices) found.push_back(notice.code);
    return found;
}

inline NamespaceSelectors selecting(const char* kind, const Json& spec) {
    const Json object{
        {"kind", kind}, {"apiVersion", "policy/v1"}, {"metadata", {{"name", "x"}}}, {"spec", spec}};
    const auto text = Json{{"kind", "List"}, {"items", {object}}}.dump();
    const std::string_view name(kind);
    SelectorSources sources;
    if (name == "Service")
        sources.services = text;
    else if (name == "PodDisruptionBudget")
        sources.budgets = text;
    else if (name == "NetworkPolicy")
        sources.networkPolicies = text;
    else if (name == "HorizontalPodAutoscaler")
        sources.autoscalers = text;
    else
        sources.controllers = text;
    const auto selectors = readSelectors(sources);
    REQUIRE(selectors.has_value());
    return *selectors;
}

inline NamespaceSelectors operator+(NamespaceSelectors a, const NamespaceSelectors& b) {
    const auto append = [](auto& to, const auto& from) {
        to.insert(to.end(), from.begin(), from.end());
    };
    append(a.services, b.services);
    append(a.controllers, b.controllers);
    append(a.budgets, b.budgets);
    append(a.networkPolicies, b.networkPolicies);
    append(a.scaleTargets, b.scaleTargets);
    return a;
}

inline const Json byApp = {{"matchLabels", {{"app", "api"}}}};

}  // namespace memfit::test
