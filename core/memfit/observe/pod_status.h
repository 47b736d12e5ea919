#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memfit/error.h"
#include "memfit/units/bytes.h"

namespace memfit {

/// One state of a container, as status.containerStatuses[].state says it.
struct ContainerState {
    enum class Kind { unknown, waiting, running, terminated };

    Kind kind = Kind::unknown;
    std::string reason;
    std::string message;
    std::optional<std::int64_t> exitCode;  ///< only of a terminated one
    std::string startedAt;                 ///< RFC 3339; empty when not said
    std::string finishedAt;

    friend bool operator==(const ContainerState&, const ContainerState&) = default;
};

struct ContainerStatus {
    std::string name;
    std::string containerId;  ///< changes with every start
    bool ready = false;
    std::int64_t restartCount = 0;
    /// What the kubelet has set for it, in bytes (status.containerStatuses[].resources, which it
    /// says where pods can be resized in place). The spec says only what is wanted: a resize may
    /// wait, or never be done. Absent where it is not said.
    std::optional<Bytes> memoryLimit, memoryRequest;
    ContainerState state;
    ContainerState lastState;

    friend bool operator==(const ContainerStatus&, const ContainerStatus&) = default;
};

/// What a pod's status says; strings are empty where it says nothing.
struct PodStatus {
    std::string name;
    std::string uid;
    std::string resourceVersion;
    std::string phase;    ///< `Pending`, `Running`, `Succeeded`, `Failed`, `Unknown`
    std::string reason;   ///< `Evicted`, `DeadlineExceeded`, `NodeLost`, …; may be an old one
    std::string message;  ///< beside it
    std::string podIp;
    std::string node;
    bool containersReady = false;  ///< the condition ContainersReady
    bool deleted = false;          ///< deletionTimestamp is set
    bool disrupted = false;        ///< the condition DisruptionTarget (eviction, preemption, drain)
    std::optional<std::string> unschedulable;  ///< the scheduler's message
    /// `Deferred` or `Infeasible`: a resize in place that the node does not carry out (now)
    std::optional<std::string> resizePending;
    std::optional<ContainerStatus> container;  ///< the one on trial; absent until the kubelet says
    bool sidecar = false;  ///< it is a native sidecar: it starts before the other containers do
    std::vector<ContainerStatus> initContainers;  ///< without it
    std::vector<ContainerStatus> otherContainers;

    friend bool operator==(const PodStatus&, const PodStatus&) = default;
};

/// Reads a pod as `kubectl get pod -o json` prints it, or an event's object of a watch.
/// Errors (kind input): not JSON, or not a Pod.
[[nodiscard]] Result<PodStatus> readPodStatus(std::string_view json, std::string_view container);

/// What has become of the container on trial.
enum class PodState {
    starting,       ///< nothing final yet
    running,        ///< runs; not (or not yet) ready
    ready,          ///< runs, and all containers of the pod are ready
    oomKilled,      ///< killed at its memory limit
    oomAtStart,     ///< the limit was too small for the container to be created
    crashed,        ///< ended by itself with an error, exitCode says which
    ambiguous137,   ///< SIGKILL by whoever: a lost OOM kill, a probe, the end of a grace period.
                    ///< Read again: OOMKilled may come late
    completed,      ///< ended by itself with exit code 0
    initFailed,     ///< an init container failed
    evicted,        ///< by the kubelet, a drain or a preemption; says nothing about the limit
    deadline,       ///< activeDeadlineSeconds ran out
    unschedulable,  ///< no node takes it (now)
    imageError,     ///< the image cannot be pulled
    configError,    ///< the container cannot be made: a missing ConfigMap, Secret, key, command
    deleted,        ///< somebody deletes it
    unknown,        ///< the kubelet lost it (ContainerStatusUnknown, NodeLost)
};

[[nodiscard]] std::string_view toString(PodState state);

struct PodVerdict {
    PodState state = PodState::starting;
    std::string detail;  ///< one clause for people; empty while there is nothing to say
    std::optional<std::int64_t> exitCode;

    friend bool operator==(const PodVerdict&, const PodVerdict&) = default;
};

/// Judges by the container's own status first (a sidecar can keep the pod's phase at Running). The
/// condition DisruptionTarget decides whatever exit code the container made of its SIGTERM. The
/// pod's reason and that condition are history where the container runs, or is started again:
/// kubelets leave both behind when a node comes back. `restartsBefore`: the restart count when the
/// trial began; a restart since then counts by what lastState says. The rules follow the Vertical
/// Pod Autoscaler's OOM observer, containerd, CRI-O and runc; see pod_verdict.cpp.
[[nodiscard]] PodVerdict judgePod(const PodStatus& status, std::int64_t restartsBefore = 0);

/// Whether a container runtime's message says that the memory limit is too small for a container to
/// start at all. Also for the messages of events: a pod whose sandbox cannot be created waits for
/// ever in ContainerCreating, and only its event FailedCreatePodSandBox says why.
[[nodiscard]] bool meansLimitTooSmall(std::string_view message);

}  // namespace memfit
