#include "memfit/pod/trial_pod.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

#include "memfit/kube/kube_json.h"
#include "memfit/pod/disclosure.h"
#include "memfit/pod/trial_container.h"
#include "memfit/pod/trial_labels.h"
#include "memfit/pod/trial_spec.h"

namespace memfit {

namespace {

using kube::Json;

/// Annotations that say something of the original object alone: how it was applied, who tracks it,
/// what the network gave it.
constexpr std::array<std::string_view, 8> originalsOwn{
    "kubectl.kubernetes.io/last-applied-configuration",
    "argocd.argoproj.io/",
    "kustomize.toolkit.fluxcd.io/",
    "helm.toolkit.fluxcd.io/",
    "kubernetes.io/config.",
    "cni.projectcalico.org/",
    "k8s.v1.cni.cncf.io/network-status",
    "k8s.ovn.org/pod-networks",
};

constexpr const char* argoInstanceLabel = "app.kubernetes.io/instance";

bool isOriginalsOwn(std::string_view key) {
    for (const auto prefix : originalsOwn)
        if (key.starts_with(prefix)) return true;
    return false;
}

std::optional<Error> refuseHostAccess(const Workload& workload, const Json& spec,
                                      const TrialPodPlan& plan, std::vector<Notice>& notices) {
    const auto ways = hostAccess(spec);
    if (ways.empty()) return std::nullopt;
    const auto list = fmt::format("{}", fmt::join(ways, ", "));
    if (!plan.force)
        return failure(
            fmt::format("a copy of {} would have access to its node: {}", workload.label(), list),
            "--force allows it, if two instances can run on one node");
    notices.push_back({"host-access", "the copy has access to its node: " + list});
    return std::nullopt;
}

/// Sidecars among the init containers stay: the service may need them all the time.
void skipInitContainers(Json& spec) {
    if (!spec.contains("initContainers")) return;
    kube::removeIf(spec["initContainers"], [](const Json& container) {
        return kube::text(container, {"restartPolicy"}) != "Always";
    });
    if (spec["initContainers"].empty()) spec.erase("initContainers");
}

void noteLabelsInEnvironment(const Json& spec, const std::vector<std::string>& dropped,
                             std::vector<Notice>& notices) {
    forEachContainer(spec, [&](const Json& container) {
        for (const auto& entry : kube::array(container, {"env"})) {
            const auto path = kube::text(entry, {"valueFrom", "fieldRef", "fieldPath"});
            for (const auto& key : dropped)
                if (path == fmt::format("metadata.labels['{}']", key))
                    notices.push_back(
                        {"label-in-environment",
                         fmt::format("{} is empty in the copy, which lacks the label {}",
                                     kube::text(entry, {"name"}), key)});
        }
    });
}

Json makeMetadata(const Workload& workload, const TrialPodPlan& plan, const Json& podTemplate,
                  const Labels& labels) {
    Json annotations = Json::object();
    for (const auto& [key, value] : kube::object(podTemplate, {"metadata", "annotations"}).items())
        if (!isOriginalsOwn(key)) annotations[key] = value;
    // An Argo CD that tracks by this label would otherwise prune the pod in the middle of a trial.
    if (labels.contains(argoInstanceLabel)) {
        annotations["argocd.argoproj.io/sync-options"] = "Prune=false";
        annotations["argocd.argoproj.io/compare-options"] = "IgnoreExtraneous";
    }
    for (const auto& [key, value] : plan.annotations) annotations[key] = value;
    annotations[std::string(containerAnnotation)] = plan.container;
    annotations[std::string(workloadAnnotation)] = workload.label();
    Json metadata{{"name", plan.podName}, {"labels", labels}, {"annotations", annotations}};
    if (!workload.nameSpace.empty()) metadata["namespace"] = workload.nameSpace;
    return metadata;
}

void editSpec(Json& spec, const Workload& workload, const TrialPodPlan& plan,
              std::vector<Notice>& notices) {
    if (plan.skipInit) skipInitContainers(spec);
    if (workload.kind == WorkloadKind::pod) removeInjectedToken(spec);
    addEmptyStorage(spec, workload.claimTemplates, notices);
    cleanSpec(spec, notices);
    if (plan.node) pinToNode(spec, *plan.node);
    spec["activeDeadlineSeconds"] = plan.activeDeadlineSeconds;
    forEachContainer(spec, [&](Json& container) {
        makeHarmless(container, notices);
        if (kube::text(container, {"name"}) == plan.container)
            applySettings(container, plan, notices);
    });
}

Result<TrialPod> makePod(const Workload& workload, const TrialPodPlan& plan,
                         const NamespaceSelectors& selectors) {
    if (const auto container = chooseContainer(workload, plan.container); !container)
        return container.error();
    if (auto error = checkOverrides(plan)) return *error;
    const auto podTemplate = kube::parseObject(workload.podTemplate, workload.label());
    if (!podTemplate) return podTemplate.error();
    const Labels own{{std::string(managedByLabel), std::string(managedByValue)},
                     {std::string(runIdLabel), plan.runId}};
    auto labels = chooseTrialLabels(workload.podLabels, own, selectors, plan.keepLabels);
    if (!labels) return labels.error();

    TrialPod pod;
    pod.notices = std::move(labels->notices);
    pod.droppedLabels = std::move(labels->dropped);
    Json spec = kube::object(*podTemplate, {"spec"});
    editSpec(spec, workload, plan, pod.notices);
    if (auto error = refuseHostAccess(workload, spec, plan, pod.notices)) return *error;
    noteLabelsInEnvironment(spec, pod.droppedLabels, pod.notices);
    pod.claims = claimsOf(spec);
    pod.disclosure = disclose(spec, workload, plan);
    pod.json = kube::dump({{"apiVersion", "v1"},
                           {"kind", "Pod"},
                           {"metadata", makeMetadata(workload, plan, *podTemplate, labels->labels)},
                           {"spec", spec}});
    return pod;
}

}  // namespace

Result<TrialPod> makeTrialPod(const Workload& workload, const TrialPodPlan& plan,
                              const NamespaceSelectors& selectors) {
    return kube::guarded(workload.label(), [&] { return makePod(workload, plan, selectors); });
}

}  // namespace memfit
