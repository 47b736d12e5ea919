#pragma once

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace memfit::test {

/// The Deployment shop/api with the uid w1, as the API server prints it; `mark`: the run whose
/// trial its template is.
inline nlohmann::json liveDeployment(const std::string& mark = {}, int historyLimit = 10) {
    nlohmann::json metadata{{"labels", {{"app", "api"}}}};
    if (!mark.empty()) metadata["annotations"] = {{"memfit.dev/run-id", mark}};
    return {
        {"kind", "Deployment"},
        {"apiVersion", "apps/v1"},
        {"metadata", {{"name", "api"}, {"namespace", "shop"}, {"uid", "w1"}, {"generation", 3}}},
        {"spec",
         {{"revisionHistoryLimit", historyLimit},
          {"selector", {{"matchLabels", {{"app", "api"}}}}},
          {"template",
           {{"metadata", metadata},
            {"spec", {{"containers", {{{"name", "api"}, {"image", "api:1"}}}}}}}}}},
        {"status", {{"observedGeneration", 3}}}};
}

/// One of its ReplicaSets, named and numbered by its revision.
inline nlohmann::json replicaSet(int revision, int replicas, const std::string& mark = {}) {
    auto podTemplate = liveDeployment(mark)["spec"]["template"];
    podTemplate["metadata"]["labels"]["pod-template-hash"] = std::to_string(revision);
    podTemplate["spec"]["containers"][0]["image"] = fmt::format("api:{}", revision);
    return {
        {"metadata",
         {{"name", fmt::format("api-{}", revision)},
          {"uid", fmt::format("u{}", revision)},
          {"resourceVersion", fmt::format("r{}", revision)},
          {"generation", 1},
          {"annotations", {{"deployment.kubernetes.io/revision", std::to_string(revision)}}},
          {"ownerReferences", {{{"kind", "Deployment"}, {"uid", "w1"}, {"controller", true}}}}}},
        {"spec", {{"replicas", replicas}, {"template", podTemplate}}},
        {"status", {{"replicas", replicas}, {"observedGeneration", 1}}}};
}

inline std::string listOf(const std::vector<nlohmann::json>& items) {
    return nlohmann::json{{"kind", "List"}, {"items", items}}.dump();
}

}  // namespace memfit::test
