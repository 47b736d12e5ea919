#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memfit/error.h"
#include "memfit/units/bytes.h"

namespace memfit {

using Labels = std::map<std::string, std::string>;

enum class WorkloadKind { deployment, statefulSet, daemonSet, replicaSet, job, cronJob, pod };

/// `Deployment`, … as Kubernetes spells it.
[[nodiscard]] std::string_view toString(WorkloadKind kind);

struct ContainerPort {
    std::string name;  ///< may be empty
    std::int32_t port = 0;
    std::string protocol = "TCP";

    friend bool operator==(const ContainerPort&, const ContainerPort&) = default;
};

/// Where the value of GOMEMLIMIT or GOGC comes from. Of an entry that occurs twice the last counts,
/// as in the kubelet; an explicit entry overrides envFrom.
struct GoVariable {
    enum class From {
        unset,          ///< no entry in env; envFrom may still bring one, see Container::envFrom
        literal,        ///< `text` is the value
        resourceField,  ///< resourceFieldRef: `resource`, `containerName`, `divisor`
        other,          ///< ConfigMap, Secret, field of the pod: `text` names the kind of source
    };

    From from = From::unset;
    std::string text;
    std::string resource;       ///< `limits.memory`
    std::string containerName;  ///< empty: the container itself
    std::string divisor;        ///< as written; empty and `0` mean 1

    friend bool operator==(const GoVariable&, const GoVariable&) = default;
};

/// A container of the pod template. Of the environment only names are kept, never values, except
/// for GOMEMLIMIT and GOGC.
struct Container {
    std::string name;
    std::string image;
    std::vector<ContainerPort> ports;
    /// A limit of 0 counts as none: the kubelet sets nothing in the cgroup, and gives references
    /// all that the node can allocate (k8s.io/kubernetes/pkg/api/v1/resource,
    /// MergeContainerResourceLimits).
    std::optional<Bytes> memoryLimit;
    std::optional<Bytes> memoryRequest;
    bool fractionalMemory = false;                ///< limit or request names a fraction of a byte
    std::optional<std::int64_t> cpuLimitMilli;    ///< millicores
    std::optional<std::int64_t> cpuRequestMilli;  ///< millicores
    GoVariable gomemlimit;
    GoVariable gogc;
    std::vector<std::string> envNames;  ///< in the order of the template, duplicates kept
    bool envFrom = false;               ///< a whole ConfigMap or Secret becomes environment
    bool hasReadinessProbe = false;
    bool hasLivenessProbe = false;
    bool hasStartupProbe = false;
    bool sidecar = false;  ///< a native one: of initContainers, with restartPolicy Always

    friend bool operator==(const Container&, const Container&) = default;
};

/// An object that owns the workload (a controller, or an operator's resource).
struct OwnerReference {
    std::string apiVersion;
    std::string kind;
    std::string name;
    bool controller = false;

    friend bool operator==(const OwnerReference&, const OwnerReference&) = default;
};

/// The tool that applies the workload from elsewhere and would undo a change made in place.
struct GitOpsOwner {
    std::string tool;  ///< `Argo CD`, `Flux`
    std::string name;  ///< of the application, Kustomization or HelmRelease; may be empty

    friend bool operator==(const GitOpsOwner&, const GitOpsOwner&) = default;
};

/// What memfit knows of a workload, read from the JSON that `kubectl get -o json` prints.
struct Workload {
    std::string apiVersion;
    WorkloadKind kind = WorkloadKind::pod;
    std::string nameSpace;  ///< empty when the text does not say
    std::string name;
    std::string uid;                          ///< empty in a manifest
    std::optional<std::int64_t> generation;   ///< absent in a manifest
    std::optional<std::int64_t> replicas;     ///< spec.replicas; absent where the kind has none
    std::vector<Container> containers;        ///< at least one
    std::vector<std::string> initContainers;  ///< those that end before the containers start
    std::vector<Container> sidecars;          ///< init containers with restartPolicy Always
    std::string defaultContainer;             ///< the annotation; empty without one
    Labels labels;                            ///< of the object itself
    Labels podLabels;                         ///< of the pod template
    std::string podSelector;  ///< as `kubectl get pods -l` takes it; empty where there is none
    std::vector<OwnerReference> owners;
    std::optional<GitOpsOwner> gitOps;
    std::string podTemplate;                  ///< JSON: {metadata: {labels, annotations}, spec}
    std::vector<std::string> claimTemplates;  ///< volumeClaimTemplates of a StatefulSet

    /// `deployment/api`, as messages name it.
    [[nodiscard]] std::string label() const;

    /// The containers and sidecars, which run side by side.
    [[nodiscard]] std::vector<Container> running() const;

    friend bool operator==(const Workload&, const Workload&) = default;
};

/// Reads a Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob or Pod.
/// `where` names the text in messages (`deployment/api`, `deploy.yaml`).
/// Errors (kind input): not JSON, nested deeper than 64 levels, another kind, no containers, a
/// malformed quantity.
[[nodiscard]] Result<Workload> readWorkload(std::string_view json, std::string_view where);

/// The container that is meant: `name`, which may be a sidecar's, else the only one that is not a
/// sidecar, else the one that the annotation `kubectl.kubernetes.io/default-container` names.
/// Errors (kind usage): no such container, an init container that ends before the others start, or
/// several and nothing that decides; lists them.
[[nodiscard]] Result<Container> chooseContainer(const Workload& workload,
                                                const std::optional<std::string>& name);

/// The port that takes the load: `wanted`, else the port named http, else the only TCP port that is
/// not `statsPort`. A `wanted` port need not be declared.
/// Errors (kind usage): nothing that decides; lists the declared ports.
[[nodiscard]] Result<std::int32_t> chooseServicePort(const Container& container,
                                                     std::optional<std::int32_t> wanted,
                                                     std::optional<std::int32_t> statsPort);

}  // namespace memfit
