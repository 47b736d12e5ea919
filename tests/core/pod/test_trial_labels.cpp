#include "core/pod/trial_pod_support.h"

namespace {

using namespace memfit;
using namespace memfit::test;

TEST_CASE("a label by which a Service, controller or budget selects is dropped, others stay") {
    for (const auto& selectors : {selecting("Service", {{"selector", {{"app", "api"}}}}),
                                  selecting("ReplicaSet", {{"selector", byApp}}),
                                  selecting("Deployment", {{"selector", byApp}}),
                                  selecting("PodDisruptionBudget", {{"selector", byApp}})}) {
        const auto pod = make(deployment(plainSpec), plan(), selectors);
        CHECK(pod.droppedLabels == std::vector<std::string>{"app"});
        CHECK(Json::parse(pod.json)["metadata"]["labels"] == Json::parse(R"({"team":"a",
            "memfit.dev/run-id":"r1","app.kubernetes.io/managed-by":"kubectl-memfit"})"));
    }
}

TEST_CASE("labels of controllers and of GitOps tools are never copied") {
    const Json labels{{"pod-template-hash", "1"},
                      {"controller-revision-hash", "1"},
                      {"kustomize.toolkit.fluxcd.io/name", "x"},
                      {"app.kubernetes.io/instance", "shop"},
                      {"app.kubernetes.io/managed-by", "Helm"}};
    const auto pod = podOf(deployment(plainSpec, labels));
    CHECK(pod["metadata"]["labels"] == Json::parse(R"({"app.kubernetes.io/instance":"shop",
        "memfit.dev/run-id":"r1","app.kubernetes.io/managed-by":"kubectl-memfit"})"));
    CHECK(pod["metadata"]["annotations"]["argocd.argoproj.io/sync-options"] == "Prune=false");
}

TEST_CASE("dropping one label can make another selector match, which is seen") {
    const auto selectors =
        selecting("Service", {{"selector", {{"app", "api"}}}}) +
        selecting("ReplicaSet", Json::parse(R"({"selector":{"matchLabels":{"team":"a"},
            "matchExpressions":[{"key":"app","operator":"DoesNotExist"}]}})"));
    CHECK(make(deployment(plainSpec), plan(), selectors).droppedLabels ==
          std::vector<std::string>{"app", "team"});
}

TEST_CASE("a selector that matches whatever is dropped is refused") {
    const auto everything = Json::parse(R"({"selector":{}})");
    const auto without = Json::parse(
        R"({"selector":{"matchExpressions":[{"key":"canary","operator":"NotIn","values":["x"]}]}})");
    CHECK(
        refusal(deployment(plainSpec), plan(), selecting("ReplicaSet", without)) ==
        failure(
            "ReplicaSet x selects the pod whatever labels are dropped, so it would adopt the trial "
            "pod",
            "let it select by a label, or try in another namespace"));
    CHECK(
        refusal(deployment(plainSpec), plan(), selecting("PodDisruptionBudget", everything)) ==
        failure(
            "PodDisruptionBudget x selects the pod whatever labels are dropped, so it would count "
            "the trial pod",
            "--keep-labels accepts that it is counted, as one that is not healthy, until the "
            "trial ends"));
    auto keep = plan();
    keep.keepLabels = true;
    CHECK(codes(make(deployment(plainSpec), keep, selecting("PodDisruptionBudget", everything))) ==
          std::vector<std::string>{"budget-counts-trial"});
    CHECK(refusal(deployment(plainSpec), keep, selecting("DaemonSet", without)).kind ==
          ErrorKind::failed);
}

TEST_CASE(
    "a change of the NetworkPolicies that apply is refused, and --keep-labels is the way out") {
    const auto selectors = selecting("Service", {{"selector", {{"app", "api"}}}}) +
                           selecting("NetworkPolicy", {{"podSelector", byApp}});
    CHECK(
        refusal(deployment(plainSpec), plan(), selectors) ==
        failure("without the labels app other NetworkPolicies would apply to the trial pod than to "
                "the real ones: x",
                "--keep-labels keeps them as far as no controller would adopt the pod"));
    auto keep = plan();
    keep.keepLabels = true;
    const auto pod = make(deployment(plainSpec), keep, selectors);
    CHECK(pod.droppedLabels.empty());
    CHECK(Json::parse(pod.json)["spec"]["readinessGates"][0]["conditionType"] ==
          "memfit.dev/never-serves");

    const auto all = selecting("Service", {{"selector", {{"app", "api"}}}}) +
                     selecting("NetworkPolicy", Json::parse(R"({"podSelector":{}})"));
    CHECK(make(deployment(plainSpec), plan(), all).droppedLabels ==
          std::vector<std::string>{"app"});
}

TEST_CASE("our own label can change which NetworkPolicies apply, which is seen") {
    const auto policy = selecting("NetworkPolicy", Json::parse(R"({"podSelector":{"matchLabels":
            {"app.kubernetes.io/managed-by":"Helm"}}})"));
    CHECK(refusal(deployment(plainSpec, {{"app.kubernetes.io/managed-by", "Helm"}}), plan(), policy)
              .kind == ErrorKind::failed);
}

TEST_CASE("--keep-labels still drops one label of each selector that would adopt or list the pod") {
    auto keep = plan();
    keep.keepLabels = true;
    const auto both = Json::parse(R"({"matchLabels":{"app":"api","team":"a"}})");
    const auto selectors = selecting("DaemonSet", {{"selector", both}}) +
                           selecting("NetworkPolicy", {{"podSelector", byApp}});
    CHECK(make(deployment(plainSpec), keep, selectors).droppedLabels ==
          std::vector<std::string>{"team"});
    const auto headless =
        selecting("Service", {{"selector", {{"app", "api"}}}, {"publishNotReadyAddresses", true}});
    CHECK(make(deployment(plainSpec), keep, headless).droppedLabels ==
          std::vector<std::string>{"app"});
    const auto adopts = selecting("ReplicaSet", {{"selector", byApp}}) +
                        selecting("NetworkPolicy", {{"podSelector", byApp}});
    CHECK(refusal(deployment(plainSpec), keep, adopts).kind == ErrorKind::failed);
}

TEST_CASE("an autoscaler that would measure the trial pod, or whose target is unknown, is named") {
    const auto scaler = selecting("HorizontalPodAutoscaler",
                                  {{"scaleTargetRef", {{"kind", "Deployment"}, {"name", "x"}}}});
    CHECK(codes(make(deployment(plainSpec), plan(), scaler)) ==
          std::vector<std::string>{"autoscaler-target-unknown"});
    auto keep = plan();
    keep.keepLabels = true;
    CHECK(codes(make(deployment(plainSpec), keep,
                     scaler + selecting("Deployment", {{"selector", byApp}}))) ==
          std::vector<std::string>{"autoscaler-counts-trial"});
}

TEST_CASE("a policy that admits the service as a peer by a label that is dropped is named") {
    const auto policy = Json::parse(R"({"podSelector":{"matchLabels":{"app":"db"}},
        "ingress":[{"from":[{"podSelector":{"matchLabels":{"app":"api"}}}]}]})");
    CHECK(codes(make(deployment(plainSpec), plan(),
                     selecting("Service", {{"selector", {{"app", "api"}}}}) +
                         selecting("NetworkPolicy", policy))) ==
          std::vector<std::string>{"policy-peer"});
}

}  // namespace
