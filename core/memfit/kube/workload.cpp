#include "memfit/kube/workload.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "memfit/kube/container_read.h"
#include "memfit/kube/kube_json.h"
#include "memfit/kube/label_selector_read.h"
#include "memfit/kube/workload_read.h"
#include "memfit/units/quoted.h"

namespace memfit {

namespace {

using kube::Json;

constexpr std::array kinds{
    std::pair{WorkloadKind::deployment, std::string_view("Deployment")},
    std::pair{WorkloadKind::statefulSet, std::string_view("StatefulSet")},
    std::pair{WorkloadKind::daemonSet, std::string_view("DaemonSet")},
    std::pair{WorkloadKind::replicaSet, std::string_view("ReplicaSet")},
    std::pair{WorkloadKind::job, std::string_view("Job")},
    std::pair{WorkloadKind::cronJob, std::string_view("CronJob")},
    std::pair{WorkloadKind::pod, std::string_view("Pod")},
};

constexpr std::string_view defaultContainerAnnotation = "kubectl.kubernetes.io/default-container";

std::optional<WorkloadKind> kindOf(std::string_view name) {
    for (const auto& [kind, text] : kinds)
        if (text == name) return kind;
    return std::nullopt;
}

Error otherKind(const std::string& kind, std::string_view where) {
    if (kind.empty())
        return inputError(fmt::format("{}: the object has no kind", where),
                          "give what `kubectl get -o json` prints");
    return inputError(
        fmt::format("{}: a {} is not a workload that memfit knows", where, memfit::quoted(kind)),
        "name a Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob or Pod");
}

/// The pod template of the object, which for a Pod is the object itself.
const Json& templateOf(const Json& object, WorkloadKind kind) {
    if (kind == WorkloadKind::pod) return kube::object(object, {});
    if (kind == WorkloadKind::cronJob)
        return kube::object(object, {"spec", "jobTemplate", "spec", "template"});
    return kube::object(object, {"spec", "template"});
}

/// Only what a template has: no name, no status, nothing that the API server keeps for itself.
Json bareTemplate(const Json& podTemplate) {
    Json metadata = Json::object();
    for (const auto* const field : {"labels", "annotations"})
        if (const Json& map = kube::object(podTemplate, {"metadata", field}); !map.empty())
            metadata[field] = map;
    return {{"metadata", std::move(metadata)}, {"spec", kube::object(podTemplate, {"spec"})}};
}

Labels readLabels(const Json& map) {
    Labels labels;
    for (const auto& [key, value] : map.items())
        if (value.is_string()) labels[key] = value.get<std::string>();
    return labels;
}

std::vector<OwnerReference> readOwners(const Json& object) {
    std::vector<OwnerReference> owners;
    for (const auto& owner : kube::array(object, {"metadata", "ownerReferences"}))
        owners.push_back({kube::text(owner, {"apiVersion"}), kube::text(owner, {"kind"}),
                          kube::text(owner, {"name"}), kube::flag(owner, {"controller"})});
    return owners;
}

/// Argo CD: docs "Resource Tracking" (the annotation tracking-id starts with the application's name
/// and a colon; app.kubernetes.io/instance alone is also what Helm sets and proves nothing). Flux:
/// labels of the kustomize and helm controllers.
std::optional<GitOpsOwner> readGitOps(const Json& object) {
    const Json& annotations = kube::object(object, {"metadata", "annotations"});
    const Json& labels = kube::object(object, {"metadata", "labels"});
    if (const auto id = kube::text(annotations, {"argocd.argoproj.io/tracking-id"}); !id.empty())
        return GitOpsOwner{"Argo CD", id.substr(0, id.find(':'))};
    for (const Json* const map : {&labels, &annotations})
        if (auto name = kube::text(*map, {"argocd.argoproj.io/instance"}); !name.empty())
            return GitOpsOwner{"Argo CD", std::move(name)};
    for (const auto* const controller : {"kustomize", "helm"})
        if (auto name = kube::text(labels, {fmt::format("{}.toolkit.fluxcd.io/name", controller)});
            !name.empty())
            return GitOpsOwner{"Flux", std::move(name)};
    return std::nullopt;
}

std::optional<Error> readContainers(const Json& spec, std::string_view where, Workload& workload) {
    for (const auto& json : kube::array(spec, {"containers"})) {
        if (!json.is_object())
            return inputError(fmt::format("{}: a container is not an object", where));
        auto container = readContainer(json, where);
        if (!container) return container.error();
        workload.containers.push_back(std::move(*container));
    }
    if (workload.containers.empty())
        return inputError(fmt::format("{}: the pod template has no containers", where));
    for (const auto& json : kube::array(spec, {"initContainers"})) {
        if (kube::text(json, {"restartPolicy"}) != "Always") {
            workload.initContainers.push_back(kube::text(json, {"name"}));
            continue;
        }
        auto sidecar = readContainer(json, where);
        if (!sidecar) return sidecar.error();
        sidecar->sidecar = true;
        workload.sidecars.push_back(std::move(*sidecar));
    }
    return std::nullopt;
}

void readIdentity(const Json& object, Workload& workload) {
    workload.apiVersion = kube::text(object, {"apiVersion"});
    workload.nameSpace = kube::text(object, {"metadata", "namespace"});
    workload.name = kube::text(object, {"metadata", "name"});
    workload.uid = kube::text(object, {"metadata", "uid"});
    workload.generation = kube::integer(object, {"metadata", "generation"});
    workload.replicas = kube::integer(object, {"spec", "replicas"});
    workload.labels = readLabels(kube::object(object, {"metadata", "labels"}));
    workload.owners = readOwners(object);
    workload.gitOps = readGitOps(object);
    for (const auto& claim : kube::array(object, {"spec", "volumeClaimTemplates"}))
        workload.claimTemplates.push_back(kube::text(claim, {"metadata", "name"}));
}

/// `choose one of a, b with -c`
std::string chooseOne(const std::vector<Container>& containers) {
    std::vector<std::string> names;
    for (const auto& container : containers) names.push_back(container.name);
    return fmt::format("choose one of {} with -c", fmt::join(names, ", "));
}

std::string describePort(const ContainerPort& port) {
    return port.name.empty() ? fmt::format("{}", port.port)
                             : fmt::format("{} ({})", port.port, port.name);
}

std::string describePorts(const Container& container) {
    std::vector<std::string> ports;
    for (const auto& port : container.ports) ports.push_back(describePort(port));
    return fmt::format("{}", fmt::join(ports, ", "));
}

}  // namespace

std::string_view toString(WorkloadKind kind) {
    for (const auto& [value, text] : kinds)
        if (value == kind) return text;
    return "Pod";
}

std::string Workload::label() const {
    std::string text(toString(kind));
    std::ranges::transform(text, text.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text + "/" + name;
}

std::vector<Container> Workload::running() const {
    auto all = containers;
    all.insert(all.end(), sidecars.begin(), sidecars.end());
    return all;
}

Result<Workload> readWorkload(const kube::Json& object, std::string_view where) {
    const auto kindName = kube::text(object, {"kind"});
    const auto kind = kindOf(kindName);
    if (!kind) return otherKind(kindName, where);
    Workload workload;
    workload.kind = *kind;
    readIdentity(object, workload);
    const Json podTemplate = bareTemplate(templateOf(object, *kind));
    if (auto error = readContainers(podTemplate["spec"], where, workload)) return *error;
    workload.podLabels = readLabels(kube::object(podTemplate, {"metadata", "labels"}));
    workload.defaultContainer =
        kube::text(podTemplate, {"metadata", "annotations", defaultContainerAnnotation});
    workload.podTemplate = kube::dump(podTemplate);
    if (*kind != WorkloadKind::pod) {
        const auto selector = readLabelSelector(kube::member(object, {"spec", "selector"}), where);
        if (!selector) return selector.error();
        workload.podSelector = formatLabelSelector(*selector);
    }
    return workload;
}

Result<Workload> readWorkload(std::string_view json, std::string_view where) {
    const auto object = kube::parseObject(json, where);
    if (!object) return object.error();
    return readWorkload(*object, where);
}

Result<Container> chooseContainer(const Workload& workload,
                                  const std::optional<std::string>& name) {
    const auto running = workload.running();
    const auto find = [&](const std::string& wanted) {
        return std::ranges::find(running, wanted, &Container::name);
    };
    if (name) {
        if (const auto found = find(*name); found != running.end()) return *found;
        const auto& inits = workload.initContainers;
        if (std::ranges::find(inits, *name) != inits.end())
            return usageError(fmt::format("{} of {} is an init container, which ends before the "
                                          "others start",
                                          memfit::quoted(*name), workload.label()),
                              chooseOne(running));
        return usageError(
            fmt::format("{} has no container {}", workload.label(), memfit::quoted(*name)),
            chooseOne(running));
    }
    if (workload.containers.size() == 1) return workload.containers.front();
    if (!workload.defaultContainer.empty())
        if (const auto found = find(workload.defaultContainer); found != running.end())
            return *found;
    return usageError(
        fmt::format("{} has {} containers", workload.label(), workload.containers.size()),
        chooseOne(running));
}

Result<std::int32_t> chooseServicePort(const Container& container,
                                       std::optional<std::int32_t> wanted,
                                       std::optional<std::int32_t> statsPort) {
    if (wanted) {
        if (*wanted >= 1 && *wanted <= 65535) return *wanted;
        return usageError(fmt::format("--port {} is not a port", *wanted), "ports are 1 to 65535");
    }
    std::vector<std::int32_t> candidates;
    for (const auto& port : container.ports) {
        if (port.protocol != "TCP") continue;
        if (port.name == "http") return port.port;
        if (port.port != statsPort) candidates.push_back(port.port);
    }
    if (candidates.size() == 1) return candidates.front();
    if (container.ports.empty())
        return usageError(fmt::format("container {} declares no ports", container.name),
                          "say which one takes the load with --port");
    return usageError(
        fmt::format("container {} declares the ports {}, so it is not clear which takes the load",
                    container.name, describePorts(container)),
        "choose one with --port");
}

}  // namespace memfit
