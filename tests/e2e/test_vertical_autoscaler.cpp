#include <cstdlib>

#include "e2e/cluster.h"

using namespace memfit::e2e;

namespace {

/// The kind VerticalPodAutoscaler, without the controller behind it; gone with this object.
class VerticalAutoscalerKind {
public:
    VerticalAutoscalerKind() {
        const auto made = kubectl({"create", "--filename=-"}, R"(apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: verticalpodautoscalers.autoscaling.k8s.io
  annotations: {api-approved.kubernetes.io: "unapproved, for a test"}
spec:
  group: autoscaling.k8s.io
  scope: Namespaced
  names: {kind: VerticalPodAutoscaler, plural: verticalpodautoscalers, singular: verticalpodautoscaler}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
)");
        REQUIRE_MESSAGE(made.code == 0, made.err);
        const auto there = kubectl({"wait", "--for=condition=Established", "--timeout=60s", name});
        REQUIRE_MESSAGE(there.code == 0, there.err);
    }
    VerticalAutoscalerKind(const VerticalAutoscalerKind&) = delete;
    VerticalAutoscalerKind& operator=(const VerticalAutoscalerKind&) = delete;
    ~VerticalAutoscalerKind() { (void)kubectl({"delete", name}); }

private:
    static constexpr const char* name =
        "customresourcedefinition/verticalpodautoscalers.autoscaling.k8s.io";
};

}  // namespace

TEST_CASE("a VerticalPodAutoscaler is named, and one that only recommends is not in the way") {
    if (std::getenv("MEMFIT_E2E_CLUSTER") == nullptr) {
        MESSAGE("skipped: MEMFIT_E2E_CLUSTER names no cluster of the tests' own");
        return;
    }
    const VerticalAutoscalerKind kind;
    const Namespace ns;
    ns.deploySalesApi();
    Json autoscaler{
        {"apiVersion", "autoscaling.k8s.io/v1"},
        {"kind", "VerticalPodAutoscaler"},
        {"metadata", {{"name", "grows"}}},
        {"spec", {{"targetRef", {{"kind", "Deployment"}, {"name", "sales-api"}}}}},
    };
    ns.apply(autoscaler);
    const auto named = [&](const Words& what) {
        Words words{"recommend"};
        words.insert(words.end(), what.begin(), what.end());
        words.insert(words.end(), {"-o", "json"});
        const auto result = document(measure(ns, words));
        return result.value("items", Json::array({result}))
            .at(0)
            .at("live")
            .at("verticalAutoscalers");
    };
    CHECK(named({"deploy/sales-api"}) == Json::array({"grows"}));
    CHECK(named({"deploy"}) == Json::array({"grows"}));
    const Words inPlace{"probe",      "deploy/sales-api", "-q",    "--yes",
                        "--in-place", "--load",           load(20)};
    const auto refused = measure(ns, inPlace);
    CHECK(refused.code == 1);
    CHECK(refused.err ==
          "error: deployment/sales-api is also changed by VerticalPodAutoscaler grows, which would "
          "fight a trial in place; measure copies (leave out --in-place), or add --force\n");

    autoscaler["spec"]["updatePolicy"] = {{"updateMode", "Off"}};
    ns.apply(autoscaler);
    CHECK(named({"deploy/sales-api"}) == Json::array());
    CHECK(named({"deploy"}) == Json::array());
    const auto allowed = measure(ns, inPlace);
    CHECK_MESSAGE(allowed.code == 0, allowed.err);

    const auto viewer = "--as=viewer-of-" + ns.name();
    (void)ns.kubectl(
        {"create", "rolebinding", "viewer", "--clusterrole=view", "--user=viewer-of-" + ns.name()});
    const auto seen =
        Json::parse(measure(ns, {"probe", "deploy/sales-api", "-q", "-o", "json", viewer}).out);
    bool said = false;
    for (const auto& warning : seen.at("warnings"))
        said = said || warning.at("text") ==
                           "VerticalPodAutoscalers may not be read, so nothing is said of that";
    CHECK_MESSAGE(said, seen.at("warnings").dump());
}
