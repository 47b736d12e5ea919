#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "memfit/documents/documents.h"
#include "memfit/documents/live_pod.h"
#include "memfit/kube/workload.h"
#include "memfit/lint/lint.h"
#include "memfit/live/node_fit.h"
#include "memfit/observe/pod_status.h"

namespace memfit {

/// What is known of a workload that runs in a cluster, read without touching it.
struct LiveFacts {
    CurrentSettings declared;                    ///< by the pod template
    std::vector<LivePod> pods;                   ///< those that were looked at, the newest first
    std::int64_t morePods = 0;                   ///< of the workload, that were not
    std::vector<std::string> memoryAutoscalers;  ///< names of those that scale it on memory
    /// Names of VerticalPodAutoscalers that set its memory, whatever its template says.
    std::vector<std::string> verticalAutoscalers;
    std::vector<NodeFit> nodes;     ///< those that its pods are on
    std::vector<Finding> findings;  ///< what is wrong on sight in the pod template
    /// What could not be read, and wiring of GOMEMLIMIT that does not do what it looks like.
    std::vector<Warning> warnings;

    friend bool operator==(const LiveFacts&, const LiveFacts&) = default;
};

/// Memory settings of container `name` among `containers` of a pod or a template, with its
/// references followed; what is odd about them is added to `warnings`, once. Nothing is set where
/// there is no such container.
[[nodiscard]] CurrentSettings settingsOf(const std::vector<Container>& containers,
                                         const std::string& name, std::vector<Warning>& warnings);

/// Sets what lint finds in the container; a warning of the same code says no more than that.
void setFindings(std::vector<Finding> findings, LiveFacts& facts);

/// `gomemlimit-no-room`, of the pod whose program holds most memory that Go does not know of, where
/// GOMEMLIMIT is the limit itself and that memory is more than a twentieth of it (a smaller part is
/// within what an experiment can tell apart). The memory is what the kernel counts as anonymous
/// less all that Go has mapped, and thus a lower bound. nullopt: no pod shows that.
[[nodiscard]] std::optional<Finding> noRoomForOthers(const LiveFacts& facts,
                                                     const std::string& workload,
                                                     const std::string& container);

/// Sets the restarts and the last end of the container that `status` was read for, and the limit
/// and request in force, where the kubelet says them; `pod` has the settings of its spec before. A
/// resize that is not carried out is added to `warnings` (code `resize-pending`).
void readHistory(const PodStatus& status, LivePod& pod, std::vector<Warning>& warnings);

/// What is set now: that of the newest pod, or by the template where none runs.
[[nodiscard]] CurrentSettings currentSettings(const LiveFacts& facts);

/// The most that a pod was seen to hold, see LivePod::inUse(). nullopt: none was seen.
[[nodiscard]] std::optional<Bytes> liveUsage(const LiveFacts& facts);

/// The largest limit at which a pod was OOM-killed. nullopt: none was known to be.
[[nodiscard]] std::optional<Bytes> oomKilledAt(const LiveFacts& facts);

/// The limit to set after an OOM kill at `limit` when nothing was measured: a quarter more, whole
/// MiB.
[[nodiscard]] Bytes raisedAfterOomKill(Bytes limit);

/// A probe of the workload as it runs: settings and memory of the pod that holds most, and all
/// pods. `header` is its head; the facts' warnings are added to it.
[[nodiscard]] ProbeResult probeOf(const LiveFacts& facts, Header header);

}  // namespace memfit
